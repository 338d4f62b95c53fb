#!/usr/bin/env bats
# Symbolic links of the one side, seen from the other.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() { duct_setup; }
teardown() { duct_teardown; }

# liar FROM=TO...: a mounts what b exports, with these lies in it.
liar() {
    local one
    local -a lies=()
    for one; do
        lies+=(-l "$one")
    done
    duct_pair socket vlab-duct -v -m a/peer -- stranger "${lies[@]}" vlab-duct -x b/own
    wait_until duct_has_said a mounted
}

# leads NAME TEXT: this is a link that says so.
leads() {
    assert_equal "$(stat -c '%F %A %s' "a/peer/$1")" "symbolic link lrwxrwxrwx ${#2}"
    assert_equal "$(readlink "a/peer/$1")" "$2"
}

# closed NAME...: each is a file without a mode that nobody can open.
closed() {
    local name
    for name; do
        run stat -c '%F %a' "a/peer/$name"
        assert_output --regexp '^regular( empty)? file 0$'
        run ! cat "a/peer/$name"
    done
}

@test "rm -r of a link removes the link, and leaves what it leads to" {
    mkdir -p b/own/real/deep
    echo precious | tee b/own/real/f >b/own/real/deep/f
    ln -s real b/own/link
    ln -s "$PWD/b/own/real" b/own/absolute
    ln -s ../real/f b/own/real/file
    duct socket
    rm -r a/peer/link a/peer/absolute a/peer/real/file
    assert_equal "$(cd b/own && find . | sort | xargs)" '. ./real ./real/deep ./real/deep/f ./real/f'
    assert_equal "$(cat b/own/real/f b/own/real/deep/f | xargs)" 'precious precious'
    assert_equal "$(ls a/peer)" real
    duct_done
}

@test "links that lead up end no walk" {
    mkdir -p b/own/d/e
    echo text >b/own/d/e/f
    ln -s . b/own/d/self
    ln -s .. b/own/d/up
    ln -s ../../d b/own/d/e/round
    ln -s . b/own/top
    duct socket
    assert_equal "$(cd a/peer && find . | sort)" "$(cd b/own && find . | sort)"
    assert_equal "$(timeout 50 tar -cf - -C a/peer . | tar -t | sort)" \
        "$(tar -cf - -C b/own . | tar -t | sort)"
    assert_equal "$(cat a/peer/d/self/up/top/d/e/round/e/f)" text
    run ! find -L a/peer
    assert_output --partial 'File system loop detected'
    duct_done
}

@test "a link says what it says to its owner, if that stays inside, else another way there" {
    mkdir -p b/own/d/e b/own/x
    echo text >b/own/x/f
    duct socket -t 0
    while read -r name text shown; do
        ln -s "${text/@/$PWD/b/own}" "b/own/$name"
        [ -z "$shown" ] || leads "$name" "$shown"
        assert_equal "$(stat -Lc %i "a/peer/$name")" "$(stat -c %i a/peer/x/f)"
        assert_equal "$(cat "a/peer/$name")" text
    done <<'END'
d/relative ../x/f ../x/f
d/odd ..//./x///f ..//./x///f
d/e/deep ../../x/f ../../x/f
d/e/long ../../d/../x/f ../../x/f
down x/f x/f
d/absolute @/x/f ../x/f
absolute @/x/f x/f
d/e/other @/d/e/../../x/../absolute ../../x/f
d/e/chain ../absolute ../absolute
END
    ln -s "$PWD/b/own" b/own/d/root
    ln -s "$PWD/b/own" b/own/here
    ln -s "$PWD/b/own/d" b/own/d/this
    ln -s x/ b/own/slash
    leads d/root ..
    leads here .
    leads d/this .
    leads slash x/
    assert_equal "$(cd a/peer/d/this/root/here && cat x/f)" text
    # All of that in a listing, too.
    assert_equal "$(cd a/peer && find . -type l -printf '%p %l\n' | sort | wc -l)" 13
    duct_done
}

@test "links that lead out are closed files, and those that lead nowhere are links" {
    mkdir b/own/d
    ln -s ../../secret b/own/d/out
    ln -s "$lab/b/secret" b/own/out
    ln -s .. b/own/up
    ln -s d/../../secret b/own/hidden
    ln -s /proc/self/root b/own/magic
    ln -s to b/own/d/nothing
    ln -s "$PWD/b/own/nothing" b/own/nowhere
    ln -s loop b/own/loop
    echo secret >b/secret
    duct socket
    closed out d/out up hidden magic nowhere
    leads d/nothing to
    leads loop loop
    run ! cat a/peer/loop
    assert_output --partial 'Too many levels of symbolic links'
    run ! cat a/peer/d/nothing
    echo new >a/peer/d/nothing
    assert_equal "$(cat b/own/d/to)" new
    rm a/peer/out a/peer/d/out
    run ! readlink b/own/out b/own/d/out
    assert_equal "$(cat b/secret)" secret
    duct_done
}

