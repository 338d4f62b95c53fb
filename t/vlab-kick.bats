#!/usr/bin/env bats
# How an administrator ends sessions.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
load hold
setup() { hold_setup; }
teardown() { lab_teardown; }

# holders BOARD: who holds it, in how many sessions.
holders() {
    vlab-ls -j | jq -r ".pools[].boards[] | select(.address == \"$1\") |
        \"\\(.state) \\(.user) \\(.sessions | length)\""
}

@test "all sessions of a board end, with the text, and the board is free when vlab-kick returns" {
    hold a alice one
    hold a2 alice one
    hold b bob pool
    run -0 vlab-kick -m "the board is needed" 10.0.0.3:7021
    assert_output ""
    assert_equal "$(holders 10.0.0.3:7021)" "free null 0"
    for name in a a2; do
        hear $name '^error disconnect the board is needed$'
        ended $name
        assert_equal "$code" 0
    done
    assert_equal "$(holders 10.0.0.1)" "held bob 1"
}

@test "without a text the user is told that it was the administrator" {
    hold a alice one
    vlab-kick 10.0.0.3:7021
    hear a '^error disconnect the administrator has ended this session$'
}

@test "all sessions of a user end, on whatever boards, and nobody else's" {
    hold a alice pool
    hold a2 alice one
    hold b bob pool
    vlab-kick -u alice -m bye
    hear a '^error disconnect bye$'
    hear a2 '^error disconnect bye$'
    assert_equal "$(holders 10.0.0.3:7021)" "free null 0"
    assert_equal "$(holders 10.0.0.1)" "free null 0"
    assert_equal "$(holders 10.0.0.2)" "held bob 1"
    run -1 vlab-kick -u alice
    assert_output "vlab-kick: fatal: alice holds no board"
}

@test "a user may be named by his number" {
    hold a alice pool
    run -1 vlab-kick -u 2002
    vlab-kick -u 2001
    ended a
}

@test "with user and board, somebody else who holds the board keeps it" {
    hold b bob one
    hold a alice pool
    run -1 vlab-kick -u alice 10.0.0.3:7021
    assert_output "vlab-kick: fatal: 10.0.0.3:7021 is held by bob, not by alice"
    assert_equal "$(holders 10.0.0.3:7021)" "held bob 1"
    assert_equal "$(holders 10.0.0.1)" "held alice 1"
    vlab-kick -u bob 10.0.0.3:7021
    hear b '^error disconnect'
}

@test "who waits in the line is not ended but served" {
    hold a alice one
    queue b bob one
    vlab-kick 10.0.0.3:7021
    hear b '^boardassign 10.0.0.3 7021$'
}

@test "a board that is no longer in the config can be had back too" {
    hold a alice one
    sed -i '/\[one\]/,$d' "$VLAB_CONF"
    lab_compile
    assert_equal "$(vlab-ls -j | jq -r '.removed[].user')" alice
    vlab-kick 10.0.0.3:7021
    ended a
    assert_equal "$(vlab-ls -j | jq -c .removed)" "[]"
    hold b bob pool
    sed -i 's/10.0.0.1/10.0.0.9/' "$VLAB_CONF"
    lab_compile
    vlab-kick -u bob
    ended b
}

@test "a board may be named as in the config, also when the config is gone" {
    sed -i '1i port = 7021' "$VLAB_CONF"
    lab_compile
    hold a alice one
    vlab-kick 10.0.0.3
    ended a
    rm "$VLAB_STATE/config.cdb"
    run -1 vlab-kick 10.0.0.3:7021
    assert_output "vlab-kick: fatal: nobody holds 10.0.0.3:7021"
}

