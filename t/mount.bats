#!/usr/bin/env bats
# A peer's tree as a file system here: lib/mount.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load duct
load mount

setup() { mount_setup; }
teardown() { mount_teardown; }

# waits PID: is this cat, and does it sleep?
waits() {
    grep -q '^Name:.cat$' "/proc/$1/status" && grep -q '^State:.[SD]' "/proc/$1/status"
}

# ends PID CODE: it ends with this exit code.
ends() {
    code=0
    wait_until gone "$1"
    wait "$1" || code=$?
    assert_equal "$code" "$2"
}

# dead: the file system is gone, and its process says so.
dead() {
    ended mount
    assert_equal "$code" 111
    assert_file_contains mount.err 'the server has ended'
    run ! mountpoint -q "$mnt"
}

# a_tree DIR: make a tree of files, some of which have no bytes, or many.
a_tree() {
    mkdir -p "$1/a/b/c" "$1/empty"
    echo short >"$1/a/short"
    : >"$1/a/nothing"
    head -c 1000000 /dev/urandom >"$1/a/b/long"
    head -c 131072 /dev/urandom >"$1/a/b/c/128k"
    head -c 4097 /dev/urandom >"$1/$(printf '%0255d' 7)"
    chmod 600 "$1/a/short"
    chmod 750 "$1/a/b"
    touch -d '2001-02-03 04:05:06' "$1/a/nothing" "$1/empty"
}

# of_tree DIR: what is in it.
of_tree() {
    (cd "$1" && find . -type f -printf '%p %m %s %Ts\n' -o -printf '%p %m %Ts\n' | sort)
}

@test "a tree is the same here, byte for byte, and so is its copy" {
    a_tree served/tree
    mounted
    diff -r served/tree mnt/tree
    assert_equal "$(of_tree mnt/tree)" "$(of_tree served/tree)"
    cp -r --preserve=mode,timestamps mnt/tree mnt/copy
    diff -r served/tree served/copy
    assert_equal "$(of_tree served/copy)" "$(of_tree served/tree)"
    rm -r mnt/tree
    assert_equal "$(ls served)" copy
    unmounted
}

@test "a stranger's server is as good: in any order, with short messages, and all he refuses" {
    a_tree served/tree
    for options in '' '-m 8216' '-r' '-z' '-i 3000' '-m 600 -r -z'; do
        # shellcheck disable=SC2086
        mounted stranger $options
        diff -r served/tree mnt/tree
        cp -r --preserve=mode,timestamps mnt/tree mnt/copy
        assert_equal "$(of_tree mnt/copy)" "$(of_tree served/tree)"
        diff -r served/tree served/copy
        echo old >mnt/old
        echo new >mnt/new
        mv mnt/new mnt/old
        assert_equal "$(<mnt/old)" new
        io -wc mnt/wrote w500000 s f w1 s c >out
        assert_equal "$(<out)" $'500000\n500001'
        for i in 1 2 3 4 5 6 7 8; do
            printf aaaaaaaaaa >mnt/part$i
            assert_equal "$(io -rw mnt/part$i w5 @0 r20)" '<xxxxxaaaaa>'
        done
        rm -r mnt/copy mnt/old mnt/wrote mnt/part*
        assert_equal "$(ls served)" tree
        unmounted
        rm mount.err
    done
}

@test "10000 files are there once each, and gone when they are removed" {
    mkdir served/many
    (cd served/many && seq -f file%.0f 10000 | xargs touch)
    mounted
    assert_equal "$(find mnt/many -type f -printf '%P\n' | sort | md5sum)" \
        "$(find served/many -type f -printf '%P\n' | sort | md5sum)"
    assert_equal "$(find mnt/many -type f -size 0 | wc -l)" 10000
    rm -r mnt/many
    assert_equal "$(ls served)" ''
    unmounted
}

