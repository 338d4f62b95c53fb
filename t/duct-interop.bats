#!/usr/bin/env bats
# vlab-duct and 9P programs of others, where they are installed: what is in $PATH is tried.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() {
    duct_setup
}

teardown() {
    ! findmnt -t fuse "$lab/a/peer" >/dev/null || umount -l "$lab/a/peer"
    duct_teardown
}

# need_other PROGRAM: skip this test without it; no CI has them all.
need_other() {
    command -v "$1" >/dev/null || skip "needs $1"
}

# in_unix: vlab-duct -x b/own at the unix socket of the lab, for all who come.
in_unix() {
    lab_start unixserver -- "$lab/socket" vlab-duct -x b/own
    wait_until listening "$lab/socket"
    address=unix!$lab/socket
}

@test "what u9fs serves is mounted" {
    need_other u9fs
    head -c 1000000 /dev/urandom >b/own/bytes
    printf '%s\n' {1..300} | (cd b/own && mkdir many && cd many && xargs touch)
    duct_pair socket vlab-duct -v -m a/peer -- \
        u9fs -n -a none -u root -l "$lab/u9fs.log" "$lab/b/own"
    wait_until duct_has_said a mounted
    cmp a/peer/bytes b/own/bytes
    diff -r a/peer b/own
    mkdir a/peer/new
    cp b/own/bytes a/peer/new/copy
    cmp a/peer/new/copy b/own/bytes
    mv a/peer/new/copy a/peer/new/moved
    echo other >a/peer/new/copy
    mv a/peer/new/copy a/peer/new/moved
    assert_equal "$(<b/own/new/moved)" other
    chmod 600 a/peer/new/moved
    touch -d @1000000000 a/peer/new/moved
    truncate -s 3 a/peer/new/moved
    assert_equal "$(stat -c '%a %s' b/own/new/moved)" '600 3'
    run ! cat a/peer/missing
    assert_output --partial 'No such file or directory'
    run ! rmdir a/peer/new
    rm -r a/peer/new
    assert_dir_not_exists b/own/new
    duct_unmount a
    hear pair '^a exit 0' 60
}

@test "git works on what u9fs serves" {
    need_other u9fs
    need_other git
    export HOME=$lab GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    duct_pair socket vlab-duct -v -m a/peer -- \
        u9fs -n -a none -u root -l "$lab/u9fs.log" "$lab/b/own"
    wait_until duct_has_said a mounted
    git init -q -b main a/peer/repository
    cp -r "$tree"/conf "$tree"/lib/[a-c]*.[ch] a/peer/repository
    for i in 1 2; do
        git -C a/peer/repository add .
        git -C a/peer/repository commit -qm $i
        git -C a/peer/repository mv conf other || :
    done
    git -C a/peer/repository gc -q --prune=now
    git -C b/own/repository -c safe.directory='*' fsck --strict --no-progress
    duct_unmount a
    hear pair '^a exit 0' 60
}

@test "9p of plan9port reads and writes what is exported" {
    need_other 9p
    head -c 1000000 /dev/urandom >b/own/bytes
    mkdir b/own/dir
    printf '%s\n' {1..300} | (cd b/own/dir && xargs touch)
    in_unix
    9p -a "$address" read bytes >read.out
    cmp read.out b/own/bytes
    9p -a "$address" ls dir | sort >list
    cmp list <(ls b/own/dir | sort)
    9p -a "$address" create new
    9p -a "$address" write new <read.out
    cmp read.out b/own/new
    run -0 9p -a "$address" stat bytes
    assert_output --partial 'l 1000000'
    9p -a "$address" rm new
    assert_file_not_exists b/own/new
    run ! 9p -a "$address" read missing
    assert_output --partial 'No such file'
}

@test "9pfuse of plan9port mounts what is exported" {
    need_other 9pfuse
    head -c 1000000 /dev/urandom >b/own/bytes
    in_unix
    9pfuse "$address" "$lab/a/peer"
    wait_until cmp -s a/peer/bytes b/own/bytes
    mkdir a/peer/dir
    cp -r "$tree"/conf a/peer/dir
    diff -r "$tree/conf" b/own/dir/conf
    rm -r a/peer/dir
    umount a/peer
}

