#!/usr/bin/env bats
# What is nearly right, tried on what reads it: the targets t/fuzz-*.c, which tools/fuzz has
# libFuzzer try for longer. FUZZ_COUNT is how many are tried, FUZZ_SEED which ones.

# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    mkdir "$VLAB_STATE/bits"
    cd "$tree" || return
}
teardown() { lab_teardown; }

# fuzz TARGET COUNT: its corpus, and so many more.
fuzz() {
    run "t/fuzz-$1" "${FUZZ_COUNT:-$2}" "${FUZZ_SEED:-0}" "t/corpus/$1"/*
    echo "$output"
    assert_success
    assert_output --regexp '^seed [0-9]+$'
}

@test "no file makes the parser of a bit file's header stumble" {
    fuzz bitfile 100000
}

@test "no upload, in whatever pieces, becomes of what it should not" {
    fuzz store 3000
}

@test "no bytes from a peer make lines or words that are none" {
    fuzz lines 20000
}

@test "no bytes make the parser of a launcher's frames stumble" {
    fuzz frame 100000
}

@test "whatever the peer of a launcher's connection says, its streams carry what he sent" {
    fuzz stream 5000
}

@test "no bytes make the parser of 9P's messages stumble" {
    fuzz ninep 50000
}

@test "no line makes the parsers of what nodes say stumble" {
    fuzz door 100000
}

@test "nothing that is said at the socket of a console makes it stumble" {
    fuzz console 20000
}

@test "each target has a small corpus and is tried above, and libFuzzer tries it, too" {
    for c in $(grep -l LLVMFuzzerTestOneInput t/fuzz-*.c); do
        name=${c#t/fuzz-}
        name=${name%.c}
        grep -q "^    fuzz $name [0-9]*\$" t/fuzz.bats
        [ "$(find "t/corpus/$name" -type f -size -4k | wc -l)" -ge 3 ]
        [ "$(find "t/corpus/$name" -type f | wc -l)" -le 16 ]
        assert_equal "$(find "t/corpus/$name" -type f -size +4k)" ''
    done
}

# bad_tree: a tree with one target, `bad`, which a piece of its own in another place stumbles
# over.
bad_tree() {
    # What is found is to be seen, not to stand in a report.
    export ASAN_OPTIONS=detect_leaks=0
    unset UBSAN_OPTIONS
    mkdir -p "$lab/tree/"{bin,lib,t/corpus/bad} "$lab/tmp"
    cd "$lab/tree" || return
    cp -r "$tree/redo" "$tree/tools" "$tree/conf" .
    cp "$tree/t/fuzz-main.h" t
    echo 'int bad(const unsigned char *data, unsigned long n);' >lib/bad.h
    cat >lib/bad.c <<'END'
#include "bad.h"
int bad(const unsigned char *data, unsigned long n)
{
    return n > 3 && data[0] == 'b' && data[1] == 'a' && data[2] == 'd' ? data[n] : 0;
}
END
    cat >t/fuzz-bad.c <<'END'
#include "fuzz-main.h"

#include "bad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    bad(data, n);
    MUST(n < 3 || data[0] != 'B' || data[1] != 'A');
    return 0;
}
END
    echo nobad >t/corpus/bad/seed
    echo naBAb >t/corpus/bad/other
}

@test "what is found is found again with the same seed" {
    bad_tree
    # A sanitizer would stumble over this one, perhaps first.
    sed -i 's/data\[n\]/1/' lib/bad.c
    ./redo tests >/dev/null
    run t/fuzz-bad 1000000 0 t/corpus/bad/*
    assert_failure
    assert_line --partial 'not so: n < 3'
    seed=${lines[0]#seed }
    run t/fuzz-bad 1000000 "$seed" t/corpus/bad/*
    assert_failure
    assert_line "seed $seed"
    assert_line --partial 'not so: n < 3'
}

@test "tools/fuzz keeps what makes a target stumble, and says how to try it again" {
    command -v clang >/dev/null || skip "needs clang"
    bad_tree
    export TMPDIR=$lab/tmp
    run tools/fuzz -t 120
    assert_failure 1
    assert_line --partial ERROR
    assert_regex "${lines[-1]}" '^bad: failed; again: (VLAB_STATE=.*)$'
    again=${BASH_REMATCH[1]}
    # Both of what is wrong with it are in reach.
    run bash -c "$again"
    assert_failure
    assert_regex "$output" 'not so: n < 3|heap-buffer-overflow'
}

@test "tools/fuzz is silent about what is well, and leaves nothing" {
    command -v clang >/dev/null || skip "needs clang"
    bad_tree
    sed -i '/bad(data/d; /MUST/d' t/fuzz-bad.c
    export TMPDIR=$lab/tmp
    run -0 tools/fuzz -t 1 bad
    assert_output --regexp '^bad: [1-9][0-9]* inputs, nothing found$'
    assert_equal "$(ls -A "$lab/tmp")" ''
}

@test "tools/fuzz says which target it does not know" {
    for words in '-t 0' '-t x' '-x'; do
        # shellcheck disable=SC2086
        run tools/fuzz $words
        assert_failure 100
        assert_line 'usage: tools/fuzz [-t SECONDS] [TARGET...]'
    done
    run tools/fuzz nosuch
    assert_failure 100
    assert_output --partial 'nosuch is no target'
}
