#!/usr/bin/env bats
# The line of those who wait for a board of a pool.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load clients

setup() {
    lab_setup
    lab_conf <<'CONF'
sessions = 1024
[pool]
address = 10.0.0.1
group = vluser
CONF
    lab_serve
}

teardown() {
    lab_teardown
}

# A holder of the one board, then bob, carol and dave in line.
three_wait() {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    for name in bob carol dave; do
        client "$name" "$name"
        ask "$name" boardrequest pool wait
        answer "$name" 'rem waiting'
    done
}

@test "who waits is told how many are ahead, and each step" {
    three_wait
    [ "$heard" = "rem waiting 2 ahead" ]
    hang_up bob
    answer dave 'rem waiting'
    [ "$heard" = "rem waiting 1 ahead" ]
    hang_up carol
    answer dave 'rem waiting'
    [ "$heard" = "rem waiting 0 ahead" ]
    hang_up holder
    answer dave ''
    [ "$heard" = "boardassign 10.0.0.1 7020" ]
}

@test "who becomes the head just before waiting for the one ahead is told so" {
    need_root
    three_wait
    # Time enough for bob to go after dave has looked, and before he waits.
    lab_start strace -qq -o "$lab/trace" -p "$(helper_of dave)" -e trace=rt_sigprocmask \
        -e inject=rt_sigprocmask:delay_enter=200000
    wait_until traced "$(helper_of dave)"
    hang_up carol
    answer dave 'rem waiting 1'
    kill -KILL "$(helper_of bob)"
    answer dave 'rem waiting 0'
}

traced() {
    [ "$(sed -n 's/^TracerPid:[^0-9]*//p' "/proc/$1/status")" != 0 ]
}

@test "the line is first come, first served" {
    local order='' name
    three_wait
    hang_up holder
    for name in bob carol dave; do
        answer "$name" boardassign
        for other in bob carol dave; do
            [ "$other" = "$name" ] || [[ " $order" == *" $other"* ]] ||
                run ! grep boardassign "$lab/$other.out"
        done
        order+=" $name"
        hang_up "$name"
    done
    assert_equal "$order" ' bob carol dave'
    wait_until board_is 10.0.0.1 free
}

@test "a waiter who hangs up leaves the line at once" {
    three_wait
    hang_up carol
    wait_until waiting pool bob dave
    hang_up holder
    answer bob boardassign
    hang_up bob
    answer dave boardassign
    run ! grep boardassign "$lab/carol.out"
}

@test "a waiter killed with -9, or whose helper is, does not stop the line" {
    three_wait
    kill -KILL "${talk_pid[bob]}"
    wait_until waiting pool carol dave
    kill -KILL "$(helper_of carol)"
    wait_until waiting pool dave
    answer dave 'rem waiting 0'
    hang_up holder
    answer dave boardassign
}

@test "a stopped waiter keeps his place, and the line goes on when he dies" {
    three_wait
    kill -STOP "$(helper_of bob)"
    hang_up holder
    wait_until board_is 10.0.0.1 free
    # Stopped, he takes no board, and nobody takes it from him.
    client eager alice
    ask eager boardrequest pool
    answer eager 'error busy'
    kill -KILL "$(helper_of bob)"
    answer carol boardassign
}