@test "a helper that does not end is killed after 5 s, and a person who waits is told what for" {
    hold a alice one
    hold b bob pool
    kill -STOP "${talk_pid[a]}" "${talk_pid[b]}"
    talk person script -qec "vlab-kick 10.0.0.1" /dev/null
    start=${EPOCHREALTIME//[!0-9]/}
    run -0 vlab-kick 10.0.0.3:7021
    took=$((${EPOCHREALTIME//[!0-9]/} - start))
    assert_output ""
    ((took >= 4900000)) || fail "killed after $took us"
    assert_equal "$(holders 10.0.0.3:7021)" "free null 0"
    ended a
    assert_equal "$code" 137
    hear person "^vlab-kick: waiting for pid ${talk_pid[b]} of bob to leave 10.0.0.1$"
    ended person
    assert_equal "$code" 0
}

@test "nobody there is answered no" {
    run -1 vlab-kick 10.0.0.1
    assert_output "vlab-kick: fatal: nobody holds 10.0.0.1"
    run -1 vlab-kick -u alice 10.0.0.1
    run -1 vlab-kick -u nobody
    hold a alice pool
    kill -KILL "${talk_pid[a]}"
    run -1 vlab-kick "$held"
    assert_output "vlab-kick: fatal: nobody holds $held"
}

@test "wrong usage and what is no address are mistakes" {
    for words in "" "-m text" "10.0.0.1 10.0.0.2" "-u alice 10.0.0.1 10.0.0.2" "-x"; do
        # shellcheck disable=SC2086
        run -100 vlab-kick $words
        assert_line "usage: vlab-kick [-m text] [-u user] board"
    done
    run -100 vlab-kick ../user/2001
    assert_output "vlab-kick: fatal: ../user/2001 is no address of a board: it is HOST, HOST:PORT, [IPV6] or [IPV6]:PORT"
    run -100 vlab-kick -m "$(printf %300s '')" 10.0.0.1
    assert_output "vlab-kick: fatal: the text is longer than 254 characters"
}

@test "a board that there is not is answered no, and so is a pool" {
    run -1 vlab-kick 10.9.9.9
    assert_output "vlab-kick: fatal: there is no board 10.9.9.9: vlab-ls lists them"
    run -1 vlab-kick -u alice one
    assert_output "vlab-kick: fatal: one is a pool, not a board: vlab-ls one lists its boards"
    lab_conf <<<$'[a_b]\naddress = 10.0.0.1\nuser = eve'
    run -1 vlab-kick a_b
    assert_output "vlab-kick: fatal: a_b is a pool, not a board: vlab-ls a_b lists its boards"
}

@test "without a config, and without a state directory, it says what to do" {
    rm -r "${VLAB_STATE:?}"/*
    for words in 10.0.0.1 one "-u alice"; do
        # shellcheck disable=SC2086
        run -111 vlab-kick $words
        assert_output "vlab-kick: fatal: unable to open $VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
    done
    rmdir "$VLAB_STATE"
    run -111 vlab-kick 10.0.0.1
    assert_output --partial "$VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
}

@test "a text of any bytes is one line of printable ones" {
    hold a alice one
    vlab-kick -m $'go\nerror \e[2J\xff' 10.0.0.3:7021
    hear a '^error disconnect go error  \[2J\?$'
}

@test "only root and the user vlab may end sessions" {
    need_root
    hold a alice one
    for words in 10.0.0.3:7021 "-u alice" 10.9.9.9; do
        # shellcheck disable=SC2086
        run -1 as alice vlab-kick $words
        assert_output "$(refused vlab-kick)"
    done
    assert_equal "$(holders 10.0.0.3:7021)" "held alice 1"
    as vlab vlab-kick 10.0.0.3:7021
    ended a
}

@test "who may not signal the helper is told so, and the session goes on" {
    need_root
    talk a vlab-mutex -e
    tell a setuid "${lab_uid[alice]}"
    tell a boardrequest one
    hear a '^boardassign '
    run -111 as vlab vlab-kick 10.0.0.3:7021
    assert_output "vlab-kick: warning: unable to signal pid ${talk_pid[a]} of alice: Operation not permitted"
    assert_equal "$(holders 10.0.0.3:7021)" "held alice 1"
    kill "${talk_pid[a]}"
    hear a '^error disconnect the service ends$'
}

@test "a session on another host is not ended, and that is said" {
    need_root
    far f alice one faraway
    hold a alice pool
    run -111 vlab-kick -u alice
    assert_output "vlab-kick: warning: alice holds 10.0.0.3:7021 from faraway (pid ${talk_pid[f]}): run vlab-kick there"
    ended a
    assert_equal "$(holders 10.0.0.3:7021)" "held alice 1"
    kill "${talk_pid[f]}"
    hear f '^error disconnect the service ends$'
}

@test "the examples of the manual work" {
    sed -i 's/10.0.0.3:7021/192.168.124.51/' "$VLAB_CONF"
    lab_compile
    mapfile -t line < <(examples vlab-kick.8)
    assert_equal "${#line[@]}" 3
    hold a alice one
    bash -c "${line[0]}"
    hear a '^error disconnect the nightly build needs it$'
    hold b bob one
    bash -c "${line[1]}"
    bash -c "${line[2]}"
    hear b '^error disconnect'
    assert_equal "$(holders 192.168.124.51)" "offline null 0"
}

# come_and_go USER: hold the board for a moment, again and again, while $lab/go exists.
come_and_go() {
    while [ -e "$lab/go" ]; do
        {
            printf 'setuid %s\nboardrequest one wait\n' "${lab_uid[$1]}"
            read -rt "0.0$((RANDOM % 10))" <> <(:) || :
        } | as vlab vlab-mutex -e >>"$lab/$1.said"
    done
}

@test "ending a user's session on a board never hits the next user" {
    RANDOM=${SEED:=$(date +%s)}
    echo "SEED=$SEED"
    touch "$lab/go"
    come_and_go alice 3>&- &
    alice=$!
    come_and_go bob 3>&- &
    bob=$!
    hits=0
    end=$((SECONDS + 30))
    while ((hits < 5 && SECONDS < end)); do
        ! vlab-kick -m hit -u alice 10.0.0.3:7021 2>/dev/null || hits=$((hits + 1))
    done
    rm "$lab/go"
    wait $alice $bob
    echo "$hits hits"
    ((hits == 5))
    grep -q '^boardassign' "$lab/bob.said"
    grep -q '^error disconnect hit' "$lab/alice.said"
    run -1 grep disconnect "$lab/bob.said"
}
