#!/usr/bin/env bats
# Who is at the other end: the kernel's word, never the peer's.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load clients
load net

setup() {
    need_root
    lab_setup
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
group = vluser
CONF
    lab_serve
}

teardown() {
    lab_teardown
    net_teardown
}

# over WHERE NAME USER: connect to a helper there.
over() {
    talk "$2" as "$3" env "VLAB_SOCKET=$1" crowd 1
    answer "$2" mversion
}

# says NAME USER REGEX: claims to be the user, and hears this.
says() {
    ask "$1" setuid "${lab_uid[$2]}"
    answer "$1" '(ok|error)'
    [[ $heard =~ ^$3 ]] || fail "heard: $heard"
}

# honest WHERE: over this socket, users are who they are, and root and vlab may be anybody.
honest() {
    over "$1" a alice
    says a bob 'error permission'
    ask a setuid 0
    answer a 'error permission'
    ask a setuid "${lab_uid[vlab]}"
    answer a 'error permission'
    ask a boardrequest pool
    answer a 'error nosetuid'
    ask a userrequest pool
    answer a 'error nosetuid'
    says a alice 'ok alice$'
    says a bob 'error permission'
    ask a reloadmutex
    answer a 'error permission'
    over "$1" v vlab
    says v bob 'ok bob$'
    says v alice 'error permission'
    talk r env "VLAB_SOCKET=$1" crowd 1
    says r carol 'ok carol$'
    ask r boardrequest pool
    answer r boardassign
    board_is 10.0.0.1 'held carol 2003 1'
}

@test "over a unix socket a setuid that lies is refused, the truth accepted" {
    honest "$VLAB_SOCKET"
}

@test "over loopback TCP a setuid that lies is refused, the truth accepted" {
    serve_tcp 127.0.0.1
    honest "$tcp"
}

# serve_socat OPTIONS: a helper on a v6 socket, for tcpserver has none; its port is in $port.
serve_socat() {
    lab_start as vlab socat "TCP6-LISTEN:0,fork,$1" EXEC:vlab-mutex,nofork
    wait_until socat_port
}

socat_port() {
    port=$(ss -Hltnp | sed -n "s/.*:\([0-9]*\) .*pid=$pid,.*/\1/p")
    [ -n "$port" ]
}

