#!/usr/bin/env bats
# tools/demo-nodes: what it shows, and that nothing of it is left.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load nodes

setup() { lab_apart; }
teardown() { lab_teardown; }

# can: has this machine what the demo takes? Then $disk says whether it has loop devices,
# which it has where nothing may be skipped.
can() {
    need_nodes test "$EUID" -eq 0
    need_nodes unshare -mnu true
    need /dev/fuse test -c /dev/fuse
    disk=
    if losetup -f >"$lab/why" 2>&1; then
        disk=1
    elif [ "$VLAB_NO_SKIP" ]; then
        fail "no loop devices here, but tests may not be skipped: $(<"$lab/why")"
    fi
}

# shows WORD...: is that in $lab/shown, in this order?
shows() {
    local line=1 found
    for word; do
        found=$(tail -n "+$line" "$lab/shown" | grep -n -m 1 -e "$word" | cut -d: -f1)
        [ -n "$found" ] || fail "no \`$word' behind line $line of: $(cat "$lab/shown")"
        line=$((line + found))
    done
}

# nothing_left_of_nodes: no process, file, loop device or mount?
nothing_left_of_nodes() {
    nothing_left && ! losetup -n -O BACK-FILE | grep -F "${lab##*/}" &&
        ! grep -F "$lab" /proc/mounts
}

@test "the demo of nodes shows each step and leaves nothing" {
    can
    timeout 120 "$lab_tree/tools/demo-nodes" >"$lab/shown" 2>&1 3>&- </dev/null ||
        fail "$(cat "$lab/shown")"
    local loop=('there is none')
    [ -z "$disk" ] || loop=('# mount -o loop /vlab/3/loop' 'a letter from node 3'
        'an answer from node 1')
    shows 'vlab-node on' 'Total configured: 3' '3  10.78.0.3  up' '^    3: node3' \
        '# vlab-node mount' ' 1 -> /dev' 'pts$' 'hello hello' 'Permission denied' "${loop[@]}" \
        'at work on node2' '2  10.78.0.2  up  *[1-9]  *1 ' 'vlab-node off -n' 'run  *nobody  node 1' \
        'vlab-node off -m' ' expel ' '2  10.78.0.2  blocked .* a new disk' \
        'node 2 is blocked: a new disk' \
        'node 2 leaves in 60 s: a new disk' 'Ctrl-C' 'undo  *expel' 'undo  *block' 'exit code 130' \
        'node 2 stays' \
        '2  10.78.0.2  up ' 'run 2 uname -n' '^    node2' 'vlab-node off -m' 'umount 2' 'leaves in 60 s' \
        'that was all' ' number ' '2  10.78.0.2  off ' 'cleaned up'
    run ! grep -n ': fatal: ' "$lab/shown"
    nothing_left_of_nodes
}

@test "the demo of nodes says so where loop devices are refused, and goes on" {
    can
    mkdir "$lab/fake"
    printf '#!/bin/sh\necho "losetup: no such thing" >&2\nexit 1\n' >"$lab/fake/losetup"
    chmod 755 "$lab/fake/losetup"
    PATH=$lab/fake:$PATH timeout 120 "$lab_tree/tools/demo-nodes" >"$lab/shown" 2>&1 3>&- \
        </dev/null || fail "$(cat "$lab/shown")"
    shows 'loop devices are refused here: losetup: no such thing' 'hello hello' 'there is none' \
        'cleaned up'
    nothing_left_of_nodes
}

# interrupted SIGNAL WORDS: have the demo interrupted, as by Ctrl-C, when it is about to run
# something with these words on one of its nodes. Its exit code is in $code.
interrupted() {
    mkdir -p "$lab/fake"
    cat >"$lab/fake/nsenter" <<END
#!/bin/sh
case "\$*" in *'$2'*) kill -$1 "-\$(cat '$lab/demo')" ;; esac
exec $(command -v nsenter) "\$@"
END
    chmod 755 "$lab/fake/nsenter"
    rm -f "$lab/demo"
    # shellcheck disable=SC2016
    PATH=$lab/fake:$PATH talk demo sh -c 'echo $$ >"$1"; exec "$2"' sh "$lab/demo" \
        "$lab_tree/tools/demo-nodes"
    ended demo 60
    hang_up demo
}

@test "Ctrl-C at whatever moment of the demo of nodes leaves nothing" {
    can
    local words=('set wire up' 'vlab-node mount' 'vlab-node off -m' 'vlab-node umount 2')
    [ -z "$disk" ] || words+=('losetup' 'mount -o loop' 'cat /mnt/letter')
    for word in "${words[@]}"; do
        interrupted INT "$word"
        assert_equal "$word: $code" "$word: 130"
        wait_until nothing_left_of_nodes
    done
}

@test "a demo of nodes that fails or is terminated leaves nothing" {
    can
    interrupted TERM 'vlab-node run 2'
    assert_equal "$code" 143
    wait_until nothing_left_of_nodes
    mkdir "$lab/false"
    printf '#!/bin/sh\nexit 1\n' >"$lab/false/mkfs.ext2"
    chmod 755 "$lab/false/mkfs.ext2"
    PATH=$lab/false:$PATH run -111 "$lab_tree/tools/demo-nodes" 3>&-
    assert_line 'demo: fatal: unable to make the image of a disk'
    wait_until nothing_left_of_nodes
}

@test "who is not root is told that the demo of nodes takes root" {
    need_root
    run -1 as dave "$lab_tree/tools/demo-nodes" 3>&-
    assert_output 'demo: fatal: nodes take root: for networks, mounts and devices'
    nothing_left
}
