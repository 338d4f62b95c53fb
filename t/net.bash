# Two hosts, for the tests: the network namespaces $near, where helpers run, and $far, joined
# by a cable. They share the lab's files.
# shellcheck shell=bash disable=SC2154,SC2034

near_ip=10.77.0.1
far_ip=10.77.0.2

# net_setup: make them; skips the test where that is not possible.
net_setup() {
    need_root
    near=vlab.near.$$
    far=vlab.far.$$
    if ! ip netns add "$near" 2>/dev/null; then
        near=
        skip "no network namespaces here"
    fi
    ip netns add "$far"
    ip -n "$near" link add cable type veth peer name cable netns "$far"
    ip -n "$near" address add "$near_ip/24" dev cable
    ip -n "$far" address add "$far_ip/24" dev cable
    for ns in "$near" "$far"; do
        ip -n "$ns" link set lo up
        ip -n "$ns" link set cable up
    done
}

# net_teardown: after lab_teardown.
net_teardown() {
    [ -n "$near" ] || return 0
    ip netns del "$near"
    ip netns del "$far"
}

# net_words HOST [as USER] COMMAND...: what to type to have it run there, in $net.
net_words() {
    local host=$1
    shift
    lab_words "$@"
    net=(ip netns exec "$host" "${words[@]}")
}

# serve_tcp [-n HOST] IP [PROGRAM...]: serve a free TCP port with vlab-mutex (or PROGRAM) as
# the user vlab. Where it listens is in $tcp.
serve_tcp() {
    local host='' file
    if [ "$1" = -n ]; then
        host=$2
        shift 2
    fi
    file=$lab/port.${#lab_pids[@]}
    local ip=$1
    shift
    [ $# -gt 0 ] || set -- vlab-mutex
    set -- as vlab tcpserver -1 -RHD -l 0 -c 1000 -b 1024 "$ip" 0 "$@"
    if [ "$host" ]; then
        net_words "$host" "$@"
        set -- "${net[@]}"
    fi
    (lab_exec "$@") </dev/null >"$file" 2>>"$lab/log" 3>&- &
    pid=$!
    lab_pids+=("$pid")
    wait_until test -s "$file"
    tcp=$ip:$(<"$file")
}
