#!/usr/bin/env bats
# A board is programmed: one at a time, in order, and to the end.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load bits
setup() { bits_setup "queue = 2"; }
teardown() { bits_teardown; }

# quits NAME: it leaves, whatever it has asked for.
quits() {
    (tell "$1" quit) 2>/dev/null || :
    leave "$1"
}

@test "the command gets the file as it was, the number of the FPGA, its part and the board" {
    by_hand a
    design a one 100000
    on design-one 'cat "$file" >"$lab/got"; ls "$file" >"$lab/name"
        echo "$fpga $part $board" >"$lab/words"'
    ask a "program 1 $bid" '^ok'
    hear a ''
    assert_equal "$heard" "programok $bid"
    cmp "$lab/got" "$lab/design-one.bit"
    assert_equal "$(<"$lab/words")" "1 3s500efg320 $board"
    run cat "$lab/name"
    assert_output --regexp '^/.*\.bit$'
    did "begin design-one" "end design-one"
}

@test "it has nothing of ours but the words: no descriptor, no environment, no input" {
    by_hand a
    design a one
    on design-one 'env -0 | sort -z | tr "\0" "\n" >"$lab/env"
        ls -l /proc/self/fd | sed -n "s/.* \([0-9]* -> \)/\1/p" >"$lab/open"
        pwd >"$lab/dir"; grep "^Sig[BI]" /proc/self/status >"$lab/signals"'
    ask a "program 0 $bid" '^ok'
    hear a "^programok $bid$"
    # The shell adds the others.
    run grep -v -e '^PWD=' -e '^SHLVL=' -e '^_=' "$lab/env"
    assert_output "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    # 9 and 255 are the script's, 3 is what ls reads.
    run grep -v -e '^3 -> /proc' -e '^9 ->' -e '^255 ->' -e '^1 -> ' "$lab/open"
    assert_line --index 0 "0 -> /dev/null"
    assert_line --index 1 --regexp '^2 -> pipe:'
    assert_equal "${#lines[@]}" 2
    assert_equal "$(<"$lab/dir")" /
    assert_equal "$(awk '{ print $2 }' "$lab/signals" | sort -u)" 0000000000000000
}

@test "what stands by it keeps nothing of the session open, neither its connection nor its roll" {
    by_hand a
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    run readlink "/proc/$(slot_of 6)/fd/"*
    assert_success
    refute_output --regexp "signalfd|$lab/a\.(in|out)|$VLAB_STATE/(visit|board)"
    open_gate design-1
    hear a '^programok 1$'
}

@test "an outcome is told before the next one begins" {
    by_hand a
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    design a 2
    ask a "program 0 2" '^ok'
    job=$(slot_of 6)
    kill -STOP "$job"
    open_gate design-1
    run ! wait_until -t 1 grep -q design-2 "$lab/did"
    kill -CONT "$job"
    hear a '^programok 1$'
    hear a '^programok 2$'
    did "begin design-1" "end design-1" "begin design-2" "end design-2"
}

@test "requests of several sessions are done in their order, one at a time, and all hear of each" {
    bits_conf "queue = 4"
    for name in a b c; do
        by_hand $name
    done
    on design-1 hold
    for i in 1 2 3 4 5; do
        name=$(cut -c $i <<<abcab)
        design "$name" $i
        bids[i]=$bid
        ask "$name" "program 0 $bid" '^ok'
    done
    wait_until did "begin design-1"
    open_gate design-1
    for name in a b c; do
        for i in 1 2 3 4 5; do
            hear $name '^program'
            assert_equal "$heard" "programok ${bids[i]}"
        done
    done
    run -0 cat "$lab/did"
    assert_output "$(for i in 1 2 3 4 5; do printf "begin design-%s\nend design-%s\n" $i $i; done)"
}

@test "when the queue is full a request is refused, and when one has been done there is room" {
    by_hand a
    on design-1 hold
    on design-2 hold
    for i in 1 2 3; do
        design a $i
        ask a "program 0 $bid" '^ok'
    done
    wait_until did "begin design-1"
    design a 4
    ask a "program 0 $bid" '^error pqfull '
    open_gate design-1
    hear a '^programok 1$'
    wait_until did "begin design-1" "end design-1" "begin design-2"
    ask a "program 0 $bid" '^ok'
    open_gate design-2
    for i in 2 3 4; do
        hear a "^programok $i$"
    done
}

