#!/usr/bin/env bats
# How bit files come, are looked at and kept, by the program store beside this file.

# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup() {
    lab_setup
    mkdir "$VLAB_STATE/bits"
    lab_give vlab "$VLAB_STATE/bits"
    kept=$VLAB_STATE/bits/b
    cd "$lab" || return
}
teardown() { lab_teardown; }

# upload [OPTION...] FILE BID [STEP [SEED]]: pack FILE and upload it.
upload() {
    local -a options=()
    while [[ $1 == -* ]]; do
        options+=("$1")
        [ "$1" = -n ] || { options+=("$2") && shift; }
        shift
    done
    run store "${options[@]}" add "${@:2}" < <(bit -p <"$1")
}

# says REGEX: the first line of the last output.
says() {
    assert_equal "$status" 0
    assert_regex "${lines[0]}" "^$1\$"
}

# bids: what there is, as `BID STATE SIZE`, on one line.
bids() {
    store list | awk '!/^peak/ { printf "%s%s %s %s", sep, $1, $2, $3; sep = ", " }'
}

# nothing_of BID: has it left no name?
nothing_of() {
    [ -z "$(find "$kept" -name "$1.*")" ]
}

@test "an upload in pieces of any size is kept byte for byte" {
    bit top 3s500efg320 100000 >a.bit
    seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    i=0
    for step in 1 7 4096 1000000 '1000 '"$seed" '1000000 '"$seed"; do
        for option in '' -n; do
            i=$((i + 1))
            # shellcheck disable=SC2086
            upload $option a.bit $i $step
            says ready
            cmp a.bit "$kept/$i.bit"
        done
    done
    run store find 12
    says "12 ready $(stat -c %s a.bit) top 3s500efg320 2026/11/21 12:34:56"
    run store find 13
    says none
}

@test "what a header says is shown as words" {
    long=$(printf %0100d 0)
    bit 'my design'$'\x01\xc3\xa9' -rf 10 >a.bit
    bit '' xc7a35t 10 >b.bit
    bit "$long" x 10 >c.bit
    bit - '-' 1 >d.bit
    for name in a b c d; do
        upload $name.bit $((++i))
        says ready
    done
    run store list
    assert_line --index 0 --partial ' my_design___ _rf 2026/11/21 12:34:56'
    assert_line --index 1 --partial ' - xc7a35t 2026'
    assert_line --index 2 --partial " ${long:0:63} x 2026"
    assert_line --index 3 --partial ' _ _ 2026'
}

@test "a file that ends anywhere before its end, or behind it, is invalid" {
    bit a b 3 >a.bit
    size=$(stat -c %s a.bit)
    for ((n = 0; n < size; ++n)); do
        head -c $n a.bit >cut.bit
        upload cut.bit $((n + 1))
        says invalid
    done
    (cat a.bit && echo) >longer.bit
    upload longer.bit 1000
    says invalid
    upload a.bit 1001
    says ready
}

# patched OFFSET BYTES: a bit file with other bytes there, in patched.bit.
patched() {
    bit design part 100 >patched.bit
    printf %b "$2" | dd of=patched.bit bs=1 seek="$1" conv=notrunc status=none
}

@test "what is no header is invalid" {
    # Where which field is, in a header of these names.
    for wrong in '0 \1' '1 \10' '12 \2' '13 A' '14 \377' '15 \6' '15 \0' '22 x' '23 a' \
        '31 d' '45 c' '57 f' '58 \1' '61 \143'; do
        # shellcheck disable=SC2086
        patched $wrong
        upload patched.bit $((++i))
        says invalid
    done
    patched 2 '\1\2\3\4\5\6\7\10\11'
    upload patched.bit $((++i))
    says ready
    bit design part 0 >none.bit
    upload none.bit $((++i))
    says invalid
    # Its strings have to end where a header may.
    for n in 3000 5000; do
        bit "$(printf "%0${n}d" 0)" part 5000 >long.bit
        upload long.bit $((++i))
        assert_equal "${lines[0]}" "$([ $n = 3000 ] && echo ready || echo invalid)"
    done
}

@test "a part that none of the board's FPGAs takes is wrong, and nothing is kept of it" {
    bit top 7a35tcpg236 10000 >a.bit
    for option in '' -n; do
        upload $option -f xc3s500e -f 6slx9 a.bit 1
        says wrong
        upload $option -f xc3s500e -f XC7A35T a.bit 2
        says ready
    done
    assert_equal "$(bids)" "1 wrong 0, 2 ready $(stat -c %s a.bit)"
    assert_file_empty "$kept/1.wrong"
}