@test "a link is renamed and removed; what it leads to stays as it is" {
    mkdir b/own/d
    echo text >b/own/f
    ln -s f b/own/link
    ln -s d b/own/dir
    duct socket
    mv a/peer/link a/peer/other
    mv -T a/peer/dir a/peer/more
    assert_equal "$(readlink b/own/other b/own/more | xargs)" 'f d'
    leads other f
    leads more d
    ln -s elsewhere b/own/late
    mv a/peer/other a/peer/late
    assert_equal "$(readlink b/own/late)" f
    echo new >a/peer/plain
    mv a/peer/plain a/peer/late
    run ! readlink b/own/late
    assert_equal "$(cat b/own/late b/own/f | xargs)" 'new text'
    unlink a/peer/more
    run ! rmdir a/peer/more
    assert_equal "$(cd b/own && echo *)" 'd f late'
    duct_done
}

@test "of a link itself nothing can be changed, and nothing of what it leads to is, instead" {
    echo text >b/own/f
    chmod 640 b/own/f
    touch -d @1000000000 b/own/f
    ln -s f b/own/link
    duct socket
    run ! touch -h -d @5 a/peer/link
    run ! chown -h 12345 a/peer/link
    chown -h root a/peer/link
    run ! ln -s f a/peer/new
    assert_output --partial 'Operation not permitted'
    assert_equal "$(stat -c '%Y %a %u' b/own/f)" '1000000000 640 0'
    chmod 600 a/peer/link
    touch -d @1100000000 a/peer/link
    assert_equal "$(stat -c '%Y %a %u' b/own/f)" '1100000000 600 0'
    echo more >>a/peer/link
    assert_equal "$(xargs <b/own/f)" 'text more'
    duct_done
}

@test "what one side makes of a name is not taken for the other thing for long" {
    mkdir b/own/d
    echo one >b/own/f
    echo two >b/own/g
    ln b/own/f b/own/same
    duct socket -t 0
    leads_now() {
        assert_equal "$(readlink a/peer/x)" "$1"
        assert_equal "$(stat -c %F a/peer/x)" 'symbolic link'
    }
    for _ in 1 2; do
        ln -s f b/own/x
        leads_now f
        ln -sf g b/own/x
        leads_now g
        ln -sf g b/own/x
        leads_now g
        ln -f b/own/f b/own/x
        assert_equal "$(stat -c '%F %s' a/peer/x)" 'regular file 4'
        ln -sf same b/own/x
        leads_now same
        mv b/own/g b/own/same
        ln b/own/f b/own/g
        leads_now same
        rm b/own/x
        ln -s d b/own/x
        leads_now d
        rm b/own/x
        mkdir b/own/x
        assert_equal "$(stat -c %F a/peer/x)" directory
        rmdir b/own/x
    done
    duct_done
}

@test "two links to one file are two files of their own" {
    echo text >b/own/f
    ln -s f b/own/one
    ln -s f b/own/two
    duct socket
    for how in 'ls -i' 'stat -c %i'; do
        (cd a/peer && $how f one two) | awk '{ print $1 }' | sort -u >numbers
        assert_equal "$(wc -l <numbers)" 3
    done
    find a/peer -mindepth 1 -printf '%i\n' | awk '{ print $1 }' | sort -u | cmp - numbers
    duct_done
}

@test "a name that has become a link is not written through by who does not want that" {
    echo text >b/own/f
    duct socket -t 60
    # That there is none of these names is believed for a minute.
    for name in one two three; do
        run ! stat "a/peer/$name"
        ln -s f "b/own/$name"
    done
    run ! dd of=a/peer/one oflag=nofollow if=/dev/null status=none
    run ! dd of=a/peer/two conv=excl if=/dev/null status=none
    assert_equal "$(cat b/own/f)" text
    echo more >>a/peer/three
    assert_equal "$(xargs <b/own/f)" 'text more'
    assert_equal "$(readlink b/own/three)" f
    leads three f
    run ! mkdir a/peer/one
    run ! sh -c 'set -C; echo >a/peer/one'
    duct_done
}

