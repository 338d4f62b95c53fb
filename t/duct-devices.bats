#!/usr/bin/env bats
# Devices and FIFOs of the other side, read and written there.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    ! mountpoint -q "$lab/ext2" || umount -l "$lab/ext2"
    [ -z "$loop" ] || losetup -d "$loop"
    served_no_more
    duct_teardown
}

done_with() {
    served_no_more
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}

# loop_device FILE: a loop device, in $loop.
loop_device() {
    loop=$(losetup -f --show "$1" 2>losetup.err) || skip "no loop devices here: $(<losetup.err)"
}

# served_tty: b serves a tty whose line is held by `tell tty` and `hear tty`.
served_tty() {
    talk tty pty "$lab/line"
    wait_until test -c line
    : >b/own/tty
    # The slave of a pseudo-terminal is none where it was made by mknod(1).
    mount --bind "$(readlink line)" b/own/tty
}

served_no_more() {
    ! mountpoint -q "$lab/b/own/tty" || umount -l "$lab/b/own/tty"
}

@test "a block device has its size, and dd reads and writes it" {
    truncate -s 20M image
    loop_device image
    mknod b/own/disk b $((0x$(stat -Lc %t "$loop"))) $((0x$(stat -Lc %T "$loop")))
    duct socket
    assert_equal "$(stat -c %s a/peer/disk)" 20971520
    head -c 20M /dev/urandom >bytes
    dd if=bytes of=a/peer/disk bs=64k conv=notrunc,fsync status=none
    cmp bytes image
    dd if=a/peer/disk of=back bs=1M status=none
    cmp bytes back
    run ! dd if=/dev/zero of=a/peer/disk bs=64k seek=320 count=1 conv=notrunc
    assert_output --partial 'No space left on device'
    done_with
}

