#!/usr/bin/env bats
# A tty of the other side for one alone, and what else ioctl(2) has.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
    chmod 755 a b b/own
    mkdir c
    for user in daemon games; do
        id "$user" >/dev/null || skip "needs a user called $user"
    done
    talk tty pty "$lab/line"
    wait_until test -c line
    : >b/own/tty
    mount --bind "$(readlink line)" b/own/tty
    # Open a file, and then do what the lines say with it.
    cat >alone <<'PERL'
use Fcntl;
my %number = (take => 0x540c, give => 0x540d, TCGETS => 0x5401, TCSETS => 0x5402,
    TIOCGWINSZ => 0x5413, TIOCMGET => 0x5415, TIOCGEXCL => 0x80045440, TIOCSTI => 0x5412, FIONREAD => 0x541b,
    TCSBRK => 0x5409, BLKGETSIZE64 => 0x80081272, BLKRRPART => 0x125f,
    FS_IOC_GETFLAGS => 0x80086601);
$| = 1;
my $f;
sysopen($f, $ARGV[0], O_RDWR | O_NOCTTY) || sysopen($f, $ARGV[0], O_RDONLY) ||
    do { print "$!\n"; exit };
print "open\n";
while (my $what = <STDIN>) {
    chomp $what;
    print defined ioctl($f, $number{$what}, my $x = "\0" x 256) ? "$what\n" : "$what $!\n";
}
PERL
}

teardown() {
    ! mountpoint -q "$lab/b/own/tty" || umount -l "$lab/b/own/tty"
    duct_teardown
}

# seen DIR OPTION... -- OPTION...: mount b/own there; pids in ${mounts[DIR]}, ${exports[DIR]}.
seen() {
    local dir=$1 one=()
    declare -gA mounts exports
    shift
    while [ "$1" != -- ]; do
        one+=("$1")
        shift
    done
    shift
    lab_start socat "EXEC:vlab-duct -m ${one[*]} $lab/$dir" \
        "EXEC:vlab-duct -x $* $lab/b/own"
    wait_until mountpoint -q "$dir"
    mounts[$dir]=$(child "$pid" '-m')
    exports[$dir]=$(child "$pid" '-x')
}

# child PID OPTION: the duct that it runs with this option.
child() {
    ps -o pid=,args= --ppid "$1" | sed -n "s/^ *\([0-9]*\) vlab-duct $2 .*/\1/p"
}

# user NAME USER PATH: he opens it, and can be told what to do with it.
user() {
    talk "$1" setpriv --reuid="$2" --regid="$2" --init-groups perl alone "$3"
}

# says NAME WHAT ANSWER: it is told that, and this is the answer.
says() {
    tell "$1" "$2"
    hear "$1" '.'
    assert_equal "$heard" "$2$3"
}

# opens NAME USER PATH [ANSWER]
opens() {
    user "$1" "$2" "$3"
    hear "$1" '.'
    assert_equal "$heard" "${4:-open}"
}

# free USER PATH: may he open it now?
free() {
    setpriv --reuid="$1" --regid="$1" --init-groups sh -c ": <>$2" 2>/dev/null
}

busy=' Device or resource busy'
none=' Inappropriate ioctl for device'

@test "who has a tty alone keeps others away, on whatever host, until he gives it back" {
    seen a -u -- -u
    seen c -u -- -u
    exec {ctl}<>a/ttyctl
    opens one daemon a/tty
    says one take
    opens two daemon a/ttyctl "${busy# }"
    echo b57600 >&"$ctl"
    assert_equal "$(stty -F line speed)" 57600
    exec {ctl}>&-
    for path in a/tty c/tty line; do
        for user in daemon games; do
            opens two $user $path "${busy# }"
        done
    done
    says one take
    says one give
    opens two games c/tty
    says two take
    opens one daemon a/tty "${busy# }"
    hang_up two
    wait_until free daemon a/tty
}

@test "who has opened it before can neither take it from him nor give it away for him" {
    seen a -u -- -u
    seen c -u -- -u
    opens one daemon a/tty
    opens two games c/tty
    opens three daemon a/tty
    says one take
    for user in two three; do
        says $user take "$busy"
        says $user give "$busy"
    done
    run ! free games a/tty
    hang_up one
    taken() {
        tell two take
        hear two '^take'
        [ "$heard" = take ]
    }
    wait_until taken
    says three take "$busy"
}

