#!/usr/bin/env bats
# The login shell: its own commands.

load lib
load relay

@test "the first line is rversion, also for -c -no-shell-, which is nothing else" {
    run -0 as alice vlab-relay -c -no-shell- </dev/null
    assert_output --regexp '^rversion vlab [0-9.]+$'
    run -0 as alice vlab-relay </dev/null
    assert_output --regexp '^rversion vlab [0-9.]+$'
}

@test "any other -c is the first command line" {
    run -0 as alice vlab-relay -c 'help me' </dev/null
    assert_line --index 1 --regexp '^ok connect .*quit$'
    run -0 as alice vlab-relay -c quit <<<help
    refute_line --partial ok
    lab_board
    pool "$board"
    run -0 as alice vlab-relay -c 'connect pool' <<<showbits
    assert_line endlist
}

@test "a -c that is answered with error is exit code 1, unless he goes on to a board, or says quit" {
    lab_board
    pool "$board"
    for wrong in 'connect nope' 'connect other' 'userrequest nope' nonsense connect; do
        run -1 as alice vlab-relay -c "$wrong" </dev/null
        assert_line --regexp '^error '
        run -1 as alice vlab-relay -c "$wrong" <<<help
        assert_line --regexp '^ok '
        run -0 as alice vlab-relay -c "$wrong" <<<quit
        run -0 as alice vlab-relay -c "$wrong" <<<'connect pool'
    done
    VLAB_SOCKET=$lab/none run -1 as alice vlab-relay -c list </dev/null
    for right in 'connect pool' 'userrequest pool' list help 'rem nothing' '' -no-shell-; do
        run -0 as alice vlab-relay -c "$right" </dev/null
        run -0 as alice vlab-relay -c "$right" <<<nonsense
        assert_line --regexp '^error '
    done
    run -0 as alice vlab-relay <<<'connect nope'
}

@test "a wrong option or an operand is a mistake, and -h and -V answer" {
    run -100 vlab-relay -x
    run -100 vlab-relay operand
    run -0 vlab-relay -V
    assert_output --regexp '^vlab-relay [0-9.]+$'
    run -0 vlab-relay --help
    assert_line --index 0 'usage: vlab-relay [-c WORDS]'
}