@test "who asks for many names gets what is true of each, also of those that he changes" {
    mkdir served/many
    (cd served/many && seq -f file%.0f 3000 | xargs touch)
    mounted -t 30
    # They are looked at as a whole by now.
    (cd mnt/many && seq -f file%.0f 1000 | xargs stat -c '%n %s' | sort >"$lab/out")
    assert_equal "$(<out)" "$(seq -f 'file%.0f 0' 1000 | sort)"
    echo text >mnt/many/file2000
    mv mnt/many/file2001 mnt/many/file2002
    rm mnt/many/file2003
    echo new >mnt/many/new
    mkdir mnt/many/file2003
    run stat -c '%n %s %F' mnt/many/file200[0-4] mnt/many/new
    assert_output "mnt/many/file2000 5 regular file
mnt/many/file2002 0 regular empty file
mnt/many/file2003 0 directory
mnt/many/file2004 0 regular empty file
mnt/many/new 4 regular file"
    run ! cat mnt/many/file2001
    run ! cat mnt/many/none
    unmounted
}

@test "a directory is seen as it is after a change that was made here" {
    local change
    mkdir "$served/d"
    touch "$served/d/old"
    mounted -t 30
    for change in 'touch d/new' 'mkdir d/sub' 'rm d/old' 'rmdir d/sub'; do
        touch -d @1000 "$mnt/d"
        assert_equal "$(stat -c %Y "$mnt/d")" 1000
        (cd "$mnt" && $change)
        assert_equal "$(stat -c '%Y %a' "$mnt/d")" "$(stat -c '%Y %a' "$served/d")"
        assert [ "$(stat -c %Y "$mnt/d")" -gt 1000 ]
    done
    # Of several at once the last counts, and one that fails changes nothing.
    touch -d @1000 "$mnt/d"
    (cd "$mnt/d" && for i in {1..20}; do touch "new-$i" & done && wait)
    assert_equal "$(stat -c %Y "$mnt/d")" "$(stat -c %Y "$served/d")"
    run ! mkdir "$mnt/d/new"
    touch -d @1000 "$mnt/d"
    run ! rmdir "$mnt/d/none"
    assert_equal "$(stat -c %Y "$mnt/d")" 1000
    unmounted
}

@test "what was written is seen at once, with its length, by whoever looks" {
    mounted
    run io -rwc mnt/a w300000 s w1000 s "lmnt/a" @500 r10 t100 s r10 @100 r10 w10 s
    assert_output "300000
301000
301000
<xxxxxxxxxx>
100
<>
<>
110"
    run io -wa mnt/a w10 s
    assert_output 120
    run io -rwt mnt/a s w5 s
    assert_output $'0\n5'
    assert_equal "$(<served/a)" xxxxx
    unmounted
}

@test "what is written at the peer's is seen by who opens the file" {
    echo one >served/a
    mounted
    assert_equal "$(<mnt/a)" one
    echo another >served/a
    assert_equal "$(<mnt/a)" another
    : >served/a
    assert_equal "$(<mnt/a)" ''
    unmounted
}

@test "a file that is open stays what it is when it is removed or replaced" {
    mounted
    run io -rwc mnt/b w1000 "umnt/b" s w1000 s @0 r2000 "lmnt/b"
    assert_output "1000
2000
2000 bytes
lmnt/b: No such file or directory"
    echo new >mnt/new
    echo old >mnt/old
    exec {fd}<mnt/old
    mv mnt/new mnt/old
    assert_equal "$(cat <&$fd)" old
    assert_equal "$(<mnt/old)" new
    exec {fd}<&-
    unmounted
}

@test "root's kernel reads a few messages ahead, and no less than it would" {
    [ "$(id -u)" -eq 0 ] && [ -w /sys/class/bdi ] || skip 'needs root and sysfs'
    for options in '' 'stranger -m 8216'; do
        # shellcheck disable=SC2086
        mounted $options
        cat "/sys/class/bdi/$(mountpoint -d mnt)/read_ahead_kb" >>kb
        unmounted
    done
    assert_equal "$(paste -s kb)" $'512\t128'
}

