#!/usr/bin/env bats
# The map of nodes: what the config may say, and what the programs read of it.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

three() {
    lab_conf <<'EOF'
[node 7]
address = Gate.Example.org
[node 1]
address = 10.0.0.1
address = fd00::0:1
[node 2]
address = 10.0.0.2
address = 10.1.0.254
count = 2
port = 7999
device = ttyUSB*
device = bus/*
[board 10.0.0.2:7020]
node = 3
EOF
}

@test "the nodes have numbers, addresses that are counted up, and a port" {
    three
    run -0 map-ask all
    assert_output '1 port 7021 10.0.0.1 fd00::1
2 port 7999 10.0.0.2 10.1.0.254
3 port 7999 10.0.0.3 10.1.0.255
7 port 7021 gate.example.org'
    run -0 map-ask count
    assert_output 4
    run -0 map-ask find 3
    assert_output '3 port 7999 10.0.0.3 10.1.0.255'
    run -0 map-ask find 4
    assert_output 0
    run -0 map-ask find 65539
    assert_output 0
}

@test "a node is found by each of its addresses" {
    local host
    three
    for host in 10.0.0.3 10.1.0.255; do
        run -0 map-ask of $host
        assert_output '3 port 7999 10.0.0.3 10.1.0.255'
    done
    run -0 map-ask of gate.example.org
    assert_output '7 port 7021 gate.example.org'
    run -0 map-ask of 10.0.0.4
    assert_output 0
}

@test "a pattern says which devices others may open, and none is said of those without" {
    three
    run -0 map-ask may 3 ttyUSB0 ttyS0 bus/x bus/x/y .ttyUSB0 ttyUSB
    assert_output 'ttyUSB0 yes
ttyS0 no
bus/x yes
bus/x/y no
.ttyUSB0 no
ttyUSB yes'
    run -0 map-ask may 1 ttyUSB0
    assert_output 'ttyUSB0 no'
}

@test "the board of a node is told of it" {
    three
    run -0 cdb -q "$VLAB_STATE/config.cdb" end:10.0.0.2
    assert_line 'node 3'
}

@test "the hash is that of the map alone, in whatever order it stands" {
    local hash
    three
    hash=$(map-ask hash)
    [[ $hash =~ ^[0-9a-f]{16}$ ]]
    { cat "$VLAB_CONF" && printf '[lab]\naddress = 10.0.0.2\nuser = eve\n'; } >"$lab/more"
    lab_conf <"$lab/more"
    run -0 map-ask hash
    assert_output "$hash"
    lab_conf <<'EOF'
[node 2]
device = ttyUSB*
port = 7999
count = 2
address = 10.0.0.2
device = bus/*
address = 10.1.0.254
[node 1]
address = 10.0.0.1
address = fd00::1
[node 7]
address = gate.example.org
EOF
    run -0 map-ask hash
    assert_output "$hash"
    sed -i 's/ttyUSB\*/ttyUSB?/' "$VLAB_CONF"
    lab_compile
    run -0 map-ask hash
    refute_output "$hash"
}

@test "a config without nodes has no map" {
    lab_conf <<<$'[launch build]\nuser = eve'
    run -0 map-ask hash
    assert_output -- -
    run -0 map-ask count
    assert_output 0
    run -0 map-ask all
    assert_output ''
}


@test "what is wrong with a map is told with its line, and nothing changes" {
    local line
    cat >"$VLAB_CONF" <<'EOF'
[node 0]
address = 10.0.0.1
[node 65536]
address = 10.0.0.1
[node two]
address = 10.0.0.1
[node 5]
[node 10]
address = 10.0.0.10
count = 3
[node 12]
address = 10.0.1.1
[node 10]
address = 10.0.1.2
[node 65534]
address = 10.0.2.1
count = 3
[node 20]
address = 10.0.3.254
count = 3
[node 30]
address = lab.example.org
count = 2
[node 40]
address = 10.0.0.11
[node 50]
address = 10.0.0.50:80
address = a b
count = 0
port = 70000
device = /dev/ttyS0
device = bus/../../etc/shadow
device = bus/
device = a//b
[board 10.0.0.10]
node = 9
EOF
    run lab_compile -n
    assert_failure 100
    while IFS= read -r line; do
        assert_line "$VLAB_CONF:$line"
    done <<'EOF'
1: out of range "0": a node is a number from 1 to 65535
3: out of range "65536": a node is a number from 1 to 65535
5: bad number "two": a node is a number from 1 to 65535
7: node "5" has no address
11: node 12 twice, first in line 8
13: node "10" named twice, first in line 8
15: node "65534" and 2 more: the highest number is 65535
19: "count" runs past .255 from 10.0.3.254: give it fewer
22: lab.example.org cannot be counted up: with "count" write an IP address
25: address 10.0.0.11 of node 40 is node 11's already
27: bad address "10.0.0.50:80": "address" is an IP address or the name of a host
28: bad address "a b": "address" is an IP address or the name of a host
29: out of range "0": "count" is a number from 1 to 255
30: out of range "70000": "port" is a number from 1 to 65535
31: bad device "/dev/ttyS0": "device" is a pattern for names below /dev, as ttyUSB*
32: bad device "bus/../../etc/shadow": "device" is a pattern for names below /dev, as ttyUSB*
33: bad device "bus/": "device" is a pattern for names below /dev, as ttyUSB*
34: bad device "a//b": "device" is a pattern for names below /dev, as ttyUSB*
36: unknown node 9: write [node 9]
EOF
    assert_equal "${#lines[@]}" 19
    run map-ask count
    assert_failure 111
}

@test "an address that two nodes share is an error, also as an alias" {
    cat >"$VLAB_CONF" <<'EOF'
[node 1]
address = 10.0.0.1
address = 10.0.0.9
[node 2]
address = 10.0.0.8
count = 2
[node 4]
address = 10.0.0.1
EOF
    run lab_compile -n
    assert_failure 100
    assert_output "$VLAB_CONF:5: address 10.0.0.9 of node 3 is node 1's already
$VLAB_CONF:8: address 10.0.0.1 twice, first in line 2"
}

@test "the totals count the nodes" {
    run three
    assert_output 'vlab-compile-config: 0 pools, 0 boards, 0 users, 1 board end, 4 nodes'
}
