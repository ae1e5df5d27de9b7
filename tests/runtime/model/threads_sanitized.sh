#!/bin/sh
# usage: threads_sanitized.sh PROGRAM: fails if ThreadSanitizer sees a race among sessions of their own, or sees none where
# one session is stepped by several threads. (It wants addresses that are not random, where that can be had.)
program=$1
fixed=
! setarch -R true 2> /dev/null || fixed="setarch -R"
export TSAN_OPTIONS="exitcode=66 halt_on_error=1"
$fixed "$program" || exit 1
$fixed "$program" --no-skip "--test-case=a session in two threads" > /dev/null 2>&1
[ $? -eq 66 ] || { echo "a race is not seen"; exit 1; }
