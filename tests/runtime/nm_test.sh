#!/bin/sh
# usage: nm_test.sh FOLDER: asks what sealed.sh and symbols.sh in the folder make of other answers of nm.
folder=$1 failed=0
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# nm STATUS LISTING: a program in nm's place.
nm() {
    printf '#!/bin/sh\ncat <<END\n%s\nEND\nexit %s\n' "$2" "$1" > "$work/nm"
    chmod +x "$work/nm"
}
# ends STATUS WHAT COMMAND...
ends() {
    wanted=$1 what=$2
    shift 2
    "$@" > "$work/log" 2>&1
    status=$?
    [ "$status" -eq "$wanted" ] || { echo "$what: ended with $status instead of $wanted"; cat "$work/log"; failed=1; }
}
sealed() { sh "$folder/kernels/sealed.sh" "$work/nm" object runnel::kernels_x xsimd_x::; }
symbols() { sh "$folder/symbols.sh" "$work/nm" library; }

table="0000 R runnel::kernels_x"
nm 0 "$table"; ends 0 "a sealed object" sealed
nm 0 "$table
0000 W xsimd_x::exp(float)"; ends 0 "a renamed template" sealed
nm 0 "$table
0000 W std::max(float)"; ends 1 "an inline function" sealed
nm 0 "0000 R runnel::kernels_xy"; ends 1 "another table" sealed
nm 0 ""; ends 1 "an empty list" sealed
nm 1 "$table"; ends 1 "a failure" sealed

asked="                 U memcpy"
nm 0 "0000 T runnel_model_load
$asked"; ends 0 "a library" symbols
nm 0 "0000 T runnel_model_load
$asked
                 U malloc"; ends 1 "one that allocates" symbols
nm 0 "0000 T runnel_model_load
$asked
                 U own
0000 T own"; ends 0 "a symbol of its own" symbols
nm 0 "0000 T runnel_model_load"; ends 1 "no undefined symbols" symbols
nm 0 "$asked"; ends 1 "no defined symbols" symbols
nm 0 ""; ends 1 "an empty list of symbols" symbols
nm 1 "0000 T runnel_model_load
$asked"; ends 1 "a failure" symbols
rm "$work/nm"; ends 1 "no nm (sealed)" sealed; ends 1 "no nm (symbols)" symbols
exit $failed
