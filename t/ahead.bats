#!/usr/bin/env bats
# Reads before they are asked for: lib/ahead.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

PATH=$tree/t:$PATH

@test "a file that is read from one end to the other is asked for ahead from the second read on" {
    run -0 ahead stream 1
    assert_output '64 at once, 2 of 2000 missed'
}

@test "when chunks take long there are few of them" {
    run -0 ahead stream 300
    assert_output --regexp '^[4-6] at once, 2 of 2000 missed$'
}

@test "readers of several files share the chunks, and none goes without" {
    run -0 ahead share 8
    assert_output '16 of 16000 missed'
}

@test "who reads here and there has nothing asked for" {
    run -0 ahead hop
    assert_output '0 asked for'
}

@test "whatever comes when, what is served is what is in the file, and every chunk comes back" {
    run -0 ahead any
}
