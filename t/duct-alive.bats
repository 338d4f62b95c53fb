#!/usr/bin/env bats
# vlab-duct and time: what is slow stops nobody, and who does not answer is noticed.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    [ -z "$loop" ] || losetup -d "$loop"
    duct_teardown
}

# sync_pids: what syncs and closes for the ducts.
sync_pids() {
    local found
    found=$(lab_processes)
    ps -o pid=,comm= -p "${found//$'\n'/,}" | sed -n 's/ vlab-sync$//p'
}

# slow MICROSECONDS CALL...: these calls of those take so long from now on.
slow() {
    local calls pid
    local -a pids=()
    calls=$(IFS=,; echo "${*:2}")
    for pid in $(sync_pids); do
        pids+=(-p "$pid")
    done
    lab_start strace -qqf -o "$lab/trace" "${pids[@]}" -e "trace=$calls" \
        -e "inject=$calls:delay_enter=$1"
    tracer=$pid
    for pid in $(sync_pids); do
        wait_until grep -q '^TracerPid:.*[1-9]' "/proc/$pid/status"
    done
}

sync_gone() {
    [ -z "$(sync_pids)" ]
}

# one_works: one is in a slow call, and so there is another.
one_works() {
    [ "$(sync_pids | wc -l)" = 2 ]
}

@test "a sync that takes longer than -k is waited for, and stops nobody" {
    duct_pair socket vlab-duct -v -k 4 -x a/own -- vlab-duct -v -k 4 -m b/peer
    wait_until duct_has_said b mounted
    slow 10000000 fsync
    dd if=/dev/zero of=b/peer/file bs=4k count=1 conv=fsync 2>dd.err 3>&- &
    writer=$!
    wait_until one_works
    echo text >a/own/other
    run -0 timeout 5 cat b/peer/other
    assert_output text
    run ! gone $writer
    wait $writer
    duct_unmount b
    duct_ends 0 0
}

@test "what is closed slowly stops nobody, and is closed when the mount has ended" {
    truncate -s 1M image
    loop=$(losetup -f --show image 2>losetup.err) || skip "no loop devices here: $(<losetup.err)"
    mknod a/own/disk b $((0x$(stat -Lc %t "$loop"))) $((0x$(stat -Lc %T "$loop")))
    duct_pair socket vlab-duct -v -k 4 -x a/own -- vlab-duct -v -k 4 -m b/peer
    wait_until duct_has_said b mounted
    slow 10000000 close
    echo text >a/own/other
    dd if=/dev/zero of=b/peer/disk bs=64k conv=notrunc count=1 status=none
    wait_until one_works
    run -0 timeout 5 cat b/peer/other
    assert_output text
    one_works
    duct_unmount b
    run ! gone "$a"
    duct_ends 0 0
    cmp -n 65536 image /dev/zero
}

@test "what was to sync is killed while nobody asks, and the duct can be told to go" {
    duct_pair socket vlab-duct -v -x a/own -- vlab-duct -v -m b/peer
    wait_until duct_has_said b mounted
    # shellcheck disable=SC2046
    kill -KILL $(sync_pids)
    wait_until sync_gone
    kill -TERM "$a"
    duct_ends 0 111
}

@test "what is slow ends with its duct, also when that is killed" {
    duct_pair socket vlab-duct -v -x a/own -- vlab-duct -v -m b/peer
    wait_until duct_has_said b mounted
    slow 60000000 fsync
    dd if=/dev/zero of=b/peer/file bs=4k count=1 conv=fsync 2>dd.err 3>&- &
    wait_until one_works
    kill -KILL "$a"
    # They are killed; strace(1) would keep the one it holds.
    killed() {
        grep -qE 'fsync(\(| resumed).*= \?' trace || sync_gone
    }
    wait_until killed
    wait_until grep -q 'killed by SIGKILL' trace
    kill "$tracer"
    duct_ends 137 111
}

# lived END SECONDS: has it been there for so long? Before it has a handler for the signal,
# which is the 10th, that would kill it.
lived() {
    grep -q '^SigCgt:.*[2367abef]..$' "/proc/${!1}/status" || return 1
    kill -USR1 "${!1}"
    [ "$(sed -n 's/.*bytes; \([0-9]*\) s$/\1/p' "$1.err" | tail -n 1)" -ge "$2" ]
}

