# Completion of one program, for shell=bash or shell=zsh, from the answers to --help that CLI11 writes: the program's
# own, then, each behind a line "@command NAME", those of its commands.
function ends_option() {
    if (option == "") return
    gsub(/^ +| +$/, "", text)
    options[command] = options[command] " " option
    if (takes_value && !(option in seen)) {
        seen[option]
        valued = valued (valued == "" ? "" : "|") option
    }
    gsub(/[][\\:]/, "\\\\&", text)
    gsub(/'/, "'\\''", text)
    specs[command] = specs[command] " \\\n        '*" option "[" text "]" (takes_value ? ":" value ":" \
                     (is_file ? "_files" : "") : "") "'"
    option = ""
}
/^@command / {
    ends_option()
    command = $2
    commands = commands (commands == "" ? "" : " ") command
    section = ""
    next
}
/^[A-Z][a-z]+:/ { ends_option(); section = $1; next }
section == "Subcommands:" && /^  [a-z]/ {
    name = $1
    sub(/^ +[^ ]+ +/, "")
    gsub(/[:\\]/, "\\\\&"); gsub(/'/, "'\\''")
    described = described " '" name ":" $0 "'"
}
section == "Options:" && /^  -/ {
    ends_option()
    option = $1
    sub(/^.*,/, "", option)   # of -o,--output the long one
    head = $0
    text = ""
    # A description stands from column 31 on, or on the lines below.
    if (length($0) > 30 && substr($0, 30, 1) == " ") {
        head = substr($0, 1, 30)
        text = substr($0, 31)
    }
    sub(/^ +[^ ]+/, "", head)
    sub(/ (Excludes|Needs|REQUIRED|\(Env).*/, "", head)
    gsub(/^ +| +$/, "", head)
    takes_value = head != ""
    value = head
    sub(/[ =].*/, "", value)
    is_file = value ~ /FILE|OUT|\.npy/
    next
}
section == "Options:" && option != "" { line = $0; sub(/^ +/, "", line); text = text " " line }
END {
    ends_option()
    count = split(commands, list, " ")
    if (shell == "bash") bash()
    else zsh()
}

function bash(   i, id) {
    id = program; gsub(/[^a-z]/, "_", id)
    print "# bash completion for " program
    print "_" id "() {"
    print "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command= words"
    print "    COMPREPLY=()"
    print "    [ \"$COMP_CWORD\" -lt 2 ] || command=${COMP_WORDS[1]}"
    print "    case $before in"
    print "    " valued ") COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames; return ;;"
    print "    esac"
    print "    case $command in"
    for (i = 1; i <= count; ++i) print "    " list[i] ") words='" substr(options[list[i]], 2) "' ;;"
    print "    *) words='" substr(options[""], 2) (commands == "" ? "" : " " commands) "' ;;"
    print "    esac"
    print "    if [[ $word == -*" (count ? " || -z $command" : "") " ]]; then"
    print "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
    print "    else"
    print "        COMPREPLY=($(compgen -f -- \"$word\"))"
    print "        compopt -o filenames"
    print "    fi"
    print "}"
    print "complete -F _" id " " program
}

function zsh(   i) {
    print "#compdef " program
    if (count == 0) {
        print "_arguments" specs[""] " \\\n        '*:file:_files'"
        return
    }
    print "if (( CURRENT == 2 )); then"
    print "    local -a commands=(" substr(described, 2) ")"
    print "    _describe command commands"
    print "    _arguments" specs[""]
    print "    return"
    print "fi"
    print "shift words; (( --CURRENT ))"
    print "case $words[1] in"
    for (i = 1; i <= count; ++i) {
        print list[i] ")"
        print "    _arguments" specs[list[i]] " \\\n        '*:file:_files' ;;"
    }
    print "esac"
}
