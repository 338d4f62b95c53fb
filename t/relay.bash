# What the tests of vlab-relay share. They are run as root, for its users are several.
# shellcheck shell=bash disable=SC2154

setup() {
    need_root
    lab_setup
}
teardown() {
    ! mountpoint -q "$lab/home/alice" || umount -l "$lab/home/alice"
    lab_teardown
}

# fake_board COMMANDS: a board that is this bash script, after its eversion. Its address is in
# $board.
fake_board() {
    local file=$lab/fake.${#boards[@]}
    printf '%s\n' "printf 'eversion fake 1\n'" "$1" >"$file"
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 bash "$file") </dev/null >"$file.port" \
        2>>"$lab/log" 3>&- &
    pid=$!
    lab_pids+=("$pid")
    wait_until test -s "$file.port"
    board=127.0.0.1:$(<"$file.port")
    boards+=("$board")
}

# with SETTING...: settings for the config that pool makes.
with() { settings=("$@"); }

# pool BOARD...: a config with these boards in the pool `pool`, one more that only dave may
# use, and a helper.
pool() {
    {
        printf '%s\n' "${settings[@]}" '[pool]' 'group = vluser'
        [ $# -eq 0 ] || printf 'address = %s\n' "$@"
        printf '%s\n' '[other]' 'user = dave' 'address = 10.9.9.9'
    } | lab_conf
    lab_serve
}

# by USER [NAME]: begin a session, as the old client does, named after the user.
by() {
    talk "${2:-$1}" as "$1" vlab-relay -c -no-shell-
    hear "${2:-$1}" '^rversion vlab [0-9.]+$'
}

# connected USER [NAME]: the same, and connect.
connected() {
    by "$@"
    tell "${2:-$1}" connect pool
    hear "${2:-$1}" '^ok '
    hear "${2:-$1}" '^eversion '
}

# ask NAME LINE REGEX: say a line, and the next line must match.
ask() {
    tell "$1" "$2"
    hear "$1" ''
    [[ $heard =~ $3 ]] || fail "said '$2', expected '$3', heard '$heard'"
}

# silent NAME: has it said nothing more than was heard?
silent() {
    [ "$(wc -l <"$lab/$1.out")" -eq "${talk_seen[$1]}" ]
}

# clock: begin to count, and took_less SECONDS.
clock() { began=${EPOCHREALTIME//[!0-9]/}; }
took_less() {
    local us=$((${EPOCHREALTIME//[!0-9]/} - began))
    ((us < $1 * 1000000)) || fail "it took $us us"
}

# connections BOARD: how many connections of relays to it are there?
connections() {
    ss -Htn state established dst "$1" | wc -l
}

nobody_at() { [ "$(connections "$1")" -eq 0 ]; }

# kill_helpers: end the helpers of this lab, which are the children of its server.
kill_helpers() {
    local -a pids
    mapfile -t pids < <(pgrep -P "$server")
    [ ${#pids[@]} -gt 0 ] && kill -KILL "${pids[@]}"
}

# resident PID: its memory in kB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# memory_is_small PID: is its memory less than 1 MB more than that of a relay that did nothing?
memory_is_small() {
    local kb
    by bob idle
    kb=$(($(resident "$1") - $(resident "${talk_pid[idle]}")))
    ((kb < 1024)) || fail "$kb kB more"
}

# asleep PID: does it use no processor time for 100 ms, after it used some?
asleep() {
    local before i
    before=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
    for ((i = 0; i < 5; i++)); do pause; done
    [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" = "$before" ]
}