@test "a whole session reads as it is written down" {
    lab_board
    pool "$board"
    run -0 as alice vlab-relay <<'EOF'
help
rem nothing is said to this

  rem, and neither to these:
bad  command
HeLp
userrequest pool
userrequest nowhere
userrequest other
userrequest
list
connect
connect nowhere
connect other
connect pool now
connect pool wait 0
connect pool wait 5 6
connect pool
check
setuart 0 115200
setuart 7 115200
setuart 0 1
program 0 7
showbits
jdw
help
nonsense
quit
help
EOF
    output=${output//"$board"/BOARD}
    output=$(sed -E "s/^([rm]version vlab) .*/\1 VERSION/" <<<"$output")
    assert_output - <"$BATS_TEST_DIRNAME/vlab-relay.exp"
}

@test "CR or LF ends a line, BS and DEL rub out, case means nothing" {
    run -0 as alice vlab-relay < <(printf 'nonso\b\bse\rhex\x7flp\r\n\n\r\rNO\bP\n')
    assert_line --index 1 'error command nonse: try help'
    assert_line --index 2 --regexp '^ok connect '
    assert_line --index 3 'error command NP: try help'
    assert_equal "${#lines[@]}" 4
}

@test "commands that come a byte at a time, or all at once, each get their one answer" {
    by alice
    for ((i = 0; i < 3; i++)); do
        for byte in b o g u s; do
            tell_raw alice $byte
        done
        tell_raw alice $'\n'
        hear alice '^error command bogus: '
    done
    tell_raw alice $'one\ntwo\nthree\n'
    hear alice '^error command one: '
    hear alice '^error command two: '
    hear alice '^error command three: '
    silent alice
}

@test "1024 characters of a line count" {
    long=$(printf '%01022d' 0)
    run -0 as alice vlab-relay <<<"${long}help"
    assert_line --index 1 --partial 'error command 0000'
    spaces=${long//0/ }
    run -0 as alice vlab-relay <<<"${spaces}noway"
    assert_line --index 1 'error command no: try help'
}

@test "a line that was never ended is no command" {
    run -0 as alice vlab-relay < <(printf 'help\nhelp')
    assert_equal "${#lines[@]}" 2
}

@test "exit, quit, bye and logoff end a session in both stages, with code 0" {
    lab_board
    pool "$board"
    for word in exit quit bye logoff QUIT; do
        by alice
        tell alice "$word"
        ended alice
        assert_equal "$code" 0
        silent alice
        connected alice
        tell alice "$word"
        ended alice
        assert_equal "$code" 0
        silent alice
    done
}

@test "busy is said when all boards are held, and a second session gets the same board" {
    lab_board
    pool "$board"
    connected alice
    connected alice uart
    by bob
    ask bob 'connect pool' '^mversion'
    hear bob '^error busy '
    ask bob 'userrequest pool' '^userinfo 0 1 alice 2$'
    hear bob endlist
    ask bob list '^rem pool 0 free, 1 held, 0 offline$'
    ask bob list '^endlist$'
}

@test "who has too many connections is told busy, and may try again" {
    with 'sessions = 1'
    lab_board
    pool "$board"
    connected alice
    by alice two
    ask two 'connect pool' '^error busy you have too many connections$'
    tell alice quit
    ended alice
    ask two 'connect pool' '^mversion'
    hear two '^ok'
}

@test "who waits is told his place, only if he asked for it, and what he typed meanwhile comes after" {
    lab_board
    pool "$board"
    connected alice
    by bob
    by carol
    tell bob connect pool wait
    hear bob '^rem waiting 0 ahead$'
    tell carol connect pool wait 100
    hear carol '^rem waiting 1 ahead$'
    tell carol rem I am here
    tell carol check
    tell alice quit
    hear bob '^eversion'
    hear carol '^rem waiting 0 ahead$'
    tell bob quit
    hear carol '^ok '
    hear carol '^eversion'
    hear carol '^boardinfo'
}

@test "who hangs up while he waits leaves the line, and so does who types quit" {
    lab_board
    pool "$board"
    connected alice
    for way in hang_up quit; do
        by bob
        tell bob connect pool wait
        hear bob '^rem waiting 0 ahead$'
        if [ $way = quit ]; then
            tell bob rem I go
            tell bob quit
        else
            hang_up bob
        fi
        ended bob 2
        assert_equal "$code" 0
    done
    by carol
    tell carol connect pool wait
    hear carol '^rem waiting 0 ahead$'
}

@test "a wait ends with error busy when its time is up" {
    lab_board
    pool "$board"
    connected alice
    by bob
    tell bob connect pool wait 1
    hear bob '^rem waiting 0 ahead$'
    hear bob '^error busy '
    ask bob help '^ok'
}

@test "the examples of the manual work" {
    lab_board
    printf '[burchtest]\ngroup = vluser\naddress = %s\n' "$board" | lab_conf
    lab_serve
    # What sshd would run for `ssh [-t] lab [WORDS]`.
    mkdir "$lab/ssh"
    # shellcheck disable=SC2016
    printf '%s\n' '#!/bin/sh' '[ "$1" != -t ] || shift' 'shift' \
        'exec vlab-relay ${1:+-c "$*"}' >"$lab/ssh/ssh"
    chmod 755 "$lab/ssh" "$lab/ssh/ssh"
    sed -n 's/^\.Dl \$ //p' "$tree/bin/vlab-relay.1" | sed 's/\\e/\\/g' >"$lab/examples"
    assert_equal "$(wc -l <"$lab/examples")" 4
    PATH=$lab/ssh:$PATH run -0 as alice sh -ec "$(<"$lab/examples")" </dev/null
    assert_line 'rem burchtest 1 free, 0 held, 0 offline'
    assert_line 'userinfo 0 0 free 0'
    assert_line 'eversion vlab stand-in 0.1'
    assert_line 'activityinfo 0 0'
}
