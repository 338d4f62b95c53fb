#!/usr/bin/env bats
# One connection to one board.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load board

setup() {
    lab_setup
    board=10.0.0.1
    board_setup 'fpga = xc3s500e' 'fpga = *' 'program = /bin/true %f' 'buffers = 2'
}

teardown() { lab_teardown; }

# hand [LINE...]: what it says, by hand, to these lines.
hand() {
    printf '%s\n' "$@" | vlab-board -e "$board"
}

@test "the first line is eversion, and every command gets its one answer in order" {
    run -0 vlab-board -e "$board" <<'EOF'
check
setuart 0 9600
setuart 1 4000000
setuart 2 9600
setuart x 9600
setuart
setuart 0 7
setuart 0
useuart
useuart 7
useuart -1
rem nothing is said to this
showbits
loadbits
loadbits 0
loadbits -8
loadbits 9
loadbits 99999999999999999999
loadbits 1000000000000
program 0 1
program 2 1
program 0
jdw id
jdw
help
HELP
check 0
showbits all
help me
program 0 1 2
nonsense
connect pool
quit
help
EOF
    assert_output - <"$BATS_TEST_DIRNAME/vlab-board.exp"
}

@test "quit, exit, bye and logoff end the session without a word" {
    for word in quit exit bye logoff QUIT; do
        run -0 hand "$word" help
        assert_output --regexp '^eversion vlab [0-9.]+$'
    done
}

@test "commands that come a byte at a time, or all at once, each get their one answer" {
    by_hand a
    for ((n = 0; n < 3; n++)); do
        for byte in s e t u a r t ' ' 0 ' ' 7 $'\r' $'\n'; do
            tell_raw a "$byte"
        done
        hear a '^error badbaud '
    done
    tell_raw a $'setuart 0 300\nsetuart 9 300\njdw\nrem\n\r\nnope\n'
    hear a '^ok '
    assert_equal "${talk_seen[a]}" 5
    hear a '^error nouart '
    hear a '^error nojtag '
    hear a '^error command '
    tell a help
    hear a '^ok check '
    assert_equal "${talk_seen[a]}" 9
}

@test "CR or LF ends a line, BS and DEL rub out, 1024 characters count" {
    long=$(printf '%01024d' 0)
    run -0 hand $'jdx\bw\r\r\n\nJD\bd\x7fDW' "help$long" "${long}help"
    assert_line --index 1 --partial 'error nojtag'
    assert_line --index 2 --partial 'error nojtag'
    assert_line --index 3 --partial 'error command'
    assert_line --index 4 --partial 'error command'
    assert_equal "${#lines[@]}" 5
}

@test "the LF of a CR LF belongs to the line, also where bytes are no lines" {
    by_hand a
    tell_raw a $'loadbits 16\r\nabhelp\r'
    hear a '^loadready [0-9]+ 16 .'
    hear a '^loaded [0-9]+ 0$'
    hear a '^ok check'
    tell_raw a $'loadbits 16\r'
    hear a '^loadready'
    tell_raw a $'\nab'
    hear a '^loaded'
    # Only the one.
    tell_raw a $'loadbits 16\r\n\nbjdw\n'
    hear a '^loaded'
    hear a '^error nojtag'
    tell_raw a $'useuart 0\r\n\nfirst'
    wait_until said tty0 $'\nfirst'
    by_hand b
    tell_raw b $'useuart 1\r'
    hear b '^usinguart$'
    # Long after it, somebody types.
    for ((n = 0; n < 20; n++)); do pause; done
    tell_raw b $'\nsecond'
    wait_until said tty1 $'\nsecond'
}

@test "a rate that is set holds for the next to use the UART, for who uses it, and not for later sessions" {
    by_hand a
    by_hand b
    ask a 'setuart 0 300' '^ok .'
    uses b 0
    assert_equal "$(speed 0)" 300
    ask a 'setuart 0 4000000' '^ok .'
    wait_until speed_is 0 4000000
    ask a 'setuart 1 9600' '^ok .'
    assert_equal "$(speed 0)" 4000000
    hang_up b
    ended b
    tell a quit
    ended a
    by_hand c
    uses c 0
    assert_equal "$(speed 0)" 115200
}