@test "over loopback v6, too" {
    [ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
    serve_socat bind=[::1]
    honest "[::1]:$port"
}

@test "over v4 to a v6 socket, too" {
    [ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
    serve_socat ipv6only=0
    honest "127.0.0.1:$port"
}

@test "over TCP to another address of this host, too" {
    net_setup
    serve_tcp -n "$near" "$near_ip"
    net_words "$near" as alice env "VLAB_SOCKET=$tcp" crowd 1
    talk a "${net[@]}"
    says a bob 'error permission'
    says a alice 'ok alice$'
}

# A helper that starts when the test lets it, its answers in $lab/answers.
serve_late() {
    mkfifo "$lab/late"
    cat >"$lab/helper" <<'HELPER'
#!/bin/sh
echo arrived >>"$VLAB_LAB/arrived"
read -r line <"$VLAB_LAB/late"
vlab-mutex -e >"$VLAB_LAB/answers" 2>"$VLAB_LAB/errors"
echo left >"$VLAB_LAB/left"
HELPER
    chmod 755 "$lab/helper"
    touch "$lab/arrived" "$lab/answers" "$lab/errors" "$lab/left"
    lab_give vlab "$lab"/{arrived,answers,errors,left,late}
    serve_tcp 127.0.0.1 "$lab/helper"
}

# Speaks, and is gone in some way before the helper looks who it was.
speak_and() {
    talk mallory as alice env "VLAB_SOCKET=$tcp" crowd 1
    wait_until test -s "$lab/arrived"
    tell mallory 'raw 0 setuid 2002\nsetuid 0\nreloadmutex\nboardrequest pool\n'
    tell mallory "$1" 0
    tell mallory "done" "$1"
    hear mallory "done $1"
    echo >"$lab/late"
    wait_until test -s "$lab/left"
    cat "$lab/answers" "$lab/errors"
}

@test "who speaks and closes before the helper looks is nobody, and not root" {
    serve_late
    speak_and close
    run cat "$lab/answers"
    assert_line --regexp '^error permission'
    refute_line --regexp '^ok|^boardassign|^error (config|nosetuid)'
    board_is 10.0.0.1 free
}

@test "who speaks and resets before the helper looks gets nothing" {
    serve_late
    speak_and reset
    run ! grep -E '^(ok|boardassign)' "$lab/answers"
    board_is 10.0.0.1 free
}

@test "who speaks and half-closes is himself" {
    serve_late
    speak_and half
    run cat "$lab/answers"
    assert_line --index 1 --regexp '^error permission you are somebody else'
    assert_line --index 4 --regexp '^error nosetuid'
    refute_line --regexp '^ok|^boardassign'
}

@test "over TCP from elsewhere nothing is believed, unless the config trusts the address" {
    net_setup
    serve_tcp -n "$near" "$near_ip"
    net_words "$far" env "VLAB_SOCKET=$tcp" crowd 1
    talk stranger "${net[@]}"
    answer stranger mversion
    answer stranger 'error permission'
    answer stranger EOF
    lab_conf <<CONF
trust = $far_ip
[pool]
address = 10.0.0.1
group = vluser
CONF
    talk friend "${net[@]}"
    answer friend mversion
    ask friend boardrequest pool
    answer friend 'error nosetuid'
    says friend bob 'ok bob$'
    says friend alice 'error permission'
    ask friend reloadmutex
    answer friend 'error permission'
    ask friend boardrequest pool
    answer friend boardassign
    board_is 10.0.0.1 'held bob 2002 1'
}

@test "an address of this host is not trusted, also when the config says so" {
    net_setup
    lab_conf <<CONF
trust = $near_ip
[pool]
address = 10.0.0.1
group = vluser
CONF
    serve_tcp -n "$near" 0.0.0.0
    # A config for several hosts names this one too; its users choose where they come from.
    net_words "$near" as alice socat - "TCP:127.0.0.1:${tcp#*:},bind=$near_ip"
    talk a "${net[@]}"
    hear a mversion
    tell a setuid 2002
    hear a '^(ok|error)'
    assert_regex "$heard" '^error permission'
    tell a setuid 2001
    hear a '^(ok|error)'
    assert_regex "$heard" '^ok alice'
}

@test "a uid that does not fit is no uid" {
    client a alice
    local uid
    for uid in -1 4294967295 4294969297 18446744073709553617 2001x 0x7d1 '' ' '; do
        ask a setuid "$uid"
        answer a 'error command'
    done
}

@test "a user the config does not know gets permission refused" {
    over "$VLAB_SOCKET" e eve
    says e eve 'ok 2005$'
    ask e boardrequest pool
    answer e 'error permission'
    ask e boardrequest pool wait
    answer e 'error permission'
    ask e userrequest pool
    answer e 'error permission'
    ask e boardrequest nopool
    answer e 'error unknownboard'
    waiting pool
}

@test "no other user can open a roll, or even see its name" {
    local file kind
    client a alice
    ask a boardrequest pool
    answer a boardassign
    client b bob
    ask b boardrequest pool wait
    answer b 'rem waiting'
    vlab-wall hello
    for kind in board line user; do
        assert_equal "$(stat -c '%a %u %g' "$VLAB_STATE/$kind")" '750 2000 2000'
        run ! as alice ls "$VLAB_STATE/$kind"
    done
    find "$VLAB_STATE" -type f ! -name config.cdb >"$lab/rolls"
    grep -q board/10.0.0.1 "$lab/rolls"
    grep -q line/pool "$lab/rolls"
    grep -q user/2001 "$lab/rolls"
    while read -r file; do
        assert_equal "$file $(stat -c '%a %u %g' "$file")" "$file 640 2000 2000"
        run ! as eve cat "$file"
        run ! as alice cat "$file"
    done <"$lab/rolls"
    assert_equal "$(as alice roll board 10.0.0.1 read board)" 'error EACCES'
}
