#!/usr/bin/env bats
# Whom a board's end serves.
# shellcheck disable=SC2154,SC2034 # the libraries set them, or use them
load lib
load board
load net

setup() {
    need_root
    lab_setup
}

teardown() {
    lab_teardown
    net_teardown
}

# refused NAME TEXT: eversion comes first, all the same, and then this, and the end.
refused() {
    hear "$1" "^error permission $2"
    ended "$1"
    assert_equal "$(wc -l <"$lab/$1.out")" 2
}

@test "who does not hold the board is refused, and who holds it is not" {
    board_setup
    at a alice
    refused a 'you do not hold this board'
    holds h alice
    at a alice
    ask a help '^ok '
    at b bob
    refused b 'you do not hold this board'
    at v vlab
    ask v help '^ok '
    wait_until visits_are alice alice
    at eve eve
    refused eve 'you do not hold this board'
}

@test "eversion and the refusal go out in one write" {
    board_setup
    run -0 as alice strace -qq -s 200 -e trace=read,recvfrom -o "$lab/home/alice/trace" socat -u "TCP:$board" -
    assert_line --index 1 --partial 'error permission'
    grep -q 'eversion .*\\nerror permission' "$lab/home/alice/trace"
}

@test "the holder's session may have several connections, two users are never there" {
    board_setup
    holds h alice
    at a alice
    at b alice
    visits_are alice alice
    uses a 0
    kill -KILL "${talk_pid[h]}"
    holds h2 bob
    at c bob
    hear a '^error disconnect .'
    hear b '^error disconnect .'
    ended a
    ended b
    visits_are bob
    uses c 0
}

@test "a holder whose session ends loses the board's end, in raw mode too" {
    board_setup
    holds h alice
    at a alice
    at b alice
    uses b 0
    holds h2 alice
    kill -KILL "${talk_pid[h]}"
    ended h
    ask a help '^ok '
    kill -KILL "${talk_pid[h2]}"
    hear a '^error disconnect the board is no longer yours$'
    hear b '^error disconnect the board is no longer yours$'
    ended a
    ended b
    visits_are
}

