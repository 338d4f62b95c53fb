#!/usr/bin/env bats
# vlab-launch: what runs when, as whom, and what ends it.
# shellcheck disable=SC2016,SC2154 # for the command's shell; lib.bash and launch.bash set them
load lib
load launch
load net

setup() {
    near=
    launch_setup
}

teardown() {
    launch_teardown
    net_teardown
}

# waits NAME USER [COUNT]: have somebody in the queue of build, as the COUNT-th line.
waits() {
    talk "$1" as "$2" vlab-run build "$lab/mark" "$1"
    wait_until lines_are "$3"
}

lines_are() {
    [ "$(as alice vlab-run -q build | wc -l)" = "$1" ]
}

# held NAME USER: run a command that goes on.
held() {
    talk "$1" as "$2" vlab-run build "$lab/mark" "$1"
    hear "$1" "^$1\$"
}

# dialogue NAME USER: frames by hand, the first ones said.
dialogue() {
    talk "$1" as "$2" frames "$VLAB_LAUNCH"
    hear "$1" '^l lversion vlab '
    tell "$1" "l setuid ${lab_uid[$2]}"
    hear "$1" "^l ok $2\$"
}

@test "a command finds a clean environment, the directory of the section, and umask 022" {
    launcher 'workers = 1'
    export SECRET=1
    launch_serve
    run -0 as alice env SECRET=1 LD_PRELOAD='' vlab-run build sh -c '/usr/bin/env; umask; pwd'
    for name in HOME LOGNAME PATH SHELL USER; do
        assert_line --regexp "^$name=."
    done
    assert_line VLAB_USER=alice
    assert_line PATH=/usr/local/bin:/usr/bin:/bin
    assert_line 0022
    assert_line --index -1 /
    # PWD is the shell's own.
    assert_equal "$(grep -vc ^PWD= <<<"$output")" 8
    mkdir "$lab/open/a b"
    launcher "dir = $lab/open/a b"
    run -0 as alice vlab-run build pwd
    assert_output "$lab/open/a b"
    run -0 as alice vlab-run build sh -c 'ls -l /proc/self/fd | grep -c " -> "'
    assert_output 4
    run -0 as alice vlab-run build sh -c 'grep -e ^SigIgn -e ^SigBlk /proc/self/status | cut -f2'
    assert_output $'0000000000000000\n0000000000000000'
}

# as_root_serve [WORD...]: vlab-launch as root, started by the words, on a host that knows
# the lab's users.
as_root_serve() {
    need_root
    unshare -m true 2>/dev/null || skip 'needs mount namespaces'
    lab_start unshare -m sh -c '
        mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group &&
        exec unixserver -b 1024 -- "$@" vlab-launch -e' "$lab" "$VLAB_LAUNCH" "$@"
    wait_until listening "$VLAB_LAUNCH"
}

@test "run by root, it runs a command as the user who asks, with his groups, else as itself" {
    need_root
    lab_user root 0 0
    launcher 'user = root'
    launch_serve
    run -0 as alice vlab-run build id -u
    assert_output "${lab_uid[vlab]}"
    lab_stop "$server"
    rm -f "$VLAB_LAUNCH"
    as_root_serve
    run -0 as alice vlab-run build sh -c 'id -u; id -g; id -G; echo $HOME $USER $LOGNAME $SHELL'
    assert_output "${lab_uid[alice]}
3001
3001
$lab/home/alice alice alice /bin/sh"
    run -0 as dave vlab-run build id -G
    assert_output "${lab_gid[dave]} 3001 3002"
    # The pipes are his, so he may open them by name.
    run -0 as alice sh -c 'echo in | vlab-run build sh -c "
        cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr" 2>&1'
    assert_line in
    assert_line out
    assert_line err
    run -0 vlab-run build sh -c 'id -u; echo $PATH; cat /dev/stdin' <<<'in'
    assert_line in
    run -0 vlab-run build sh -c 'id -u; echo $PATH'
    assert_output $'0\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    # It may write what is his, nothing else; not to the state, nor to who watches over it.
    run -0 as alice vlab-run build sh -c 'touch ~/mine && ! kill -9 $PPID && ! ls "$0"' \
        "$VLAB_STATE/slot/build"
    assert_file_exists "$lab/home/alice/mine"
    assert_equal "$(stat -c %U "$VLAB_STATE/slot/build")" "$(stat -c %U "$VLAB_STATE/slot")"
}

