#!/usr/bin/env bats
# vlab-run: a command that runs elsewhere, treated as if it ran here.
# shellcheck disable=SC2016,SC2154 # for the command's shell; lib.bash and launch.bash set them
load lib
load launch
load net

setup() {
    launch_setup
    launcher 'workers = 4'
    launch_serve
}

teardown() {
    launch_teardown
}

build() {
    as alice vlab-run build "$@"
}

# words: print its words, each in brackets.
words() {
    printf '%s\n' '#!/bin/sh' 'for word; do printf "[%s]" "$word"; done' >"$lab/open/words"
    chmod 755 "$lab/open/words"
}

@test "words arrive exactly as they were given" {
    words
    run -0 build "$lab/open/words" 'a  b' '' -- -n '$HOME' '*' $'two\nlines' $'\xff\x01' "it's" ''
    assert_output $'[a  b][][--][-n][$HOME][*][two\nlines][\xff\x01][it\'s][]'
    run -0 as alice vlab-run -- build "$lab/open/words" --
    assert_output '[--]'
}

@test "there may be 1024 words, and 128 kilobytes, and no more" {
    words
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    run -0 build "$lab/open/words" "$long" "${long:0:16384}" "${long:0:1024}"
    assert_output "[$long][${long:0:16384}][${long:0:1024}]"
    limit='1024 words, 128 kB in all'
    run -100 build "$lab/open/words" "$long" "${long:0:32000}"
    assert_output "vlab-run: fatal: build: a command may have $limit"
    mapfile -t many < <(seq 1023)
    run -0 build "$lab/open/words" "${many[@]}"
    assert_output "$(printf '[%s]' "${many[@]}")"
    run -100 build "$lab/open/words" "${many[@]}" 1024
    assert_output "vlab-run: fatal: build: a command may have $limit"
    # Nor from who says it in another way.
    talk me as alice frames "$VLAB_LAUNCH"
    tell me "l setuid ${lab_uid[alice]}"
    tell me "w ${long:0:16384}"
    for i in {1..8}; do
        tell me "w ${long:0:16383}"
    done
    tell me 'l run build'
    hear me "^l error badsize there may be $limit\$"
}

@test "what is no name of a launcher is wrong usage" {
    for name in 'build now' 'build ' build/ build: .build -build $'bu\nild' "$(printf 'x%.0s' {1..64})"; do
        run -100 as alice vlab-run -- "$name" touch "$lab/open/touched"
        assert_output "vlab-run: fatal: ${name/$'\n'/?} is no name of a launcher"
        run -100 as alice vlab-run -q -- "$name"
        assert_output "vlab-run: fatal: ${name/$'\n'/?} is no name of a launcher"
    done
    run -100 as alice vlab-run ''
    assert_output 'vlab-run: fatal: an empty word is no name of a launcher'
    assert_not_exists "$lab/open/touched"
}

@test "a command is not started when its streams cannot be had here" {
    failed=0 started=0
    for number in {4..12}; do
        said=$(as alice sh -c 'ulimit -n "$0"; exec vlab-run build echo hi' "$number" 2>&1) || :
        case $said in
        hi) started=$((started + 1)) ;;
        'vlab-run: fatal: unable to use our descriptors: '*) failed=$((failed + 1)) ;;
        esac
    done
    [ "$failed" -gt 0 ]
    [ "$started" -gt 0 ]
    assert_equal "$(grep -c started: "$lab/log")" "$started"
}

@test "a helper that cannot start a command says so" {
    rm "$VLAB_LAUNCH"
    lab_start as vlab unixserver -b 16 -- "$VLAB_LAUNCH" prlimit --nproc=1 vlab-launch -e
    wait_until listening "$VLAB_LAUNCH"
    [ "$EUID" -eq 0 ] || ! prlimit --nproc=1 sh -c 'true | true' 2>/dev/null || skip 'no such limit'
    run -111 build true
    assert_output 'vlab-run: build: the helper cannot start it'
    grep -qx 'vlab-launch: warning: unable to start a command: Resource temporarily unavailable' "$lab/log"
}