@test "what ramfs of plan9port serves is mounted" {
    need_other 9pserve
    need_other ramfs
    duct_pair socket vlab-duct -v -m a/peer -- ramfs -i
    wait_until duct_has_said a mounted
    head -c 1000000 /dev/urandom >bytes
    cp bytes a/peer/bytes
    cmp bytes a/peer/bytes
    mkdir a/peer/dir
    cp -r "$tree"/conf a/peer/dir
    diff -r "$tree/conf" a/peer/dir/conf
    rm -r a/peer/dir
    assert_equal "$(ls a/peer)" $'bytes\nfile'
    duct_unmount a
    hear pair '^a exit 0' 60
}

# free_port: a port of 127.0.0.1 on which nobody listens, in $port.
free_port() {
    port=$(perl -MSocket -e 'socket S, AF_INET, SOCK_STREAM, 0; bind S, sockaddr_in 0, INADDR_LOOPBACK;
        print +(sockaddr_in getsockname S)[0]')
}

# The examples of go9p, each as go9p-NAME.
@test "what ufs of go9p serves is mounted" {
    need_other go9p-ufs
    head -c 1000000 /dev/urandom >b/own/bytes
    free_port
    lab_start go9p-ufs -addr "127.0.0.1:$port"
    wait_until sh -c "ss -Hltn src 127.0.0.1:$port | grep -q ."
    lab_start tcpclient 127.0.0.1 "$port" vlab-duct -v -i 6 -o 7 -m a/peer
    wait_until mountpoint -q a/peer
    # It serves all files of this host.
    cmp "a/peer/$lab/b/own/bytes" b/own/bytes
    mkdir "a/peer/$lab/b/own/dir"
    cp -r "$tree"/conf "a/peer/$lab/b/own/dir"
    diff -r "$tree/conf" "a/peer/$lab/b/own/dir/conf"
    mv "a/peer/$lab/b/own/dir/conf/cc" "a/peer/$lab/b/own/dir/conf/other"
    cmp "$tree/conf/cc" b/own/dir/conf/other
    rm -r "a/peer/$lab/b/own/dir"
    assert_dir_not_exists b/own/dir
    run ! cat "a/peer/$lab/b/own/missing"
    assert_output --partial 'No such file or directory'
    umount a/peer
    wait_until gone "$pid"
}

@test "the clients of go9p read and write what is exported" {
    need_other go9p-read
    need_other go9p-write
    head -c 1000000 /dev/urandom >b/own/bytes
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 vlab-duct -x b/own) \
        </dev/null >port 2>>log 3>&- &
    lab_pids+=($!)
    wait_until test -s port
    address=127.0.0.1:$(<port)
    go9p-read -addr "$address" bytes >read.out
    cmp read.out b/own/bytes
    go9p-write -addr "$address" new <read.out
    cmp read.out b/own/new
    run go9p-read -addr "$address" missing
    assert_output --partial 'No such file'
}

@test "the client of diod, which speaks 9P2000.L alone, is told that we do not" {
    need_other diodcat
    echo text >b/own/file
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 vlab-duct -x b/own) \
        </dev/null >port 2>>log 3>&- &
    lab_pids+=($!)
    wait_until test -s port
    run ! timeout 30 diodcat -s "127.0.0.1:$(<port)" -a "$lab/b/own" file
    assert_not_equal "$status" 124
    refute_output --partial text
}

@test "the kernel's own client mounts what is exported" {
    grep -qw 9p /proc/filesystems || modprobe -q 9p || skip "needs the kernel's 9p"
    echo text >b/own/file
    in_unix
    mount -t 9p -o trans=unix,version=9p2000,access=any "$lab/socket" a/peer
    assert_equal "$(<a/peer/file)" text
    cp -r "$tree"/conf a/peer/conf
    diff -r "$tree/conf" b/own/conf
    umount a/peer
}
