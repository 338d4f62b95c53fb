#!/usr/bin/env bats
# Clients that mean no good: the helper's memory is bounded, its end is clean, and others do
# not notice.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load clients

setup() {
    lab_setup
    lab_conf <<'CONF'
offline = 1
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
CONF
    lab_serve
}

teardown() {
    lab_teardown
}

# both_held: alice has both boards, as a and as b.
both_held() {
    local name
    for name in a b; do
        client "$name" alice
        ask "$name" boardrequest pool new
        answer "$name" boardassign
    done
}

# peak PID: the most memory it ever had, in kB.
peak() {
    sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# bounded PID BEFORE: has it not grown by more than a few pages?
bounded() {
    local now
    now=$(peak "$1")
    (($now - $2 < 200)) || fail "$1 had $2 kB, and now $now"
}

bob_is_served() {
    client bob bob
    ask bob boardrequest pool
    answer bob boardassign
    hang_up bob
}

# has_helpers USER N: has he so many?
has_helpers() {
    [ "$(roll user "${lab_uid[$1]}" read call | grep -vc '^end$')" -eq "$2" ]
}

no_helper_of() {
    has_helpers "$1" 0
}

@test "1 MB without a newline is one bad command, and takes no memory" {
    local helper before
    client a alice
    helper=$(helper_of alice)
    before=$(peak "$helper")
    tell a pour 0 1000000
    tell a 'raw 0 \n'
    answer a 'error command'
    quiet a
    bounded "$helper" "$before"
    bob_is_served
}

@test "NUL bytes neither end a line nor hide the rest of it" {
    client a alice
    tell a 'raw 0 help\0\nhelp\0quit\n\0\0\n'
    answer a 'error command'
    answer a 'error command'
    answer a 'error command'
    quiet a
}

@test "8-bit noise is answered in printable ASCII, and the session can go on" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    LC_ALL=C awk -v "seed=$seed" 'BEGIN {
        srand(seed)
        for (i = 0; i < 100000; ++i)
            printf "%c", 128 + rand() * 128
        print "\nhelp"
    }' >"$lab/noise"
    as alice socat -t 10 - "UNIX:$VLAB_SOCKET" <"$lab/noise" >"$lab/answers"
    run tail -n 1 "$lab/answers"
    assert_output --partial 'ok setuid'
    LC_ALL=C run ! grep -q '[^ -~]' "$lab/answers"
}

@test "who floods the helper and reads no answers is not answered, takes no memory, and ends" {
    local helper before
    client a alice
    helper=$(helper_of alice)
    before=$(peak "$helper")
    tell a deaf 0
    tell a flood 0 userrequest pool
    hear a '^0 STUCK' 60
    bounded "$helper" "$before"
    bob_is_served
    # Also SIGTERM ends one that is stuck.
    client b alice
    tell b deaf 0
    tell b flood 0 help
    hear b '^0 STUCK' 60
    kill -TERM "$(helper_of alice 2)"
    hang_up a
    wait_until no_helper_of alice
}

@test "a helper that may not speak holds its board no longer than its client lives" {
    client a alice
    ask a boardrequest pool
    answer a boardassign
    tell a deaf 0
    tell a flood 0 userrequest pool
    hear a '^0 STUCK' 60
    board_is 10.0.0.1 'held alice 2001 1'
    kill -KILL "${talk_pid[a]}"
    wait_until board_is 10.0.0.1 free
}

@test "one user with 5000 connections does not keep another from his board" {
    need_root
    [ "$(ulimit -n)" -ge 6000 ] || ulimit -n 6000 || skip "too few descriptors"
    talk crowd as alice crowd 5000
    wait_until has_helpers alice 64
    client bob bob
    ask bob boardrequest pool
    answer bob boardassign 20
    tell crowd "done" all
    wait_until -t 120 grep -q 'done all' "$lab/crowd.out"
    client carol carol
    ask carol boardrequest pool
    answer carol boardassign 20
    wait_until -t 60 heard_by_all
    has_helpers alice 64
    run ! grep -q DOWN "$lab/crowd.out"
}

# Each connection was welcomed, and all but 64 were sent away.
heard_by_all() {
    awk '$2 == "mversion" { ++met } $2 " " $3 == "error busy" { ++busy } $2 == "EOF" { ++out }
        END { exit !(met == 5000 && busy == 4936 && out == 4936) }' "$lab/crowd.out"
}

@test "one user whose connections all ask again and again does not keep another from his board" {
    talk crowd as alice crowd 60
    tell crowd say 0-59 setuid 2001
    tell crowd say 0-59 boardrequest pool new
    wait_until eval '[ "$(holders | wc -l)" = 2 ]'
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting'
    holder=$(holders | head -n 1)
    for i in {1..300}; do
        tell crowd say 0-59 boardrequest pool new
        [ "$i" -ne 50 ] || tell crowd close "$holder"
    done
    answer bob boardassign 60
    [ "$(holders | wc -l)" = 2 ]
}

# The connections of the crowd that have got a board.
holders() {
    sed -n 's/^\([0-9]*\) boardassign .*/\1/p' "$lab/crowd.out"
}

