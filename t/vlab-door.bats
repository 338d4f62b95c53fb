#!/usr/bin/env bats
# The helper at a node's door, between hosts that are network namespaces.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load nodes

setup() {
    lab_setup
    declare -gA door=()
}

teardown() {
    lab_teardown
    nodes_teardown
}

# two: two nodes that are up, the second with boards.
two() {
    nodes_setup 3
    nodes_conf <<<''
    node_conf 2 <<'END'
[lab]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[board 10.0.0.1]
node = 1
END
    nodes_up 1 2
}

hash_of() {
    at "$1" map-ask hash
}

# say N LINE: from node N, as root, say the line to the door of node 2; what it answers is in
# $output. By a port that only root has, or one that anybody has.
say() {
    run -0 at "$1" socat -t 10 - "TCP:10.78.0.2:7021,bind=:${3:-900},reuseaddr" <<<"$2"
}

say_as_anybody() {
    run -0 at "$1" as alice socat -t 10 - TCP:10.78.0.2:7021 <<<"$2"
}

# offline BOARD TEXT: what node 2 says of a board.
board_reads() {
    run -0 at 2 vlab-ls lab
    assert_line --regexp "^ *$1 +$2\$"
}

@test "a node says what it is, and by how much it is used" {
    local hash
    two
    hash=$(hash_of 1)
    node_talk board 2 as vlab member-ask join 2 board alice 2001 0 10.0.0.1
    hear board joined
    node_talk guest 2 as vlab member-ask join 2 run bob 2002 1 make
    hear guest joined
    node_talk away 2 as vlab member-ask join 2 away bob 2002 1 make
    hear away joined
    say_as_anybody 1 "state $hash 0.1 0 off"
    assert_output --regexp "^ok 2 $hash up [0-9]{10,} 1 1 [0-9]+$"
    node_is 2 1 blocked 'a new disk'
    say_as_anybody 1 "state $hash 0.1 0 off"
    assert_output --regexp "^ok 2 $hash blocked [0-9]{10,} 1 1 [0-9]+ a new disk$"
    node_is 2 1 leaving
    say_as_anybody 1 "state $hash 0.1 0 off"
    assert_output --regexp "^ok 2 $hash leaving [0-9]{10,} 1 1 0$"
    node_is 2 0 off
    say_as_anybody 1 "state $hash 0.1 0 off"
    assert_output --regexp "^ok 0 $hash off 0 0 0 [0-9]+$"
}

@test "an address that the map does not have is refused, and logged" {
    two
    ip -n "vlab.3.$$" address add 10.78.0.77/24 dev wire
    run -0 at 3 socat -t 10 - TCP:10.78.0.2:7021,bind=10.78.0.77 <<<"state $(hash_of 1) 0.1 0 off"
    assert_output 'error permission 10.78.0.77 is no address of a node'
    wait_until grep -q 'refused a connection from 10.78.0.77: no node' "$lab/log"
}

@test "a node cannot say that it is another" {
    two
    say 1 "state $(hash_of 1) 0.1 3 up"
    assert_output 'error permission 10.78.0.1 is node 1'
    wait_until grep -q 'from 10.78.0.1: it is node 1, and claims to be node 3' "$lab/log"
    run -0 at 2 as vlab member-ask look 3
    assert_output '3 none off never'
}

@test "a node is known by a name of the map" {
    two
    printf '%s\n' '[node 7]' 'address = other.example.org' '[node 1]' \
        'address = door.example.org' >"$lab/2/vlab.conf"
    node_compile 2
    printf '%s\n' '10.78.0.3 other.example.org' '10.78.0.1 door.example.org' >"$lab/hosts"
    lab_stop "${door[2]}"
    # The nodes have the mounts of this machine, whose names these must not become.
    # shellcheck disable=SC2016
    door 2 unshare -m sh -c 'mount --bind "$VLAB_LAB/hosts" /etc/hosts && exec "$@"' door
    say_as_anybody 1 'state - 0.1 0 off'
    assert_output --regexp '^ok 2 '
    say_as_anybody 1 'state - 0.1 1 off'
    assert_output --regexp '^ok 2 '
    say_as_anybody 1 'state - 0.1 7 off'
    assert_output --regexp '^error permission '
    say_as_anybody 3 'state - 0.1 7 off'
    assert_output --regexp '^ok 2 '
}

@test "a node with another map learns the state, and is refused all else" {
    two
    for hash in - 0123456789abcdef; do
        say 1 "state $hash 0.1 0 off"
        assert_output --regexp "^ok 2 $(hash_of 1) up "
        for verb in run bring; do
            say 1 "$verb $hash 0.1 0 off"
            assert_output "error differs host $(hostname) has another map of the nodes: vlab-compile-config on both"
        done
    done
}

@test "a node that is not up runs nothing, but says what it is" {
    two
    for state in blocked leaving off; do
        node_is 2 1 $state 'a new disk'
        say 1 "run $(hash_of 1) 0.1 0 off"
        assert_output "error blocked node 2 is $state: a new disk"
    done
    node_is 2 0 off
    say 1 "run $(hash_of 1) 0.1 0 off"
    assert_output "error blocked host $(hostname) is no node now"
}

