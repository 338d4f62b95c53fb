#!/usr/bin/env bats
# vlab-duct: how it ends, whatever the peer does; and what it needs and tells until then.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
    original_setup
}

teardown() {
    original_teardown
    duct_teardown
}

# ends_by LINK REASON ORDER...: the peer does this while somebody waits for it: he gets EIO,
# the mount goes away, and the duct ends with 111 and a line of reason.
ends_by() {
    local text code=0
    echo "ends by $*"
    original "$1"
    order 'hold open' holding
    cat a/peer/hello >cat.out 2>&1 3>&- &
    reader=$!
    wait_until duct_has_said b 'holds 1 Topen'
    for text in "${@:3}"; do
        case $text in
        close) order close closed ;; # when it is answered
        *) order "$text" ;;
        esac
    done
    wait_until gone $reader
    wait $reader || code=$?
    assert_equal $code 1
    assert_equal "$(<cat.out)" 'cat: a/peer/hello: Input/output error'
    hear pair '^a exit 111' 60
    run grep -v -e mounted a.err
    assert_output "vlab-duct: fatal: $2"
    wait_until duct_none_mounted
    assert_equal "$(ls -A a/peer)" ''
    ended pair
    wait_until duct_no_process
}

@test "what is not 9P ends all, though the mount is in use" {
    garbage='what the peer says is not 9P2000'
    # Sizes: none, too small for a message or its end, above what was agreed on (Rread, Tread).
    for bad in 00000000 04000000 06000000 1920000075 1920000074 ffffffff; do
        ends_by socket "$garbage" "raw $bad"
    done
    # Types that are none: 99, Terror, 128, 255; the end with another type.
    for bad in 07000000630100 070000006a0100 07000000800100 07000000ff0100 0500000001; do
        ends_by socket "$garbage" "raw $bad"
    done
    # A Tclunk that is too long, an Rwalk of more qids than it has.
    for bad in 0c0000007801000000000000 090000006f01000100; do
        ends_by socket "$garbage" "raw $bad"
    done
}

@test "what is 9P and breaks its rules, or those of the end, ends all" {
    # Rclunk of no tag that was used, Rversion once more.
    for bad in 0700000079e803 1300000065ffff182000000600395032303030; do
        ends_by socket 'the peer answers what was not asked' "raw $bad"
    done
    # Tclunk behind the five bytes, and those twice.
    ends_by socket 'the peer asks, and has said that it would not any more' \
        close 'raw 0b0000007805000b000000'
    ends_by socket 'the peer has ended twice' close 'raw 0500000000'
}

@test "a connection that ends or breaks, also within a message, ends all" {
    for link in socket tcp pipes; do
        ends_by $link 'the peer has ended the connection' end
        ends_by $link 'the peer has ended the connection' 'raw 2000000075' end
    done
    # A part of the size, the size, a part of an Rread.
    for part in 20 20000000 2000000075000009000000616263; do
        ends_by socket 'the peer has ended the connection' "raw $part" end
    done
    ends_by tcp 'the connection is lost: Connection reset by peer' reset
    ends_by tcp 'the connection is lost: Connection reset by peer' 'raw 20000000' reset
}

@test "the statistics are exact, and told at SIGUSR1 before anything is mounted, too" {
    order 'hold attach'
    duct_pair socket vlab-duct -s a/own a/peer -- original orders mute
    wait_until duct_has_said b 'holds 1 Tattach'
    kill -USR1 "$a"
    # Rversion; and Tversion of as many bytes, Tattach.
    wait_until duct_has_said a 'heard 1 messages, 19 bytes; said 2 messages, [0-9]* bytes; [0-9]* s$'
    order begin ': attached'
    order go going
    wait_until cmp -s a/peer/hello <(echo 'hello from the original')
    order 'copy copy' copied
    duct_unmount a
    order close
    duct_ends 0 0
    run -0 sed -n 's/.*original: \(heard.*\)/\1/p' b.err
    duct_has_said a "$output; [0-9]* s$"

    # They are told, too, when all ends badly, and without -s when asked.
    original socket -s
    order end
    hear pair '^a exit 111' 60
    run -0 cat a.err
    assert_line --partial 'heard'
    assert_line 'vlab-duct: fatal: the peer has ended the connection'
    ended pair
    duct_pair socket vlab-duct a/own a/peer -- original orders mute
    wait_until duct_has_said b 'has said Tversion'
    for n in 0 1 2; do
        kill -USR1 "$a"
        wait_until duct_said_more a $n heard
    done
    kill -TERM "$a"
    duct_ends 0 2
    run -0 cat a.err
    assert_equal "${#lines[@]}" 3
}

