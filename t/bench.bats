#!/usr/bin/env bats
# tools/bench: every row is measured, in small; the numbers themselves mean nothing here.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() { lab_apart; }
teardown() { lab_teardown; }

# measured UNIT...: measure the rows in $rows; the lines of the table have these units, and
# all of them numbers that can be. The exit code says whether the targets are met.
measured() {
    local code=0 units
    # shellcheck disable=SC2086
    "$tree/tools/bench" -q $rows >"$lab/table" 2>"$lab/err" 3>&- </dev/null || code=$?
    [ ! -s "$lab/err" ] || fail "$(cat "$lab/err")"
    [ "$code" -eq "$(grep -c -m 1 ' missed$' "$lab/table")" ] ||
        fail "exit code $code and: $(cat "$lab/table")"
    units=$(tail -n +2 "$lab/table" | cut -c 44- |
        awk '$1 > 0 && $2 > 0 && $4 > 0 { printf "%s ", $3 }')
    [ "$units" = "$* " ] || fail "$(cat "$lab/table")"
}

# has_musl: then there are lines about it.
has_musl() {
    command -v musl-gcc >/dev/null
}

# has_duct: then it can be measured, and nothing must be installed for that.
has_duct() {
    [ "$EUID" -eq 0 ] && [ -c /dev/fuse ] && "$tree/tools/need" -n bench 2>/dev/null
}

# has_nodes: the same of the files of other nodes.
has_nodes() {
    [ "$EUID" -eq 0 ] && [ -c /dev/fuse ]
}

@test "each row is measured, and nothing is left" {
    local sessions=(/s /s /s) lock=(ms) duct=() remote=()
    rows='sessions lock pools memory grant ls compile relay uart launch output'
    if has_duct; then
        duct=(MB/s MB/s /s /s /s ms MB/s MB/s)
        rows+=' duct'
    fi
    rows+=' nodes off'
    if has_nodes; then
        remote=(/s /s)
        rows+=' remote'
    fi
    ! has_musl || sessions+=(/s) lock+=(ms)
    measured "${sessions[@]}" "${sessions[@]}" "${lock[@]}" ms ms kB kB us us us us ms ms ms MB/s s MB/s s MB/s s MB/s s \
        MB/s MB/s /s /s MB/s MB/s "${duct[@]}" ms ms ms ms ms ms "${remote[@]}"
    nothing_left || fail "something is left"
    run ! compgen -G '/dev/shm/vlab-bench.*'
}

@test "only the rows that are named are measured, in their order" {
    rows='compile grant'
    measured ms us us us us
    [[ "$(sed -n 2p "$lab/table")" == vlab-compile-config* ]]
    [[ "$(sed -n 3p "$lab/table")" == quit* ]]
}

# at_work: have the lines of waiters been begun?
at_work() {
    compgen -G "$lab/tmp/*/small/user/*" >/dev/null
}

@test "Ctrl-C ends the bench and leaves nothing" {
    lab_start "$tree/tools/bench" grant
    wait_until -t 30 at_work
    kill -INT -- "-$pid"
    wait_until nothing_left
}

@test "a wrong row or option is told, with exit code 100; --help says what there is" {
    run -100 "$tree/tools/bench" nonsense
    assert_output "usage: tools/bench [-q] [sessions|lock|pools|memory|grant|ls|compile|relay|uart|launch|output|duct|nodes|off|remote]..."
    run -100 "$tree/tools/bench" -x
    assert_output --partial "usage: "
    run -0 "$tree/tools/bench" --help
    assert_output --partial "usage: "
}