# silent HEX...: say Tversion and these bytes, and then nothing.
silent() {
    local bytes
    bytes=$(printf '\\x%s' 13 00 00 00 64 ff ff 18 20 00 00 06 00 39 50 32 30 30 30 "$@")
    echo "printf '$bytes'; exec cat >/dev/null"
}

@test "who only exports notices that the peer has stopped, when that has said that he asks" {
    duct_pair socket vlab-duct -v -k 2 -x a/own -- vlab-duct -v -k 2 -m b/peer
    wait_until duct_has_said b mounted
    wait_until lived a 3
    kill -STOP "$b"
    hear pair '^a exit 111'
    duct_has_said a 'fatal: the peer does not answer'
    kill -CONT "$b"
    hear pair '^b exit 111'
}

@test "who only exports waits as long as the peer has said, or longer" {
    duct_pair socket vlab-duct -v -k 1 -x a/own -- vlab-duct -v -k 600 -m b/peer
    wait_until duct_has_said b mounted
    wait_until lived a 3
    duct_unmount b
    duct_ends 0 0
    # He says 1 second.
    duct_pair socket vlab-duct -k 3 -x a/own -- \
        bash -c "$(silent 09 00 00 00 6c 00 00 01 80)"
    wait_until lived a 2
    duct_ends 111 0
}

@test "a client that does not ask so may be silent for ever" {
    # A tag from 8000 on is one as any other for him.
    for said in '' '0b 00 00 00 78 00 90 01 00 00 00 09 00 00 00 6c 00 00 01 80'; do
        # shellcheck disable=SC2086
        duct_pair socket vlab-duct -k 1 -x a/own -- bash -c "$(silent $said)"
        wait_until lived a 3
        kill "$a"
        duct_ends 0 0
    done
}

# The rest of a peer by hand, in perl: `got` is the type, tag and body of a message of the
# other side, `say` says one.
# shellcheck disable=SC2016
peer='use strict; $| = 1; binmode STDIN; binmode STDOUT;
sub say { my ($type, $tag, $body) = @_; syswrite(STDOUT, pack("VCv", 7 + length $body, $type, $tag) . $body) }
sub take { my ($n) = @_; my $x = ""; while (length $x < $n) { sysread(STDIN, $x, $n - length $x, length $x) or exit } $x }
sub got { my ($n, @m) = unpack("VCv", take(7)); (@m, take($n - 7)) }
my ($dir, $stat) = pack("CVQ<", 128, 1, 1);
$stat = pack("vVa13VVVQ<", 0, 0, $dir, 0x80000000 | 0777, 0, 0, 0) . pack("v/a v/a v/a v/a", "/", "u", "g", "");
$stat = pack("v/a v/a", "", "") && pack("v", length($stat) + 2) . pack("v", length $stat) . $stat;
sub begin { my ($type, $tag, $body) = @_;
    say(101, $tag, pack("V v/a", 8216, "9P2000")) if $type == 100;
    say(105, $tag, $dir) if $type == 104;
    say(125, $tag, $stat) if $type == 124 && !unpack "V", $body;
}'

# killable FILE COMMAND...: it asks the peer for FILE, waits, and ends when it is killed. It
# has a signal before that it does not die of.
killable() {
    "${@:2}" >out 2>&1 3>&- &
    asks=$!
    wait_until grep -qs "$1" asked
    kill -CONT $asks
    kill -KILL $asks
    wait_until gone $asks
    exits 137 $asks
}

@test "what waits for a peer that never answers can be killed" {
    # shellcheck disable=SC2016
    duct_pair socket perl -e "$peer"'
        while (my @m = got()) {
            begin(@m);
            say($m[0] + 1, $m[1], "") if $m[0] == 108 || $m[0] == 120;
            if ($m[0] == 110) { open(my $f, ">>", "asked"); print $f $m[2] }
        }' -- vlab-duct -v -m b/peer
    wait_until duct_has_said b mounted
    killable one stat b/peer/one
    # shellcheck disable=SC2016
    killable two perl -e '$SIG{CONT} = sub {}; stat("b/peer/two"); print "$!"; select(undef, undef, undef, 60)'
    assert_equal "$(<out)" ''
    duct_unmount b
    duct_ends 0 0
}