@test "a bomb is refused at the limit: it takes neither memory nor disk" {
    bit a b 1000 >a.bit
    upload a.bit 1
    ordinary=${lines[-1]#peak }
    (cat a.bit && head -c 100000000 /dev/zero) | bit -p >bomb
    for option in '' -n; do
        run store $option -l 1000000 add 2 1000000 <bomb
        says invalid
        echo "peak: $ordinary KB, bomb ${lines[-1]#peak } KB"
        [ "${lines[-1]#peak }" -lt $((ordinary + 3000)) ]
        [ "${lines[1]#kept }" -le 1000000 ]
        assert_file_empty "$kept/2.invalid"
    done
}

@test "the limit is the last byte that is taken, of unpacked ones and of packed ones" {
    bit a b 100000 >a.bit
    size=$(stat -c %s a.bit)
    upload -l "$size" a.bit 1
    says ready
    upload -l $((size - 1)) a.bit 2
    says invalid
    # Packed it is larger: random bytes.
    head -c "$size" /dev/urandom >noise
    packed=$(bit -p <noise | wc -c)
    [ "$packed" -gt "$size" ]
    run store unpack "$size" 100 < <(bit -p <noise)
    assert_success
    # So many empty blocks (of a zlib stream that has no end) are no upload.
    bit -p </dev/null | head -c 2 >blocks
    for ((n = 0; n < 1000; ++n)); do printf '\0\0\0\377\377'; done >>blocks
    run store -l 5002 add 3 <blocks
    says incomplete
    run store -l 5001 add 4 <blocks
    says invalid
}

@test "what is no zlib stream, or has something behind its end, is invalid" {
    bit -z a b 10000 >a.z
    for step in 1 100000; do
        run store add 1 $step < <(cat a.z && printf x)
        says invalid
        run store add 1 $step <"$(type -P bit)"
        says invalid
        run store add 1 $step < <(gzip <a.z)
        says invalid
        # The last byte of its checksum.
        run store add 1 $step < <(head -c -1 a.z && printf '\377')
        says invalid
        run store add 1 $step <a.z
        says ready
    done
}

@test "a stream without its end is incomplete, as is one of which more was to come" {
    bit -z a b 10000 >a.z
    for cut in 1 2 4 5 100 $(($(stat -c %s a.z) - 1)); do
        for option in '' -n; do
            run store $option add 1 < <(head -c -"$cut" a.z)
            says incomplete
            assert_file_empty "$kept/1.incomplete"
        done
    done
    for option in '' -n; do
        run store $option cut 2 <a.z
        says incomplete
        run store $option add 3 </dev/null
        says incomplete
    done
    assert_equal "$(bids)" '1 incomplete 0, 2 incomplete 0, 3 incomplete 0'
    assert_equal "$(find "$kept" -type f -size +0)" ''
}

@test "the oldest makes room for one more than there may be, failed ones first" {
    bit a b 10 >a.bit
    echo nonsense >no.bit
    size=$(stat -c %s a.bit)
    for i in 8 9 10; do
        upload -b 3 a.bit $i
        says ready
    done
    upload -b 3 a.bit 100
    says ready
    assert_equal "$(bids)" "9 ready $size, 10 ready $size, 100 ready $size"
    upload -b 3 no.bit 101
    says invalid
    assert_equal "$(bids)" "10 ready $size, 100 ready $size, 101 invalid 0"
    upload -b 3 a.bit 102
    says ready
    assert_equal "$(bids)" "10 ready $size, 100 ready $size, 102 ready $size"
    # There may be fewer now.
    upload -b 1 a.bit 103
    assert_equal "$(bids)" "103 ready $size"
}

@test "uploads at the same time take no room from each other for good" {
    bit a b 10 >a.bit
    size=$(stat -c %s a.bit)
    bit -p <a.bit >a.z
    for i in 1 2 3; do upload -b 3 a.bit $i; done
    talk slow store -b 3 add 4 1
    head -c 20 a.z >"/proc/$$/fd/${talk_fd[slow]}"
    wait_until test -e "$kept/4.incomplete"
    for i in 5 6; do upload -b 3 a.bit $i; done
    tail -c +21 a.z >"/proc/$$/fd/${talk_fd[slow]}"
    hang_up slow
    ended slow
    run cat "$lab/slow.out"
    assert_line --index 0 ready
    assert_equal "$(find "$kept" -name '*.bit' | wc -l)" 3
    cmp a.bit "$kept/4.bit"
}

locked() { ! flock -n "$1" true; }

@test "no upload makes room by the half file of another, also where that has a name" {
    bit a b 10 >a.bit
    bit -p <a.bit >a.z
    for option in '' -n; do
        # shellcheck disable=SC2086
        talk slow store $option -b 2 add 4 1
        head -c 20 a.z >"/proc/$$/fd/${talk_fd[slow]}"
        wait_until test -e "$kept/4.incomplete"
        [ ! "$option" ] || wait_until locked "$kept/4.incomplete"
        for i in 5 6 7; do
            upload -n -b 2 a.bit $i
            says ready
        done
        tail -c +21 a.z >"/proc/$$/fd/${talk_fd[slow]}"
        hang_up slow
        ended slow
        run cat "$lab/slow.out"
        assert_line --index 0 ready
        cmp a.bit "$kept/4.bit"
        assert_equal "$(find "$kept" -type f | wc -l)" 2
        store wipe 0
    done
}

@test "they are listed by number, the newest when there are too many, and nothing else is" {
    bit a b 10 >a.bit
    for i in 10 9 100; do upload a.bit $i; done
    (cd "$kept" && touch -- x .bit 1 1. 1.bits 1x.bit 01.bit -1.bit 5.job.bit \
        99999999999999999999.bit 3.wrong 4.incomplete)
    assert_equal "$(bids | sed 's/ [0-9]*\(,\|$\)/\1/g')" \
        '3 wrong, 4 incomplete, 9 ready, 10 ready, 100 ready'
    run store newest 2
    assert_line --index 0 --partial '10 ready'
    assert_line --index 1 --partial '100 ready'
    # Whoever was killed between two names of one has left both.
    touch "$kept/100.incomplete"
    assert_equal "$(bids | grep -o '100 [a-z]*')" '100 ready'
}

@test "wiping leaves the one that is being programmed, until that is over" {
    bit a b 1000 >a.bit
    for i in 1 2 3; do upload a.bit $i; done
    upload /dev/null 4
    talk first store lend 2
    hear first '^/'
    job=$heard
    assert_equal "$job" "$(realpath "$kept")/${talk_pid[first]}.job.bit"
    talk second store lend 3
    hear second '^/'
    run store lend 4 </dev/null
    says 'error ENOENT'
    store wipe "${talk_pid[first]}"
    assert_equal "$(ls -A "$kept")" "$(basename "$job")"
    cmp a.bit "$job"
    hang_up first
    ended first
    assert_equal "$(ls -A "$kept")" ''
    # Who was killed gives nothing back; another one may get his pid.
    upload a.bit 5
    # shellcheck disable=SC2016
    talk third bash -c 'touch "$1/$$.job.bit" && exec store lend 5' bash "$kept"
    hear third '^/'
    lab_stop "${talk_pid[third]}" KILL
    cmp a.bit "$heard"
    store wipe 0
    assert_equal "$(ls -A "$kept")" ''
}

@test "a kill in the middle of an upload leaves no half file" {
    bit -z a b 1000000 >a.z
    for option in '' -n; do
        # shellcheck disable=SC2086
        talk uploader store $option hang 7 1000
        head -c 20000 a.z >"/proc/$$/fd/${talk_fd[uploader]}"
        hang_up uploader
        hear uploader begun
        hear uploader fed
        assert_equal "$(bids)" '7 incomplete 0'
        lab_stop "${talk_pid[uploader]}" KILL
        assert_equal "$(ls -A "$kept")" 7.incomplete
        assert_equal "$(bids)" '7 incomplete 0'
        [ "$option" ] || assert_file_empty "$kept/7.incomplete"
        # Its number may come again, when all else of the state was lost.
        run store $option add 7 <a.z
        says ready
        assert_equal "$(ls -A "$kept")" 7.bit
        store wipe 0
    done
}

@test "on a full disk there is no space, and nothing is left of what found none" {
    need_root
    unshare -m true || skip "needs a mount namespace"
    bit a b 50000 >small.bit
    bit a b 500000 >large.bit
    for name in small large; do bit -p <$name.bit >$name.z; done
    # shellcheck disable=SC2016
    run unshare -m bash -c '
        mount -t tmpfs -o size=200k,nr_inodes=8 none "$VLAB_STATE/bits" || exit 77
        for option in "" -n; do
            store $option add 1 <small.z
            store $option add 2 <large.z
            ls -A "$VLAB_STATE/bits/b"
            store $option add 3 <small.z
            store wipe 0
        done
        touch "$VLAB_STATE/bits/"{1..20} 2>/dev/null
        store add 4 <small.z
        ls -A "$VLAB_STATE/bits/b"
    '
    [ "$status" -ne 77 ] || skip "needs to mount"
    output=$(grep -v -e '^peak' -e '^kept' <<<"$output")
    assert_output "\
ready
error ENOSPC
1.bit
ready
ready
error ENOSPC
1.bit
ready
error ENOSPC"
}

@test "the directory is its owner's alone, also when root has made it" {
    bit a b 10 >a.bit
    upload a.bit 1
    says ready
    assert_equal "$(stat -c %a "$kept")" 700
    assert_equal "$(stat -c %a "$kept/1.bit")" 600
    need_root
    assert_equal "$(stat -c %u "$kept" "$kept/1.bit" | uniq)" "${lab_uid[vlab]}"
    run as vlab store wipe 0
    assert_success
    upload -n a.bit 2
    upload /dev/null 3
    assert_equal "$(stat -c %u "$kept"/*.* | uniq)" "${lab_uid[vlab]}"
    run as eve store list
    assert_failure 111
    # Nor is it followed to where somebody else has it.
    mv "$kept" "$lab/elsewhere"
    ln -s "$lab/elsewhere" "$kept"
    run store list
    assert_failure 111
}
