#!/bin/sh
# ARCHITECTURE.md says the truth. architecture.sh [SOURCE FOLDER] fails unless
# - each file of the rooms includes what the map's table lets its room include, each arrow of the table is used, and the
#   arrows make no circle;
# - each file and folder that the page names is there;
# - "How to add a layer" names as many files as it says, each knows the layer Activate, and no file that knows it goes
#   unmentioned on the page.
set -eu
cd "${1:-$(dirname "$0")/..}"
page=ARCHITECTURE.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find runtime converter schemas -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' -o -name '*.c' -o -name '*.fbs' \
    -o -name '*.inc' \) > "$work/files"
[ "$(wc -l < "$work/files")" -gt 100 ] || { echo "architecture: where are the sources?" >&2; exit 1; }
# shellcheck disable=SC2046  # no name has a blank
grep -n -E '^[[:space:]]*#[[:space:]]*include' /dev/null $(cat "$work/files") > "$work/includes"

# Names in backticks, one a line, of the text on standard input.
quoted() { tr '\n' ' ' | grep -o '`[^`]*`' | tr -d '`'; }
# section TITLE: what follows the page's heading.
section() { awk -v title="## $1" '/^## / { on = $0 == title } on' $page; }
# file NAME: the file that a name on the page means, from the source folder on.
file() {
    for place in "$1" "runtime/$1" "converter/$1"; do
        [ ! -f "$place" ] || { echo "$place"; return; }
    done
    grep -m 1 "/$1\$" "$work/files" || true
}

section 'The map' | awk -F '|' '/^\| `/ { print $2 "|" $4 }' | tr -d '` ' > "$work/rooms"
[ -s "$work/rooms" ] || { echo "$page: the map has no table" >&2; exit 1; }
failed=0
awk -F '|' -v page=$page '
    function fail(text) { print text; bad = 1 }
    # The room of a file: the longest of those that its path begins with.
    function room_of(path,   r, best) {
        best = ""
        for (r in rooms) if ((path == r || index(path, r "/") == 1) && length(r) > length(best)) best = r
        return best
    }
    function resolved(from, name,   i, place, places) {
        if (name ~ /_generated\.h$/) return "schemas/" name
        place = from
        sub(/[^\/]*$/, "", place)
        places[1] = place name; places[2] = "runtime/" name; places[3] = "runtime/include/" name
        places[4] = "converter/" name; places[5] = "runtime/tool/" name
        for (i = 1; i <= 5; i++) if (places[i] in exists) return places[i]
        return ""
    }
    FILENAME ~ /rooms$/ {
        rooms[$1] = 1
        count = split($2, to, ",")
        for (i = 1; i <= count; i++) if (to[i] != "") may[$1, to[i]] = 1
        next
    }
    FILENAME ~ /files$/ {
        exists[$0] = 1
        if (room_of($0) == "") fail($0 ": is in no room of the map")
        else used[room_of($0)] = 1
        next
    }
    {
        split($0, part, ":")
        from = part[1]; name = $0
        sub(/^[^"<]*["<]/, "", name); sub(/[">].*/, "", name)
        local = $0 ~ /include *"/ || name ~ /^runnel\//
        if (!local) next
        target = resolved(from, name)
        if (target == "") { if (name !~ /\.inc$/) fail(from ":" part[2] ": " name " is nowhere"); next }
        a = room_of(from); b = room_of(target)
        if (a == b) next
        arrow[a, b] = 1
        if (!((a, b) in may)) fail(from ":" part[2] ": includes " target ", but " a " may not touch " b)
    }
    END {
        for (r in rooms) if (!(r in used)) fail(page ": the room " r " is not there")
        for (pair in may) {
            split(pair, ends, SUBSEP)
            if (!(ends[2] in rooms)) fail(page ": " ends[1] " may touch " ends[2] ", which is no room")
            else if (!(pair in arrow)) fail(page ": " ends[1] " may touch " ends[2] ", but does not")
        }
        # Rooms whose arrows all lead to rooms already taken away are taken away; a circle stays.
        for (more = 1; more;) {
            more = 0
            for (r in rooms) {
                free = 1
                for (pair in arrow) {
                    split(pair, ends, SUBSEP)
                    if (ends[1] == r && (ends[2] in rooms)) free = 0
                }
                if (free) { delete rooms[r]; more = 1 }
            }
        }
        for (r in rooms) fail(r ": is part of a circle, or stands on one")
        exit bad
    }' "$work/rooms" "$work/files" "$work/includes" >&2 || failed=1

for name in $(quoted < $page | grep -E '^[A-Za-z0-9_./*-]+$' | grep -E '/|\.(hpp|cpp|sh|txt|fbs|md|h)$' | sort -u); do
    for place in '' runtime/ converter/ tests/; do
        # A name stands for a file, for a file and its header, or for several.
        for path in "$place"$name "$place$name".* ; do [ ! -e "$path" ] || continue 3; done
    done
    [ -n "$(file "$name")" ] || { echo "$page: there is no $name" >&2; failed=1; }
done

section 'How to add' | awk '/^\*\*/ { on = /^\*\*A layer\*\*/ } on' > "$work/layer"
quoted < "$work/layer" | grep -E '\.(hpp|cpp|fbs)$' > "$work/named" || true
said=$(sed -n 's/^\*\*A layer\*\*, \([0-9]*\) files.*/\1/p' "$work/layer")
[ "$said" = "$(wc -l < "$work/named" | tr -d ' ')" ] ||
    { echo "$page: a layer is said to be in '$said' files, but $(wc -l < "$work/named") are named" >&2; failed=1; }
# The kernels have an Activate of their own.
know=$(grep -l -w -E 'Activate(Layer)?' $(grep -v '^runtime/kernels/' "$work/files"))
for name in $(cat "$work/named"); do
    case $know in
    *"$(file "$name")"*) ;;
    *) echo "$page: $name, said to know all layers, does not know Activate" >&2; failed=1 ;;
    esac
done
quoted < $page > "$work/quoted"
for path in $know; do
    short=${path#runtime/}
    short=${short#converter/}
    grep -q -x -e "$path" -e "$short" "$work/quoted" ||
        { echo "$page: does not mention $path, which knows the layer Activate" >&2; failed=1; }
done
exit $failed
