#!/usr/bin/env bats
# Bit files on their way to a board.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load bits
setup() { bits_setup "buffers = 4" "limit = 100000"; }
teardown() { bits_teardown; }

# raw NAME FILE...: send files as they are.
raw() {
    cat "${@:2}" >&"${talk_fd[$1]}"
}

# shown NAME LINE...: this is what showbits answers, without bitinfo and the index.
shown() {
    local name=$1 line i=0
    shift
    tell "$name" showbits
    for line; do
        hear "$name" ''
        assert_equal "$heard" "bitinfo $i $line"
        i=$((i + 1))
    done
    hear "$name" ''
    assert_equal "$heard" endlist
}

unused='0 0 - - - - unused'

@test "what is no possible size is refused, and lines go on behind it" {
    by_hand a
    ask a loadbits '^error command usage: loadbits '
    for bits in 0 -8 8x x 1 7 9 12 800008 99999999999999999999999 1e3 0x80 +8; do
        ask a "loadbits $bits" '^error badsize '
    done
    ask a help '^ok '
    # At the limit there is no refusal.
    ask a "loadbits 800000" '^loadready 1 800000 '
    head -c 100000 /dev/zero >"$lab/zeros"
    raw a "$lab/zeros"
    hear a ''
    assert_equal "$heard" "loaded 1 0"
    ask a help '^ok '
}

@test "all in one packet, lines and bits: each gets its answer, and nothing is taken for the other" {
    by_hand a
    pack design-1 3000
    size=$(stat -c %s "$lab/design-1.biz")
    {
        printf 'loadbits %s\n' $((8 * size))
        cat "$lab/design-1.biz"
        printf 'help\nloadbits 24\nquitloadbits 7\nshowbits\n'
    } >"$lab/packet"
    raw a "$lab/packet"
    hear a ''
    assert_equal "$heard" "loadready 1 $((8 * size)) send $size bytes"
    hear a ''
    assert_equal "$heard" "loaded 1 1"
    hear a '^ok '
    hear a '^loadready 2 24 '
    hear a ''
    # `qui', and `t' begins a line again.
    assert_equal "$heard" "loaded 2 0"
    hear a '^error command '
    hear a '^bitinfo 0 1 '
}

@test "a line that ends with CR and LF has no LF among the bits, whenever that comes" {
    by_hand a
    pack design-1
    size=$(stat -c %s "$lab/design-1.biz")
    tell_raw a "loadbits $((8 * size))"$'\r\n'
    hear a '^loadready 1 '
    raw a "$lab/design-1.biz"
    hear a '^loaded 1 1$'
    tell_raw a "loadbits $((8 * size))"$'\r'
    hear a '^loadready 2 '
    printf '\n' | raw a - "$lab/design-1.biz"
    hear a '^loaded 2 1$'
    # LF alone ends the line: one that follows is a bit.
    tell_raw a $'loadbits 8\n'
    hear a '^loadready 3 '
    tell_raw a $'\n'
    hear a '^loaded 3 0$'
    ask a help '^ok '
}

@test "bits come one byte at a time as well" {
    by_hand a
    pack design-1 100
    size=$(stat -c %s "$lab/design-1.biz")
    ask a "loadbits $((8 * size))" '^loadready '
    for ((i = 0; i < size; i++)); do
        dd if="$lab/design-1.biz" bs=1 skip=$i count=1 status=none >&"${talk_fd[a]}"
    done
    hear a '^loaded 1 1$'
    cmp "$lab/design-1.bit" "$VLAB_STATE/bits/$board/1.bit"
}

@test "showbits says of each buffer what became of its upload" {
    by_hand a
    shown a "$unused" "$unused" "$unused" "$unused"
    leave a
    bits_conf "buffers = 4"
    sed -i '/^fpga = \*$/d' "$VLAB_CONF"
    lab_compile
    by_hand a
    pack design-1
    upload a "$lab/design-1.biz"
    pack design-2 1000 9s500efg320
    upload a "$lab/design-2.biz" 0
    head -c 50 "$lab/design-1.biz" >"$lab/half"
    upload a "$lab/half" 0
    upload a "$lab/design-1.bit" 0
    size=$(stat -c %s "$lab/design-1.bit")
    shown a "1 $size design-1 3s500efg320 2026/11/21 12:34:56 ready" \
        "2 0 - - - wrong its part is none of the board's FPGAs" \
        "3 0 - - - incomplete not all of it has come" \
        "4 0 - - - invalid this was no .bit file packed by zlib"
}

@test "a stream that unpacks to more than the limit is refused, and nothing is kept of it" {
    by_hand a
    design a 1 99000
    pack design-2 200000
    assert [ "$(stat -c %s "$lab/design-2.biz")" -lt 100000 ]
    upload a "$lab/design-2.biz" 0
    tell a showbits
    hear a '^bitinfo 1 2 0 - - - invalid '
    run find "$VLAB_STATE/bits/$board" -size +0 -type f
    assert_output "$VLAB_STATE/bits/$board/1.bit"
}

