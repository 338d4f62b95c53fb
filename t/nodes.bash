# Real nodes, for the tests: network namespaces on one wire, each a host with its own state,
# config and sockets below $lab/N, but with the lab's users and files.
# shellcheck shell=bash disable=SC2154,SC2034

need_nodes() {
    need "root and network namespaces" "$@"
}

# nodes_setup N: after lab_setup, nodes 1 to N with the addresses 10.78.0.N, nothing running.
nodes_setup() {
    local i
    nodes=$1
    hub=
    need_nodes test "$EUID" -eq 0
    need_nodes ip netns add "vlab.hub.$$"
    hub=vlab.hub.$$
    ip -n "$hub" link add hub type bridge
    ip -n "$hub" link set hub up
    for ((i = 1; i <= nodes; i++)); do
        ip netns add "vlab.$i.$$"
        ip -n "$hub" link add "n$i" type veth peer name wire netns "vlab.$i.$$"
        ip -n "$hub" link set "n$i" master hub up
        ip -n "vlab.$i.$$" address add "10.78.0.$i/24" dev wire
        ip -n "vlab.$i.$$" link set lo up
        ip -n "vlab.$i.$$" link set wire up
        mkdir -p "$lab/$i/state" "$lab/$i/run" "$lab/$i/ns"
        lab_give vlab "$lab/$i/state" "$lab/$i/run"
        install -d -m 1777 "$lab/$i/console"
    done
}

# nodes_teardown: after lab_teardown.
nodes_teardown() {
    local i
    [ -n "$hub" ] || return 0
    for ((i = 1; i <= nodes; i++)); do
        ip netns del "vlab.$i.$$"
    done
    ip netns del "$hub"
}

# node_words N [as USER] COMMAND...: what to type to have it run on node N, in $node.
node_words() {
    local i=$1
    lab_words "${@:2}"
    node=(nsenter "--net=/run/netns/vlab.$i.$$" env "VLAB_STATE=$lab/$i/state"
        "VLAB_CONF=$lab/$i/vlab.conf" "VLAB_SOCKET=$lab/$i/run/mutex"
        "VLAB_LAUNCH=$lab/$i/run/launch" "VLAB_NAMESPACE=$lab/$i/ns"
        "VLAB_RUN=$lab/$i/run" "VLAB_CONSOLE=$lab/$i/console" "${words[@]}")
}

# at N [as USER] COMMAND...: run it on node N.
at() {
    local -a node words
    node_words "$@"
    "${node[@]}"
}

# node_start N [as USER] COMMAND...: the same in the background, as lab_start does. Its pid is
# in $pid.
node_start() {
    local -a node words
    node_words "$@"
    lab_start "${node[@]}"
}

# node_talk NAME N [as USER] COMMAND...: the same, as talk does.
node_talk() {
    local -a node words
    node_words "${@:2}"
    talk "$1" "${node[@]}"
}

# map: the sections of the nodes.
map() {
    printf '[node 1]\naddress = 10.78.0.1\ncount = %d\n' "$nodes"
}

# node_conf N: the config of node N, the map and what is on standard input.
node_conf() {
    { map && cat; } >"$lab/$1/vlab.conf"
    node_compile "$1"
}

node_compile() {
    at "$1" vlab-compile-config -p "$lab/passwd" -g "$lab/group" >/dev/null
}

# nodes_conf: the same config for all.
nodes_conf() {
    local i text
    text=$(cat)
    for ((i = 1; i <= nodes; i++)); do
        node_conf "$i" <<<"$text"
    done
}

# door N [as USER] [COMMAND...]: serve the door of node N, by a command if one is given that
# runs the words behind it. Its pid is in ${door[N]}.
door() {
    node_start "$@" tcpserver -RHDl 0 -c 200 -b 200 "10.78.0.$1" 7021 vlab-door -e
    door[$1]=$pid
    wait_until door_is_open "$1"
}

door_is_open() {
    [ -n "$(nsenter "--net=/run/netns/vlab.$1.$$" ss -Hltn 'sport = 7021')" ]
}

# node_is N 1|0 STATE [REASON]: have its roll say so; is it a member?
node_is() {
    at "$1" as vlab member-ask set "$@"
}

# nodes_up N...: they have their doors, where commands run as vlab, and are members.
nodes_up() {
    local i
    for i; do
        door "$i" as vlab
        node_is "$i" 1 up
    done
}

# unplug N, plug N: take its cable out, and put it in again.
unplug() {
    ip -n "$hub" link set "n$1" down
}

plug() {
    ip -n "$hub" link set "n$1" up
}

# deafen N M: what node M says to N is lost, silently, and nothing else; hearing N M: no more.
deafen() {
    ip -n "vlab.$2.$$" neigh replace "10.78.0.$1" lladdr 02:00:00:00:00:99 nud permanent dev wire
}

hearing() {
    ip -n "vlab.$2.$$" neigh del "10.78.0.$1" dev wire
}