@test "to a stranger is appended where his file ends" {
    for options in '' '-m 8216' '-r -z' '-i 3000' '-m 600'; do
        printf one, >served/log
        # shellcheck disable=SC2086
        mounted -t 30 stranger $options
        assert_equal "$(<mnt/log)" one,
        exec {fd}>>mnt/log
        printf two, >>served/log
        printf three, >&$fd
        printf four, >>served/log
        printf five, >&$fd
        run -0 io -rwa mnt/log s w10000 s @0 w1 s
        assert_output $'24\n10024\n10025'
        exec {fd}>&-
        assert_equal "$(tr -d x <mnt/log)" one,two,three,four,five,
        cmp mnt/log served/log
        assert_equal "$(stat -c %s served/log)" 10025
        unmounted
        rm mount.err
    done
}

# shellcheck disable=SC2094
@test "who has a file open sees what is appended to it, though he has a copy of the rest" {
    printf one, >served/log
    mounted -t 30
    exec {read}<mnt/log {log}>>mnt/log
    assert_equal "$(cat <&$read)" one,
    for word in two three four; do
        printf %s $word >&$log
        assert_equal "$(cat <&$read)" $word
        # Linux looks whether the time is another; in our seconds it may not be.
        ticks+=" $(stat -c %y mnt/log | sed 's/.*\.0*\([0-9]*\) .*/\1/')"
    done
    assert_equal "$ticks" ' 1 2 3'
    exec {read}<&- {log}>&-
    unmounted
}

# is_empty DIR: a file system of its own, of which nothing is used: what was removed through
# a mount is there until the kernel has told it that it is closed.
is_empty() {
    [ "$(stat -f -c %b "$1")" = "$(stat -f -c %f "$1")" ]
}

