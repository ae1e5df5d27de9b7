#!/bin/sh
# usage: fewer_tests.sh NAME TESTS RUN [FILE]: fails, and says why, if the test run NAME has fewer tests, or if fewer of them
# ran and were not skipped, than FILE (tests/expected_counts) says.
name=$1 tests=$2 run=$3 file=${4:-$(dirname "$0")/../expected_counts}
fail() {
    echo "$name: $*"
    exit 1
}
line=$(grep "^$name " "$file") || fail "has no line in $file: add '$name $tests $run'"
set -- $line
[ "$tests" -ge "$2" ] ||
    fail "$tests tests where $file expects $2: if some were meant to go, write '$name $tests $3' there"
[ "$run" -ge "$3" ] || fail "$run tests ran, $((tests - run)) were skipped, where $file expects that at least $3 run"
