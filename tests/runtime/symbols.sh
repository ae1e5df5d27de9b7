#!/bin/sh
# usage: symbols.sh NM LIBRARY: fails if the library needs a symbol that it does not define and that is not listed.
# Sanitizers bring symbols of their own.
"$1" --defined-only --extern-only "$2" | awk 'NF == 3 {print $3}' | sort -u > defined.$$
"$1" --undefined-only "$2" | awk 'NF == 2 && $1 == "U" {print $2}' | sort -u |
    grep -v -x -F -f defined.$$ |
    grep -v -x -E -e 'memcpy|memset|memcmp|bcmp|memmove|strcmp|strncmp|strlen|(exp|expm1|log|log1p|erf)f|log1p' \
        -e 'getauxval|__cpu_model|__cpu_features2|__cpu_indicator_init' \
        -e '_GLOBAL_OFFSET_TABLE_|__stack_chk_(fail|guard)|__aeabi_.*|__(asan|ubsan|sanitizer)_.*|__gnu_thumb1_.*' \
        > asked.$$
rm defined.$$
leaks=$(cat asked.$$)
rm asked.$$
[ -z "$leaks" ] || { echo "asks the system for:"; echo "$leaks"; exit 1; }
