#!/bin/sh
# usage: sealed.sh NM ISA OBJECT: fails if the object defines a global symbol beside its table (and its sanitized shadow).
leaks=$("$1" -C --defined-only --extern-only "$3" | grep -v -e " runnel::fixed::kernels_$2\$" -e " __odr_asan\.")
[ -z "$leaks" ] || { echo "not sealed:"; echo "$leaks"; exit 1; }
