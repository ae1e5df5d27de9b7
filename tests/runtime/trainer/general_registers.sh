#!/bin/sh
# usage: general_registers.sh SOURCE_DIR WORK_DIR: compiles fixed mode and trainer for an aarch64 that may use no floating
# point or vector register.
set -e
command -v aarch64-linux-gnu-g++ > /dev/null || { echo "skipped: aarch64-linux-gnu-g++ is not here"; exit 77; }
mkdir -p "$2"
cd "$1/runtime"
echo 'RUNNEL_ISA(scalar, true)' > "$2/isa_list.inc"
for file in $(ls trainer/*.cpp | grep -v from_model) fixed/*.cpp kernels/fixed_instance.cpp kernels/training_instance.cpp \
    kernels/fixed_dispatch.cpp kernels/training_dispatch.cpp; do
    aarch64-linux-gnu-g++ -std=c++20 -O2 -mgeneral-regs-only -fno-exceptions -fno-rtti -Wall -Wextra -I. -Iinclude -I"$2" \
        -DRUNNEL_KERNELS=scalar -c "$file" -o "$2/object.o"
done
