#!/usr/bin/env bats
# What is said to all sessions.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
load hold
setup() { hold_setup; }
teardown() { lab_teardown; }

# heard NAME: what a helper passed on.
heard() {
    sed -n 's/^wall //p' "$lab/$1.out"
}

has_heard() {
    [ "$(heard "$1")" = "$2" ]
}

# stopped PID: is the process stopped?
stopped() {
    [[ $(</proc/"$1"/stat) == *') T '* ]]
}

freeze() {
    kill -STOP "${talk_pid[$1]}"
    wait_until stopped "${talk_pid[$1]}"
}

thaw() {
    kill -CONT "${talk_pid[$1]}"
}

@test "a text reaches everybody: who holds a board, who waits for one, and who does neither" {
    hold a alice pool
    hold b bob pool
    queue c carol pool
    helper d dave
    helper a2 alice
    run -0 vlab-wall the lab closes   at "six  o'clock"
    assert_output ""
    for name in a b c d a2; do
        wait_until has_heard $name "the lab closes at six  o'clock"
    done
}

@test "walls in quick succession arrive all, once each and in order" {
    hold a alice pool
    for i in $(seq 1 30); do
        vlab-wall "number $i"
    done
    wait_until has_heard a "$(seq -f 'number %g' 30)"
}

@test "walls said while a helper could not run arrive all, though their signals merge into one" {
    hold a alice pool
    freeze a
    for i in 1 2 3; do
        vlab-wall "number $i"
    done
    thaw a
    wait_until has_heard a $'number 1\nnumber 2\nnumber 3'
}

@test "of more walls than there is room for, a helper that could not run gets the last 64" {
    hold a alice pool
    freeze a
    for i in $(seq 1 70); do
        vlab-wall "$i"
    done
    thaw a
    wait_until has_heard a "$(seq 7 70)"
    vlab-wall 71
    wait_until has_heard a "$(seq 7 71)"
}

@test "who comes later does not hear it" {
    vlab-wall early
    hold a alice pool
    vlab-wall late
    wait_until has_heard a late
}

@test "a session goes on as before" {
    hold a alice pool
    vlab-wall hello
    wait_until has_heard a hello
    tell a boardrequest pool
    hear a '^error alreadylocked'
    hang_up a
    ended a
    assert_equal "$code" 0
}

@test "lines become several walls, a long one is broken at a space, nothing gets lost" {
    hold a alice pool
    words=$(seq -s ' ' 1000 1060)
    vlab-wall "first

$words"
    wait_until has_heard a "first
$(seq -s ' ' 1000 1039)
$(seq -s ' ' 1040 1060)"
    vlab-wall "$(printf '%0250d' 0)"
    wait_until grep -q '^wall 0\{51\}$' "$lab/a.out"
    grep -q '^wall 0\{199\}$' "$lab/a.out"
}

@test "control characters and 8-bit noise do not reach a terminal" {
    hold a alice pool
    vlab-wall $'bell\a esc\e[2J tab\t \xff'
    wait_until has_heard a 'bell  esc [2J tab  ?'
}

@test "nobody there is no failure, and a roll of somebody who has gone neither" {
    vlab-wall hello
    hold a alice pool
    hang_up a
    ended a
    run -0 vlab-wall hello
    assert_output ""
}

@test "who is connected to another host is not told, and that is said" {
    need_root
    far f alice pool faraway
    hold a bob pool
    run -111 vlab-wall hello
    assert_output "vlab-wall: warning: pid ${talk_pid[f]} on faraway is not told: run vlab-wall there"
    wait_until has_heard a hello
}

@test "empty and endless texts are mistakes" {
    run -100 vlab-wall
    assert_output "usage: vlab-wall text..."
    run -100 vlab-wall "" " "
    assert_output "vlab-wall: fatal: the text is empty"
    run -100 vlab-wall "$(seq 1 33)"
    assert_output "vlab-wall: fatal: the text has more than 32 lines"
    run -100 vlab-wall "$(printf '%07000d' 0)"
    assert_output "vlab-wall: fatal: the text is longer than 6368 characters"
    assert_size_zero "$VLAB_STATE/wall"
    vlab-wall "$(seq 1 32)"
}

@test "only root and the user vlab may speak to all, and none else may read the roll" {
    need_root
    hold a alice pool
    run -1 as alice vlab-wall hello
    assert_output "$(refused vlab-wall)"
    mkdir "$lab/roots"
    VLAB_STATE=$lab/roots run -1 as alice vlab-wall hello
    assert_output "vlab-wall: fatal: only root may do this"
    vlab-wall from root
    as vlab vlab-wall from vlab
    wait_until has_heard a $'from root\nfrom vlab'
    run -0 stat -c '%a %u' "$VLAB_STATE/wall"
    assert_output "640 2000"
}

@test "without a config, and without a state directory, it says what to do" {
    rm -r "${VLAB_STATE:?}"/*
    run -111 vlab-wall hello
    assert_output "vlab-wall: fatal: unable to open $VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
    rmdir "$VLAB_STATE"
    run -111 vlab-wall hello
    assert_output --partial "$VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
}

@test "the example of the manual works" {
    hold a alice pool
    run -0 bash -c "$(examples vlab-wall.8)"
    wait_until has_heard a "the lab closes at six: please save your work"
}
