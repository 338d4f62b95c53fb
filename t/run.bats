#!/usr/bin/env bats
# Commands in slots: what they get, and that nothing of them is left.
# shellcheck disable=SC2154,SC2016
load lib
load run

setup() { run_setup; }
teardown() { lab_teardown; }

# once [OPTION...] WORD...: run a command in a slot, its output in $lab/out.
once() {
    rm -f "$lab/out"
    env run -o "$lab/out" "${@:1:$#}" </dev/null
}

# grow NAME [OPTION...]: a command with a child, one in a session of its own, a daemon, and
# a shell with a child. It says when they are there.
grow() {
    go "$@" -o "$lab/$1.grown" s 1 sh -c 'tail -f /dev/null &
        setsid tail -f /dev/null &
        (setsid tail -f /dev/null &)
        sh -c "tail -f /dev/null & wait" &
        wait'
    hear "$1" '^started'
    wait_until grown
}

# grown: are the five and the command there?
grown() {
    local -a pids
    mapfile -t pids < <(tree)
    [ ${#pids[@]} -eq 6 ]
}

# tree: the processes of the lab that are neither ours nor the runner's.
tree() {
    local pid
    for pid in $(lab_processes); do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        run | vlab-runner | vlab-guard | '') ;;
        *) echo "$pid" ;;
        esac
    done
}

# free_again: nothing of the tree is there, and the slot can be had.
free_again() {
    [ -z "$(tree)" ] && all_free s && [ "$(env run -n s 1 true </dev/null)" = $'started 1\nended exit 0' ]
}

@test "the exit code or the signal of the command is told" {
    run -0 once s 1 true
    assert_output $'started 1\nended exit 0'
    run -0 once s 1 sh -c 'exit 255'
    assert_output $'started 1\nended exit 255'
    run -0 once s 1 sh -c 'kill -USR1 $$'
    assert_output $'started 1\nended signal 10'
}

@test "the command gets its words as they are" {
    once s 1 printf '<%s>' 'a  b' '' '*' '$HOME' $'two\nlines' -- --help
    run -0 cat "$lab/out"
    assert_output $'<a  b><><*><$HOME><two\nlines><--><--help>'
}

@test "the environment, the directory and the umask are those of the order" {
    umask 077
    once -e 'A=1 2' -e B= -C "$lab/home" s 1 sh -c 'env | grep -v ^_=; pwd; umask'
    run -0 sort "$lab/out"
    assert_output "$(printf '%s\n' 'A=1 2' B= "$lab/home" 0022 "PATH=/usr/bin:/bin" "PWD=$lab/home" | sort)"
}

@test "the command is found through the PATH of the order" {
    printf '#!/bin/sh\necho mine\n' >"$lab/home/true"
    chmod 755 "$lab/home/true"
    once -e "PATH=$lab/home" s 1 true
    # PATH stands twice there, and the first counts.
    assert_file_empty "$lab/out"
    PATH=$lab/home:$PATH once s 1 true
    assert_file_empty "$lab/out"
    once s 1 "$lab/home/true"
    run -0 cat "$lab/out"
    assert_output mine
}

@test "the command has its three descriptors and no other" {
    exec 9</dev/null 15>"$lab/other"
    once s 1 readlink /proc/self/fd/{0..63}
    exec 9<&- 15>&-
    run -0 cat "$lab/out"
    assert_output "/dev/null"$'\n'"$lab/out"$'\n'"$lab/out"
}

@test "the command has no signal blocked or ignored, and a session of its own" {
    (
        trap '' INT TERM PIPE USR1 USR2
        once s 1 sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; ps -o pid=,sid=,pgid=,tty= -p $$'
    )
    run -0 cat "$lab/out"
    assert_line --index 0 --regexp '^SigBlk:.0+$'
    assert_line --index 1 --regexp '^SigIgn:.0+$'
    assert_line --index 2 --regexp '^ *([0-9]+) +\1 +\1 +\?$'
}

