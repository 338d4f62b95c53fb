#!/usr/bin/env bats
# The sessions at a board's end.
# shellcheck disable=SC2154,SC2034 # the libraries set them, or use them
load lib
load board

setup() {
    lab_setup
    mkdir "$VLAB_STATE"/{visit,told}
    board=b
}

teardown() { lab_teardown; }

# comes NAME UID: a session.
comes() {
    talk "$1" visit b "$2" "$1"
    hear "$1" '^here$'
}

# is_first NAME: it said so.
is_first() { grep -qx first "$lab/$1.out"; }

@test "who finds nobody is the first, who leaves nobody behind is the last" {
    comes a 1
    is_first a
    comes b 1
    run ! is_first b
    ask a leave '^gone$'
    ended a
    ask b leave '^last$'
    ended b
    comes c 1
    is_first c
    comes d 1
    kill -KILL "${talk_pid[c]}" "${talk_pid[d]}"
    ended c
    ended d
    comes e 1
    is_first e
}

@test "who comes for another user sends away who is there, and is the first" {
    comes a 1
    comes b 1
    comes c 2
    hear a '^ended .'
    hear b '^ended .'
    ended a
    ended b
    is_first c
    visits_are c
}

@test "who does not go when he is sent away is killed" {
    comes a 1
    kill -STOP "${talk_pid[a]}"
    comes b 2
    is_first b
    ended a
    assert_equal "$code" 137
    visits_are b
}

@test "two users' sessions are never there together, however many come at once" {
    local i
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    RANDOM=$seed
    mkfifo "$lab/never"
    for ((i = 0; i < 40; i++)); do
        (lab_exec visit b $((RANDOM % 2)) user) <>"$lab/never" >>"$lab/all" 2>&1 3>&- &
        lab_pids+=($!)
        one_user
    done
    wait_until settled
    one_user
}

# one_user: are all sessions of one user?
one_user() {
    printf 'gate\ncall\n' | roll visit b create >"$lab/call"
    [ "$(grep -o ' user [01]$' "$lab/call" | sort -u | wc -l)" -le 1 ] || fail "$(<"$lab/call")"
}

# settled: is everybody there, or gone?
settled() {
    local here gone
    here=$(grep -c ^here "$lab/all")
    gone=$(grep -c ^ended "$lab/all")
    [ $((here - gone)) -eq "$(roll visit b read call | grep -c ' user ')" ] && [ "$here" -eq 40 ]
}

@test "a bid is never given out twice, whoever comes and goes" {
    comes a 1
    comes b 1
    ask a bid '^1$'
    ask b bid '^2$'
    ask a bid '^3$'
    ask a leave gone
    ask b leave last
    comes c 2
    is_first c
    ask c bid '^4$'
}

@test "rates are those set last, for all, and the first finds them as they are at first" {
    comes a 1
    ask a 'rate 0' '^115200$'
    ask a 'set 0 9600' '^ok$'
    ask a 'set 15 4000000' '^ok$'
    ask a bid '^1$'
    comes b 1
    ask b 'rate 0' '^9600$'
    ask b 'rate 15' '^4000000$'
    ask b 'rate 1' '^115200$'
    ask b 'set 0 300' '^ok$'
    hear a '^signal$'
    ask a 'rate 0' '^300$'
    ask a leave gone
    ask b leave last
    comes c 1
    ask c 'rate 0' '^115200$'
    ask c bid '^2$'
}

@test "what is told reaches all who are there, in order, and none who comes later" {
    run -0 visit b tell early
    comes a 1
    comes b 1
    for n in {0..29}; do
        run -0 visit b tell "text $n"
    done
    for name in a b; do
        for n in {0..29}; do
            hear "$name" ''
            assert_equal "$heard" "told text $n"
        done
    done
    comes c 1
    run -0 visit b tell late
    for name in a b c; do
        hear "$name" ''
        assert_equal "$heard" 'told late'
    done
}

@test "there are at most 64 sessions" {
    for ((i = 0; i < 64; i++)); do
        comes "a$i" 1
    done
    run -1 visit b 1 more
    assert_output 'error EAGAIN'
    hang_up a7
    ended a7
    comes more 1
}

@test "a header that is damaged is no reason to fail" {
    for text in nonsense '7 x' '-3 -1' '99999999999999999999999 1 2' ''; do
        roll visit b create "set $text"
        comes a 1
        ask a 'rate 3' '^115200$'
        ask a bid '^[0-9]+$'
        ask a leave last
        ended a
    done
}
