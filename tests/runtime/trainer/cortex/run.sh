#!/bin/sh
# usage: run.sh SOURCE_DIR WORK_DIR CPU: builds the trainer for that Cortex-M, proves that no floating-point helper is
# referenced, trains under qemu, prints bytes, instructions a sequence (mean of the first 50 and of the last 50) and the
# parameters' hash, compares the hash with the one that all machines share, and holds bytes and the Cortex-M3's
# instructions to what is promised of them.
set -e
for program in arm-none-eabi-g++ qemu-system-arm; do
    command -v $program > /dev/null || { echo "skipped: $program is not here"; exit 77; }
done
source=$1 work=$2/$3 cpu=$3
mkdir -p "$work"
echo 'RUNNEL_ISA(scalar, true)' > "$work/isa_list.inc"
cd "$source/runtime"
arm-none-eabi-g++ -std=c++20 -O3 -mcpu="$cpu" -mthumb -ffreestanding -nostdinc++ -fno-exceptions -fno-rtti -ffunction-sections \
    -fno-threadsafe-statics -Wall -Wextra -Wno-psabi -I. -Iinclude -I"$work" -DRUNNEL_KERNELS=scalar -nostdlib \
    -Wl,--gc-sections -T "$source/tests/runtime/trainer/cortex/memory.ld" -o "$work/self_test.elf" \
    $(ls trainer/*.cpp | grep -v from_model) fixed/*.cpp kernels/fixed_instance.cpp kernels/training_instance.cpp \
    kernels/fixed_dispatch.cpp kernels/training_dispatch.cpp "$source/tests/runtime/trainer/cortex/main.cpp" -lc -lgcc
arm-none-eabi-nm "$work/self_test.elf" > "$work/symbols"
grep -q ' main$' "$work/symbols"
floats=$(grep -E ' __(aeabi_([fd](add|sub|rsub|mul|div|neg|cmp|2)|u?[il]2[fd]|h2f|c[fd])|(add|sub|mul|div|neg|fix|float|extend|trunc)[a-z]*[sdt]f)' "$work/symbols" || true)
[ -z "$floats" ] || { echo "floating point is referenced:"; echo "$floats"; exit 1; }
arm-none-eabi-size "$work/self_test.elf"
qemu-system-arm -M mps2-an386 -kernel "$work/self_test.elf" -nographic -semihosting -icount shift=0 < /dev/null 2> "$work/log"
cat "$work/log"
expected=$(sed -n 's/.*tutorial_hash = 0x\([0-9a-f]*\);.*/\1/p' "$source/tests/runtime/trainer/self_test.hpp")
grep -q "^hash $expected\$" "$work/log" || { echo "the hash is not $expected"; exit 1; }
# at_most NAME LIMIT
at_most() {
    value=$(sed -n "s/^$1 //p" "$work/log")
    [ "$value" -le "$2" ] || { echo "$1: $value, more than $2"; exit 1; }
}
at_most bytes 47104
at_most bytes_head 18560
if [ "$cpu" = cortex-m3 ]; then
    at_most instructions_first 1500000
    at_most instructions 1500000
fi