speed() { stty -F "$lab/tty$1" speed; }
speed_is() { [ "$(speed "$1")" = "$2" ]; }

@test "a UART is for one session at a time, the others are busy" {
    by_hand a
    by_hand b
    uses a 0
    ask b 'useuart 0' '^error busy .'
    ask b 'useuart 1' '^usinguart$'
}

@test "a UART that another program has is busy, one that is not there, or no tty, is none" {
    by_hand a
    talk other flock "$lab/tty0" sh -c 'echo mine; read -r line'
    hear other mine
    ask a 'useuart 0' '^error busy .'
    hang_up other
    ended other
    rm "$lab/tty1"
    ask a 'useuart 1' '^error nouart .'
    touch "$lab/tty1"
    ask a 'useuart 1' '^error nouart .'
    ask a 'useuart 0' '^usinguart$'
}

@test "usinguart ends with LF alone and goes out in a write of its own, before the UART's bytes" {
    (lab_exec yes) >&"${talk_fd[tty0]}" 2>/dev/null 3>&- &
    lab_pids+=($!)
    talk a strace -qq -e trace=write,splice,ioctl -e signal=none -o "$lab/trace" vlab-board -e "$board"
    tell_raw a $'help\r\nuseuart 0\r\n'
    wait_until grep -qE '^splice\(|^write\(1, "y' "$lab/trace"
    grep -qF 'write(1, "usinguart\n", 10)' "$lab/trace"
    run sed -n '/usinguart/,$ s/^\(write(1\|ioctl(1,\|splice([0-9]*, NULL, 1,\).*/\1/p' "$lab/trace"
    # Written, then seen to be read, and only then bytes.
    assert_line --index 0 'write(1'
    assert_line --index 1 'ioctl(1,'
    assert [ "$(head -c 200 "$lab/a.out" | od -An -c | grep -c 'u   a   r   t  \\n')" -eq 1 ]
}

# every_byte FILE: all 256 values, four times, in several orders.
every_byte() {
    local i
    for ((i = 0; i < 1024; i++)); do
        # shellcheck disable=SC2059
        printf "\\x$(printf %x $(((i * (2 * (i / 256) + 1)) % 256)))"
    done >"$1"
}

@test "all 256 values pass, both ways" {
    every_byte "$lab/bytes"
    assert_equal "$(od -An -v -tx1 -w1 "$lab/bytes" | sort -u | wc -l)" 256
    by_hand a
    uses a 0
    cat "$lab/bytes" >&"${talk_fd[a]}"
    wait_until cmp -s "$lab/bytes" "$lab/tty0.out"
    start=$(stat -c %s "$lab/a.out")
    cat "$lab/bytes" >&"${talk_fd[tty0]}"
    wait_until has "$((start + 1024))" a
    tail -c 1024 "$lab/a.out" | cmp - "$lab/bytes"
}

# has BYTES NAME: has it said so many?
has() { [ "$(stat -c %s "$lab/$2.out")" -ge "$1" ]; }

# bytes N: N bytes that nobody can guess, in $lab/bytes; the seed is printed.
bytes() {
    local seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    bit any any "$1" "$seed" >"$lab/bytes"
}

@test "megabytes pass both ways at once, to a reader who is slow" {
    bytes 3000000
    by_hand a
    uses a 0
    start=$(stat -c %s "$lab/a.out")
    size=$(stat -c %s "$lab/bytes")
    (lab_exec cat "$lab/bytes") >&"${talk_fd[a]}" 3>&- &
    lab_pids+=($!)
    (lab_exec cat "$lab/bytes") >&"${talk_fd[tty0]}" 3>&- &
    lab_pids+=($!)
    # Both readers stop now and then, and for long.
    for ((n = 0; n < 10; n++)); do
        kill -STOP "${talk_pid[tty0]}"
        pause
        pause
        kill -CONT "${talk_pid[tty0]}"
        pause
    done
    wait_until -t 60 has "$size" tty0
    wait_until -t 60 has $((start + size)) a
    cmp "$lab/bytes" "$lab/tty0.out"
    tail -c "$size" "$lab/a.out" | cmp - "$lab/bytes"
}

