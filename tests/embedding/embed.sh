#!/bin/sh
# usage: embed.sh HOW SOURCE BUILD RUNNEL CONVERT CC CXX: builds C and C++ programs over Runnel outside its tree and
# holds their answers to those of the program runnel. HOW: subdirectory (add_subdirectory), installed (static), shared,
# or cross (a small static program for a 64-bit ARM). 77: the compiler, the emulator or pkg-config is not here.
set -eu
how=$1 source=$2 build=$3 runnel=$4 convert=$5 cc=$6 cxx=$7
here=$source/tests/embedding
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Compilations differ in this folder's name alone.
export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
launcher=$(command -v ccache || true)
native="-DRUNNEL_NATIVE=ON -DRUNNEL_CELLS=gru -DRUNNEL_FORMATS=f32;fixed"

die() {
    echo "$how: $*"
    exit 1
}
quietly() {
    "$@" > "$work/log" 2>&1 || { cat "$work/log"; die "failed: $*"; }
}

cp -r "$here/c" "$here/cpp" "$build/tests/readme/example.c" "$build/tests/readme/example.cpp" "$work"
quietly "$convert" "$source/tests/golden/keras/gru_20.h5" -o "$work/features.rnl"
quietly "$convert" "$source/tests/golden/imdb_gru/imdb_gru.h5" -o "$work/tokens.rnl"
quietly "$convert" "$source/tests/golden/keras/lstm_20.h5" -o "$work/lstm.rnl"
echo 0.5,0.5,0.5,0.5,0.5 | "$runnel" run "$work/features.rnl" | sed 's/,.*//' > "$work/expected_c"
printf '1\n2\n3\n' | "$runnel" run "$work/tokens.rnl" > "$work/expected_cpp"

# agrees EXPECTED ANSWER: whether the numbers of two files, one a line, agree but for an instruction set's rounding.
agrees() {
    paste -d ' ' "$1" "$2" | awk -v lines="$(wc -l < "$1")" '
        { d = $1 - $2; if (NF != 2 || d > 1e-5 || d < -1e-5) bad = 1 }
        END { exit bad || NR == 0 || NR != lines }' || { cat "$1" "$2"; die "the answers differ"; }
}
# c_answers COMMAND..., cpp_answers COMMAND...: run the two programs.
c_answers() {
    "$@" "$work/features.rnl" 5 > "$work/answer" || die "failed: $*"
    agrees "$work/expected_c" "$work/answer"
}
# refuses_lstm COMMAND...: the C program over a runtime that leaves LSTM out.
refuses_lstm() {
    ! "$@" "$work/lstm.rnl" 5 > "$work/answer" 2> "$work/refusal" || die "runs a cell that is left out"
    grep -q "leaves out" "$work/refusal" || die "does not say that the cell is left out"
}
cpp_answers() {
    "$@" "$work/tokens.rnl" > "$work/answer" || die "failed: $*"
    agrees "$work/expected_cpp" "$work/answer"
}
# consumer LANGUAGE OPTION...: configures and builds one of the two projects.
consumer() {
    language=$1
    shift
    quietly cmake -S "$work/$language" -B "$work/build_$language" -G Ninja -DEXAMPLES="$work" "$@"
    quietly cmake --build "$work/build_$language"
}
# by_package PREFIX: both projects by find_package and by pkg-config, over an installed tree.
by_package() {
    command -v pkg-config > /dev/null || exit 77
    consumer c -DCMAKE_PREFIX_PATH="$1" -DCMAKE_C_COMPILER="$cc"
    consumer cpp -DCMAKE_PREFIX_PATH="$1" -DCMAKE_CXX_COMPILER="$cxx"
    c_answers "$work/build_c/c_program"
    cpp_answers "$work/build_cpp/cpp_program"
    PKG_CONFIG_PATH=$(dirname "$(find "$1" -name runnel.pc)")
    export PKG_CONFIG_PATH
    quietly "$cc" "$work/c/main.c" "$work/example.c" -o "$work/c_program" $(pkg-config --cflags --libs runnel)
    quietly "$cxx" -std=c++20 "$work/cpp/main.cpp" "$work/example.cpp" -o "$work/cpp_program" \
        $(pkg-config --cflags --libs runnel)
    c_answers "$work/c_program"
    cpp_answers "$work/cpp_program"
    ! readelf -d "$work/c_program" | grep -E 'NEEDED.*(stdc|gcc)' || die "a C program needs more than the C library"
}

