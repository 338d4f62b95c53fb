#!/usr/bin/env bats
# What the programs read out of the compiled config, and how an address is spelled.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

# ask EXPECTED WORD ARGUMENT...
ask() {
    run conf-ask "${@:2}"
    assert_output "$1"
}

# pack: a database of the records on standard input, lines KEY|VALUE with \n in the value.
pack() {
    local line key value
    while IFS= read -r line; do
        key=${line%%|*} value=${line#*|}
        printf '+%d,%d:%s->%b\n' "${#key}" "$(printf %b "$value" | wc -c)" "$key" "$value"
    done >"$lab/records"
    echo >>"$lab/records"
    cdb -c "$VLAB_STATE/config.cdb" "$lab/records"
}

@test "a board's address has one spelling" {
    local text want
    while read -r text want; do
        ask "$want" address "$text" 7020
    done <<'EOF'
10.0.0.1 10.0.0.1 10.0.0.1 7020
10.0.0.1:7020 10.0.0.1 10.0.0.1 7020
10.0.0.1:07021 10.0.0.1:7021 10.0.0.1 7021
10.0.0.1:65535 10.0.0.1:65535 10.0.0.1 65535
Board.Example.ORG board.example.org board.example.org 7020
b-1:1 b-1:1 b-1 1
3com.example 3com.example 3com.example 7020
[::1] [::1] ::1 7020
[FE80:0:0::0:1]:80 [fe80::1]:80 fe80::1 80
[::ffff:10.0.0.1] 10.0.0.1 10.0.0.1 7020
EOF
    ask '10.0.0.1:7021 10.0.0.1 7021' address 10.0.0.1 7021
    ask '10.0.0.1 10.0.0.1 7020' address 10.0.0.1:7020 7021
}

@test "what is no address is told from a port out of range" {
    local text long
    for text in '' : :80 :: ::1 '[' '[]' '[::1' '[::1]x' '[::1]:' 10.0.0 10.0.0.256 127.1 \
        0x7f000001 1.2.3.4.5 0.0.0.0 '[::]' a..b .a a. -a a- 'a b' a_b a/b a:b a:1x a:-1 a: \
        $'a\n' 'fe80::1%eth0' '[fe80::1%eth0]'; do
        ask '-1 EINVAL' address "$text" 7020
    done
    for text in a:0 a:65536 '[::1]:99999' 10.0.0.1:99999999999999999999999; do
        ask '-1 ERANGE' address "$text" 7020
    done
    printf -v long '%055d.%055d' 0 0
    long=${long//0/a}
    ask "$long:1 $long 1" address "$long:1" 7020
    ask '-1 EINVAL' address "a$long" 7020
    printf -v long '%064d' 0
    ask '-1 EINVAL' address "a${long//0/a}" 7020
}

@test "settings are read, and are the defaults where there is none to be had" {
    ask 7020 setting 0
    ask 60 setting 1
    lab_conf <<'EOF'
port = 7021
alive = 5
[a]
address = 10.0.0.1
user = eve
EOF
    ask 7021 setting 0
    ask 60 setting 1
    ask 600 setting 2
    ask 64 setting 3
    ask 5 setting 4
    pack <<'EOF'
settings|port 99999\noffline 6x\ntimeout 700\nsessions \nalive
EOF
    ask 7020 setting 0
    ask 60 setting 1
    ask 700 setting 2
    ask 64 setting 3
    ask 30 setting 4
}

@test "who may use a pool: its users and the members of its groups" {
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
[b]
address = 10.0.0.2
group = staff
user = eve
EOF
    ask 1 may 2001 pool a
    ask 0 may 2001 pool b
    ask 1 may 2004 pool a
    ask 1 may 2004 pool b
    ask 0 may 2005 pool a
    ask 1 may 2005 pool b
    ask 0 may 2000 pool a
    ask 0 may 0 pool a
    ask '-1 ENOENT' may 2001 pool c
    ask '-1 ENOENT' may 2001 pool ''
    ask '-1 ENOENT' may 2001 pool "$(printf '%01000d' 0)"
    ask '-1 ENOENT' may 2001 pool A
}

@test "who may use a launcher is asked apart from the pools" {
    lab_conf <<'EOF'
[launch a]
group = staff
[a]
address = 10.0.0.1
user = eve
[b]
address = 10.0.0.1
user = eve
[launch c]
user = eve
EOF
    ask 1 may 2004 launch a
    ask 0 may 2004 pool a
    ask 0 may 2005 launch a
    ask 1 may 2005 pool a
    ask '-1 ENOENT' may 2005 launch b
    ask '-1 ENOENT' may 2005 pool c
    ask 1 may 2005 launch c
}

@test "a group's name is no user's, and no beginning of a name is the name" {
    pack <<'EOF'
pool:a|group jack\nuser vluser\nuser jo
uid:1|user jack\ngroup vluser
uid:2|user jones
uid:3|user jo
EOF
    ask 0 may 1 pool a
    ask 0 may 2 pool a
    ask 1 may 3 pool a
}

@test "a user is shown by his first name, or by his number" {
    pack <<'EOF'
uid:1|group vluser\nuser jack\nuser john
uid:2|group vluser
uid:3|user a b
uid:4|user x234567890123456789012345678901234567890123456789012345678901234
EOF
    ask jack user 1
    ask 2 user 2
    ask 3 user 3
    ask 4 user 4
    ask 5 user 5
    rm "$VLAB_STATE/config.cdb"
    ask 1 user 1
}

@test "relays are trusted by their whole address" {
    lab_conf <<'EOF'
trust = 10.0.0.7
trust = FE80::1
[a]
address = 10.0.0.1
user = eve
EOF
    ask 1 trusts 10.0.0.7
    ask 1 trusts fe80::1
    ask 0 trusts 10.0.0.70
    ask 0 trusts 10.0.0
    ask 0 trusts ''
    rm "$VLAB_STATE/config.cdb"
    ask 0 trusts 10.0.0.7
}

@test "lines come in order, and those that are none are passed over" {
    pack <<'EOF'
pool:a|board 1\n\nboard\nboard \nboards 2\n board 3\nboard 4\00005\nboard  6\nboard 7
EOF
    run conf-ask lines pool a board
    assert_output $'1\n 6\n7'
    printf 'pool:a|board 1\\nboard %0255d\\nboard %0256d\\nboard 2\\n\n' 0 0 | pack
    run conf-ask lines pool a board
    assert_output $'1\n'"$(printf %0255d 0)"$'\n2'
}

@test "a board's section is read whole" {
    lab_conf <<'EOF'
[board 10.0.0.1]
uart = /dev/ttyUSB1
uart = /dev/ttyUSB0
fpga = xc3s500e
fpga = *
program = prog "%f"
reset = reset
buffers = 64
limit = 1
queue = 0
timeout = 0
[board 10.0.0.2:7021]
uart = /dev/ttyUSB2
[a]
address = 10.0.0.1
address = 10.0.0.3
user = eve
EOF
    ask '10.0.0.1 pooled
uart /dev/ttyUSB1
uart /dev/ttyUSB0
fpga xc3s500e
fpga *
program <prog "%f">
reset <reset>
buffers 64
limit 1
queue 0
timeout 0' device 10.0.0.1
    ask '10.0.0.2:7021 alone
uart /dev/ttyUSB2
program <>
reset <>
buffers 8
limit 16777216
queue 4
timeout 1800' device 10.0.0.2:7021
    ask 0 device 10.0.0.2
    ask 0 device 10.0.0.3
    ask 0 device ''
    ask 0 device "$(printf '%01000d' 0)"
}

@test "a launcher's section is read whole" {
    lab_conf <<'EOF'
[launch a]
user = eve
[launch b]
workers = 64
queue = 256
timeout = 604800
command = make "-C" /srv
dir = /srv
user = eve
EOF
    ask $'a\ncommand <>\ndir </>\nworkers 1\nqueue 16\ntimeout 0' launcher a
    ask $'b\ncommand <make "-C" /srv>\ndir </srv>\nworkers 64\nqueue 256\ntimeout 604800' \
        launcher b
    ask 0 launcher c
    ask 0 launcher ''
    ask 0 launcher "$(printf '%01000d' 0)"
    ask 0 launcher 'a b'
}

@test "a section that the compiler cannot have written is damage, a number the default" {
    {
        printf 'end:1|uart /dev/a\\nbuffers 65\\nlimit 0\\nqueue x\\ntimeout -1\n'
        printf 'end:2|'
        printf 'uart /dev/a%s\\n' {1..17}
        printf '\nend:3|fpga %064d\\n\n' 0
        printf 'end:4|program a\\nprogram b\\n\n'
        printf 'launch:a|workers 0\\nqueue 257\\ntimeout 604801\\n\n'
    } | pack
    ask $'1 alone\nuart /dev/a\nprogram <>\nreset <>\nbuffers 8\nlimit 16777216\nqueue 4\ntimeout 1800' \
        device 1
    ask '-1 EPROTO' device 2
    ask '-1 EPROTO' device 3
    ask '-1 EPROTO' device 4
    ask $'a\ncommand <>\ndir </>\nworkers 1\nqueue 16\ntimeout 0' launcher a
}

@test "a part fits by how it begins, in any case of letters, an xc in front or not" {
    local fpga part fits
    while read -r fits fpga part; do
        ask "$fits" takes "$fpga" "$part"
    done <<'EOF'
1 xc3s500e 3s500efg320
1 3s500e xc3s500efg320
1 XC3S500E 3s500eFG320
1 3s500efg320 3s500efg320
1 3s XC3S500E
0 xc3s500e 3s1200efg320
0 xc3s500efg320 3s500e
0 3s500e x3s500e
0 xcxc3s xc3s
1 * 3s500efg320
1 *
0 3s500e
EOF
}

@test "a config that was never compiled, or is no database, is told apart" {
    ask '-1 ENOENT' open
    : >"$VLAB_STATE/config.cdb"
    ask '-1 EPROTO' open
    head -c 2047 /dev/zero >"$VLAB_STATE/config.cdb"
    ask '-1 EPROTO' open
    head -c 2048 /dev/zero >"$VLAB_STATE/config.cdb"
    ask 0 open
    ask 0 lines pools '' pool
}

@test "a config that is a link, or no file, is neither followed nor waited for" {
    head -c 2048 /dev/zero >"$lab/config.cdb"
    ln -s "$lab/config.cdb" "$VLAB_STATE/config.cdb"
    ask '-1 ELOOP' open
    rm "$VLAB_STATE/config.cdb"
    mkfifo "$VLAB_STATE/config.cdb"
    lab_start conf-ask open
    wait_until gone "$pid"
    assert_equal "$(<"$lab/log")" '-1 EPROTO'
}

@test "a length that leads out of the database is not believed" {
    pack <<'EOF'
pools|pool a\npool b\n
EOF
    # The record is the first behind the table of 2048 bytes: length of the key, of the value.
    printf '\377\377\377\177' | dd of="$VLAB_STATE/config.cdb" bs=1 seek=2052 conv=notrunc status=none
    ask '-1 EPROTO' lines pools '' pool
}

@test "a request costs few system calls, and no memory" {
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
EOF
    run strace -o "$lab/trace" conf-ask may 2001 pool a
    assert_output 1
    # From the opening of the database to the look at where the answer goes.
    sed -n '/config\.cdb/,/(1,/p' "$lab/trace" | sed '$d; s/(.*//' >"$lab/calls"
    run cat "$lab/calls"
    assert_output $'openat\nnewfstatat\nmmap'
}