@test "without a queue a request is refused while another is done" {
    bits_conf "queue = 0"
    by_hand a
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    ask a "program 0 1" '^error pqfull '
    open_gate design-1
    hear a '^programok 1$'
    wait_until slot_is_free
    ask a "program 0 1" '^ok'
    open_gate design-1
    hear a '^programok 1$'
}

@test "what is not there, not ready or not for this FPGA is refused, so that no client waits in vain" {
    by_hand a
    pack design-other 1000 3s1600efg320
    ask a "program 2 1" '^error nosuchfpga '
    ask a "program x 1" '^error '
    ask a "program 0" '^error command '
    for bad in 0 1 99 18446744073709551615; do
        ask a "program 0 $bad" '^ok'
        hear a ''
        assert_equal "$heard" "programfailed $bad denied"
    done
    echo nonsense >"$lab/nonsense"
    upload a "$lab/nonsense" 0
    ask a "program 0 $bid" '^ok'
    hear a "^programfailed $bid denied$"
    upload a "$lab/design-other.biz"
    ask a "program 0 $bid" '^ok'
    hear a "^programfailed $bid wrongdriver$"
    ask a "program 1 $bid" '^ok'
    hear a "^programok $bid$"
    did "begin design-other" "end design-other"
}

@test "the last line is the reason of a failure, if it is a code of the protocol" {
    by_hand a
    i=0
    while IFS='|' read -r script reason; do
        i=$((i + 1))
        on design-$i "$script; code=3"
        design a $i
        ask a "program 0 $bid" '^ok'
        hear a ''
        assert_equal "$script: $heard" "$script: programfailed $bid $reason"
    done <<'END'
echo donenothigh|donenothigh
echo noise; echo idfailed|idfailed
echo IDFailed >&2|idfailed
printf "  noresp \r\n\n  \n"|noresp
printf timeout|timeout
echo noresp; echo more|unknown
echo noresp is the code|unknown
echo nosuchcode|unknown
echo none|unknown
:|unknown
head -c 5000 /dev/urandom; printf "\nxsvferror\n"|xsvferror
echo parsebits; kill -9 $$|parsebits
END
}

@test "success is what the exit code says" {
    by_hand a
    on design-1 'echo donenothigh'
    design a 1
    ask a "program 0 1" '^ok'
    hear a '^program'
    assert_equal "$heard" "programok 1"
}

@test "a command that cannot be started is an unknown failure, and the log says why" {
    lab_conf <<<"[board $board]
fpga = *
program = $lab/nowhere %f"
    by_hand a
    design a 1
    ask a "program 0 1" '^ok'
    hear a '^programfailed 1 unknown$'
    run -0 grep -c 'program 0 1 ' "$lab/a.err"
    assert_output 1
    grep -q "unable to run $lab/nowhere: No such file or directory" "$lab/a.err"
    wait_until slot_is_free
}

@test "what the command prints is in the log line by line, escaped, and not without end" {
    by_hand a
    on design-1 'printf "first\e[2J\tline\n\nsecond\n"; printf "unfinished "; printf line'
    on design-2 'seq -f "line %g" 100000; echo the end'
    design a 1
    ask a "program 0 1" '^ok'
    hear a '^programok 1$'
    grep -q 'program 0 1 of [^ ]*: first\\x1b\[2J\\tline$' "$lab/a.err"
    grep -q 'program 0 1 of [^ ]*: second$' "$lab/a.err"
    grep -q 'program 0 1 of [^ ]*: unfinished line$' "$lab/a.err"
    grep -q 'program 0 1 of [^ ]*: done$' "$lab/a.err"
    design a 2
    ask a "program 0 2" '^ok'
    hear a '^programok 2$'
    grep -q ': line 200$' "$lab/a.err"
    run ! grep -q ': line 201$' "$lab/a.err"
    grep -q ': 99801 lines more, the last: the end$' "$lab/a.err"
}

@test "a session that leaves takes its waiting requests with it, however it ends" {
    bits_conf "queue = 4"
    for name in a b c d; do
        by_hand $name
    done
    on design-1 hold
    i=0
    for name in a b c d; do
        i=$((i + 1))
        design $name $i
        ask $name "program 0 $bid" '^ok'
    done
    wait_until in_line 3
    quits b
    wait_until in_line 2
    kill -KILL "${talk_pid[c]}"
    wait_until in_line 1
    open_gate design-1
    for name in a d; do
        hear $name '^program'
        assert_equal "$heard" "programok 1"
        hear $name '^program'
        assert_equal "$heard" "programok 4"
    done
    did "begin design-1" "end design-1" "begin design-4" "end design-4"
}

