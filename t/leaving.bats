#!/usr/bin/env bats
# Nodes that join and leave, as the others see it; they are network namespaces.

# shellcheck disable=SC2154,SC2016,SC2034 # the libraries set and use them; scripts
load lib
load launch
load nodes

setup() {
    lab_setup
    lab_mark
    hub=
    declare -gA door=()
    export VLAB_HOOKS=$lab/hooks
    mkdir "$lab/hooks"
}

teardown() {
    launch_teardown
    nodes_teardown
}

# lab N: so many nodes with doors and launchers, which have joined; and boards at node 2.
lab() {
    local i
    nodes_setup "$1"
    nodes_conf <<'END'
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[board 10.0.0.2]
node = 2
[launch node]
group = vluser
workers = 9
END
    for ((i = 1; i <= $1; i++)); do
        door "$i" as vlab
        at "$i" vlab-node on >/dev/null
    done
}

# table N: what node N says of all of them.
table() {
    at "$1" vlab-node -j | jq -r '[.nodes[].state] | join(" ")'
}

# reads N TEXT: what node N says of the board at node 2.
reads() {
    run -0 at "$1" vlab-ls pool
    assert_line --regexp "^ *10\\.0\\.0\\.2 +$2\$"
}

# launches N: does it listen?
launches() {
    [ -n "$(at "$1" ss -Hx state listening src "$lab/$1/run/launch")" ]
}

# launcher N: node N serves its own users, too.
launcher() {
    node_start "$1" as vlab unixserver -c 9 -b 9 -- "$lab/$1/run/launch" vlab-launch -e
    wait_until launches "$1"
}

# stale: what is left on any node.
stale() {
    local i
    for ((i = 1; i <= nodes; i++)); do
        at "$i" vlab-ls pool | grep offline
        at "$i" as vlab member-ask guests "$i"
    done
    return 0
}

# left_over: what of vlab is there on any node but those who listen at doors: mounts, numbers
# of consoles, and processes.
left_over() {
    local i pid
    for ((i = 1; i <= nodes; i++)); do
        ls "$lab/$i/console"
        grep " $lab/$i/" /proc/self/mounts
        [ -z "$(ls "$lab/$i/ns")" ] || echo "$lab/$i/ns"
    done
    for pid in $(lab_processes); do
        [[ " ${door[*]} " = *" $pid "* ]] || ps -o pid=,args= -p "$pid"
    done
    return 0
}

# fifo STEP: the hook of node 2's `off` says that it is there, and waits.
fifo() {
    rm -f "$lab/there" "$lab/go"
    mkfifo "$lab/there" "$lab/go"
    printf '#!/bin/bash\n[ "$1 $3" = "do off" ] || exit 0\necho >%s\nread -r <%s\n' \
        "$lab/there" "$lab/go" >"$lab/hooks/$1"
    chmod 755 "$lab/hooks/$1"
}

# is_there: wait until it is. let_go: let it go on. They do not wait for ever.
is_there() { timeout 60 cat "$lab/there" >/dev/null; }
let_go() { timeout 60 sh -c 'echo >"$1"' let_go "$lab/go"; }

@test "all nodes hear that one is blocked, is not, leaves and joins, and so do their boards" {
    lab 3
    assert_equal "$(table 1)" 'up up up'
    at 2 vlab-node block -m 'a new disk'
    reads 1 'offline  node 2: a new disk'
    reads 3 'offline  node 2: a new disk'
    at 2 vlab-node noblock
    reads 1 free
    at 2 vlab-node off -m 'a new disk'
    assert_equal "$(table 3)" 'up off up'
    reads 1 'offline  node 2: a new disk'
    reads 3 'offline  node 2: a new disk'
    at 2 vlab-node on
    assert_equal "$(table 3)" 'up up up'
    assert_equal "$(stale)" ''
}

@test "who waits on another node for a board of one that is blocked hears of it there" {
    local name
    lab 2
    for name in alice carol bob; do
        node_talk $name 1 as vlab vlab-mutex -e
        tell $name setuid "${lab_uid[$name]}"
        hear $name "^ok $name$"
        tell $name boardrequest pool wait
        [ $name = bob ] || hear $name '^boardassign '
    done
    hear bob '^rem waiting'
    at 2 vlab-node block -m 'a new disk'
    hear bob '^wall node 2 is blocked: a new disk$'
}

@test "a node that fails to leave is up again for all" {
    lab 2
    printf '#!/bin/sh\n[ "$1" = undo ]\n' >"$lab/hooks/number"
    chmod 755 "$lab/hooks/number"
    run -111 at 2 vlab-node off
    assert_equal "$(table 1)" 'up up'
    reads 1 free
    assert_equal "$(stale)" ''
}

