# Sessions for the tests of what looks at them and ends them: helpers run by hand.
# shellcheck shell=bash disable=SC2016,SC2154

# hold_setup: a lab with two pools that the group vluser may use, one of a single board.
hold_setup() {
    lab_setup
    lab_conf <<'EOF'
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[one]
address = 10.0.0.3:7021
group = vluser
EOF
}

# refused PROGRAM: how it refuses who is neither root nor the owner of the state.
refused() {
    echo "$1: fatal: only root and the user $(id -nu 2000 2>/dev/null || echo 2000) may do this"
}

# hold NAME USER POOL: a helper named NAME, to be talked to, that holds a board of the pool.
# The board's address is in $held.
hold() {
    helper "$1" "$2"
    tell "$1" boardrequest "$3"
    hear "$1" '^boardassign ' || return
    held=${heard#boardassign }
    held=${held% 7020}
    held=${held/ /:}
}

# queue NAME USER POOL: a helper that waits in the line of the pool.
queue() {
    helper "$1" "$2"
    tell "$1" boardrequest "$3" wait
    hear "$1" '^rem waiting'
}

# helper NAME USER: a helper that acts for a user.
helper() {
    talk "$1" as vlab vlab-mutex -e
    tell "$1" setuid "${lab_uid[$2]}"
    hear "$1" "^ok $2$"
}

# far NAME USER POOL HOST: as hold, but the helper takes this for the host HOST. Needs root.
far() {
    talk "$1" unshare --uts sh -c \
        'printf %s "$1" >/proc/sys/kernel/hostname; shift; exec "$@"' sh "$4" \
        setpriv --reuid=2000 --regid=2000 --clear-groups vlab-mutex -e
    tell "$1" setuid "${lab_uid[$2]}"
    hear "$1" "^ok $2$"
    tell "$1" boardrequest "$3"
    hear "$1" '^boardassign '
}

# examples MANUAL: the commands of its examples, one on each line, jack being alice.
examples() {
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/ { s/jack/alice/g; s/^[#$] //p }' "$tree/bin/$1"
}
