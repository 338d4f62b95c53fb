#!/usr/bin/env bats
# lib/target: what a symbolic link may say to another host.
load lib

setup() {
    lab_setup
}

teardown() {
    lab_teardown
}

# keeps DEPTH ANSWER TEXT...: this is the answer for each of them.
keeps() {
    local text
    for text in "${@:3}"; do
        run target keeps "$1" <<<"$text"
        assert_success
        [ "$output" = "$2" ] || fail "$text at depth $1: $output"
    done
}

@test "a link leads down, or up as far as the root and then down" {
    keeps 0 yes a a/b . ./a a/ a//b ./ ... ..a a/.../b -
    keeps 0 no .. ../a ./.. ./../a
    keeps 2 yes .. ../.. ../../a ../../a/b ..//.././/a ../../ a
    keeps 2 no ../../.. ../../../a ..//./..//.. ../../../../etc/passwd
}

@test "a link that goes up behind a name leads nowhere" {
    keeps 9 no a/.. a/../b ../a/.. a/./../b a//../../.. a/b/..
}

@test "no link leads to a path from the root of the host, through no name, or a NUL" {
    keeps 9 no '' / /etc/passwd //a ! a! 'a!/../../..' '..!' '!..'
}

@test "a link has names of 255 bytes, and 4095 in all" {
    long=$(printf '%0255d' 0)
    path=$(printf "$long/%.0s" {1..15})
    keeps 0 yes "$long" "$long/$long" "$path$long"
    keeps 0 no "${long}0" "a/${long}0" "a/${long}0/b" "$path${long}/" "$path$long$long"
}

@test "there is one way from each directory to each file" {
    run target between <<'END'
. .
. a
. a/b
a .
a a
a b
a ab
ab a
a/b a/b/c
a/b a/b
a/b a
a/b .
a/b a/bc/d
a/b/c a/d/e/f
x/y/z a/b
END
    assert_success
    assert_output '.
a
a/b
..
.
../b
../ab
../a
c
.
..
../..
../bc/d
../../d/e/f
../../../a/b'
}

@test "a way that is too long is none" {
    up=$(printf 'a/%.0s' {1..1400})x
    run target between <<<"$up b"
    assert_success
    assert_output 'File name too long'
    down=$(printf 'a/%.0s' {1..2045})
    for n in 1 2 3 4 5; do
        run target between <<<"x $down$(printf "%0${n}d" 0)"
        assert_success
        [ $n -gt 2 ] || assert_output "../$down$(printf "%0${n}d" 0)"
        [ $n -le 2 ] || assert_output 'File name too long'
    done
}