# load_at STEP: what node 1 hears of node 2's load while that takes this step of an `off`.
load_at() {
    fifo "$1"
    node_talk off 2 vlab-node off
    is_there
    at 1 vlab-node -j | jq .nodes[1].load
    kill -TERM -- "-${talk_pid[off]}"
    ended off
    rm "$lab/hooks/$1"
}

@test "a node that leaves has no load, from that step on, and its load again when it stays" {
    lab 2
    lab_stop "${door[2]}"
    echo '1.23 0.50 0.25 1/99 4711' >"$lab/loadavg"
    door 2 unshare -m sh -c 'mount --bind "$0" /proc/loadavg && exec "$@"' "$lab/loadavg"
    load_at expel >"$lab/loads"
    load_at wake >>"$lab/loads"
    at 1 vlab-node -j | jq .nodes[1].load >>"$lab/loads"
    assert_equal "$(<"$lab/loads")" $'1.23\n0\n1.23'
}

@test "a guest's command is waited for, or ended, when the node leaves" {
    lab 2
    # The one of a user of the node itself is no less a guest than that of another's.
    for from in 1 2; do
        node_talk guest $from as alice vlab-node run 2 \
            sh -c 'echo begun; read -r line; echo "$line"'
        hear guest begun
        node_talk off 2 vlab-node off -t 3600
        hear off '^expel '
        tell guest ended
        hear guest ended
        ended guest
        ended off
        assert_equal "$code $(table 1)" '0 up off'
        at 2 vlab-node on
    done
    node_talk guest 1 as alice vlab-node run 2 sh -c 'echo begun; exec cat'
    hear guest begun
    run -0 at 2 vlab-node off -f
    ended guest
    [ "$code" -ne 0 ]
    assert_equal "$(table 1) $(stale | grep -v offline)" 'up off '
}

# told TEXT...: the guest has read these lines, and no others.
told() {
    wait_until said "$(printf 'vlab-run: node: %s\n' "$@")"
}

said() {
    [ "$(cat "$lab/guest.err")" = "$1" ]
}

@test "who runs something is told that the node leaves, that it stays, and why he is ended" {
    local leaves='node 2 leaves in 3600 s: a new disk'
    lab 2
    node_talk guest 1 as alice vlab-node run 2 "$lab/mark" here
    hear guest here
    node_talk off 2 vlab-node off -t 3600 -m 'a new disk'
    told "$leaves"
    kill -INT -- "-${talk_pid[off]}"
    told "$leaves" 'node 2 stays'
    ended off
    at 2 vlab-node off -f -m 'a new disk'
    ended guest
    assert_equal "$code" 111
    told "$leaves" 'node 2 stays' 'node 2 leaves: a new disk'
}

@test "what its users run elsewhere is called home when a node leaves" {
    lab 2
    node_talk own 2 as alice vlab-node run 1 sh -c 'echo begun; exec cat'
    hear own begun
    node_talk other 1 as bob vlab-node run 1 sh -c 'echo begun; exec cat'
    hear other begun
    run -0 at 2 vlab-node off
    ended own
    assert_equal "$code $(cat "$lab/own.err")" \
        '111 vlab-run: node: what is run from node 2 is called home'
    kill -0 "${talk_pid[other]}"
    assert_equal "$(at 1 as vlab member-ask guests 1 | wc -l)" 1
}

# away_on_1: something of a user of node 2 runs on node 1, and does not go.
away_on_1() {
    node_talk away 1 as vlab env --ignore-signal=TERM member-ask join 1 run alice 2001 2 stubborn
    hear away '^joined$'
}

@test "bring waits until nothing is left elsewhere, and interrupted it leaves the block" {
    lab 2
    away_on_1
    node_talk bring 2 vlab-node bring
    hear bring '^bring '
    kill -INT -- "-${talk_pid[bring]}"
    ended bring
    assert_equal "$code $(table 1)" '130 up blocked'
    node_talk bring 2 vlab-node bring
    hear bring '^bring '
    hang_up away
    ended bring
    assert_equal "$code $(table 1)" '0 up blocked'
    at 2 vlab-node noblock
    assert_equal "$(table 1)" 'up up'
}

