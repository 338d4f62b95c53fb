#!/usr/bin/env bats
# Short texts from anybody to all who listen: lib/ring.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    mkdir "$VLAB_STATE/told"
}

teardown() {
    lab_teardown
}

# listener NAME [RING]: listen to a ring from now on.
listener() {
    talk "$1" ring told "${2:-here}"
    hear "$1" '^listening$'
}

# hears NAME TEXT...: when it looks, it hears these and nothing else.
hears() {
    local name=$1 text
    shift
    tell "$name" now
    for text; do
        hear "$name" '^'
        assert_equal "$heard" "<$text>"
    done
    hear "$name" '^'
    assert_equal "$heard" end
}

@test "who listens hears all that is said from then on, once and in order" {
    ring told here say early
    listener a
    hears a
    ring told here say one
    ring told here say two
    listener b
    ring told here say three
    hears a one two three
    hears a
    hears b three
    run -0 ring told here hear
    assert_output $'<early>\n<one>\n<two>\n<three>\nend'
}

@test "what the clock says does not count" {
    listener a
    printf '1 1000 long ago' |
        dd of="$VLAB_STATE/told/here" bs=512 seek=2 conv=notrunc status=none
    roll told here create 'set 2'
    hears a 'long ago'
}

@test "a ring that was removed is heard again" {
    ring told here many 5 old
    listener a
    rm "$VLAB_STATE/told/here"
    ring told here say new
    hears a new
}

@test "rings of different names have nothing to do with each other" {
    listener a here
    listener b there
    ring told here say "for a"
    ring told there say "for b"
    ring alone - say "for nobody"
    hears a "for a"
    hears b "for b"
    run -0 ring alone - hear
    assert_output $'<for nobody>\nend'
}

@test "of more than 64 texts the last 64 are there" {
    listener a
    ring told here many 200 number
    # shellcheck disable=SC2046
    mapfile -t texts < <(seq -f 'number %g' 137 200)
    hears a "${texts[@]}"
    ring told here say last
    hears a last
}

@test "a ring is made when something is said, and silence is none" {
    run -0 ring told here hear
    assert_output end
    assert_file_not_exists "$VLAB_STATE/told/here"
    ring told here say x
    assert_equal "$(stat -c %a "$VLAB_STATE/told/here")" 640
}

@test "a text that is too long is refused; control characters become spaces" {
    listener a
    run -1 ring told here say "$(printf '%0200d' 0)"
    assert_output "error E2BIG"
    ring told here say "$(printf '%0199d' 0)"
    ring told here say $'a\tb\nc\e[m\x7f'
    hears a "$(printf '%0199d' 0)" "a b c [m "
}

@test "what cannot be written is an error" {
    run -1 ring nowhere here say x
    assert_output "error ENOENT"
    run -1 ring told ../here say x
    assert_output "error EINVAL"
}

@test "of many that speak at a time nobody's text is lost, doubled or mixed" {
    for i in 1 2 3 4; do
        ring told here many 500 "voice $i" 3>&- &
        speakers+=($!)
    done
    wait "${speakers[@]}"
    run -0 roll told here read header
    assert_output "<2001>"
    run -0 ring told here hear
    assert_equal "${#lines[@]}" 65
    # Of each voice, in order, what is among the last.
    for i in 1 2 3 4; do
        count=$(grep -c "^<voice $i " <<<"$output") || :
        [ "$count" -eq 0 ] || assert_equal "$(grep "^<voice $i " <<<"$output")" \
            "$(seq -f "<voice $i %g>" $((501 - count)) 500)"
    done
}

@test "a text whose writer was killed before he counted it is nobody's, and its place is used again" {
    ring told here say one
    listener a
    # As far as he comes: the record, and not the header.
    printf '2 9999999999999999 half' |
        dd of="$VLAB_STATE/told/here" bs=512 seek=3 conv=notrunc status=none
    hears a
    ring told here say two
    hears a two
}

@test "what has been damaged is not heard, and does no harm" {
    listener a
    ring told here many 3 text
    printf '9 9999999999999999 nonsense' |
        dd of="$VLAB_STATE/told/here" bs=512 seek=3 conv=notrunc status=none
    hears a "text 1" "text 3"
    head -c 40000 /dev/urandom >"$VLAB_STATE/told/here"
    run -0 ring told here hear
    run -0 ring told here say again
}
