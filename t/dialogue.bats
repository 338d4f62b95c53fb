#!/usr/bin/env bats
# vlab-relay between a client and a board: the log, bit files, the UART.

load lib
load relay

@test "every command is logged with its user, and no byte of a UART or bit file is" {
    command -v unshare >/dev/null || skip "needs unshare"
    lab_board
    pool "$board"
    head -c 100 /dev/urandom | tr '\0-\377' 'SECRET01' >"$lab/bits"
    # shellcheck disable=SC2016
    run -0 unshare -m bash -c '
        mkdir "$1/dev" && mount -t tmpfs none "$1/dev" && touch "$1/dev/null" &&
            mount --bind /dev/null "$1/dev/null" && mount --move "$1/dev" /dev || exit
        socat -u UNIX-RECV:/dev/log,mode=666 CREATE:"$1/syslog" 3>&- &
        until [ -S /dev/log ]; do :; done
        { printf "rem hello\nuserrequest pool\nconnect pool\n"
          printf "setuart 0 115200\nset\tua\"rt\\ \001\n"
          printf "loadbits 800\n"; cat "$1/bits"
          printf "check\nuseuart 0\n"; cat "$1/bits"; printf "SECRET\n"; } |
            setpriv --reuid=2001 --regid=3001 --clear-groups env HOME="$1" vlab-relay
        kill %1; wait
        ' bash "$lab"
    assert_line usinguart
    run -0 sed 's/<[0-9]*>[^<]* vlab-relay\[[0-9]*\]: /\n/g' "$lab/syslog"
    assert_line 'User (alice): "rem hello"'
    assert_line 'User (alice): "connect pool"'
    assert_line 'User (alice): "setuart 0 115200"'
    assert_line 'User (alice): "set\tua\"rt\\ \x01"'
    assert_line 'User (alice): "loadbits 800"'
    assert_line 'User (alice): "useuart 0"'
    refute_output --partial SECRET
}

@test "a bit file arrives byte for byte, and a copy of it is kept in the user's home" {
    fake_board '
        for bid in 5 6; do
            read -r; printf "loadready $bid 8000 text\n"; head -c 1000 >"$0.bits$bid"
            printf "loaded $bid 1\n"
        done; cat'
    fake=$lab/fake.0
    pool "$board"
    (cd "$lab" && head -c 2000 /dev/urandom | split -b 1000 - in.)
    connected alice
    tell alice LoadBits 8000
    hear alice '^loadready'
    assert_equal "$(find "$lab/home/alice" -name '*.biz' ! -name '.*')" ''
    cat "$lab/in.aa" >&"${talk_fd[alice]}"
    hear alice '^loaded 5 1$'
    # The second comes at once, without waiting for what the board says.
    { printf 'loadbits 8000\n'; cat "$lab/in.ab"; printf 'back to lines\n'; } \
        >&"${talk_fd[alice]}"
    hear alice '^loaded 6 1$'
    hear alice '^back to lines$'
    for i in 5 6; do
        copy=$(echo "$lab/home/alice"/20*--"$board"-$i.biz)
        [[ ${copy##*/} =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}--[0-9]{2}-[0-9]{2}-[0-9]{2}-- ]]
        cmp "$copy" "$fake.bits$i"
    done
    cmp "$lab/in.aa" "$fake.bits5"
    cmp "$lab/in.ab" "$fake.bits6"
    assert_equal "$(stat -c %u "$copy")" 2001
    assert_equal "$(find "$lab/home/alice" -type f | wc -l)" 2
}

@test "an upload that breaks off leaves no copy, and one that cannot be kept goes on" {
    lab_board
    pool "$board"
    for way in TERM HUP eof; do
        connected alice
        tell alice loadbits 8000
        hear alice '^loadready'
        tell_raw alice half
        wait_until grep -q half "$lab/home/alice/".upload-*
        if [ $way = eof ]; then
            hang_up alice
        else
            kill -$way "${talk_pid[alice]}"
        fi
        ended alice
        assert_equal "$(find "$lab/home/alice" -type f)" ''
    done
    rm -r "$lab/home/alice"
    connected alice
    tell alice loadbits 80
    hear alice '^loadready'
    tell_raw alice 0123456789
    hear alice '^loaded . 1$'
    ask alice nonsense '^error command'
}

@test "a full disk costs the copy, not the upload" {
    lab_board
    pool "$board"
    mount -t tmpfs -o size=4k none "$lab/home/alice" || skip "needs mount"
    chown 2001 "$lab/home/alice"
    connected alice
    tell alice loadbits 160000
    hear alice '^loadready'
    head -c 20000 /dev/zero >&"${talk_fd[alice]}"
    hear alice '^loaded . 1$'
    assert_equal "$(find "$lab/home/alice" -type f)" ''
}

@test "after usinguart every byte value passes, both ways" {
    lab_board
    pool "$board"
    for ((i = 0; i < 256; i++)); do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $i)"
    done >"$lab/all"
    cat "$lab"/all{,,,} >"$lab/sent"
    connected alice
    tell alice useuart 0
    hear alice '^usinguart$'
    size=$(wc -c <"$lab/alice.out")
    cat "$lab/sent" >&"${talk_fd[alice]}"
    wait_until sh -c "[ \$(wc -c <$lab/alice.out) -eq $((size + 1024)) ]"
    tail -c 1024 "$lab/alice.out" | cmp - "$lab/sent"
    hang_up alice
    ended alice
    assert_equal "$code" 0
}

@test "usinguart leaves with LF alone and in a write of its own, whatever came with it" {
    fake_board 'read -r; printf "rem before\nusinguart\r\nUART bytes"; cat'
    pool "$board"
    talk alice as alice strace -qq -ttt -e trace=write,splice -o "$lab/home/alice/trace" vlab-relay
    tell alice connect pool
    hear alice ^eversion
    tell alice useuart 0
    wait_until grep -q 'UART bytes$' "$lab/alice.out"
    # shellcheck disable=SC2016
    # And what came with it is held back until the line can have been read.
    run -0 awk 'passed { print ($1 - passed > 0.02); exit }
        index($0, " write(1, \"usinguart\\n\", 10)") { passed = $1 }' "$lab/home/alice/trace"
    assert_output 1
    assert_equal "$(tail -n 2 "$lab/alice.out" | od -c)" \
        "$(printf 'usinguart\nUART bytes' | od -c)"
}

@test "30 MB pass through a UART unchanged, by pipe, socket and file" {
    fake_board 'read -r; printf "usinguart\n"; exec cat'
    pool "$board"
    head -c 1000000 /dev/urandom >"$lab/some"
    for ((i = 0; i < 30; i++)); do cat "$lab/some"; done >"$lab/much"
    { printf 'connect pool\nuseuart 0\n'; cat "$lab/much"; } >"$lab/all"
    sum=$(md5sum <"$lab/much")
    chmod 666 "$lab/all"
    cut_off() { sed '1,/^usinguart$/d' | md5sum; }
    # shellcheck disable=SC2002
    assert_equal "$(cat "$lab/all" | as alice vlab-relay | cut_off)" "$sum"
    as alice vlab-relay <"$lab/all" >"$lab/out"
    assert_equal "$(cut_off <"$lab/out")" "$sum"
    as alice vlab-relay <"$lab/all" >>"$lab/appended"
    assert_equal "$(cut_off <"$lab/appended")" "$sum"
    as alice socat -t10 EXEC:vlab-relay - <"$lab/all" >"$lab/out"
    assert_equal "$(cut_off <"$lab/out")" "$sum"
}