# The client reads through a fifo, when we let it.
@test "a reader who stops stops the sender, and costs no memory" {
    bytes 3000000
    size=$(stat -c %s "$lab/bytes")
    mkfifo -m 666 "$lab/slow"
    talk a as vlab sh -c 'exec vlab-board -e "$1" >"$2"' sh "$board" "$lab/slow"
    exec {slow}<"$lab/slow"
    read -ru $slow line
    [[ $line == eversion* ]]
    tell a useuart 0
    read -ru $slow line
    [ "$line" = usinguart ]
    before=$(resident "${talk_pid[a]}")
    (lab_exec cat "$lab/bytes") >&"${talk_fd[tty0]}" 3>&- &
    sender=$!
    lab_pids+=("$sender")
    wait_until any "$slow"
    wait_until asleep "${talk_pid[a]}"
    kill -0 "$sender"
    ((after = $(resident "${talk_pid[a]}")))
    ((after < before + 1000)) || fail "$before kB, then $after kB"
    timeout 60 head -c "$size" <&$slow | cmp - "$lab/bytes"
    exec {slow}<&-
}

# resident PID: its memory in kB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# any FD: can something be read from there?
any() { read -rt 0 <&"$1"; }

# wrote PID BYTES: has it written so many?
wrote() { [ "$(awk '/^wchar/ { print $2 }' "/proc/$1/io")" -ge "$2" ]; }