@test "who comes again and again from a node that leaves does not keep it from leaving" {
    lab 2
    node_talk kept 2 as alice vlab-console cat
    wait_until at 2 test -S "$lab/2/console/2000"
    node_talk watcher 1 as alice bash -c 'until [ -e "$1" ]; do
        vlab-console -a 2000 </dev/null; done' watcher "$lab/stop"
    wait_until eval '[ -n "$(at 2 as vlab member-ask guests 2)" ]'
    run -0 at 1 vlab-node off -f
    grep -q 'console 2000: node 1 is blocked' "$lab/watcher.err"
    # A host that is no node any more calls nobody home.
    touch "$lab/stop"
    hang_up kept
    ended kept
    ended watcher
}

@test "what does not come home keeps a node from leaving" {
    lab 2
    away_on_1
    node_talk off 2 vlab-node off -f
    ended off 60
    assert_equal "$code $(table 1)" '111 up up'
    grep -q '^vlab-node: warning: 1 of ours still run on node 1$' "$lab/off.err"
    hang_up away
    run -0 at 2 vlab-node off -f
}

# It asks as somebody whom nobody believes.
sees_node_1() {
    [ "$(at 2 as alice vlab-node -j | jq -r '.nodes[0].state')" = up ]
}

@test "a node that is cut off in the middle of its off leaves, or interrupted is up again" {
    lab 2
    for sig in '' TERM; do
        fifo bring
        node_talk off 2 vlab-node off -m 'a new disk'
        is_there
        unplug 2
        if [ "$sig" ]; then
            kill -TERM -- "-${talk_pid[off]}"
        else
            let_go
        fi
        ended off 60
        reads 1 'offline  node 2: a new disk'
        plug 2
        [ "$sig" ] || assert_equal "$code $(at 2 member-ask self)" '0 none'
        [ -z "$sig" ] || assert_equal "$code $(at 2 member-ask look 2)" '143 2 member up since'
        rm "$lab/hooks/bring"
        wait_until sees_node_1
        at 2 vlab-node on >/dev/null
        reads 1 free
    done
}

