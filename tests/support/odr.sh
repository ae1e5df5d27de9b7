#!/bin/sh
# usage: odr.sh CXX OBJECTS: fails if two of the objects in the list, made with -flto, have different types of one name.
cxx=$1 objects=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
# Merges what link-time optimization knows, and compiles nothing. (The programs have a main each.)
merge() { "$cxx" -flto -r -Wl,--allow-multiple-definition -flinker-output=rel -Wodr -Werror=odr "$@" -o "$work/merged.o" 2> "$work/log"; }

# It must see this pair.
for type in "struct S { int i; }" "struct S { float f[2]; }"; do
    name=$work/$(echo "$type" | cksum | cut -d' ' -f1)
    echo "namespace n { $type; } n::S* f_$(basename "$name")(n::S* s) { return s + 1; }" > "$name.cpp"
    "$cxx" -flto -c "$name.cpp" -o "$name.o"
done
merge "$work"/[0-9]*.o && { echo "a pair of different types of one name is not seen"; exit 1; }
grep -q "odr\]" "$work/log" || { cat "$work/log"; exit 1; }
merge $(cat "$objects") || { cat "$work/log"; exit 1; }
count=$(wc -l < "$objects")
[ "$count" -gt 40 ] || { echo "only $count objects"; exit 1; }
