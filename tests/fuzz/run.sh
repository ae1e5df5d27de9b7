#!/bin/sh
# usage: run.sh TARGET [RUNS [LIBFUZZER_OPTION...]]: builds a fuzz target (model, state, patch, npy, keras_architecture,
# keras_h5, keras_archive, keras_weights) with clang and libFuzzer and runs it, 1,000,000 times if not told otherwise. What
# it finds lies in build/fuzz/found; what it learned, in build/fuzz/corpus, from where it goes on next time. Needs clang-14
# (Debian).
set -e
cd "$(dirname "$0")/../.."
target=${1:?usage: run.sh TARGET [RUNS [LIBFUZZER_OPTION...]]}
runs=${2:-1000000}
[ $# -lt 2 ] || shift
shift
[ -d "tests/fuzz/corpus/$target" ] || { echo "no target $target"; exit 2; }
[ -f build/fuzz/CMakeCache.txt ] || cmake --preset fuzz > /dev/null
cmake --build --preset fuzz --target "fuzz_$target" -- --quiet
mkdir -p "build/fuzz/corpus/$target" build/fuzz/found
exec "build/fuzz/tests/fuzz/fuzz_$target" "-runs=$runs" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
    "-artifact_prefix=build/fuzz/found/$target-" "$@" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
