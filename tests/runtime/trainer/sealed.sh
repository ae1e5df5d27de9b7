#!/bin/sh
# usage: sealed.sh NM TABLE OBJECT: fails if the object defines a global symbol beside its table runnel::fixed::TABLE (and
# its sanitized shadow), or does not define that.
symbols=$("$1" -C --defined-only --extern-only "$3")
echo "$symbols" | grep -q " runnel::fixed::$2\$" || { echo "no table $2"; exit 1; }
leaks=$(echo "$symbols" | grep -v -e " runnel::fixed::$2\$" -e " __odr_asan\.")
[ -z "$leaks" ] || { echo "not sealed:"; echo "$leaks"; exit 1; }
