#!/usr/bin/env bats
# The table of the nodes, and commands on them; the nodes are network namespaces.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load launch
load nodes

setup() {
    lab_setup
    lab_mark
    declare -gA door=()
}

teardown() {
    launch_teardown
    nodes_teardown
}

# three: two nodes that are up and have a launcher, and one that is not there yet.
three() {
    nodes_setup 3
    nodes_conf <<'END'
[launch node]
group = vluser
workers = 4
END
    nodes_up 1 2
}

# states [COMMAND...]: what node 1 says of each one.
states() {
    at 1 "$@" vlab-node -j | jq -r '[.nodes[].state] | join(" ")'
}

# canned N LINE: a door that says this line and nothing else.
canned() {
    # shellcheck disable=SC2016
    node_start "$1" tcpserver -RHDl 0 "10.78.0.$1" 7021 \
        sh -c 'read -r line; printf "%s\n" "$1"' canned "$2"
    door[$1]=$pid
    wait_until door_is_open "$1"
}

without_load() {
    sed -E 's/ +[0-9]+\.[0-9]{2}( |$)/ LOAD\1/'
}

guests_are() {
    [ "$(at 2 as vlab member-ask guests 2)" = "$1" ]
}

# played COMMAND...: on node 1, where vlab-run says what it is called with.
played() {
    mkdir "$lab/played"
    printf '#!/bin/sh\necho "$@"\n' >"$lab/played/vlab-run"
    chmod 755 "$lab/played" "$lab/played/vlab-run"
    at 1 env "PATH=$lab/played:$PATH" "$@"
}

