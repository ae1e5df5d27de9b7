#!/bin/sh
# usage: firmware.sh SOURCE_DIR WORK_DIR RUNNEL_CONVERT RUNNEL FLATC: builds examples/firmware, proves that nothing of
# the C++ library and no heap is linked, runs it in an emulator, and compares its answer with this machine's.
set -e
for program in arm-none-eabi-g++ qemu-system-arm; do
    command -v $program > /dev/null || { echo "skipped: $program is not here"; exit 77; }
done
source=$1 work=$2 convert=$3 runnel=$4
mkdir -p "$work"
make -s -C "$source/examples/firmware" BUILD="$work" CONVERT="$convert" FLATC="$5"
symbols=$(arm-none-eabi-nm -C "$work/firmware.elf")
echo "$symbols" | grep -q ' T reset$' || { echo "no symbols"; exit 1; }
foreign=$(echo "$symbols" | grep -E ' (std::|operator (new|delete)|__cxa|__gxx|_?(malloc|calloc|realloc|free|sbrk)(_r)?$)' || true)
[ -z "$foreign" ] || { echo "links:"; echo "$foreign"; exit 1; }
make -s -C "$source/examples/firmware" BUILD="$work" CONVERT="$convert" FLATC="$5" run > "$work/log" 2>&1   # the emulator prints to standard error
cat "$work/log"
value() { sed -n "s/^$1 //p" "$work/log"; }
"$convert" "$source/tests/golden/imdb_gru/imdb_gru.h5" -o "$work/imdb_gru.rnl" --quantize fixed > "$work/summary"
here=$(printf '1\n31\n7\n4\n118\n108\n13\n28\n110\n' | "$runnel" run "$work/imdb_gru.rnl" | tail -n 1)
awk -v there="$(value answer)" -v here="$here" 'BEGIN {
    d = there / 1e6 - here
    if (!(d * d < 4e-12)) { print "the answer here is " here; exit 1 }
}'
[ "$(value answer_after_learning)" -gt "$(value answer)" ] || { echo "it has not learned"; exit 1; }
[ "$(value stack_to_learn)" -le 3072 ] || { echo "more stack than the README says"; exit 1; }
