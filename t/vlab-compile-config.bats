#!/usr/bin/env bats
# The reload: what is wrong with a config, what is made of a good one, and what happens when
# it is disturbed.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
load hold
setup() { lab_setup; }
teardown() { lab_teardown; }

# small: a config of one pool and two boards, in force.
small() {
    lab_conf <<'EOF'
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
EOF
}

# many: a config of 3000 boards.
many() {
    awk 'BEGIN {
        print "[a]\nuser = eve"
        for (i = 0; i < 3000; i++)
            print "address = 10.1." int(i / 250) "." i % 250
    }'
}

# record KEY: a record of the database.
record() {
    cdb -q "$VLAB_STATE/config.cdb" "$1"
}

# checksum: of the database.
checksum() {
    sha256sum <"$VLAB_STATE/config.cdb"
}

# Errors.

@test "every error is named by its file and line, and nothing changes" {
    local title='' text='' want='' line cases=0 before
    small
    before=$(checksum)
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '< '*) text+=${line#< }'\n' ;;
        '> '*) want+=$VLAB_CONF:${line#> }$'\n' ;;
        '')
            [ -n "$title" ] || continue
            printf %b "$text" >"$VLAB_CONF"
            code=0
            lab_compile >"$lab/out" 2>"$lab/err" || code=$?
            [ "$code" -eq 100 ] || fail "$title: exit code $code"
            diff -u <(printf %s "$want") "$lab/err" || fail "$title"
            [ ! -s "$lab/out" ] || fail "$title: $(cat "$lab/out")"
            cases=$((cases + 1)) title='' text='' want=''
            ;;
        *) title=$line ;;
        esac
    done < <(cat "$BATS_TEST_DIRNAME/vlab-compile-config.exp" && echo)
    [ "$cases" -ge 25 ] || fail "only $cases cases"
    assert_equal "$(checksum)" "$before"
    assert_equal "$(ls "$VLAB_STATE/board")" $'10.0.0.1\n10.0.0.2'
}

@test "a line of 1024 characters is read, a longer one is an error" {
    {
        echo '[a]'
        printf '%-1024s\n' 'address = 10.0.0.1'
        printf '#%1024s\n' ''
        echo 'group = vluser'
    } >"$VLAB_CONF"
    run lab_compile -n
    assert_failure 100
    assert_output "$VLAB_CONF:3: line too long: at most 1024 characters"
}

@test "a value of 255 characters is read, a longer one is an error" {
    local long
    printf -v long '/%0254d' 0
    cat >"$VLAB_CONF" <<EOF
[board 10.0.0.1]
uart = $long
reset = $long
uart = ${long}0
fpga = *
program = ${long}0
[launch a]
user = eve
dir = $long
command = ${long}0
EOF
    run lab_compile -n
    assert_failure 100
    assert_output "$VLAB_CONF:4: \"uart\" is too long: at most 255 characters
$VLAB_CONF:6: \"program\" is too long: at most 255 characters
$VLAB_CONF:10: \"command\" is too long: at most 255 characters"
}

@test "16 UARTs and 16 FPGAs of a board are read, each one more is an error" {
    # A bad one is one, too.
    awk 'BEGIN {
        print "[board 10.0.0.1]\nuart = tty\nprogram = p"
        for (i = 1; i < 16; i++)
            print "uart = /dev/tty" i "\nfpga = *"
        print "fpga = *\nfpga = *\nuart = /dev/tty16\nuart = /dev/tty17"
        print "[board 10.0.0.2]\nuart = /dev/tty16"
    }' >"$VLAB_CONF"
    run lab_compile -n
    assert_failure 100
    assert_output "$VLAB_CONF:2: bad path \"tty\": \"uart\" is an absolute path
$VLAB_CONF:35: too many \"fpga\": at most 16
$VLAB_CONF:36: too many \"uart\": at most 16
$VLAB_CONF:37: too many \"uart\": at most 16"
}

@test "of many errors the first hundred are shown and the others counted" {
    awk 'BEGIN {
        print "[a]"
        for (i = 0; i < 250; i++)
            print "what" i " = 1"
    }' >"$VLAB_CONF"
    run lab_compile -n
    assert_failure 100
    assert_equal "${#lines[@]}" 101
    assert_line -n 0 "$VLAB_CONF:2: unknown key \"what0\": a pool has group, user, address"
    assert_line -n 99 "$VLAB_CONF:101: unknown key \"what99\": a pool has group, user, address"
    assert_line -n 100 "$VLAB_CONF: 152 more errors"
}

