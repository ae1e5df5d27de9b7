#!/bin/sh
# usage: array_on_arm.sh SOURCE_DIR WORK_DIR CONVERTER INCLUDE_DIR...: headers that the converter wrote on this machine,
# compiled for a 32-bit ARM: their blocks are large enough there too. 77: no such compiler or emulator here.
set -e
command -v arm-linux-gnueabihf-g++ >/dev/null && command -v qemu-arm >/dev/null || exit 77
source=$1 work=$2 converter=$3
shift 3
includes=
for folder; do includes="$includes -isystem $folder"; done
mkdir -p "$work"
for format in f32 int8 fixed; do
    "$converter" "$source/tests/golden/imdb_gru/imdb_gru.h5" -o "$work/$format.h" --quantize $format >"$work/log"
done
echo 'RUNNEL_ISA(scalar, true)' >"$work/isa_list.inc"
flags="-O0 -fno-exceptions -fno-rtti -Wno-psabi -DFLATBUFFERS_MAX_ALIGNMENT=64 -DFLATBUFFERS_ASSERT=static_cast<void>"
cd "$source/runtime"
# What loads and lays out, without the kernels, for which array_on_arm.cpp has empty tables.
# shellcheck disable=SC2046,SC2086
arm-linux-gnueabihf-g++ -std=c++20 $flags -I. -Iinclude -I"$work" $includes -static -o "$work/program" \
    $(find fixed layers model -name '*.cpp') kernels/dispatch.cpp kernels/fixed_dispatch.cpp \
    "$source/tests/converter/write/array_on_arm.cpp"
qemu-arm "$work/program"
