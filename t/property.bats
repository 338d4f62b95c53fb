#!/usr/bin/env bats
# Never two users on one board, whoever is killed, and whenever.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load clients

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

@test "the judge of the storm sees what excludes each other, and nothing else" {
    # Whom it must let pass: one after the other; one user on one board; two boards; one
    # whose helper may have been killed before the other began.
    run judge <<'PROOFS'
a 1 0 10 11 20
a 2 0 12 21 30
a 2 0 22 23 25
b 3 0 12 13 30
c 1 0 10 11 20
c 2 0 10 15 0
c 2 1 30 31 40
c 2 0 32 33 50
PROOFS
    assert_success
    # At one time; all the while in which the other got it; new, while he had it himself.
    for proofs in $'a 1 0 10 11 20\na 2 0 5 19 30' $'a 1 0 10 11 20\na 2 0 12 13 0' \
        $'a 1 0 10 11 20\na 1 1 12 13 0' $'a 1 0 10 20 30\na 2 0 5 15 25'; do
        run judge <<<"$proofs"
        assert_failure 1
        assert_line --partial 'two users on one board'
    done
}

@test "never two users on one board: 64 clients, and kill -9 of clients, relays and helpers" {
    need_root
    seconds=${VLAB_PROPERTY_SECONDS:-$(rounds 60)}
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    for i in {0..15}; do
        lab_user "user$i" $((2100 + i)) 3001
    done
    for i in {0..4}; do
        lab_board
    done
    {
        echo 'offline = 1'
        echo '[many]' && printf 'address = %s\n' "${boards[@]:0:3}" && echo 'group = vluser'
        echo '[shared]' && printf 'address = %s\n' "${boards[@]:1:3}" && echo 'group = vluser'
        echo '[one]' && echo "address = ${boards[4]}" && echo 'group = vluser'
    } | lab_conf
    lab_serve
    lab_start as vlab unixserver -c 1000 -b 1024 -- "$lab/run/relays" vlab-mutex
    relays=$pid
    wait_until listening "$lab/run/relays"

    lab_start killer "$server" "$seed"
    killer=$pid
    STORM_RELAY=$lab/run/relays \
        STORM_NOW="vlab-compile-config -p $lab/passwd -g $lab/group >$lab/compiled 2>&1" \
        run --separate-stderr storm "$seconds" "$seed" 64 2100 16 many shared one 3>&-
    echo "$stderr"
    assert_success
    lab_stop "$killer"
    judge <<<"$output"

    # All had boards of all pools, and more than a few.
    awk -v boards=5 -v users=16 -v least=$((seconds * 5)) '
        { board[$1] = user[$2] = 1; n++ }
        END { exit !(length(board) == boards && length(user) == users && n > least) }
    ' <<<"$output"

    # Nothing is left, and nothing needs repair.
    wait_until all_free
    wait_until no_children "$server"
    wait_until no_children "$relays"
    for pool in many shared one; do
        waiting "$pool"
        client "$pool" alice
        ask "$pool" boardrequest "$pool" new
        answer "$pool" boardassign
    done
}

all_free() {
    local board
    for board in "${boards[@]}"; do
        board_is "$board" free || return
    done
}

no_children() {
    [ -z "$(<"/proc/$1/task/$1/children")" ]
}
