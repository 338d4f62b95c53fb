#!/usr/bin/env bats
# vlab-relay by hand.

load lib
load relay

# at_terminal NAME COMMANDS: begin a dialogue with bash commands that run on a terminal.
at_terminal() {
    talk "$1" as alice env SHELL=/bin/bash script -qefc "bash -c $(printf %q "$2")" /dev/null
}

@test "on a terminal help is worth reading, and backspace works" {
    at_terminal alice vlab-relay
    hear alice ''
    [[ $heard =~ ^rversion ]]
    hear alice ''
    assert_equal "$heard" 'rem type help'
    tell alice help
    hear alice '^rem connect POOL wait'
    hear alice '^rem .*Ctrl-\]'
    hear alice '^ok '
    tell alice $'helpp\x7fx\x7f'
    hear alice '^rem list'
    hear alice '^ok '
    tell alice quit
    ended alice
}

@test "at a UART the terminal is raw, Ctrl-] ends the session, and the terminal is as before" {
    fake_board 'read -r; printf "usinguart\n"; cat >"$0.got"'
    pool "$board"
    # shellcheck disable=SC2016
    at_terminal alice 'before=$(stty -g); vlab-relay; echo "code $?"
        [ "$before" = "$(stty -g)" ] && echo same'
    hear alice ^rversion
    tell alice connect pool
    hear alice ^eversion
    tell alice useuart 0
    hear alice '^usinguart'
    hear alice 'Ctrl-\] ends the session'
    tell_raw alice $'\x03\x04\x1a\x7f\r'
    wait_until sh -c "printf '\\003\\004\\032\\177\\r' | cmp -s - $lab/fake.0.got"
    vlab-wall be quick
    hear alice 'wall .*be quick'
    tell_raw alice $'\x1d'
    hear alice '^code 0$'
    hear alice '^same$'
    ended alice
}

@test "Ctrl-] typed ahead of the UART ends the session, too" {
    fake_board 'read -r; until [ -e "$0.go" ]; do read -rt 0.02 <> <(:); done
        printf "usinguart\n"; cat >"$0.got"'
    pool "$board"
    at_terminal alice 'vlab-relay; echo "code $?"'
    hear alice ^rversion
    tell alice connect pool
    hear alice ^eversion
    tell alice useuart 0
    tell alice $'ab\x1dcd'
    tell alice ef
    touch "$lab/fake.0.go"
    hear alice '^code 0$'
    ended alice
    run cat "$lab/fake.0.got"
    refute_output --partial cd
}

@test "the terminal is as before after a signal, a kick, and a board that dies" {
    fake_board 'read -r; printf "usinguart\n"; read -rn 1'
    pool "$board"
    for way in TERM HUP kick board; do
        # shellcheck disable=SC2016
        at_terminal alice 'before=$(stty -g)
            sh -c "echo \$\$ >~/pid; exec vlab-relay"; echo "code $?"
            [ "$before" = "$(stty -g)" ] && echo same'
        hear alice ^rversion
        tell alice connect pool
        hear alice ^eversion
        tell alice useuart 0
        hear alice 'Ctrl-\] ends the session'
        case $way in
        kick) vlab-kick "$board" ;;
        board) tell_raw alice x ;;
        *) kill -$way "$(<"$lab/home/alice/pid")" ;;
        esac
        hear alice '^code 111$'
        hear alice '^same$'
        ended alice
    done
}

@test "Ctrl-C in line mode ends the session and frees the board" {
    lab_board
    pool "$board"
    at_terminal alice 'vlab-relay; echo "code $?"'
    hear alice ^rversion
    tell alice connect pool
    hear alice ^eversion
    tell_raw alice $'\x03'
    wait_until -t 2 nobody_at "$board"
    ended alice 2
}

@test "on a terminal a board that takes long to answer is named, after 2 s, and only once" {
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 cat) </dev/null >"$lab/mute" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/mute"
    board=127.0.0.1:$(<"$lab/mute")
    pool "$board"
    at_terminal alice vlab-relay
    hear alice '^rem type help'
    clock
    tell alice connect pool
    hear alice "^rem trying $board"
    run ! took_less 1
    hear alice '^error unavailable .* timed out'
    assert_equal "$(grep -c trying "$lab/alice.out")" 1
}

@test "so is one whose packets are dropped" {
    unshare -n ip link add drop type veth peer name end 2>/dev/null || skip "needs a network"
    pool 10.77.0.9
    # shellcheck disable=SC2016
    talk alice unshare -n bash -c 'ip link add drop type veth peer name end &&
        ip link set end up && ip link set drop up && ip address add 10.77.0.1/24 dev drop &&
        ip neighbour add 10.77.0.9 lladdr 02:00:00:00:00:09 dev drop && exec "$@"' bash \
        setpriv --reuid=2001 --regid=3001 --clear-groups script -qefc vlab-relay /dev/null
    hear alice '^rem type help'
    tell alice connect pool
    hear alice '^mversion' 3
    hear alice '^rem trying 10.77.0.9' 3
    hear alice '^error unavailable .* timed out'
    assert_equal "$(grep -c trying "$lab/alice.out")" 1
}
