#!/usr/bin/env bats
# vlab-duct: where it mounts, what else is or was mounted there, and what it refuses.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    duct_teardown
}

# last_words END TEXT: why it has ended.
last_words() {
    assert_equal "$(grep fatal "$lab/$1.err")" "vlab-duct: fatal: $2"
}

@test "an option that a duct with one direction has no use for is wrong usage" {
    for given in '-x -n bob a/own' '-x -t 5 a/own' '-t 1 -x a/own' '-m -r a/peer' \
        '-r -m a/peer' '-x a/own a/peer' '-m a/own a/peer' '-x -m' '-x -m a/own' '-x' '-m'; do
        # shellcheck disable=SC2086
        run -100 vlab-duct $given </dev/null
    done
}

@test "a peer who takes longer messages than were offered does not speak 9P2000" {
    # Rversion, msize 1 << 30
    duct_pair socket vlab-duct -m a/peer -- \
        sh -c 'printf "\23\0\0\0\145\377\377\0\0\0\100\6\0009P2000"; cat >/dev/null'
    duct_ends 111 0
    last_words a "unable to mount at $lab/a/peer: the peer wants longer messages than were offered"
}
