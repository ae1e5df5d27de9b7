#!/bin/sh
# usage: main_test.sh [EMULATOR] PROGRAM: asks how the program (main_cases.cpp) ends for some of its cases.
failed=0
program="$*"
# ends STATUS CASES
ends() {
    $program "--test-case=$2" > /dev/null
    status=$?
    [ "$status" -eq "$1" ] || { echo "$2: ended with $status instead of $1"; failed=1; }
}
ends 0 "holds"
ends 1 "breaks"
ends 1 "loops over nothing"
ends 1 "holds,loops over nothing"
ends 77 "is skipped"
ends 77 "is skipped,is skipped as well"
ends 1 "holds,is skipped"
ends 1 "breaks,is skipped"
ends 1 "breaks and is skipped"
ends 1 "there is no such case"
exit $failed