@test "boards at a node that says it is not up read offline until it is" {
    local hash
    two
    hash=$(hash_of 1)
    say 1 "state $hash 0.1 1 up"
    board_reads 10.0.0.1 free
    say 1 "state $hash 0.1 1 blocked a new disk"
    board_reads 10.0.0.1 'offline  node 1: a new disk'
    board_reads 10.0.0.2 free
    run -0 at 2 as vlab member-ask look 1
    assert_output '1 member blocked since a new disk'
    say 1 "state $hash 0.1 0 off"
    board_reads 10.0.0.1 'offline  node 1: off'
    say 1 "state $hash 0.1 1 leaving moved"
    for _ in 1 2; do
        say 1 "state $hash 0.1 0 off"
        board_reads 10.0.0.1 'offline  node 1: moved'
    done
    say 1 "state $hash 0.1 1 up"
    board_reads 10.0.0.1 free
    run -0 at 2 as vlab member-ask look 1
    assert_output '1 member up since'
}

@test "what a host that shares the state has just written of itself is not undone by older words" {
    two
    at 2 unshare -u sh -c 'hostname other; member-ask set 1 1 blocked "a new disk"'
    say 1 "state $(hash_of 1) 0.1 1 up"
    run -0 at 2 grep -a '^1 ' "$lab/2/state/node/1"
    assert_output --regexp '^1 blocked [0-9]+ other a new disk$'
}

@test "nobody but root of a node is believed, and nobody whose map differs" {
    local hash
    two
    hash=$(hash_of 1)
    say_as_anybody 1 "state $hash 0.1 1 blocked a new disk"
    assert_output --regexp '^ok 2 '
    say 1 'state 0123456789abcdef 0.1 1 blocked a new disk'
    assert_output --regexp '^ok 2 '
    # From there ftp's server connects to where anybody tells it.
    say 1 "state $hash 0.1 1 blocked a new disk" 20
    assert_output --regexp '^ok 2 '
    run -0 at 2 as vlab member-ask look 1
    assert_output '1 none off never'
    board_reads 10.0.0.1 free
    say_as_anybody 1 "bring $hash 0.1 1 up"
    assert_output 'error permission only root of a node may call its users home'
}

@test "nobody but root has the devices, whatever is at the port of his node's door" {
    local hash
    two
    hash=$(hash_of 1)
    lab_stop "${door[1]}"
    # shellcheck disable=SC2016
    node_start 1 as alice tcpserver -RHDl 0 10.78.0.1 7021 sh -c \
        'read -r _; echo "$1"; read -r _; echo uid 0' door "ok 1 $hash up 1 0 0 0"
    wait_until door_is_open 1
    say_as_anybody 1 "duct $hash 0.1 0 off"
    assert_output 'error permission only root mounts the devices of a node'
    run -0 at 2 as vlab member-ask guests 2
    assert_output ''
}

@test "bring ends what the users of the node that asks run, and nothing else" {
    local hash
    two
    hash=$(hash_of 1)
    node_talk one 2 as vlab member-ask join 2 run alice 2001 1 make
    hear one joined
    node_talk three 2 as vlab member-ask join 2 run bob 2002 3 make
    hear three joined
    say 1 "bring $hash 0.1 1 up"
    assert_output --regexp '^ok 2 [^ ]* up [0-9]+ 0 1 '
    ended one
    brought() {
        say 1 "bring $hash 0.1 1 up" 901
        [[ $output =~ ^ok\ 2\ [^\ ]*\ up\ [0-9]+\ 0\ 0\  ]]
    }
    wait_until brought
    say 1 "state $hash 0.1 1 up" 902
    assert_output --regexp '^ok 2 [^ ]* up [0-9]+ 0 1 '
    kill -0 "${talk_pid[three]}"
}

@test "what is no line of a node is answered with an error" {
    local line
    two
    for line in 'state' "jump $(hash_of 1) 0.1 0 off" 'GET / HTTP/1.0' 'state x y z' \
        "state $(hash_of 1) 0.1 70000 up" "state $(hash_of 1) 0.1 0 asleep" \
        "state $(hash_of 1)$(hash_of 1) 0.1 0 off" $'state - 0.1 0 off\nmore' \
        "$(printf 'state - 0.1 0 off %01100d' 0)"; do
        say_as_anybody 1 "$line"
        assert_output --regexp '^error command '
    done
    say_as_anybody 1 $'state - 0.1 0 off \t\r'
    assert_output --regexp '^ok 2 '
}

@test "a door without a config says so" {
    two
    rm "$lab/2/state/config.cdb"
    say_as_anybody 1 'state - 0.1 0 off'
    assert_output --regexp '^error config '
}

@test "who closes his own end before he is looked at is nobody" {
    two
    node_conf 2 <<<$'[launch node]\ngroup = vluser'
    mkdir "$lab/late"
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' 'read -r _ <"$VLAB_LAB/wait"' \
        'PATH=${PATH#*:}' 'exec vlab-launch "$@"' >"$lab/late/vlab-launch"
    mkfifo -m 644 "$lab/wait"
    chmod 755 "$lab/late" "$lab/late/vlab-launch"
    lab_stop "${door[2]}"
    door 2 as vlab env "PATH=$lab/late:$PATH"
    # shellcheck disable=SC2016
    at 2 as alice bash -c '
        exec 5<>/dev/tcp/10.78.0.2/7021
        echo "run $1 0.1 0 off" >&5
        read -r answer <&5
        [[ $answer == "ok 2 "* ]]
    ' bash "$(hash_of 2)"
    echo >"$lab/wait"
    wait_until grep -q 'refused a connection from 10.78.0.2: not trusted' "$lab/log"
}
