#!/usr/bin/env bats
# shellcheck disable=SC2154
# A command that holds boards. Where no board is spoken to, there is none at its address.

load lib
setup() {
    lab_setup
    [ "$EUID" -eq 0 ] || lab_user me "$EUID" "$EUID" vluser
    lab_conf <<'EOF'
[one]
address = 10.0.0.1
group = vluser
[two]
address = 10.0.0.2
address = 10.0.0.3:7021
group = vluser
[six]
address = [2001:db8::1]:7022
group = vluser
[few]
address = 10.0.0.4
user = alice
EOF
    lab_serve
}
teardown() { lab_teardown; }

# by USER WORDS...: run vlab-lock as the user.
by() {
    as "$1" vlab-lock "${@:2}"
}

# hold NAME POOL [USER]: hold a board of it until `hang_up NAME`.
hold() {
    talk "$1" as "${3:-bob}" vlab-lock "$2" sh -c 'echo held "$VLAB_BOARD"; exec cat'
    hear "$1" '^held '
}

# waiting N POOL: do N wait for a board of it?
waiting() {
    [ "$(vlab-ls -j "$2" | jq '.pools[0].waiting | length')" -eq "$1" ]
}

# free POOL: is a board of it free?
free() {
    by alice -n "$1" true
}

# helpers [POOL]: the pids of the helpers that hold boards of it.
helpers() {
    vlab-ls -j "$@" | jq -r '.pools[].boards[].sessions[]?.pid'
}

# micros: microseconds of the clock.
micros() {
    echo "${EPOCHREALTIME//[!0-9]/}"
}

# state PID LETTER: is the process in this state of proc(5)?
state() {
    [ "$(ps -o stat= -p "$1" | cut -c 1)" = "$2" ]
}

# keeper NAME: the pid of the process between vlab-lock and its command.
keeper() {
    pgrep -P "${talk_pid[$1]}"
}

# command_of PID: the pid of the command of this vlab-lock.
command_of() {
    pgrep -o -P "$(pgrep -P "$1")"
}

