# shellcheck shell=sh
# Words of the demos, read by tools/demo and tools/demo-nodes.

fail() {
    echo "demo: fatal: $*" >&2
    [ ! -s log ] || sed 's/^/demo: log: /' log >&2
    exit 111
}

# try COMMAND...: until it succeeds, for a while.
try() {
    tries=500
    until "$@"; do
        [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.01
    done
}

# step TEXT...: what comes now.
step() {
    printf '\n== %s\n' "$*"
}

# typed PROMPT COMMAND...: a command line, as it is typed.
typed() {
    printf %s "$1"
    shift
    for word; do
        case $word in
        *\'*) printf ' "%s"' "$(printf %s "$word" | sed 's/[\\"$`]/\\&/g')" ;;
        *[!A-Za-z0-9_./:=,+-]* | '') printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    echo
}

# said FILE: what a command has printed.
said() {
    sed 's/^./    &/' "$1"
}
