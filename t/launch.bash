# Launchers, for the tests of vlab-launch and vlab-run.
# shellcheck shell=bash disable=SC2154,SC2034

# launch_setup: a lab whose launchers are served at $VLAB_LAUNCH. Commands run as vlab, and
# find nothing of the lab in their environment: so what is theirs is $lab/mark, a program
# that waits for ever, also where it has children, and says what signals it gets.
launch_setup() {
    lab_setup
    export VLAB_LAUNCH=$lab/run/launch
    mkdir -m 777 "$lab/open"
    lab_mark
}

# launch_teardown: nothing of a command may be left.
launch_teardown() {
    local left
    lab_pids+=("${talk_pid[@]}")
    wait_until lab_end 2>/dev/null || :
    wait_until no_marks || {
        left=$(marks)
        echo "commands are left: $left"
        # shellcheck disable=SC2086
        kill -KILL $left || :
    }
    lab_teardown || return 1
    [ -z "$left" ]
}

# shellcheck disable=SC2016
lab_mark() {
    cat >"$lab/mark" <<'END'
#!/bin/sh
# mark NAME [SIGNAL...]: say NAME; then at each of these signals its name, and go on.
name=$1
shift
echo "$name"
for sig; do
    trap "echo $sig" "$sig"
done
while :; do
    "$0.sleep" infinity &
    wait
done
END
    chmod 755 "$lab/mark"
    ln -s /bin/sleep "$lab/mark.sleep"
    echo "$lab/mark" >"$lab/word"
}

# marks: the pids of commands of the lab, by their words.
marks() {
    local -a found
    # Nobody who looks for it has the word in his own.
    mapfile -t found < <(grep -lsaFf "$lab/word" /proc/[0-9]*/cmdline)
    [ ${#found[@]} -eq 0 ] || printf '%s\n' "${found[@]//[!0-9]/}"
}

no_marks() {
    ! some_marks
}

some_marks() {
    [ -n "$(marks)" ]
}

# launcher [LINE...]: a config with the launcher build, its group vluser, and these lines.
launcher() {
    printf '%s\n' '[launch build]' 'group = vluser' "$@" | lab_conf >/dev/null
}

# launch_serve [NAME...]: serve the launchers.
launch_serve() {
    rm -f "$VLAB_LAUNCH"
    lab_start as vlab unixserver -c 2000 -b 2048 -- "$VLAB_LAUNCH" vlab-launch -e "$@"
    server=$pid
    wait_until listening "$VLAB_LAUNCH"
}

# queue_is WORD...: is this what -q prints, a launcher's name and the time left out: of each
# line `running USER` or `waiting USER`?
queue_is() {
    [ "$(as alice vlab-run -q build | awk '{ print $2, $4 }' | xargs)" = "$*" ]
}

# slots_used: how many workers of build are busy.
slots_used() {
    as alice vlab-run -q build | grep -c ' running ' || :
}

idle() {
    [[ $(as alice vlab-run -q build) == build*idle,* ]]
}

# said NAME TEXT: is this what a talk has said so far?
said() {
    [ "$(<"$lab/$1.out")" = "$2" ]
}

# helper_pids, runner_pids, guard_pids: of all commands in the lab.
helper_pids() {
    lab_named vlab-launch
}

runner_pids() {
    lab_named vlab-runner
}

guard_pids() {
    lab_named vlab-guard
}

lab_named() {
    local pid name
    for pid in $(lab_processes); do
        read -r name 2>/dev/null <"/proc/$pid/comm" || continue
        [ "$name" != "$1" ] || echo "$pid"
    done
}
