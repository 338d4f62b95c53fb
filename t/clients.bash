# Clients of the helper, for the tests: they talk to it through t/crowd, one connection each.
# shellcheck shell=bash disable=SC2154

# client NAME USER: connect as a user of the lab, and have said who it is.
client() {
    talk "$1" as "$2" crowd 1
    ask "$1" setuid "${lab_uid[$2]}"
    answer "$1" "ok $2"
}

# ask NAME WORD...: say a line to the helper.
ask() {
    tell "$1" say 0 "${@:2}"
}

# answer NAME REGEX [SECONDS]: wait until the helper says a line that matches from its start;
# it is in $heard.
answer() {
    hear "$1" "^0 $2" "${@:3}"
    heard=${heard#0 }
}

# quiet NAME: has the helper said nothing since the last line heard? The answer to one more
# command shows that it is not just late: so it must not be waiting.
quiet() {
    ask "$1" help
    answer "$1" ''
    [[ $heard == "ok setuid"* ]] || fail "$1 heard: $heard"
}

# board_is BOARD TEXT: is this the state of the board, as t/roll prints it?
board_is() {
    [ "$(roll board "$1" read board)" = "$2" ]
}

# waiting POOL TEXT: do these wait, in this order: USER...
waiting() {
    local pool=$1
    shift
    [ "$(roll line "$pool" read waiters | sed -n 's/^[0-9]* \([^ ]*\) .*/\1/p' | xargs)" = "$*" ]
}

# helper_of USER [NTH]: the pid of a user's helper, the first or the NTH, by his roll.
helper_of() {
    roll user "${lab_uid[$1]}" read call | sed -n "${2:-1}s/^[0-9]* \([0-9]*\) .*/\1/p"
}