@test "what waits of the last session is gone before the bit files are wiped" {
    board_end
    lab_conf <<END
[pool]
group = vluser
address = $board
[board $board]
fpga = *
program = $lab/command %f
END
    holds mutex alice
    at a alice
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    design a 2
    ask a "program 0 2" '^ok'
    wait_until in_line 1
    # Who is last looks and wipes with the gate of the visit.
    talk gate roll visit "$board" write
    ask gate gate '^ok$'
    tell a quit
    wait_until in_line 0
    assert_file_exists "$VLAB_STATE/bits/$board/2.bit"
    ask gate ungate '^ok$'
    ended a
    open_gate design-1
    wait_until slot_is_free
    did "begin design-1" "end design-1"
}

@test "who only sends no more hears what became of all his requests, and then the session ends" {
    on design-1 hold
    by_hand a
    design a 1
    design a 2
    ask a "program 0 1" '^ok'
    ask a "program 0 2" '^ok'
    hang_up a
    hear a '^rem 2 to be programmed$'
    hear a '^rem 2 to be programmed$'
    open_gate design-1
    hear a '^programok 1$'
    hear a '^programok 2$'
    ended a
    assert_equal "$code" 0
}

@test "who has hung up is found out, though it looks as if he only sent no more" {
    board_end
    bits_conf
    on design-1 hold
    by_hand a
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    talk b socat - "TCP:$board"
    hear b '^eversion '
    ask b "program 0 1" '^ok'
    wait_until in_line 1
    kill -KILL "${talk_pid[b]}"
    wait_until in_line 0
    open_gate design-1
    hear a '^programok 1$'
}

@test "a command that has begun is finished, though its session leaves, and the others hear of it" {
    for end in hangup kill; do
        by_hand a
        by_hand b
        on design-$end 'hold; cat "$file" >"$lab/got"'
        design a $end
        ask a "program 0 $bid" '^ok'
        wait_until grep -q "begin design-$end" "$lab/did"
        if [ $end = kill ]; then
            kill -KILL "${talk_pid[a]}"
        else
            tell a quit
        fi
        ended a
        open_gate design-$end
        hear b '^program'
        assert_equal "$heard" "programok $bid"
        cmp "$lab/got" "$lab/design-$end.bit"
        quits b
        wait_until slot_is_free
    done
}

@test "who ends the session does not end the command, nor who ends the job that stands by it" {
    by_hand a
    by_hand b
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    kill -TERM "$(slot_of 6)" "${talk_pid[a]}"
    ended a
    open_gate design-1
    hear b '^programok 1$'
}

@test "a runner that is killed takes the command with it; that is told, and the next one runs" {
    by_hand a
    by_hand b
    on design-1 'sleep infinity & echo $! >"$lab/pid.child"; hold'
    design a 1
    ask a "program 0 1" '^ok'
    design a 2
    ask a "program 0 2" '^ok'
    wait_until test -s "$lab/pid.child"
    kill -KILL "$(slot_of 2)"
    for name in a b; do
        hear $name '^program'
        assert_equal "$heard" "programfailed 1 unknown"
        hear $name '^programok 2$'
    done
    wait_until gone "$(<"$lab/pid.design-1")"
    wait_until gone "$(<"$lab/pid.child")"
    run ! grep -q "end design-1" "$lab/did"
}

@test "a job that is killed leaves the command to end; that its end is not known is told" {
    by_hand a
    by_hand b
    on design-1 'hold'
    design a 1
    ask a "program 0 1" '^ok'
    design a 2
    ask a "program 0 2" '^ok'
    wait_until did "begin design-1"
    kill -KILL "$(slot_of 6)"
    for name in a b; do
        hear $name '^program'
        assert_equal "$heard" "programfailed 1 unknown"
    done
    did "begin design-1"
    open_gate design-1
    hear a '^programok 2$'
    did "begin design-1" "end design-1" "begin design-2" "end design-2"
}

