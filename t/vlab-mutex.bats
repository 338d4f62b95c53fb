#!/usr/bin/env bats
# The helper, spoken to by hand and through unixserver.

load lib
setup() {
    lab_setup
    lab_conf <<'EOF'
offline = 2
sessions = 3
[pool]
address = 10.0.0.1
address = 10.0.0.2:7021
group = vluser
[other]
address = 10.0.0.2:7021
user = dave
[v6]
address = [::1]:7022
user = alice
EOF
    lab_serve
}
teardown() { lab_teardown; }

# by USER: begin a dialogue, over the socket, as the user, named after him.
by() {
    talk "${2:-$1}" as "$1" socat - "UNIX:$VLAB_SOCKET"
    hear "${2:-$1}" ^mversion
    tell "${2:-$1}" setuid "${lab_uid[$1]}"
    hear "${2:-$1}" "^ok $1$"
}

# ask NAME LINE REGEX: say a line, and the next line must match.
ask() {
    tell "$1" "$2"
    hear "$1" ''
    [[ $heard =~ $3 ]] || fail "said '$2', expected '$3', heard '$heard'"
}

@test "the first line is mversion, and every command gets its one answer in order" {
    run -0 vlab-mutex -e <<EOF
help
boardrequest pool
setuid 2001
setuid
setuid x
setuid 4294967295
boardrequest
boardrequest pool nonsense
boardrequest pool wait 0
boardrequest nowhere
boardrequest other
userrequest
userrequest nowhere
userrequest other
userrequest pool
instanceoffline
rem nothing is said to this
BOARDrequest pool
boardrequest pool
userrequest pool
nonsense
setuid 2002
quit
help
EOF
    assert_output - <"$BATS_TEST_DIRNAME/vlab-mutex.exp"
}

@test "quit, exit, bye and logoff end the session without a word" {
    for word in quit exit bye logoff QUIT; do
        run -0 vlab-mutex -e <<<"$word"
        assert_output --regexp '^mversion vlab [0-9.]+$'
    done
}

@test "two users get two boards, the third is told busy, and a board freed can be had again" {
    by alice
    by bob
    by carol
    ask alice 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask bob 'boardrequest pool' '^boardassign 10.0.0.2 7021$'
    ask carol 'boardrequest pool' '^error busy '
    tell alice quit
    ended alice
    tell carol boardrequest pool wait
    hear carol '^boardassign 10.0.0.1 7020$'
}

@test "a board given to one pool is held in the other, too" {
    by dave
    ask dave 'boardrequest other' '^boardassign 10.0.0.2 7021$'
    ask dave 'userrequest pool' '^userinfo 0 0 free 0$'
    hear dave '^userinfo 1 1 dave 1$'
    hear dave '^endlist$'
}

@test "a second session of the same user meets on the same board, and counts" {
    by alice one
    by alice two
    by bob
    ask one 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask two 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask bob 'userrequest pool' '^userinfo 0 1 alice 2$'
    hear bob endlist
    tell one quit
    ended one
    ask bob 'userrequest pool' '^userinfo 0 1 alice 1$'
}

@test "looking at the boards does not lose the one we hold" {
    by alice
    by bob
    ask alice 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask alice 'userrequest pool' '^userinfo 0 1 alice 1$'
    hear alice '^endlist$'
    ask bob 'userrequest pool' '^userinfo 0 1 alice 1$'
}

@test "boardrequest new is for a board nobody holds, not even oneself" {
    by alice one
    by alice two
    by alice three
    ask one 'boardrequest pool new' '^boardassign 10.0.0.1 7020$'
    ask two 'boardrequest pool new' '^boardassign 10.0.0.2 7021$'
    ask three 'boardrequest pool new' '^error busy '
    ask three 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
}

@test "the board that was unused for longest is next" {
    by alice
    for expected in '10.0.0.1 7020' '10.0.0.2 7021' '10.0.0.1 7020'; do
        by bob
        ask bob 'boardrequest pool' "^boardassign $expected$"
        tell bob quit
        ended bob
    done
}

@test "a killed helper frees its board at once" {
    by alice
    ask alice 'boardrequest pool new' '^boardassign 10.0.0.1 7020$'
    by bob
    ask bob 'boardrequest pool new' '^boardassign 10.0.0.2 7021$'
    by carol
    tell carol boardrequest pool wait
    hear carol '^rem waiting 0 ahead$'
    kill -KILL "$(cut -d' ' -f1 <(tail -c +513 "$VLAB_STATE/board/10.0.0.1" | head -1))"
    hear carol '^boardassign 10.0.0.1 7020$' 1
}

@test "instanceoffline gives the board back, and the next request gets another one" {
    by alice
    ask alice instanceoffline '^error notlocked '
    ask alice 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask alice instanceoffline '^ok '
    ask alice 'userrequest pool' '^userinfo 0 0 offline 0$'
    hear alice endlist
    ask alice 'boardrequest pool' '^boardassign 10.0.0.2 7021$'
    ask alice instanceoffline '^ok '
    ask alice 'boardrequest pool' '^error busy '
}

