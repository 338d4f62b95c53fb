# Helpers for the tests. A test file begins with
#
#     load lib
#     setup() { lab_setup; }
#     teardown() { lab_teardown; }
#
# and each test has a lab of its own: a state directory, a config, a socket, and users that
# exist for vlab alone. Run as root, the lab's helpers are the user vlab and `as` is anybody;
# run as somebody else, all of them are you, and tests that need more begin with need_root.
# shellcheck shell=bash disable=SC2034

bats_require_minimum_version 1.5.0
# They ask for it twenty times, before each test.
# shellcheck disable=SC2317
dirname() { echo "${1%/*}"; }
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file
unset -f dirname

# Before each command bats looks where it is, for that may fail; it takes 0.7 ms, which was
# half of what all tests took. The trap for failures knows as well, but of `exit` and of `set
# -u`.
if declare -F bats_debug_trap bats_capture_stack_trace bats_check_status_from_trap >/dev/null; then
    bats_debug_trap() { :; }
    bats_error_trap() {
        bats_check_status_from_trap
        [ -n "$BATS_DEBUG_LAST_STACK_TRACE_IS_VALID" ] || bats_capture_stack_trace
        BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
    }
fi

tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

# need_root: skip this test unless it is run as root.
need_root() {
    [ "$EUID" -eq 0 ] || skip "needs root"
}

# need WHAT COMMAND...: skip this test unless that succeeds; but where VLAB_NO_SKIP is set it
# fails.
need() {
    "${@:2}" >/dev/null 2>"$lab/why" && return
    cat "$lab/why"
    [ -z "$VLAB_NO_SKIP" ] || fail "no $1 here, but tests may not be skipped"
    skip "needs $1"
}

# sanitized: are the programs built with sanitizers? They need more time and memory then.
sanitized() {
    grep -q fsanitize "$tree/conf/ld"
}

# rounds N: how many of N rounds to take. Of a sanitized build the first ones tell what it is
# asked.
rounds() {
    if sanitized; then
        echo $((($1 + 3) / 4))
    else
        echo "$1"
    fi
}

