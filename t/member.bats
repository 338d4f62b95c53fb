#!/usr/bin/env bats
# A host as a node of the lab: what its roll says, and who is on it.

# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    lab_conf <<'EOF'
[node 1]
address = 192.0.2.1
[node 2]
address = 127.0.0.1
[node 3]
address = 192.0.2.3
EOF
}
teardown() { lab_teardown; }

@test "a node of which nothing was said is off, and this host is none" {
    run -0 member-ask look 2
    assert_output '2 none off never'
    run -0 member-ask self
    assert_output none
}

@test "what was said of a node is read, with its reason" {
    member-ask set 2 1 blocked 'new disk, back at 5'
    run -0 member-ask look 2
    assert_output '2 member blocked since new disk, back at 5'
    run -0 member-ask self
    assert_output '2 member blocked since new disk, back at 5'
    member-ask set 2 0 off
    run -0 member-ask look 2
    assert_output '2 none off since'
    run -0 member-ask self
    assert_output none
}

@test "a header that is damaged is a node that is off" {
    member-ask set 2 1 up
    printf 'rubbish' >"$VLAB_STATE/node/2"
    run -0 member-ask look 2
    assert_output '2 none off never'
}

@test "the node of the map that has our address is this host" {
    run -0 member-ask guess
    assert_output '1 2'
    lab_conf <<'EOF'
[node 1]
address = 192.0.2.1
EOF
    run -0 member-ask guess
    assert_output '0 0'
}

@test "who uses a node is on its roll for as long as he lives" {
    member-ask set 2 1 up
    talk guest member-ask join 2 run alice 2001 3 'make all'
    hear guest '^joined$'
    run -0 member-ask guests 2
    assert_output 'run alice 2001 3 make all'
    kill -KILL "${talk_pid[guest]}"
    # shellcheck disable=SC2016 # eval expands it
    wait_until eval '[ -z "$(member-ask guests 2)" ]'
}

@test "nobody comes to a node that is not up, but what is away may be so while it is blocked" {
    local state
    for state in blocked leaving off; do
        member-ask set 2 1 $state
        run -1 member-ask join 2 run alice 2001 3 make
        assert_output EAGAIN
    done
    member-ask set 2 1 blocked
    run -0 member-ask join 2 away alice 2001 3 make </dev/null
    member-ask set 2 1 leaving
    run -1 member-ask join 2 away alice 2001 3 make
}

@test "one at a time changes what a host is, and another hears who" {
    talk one member-ask change 'off alice'
    hear one '^mine$'
    run -1 member-ask change 'on bob'
    assert_output 'EAGAIN
off alice'
    kill -KILL "${talk_pid[one]}"
    wait_until eval 'member-ask change "on bob" </dev/null >/dev/null'
}

@test "text that has no room is cut, however long the name of the host is" {
    need_root
    member-ask set 1 1 up
    run -0 unshare -u sh -c 'hostname "$1" && exec member-ask join 1 run bob 2002 2 "$2"' sh \
        "$(printf 'h%.0s' {1..64})" "$(printf 'x%.0s' {1..250})" </dev/null
    assert_output joined
}