@test "connections that say nothing hold nothing" {
    talk crowd as alice crowd 64
    wait_until eval '[ "$(grep -c mversion "$lab/crowd.out")" = 64 ]'
    bob_is_served
    hang_up crowd
    wait_until no_helper_of alice
}

@test "who half-closes gets all his answers, and then the end" {
    client a alice
    tell a 'raw 0 boardrequest pool\nuserrequest pool\nhelp\n'
    tell a half 0
    answer a boardassign
    answer a 'userinfo 0'
    answer a 'userinfo 1'
    answer a endlist
    answer a 'ok setuid'
    answer a EOF
    wait_until board_is 10.0.0.1 free
}

@test "who half-closes while he waits leaves the line" {
    both_held
    client c carol
    ask c boardrequest pool wait
    answer c 'rem waiting'
    tell c half 0
    answer c EOF
    waiting pool
}

@test "a board whose holder cannot be read is held all the same, and is given to nobody" {
    client a alice
    ask a boardrequest pool
    answer a 'boardassign 10.0.0.1'
    printf '\0garbage\n' | dd of="$VLAB_STATE/board/10.0.0.1" bs=1 seek=512 conv=notrunc \
        status=none
    client b bob
    ask b boardrequest pool
    answer b 'boardassign 10.0.0.2'
    client c carol
    ask c boardrequest pool
    answer c 'error busy'
    ask c userrequest pool
    answer c 'userinfo 0 1 [?] 1'
    run vlab-ls
    assert_line --regexp '10.0.0.1 +held +[?]'
    hang_up a
    wait_until board_is 10.0.0.1 free
    ask c boardrequest pool
    answer c 'boardassign 10.0.0.1'
}

# unread NAME LINE: a helper of alice whose answers nobody reads. It has more to say than its
# pipe takes, 4 kB, and the last of that not yet written when it obeys the line.
unread() {
    local name=$1 i text=$'setuid 2001\n'
    mkfifo -m 666 "$lab/$name.pipe"
    lab_start sh -c "exec tail -f /dev/null <'$lab/$name.pipe'"
    talk "$name" as vlab perl -e 'open STDOUT, ">", shift or die; fcntl STDOUT, 1031, 4096;
        exec @ARGV' "$lab/$name.pipe" vlab-mutex -e
    for ((i = 0; i < 60; i++)); do
        text+=$'help\n'
    done
    tell_raw "$name" "$text$2"$'\n'
}

# stuck NAME: does its helper wait for the reader?
stuck() {
    grep -q pipe_write "/proc/${talk_pid[$1]}/wchan"
}

@test "who does not read his answers does not get into the line" {
    client a carol
    client b carol
    ask a boardrequest pool new
    answer a boardassign
    ask b boardrequest pool new
    answer b boardassign
    unread deaf 'boardrequest pool wait 2'
    wait_until stuck deaf
    tell b quit
    client c bob
    ask c boardrequest pool
    answer c boardassign
}

@test "who does not read his answers is counted as long as his helper lives" {
    sed -i '1i sessions = 1' "$VLAB_CONF"
    lab_compile
    unread deaf quit
    wait_until stuck deaf
    talk a as alice crowd 1
    answer a 'error busy you have too many'
}

@test "who does not read his answers is judged by the config of the day when he does" {
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
group = vluser
CONF
    client bob bob
    ask bob boardrequest pool
    answer bob boardassign
    client a alice
    tell a deaf 0
    tell a flood 0 boardrequest pool
    hear a '^0 STUCK' 60
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
user = bob
CONF
    hang_up bob
    wait_until board_is 10.0.0.1 free
    tell a hear 0
    wait_until grep -q 'error permission' "$lab/a.out"
    run ! grep boardassign "$lab/a.out"
}

@test "a super-server that left signals blocked or ignored changes nothing" {
    lab_stop "$server"
    rm -f "$VLAB_SOCKET"
    lab_serve env --block-signal=TERM --block-signal=IO --block-signal=USR1 \
        --ignore-signal=TERM --ignore-signal=ALRM vlab-mutex
    both_held
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    client carol carol
    ask carol boardrequest pool wait 1
    answer carol 'rem waiting 1'
    vlab-wall hello
    answer bob 'wall hello'
    answer carol 'wall hello'
    answer carol 'error busy'
    ask carol boardrequest pool wait
    answer carol 'rem waiting 1'
    hang_up carol
    wait_until waiting pool bob
    kill -TERM "$(helper_of bob)"
    answer bob 'error disconnect'
    waiting pool
}

@test "a super-server that left descriptor 2 closed gets no message into a roll" {
    lab_stop "$server"
    rm -f "$VLAB_SOCKET"
    cat >"$lab/helper" <<'HELPER'
#!/bin/sh
exec vlab-mutex -e 2>&-
HELPER
    chmod 755 "$lab/helper"
    lab_serve "$lab/helper"
    client a alice
    ask a boardrequest pool
    answer a boardassign
    assert_equal "$(readlink "/proc/$(helper_of alice)/fd/2")" /dev/null
}

@test "nonsense in any order: each command gets exactly one END" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run as vlab fuzz 400 "$seed" pool 2001 nopool 2002 2005 10.0.0.1 1
    assert_success
}