@test "wait SECONDS ends with busy, and the connection is usable afterwards" {
    three_wait
    client late alice
    ask late boardrequest pool new wait 1
    answer late 'rem waiting 3'
    local start=${EPOCHREALTIME//[!0-9]/}
    answer late 'error busy'
    (( ${EPOCHREALTIME//[!0-9]/} - start < 3000000 ))
    waiting pool bob carol dave
    quiet late
    ask late boardrequest pool
    answer late boardassign
}

@test "time that runs out while a broadcast is passed on ends the wait after it" {
    need_root
    three_wait
    client late alice
    ask late boardrequest pool new wait 1
    answer late 'rem waiting 3'
    lab_start strace -qq -o "$lab/trace" -p "$(helper_of alice 2)" \
        -P "$VLAB_STATE/wall" -e trace=openat -e inject=openat:delay_enter=1500000
    wait_until traced "$(helper_of alice 2)"
    vlab-wall hello
    answer late ''
    assert_equal "$heard" 'wall hello'
    answer late ''
    assert_regex "$heard" '^error busy'
    quiet late
}

@test "the head's time runs out too" {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client bob bob
    ask bob boardrequest pool wait 1
    answer bob 'error busy'
    waiting pool
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    hang_up holder
    answer bob boardassign
}

@test "commands behind a waiting boardrequest are answered after it, in order" {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client bob bob
    tell bob 'raw 0 boardrequest pool wait\nnonsense\nuserrequest pool\nhelp\n'
    answer bob 'rem waiting 0'
    hang_up holder
    answer bob boardassign
    answer bob ''
    [[ $heard == "error command"* ]]
    answer bob ''
    [ "$heard" = "userinfo 0 1 bob 1" ]
    answer bob ''
    [ "$heard" = "endlist" ]
    answer bob ''
    [[ $heard == "ok setuid"* ]]
}

@test "nobody barges: in 500 tries the freed board is the head's" {
    need_root
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run line barge pool 125 "$seed" 2001 2002 2003 2004
    assert_success
    wait_until board_is 10.0.0.1 free
}

@test "a line of 200 drains whole and in order while clients and helpers are killed" {
    need_root
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run line drain pool 200 "$seed" 2001 2002 2003 2004
    assert_success
    wait_until board_is 10.0.0.1 free
    waiting pool
}

@test "who does not read does not stop the line" {
    need_root
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client deaf bob
    ask deaf boardrequest pool wait
    answer deaf 'rem waiting 0'
    client next carol
    ask next boardrequest pool wait
    answer next 'rem waiting 1'
    tell deaf deaf 0
    # More than a socket takes.
    for i in {1..400}; do
        vlab-wall "$i so many words that nobody reads them so many words that nobody reads"
    done
    answer next 'wall 400'
    hang_up holder
    wait_until board_is 10.0.0.1 'held bob 2002 1'
    hang_up deaf
    answer next boardassign
}

@test "a reload that adds a board wakes the head" {
    three_wait
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
CONF
    answer bob boardassign
    [ "$heard" = "boardassign 10.0.0.2 7020" ]
    waiting pool carol dave
}

@test "a reload that removes the pool sends all who wait away with unknownboard" {
    three_wait
    lab_conf <<'CONF'
[other]
address = 10.0.0.2
group = vluser
CONF
    for name in bob carol dave; do
        answer "$name" 'error unknownboard'
    done
    waiting pool
    board_is 10.0.0.1 'held alice 2001 1'
    ask bob boardrequest other
    answer bob boardassign
}

@test "a reload that takes the right away sends the user away, and the line goes on" {
    three_wait
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
user = carol
CONF
    answer bob 'error permission'
    answer carol 'rem waiting 0'
    hang_up holder
    answer carol boardassign
}

@test "a board whose offline mark is cleared wakes the head" {
    vlab-offline -m repair 10.0.0.1
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    client eager alice
    ask eager boardrequest pool
    answer eager 'error busy'
    vlab-offline -c 10.0.0.1
    answer bob boardassign 1
}

@test "a board whose time offline is over goes to the head" {
    vlab-offline -t 3 10.0.0.1
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    answer bob boardassign 6
}

@test "two pools that share a board have a line each, and both heads wait for it" {
    lab_conf <<'CONF'
[pool]
address = 10.0.0.1
group = vluser
[both]
address = 10.0.0.1
group = vluser
CONF
    client holder alice
    ask holder boardrequest both
    answer holder boardassign
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    client carol carol
    ask carol boardrequest both wait
    answer carol 'rem waiting 0'
    hang_up holder
    wait_until grep -q boardassign "$lab/bob.out" "$lab/carol.out"
    if grep -q boardassign "$lab/bob.out"; then
        first=bob second=carol
    else
        first=carol second=bob
    fi
    board_is 10.0.0.1 "held $first ${lab_uid[$first]} 1"
    run ! grep boardassign "$lab/$second.out"
    hang_up "$first"
    answer "$second" boardassign
}

@test "who holds a board of the pool joins it at once, past those who wait" {
    three_wait
    client again alice
    ask again boardrequest pool wait
    answer again boardassign
    board_is 10.0.0.1 'held alice 2001 2'
    hang_up holder
    wait_until board_is 10.0.0.1 'held alice 2001 1'
    run ! grep -h boardassign "$lab"/{bob,carol,dave}.out
    hang_up again
    answer bob boardassign
}

@test "new is a board that nobody holds, not even the same user" {
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client again alice
    ask again boardrequest pool new
    answer again 'error busy'
    ask again boardrequest pool new wait
    answer again 'rem waiting 0'
    hang_up holder
    answer again boardassign
}

@test "without inotify the head still has a free board within a second or so" {
    need_root
    talk hog as vlab hog
    hear hog full
    client holder alice
    ask holder boardrequest pool
    answer holder boardassign
    client bob bob
    ask bob boardrequest pool wait
    answer bob 'rem waiting 0'
    hang_up holder
    answer bob boardassign 3
}

@test "a waiting head uses no more memory after many reloads" {
    three_wait
    local helper before
    helper=$(helper_of bob)
    before=$(wc -l <"/proc/$helper/maps")
    for i in {1..20}; do
        lab_compile
        wait_until sees_config "$helper"
    done
    assert_equal "$(wc -l <"/proc/$helper/maps")" "$before"
    hang_up holder
    answer bob boardassign
}

# Does this process have the current config.cdb mapped?
sees_config() {
    [[ $(grep config.cdb "/proc/$1/maps") == *" $(stat -c %i "$VLAB_STATE/config.cdb") "* ]]
}

@test "who waits twice gets in twice: the second meets the first on his board" {
    client a alice
    ask a boardrequest pool new
    answer a boardassign
    client one bob
    ask one boardrequest pool wait
    answer one 'rem waiting 0'
    client two carol
    ask two boardrequest pool wait
    answer two 'rem waiting 1'
    client three bob
    ask three boardrequest pool wait
    answer three 'rem waiting 2'
    tell a quit
    answer one 'boardassign 10.0.0.1'
    answer three 'boardassign 10.0.0.1'
    answer two 'rem waiting 0'
}