# took SECONDS COMMAND...: run it, and fail if it has taken that long.
took() {
    local began=${EPOCHREALTIME//[!0-9]/}
    "${@:2}"
    [ $((${EPOCHREALTIME//[!0-9]/} - began)) -lt "$(($1 * 1000000))" ]
}

@test "the examples of vlab-node.8 are what it says and does" {
    three
    node_talk board 2 as vlab member-ask join 2 board alice 2001 0 10.0.0.1
    hear board joined
    node_is 2 1 blocked 'a new disk'
    mandoc -Tascii "$tree/bin/vlab-node.8" 2>/dev/null | col -bx |
        sed -n '/^EXAMPLES/,/^SEE/s/^           //p' >"$lab/examples"
    run -0 at 1 as alice vlab-node
    assert_equal "$(without_load <<<"$output")" \
        "$(sed -n 2,5p "$lab/examples" | without_load)"
    node_is 2 1 up
    nodes_up 3
    mkdir "$lab/src"
    printf '%s\n' one two >"$lab/src/hello.c"
    grep '^\$ [^v]\|^\$ vlab-node ' "$lab/examples" | cut -c 3- >"$lab/lines"
    cd "$lab"
    run -0 at 1 as alice sh -e "$lab/lines"
    assert_line "1: $(uname -r)"
    assert_line "2: $(uname -r)"
    assert_equal "${lines[*]: -4}" '2 1 2 3'
}

@test "JSON says the same" {
    three
    node_is 1 1 up
    node_is 2 1 blocked 'the "new" disk \ more'
    run -0 at 1 vlab-node -j
    jq -e '.nodes | map(.number) == [1, 2, 3]' <<<"$output"
    jq -e '.nodes | map(.own) == [true, false, false]' <<<"$output"
    jq -e '.nodes | map(.host) == ["10.78.0.1", "10.78.0.2", "10.78.0.3"]' <<<"$output"
    jq -e '.nodes | map(.state) == ["up", "blocked", "down"]' <<<"$output"
    jq -e '.nodes[1].reason == "the \"new\" disk \\ more"' <<<"$output"
    jq -e '.nodes[1] | .sessions == 0 and .commands == 0 and .load >= 0' <<<"$output"
    jq -e '.nodes[1].since > 1000000000' <<<"$output"
    jq -e '.nodes[2] | has("load") | not' <<<"$output"
}

@test "each state has its word" {
    three
    for state in blocked leaving up; do
        node_is 2 1 $state
        run -0 states
        assert_output "up $state down"
    done
    node_is 2 0 off
    run -0 states
    assert_output 'up off down'
}

@test "the own one is marked for whoever asks, and before it is a member" {
    three
    node_is 2 0 off
    for who in '' 'as alice'; do
        # shellcheck disable=SC2086
        run -0 at 2 $who vlab-node
        assert_line --regexp '^\*    2 '
        assert_line --regexp '^     1 '
    done
}

@test "a host with another map differs, and gets no work" {
    three
    nodes=2 node_conf 2 <<<''
    run -0 states
    assert_output 'up differs down'
    run -1 at 1 as alice vlab-node run 2 true
    assert_output "vlab-run: node: host $(hostname) has another map of the nodes: vlab-compile-config on both"
    run -1 at 1 as alice vlab-node run all true
    assert_line 'vlab-node: warning: node 2 differs, and is left out: it has another map of the nodes'
    # It does not know us at all.
    printf '%s\n' '[node 2]' 'address = 10.78.0.2' >"$lab/2/vlab.conf"
    node_compile 2
    run -0 states
    assert_output 'up differs down'
}

@test "who says that it is another node differs, and who answers nonsense is down" {
    three
    canned 3 "ok 2 $(at 1 map-ask hash) up 0 0 0 0"
    run -0 at 1 vlab-node
    assert_line --regexp '^     3 .* differs .*  it says that it is node 2$'
    lab_stop "${door[3]}"
    for line in 'HTTP/1.0 400 Bad Request' "ok 3 $(at 1 map-ask hash) up 0 1000001 0 0"; do
        canned 3 "$line"
        run -0 at 1 vlab-node
        assert_line --regexp '^     3 .* down .*  it does not answer as vlab-door does$'
        lab_stop "${door[3]}"
    done
}

@test "what a node says is shown in printable characters only" {
    three
    canned 3 $'error differs a\e[31m\xffdisk'
    run -0 at 1 vlab-node
    assert_line --regexp '^     3 .* differs .*  a\?\[31m\?disk$'
}

@test "a node that does not answer is down, be it cut off, stopped or nameless" {
    three
    nodes_up 3
    {
        map
        printf '%s\n' '[node 9]' 'address = nowhere.invalid'
    } >"$lab/1/vlab.conf"
    tee "$lab/2/vlab.conf" "$lab/3/vlab.conf" <"$lab/1/vlab.conf"
    for i in 1 2 3; do
        node_compile $i
    done
    run -0 states
    assert_output 'up up up down'
    unplug 2
    kill -STOP -- "-${door[3]}"
    run -0 took 10 states
    assert_output 'up down down down'
    plug 2
    kill -CONT -- "-${door[3]}"
    run -0 states
    assert_output 'up up up down'
    run -0 at 1 vlab-node
    assert_line --regexp '^     9  nowhere.invalid +down .*  this host name is not known$'
}

@test "ten that are dead cost no more than one" {
    nodes_setup 2
    map() {
        printf '%s\n' '[node 1]' 'address = 10.78.0.1' 'count = 12'
    }
    nodes_conf <<<''
    nodes_up 1 2
    run -0 took 10 states
    assert_output 'up up down down down down down down down down down down'
}

@test "64 nodes answer, also where there are few descriptors" {
    local i
    nodes_setup 1
    map() {
        printf '%s\n' '[node 1]' 'address = 127.1.0.1' 'count = 64' '[node 99]' \
            'address = 127.0.0.1'
    }
    nodes_conf <<<''
    for ((i = 1; i <= 64; i++)); do
        cp -r "$lab/1/state" "$lab/127.1.0.$i"
        echo "$i up 1 $(uname -n)" | dd of="$lab/127.1.0.$i/node/$i" conv=sync bs=512 status=none
        lab_give vlab "$lab/127.1.0.$i"{,/node,/node/*}
    done
    # shellcheck disable=SC2016
    node_start 1 as vlab tcpserver -RHDl 0 -c 200 -b 200 0 7021 \
        sh -c 'VLAB_STATE=$VLAB_LAB/$TCPLOCALIP exec vlab-door -e'
    wait_until door_is_open 1
    # So many doors on a machine that is busy may take longer than 2 s, once.
    for few in 1024 64; do
        wait_until all_up $few
    done
}

all_up() {
    # shellcheck disable=SC2016
    at 1 sh -c 'ulimit -n "$1" && exec vlab-node -j' sh "$1" |
        jq -e '.nodes[:64] | length == 64 and all(.state == "up")'
}

# far_nodes N: a map of so many, whose doors answer half a second later. They are asked, and
# all up; how long that takes, in microseconds, is in $took.
far_nodes() {
    local began
    printf '%s\n' '[node 1]' 'address = 127.1.0.1' "count = $1" "port = $far" | lab_conf
    began=${EPOCHREALTIME//[!0-9]/}
    run -0 vlab-node -j
    took=$((${EPOCHREALTIME//[!0-9]/} - began))
    run -0 jq -r '.nodes | map(.state) | join(" ")' <<<"$output"
    assert_output "$(yes up | head -n "$1" | xargs)"
}

@test "the state of 64 nodes costs at most two round trips more than that of one" {
    local far one
    # shellcheck disable=SC2016
    lab_start sh -c 'exec bench-door 500 >"$VLAB_LAB/far"'
    wait_until test -s "$lab/far"
    far=$(<"$lab/far")
    far_nodes 1
    one=$took
    far_nodes 64
    [ "$took" -lt $((one + 2 * 500000)) ]
}

# door6 N OPTION: the door of node N, by a super-server that knows IPv6.
door6() {
    node_start "$1" as vlab socat "TCP6-LISTEN:7021,$2,reuseaddr,fork" 'EXEC:vlab-door -e,nofork'
    door[$1]=$pid
    wait_until door_is_open "$1"
}

@test "doors that serve IPv6 and IPv4 know nodes by their IPv4 addresses" {
    three
    for i in 1 2; do
        lab_stop "${door[$i]}"
        door6 $i ipv6only=0
    done
    node_conf 2 <<<$'[launch node]\ngroup = vluser\n[lab]\naddress = 10.0.0.1\ngroup = vluser
[board 10.0.0.1]\nnode = 1'
    # shellcheck disable=SC2016
    run -0 at 1 as alice vlab-node run 2 sh -c 'echo "$VLAB_USER"'
    assert_output alice
    node_is 1 1 blocked 'a new disk'
    run -0 at 1 vlab-node
    run -0 at 2 vlab-ls lab
    assert_line --regexp '10.0.0.1 +offline  node 1: a new disk$'
}

@test "nodes may have IPv6 addresses" {
    local i
    nodes_setup 2
    map() {
        printf '%s\n' '[node 1]' 'address = fd00:78::fe' 'count = 2'
    }
    for i in 1 2; do
        ip -n "vlab.$i.$$" address add "fd00:78::f$(printf %x $((13 + i)))/64" dev wire nodad
    done
    nodes_conf <<'END'
[launch node]
group = vluser
workers = 4
[lab]
address = 10.0.0.1
group = vluser
[board 10.0.0.1]
node = 2
END
    for i in 1 2; do
        door6 "$i" ipv6only=1
        at "$i" vlab-node on
    done
    run -0 at 1 vlab-node
    assert_line --regexp '^\*    1  fd00:78::fe  up '
    assert_line --regexp '^     2  fd00:78::ff  up '
    # shellcheck disable=SC2016
    run -0 at 1 as alice vlab-node run 2 sh -c 'echo "$VLAB_USER"'
    assert_output alice
    at 2 vlab-node off -m 'a new disk'
    run -0 states
    assert_output 'up off'
    run -0 at 1 vlab-ls lab
    assert_line --regexp '10.0.0.1 +offline  node 2: a new disk$'
    at 2 vlab-node on
    unplug 2
    run -0 took 10 states
    assert_output 'up down'
}

@test "what root says of its node is known to all of them" {
    three
    node_conf 2 <<<$'[lab]\naddress = 10.0.0.1\ngroup = vluser\n[board 10.0.0.1]\nnode = 1'
    node_is 1 1 blocked 'a new disk'
    at 1 as alice vlab-node
    run -0 at 2 vlab-ls lab
    assert_line --regexp '10.0.0.1 +free$'
    at 1 vlab-node
    run -0 at 2 vlab-ls lab
    assert_line --regexp '10.0.0.1 +offline  node 1: a new disk$'
}

@test "run is vlab-run with the launcher of a node" {
    three
    run -0 played vlab-node run 2 make -j 'a b'
    assert_output '-h node:2 node make -j a b'
    rm -r "$lab/played"
    run -0 played vlab-node run -l build 2 make
    assert_output '-h node:2 build make'
}

@test "a command on a node has our streams, and its end is ours" {
    three
    # shellcheck disable=SC2016
    run -7 at 1 as alice vlab-node run 2 sh -c 'cat; echo "$VLAB_USER" >&2; exit 7' <<<'hello'
    assert_output $'hello\nalice'
    run -1 at 1 as eve vlab-node run 2 true
    assert_output 'vlab-run: node: this launcher is not for you'
    run -1 at 1 vlab-node run 2 true
    assert_output 'vlab-run: node: nobody is root from another host'
    run -1 at 1 as alice vlab-node run -l build 2 true
    assert_output 'vlab-run: build: there is no launcher of this name: vlab-run -h node:2 -q lists yours'
    run -111 at 1 as alice vlab-node run 3 true
    assert_output --partial 'its vlab-door is not running'
    run -1 at 1 as alice vlab-node run 4 true
    assert_output 'vlab-node: fatal: there is no node 4: vlab-node lists them'
    # On the own node the kernel says who asks.
    run -0 at 2 as alice vlab-node run 2 sh -c 'echo "$VLAB_USER"'
    assert_output alice
}

@test "who somebody is on another node is what its kernel says, and not what he says" {
    three
    # In a user namespace bob believes that he is alice.
    run at 1 as bob unshare -U --map-user=2001 id -u
    need "user namespaces for users" test "$output" = 2001
    run -1 at 1 as bob unshare -U --map-user=2001 vlab-node run 2 true
    assert_output 'vlab-run: node: you are somebody else'
    run -0 at 1 as bob vlab-node run 2 sh -c 'echo "$VLAB_USER"'
    assert_output bob
}

@test "when his node does not say who somebody is he runs nothing" {
    three
    kill "${door[1]}"
    wait_until gone "${door[1]}"
    run -1 at 1 as alice vlab-node run 2 true
    assert_output 'vlab-run: node: your node does not say who you are: is its vlab-door up?'
}

@test "a guest is on the roll while his command runs, and when it is blocked none comes" {
    three
    node_talk guest 1 as alice vlab-node run 2 "$lab/mark" here TERM
    hear guest here
    guests_are "run alice 2001 1 node: $lab/mark"
    run -0 at 1 vlab-node -j
    run -0 jq .nodes[1].commands <<<"$output"
    assert_output 1
    node_is 2 1 blocked 'a new disk'
    run -1 at 1 as alice vlab-node run 2 true
    assert_output 'vlab-run: node: node 2 is blocked: a new disk'
    run -0 at 1 as vlab socat -t 10 - TCP:10.78.0.2:7021 <<<"state $(at 1 map-ask hash) 0.1 0 off"
    assert_output --regexp ' blocked [0-9]+ 0 1 '
    kill "${talk_pid[guest]}"
    hear guest TERM
    ended guest
    wait_until guests_are ''
}

@test "who leaves ends his guests, calls home what is his, and all know it" {
    three
    node_conf 1 <<<$'[launch node]\ngroup = vluser\n[lab]\naddress = 10.0.0.1\ngroup = vluser
[board 10.0.0.1]\nnode = 2'
    export VLAB_HOOKS=$lab/hooks
    node_talk out 2 as alice vlab-node run 1 "$lab/mark" out
    hear out out
    node_talk in 1 as alice vlab-node run 2 "$lab/mark" in
    hear in in
    at 2 vlab-node off -f -m 'a new disk'
    ended out
    assert_equal $code 111
    ended in
    assert_equal $code 111
    no_marks
    run -0 states
    assert_output 'up off down'
    run -0 at 1 vlab-ls lab
    assert_line --partial 'offline  node 2: '
    at 2 vlab-node on
    run -0 states
    assert_output 'up up down'
    run -0 at 1 vlab-ls lab
    assert_line --regexp '10.0.0.1 +free$'
}

@test "all that are up run it, each behind its number, and the worst exit code counts" {
    three
    # shellcheck disable=SC2016
    run -9 at 1 as alice vlab-node run all sh -c 'cat; echo out; printf err >&2; exit 9' <<<no
    run -0 sort <<<"$output"
    assert_output '1: err
1: out
2: err
2: out
vlab-node: warning: node 3 is down, and is left out: Connection refused'
    run -1 at 1 as alice vlab-node run all true
    nodes_up 3
    run -0 at 1 as alice vlab-node run all true
    assert_output ''
    node_is 3 0 off
    run -0 at 1 as alice vlab-node run all true
    assert_output ''
    node_is 3 1 blocked 'a new disk'
    run -1 at 1 as alice vlab-node run all echo x
    assert_line 'vlab-node: warning: node 3 is blocked, and is left out: a new disk'
}

@test "a signal goes to all of the commands, and they end with who asked for them" {
    three
    for signal in TERM INT KILL; do
        node_talk all 1 as alice vlab-node run all "$lab/mark" here
        hear all '^[12]: here'
        hear all '^[12]: here'
        kill -$signal "${talk_pid[all]}"
        ended all
        wait_until no_marks
        case $signal in
        TERM) assert_equal $code 143 ;;
        INT) assert_equal $code 130 ;;
        esac
    done
}

@test "least is the node with the least load of those that are up" {
    local hash
    nodes_setup 4
    nodes_conf <<<''
    hash=$(at 1 map-ask hash)
    canned 1 "ok 1 $hash up 1 0 0 300"
    canned 2 "ok 2 $hash up 1 0 2 7"
    canned 3 "ok 3 $hash leaving 1 0 0 0"
    canned 4 "ok 4 $hash up 1 0 1 7"
    run -0 played vlab-node run least make
    assert_output '-h node:4 node make'
    for i in 1 2 4; do
        lab_stop "${door[$i]}"
    done
    run -1 at 1 vlab-node run least make
    assert_output 'vlab-node: fatal: no node is up'
    run -1 at 1 vlab-node run all make
    assert_line 'vlab-node: fatal: no node is up'
}

@test "wrong words and a config without nodes are told" {
    lab_conf <<<$'[launch build]\nuser = eve'
    run -1 vlab-node
    assert_output 'vlab-node: fatal: the config has no nodes: see vlab.conf(5)'
    run -1 vlab-node run 1 true
    assert_output 'vlab-node: fatal: the config has no nodes: see vlab.conf(5)'
    for words in 'jump' '-j run 1 true' 'run' 'run 1' 'run 0 true' 'run 65536 true' \
        'run some true' 'run -l -x 1 true' 'run -l /x 1 true' 'run -z 1 true'; do
        # shellcheck disable=SC2086
        run -100 vlab-node $words
    done
    rm "$VLAB_STATE/config.cdb"
    run -111 vlab-node
}
