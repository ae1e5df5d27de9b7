#!/bin/sh
# usage: symbols.sh NM LIBRARY: fails if the library needs a symbol that it does not define and that is not listed.
# Sanitizers bring symbols of their own.
nm=$1 library=$2
fail() {
    echo "$@"
    exit 1
}
defined=$("$nm" --defined-only --extern-only "$library") || fail "$nm cannot read $library"
undefined=$("$nm" --undefined-only "$library") || fail "$nm cannot read $library"
work=$(mktemp)
trap 'rm -f "$work"' EXIT
echo "$defined" | awk 'NF == 3 {print $3}' | sort -u > "$work"
# Both lists must hold what every build of the library has.
grep -q runnel_model_load "$work" || fail "$library does not define runnel_model_load"
asked=$(echo "$undefined" | awk 'NF == 2 && $1 == "U" {print $2}' | sort -u)
echo "$asked" | grep -q -x memcpy || fail "$library does not ask for memcpy: nm's list is not what it should be"
leaks=$(echo "$asked" | grep -v -x -F -f "$work" |
    grep -v -x -E -e 'memcpy|memset|memcmp|bcmp|memmove|strcmp|strncmp|strlen|(exp|expm1|log|log1p|erf)f|log1p' \
        -e 'getauxval|__cpu_model|__cpu_features2|__cpu_indicator_init' \
        -e '_GLOBAL_OFFSET_TABLE_|__stack_chk_(fail|guard)|__aeabi_.*|__(asan|ubsan|sanitizer)_.*|__gnu_thumb1_.*')
[ -z "$leaks" ] || fail "asks the system for:
$leaks"
