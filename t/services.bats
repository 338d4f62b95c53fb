# The files of conf/services, each started as it is shipped but for its paths.
load lib
load clients

# lab_service DIR: the shipped service DIR, with this tree's programs, in $lab/scan. The
# helpers run as daemon here, an account that every Debian has.
lab_service() {
    mkdir -p "$lab/scan"
    cp -r "$tree/conf/services/$1" "$lab/scan"
    sed -i "s|/usr/local/bin|$lab_tree/bin|" "$lab/scan/$1/run"
}

setup() {
    lab_setup
    chown -R daemon: "$lab/state" "$lab/run" 2>/dev/null || :
    export VLAB_USER=daemon VLAB_LOG=$lab/logs
}

teardown() {
    lab_teardown
}

# answers: does a helper answer at $VLAB_SOCKET?
answers() {
    [[ $(burst "$VLAB_SOCKET" 1 2>/dev/null) == "1 came, "* ]]
}

# session_lasts: through $VLAB_SOCKET, who asks is who the kernel says, and has a board from
# then until his connection is closed: neither shorter nor longer.
session_lasts() {
    local where=UNIX-CONNECT:$VLAB_SOCKET end
    [[ $VLAB_SOCKET == /* ]] || where=TCP:$VLAB_SOCKET
    where+=,retry=300,interval=0.1 # it may have answered and be on its way out
    printf '%s\n' '[east]' 'address = 10.0.0.1' 'user = alice' 'user = bob' | lab_conf >/dev/null
    for end in KILL TERM; do
        talk alice as alice socat - "$where"
        talk bob as bob socat - "$where"
        hear alice '^mversion '
        tell alice setuid 2002
        hear alice '^error permission '
        tell alice setuid 2001
        hear alice '^ok alice$'
        tell bob setuid 2002
        hear bob '^ok bob$'
        board_is 10.0.0.1 free
        tell alice boardrequest east
        hear alice '^boardassign 10.0.0.1 7020$'
        tell bob boardrequest east
        hear bob '^error busy '
        hang_up bob
        ended bob
        board_is 10.0.0.1 'held alice 2001 1'
        kill "-$end" "${talk_pid[alice]}"
        wait_until board_is 10.0.0.1 free
        hang_up alice
    done
}

# free_port: a port nobody listens at now, in $port.
free_port() {
    lab_start tcpserver -1 -RHl0 127.0.0.1 0 true
    wait_until grep -qx '[0-9]*' "$lab/log"
    port=$(grep -x '[0-9]*' "$lab/log")
    lab_stop "$pid"
}

# lab_board_and_launcher: vlab-board for a board of its own, and vlab-launch, as they are
# shipped, in $lab/scan.
lab_board_and_launcher() {
    local service
    free_port
    unset VLAB_LOG
    export VLAB_ADDRESS=127.0.0.1:$port VLAB_LAUNCH=$lab/run/launch
    lab_user root 0 0
    for service in vlab-board vlab-launch; do
        lab_service $service
        sed -i "s|/var/log/|$lab/logs-|" "$lab/scan/$service/log/run"
    done
    printf '%s\n' "[board $VLAB_ADDRESS]" "uart = $lab/uart" '[launch here]' 'workers = 1' \
        'user = root' | lab_conf >/dev/null
}

# board_serves: does the board answer to root?
board_serves() {
    [[ $(printf 'check\nquit\n' | socat -t 5 - "TCP:$VLAB_ADDRESS" 2>/dev/null) == *activityinfo* ]]
}

launcher_serves() {
    [ "$(vlab-run here echo yes 2>/dev/null)" = yes ]
}

both_serve() {
    board_serves && launcher_serves
}

@test "runit runs vlab-board and vlab-launch, and their logs" {
    need_root
    lab_board_and_launcher
    lab_start runsvdir "$lab/scan"
    wait_until both_serve
    sv -w 5 force-restart "$lab/scan/vlab-board" "$lab/scan/vlab-launch"
    wait_until both_serve
    assert_dir_exists "$lab/logs-vlab-board"
    assert_dir_exists "$lab/logs-vlab-launch"
    kill -HUP "$pid"
    wait_until gone "$pid"
}

@test "the services of two boards do not share the directory of their logs" {
    need_root
    for board in one two; do
        cp -r "$tree/conf/services/vlab-board" "$lab/$board"
        sed -i "s|/var/log/|$lab/logs-|" "$lab/$board/log/run"
        (cd "$lab/$board/log" && env -u VLAB_LOG ./run </dev/null)
        assert_dir_exists "$lab/logs-$board"
    done
}

@test "daemontools runs vlab-board and vlab-launch" {
    need_root
    lab_board_and_launcher
    lab_start svscan "$lab/scan"
    wait_until both_serve
    svc -t "$lab/scan/vlab-board" "$lab/scan/vlab-launch"
    wait_until both_serve
    lab_stop "$pid"
    svc -dx "$lab/scan"/*/ "$lab/scan"/*/log
}

@test "s6 runs vlab-board and vlab-launch" {
    need_root
    lab_board_and_launcher
    lab_start s6-svscan "$lab/scan"
    wait_until both_serve
    for service in vlab-board vlab-launch; do
        s6-svc -r "$lab/scan/$service"
    done
    wait_until both_serve
    s6-svscanctl -t "$lab/scan"
    wait_until gone "$pid"
}

@test "a restart of vlab-launch's service ends nobody's command" {
    need_root
    lab_board_and_launcher
    lab_start "$lab/scan/vlab-launch/run"
    wait_until launcher_serves
    talk me vlab-run here sh -c 'echo begun; cat'
    hear me begun
    kill -TERM "$pid"
    wait_until gone "$pid"
    lab_start "$lab/scan/vlab-launch/run"
    tell me still
    hear me still
    hang_up me
    ended me
    assert_equal "$code" 0
    wait_until launcher_serves
}

@test "runit runs the service, and its log" {
    need_root
    lab_service vlab-mutex
    lab_start runsvdir "$lab/scan"
    wait_until answers
    sv -w 5 force-restart "$lab/scan/vlab-mutex"
    wait_until answers
    session_lasts
    assert_dir_exists "$VLAB_LOG"
    kill -HUP "$pid"
    wait_until gone "$pid"
}

@test "daemontools runs the service, and its log" {
    need_root
    lab_service vlab-mutex
    lab_start svscan "$lab/scan"
    wait_until answers
    svc -t "$lab/scan/vlab-mutex"
    wait_until answers
    session_lasts
    assert_dir_exists "$VLAB_LOG"
    lab_stop "$pid"
    svc -dx "$lab/scan/vlab-mutex" "$lab/scan/vlab-mutex/log"
}

@test "s6 runs the service, and its log" {
    need_root
    lab_service vlab-mutex
    lab_start s6-svscan "$lab/scan"
    wait_until answers
    s6-svc -r "$lab/scan/vlab-mutex"
    wait_until answers
    session_lasts
    assert_dir_exists "$VLAB_LOG"
    s6-svscanctl -t "$lab/scan"
    wait_until gone "$pid"
}

@test "a restart of the service ends nobody's session" {
    need_root
    lab_service vlab-mutex
    lab_start "$lab/scan/vlab-mutex/run"
    wait_until listening "$VLAB_SOCKET"
    talk a socat - "UNIX:$VLAB_SOCKET"
    hear a '^mversion '
    kill -TERM "$pid"
    wait_until gone "$pid"
    lab_start "$lab/scan/vlab-mutex/run"
    wait_until answers
    tell a help
    hear a '^ok '
}

@test "the service comes back after kill -9" {
    need_root
    lab_service vlab-mutex
    lab_start "$lab/scan/vlab-mutex/run"
    wait_until answers
    kill -KILL "$pid"
    wait_until gone "$pid"
    lab_start "$lab/scan/vlab-mutex/run"
    wait_until answers
}

@test "1000 who connect at once to the unix socket are all served" {
    need_root
    lab_service vlab-mutex
    lab_start "$lab/scan/vlab-mutex/run"
    wait_until listening "$VLAB_SOCKET"
    run burst "$VLAB_SOCKET" 1000
    assert_success
    assert_line "1000 came, 0 refused, 0 lost, 0 silent"
}

# start_tcp: the TCP service, on a free port.
start_tcp() {
    lab_service vlab-mutex-tcp
    export VLAB_LISTEN=127.0.0.1:0
    lab_start "$lab/scan/vlab-mutex-tcp/run"
    wait_until grep -qx '[0-9]*' "$lab/log"
    VLAB_SOCKET=127.0.0.1:$(cat "$lab/log")
}

@test "tcpserver runs the service, and a session lasts as long as its connection" {
    need_root
    start_tcp
    run ss -Hltn src "$VLAB_SOCKET"
    refute_output ''
    session_lasts
}

@test "tcpserver runs vlab-launch" {
    need_root
    lab_board_and_launcher
    lab_service vlab-launch-tcp
    export VLAB_LAUNCH=127.0.0.1:$port VLAB_LISTEN=127.0.0.1:$port
    lab_start "$lab/scan/vlab-launch-tcp/run"
    wait_until launcher_serves
}

# node_answers: does vlab-door answer at $VLAB_LISTEN, and is this host a node of its map?
node_answers() {
    [[ $(vlab-node -j) == *'"state":"off"'* ]]
}

# node_conf: this host is a node, at $port.
node_conf() {
    printf '%s\n' '[node 1]' 'address = 127.0.0.1' "port = $port" | lab_conf >/dev/null
}

@test "tcpserver runs vlab-door" {
    need_root
    free_port
    lab_service vlab-door
    node_conf
    export VLAB_LISTEN=127.0.0.1:$port
    export VLAB_CONSOLE=$lab/console
    lab_start "$lab/scan/vlab-door/run"
    wait_until node_answers
    assert_equal "$(stat -c %a "$lab/console")" 1777
}

@test "systemd makes the directory of consoles before it opens the door" {
    run sed -n "s|/run/vlab/console|$lab/run/console|; s/^ExecStartPre=//p" \
        "$tree/conf/services/vlab-door.socket"
    assert_output --partial "$lab/run/console"
    # shellcheck disable=SC2086
    $output
    assert_equal "$(stat -c %a "$lab/run/console")" 1777
}

@test "xinetd runs vlab-door" {
    need_root
    free_port
    node_conf
    sed -e "s|/usr/local/bin/vlab|$lab_tree/bin/vlab|" -e "s|7021|$port|" \
        "$tree/conf/services/xinetd-door" >"$lab/xinetd.conf"
    lab_start xinetd -dontfork -f "$lab/xinetd.conf" -pidfile "$lab/xinetd.pid"
    wait_until node_answers
}

@test "systemd runs vlab-door" {
    need_root
    need systemd-socket-activate command -v systemd-socket-activate
    free_port
    node_conf
    lab_start systemd-socket-activate --accept --inetd -l "127.0.0.1:$port" -E VLAB_STATE \
        -E VLAB_LAB -E PATH "$lab_tree/bin/vlab-door"
    wait_until node_answers
}

@test "1000 who connect at once over TCP are all served" {
    need_root
    start_tcp
    run burst "$VLAB_SOCKET" 1000
    assert_success
    assert_line "1000 came, 0 refused, 0 lost, 0 silent"
}

# start_xinetd: the service of xinetd, on a free port.
start_xinetd() {
    free_port
    sed -e "s|/usr/local/bin|$lab_tree/bin|" -e "s|7019|$port|" \
        -e 's/= vlab$/= daemon/' "$tree/conf/services/xinetd" >"$lab/xinetd.conf"
    lab_start xinetd -dontfork -f "$lab/xinetd.conf" -pidfile "$lab/xinetd.pid"
    export VLAB_SOCKET=127.0.0.1:$port
    wait_until answers
}

@test "xinetd runs the service, and a session lasts as long as its connection" {
    need_root
    start_xinetd
    session_lasts
}

@test "xinetd runs vlab-board" {
    need_root
    lab_board_and_launcher
    sed -e "s|/usr/local/bin|$lab_tree/bin|" -e "/bind/s|192.168.124.51|127.0.0.1|" \
        -e "s|192.168.124.51|$VLAB_ADDRESS|" -e "s|7020|$port|" -e 's/= vlab$/= daemon/' \
        "$tree/conf/services/xinetd-board" >"$lab/xinetd.conf"
    lab_start xinetd -dontfork -f "$lab/xinetd.conf" -pidfile "$lab/xinetd.pid"
    wait_until board_serves
}

@test "xinetd runs vlab-launch" {
    need_root
    lab_board_and_launcher
    export VLAB_LAUNCH=127.0.0.1:$port
    sed -e "s|/usr/local/bin|$lab_tree/bin|" -e "s|7022|$port|" \
        "$tree/conf/services/xinetd-launch" >"$lab/xinetd.conf"
    lab_start xinetd -dontfork -f "$lab/xinetd.conf" -pidfile "$lab/xinetd.pid"
    wait_until launcher_serves
}

@test "1000 who connect at once to xinetd, and again if it is silent, are all served" {
    need_root
    start_xinetd
    run burst "$VLAB_SOCKET" 1000 2
    assert_success
    assert_line "1000 came, 0 refused, 0 lost, 0 silent"
}

@test "a helper over TCP that is silent at first is asked again" {
    lab_give vlab "$lab/state" "$lab/run"
    lab_conf >/dev/null <<'END'
[east]
address = 10.0.0.1
user = alice
END
    cat >"$lab/service" <<END
#!/bin/sh
mkdir "$lab/run/first" 2>/dev/null && exec cat
exec vlab-mutex
END
    chmod +x "$lab/service"
    lab_start as vlab tcpserver -1 -RHl0 127.0.0.1 0 "$lab/service"
    wait_until grep -qx '[0-9]*' "$lab/log"
    VLAB_SOCKET=127.0.0.1:$(cat "$lab/log") run as alice vlab-ls
    assert_success
    assert_line --partial 10.0.0.1
    assert_dir_exists "$lab/run/first"
}

# lab_units DIR [PROGRAM]: the units of a program (vlab-mutex), named and placed for this
# lab, in the directory.
lab_units() {
    local program=${2:-vlab-mutex}
    mkdir -p "$1"
    unit=vlab-test-$$
    sed "/^ListenStream/s|/run/vlab/[a-z]*|$VLAB_SOCKET|" "$tree/conf/services/$program.socket" \
        >"$1/$unit.socket"
    sed -e "s|/usr/local/bin|$lab_tree/bin|" -e 's/=vlab$/=daemon/' \
        -e "/^ExecStart/aEnvironment=VLAB_STATE=$VLAB_STATE" \
        "$tree/conf/services/$program@.service" >"$1/$unit@.service"
    sed -i '/^Documentation/d' "$1/$unit"*
}

@test "systemd has nothing to say against the units" {
    for program in vlab-mutex vlab-board vlab-launch vlab-door; do
        lab_units "$lab/units" $program
        SYSTEMD_LOG_LEVEL=warning run systemd-analyze verify --man=no \
            "$lab/units/$unit.socket" "$lab/units/$unit@.service"
        assert_success
        assert_output ''
    done
}

# As in the next test.
@test "a board and a launcher under systemd serve" {
    need_root
    need systemd-socket-activate command -v systemd-socket-activate
    lab_board_and_launcher
    lab_start setpriv --reuid=daemon --regid=daemon --clear-groups \
        systemd-socket-activate --accept --inetd -l "$VLAB_ADDRESS" -E VLAB_STATE \
        -E VLAB_LAB "$lab_tree/bin/vlab-board" "$VLAB_ADDRESS"
    lab_start systemd-socket-activate --accept --inetd -l "$VLAB_LAUNCH" -E VLAB_STATE \
        -E VLAB_LAB "$lab_tree/bin/vlab-launch"
    wait_until both_serve
}

# This is systemd's way to start a helper for each connection, without systemd: the socket
# is its descriptors 0 and 1. SocketMode=0666 is what the unit says.
@test "a session under systemd lasts as long as its connection" {
    need_root
    need systemd-socket-activate command -v systemd-socket-activate
    lab_start setpriv --reuid=daemon --regid=daemon --clear-groups \
        systemd-socket-activate --accept --inetd -l "$VLAB_SOCKET" -E VLAB_STATE \
        -E VLAB_LAB "$lab_tree/bin/vlab-mutex"
    wait_until listening "$VLAB_SOCKET"
    chmod 666 "$VLAB_SOCKET"
    session_lasts
}

@test "1000 who connect at once to systemd are all served" {
    need_root
    [ -d /run/systemd/system ] || skip "systemd does not run here"
    lab_units /run/systemd/system
    systemctl daemon-reload
    systemctl start "$unit.socket"
    session_lasts
    run burst "$VLAB_SOCKET" 1000
    systemctl stop "$unit.socket"
    rm -f "/run/systemd/system/$unit.socket" "/run/systemd/system/$unit@.service"
    systemctl daemon-reload
    assert_success
    assert_line "1000 came, 0 refused, 0 lost, 0 silent"
}

# sshd_says USER-GROUP: what sshd makes of the shipped lines for root, who is in that group.
sshd_says() {
    ssh-keygen -q -t ed25519 -N '' -f "$lab/hostkey"
    sed "s/^Match Group vluser/Match Group $1/" "$tree/conf/services/sshd_config" >"$lab/sshd"
    mkdir -p /run/sshd
    run /usr/sbin/sshd -T -f "$lab/sshd" -h "$lab/hostkey" -C user=root,host=h,addr=192.0.2.1
    assert_success
}

@test "the sshd lines give relay users a terminal and forward nothing" {
    need_root
    sshd_says root
    assert_line 'disableforwarding yes'
    assert_line 'permittunnel no'
    assert_line 'permituserrc no'
    assert_line 'permittty yes'
    assert_line 'authenticationmethods publickey'
    assert_line 'maxstartups 1000:30:1000'
}

@test "the sshd lines have a vanished client noticed within 30 s" {
    need_root
    sshd_says root
    assert_line 'clientaliveinterval 9'
    assert_line 'clientalivecountmax 2'
}

@test "the sshd lines leave other users alone" {
    need_root
    sshd_says daemon
    assert_line 'disableforwarding no'
    assert_line 'clientaliveinterval 0'
}