@test "a peer that talks and never answers is noticed within the time of -k" {
    # shellcheck disable=SC2016
    duct_pair socket perl -e "$peer"'
        if (!fork) { for (;;) { select undef, undef, undef, 0.2; say(108, 1, pack "v", 5) } }
        while (my @m = got()) { begin(@m) }' -- vlab-duct -v -k 2 -m b/peer
    wait_until duct_has_said b mounted
    run ! timeout 30 stat b/peer/name
    assert_output --partial 'Input/output error'
    hear pair '^b exit 111'
    duct_has_said b 'fatal: the peer does not answer'
}

# in_time COMMAND...: it asks the duct b, of -k 6, for what a peer that is silent from now on
# never answers, and fails when that is noticed. A peer that has just answered is asked again
# after 3 seconds and may take as many; the bound is for a busy machine, and less than 9,
# which were two questions.
in_time() {
    local began=${EPOCHREALTIME//[!0-9]/} took
    run ! timeout 30 "$@"
    took=$((${EPOCHREALTIME//[!0-9]/} - began))
    echo "noticed after $((took / 1000)) ms"
    assert_output --partial 'Input/output error'
    hear pair '^b exit 111'
    duct_has_said b 'fatal: the peer does not answer'
    [ $took -gt 1000000 ]
    [ $took -lt 8000000 ]
}

@test "a peer that has stopped is noticed within the time of -k: no question of ours is life" {
    duct_pair socket vlab-duct -v -k 6 -x a/own -- vlab-duct -v -k 6 -m b/peer
    wait_until duct_has_said b mounted
    # What was asked before, when it was mounted, is answered then, too.
    run ! stat b/peer/before
    assert_output --partial 'No such file'
    kill -STOP "$a"
    in_time stat b/peer/name
    kill -CONT "$a"
    hear pair '^a exit 111'
}

@test "a peer that reads and is silent is noticed as soon, though he is asked all the time" {
    # shellcheck disable=SC2016
    duct_pair socket perl -e "$peer"'
        while (my @m = got()) {
            begin(@m) if !-e "silent";
            if ($m[0] == 108) { say(109, $m[1], "") if !-e "silent"; open(my $f, ">", "silent") }
            open(my $f, ">>", "asked"); syswrite($f, "$m[0]\n");
        }' -- vlab-duct -v -k 6 -t 60 -m b/peer
    wait_until test -e silent
    # shellcheck disable=SC2016
    in_time perl -MPOSIX -e 'for (my $n = 0; waitpid(-1, WNOHANG) <= 0; $n++) {
            fork or exit(stat("b/peer/$n") ? 0 : !print "$!\n");
            select undef, undef, undef, 0.25;
        }
        1 while wait > 0; exit 1'
    [ "$(wc -l <asked)" -gt 10 ]
}

@test "a peer that takes nothing but what waits for him lives while he takes it" {
    truncate -s 2M a/own/file
    # 2 MB in 4 seconds; the connection has room for a small part of them.
    # shellcheck disable=SC2016
    duct_pair socket vlab-duct -v -k 4 -x a/own -- perl -e "$peer"'
        say(100, 65535, pack "V v/a", 131096, "9P2000"); got();
        say(104, 1, pack "VV v/a v/a", 0, 0xffffffff, "u", ""); got();
        say(110, 1, pack "VVv v/a", 0, 1, 1, "file"); got();
        say(112, 1, pack "VC", 1, 0); got();
        say(116, $_, pack "VQ<V", 1, $_ << 17, 1 << 17) for 0 .. 15;
        for (1 .. 64) { take(1 << 15); select undef, undef, undef, 0.07 }
        take(16 * 11);
        exit 7'
    duct_ends 111 7
    duct_has_said a 'fatal: the peer has ended the connection'
}
