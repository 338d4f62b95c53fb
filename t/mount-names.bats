#!/usr/bin/env bats
# Names of a peer's files: renamed over each other, and changed by the peer.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load duct
load mount

setup() { mount_setup; }
teardown() { mount_teardown; }

# renamed [FATES]: source is renamed to target, with these fates (see t/stranger.c).
renamed() {
    local -a fates
    [ $# -eq 0 ] || fates=(-w "$1")
    rm -rf "$served"
    mkdir -p "$served/d"
    echo new >"$served/d/source"
    echo old >"$served/d/target"
    mounted stranger -r "${fates[@]}"
    # What the kernel knows must not hide what is.
    cat mnt/d/source mnt/d/target >out
    run perl -e 'rename("mnt/d/source", "mnt/d/target") or die "$!\n"'
}

# said REGEX: that, and nothing else.
said() {
    sed '/^seed/d' mount.err >said
    assert_equal "$(wc -l <said)" 1
    assert_file_contains said "$1"
}

said_nothing() {
    run ! grep -v '^seed' mount.err
}

# is_old, is_new: is all as it was before the rename, or after it, also as it is seen here?
is_old() {
    assert_equal "$(cd served/d && grep -r . | sort)" $'source:new\ntarget:old'
    assert_equal "$(cd mnt/d && grep -r . | sort)" $'source:new\ntarget:old'
}

is_new() {
    assert_equal "$(cd served/d && grep -r .)" target:new
    assert_equal "$(cd mnt/d && grep -r .)" target:new
}

@test "our own peer's refusal of a rename is an answer, and what has the name stays" {
    mkdir -m 1777 served/d
    echo new >served/d/source
    echo old >served/d/target
    chown nobody served/d/target
    mounted runuser -u nobody --
    run ! perl -e 'rename("mnt/d/source", "mnt/d/target") or die "$!\n"'
    assert_output 'Operation not permitted'
    is_old
    said_nothing
    unmounted
}

@test "a stranger who refuses to rename to a name that is there is helped" {
    renamed
    assert_success
    is_new
    said_nothing
    unmounted
}

@test "whatever a stranger refuses of a rename, all is as before or as after" {
    # Each of the steps: source to target, target aside, source to target, away with it.
    for fates in p .p .i ..p ..i ..e ...p ...i; do
        renamed $fates
        assert_failure
        [[ $fates != *p ]] || assert_output 'Permission denied'
        is_old
        said_nothing
        unmounted
    done
    renamed .e.
    assert_success
    is_new
    said_nothing
    unmounted
}

@test "what a stranger does not let us undo is said, with the name it has now" {
    for fates in ..pp ...p.p; do
        renamed $fates
        assert_failure
        assert_output 'Permission denied'
        said 'd/target: what was there before could not be brought back, and has the name'
        spare=$(sed 's/.* the name \([^ ]*\) .*/\1/' said)
        assert_equal "$(ls -A served/d)" "$spare"$'\nsource'
        assert_equal "$(cat "served/d/$spare" served/d/source)" $'old\nnew'
        unmounted 'could not be brought back'
    done
    renamed ...pp
    assert_success
    said 'd/target: what was there before could not be removed, and has the name'
    spare=$(sed 's/.* the name \([^ ]*\) .*/\1/' said)
    assert_equal "$(cat "served/d/$spare" served/d/target)" $'old\nnew'
    assert_file_not_exists served/d/source
    unmounted 'could not be removed'
}

@test "a rename that is cut off by the end of the connection is said" {
    for fates in ..x ...x; do
        renamed $fates
        assert_failure
        ended mount
        assert_equal "$code" 111
        assert_file_contains mount.err \
            'd/target: what was there before may have the name \.vlab-'
        spare=$(sed -n 's/.* the name \([^ ]*\) .*/\1/p' mount.err)
        assert_equal "$(<"served/d/$spare")" old
    done
    for fates in x .x; do
        renamed $fates
        assert_failure
        ended mount
        assert_equal "$(cd served/d && grep -r . | sort)" $'source:new\ntarget:old'
    done
}

@test "a rename at a stranger's is brought to its end when the mount is told to go" {
    for fates in .t ..t ...t; do
        # Who has asked hears of the end of it, or of that of the mount.
        renamed $fates
        ended mount
        assert_equal "$code" 0
        assert_equal "$(cd served/d && grep -r .)" target:new
        said_nothing
    done
}

@test "at a stranger's a directory takes the place of one that is empty, and of no other" {
    mkdir -p served/source served/empty served/full
    echo text >served/source/file
    echo other >served/full/other
    mounted stranger -r
    run ! perl -e 'rename("mnt/source", "mnt/full") or die "$!\n"'
    assert_output 'Directory not empty'
    assert_equal "$(cd served && find . -type f | sort)" $'./full/other\n./source/file'
    perl -e 'rename("mnt/source", "mnt/empty") or die "$!\n"'
    assert_equal "$(cd served && find . | sort)" $'.\n./empty\n./empty/file\n./full\n./full/other'
    assert_equal "$(<mnt/empty/file)" text
    said_nothing
    unmounted
}

@test "a file with two names that is renamed to the other loses none" {
    echo text >served/one
    ln served/one served/two
    mounted stranger -r
    run perl -e 'rename("mnt/one", "mnt/two") or die "$!\n"'
    assert_equal "$(cat served/one served/two)" $'text\ntext'
    said_nothing
    unmounted
}

@test "who cannot remove a file is told why, though it is asked for twice" {
    echo text >served/file
    for fate in p i; do
        mounted stranger -w $fate
        run ! rm mnt/file
        if [ $fate = i ]; then
            assert_output --partial 'Input/output error'
        else
            assert_output --partial 'Permission denied'
        fi
        assert_equal "$(<served/file)" text
        unmounted
    done
}

@test "what the peer has put in the place of a file is found at once, whatever is asked" {
    mounted
    for i in {1..20}; do
        echo $i >served/new
        mv served/new served/renamed
        rm -f served/made
        echo $i >served/made
        rm -rf served/dir
        mkdir served/dir served/dir/$i
        echo $i >served/dir/file
        assert_equal "$(cat mnt/renamed mnt/made mnt/dir/file)" $i$'\n'$i$'\n'$i
        # Editors keep the old one.
        [ $i -eq 1 ] || assert_equal "$(<mnt/saved)" $i
        echo $((i + 1)) >served/new
        mv served/saved served/saved~ 2>/dev/null || :
        mv served/new served/saved
        assert_equal "$(ls mnt/dir)" $i$'\n'file
        assert_dir_exists mnt/dir/$i
    done
    said_nothing
    unmounted
}

@test "what is emptied, or written to, is the file that has the name now" {
    mounted -t 30
    for how in 'echo new >mnt/file' 'truncate -c -s 3 mnt/file' \
        'perl -e "truncate(q(mnt/file), 3) or die"'; do
        echo first >served/file
        [ "$(<mnt/file)" = first ]
        exec {fd}<mnt/file
        echo second >served/other
        mv served/file served/file~
        mv served/other served/file
        bash -c "$how"
        assert_equal "$(<served/file~)" first
        [[ $how == echo* ]] && text=new || text=sec
        assert_equal "$(<served/file)" $text
        assert_equal "$(cat <&$fd)" first
        exec {fd}<&-
        rm served/file*
    done
    said_nothing
    unmounted
}

@test "a name that is missing is found as soon as the peer has made it" {
    mounted -t 30
    # More of them than are worth a look at the whole directory, which is not asked either.
    for name in {1..100}; do
        run ! stat mnt/$name
        echo $name >served/$name
        assert_equal "$(<mnt/$name)" $name
    done
    said_nothing
    unmounted
}
