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

@test "what is slow ends with its duct, also when that is killed" {
    duct_pair socket vlab-duct -v -x a/own -- vlab-duct -v -m b/peer
    wait_until duct_has_said b mounted
    slow 60000000 fsync
    dd if=/dev/zero of=b/peer/file bs=4k count=1 conv=fsync 2>dd.err 3>&- &
    wait_until one_works
    kill -KILL "$a"
    # They are killed; strace(1) would keep the one it holds.
    wait_until grep -q 'fsync(.*= ?' trace
    wait_until grep -q 'killed by SIGKILL' trace
    kill "$tracer"
    duct_ends 137 111
}

# lived END SECONDS: has it been there for so long?
lived() {
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
