#!/bin/sh
# usage: texts.sh HELP2MAN OUT PROGRAM...: writes man pages (HELP2MAN: empty for none) and completion for bash and zsh
# under OUT, from what the programs and their commands answer to --help.
set -e
help2man=$1 out=$2 here=$(dirname "$0")
shift 2
rm -rf "$out"
mkdir -p "$out/man1" "$out/bash-completion/completions" "$out/zsh/site-functions"

# page NAME FILE COMMAND: the man page of a program or of one of its commands.
page() {
    [ -n "$help2man" ] || return 0
    "$help2man" --no-info --section 1 --manual Runnel --source "Runnel $version" --version-string "$version" \
        --name "$("$2" $3 --help | head -n 1)" --output "$out/man1/$1.1" "$2${3:+ $3}"
}

for program; do
    name=$(basename "$program")
    version=$("$program" --version)
    commands=$("$program" --help | awk '/^Subcommands:/ {on = 1; next} /^[^ ]/ {on = 0} on && /^  [a-z]/ {print $1}')
    page "$name" "$program" ""
    { 
        "$program" --help
        for command in $commands; do
            page "$name-$command" "$program" "$command"
            echo "@command $command"
            "$program" "$command" --help
        done
    } > "$out/help"
    complete() { awk -v shell="$1" -v program="$name" -f "$here/completion.awk" "$out/help"; }
    complete bash > "$out/bash-completion/completions/$name"
    complete zsh > "$out/zsh/site-functions/_$name"
    rm "$out/help"
done
