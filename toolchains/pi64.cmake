# 64-bit ARM Linux: Raspberry Pi 3, 4, 5 and anything else that runs aarch64.
# Debian: g++-aarch64-linux-gnu; for the tests on another machine qemu-user, where the environment
# chooses the CPU: QEMU_CPU=cortex-a53.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