@test "a file system on a block device of the other side can be mounted" {
    command -v mkfs.ext2 >/dev/null || skip "needs mkfs.ext2"
    truncate -s 8M image
    loop_device image
    mknod b/own/disk b $((0x$(stat -Lc %t "$loop"))) $((0x$(stat -Lc %T "$loop")))
    duct tcp
    mkfs.ext2 -q a/peer/disk
    mkdir ext2
    mount -o loop a/peer/disk ext2
    cp "$tree"/lib/[a-d]*.c ext2
    umount ext2
    done_with
    # It is a good one over there.
    e2fsck -fn "$loop" >/dev/null
    mount -o ro "$loop" ext2
    for file in ext2/*.c; do
        cmp "$file" "$tree/lib/${file#ext2/}"
    done
    umount ext2
}

@test "a tty is set by its ctl file, and read, written and polled" {
    served_tty
    duct socket
    ls a/peer >list
    grep -qx ttyctl list
    echo b57600 >a/peer/ttyctl
    run -0 cat a/peer/ttyctl
    assert_output --partial 'b57600 '
    assert_equal "$(stty -F line speed)" 57600
    run ! sh -c 'echo b1 >a/peer/ttyctl'

    exec {fd}<>a/peer/tty
    echo 'to the line' >&"$fd"
    hear tty '^to the line$'
    # Nothing can be read, all can be written.
    perl -e 'vec($r, $ARGV[0], 1) = 1; $w = $r;
        select($rr = $r, $ww = $w, undef, 0.2); exit vec($rr, $ARGV[0], 1) + 2 * !vec($ww, $ARGV[0], 1)' "$fd"
    perl -e '$| = 1; print "waits\n"; vec($r, $ARGV[0], 1) = 1; exit !(select($r, undef, undef, 60) == 1)' \
        "$fd" >selected 3>&- &
    reader=$!
    wait_until test -s selected
    tell tty 'from the line'
    wait $reader
    read -r text <&"$fd"
    assert_equal "$text" 'from the line'
    exec {fd}>&-
    done_with
}

# reader COMMAND...: start one, with its output in read.out; its pid in $reader. It has
# opened its file when that shows in /proc.
reader() {
    : >read.out
    "$@" >read.out 2>&1 3>&- &
    reader=$!
}

# opened PID PATH: has it?
opened() {
    find "/proc/$1/fd" -lname "$lab/$2" 2>/dev/null | grep -q .
}

@test "a read that waits is interrupted by a signal, and takes nothing away" {
    served_tty
    duct socket
    # First by a handler, without SA_RESTART, and then to death.
    reader perl -e 'use POSIX; sigaction(SIGUSR1, POSIX::SigAction->new(sub {}));
        sysopen($f, "a/peer/tty", O_RDONLY) or die;
        exit(defined(sysread($f, $x, 10)) ? 1 : $!{EINTR} ? 42 : 2)'
    wait_until opened $reader a/peer/tty
    interrupted() {
        kill -USR1 $reader 2>/dev/null
        gone $reader
    }
    wait_until interrupted
    exits 42 $reader
    reader cat a/peer/tty
    wait_until opened $reader a/peer/tty
    kill -TERM $reader
    exits 143 $reader
    reader head -n 1 a/peer/tty
    wait_until opened $reader a/peer/tty
    tell tty 'all of this'
    wait $reader
    assert_equal "$(<read.out)" 'all of this'
    done_with
}

@test "O_NONBLOCK is obeyed" {
    served_tty
    duct socket
    exec {fd}<>a/peer/tty
    nonblock() {
        perl -MPOSIX -e 'sysopen($f, "a/peer/tty", O_RDONLY | O_NONBLOCK) or die;
            $n = sysread($f, $x, 100);
            print defined($n) ? $x : $!{EAGAIN} ? "EAGAIN\n" : "$!\n"'
    }
    assert_equal "$(nonblock)" EAGAIN
    tell tty text
    has_come() { [ "$(nonblock)" = text ]; }
    wait_until has_come
    assert_equal "$(nonblock)" EAGAIN
    exec {fd}>&-
    done_with
}

@test "a FIFO is between the sides, whoever comes first" {
    mkfifo b/own/fifo
    duct socket
    reader cat a/peer/fifo
    wait_until opened $reader a/peer/fifo
    echo one >b/own/fifo
    wait $reader
    assert_equal "$(<read.out)" one

    reader cat b/own/fifo
    echo two >a/peer/fifo
    wait $reader
    assert_equal "$(<read.out)" two

    # A writer who comes first waits for a reader.
    sh -c 'echo three >a/peer/fifo' 3>&- &
    writer=$!
    reader cat b/own/fifo
    wait $reader $writer
    assert_equal "$(<read.out)" three

    # Much of it, both ends by way of the other side.
    head -c 3000000 /dev/urandom >bytes
    reader cat a/peer/fifo
    cat bytes >a/peer/fifo
    wait $reader
    cmp bytes read.out
    done_with
}

@test "a hundred readers that wait stop nobody" {
    served_tty
    duct tcp
    readers=()
    for _ in {1..100}; do
        cat a/peer/tty >/dev/null 2>&1 3>&- &
        readers+=($!)
    done
    for reader in "${readers[@]}"; do
        wait_until opened "$reader" a/peer/tty
    done
    head -c 3000000 /dev/urandom >a/peer/bytes
    cmp a/peer/bytes b/own/bytes
    kill "${readers[@]}"
    wait "${readers[@]}" || :
    done_with
}

@test "/dev/null, zero and full are what they are" {
    mknod b/own/null c 1 3
    mknod b/own/zero c 1 5
    mknod b/own/full c 1 7
    duct socket
    echo text >a/peer/null
    assert_equal "$(cat a/peer/null)" ''
    cmp <(head -c 1000000 a/peer/zero) <(head -c 1000000 /dev/zero)
    run ! dd if=/dev/zero of=a/peer/full bs=1 count=1
    assert_output --partial 'No space left on device'
    done_with
}
