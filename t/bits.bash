# For the tests of what is done with bit files: sessions at a board's end, whose program
# command is a script that obeys the test.
# shellcheck shell=bash disable=SC2154
load board

board=192.0.2.1

# bits_setup [LINE...]: a lab with the board, with more lines for its section.
bits_setup() {
    lab_setup
    write_command
    bits_conf "$@"
}

bits_teardown() {
    local gate
    # For a command that still stands there, if the test has failed.
    for gate in "$lab"/gate.*; do
        [ ! -p "$gate" ] || echo 1<>"$gate"
    done
    lab_teardown
}

# bits_conf [LINE...]: the config of the board.
bits_conf() {
    {
        printf '%s\n' "[board $board]" 'fpga = xc3s500e' 'fpga = *' \
            "program = $lab/command %f %n %p %b"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } | lab_conf
}

# write_command: the program command, and that of reset. It writes into $lab/did: begin
# and end, and the design it found in the file; `overlap`, when it was not alone. What it
# does in between is, if there is one, the script $lab/on.DESIGN: `hold` there waits until
# the test opens the gate. Its environment is empty, so the lab is written into it.
write_command() {
    cat >"$lab/command" <<END
#!/bin/bash
lab=$lab
END
    cat >>"$lab/command" <<'END'
file=$1 fpga=$2 part=$3 board=$4 code=0
design=reset
[ "$file" = reset ] || design=$(head -c 64 "$file" | grep -ao 'design-[a-z0-9]*')
hold() {
    read -r _ <>"$lab/gate.$design"
}
exec 9>>"$lab/busy"
flock -n 9 || echo overlap >>"$lab/did"
echo $$ >"$lab/pid.$design"
echo "begin $design" >>"$lab/did"
[ ! -e "$lab/on.$design" ] || . "$lab/on.$design"
echo "end $design" >>"$lab/did"
exit $code
END
    chmod 755 "$lab/command"
    touch "$lab/did" "$lab/busy"
    lab_give vlab "$lab" "$lab/did" "$lab/busy"
}

# on DESIGN SCRIPT: what the command does for it; with a gate, if it is to hold.
on() {
    [[ $2 != *hold* ]] || mkfifo -m 666 "$lab/gate.$1"
    printf '%s\n' "$2" >"$lab/on.$1"
}

# open_gate DESIGN: let it go on, now or when it comes there.
open_gate() {
    local fd
    exec {fd}<>"$lab/gate.$1"
    echo >&"$fd"
    # What nobody has read is gone when we close it.
    wait_until gate_is_passed "$fd"
    exec {fd}>&-
}

gate_is_passed() {
    ! read -rt 0 <&"$1"
}

# did LINE...: is this what the command has done?
did() {
    [ "$(<"$lab/did")" = "$(printf '%s\n' "$@")" ]
}

# pack DESIGN [BYTES [PART [SEED]]]: make the bit file $lab/DESIGN.bit, and $lab/DESIGN.biz
# as it is uploaded.
pack() {
    bit "$1" "${3:-3s500efg320}" "${2:-1000}" "${4:-1}" >"$lab/$1.bit"
    bit -z "$1" "${3:-3s500efg320}" "${2:-1000}" "${4:-1}" >"$lab/$1.biz"
}

# upload NAME FILE [RESULT]: upload a file; its bid is in $bid. What is said to all
# meanwhile is skipped.
upload() {
    local fd=${talk_fd[$1]}
    tell "$1" "loadbits $((8 * $(stat -c %s "$2")))"
    hear "$1" '^loadready [1-9]'
    read -r _ bid _ <<<"$heard"
    cat "$2" >&"$fd"
    hear "$1" '^loaded '
    assert_equal "$heard" "loaded $bid ${3:-1}"
}

# design NAME DESIGN [BYTES]: make it and upload it.
design() {
    pack "design-$2" "${3:-1000}"
    upload "$1" "$lab/design-$2.biz"
}

# leave NAME: end a session, and see it end.
leave() {
    hang_up "$1"
    ended "$1"
}

# slot_of COLUMN: of who has the slot: 2 is the pid of the runner, 6 that of the job.
slot_of() {
    roll slot "board:$board" read call | awk "NR == 1 && !/^end/ { print \$$1 }"
}

# in_line N: do so many wait for the slot?
in_line() {
    [ "$(roll queue "board:$board" read call | grep -cv '^end$')" -eq "$1" ]
}

slot_is_free() {
    [ -z "$(slot_of 2)" ] && [ -z "$(lab_jobs)" ]
}

# lab_jobs: the jobs and runners that are left.
lab_jobs() {
    local pid
    for pid in $(lab_processes); do
        [[ $(<"/proc/$pid/comm") != vlab-job ]] || echo "$pid"
    done 2>/dev/null
}
