#!/usr/bin/env bats
# vlab-relay and a peer who says too much, or does not read.

load lib
load relay

@test "who does not read is not read from, and the relay stays small" {
    fake_board 'read -r; printf "usinguart\n"; exec cat /dev/zero'
    uart=$board
    pool "$uart"
    mkfifo -m 666 "$lab/out"
    # shellcheck disable=SC2016
    (lab_exec as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out") \
        < <(printf 'connect pool\nuseuart 0\n'; exec cat /dev/zero 3>&-) 2>/dev/null 3>&- &
    relay=$!
    lab_pids+=("$relay")
    exec {out}<"$lab/out"
    read -r <&"$out"
    wait_until sh -c "ss -Htn state established dst $uart | awk '{ exit !(\$1 > 100000) }'"
    memory_is_small "$relay"
    wait_until -t 30 asleep "$relay"
    # He reads again: it goes on.
    assert_equal "$(head -c 10000000 <&"$out" | wc -c)" 10000000
    # The helper is lost while he does not read: it ends.
    kill_helpers
    wait_until -t 2 gone "$relay"
    exec {out}<&-
}

@test "a client who floods the relay with commands and reads no answer costs no memory" {
    fake_board 'exec yes ok'
    pool "$board"
    mkfifo -m 666 "$lab/out"
    long="help $(printf %0900d 0)"
    for first in rem 'connect pool'; do
        # shellcheck disable=SC2016
        (lab_exec as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out") \
            < <(echo "$first"; exec yes "$long" 3>&-) 2>/dev/null 3>&- &
        relay=$!
        lab_pids+=("$relay")
        exec {out}<"$lab/out"
        wait_until -t 30 asleep "$relay"
        memory_is_small "$relay"
        # A helper that is lost ends it also now.
        if [ "$first" != rem ]; then
            kill_helpers
            wait_until -t 2 gone "$relay"
        fi
        exec {out}<&-
        wait_until -t 2 gone "$relay"
    done
}

@test "a helper lost in the middle of a long answer ends a relay whose client does not read" {
    printf '127.0.1.%d\n127.0.2.%d\n' {1..254}{,,,,,,,} >"$lab/addresses"
    mapfile -t addresses < <(awk '{ print $1 ":" 1000 + NR }' "$lab/addresses")
    pool "${addresses[@]}" >/dev/null
    mkfifo -m 666 "$lab/out"
    # shellcheck disable=SC2016
    talk alice as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out"
    exec {out}<"$lab/out"
    tell alice userrequest pool
    wait_until asleep "${talk_pid[alice]}"
    kill_helpers
    wait_until -t 3 gone "${talk_pid[alice]}"
    exec {out}<&-
}

@test "1 MB without a newline, NUL bytes and noise are one bad command each, in bounded memory" {
    by alice
    head -c 1000000 /dev/zero | tr '\0' x >&"${talk_fd[alice]}"
    tell alice ''
    hear alice '^error command x*$'
    printf 'a\0b\n' >&"${talk_fd[alice]}"
    hear alice '^error command a\?b: '
    head -c 100000 /dev/urandom >&"${talk_fd[alice]}"
    tell alice ''
    tell alice help
    hear alice '^ok connect'
    memory_is_small "${talk_pid[alice]}"
    run ! grep -q '[^ -~]' "$lab/alice.out"
}

@test "the same to a board goes through, for it is the board's to judge" {
    fake_board 'cat >"$0.got"'
    pool "$board"
    connected alice
    head -c 300000 /dev/urandom | tr -d '\n\r' >"$lab/noise"
    printf 'a\0b\n' >>"$lab/noise"
    cat "$lab/noise" >&"${talk_fd[alice]}"
    wait_until cmp -s "$lab/noise" "$lab/fake.0.got"
    memory_is_small "${talk_pid[alice]}"
}
