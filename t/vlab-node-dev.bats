#!/usr/bin/env bats
# What programs do with the devices of other nodes, below /vlab.

# shellcheck disable=SC2154 # nodes.bash sets them
load lib
load nodes

setup() {
    lab_setup
    need /dev/fuse test -c /dev/fuse
    # shellcheck disable=SC2034
    declare -gA door=() holder=() there=()
    dev=/dev/vlab-test.$$
    loop=
}

teardown() {
    local path
    # The own number is a link to /dev.
    for path in "$lab/ext2" "$lab"/1/ns/* "$lab"/1/ns/pts/*; do
        [ -L "$path" ] || umount -l "$path" 2>/dev/null || :
    done
    [ -z "$loop" ] || losetup -d "$loop"
    lab_teardown
    nodes_teardown
    rmdir "$dev" 2>/dev/null || :
}

# devices N: N nodes, of which the others have each a /dev of their own below $dev, where
# all is shown: a directory of node I, $lab/I/dev, that is there for its door alone. In it is
# a devpts of its own, so that all nodes have a tty 0 with the same major and minor number.
devices() {
    local i
    nodes_setup "$1"
    nodes_conf <<<"device = vlab-test.$$/*"
    mkdir "$dev"
    door 1
    node_is 1 1 up
    for ((i = 2; i <= nodes; i++)); do
        mkdir -p "$lab/$i/dev/pts"
        node_up "$i"
        there[$i]=$lab/1/ns/$i/vlab-test.$$
    done
}

# node_up N: its door, in a mount namespace of its own, which is that of ${holder[N]}.
node_up() {
    if [ -z "${holder[$1]}" ]; then
        # shellcheck disable=SC2016
        node_start "$1" unshare -m --propagation private sh -c '
            mount --bind "$1/dev" "$2" &&
            mount -t devpts -o newinstance,ptmxmode=0666,mode=0666 devpts "$2/pts" &&
            mount --bind "$2/pts" /dev/pts &&
            : >"$1/holds" && exec tail -f /dev/null' holder "$lab/$1" "$dev"
        holder[$1]=$pid
        wait_until test -e "$lab/$1/holds"
    fi
    door "$1" nsenter -m -t "${holder[$1]}"
    node_is "$1" 1 up
}

# line N: play the hardware behind a new tty of node N, by `tell lineN` and `hear lineN`. It
# is pts/0 for the first.
line() {
    node_talk "line$1" "$1" nsenter -m -t "${holder[$1]}" pty "$lab/$1/line"
    wait_until test -L "$lab/$1/line"
}

# mounts N...: node 1 has them.
mounts() {
    at 1 vlab-node mount "$@"
}

not_mounted() {
    ! mountpoint -q "$1"
}

# reader COMMAND...: start one, with its output in $lab/read.out; its pid in $reader.
reader() {
    "$@" >"$lab/read.out" 2>&1 3>&- &
    reader=$!
}

# opened PID PATH: has it?
opened() {
    find "/proc/$1/fd" -lname "$2" 2>/dev/null | grep -q .
}

# as_daemon COMMAND...: run it as a user of this machine who is not root.
as_daemon() {
    setpriv --reuid=daemon --regid=daemon --clear-groups "$@"
}

@test "two devices of the same number on two nodes are each that of its node" {
    devices 3
    line 2
    line 3
    run -0 nsenter -m -t "${holder[2]}" stat -c %t:%T "$dev/pts/0"
    assert_output 88:0
    run -0 nsenter -m -t "${holder[3]}" stat -c %t:%T "$dev/pts/0"
    assert_output 88:0
    mounts
    # Neither is one here, where its number is that of another.
    run -0 stat -c %F "${there[2]}/pts/0" "${there[3]}/pts/0"
    assert_output $'regular empty file\nregular empty file'
    exec {two}<>"${there[2]}/pts/0" {three}<>"${there[3]}/pts/0"
    echo 'to two' >&"$two"
    echo 'to three' >&"$three"
    hear line2 '^to two$'
    hear line3 '^to three$'
    tell line3 'from three'
    tell line2 'from two'
    read -r text <&"$two"
    assert_equal "$text" 'from two'
    read -r text <&"$three"
    assert_equal "$text" 'from three'
    exec {two}>&- {three}>&-
    run -0 at 1 vlab-node umount
}

@test "a tty of another node is polled" {
    devices 2
    line 2
    mounts 2
    exec {fd}<>"${there[2]}/pts/0"
    # Nothing can be read, all can be written.
    perl -e 'vec($r, $ARGV[0], 1) = 1; $w = $r;
        select($rr = $r, $ww = $w, undef, 0.2); exit vec($rr, $ARGV[0], 1) + 2 * !vec($ww, $ARGV[0], 1)' "$fd"
    perl -e '$| = 1; print "waits\n"; vec($r, $ARGV[0], 1) = 1; exit !(select($r, undef, undef, 60) == 1)' \
        "$fd" >"$lab/selected" 3>&- &
    reader=$!
    wait_until test -s "$lab/selected"
    tell line2 'from the line'
    wait $reader
    read -r text <&"$fd"
    assert_equal "$text" 'from the line'
    exec {fd}>&-
    run -0 at 1 vlab-node umount
}

@test "a read that is interrupted by a signal leaves the device as it was" {
    devices 2
    line 2
    mounts 2
    tty=${there[2]}/pts/0
    # First by a handler, without SA_RESTART, and then to death.
    reader perl -e 'use POSIX; sigaction(SIGUSR1, POSIX::SigAction->new(sub {}));
        sysopen($f, $ARGV[0], O_RDONLY) or die;
        exit(defined(sysread($f, $x, 10)) ? 1 : $!{EINTR} ? 42 : 2)' "$tty"
    wait_until opened $reader "$tty"
    interrupted() {
        kill -USR1 $reader 2>/dev/null
        gone $reader
    }
    wait_until interrupted
    exits 42 $reader
    for signal in TERM KILL; do
        reader cat "$tty"
        wait_until opened $reader "$tty"
        kill -$signal $reader
        exits $((128 + $(kill -l $signal))) $reader
    done
    reader head -n 1 "$tty"
    wait_until opened $reader "$tty"
    tell line2 'all of this'
    wait $reader
    assert_equal "$(<"$lab/read.out")" 'all of this'
    run -0 at 1 vlab-node umount
}

@test "a FIFO of another node is between both, whoever comes first" {
    devices 2
    mkfifo -m 666 "$lab/2/dev/fifo"
    mounts 2
    reader cat "${there[2]}/fifo"
    wait_until opened $reader "${there[2]}/fifo"
    echo one >"$lab/2/dev/fifo"
    wait $reader
    assert_equal "$(<"$lab/read.out")" one
    sh -c "echo two >'${there[2]}/fifo'" 3>&- &
    writer=$!
    reader cat "$lab/2/dev/fifo"
    wait $reader $writer
    assert_equal "$(<"$lab/read.out")" two
    run -0 at 1 vlab-node umount
}

@test "an error of the other node arrives as it is" {
    devices 2
    line 2
    mknod -m 600 "$lab/2/dev/root" c 1 3
    mknod -m 666 "$lab/2/dev/nothing" c 240 255
    mknod -m 666 "$lab/2/dev/full" c 1 7
    mounts 2
    run ! cat "${there[2]}/none"
    assert_output --partial 'No such file or directory'
    run ! as_daemon cat "${there[2]}/root"
    assert_output --partial 'Permission denied'
    run ! cat "${there[2]}/nothing"
    assert_output --partial 'No such device or address'
    run ! dd if=/dev/zero of="${there[2]}/full" bs=1 count=1 conv=notrunc
    assert_output --partial 'No space left on device'
    # Held there by one who wants it alone.
    exec {fd}<>"/proc/${holder[2]}/root$dev/pts/0"
    perl -e 'open $f, "+<&=", $ARGV[0] or die; ioctl($f, 0x540c, 0) or die' "$fd"
    run ! as_daemon cat "${there[2]}/pts/0"
    assert_output --partial 'Device or resource busy'
    perl -e 'open $f, "+<&=", $ARGV[0] or die; ioctl($f, 0x540d, 0) or die' "$fd"
    exec {fd}>&-
    # The hardware is gone, which somebody has open.
    exec {fd}<>"${there[2]}/pts/0"
    kill "${talk_pid[line2]}"
    wait_until gone "${talk_pid[line2]}"
    run ! bash -c "echo text >&$fd"
    assert_output --partial 'Input/output error'
    exec {fd}>&-
    run -0 at 1 vlab-node umount
}

# disk N SIZE: a block device of node N, on $lab/N/image, as $dev/disk there.
disk() {
    truncate -s "$2" "$lab/$1/image"
    need "loop devices" losetup -f
    loop=$(losetup -f --show "$lab/$1/image")
    mknod "$lab/$1/dev/disk" b $((0x$(stat -Lc %t "$loop"))) $((0x$(stat -Lc %T "$loop")))
}

@test "a block device of another node has its size, and is read and written anywhere" {
    devices 3
    disk 3 20M
    mounts
    run -0 stat -c %s "${there[3]}/disk"
    assert_output 20971520
    # The end is where it is, for who seeks, too.
    run -0 perl -e 'open $f, "<", $ARGV[0] or die; print sysseek($f, 0, 2)' "${there[3]}/disk"
    assert_output 20971520
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    truncate -s 20M "$lab/model"
    # Pieces of any length, at any place, some of which reach to the very end.
    # shellcheck disable=SC2016
    perl -e 'srand(shift); use IO::Handle; open $a, "+<", shift or die; open $b, "+<", shift or die;
        for (1 .. 200) {
            my $n = int rand 30000; my $at = $_ % 20 ? int rand 20971520 - $n : 20971520 - $n;
            my $bytes = pack "N*", map { rand 4294967296 } 0 .. $n / 4; $bytes = substr $bytes, 0, $n;
            for my $f ($a, $b) {
                sysseek $f, $at, 0 or die; syswrite($f, $bytes) == $n or die "write: $!";
            }
            $at = int rand 20971520 - $n;
            sysseek $_, $at, 0 or die for $a, $b;
            sysread($a, my $x, $n) == $n or die "read: $!"; sysread($b, my $y, $n);
            $x eq $y or die "other bytes at $at";
        }
        $a->sync or die "fsync: $!"' "$seed" "${there[3]}/disk" "$lab/model"
    # What was synced is on the disk.
    cmp "$lab/model" "$lab/3/image"
    cmp "$lab/model" "${there[3]}/disk"
    run ! dd if=/dev/zero of="${there[3]}/disk" bs=64k seek=320 count=1 conv=notrunc
    assert_output --partial 'No space left on device'
    run -0 at 1 vlab-node umount
}

@test "a block device of another node is loop-mounted, and what is written there is whole" {
    need e2fsprogs command -v mke2fs
    devices 3
    disk 3 8M
    mounts 3
    mkdir "$lab/ext2"
    mke2fs -q -t ext2 "${there[3]}/disk"
    mount -o loop "${there[3]}/disk" "$lab/ext2"
    cp "$tree"/lib/[a-d]*.c "$lab/ext2"
    sync -f "$lab/ext2/ahead.c"
    run -1 at 1 vlab-node umount
    umount "$lab/ext2"
    run -0 at 1 vlab-node umount
    e2fsck -fn "$loop" >/dev/null
    mount -o ro "$loop" "$lab/ext2"
    for file in "$lab"/ext2/*.c; do
        cmp "$file" "$tree/lib/${file##*/}"
    done
    umount "$lab/ext2"
}

