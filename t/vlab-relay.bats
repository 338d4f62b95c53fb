#!/usr/bin/env bats
# The login shell: its own commands, and the dialogue with a board.

load lib
setup() {
    need_root
    lab_setup
}
teardown() { lab_teardown; }

# fake_board COMMANDS: a board that is this bash script, after its eversion. Its address is in
# $board.
fake_board() {
    local file=$lab/fake.${#boards[@]}
    printf '%s\n' "printf 'eversion fake 1\n'" "$1" >"$file"
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 bash "$file") </dev/null >"$file.port" \
        2>>"$lab/log" 3>&- &
    pid=$!
    lab_pids+=("$pid")
    wait_until test -s "$file.port"
    board=127.0.0.1:$(<"$file.port")
    boards+=("$board")
}

# pool BOARD...: a config with these boards in the pool `pool`, one more that only dave may
# use, and a helper.
pool() {
    {
        printf '%s\n' "${settings[@]}" '[pool]' 'group = vluser'
        [ $# -eq 0 ] || printf 'address = %s\n' "$@"
        printf '%s\n' '[other]' 'user = dave' 'address = 10.9.9.9'
    } | lab_conf
    lab_serve
}

# by USER [NAME]: begin a session, as the old client does, named after the user.
by() {
    talk "${2:-$1}" as "$1" vlab-relay -c -no-shell-
    hear "${2:-$1}" '^rversion vlab [0-9.]+$'
}

# connected USER [NAME]: the same, and connect.
connected() {
    by "$@"
    tell "${2:-$1}" connect pool
    hear "${2:-$1}" '^ok '
    hear "${2:-$1}" '^eversion '
}

# ask NAME LINE REGEX: say a line, and the next line must match.
ask() {
    tell "$1" "$2"
    hear "$1" ''
    [[ $heard =~ $3 ]] || fail "said '$2', expected '$3', heard '$heard'"
}

# silent NAME: has it said nothing more than was heard?
silent() {
    [ "$(wc -l <"$lab/$1.out")" -eq "${talk_seen[$1]}" ]
}

# clock: begin to count, and took_less SECONDS.
clock() { began=${EPOCHREALTIME//[!0-9]/}; }
took_less() {
    local us=$((${EPOCHREALTIME//[!0-9]/} - began))
    ((us < $1 * 1000000)) || fail "it took $us us"
}

# connections BOARD: how many connections of relays to it are there?
connections() {
    ss -Htn state established dst "$1" | wc -l
}

nobody_at() { [ "$(connections "$1")" -eq 0 ]; }

# kill_helpers: end the helpers of this lab, which are the children of its server.
kill_helpers() {
    local -a pids
    mapfile -t pids < <(pgrep -P "$server")
    [ ${#pids[@]} -gt 0 ] && kill -KILL "${pids[@]}"
}

# resident PID: its memory in kB.
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# memory_is_small PID: is its memory less than 1 MB more than that of a relay that did nothing?
memory_is_small() {
    local kb
    by bob idle
    kb=$(($(resident "$1") - $(resident "${talk_pid[idle]}")))
    ((kb < 1024)) || fail "$kb kB more"
}

@test "the first line is rversion, also for -c -no-shell-, which is nothing else" {
    run -0 as alice vlab-relay -c -no-shell- </dev/null
    assert_output --regexp '^rversion vlab [0-9.]+$'
    run -0 as alice vlab-relay </dev/null
    assert_output --regexp '^rversion vlab [0-9.]+$'
}

@test "any other -c is the first command line" {
    run -0 as alice vlab-relay -c 'help me' </dev/null
    assert_line --index 1 --regexp '^ok connect .*quit$'
    run -0 as alice vlab-relay -c quit <<<help
    refute_line --partial ok
    lab_board
    pool "$board"
    run -0 as alice vlab-relay -c 'connect pool' <<<showbits
    assert_line endlist
}

@test "a wrong option or an operand is a mistake, and -h and -V answer" {
    run -100 vlab-relay -x
    run -100 vlab-relay operand
    run -0 vlab-relay -V
    assert_output --regexp '^vlab-relay [0-9.]+$'
    run -0 vlab-relay --help
    assert_output 'usage: vlab-relay [-c WORDS]'
}

@test "a whole session reads as it is written down" {
    lab_board
    pool "$board"
    run -0 as alice vlab-relay <<'EOF'
help
rem nothing is said to this

  rem, and neither to these:
bad  command
HeLp
userrequest pool
userrequest nowhere
userrequest other
userrequest
list
connect
connect nowhere
connect other
connect pool now
connect pool wait 0
connect pool wait 5 6
connect pool
check
setuart 0 115200
setuart 7 115200
setuart 0 1
program 0 7
showbits
jdw
help
nonsense
quit
help
EOF
    output=${output//"$board"/BOARD}
    output=$(sed -E "s/^([rm]version vlab) .*/\1 VERSION/" <<<"$output")
    assert_output - <"$BATS_TEST_DIRNAME/vlab-relay.exp"
}

@test "CR or LF ends a line, BS and DEL rub out, case means nothing" {
    run -0 as alice vlab-relay < <(printf 'nonso\b\bse\rhex\x7flp\r\n\n\r\rNO\bP\n')
    assert_line --index 1 'error command nonse: try help'
    assert_line --index 2 --regexp '^ok connect '
    assert_line --index 3 'error command NP: try help'
    assert_equal "${#lines[@]}" 4
}

@test "commands that come a byte at a time, or all at once, each get their one answer" {
    by alice
    for ((i = 0; i < 3; i++)); do
        for byte in b o g u s; do
            tell_raw alice $byte
        done
        tell_raw alice $'\n'
        hear alice '^error command bogus: '
    done
    tell_raw alice $'one\ntwo\nthree\n'
    hear alice '^error command one: '
    hear alice '^error command two: '
    hear alice '^error command three: '
    silent alice
}

@test "1024 characters of a line count" {
    long=$(printf '%01022d' 0)
    run -0 as alice vlab-relay <<<"${long}help"
    assert_line --index 1 --partial 'error command 0000'
    spaces=${long//0/ }
    run -0 as alice vlab-relay <<<"${spaces}noway"
    assert_line --index 1 'error command no: try help'
}

@test "a line that was never ended is no command" {
    run -0 as alice vlab-relay < <(printf 'help\nhelp')
    assert_equal "${#lines[@]}" 2
}

@test "exit, quit, bye and logoff end a session in both stages, with code 0" {
    lab_board
    pool "$board"
    for word in exit quit bye logoff QUIT; do
        by alice
        tell alice "$word"
        ended alice
        assert_equal "$code" 0
        silent alice
        connected alice
        tell alice "$word"
        ended alice
        assert_equal "$code" 0
        silent alice
    done
}

@test "the helper is called when it is needed, and its banner is passed on once" {
    lab_board
    by alice
    tell alice connect pool
    hear alice '^error nomutexdaemon .*/run/mutex'
    pool "$board"
    ask alice 'userrequest pool' '^mversion vlab'
    hear alice '^userinfo 0 0 free 0$'
    hear alice '^endlist$'
    ask alice 'userrequest pool' '^userinfo'
}

@test "busy is said when all boards are held, and a second session gets the same board" {
    lab_board
    pool "$board"
    connected alice
    connected alice uart
    by bob
    ask bob 'connect pool' '^mversion'
    hear bob '^error busy '
    ask bob 'userrequest pool' '^userinfo 0 1 alice 2$'
    hear bob endlist
    ask bob list '^rem pool 0 free, 1 held, 0 offline$'
    ask bob list '^endlist$'
}

@test "who has too many connections is told busy, and may try again" {
    settings=('sessions = 1')
    lab_board
    pool "$board"
    connected alice
    by alice two
    ask two 'connect pool' '^error busy you have too many connections$'
    tell alice quit
    ended alice
    ask two 'connect pool' '^mversion'
    hear two '^ok'
}

@test "who waits is told his place, only if he asked for it, and what he typed meanwhile comes after" {
    lab_board
    pool "$board"
    connected alice
    by bob
    by carol
    tell bob connect pool wait
    hear bob '^rem waiting 0 ahead$'
    tell carol connect pool wait 100
    hear carol '^rem waiting 1 ahead$'
    tell carol rem I am here
    tell carol check
    tell alice quit
    hear bob '^eversion'
    hear carol '^rem waiting 0 ahead$'
    tell bob quit
    hear carol '^ok '
    hear carol '^eversion'
    hear carol '^boardinfo'
}

@test "who hangs up while he waits leaves the line, and so does who types quit" {
    lab_board
    pool "$board"
    connected alice
    for way in hang_up quit; do
        by bob
        tell bob connect pool wait
        hear bob '^rem waiting 0 ahead$'
        if [ $way = quit ]; then
            tell bob rem I go
            tell bob quit
        else
            hang_up bob
        fi
        ended bob 2
        assert_equal "$code" 0
    done
    by carol
    tell carol connect pool wait
    hear carol '^rem waiting 0 ahead$'
}

@test "a wait ends with error busy when its time is up" {
    lab_board
    pool "$board"
    connected alice
    by bob
    tell bob connect pool wait 1
    hear bob '^rem waiting 0 ahead$'
    hear bob '^error busy '
    ask bob help '^ok'
}

@test "a board that refuses, is silent, or is none, costs at most 5 s each, and the next is tried" {
    fake_board 'read -r'
    good=$board
    fake_board 'read -r'
    refused=$board
    lab_stop "$pid"
    (lab_exec socat TCP-LISTEN:0,bind=127.0.0.1 -) </dev/null >/dev/null 2>&1 3>&- &
    lab_pids+=($!)
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 cat) </dev/null >"$lab/mute" 2>/dev/null 3>&- &
    lab_pids+=($!)
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 echo HTTP/1.0 400 no) </dev/null >"$lab/web" \
        2>/dev/null 3>&- &
    lab_pids+=($!)
    wait_until test -s "$lab/mute"
    wait_until test -s "$lab/web"
    pool "$refused" "127.0.0.1:$(<"$lab/web")" "127.0.0.1:$(<"$lab/mute")"
    by alice
    clock
    tell alice connect pool
    hear alice "^error unavailable board $refused .*refused$"
    tell alice connect pool
    hear alice "^error unavailable board .* is no board$"
    took_less 2
    clock
    tell alice connect pool
    hear alice "^error unavailable board .* timed out$"
    took_less 6
    ask alice 'connect pool' '^error busy'
    tell alice list
    hear alice '^rem pool 0 free, 0 held, 3 offline$'
    printf '%s\n' '[pool]' 'group = vluser' "address = $refused" "address = $good" | lab_conf
    tell alice connect pool
    hear alice '^ok '
}

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
    tell alice quit
    ended alice
    umount "$lab/home/alice"
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

@test "who does not read is not read from, and the relay stays small" {
    fake_board 'read -r; printf "usinguart\n"; exec cat /dev/zero'
    uart=$board
    pool "$uart"
    mkfifo -m 666 "$lab/out"
    # shellcheck disable=SC2016
    (lab_exec as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out") \
        < <(printf 'connect pool\nuseuart 0\n'; exec cat /dev/zero 3>&-) 2>/dev/null 3>&- &
    relay=$!
    lab_pids+=("$relay")
    exec {out}<"$lab/out"
    read -r <&"$out"
    wait_until sh -c "ss -Htn state established dst $uart | awk '{ exit !(\$1 > 100000) }'"
    memory_is_small "$relay"
    wait_until -t 30 asleep "$relay"
    # He reads again: it goes on.
    assert_equal "$(head -c 10000000 <&"$out" | wc -c)" 10000000
    # The helper is lost while he does not read: it ends.
    kill_helpers
    wait_until -t 2 gone "$relay"
    exec {out}<&-
}

@test "a client who floods the relay with commands and reads no answer costs no memory" {
    fake_board 'exec yes ok'
    pool "$board"
    mkfifo -m 666 "$lab/out"
    long="help $(printf %0900d 0)"
    for first in rem 'connect pool'; do
        # shellcheck disable=SC2016
        (lab_exec as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out") \
            < <(echo "$first"; exec yes "$long" 3>&-) 2>/dev/null 3>&- &
        relay=$!
        lab_pids+=("$relay")
        exec {out}<"$lab/out"
        wait_until -t 30 asleep "$relay"
        memory_is_small "$relay"
        # A helper that is lost ends it also now.
        if [ "$first" != rem ]; then
            kill_helpers
            wait_until -t 2 gone "$relay"
        fi
        exec {out}<&-
        wait_until -t 2 gone "$relay"
    done
}

@test "a helper lost in the middle of a long answer ends a relay whose client does not read" {
    printf '127.0.1.%d\n127.0.2.%d\n' {1..254}{,,,,,,,} >"$lab/addresses"
    mapfile -t addresses < <(awk '{ print $1 ":" 1000 + NR }' "$lab/addresses")
    pool "${addresses[@]}" >/dev/null
    mkfifo -m 666 "$lab/out"
    # shellcheck disable=SC2016
    talk alice as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out"
    exec {out}<"$lab/out"
    tell alice userrequest pool
    wait_until asleep "${talk_pid[alice]}"
    kill_helpers
    wait_until -t 3 gone "${talk_pid[alice]}"
    exec {out}<&-
}

# asleep PID: does it use no processor time for 100 ms, after it used some?
asleep() {
    local before
    before=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
    for i in 1 2 3 4 5; do pause; done
    [ "$(awk '{ print $14 + $15 }' "/proc/$1/stat")" = "$before" ]
}

@test "1 MB without a newline, NUL bytes and noise are one bad command each, in bounded memory" {
    by alice
    head -c 1000000 /dev/zero | tr '\0' x >&"${talk_fd[alice]}"
    tell alice ''
    hear alice '^error command x*$'
    printf 'a\0b\n' >&"${talk_fd[alice]}"
    hear alice '^error command a\?b: '
    head -c 100000 /dev/urandom >&"${talk_fd[alice]}"
    tell alice ''
    tell alice help
    hear alice '^ok connect'
    memory_is_small "${talk_pid[alice]}"
    run ! grep -q '[^ -~]' "$lab/alice.out"
}

@test "the same to a board goes through, for it is the board's to judge" {
    fake_board 'cat >"$0.got"'
    pool "$board"
    connected alice
    head -c 300000 /dev/urandom | tr -d '\n\r' >"$lab/noise"
    printf 'a\0b\n' >>"$lab/noise"
    cat "$lab/noise" >&"${talk_fd[alice]}"
    wait_until cmp -s "$lab/noise" "$lab/fake.0.got"
    memory_is_small "${talk_pid[alice]}"
}

@test "a kick ends the relay and its board connection at once, and the client hears why" {
    lab_board
    pool "$board"
    connected alice
    vlab-kick -m 'the lab is closed' "$board"
    hear alice '^error disconnect .*the lab is closed' 1
    ended alice 1
    assert_equal "$code" 111
    wait_until -t 1 nobody_at "$board"
}

@test "a helper that is killed ends the session at once, in every stage" {
    lab_board
    pool "$board"
    for stage in '' 'connect pool' 'useuart 0'; do
        by alice
        tell alice list
        hear alice ^endlist
        if [ -n "$stage" ]; then
            tell alice connect pool
            hear alice ^eversion
        fi
        if [ "$stage" = 'useuart 0' ]; then
            tell alice useuart 0
            hear alice '^usinguart$'
        fi
        kill_helpers
        ended alice 1
        assert_equal "$code" 111
        if [ "$stage" = 'useuart 0' ]; then
            silent alice
        else
            hear alice '^error disconnect the helper has gone$'
        fi
        wait_until -t 1 nobody_at "$board"
    done
}

@test "a killed relay frees its board at once" {
    lab_board
    pool "$board"
    connected alice
    by bob
    tell bob connect pool wait
    hear bob '^rem waiting 0 ahead$'
    kill -KILL "${talk_pid[alice]}"
    hear bob '^ok ' 1
}

@test "a broadcast comes in both line stages, and never inside a line of the board" {
    fake_board 'printf "rem half a"; read -r; printf " line\n"; cat'
    pool "$board"
    by alice
    tell alice list
    hear alice ^endlist
    vlab-wall first
    hear alice '^wall .*first'
    tell alice connect pool
    hear alice ^eversion
    wait_until grep -q 'half a$' "$lab/alice.out"
    vlab-wall second
    vlab-wall third
    tell alice go on
    hear alice '^rem half a line$'
    hear alice '^wall .*second'
    hear alice '^wall .*third'
}

@test "no broadcast mixes with the bytes of a UART" {
    lab_board
    pool "$board"
    connected alice
    tell alice useuart 0
    hear alice '^usinguart$'
    vlab-wall not here
    tell alice something
    hear alice ''
    assert_equal "$heard" something
    assert_equal "$(cat "$lab/alice.err")" ''
}

@test "who says nothing for too long is ended, in both line stages, and rem is something" {
    settings=('timeout = 1')
    lab_board
    pool "$board"
    for stage in '' 'connect pool'; do
        by alice
        if [ -n "$stage" ]; then
            tell alice "$stage"
            hear alice ^eversion
        fi
        clock
        for i in 1 2 3; do
            for ((k = 0; k < 25; k++)); do pause; done
            tell alice rem keep alive
        done
        hear alice '^error timeout '
        run ! took_less 2
        ended alice 1
        assert_equal "$code" 1
        wait_until -t 1 nobody_at "$board"
    done
}

@test "a UART may be silent, and who waits may too, for longer than the limit" {
    settings=('timeout = 1')
    lab_board
    pool "$board"
    connected alice
    tell alice useuart 0
    hear alice '^usinguart$'
    by bob
    tell bob connect pool wait
    hear bob '^rem waiting'
    for ((k = 0; k < 75; k++)); do pause; done
    tell alice still here
    hear alice '^still here$'
    hang_up alice
    hear bob '^eversion'
    ask bob check '^boardinfo'
}

@test "who sends no more still gets the answers, and the session ends with 0, at once" {
    lab_board
    pool "$board"
    clock
    run -0 as alice vlab-relay < <(printf 'connect pool\nshowbits\nuseuart 0\nthe last word')
    assert_line endlist
    assert_line 'the last word'
    run -0 as alice vlab-relay < <(printf 'connect pool\nshowbits\n')
    assert_line endlist
    took_less 4
}

@test "what was said last is heard, also by a client who is slow to read it" {
    lab_board
    pool "$board"
    connected alice
    kill -STOP "${talk_pid[alice]}"
    vlab-kick -m 'one reason' "$board" || :
    kill -CONT "${talk_pid[alice]}"
    hear alice '^error disconnect .*one reason'
}

@test "a board that does not close after the client's end is left after 5 s" {
    fake_board 'while :; do read -r || read -rt 0.1 <> <(:); done'
    fake_board 'read -r; printf "usinguart\n"; while :; do read -rt 1 <> <(:); done'
    pool "${boards[@]}"
    clock
    talk one as alice vlab-relay
    tell one connect pool
    hear one ^eversion
    talk two as bob vlab-relay
    tell two connect pool
    hear two ^eversion
    tell two useuart 0
    hear two ^usinguart
    hang_up one
    hang_up two
    ended one 7
    assert_equal "$code" 0
    ended two 7
    assert_equal "$code" 0
    took_less 7
}

@test "a board that dies ends the session: the client gets what it said, and error disconnect" {
    fake_board 'read -r; printf "ok one\nok two\nhalf"; exit'
    pool "$board"
    connected alice
    tell alice check
    hear alice '^ok one$'
    hear alice '^ok two$'
    hear alice '^half$'
    hear alice '^error disconnect '
    ended alice
    assert_equal "$code" 111
}

@test "a board that dies in raw mode ends the session, and adds nothing to what it said" {
    fake_board 'read -r; printf "usinguart\nlast words"; exit'
    pool "$board"
    connected alice
    tell alice useuart 0
    ended alice
    assert_equal "$code" 111
    assert_equal "$(tail -n 1 "$lab/alice.out")" 'last words'
}

@test "a client whose reader is gone ends at once, and its board is free" {
    lab_board
    pool "$board"
    mkfifo -m 666 "$lab/out"
    for mode in check 'useuart 0'; do
        # shellcheck disable=SC2016
        talk alice as alice bash -c 'exec vlab-relay >"$1"' bash "$lab/out"
        exec {out}<"$lab/out"
        tell alice connect pool
        tell alice "$mode"
        until [[ $REPLY =~ ^(activityinfo|usinguart) ]]; do
            read -r <&"$out"
        done
        # It sleeps: there is nothing to be said, so nothing it would notice by saying it.
        wait_until asleep "${talk_pid[alice]}"
        exec {out}<&-
        ended alice 2
        wait_until -t 1 nobody_at "$board"
    done
}

@test "descriptors get back the flags they had" {
    # shellcheck disable=SC2016
    talk alice bash -c '
        grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 >"$1/before"
        vlab-relay
        grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 >"$1/after"' bash "$lab"
    hear alice ^rversion
    tell alice quit
    ended alice
    run -0 cat "$lab/before"
    assert_line --partial flags
    assert_output - <"$lab/after"
}

# at_terminal NAME COMMANDS: begin a dialogue with bash commands that run on a terminal.
at_terminal() {
    talk "$1" as alice script -qefc "bash -c $(printf %q "$2")" /dev/null
}

@test "on a terminal help is worth reading, and backspace works" {
    at_terminal alice vlab-relay
    hear alice ^rversion
    tell alice help
    hear alice '^rem connect POOL wait'
    hear alice '^rem .*Ctrl-\]'
    hear alice '^ok '
    tell alice $'helpp\x7fx\x7f'
    hear alice '^rem list'
    hear alice '^ok '
    tell alice quit
    ended alice
}

@test "at a UART the terminal is raw, Ctrl-] ends the session, and the terminal is as before" {
    fake_board 'read -r; printf "usinguart\n"; cat >"$0.got"'
    pool "$board"
    # shellcheck disable=SC2016
    at_terminal alice 'before=$(stty -g); vlab-relay; echo "code $?"
        [ "$before" = "$(stty -g)" ] && echo same'
    hear alice ^rversion
    tell alice connect pool
    hear alice ^eversion
    tell alice useuart 0
    hear alice '^usinguart'
    hear alice 'Ctrl-\] ends the session'
    tell_raw alice $'\x03\x04\x1a\x7f\r'
    wait_until sh -c "printf '\\003\\004\\032\\177\\r' | cmp -s - $lab/fake.0.got"
    vlab-wall be quick
    hear alice 'wall .*be quick'
    tell_raw alice $'\x1d'
    hear alice '^code 0$'
    hear alice '^same$'
    ended alice
}

@test "the terminal is as before after a signal, a kick, and a board that dies" {
    fake_board 'read -r; printf "usinguart\n"; read -rn 1'
    pool "$board"
    for way in TERM HUP kick board; do
        # shellcheck disable=SC2016
        at_terminal alice 'before=$(stty -g)
            sh -c "echo \$\$ >~/pid; exec vlab-relay"; echo "code $?"
            [ "$before" = "$(stty -g)" ] && echo same'
        hear alice ^rversion
        tell alice connect pool
        hear alice ^eversion
        tell alice useuart 0
        hear alice 'Ctrl-\] ends the session'
        case $way in
        kick) vlab-kick "$board" ;;
        board) tell_raw alice x ;;
        *) kill -$way "$(<"$lab/home/alice/pid")" ;;
        esac
        hear alice '^code 111$'
        hear alice '^same$'
        ended alice
    done
}

@test "Ctrl-C in line mode ends the session and frees the board" {
    lab_board
    pool "$board"
    at_terminal alice 'vlab-relay; echo "code $?"'
    hear alice ^rversion
    tell alice connect pool
    hear alice ^eversion
    tell_raw alice $'\x03'
    wait_until -t 2 nobody_at "$board"
    ended alice 2
}