# asleep PID: does it use no processor time for 200 ms?
asleep() {
    local before n
    before=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
    for ((n = 0; n < 10; n++)); do pause; done
    [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" = "$before" ]
}

@test "who does not read his answers is not read from, and SIGTERM ends him" {
    mkfifo -m 666 "$lab/slow"
    talk a as vlab sh -c 'exec vlab-board -e "$1" >"$2"' sh "$board" "$lab/slow"
    exec {slow}<"$lab/slow"
    (lab_exec yes help) >&"${talk_fd[a]}" 2>/dev/null 3>&- &
    lab_pids+=($!)
    wait_until wrote "${talk_pid[a]}" 4096
    wait_until asleep "${talk_pid[a]}"
    before=$(resident "${talk_pid[a]}")
    ((before < 20000)) || sanitized
    by_hand b
    ask b help '^ok '
    assert_equal "$(visits | wc -w)" 2
    # When he reads again he goes on where he was.
    assert_equal "$(timeout 60 head -c 1000000 <&$slow | wc -c)" 1000000
    wait_until asleep "${talk_pid[a]}"
    kill -TERM "${talk_pid[a]}"
    ended a
    assert_equal "$(visits | wc -w)" 1
    exec {slow}<&-
}

@test "kill -9 frees the UART at once" {
    by_hand b
    for ((n = 0; n < 20; n++)); do
        by_hand a
        uses a 0
        kill -KILL "${talk_pid[a]}"
        ended a
        ask b 'useuart 9' '^error nouart'
        run -0 flock -n "$lab/tty0" true
    done
    uses b 0
}

@test "what an earlier session left in the UART is gone, both ways" {
    by_hand a
    uses a 0
    # The one does not read what it is sent, the other not what it sends.
    kill -STOP "${talk_pid[a]}"
    tell_raw tty0 'to a'
    wait_until waits tty0 4
    kill -KILL "${talk_pid[a]}"
    ended a
    by_hand b
    uses b 0
    tell_raw tty0 'to b'
    wait_until said b 'to b'
    # What is sent to a tty whose other end does not take it: that has some of it already.
    by_hand c
    uses c 1
    kill -STOP "${talk_pid[tty1]}"
    (lab_exec head -c 200000 /dev/zero) >&"${talk_fd[c]}" 2>/dev/null 3>&- &
    lab_pids+=($!)
    # The pipe holds 65536.
    wait_until wrote $! 73728
    kill -KILL "${talk_pid[c]}"
    ended c
    by_hand d
    uses d 1
    tell_raw d 'from d'
    kill -CONT "${talk_pid[tty1]}"
    wait_until grep -qa 'from d$' "$lab/tty1.out"
    assert [ "$(stat -c %s "$lab/tty1.out")" -lt 5000 ]
}

@test "who sends no more is still read for, and makes room when another session wants the UART" {
    by_hand a
    uses a 0
    tell_raw a 'the last'
    hang_up a
    wait_until said tty0 'the last'
    tell_raw tty0 'an answer'
    wait_until said a 'an answer'
    by_hand b
    uses b 0
    ended a
    assert_equal "$code" 0
    hang_up b
    ended b 30
}

@test "who sends no more is read for, though another session wants another UART, or sets a rate" {
    by_hand a
    by_hand b
    by_hand c
    uses c 1
    uses a 0
    tell_raw a 'the last'
    hang_up a
    wait_until said tty0 'the last'
    ask b 'setuart 1 9600' '^ok'
    ask b 'setuart 0 9600' '^ok'
    ask b 'useuart 1' '^error busy'
    tell_raw tty0 'an answer'
    wait_until said a 'an answer'
}

@test "a client whose line ended with CR and who then hangs up is left like any other" {
    by_hand a
    printf 'useuart 0\r' >&"${talk_fd[a]}"
    hear a '^usinguart$'
    hang_up a
    ended a
    assert_equal "$code" 0
}

# traced NAME [OPTION...]: a board's end by hand; what it does to tty0 by ioctl(2) is in
# $lab/NAME.trace.
traced() {
    lab_give vlab "$lab"
    talk "$1" as vlab strace -qq -P "$lab/tty0" -e trace=ioctl -e signal=none -o "$lab/$1.trace" \
        "${@:2}" vlab-board -e "$board"
    hear "$1" '^eversion '
}

# asked NAME N: has it asked so often what the tty has still to send?
asked() { [ "$(grep -c 'TIOCOUTQ, \[' "$lab/$1.trace")" -ge "$2" ]; }

@test "who sends no more is read for as long as the tty goes on sending" {
    # Which ioctl is the first of those.
    traced a
    uses a 0
    hang_up a
    wait_until asked a 1
    first=$(grep -n -m 1 'TIOCOUTQ, \[' "$lab/a.trace" | cut -d: -f1)
    kill -TERM "$(pgrep -P "${talk_pid[a]}")"
    ended a
    # A pty has never anything left to send: so it hears once that it has 64 bytes.
    traced c -e "inject=ioctl:poke_exit=@arg3=40000000:when=$first"
    uses c 0
    hang_up c
    wait_until asked c 2
    assert grep -q 'TIOCOUTQ, \[64\]' "$lab/c.trace"
    tell_raw tty0 'an answer'
    wait_until said c 'an answer'
    # The 64 are gone, and no more of them go.
    wait_until asked c 3
    ended c
    assert_equal "$code" 0
}

@test "a UART that vanishes ends the session with error disconnect, behind its last bytes" {
    by_hand a
    uses a 0
    tell_raw tty0 'the last'
    wait_until said a 'the last'
    kill -KILL "${talk_pid[tty0]}"
    hear a '^error disconnect the UART is gone$'
    ended a
    assert_equal "$code" 0
    grep -qx 'the last' "$lab/a.out"
    by_hand b
    ask b 'useuart 0' '^error nouart .'
    ask b 'useuart 1' '^usinguart$'
}

@test "what is told to all is told in line mode, and never to who uses a UART" {
    by_hand a
    by_hand b
    uses b 0
    run -0 as vlab visit "$board" tell 'programok 7'
    hear a '^programok 7$'
    tell_raw tty0 'only this'
    wait_until said b 'only this'
}

@test "SIGTERM ends the session, in raw mode too" {
    by_hand a
    by_hand b
    uses b 0
    kill -TERM "${talk_pid[a]}" "${talk_pid[b]}"
    hear a '^error disconnect .'
    hear b '^error disconnect .'
    ended a
    ended b
    visits_are
}

# Under xinetd, descriptor 2 is the connection, too.
@test "what programs a board does not keep the connection of a session that ends" {
    board_end
    mkfifo -m 666 "$lab/go"
    printf '#!/bin/sh\necho >"%s/began"\nread -r x <"%s/go"\n' "$lab" "$lab" >"$lab/holds"
    chmod 755 "$lab/holds"
    lab_give vlab "$lab"
    # shellcheck disable=SC2016
    (lab_exec as vlab tcpserver -1 -RHD -l 0 127.0.0.1 0 \
        sh -c 'exec vlab-board "$TCPLOCALIP:$TCPLOCALPORT" 2>&0') \
        </dev/null >"$lab/port" 2>>"$lab/log" 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/port"
    board=127.0.0.1:$(<"$lab/port")
    board_conf 'fpga = *' "program = $lab/holds %f"
    bit -z d 3s500e 1000 1 >"$lab/bits"
    talk a as vlab socat - "TCP:$board"
    hear a '^eversion'
    tell a "loadbits $(($(stat -c %s "$lab/bits") * 8))"
    hear a '^loadready'
    cat "$lab/bits" >&"${talk_fd[a]}"
    hear a '^loaded [0-9]+ 1'
    tell a 'program 0 1'
    hear a '^ok queued'
    wait_until test -e "$lab/began"
    # Killed, it does not shut the connection down.
    kill -KILL "$(end_of a)"
    ended a
    echo >"$lab/go"
}

@test "the example of the manual that looks at a board works" {
    load hold
    example=$(examples vlab-board.8 | grep check)
    run -0 bash -c "${example/192.168.124.51/$board}"
    assert_line "boardinfo vlab board $board"
    assert_line 'activityinfo 0 0'
}

# write_client: a client that does one of the things people do, until its session ends.
write_client() {
    cat >"$lab/client" <<'END'
#!/bin/bash
bits=$1 kind=$2 n=$3
exec 3<>"/dev/tcp/${4/://}"
upload() { printf 'loadbits %s\n' $(($(stat -c %s "$bits") * 8)); }
case $kind in
0) printf 'useuart %s\nhello' $((n % 2)) ;;
1) upload && head -c $((n * 500)) "$bits" ;;
2) upload && cat "$bits" && printf 'program 0 %s\nshowbits\n' $((n / 3)) ;;
3) printf 'setuart 0 9600\nprogram 0 %s\ncheck\nquit\n' $((n / 3 + 1)) ;;
esac >&3
exec cat <&3 >/dev/null
END
    printf '#!/bin/sh\ncat "$1" >/dev/null\n' >"$lab/programmer"
    chmod 755 "$lab/client" "$lab/programmer"
}