@test "a crash frees it: of who has it, of his mount, of the exporter" {
    local who
    seen c -u -- -u
    for who in user mount export; do
        seen a -u -- -u
        opens one daemon a/tty
        says one take
        run ! free games c/tty
        case $who in
        user) kill -KILL "${talk_pid[one]}" ;;
        mount) kill -KILL "${mounts[a]}" ;;
        export) kill -KILL "${exports[a]}" ;;
        esac
        wait_until free games c/tty
        ! free games line || opens two games c/tty
        says two take
        hang_up two
        hang_up one
        wait_until free games c/tty
        ! mountpoint -q a || umount -l a
        kill -TERM -- "-$pid" 2>/dev/null || :
        wait_until gone "-$pid"
        wait_until duct_unused a
    done
}

duct_unused() {
    ! mountpoint -q "$1" && ! lab_processes | xargs -r ps -o comm= -p | grep -q vlab-claim
}

@test "what was made for it is gone with it" {
    seen a -u -- -u
    opens one daemon a/tty
    says one take
    lab_processes | xargs ps -o comm= -p | grep -qx vlab-claim
    says one give
    wait_until duct_unused c
    says one take
    hang_up one
    wait_until duct_unused c
    # Without it, it is freed as well.
    opens one daemon a/tty
    says one take
    kill -KILL "$(lab_processes | xargs ps -o pid=,comm= -p | sed -n 's/ vlab-claim$//p' | tr -d ' ')"
    says one give
    wait_until free games a/tty
}

@test "a tty that is unplugged meanwhile is given back all the same" {
    local exporter
    mknod -m 666 b/own/vt c 4 63
    (: <>b/own/vt) 2>/dev/null || skip "needs a virtual terminal"
    lab_start socat "EXEC:vlab-duct -m -u $lab/a" \
        "EXEC:unshare -m vlab-duct -x -u $lab/b/own"
    wait_until mountpoint -q a
    exporter=$(child "$pid" '-x')
    opens one daemon a/vt
    says one take
    run ! free games b/own/vt
    # Of a device that is gone sysfs knows nothing.
    nsenter -m -t "$exporter" mount -t tmpfs none /sys
    hang_up one
    wait_until duct_unused c
    free games b/own/vt
}

@test "what others on its host do counts, and theirs is not ended" {
    seen a -u -- -u
    opens one daemon line
    opens two games a/tty
    says one take
    says two take "$busy"
    says two give "$busy"
    opens three games a/tty "${busy# }"
    says one give
    # A lock as vlab-board has it.
    talk locks flock "$(readlink line)" sh -c 'echo locked; read -r line'
    hear locks locked
    says two take "$busy"
    hang_up locks
    ended locks
    says two take
    run ! flock -n "$(readlink line)" true
}

@test "root is refused nothing, but where nobody is himself" {
    seen a -u -- -u
    opens one daemon a/tty
    says one take
    opens two root a/tty
    says two take "$busy"
    seen c -- ''
    opens three root c/tty "${busy# }"
    says one give
    opens three root c/tty
    says three take
    opens four root c/tty "${busy# }"
    opens one daemon a/tty "${busy# }"
    hang_up three
    wait_until free daemon a/tty
}

@test "any other ioctl, and this one of anything else, is answered at once" {
    echo text >b/own/file
    mkfifo b/own/fifo
    mknod b/own/null c 1 3
    seen a -- ''
    opens tty root a/tty
    opens file root a/file
    opens null root a/null
    opens fifo root a/fifo
    opens ctl root a/ttyctl
    opens dir root a
    for name in file null fifo ctl; do
        says $name take "$none"
        says $name give "$none"
    done
    # Nobody is asked for these.
    kill -STOP "${exports[a]}"
    for name in tty file null fifo ctl dir; do
        for what in TCGETS TCSETS TIOCGWINSZ TIOCMGET TIOCGEXCL TIOCSTI TCSBRK \
            BLKGETSIZE64 BLKRRPART; do
            says $name $what "$none"
        done
    done
    says dir take "$none"
    kill -CONT "${exports[a]}"
    # For this one the kernel opens the file once more.
    for name in tty file null fifo ctl dir; do
        says $name FS_IOC_GETFLAGS "$none"
    done
    run -1 test -t 0 <a/tty
    run ! stty -F a/tty
    assert_output --partial "${none# }"
}

@test "who may only read is not let keep others away" {
    seen a -- -r
    opens one root a/tty
    says one take ' Read-only file system'
    says one give ' Read-only file system'
}

@test "the kernel here says itself what FIONREAD is, as of a file" {
    seen a -u -- -u
    opens one daemon a/tty
    kill -STOP "${exports[a]}"
    says one FIONREAD ''
    kill -CONT "${exports[a]}"
}

@test "who mounts what a stranger serves has no tty alone, and asks for none" {
    mkdir mnt
    talk mount ninep-mount "$lab/mnt" stranger -z export "$lab/b/own"
    hear mount '^up$'
    opens one root mnt/tty
    for what in take give TCGETS; do
        says one $what "$none"
    done
    hang_up one
    ended one
    wait_until umount mnt
    ended mount
}