@test "an image file of another node is loop-mounted, too, and a node that dies is an I/O error there" {
    need e2fsprogs command -v mke2fs
    need "loop devices" losetup -f
    devices 2
    truncate -s 8M "$lab/2/dev/image"
    mke2fs -q -t ext2 "$lab/2/dev/image"
    mounts 2
    mkdir "$lab/ext2"
    mount -o loop "${there[2]}/image" "$lab/ext2"
    head -c 2M /dev/urandom >"$lab/ext2/file"
    sync -f "$lab/ext2/file"
    unplug 2
    wait_until -t 30 test ! -e "$lab/1/ns/2"
    run ! timeout 60 dd if="$lab/ext2/file" of=/dev/null iflag=direct
    assert_output --partial 'Input/output error'
    umount "$lab/ext2"
}

@test "an ioctl that cannot travel is ENOTTY, and all goes on" {
    devices 2
    line 2
    disk 2 1M
    mounts 2
    # Of a block device, where it cannot travel; of a tty, which has no size there either.
    for name in disk pts/0; do
        run -1 blockdev --getsize64 "${there[2]}/$name"
        assert_output --partial 'Inappropriate ioctl for device'
    done
    echo 'to the line' >"${there[2]}/pts/0"
    hear line2 '^to the line$'
    run -0 at 1 vlab-node umount
}

