# 32-bit ARM Linux with an FPU (ARMv7, hard float): Raspberry Pi 2, 3, 4, BeagleBone. NEON is found at run time.
# Debian: g++-arm-linux-gnueabihf; for the tests on another machine qemu-user, where the environment
# chooses the CPU: QEMU_CPU=cortex-a7.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
# Silences g++'s note on a change of the parameter passing ABI in GCC 7.
set(CMAKE_CXX_FLAGS_INIT -Wno-psabi)
include(${CMAKE_CURRENT_LIST_DIR}/cross.cmake)
