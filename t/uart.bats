#!/usr/bin/env bats
# A serial line, ours alone.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load board

setup() {
    lab_setup
    wire tty0
}

teardown() { lab_teardown; }

# opens NAME [WAIT]: open it.
opens() {
    talk "$1" uart "$lab/tty0" 115200 "${2:-0}"
    hear "$1" '^open$'
}

@test "a rate is what termios has from 300 to 4000000, and nothing else" {
    opens a
    for rate in 300 600 1200 1800 2400 4800 9600 19200 38400 57600 115200 230400 460800 \
        500000 576000 921600 1000000 1152000 1500000 2000000 2500000 3000000 3500000 4000000; do
        ask a "has $rate" '^1$'
        ask a "rate $rate" '^ok$'
        assert_equal "$(stty -F "$lab/tty0" speed)" "$rate"
    done
    for rate in 0 1 50 75 110 150 200 299 301 14400 115201 4000001 4294967295; do
        ask a "has $rate" '^0$'
        ask a "rate $rate" '^error EINVAL$'
    done
    assert_equal "$(stty -F "$lab/tty0" speed)" 4000000
}

@test "it is raw, 8N1, without modem control and flow control, whatever it was" {
    # A pty has no parity, and says so.
    stty -F "$lab/tty0" sane cs7 parenb parodd cstopb crtscts -clocal hupcl ixon ixoff min 0 time 5 9600 || :
    opens a
    run stty -F "$lab/tty0" -a
    for word in 'speed 115200 baud' 'min = 1' 'time = 0' cs8 -parenb -cstopb -crtscts clocal \
        cread -hupcl -ixon -ixoff -ixany -icanon -echo -isig -iexten -opost -icrnl -inlcr \
        -igncr -istrip -inpck -parmrk -brkint; do
        assert_output --partial -- "$word"
    done
}

@test "nobody else of us can open it, until its holder ends, however he does" {
    opens a
    run -1 uart "$lab/tty0" 9600 0
    assert_output 'error EBUSY'
    run -1 flock -n "$lab/tty0" true
    kill -KILL "${talk_pid[a]}"
    ended a
    opens b
    hang_up b
    ended b
    opens c
}

# may_open USER: can he open the virtual terminal $lab/vt?
may_open() {
    # shellcheck disable=SC2016
    as "$1" sh -c ': <>"$0"' "$lab/vt"
}

# A virtual terminal that nobody uses: the only kind of tty that is no pty, and is found on
# any host that has a screen.
@test "nor can who does not ask, where the tty is no pty" {
    need_root
    mknod -m 666 "$lab/vt" c 4 63 2>/dev/null || skip "needs device nodes"
    may_open eve 2>/dev/null || skip "needs a virtual terminal"
    # Its rate cannot be set.
    talk a uart "$lab/vt" 38400 0
    hear a '^open$'
    run ! may_open eve
    assert_output --partial 'Device or resource busy'
    run -1 as eve uart "$lab/vt" 38400 0
    assert_output 'error EBUSY'
    kill -KILL "${talk_pid[a]}"
    ended a
    may_open eve
    # Also when it stays open elsewhere, for the mark is taken back.
    exec {other}<>"$lab/vt"
    talk b uart "$lab/vt" 38400 0
    hear b '^open$'
    run ! may_open eve
    hang_up b
    ended b
    may_open eve
    exec {other}>&-
}

@test "who is just leaving is waited for" {
    opens a
    talk b uart "$lab/tty0" 9600 60000
    talk c uart "$lab/tty0" 9600 1
    hear c '^error EBUSY$'
    silent b
    hang_up a
    hear b '^open$'
}

# silent NAME: has it said nothing?
silent() { [ ! -s "$lab/$1.out" ]; }

@test "what is no tty, or not there, is refused" {
    touch "$lab/file"
    run -1 uart "$lab/file" 9600 0
    assert_output 'error ENOTTY'
    run -1 uart "$lab/none" 9600 0
    assert_output 'error ENOENT'
    run -1 uart "$lab/tty0" 9601 0
    assert_output 'error EINVAL'
}

@test "what somebody left in it before is gone, what comes from then on is not" {
    tell_raw tty0 old
    wait_until waits tty0 3
    opens a
    ask a read '^nothing$'
    tell_raw tty0 new
    wait_until waits tty0 3
    ask a read '^new$'
}
