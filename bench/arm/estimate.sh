#!/bin/sh
# usage: bench/arm/estimate.sh BUILD_DIR: what the inner loops cost on ARM processors that are not here. Cycles are
# llvm-mca's estimates with all weights in the first-level cache (its cortex-a76 is its model of cortex-a57); instructions
# are counted, in the loops and, under qemu, in whole steps, and are the same in each run. BUILD_DIR: of the preset pi64.
set -e
cd "$(dirname "$0")/../.."
build=$1 work=$1/estimate
mkdir -p "$work"
formats="f32 f16 int8 int8x16"
name() { echo "$formats" | cut -d' ' -f$(($1 + 1)); }

# loops ISA FLAGS: the marked inner loops as assembly.
loops() {
    aarch64-linux-gnu-g++ -std=c++20 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off -fno-exceptions -fno-rtti \
        -Wno-psabi $2 -DRUNNEL_KERNELS="$1" -Dxsimd="xsimd_$1" -DRUNNEL_MARK_LOOPS -Iruntime -Iruntime/include -Ibench \
        -isystem "$build/headers/runnel_xsimd" -S -o "$work/$1.s" bench/runtime/kernels/multiply.cpp
}

# cycles ISA CPU ATTRIBUTES: "format gates bytes instructions cycles" of each loop, for one pass through it; of copies that
# the compiler made, the longest.
cycles() {
    llvm-mca --mtriple=aarch64 --mcpu="$2" --mattr="$3" --iterations=100 "$work/$1.s" 2>/dev/null | awk '
        /Code Region/ { region = $5 " " $6 " " $7 }
        /^Instructions:/ { instructions = $2 / 100 }
        /^Total Cycles:/ { print region, instructions, $3 / 100 }' |
        sort -k1,3 -k4,4nr | sort -u -k1,3
}

loops neon64 ""
loops dotprod "-march=armv8.2-a+dotprod"
echo "estimates (llvm-mca) of the inner loops, one group of columns of one or two blocks of 16 units"
echo "| loop | processor | bytes of weights | instructions | cycles | bytes a cycle |"
echo "|---|---|---|---|---|---|"
for row in "neon64 cortex-a53 " "neon64 cortex-a72 " "dotprod cortex-a76 +dotprod"; do
    set -- $row
    cycles "$1" "$2" "$3" | while read -r format gates bytes instructions cycles; do
        cell=GRU
        [ "$gates" = 3 ] || cell=LSTM
        echo "| $cell $(name "$format") on $1 | $2 | $bytes | $instructions | $cycles |" \
            "$(echo "$bytes $cycles" | awk '{printf "%.1f", $1 / $2}') |"
    done
done

aarch64-linux-gnu-g++ -std=c++20 -O2 -static -Iruntime -Iruntime/include -Ibench -o "$work/step_count" \
    bench/arm/step_count.cpp "$build/runtime/librunnel.a"
# executed ARGUMENTS...: instructions that step_count executes.
executed() {
    qemu-aarch64 -cpu max -singlestep -d nochain,exec -D /dev/stdout "$work/step_count" "$@" | grep -c '^Trace'
}
echo
echo "instructions of one step of 128 units on 128 inputs, counted under qemu"
echo "| step | neon64 | dotprod |"
echo "|---|---|---|"
for cell in 1 3; do
    for format in 0 1 2 3; do
        row="| $([ $cell = 1 ] && echo GRU || echo LSTM) $(name $format) |"
        for isa in neon64 dotprod; do
            one=$(executed $isa $format $cell 128 1)
            three=$(executed $isa $format $cell 128 3)
            row="$row $(((three - one) / 2)) |"
        done
        echo "$row"
    done
done
