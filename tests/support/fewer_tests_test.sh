#!/bin/sh
# usage: fewer_tests_test.sh FOLDER: asks what fewer_tests.sh in the folder makes of some numbers.
failed=0
counts=$(mktemp)
trap 'rm "$counts"' EXIT
echo "# a comment
release 10 8
release-2 3 3" > "$counts"
# ends STATUS NAME TESTS RUN
ends() {
    sh "$folder/fewer_tests.sh" "$2" "$3" "$4" "$counts" > /dev/null 2>&1
    status=$?
    [ "$status" -eq "$1" ] || { echo "$*: ended with $status"; failed=1; }
}
folder=$1
ends 0 release 10 10
ends 0 release 10 8
ends 0 release 12 8
ends 1 release 9 9
ends 1 release 10 7
ends 1 release 0 0
ends 0 release-2 3 3
ends 1 release-2 3 2
ends 1 unknown 10 10
ends 1 release "" ""
exit $failed
