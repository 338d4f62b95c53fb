#!/usr/bin/env bats
# tools/demo: what it shows, and that nothing of it is left.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() { lab_apart; }
teardown() { lab_teardown; }

# what_it_shows: is all that the demo promises in $lab/shown, in its order?
what_it_shows() {
    local -a order=(
        '\$ fpga serve' '\$ tcpserver .* vlab-board' '\$ vlab-compile-config'
        '2 boards, 4 users' '\$ unixserver' '\$ vlab-ls' ' free'
        'alice\$ vlab-relay' 'alice> connect demo' 'alice: ok ' 'alice: eversion'
        'alice> check' 'alice: activityinfo' 'alice> loadbits' 'alice: loadready 1 '
        'alice: loaded 1 1$' 'alice: bitinfo 0 1 283823 blinker' 'uart> useuart 0'
        'uart: usinguart' 'alice> program 0 1' 'alice: programok 1' 'uart: blinker runs on'
        'uart: leds #\.#\.\.#\.#$' 'uart: blinker on' 'held  *alice  2 sessions'
        'bob\$ vlab-relay' 'bob: ok '
        'carol: error busy' 'carol> connect demo wait' 'carol: rem waiting 0 ahead'
        '\$ vlab-ls' 'held  *alice' 'held  *bob' 'waiting  *carol' '\$ kill -9' 'carol: ok '
        '[0-9]\.[0-9]\{3\} ms' 'held  *carol' 'carol: bitinfo 0 0 0' 'still held by bob'
        'bob> check' 'bob: activityinfo' 'no longer in the config' 'held  *bob'
        'broken.conf:3: unknown key' 'exit code 100' 'held  *carol'
    )
    local line=1 found
    for word in "${order[@]}"; do
        found=$(tail -n "+$line" "$lab/shown" | grep -n -m 1 -e "$word" | cut -d: -f1)
        [ -n "$found" ] || fail "no \`$word' behind line $line of: $(cat "$lab/shown")"
        line=$((line + found))
    done
    run ! grep -n '[[:space:]]$' "$lab/shown"
}

@test "the demo shows each step as root and leaves nothing" {
    need_root
    timeout 60 "$lab_tree/tools/demo" >"$lab/shown" 2>&1 3>&- </dev/null
    what_it_shows
    run nothing_left
    assert_success
}

@test "the demo shows the same to a user who is not root" {
    need_root
    as dave unshare -U true || skip "needs user namespaces for everybody"
    as dave timeout 60 "$lab_tree/tools/demo" >"$lab/shown" 2>&1 3>&- </dev/null
    what_it_shows
    run nothing_left
    assert_success
}

@test "on a terminal the demo ends with a session of one's own" {
    talk me script -qfec "$lab_tree/tools/demo" /dev/null
    hear me 'you are jack' 60
    hear me rversion
    tell me list
    hear me 'demo 1 free, 1 held, 0 offline'
    tell me connect demo
    hear me eversion
    tell me quit
    hear me cleaned
    ended me
    assert_equal "$code" 0
    run nothing_left
    assert_success
}

@test "Ctrl-C in the middle of the demo leaves no process and no file" {
    for moment in 'Nobody has a board' 'programok' 'waiting 0 ahead' 'no longer in the config'; do
        talk me script -qfec "$lab_tree/tools/demo" /dev/null
        hear me "$moment" 60
        tell_raw me $'\x03'
        ended me
        assert_equal "$moment: $code" "$moment: 130"
        run nothing_left
        assert_success
        hang_up me
    done
}

@test "Ctrl-C in the session that the demo ends with leaves nothing either" {
    talk me script -qfec "$lab_tree/tools/demo" /dev/null
    hear me 'you are jack' 60
    hear me rversion
    tell_raw me $'\x03'
    ended me
    run nothing_left
    assert_success
}

@test "a demo that is terminated leaves nothing" {
    # On a terminal it does not end by itself, however late the signal comes.
    talk me script -qfec "echo \$\$; exec $lab_tree/tools/demo" /dev/null
    hear me '^[0-9]+$'
    demo=$heard
    hear me 'Nobody has a board' 60
    kill -TERM "$demo"
    ended me
    assert_equal "$code" 143
    run nothing_left
    assert_success
}
