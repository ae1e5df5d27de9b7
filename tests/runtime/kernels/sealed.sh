#!/bin/sh
# usage: sealed.sh NM OBJECT TABLE [ALLOWED...]: fails unless the object defines the table, and of global symbols nothing
# else but those with an ALLOWED prefix (and sanitized shadows).
nm=$1 object=$2 table=$3
shift 3
symbols=$("$nm" -C --defined-only --extern-only "$object") || { echo "$nm cannot read $object"; exit 1; }
echo "$symbols" | grep -q " $table\$" || { echo "$object does not define $table"; exit 1; }
set -- -e " $table\$" -e " __odr_asan\." $(for prefix; do echo "-e $prefix"; done)
leaks=$(echo "$symbols" | grep -v "$@")
[ -z "$leaks" ] || { echo "not sealed:"; echo "$leaks"; exit 1; }