# texts PREFIX: man pages, and completion that knows every option of every program.
texts() {
    if command -v help2man > /dev/null; then
        for page in runnel runnel-tune runnel-convert; do
            sed 's/\\-/-/g' "$1/share/man/man1/$page.1" | grep -q -- --help || die "no man page $page"
        done
    fi
    for program in runnel runnel-convert; do
        bash -n "$1/share/bash-completion/completions/$program" || die "bash cannot read the completion of $program"
        { "$1/bin/$program" --help; [ $program != runnel ] || for command in info run eval bench tune; do
            "$1/bin/runnel" $command --help; done; } | grep -oE '^ +(-.,)?--[a-z-]+' | sed 's/.*--/--/' \
            > "$work/options"
        [ "$(wc -l < "$work/options")" -gt 10 ] || die "$program --help names no options"
        while read -r option; do
            for file in "$1/share/bash-completion/completions/$program" "$1/share/zsh/site-functions/_$program"; do
                grep -q -w -- "$option" "$file" || die "$file does not know $option"
            done
        done < "$work/options"
    done
    completed=$(bash -c '. "$1"; COMP_WORDS=(runnel tune --val); COMP_CWORD=2; _runnel; echo "${COMPREPLY[*]}"' \
        bash "$1/share/bash-completion/completions/runnel")
    [ "$completed" = "--validation --validation-split" ] || die "bash completes --val to $completed"
}
# headers FOLDER: each public header alone, in its languages, without a warning.
headers() {
    for header in "$1"/*; do
        echo "#include <runnel/$(basename "$header")>" > "$work/header.c"
        quietly "$cxx" -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$1/.." -x c++ "$work/header.c"
        case $header in
        *.h) quietly "$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$1/.." "$work/header.c" ;;
        esac
    done
}
# exports LIBRARY HEADERS: a shared library has all functions of the C headers and nothing that no public header names.
exports() {
    nm -DC --defined-only "$1" | sed 's/^[^ ]* [^ ]* //; s/(.*//' > "$work/exported"
    cat "$2"/* > "$work/headers"
    while read -r symbol; do
        case $symbol in
        runnel_* | runnel::*) ;;
        *) die "exports $symbol" ;;
        esac
        grep -q -F -w -- "${symbol##*::}" "$work/headers" || die "exports $symbol, which no public header names"
        [ "$symbol" != runnel::plan_of ] || die "exports $symbol"
    done < "$work/exported"
    grep -h -oE '\brunnel_[a-z_]+\(' "$2"/*.h | tr -d '(' | sort -u > "$work/functions"
    # And of the C++ classes, all that the objects define.
    find "$work/build" -name '*.o' -exec nm -C --defined-only {} + | sed -n 's/^[0-9a-f]* T //; s/(.*//p' |
        grep -E '^runnel::(Model|Session|Batch|training::Trainer)::' | sort -u > "$work/members"
    for class in Model Session Batch Trainer; do
        grep -q "::$class::" "$work/members" || die "no member of $class is found"
    done
    cat "$work/members" >> "$work/functions"
    [ "$(wc -l < "$work/functions")" -gt 80 ] || die "the C headers have no functions"
    while read -r function; do
        grep -q -F -x "$function" "$work/exported" || die "does not export $function"
    done < "$work/functions"
}

case $how in
subdirectory)
    consumer c -DRUNNEL_SOURCE="$source" -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Release $native \
        -DCMAKE_C_COMPILER_LAUNCHER="$launcher" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher"
    c_answers "$work/build_c/c_program"
    refuses_lstm "$work/build_c/c_program"
    consumer cpp -DRUNNEL_SOURCE="$source" -DCMAKE_CXX_COMPILER="$cxx" $native -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher"
    cpp_answers "$work/build_cpp/cpp_program"
    ;;
installed)
    quietly cmake --install "$build" --prefix "$work/first"
    mv "$work/first" "$work/installed"   # whatever holds the old place is found out
    prefix=$work/installed
    ! grep -rIl -e "$source" -e "$build" -e "$work" "$prefix" || die "names a folder of the build"
    [ -s "$prefix/share/doc/runnel/LICENSE" ] || die "no LICENSE"
    library=$(find "$prefix" -name librunnel.a)
    (cd "$work" && quietly sh "$source/tests/runtime/symbols.sh" nm "$library")
    headers "$prefix/include/runnel"
    texts "$prefix"
    by_package "$prefix"
    # As README.md says it.
    quietly "$cc" "$work/c/main.c" "$work/example.c" -I"$prefix/include" -L"$(dirname "$library")" -lrunnel -lm \
        -o "$work/plain"
    c_answers "$work/plain"
    ;;
shared)
    quietly cmake -S "$source" -B "$work/build" -G Ninja -DBUILD_SHARED_LIBS=ON -DRUNNEL_TOOL=OFF \
        -DRUNNEL_CONVERTER=OFF -DRUNNEL_TESTS=OFF -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" $native
    quietly cmake --build "$work/build"
    quietly cmake --install "$work/build" --prefix "$work/installed"
    library=$(find "$work/installed" -name librunnel.so)
    major=$(sed -n 's/^project(runnel VERSION \([0-9]*\).*/\1/p' "$source/CMakeLists.txt")
    readelf -d "$library" | grep -q "SONAME.*\[librunnel.so.$major\]" || die "the soname is not librunnel.so.$major"
    ! readelf -d "$library" | grep -E 'NEEDED.*stdc' || die "needs the C++ library"
    exports "$library" "$work/installed/include/runnel"
    LD_LIBRARY_PATH=$(dirname "$library")
    export LD_LIBRARY_PATH
    by_package "$work/installed"
    ;;
cross)
    command -v "$cxx" > /dev/null && command -v qemu-aarch64 > /dev/null || exit 77
    consumer c -DRUNNEL_SOURCE="$source" --toolchain "$source/toolchains/pi64.cmake" -DCMAKE_BUILD_TYPE=Release \
        -DRUNNEL_FORMATS=f32 -DRUNNEL_CELLS=gru \
        -DCMAKE_C_COMPILER_LAUNCHER="$launcher" -DCMAKE_CXX_COMPILER_LAUNCHER="$launcher"
    c_answers qemu-aarch64 "$work/build_c/c_program"
    refuses_lstm qemu-aarch64 "$work/build_c/c_program"
    echo 'int main(void) { return 0; }' > "$work/empty.c"
    quietly "$cc" -static -Wl,--gc-sections "$work/empty.c" -o "$work/empty"
    bytes=$(aarch64-linux-gnu-size "$work/empty" "$work/build_c/c_program" |
        awk 'NR > 1 { n[NR] = $1 + $2 } END { print n[3] - n[2] }')
    echo "beside the C library: $bytes bytes"
    [ "$bytes" -gt 0 ] && [ "$bytes" -le 307200 ] || die "more than 300 KB"
    ;;
*) die "unknown" ;;
esac
