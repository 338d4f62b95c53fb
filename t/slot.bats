#!/usr/bin/env bats
# Slots: how many run at a time, and who is next.
# shellcheck disable=SC2154
load lib
load run

setup() { run_setup; }
teardown() { lab_teardown; }

# append NAME [OPTION...] SLOT WORKERS TEXT: a command that adds TEXT to $lab/order.
append() {
    local text=${*: -1}
    # shellcheck disable=SC2016
    go "${@:1:$#-1}" sh -c 'echo "$1" >>"$2"' sh "$text" "$lab/order"
}

@test "the record of a slot says who has it since when, and what for" {
    hold a s 3
    hold b s 3
    run -0 roll slot s read call
    assert_line --index 0 --regexp "^1 [0-9]+ [0-9]{10,} user $EUID a test$"
    assert_line --index 1 --regexp "^2 [0-9]+ [0-9]{10,} user $EUID a test$"
    assert_line --index 2 end
    [ "$(cat "/proc/$(runner s)/comm")" = vlab-runner ]
}

@test "a slot that is given back is the next one's" {
    hold a s 3
    hold b s 3
    release a
    hold c s 3
    [ "$heard" = 'started 1' ]
    hold d s 3
    [ "$heard" = 'started 3' ]
}

@test "rolls are made when they are missing, and are the state's owner's" {
    hold a s 1
    run -0 stat -c '%a %u' "$VLAB_STATE/slot/s" "$VLAB_STATE/queue/s"
    local owner=$EUID
    [ "$EUID" -ne 0 ] || owner=2000
    assert_output "640 $owner"$'\n'"640 $owner"
}

@test "as many as there are workers run, the others wait in line and know their place" {
    hold a s 2
    hold b s 2
    go c s 2 true
    hear c '^queued 0$'
    go d s 2 true
    hear d '^queued 1$'
    release b
    hear c '^started 2$'
    hear d '^ended exit 0$'
}

@test "the line is first come, first served" {
    local i
    hold a s 1
    for i in {1..9}; do
        append "w$i" s 1 "$i"
        hear "w$i" "^queued $((i - 1))$"
    done
    release a
    hear w9 '^ended'
    [ "$(xargs <"$lab/order")" = '1 2 3 4 5 6 7 8 9' ]
}

@test "root is not led out of the state by whose it is" {
    need_root
    mkdir -m 700 "$lab/closed"
    rmdir "$VLAB_STATE/queue"
    ln -s "$lab/closed" "$VLAB_STATE/queue"
    run -0 env run s 1 true </dev/null
    assert_output 'failed EACCES'
    assert_dir_exists "$lab/closed"
    run ls "$lab/closed"
    assert_output ''
}

@test "a slot that is locked by who did not ask for it is no full line" {
    run -0 env run -x s 1 true </dev/null
    assert_output 'failed EBUSY'
}

@test "a full line refuses at once, and so does one for nobody" {
    hold a s 1
    run -0 env run -m 0 s 1 true </dev/null
    assert_output full
    go b -m 2 s 1 true
    hear b '^queued 0'
    go c -m 2 s 1 true
    hear c '^queued 1'
    run -0 env run -m 2 s 1 true </dev/null
    assert_output full
    go d -a s 1 true
    hear d '^queued 2'
    release a
    hear d '^ended exit 0'
    run -0 env run -m 0 s 1 true </dev/null
    assert_output $'started 1\nended exit 0'
}

@test "of 22 for five workers and a line of 16 all but one are served, in order" {
    local i
    for i in {1..5}; do
        hold "h$i" -m 16 s 5
    done
    for i in {1..16}; do
        append "w$i" -m 16 s 5 "$i"
        hear "w$i" "^queued $((i - 1))$"
    done
    run -0 env run -m 16 s 5 true </dev/null
    assert_output full
    # With one slot left, one runs at a time.
    release h3
    hear w16 '^ended exit 0'
    [ "$(xargs <"$lab/order")" = "$(echo {1..16})" ]
    for i in 1 2 4 5; do
        release "h$i"
    done
    all_free s
}

