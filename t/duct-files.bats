#!/usr/bin/env bats
# What programs do with files, done with those of the other side.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() { duct_setup; }
teardown() { duct_teardown; }

is_long() {
    [ "$(stat -c %s "$1")" = "$2" ]
}

@test "a file may be longer than 4 GiB, and is read and written there" {
    duct socket
    printf end | dd of=a/peer/long bs=1 seek=4294967301 conv=notrunc status=none
    assert_equal "$(stat -c %s a/peer/long b/own/long | uniq -c | xargs)" '2 4294967304'
    assert_equal "$(tail -c 3 b/own/long)" end
    printf XX | dd of=b/own/long bs=1 seek=5000000000 conv=notrunc status=none
    # What was known of it is believed for a second.
    wait_until is_long a/peer/long 5000000002
    assert_equal "$(tail -c +4294967302 a/peer/long | head -c 3)" end
    assert_equal "$(tail -c 2 a/peer/long)" XX
    truncate -s 6000000000 a/peer/long
    assert_equal "$(stat -c %s b/own/long)" 6000000000
    truncate -s 1 a/peer/long
    assert_equal "$(stat -c %s b/own/long)" 1
    duct_done
}

@test "a directory may hold 10000 files, seen and removed from the other side" {
    duct socket
    mkdir a/peer/many
    (cd b/own/many && seq -f 'file-%05.0f' 9000 | xargs touch)
    (cd a/peer/many && seq -f 'file-%05.0f' 9001 10000 | xargs touch)
    for one in a/peer b/own; do
        find $one/many -printf '%f\n' | sort >"list.${one%%/*}"
    done
    cmp list.a list.b
    assert_equal "$(find a/peer/many -type f -size 0 | wc -l)" 10000
    rm -r a/peer/many
    assert_dir_not_exists b/own/many
    duct_done
}

@test "a name may be any 255 bytes; a longer one is told" {
    duct socket
    long=$(printf '%0255d' 0)
    odd=$'\377\1\n "\\\360\237\246\206'
    for name in "$long" "$odd" '...' ' ' '-rf'; do
        mkdir -- "a/peer/$name"
        echo text >"a/peer/$name/$name"
        assert_equal "$(cat -- "b/own/$name/$name")" text
        ls -A -- "a/peer/$name" >list
        cmp list <(printf '%s\n' "$name")
    done
    run ! touch "a/peer/${long}0"
    assert_output --partial 'File name too long'
    diff -r a/peer b/own
    duct_done
}

