#!/usr/bin/env bats
# The one primitive: rolls.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    mkdir "$VLAB_STATE"/{board,line,user}
}

teardown() {
    lab_teardown
}

# someone NAME [KIND NAME]: a process with the roll board/b, or another, open.
someone() {
    talk "$1" roll "${2:-board}" "${3:-b}" create
}

# order NAME TEXT REGEX: have it do something, which comes to this.
order() {
    tell "$1" "$2"
    hear "$1" ''
    [[ $heard =~ ^$3$ ]] || fail "$1: $2: $heard"
}

# called ROLL TEXT: the call of roll KIND/NAME prints this: RECORD TEXT, RECORD TEXT...
called() {
    local line
    line=$(roll "${1%/*}" "${1#*/}" read call |
        sed -n 's/^\([0-9]*\) [0-9]* [0-9]* \(.*\)/\1 \2,/p' | xargs)
    [ "$line" = "$2" ] || fail "called: $line"
}

@test "a host's name of 64 characters, the most, is in a record" {
    need_root
    name=$(printf 'h%.0s' {1..64})
    run -0 unshare -u sh -c 'hostname "$1" && exec roll board b create "join 0 0 x"' sh "$name"
    assert_output 'joined 0'
    run -0 cat "$VLAB_STATE/board/b"
    assert_output --partial " $name "
}

@test "many who join at once never share a record, and are seen whole, through 300 kills" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run rollstorm churn 24 300 "$seed"
    assert_success
}

@test "after each of 1000 kills the call names exactly the living" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run rollstorm hold 40 1000 "$seed"
    assert_success
}

@test "whatever bytes a roll's file has, who holds a record is there, and the line can be joined" {
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    run rollfuzz 6 20000 "$seed"
    assert_success
}

@test "a record is taken, seen, left, and taken again" {
    someone a
    someone b
    order a 'join 1 9 alice was here' 'joined 1'
    order b 'join 1 9 bob' 'joined 2'
    called board/b '1 alice was here, 2 bob,'
    # Not himself.
    tell b call
    hear b '^1 [0-9]+ [0-9]+ alice was here$'
    hear b '^end$'
    order a leave ok
    called board/b '2 bob,'
    order a 'join 1 9 again' 'joined 1'
    called board/b '1 again, 2 bob,'
    hang_up a
    ended a
    called board/b '2 bob,'
    assert_equal "$(roll board b read anybody)" 1
    kill -KILL "${talk_pid[b]}"
    ended b
    called board/b ''
    assert_equal "$(roll board b read anybody)" 0
}

@test "who asks what is locked is told the lowest, whatever the order they came in" {
    # The kernel answers by owner: the first who came, not the lowest.
    local i
    for i in 7 3 9 1 5; do
        someone "p$i"
        order "p$i" "join $i $i p$i" "joined $i"
    done
    called board/b '1 p1, 3 p3, 5 p5, 7 p7, 9 p9,'
    hang_up p1
    ended p1
    hang_up p9
    ended p9
    called board/b '3 p3, 5 p5, 7 p7,'
}

@test "the gate and a record side by side are two locks" {
    someone a
    someone b
    order a gate ok
    order a ungate ok
    order a 'join 1 1 a' 'joined 1'
    order a gate ok
    called board/b '1 a,'
    order a ungate ok
    called board/b '1 a,'
    order b gate ok
    order b ungate ok
    order a gate ok
    order a leave ok
    called board/b ''
    # The gate is still held: who wants it waits.
    tell b gate
    tell b anybody
    run ! hear b '^ok$' 0
    order a ungate ok
    hear b '^ok$'
}

@test "records end: the next one gets EAGAIN, also at the very last" {
    someone a
    someone b
    someone c
    order a 'join 65535 65535 last' 'joined 65535'
    order b 'join 65535 65535 more' 'error EAGAIN'
    order b 'join 65534 65535 more' 'joined 65534'
    order c 'join 65534 65535 more' 'error EAGAIN'
    called board/b '65534 more, 65535 last,'
    order c "join 1 1 $(printf '%0250d' 0)" 'error E2BIG'
    order c 'call' '.*more'
}

@test "the mtime is the time of the last joining: a header does not change it" {
    local before
    someone a
    order a 'join 1 1 a' 'joined 1'
    touch -d '2020-01-01' "$VLAB_STATE/board/b"
    before=$(stat -c %y "$VLAB_STATE/board/b")
    order a 'set offline 0 repair' ok
    order a header '<offline 0 repair>'
    order a leave ok
    roll board b read call
    assert_equal "$(stat -c %y "$VLAB_STATE/board/b")" "$before"
    order a 'join 1 1 a' 'joined 1'
    [ "$(stat -c %y "$VLAB_STATE/board/b")" \> "$before" ]
}