@test "runner and guard have names, and hold nothing of ours but rolls and the news" {
    exec 9</dev/null 15>"$lab/other"
    go a s 1 cat "$lab/a.hold" 2>/dev/null
    hear a '^started'
    exec 9<&- 15>&-
    mkfifo "$lab/in"
    hold b -i /dev/zero -o "$lab/out" t 1
    local one two
    one=$(runner t)
    two=$(child "$one")
    [ "$(cat "/proc/$one/comm" "/proc/$two/comm" | xargs)" = 'vlab-runner vlab-guard' ]
    for pid in "$one" "$two"; do
        run -0 find "/proc/$pid/fd" -type l -printf '%l\n'
        refute_output --partial "$lab/other"
        refute_output --partial "$lab/out"
        refute_output --partial /dev/zero
        [ "$(grep -c . <<<"$output")" -le 8 ]
    done
    release b
}

@test "a command that cannot be run is told by errno, and the slot is free" {
    run -0 once -l "$lab/log" s 1 /nowhere/command
    assert_output $'started 1\nfailed ENOENT'
    run -0 once -l "$lab/log" s 1 /etc/passwd
    assert_output $'started 1\nfailed EACCES'
    run -0 once -l "$lab/log" -C /nowhere s 1 true
    assert_output $'started 1\nfailed ENOENT'
    # As exit codes of sh(1), 127, 126 and 127.
    [ "$(xargs <"$lab/log")" = 'begin 1 ended 32512 begin 1 ended 32256 begin 1 ended 32512' ]
    free_again
}

@test "a command may be another user, who can touch neither its runner nor the rolls" {
    need_root
    as eve env true || skip "the lab's users cannot run anything"
    chmod 755 "$lab" "$VLAB_STATE"
    hold a s 2
    once -u 2005 -e "pids=$(runner s) $(child "$(runner s)")" -e "STATE=$VLAB_STATE" s 2 sh -c '
        id -u; id -G
        for pid in $pids $PPID; do
            kill -0 $pid && echo kill
            ls /proc/$pid/fd && echo fd
            (: >/proc/$pid/mem) && echo mem
        done
        (: <"$STATE/slot/s") && echo read
        (: >>"$STATE/queue/s") && echo write
        ls "/proc/$$/fd"
        true'
    run -0 grep -v -e denied -e permitted -e '^$' "$lab/out"
    assert_output $'2005\n2005\n0\n1\n2'
    release a
}

@test "another user's command cannot enter a directory that is closed to him" {
    need_root
    mkdir -m 700 "$lab/closed"
    run -0 once -u 2005 -C "$lab/closed" s 1 true
    assert_output $'started 1\nfailed EACCES'
}

@test "root's command may be where only root may be" {
    need_root
    mkdir -m 700 "$lab/closed"
    printf '#!/bin/sh\n' >"$lab/closed/tool"
    chmod 755 "$lab/closed/tool"
    run -0 once -C "$lab/closed" s 1 "$lab/closed/tool"
    assert_output $'started 1\nended exit 0'
}

@test "who is not root cannot run a command as somebody else" {
    need_root
    lab_give vlab "$lab"
    run -0 as vlab run -u 2001 s 1 true </dev/null
    assert_output $'started 1\nfailed EPERM'
}

@test "a command is ended when its time is over" {
    run -0 once -t 1 s 1 tail -f /dev/null
    assert_output $'started 1\nlate\nended signal 15'
}

@test "one that ignores that is killed after the grace, with all it has started" {
    run -0 once -t 1 s 1 sh -c 'trap "" TERM; tail -f /dev/null & (setsid tail -f /dev/null &); wait'
    assert_output $'started 1\nlate\nended signal 9'
    free_again
}

@test "a signal reaches the whole process group, and what the command makes of it is told" {
    go a -o "$lab/out" s 1 sh -c 'trap "echo shell" USR1
        sh -c "trap \"echo child; exit\" USR1; echo ready; tail -f /dev/null & wait" &
        wait; wait; exit 7'
    hear a '^started'
    wait_until grep -q ready "$lab/out"
    tell a signal 10
    hear a '^ended exit 7'
    run -0 sort "$lab/out"
    assert_output $'child\nready\nshell'
}

@test "whoever waits is over with a signal that ends, and with no other" {
    hold a s 1
    go b s 1 true
    hear b '^queued 0'
    go c s 1 true
    hear c '^queued 1'
    tell b signal 28
    tell b signal 17
    tell b signal 15
    hear b '^ended signal 15'
    hear c '^queued 0'
    tell c end
    hear c '^ended signal 15'
    wait_until waiting s 0
}