@test "deep trees are copied and moved and removed" {
    duct socket
    path=$(seq -s / 40)
    mkdir -p "a/peer/$path"
    echo text >"a/peer/$path/file"
    mv a/peer/1 a/peer/one
    mv a/peer/one/2/3/4 a/peer/four
    assert_equal "$(cat "b/own/four/${path#1/2/3/4/}/file")" text
    cp -r a/peer/four a/peer/more
    diff -r a/peer/four b/own/more
    rm -r a/peer/one a/peer/four
    assert_equal "$(ls b/own)" more
    duct_done
}

@test "git works there" {
    command -v git >/dev/null || skip "needs git"
    export HOME=$lab GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    duct tcp
    git init -q -b main a/peer/repository
    cd a/peer/repository
    cp -r "$tree"/conf "$tree"/lib/[a-c]*.[ch] .
    git add .
    git commit -qm one
    git mv conf other
    head -c 2000000 /dev/urandom >large
    git add .
    git commit -qm two
    git gc -q --prune=now
    git checkout -q HEAD~
    git checkout -q main
    run -0 git status --porcelain
    assert_output ''
    git fsck --strict --no-progress
    cd "$lab"
    git clone -q a/peer/repository clone
    diff -r -x .git clone b/own/repository
    git -C b/own/repository -c safe.directory='*' fsck --strict --no-progress
    duct_done
}

@test "sqlite works there" {
    command -v sqlite3 >/dev/null || skip "needs sqlite3"
    duct tcp
    sqlite3 a/peer/db 'create table t(a primary key, b);
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
        insert into t select i, hex(randomblob(100)) from n;
        delete from t where a % 3 = 0; vacuum'
    run -0 sqlite3 b/own/db 'pragma integrity_check; select count(*) from t'
    assert_output $'ok\n3334'
    duct_done
}

# fails WORDS COMMAND...: it does, and these are the words for it.
fails() {
    run ! "${@:2}"
    assert_output --partial "$1"
}

@test "an errno there is the same errno here" {
    mkdir -p b/own/{dir/full,tmpfs,ro}
    echo text | tee b/own/{file,shut} >/dev/null
    mount -t tmpfs -o size=64k none b/own/tmpfs
    mount -t tmpfs -o ro none b/own/ro
    mknod b/own/nothing c 240 99
    duct socket
    cd a/peer
    fails 'No such file or directory' cat missing
    fails 'No such file or directory' mkdir missing/dir
    fails 'Not a directory' cat file/x
    fails 'Directory not empty' rmdir dir
    fails 'File exists' mkdir dir
    fails 'File exists' sh -c 'set -C; mkdir file'
    fails 'Is a directory' sh -c 'echo >dir'
    fails 'No space left on device' dd if=/dev/zero of=tmpfs/x bs=4k count=100
    fails 'Read-only file system' touch ro/x
    fails 'busy' rmdir tmpfs
    fails 'No such device or address' cat nothing
    fails 'Operation not permitted' ln file other
    fails 'Operation not permitted' ln -s file other
    fails 'Operation not permitted' mknod null c 1 3
    fails 'Operation not permitted' chown 12345 file
    run ! perl -e 'rename("dir/full", "full") or die "$!\n"'
    assert_output 'Invalid cross-device link'
    cd "$lab"
    # The peer may still hold what it has found there.
    umount -l b/own/tmpfs b/own/ro
    duct_done
}

@test "who may not is told so, by the side that knows" {
    mkdir -m 755 b/own/dir
    echo text >b/own/shut
    chmod 600 b/own/shut
    chmod 755 a b
    chown 2001 b/own
    # b runs as somebody who owns nothing of this
    duct_pair socket vlab-duct -v a/own a/peer -- setpriv --reuid=nobody --regid=nogroup \
        --clear-groups vlab-duct -v -x b/own
    wait_until duct_has_said a mounted
    fails 'Permission denied' cat a/peer/shut
    fails 'Permission denied' touch a/peer/dir/x
    fails 'Permission denied' rm -f a/peer/shut
    fails 'Operation not permitted' chmod 777 a/peer/shut
    duct_unmount a
    duct_ends 0 0
}

@test "nobody leaves the tree, by dots, links, or directories that are moved meanwhile" {
    echo secret >b/secret
    mkdir -p b/own/{dir/deep/deeper,moved/in/it} b/outside
    ln -s ../../secret b/own/dir/relative
    ln -s "$lab/b/secret" b/own/absolute
    ln -s .. b/own/up
    ln -s /proc/self/root b/own/magic
    ln -s dir/file b/own/inside
    echo text >b/own/dir/file
    duct socket
    cd a/peer
    for path in absolute dir/relative up/secret magic/etc/passwd magic/proc/self/environ; do
        run ! cat "$path"
        refute_line secret
    done
    run ! sh -c 'echo mine >absolute'
    run ! sh -c 'echo mine >up/secret'
    assert_equal "$(cat inside)" text
    # What is open and known here is moved out there.
    cd moved/in/it
    mv "$lab/b/own/moved" "$lab/b/outside"
    echo secret >"$lab/b/outside/moved/in/it/file"
    for path in file ./file; do
        run ! cat $path
        refute_line secret
    done
    run ! touch new
    run ! ls ..
    run ! touch "$lab/a/peer/moved/in/it/new"
    assert_equal "$(ls "$lab/b/outside/moved/in/it")" file
    cd "$lab"
    assert_equal "$(<b/secret)" secret
    duct_done
}

@test "while links and directories are exchanged, nobody leaves the tree" {
    mkdir -p b/own/dir b/outside
    echo text >b/own/dir/file
    echo secret >b/outside/file
    ln -s "$lab/b/outside" b/own/link
    # The two are exchanged all the time; and so is the tree's own directory with one outside.
    perl -e 'alarm 60; while (1) {
        rename "b/own/dir", "b/own/x"; rename "b/own/link", "b/own/dir";
        rename "b/own/dir", "b/own/link"; rename "b/own/x", "b/outside/x";
        rename "b/outside/x", "b/own/dir" }' 3>&- &
    swap=$!
    duct socket -t 0
    seen=0
    for _ in {1..400}; do
        text=$(cat a/peer/dir/file 2>/dev/null) || :
        [ "$text" != secret ]
        [ -z "$text" ] || seen=$((seen + 1))
    done
    kill $swap
    wait $swap || :
    echo "seen: $seen"
    [ $seen -gt 0 ]
    duct_done
}