@test "a config of more than 64 MiB is refused" {
    truncate -s 67108865 "$VLAB_CONF"
    run lab_compile -n
    assert_failure 100
    assert_output "vlab-compile-config: fatal: $VLAB_CONF is larger than 64 MiB"
}

@test "a config or a database that cannot be read is named" {
    run lab_compile
    assert_failure 111
    assert_output "vlab-compile-config: fatal: unable to read $VLAB_CONF: No such file or directory"
    run lab_compile -n "$lab"
    assert_failure 111
    assert_output "vlab-compile-config: fatal: unable to read $lab: Is a directory"
    echo >"$VLAB_CONF"
    run vlab-compile-config -n -p "$lab/none" -g "$lab/group"
    assert_failure 111
    assert_output "vlab-compile-config: fatal: unable to read $lab/none: No such file or directory"
}

@test "a timeout that VL2's client would not survive gets a warning" {
    run lab_conf <<'EOF'
timeout = 40
[a]
address = 10.0.0.1
group = vluser
EOF
    assert_success
    assert_line "$VLAB_CONF:1: warning: VL2's client is silent for 40 seconds at a time, and will be cut off"
    run lab_conf <<'EOF'
timeout = 41
[a]
address = 10.0.0.1
group = vluser
EOF
    assert_success
    refute_line --partial warning
}