@test "a header outlives all, and is one line of bounded length" {
    local long
    long=$(printf '%0300d' 0)
    someone a
    order a header '<>'
    order a "set $long" ok
    order a header "<${long:0:254}>"
    order a 'set short' ok
    kill -KILL "${talk_pid[a]}"
    ended a
    assert_equal "$(roll board b read header)" '<short>'
}

@test "a note reaches who holds the record, and the next holder does not see it" {
    someone a
    someone b
    order a 'join 1 1 alice' 'joined 1'
    order a mynote '<>'
    order b 'note 1 go home' ok
    order a mynote '<go home>'
    called board/b '1 alice,'
    hang_up a
    ended a
    order b 'join 1 1 bob' 'joined 1'
    order b mynote '<>'
}

@test "a signal goes to who holds the record, and to nobody else" {
    someone a
    someone b
    order a 'join 1 1 a' 'joined 1'
    order b 'signal 2 15' 'error ENOENT'
    # A record with the pid of another process: he does not hold it.
    local victim
    talk victim cat
    victim=${talk_pid[victim]}
    printf '%-255s\n' "$victim $(hostname) 1 a" | tr '\n' '\0' |
        dd of="$VLAB_STATE/board/b" bs=1 seek=512 conv=notrunc status=none
    order b 'signal 1 9' 'error ESRCH'
    kill -0 "$victim"
    # Another host's.
    printf '%-255s\n' "$victim elsewhere 1 a" | tr '\n' '\0' |
        dd of="$VLAB_STATE/board/b" bs=1 seek=512 conv=notrunc status=none
    order b 'signal 1 9' 'error EXDEV'
    order a leave ok
    order a 'join 1 1 a' 'joined 1'
    order b 'signal 1 15' sent
    ended a
    order b 'signal 1 15' 'error ENOENT'
}

@test "the ticket before and the one after are found, however far" {
    local far=1000000000000
    someone a line p
    someone b line p
    someone c line p
    order a 'hold 5' ok
    order b 'hold 6' ok
    order c "hold $far" ok
    order c "before $far" 6
    order c "before 6" 5
    order c 'before 5' none
    order a 'after 5' 6
    order b 'after 6' "$far"
    order c "after $far" none
    order b 'hold 5' 'error (EAGAIN|EACCES)'
    order a 'hold 7' ok
    order c 'before 1000' 7
    order a 'drop 5' ok
    order c 'before 6' none
    hang_up b
    ended b
    order c 'before 7' none
    # Tickets are no records.
    called line/p ''
    order a anybody 0
}

@test "a roll has a plain name, and no link is followed" {
    local name
    for name in .. . .hidden a/b ../board/b /etc/passwd; do
        assert_equal "$(roll board "$name" create header)" 'error EINVAL'
    done
    assert_equal "$(roll board none read header)" 'error ENOENT'
    assert_equal "$(roll board none write header)" 'error ENOENT'
    echo secret >"$lab/file"
    ln -s "$lab/file" "$VLAB_STATE/board/link"
    assert_equal "$(roll board link create header)" 'error ELOOP'
    ln -s "$lab/new" "$VLAB_STATE/board/dangling"
    assert_equal "$(roll board dangling create header)" 'error ELOOP'
    assert_not_exists "$lab/new"
    assert_equal "$(roll board "$(printf '%0256d' 0)" create header)" 'error ENAMETOOLONG'
}

@test "a roll that root makes belongs to whom the state belongs to" {
    need_root
    roll board b create header
    assert_equal "$(stat -c '%a %u %g' "$VLAB_STATE/board/b")" '640 2000 2000'
    (umask 0; roll board c create header)
    assert_equal "$(stat -c '%a %u %g' "$VLAB_STATE/board/c")" '640 2000 2000'
    (umask 077; roll board d create header)
    assert_equal "$(stat -c '%a %u %g' "$VLAB_STATE/board/d")" '640 2000 2000'
}

@test "who reads a roll takes nothing, and wakes nobody" {
    someone a
    order a 'join 1 1 a' 'joined 1'
    lab_start strace -f -o "$lab/trace" -e trace=fcntl,openat,pwrite64,write \
        roll board b read call
    wait_until grep -q 'exited with 0' "$lab/trace"
    run ! grep -E 'F_SETLK|F_OFD|pwrite|O_RDWR|O_WRONLY' "$lab/trace"
    run grep -c F_GETLK "$lab/trace"
    assert_success
}