@test "run by root, too, a command finds VLAB_USER and nothing of the environment of others" {
    launcher
    export SECRET=1
    as_root_serve
    run -0 as dave env SECRET=2 vlab-run build env
    assert_equal "$(sort <<<"$output")" "HOME=$lab/home/dave
LOGNAME=dave
PATH=/usr/local/bin:/usr/bin:/bin
SHELL=/bin/sh
USER=dave
VLAB_USER=dave"
}

# files_are USER PID...: do these processes use files as he would?
files_are() {
    local pid
    [ $# -gt 1 ] || return 1
    for pid in "${@:2}"; do
        [ "$(awk '/^Uid:/ { print $5 }' "/proc/$pid/status")" = "${lab_uid[$1]}" ] || return 1
    done
}

@test "run by root, what watches over a command uses files as the owner of the state" {
    launcher
    as_root_serve
    held one alice
    waits two bob 2
    # shellcheck disable=SC2046
    files_are vlab $(helper_pids)
    # shellcheck disable=SC2046
    files_are vlab $(runner_pids)
    # shellcheck disable=SC2046
    files_are vlab $(guard_pids)
    # shellcheck disable=SC2046
    files_are alice $(pgrep -P "$(guard_pids)")
    assert_equal "$(runner_pids | wc -l)" 2
}

@test "run by root, it asks for a user's groups before the command has a slot" {
    launcher
    as_root_serve strace -qqfo "$lab/calls" -e trace=openat,setgroups
    run -0 as dave vlab-run build id -G
    assert_output "${lab_gid[dave]} 3001 3002"
    child=$(sed -n 's/ setgroups(.*//p' "$lab/calls")
    grep -q /etc/group "$lab/calls"
    run ! grep "^$child .*/etc/group" "$lab/calls"
}

@test "run by root, it refuses users whom the system does not know" {
    need_root
    launcher
    lab_start unixserver -b 1024 -- "$VLAB_LAUNCH" vlab-launch -e
    wait_until listening "$VLAB_LAUNCH"
    ! getent passwd 2001 || skip 'there is a user 2001'
    run -1 as alice vlab-run build true
    assert_output "vlab-run: build: you have no account on the launcher's host"
}

@test "a launcher is for those whom its section names, and nobody is somebody else" {
    launcher '[launch other]' 'user = eve'
    launch_serve
    need_root
    run -1 as eve vlab-run build true
    assert_output 'vlab-run: build: this launcher is not for you'
    run -1 as alice vlab-run other true
    run -0 as eve vlab-run other true
    run -1 as alice vlab-run nothing true
    assert_output 'vlab-run: nothing: there is no launcher of this name: vlab-run -q lists yours'
    dialogue me alice
    tell me "l setuid ${lab_uid[eve]}"
    hear me '^l error permission you are somebody else'
    grep -q 'uid 2001 (local) claimed to be uid 2005' "$lab/log"
    tell me 'l run other'
    hear me '^l error permission'
    # Root and the helper's own user may speak for others, but for one on each connection.
    talk root as vlab frames "$VLAB_LAUNCH"
    tell root "l run build"
    hear root '^l error nosetuid'
    tell root "l setuid ${lab_uid[alice]}"
    hear root '^l ok alice'
    tell root "l setuid ${lab_uid[bob]}"
    hear root '^l error permission'
    tell root 'w sh'
    tell root 'w -c'
    tell root 'w echo $VLAB_USER >&2'
    tell root 'l run build'
    hear root '^l started 1'
    hear root '^2 end after 6'
    hear root '^l exit 0'
    hear root '^gone'
}

@test "strangers are refused, who is trusted says who he is" {
    net_setup
    launcher
    serve_tcp -n "$near" "$near_ip" vlab-launch -e
    net_words "$far" as alice vlab-run -h "$tcp" build sh -c 'echo $VLAB_USER'
    run -1 "${net[@]}"
    assert_output "vlab-run: build: this host is not trusted"
    grep -q "refused a connection from $far_ip" "$lab/log"
    printf '%s\n' "trust = $far_ip" '[launch build]' 'group = vluser' | lab_conf
    run -0 "${net[@]}"
    assert_output alice
    # But he is not root.
    net_words "$far" vlab-run -h "$tcp" build true
    run -1 "${net[@]}"
    assert_output 'vlab-run: build: nobody is root from another host'
}

@test "only the launchers on its command line are served" {
    launcher '[launch other]' 'group = vluser'
    launch_serve other
    run -1 as alice vlab-run build true
    assert_output 'vlab-run: build: there is no launcher of this name: vlab-run -q lists yours'
    run -0 as alice vlab-run other echo served
    assert_output served
    run -1 as alice vlab-run -q build
    run -0 as alice vlab-run -q
    assert_output --regexp '^other +idle, 1 worker$'
    run ! grep warning "$lab/log"
    lab_stop "$server"
    launch_serve other nothing
    run -0 as alice vlab-run other true
    grep -qx 'vlab-launch: warning: the config has no section \[launch nothing\]: see vlab.conf(5)' \
        "$lab/log"
}

@test "without a config nothing is run" {
    launch_serve other
    run -111 as alice vlab-run build true
    assert_output 'vlab-run: build: there is no configuration: run vlab-compile-config first'
    run -111 as alice vlab-run -q
    assert_output "vlab-run: $VLAB_LAUNCH: there is no configuration: run vlab-compile-config first"
    missing="vlab-launch: warning: unable to open $VLAB_STATE/config.cdb: No such file or directory"
    assert_equal "$(grep -cxF "$missing" "$lab/log")" 2
    # Nor when there was one.
    launcher '[launch other]' 'group = vluser'
    dialogue me alice
    rm "$VLAB_STATE/config.cdb"
    run -111 as alice vlab-run other true
    tell me 'l list'
    hear me '^l error config there is no configuration: run vlab-compile-config first$'
}

@test "a user of more groups than there may be is told so" {
    launcher
    # shellcheck disable=SC2034 # lib.bash reads them
    for i in {1..1100}; do
        lab_group_gid[g$i]=$((10000 + i))
        lab_members[g$i]=alice
    done
    lab_write_groups
    as_root_serve
    run -111 as alice vlab-run build true
    assert_output "vlab-run: build: you are in more than 1024 groups on the launcher's host"
    run -0 as bob vlab-run build id -u
    assert_output "${lab_uid[bob]}"
}

# asks [LINE...]: a helper that is asked for list after list, and whose answers are read slowly,
# in $helper; with these lines in the config.
# shellcheck disable=SC2120
asks() {
    local i
    printf '%s\n' "$@" '[launch build]' 'group = vluser' '[launch other]' 'group = vluser' | lab_conf
    for ((i = 0; i < 1000; i++)); do
        printf 'l\x00\x00\x04list'
    done >"$lab/lists"
    {
        printf 'l\x00\x00\x0bsetuid 2001'
        for ((i = 0; i < 200; i++)); do
            cat "$lab/lists"
        done
    } >"$lab/questions"
    rm -f "$lab/answers"
    mkfifo "$lab/answers"
    lab_start bash -c 'while read -rN 4096; do read -rt 0.02 <> <(:); done <"$0"' "$lab/answers"
    (lab_exec as vlab vlab-launch -e) <"$lab/questions" >"$lab/answers" 2>>"$lab/log" 3>&- &
    helper=$!
    lab_pids+=("$helper")
}

answers() {
    [ "$(sed -n 's/^wchar: //p' "/proc/$helper/io")" -ge 100000 ]
}

@test "who asks for lists and reads them slowly is ended when his time is over, and by SIGTERM" {
    asks
    wait_until answers
    kill -TERM "$helper"
    wait_until gone "$helper"
    asks 'timeout = 2'
    wait_until gone "$helper"
}

@test "who waits longest is next, and nobody barges" {
    launcher 'workers = 1'
    launch_serve
    held first alice
    for i in 1 2 3 4 5; do
        talk "wait$i" as bob vlab-run build sh -c "echo $i >>$lab/open/order"
        wait_until lines_are $((i + 1))
    done
    run -1 as alice vlab-run -n build true
    lab_stop "${talk_pid[first]}"
    for i in 1 2 3 4 5; do
        ended "wait$i"
    done
    assert_equal "$(xargs <"$lab/open/order")" '1 2 3 4 5'
}

# tasks: 21 of alice's, each of whose commands waits for a line written to $go.
tasks() {
    mkfifo -m 666 "$lab/open/go"
    exec {go}<>"$lab/open/go"
    printf '%s\n' '#!/bin/sh' "read -r word <$lab/open/go" 'echo done' >"$lab/open/task"
    chmod 755 "$lab/open/task"
    for i in $(seq 21); do
        talk "task$i" as alice vlab-run build "$lab/open/task"
    done
}

done_are() {
    [ "$(cat "$lab"/task*.out | wc -l)" = "$1" ]
}

@test "21 into 5 workers and a queue of 16 have a place, one more has none; 5 done, 16 are left" {
    launcher 'workers = 5' 'queue = 16'
    launch_serve
    tasks
    wait_until lines_are 21
    run -1 as bob vlab-run build true
    assert_output 'vlab-run: build: the queue is full'
    assert_equal "$(slots_used)" 5
    printf '%s\n' 1 2 3 4 5 >&"$go"
    wait_until done_are 5
    wait_until lines_are 16
    assert_equal "$(slots_used)" 5
    printf '%s\n' {6..21} >&"$go"
    wait_until done_are 21
    wait_until idle
    exec {go}>&-
}

@test "of 21 at once into 1 worker and a queue of 16, 17 have a place and 4 are refused at once" {
    launcher 'workers = 1' 'queue = 16'
    launch_serve
    tasks
    refused() {
        [ "$(cat "$lab"/task*.err | grep -c 'the queue is full')" = 4 ]
    }
    wait_until refused
    wait_until lines_are 17
    printf '%s\n' {1..17} >&"$go"
    wait_until done_are 17
    wait_until idle
    exec {go}>&-
}

@test "a queue of 0 lets nobody wait" {
    launcher 'workers = 1' 'queue = 0'
    launch_serve
    held one alice
    run -1 as bob vlab-run build true
    assert_output 'vlab-run: build: the queue is full'
}

@test "a reload counts for who waits and who comes, what runs goes on" {
    launcher 'workers = 2'
    launch_serve
    held one alice
    held two bob
    waits three carol 3
    launcher 'workers = 3'
    hear three '^three'
    launcher 'workers = 1' 'queue = 1'
    waits four carol 4
    run -1 as alice vlab-run build true
    lab_stop "${talk_pid[one]}"
    wait_until lines_are 3
    queue_is running bob running carol waiting carol
    lab_stop "${talk_pid[two]}"
    lab_stop "${talk_pid[three]}"
    hear four '^four'
    waits five carol 2
    printf '%s\n' '[launch other]' 'group = vluser' | lab_conf
    ended five 30
    assert_equal "$code" 1
    assert_equal "$(<"$lab/five.err")" 'vlab-run: build: there is no launcher of this name: vlab-run -q lists yours'
    kill -0 "${talk_pid[four]}"
}

@test "a command that runs for too long is ended, and the user is told" {
    launcher 'timeout = 1'
    launch_serve
    run -143 as alice vlab-run build "$lab/mark" here
    assert_line 'vlab-run: build: it ran for 1 s, and may not run longer'
}

# null PID FD: has the process nothing there?
null() {
    [ "$(readlink "/proc/$1/fd/$2")" = /dev/null ]
}

@test "descriptors that are closed at the start are not taken for other files" {
    launcher
    talk me as vlab sh -c 'exec vlab-launch >&- 2>&-'
    wait_until null "${talk_pid[me]}" 1
    null "${talk_pid[me]}" 2
    hang_up me
    ended me
    assert_equal "$code" 0
    run -0 as vlab sh -c 'exec vlab-launch -e <&- | tr -dc "[:print:]"'
    assert_output --regexp '^l+version vlab [0-9.]+$'
}

@test "what a command leaves behind is killed before its slot is free" {
    launcher 'workers = 1'
    launch_serve
    run -0 as alice vlab-run build sh -c '
        setsid "$0" left >/dev/null 2>&1 &
        (setsid "$0" behind >/dev/null 2>&1 &)' "$lab/mark"
    run -0 as alice vlab-run -n build true
    no_marks
}

@test "start and end are in the log, with user, launcher, slot, status and duration" {
    launcher 'workers = 2'
    launch_serve
    held one alice
    run -3 as bob vlab-run build sh -c 'exit 3' $'a\nb' ''
    lab_stop "${talk_pid[one]}"
    wait_until grep -q 'finished: build slot 1' "$lab/log"
    grep -qE "^vlab-launch: started: build slot 1: alice: $lab/mark one$" "$lab/log"
    grep -qE "^vlab-launch: finished: build slot 1: alice: signal 15 after [0-9]+\.[0-9]{3} s: " \
        "$lab/log"
    grep -qxF 'vlab-launch: started: build slot 2: bob: sh -c "exit 3" a\nb ""' "$lab/log"
    grep -qE 'finished: build slot 2: bob: exit 3 after [0-9]+\.[0-9]{3} s: sh -c "exit 3" a' \
        "$lab/log"
}

@test "a command that cannot be run is in the log with the exit code its client gets" {
    launcher 'workers = 2'
    launch_serve
    run -127 as alice vlab-run build "$lab/nothing"
    run -126 as alice vlab-run build "$lab"
    grep -qE "finished: build slot 1: alice: exit 127 after [0-9]+\.[0-9]{3} s: $lab/nothing$" "$lab/log"
    grep -qE "finished: build slot 1: alice: exit 126 after [0-9]+\.[0-9]{3} s: $lab$" "$lab/log"
}

@test "without -e start and end go to syslog, also when the helper has used it before" {
    need_root
    unshare -m true 2>/dev/null || skip 'needs mount namespaces'
    launcher
    lab_words as vlab unixserver -b 1024 -- "$VLAB_LAUNCH" vlab-launch build nothing
    lab_start unshare -m bash -c '
        mkdir "$0/dev" && mount -t tmpfs none "$0/dev" && touch "$0/dev/null" &&
            mount --bind /dev/null "$0/dev/null" && mount --move "$0/dev" /dev || exit
        socat -u UNIX-RECV:/dev/log,mode=666 "CREATE:$0/syslog" &
        until [ -S /dev/log ]; do :; done
        exec "$@"' "$lab" "${words[@]}"
    wait_until listening "$VLAB_LAUNCH"
    run -3 as alice vlab-run build sh -c 'exit 3'
    both() {
        # They come without newlines, one after the other.
        sed 's/<[0-9]*>[^<]* \(vlab-launch\[\)/\n\1/g' "$lab/syslog" >"$lab/lines"
        grep -q ': finished: ' "$lab/lines"
    }
    wait_until both
    grep -qE '^vlab-launch\[[0-9]+\]: warning: the config has no section \[launch nothing\]' "$lab/lines"
    grep -qE '^vlab-launch\[[0-9]+\]: started: build slot 1: alice: sh -c "exit 3"' "$lab/lines"
    grep -qE '^vlab-launch\[[0-9]+\]: finished: build slot 1: alice: exit 3 after [0-9]+\.[0-9]{3} s: sh -c "exit 3"' \
        "$lab/lines"
}

@test "SIGTERM ends the command, and its client is told why" {
    launcher
    launch_serve
    held one alice
    # shellcheck disable=SC2046
    kill -TERM $(helper_pids)
    ended one
    assert_equal "$code" 111
    assert_equal "$(<"$lab/one.err")" 'vlab-run: build: the service ends'
    talk two as alice frames "$VLAB_LAUNCH"
    hear two lversion
    # shellcheck disable=SC2046
    kill -TERM $(helper_pids)
    hear two '^l error disconnect the service ends'
    hear two '^gone'
}

@test "SIGTERM ends the helper of a client who does not read, too" {
    launcher
    launch_serve
    dialogue me alice
    tell me 'w yes'
    tell me 'generous'
    tell me 'l run build'
    hear me '^l started'
    tell me deaf
    # shellcheck disable=SC2046
    kill -TERM $(helper_pids)
    no_helpers() {
        [ -z "$(helper_pids)" ]
    }
    wait_until -t 60 no_helpers
    kill -0 "${talk_pid[me]}"
}

@test "a user has as many connections as there are places for his commands, and some to ask" {
    printf '%s\n' 'sessions = 2' '[launch build]' 'group = vluser' 'workers = 1' 'queue = 1' | lab_conf
    launch_serve
    for i in 1 2 3 4; do
        dialogue "c$i" alice
    done
    talk c5 as alice frames "$VLAB_LAUNCH"
    hear c5 '^l error busy you have too many connections'
    hear c5 '^gone'
    run -0 as bob vlab-run build true
    hang_up c1
    ended c1
    wait_until as alice vlab-run build true
}

@test "a connection that asks for nothing is ended" {
    # As long as somebody takes to ask on a slow machine.
    printf '%s\n' 'timeout = 5' '[launch build]' 'group = vluser' | lab_conf
    launch_serve
    held one alice
    waits two bob 2
    dialogue three alice
    tell three 'l rem still there'
    hear three '^l error timeout'
    hear three '^gone'
    # Not who has asked before, and waits for his command.
    lab_stop "${talk_pid[one]}"
    hear two two
}

@test "the dialogue is as vlab-protocol(7) has it" {
    launcher 'workers = 1' 'queue = 1'
    launch_serve
    dialogue me alice
    tell me 'l LIST'
    hear me '^l launch build 1 1$'
    hear me '^l endlist$'
    tell me 'l run'
    hear me '^l error command usage: run NAME '
    tell me 'l run build soon'
    hear me '^l error command'
    tell me 'l run build wait 0'
    hear me '^l error command'
    tell me 'l run build'
    hear me '^l error command there is no command to run'
    tell me 'l nonsense'
    hear me '^l error command'
    tell me 'w forgotten'
    tell me 'l list build'
    hear me '^l endlist$'
    tell me 'l run build'
    hear me '^l error command there is no command to run'
    held one bob
    tell me "w $lab/mark"
    tell me 'p m'
    tell me 'p e'
    tell me 'w '
    tell me 'l run build wait 1000'
    hear me '^l rem waiting 0 ahead$'
    dialogue other carol
    tell other 'l list build'
    hear other '^l launch build 1 1$'
    hear other '^l running 1 bob [0-9]+$'
    hear other '^l waiting 1 alice [0-9]+$'
    hear other '^l endlist$'
    tell other 'w true'
    tell other 'l run build'
    hear other '^l error pqfull the queue is full$'
    hear other '^gone'
    lab_stop "${talk_pid[one]}"
    hear me '^l started 1$'
    tell me '0 some bytes'
    tell me '0 '
    tell me 'l signal int'
    hear me '^l signal 2$'
    # Before that, both streams have ended, in any order.
    grep -qx '1 end after 3' "$lab/me.out"
    grep -qx '2 end after 0' "$lab/me.out"
    hear me '^gone'
}

# may_send BYTES: has he credit for so many on stream 0, from the beginning?
may_send() {
    [ "$(awk '/^c 0 / { n += $3 } END { print 262144 + n }' "$lab/me.out")" -ge "$1" ]
}

@test "credit is given back for what has been passed on, and a stream may be closed" {
    launcher
    launch_serve
    dialogue me alice
    tell me 'w cat'
    tell me 'l run build'
    hear me '^l started 1$'
    tell me 'generous'
    for i in 1 2 3 4; do
        wait_until may_send $((i * 131072))
        tell me 'zeros 131072'
    done
    tell me '0 '
    hear me '^1 end after 524288$'
    hear me '^l exit 0$'
    dialogue other alice
    tell other 'w yes'
    tell other 'l run build'
    hear other '^l started 1$'
    tell other 'x 1'
    hear other '^l signal 13$'
    dialogue third alice
    tell third 'w sh'
    tell third 'w -c'
    tell third "w exec <&-; : >$lab/open/closed; while :; do echo; done"
    tell third 'l run build'
    hear third '^l started 1$'
    wait_until test -e "$lab/open/closed"
    tell third '0 nobody reads this'
    hear third '^x 0$'
}

# breaks NAME LINE...: is somebody who says these hung up on, and his command ended?
breaks() {
    dialogue "$1" alice
    tell "$1" "w $lab/mark"
    tell "$1" 'w here'
    tell "$1" 'l run build'
    hear "$1" '^l started'
    for line in "${@:2}"; do
        tell "$1" "$line"
    done
    hear "$1" '^l error command ' 30
    hear "$1" '^gone' 30
}

@test "who breaks the rules is hung up on, and his command is ended" {
    launcher
    launch_serve
    breaks type 'raw q\x00\x00\x00'
    breaks length 'raw 0\x00\x40\x01'
    breaks line 'l nonsense'
    breaks control 'raw l\x00\x00\x01\x07'
    breaks empty 'raw l\x00\x00\x00'
    breaks word 'w more'
    breaks nul 'raw w\x00\x00\x01\x00'
    breaks output 'raw 1\x00\x00\x01x'
    breaks credit 'c 1 262144' 'c 1 1'
    breaks stream 'c 3 1'
    breaks input 'x 0'
    breaks end '0 ' '0 more'
    breaks much 'zeros 600000'
    wait_until idle
    no_marks
}

@test "who breaks the rules before his command runs is told so, too" {
    launcher
    launch_serve
    dialogue me alice
    tell me 'raw q\x00\x00\x00'
    hear me '^l error command '
    hear me '^gone'
}

@test "noise is survived" {
    launcher
    launch_serve
    seed=${SEED:-$RANDOM}
    echo "seed $seed"
    for i in $(seq 40); do
        talk "n$i" as alice frames "$VLAB_LAUNCH"
        ((i % 2)) || tell "n$i" "l setuid ${lab_uid[alice]}"
        tell "n$i" "noise $((seed % 97 * i)) $((seed + i))"
        hang_up "n$i"
    done
    for i in $(seq 40); do
        ended "n$i"
    done
    run -0 as alice vlab-run build echo alive
    assert_output alive
    no_helpers() {
        [ -z "$(helper_pids)" ]
    }
    wait_until no_helpers
}

# asleep: do the helpers use no processor time for a while?
asleep() {
    local before
    before=$(ticks)
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        pause
    done
    [ "$(ticks)" = "$before" ]
}

ticks() {
    local pid
    for pid in $(helper_pids); do
        cut -d ' ' -f 14,15 "/proc/$pid/stat"
    done
}

@test "a peer who does not read stops his command, costs nobody else, and is ended when he hangs up" {
    launcher 'workers = 2'
    launch_serve
    for i in 1 2; do
        dialogue "deaf$i" alice
        tell "deaf$i" 'w sh'
        tell "deaf$i" 'w -c'
        tell "deaf$i" "w trap '' TERM HUP; $lab/mark here; $lab/mark \"\$(yes)\""
        ((i == 1)) || tell "deaf$i" 'generous'
        tell "deaf$i" 'l run build'
        hear "deaf$i" '^l started'
        tell "deaf$i" deaf
    done
    talk deaf3 as alice frames "$VLAB_LAUNCH"
    tell deaf3 "l setuid ${lab_uid[alice]}"
    tell deaf3 deaf
    tell deaf3 flood 100000 "setuid ${lab_uid[alice]}"
    run -0 as bob vlab-run -q build
    assert_equal "${#lines[@]}" 2
    wait_until asleep
    for i in 1 2 3; do
        lab_stop "${talk_pid[deaf$i]}" KILL
    done
    # 5 seconds, and what a slow machine needs.
    wait_until idle
}

@test "500 at a time with 4 workers each never run 5, and lose no byte of output" {
    launcher 'workers = 4' 'queue = 256' '[launch other]' 'group = vluser' 'workers = 4' 'queue = 256'
    launch_serve
    cat >"$lab/open/work" <<'END'
#!/bin/sh
echo "$2 +" >>"$1/count"
seq "$3" $(($3 + 4000))
seq "$3" $(($3 + 300)) >&2
echo "$2 -" >>"$1/count"
exit $(($3 % 100))
END
    cat >"$lab/open/client" <<'END'
#!/bin/sh
name=build
[ $(($2 % 2)) -eq 0 ] || name=other
vlab-run $name "$1/work" "$1" $name "$2" >"$1/out.$2" 2>"$1/err.$2"
echo $? >"$1/code.$2"
END
    chmod 755 "$lab/open/work" "$lab/open/client"
    : >"$lab/open/count"
    chmod 666 "$lab/open/count"
    lab_words as alice xargs -P 500 -n 1 "$lab/open/client" "$lab/open"
    seq 500 | "${words[@]}" 3>&-
    for i in $(seq 500); do
        cmp "$lab/open/out.$i" <(seq "$i" $((i + 4000)))
        cmp "$lab/open/err.$i" <(seq "$i" $((i + 300)))
        [ "$(<"$lab/open/code.$i")" = $((i % 100)) ]
    done
    run awk '{ n[$1] += $2 == "+" ? 1 : -1; if (n[$1] > most) most = n[$1]; all += $2 == "+" }
        END { print all, most }' "$lab/open/count"
    # How many there were at once is up to the machine; never 5. See below.
    assert_output --regexp '^500 [1-4]$'
    idle
}

@test "with 4 workers 4 run at a time: each of them waits for the others" {
    launcher 'workers = 4'
    launch_serve
    cat >"$lab/open/meet" <<'END'
#!/bin/bash
cd "$1" && mkdir "here.$$" || exit
until here=(here.*) && [ ${#here[@]} -eq 4 ]; do
    read -rt 0.02 <> <(:)
done
exit 0
END
    chmod 755 "$lab/open/meet"
    for i in 1 2 3 4; do
        talk "$i" as alice vlab-run build "$lab/open/meet" "$lab/open"
    done
    for i in 1 2 3 4; do
        ended "$i" 60
        assert_equal "$code" 0
    done
}

# victim: one of the processes that have to do with commands, at random.
victim() {
    local -a all
    mapfile -t all < <(marks; helper_pids; runner_pids; guard_pids; lab_named vlab-run)
    victim=
    [ ${#all[@]} -eq 0 ] || victim=${all[RANDOM % ${#all[@]}]}
}

idle_or_victim() {
    idle && return
    victim
    [ -n "$victim" ]
}

@test "whatever is killed, no slot stays in use, and no command is left" {
    launcher 'workers = 6' 'queue = 6'
    launch_serve
    seed=${SEED:-$RANDOM}
    echo "seed $seed"
    RANDOM=$seed
    for i in $(seq "$(rounds 40)"); do
        (lab_exec as alice vlab-run build sh -c '
            setsid "$0" child & "$0" other & exec "$0" here' "$lab/mark") \
            </dev/null >>"$lab/out" 2>>"$lab/err" 3>&- &
        lab_pids+=($!)
        ((i > 4)) || continue
        victim
        [ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || :
    done
    # What is left of them is killed, one after the other.
    while ! idle; do
        wait_until idle_or_victim
        [ -z "$victim" ] || kill -KILL "$victim" 2>/dev/null || :
    done
    wait_until no_marks
    run -0 as alice vlab-run -n build true
}

# examples FILE: what root types in it.
examples() {
    mandoc -Tascii "$1" 2>/dev/null | col -bx | sed -n '/^EXAMPLES/,/^[A-DF-Z]/p' |
        sed -n 's/^ *# //p'
}

@test "the examples of vlab-launch.8 work" {
    need_root
    unshare -mn true 2>/dev/null || skip 'needs namespaces'
    lab_user root 0 0
    launcher 'user = root'
    examples "$tree/bin/vlab-launch.8" >"$lab/lines"
    assert_equal "$(wc -l <"$lab/lines")" 4
    {
        echo 'trap "kill \$pids" EXIT; unset VLAB_LAUNCH; mount -t tmpfs none /run; ip link set lo up'
        echo 'mount --bind "$0/passwd" /etc/passwd; mount --bind "$0/group" /etc/group'
        sed -e '/server /s/$/ \& pids="$pids $!"/' -e '/^vlab-run/i\
            tries=500; until vlab-run -h 127.0.0.1 -q build && vlab-run -q build; do\
                [ $((tries -= 1)) -gt 0 ] || exit 111; done 2>/dev/null' "$lab/lines"
        echo 'vlab-run build echo by path'
    } >"$lab/script"
    run -0 unshare -mn sh -ec "$(<"$lab/script")" "$lab" 3>&-
    assert_line 'root builds'
    assert_line 'by path'
}