# marked: the pids of all that were started with TREE=$lab.
marked() {
    local -a found
    mapfile -t found < <(grep -lsazxF "TREE=$lab" /proc/[0-9]*/environ)
    [ ${#found[@]} -eq 0 ] || printf '%s\n' "${found[@]//[!0-9]/}"
}

# members N: does the tree have N processes?
members() {
    [ "$(marked | wc -l)" -eq "$1" ]
}

# grow NAME WORDS...: as alice, hold board one with a tree of six: a child, one in a session
# of its own, a daemon, and a shell with a child. WORDS are done by the top of the tree.
grow() {
    talk "$1" as alice vlab-lock one env "TREE=$lab" sh -c 'tail -f /dev/null &
        setsid tail -f /dev/null &
        (setsid tail -f /dev/null &)
        sh -c "tail -f /dev/null & wait" &
        echo ready;'"${*:2}"
    hear "$1" ready
    wait_until members 6
}

@test "the command knows the pool, the board and the port it holds" {
    run -0 by alice one sh -c 'echo "$VLAB_POOL,$VLAB_BOARD,$VLAB_PORT"'
    assert_output one,10.0.0.1,7020
    run -0 by alice six sh -c 'echo "$VLAB_POOL,$VLAB_BOARD,$VLAB_PORT"'
    assert_output six,2001:db8::1,7022
}

@test "the command gets its words as they are, and options of its own" {
    run -0 by alice one printf '<%s>' -n 'a  b' '' '*' --help
    assert_output '<-n><a  b><><*><--help>'
}

@test "the exit code of the command is passed on" {
    run -0 by alice one true
    run -7 by alice one sh -c 'exit 7'
    run -111 by alice one sh -c 'exit 111'
    assert_output ''
    run -255 by alice one sh -c 'exit 255'
}

@test "a command that a signal has ended gives 128 and the signal's number" {
    run -143 by alice one sh -c 'kill -TERM $$'
    run -137 by alice one sh -c 'kill -KILL $$'
}

@test "a command that is not there is 127, one that cannot be run 126, and the board is free" {
    run -127 by alice one /nowhere/command
    assert_output 'vlab-lock: warning: unable to run /nowhere/command: No such file or directory'
    run -126 by alice one /etc/passwd
    assert_output 'vlab-lock: warning: unable to run /etc/passwd: Permission denied'
    free one
}

@test "wrong usage is 100" {
    for words in '' one '-x one true' '-w' '-w x one true' '-w -1 one true' \
        '-w 1.5 one true' '-w 99999999999 one true' '+one true' 'one+ true' 'one++two true' \
        'a/b true' '.one true'; do
        # shellcheck disable=SC2086
        run -100 vlab-lock $words
    done
    assert_output "vlab-lock: fatal: '.one' is not the name of a pool"
    run -100 vlab-lock '' true
    assert_output "vlab-lock: fatal: '' is not the name of a pool"
    run -100 vlab-lock $'one\nquit' true
    run -100 vlab-lock "$(printf 'x%.0s' {1..64})" true
    run -100 vlab-lock "$(printf 'x%s+' {1..16})x17" true
    assert_output 'vlab-lock: fatal: at most 16 pools can be held at a time'
}

@test "--help and --version" {
    run -0 vlab-lock --help
    assert_line --index 0 'usage: vlab-lock [-n] [-w seconds] pool[+pool...] command [word...]'
    run -0 vlab-lock -V
    assert_output --regexp '^vlab-lock [0-9.]+$'
}

@test "with -n a pool without a free board is answered at once with 1" {
    hold bob one
    run -1 by alice -n one echo run
    assert_output 'vlab-lock: one: no board is free'
    run -1 by alice -w 0 one echo run
    assert_output 'vlab-lock: one: no board is free'
    run -1 by alice -w 60 -n one echo run
    assert_output 'vlab-lock: one: no board is free'
}

@test "with -n nobody gets ahead of those who wait" {
    hold bob one
    talk carol as carol vlab-lock one cat
    wait_until waiting 1 one
    kill -STOP "${talk_pid[carol]}"
    hang_up bob
    ended bob
    run -1 by alice -n one true
    kill -CONT "${talk_pid[carol]}"
}

@test "a pool for others and a pool that is not there are 1" {
    run -1 by bob few true
    assert_output 'vlab-lock: few: this pool is not for you'
    run -1 by alice none true
    assert_output 'vlab-lock: none: there is no pool of this name: vlab-ls lists them'
    run -1 by alice one+none true
    assert_output 'vlab-lock: none: there is no pool of this name: vlab-ls lists them'
}

@test "with -w the time is limited, and nothing else is said when it is no terminal" {
    hold bob one
    begin=$(micros)
    run -1 by alice -w 3 one echo run
    used=$(($(micros) - begin))
    assert_output 'vlab-lock: one: no board is free'
    [ $used -ge 3000000 ]
    [ $used -lt 6000000 ]
    run -0 waiting 0 one
}

@test "with -w a board that is given back in time is taken" {
    hold bob one
    talk alice as alice vlab-lock -w 60 one echo run
    wait_until waiting 1 one
    hang_up bob
    hear alice '^run$'
    ended alice
    [ "$code" -eq 0 ]
}

@test "two jobs of one user exclude each other" {
    hold first one alice
    talk second as alice vlab-lock one echo run
    wait_until waiting 1 one
    [ ! -s "$lab/second.out" ]
    hang_up first
    hear second '^run$'
}

@test "two jobs of one user get two boards" {
    hold first two alice
    [ "$heard" = 'held 10.0.0.2' ]
    hold second two alice
    [ "$heard" = 'held 10.0.0.3' ]
}

@test "those who wait are served in the order they came" {
    hold bob one
    for i in {1..8}; do
        talk "w$i" as alice vlab-lock one sh -c "echo $i >>$lab/home/alice/order"
        wait_until waiting "$i" one
    done
    hang_up bob
    for i in {1..8}; do
        ended "w$i"
        [ "$code" -eq 0 ]
    done
    run -0 cat "$lab/home/alice/order"
    assert_output "$(seq 8)"
}

@test "a signal ends one who waits, and his place in the line" {
    hold bob one
    for name in TERM INT HUP; do
        talk alice as alice vlab-lock one echo run
        wait_until waiting 1 one
        kill "-$name" "${talk_pid[alice]}"
        ended alice
        [ "$code" -eq $((128 + $(kill -l $name))) ]
        wait_until waiting 0 one
    done
}

@test "the board is free before vlab-lock has exited" {
    for _ in {1..100}; do
        free one
    done
    for _ in {1..20}; do
        run -1 by alice -n one+none true
        free one
    done
}

@test "vlab-lock stays until the helper has given the board back" {
    hold alice one alice
    helper=$(helpers one)
    kill -STOP "$helper"
    command=$(command_of "${talk_pid[alice]}")
    hang_up alice
    wait_until gone "$command"
    run -1 by bob -n one true
    kill -0 "${talk_pid[alice]}"
    kill -CONT "$helper"
    ended alice
    [ "$code" -eq 0 ]
    free one
}

@test "several pools are held, and listed as they are named" {
    run -0 by alice two+one+six sh -c 'echo "$VLAB_POOL,$VLAB_BOARD,$VLAB_PORT"
        vlab-ls -j | jq -r ".pools[].boards[].state"'
    assert_line --index 0 \
        'two one six,10.0.0.2 10.0.0.1 2001:db8::1,7020 7020 7022'
    assert_equal "$(grep -c held <<<"$output")" 3
}

@test "two commands that name pools crosswise do not wait for each other" {
    # The order of names alone would have them wait: b and a share a board, ab lies between.
    lab_conf <<'EOF'
[b]
address = 10.0.0.1
group = vluser
[a]
address = 10.0.0.1
group = vluser
[ab]
address = 10.0.0.2
group = vluser
EOF
    # While nothing is free, both must stand at the same first board.
    for pair in 'a+ab ab+a' 'a+ab ab+b'; do
        hold bob a
        hold carol ab carol
        for pools in $pair; do
            talk "$pools" as alice vlab-lock "$pools" true
        done
        wait_until eval 'vlab-ls -j | jq -e "[.pools[].waiting | length] | add == 2"'
        run -0 eval 'vlab-ls -j | jq -e "[.pools[] | select(.name == \"ab\").waiting | length] |
            add == 0 or add == 2"'
        hang_up bob
        hang_up carol
        for pools in $pair; do
            ended "$pools"
            [ "$code" -eq 0 ]
        done
    done
}

@test "pools that share boards, be it through others, or one pool twice, are refused" {
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
[b]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[c]
address = 10.0.0.2
group = vluser
[d]
address = 10.0.0.3
group = vluser
EOF
    run -100 by alice a+d+c true
    assert_output --partial 'a and c share boards, maybe through other pools'
    run -100 by alice -n b+a true
    assert_output --partial 'a and b share boards'
    run -100 by alice d+d true
    assert_output --partial 'd is named twice'
    run -0 by alice d+b true
}

@test "when one pool cannot be had, nothing is held, and the command is not run" {
    hold bob two
    hold carol two carol
    for words in -n '-w 1'; do
        for pools in one+two two+one six+two+one; do
            # shellcheck disable=SC2086
            run -1 by alice $words $pools echo run
            assert_output 'vlab-lock: two: no board is free'
            free one
            free six
        done
    done
}

@test "the limit is for all pools together" {
    hold bob one
    hold carol six
    talk alice as alice vlab-lock -w 3 one+six echo run
    wait_until waiting 1 one
    begin=$(micros)
    wait_until -t 2 eval '[ $(($(micros) - begin)) -gt 1000000 ]'
    hang_up bob
    ended alice
    [ "$code" -eq 1 ]
    [ $(($(micros) - begin)) -lt 4000000 ]
}

@test "without the configuration one pool can be had, and several with a limit" {
    export VLAB_STATE=$lab/home
    run -0 by alice one true
    run -0 by alice -n two+one echo run
    assert_output run
    run -0 by alice -w 9 two+one echo run
    assert_output run
    run -111 by alice two+one echo run
    assert_output "vlab-lock: fatal: without -n or -w, several pools need \
$lab/home/config.cdb: No such file or directory"
    run -100 by alice -n one+one true
}

@test "a helper that cannot be reached is 111" {
    VLAB_SOCKET=$lab/none run -111 by alice one echo run
    assert_output "vlab-lock: fatal: unable to reach the helper at $lab/none: \
No such file or directory: tell the administrator that the vlab-mutex service is not running"
    for socket in :1 host: 127.0.0.1:x; do
        VLAB_SOCKET=$socket run -111 by alice one echo run
    done
}

@test "a helper that ends, or makes no sense, is 111" {
    VLAB_SOCKET=$lab/run/ends lab_serve true
    VLAB_SOCKET=$lab/run/ends run -111 by alice one echo run
    assert_output 'vlab-lock: one: the helper has ended'
    VLAB_SOCKET=$lab/run/bad lab_serve echo boardassign
    VLAB_SOCKET=$lab/run/bad run -111 by alice one echo run
    assert_output 'vlab-lock: one: the helper names no board'
    VLAB_SOCKET=$lab/run/error lab_serve echo error busy you have too many connections
    VLAB_SOCKET=$lab/run/error run -1 by alice one echo run
    assert_output 'vlab-lock: one: you have too many connections'
    VLAB_SOCKET=$lab/run/odd lab_serve echo error strange
    VLAB_SOCKET=$lab/run/odd run -111 by alice one echo run
    assert_output 'vlab-lock: one: strange'
}

@test "a helper that says nothing is not waited for, for ever" {
    VLAB_SOCKET=$lab/run/mute lab_serve tail -f /dev/null
    VLAB_SOCKET=$lab/run/mute run -111 by alice -w 1 one echo run
    assert_output "vlab-lock: fatal: the helper at $lab/run/mute does not answer"
}

@test "a helper behind TCP serves, too" {
    lab_start as vlab sh -c "exec tcpserver -1 -RHD -l 0 127.0.0.1 0 vlab-mutex >$lab/run/port"
    wait_until test -s "$lab/run/port"
    VLAB_SOCKET=127.0.0.1:$(<"$lab/run/port") run -0 by alice one+two sh -c 'echo $VLAB_BOARD'
    assert_output '10.0.0.1 10.0.0.2'
}

@test "signals reach the command" {
    talk alice as alice vlab-lock one signals
    hear alice ready
    keeper=$(keeper alice)
    for name in HUP INT QUIT USR1 USR2 ALRM CONT WINCH URG IO PWR TTIN TTOU; do
        kill "-$name" "${talk_pid[alice]}"
        hear alice "^${name/#IO/POLL} $keeper$"
    done
    kill -TERM "${talk_pid[alice]}"
    ended alice
    [ "$code" -eq 0 ]
}

@test "Ctrl-C on a terminal reaches the command once" {
    # Two signals of a kind may become one; so vlab-lock has to see its own later.
    run -0 as alice expect -c '
        set timeout 10
        proc must {what} {
            expect $what {} timeout { exec kill -KILL [exp_pid]; exit 1 }
        }
        spawn vlab-lock one signals
        must ready
        exec kill -STOP [exp_pid]
        send "\003"
        must "INT kernel"
        exec kill -CONT [exp_pid]
        must "CONT [exec pgrep -P [exp_pid]]"
        exec kill -TERM [exp_pid]
        expect eof'
    assert_equal "$(grep -c INT <<<"$output")" 1
}

@test "Ctrl-C reaches a command that has left the terminal's process group" {
    run -0 as alice expect -c '
        set timeout 10
        spawn vlab-lock one setsid signals
        expect ready
        send "\003"
        expect -re "INT \[0-9]" {} timeout { exec kill -KILL [exp_pid]; exit 1 }
        exec kill -TERM [exp_pid]
        expect eof'
}

@test "Ctrl-Z stops vlab-lock and the command, fg continues both" {
    run -0 as alice expect -c '
        set timeout 10
        proc must {what} {
            expect $what {} timeout {
                puts "waited for $what"
                catch { exec kill -KILL [exec pgrep -P [exp_pid] -x vlab-lock] }
                exit 1
            }
        }
        spawn env PS1=go> bash --norc --noprofile -i
        must go>
        send "vlab-lock one signals\r"
        must ready
        send "\032"
        must Stopped
        must go>
        send "p=\$(pgrep -P \$\$ vlab-lock); p=\$p,\$(pgrep -P \$(pgrep -P \$p))\r"
        must go>
        send "echo state:\$(ps -o stat= -p \$p | cut -c 1 | tr -d \047\\n\047)\r"
        must "state:TT"
        must go>
        send "fg\r"
        must "CONT"
        send "\003"
        must "INT kernel"
        exec kill -TERM [exec pgrep -P [exp_pid] -x vlab-lock]
        must go>
        send "exit\r"
        expect eof'
}

@test "told to stop by a signal, both stop; told to continue, both continue" {
    # In a process group whose parent is elsewhere in the session, so that it may stop.
    talk alice as alice bash -c 'set -m; vlab-lock one cat & echo $!; exec cat'
    hear alice '^[0-9]+$'
    lock=$heard
    wait_until eval 'command=$(command_of "$lock")'
    kill -TSTP "$lock"
    wait_until state "$command" T
    wait_until state "$lock" T
    kill -CONT "$lock"
    wait_until state "$lock" S
    wait_until state "$command" S
    kill -TERM "$lock"
}

@test "the command has the signal mask of the caller, and ignores what he ignored" {
    masks='grep -E ^Sig(Blk|Ign): /proc/self/status'
    for env in '' '--block-signal=USR1' '--ignore-signal=HUP' '--block-signal'; do
        # shellcheck disable=SC2086
        expected=$(as alice env $env $masks)
        # shellcheck disable=SC2086
        run -0 as alice env $env vlab-lock one $masks
        assert_output "$expected"
    done
    run -3 as alice timeout 10 env --ignore-signal=CHLD vlab-lock one sh -c 'exit 3'
}

@test "the command has the descriptors of the caller and no others" {
    expected=$(as alice sh -c 'ls /proc/$$/fd' 3>&- 4>&-)
    run -0 as alice vlab-lock one+two sh -c 'ls /proc/$$/fd' 3>&- 4>&-
    assert_output "$expected"
    as alice vlab-lock one sh -c "[ ! -e /proc/\$\$/fd/0 ] && [ ! -e /proc/\$\$/fd/2 ]" <&- 2>&-
    as alice vlab-lock one sh -c 'read -r x && [ "$x" = word ]' <<<word
}

@test "with standard error closed, messages do not go to the helper" {
    cat >"$lab/run/helper" <<'EOF'
printf '%s\n' 'mversion fake' 'wall hello' 'ok alice' 'boardassign 10.0.0.1 7020'
cat >"$1"
EOF
    VLAB_SOCKET=$lab/run/fake lab_serve sh "$lab/run/helper" "$lab/run/heard"
    VLAB_SOCKET=$lab/run/fake by alice one true 2>&-
    run -0 cat "$lab/run/heard"
    assert_output "setuid $(as alice id -u)
boardrequest one new wait"
}

@test "the command is in the process group of vlab-lock" {
    talk alice as alice vlab-lock one sh -c 'ps -o pgid= -p $$; exec cat'
    hear alice "^ *${talk_pid[alice]}$"
}

@test "kill -9 of vlab-lock takes the command along and frees the board" {
    talk alice as alice vlab-lock one+two sh -c 'echo $$; exec cat'
    hear alice '^[0-9]+$'
    kill -KILL "${talk_pid[alice]}"
    wait_until -t 2 gone "$heard"
    wait_until -t 2 free one
}

@test "kill -9 of vlab-lock kills all that the command has started, and then frees the board" {
    grow alice wait
    keeper=$(keeper alice)
    kill -STOP "$keeper"
    kill -KILL "${talk_pid[alice]}"
    ended alice
    run -1 by bob -n one true
    run -0 members 6
    kill -CONT "$keeper"
    wait_until free one
    run -0 members 0
}

@test "kill -9 of the process group of vlab-lock kills who has left it, too" {
    grow alice wait
    kill -KILL -- "-${talk_pid[alice]}"
    wait_until free one
    run -0 members 0
}

@test "kill -9 by the name of vlab-lock does not hit who keeps its command" {
    hold alice one
    run -0 ps -o comm= -p "$(keeper alice)"
    assert_output vlab-keeper
}

@test "kill -9 of the command kills all that it has started, and then frees the board" {
    grow alice wait
    kill -KILL "$(command_of "${talk_pid[alice]}")"
    ended alice
    [ "$code" -eq 137 ]
    run -0 members 0
    free one
}

@test "kill -9 of who keeps the command kills the command" {
    hold alice one
    command=$(command_of "${talk_pid[alice]}")
    kill -KILL "$(keeper alice)"
    ended alice
    [ "$code" -eq 137 ]
    wait_until gone "$command"
    free one
}

@test "a command cannot get away by forking" {
    # Each process of a hopper is gone as soon as it has started the next one. The lock is
    # there for as long as any of the tree is.
    cat >"$lab/home/alice/hop" <<'EOF'
#!/bin/sh
[ "$1" -eq 0 ] || "$0" $(($1 - 1)) &
EOF
    chmod 755 "$lab/home/alice/hop"
    talk alice as alice vlab-lock one sh -c '
        exec 9>"$HOME/lock"
        flock 9
        "$HOME/hop" 20000 &
        "$HOME/hop" 20000 &
        echo ready
        for i in $(seq 20000); do (:) & done'
    hear alice ready
    run -1 flock -n "$lab/home/alice/lock" true
    kill -KILL "${talk_pid[alice]}"
    wait_until free one
    run -0 flock -n "$lab/home/alice/lock" true
}

@test "who of the tree may not be killed keeps the board until he ends" {
    need_root
    install -o root -g "${lab_gid[alice]}" -m 4750 "$(command -v setpriv)" "$lab/run/become"
    talk alice as alice vlab-lock one env "TREE=$lab" sh -c "
        $lab/run/become --reuid=${lab_uid[bob]} --clear-groups tail -f /dev/null & wait"
    wait_until eval '[ "$(ps -o comm= -u "${lab_uid[bob]}" -p "$(marked | paste -sd,)" |
        grep -c tail)" -ge 1 ]'
    wait_until members 2
    kill -KILL "${talk_pid[alice]}"
    wait_until members 1
    run -1 by carol -n one true
    kill -KILL "$(marked)"
    wait_until free one
}

@test "an orphan that ends is not taken for the command, nor left a zombie" {
    talk alice as alice vlab-lock one sh -c '(sh -c "echo \$\$; exit 9" &); read -r x; exit 3'
    hear alice '^[0-9]+$'
    wait_until gone "$heard"
    hang_up alice
    ended alice
    [ "$code" -eq 3 ]
}

@test "when the command ends, all that it leaves behind lives on, and the board is free" {
    grow alice 'read -r x; exit 3'
    hang_up alice
    ended alice
    [ "$code" -eq 3 ]
    free one
    run -0 members 5
    # shellcheck disable=SC2046
    kill -KILL $(marked)
}

@test "a command does not start when vlab-lock was killed just before" {
    talk alice as alice strace -qf -o "$lab/home/alice/trace" -e trace=prctl,execve \
        -e inject=prctl:delay_enter=1000000 vlab-lock one touch "$lab/home/alice/run"
    wait_until grep -q PDEATHSIG "$lab/home/alice/trace"
    lock=$(sed -n '1s/ .*//p' "$lab/home/alice/trace")
    kill -KILL "$lock"
    ended alice
    run -0 grep -c 'execve(' "$lab/home/alice/trace"
    assert_output 1
    assert_file_not_exist "$lab/home/alice/run"
}

@test "a daemon that the command leaves behind does not keep the board" {
    run -0 by alice one sh -c 'setsid tail -f /dev/null >/dev/null 2>&1 3>&- & echo $!'
    daemon=$output
    kill -0 "$daemon"
    free one
    kill -KILL "$daemon"
}

@test "when the board is lost the command is told by SIGTERM, and the code is 111" {
    talk alice as alice vlab-lock one sh -c 'trap "echo told; exit 3" TERM; echo ready
        while read -r x; do :; done'
    hear alice ready
    run -0 vlab-kick -m 'the power supply smokes' 10.0.0.1
    hear alice told
    ended alice
    [ "$code" -eq 111 ]
    run -0 cat "$lab/alice.err"
    assert_output 'vlab-lock: one: board 10.0.0.1 port 7020 is lost: the power supply smokes'
    free one
}

@test "a helper that is killed is a board lost" {
    talk alice as alice vlab-lock one+two signals
    hear alice ready
    keeper=$(keeper alice)
    kill -KILL "$(helpers one)"
    hear alice "^TERM $keeper$"
    ended alice
    [ "$code" -eq 111 ]
    run -0 cat "$lab/alice.err"
    assert_output 'vlab-lock: one: board 10.0.0.1 port 7020 is lost: the helper has ended'
    free one+two
}

@test "when the board is lost, SIGKILL follows SIGTERM after 5 seconds" {
    talk alice as alice vlab-lock one sh -c 'trap "" TERM; echo ready; exec cat'
    hear alice ready
    begin=$(micros)
    kill -TERM "$(helpers one)"
    ended alice
    used=$(($(micros) - begin))
    [ "$code" -eq 111 ]
    [ $used -ge 5000000 ]
    [ $used -lt 8000000 ]
}

@test "when the board is lost, all that the command has started is killed after 5 seconds" {
    grow alice 'trap "" TERM; while :; do wait; done'
    begin=$(micros)
    kill -TERM "$(helpers one)"
    wait_until free one
    run -0 members 6
    ended alice
    [ "$code" -eq 111 ]
    [ $(($(micros) - begin)) -ge 5000000 ]
    run -0 members 0
}

@test "when the board is lost and the command ends, nothing that it has started lives on" {
    grow alice wait
    begin=$(micros)
    kill -TERM "$(helpers one)"
    ended alice
    [ "$code" -eq 111 ]
    [ $(($(micros) - begin)) -lt 5000000 ]
    run -0 members 0
}

@test "a stopped command whose board is lost is continued, to be told" {
    talk alice as alice vlab-lock one sh -c 'echo $$; exec cat'
    hear alice '^[0-9]+$'
    kill -STOP "$heard"
    kill -TERM "$(helpers one)"
    ended alice 4
    [ "$code" -eq 111 ]
}

@test "the exit code of a command that ends first is its own" {
    talk alice as alice vlab-lock one sh -c 'read -r x; exit 3'
    wait_until eval '[ "$(helpers one)" ]'
    hang_up alice
    ended alice
    [ "$code" -eq 3 ]
}

@test "a board lost while waiting for another ends it all" {
    hold bob six
    talk alice as alice vlab-lock one+six echo run
    wait_until waiting 1 six
    run -0 vlab-kick -m away 10.0.0.1
    ended alice
    [ "$code" -eq 111 ]
    run -0 cat "$lab/alice.out" "$lab/alice.err"
    assert_output 'vlab-lock: one: board 10.0.0.1 port 7020 is lost: away'
    wait_until waiting 0 six
}

@test "what is said to all is heard once, while waiting and while the command runs" {
    hold bob six
    talk alice as alice vlab-lock one+two+six sh -c 'echo run; exec cat'
    wait_until waiting 1 six
    vlab-wall first
    wait_until grep -q first "$lab/alice.err"
    hang_up bob
    hear alice run
    vlab-wall second
    wait_until grep -q second "$lab/alice.err"
    hang_up alice
    ended alice
    run -0 cat "$lab/alice.err"
    assert_output "vlab-lock: wall: first
vlab-lock: wall: second"
}

@test "on a terminal one who waits is told after two seconds" {
    hold bob one
    talk carol as carol vlab-lock one cat
    wait_until waiting 1 one
    begin=$(micros)
    run -0 as alice expect -c '
        set timeout 10
        spawn vlab-lock one true
        expect "vlab-lock: waiting for one, 1 ahead" {} timeout { exit 1 }
        exec kill [exp_pid]
        expect eof'
    [ $(($(micros) - begin)) -ge 2000000 ]
}

@test "the examples of the manual work" {
    lab_board 127.0.0.1
    lab_conf <<EOF
[burchtest]
address = $board
group = vluser
[s3esk]
address = 10.0.0.2
group = vluser
EOF
    cd "$lab/home/alice"
    printf 'test:\n\t@echo tested on $(VLAB_POOL)\n' >Makefile
    sed -n 's/^\.Dl \$ //p' "$tree/bin/vlab-lock.1" >"$lab/examples"
    [ "$(wc -l <"$lab/examples")" -eq 3 ]
    run -0 as alice sh -ec "$(<"$lab/examples")" <<<quit
    assert_line 'tested on burchtest'
    assert_line --partial eversion
    assert_line '127.0.0.1 10.0.0.2'
}
