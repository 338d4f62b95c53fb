#!/usr/bin/env bats
# vlab-duct under load from both sides, and killed under it.
# shellcheck disable=SC2030,SC2031,SC2154 # duct.bash sets them; each test has its seed
load lib
load duct

setup() {
    duct_setup
    seed=$((${EPOCHREALTIME//[!0-9]/} % 1000000))
    echo "seed $seed"
}

teardown() {
    duct_teardown
}

# busy COMMAND...: run it in the background, for all_done.
busy() {
    "$@" 3>&- &
    jobs+=($!)
}

# all_done: wait until all have ended, each with success.
all_done() {
    for job in "${jobs[@]}"; do
        wait "$job"
    done
    jobs=()
}

@test "trees that are changed at random from both sides are as they would be locally" {
    for link in socket tcp pipes; do
        duct "$link"
        mkdir {a,b}/own/{random,bulk} {a,b}/same
        for one in a b; do
            busy churn "$((seed += 1))" 3000 "$one/same" "$one/peer/random"
            busy cp "$tree"/bin/vlab-[a-m]* "$one/peer/bulk"
        done
        all_done
        diff -r a/same b/own/random
        diff -r b/same a/own/random
        # From the other side of the other side, too: nothing of it is known there.
        diff -r a/own b/peer
        diff -r b/own a/peer
        duct_unmount a
        duct_unmount b
        duct_ends 0 0
        rm -r {a,b}/own/* {a,b}/same
    done
}

# most PID: kB it has ever had at a time.
most() {
    awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

# load ROUND: many streams both ways.
load_it() {
    for one in a b; do
        for i in {1..12}; do
            busy dd if=/dev/zero "of=$one/peer/stream-$i" bs=256k count=12 status=none
            busy dd "if=$one/own/stream" of=/dev/null bs=256k status=none
            busy cat "$one/peer/stream" "$one/peer/stream"
        done
    done >/dev/null
    all_done
}

# both: kB that the two have had at most.
both() {
    echo $(($(most "$a") + $(most "$b")))
}

# The most a duct has had at a time depends on what met in it, and may rise late; but who
# loses a half per cent of what passes grows in each of the rounds. The sanitizers keep what
# is freed, up to 256 MB, so they look at the same load, and nobody counts.
@test "the memory of a duct does not grow with the load" {
    truncate -s 5M a/own/stream b/own/stream
    duct tcp
    idle=$(both)
    now=$idle calm=0
    for _ in {1..20}; do
        before=$now
        load_it
        sanitized || now=$(both)
        echo "$now kB, $((now - before)) more"
        # No round may bring them above what vlab-duct(1) says of each.
        [ $((now - idle)) -lt $((2 * 40 * 1024)) ]
        [ $((now - before)) -lt 2048 ] && [ $((calm += 1)) -eq 3 ] && break
    done
    [ $calm -eq 3 ]
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

# kill_one N: a lab of two ducts, of which one or both are killed at any time, from before
# they have mounted until under load.
kill_one() {
    local dir=$lab/$1 pids
    RANDOM=$((seed + $1))
    mkdir -p "$dir"/{a,b}/{own,peer}
    cd "$dir" || return
    head -c 300000 /dev/urandom | tee a/own/file >b/own/file
    case $(($1 % 3)) in
    0) link=socket ;;
    1) link=tcp ;;
    2) link=pipes ;;
    esac
    pair "$link" vlab-duct a/own a/peer -- vlab-duct b/own b/peer >pair.out 3>&- &
    wait_until grep -qs '^b pid' pair.out
    mapfile -t pids < <(sed -n 's/^. pid //p' pair.out)
    timeout 60 sh -c 'while cat a/peer/file && echo more >>a/peer/new; do :; done' \
        >/dev/null 2>&1 3>&- &
    timeout 60 sh -c 'while ls -l b/peer && cp b/peer/file b/peer/new; do :; done' \
        >/dev/null 2>&1 3>&- &
    # From nothing to 400 ms.
    read -rt "0.$(printf %03d $((RANDOM % 400)))" <> <(:) || :
    case $((RANDOM % 3)) in
    0) kill -KILL "${pids[0]}" ;;
    1) kill -KILL "${pids[1]}" ;;
    # Who hears of the other's end is quick.
    2) kill -KILL "${pids[@]}" || : ;;
    esac
    wait
    grep -q '^[ab] exit 137' pair.out
    wait_until nothing_at "$dir"
    timeout 30 ls a/peer b/peer >/dev/null
}

nothing_at() {
    ! grep -q " $1/" /proc/self/mounts
}

@test "a hundred times one or both are killed: no mount, process or zombie is left" {
    for i in {0..9}; do
        for j in {0..9}; do
            busy kill_one $((10 * i + j))
        done
        all_done
    done
    # What they left behind was given to pair, which has waited for its end.
    duct_no_process
}

@test "while one direction moves much, the other is answered" {
    truncate -s 2G a/own/large
    duct tcp
    cat b/peer/large >/dev/null 3>&- &
    stream=$!
    for i in {1..50}; do
        mkdir "a/peer/$i"
    done
    kill -0 $stream
    kill $stream
    wait $stream || :
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

@test "a mount that is in use can be taken away; what is open goes on to the end" {
    echo text >b/own/file
    duct socket
    exec {fd}<a/peer/file
    run ! umount a/peer
    umount -l a/peer
    run ! test -e a/peer/file
    echo new >b/peer/file
    run -0 cat <&"$fd"
    assert_output text
    duct_unmount b
    exec {fd}<&-
    duct_ends 0 0
}

# asks.pl N: has a duct for a child, by a socket that takes 16 MB at once; asks for 128 kB N
# times in one go, and waits for the N answers.
asks() {
    # shellcheck disable=SC2016
    perl -e 'use Socket; use strict; alarm 60;
        socketpair(my $mine, my $its, AF_UNIX, SOCK_STREAM, 0) or die;
        setsockopt($_, SOL_SOCKET, 32, pack("i", 16 << 20)) or die "$!" for $mine, $its;
        if (!fork) {
            open(STDIN, "<&", $its); open(STDOUT, ">&", $its); close $mine;
            exec "vlab-duct", "-x", "a/own";
        }
        close $its;
        sub say_it { my ($type, $tag, $body) = @_;
            return pack("VCv", 7 + length $body, $type, $tag) . $body; }
        sub get { my ($n) = @_; my $all = "";
            while (length $all < $n) {
                sysread($mine, $all, $n - length $all, length $all) or die "ended"; }
            return $all; }
        sub hear { my $n = unpack "V", get(4); return unpack "C", get($n - 4); }
        sub text { my ($s) = @_; return pack("v", length $s) . $s; }
        my $head = say_it(100, 65535, pack("V", 131096) . text("9P2000"))
            . say_it(104, 1, pack("VV", 0, 0xffffffff) . text("x") . text(""))
            . say_it(110, 1, pack("VVv", 0, 1, 1) . text("large"))
            . say_it(112, 1, pack("VC", 1, 0));
        syswrite $mine, $head;
        for (101, 105, 111, 113) { my $r = hear(); die "R $r, not $_" if $r != $_; }
        syswrite $mine, join "", map { say_it(116, $_, pack("VQ<V", 1, $_ << 17, 1 << 17)) }
            1 .. $ARGV[0];
        for (1 .. $ARGV[0]) { my $r = hear(); die "R $r" if $r != 117; }' "$1"
}

@test "answers wait for room on the wire, and not for the next question" {
    truncate -s 20M a/own/large
    asks 100
}