@test "an error of a write that was answered already is told until fsync has told it" {
    [ "$EUID" -eq 0 ] || skip 'needs root for a file system that is full'
    mount -t tmpfs -o size=1m none served
    mounted
    for last in f c d; do
        run io -wc mnt/full w4000000 $last
        assert_line --index 1 "$last: No space left on device"
        rm mnt/full
    done
    wait_until is_empty served
    run ! dd if=/dev/zero of=served/fill bs=64k
    # This one is short, and there has been no time for an answer to it.
    told='No space left on device'
    run io -wc mnt/full w100000 f f d c
    assert_output "f: $told"
    rm mnt/full
    run io -wc mnt/full w100000 d d f d c
    assert_output "d: $told"$'\n'"d: $told"$'\n'"f: $told"
    rm mnt/full
    # An append is no different.
    run io -wac mnt/full w100000 d c
    assert_output "d: $told"$'\n'"c: $told"
    rm served/fill mnt/full
    run io -wc mnt/full w4000000 w1 f f
    assert_line --index 1 "w1: $told"
    assert_line --index 2 "f: $told"
    assert_equal ${#lines[@]} 3
    unmounted
}

# shellcheck disable=SC2016
@test "a child that closes its copy of a descriptor takes no error away from its parent" {
    [ "$EUID" -eq 0 ] || skip 'needs root for a file system that is full'
    mount -t tmpfs -o size=64k none served
    mounted
    run -0 perl -e 'use IO::Handle;
        for my $how ("sync", "close") {
            open(my $f, ">", "mnt/$how") or die "open: $!\n";
            defined(syswrite($f, "x" x 100000)) or die "write: $!\n";
            my $child = fork;
            if (!$child) { close($f); exit }
            waitpid($child, 0);
            print "sync: ", $f->sync ? "0" : $!, "\n" if $how eq "sync";
            print "close: ", close($f) ? "0" : $!, "\n";
            unlink("mnt/$how");
        }'
    assert_output 'sync: No space left on device
close: 0
close: No space left on device'
    unmounted
}

@test "who goes on writing after an error can when there is room again" {
    [ "$EUID" -eq 0 ] || skip 'needs root for a file system that is full'
    mount -t tmpfs -o size=64k none served
    mounted
    head -c 60000 /dev/zero >served/fill
    told='No space left on device'
    run -0 io -wc mnt/log w100000 d '!rm served/fill' w10 w20 w30 s
    assert_line --index 0 "d: $told"
    assert_line --index 1 "w10: $told"
    assert_line --index 2 "w20: $told"
    assert_equal ${#lines[@]} 4
    unmounted
}

@test "what 9P cannot say is refused" {
    mounted
    mkdir mnt/d
    touch mnt/d/a
    run ! ln mnt/d/a mnt/d/b
    assert_output --partial 'not permitted'
    run ! ln -s a mnt/d/b
    assert_output --partial 'not permitted'
    run ! mkfifo mnt/d/b
    assert_output --partial 'not permitted'
    run ! chown 12345 mnt/d/a
    assert_output --partial 'not permitted'
    run ! rmdir mnt/d
    assert_output --partial 'not empty'
    run ! cat mnt/none
    assert_output --partial 'No such file'
    run ! mkdir "mnt/$(printf '%0256d' 7)"
    assert_output --partial 'too long'
    # mv copies then.
    mv mnt/d/a mnt/a
    assert_equal "$(ls served served/d)" $'served:\na\nd\n\nserved/d:'
    unmounted
}

@test "who waits for a FIFO at the peer's can be interrupted, and takes nothing with him" {
    mkfifo served/fifo
    mounted
    for _ in 1 2 3 4 5; do
        cat mnt/fifo >out 3>&- &
        reader=$!
        wait_until waits $reader
        kill -TERM $reader
        ends $reader 143
    done
    exec {fd}<>served/fifo
    head -c 4 mnt/fifo >out 3>&- &
    reader=$!
    printf text >&$fd
    wait $reader
    assert_equal "$(<out)" text
    exec {fd}>&-
    unmounted
}

@test "of a FIFO at the peer's poll and O_NONBLOCK say whether something can be read" {
    mkfifo served/fifo
    mounted
    exec {fd}<>served/fifo
    run io -rn mnt/fifo r10 p0 p50
    assert_output $'r10: Resource temporarily unavailable\nnot ready\nnot ready'
    printf text >&$fd
    run io -rn mnt/fifo p0 r10 p0 r10
    assert_output $'ready\n<text>\nnot ready\nr10: Resource temporarily unavailable'
    io -r mnt/fifo p60000 r10 >out 3>&- &
    reader=$!
    printf more >&$fd
    wait $reader
    assert_equal "$(<out)" $'ready\n<more>'
    exec {fd}>&-
    unmounted
}

@test "when the peer dies, who waits gets an error and the file system goes away" {
    mkfifo served/fifo
    echo text >served/file
    mounted
    cat mnt/fifo >out 2>&1 3>&- &
    reader=$!
    exec {fd}<mnt/file
    wait_until pgrep -P "$pid" -x export
    kill -KILL "$(pgrep -P "$pid" -x export)"
    ends $reader 1
    assert_file_contains out 'Input/output error'
    dead
    run ! cat <&$fd
    exec {fd}<&-
}

@test "it goes away when it is told to, though it is in use" {
    mkfifo served/fifo
    mounted
    cat mnt/fifo >out 2>&1 3>&- &
    reader=$!
    wait_until waits $reader
    kill -TERM "$pid"
    ends $reader 1
    ended mount
    assert_equal "$code" 0
    run ! mountpoint -q mnt
}

@test "many at once: each finds what it wrote" {
    local -a writers
    mounted
    for i in 1 2 3 4 5 6 7 8; do
        (
            mkdir mnt/$i
            for j in 1 2 3 4 5 6; do
                head -c $((i * j * 20000)) /dev/urandom >mnt/$i/$j
                cp mnt/$i/$j mnt/$i/copy
                cmp mnt/$i/$j mnt/$i/copy
                mv mnt/$i/copy mnt/$i/$((j - 1))
            done
        ) 3>&- &
        writers+=($!)
    done
    for writer in "${writers[@]}"; do
        wait "$writer"
    done
    diff -r served mnt
    unmounted
}