@test "a launcher's own words come first" {
    words
    launcher "command = $lab/open/words 'of the' launcher"
    run -0 build mine ''
    assert_output '[of the][launcher][mine][]'
    run -0 build
    assert_output '[of the][launcher]'
    launcher
    run -100 build
    assert_output 'vlab-run: build: there is no command to run'
}

@test "the exit code is the command's, and 128+N after signal N" {
    for number in 0 1 7 100 111 255; do
        run "-$number" build sh -c "exit $number"
        assert_output ''
    done
    for sig in 1 2 3 6 9 13 15; do
        run "-$((128 + sig))" build sh -c "kill -$sig \$\$"
        assert_output ''
    done
    run -127 build "$lab/nothing"
    assert_output "vlab-run: build: unable to run $lab/nothing in /: No such file or directory"
    run -126 build "$lab"
    assert_output "vlab-run: build: unable to run $lab in /: Permission denied"
}

@test "output that comes with the news of the start does not wait for more to come" {
    printf 'l\0\0\x09started 11\0\0\x05here\n' >"$lab/frames"
    asked="....setuid $UID....true....run build"
    lab_start unixserver -- "$lab/run/other" sh -c "
        printf 'l\\000\\000\\021lversion vlab 0.1'; head -c ${#asked} >$lab/asked
        cat $lab/frames; cat"
    wait_until listening "$lab/run/other"
    talk me vlab-run -h "$lab/run/other" build true
    hear me here
}

@test "a command that has ended before its helper looks is heard whole" {
    launcher 'workers = 1'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    # Whatever this helper waits for has come before it does so.
    lab_start as vlab unixserver -- "$lab/run/slow" strace -qq -o /dev/null -e trace=ppoll \
        -e inject=ppoll:delay_enter=500000 vlab-launch -e
    wait_until listening "$lab/run/slow"
    talk two as alice vlab-run -h "$lab/run/slow" build sh -c 'echo out; echo err >&2; exit 9'
    wait_until queue_is running alice waiting alice
    lab_stop "${talk_pid[one]}"
    ended two
    assert_equal "$code $(cat "$lab/two.out" "$lab/two.err")" $'9 out\nerr'
}

@test "three streams of random bytes, megabytes each, arrive as they were" {
    head -c 5000000 /dev/urandom >"$lab/data"
    build tee /dev/stderr <"$lab/data" >"$lab/one" 2>"$lab/two"
    cmp "$lab/data" "$lab/one"
    cmp "$lab/data" "$lab/two"
    # shellcheck disable=SC2002
    cat "$lab/data" | as alice vlab-run build sh -c 'tee /dev/fd/2' 2> >(cat >"$lab/two") |
        cat >"$lab/one"
    cmp "$lab/data" "$lab/one"
    wait_until cmp -s "$lab/data" "$lab/two"
}

@test "bytes arrive when they are written, not when there are many" {
    talk me as alice vlab-run build cat
    tell_raw me a
    wait_until said me a
    tell_raw me b
    wait_until said me ab
    hang_up me
    ended me
    assert_equal "$code" 0
}

@test "input may be empty, closed or a file, and ends for the command when it ends" {
    run -0 build wc -c </dev/null
    assert_output 0
    run -0 as alice sh -c 'exec vlab-run build wc -c <&-'
    assert_output 0
    seq 1000 >"$lab/seq"
    run -0 build wc -l <"$lab/seq"
    assert_output 1000
}

# taken PID: how many bytes has the process written?
taken() {
    sed -n 's/^wchar: //p' "/proc/$1/io"
}

# stands PID: has it written no more since the last time, and something before?
stands() {
    local now
    now=$(taken "$1")
    [ "$now" -gt 0 ] && [ "$now" = "$before" ] || { before=$now && return 1; }
}

@test "a signal is heard, though a stream is always ready" {
    run -0 env poll
    assert_output $'heard\nready'
}

@test "a reader that does not read holds up neither the other stream nor a signal" {
    # Once a pipe that vlab-run may open anew, once one that it may not.
    for mode in 666 600; do
        mkfifo -m $mode "$lab/$mode"
        lab_start sh -c 'exec sleep infinity 3<>"$0"' "$lab/$mode"
        reader=$pid
        wait_until test -e "/proc/$pid/fd/3"
        (lab_exec as alice vlab-run build sh -c '
            yes & echo beside >&2; trap "echo signal >&2; exit 9" TERM; wait; wait') \
            </dev/null >"$lab/$mode" 2>"$lab/$mode.err" 3>&- &
        pid=$!
        lab_pids+=("$pid")
        wait_until grep -qs beside "$lab/$mode.err"
        before=
        wait_until stands "$pid"
        # There is room again, but not for all that it has.
        dd if="$lab/$mode" bs=4096 count=1 >/dev/null 2>&1
        kill "$pid"
        wait_until grep -qs signal "$lab/$mode.err"
        lab_stop "$reader"
        wait_until gone "$pid"
    done
}

@test "a slow reader gets every byte" {
    build seq 300000 | {
        for ((i = 0; i < 30; i++)); do
            head -c 50000
            pause
        done
        cat
    } | cmp - <(seq 300000)
}

@test "a command that does not read its input stops whoever writes it" {
    mkfifo -m 666 "$lab/in"
    talk me as alice sh -c 'exec vlab-run build "$0" here <"$1"' "$lab/mark" "$lab/in"
    lab_start dd if=/dev/zero "of=$lab/in" bs=4096
    hear me here
    before=
    wait_until stands "$pid"
    [ "$before" -ge 262144 ]
    [ "$before" -lt 1500000 ]
    lab_stop "$pid" KILL
    lab_stop "${talk_pid[me]}"
}

@test "when nobody reads the output any more, the command gets SIGPIPE" {
    run as alice bash -c 'vlab-run build yes | head -n 1; echo "${PIPESTATUS[*]}"'
    assert_output $'y\n141 0'
    run as alice bash -c 'vlab-run build sh -c "yes >&2" 2>&1 >/dev/null | head -n 1; echo "${PIPESTATUS[*]}"'
    assert_output $'y\n141 0'
}

# has_read PID BYTES: has the process read as many?
has_read() {
    [ "$(sed -n 's/^rchar: //p' "/proc/$1/io")" -ge "$2" ]
}

finished() {
    ss -Htan src "$tcp" | grep -q FIN-WAIT
}

@test "over TCP, a client who stands still and has input under way loses nothing of the end" {
    serve_tcp 127.0.0.1 vlab-launch -e
    mkfifo -m 666 "$lab/open/go"
    lab_start as alice bash -c '
        exec vlab-run -h "$0" build sh -c "
            read -r word <$1/go; head -c 200000 >/dev/null; head -c 200000 /dev/zero
            exit 3" < <(yes) >"$1/out"' "$tcp" "$lab/open"
    wait_until has_read "$pid" 262144
    kill -STOP "$pid"
    echo go >"$lab/open/go"
    wait_until finished
    kill -CONT "$pid"
    ended_with 3
    assert_equal "$(stat -c %s "$lab/open/out")" 200000
}

# ended_with CODE: how $pid has ended.
ended_with() {
    local code=0
    wait_until gone "$pid"
    wait "$pid" || code=$?
    assert_equal "$code" "$1"
}

@test "input that cannot be read is exit code 111" {
    run -111 as alice bash -c 'vlab-run build wc -c </'
    assert_line 0
    assert_line 'vlab-run: warning: unable to read standard input: Is a directory'
}

@test "a command that closes its input closes ours, one that closes its output that" {
    mkfifo -m 666 "$lab/open/go"
    printf '%s\n' '#!/bin/sh' 'exec <&- >&-' "read -r word <$lab/open/go" 'exit 3' \
        >"$lab/open/closes"
    chmod 755 "$lab/open/closes"
    lab_start as alice bash -c '
        yes | vlab-run build "$0" | { cat; : >"$1/end"; }
        echo "${PIPESTATUS[*]}" >"$1/codes"' "$lab/open/closes" "$lab/open"
    wait_until test -e "$lab/open/end"
    echo go >"$lab/open/go"
    wait_until test -s "$lab/open/codes"
    assert_equal "$(<"$lab/open/codes")" '141 3 0'
}

@test "output that cannot be written is exit code 111, and the command gets SIGPIPE" {
    run -111 as alice bash -c 'vlab-run build yes >/dev/full'
    assert_output 'vlab-run: warning: unable to write standard output: No space left on device'
    run -111 as alice bash -c 'vlab-run build echo lost >&-'
    assert_output 'vlab-run: warning: unable to write standard output: Bad file descriptor'
    run -0 as alice bash -c 'vlab-run build true >&-'
}

# flags FD: is descriptor FD of this shell non-blocking?
blocks() {
    local flags
    flags=$(sed -n 's/^flags:.*\(....\)$/\1/p' "/proc/$BASHPID/fdinfo/$1")
    [ $((0$flags & 04000)) -eq 0 ]
}

@test "descriptors that others have as well go on blocking" {
    mkfifo -m 666 "$lab/from" "$lab/to"
    exec {from}<>"$lab/from" {to}<>"$lab/to"
    talk me as alice bash -c "exec vlab-run build \"\$0\" here <&$from >&$to 2>&$to" "$lab/mark"
    read -rt 30 line <&"$to"
    assert_equal "$line" here
    blocks "$from"
    blocks "$to"
    lab_stop "${talk_pid[me]}"
    exec {from}>&- {to}>&-
}

# twice SIGNAL: have parent and child both got it?
twice() {
    [ "$(grep -c "^$1" "$lab/$1.out")" -ge 2 ]
}

@test "INT, TERM, HUP and QUIT reach the whole process group; who does not end is killed, or left alone" {
    launcher 'workers = 5'
    # Nobody reads what it prints, so its end cannot come.
    mkfifo -m 666 "$lab/out"
    lab_start sh -c 'exec sleep infinity 3<>"$0"' "$lab/out"
    talk deaf as alice sh -c 'exec vlab-run build yes >"$0"' "$lab/out"
    wait_until queue_is running alice
    kill -INT "${talk_pid[deaf]}"
    for sig in INT TERM HUP QUIT; do
        talk "$sig" as alice vlab-run build sh -c '
            env --default-signal=INT,QUIT "$0" child "$1" &
            exec "$0" parent "$1"' "$lab/mark" "$sig"
        hear "$sig" child
    done
    for sig in INT TERM HUP QUIT; do
        wait_until grep -qs parent "$lab/$sig.out"
        kill "-$sig" "${talk_pid[$sig]}"
    done
    for sig in INT TERM HUP QUIT; do
        wait_until twice "$sig"
    done
    # They went on, so they are killed.
    for sig in INT TERM HUP QUIT; do
        ended "$sig" 30
        assert_equal "$sig $code" "$sig 137"
    done
    ended deaf
    assert_equal "$code" 111
    assert_equal "$(<"$lab/deaf.err")" \
        'vlab-run: fatal: build: the command has not ended, and is left alone'
}

@test "a command that a signal ends is 128+N" {
    for sig in INT TERM HUP QUIT; do
        talk "$sig" as alice vlab-run build "$lab/mark" here
        hear "$sig" here
        kill "-$sig" "${talk_pid[$sig]}"
        ended "$sig"
        assert_equal "$code" $((128 + $(kill -l "$sig")))
    done
}

@test "what is ignored at the start is not passed on" {
    talk me as alice nohup vlab-run build "$lab/mark" here HUP INT
    hear me here
    kill -HUP "${talk_pid[me]}"
    kill -INT "${talk_pid[me]}"
    hear me INT
    run ! grep HUP "$lab/me.out"
    lab_stop "${talk_pid[me]}" KILL
}

# in_both TEXT: have parent and child said it, each in its file?
in_both() {
    grep -qs "$1" "$lab/open/parent" && grep -qs "$1" "$lab/open/child"
}

# family NAME WORD...: what these words do with a command that has a child; each writes the
# signals it gets to a file of its own.
family() {
    rm -f "$lab/open/parent" "$lab/open/child"
    printf '%s\n' '#!/bin/sh' "cd $lab/open" "$lab/mark here HUP TERM >child 2>&1 &" \
        "exec $lab/mark here HUP TERM >parent 2>&1" >"$lab/open/family"
    chmod 755 "$lab/open/family"
    talk "$@"
    wait_until in_both here
}

# killed_in_time START: is all of it killed, and not earlier than 5 seconds after START?
killed_in_time() {
    wait_until idle
    [ $((${EPOCHREALTIME//[!0-9]/} - $1)) -ge 4900000 ]
    no_marks
}

@test "killed, it leaves the command's process group HUP and TERM, and 5 seconds" {
    family me as alice vlab-run build "$lab/open/family"
    start=${EPOCHREALTIME//[!0-9]/}
    kill -KILL "${talk_pid[me]}"
    wait_until in_both HUP
    wait_until in_both TERM
    killed_in_time "$start"
}

@test "when its terminal goes, the command's process group gets HUP, and has 5 seconds" {
    family me as alice script -qfec "vlab-run build $lab/open/family" /dev/null
    start=${EPOCHREALTIME//[!0-9]/}
    kill -KILL "${talk_pid[me]}"
    wait_until in_both HUP
    killed_in_time "$start"
}

@test "a command may end in its own way when the client is gone, also one that prints" {
    talk me as alice vlab-run build sh -c '
        trap "" TERM
        trap "seq 100000; echo done >$0; exit" HUP
        echo here
        tail -f /dev/null & wait' "$lab/open/out"
    hear me here
    kill -KILL "${talk_pid[me]}"
    wait_until grep -qs "done" "$lab/open/out"
    wait_until idle
}

@test "on a terminal it says how many are ahead, after two seconds, and else it is silent" {
    launcher 'workers = 1'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    talk two as bob vlab-run build echo two
    wait_until queue_is running alice waiting bob
    start=${EPOCHREALTIME//[!0-9]/}
    talk me as carol script -qfec "vlab-run build echo mine" /dev/null
    hear me '^vlab-run: waiting for build, 1 ahead'
    [ $((${EPOCHREALTIME//[!0-9]/} - start)) -ge 1900000 ]
    lab_stop "${talk_pid[two]}"
    hear me '^vlab-run: waiting for build, 0 ahead'
    lab_stop "${talk_pid[one]}"
    hear me mine
    assert_equal "$(cat "$lab/two.out" "$lab/two.err")" ''
}

@test "-n does not wait, -w not for ever; the last one counts" {
    launcher 'workers = 1'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    for option in -n '-w 0' '-w 1' '-n -w 1' '-w 1000 -n'; do
        # shellcheck disable=SC2086
        run -1 as bob vlab-run $option build touch "$lab/open/touched"
        assert_output --regexp '^vlab-run: build: (all workers are busy|no worker was free in time)$'
    done
    assert_not_exists "$lab/open/touched"
    queue_is running alice
    talk two as bob vlab-run -n -w 1000 build echo two
    wait_until queue_is running alice waiting bob
    lab_stop "${talk_pid[one]}"
    hear two two
    run -0 as bob vlab-run -n build echo free
    assert_output free
    run -100 as bob vlab-run -w x build true
}

@test "-q shows what runs and who waits, by whom, since when" {
    launcher 'workers = 1' '[launch other]' 'group = staff' '[launch empty]' 'group = vluser'
    run -0 as alice vlab-run -q
    assert_output $'build        idle, 1 worker\nempty        idle, 1 worker'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    talk two as bob vlab-run build true
    wait_until queue_is running alice waiting bob
    talk three as carol vlab-run build true
    wait_until queue_is running alice waiting bob waiting carol
    run -0 as carol vlab-run -q build
    since='since [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}'
    assert_line --index 0 --regexp "^build +running +1 +alice +$since\$"
    assert_line --index 1 --regexp "^build +waiting +1 +bob +$since\$"
    assert_line --index 2 --regexp "^build +waiting +2 +carol +$since\$"
    run -0 as carol vlab-run -q
    assert_equal "${#lines[@]}" 4
    run -1 as carol vlab-run -q other
    assert_output 'vlab-run: other: this launcher is not for you'
    run -100 as carol vlab-run -q build more
    run -111 as alice sh -c 'vlab-run -q build >/dev/full'
    launcher 'workers = 1'
    run -1 as eve vlab-run -q
    assert_output 'vlab-run: warning: there is no launcher for you'
}

@test "a signal while it waits ends it, and its place is free" {
    launcher 'workers = 1'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    for sig in INT TERM KILL; do
        talk two as bob vlab-run build touch "$lab/open/touched"
        wait_until queue_is running alice waiting bob
        kill "-$sig" "${talk_pid[two]}"
        wait_until queue_is running alice
        ended two
    done
    assert_not_exists "$lab/open/touched"
}

@test "in the background of a terminal it runs on, and leaves the keys to others" {
    cat >"$lab/open/jobs" <<END
set -m
vlab-run build sh -c 'echo begun; cat; echo over' &
read -r line
echo "the shell has \$line"
kill -0 %1 && jobs
fg %1
END
    talk me as alice script -qfec "bash --norc $lab/open/jobs" /dev/null
    hear me begun
    tell me for you
    hear me 'the shell has for you'
    hear me 'Running .*vlab-run'
    tell me for it
    hear me '^for it'
    tell_raw me $'\x04'
    hear me over
    ended me
}

@test "stopped and continued, it goes on" {
    talk me as alice vlab-run build cat
    tell me one
    hear me one
    kill -STOP "${talk_pid[me]}"
    tell me two
    kill -CONT "${talk_pid[me]}"
    hear me two
    hang_up me
    ended me
    assert_equal "$code" 0
}

@test "-h and VLAB_LAUNCH name a helper by HOST, HOST:PORT or path" {
    lab_start as vlab sh -c 'exec tcpserver -1 -RHDl 0 -b 1024 127.0.0.1 0 vlab-launch -e >"$0"' \
        "$lab/run/port"
    wait_until test -s "$lab/run/port"
    port=$(<"$lab/run/port")
    for where in "127.0.0.1:$port" "localhost:$port" "$VLAB_LAUNCH"; do
        VLAB_LAUNCH=/none run -0 as alice vlab-run -h "$where" build sh -c 'echo $VLAB_USER'
        assert_output alice
        VLAB_LAUNCH=$where run -0 as alice vlab-run build sh -c 'echo $VLAB_USER'
        assert_output alice
    done
    for where in : 127.0.0.1:x 127.0.0.1:0 :7022 '[::1' ''; do
        run -100 as alice vlab-run -h "$where" build true
        assert_output --partial 'it must be a path (with a slash in it), HOST, HOST:PORT or node:NUMBER'
    done
}

@test "the port is 7022 if none is given, also over IPv6" {
    need_root
    unshare -n true 2>/dev/null || skip 'needs network namespaces'
    lab_user root 0 0
    launcher 'user = root'
    lab_start unshare -n bash -c 'ip link set lo up
        tcpserver -RHDl 0 127.0.0.1 7022 vlab-launch -e &
        socat TCP6-LISTEN:7022,bind=[::1],ipv6only,fork EXEC:vlab-launch,nofork &
        tries=1000
        until [ "$(ss -Hltn | grep -c :7022)" = 2 ] || [ $((tries -= 1)) -eq 0 ]; do
            read -rt 0.02 <> <(:)
        done
        for host in 127.0.0.1 localhost ::1 "[::1]" "[::1]:7022"; do
            vlab-run -h $host build sh -c "echo \$VLAB_USER by $host"
        done >"$1" 2>&1
        echo end >>"$1"
        wait' here "$lab/said"
    wait_until grep -qs end "$lab/said"
    assert_equal "$(<"$lab/said")" \
        "$(printf 'root by %s\n' 127.0.0.1 localhost ::1 '[::1]' '[::1]:7022' | sed '$aend')"
}

@test "an empty VLAB_LAUNCH is none" {
    [ ! -e /run/vlab/launch ] || skip 'there is a helper at /run/vlab/launch'
    VLAB_LAUNCH='' run -111 build true
    assert_output --partial 'unable to reach the helper at /run/vlab/launch: '
}

@test "a helper that cannot be reached, or is none, is exit code 111" {
    VLAB_LAUNCH=$lab/none run -111 build true
    assert_output "vlab-run: fatal: unable to reach the helper at $lab/none: \
No such file or directory: tell the administrator that the vlab-launch service is not running"
    lab_start as vlab unixserver -b 16 -- "$lab/run/other" echo something else
    wait_until listening "$lab/run/other"
    VLAB_LAUNCH=$lab/run/other run -111 build true
    assert_output --partial 'it is no vlab-launch'
    lab_start as vlab unixserver -b 16 -- "$lab/run/third" true
    wait_until listening "$lab/run/third"
    VLAB_LAUNCH=$lab/run/third run -111 build true
    assert_output --partial 'it has hung up'
}

@test "a helper that is lost is exit code 111, and what had come is written" {
    talk me as alice vlab-run build "$lab/mark" here
    hear me here
    helpers=$(helper_pids)
    # shellcheck disable=SC2086
    kill -KILL $helpers
    ended me
    assert_equal "$code" 111
    assert_equal "$(<"$lab/me.err")" 'vlab-run: build: the helper has gone'
    wait_until no_marks
}

@test "over TCP a connection that stays silent is given up for another" {
    lab_start as vlab sh -c 'exec tcpserver -1 -RHDl 0 127.0.0.1 0 sh -c "$1" "$0" >"$0/port"' \
        "$lab/run" 'mkdir "$0/silent" 2>/dev/null && exec cat >/dev/null; exec vlab-launch -e'
    wait_until test -s "$lab/run/port"
    run -0 as alice vlab-run -h "127.0.0.1:$(<"$lab/run/port")" build echo here
    assert_output here
    assert_exists "$lab/run/silent"
}

@test "when one of those who watch over the command is killed, the command is, and we are told" {
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    kill -KILL "$(runner_pids)"
    ended one
    assert_equal "$code $(<"$lab/one.err")" \
        '111 vlab-run: build: the command was killed with its runner'
    wait_until idle
    no_marks
    talk two as alice vlab-run build "$lab/mark" here
    hear two here
    kill -KILL "$(guard_pids)"
    ended two
    assert_equal "$code" 137
    no_marks
}

@test "wrong usage is exit code 100" {
    run -100 vlab-run
    assert_output --partial 'usage: vlab-run'
    run -100 vlab-run -x build true
    run -100 vlab-run -h
    run -100 vlab-run 'two words' true
    assert_output 'vlab-run: fatal: two words is no name of a launcher'
}

# form: what -q prints, but for who, how many and when.
form() {
    sed -E 's/[0-9]{4}(-[0-9]{2}){2} [0-9:]{8}$/WHEN/; s/[0-9]+ worker/N worker/; s/  [a-z]+ +since/  USER since/'
}

@test "what vlab-run.1 shows that -q prints is what it prints" {
    launcher 'workers = 1' '[launch test]' 'workers = 4' 'group = vluser'
    talk one as alice vlab-run build "$lab/mark" here
    hear one here
    talk two as bob vlab-run build true
    wait_until queue_is running alice waiting bob
    run -0 as alice vlab-run -q
    assert_equal "$(mandoc -Tascii "$tree/bin/vlab-run.1" | col -bx |
        sed -n '/\$ vlab-run -q$/,/^$/s/^ *\([a-z]\)/\1/p' | form)" "$(form <<<"$output")"
}

@test "the examples of vlab-run.1 work" {
    cd "$lab/home/alice" || return
    mkdir -p src
    echo 'int main(void) { return 0; }' >src/hello.c
    chmod -R a+rX .
    mkdir -m 777 "$lab/open/project"
    printf 'all:\n\t@echo built for $(VLAB_USER)\n' >"$lab/open/project/Makefile"
    launcher 'workers = 1' "dir = $lab/open/project"
    sed -nE 's/^(\.Dl )?\$ //p' "$tree/bin/vlab-run.1" >"$lab/examples"
    assert_equal "$(wc -l <"$lab/examples")" 3
    run -0 as alice sh -ec "$(<"$lab/examples")"
    assert_output $'built for alice\nbuild        idle, 1 worker'
    assert_equal "$(<lines)" 1
}
