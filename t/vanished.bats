#!/usr/bin/env bats
# A host that disappears says nothing: its board is free within `alive` seconds all the same.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load clients
load net

setup() {
    lab_setup
    net_setup
    lab_serve
    with_alive 2
    serve_tcp -n "$near" "$near_ip"
}

teardown() {
    lab_teardown
    net_teardown
}

# with_alive SECONDS: compile a config with one pool of one board, and a trusted far host.
with_alive() {
    lab_conf <<CONF
alive = $1
trust = $far_ip
[pool]
address = 10.0.0.1
group = vluser
CONF
}

# far_client NAME USER: like client, from the other host.
far_client() {
    net_words "$far" env "VLAB_SOCKET=$tcp" crowd 1
    talk "$1" "${net[@]}"
    ask "$1" setuid "${lab_uid[$2]}"
    answer "$1" "ok $2"
}

# cut, mend: the cable.
cut() {
    ip -n "$far" link set cable down
    when=${EPOCHREALTIME//[!0-9]/}
}

mend() {
    ip -n "$far" link set cable up
}

# since_cut: milliseconds.
since_cut() {
    echo $(((${EPOCHREALTIME//[!0-9]/} - when) / 1000))
}

# quiet_cable: all that was said has arrived. Only then it is the probes that count.
quiet_cable() {
    wait_until nothing_sent
}

nothing_sent() {
    ! ip netns exec "$near" ss -Htn state established src "$tcp" | grep -qv '^0 *0 '
}

@test "the board of a host that vanished is free in time, and not before" {
    local took
    far_client a alice
    ask a boardrequest pool
    answer a boardassign
    quiet_cable
    cut
    wait_until board_is 10.0.0.1 free
    took=$(since_cut)
    echo "$took ms"
    ((took >= 1000 && took < 6000))
}

@test "also when an answer to it was under way" {
    far_client a alice
    ask a boardrequest pool
    answer a boardassign
    cut
    vlab-wall hello
    wait_until board_is 10.0.0.1 free
    (($(since_cut) < 6000))
}

# A probe of the helper for its silent client was not answered.
one_probe_lost() {
    ip netns exec "$near" ss -Hotn state established src "$tcp" |
        grep -q 'timer:(keepalive,[^,]*,[1-9]'
}

@test "a cable that is mended in time costs nobody his board" {
    with_alive 6
    far_client a alice
    ask a boardrequest pool
    answer a boardassign
    quiet_cable
    cut
    wait_until one_probe_lost
    mend
    ask a help
    answer a 'ok setuid' 20
    board_is 10.0.0.1 'held alice 2001 1'
}

@test "a host that vanishes while it waits leaves the line" {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    far_client b bob
    ask b boardrequest pool wait
    answer b 'rem waiting 0'
    client c carol
    ask c boardrequest pool wait
    answer c 'rem waiting 1'
    quiet_cable
    cut
    answer c 'rem waiting 0'
    (($(since_cut) < 6000))
    waiting pool carol
    hang_up holder
    answer c boardassign
}

@test "a host that vanishes in the middle of the line leaves it, too" {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client b bob
    ask b boardrequest pool wait
    answer b 'rem waiting 0'
    far_client c carol
    ask c boardrequest pool wait
    answer c 'rem waiting 1'
    client d dave
    ask d boardrequest pool wait
    answer d 'rem waiting 2'
    quiet_cable
    cut
    answer d 'rem waiting 1'
    (($(since_cut) < 6000))
    waiting pool bob dave
}

@test "a relay on a host that vanished loses its board, and knows that it has" {
    far_client b bob
    net_words "$far" as alice env "VLAB_SOCKET=$tcp" vlab-lock -w 5 pool cat
    talk lock "${net[@]}"
    hang_up b
    wait_until board_is 10.0.0.1 'held alice 2001 1'
    cut
    wait_until board_is 10.0.0.1 free
    ended lock
    (($(since_cut) < 9000))
}

@test "a board whose host vanished ends its relay, and the board is given back" {
    net_words "$far" tcpserver -1 -RHD -l 0 "$far_ip" 0 "$lab_tree/t/standin"
    (lab_exec "${net[@]}") </dev/null >"$lab/port" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/port"
    board=$far_ip:$(<"$lab/port")
    lab_conf <<CONF
alive = 2
[pool]
address = $board
group = vluser
CONF
    net_words "$near" as alice vlab-relay
    talk relay "${net[@]}"
    hear relay rversion
    tell relay connect pool
    hear relay '^ok'
    tell relay check
    hear relay activityinfo
    board_is "$board" 'held alice 2001 1'
    cut
    ended relay
    (($(since_cut) < 9000))
    wait_until board_is "$board" free
}
