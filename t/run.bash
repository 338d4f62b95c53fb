# Commands in slots, for the tests: t/run drives lib/run.
# shellcheck shell=bash disable=SC2154

# run_setup: a lab whose state has room for slots.
run_setup() {
    lab_setup
    mkdir -p "$VLAB_STATE/slot" "$VLAB_STATE/queue"
    lab_give vlab "$VLAB_STATE/slot" "$VLAB_STATE/queue"
}

# go NAME [OPTION...] SLOT WORKERS WORD...: start t/run. What its command leaves behind is
# seen by lab_teardown.
go() {
    talk "$1" run -e "VLAB_LAB=$lab" "${@:2}"
}

# hold NAME [OPTION...] SLOT WORKERS: a command that runs until `release NAME`.
hold() {
    rm -f "$lab/$1.hold"
    mkfifo "$lab/$1.hold"
    go "$@" cat "$lab/$1.hold"
    hear "$1" '^started'
}

# release NAME: let the command end.
release() {
    : >"$lab/$1.hold"
    hear "$1" '^ended exit 0'
}

# runner SLOT [RECORD]: the pid of who has it.
runner() {
    roll slot "$1" read call | sed -n "s/^${2:-1} \([0-9]*\) .*/\1/p"
}

# child PID: the pid of its child.
child() {
    pgrep -o -P "$1"
}

# waiters SLOT: how many stand in line.
waiters() {
    roll queue "$1" read waiters | grep -vc '^end$' || :
}

waiting() {
    [ "$(waiters "$1")" -eq "$2" ]
}

# all_free SLOT: does nobody have a slot of this name, nor share one?
all_free() {
    [ "$(roll slot "$1" read anybody)" -eq 0 ] &&
        [ "$(roll slot "$1" read 'before 65')" = none ]
}

# nothing_runs: no process of the lab is left.
nothing_runs() {
    [ -z "$(lab_processes)" ]
}
