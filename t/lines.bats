#!/usr/bin/env bats
# What is done with bytes from a peer, by the programs lines and follow beside this file.

load lib

# sanitized PROGRAM: build t/PROGRAM with the sanitizers, and run it.
sanitized() {
    (cd "$tree" && gcc -std=c99 -D_GNU_SOURCE -Dpure= -O1 -g -Ilib \
        -fsanitize=address,undefined -fno-sanitize-recover=all \
        -o "$BATS_TEST_TMPDIR/$1" "t/$1.c" lib/lines.c lib/message.c lib/follow.c lib/say.c)
    run -0 "$BATS_TEST_TMPDIR/$1"
    assert_output --regexp '^seed [0-9]+$'
}

@test "lines end with CR or LF, are rubbed out, cut and split by the rules, whatever comes" {
    sanitized lines
}

@test "a dialogue with a board is followed the same in whatever pieces it comes" {
    sanitized follow
}