@test "all orders of unmounting end both with 0, also at once when one is mounted" {
    for link in socket tcp pipes; do
        for order in a b ab ba; do
            duct_pair $link vlab-duct -v a/own a/peer -- vlab-duct -v b/own b/peer
            for one in ${order/[ab][ab]/a b}; do
                wait_until duct_has_said "$one" 'mounted at'
            done
            # The first as soon as it is there.
            duct_unmount "${order:0:1}"
            last=$([ "${order:0:1}" = a ] && echo b || echo a)
            wait_until duct_has_said "$last" 'mounted at'
            duct_unmount "$last"
            duct_ends 0 0
        done
    done
}

@test "what statfs tells is there without asking the peer" {
    original socket
    order 'hold' holding
    run -0 stat -f -c '%l %T' a/peer
    assert_output '255 fuseblk'
    order go going
    run -0 df --output=target a/peer
    assert_line "$lab/a/peer"
    duct_unmount a
    order close
    duct_ends 0 0
}

@test "what a duct exports may be where it mounts" {
    echo 'of a' >a/own/file
    echo 'of b' >b/own/file
    duct_pair socket vlab-duct -v a/own a/peer -- vlab-duct -v b/own b/own
    wait_until duct_has_said a 'mounted at'
    wait_until duct_has_said b 'mounted at'
    assert_equal "$(timeout 30 cat a/peer/file)" 'of b'
    assert_equal "$(timeout 30 cat b/own/file)" 'of a'
    echo new >a/peer/new
    assert_equal "$(timeout 30 ls a/own b/own)" $'a/own:\nfile\n\nb/own:\nfile'
    umount b/own
    assert_equal "$(<b/own/new)" new
    duct_unmount a
    duct_ends 0 0
}

# most PID: kB it has ever had at a time.
most() {
    awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

@test "a duct needs no more than 40 MB, whatever streams go through it" {
    ! sanitized || skip "with sanitizers it needs more"
    truncate -s 64M a/own/stream b/own/stream
    duct tcp
    jobs=()
    for one in a b; do
        for i in {1..4}; do
            dd if=/dev/zero "of=$one/peer/new-$i" bs=1M count=16 status=none 3>&- &
            jobs+=($!)
            dd if=$one/peer/stream of=/dev/null bs=1M status=none 3>&- &
            jobs+=($!)
        done
    done
    for job in "${jobs[@]}"; do
        wait "$job"
    done
    echo "$(most "$a") and $(most "$b") kB"
    [ "$(most "$a")" -lt 40960 ]
    [ "$(most "$b")" -lt 40960 ]
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

# has_copy PID: has the mount namespace of this process the mount at c, too?
has_copy() {
    grep -q " $lab/c " "/proc/$1/mountinfo"
}

@test "a mount that another mount namespace has still leaves no process behind" {
    mkdir c
    echo hello >b/own/file
    lab_start socat "EXEC:vlab-duct -m -u $lab/c" "EXEC:vlab-duct -x -u $lab/b/own"
    wait_until mountpoint -q c
    talk other unshare -m cat
    wait_until has_copy "${talk_pid[other]}"
    assert_equal "$(cat c/file)" hello
    # shellcheck disable=SC2046
    kill -TERM $(duct_pids)
    wait_until -t 20 no_ducts
    has_copy "${talk_pid[other]}"
    hang_up other
    ended other
}

no_ducts() {
    [ -z "$(duct_pids)" ] && ! lab_processes | xargs -r ps -o comm= -p | grep -q vlab-ghost
}