@test "where no more signals can be queued, none that ends a command is lost" {
    ulimit -i 0
    go a s 1 tail -f /dev/null
    hear a '^started'
    for sig in 1 2 3 9 15; do
        go b s 1 true
        hear b '^queued 0'
        tell b signal "$sig"
        hear b "^ended signal $sig$"
    done
    tell a signal 3
    hear a '^ended signal 3$'
    for sig in 1 2 9 15; do
        go a s 1 tail -f /dev/null
        hear a '^started'
        tell a signal "$sig"
        hear a "^ended signal $sig$"
    done
    # The end is TERM first, and KILL after the grace.
    go a s 1 sh -c 'trap "" TERM; tail -f /dev/null'
    hear a '^started'
    wait_until pgrep -x tail -P "$(child "$(child "$(runner s)")")" >/dev/null
    tell a end
    hear a '^ended signal 9$'
    free_again
}

@test "who has no descriptor left to share the slot with hears why" {
    run -0 bash -c 'exec 5</dev/null; ulimit -n 6; exec run s 1 true' </dev/null 3>&- 4>&-
    assert_output 'failed EMFILE'
}

@test "a stopped command is ended, too" {
    hold a s 1
    tell a signal 19
    wait_until stopped "$(child "$(child "$(runner s)")")"
    tell a end
    hear a '^ended signal 15'
}

stopped() {
    [ "$(ps -o stat= -p "$1" | cut -c 1)" = T ]
}

@test "what a command leaves behind is killed before its slot is free" {
    run -0 once -e "VLAB_LAB=$lab" s 1 sh -c '(setsid tail -f /dev/null &) & tail -f /dev/null & exit 3'
    assert_output $'started 1\nended exit 3'
    [ -z "$(tree)" ]
    all_free s
}

@test "a kill -9 of the command leaves nothing of it" {
    grow a
    kill -KILL "$(child "$(child "$(runner s)")")"
    hear a '^ended signal 9'
    [ -z "$(tree)" ]
    free_again
}

@test "a kill -9 of the guard leaves nothing of the command" {
    grow a -l "$lab/log"
    kill -KILL "$(child "$(runner s)")"
    hear a '^ended signal 9'
    [ -z "$(tree)" ]
    [ "$(xargs <"$lab/log")" = 'begin 1 ended 9' ]
    free_again
}

@test "a kill -9 of the runner leaves nothing of the command" {
    grow a
    kill -KILL "$(runner s)"
    hear a '^gone'
    [ -z "$(tree)" ]
    free_again
}

@test "a kill -9 of both runner and guard leaves nothing of the command" {
    local runner
    grow a
    runner=$(runner s)
    kill -KILL "$runner" "$(child "$runner")"
    hear a '^gone'
    [ -z "$(tree)" ]
    free_again
}

# unheld SLOT: is the record of it nobody's, though it may be shared?
unheld() {
    [ "$(roll slot "$1" read anybody)" -eq 0 ]
}

@test "a slot whose runner and guard were killed is nobody's before the command is gone" {
    local runner
    grow a
    runner=$(runner s)
    kill -STOP "${talk_pid[a]}"
    wait_until stopped "${talk_pid[a]}"
    kill -KILL "$runner" "$(child "$runner")"
    wait_until unheld s
    run -0 env run -n s 1 true </dev/null
    assert_output full
    kill -CONT "${talk_pid[a]}"
    hear a '^gone'
    [ -z "$(tree)" ]
    free_again
}

@test "a slot whose runner was killed is nobody's before the command is gone" {
    local runner guard
    grow a
    runner=$(runner s)
    guard=$(child "$runner")
    kill -STOP "$guard"
    kill -KILL "$runner"
    wait_until unheld s
    run -0 env run -n s 1 true </dev/null
    assert_output full
    go b s 1 true
    hear b '^queued 0'
    kill -CONT "$guard"
    hear b '^started 1'
    [ -z "$(tree)" ]
    hear b '^ended exit 0'
}

@test "a kill -9 of who has started it leaves nothing of it" {
    grow a -l "$lab/log"
    kill -KILL "${talk_pid[a]}"
    wait_until nothing_runs
    [ "$(xargs <"$lab/log")" = 'begin 1 ended 9' ]
    free_again
}