@test "the next upload takes the place of the oldest; failed ones go first" {
    by_hand a
    for i in 1 2; do
        design a $i
    done
    echo nonsense >"$lab/nonsense"
    upload a "$lab/nonsense" 0
    design a 4
    design a 5
    tell a showbits
    for bid in 1 2 4 5; do
        hear a ''
        assert_regex "$heard" "^bitinfo [0-3] $bid .* ready$"
    done
    hear a '^endlist$'
    design a 6
    tell a showbits
    for bid in 2 4 5 6; do
        hear a ''
        assert_regex "$heard" "^bitinfo [0-3] $bid .* ready$"
    done
}

@test "an upload whose client hangs up is incomplete, and the next one is not in its way" {
    by_hand a
    by_hand b
    pack design-1
    ask a "loadbits 80000" '^loadready 1 '
    raw a "$lab/design-1.biz"
    shown b "1 0 - - - incomplete not all of it has come" "$unused" "$unused" "$unused"
    leave a
    shown b "1 0 - - - incomplete not all of it has come" "$unused" "$unused" "$unused"
    by_hand a
    ask a "loadbits 80000" '^loadready 2 '
    raw a "$lab/design-1.biz"
    kill -KILL "${talk_pid[a]}"
    ended a
    design b 3
    run find "$VLAB_STATE/bits/$board" -size +0 -type f
    assert_output "$VLAB_STATE/bits/$board/3.bit"
}

@test "two sessions upload at the same time" {
    by_hand a
    by_hand b
    pack design-a 20000
    pack design-b 30000
    for name in a b; do
        ask $name "loadbits $((8 * $(stat -c %s "$lab/design-$name.biz")))" '^loadready '
    done
    for name in a b; do
        head -c 5000 "$lab/design-$name.biz" | raw $name
    done
    for name in b a; do
        tail -c +5001 "$lab/design-$name.biz" | raw $name
    done
    hear a '^loaded 1 1$'
    hear b '^loaded 2 1$'
    cmp "$lab/design-a.bit" "$VLAB_STATE/bits/$board/1.bit"
    cmp "$lab/design-b.bit" "$VLAB_STATE/bits/$board/2.bit"
}

@test "bids count up for ever, also over those who have gone" {
    by_hand a
    design a 1
    leave a
    by_hand b
    design b 2
    assert_equal "$bid" 2
    leave b
    by_hand c
    shown c "$unused" "$unused" "$unused" "$unused"
    design c 3
    assert_equal "$bid" 3
}

@test "where there is no space for a bit file, that is said, and the session goes on" {
    need_root
    unshare -m true 2>/dev/null || skip "needs namespaces"
    bits_conf "limit = 10000000"
    # shellcheck disable=SC2016
    talk a unshare -m sh -c 'mount -t tmpfs -o size=64k,uid=2000,gid=2000 none "$1" &&
        exec setpriv --reuid=2000 --regid=2000 --clear-groups vlab-board -e "$2"' \
        space "$VLAB_STATE/bits" "$board"
    hear a '^eversion '
    pack design-1 200000
    ask a "loadbits $((8 * $(stat -c %s "$lab/design-1.biz")))" '^loadready 1 '
    raw a "$lab/design-1.biz"
    hear a '^error nospace '
    ask a help '^ok '
    design a 2 1000
}

@test "3 MB in random fragments arrive as they were, while another session types on the UART" {
    seed=${VLAB_SEED:-$RANDOM}
    echo "VLAB_SEED=$seed"
    lab_start as vlab socat "PTY,link=$lab/uart,raw,echo=0" EXEC:cat
    wait_until test -e "$lab/uart"
    bits_conf "limit = 25000000" "uart = $lab/uart"
    by_hand a
    by_hand b
    # Most of a bit file is empty: packed, this one has so many.
    pack design-1 20000000 3s500efg320 "$seed"
    assert [ "$(stat -c %s "$lab/design-1.biz")" -gt 3000000 ]
    # What is typed, and comes back.
    tell b useuart 0
    hear b '^usinguart$'
    seq -f 'line %.0f of what is typed' 100000 >"$lab/typed"
    raw b "$lab/typed" 3>&- &
    typist=$!
    ask a "loadbits $((8 * $(stat -c %s "$lab/design-1.biz")))" '^loadready 1 '
    fragments "$lab/design-1.biz" "$seed" >&"${talk_fd[a]}"
    hear a '^loaded 1 1$' 60
    cmp "$lab/design-1.bit" "$VLAB_STATE/bits/$board/1.bit"
    wait "$typist"
    wait_until -t 60 typed_came_back
}

typed_came_back() {
    sed '1,/^usinguart$/d' "$lab/b.out" | cmp -s - "$lab/typed"
}