@test "a link to the device of another node works wherever it is" {
    devices 3
    line 2
    mounts
    ln -s "$lab/1/ns" "$lab/vlab"
    ln -s "../1/ns/2/vlab-test.$$/pts/0" "$lab/run/up"
    ln -s "$lab/run/up" "$lab/home/again"
    ln -s "$lab/1/ns/2/vlab-test.$$" "$dev/node2"
    for link in "$lab/vlab/2/vlab-test.$$/pts/0" "$lab/run/up" "$lab/home/again" \
        "$lab/1/ns/1/vlab-test.$$/node2/pts/0"; do
        tell line2 "to $link"
        read -r text <"$link"
        assert_equal "$text" "to $link"
        as_daemon sh -c 'echo back >"$0"' "$link"
        hear line2 '^back$'
    done
    rm "$dev/node2"
    run -0 at 1 vlab-node umount
}

@test "the examples of vlab-node.8 with devices work" {
    need e2fsprogs command -v mke2fs
    devices 3
    line 2
    ln -s pts/0 "$lab/2/dev/ttyUSB0"
    disk 3 8M
    mke2fs -q -t ext2 "$lab/3/image"
    mkdir "$lab/ext2"
    mandoc -Tascii "$tree/bin/vlab-node.8" 2>/dev/null | col -bx |
        sed -n '/^EXAMPLES/,/^SEE/s/^ *# //p' | grep 'vlab-node u*mount\|[ >]/vlab/\|/mnt' \
        >"$lab/manual"
    assert_equal "$(wc -l <"$lab/manual")" 6
    sed "s|/vlab/2|${there[2]}|; s|/vlab/3|${there[3]}|; s|/mnt|$lab/ext2|" "$lab/manual" \
        >"$lab/lines"
    tell line2 'from the board'
    run -0 at 1 sh -e "$lab/lines"
    assert_output 'from the board'
    assert_exists "$lab/1/ns/2"
    assert_not_exists "$lab/1/ns/3"
    run -0 at 1 vlab-node umount
}
