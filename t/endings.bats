#!/usr/bin/env bats
# Every way a session of vlab-relay ends, and what comes unasked before.

load lib
load relay

@test "a kick ends the relay and its board connection at once, and the client hears why" {
    lab_board
    pool "$board"
    connected alice
    vlab-kick -m 'the lab is closed' "$board"
    hear alice '^error disconnect .*the lab is closed' 1
    ended alice 1
    assert_equal "$code" 111
    wait_until -t 1 nobody_at "$board"
}

@test "a helper that is killed ends the session at once, in every stage" {
    lab_board
    pool "$board"
    for stage in '' 'connect pool' 'useuart 0'; do
        by alice
        tell alice list
        hear alice ^endlist
        if [ -n "$stage" ]; then
            tell alice connect pool
            hear alice ^eversion
        fi
        if [ "$stage" = 'useuart 0' ]; then
            tell alice useuart 0
            hear alice '^usinguart$'
        fi
        kill_helpers
        ended alice 1
        assert_equal "$code" 111
        if [ "$stage" = 'useuart 0' ]; then
            silent alice
        else
            hear alice '^error disconnect the helper has gone$'
        fi
        wait_until -t 1 nobody_at "$board"
    done
}

@test "a killed relay frees its board at once" {
    lab_board
    pool "$board"
    connected alice
    by bob
    tell bob connect pool wait
    hear bob '^rem waiting 0 ahead$'
    kill -KILL "${talk_pid[alice]}"
    hear bob '^ok ' 1
}

@test "a broadcast comes in both line stages, and never inside a line of the board" {
    fake_board 'printf "rem half a"; read -r; printf " line\n"; cat'
    pool "$board"
    by alice
    tell alice list
    hear alice ^endlist
    vlab-wall first
    hear alice '^wall .*first'
    tell alice connect pool
    hear alice ^eversion
    wait_until grep -q 'half a$' "$lab/alice.out"
    vlab-wall second
    vlab-wall third
    tell alice go on
    hear alice '^rem half a line$'
    hear alice '^wall .*second'
    hear alice '^wall .*third'
}

@test "no broadcast mixes with the bytes of a UART" {
    lab_board
    pool "$board"
    connected alice
    tell alice useuart 0
    hear alice '^usinguart$'
    vlab-wall not here
    tell alice something
    hear alice ''
    assert_equal "$heard" something
    assert_equal "$(cat "$lab/alice.err")" ''
}

@test "who says nothing for too long is ended, in both line stages, and rem is something" {
    with 'timeout = 1'
    lab_board
    pool "$board"
    for stage in '' 'connect pool'; do
        by alice
        if [ -n "$stage" ]; then
            tell alice "$stage"
            hear alice ^eversion
        fi
        clock
        for ((i = 0; i < 3; i++)); do
            for ((k = 0; k < 25; k++)); do pause; done
            tell alice rem keep alive
        done
        hear alice '^error timeout '
        run ! took_less 2
        ended alice 1
        assert_equal "$code" 1
        wait_until -t 1 nobody_at "$board"
    done
}

@test "a UART may be silent, and who waits may too, for longer than the limit" {
    with 'timeout = 1'
    lab_board
    pool "$board"
    connected alice
    tell alice useuart 0
    hear alice '^usinguart$'
    by bob
    tell bob connect pool wait
    hear bob '^rem waiting'
    for ((k = 0; k < 75; k++)); do pause; done
    tell alice still here
    hear alice '^still here$'
    hang_up alice
    hear bob '^eversion'
    ask bob check '^boardinfo'
}

@test "who sends no more still gets the answers, and the session ends with 0, at once" {
    lab_board
    pool "$board"
    clock
    run -0 as alice vlab-relay < <(printf 'connect pool\nshowbits\nuseuart 0\nthe last word')
    assert_line endlist
    assert_line 'the last word'
    run -0 as alice vlab-relay < <(printf 'connect pool\nshowbits\n')
    assert_line endlist
    took_less 4
}

@test "what was said last is heard, also by a client who is slow to read it" {
    lab_board
    pool "$board"
    connected alice
    kill -STOP "${talk_pid[alice]}"
    vlab-kick -m 'one reason' "$board" || :
    kill -CONT "${talk_pid[alice]}"
    hear alice '^error disconnect .*one reason'
}

@test "a board is heard for as long as it goes on answering who sends no more" {
    fake_board 'read -r; cat >/dev/null; for i in 1 2; do read -rt 3 <> <(:); echo "rem $i"; done; echo ok'
    pool "$board"
    run -0 as alice vlab-relay < <(printf 'connect pool\nprogram 0 1\n')
    assert_line ok
}

@test "a board that does not close after the client's end is left after 5 s" {
    fake_board 'while :; do read -r || read -rt 0.1 <> <(:); done'
    fake_board 'read -r; printf "usinguart\n"; while :; do read -rt 1 <> <(:); done'
    pool "${boards[@]}"
    clock
    talk one as alice vlab-relay
    tell one connect pool
    hear one ^eversion
    talk two as bob vlab-relay
    tell two connect pool
    hear two ^eversion
    tell two useuart 0
    hear two ^usinguart
    hang_up one
    hang_up two
    ended one 7
    assert_equal "$code" 0
    ended two 7
    assert_equal "$code" 0
    took_less 7
}

@test "a board that dies ends the session: the client gets what it said, and error disconnect" {
    fake_board 'read -r; printf "ok one\nok two\nhalf"; exit'
    pool "$board"
    connected alice
    tell alice check
    hear alice '^ok one$'
    hear alice '^ok two$'
    hear alice '^half$'
    hear alice '^error disconnect '
    ended alice
    assert_equal "$code" 111
}

@test "a board that dies in raw mode ends the session, and adds nothing to what it said" {
    fake_board 'read -r; printf "usinguart\nlast words"; exit'
    pool "$board"
    connected alice
    tell alice useuart 0
    ended alice
    assert_equal "$code" 111
    assert_equal "$(tail -n 1 "$lab/alice.out")" 'last words'
}

@test "a client whose reader is gone ends at once, and its board is free" {
    lab_board
    pool "$board"
    mkfifo -m 666 "$lab/out"
    for mode in check 'useuart 0'; do
        # shellcheck disable=SC2016
        talk alice as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out"
        exec {out}<"$lab/out"
        tell alice connect pool
        tell alice "$mode"
        until [[ $REPLY =~ ^(activityinfo|usinguart) ]]; do
            read -r <&"$out"
        done
        # It sleeps: there is nothing to be said, so nothing it would notice by saying it.
        wait_until asleep "${talk_pid[alice]}"
        exec {out}<&-
        ended alice 2
        wait_until -t 1 nobody_at "$board"
    done
}

@test "descriptors get back the flags they had" {
    # shellcheck disable=SC2016
    talk alice bash -c '
        grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 >"$1/before"
        vlab-relay
        grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 >"$1/after"' bash "$lab"
    hear alice ^rversion
    tell alice quit
    ended alice
    run -0 cat "$lab/before"
    assert_line --partial flags
    assert_output - <"$lab/after"
}