@test "that a job was killed is told, though its session is a UART, or leaves" {
    wire tty0
    bits_conf "uart = $lab/tty0"
    by_hand b
    for way in raw hangup; do
        by_hand a
        on design-$way hold
        design a $way
        ask a "program 0 $bid" '^ok'
        wait_until grep -q "begin design-$way" "$lab/did"
        job=$(slot_of 6)
        if [ $way = raw ]; then
            ask a 'useuart 0' '^usinguart$'
            kill -KILL "$job"
        else
            kill -STOP "${talk_pid[a]}"
            kill -KILL "$job"
            hang_up a
            kill -CONT "${talk_pid[a]}"
        fi
        hear b '^program'
        assert_equal "$heard" "programfailed $bid unknown"
        kill -KILL "${talk_pid[a]}" 2>/dev/null || :
        ended a
        open_gate design-$way
        wait_until slot_is_free
    done
}

@test "of more than 64 requests all are queued that the board's queue has room for" {
    bits_conf 'queue = 100'
    by_hand a
    on design-1 hold
    design a 1
    for ((n = 0; n < 101; n++)); do
        ask a 'program 0 1' '^ok queued'
    done
    ask a 'program 0 1' '^error pqfull'
    quits a
    open_gate design-1
    wait_until slot_is_free
}

@test "a job that is killed while it waits gives up its place, and that is told" {
    by_hand a
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    design a 2
    ask a "program 0 2" '^ok'
    design a 3
    ask a "program 0 3" '^ok'
    wait_until in_line 2
    waits=$(lab_jobs | grep -vx -e "$(slot_of 6)" -e "$(slot_of 2)" | head -n 1)
    # Of a job and its runner the job came first, and of the two jobs the older one.
    kill -KILL "$waits"
    hear a '^program'
    assert_equal "$heard" "programfailed 2 unknown"
    wait_until in_line 1
    open_gate design-1
    hear a '^programok 1$'
    hear a '^programok 3$'
    run ! grep -q design-2 "$lab/did"
}

@test "what the command has left behind is gone before the next one begins" {
    by_hand a
    on design-1 'setsid sleep infinity & echo $! >"$lab/pid.child"; hold'
    on design-2 'kill -0 "$(<"$lab/pid.child")" 2>/dev/null && echo left >>"$lab/did"'
    design a 1
    design a 2
    ask a "program 0 1" '^ok'
    ask a "program 0 2" '^ok'
    open_gate design-1
    hear a '^programok 1$'
    hear a '^programok 2$'
    did "begin design-1" "end design-1" "begin design-2" "end design-2"
}

@test "a command that hangs is ended when its time is over, and the board goes on" {
    bits_conf "timeout = 1"
    by_hand a
    on design-1 'hold'
    design a 1
    ask a "program 0 1" '^ok'
    design a 2
    ask a "program 0 2" '^ok'
    hear a '^program'
    assert_equal "$heard" "programfailed 1 timeout"
    hear a '^programok 2$'
    run ! grep -q "end design-1" "$lab/did"
}

@test "a bit file that is evicted while its request waits is programmed all the same" {
    bits_conf "queue = 4" "buffers = 2"
    by_hand a
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    on design-2 'cat "$file" >"$lab/got"'
    design a 2 50000
    ask a "program 0 2" '^ok'
    for i in 3 4 5; do
        design a $i
    done
    tell a showbits
    hear a '^bitinfo 0 4 '
    hear a '^bitinfo 1 5 '
    hear a '^endlist'
    open_gate design-1
    hear a '^programok 1$'
    hear a '^programok 2$'
    cmp "$lab/got" "$lab/design-2.bit"
}

@test "who comes next does not see the bit file that is still being programmed, nor disturb it" {
    by_hand a
    on design-1 'hold; cat "$file" >"$lab/got"'
    design a 1 50000
    design a 2
    ask a "program 0 1" '^ok'
    wait_until did "begin design-1"
    quits a
    by_hand b
    tell b showbits
    for i in 0 1 2 3 4 5 6 7; do
        hear b ''
        assert_equal "$heard" "bitinfo $i 0 0 - - - - unused"
    done
    hear b '^endlist'
    run ls "$VLAB_STATE/bits/$board"
    assert_output "$(slot_of 6).job.bit"
    design b 3
    assert_equal "$bid" 3
    ask b "program 0 3" '^ok'
    open_gate design-1
    # Nor does he hear of it.
    hear b '^program'
    assert_equal "$heard" "programok 3"
    cmp "$lab/got" "$lab/design-1.bit"
    wait_until slot_is_free
    run ls "$VLAB_STATE/bits/$board"
    assert_output 3.bit
}