# watches NAME HELD: does the other end of its connection watch this holder of the board?
watches() {
    grep -qsx "Pid:[[:space:]]*${talk_pid[$2]}" /proc/"$(end_of "$1")"/fdinfo/*
}

@test "the board's end watches the processes that hold the board, and needs no inotify for it" {
    board_setup
    talk hog as vlab hog
    hear hog '^full$'
    holds h alice
    at a alice
    ask a help '^ok '
    watches a h
    holds h2 alice
    kill -KILL "${talk_pid[h]}"
    wait_until watches a h2
    kill -KILL "${talk_pid[h2]}"
    hear a '^error disconnect the board is no longer yours$'
    ended a
    visits_are
}

@test "one who was stopped while he lost the board is killed for the next holder" {
    board_setup
    holds h alice
    at a alice
    uses a 0
    kill -STOP "$(end_of a)"
    kill -KILL "${talk_pid[h]}"
    ended h
    holds h2 bob
    at b bob
    uses b 0
    ended a
    visits_are bob
}

# slow_end: as board_end; but when $lab/slow is there, a session is stopped after it has been
# admitted.
slow_end() {
    cat >"$lab/end" <<END
#!/bin/sh
[ ! -e "$lab/slow" ] || exec strace -qq -o /dev/null -e trace=/^mkdir \\
    -P "$VLAB_STATE/bits/\$TCPLOCALIP:\$TCPLOCALPORT" \\
    -e inject=/^mkdir:signal=STOP vlab-board -e "\$TCPLOCALIP:\$TCPLOCALPORT"
exec vlab-board -e "\$TCPLOCALIP:\$TCPLOCALPORT"
END
    chmod 755 "$lab/end"
    (lab_exec as vlab tcpserver -1 -RHD -l 0 127.0.0.1 0 "$lab/end") \
        </dev/null >"$lab/end.port" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/end.port"
    board=127.0.0.1:$(<"$lab/end.port")
}

stopped() { grep -q '^State:.[Tt] ' "/proc/$1/status"; }

@test "who loses the board on his way to it does not send away its next holder" {
    slow_end
    board_setup
    holds h alice
    touch "$lab/slow"
    at a alice
    rm "$lab/slow"
    late=$(end_of a)
    wait_until stopped "$late"
    kill -KILL "${talk_pid[h]}"
    holds h2 bob
    at b bob
    ask b help '^ok '
    kill -CONT "$late"
    refused a 'you do not hold this board any more'
    ask b help '^ok '
    visits_are bob
}

@test "root acts for who holds the board, and makes room for the next holder" {
    board_setup
    talk r socat - "TCP:$board"
    hear r '^eversion'
    ask r help '^ok '
    holds h alice
    at a alice
    hear r '^error disconnect .'
    ended r
    by_hand r
    visits_are alice alice
    ask r help '^ok '
    kill -KILL "${talk_pid[h]}"
    hear a '^error disconnect'
    ask r help '^ok '
}

@test "a board in no pool is for root and by hand alone" {
    board_end
    wire tty0
    lab_conf <<END
[board $board]
uart = $lab/tty0
END
    at a alice
    refused a 'you do not hold this board'
    by_hand h
    talk r socat - "TCP:$board"
    hear r '^eversion'
    ask r help '^ok '
    ask h help '^ok '
}

@test "at a board in no pool, who has hung up is no company for who comes next" {
    board_end
    wire tty0
    lab_conf <<END
[board $board]
uart = $lab/tty0
fpga = *
program = /bin/true %f
END
    bit -z d 3s500e 1000 1 >"$lab/bits"
    at a vlab
    tell a "loadbits $(($(stat -c %s "$lab/bits") * 8))"
    hear a '^loadready'
    cat "$lab/bits" >&"${talk_fd[a]}"
    hear a '^loaded 1 1'
    uses a 0
    hang_up a
    ended a
    at b vlab
    ask b showbits '^bitinfo 0 0 '
}

@test "a board without a section, or without a config, is none" {
    lab_conf <<END
[pool]
address = 10.0.0.1
group = vluser
END
    run -111 vlab-board -e 10.0.0.1
    assert_line --regexp '^eversion '
    assert_line 'error config this board is not in the config'
    assert_line 'vlab-board: warning: the config has no section [board 10.0.0.1]: see vlab.conf(5)'
    rm "$VLAB_STATE/config.cdb"
    run -111 vlab-board -e 10.0.0.1
    assert_line 'error config this board is not in the config'
    assert_line --partial 'run vlab-compile-config'
    run -100 vlab-board -e 'no address'
    run -100 vlab-board
    run -100 vlab-board 10.0.0.1 10.0.0.2
}

# far_board: a board's end on the near host, asked from the far one by far NAME.
far_board() {
    net_setup
    # shellcheck disable=SC2016
    serve_tcp -n "$near" "$near_ip" sh -c 'exec vlab-board -e "$TCPLOCALIP:$TCPLOCALPORT"'
    board=$tcp
    board_setup
}

far() {
    net_words "$far" socat - "TCP:$board"
    talk "$1" "${net[@]}"
    hear "$1" '^eversion'
}

@test "over TCP from elsewhere nobody is served, unless the config trusts the address; then whoever holds the board is" {
    far_board
    holds h alice
    far a
    refused a 'this host is not trusted'
    settings=("trust = $far_ip")
    board_conf
    far a
    ask a help '^ok '
    visits_are alice
    kill -KILL "${talk_pid[h]}"
    hear a '^error disconnect'
    far b
    refused b 'you do not hold this board'
}

@test "from an address that is trusted a board in no pool is open" {
    far_board
    lab_conf <<END
trust = $far_ip
[board $board]
uart = $lab/tty0
END
    far a
    ask a help '^ok '
    far b
    ask a help '^ok '
}

@test "a client whose host vanishes frees the UART in time" {
    settings=("trust = $far_ip" 'alive = 2')
    far_board
    holds h alice
    far a
    uses a 0
    ip -n "$far" link set cable down
    wait_until -t 30 flock -n "$lab/tty0" true
    visits_are
}

@test "through the relay a session is complete, and a refusal answers connect and gives the board back" {
    board_setup 'fpga = *' 'program = true %f'
    lab_serve
    talk a as alice vlab-relay -c -no-shell-
    hear a '^rversion'
    tell a connect pool
    hear a '^ok connected to '
    hear a '^eversion vlab'
    tell a check
    hear a '^boardinfo'
    hear a '^activityinfo'
    tell a useuart 0
    hear a '^usinguart$'
    tell_raw a hello
    wait_until said tty0 hello
    tell_raw tty0 world
    wait_until said a world
    hang_up a
    ended a
    board_other
    talk b as bob vlab-relay -c -no-shell-
    hear b '^rversion'
    for n in 1 2; do
        tell b connect pool
        hear b '^error '
        assert_equal "$heard" "error permission board $board: you do not hold this board"
        wait_until board_free
    done
}

# board_other: vlab-board has a state of its own, in which nobody holds a board.
board_other() {
    local file=$lab/other.port
    mkdir "$lab/other"
    lab_give vlab "$lab/other"
    # shellcheck disable=SC2016
    (VLAB_STATE=$lab/other lab_exec as vlab tcpserver -1 -RHD -l 0 127.0.0.1 0 \
        sh -c 'exec vlab-board -e "$TCPLOCALIP:$TCPLOCALPORT"') </dev/null >"$file" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$file"
    other=127.0.0.1:$(<"$file")
    lab_conf <<END
[pool]
group = vluser
address = $other
END
    {
        cat "$VLAB_CONF"
        printf '[board %s]\nuart = %s\n' "$other" "$lab/tty0"
    } >"$lab/conf.other"
    VLAB_STATE=$lab/other VLAB_CONF=$lab/conf.other lab_compile
    board=$other
}

board_free() { [ "$(roll board "$board" read board)" = free ]; }