# talk_9p WANTED OPTION...: the dialogue of descriptor 0 with the exporter of b/own, after
# the version, has these answers. FID 1 is of daemon, 2 of games, 3 of root.
talk_9p() {
    local lines
    lines=$(
        echo version 8216 9P2000
        echo attach 1 / 4294967295 daemon
        echo attach 2 / 4294967295 games
        echo attach 3 / 4294967295 root
        cat
    )
    run --separate-stderr ninep-talk vlab-duct -x "${@:2}" "${own:-b/own}" <<<"$lines"
    assert_success
    assert_equal "$(tail -n +5 <<<"$output")" "$1"
}

@test "a Twstat that asks for it asks for nothing else, and only of an open tty" {
    echo text >b/own/file
    chmod 666 b/own/file
    mknod -m 666 b/own/null c 1 3
    talk_9p 'Rwalk device
Rerror Bad file descriptor
Rerror Bad file descriptor
Rerror Bad file descriptor
Ropen device
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Operation not permitted
Rerror Invalid argument
Rwalk file
Ropen file
Rerror Inappropriate ioctl for device
Rerror Inappropriate ioctl for device
Rwalk device
Ropen device
Rerror Inappropriate ioctl for device
Rerror Inappropriate ioctl for device
Rwalk device
Ropen device
Rerror Inappropriate ioctl for device
Rerror Inappropriate ioctl for device
Rwalk
Ropen dir
Rerror Inappropriate ioctl for device
Rerror Inappropriate ioctl for device' -u <<'END'
walk 1 11 tty
wstat 11 muid=exclusive
wstat 11 muid=shared
wstat 99 muid=exclusive
open 11 2
wstat 11 muid=exclusive mode=0600
wstat 11 muid=exclusive name=other
wstat 11 muid=exclusive length=0
wstat 11 muid=exclusive mtime=1
wstat 11 muid=shared gid=games
wstat 11 muid=exclusiv
wstat 11 muid=exclusive\x00
wstat 11 muid=EXCLUSIVE
wstat 11 muid=replace
wstat 11 mode=4000000666
walk 1 12 file
open 12 2
wstat 12 muid=exclusive
wstat 12 muid=shared
walk 1 13 null
open 13 2
wstat 13 muid=exclusive
wstat 13 muid=shared
walk 1 14 ttyctl
open 14 2
wstat 14 muid=exclusive
wstat 14 muid=shared
walk 1 15
open 15 0
wstat 15 muid=exclusive
wstat 15 muid=shared
do setpriv --reuid=games --regid=games --clear-groups sh -c ': <>line'
END
}

@test "on the wire a tty is one fid's, until that is gone" {
    cat >may <<'END'
exec setpriv --reuid=games --regid=games --clear-groups sh -c ': <>line'
END
    talk_9p 'Rwalk device
Ropen device
Rwstat
Rwstat
failed: sh may
Rwalk device
Rerror Device or resource busy
Rwstat
Ropen device
Rwstat
Rerror Device or resource busy
Rerror Device or resource busy
Rclunk
Rwstat
failed: sh may
Rerror Permission denied
Rerror Bad file descriptor
Rversion 8216 9P2000' -u <<'END'
walk 1 11 tty
open 11 0
wstat 11 muid=exclusive
wstat 11 muid=exclusive
do sh may
walk 2 22 tty
open 22 2
wstat 11 muid=shared
open 22 2
wstat 11 muid=exclusive
wstat 22 muid=exclusive
wstat 22 muid=shared
clunk 11
wstat 22 muid=exclusive
do sh may
remove 22
wstat 22 muid=exclusive
version 8216 9P2000
do sh may
END
}

@test "64 ttys at a time are one connection's alone, and one more is an error" {
    local i wanted='' asked='' first='' last='' own=/dev/pts
    # shellcheck disable=SC2016
    talk many perl -e '$| = 1; $no = pack "i", 0;
        for (1 .. 65) { open($m[$_], "+<", "/dev/ptmx") or die;
            ioctl($m[$_], 0x40045431, $no) // die;
            ioctl($m[$_], 0x80045430, $n = pack "i", 0) // die; push @n, unpack "i", $n }
        print "@n\n"; <STDIN>'
    hear many '^[0-9 ]*$'
    for i in $heard; do
        asked+="walk 3 1$i $i
open 1$i 2
wstat 1$i muid=exclusive
"
        wanted+=$'Rwalk device\nRopen device\nRwstat\n'
        last=1$i first=${first:-1$i}
    done
    talk_9p "${wanted%Rwstat?}Rerror No locks available
Rclunk
Rwstat" -u <<<"${asked}clunk $first
wstat $last muid=exclusive"
}
