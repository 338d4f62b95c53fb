#!/usr/bin/env bats
# How vlab-relay comes to its helper and to a board, and what it says when it cannot.

load lib
load relay

@test "the helper is called when it is needed, and its banner is passed on once" {
    lab_board
    by alice
    tell alice connect pool
    hear alice '^error nomutexdaemon .*/run/mutex'
    pool "$board"
    ask alice 'userrequest pool' '^mversion vlab'
    hear alice '^userinfo 0 0 free 0$'
    hear alice '^endlist$'
    ask alice 'userrequest pool' '^userinfo'
}

@test "a board that refuses, is silent, or is none, costs at most 5 s each, and the next is tried" {
    fake_board 'read -r'
    good=$board
    fake_board 'read -r'
    refused=$board
    lab_stop "$pid"
    (lab_exec socat TCP-LISTEN:0,bind=127.0.0.1 -) </dev/null >/dev/null 2>&1 3>&- &
    lab_pids+=($!)
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 cat) </dev/null >"$lab/mute" 2>/dev/null 3>&- &
    lab_pids+=($!)
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 echo HTTP/1.0 400 no) </dev/null >"$lab/web" \
        2>/dev/null 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/mute"
    wait_until test -s "$lab/web"
    pool "$refused" "127.0.0.1:$(<"$lab/web")" "127.0.0.1:$(<"$lab/mute")"
    by alice
    clock
    tell alice connect pool
    hear alice "^error unavailable board $refused .*refused$"
    tell alice connect pool
    hear alice "^error unavailable board .* is no board$"
    took_less 2
    clock
    tell alice connect pool
    hear alice "^error unavailable board .* timed out$"
    took_less 6
    run ! grep '^rem' "$lab/alice.out"
    ask alice 'connect pool' '^error busy'
    tell alice list
    hear alice '^rem pool 0 free, 0 held, 3 offline$'
    printf '%s\n' '[pool]' 'group = vluser' "address = $refused" "address = $good" | lab_conf
    tell alice connect pool
    hear alice '^ok '
}

@test "a board may be a host name, and one that nobody knows costs at most 5 s" {
    lab_board
    pool "localhost:${board##*:}" no-such-host.invalid
    connected alice
    by bob
    clock
    tell bob connect pool
    hear bob '^error unavailable board no-such-host.invalid .*: this host name is not known$'
    took_less 6
}

@test "a helper may be on the other end of TCP" {
    lab_board
    pool "$board"
    (lab_exec as vlab tcpserver -1 -RHD -l 0 127.0.0.1 0 vlab-mutex) </dev/null \
        >"$lab/port" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/port"
    VLAB_SOCKET=127.0.0.1:$(<"$lab/port")
    connected alice
    export VLAB_SOCKET=127.0.0.1:1
    by bob
    ask bob list '^error nomutexdaemon the helper at 127.0.0.1:1 .*refused: tell the admin'
}

@test "whoever cannot reach the helper says why, and what to do" {
    lab_board
    pool "$board"
    no_helper() {
        VLAB_SOCKET=$1 run -0 as alice vlab-relay <<<list
        assert_line --index 1 "error nomutexdaemon the helper at $1 cannot be reached: $2"
        VLAB_SOCKET=$1 run -111 as alice vlab-lock -n pool true
        assert_output "vlab-lock: fatal: unable to reach the helper at $1: $2"
        VLAB_SOCKET=$1 run -111 as alice vlab-ls
        assert_output "vlab-ls: fatal: unable to ask the helper at $1: $2"
    }
    no_service='tell the administrator that the vlab-mutex service is not running'
    no_helper "$lab/none" "No such file or directory: $no_service"
    no_helper 127.0.0.1:1 "Connection refused: $no_service"
    no_helper no-such-host.invalid:1 'this host name is not known'
    for wrong in foo :1 1 foo:0 foo:; do
        no_helper $wrong 'VLAB_SOCKET must be a path (with a slash in it) or HOST:PORT'
    done
}

@test "a relay host needs no config of its own to list the pools and to connect" {
    lab_board
    pool "$board"
    vlab-offline -m 'new cable' 10.9.9.9
    export VLAB_STATE=$lab/none
    by alice
    ask alice list ^mversion
    hear alice '^rem pool 1 free, 0 held, 0 offline$'
    hear alice '^endlist$'
    by dave
    tell dave list
    hear dave '^rem pool 1 free, 0 held, 0 offline$'
    ask dave list '^rem other board 0 is offline: new cable$'
    hear dave '^rem other 0 free, 0 held, 1 offline$'
    hear dave '^endlist$'
    ask alice 'connect pool' '^ok '
    by eve
    ask eve list ^mversion
    hear eve '^endlist$'
}