# cut_off STEP N M [SIGNAL]: at this step of node 2's `off` N gets deaf to M. It leaves in
# bounded time, or interrupted is up again; and when N hears, node 1 knows all.
cut_off() {
    local began
    fifo "$1"
    node_talk off 2 vlab-node off -t 1 -m 'a new disk'
    is_there
    deafen "$2" "$3"
    began=${EPOCHREALTIME//[!0-9]/}
    if [ "$4" ]; then
        kill "-$4" -- "-${talk_pid[off]}"
    else
        let_go
    fi
    ended off
    [ $((${EPOCHREALTIME//[!0-9]/} - began)) -lt 10000000 ] || fail "$* is slow"
    assert_equal "$* $code $(at 2 member-ask self)" \
        "$* $([ "$4" ] && echo "$((128 + $(kill -l "$4"))) 2 member up since" || echo '0 none')"
    rm "$lab/hooks/$1"
    assert_equal "$(at 2 as vlab member-ask guests 2)" ''
    hearing "$2" "$3"
    wait_until sees_node_1
    at 2 vlab-node on >/dev/null
    assert_equal "$(table 1) $(stale)" 'up up '
}

@test "a node that is deaf, or is not heard, in the middle of its off leaves, or interrupted is up again" {
    lab 2
    # A guest from there is ended, too.
    node_talk guest 1 as alice vlab-node run 2 sh -c 'echo begun; exec cat'
    hear guest begun
    cut_off bring 2 1
    ended guest
    [ "$code" -ne 0 ]
    cut_off expel 1 2 TERM
    cut_off wake 1 2
    cut_off empty 2 1
    cut_off empty 1 2 HUP
}

@test "a host with addresses of two nodes has to say which of them it is" {
    map() {
        printf '%s\n' '[node 1]' 'address = 10.78.0.1' 'address = 127.0.0.1' '[node 2]' \
            'address = 10.78.0.2'
    }
    nodes_setup 2
    nodes_conf <<<''
    ip -n "vlab.1.$$" address add 10.78.0.2/32 dev lo
    run -100 at 1 vlab-node on
    assert_line --partial ': 2 nodes of the map have addresses of this host: say which it is'
    run -0 at 1 vlab-node on -p 2
    assert_line 'This is node #2'
}

@test "who joins hears which nodes will give him no work, and why" {
    lab 3
    nodes=2 node_conf 1 <<<''
    ip -n "vlab.2.$$" address add 10.78.0.77/24 dev wire
    ip -n "vlab.2.$$" route replace 10.78.0.3 dev wire src 10.78.0.77
    run -0 at 2 vlab-node on
    assert_line 'vlab-node: warning: node 1 differs: it has another map of the nodes'
    assert_line 'vlab-node: warning: node 3 differs: 10.78.0.77 is no address of a node'
    run -0 at 2 vlab-node block
    assert_line 'vlab-node: warning: node 1 differs: it has another map of the nodes'
    # What cannot be asked may still have something of ours.
    run -111 at 2 vlab-node bring
    assert_line "vlab-node: warning: node 1 differs: host $(hostname) has another map of the nodes: vlab-compile-config on both"
    run -0 at 2 vlab-node off
    assert_line 'vlab-node: warning: node 1 differs: it has another map of the nodes'
}

@test "an on that is undone is undone for the other nodes, too" {
    lab 2
    at 2 vlab-node block -m 'a new disk'
    mkdir -p "$lab/hooks"
    printf '#!/bin/sh\n[ "$1" = undo ]\n' >"$lab/hooks/wake"
    chmod 755 "$lab/hooks/wake"
    run -111 at 2 env VLAB_HOOKS="$lab/hooks" vlab-node on
    run -0 at 1 member-ask look 2
    assert_output --regexp '^2 member blocked since .*a new disk$'
}

@test "ten nodes that are down do not keep one from leaving, and are waited for once" {
    local began
    map() {
        printf '%s\n' '[node 1]' 'address = 10.78.0.1' 'count = 12'
    }
    lab 2
    unplug 1
    for verb in off on; do
        began=${EPOCHREALTIME//[!0-9]/}
        run -0 at 2 vlab-node $verb
        # 2 s for the first time, 0.2 s for each other, and time for what is done on a
        # machine that is busy; but not 2 s for each of those of off.
        [ $((${EPOCHREALTIME//[!0-9]/} - began)) -lt 7000000 ]
    done
    plug 1
    wait_until sees_node_1
    at 2 vlab-node block -m 'they hear it'
    reads 1 'offline  node 2: they hear it'
}

# used NAME: what it has said that worked.
used() {
    grep -c '^used' "$lab/$1.out"
}

# How many rounds: ROUNDS.
@test "nodes join and leave again and again under load from all, and nothing stale is left" {
    local i round rounds=${ROUNDS:-$(rounds 100)} name
    lab 3
    # A console of node 2 is there all the time, and says something.
    node_talk kept 2 as alice vlab-console bash -c \
        'while read -rt 0.05 line || [ $? -gt 128 ]; do echo used; done'
    hear kept used
    # Until they are told to stop, commands where there is least load, from each node; in
    # each round node 1 is at that console for a while, too, and node 3 has a new one.
    for i in 1 2 3; do
        node_talk "load$i" "$i" as alice bash -c 'until [ -e "$1" ]; do
            vlab-node run least echo used; done' load "$lab/stop"
    done
    node_talk watcher 1 as alice bash -c \
        'while read -r round; do vlab-console -a 2000 </dev/null | head -n 3; done'
    node_talk maker 3 as alice bash -c \
        'while read -r round; do vlab-console echo used </dev/null; done'
    for ((round = 0; round < rounds; round++)); do
        i=$((round % 3 + 1))
        tell watcher
        tell maker
        run at "$i" vlab-node off -f
        assert_success
        run at "$i" vlab-node on
        assert_success
    done
    touch "$lab/stop"
    hang_up watcher
    hang_up maker
    for name in load1 load2 load3 watcher maker; do
        ended "$name"
        [ "$(used "$name")" -gt 0 ] || fail "$name has done nothing"
    done
    hang_up kept
    ended kept
    assert_equal "$(table 1)" 'up up up'
    wait_until eval '[ -z "$(stale)" ]'
    wait_until eval '[ -z "$(left_over)" ]' || fail "$(left_over)"
}

@test "a command of the node's own user is on its roll, is waited for and ended, and none is begun when it is blocked" {
    lab 2
    launcher 2
    node_talk alice 2 as alice vlab-run node "$lab/mark" begun
    hear alice '^begun$'
    run -0 at 2 as vlab member-ask guests 2
    assert_output "run alice 2001 0 node: $lab/mark"
    run -0 at 1 vlab-node -j
    assert_equal "$(jq -c '.nodes[1] | [.sessions, .commands]' <<<"$output")" '[0,1]'
    run -0 at 2 vlab-node block -m 'a new disk'
    run -1 at 2 as bob vlab-run node true
    assert_output 'vlab-run: node: node 2 is blocked: a new disk'
    run -0 at 2 vlab-node off -t 1
    ended alice
    run -0 at 2 as bob vlab-run node true
    assert_output ''
}