@test "a command that stays is finished when who has started it was killed" {
    hold a -s -l "$lab/log" s 1
    kill -KILL "${talk_pid[a]}"
    go b s 1 true
    hear b '^queued 0'
    [ "$(cat "$lab/log")" = 'begin 1' ]
    : >"$lab/a.hold"
    hear b '^ended exit 0'
    [ "$(xargs <"$lab/log")" = 'begin 1 ended 0' ]
}

# poked PID: have it look at the line until it is gone.
poked() {
    ! kill -USR2 "$1" 2>/dev/null
}

@test "who waits has ended when it has said so, whatever else it is told meanwhile" {
    hold a s 1
    go first s 1 true
    hear first '^queued 0'
    # They wait in the middle of what they say.
    for option in -d '-dw 1'; do
        # shellcheck disable=SC2086
        talk b strace -qqfo /dev/null -e trace=write -e inject=write:delay_enter=600000 \
            run -e "VLAB_LAB=$lab" $option s 1 true
        hear b '^queued 1'
        waiter=$(roll queue s read waiters | tail -n 2 | sed -n 's/.* \([0-9]*\)$/\1/p')
        [ "$option" != -d ] || tell b signal 15
        wait_until poked "$waiter"
        hear b '^(ended signal 15|failed ETIMEDOUT)'
        ended b
    done
    release a
    hear first '^ended exit 0'
    all_free s
}

@test "one that stays but waits goes with who has started it; one that is detached does not" {
    hold a s 1
    go b -s -l "$lab/b.log" s 1 true
    hear b '^queued 0'
    go c -d -l "$lab/c.log" s 1 true
    hear c '^queued 1'
    kill -KILL "${talk_pid[b]}" "${talk_pid[c]}"
    wait_until waiting s 1
    release a
    wait_until grep -q ended "$lab/c.log"
    assert_file_empty "$lab/b.log"
}

@test "of a command that stayed nothing is left, whoever of its two is killed" {
    local which runner
    for which in runner guard; do
        grow $which -s
        kill -KILL "${talk_pid[$which]}"
        wait_until gone "${talk_pid[$which]}"
        runner=$(runner s)
        [ $which = guard ] && kill -KILL "$(child "$runner")" || kill -KILL "$runner"
        wait_until nothing_runs
        free_again
    done
}

@test "a command that stays still ends when its time is over" {
    go a -s -t 1 -l "$lab/log" s 1 tail -f /dev/null
    hear a '^started'
    kill -KILL "${talk_pid[a]}"
    wait_until grep -q 'ended 15' "$lab/log"
}

@test "a tree that forks faster than it can be looked at is ended" {
    go a -o "$lab/out" s 1 "$lab_tree/t/flee" 20
    wait_until grep -q running "$lab/out"
    tell a signal 9
    hear a '^ended signal 9'
    [ -z "$(tree)" ]
    free_again
}

# storm_client: one that wants a slot, and of whom most are struck by a kill -9 somewhere.
storm_client() {
    local options=()
    [ $((RANDOM % 4)) -gt 0 ] || options=(-s)
    [ $((RANDOM % 4)) -eq 0 ] || options+=(-k "$((RANDOM % 4)):$((RANDOM % 70))")
    (lab_exec run "${options[@]}" -e "VLAB_LAB=$lab" s 3 "$lab_tree/t/place" "$lab/places" 3 \
        $((RANDOM % 60))) </dev/null >>"$lab/said" 2>&1 3>&- &
    # It may be gone by now.
    disown 2>/dev/null || :
}

# How many of the clients live?
clients() {
    local pid n=0
    for pid in $(lab_processes); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != run ] || n=$((n + 1))
    done
    echo "$n"
}

fewer_clients() {
    [ "$(clients)" -lt 24 ]
}

@test "whoever is killed, and when: never do more run than there are workers, and all ends" {
    local seed=${SEED:-$((EPOCHSECONDS % 32768))} i n
    echo "SEED=$seed"
    RANDOM=$seed
    mkdir "$lab/places"
    for ((i = 0; i < 20; ++i)); do
        for n in {1..12}; do
            storm_client
        done
        wait_until fewer_clients
    done
    wait_until -t 60 nothing_runs
    sort "$lab/said" | uniq -c
    assert_file_not_exists "$lab/places/over"
    # Where each ended: it did happen.
    for n in 'ended exit 0' 'ended signal 9' gone; do
        grep -q "^$n" "$lab/said"
    done
    all_free s
    waiting s 0
    free_again
}
