#!/usr/bin/env bats
# The one connection of a duct, by hand: lib/wire.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    cd "$lab" || return
}

teardown() {
    lab_teardown
}

# bytes HEX...: write them to descriptor 1; white space does not count.
bytes() {
    local hex=${*//[[:space:]]/}
    # shellcheck disable=SC2001,SC2059
    printf "$(sed 's/../\\x&/g' <<<"$hex")"
}

# heard HEX...: what a wire hears of them.
heard() {
    bytes "$@" | wire hear
}

links=(socket pipes quick)
clunk='07000000 79' # Rclunk, but for its tag

@test "messages of all sizes, both ways at once, come whole and in order, whatever part of them goes at a time" {
    seed=$RANDOM
    for link in "${links[@]}"; do
        echo "wire storm $seed $link"
        run -0 wire storm "$seed" "$link"
        assert_output '6000 and 6000 messages, 0 and 0 bytes too many'
    done
}

@test "messages are put together from fragments of any size" {
    for tag in {1..99}; do
        bytes "$clunk $(printf %02x "$tag") 00"
        bytes '17000000 76 0500 00000000 0000000000000000 00000000'
    done >all
    bytes '05 00000000' >>all
    for tag in {1..99}; do
        echo "121 $tag"
        echo '118 5'
    done >expected
    printf '%s\n' closed end >>expected
    for seed in $RANDOM $RANDOM $RANDOM; do
        echo "fragments all $seed"
        fragments all "$seed" | wire hear >is
        cmp is expected
    done
}

@test "while one way is full of large messages, small ones of the other go out behind the one that is on its way" {
    for link in "${links[@]}"; do
        run -0 wire fair "$link"
        assert_output $'1 large, 100 small\n1 large, 100 small'
    done
}

@test "a peer that does not read costs no more memory, and waits are bounded" {
    for link in "${links[@]}"; do
        run -0 wire deaf "$link"
        assert_output $'no room, bounded\nETIMEDOUT\n0 left'
    done
}

@test "what a peer that has gone said at last is heard, and what is said to him is lost" {
    for link in "${links[@]}"; do
        run -0 wire gone "$link"
        assert_output $'EPIPE\n0 queued\nmessage\nclosed\n0'
    done
}

@test "a reset connection is an error" {
    run -0 wire reset
    assert_output ECONNRESET
}

@test "five bytes end a direction, and messages may come after them" {
    run -0 heard "$clunk 0100 05 00000000 $clunk 0200"
    assert_output $'121 1\nclosed\n121 2\nend'
}

@test "what is shorter than a message, or longer than may come, is garbage at once" {
    for bad in 00000000 01000000 04000000 06000000 0700ffff 01200000 ffffffff 000000ff \
        '01100000 74'; do
        run -0 heard "$clunk 0100 $bad"
        assert_output $'121 1\ngarbage'
    done
    # What may come depends on who asked.
    run -0 heard '01200000 75'
    assert_output garbage
    run -0 heard '00200000 75'
    assert_output end
    run -0 heard '00100000 74'
    assert_output end
}

@test "a size of 5 is garbage when it is a message's" {
    for bad in '05000000 01' '05000000 79'; do
        run -0 heard "$bad"
        assert_output garbage
    done
}

@test "types that are none, and lengths that do not fit, are garbage" {
    for type in 00 01 63 6a 80 ff; do
        run -0 heard "07000000 $type 0100"
        assert_output garbage
    done
    # Rclunk with a byte more, Rread with one byte less than it says, Twalk of 17 names.
    for bad in '08000000 79 0100 00' '0b000000 75 0100 01000000' \
        '11000000 6e 0100 00000000 00000000 1100'; do
        run -0 heard "$bad"
        assert_output garbage
    done
}

@test "what is broken off is not heard" {
    for part in '' 07 07000000 '07000000 79' '07000000 79 01'; do
        run -0 heard "$clunk 0100 $part"
        assert_output $'121 1\nend'
    done
}

@test "large messages cost little more than to write and read their bytes" {
    run -0 --separate-stderr wire speed
    # shellcheck disable=SC2154 # run sets it
    echo "$stderr"
    assert_output near
}
