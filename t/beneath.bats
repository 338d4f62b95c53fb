# lib/beneath: a tree of files, and the ways out of it, none of which leads out.
load lib

setup() {
    lab_setup
    root=$lab/in
    mkdir -p "$lab/out" "$root/a/b/c"
    echo secret >"$lab/out/secret"
    echo near >"$root/a/near"
    echo far >"$root/a/b/c/far"
}

teardown() {
    lab_teardown
}

# walk LINE...: do these, and compare with what descriptor 0 expects, where the tree is /.
walk() {
    run "${inside[@]}" beneath "$root" < <(printf '%s\n' "$@")
    assert_success
    assert_equal "${output//"$root"/@}" "$(cat)"
}

@test "names lead down, and .. up to the root, which is its own parent" {
    walk 'go a' 'go b c far' place 'go ..' top has place 'go ..' 'go a .. a .. .. a near' \
        'go x' top 'go x' <<'END'
@/a
@/a/b/c/far
far in @/a/b/c
error ENOTDIR
yes
error EBUSY
@
@/a/near
error ENOTDIR
error ENOENT
END
}

@test "a symbolic link that stays in the tree is followed" {
    ln -s b/c/far "$root/a/l1"
    ln -s ./b//../../a/l1 "$root/a/l2"
    ln -s "$root/a/l2" "$root/l3"
    ln -s "$root" "$root/a/b/l4"
    ln -s ../../.. "$root/a/b/c/l5"
    ln -s a/b/c "$root/l6"
    walk 'go a l1' top 'go a l2' top 'go l3' 'go ..' top 'go a b l4 a near' \
        top 'go a b c l5' place top 'go l6 far' top 'go l6 ..' top 'look l3' 'look l6' <<'END'
@/a/b/c/far by @/a/l1
@/a/b/c/far by @/a/l2
@/a/b/c/far by @/l3
error ENOTDIR
@/a/near
@ by @/a/b/c/l5
error EBUSY
@/a/b/c/far
@/a/b
file 4
directory 0
END
}

@test "a symbolic link that leaves the tree, or leads nowhere, is what it is itself" {
    mkdir "${root}2"
    ln -s ../out/secret "$root/l1"
    ln -s "$lab/out" "$root/l2"
    ln -s "${root}2" "$root/l3"
    ln -s a/../../in/a "$root/l4"
    ln -s /proc/self/root "$root/l5"
    ln -s ../in "$root/l6"
    ln -s l7 "$root/l7"
    ln -s nothing "$root/l8"
    ln -s l1 "$root/l9"
    ln -s a/near/ "$root/l10"
    for ((i = 11; i < 60; i++)); do
        ln -s "l$((i - 1))" "$root/l$i"
    done
    walk 'go l1' top 'go l2' top 'go l3' top 'go l4' top 'go l5' top 'go l6' top 'go l7' \
        top 'go l8' top 'go l9' top 'go l40' top 'go l59' top 'go l2 secret' 'go ..' <<'END'
@/l1
@/l2
@/l3
@/l4
@/l5
@/l6
@/l7
@/l8
@/l9
@/a/near by @/l40
@/l59
error ENOTDIR
error ENOTDIR
END
}

@test "links of proc(5) that are none lead nowhere" {
    root=/proc/self
    inside=()
    run beneath /proc/self < <(printf '%s\n' 'go root' 'go ..' top 'go fd 0' top 'go cwd')
    refute_output --regexp 'by|^/$'
    assert_line --index 0 --regexp '^/proc/[0-9]+/root$'
    assert_line --index 1 'error ENOTDIR'
    assert_line --index 2 --regexp '^/proc/[0-9]+/fd/0$'
    assert_line --index 3 --regexp '^/proc/[0-9]+/cwd$'
}

@test "what is moved out of the tree gives nothing more, and what is moved in it does" {
    walk 'go a b' "do mv '$root/a/b' '$root/d'" has place 'go c' 'go ..' \
        "do mv '$root/d' '$lab/out/b'" has place 'go c' 'go ..' \
        "do mv '$lab/out/b' '$root/a/b'" has 'go c far' <<'END'
@/a/b
yes
d in @
@/d/c
@/d
error EXDEV
error EXDEV
error EXDEV
error EXDEV
yes
@/a/b/c/far
END
}

@test "what is removed has no place, nor has what took its name" {
    walk 'go a near' "do rm '$root/a/near'" has place \
        "do echo new >'$root/a/near'" has "do echo new >'$root/a/near (deleted)'" has \
        top 'go a near' <<'END'
@/a/near
error ENOENT
error ENOENT
error ENOENT
error ENOENT
@/a/near
END
}

@test "names of 255 bytes are names, and a path that is too long for the kernel is an error" {
    local name i
    name=$(printf '%0255d' 0)
    mkdir "$root/$name"
    walk "go $name" place "do rmdir '$root/$name'" place "look $name" top "go ${name}1" <<END
@/$name
$name in @
error ENOENT
error ENOENT
error ENAMETOOLONG
END
    cd "$root"
    for ((i = 0; i < 17; i++)); do
        mkdir "$name"
        cd "$name"
    done
    cd "$lab"
    run beneath "$root" < <(yes "go $name" | head -n 17)
    assert_line --index 16 'error ENAMETOOLONG'
    refute_line --index 13 'error ENAMETOOLONG'
}

@test "the root of all files is a tree, too" {
    run beneath / < <(printf '%s\n' 'go ..' 'go proc self' "go ..")
    assert_line --index 0 /
    assert_line --index 1 --regexp '^/proc/[0-9]+ by /proc/self$'
    assert_line --index 2 /proc
}

@test "a directory that is renamed out during walks lets nobody out, nor a link through it" {
    ln -s b/../secret "$root/a/l1"
    ln -s b/c/../../secret "$root/a/l2"
    run beneath -r "$lab/out" 1000 "$root" a/b/.. a/b/../secret a/b/c/../.. a/l1 a/l2
    assert_output 'found, refused, 0 reached'
}

@test "a mount that is shut is not entered by any way, others are" {
    need_root
    mkdir "$root/shut" "$root/shut/under" "$root/open"
    echo under >"$root/shut/under/file"
    ln -s ../shut/file "$root/a/l1"
    ln -s shut "$root/l2"
    inside=(unshare -m)
    walk 'go shut under' \
        "do mount -t tmpfs none '$root/shut'; echo x >'$root/shut/file'" \
        "do mount -t tmpfs none '$root/open'; mkdir '$root/open/d'; echo x >'$root/open/d/file'" \
        "shut $root/shut" has 'go file' 'go ..' top 'go shut' 'go a l1' top 'go l2' \
        top 'look shut' 'look l2' 'go open d file' place top 'go open ..' <<'END'
@/shut/under
error ENOENT
error ENOENT
error ENOENT
error ENOENT
@/a/l1
@/l2
error ENOENT
link 4
@/open/d/file
file in @/open/d
@
END
}
