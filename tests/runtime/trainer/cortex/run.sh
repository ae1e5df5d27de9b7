#!/bin/sh
# usage: run.sh SOURCE_DIR WORK_DIR CPU: builds the trainer for that Cortex-M, proves that no floating-point helper is
# referenced, trains under qemu, prints bytes, instructions a sequence and the parameters' hash, and compares the hash with
# the one that all machines share.
set -e
source=$1 work=$2/$3 cpu=$3
mkdir -p "$work"
echo 'RUNNEL_ISA(scalar, true)' > "$work/isa_list.inc"
cd "$source/runtime"
arm-none-eabi-g++ -std=c++20 -O3 -mcpu="$cpu" -mthumb -ffreestanding -fno-exceptions -fno-rtti -ffunction-sections \
    -fno-threadsafe-statics -Wall -Wextra -Wno-psabi -I. -Iinclude -I"$work" -DRUNNEL_KERNELS=scalar -nostdlib \
    -Wl,--gc-sections -T "$source/tests/runtime/trainer/cortex/memory.ld" -o "$work/self_test.elf" \
    trainer/*.cpp kernels/fixed_instance.cpp kernels/fixed_dispatch.cpp "$source/tests/runtime/trainer/cortex/main.cpp" -lc -lgcc
floats=$(arm-none-eabi-nm "$work/self_test.elf" | grep -E ' __(aeabi_([fd](add|sub|rsub|mul|div|neg|cmp|2)|u?[il]2[fd]|h2f|c[fd])|(add|sub|mul|div|neg|fix|float|extend|trunc)[a-z]*[sdt]f)' || true)
[ -z "$floats" ] || { echo "floating point is referenced:"; echo "$floats"; exit 1; }
arm-none-eabi-size "$work/self_test.elf"
qemu-system-arm -M mps2-an386 -kernel "$work/self_test.elf" -nographic -semihosting -icount shift=0 < /dev/null 2> "$work/log"
cat "$work/log"
expected=$(sed -n 's/.*tutorial_hash = 0x\([0-9a-f]*\);.*/\1/p' "$source/tests/runtime/trainer/self_test.hpp")
grep -q "^hash $expected\$" "$work/log" || { echo "the hash is not $expected"; exit 1; }