@test "userrequest why says until when a board is offline, and why" {
    by alice
    vlab-offline -m 'new cable' 10.0.0.2:7021
    ask alice 'userrequest pool why' '^userinfo 0 0 free 0$'
    hear alice '^userinfo 1 0 offline 0$'
    hear alice '^rem 1 offline 0 new cable$'
    hear alice '^endlist$'
    ask alice 'userrequest pool how' '^error command usage: userrequest POOL \[why\]$'
}

@test "list tells the pools of the user, and the boards of each, and no other pool" {
    by dave
    by alice
    talk nobody as bob socat - "UNIX:$VLAB_SOCKET"
    hear nobody ^mversion
    ask nobody list '^error nosetuid '
    vlab-offline -m 'new cable' 10.0.0.2:7021
    ask alice 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    tell alice list
    tell dave list
    for line in 'pool pool' 'userinfo 0 1 alice 1' 'userinfo 1 0 offline 0' \
        'rem 1 offline 0 new cable' 'pool v6' 'userinfo 0 0 free 0' endlist; do
        hear alice ''
        assert_equal "$heard" "$line"
    done
    hear dave '^pool pool$'
    hear dave '^pool other$'
    hear dave ''
    assert_equal "$heard" 'userinfo 0 0 offline 0'
    hear dave '^endlist$'
    run ! grep v6 "$lab/dave.out"
    rm "$VLAB_STATE/config.cdb"
    ask alice list '^error config .*run vlab-compile-config$'
}

@test "who waits gets the board when its time offline is up" {
    by alice
    ask alice 'boardrequest v6' '^boardassign ::1 7022$'
    ask alice instanceoffline '^ok '
    tell alice boardrequest v6 wait
    hear alice '^boardassign ::1 7022$' 5
}

@test "a user may have as many connections as the config says, the next gets busy" {
    by alice one
    by alice two
    by alice three
    talk four as alice socat - "UNIX:$VLAB_SOCKET"
    hear four '^error busy '
    ended four
    by bob
    tell two quit
    ended two
    by alice five
}

@test "SIGTERM ends a session with error disconnect, also in line, and frees the board" {
    by alice
    by dave one
    by dave two
    ask alice 'boardrequest pool' '^boardassign 10.0.0.1 7020$'
    ask one 'boardrequest other new' '^boardassign 10.0.0.2 7021$'
    tell two boardrequest other new wait
    hear two '^rem waiting 0 ahead$'
    pkill -TERM -u "$([ "$EUID" -eq 0 ] && echo 2000 || echo "$EUID")" -P "$server" vlab-mutex
    for who in alice one two; do
        hear "$who" '^error disconnect the service ends$'
        ended "$who"
    done
    by bob
    ask bob 'userrequest pool' '^userinfo 0 0 free 0$'
}

@test "a user removed from the config keeps what he holds and gets nothing new" {
    by alice
    ask alice 'boardrequest v6' '^boardassign ::1 7022$'
    by alice two
    tell two 'boardrequest v6 new wait'
    hear two ahead
    by bob
    sed -i 's/user = alice/user = bob/; s/group = vluser/user = bob/' "$VLAB_CONF"
    lab_compile
    hear two '^error permission '
    ask two 'boardrequest pool' '^error permission '
    ask alice 'userrequest v6' '^error permission '
    ask bob 'userrequest v6' '^userinfo 0 1 alice 1$'
    hear bob '^endlist$'
    ask bob 'boardrequest v6' '^error busy '
}

@test "only root reloads: what is wrong comes back as one line" {
    by alice
    ask alice reloadmutex '^error permission '
    need_root
    talk root socat - "UNIX:$VLAB_SOCKET"
    hear root mversion
    echo '[broken' >>"$VLAB_CONF"
    ask root reloadmutex "^error config $VLAB_CONF:[0-9]+: "
    cat >"$VLAB_CONF" <<EOF
[pool]
address = 10.0.0.9
group = root
EOF
    ask root reloadmutex '^ok vlab-compile-config: 1 pool, 1 board, '
    ask alice 'boardrequest pool' '^error permission '
    sed -i '1i timeout = 30' "$VLAB_CONF"
    ask root reloadmutex '^ok vlab-compile-config: 1 pool, 1 board, '
    # The warning is not why it fails.
    rm -r "$VLAB_STATE/line"
    : >"$VLAB_STATE/line"
    ask root reloadmutex '^error config vlab-compile-config: fatal: '
}

@test "bytes may come one at a time, edited, with CR and LF, in any case of letters" {
    run -0 vlab-mutex -e < <(printf 'SETUID 200x\b1\r\n\n\r\rhell\177p\rquit\n' | dd bs=1 status=none)
    assert_line --index 1 'ok alice'
    assert_line --index 2 --partial 'ok setuid'
    assert_equal "${#lines[@]}" 3
}

@test "without a config the helper says what to do" {
    rm "$VLAB_STATE/config.cdb"
    run -0 vlab-mutex -e <<<$'setuid 2001\nboardrequest pool'
    assert_line --regexp '^error config .*run vlab-compile-config'
}

@test "--help, --version and wrong options" {
    run -0 vlab-mutex --help
    assert_line --index 0 'usage: vlab-mutex [-e]'
    run -0 vlab-mutex -V
    assert_output --regexp '^vlab-mutex [0-9.]+$'
    run -100 vlab-mutex -x
    run -100 vlab-mutex word
}
