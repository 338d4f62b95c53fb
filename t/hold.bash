# Sessions for the tests of what looks at them: helpers run by hand, over pipes.
# shellcheck shell=bash disable=SC2154

# hold NAME USER POOL: a helper named NAME, to be talked to, that holds a board of the pool.
# The board's address is in $held.
hold() {
    helper "$1" "$2"
    tell "$1" boardrequest "$3"
    hear "$1" '^boardassign ([^ ]*) ([0-9]*)$' || return
    held=${BASH_REMATCH[1]}
    [ "${BASH_REMATCH[2]}" = 7020 ] || held+=:${BASH_REMATCH[2]}
}

# queue NAME USER POOL: a helper that waits in the line of the pool.
queue() {
    helper "$1" "$2"
    tell "$1" boardrequest "$3" wait
    hear "$1" '^rem waiting'
}

helper() {
    talk "$1" as vlab vlab-mutex -e
    tell "$1" setuid "${lab_uid[$2]}"
    hear "$1" "^ok $2$"
}