@test "who does not wait is refused when no slot is free" {
    hold a s 1
    run -0 env run -n s 1 true </dev/null
    assert_output full
    waiting s 0
    release a
    run -0 env run -n s 1 true </dev/null
    assert_output $'started 1\nended exit 0'
}

@test "nobody gets a free slot while somebody waits for it" {
    local pid
    hold a s 1
    go b s 1 true
    hear b '^queued 0'
    pid=$(roll queue s read waiters | sed -n 's/.* //p' | head -n 1)
    kill -STOP "$pid"
    release a
    run -0 env run -n s 1 true </dev/null
    assert_output full
    go c s 1 true
    hear c '^queued 1'
    kill -CONT "$pid"
    hear b '^ended exit 0'
    hear c '^ended exit 0'
}

# workers N: by a reload.
workers() {
    echo "$1" >"$lab/workers.new"
    mv "$lab/workers.new" "$lab/workers"
    : >"$VLAB_STATE/config.new"
    mv "$VLAB_STATE/config.new" "$VLAB_STATE/config.cdb"
}

@test "more workers by a reload are for those who wait already" {
    workers 1
    hold a s "$lab/workers"
    go b s "$lab/workers" cat "$lab/a.hold"
    hear b '^queued 0'
    go c s "$lab/workers" true
    hear c '^queued 1'
    workers 3
    hear b '^started 2'
    hear c '^started 3'
}

@test "fewer workers by a reload end nothing, and those too many count" {
    workers 3
    hold a s "$lab/workers"
    hold b s "$lab/workers"
    hold c s "$lab/workers"
    workers 2
    append d s "$lab/workers" d
    hear d '^queued 0'
    release a
    run -0 env run -n s "$lab/workers" true </dev/null
    assert_output full
    assert_file_not_exists "$lab/order"
    release c
    hear d '^started 1'
    hear d '^ended exit 0'
}

@test "who waits for a launcher that a reload has removed is told" {
    workers 1
    hold a s "$lab/workers"
    go b s "$lab/workers" true
    hear b '^queued 0'
    workers 0
    hear b '^failed ECANCELED'
    run -0 env run s 0 true </dev/null
    assert_output 'failed ECANCELED'
}

@test "a waiter killed in the middle holds up nobody, and all behind it move up" {
    local i
    hold a s 1
    for i in 1 2 3 4; do
        append "w$i" s 1 "$i"
        hear "w$i" "^queued $((i - 1))$"
    done
    kill -KILL "$(roll queue s read waiters | sed -n '2s/.* //p')"
    hear w2 '^gone'
    hear w3 '^queued 1$'
    hear w4 '^queued 2$'
    release a
    hear w4 '^ended'
    [ "$(xargs <"$lab/order")" = '1 3 4' ]
}

@test "who has waited as long as he may is told, and leaves the line" {
    hold a s 1
    go b -w 1 s 1 true
    hear b '^queued 0'
    go c s 1 true
    hear c '^queued 1'
    hear b '^failed ETIMEDOUT'
    hear c '^queued 0'
    waiting s 1
}

@test "who has come to a slot in time keeps it" {
    run -0 env run -w 1 -t 2 s 1 tail -f /dev/null </dev/null
    assert_output $'started 1\nlate\nended signal 15'
}

@test "who waits leaves the line with its parent" {
    hold a s 1
    go b s 1 true
    hear b '^queued 0'
    go c s 1 true
    hear c '^queued 1'
    kill -KILL "${talk_pid[b]}"
    hear c '^queued 0'
    waiting s 1
}

@test "slots of another name are others" {
    hold a s 1
    hold b board:10.0.0.1:7020 1
    [ "$heard" = 'started 1' ]
}

@test "what it is for is cut to the room there is" {
    hold a -T "$(printf 'x%.0s' {1..300})" s 1
    run -0 roll slot s read call
    assert_line --index 0 --regexp '^1 .* user [0-9]+ x{60,}$'
    hold b -T $'two\nlines\001' t 1
    run -0 roll slot t read call
    assert_line --index 0 --regexp 'user [0-9]+ two\?lines\?$'
}