# strike: kill some of the helpers there are.
strike() {
    local one
    for one in $(pgrep -P "$pid"); do
        ((RANDOM % 2)) || kill -KILL "$one" 2>/dev/null || :
    done
}

# struck: kill all the helpers there are. Succeeds when there are none any more.
struck() {
    local one
    for one in $(pgrep -P "$pid"); do
        kill -KILL "$one" 2>/dev/null || :
    done
    ! pgrep -P "$pid" >/dev/null
}

nobody_left() {
    visits_are && [ "$(roll slot "board:$board" read anybody)" = 0 ] &&
        [ "$(roll queue "board:$board" read anybody)" = 0 ]
}

@test "200 sessions of random kill -9 leave no busy UART, no visit, no half bit file, no used slot" {
    need_root
    board_end
    write_client
    board_conf 'fpga = *' "program = $lab/programmer %f" "reset = $lab/programmer $VLAB_CONF" 'queue = 2'
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    RANDOM=$seed
    bit d 3s500e 100000 "$seed" >"$lab/whole"
    bit -z d 3s500e 100000 "$seed" >"$lab/bits"
    holds h alice
    for ((n = 0; n < 200; n++)); do
        (lab_exec as alice "$lab/client" "$lab/bits" $((RANDOM % 4)) "$n" "$board") \
            </dev/null >/dev/null 2>&1 3>&- &
        lab_pids+=($!)
        ((RANDOM % 4)) || strike
    done
    wait_until -t 60 struck
    wait_until nobody_left
    run roll visit "$board" read header
    output=${output#<}
    ((${output%% *} > 0)) || fail "uploads: $output"
    run -0 flock -n "$lab/tty0" true
    run -0 flock -n "$lab/tty1" true
    for file in "$VLAB_STATE/bits/$board"/*; do
        case ${file##*/} in
        *.job.bit) wait_until test ! -e "$file" ;;
        *.bit) cmp "$lab/whole" "$file" ;;
        *) [ ! -s "$file" ] ;;
        esac
    done
    at a alice
    ask a showbits '^bitinfo 0 0 '
    hear a '^endlist$'
    uses a 0
}
