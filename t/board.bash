# A board's end for the tests: vlab-board under tcpserver, with UARTs that are ptys.
# shellcheck shell=bash disable=SC2154,SC2034

# board_end: serve a board's end on a free port of 127.0.0.1, as the user vlab; what it logs
# goes to $lab/log. Its address is in $board and added to the array $boards, its super-server
# in $pid. A section [board $board] is still to be written.
board_end() {
    local file=$lab/board.${#boards[@]}
    # shellcheck disable=SC2016
    (lab_exec as vlab tcpserver -1 -RHD -l 0 -c 1000 -b 1024 127.0.0.1 0 \
        sh -c 'exec vlab-board -e "$TCPLOCALIP:$TCPLOCALPORT"') \
        </dev/null >"$file" 2>>"$lab/log" 3>&- &
    pid=$!
    lab_pids+=("$pid")
    wait_until test -s "$file"
    board=127.0.0.1:$(<"$file")
    boards+=("$board")
}

# wire NAME: a tty at $lab/NAME, and a dialogue NAME (see talk) with what is wired to it: what
# the tty says is in $lab/NAME.out.
wire() {
    talk "$1" pty "$lab/$1"
    wait_until test -e "$lab/$1"
}

# waits NAME N: are so many bytes to be read from the tty NAME?
waits() {
    [ "$(tail -n 1 "$lab/$1.err")" = "waiting $2" ]
}

# board_setup [LINE...]: a board's end with the UARTs tty0 and tty1, whose section has these
# lines too; its board alone in the pool `pool`, for the group vluser.
board_setup() {
    [ "$board" ] || board_end
    wire tty0
    wire tty1
    board_conf "$@"
}

# board_conf [LINE...]: write the config of board_setup.
board_conf() {
    {
        printf '%s\n' "${settings[@]}" '[pool]' 'group = vluser' "address = $board"
        printf '%s\n' "[board $board]" "uart = $lab/tty0" "uart = $lab/tty1" "$@"
    } | lab_conf
}

# holds NAME USER: a helper NAME that holds a board of the pool for the user.
holds() {
    talk "$1" as vlab vlab-mutex -e
    tell "$1" setuid "${lab_uid[$2]}"
    hear "$1" "^ok $2$"
    tell "$1" boardrequest pool
    hear "$1" '^boardassign '
}

# at NAME USER: connect to the board's end as a user. Its own connection is named NAME.
at() {
    talk "$1" as "$2" socat - "TCP:$board"
    hear "$1" '^eversion vlab [0-9.]+$'
}

# by_hand NAME: a board's end that is run by hand.
by_hand() {
    talk "$1" as vlab vlab-board -e "$board"
    hear "$1" '^eversion vlab [0-9.]+$'
}

# ask NAME LINE REGEX: say a line, and the next line must match.
ask() {
    tell "$1" "$2"
    hear "$1" ''
    [[ $heard =~ $3 ]] || fail "said '$2', expected '$3', heard '$heard'"
}

# uses NAME UART: it goes to raw mode.
uses() {
    tell "$1" "useuart $2"
    hear "$1" '^usinguart$'
}

# said NAME TEXT: is this what it has said, all in all, behind the lines heard?
said() {
    [ "$(tail -n "+$((talk_seen[$1] + 1))" "$lab/$1.out")" = "$2" ]
}

# visits: the sessions at the board, USER by USER.
visits() {
    roll visit "$board" read call | sed -n 's/^[0-9]* [0-9]* [0-9]* \([^ ]*\) .*/\1/p' | xargs
}
visits_are() { [ "$(visits)" = "$*" ]; }

# end_of NAME: the pid of vlab-board at the other end of its connection.
end_of() {
    local port
    port=$(ss -Htnp dst "$board" | sed -n "s/.*:\([0-9]*\) *[^ ]*:[0-9]* .*pid=${talk_pid[$1]},.*/\1/p")
    ss -Htnp src "$board" dport = ":$port" | sed -n 's/.*"vlab-board",pid=\([0-9]*\),.*/\1/p'
}
