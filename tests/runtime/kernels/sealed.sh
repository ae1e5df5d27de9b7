#!/bin/sh
# usage: sealed.sh NM ISA OBJECT: fails if the object defines a global symbol beside its table.
leaks=$("$1" -C --defined-only --extern-only "$3" | grep -v -e " runnel::kernels_$2\$" -e "xsimd_$2::")
[ -z "$leaks" ] || { echo "not sealed:"; echo "$leaks"; exit 1; }