@test "cp -a from the other side brings links, and git finds nothing changed through them" {
    command -v git >/dev/null || skip 'needs git'
    (
        cd b/own
        mkdir -p src/sub
        echo text >src/file
        ln -s src/file link
        ln -s ../src/sub src/up
        ln -s ./src//sub odd
        ln -s nothing broken
        git init -q .
        git add .
        git -c user.name=x -c user.email=x@y commit -qm x
    )
    duct socket
    assert_equal "$(git -c safe.directory='*' -C a/peer status --porcelain)" ''
    cp -a a/peer/. copy
    for name in link src/up odd broken; do
        assert_equal "$(readlink "copy/$name")" "$(readlink "b/own/$name")"
    done
    diff -r --no-dereference copy b/own
    duct_done
}

@test "a tty is reached by a link to it, and so are its settings" {
    mkdir -p b/own/dev/serial/by-id
    talk tty pty "$lab/line"
    wait_until test -c line
    touch b/own/dev/tty1
    mount --bind "$(readlink line)" b/own/dev/tty1
    ln -s ../../tty1 b/own/dev/serial/by-id/x
    duct socket
    leads dev/serial/by-id/x ../../tty1
    assert_equal "$(cd a/peer/dev/serial/by-id && echo *)" 'x xctl'
    echo b19200 >a/peer/dev/serial/by-id/xctl
    run cat a/peer/dev/serial/by-id/xctl
    assert_output --partial b19200
    assert_equal "$(stat -c %F a/peer/dev/serial/by-id/xctl)" 'regular empty file'
    printf 'through\n' >a/peer/dev/serial/by-id/x
    hear tty through
    duct_unmount a
    duct_unmount b
    umount -l b/own/dev/tty1
    duct_ends 0 0
}

@test "what many links say is known from one look at their directory" {
    (cd b/own && seq 300 | xargs touch && for i in {1..300}; do echo "$i l$i"; done |
        xargs -n 2 ln -s)
    duct socket
    (cd a/peer && for i in {1..300}; do echo "l$i"; done | xargs stat -c '%F %N' | sort) >seen
    (cd b/own && for i in {1..300}; do echo "l$i"; done | xargs stat -c '%F %N' | sort) |
        cmp - seen
    duct_done
}

@test "a lying peer gets nobody to look outside of what he serves" {
    mkdir -p b/own/d/e
    echo secret >a/secret
    ln -s aa/aa/aa/etc/passwd b/own/d/e/passwd
    ln -s aa/aa/aa/etc/passwd b/own/passwd
    ln -s Aabsolute/x b/own/absolute
    ln -s d/bb/bb/secret b/own/behind
    ln -s d/ee/cc/secret b/own/d/chain
    ln -s nul-nul/x b/own/nul
    ln -s qq b/own/d/e/dots
    ln -s qq b/own/dots
    echo text >b/own/inside
    liar aa/aa/aa=../../.. Aabsolute=/absolute d/bb/bb=d/../.. d/ee/cc=../e/.. \
        'nul-nul=nul!nul' "-> qq=-> .."
    for _ in 1 2; do
        closed passwd d/e/passwd absolute behind d/chain nul dots
        # The same when each is looked at alone, and when all are listed.
        find a/peer -printf '%y' >kinds
        assert_equal "$(tr -d fdl <kinds)" ''
        ls -lR a/peer >list
    done
    run ! grep -r secret a/peer
    refute_output --partial secret
    leads d/e/dots ..
    assert_equal "$(cat a/peer/inside)" text
    run ! truncate -s 0 a/peer/nul
    # It can still be removed.
    rm a/peer/passwd
    run ! readlink b/own/passwd
    umount a/peer
}

@test "of who is no duct nothing is believed" {
    mkdir b/own/d
    ln -s d b/own/link
    duct_pair socket vlab-duct -v -m a/peer -- \
        stranger -l vlab-duct=vlab-cuct vlab-duct -x b/own
    wait_until duct_has_said a mounted
    assert_equal "$(stat -c %F a/peer/link)" directory
    umount a/peer
}

@test "a link that says more than a message of the peer holds is closed" {
    long=$(printf '%0200d' 0)
    text=$long/$long/$long
    ln -s "$text" b/own/link
    ln -s short b/own/short
    duct_pair socket vlab-duct -v -m a/peer -- stranger -l vlab-duct=vlab-duct -m 560 \
        vlab-duct -x b/own
    wait_until duct_has_said a mounted
    closed link
    leads short short
    assert_equal "$(find a/peer -type l)" a/peer/short
    umount a/peer
}
