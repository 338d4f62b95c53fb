# tools/fpga: the simulated FPGA, by itself.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    fpga=$lab_tree/tools/fpga
    cd "$lab" || return
}

teardown() {
    lab_teardown
}

# serve LINK [PART]: have one, and a dialogue named uart with it.
serve() {
    lab_start "$fpga" serve "$@"
    wait_until test -S "$1.jtag"
    talk uart socat - "FILE:$1,raw,echo=0"
    # It has the terminal open when the kernel shows it so.
    wait_until uart_open "$1"
}

uart_open() {
    [ "$(readlink "/proc/${talk_pid[uart]}/fd/"* | grep -cx "$(readlink "$1")")" -gt 0 ]
}

@test "a design greets on the UART when it is programmed, and answers to lines" {
    serve u
    "$fpga" bits blinker >a.bit
    run -0 "$fpga" program a.bit u
    assert_output 'u: blinker runs'
    hear uart '^blinker runs on 3s500efg320$'
    tell uart design
    hear uart '^blinker on 3s500efg320, made 20[0-9/]* [0-9:]*$'
    tell uart leds 165
    hear uart '^leds #\.#\.\.#\.#$'
    "$fpga" bits other >b.bit
    "$fpga" program b.bit u
    hear uart '^other runs on 3s500efg320$'
    tell uart design
    hear uart '^other on '
}

@test "before it is programmed, and after a reset, the UART says nothing" {
    serve u
    tell uart early
    "$fpga" bits blinker >a.bit
    "$fpga" program a.bit u
    hear uart '^blinker runs'
    run ! grep early uart.out
    "$fpga" reset u
    tell uart late
    "$fpga" program a.bit u
    hear uart '^blinker runs'
    run ! grep late uart.out
}

@test "who opens and closes the terminal does not end it" {
    serve u
    "$fpga" bits blinker >a.bit
    "$fpga" program a.bit u
    hear uart '^blinker runs'
    lab_stop "${talk_pid[uart]}"
    talk uart socat - FILE:u,raw,echo=0
    tell uart leds 1
    hear uart '^leds \.\.\.\.\.\.\.#$'
}

@test "each way a file can be wrong is a code of the protocol on the last line" {
    serve u 3s500efg320
    "$fpga" bits blinker >a.bit
    head -c -1 a.bit >short.bit
    head -c 50 a.bit >head.bit
    { cat a.bit; echo; } >long.bit
    "$fpga" bits blinker xc3s1000ft256 >other.bit
    "$fpga" bits blinker XC3S500EFG320 >xc.bit
    : >empty.bit
    local file code
    while read -r file code; do
        run -1 "$fpga" program "$file" u
        assert_equal "$file: ${lines[-1]}" "$file: $code"
        assert_file_not_exists u.design
    done <<'END'
short.bit donenothigh
long.bit donenothigh
head.bit parsebits
empty.bit parsebits
/bin/sh parsebits
no.bit parsebits
other.bit idfailed
END
    run -1 "$fpga" program a.bit none
    assert_equal "${lines[-1]}" noresp
    "$fpga" program xc.bit u
    assert_file_exists u.design
}

@test "pack makes a zlib stream of any bytes" {
    head -c 100000 /dev/urandom >random
    : >empty
    "$fpga" bits blinker >a.bit
    for file in random empty a.bit; do
        "$fpga" pack <"$file" >packed
        # The same bytes as gzip has them: the checksum is not looked at here.
        { printf '\x1f\x8b\x08\0\0\0\0\0\0\x03'; tail -c +3 packed | head -c -4; } >gz
        zcat <gz >unpacked 2>/dev/null || :
        cmp "$file" unpacked
    done
    # RFC 1950's checksum of a text known from elsewhere: adler32 of Wikipedia is 11e60398.
    printf Wikipedia | "$fpga" pack >packed
    run sh -c 'tail -c 4 packed | od -An -tx1 | tr -d " "'
    assert_output 11e60398
}

@test "when it ends its files and processes go, also when its group or its terminal is ended" {
    "$fpga" bits blinker >a.bit
    for end in 'kill -TERM $pid' 'kill -TERM -- -$pid' 'kill $(pgrep -P $pid -f PTY)'; do
        lab_start "$fpga" serve "$lab/u"
        wait_until test -S "$lab/u.jtag"
        "$fpga" program a.bit "$lab/u"
        eval "$end"
        wait_until gone "-$pid"
        run compgen -G 'u*'
        assert_output ''
    done
}

@test "killed by kill -9 it leaves no process, and can be started again" {
    "$fpga" bits blinker >a.bit
    for _ in 1 2; do
        lab_start "$fpga" serve "$lab/u"
        wait_until test -S "$lab/u.jtag"
        assert_file_not_exists u.design
        "$fpga" program a.bit "$lab/u"
        kill -KILL "$pid"
        wait_until gone "-$pid"
    done
}

@test "without socat there is no FPGA, and it is told what to install" {
    mkdir bin
    ln -s "$(command -v realpath)" bin
    for words in 'serve u' 'reset u'; do
        # shellcheck disable=SC2086
        PATH=$lab/bin run -111 "$fpga" $words
        assert_output 'fpga: fatal: there is no socat here: apt-get install socat'
    done
}

@test "a wrong word is told, with exit code 100; a link that is there stays" {
    run -100 "$fpga" nonsense
    assert_line 'usage: fpga serve LINK [PART]'
    run -0 "$fpga" --help
    assert_line 'usage: fpga program FILE LINK'
    echo mine >u
    run -111 "$fpga" serve u
    assert_output 'fpga: fatal: u is there already'
    assert_equal "$(cat u)" mine
}
