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

need() {
    command -v "$1" >/dev/null || skip "needs $1"
}

# in_unix: vlab-duct -x b/own at the unix socket of the lab, for all who come.
in_unix() {
    lab_start unixserver -- "$lab/socket" vlab-duct -x "$@" b/own
    wait_until listening "$lab/socket"
    address=unix!$lab/socket
}

@test "what u9fs serves is mounted" {
    need u9fs
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
    need u9fs
    need git
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
    need 9p
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
    need 9pfuse
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
    need 9pserve
    need ramfs
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
