#!/usr/bin/env bats
# vlab-relay by hand.

load lib
load relay

# at_terminal NAME COMMANDS: begin a dialogue with bash commands that run on a terminal.
at_terminal() {
    talk "$1" as alice script -qefc "bash -c $(printf %q "$2")" /dev/null
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