# warned: what the config on standard input is warned of, without the file's name.
warned() {
    cat >"$VLAB_CONF"
    run lab_compile -n
    assert_success
    output=${output//"$VLAB_CONF:"/}
}

@test "a command that this host cannot run, or that no bit file is told to, gets a warning" {
    printf '#!/bin/sh\n' >"$lab/plain"
    warned <<EOF
[a]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[board 10.0.0.1]
fpga = *
program = nosuch -x %f
reset = $lab/nosuch
[board 10.0.0.2]
fpga = *
program = true '100%%f' %b %n
[launch b]
group = vluser
command = '$lab/plain' x
EOF
    assert_output "7: warning: unable to run \"nosuch\" on this host: No such file or directory
8: warning: unable to run \"$lab/nosuch\" on this host: No such file or directory
11: warning: \"program\" is not told the bit file: write %f
14: warning: unable to run \"$lab/plain\" on this host: Permission denied"
    chmod +x "$lab/plain"
    warned <<EOF
[a]
address = 10.0.0.1
group = vluser
[board 10.0.0.1]
fpga = *
program = sh -c '"\$0"' --file=%f
reset = $lab/plain
[launch b]
group = vluser
command = env x
EOF
    assert_output ''
}

@test "a command is looked for where it will be: who calls a launcher has no sbin" {
    [ -x /usr/sbin/useradd ] && [ ! -e /usr/bin/useradd ] || skip "no useradd in sbin alone"
    warned <<EOF
[a]
address = 10.0.0.1
group = vluser
[board 10.0.0.1]
fpga = *
program = useradd %f
[launch b]
group = vluser
command = useradd
EOF
    assert_output "9: warning: unable to run \"useradd\" on this host: No such file or directory"
}

@test "a command that is a directory gets a warning" {
    warned <<EOF
[launch a]
group = vluser
command = /usr/bin
EOF
    assert_output "3: warning: unable to run \"/usr/bin\" on this host: Permission denied"
}

@test "of a command that is found, but may not be run, the warning says so" {
    # In a namespace of its own the first directory of the path is the test's.
    unshare -m mount --bind "$lab" /usr/local/bin 2>/dev/null || skip "no mount namespaces"
    mkdir "$lab/local"
    printf '#!/bin/sh\n' >"$lab/local/ourtool"
    cat >"$VLAB_CONF" <<EOF
[launch a]
group = vluser
command = ourtool
EOF
    run -0 unshare -m sh -c 'mount --bind "$1" /usr/local/bin && shift && exec "$@"' sh \
        "$lab/local" vlab-compile-config -p "$lab/passwd" -g "$lab/group" -n
    assert_output --partial "3: warning: unable to run \"ourtool\" on this host: Permission denied"
}

@test "a directory of a launcher that is not on this host gets a warning" {
    warned <<EOF
[launch a]
group = vluser
dir = $lab/nosuch
[launch b]
group = vluser
dir = $VLAB_CONF
[launch c]
group = vluser
dir = $lab
EOF
    assert_output "3: warning: unable to use the directory \"$lab/nosuch\" of this host: No such file or directory
6: warning: unable to use the directory \"$VLAB_CONF\" of this host: Not a directory"
}

@test "a board that nobody can be given gets a warning" {
    warned <<EOF
[a]
address = 10.0.0.1
group = vluser
[board 10.0.0.1:7020]
uart = /dev/ttyUSB0
[board 10.0.0.2]
uart = /dev/ttyUSB1
EOF
    assert_output '6: warning: board "10.0.0.2" is in no pool, and "trust" names no relay: only root can use it'
    sed -i '1i trust = 10.0.0.7' "$VLAB_CONF"
    run -0 lab_compile -n
    assert_output ''
}

@test "of many warnings the first hundred are shown and the others counted" {
    for i in {1..102}; do
        printf '[board 10.0.0.%d]\nuart = /dev/tty%d\n' $i $i
    done >"$lab/many"
    warned <"$lab/many"
    assert_line -n 99 --partial '199: warning: board "10.0.0.100" is in no pool'
    assert_line -n 100 "$VLAB_CONF: warning: 2 more warnings"
}

# What is made.

@test "the totals are one line, and each board that comes or goes is told" {
    run small
    assert_success
    assert_output 'vlab-compile-config: 1 pool, 2 boards, 4 users
added 10.0.0.1
added 10.0.0.2'
    run small
    assert_output 'vlab-compile-config: 1 pool, 2 boards, 4 users'
    run lab_conf <<'EOF'
[pool]
address = 10.0.0.2
user = eve
[other]
address = 10.0.0.3
user = eve
EOF
    assert_output 'vlab-compile-config: 2 pools, 2 boards, 1 user
added 10.0.0.3
removed 10.0.0.1'
}

@test "a board that is removed while it is held is told with its user, who keeps it" {
    local was
    small
    hold one alice pool
    was=$held
    hold two alice pool
    run lab_conf <<'EOF'
[pool]
address = 10.0.0.3
group = vluser
EOF
    assert_success
    assert_line "removed $was, still held by alice (2 sessions)"
    assert_equal "${#lines[@]}" 4
    hang_up two
    ended two
    small
    run lab_conf <<'EOF'
[pool]
address = 10.0.0.3
group = vluser
EOF
    assert_line "removed $was, still held by alice (1 session)"
    tell one help
    hear one ^ok
}

@test "no lock is asked for but the gate of the reload" {
    small
    hold one alice pool
    run strace -f -o "$lab/trace" -e trace=fcntl,flock vlab-compile-config \
        -p "$lab/passwd" -g "$lab/group" /dev/stdin <<'EOF'
[pool]
address = 10.0.0.3
group = vluser
EOF
    assert_success
    assert_line "removed $held, still held by alice (1 session)"
    assert_equal "$(grep -c 'F_SETLK\|F_OFD\|flock' "$lab/trace")" 1
    grep -q 'F_SETLKW, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, ' "$lab/trace"
}

@test "the database says everything there is to say" {
    lab_conf <<'EOF'
   port=7021 # for all
trust = 10.0.0.9
trust = ::FFFF:10.0.0.8
trust = 10.0.0.9

[s3esk]
address = 10.0.0.1:7020
address=10.0.0.2 # its port is the setting
group = staff
group = vluser
group = vluser
[	another	]
user = alice
address = 10.0.0.2
[lonely]
user = eve
user = bob
address = [::1]:7020
EOF
    cdb -d "$VLAB_STATE/config.cdb" >"$lab/records"
    diff -u - "$lab/records" <<'EOF'
+8,84:settings->port 7021
offline 60
timeout 600
sessions 64
alive 30
trust 10.0.0.9
trust 10.0.0.8

+5,36:pools->pool s3esk
pool another
pool lonely

+10,75:pool:s3esk->family another
group staff
group vluser
board 10.0.0.1
board 10.0.0.2:7021

+12,46:pool:another->family another
user alice
board 10.0.0.2:7021

+11,44:pool:lonely->family lonely
user eve
user bob
board [::1]

+14,11:board:10.0.0.1->pool s3esk

+19,24:board:10.0.0.2:7021->pool s3esk
pool another

+11,12:board:[::1]->pool lonely

+8,24:uid:2001->user alice
group vluser

+8,22:uid:2002->user bob
group vluser

+8,24:uid:2003->user carol
group vluser

+8,35:uid:2004->user dave
group staff
group vluser

+8,9:uid:2005->user eve


EOF
}

@test "the database has the sections of boards and launchers, defaults and all" {
    lab_conf <<'EOF'
port = 7021
[launch build]
timeout = 030
group = vluser
command = /usr/bin/make	-C "/srv/a b" # not this
group = vluser
[board 10.0.0.1:7020]
reset = reset %b
fpga = xc3s500e
uart = /dev/ttyUSB1
queue = 0
fpga = xc3s500e
uart = /dev/ttyUSB0
program = prog '%f' %n
[pool]
address = 10.0.0.1:7020
user = alice
group = vluser
[board [::1]]
uart = /dev/ttyUSB2
[launch build2]
dir = /srv/a b
workers = 64
queue = 0
user = eve
EOF
    cdb -d "$VLAB_STATE/config.cdb" | sed '/^+8,.*settings/,/^$/d' >"$lab/records"
    diff -u - "$lab/records" <<'EOF'
+5,10:pools->pool pool

+9,51:pool:pool->family pool
group vluser
user alice
board 10.0.0.1

+14,10:board:10.0.0.1->pool pool

+12,146:end:10.0.0.1->uart /dev/ttyUSB1
uart /dev/ttyUSB0
fpga xc3s500e
fpga xc3s500e
program prog '%f' %n
reset reset %b
buffers 8
limit 16777216
queue 0
timeout 1800

+14,64:end:[::1]:7021->uart /dev/ttyUSB2
buffers 8
limit 16777216
queue 4
timeout 1800

+8,27:launches->launch build
launch build2

+12,79:launch:build->group vluser
workers 1
queue 16
timeout 30
command /usr/bin/make	-C "/srv/a b"

+13,51:launch:build2->user eve
workers 64
queue 0
timeout 0
dir /srv/a b

+8,24:uid:2001->user alice
group vluser

+8,22:uid:2002->user bob
group vluser

+8,24:uid:2003->user carol
group vluser

+8,23:uid:2004->user dave
group vluser

+8,9:uid:2005->user eve


EOF
}

@test "a config may have boards' ends and launchers alone, and the totals count them" {
    run lab_conf <<'EOF'
trust = 10.0.0.7
[board 10.0.0.1]
uart = /dev/ttyUSB0
EOF
    assert_success
    assert_output 'vlab-compile-config: 0 pools, 0 boards, 0 users, 1 board end'
    run lab_conf <<'EOF'
trust = 10.0.0.7
[launch a]
user = eve
[board 10.0.0.1]
uart = /dev/ttyUSB0
[board 10.0.0.2]
uart = /dev/ttyUSB1
[launch b]
user = eve
EOF
    assert_output 'vlab-compile-config: 0 pools, 0 boards, 1 user, 2 board ends, 2 launchers'
    run record pools
    assert_output ''
    assert_equal "$(ls "$VLAB_STATE/board" "$VLAB_STATE/line")" \
        "$VLAB_STATE/board:"$'\n\n'"$VLAB_STATE/line:"
    run lab_conf <<'EOF'
[launch a]
user = eve
[board]
address = 10.0.0.1
user = eve
[launch]
address = 10.0.0.1
user = eve
EOF
    assert_line -n 0 'vlab-compile-config: 2 pools, 1 board, 1 user, 1 launcher'
}

@test "a family is all pools that boards connect, named by the first of them" {
    local pool
    lab_conf <<'EOF'
[d]
address = 10.0.0.1
address = 10.0.0.2
user = eve
[b]
address = 10.0.0.3
address = 10.0.0.4
user = eve
[e]
address = 10.0.0.9
user = eve
[c]
address = 10.0.0.2
address = 10.0.0.3
user = eve
EOF
    for pool in b c d; do
        run record "pool:$pool"
        assert_line -n 0 'family b'
    done
    run record pool:e
    assert_line -n 0 'family e'
}

@test "primary and supplementary membership both count, and nobody else is in" {
    lab_user frank 2006 3002 vluser
    lab_user grace 2007 2007
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
EOF
    run record uid:2006
    assert_output $'user frank\ngroup vluser'
    run record uid:2001
    assert_output $'user alice\ngroup vluser'
    run ! record uid:2007
    run ! record uid:2005
}

@test "names that share a uid share what they may use, and the first one is shown" {
    lab_user root2 2005 2005 staff
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = staff
user = eve
EOF
    run record uid:2005
    assert_output $'user eve\nuser root2\ngroup staff'
}

@test "of two users with one name the first counts, as everywhere" {
    echo "eve:x:2099:3001::/:/bin/sh" >>"$lab/passwd"
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
user = eve
EOF
    run record uid:2005
    assert_output 'user eve'
    run ! record uid:2099
}

@test "a user whose name is none of ours has his groups all the same" {
    # shellcheck disable=SC2016
    echo 'host$:x:2008:3001::/:/bin/sh' >>"$lab/passwd"
    lab_conf <<'EOF'
[a]
address = 10.0.0.1
group = vluser
EOF
    run record uid:2008
    assert_output 'group vluser'
}

@test "without -p and -g the users and groups are the system's" {
    local group
    group=$(id -gn root)
    cat >"$VLAB_CONF" <<EOF
[a]
address = 10.0.0.1
group = $group
user = daemon
EOF
    run vlab-compile-config
    assert_success
    run record uid:0
    assert_line "group $group"
    run record "uid:$(id -u daemon)"
    assert_line 'user daemon'
}

@test "all that is made belongs to the owner of the state, with its mode" {
    need_root
    umask 077
    small
    stat -c '%u:%g %a %n' "$VLAB_STATE"/* "$VLAB_STATE"/board/* "$VLAB_STATE"/line/* |
        sed "s, $VLAB_STATE/, ," >"$lab/made"
    diff -u - "$lab/made" <<'EOF'
2000:2000 750 bits
2000:2000 750 board
2000:2000 644 config.cdb
2000:2000 750 line
2000:2000 750 node
2000:2000 750 queue
2000:2000 640 reload
2000:2000 750 slot
2000:2000 750 told
2000:2000 750 user
2000:2000 750 visit
2000:2000 640 wall
2000:2000 640 board/10.0.0.1
2000:2000 640 board/10.0.0.2
2000:2000 640 line/pool
EOF
}

@test "the owner of the state may reload, others may not" {
    need_root
    small
    run as vlab vlab-compile-config -p "$lab/passwd" -g "$lab/group"
    assert_success
    run as eve vlab-compile-config -p "$lab/passwd" -g "$lab/group"
    assert_failure 1
    assert_output "$(refused vlab-compile-config)"
}

@test "a state directory that is missing is named, with what to type" {
    rmdir "$VLAB_STATE"
    run small
    assert_failure 111
    assert_output "vlab-compile-config: fatal: there is no state directory: type \`install -d -m 755 -o vlab -g vlab $VLAB_STATE'"
}

@test "-n only checks: it needs no state, makes nothing and says nothing" {
    small
    rm -rf "$VLAB_STATE"
    run lab_compile -n
    assert_success
    assert_output ''
    assert_not_exist "$VLAB_STATE"
}

@test "the sample compiles as soon as its groups exist" {
    lab_group rtslab 3003
    run lab_compile -n "$tree/conf/vlab.conf"
    assert_success
    assert_output ''
}

@test "the sample compiles with all that is commented out in it" {
    lab_group rtslab 3003
    lab_user jack 2006 2006
    sed 's/^#\([a-z[]\)/\1/' "$tree/conf/vlab.conf" >"$VLAB_CONF"
    run lab_compile
    assert_success
    assert_line 'vlab-compile-config: 2 pools, 4 boards, 5 users, 4 board ends, 2 launchers, 4 nodes'
    # Not everything in it is on every host.
    run ! grep -v -e '^vlab-compile-config: ' -e '^added ' -e ': warning: unable to ' <<<"$output"
}

@test "VL2's sample compiles as it stands" {
    lab_group rtslab 3003
    lab_group students 3004
    run lab_conf <<'EOF'
# Sample configuration
[burchtest]
address = 192.168.124.51
address = 192.168.124.52
address = 192.168.124.53
group = vluser
group = rtslab
group = staff

[s3esk]
address = 192.168.124.54
group = students
group = staff
EOF
    assert_success
    assert_line -n 0 'vlab-compile-config: 2 pools, 4 boards, 4 users'
}

@test "a config may come through a pipe, with the line ends of another system" {
    run lab_compile /dev/stdin < <(printf '[a]\r\naddress = 10.0.0.1\r\ngroup = vluser\r\n')
    assert_success
    assert_line 'added 10.0.0.1'
}

# Disturbed.

@test "two at once: one waits for the other, and the later config is in force" {
    local roll first
    small
    roll=$(stat -c %i "$VLAB_STATE/reload")
    mkfifo "$lab/slow"
    lab_start vlab-compile-config -p "$lab/passwd" -g "$lab/group" "$lab/slow"
    first=$pid
    wait_until grep -q ":$roll 0 511" /proc/locks
    echo $'[later]\naddress = 10.0.0.9\nuser = eve' >"$VLAB_CONF"
    lab_start vlab-compile-config -p "$lab/passwd" -g "$lab/group"
    wait_until grep -q -- "-> POSIX .*:$roll 0 511" /proc/locks
    echo $'[sooner]\naddress = 10.0.0.8\nuser = eve' >"$lab/slow"
    wait_until gone "$first"
    wait_until gone "$pid"
    run cat "$lab/log"
    assert_output 'vlab-compile-config: 1 pool, 1 board, 1 user
added 10.0.0.8
removed 10.0.0.1
removed 10.0.0.2
vlab-compile-config: 1 pool, 1 board, 1 user
added 10.0.0.9
removed 10.0.0.8'
    run record pools
    assert_output 'pool later'
}

@test "who waits for another reload at a terminal is told for whom" {
    local first
    small
    mkfifo "$lab/slow"
    lab_start vlab-compile-config -p "$lab/passwd" -g "$lab/group" "$lab/slow"
    first=$pid
    wait_until grep -q ":$(stat -c %i "$VLAB_STATE/reload") 0 511" /proc/locks
    talk person script -qec 'vlab-compile-config -p "$VLAB_LAB/passwd" -g "$VLAB_LAB/group"' /dev/null
    hear person "^vlab-compile-config: waiting for another vlab-compile-config \\(pid $first\\)$"
    echo $'[other]\naddress = 10.0.0.8\nuser = eve' >"$lab/slow"
    hear person '^vlab-compile-config: 1 pool, 2 boards, 4 users$'
    ended person
    assert_equal "$code" 0
}

@test "rolls that take long to make are counted at a terminal" {
    many >"$VLAB_CONF"
    # shellcheck disable=SC2016
    talk person script -qec 'strace -o /dev/null -e trace=mknodat \
        -e inject=mknodat:delay_enter=1000 \
        vlab-compile-config -p "$VLAB_LAB/passwd" -g "$VLAB_LAB/group"' /dev/null
    hear person ': made [0-9]+ of 3001 rolls' 30
    hear person '^vlab-compile-config: 1 pool, 3000 boards, 1 user$'
    ended person
    assert_equal "$code" 0
}

@test "without cdb the old config stays" {
    local program before
    small
    program=$(command -v vlab-compile-config)
    before=$(checksum)
    PATH=$lab/none run "$program" -p "$lab/passwd" -g "$lab/group"
    assert_failure 111
    assert_output 'vlab-compile-config: fatal: unable to run cdb (of the package tinycdb): No such file or directory'
    assert_equal "$(checksum)" "$before"
}

@test "a cdb that fails, is killed, or does not read leaves the old config" {
    local how before
    small
    before=$(checksum)
    many >"$VLAB_CONF"
    mkdir "$lab/fake"
    # shellcheck disable=SC2016
    for how in 'exit 3' 'kill -KILL $$' 'exec <&-; exit 1' 'cat >/dev/null; exit 111'; do
        printf '#!/bin/sh\n%s\n' "$how" >"$lab/fake/cdb"
        chmod 755 "$lab/fake/cdb"
        PATH=$lab/fake:$PATH run lab_compile
        assert_failure 111
        assert_output "vlab-compile-config: fatal: unable to have cdb write $VLAB_STATE/config.cdb.tmp/config.cdb: Input/output error"
        assert_equal "$(checksum)" "$before"
    done
    run lab_compile
    assert_success
}

@test "a disk that is full at reload leaves the old config, and space is all it takes" {
    need_root
    unshare -m true || skip "needs a mount namespace"
    many >"$lab/big"
    small
    # shellcheck disable=SC2016
    run unshare -m sh -c '
        mount -t tmpfs -o size=64k,mode=755,uid=2000,gid=2000 vlab "$VLAB_STATE" || exit
        compile() { vlab-compile-config -p "$VLAB_LAB/passwd" -g "$VLAB_LAB/group" "$@"; }
        compile >/dev/null || exit
        cp "$VLAB_STATE/config.cdb" "$VLAB_LAB/before"
        compile "$VLAB_LAB/big"
        echo "exit code $?"
        cmp "$VLAB_STATE/config.cdb" "$VLAB_LAB/before" || exit
        mount -o remount,size=8m "$VLAB_STATE"
        compile "$VLAB_LAB/big" >"$VLAB_LAB/out" && head -n 1 "$VLAB_LAB/out"'
    assert_success
    assert_line -n -3 "vlab-compile-config: fatal: unable to have cdb write $VLAB_STATE/config.cdb.tmp/config.cdb: Input/output error"
    assert_line -n -2 'exit code 111'
    assert_line -n -1 'vlab-compile-config: 1 pool, 3000 boards, 1 user'
}

# old_and_new: the config old is in force, and new in $lab/new. Their checksums are in $old
# and $new.
old_and_new() {
    echo $'[new]\naddress = 10.0.0.2\nuser = bob' >"$lab/new"
    echo $'[old]\naddress = 10.0.0.1\nuser = eve' >"$VLAB_CONF"
    lab_compile "$lab/new"
    new=$(checksum)
    lab_compile
    old=$(checksum)
    cp "$VLAB_STATE/config.cdb" "$lab/old.cdb"
    back_to_old
}

# back_to_old: the new config is as if it had never been. Nothing else is repaired.
back_to_old() {
    cat "$lab/old.cdb" >"$VLAB_STATE/config.cdb"
    rm -f "$VLAB_STATE/board/10.0.0.2" "$VLAB_STATE/line/new"
}

# calls TRACE: the system calls of a trace, each with its number among those of its name,
# which is how strace counts when it is to inject something. It begins behind execve.
calls() {
    sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$1" | awk '$1 != "execve" { print $1, ++n[$1] }'
}

# new_is_made: a reload finds nothing in its way, and the state is as it should be.
new_is_made() {
    lab_compile "$lab/new"
    assert_equal "$(checksum)" "$new"
    assert_equal "$(ls "$VLAB_STATE")" \
        $'bits\nboard\nconfig.cdb\nline\nnode\nqueue\nreload\nslot\ntold\nuser\nvisit\nwall'
    assert_equal "$(stat -c '%a %s' "$VLAB_STATE/board/10.0.0.2" "$VLAB_STATE/line/new")" \
        $'640 0\n640 0'
    [ "$EUID" -ne 0 ] || assert_equal "$(stat -c %u "$VLAB_STATE/board/10.0.0.2")" 2000
}

@test "killed at any system call it leaves the old config or the new one, whole" {
    local call n old new got seen=''
    local command=(vlab-compile-config -p "$lab/passwd" -g "$lab/group" "$lab/new")
    old_and_new
    strace -o "$lab/trace" "${command[@]}"
    while read -r call n; do
        back_to_old
        run strace -o /dev/null -e "inject=$call:signal=KILL:when=$n" "${command[@]}" 3>&-
        got=$(checksum)
        # The end of a child cuts a directory's list in two, now and then.
        [ "$call $status $got" != "getdents64 0 $new" ] || continue
        if [ "$status" -ne 137 ] || ! [[ $got == "$old" || $got == "$new" ]]; then
            fail "killed at $call $n: $status $got $output"
        fi
        [ "$EUID" -ne 0 ] || assert_equal "$(find "$VLAB_STATE" ! -uid 2000)" ''
        seen+=$([ "$got" = "$old" ] && echo o || echo n)
    done < <(calls "$lab/trace")
    # The one moment is the rename.
    [[ $seen =~ ^o{80,}n{5,}$ ]] || fail "$seen"
    new_is_made
}

@test "cdb killed at any system call leaves the old config" {
    local call n old new seen=0 real
    old_and_new
    real=$(command -v cdb)
    mkdir "$lab/fake"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec strace -e "$(cat %s)" %s "$@"\n' "$lab/inject" "$real" \
        >"$lab/fake/cdb"
    chmod 755 "$lab/fake/cdb"
    echo trace=all >"$lab/inject"
    PATH=$lab/fake:$PATH lab_compile "$lab/new" 2>"$lab/trace"
    while read -r call n; do
        back_to_old
        echo "inject=$call:signal=KILL:when=$n" >"$lab/inject"
        PATH=$lab/fake:$PATH run lab_compile "$lab/new"
        if [ "$status" -ne 111 ] || [ "$(checksum)" != "$old" ]; then
            fail "killed at $call $n: $status $output"
        fi
        seen=$((seen + 1))
    done < <(calls "$lab/trace")
    [ "$seen" -gt 30 ] || fail "only $seen calls"
    new_is_made
}

@test "what an earlier reload left behind is no obstacle" {
    mkdir "$VLAB_STATE/config.cdb.tmp"
    echo 'half a database' >"$VLAB_STATE/config.cdb.tmp/config.cdb"
    lab_give vlab "$VLAB_STATE/config.cdb.tmp" "$VLAB_STATE/config.cdb.tmp/config.cdb"
    run small
    assert_success
    assert_not_exist "$VLAB_STATE/config.cdb.tmp"
    run record pools
    assert_output 'pool pool'
}

@test "what is in the way and not its own ends a reload at once, and the old config stays" {
    small
    mkdir -p "$VLAB_STATE/config.cdb.tmp"
    touch "$VLAB_STATE/config.cdb.tmp/.nfs0001"
    lab_give vlab "$VLAB_STATE/config.cdb.tmp"
    run -111 timeout 10 vlab-compile-config -p "$lab/passwd" -g "$lab/group"
    assert_line --partial 'Directory not empty'
}

@test "a parent that ignores SIGCHLD does not disturb it" {
    small
    run -0 env --ignore-signal=CHLD vlab-compile-config -p "$lab/passwd" -g "$lab/group"
}

@test "a database that is damaged is replaced, with a warning" {
    small
    echo 'no database' >"$VLAB_STATE/config.cdb"
    run small
    assert_success
    assert_line "vlab-compile-config: warning: unable to read the old $VLAB_STATE/config.cdb: Protocol error"
    assert_line 'added 10.0.0.1'
}

@test "who cannot be told the result learns it by the exit code, and the config is in force" {
    small
    echo $'[b]\naddress = 10.0.0.7\nuser = eve' >"$VLAB_CONF"
    # shellcheck disable=SC2016
    run sh -c 'vlab-compile-config -p "$VLAB_LAB/passwd" -g "$VLAB_LAB/group" >/dev/full'
    assert_failure 111
    assert_output 'vlab-compile-config: fatal: the new config is in force, but it cannot be told: No space left on device'
    run record pools
    assert_output 'pool b'
}

# Size.

@test "a roll that exists costs no system call" {
    many >"$VLAB_CONF"
    lab_compile >"$lab/out"
    run strace -f -o "$lab/trace" vlab-compile-config -p "$lab/passwd" -g "$lab/group"
    assert_success
    grep -q '/board"' "$lab/trace"
    run grep -c '"[^"]*/board/' "$lab/trace"
    assert_output 0
}

@test "a roll that is missing costs one system call" {
    many >"$VLAB_CONF"
    strace -o "$lab/trace" -e trace='!write' vlab-compile-config -p "$lab/passwd" -g "$lab/group" \
        >"$lab/out"
    assert_equal "$(grep -c 'mknodat(.*= 0$' "$lab/trace")" 3001
    run test "$(wc -l <"$lab/trace")" -lt 3500
    assert_success
}

@test "100 000 pools are read in no time, and so are groups of 10 000 members" {
    awk -v lab="$lab" 'BEGIN {
        for (i = 0; i < 100000; i++)
            printf "[pool%d]\naddress = 10.%d.%d.%d\naddress = 10.9.9.9\ngroup = g%d\n",
                i, i / 62500, i / 250 % 250, i % 250, i % 100
        for (i = 0; i < 10000; i++) {
            print "user" i ":x:" 10000 + i ":5000::/:/bin/sh" >(lab "/passwd")
            list = list (i ? "," : "") "user" i
        }
        for (i = 0; i < 20; i++)
            print "g" i ":x:" 6000 + i ":" list >(lab "/group")
        for (; i < 100; i++)
            print "g" i ":x:" 6000 + i ":" >(lab "/group")
    }' >"$VLAB_CONF"
    # It takes a second. With a step for each pair of anything it would be hours.
    run timeout 60 vlab-compile-config -n -p "$lab/passwd" -g "$lab/group"
    assert_success
    assert_output ''
}

@test "how it is called is what the manual says, and the manuals are good mdoc" {
    run vlab-compile-config --help
    assert_success
    assert_line --index 0 'usage: vlab-compile-config [-n] [-p passwd] [-g group] [conf]'
    run vlab-compile-config one two
    assert_failure 100
    run vlab-compile-config -x
    assert_failure 100
    run mandoc -Tlint -W warning "$tree/bin/vlab-compile-config.8" "$tree/conf/vlab.conf.5"
    assert_output ''
}