# lab_setup: make the lab in $lab, with the users alice 2001, bob 2002, carol 2003 and dave
# 2004. All are in the group vluser (3001), alice by her primary group; dave is in staff
# (3002) too; eve (2005) is in neither. vlab (2000) owns the state.
lab_setup() {
    lab=$(mktemp -d "${TMPDIR:-/tmp}/vlab.XXXXXX")
    chmod 755 "$lab"
    lab_pids=()
    boards=()
    declare -gA lab_uid=() lab_gid=() lab_group_gid=() lab_members=()
    declare -gA talk_pid=() talk_fd=() talk_seen=()
    export VLAB_LAB=$lab VLAB_STATE=$lab/state VLAB_CONF=$lab/vlab.conf
    export VLAB_SOCKET=$lab/run/mutex
    # The same for all labs of a file of tests.
    made=$BATS_RUN_TMPDIR/lab
    if [ -d "$made" ]; then
        cp -a "$made"/* "$lab"
    else
        mkdir "$lab/state" "$lab/run" "$lab/home"
    fi
    lab_group vluser 3001
    lab_group staff 3002
    lab_user vlab 2000 2000
    lab_user alice 2001 3001
    lab_user bob 2002 2002 vluser
    lab_user carol 2003 2003 vluser
    lab_user dave 2004 2004 vluser staff
    lab_user eve 2005 2005
    lab_tree=$tree
    if [ ! -d "$made" ]; then
        lab_give vlab "$lab/state" "$lab/run"
        mkdir "$made"
        cp -a "$lab/state" "$lab/run" "$lab/home" "$made"
        [ "$EUID" -ne 0 ] || ! as eve test -x "$tree/t/standin" || : >"$made.reached"
    fi
    if [ "$EUID" -eq 0 ] && [ ! -e "$made.reached" ]; then
        # The lab's users cannot reach the tree, so they get a copy.
        lab_tree=$lab
        mkdir "$lab/t"
        cp -r "$tree/bin" "$tree/tools" "$lab"
        find "$tree/t" -type f -perm -u+x -exec cp -t "$lab/t" {} +
        chmod -R a+rX "$lab/bin" "$lab/tools" "$lab/t"
    fi
    PATH=$lab_tree/bin:$lab_tree/t:$PATH
}

# lab_teardown: end what was started with these helpers. It fails when something else is
# left, or something that does not end.
lab_teardown() {
    local fd left
    [ -n "$lab" ] || return 0
    lab_pids+=("${talk_pid[@]}")
    if ! wait_until -t 5 lab_end 2>/dev/null; then
        left=$(lab_processes)
        echo "these processes are left:"
        ps -o pid,ppid,pgid,user,stat,args -p "${left//$'\n'/,}" || :
        # shellcheck disable=SC2086
        kill -KILL $left 2>/dev/null || :
    fi
    for fd in "${talk_fd[@]}"; do
        exec {fd}>&-
    done
    rm -rf "$lab"
    [ -z "$left" ]
}

# lab_end: send all we started to its end. Succeeds when nothing of the lab runs.
lab_end() {
    local pid
    for pid in "${lab_pids[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || :
        kill -CONT -- "-$pid" 2>/dev/null || :
    done
    for pid in "${lab_pids[@]}"; do
        ! kill -0 "$pid" 2>/dev/null || return 1
    done
    [ -z "$(lab_processes)" ]
}

# lab_processes: the pids of all programs that were started in this lab, but for those that
# look for them.
lab_processes() {
    local -a found
    mapfile -t found < <(unset VLAB_LAB
        exec grep -lsazxF "VLAB_LAB=$lab" /proc/[0-9]*/environ)
    [ ${#found[@]} -eq 0 ] || printf '%s\n' "${found[@]//[!0-9]/}"
}

# lab_apart: for a program that makes a lab of its own: it finds nothing of this one, and its
# temporary files are in $lab/tmp.
lab_apart() {
    lab_setup
    mkdir -m 1777 "$lab/tmp"
    export TMPDIR=$lab/tmp
    unset VLAB_STATE VLAB_SOCKET VLAB_CONF
}

# nothing_left: is no process of it there, and no temporary file?
nothing_left() {
    [ -z "$(lab_processes)" ] && [ -z "$(ls -A "$lab/tmp")" ]
}

# lab_group NAME GID: add a group to the lab.
lab_group() {
    lab_group_gid[$1]=$2
    lab_members[$1]=
    lab_write_groups
}

# lab_user NAME UID GID [GROUP...]: add a user to the lab, other groups of his by name.
lab_user() {
    local name=$1 home=$lab/home/$1 group
    lab_uid[$name]=$2
    lab_gid[$name]=$3
    echo "$name:x:$2:$3::$home:/bin/sh" >>"$lab/passwd"
    if [ ! -d "$home" ]; then
        mkdir "$home"
        lab_give "$name" "$home"
    fi
    for group in "${@:4}"; do
        lab_members[$group]+=${lab_members[$group]:+,}$name
    done
    lab_write_groups
}

lab_write_groups() {
    local group
    for group in "${!lab_group_gid[@]}"; do
        echo "$group:x:${lab_group_gid[$group]}:${lab_members[$group]}"
    done >"$lab/group"
}

# lab_give NAME FILE...: make a lab user the owner, if we can.
lab_give() {
    [ "$EUID" -ne 0 ] || chown "${lab_uid[$1]}:${lab_gid[$1]}" "${@:2}"
}

# shellcheck disable=SC2119
# lab_conf: write the config from standard input, and compile it.
lab_conf() {
    cat >"$VLAB_CONF"
    lab_compile
}

# shellcheck disable=SC2120
# lab_compile [OPTION...]: compile the config for the lab's users and groups.
lab_compile() {
    vlab-compile-config -p "$lab/passwd" -g "$lab/group" "$@"
}

# as USER COMMAND...: run a program as a user of the lab, at home in $lab/home/USER.
as() {
    local -a words
    lab_words as "$@"
    "${words[@]}"
}

# lab_words COMMAND...: the words to exec for it, in $words. It may begin with `as USER`.
lab_words() {
    words=("$@")
    [ "$1" = as ] || return 0
    words=(env "HOME=$lab/home/$2" "USER=$2" "LOGNAME=$2")
    [ "$EUID" -ne 0 ] || words+=(setpriv --reuid="${lab_uid[$2]}"
        --regid="${lab_gid[$2]}" --clear-groups)
    words+=("${@:3}")
}

# wait_until [-t SECONDS] COMMAND...: try until the command succeeds, for 30 s if not told.
wait_until() {
    local limit=30 end
    if [ "$1" = -t ]; then
        limit=$2
        shift 2
    fi
    end=$((${EPOCHREALTIME//[!0-9]/} + limit * 1000000))
    until "$@"; do
        if ((${EPOCHREALTIME//[!0-9]/} > end)); then
            echo "waited $limit s in vain for: $*" >&2
            return 1
        fi
        pause
    done
}

# pause: let 20 ms go by. Only for loops that look for something. The process in it has bash
# look for children that have ended: without it one was not gone for 30 s, now and then.
pause() {
    read -rt 0.02 <> <(:) || :
}

# lab_exec COMMAND...: in a subshell, become the command, which may begin with `as USER`, in
# a session and process group of its own and without descriptors or ignored signals of ours.
lab_exec() {
    local -a words
    local fd
    lab_words "$@"
    for fd in "${talk_fd[@]}"; do
        exec {fd}>&-
    done
    exec env --default-signal setsid "${words[@]}" 3>&- 4>&-
}

# lab_start COMMAND...: run a program in the background until lab_teardown. Its pid, which is
# its process group too, is in $pid; what it prints goes to $lab/log.
lab_start() {
    (lab_exec "$@") </dev/null >>"$lab/log" 2>&1 3>&- &
    pid=$!
    lab_pids+=("$pid")
}

# lab_stop PID [SIGNAL]: end a process group (SIGTERM), and wait until it is gone.
lab_stop() {
    kill "-${2:-TERM}" -- "-$1"
    wait_until gone "-$1" || {
        ps -eo pid,ppid,pgid,user,stat,wchan:16,args | awk -v group="$1" '$3 == group'
        return 1
    } >&2
}

# gone PID: is the process (-PID: the process group) gone?
gone() {
    ! kill -0 -- "$1" 2>/dev/null
}

# exits CODE PID: wait for a child of ours; it exits with CODE.
exits() {
    local code=0
    wait "$2" || code=$?
    assert_equal "$code" "$1"
}

# lab_serve [PROGRAM...]: serve $VLAB_SOCKET with vlab-mutex (or PROGRAM) as the user vlab,
# and wait until it listens. Its pid is in $server.
lab_serve() {
    [ $# -gt 0 ] || set -- vlab-mutex
    lab_start as vlab unixserver -c 1000 -b 1024 -- "$VLAB_SOCKET" "$@"
    server=$pid
    wait_until listening "$VLAB_SOCKET"
}

# listening SOCKET: does anybody listen on this unix socket?
listening() {
    [ -n "$(ss -Hx state listening src "$1")" ]
}

# lab_board [IP]: start a stand-in board on IP (127.0.0.1) and a free port. Its address is in
# $board and added to the array $boards, its pid in $pid.
lab_board() {
    local ip=${1:-127.0.0.1} file=$lab/board.${#boards[@]}
    (lab_exec tcpserver -1 -RHD -l 0 -c 1000 -b 1024 "$ip" 0 "$lab_tree/t/standin") \
        </dev/null >"$file" 2>>"$lab/log" 3>&- &
    pid=$!
    lab_pids+=("$pid")
    wait_until test -s "$file"
    board=$ip:$(<"$file")
    boards+=("$board")
}

# talk NAME COMMAND...: start a program to have a dialogue with. Its pid is ${talk_pid[NAME]},
# its output goes to $lab/NAME.out and its errors to $lab/NAME.err.
talk() {
    local name=$1 fd
    rm -f "$lab/$name.in"
    mkfifo "$lab/$name.in"
    : >"$lab/$name.out" # nothing of an earlier one is heard
    (lab_exec "${@:2}") <"$lab/$name.in" >"$lab/$name.out" 2>"$lab/$name.err" 3>&- &
    talk_pid[$name]=$!
    lab_pids+=($!)
    exec {fd}>"$lab/$name.in"
    talk_fd[$name]=$fd
    talk_seen[$name]=0
}

# tell NAME TEXT...: say a line to it. Nothing happens if it no longer listens.
tell() {
    tell_raw "$1" "${*:2}"$'\n'
}

# tell_raw NAME TEXT: say the text to it, without a newline.
tell_raw() {
    local fd=${talk_fd[$1]}
    (printf %s "$2" >&"$fd") 2>/dev/null || :
}

# hear NAME REGEX [SECONDS]: wait until it says a line that matches, after the lines heard
# before. The line is in $heard.
hear() {
    wait_until -t "${3:-30}" hear_now "$1" "$2" || {
        echo "$1 has said:"
        cat "$lab/$1.out" "$lab/$1.err"
        return 1
    } >&2
}

hear_now() {
    local -a lines
    local line
    mapfile -s "${talk_seen[$1]}" lines <"$lab/$1.out"
    local seen=${talk_seen[$1]}
    for line in "${lines[@]}"; do
        seen=$((seen + 1))
        [[ $line == *$'\n' ]] || return 1
        line=${line%$'\n'}
        line=${line%$'\r'}
        if [[ $line =~ $2 ]]; then
            heard=$line
            talk_seen[$1]=$seen
            return 0
        fi
    done
    return 1
}

# hang_up NAME: close its input.
hang_up() {
    local fd=${talk_fd[$1]}
    exec {fd}>&-
    unset "talk_fd[$1]"
}

# ended NAME [SECONDS]: wait until it has ended; its exit code is in $code.
ended() {
    wait_until -t "${2:-30}" gone "${talk_pid[$1]}" || return 1
    code=0
    wait "${talk_pid[$1]}" || code=$?
}