@test "who comes next sees no bit file, also when it cannot be known what is being programmed" {
    need_root
    by_hand a
    design a 1
    ask a "program 0 1" '^ok'
    hear a '^programok 1$'
    wait_until slot_is_free
    chown root "$VLAB_STATE/slot/board:$board"
    chmod 0 "$VLAB_STATE/slot/board:$board"
    quits a
    by_hand b
    tell b showbits
    hear b '^bitinfo 0 '
    assert_equal "$heard" "bitinfo 0 0 0 - - - - unused"
}

@test "who would find the bit files of others, because they cannot be wiped, is refused" {
    need_root
    by_hand a
    design a 1
    chown root "$VLAB_STATE/bits/$board"
    chmod 755 "$VLAB_STATE/bits/$board"
    quits a
    by_hand b
    hear b '^error config .'
    ended b
    assert_equal "$code" 111
    assert_file_exists "$VLAB_STATE/bits/$board/1.bit"
    lab_give vlab "$VLAB_STATE/bits/$board"
    by_hand c
    ask c showbits '^bitinfo 0 0 '
}

@test "reset is run when the first session comes and when the last one goes, one at a time with the rest" {
    bits_conf "queue = 2" "reset = $lab/command reset"
    by_hand a
    wait_until did "begin reset" "end reset"
    by_hand b
    quits b
    on design-1 hold
    design a 1
    ask a "program 0 1" '^ok'
    wait_until did "begin reset" "end reset" "begin design-1"
    quits a
    wait_until in_line 1
    run ls "$VLAB_STATE/bits/$board"
    assert_output "$(slot_of 6).job.bit"
    open_gate design-1
    wait_until did "begin reset" "end reset" "begin design-1" "end design-1" \
        "begin reset" "end reset"
    wait_until slot_is_free
    run ls "$VLAB_STATE/bits/$board"
    assert_output ""
}

@test "a reset that takes long keeps nobody from coming, and of many one waits" {
    on reset hold
    bits_conf "reset = $lab/command reset"
    by_hand a
    wait_until did "begin reset"
    quits a
    wait_until in_line 1
    for i in 1 2 3; do
        by_hand b
        quits b
        in_line 1
    done
    by_hand c
    design c 1
    ask c "program 0 1" '^ok'
    wait_until in_line 2
    open_gate reset
    wait_until did "begin reset" "end reset" "begin reset"
    open_gate reset
    hear c '^programok 1$'
    did "begin reset" "end reset" "begin reset" "end reset" "begin design-1" "end design-1"
    rm "$lab/on.reset"
}

@test "a reset that waits takes none of the places in the queue" {
    on reset hold
    bits_conf "queue = 1" "reset = $lab/command reset"
    by_hand a
    wait_until did "begin reset"
    quits a
    wait_until in_line 1
    by_hand b
    design b 1
    ask b "program 0 1" '^ok'
    wait_until in_line 2
    ask b "program 0 1" '^error pqfull '
    open_gate reset
    wait_until did "begin reset" "end reset" "begin reset"
    ask b "program 0 1" '^error pqfull '
    open_gate reset
    hear b '^programok 1$'
    rm "$lab/on.reset"
}

@test "whoever is killed, session, job or runner, leaves no slot in use, and no command beside another" {
    RANDOM=${VLAB_SEED:=$RANDOM}
    echo "VLAB_SEED=$VLAB_SEED"
    by_hand stays
    for _ in $(seq "$(rounds 25)"); do
        by_hand a
        on design-1 "read -rt 0.0$((RANDOM % 10)) <> <(:)"
        design a 1
        tell a "program 0 $bid"
        tell a "program 1 $bid"
        hear a '^ok'
        case $((RANDOM % 3)) in
        0) struck=${talk_pid[a]} ;;
        1) struck=$(slot_of 2) ;;
        2) struck=$(slot_of 6) ;;
        esac
        for ((i = RANDOM % 3; i > 0; i--)); do
            pause
        done
        [ -z "$struck" ] || kill -KILL "$struck" 2>/dev/null || :
        quits a
    done
    wait_until slot_is_free
    in_line 0
    run ! grep overlap "$lab/did"
    design stays 2
    tell stays "program 0 $bid"
    hear stays "^programok $bid$"
}
