#!/usr/bin/env bats
# vlab-console: a command on a terminal that others attach to.
# shellcheck disable=SC2016,SC2034,SC2154 # for the command's shell; lib.bash has them
load lib
load nodes

setup() {
    lab_setup
    export VLAB_CONSOLE=$lab/console
    install -d -m 1777 "$VLAB_CONSOLE"
}

teardown() {
    local path
    # The own number is a link.
    for path in "$lab"/*/ns/[0-9]* "$lab"/*/ns/pts/*; do
        [ -L "$path" ] || umount -l "$path" 2>/dev/null || :
    done
    lab_teardown
    nodes_teardown
}

# at_terminal NAME USER COMMAND: begin a dialogue of a user with a bash command on a terminal.
# What sh says there begins a line, for it does not prompt.
at_terminal() {
    echo PS1= >"$lab/env"
    talk "$1" as "$2" env SHELL=/bin/bash ENV="$lab/env" script -qefc "$3" /dev/null
}

# shell NAME [USER]: alice's shell on a console, for a dialogue at a terminal.
shell() {
    at_terminal "$1" "${2:-alice}" 'vlab-console sh; echo "code $?"'
    hear "$1" 'you write'
}

# holder [NUMBER]: the process that has console 0, or this one.
holder() {
    ss -Hlxp src "$VLAB_CONSOLE/${1:-0}" | sed -n 's/.*pid=\([0-9]*\),.*/\1/p'
}

@test "the command is on a terminal, and its exit code is ours" {
    run -7 as alice vlab-console sh -c 'tty; exit 7' </dev/null
    assert_output --regexp '^/dev/pts/[0-9]+'
    run -143 as alice vlab-console sh -c 'kill $$' </dev/null
    run -127 as alice vlab-console "$lab/nothing" </dev/null
    assert_output --partial "unable to run $lab/nothing: No such file or directory"
    run as alice vlab-console -l
    assert_output ''
}

@test "the command runs where it was typed, and the console keeps no directory in use" {
    cd "$lab/home/alice"
    run -0 as alice vlab-console pwd </dev/null
    assert_output "$lab/home/alice"$'\r'
    talk one as alice vlab-console sh -c 'cd /; echo ready; read -r a'
    hear one ready
    assert_equal "$(readlink "/proc/$(holder)/cwd")" /
    hang_up one
    ended one
}

@test "the command ends by SIGPIPE, as anywhere else" {
    run -0 as alice vlab-console bash -c 'yes | :; echo "${PIPESTATUS[0]}"' </dev/null
    assert_output $'141\r'
}

@test "what comes by a pipe is typed, up to its end" {
    run -0 as alice vlab-console sh -c 'stty -echo; echo go; read -r a; echo "<$a>"; cat' \
        <<<$'one\ntwo'
    assert_output --partial '<one>'
    assert_line --partial 'two'
}

@test "what comes by a pipe ends, though its last line has no newline" {
    printf abc >"$lab/typed"
    run -0 as alice timeout 20 vlab-console sh -c 'stty -echo; cat; exit 0' <"$lab/typed"
    assert_output --partial abc
}

@test "all output arrives, however much it is" {
    run -0 as alice sh -c 'vlab-console seq 300000 </dev/null | tr -d "\r" | cksum'
    assert_output "$(seq 300000 | cksum)"
}

# slow BYTES: standard input, so many bytes in a while.
slow() {
    local piece
    piece=$(mktemp -p "$lab")
    while head -c "$1" >"$piece" && [ -s "$piece" ]; do
        cat "$piece"
        pause
    done
}

@test "what the command writes last arrives, at a writer who reads slowly, too" {
    local n
    for n in {420000..580000..20000}; do
        { as alice vlab-console sh -c 'head -c "$0" /dev/zero; exit 7' "$n" </dev/null ||
            echo "code $?" >"$lab/code"; } | slow 32768 | wc -c >"$lab/size"
        assert_equal "$n $(<"$lab/code")" "$(<"$lab/size") code 7"
    done
}

@test "a writer who reads slowly, but goes on, misses nothing" {
    as alice vlab-console head -c 500000 /dev/zero </dev/null | slow 2048 | wc -c >"$lab/size"
    assert_equal "$(<"$lab/size")" 500000
}

@test "-l lists number, owner, since when, how many are attached, and the command" {
    talk alice as alice vlab-console sh -c 'echo ready; read -r line'
    hear alice ready
    run -0 as bob vlab-console -l
    assert_output --regexp '^0 +2001|^0 +alice'
    assert_output --regexp ' [0-9-]{10} [0-9:]{8} +1 sh -c echo ready; read -r line$'
    tell alice ''
    ended alice
    assert_equal "$code" 0
    run -0 as bob vlab-console -l
    assert_output ''
}

@test "the first writes, others watch, and when he leaves the next one writes" {
    shell one
    at_terminal two alice 'vlab-console -a 0; echo "code $?"'
    hear two ' writes\]'
    hear two 'you watch'
    hear one ' watches\]'
    tell two 'echo wrong'
    tell one 'echo r""ight'
    hear one '^right'
    hear two '^right'
    tell_raw one $'\x1d'
    hear one '^code 0$'
    hear two 'you write now'
    tell two 'echo n""ow'
    hear two '^now'
    ! grep -q wrong "$lab/two.out" || fail "a watcher has written"
    tell two 'exit 3'
    hear two '^code 3$'
}

@test "Ctrl-] detaches, the terminal is as before, and the console lives on" {
    at_terminal one alice 'before=$(stty -g); vlab-console sh; echo "code $?"
        [ "$before" = "$(stty -g)" ] && echo same'
    hear one 'you write'
    # What is typed right before it arrives.
    tell_raw one $'x=kept\n\x1d'
    hear one '^code 0$'
    hear one '^same$'
    run -0 as alice vlab-console -l
    assert_output --regexp ' 0 sh$'
    at_terminal two alice 'vlab-console -a 0'
    hear two 'you write'
    tell two 'echo "<$x>"; exit'
    hear two '^<kept>'
    ended two
}

# reader COMMAND: a console whose command, having read a line from $lab/go, reads what is
# typed by that one. Its process is $pid.
reader() {
    mkfifo -m 666 "$lab/go"
    install -d -m 777 "$lab/got"
    at_terminal one alice "vlab-console sh -c 'stty raw -echo; echo ready
        read -r go <$lab/go; echo \$go; : >$lab/got/go
        $1 >$lab/got/new; mv $lab/got/new $lab/got/it'
        echo \"code \$?\""
    hear one ready
    pid=$(holder)
}

@test "what is typed before who types it leaves arrives, though output meets nobody" {
    reader 'head -n 1'
    kill -STOP "$pid"
    tell_raw one $'kept\n\x1d'
    hear one '^code 0$'
    echo output >"$lab/go"
    wait_until test -e "$lab/got/go"
    kill -CONT "$pid"
    wait_until test -e "$lab/got/it"
    assert_equal "$(<"$lab/got/it")" kept
}

@test "what is typed before who types it leaves arrives, though the terminal is full" {
    reader 'head -c 40000 | cksum'
    tell_raw one "$(printf 'x%.0s' {1..40000})"$'\x1d'
    hear one '^code 0$'
    echo output >"$lab/go"
    wait_until test -e "$lab/got/it"
    assert_equal "$(<"$lab/got/it")" "$(printf 'x%.0s' {1..40000} | cksum)"
}

@test "who may write can take it from who writes, with -w" {
    shell one
    at_terminal two alice 'stty rows 32 columns 72; vlab-console -w -a 0; :'
    hear two 'you write now'
    hear one ' writes now\]'
    tell one 'echo wrong'
    tell two 'stty size'
    hear two '^32 72'
    # The one who had it gets it back, and his size with it.
    tell_raw two $'\x1d'
    hear one 'you write now'
    tell one 'echo r""ight'
    hear one '^right'
    ! grep -q wrong "$lab/two.out" || fail "a watcher has written"
    tell one exit
    ended one
}

@test "writing goes to the one who has been there for longest of those who may" {
    need_root
    pool
    at_terminal one alice 'vlab-console -p pool sh; :'
    hear one 'you write'
    at_terminal two bob 'vlab-console -a 0; :'
    hear two 'you watch'
    at_terminal three alice 'vlab-console -a 0; :'
    hear three 'you watch'
    at_terminal four alice 'vlab-console -a 0; :'
    hear four 'you watch'
    tell_raw one $'\x1d'
    hear three 'you write now'
    hear two '(alice|2001)@.* writes now'
    tell_raw three $'\x1d'
    hear four 'you write now'
    tell_raw four $'\x1d'
    hear two '(alice|2001)@.* has left'
    # Now nobody writes, until somebody comes who may.
    at_terminal five alice 'vlab-console -a 0; :'
    hear five 'you write'
    tell five exit
    ended five
    ended two
    ! grep -q 'you write' "$lab/two.out" || fail "who may only watch has written"
}

# pool: a pool that alice and bob may use, and eve may not.
pool() {
    printf '%s\n' '[pool]' 'group = vluser' 'address = 127.0.0.1:1' | lab_conf
}

@test "with -p, whoever may use that pool may watch, and nothing he types arrives" {
    need_root
    pool
    at_terminal one alice 'vlab-console -p pool sh; echo "code $?"'
    hear one 'you write'
    run -1 as eve vlab-console -a 0
    assert_output "vlab-console: fatal: console 0: this console is somebody else's"
    at_terminal two bob 'vlab-console -w -a 0; echo "code $?"'
    hear two "(alice|2001)'s, Ctrl-\] detaches"
    hear two 'you watch'
    hear one '(bob|2002)@.* watches\]'
    tell two 'echo wrong'
    # Nor what he sends in his own way.
    talk three as bob socat - "UNIX:$VLAB_CONSOLE/0"
    tell three "attach ${lab_uid[bob]} 0 0 me"
    hear three '^ok '
    { frame l write && frame 0 $'echo wrong\r'; } >&"${talk_fd[three]}"
    tell one 'echo r""ight'
    hear one '^right'
    hear two '^right'
    ! grep -q wrong "$lab/one.out" || fail "who may only watch has written"
    # He may not any more when the config says so, but stays if he is there.
    printf '%s\n' '[pool]' 'user = carol' 'address = 127.0.0.1:1' | lab_conf
    run -1 as bob vlab-console -a 0
    tell one 'exit 3'
    hear two '^code 3$'
    run -1 as alice vlab-console -p nosuch sh
    assert_output 'vlab-console: fatal: there is no pool nosuch: vlab-ls lists them'
}

@test "who watches has the name of his uid, whatever he says" {
    need_root
    pool
    at_terminal one alice 'vlab-console -p pool sh; :'
    hear one 'you write'
    talk two as bob socat - "UNIX:$VLAB_CONSOLE/0"
    tell two "attach ${lab_uid[bob]} 0 0 root@$(hostname)"
    hear two '^ok '
    hear one "\[console 0: (bob|2002)@$(hostname) watches\]"
    # Root speaks for others.
    talk three socat - "UNIX:$VLAB_CONSOLE/0"
    tell three "attach ${lab_uid[alice]} 0 0 alice@7"
    hear one '\[console 0: alice@7 watches\]'
    tell one exit
    ended one
    ended two
    ended three
}

# frame TYPE TEXT: a frame of up to 255 bytes.
frame() {
    printf '%b%s' "$1\\0\\0\\x$(printf %02x "${#2}")" "$2"
}

@test "a user has at most 64 consoles, and those that have ended do not count" {
    for ((i = 0; i < 64; i++)); do
        lab_start as alice vlab-console tail -f /dev/null
    done
    wait_until consoles 64
    run -1 as alice vlab-console true
    assert_output 'vlab-console: fatal: you have 64 consoles, which is the most: vlab-console -l'
    if [ "$EUID" -eq 0 ]; then
        run -0 as bob vlab-console echo ok
    fi
    kill -KILL "$(holder 17)"
    wait_until consoles 63
    run -0 as alice vlab-console echo ok
    assert_output --partial ok
    run -0 as alice vlab-console echo ok
    for ((i = 0; i < 64; i++)); do
        [ "$i" = 17 ] || kill -TERM "$(holder "$i")"
    done
    wait_until consoles 0
}

# consoles COUNT: are there so many?
consoles() {
    [ "$(vlab-console -l | wc -l)" -eq "$1" ]
}

# sockets NAME USER COUNT [ANSWER]: a program of the user has so many of the lowest numbers,
# and says that to whoever comes there, if anything.
sockets() {
    talk "$1" as "$2" perl -MIO::Socket::UNIX -e '
        my ($dir, $count, $answer) = @ARGV;
        my ($s, $c, @silent);
        $| = 1;
        $s = IO::Socket::UNIX->new(Local => "$dir/0", Listen => 1000) or die "$!\n";
        chmod 0666, "$dir/0";
        for (1 .. $count - 1) { link "$dir/0", "$dir/$_" or die "$!\n" }
        print "there\n";
        while ($c = $s->accept) {
            push @silent, $c;
            <$c>, print($c "$answer\n"), pop @silent if $answer;
        }
        ' "$VLAB_CONSOLE" "$3" "$4"
    hear "$1" there
}

@test "a user who takes more numbers than he may has 64 listed, and hides nobody's" {
    need_root
    local who
    sockets bob bob 900 'ok 0 1 his'
    talk alice as alice vlab-console sh -c 'echo ready; read -r line'
    hear alice ready
    for who in alice carol; do
        run -0 as $who vlab-console -l
        assert_equal "$(grep -c ' his$' <<<"$output")" 64
        assert_line --regexp '^900 .* 1 sh -c echo ready; read -r line$'
    done
    tell alice ''
    ended alice
    assert_equal "$code" 0
}

@test "consoles of a user that do not answer hide nobody else's, and of his own those after all others" {
    need_root
    local i
    for i in {0..8}; do
        talk "$i" as eve vlab-console tail -f /dev/null
        wait_until listening "$VLAB_CONSOLE/$i"
    done
    talk one as alice vlab-console sh -c 'echo ready; read -r line'
    hear one ready
    signal STOP {0..8}
    run -0 as bob vlab-console -l
    assert_output --regexp '^9 +(alice|2001) '
    signal CONT {2..8}
    run -0 as bob vlab-console -l
    assert_equal "$(awk '{ print $1 }' <<<"$output" | xargs)" '9 2 3 4 5 6 7 8'
    signal CONT 0 1
    run -0 as bob vlab-console -l
    assert_equal "$(awk '{ print $1 }' <<<"$output" | xargs)" '0 1 2 3 4 5 6 7 8 9'
    signal TERM {0..9}
    ended one
}

# signal NAME NUMBER...: to the processes that have these consoles.
signal() {
    local number
    for number in "${@:2}"; do
        kill "-$1" "$(holder "$number")"
    done
}

@test "a stopped process that has the lock of a user is not waited for for ever" {
    lock=$VLAB_CONSOLE/.${lab_uid[alice]}
    talk holder as alice sh -c 'umask 077; exec flock "$0" sh -c "echo locked; cat"' "$lock"
    hear holder locked
    run -111 as alice timeout 60 vlab-console true
    assert_output "vlab-console: fatal: a process of yours has locked $lock and does not go on: end it (fuser says which one it is)"
    hang_up holder
    ended holder
    run -0 as alice vlab-console true
}

@test "a console is its owner's and root's" {
    need_root
    shell one
    run -1 as bob vlab-console -a 0
    assert_output "vlab-console: fatal: console 0: this console is somebody else's"
    # Nor for who asks in his own way.
    run -0 as bob socat -t 10 - "UNIX:$VLAB_CONSOLE/0" <<<"attach ${lab_uid[alice]} 0 0 me"
    assert_output 'error permission you are somebody else'
    run -0 as bob socat -t 10 - "UNIX:$VLAB_CONSOLE/0" <<<"attach ${lab_uid[bob]} 0 0 me"
    assert_output "error permission this console is somebody else's"
    talk root vlab-console -a 0
    hear one 'root@.* watches\]'
    tell one exit
    ended root
    assert_equal "$code" 0
    run -1 as alice vlab-console -a 0
    assert_output 'vlab-console: fatal: there is no console 0: vlab-console -l lists them'
    run -100 as alice vlab-console -a x
    assert_output 'vlab-console: fatal: -a x: not a number of a console: vlab-console -l lists them'
}

@test "who makes a console where nobody has made the directory hears what makes it" {
    rmdir "$VLAB_CONSOLE"
    run -111 vlab-console true
    assert_output "vlab-console: fatal: unable to make a console in $VLAB_CONSOLE: No such file or directory: root makes it by install -d -m 1777 $VLAB_CONSOLE"
}

@test "the usage has the forms of the manual, below each other" {
    run -100 vlab-console
    assert_output 'usage: vlab-console -l
       vlab-console [-w] -a number
       vlab-console [-p pool] command [word...]
       vlab-console [-p pool] pool [uart]'
}

@test "who takes another's number is found out" {
    need_root
    install -m 666 /dev/null "$lab/heard"
    lab_start as bob socat "UNIX-LISTEN:$VLAB_CONSOLE/0,fork,mode=666" \
        'SYSTEM:echo ok 0 0 sh; cat >>"$VLAB_LAB/heard"'
    wait_until listening "$VLAB_CONSOLE/0"
    # It says that he is attached, but he is told whose it is, and nothing is typed there.
    at_terminal one alice 'vlab-console -a 0; :'
    hear one "(bob|2002)'s, Ctrl-\] detaches"
    tell one secret
    tell_raw one $'\x1d'
    ended one
    ! grep -q secret "$lab/heard" || fail "what was typed went to another"
    # Or leads to another service.
    ln -s "$VLAB_CONSOLE/0" "$VLAB_CONSOLE/1"
    run -1 vlab-console -a 1
    assert_output --partial 'there is no console 1'
}

@test "a killed console hangs up its command and all who are attached, and its number is free" {
    shell one
    tell one 'echo p""id $$'
    hear one '^pid [0-9]'
    shell=${heard#pid }
    kill -KILL "$(holder)"
    hear one 'console 0 was hung up'
    hear one '^code 111$'
    wait_until gone "$shell"
    run -0 as alice vlab-console -l
    assert_output ''
    talk two as alice vlab-console sh -c 'echo ready; read -r line'
    hear two ready
    run -0 as alice vlab-console -l
    assert_output --regexp '^0 '
    kill -TERM "$(holder)"
    ended two
    assert_equal "$code" 111
}

@test "a watcher who does not read keeps nobody waiting, and is told what he has missed" {
    talk one as alice vlab-console sh -c 'stty -echo; echo ready; read -r line
        head -c 2000000 /dev/zero | tr "\0" x; echo; echo end; read -r line'
    hear one ready
    at_terminal two alice 'vlab-console -a 0'
    hear two 'you watch'
    kill -STOP "${talk_pid[two]}"
    tell one go
    hear one '^end'
    kill -CONT "${talk_pid[two]}"
    hear two '[0-9]+ bytes were left out'
    tell one ''
    ended one
    ended two
}

@test "the console is as large as the writer's terminal" {
    at_terminal one alice 'stty rows 31 columns 71; vlab-console sh; :'
    hear one 'you write'
    tell one 'stty size'
    hear one '^31 71'
    at_terminal two alice 'stty rows 32 columns 72; vlab-console -a 0; :'
    hear two 'you watch'
    tell_raw one $'\x1d'
    hear two 'you write now'
    tell two 'stty size'
    hear two '^32 72'
    tell two exit
    ended two
}

@test "the examples of the manual work" {
    need_root
    mapfile -t lines < <(sed -n 's/^\.Dl [$#] //p' "$tree/bin/vlab-console.1")
    assert_equal "${#lines[@]}" 3
    rmdir "$VLAB_CONSOLE"
    eval "${lines[0]/\/run\/vlab\/console/$VLAB_CONSOLE}"
    at_terminal one alice "${lines[1]}"
    hear one 'you write'
    at_terminal two alice "${lines[2]}"
    hear two 'you watch'
    tell one 'echo s""een'
    hear two '^seen'
    tell one exit
    ended one
    ended two
}

# board: a pool of one board, which answers at its UART.
board() {
    printf '%s\n' "printf 'eversion fake 1\n'" 'read -r _ n' \
        'printf "usinguart\nUART %s: " "$n"; cat' \
        >"$lab/board"
    (lab_exec tcpserver -1 -RHD -l 0 127.0.0.1 0 bash "$lab/board") </dev/null \
        >"$lab/port" 2>>"$lab/log" 3>&- &
    board=$!
    lab_pids+=("$board")
    wait_until test -s "$lab/port"
    printf '%s\n' '[pool]' 'group = vluser' "address = 127.0.0.1:$(<"$lab/port")" | lab_conf
    lab_serve
}

@test "the name of a pool is the UART of a board of it" {
    need_root
    board
    at_terminal one alice 'vlab-console pool; echo "code $?"'
    hear one '^usinguart'
    tell one hello
    hear one '^UART 0: hello'
    # Another UART is one of the same board, for it is held by the same user.
    at_terminal two alice 'vlab-console pool 1; echo "code $?"'
    hear two '^usinguart'
    tell two hello
    hear two '^UART 1: hello'
    tell_raw two $'\x1d'
    hear two '^code 0'
    kill -TERM "$(holder 1)"
    # A word that is no number of one is a word of a command.
    run as alice vlab-console pool 16 </dev/null
    assert_output --partial 'unable to run pool: '
    # Whoever may use the pool may watch.
    run -1 as eve vlab-console -a 0
    at_terminal three bob 'vlab-console -a 0; echo "code $?"'
    hear three 'you watch'
    tell one again
    hear three '^again'
    run -0 as bob vlab-console -l
    assert_output --regexp ' 2 pool$'
    # When the board is lost, so is its console.
    lab_stop "$board"
    hear one '^code [1-9]'
    hear three '^code [1-9]'
    ended one
}

# attached N COUNT [NUMBER]: so many are attached to the console of node 2, or this one, as
# node N lists it.
attached() {
    at "$1" as bob vlab-console -l | grep -qE "^${3:-2000} .* $2 sh "
}

@test "the number is the node's also where the map names hosts, and users cannot tell" {
    need_root
    printf '%s\n' '[node 2]' 'address = localhost' '[node 3]' 'address = 192.0.2.1' |
        lab_conf
    vlab-node on -p 2 >/dev/null 2>&1
    talk one as alice vlab-console sh -c 'echo ready; read -r a'
    hear one ready
    run -0 as alice vlab-console -l
    assert_output --regexp '^2000 '
    hang_up one
    ended one
}

# two_nodes: and alice at a console on node 2.
two_nodes() {
    declare -gA door=()
    nodes_setup 2
    nodes_conf <<<''
    nodes_up 1 2
    node_talk one 2 as alice vlab-console sh -c \
        'stty -echo; echo ready; while read -r a; do echo "<$a>"; done'
    hear one ready
}

# two_attached: the same, and alice on node 1 is attached to it, as two.
two_attached() {
    two_nodes
    node_talk two 1 as alice vlab-console -a 2000
    wait_until attached 1 2
}

@test "a console is listed on all nodes, and its owner attaches to it from any" {
    two_nodes
    attached 1 1
    attached 2 1
    run -1 at 1 as bob vlab-console -a 2000
    assert_output "vlab-console: fatal: console 2000: this console is somebody else's"
    run -1 at 1 as alice vlab-console -a 2001
    assert_output 'vlab-console: fatal: console 2001: there is no such console: vlab-console -l lists them'
    run -1 at 1 as alice vlab-console -a 3000
    assert_output 'vlab-console: fatal: there is no node 3: vlab-node lists them'
    # Who he says he is counts for nothing.
    node_talk liar 1 as bob socat - TCP:10.78.0.2:7021
    tell liar "console $(at 1 map-ask hash) 0.1 0 off"
    hear liar '^ok '
    tell liar 'to 2000'
    tell liar "attach ${lab_uid[alice]} 0 0 me"
    hear liar '^error permission you are somebody else$'
    node_talk two 1 as alice vlab-console -a 2000
    wait_until attached 1 2
    tell one hello
    hear two '<hello>'
    lab_stop "${talk_pid[one]}"
    wait_until attached 2 1
    tell two again
    hear two '<again>'
    hang_up two
    ended two
    assert_equal "$code" 0
}

# numbers N: of the consoles that node N lists, in order.
numbers() {
    at "$1" as bob vlab-console -l | awk '{ print $1 }' | sort -n | xargs
}

@test "consoles of two nodes have different numbers, which both list, and lead each to its own" {
    local from number
    declare -gA door=()
    nodes_setup 2
    nodes_conf <<<''
    nodes_up 1 2
    for number in 1000 2000 1001 2001; do
        node_talk "$number" "${number:0:1}" as alice vlab-console sh -c \
            'stty -echo; echo ready; while read -r a; do echo "<$0 $a>"; done' "$number"
        hear "$number" ready
    done
    for from in 1 2; do
        assert_equal "$(numbers $from)" '1000 1001 2000 2001'
        for number in 1000 1001 2000 2001; do
            node_talk watcher $from as alice vlab-console -a "$number"
            wait_until attached $from 2 "$number"
            tell "$number" "from $from"
            hear watcher "^<$number from $from>"
            hang_up watcher
            lab_stop "${talk_pid[watcher]}"
        done
    done
    # A number that is free again is that of the next console of that node, and of no other.
    hang_up 1000
    ended 1000
    assert_equal "$(numbers 2)" '1001 2000 2001'
    node_talk 2002 2 as alice vlab-console cat
    wait_until eval '[ "$(numbers 1)" = "1001 2000 2001 2002" ]'
    for number in 1001 2000 2001 2002; do
        hang_up "$number"
        ended "$number"
    done
}

@test "who attaches is shown who is there, from which node, who writes, comes and leaves" {
    declare -gA door=()
    local host own
    nodes_setup 3
    nodes_conf <<'END'
[pool]
group = vluser
address = 127.0.0.1:1
END
    nodes_up 1 2 3
    host=$(hostname)
    own="(alice|2001)@$host"
    node_talk one 2 as alice env SHELL=/bin/bash script -qefc 'vlab-console -p pool sh' /dev/null
    hear one '\[console 2000: you write\]'
    node_talk two 3 as bob env SHELL=/bin/bash script -qefc 'vlab-console -a 2000' /dev/null
    hear two "\\[console 2000: $own writes\\]"
    hear two '\[console 2000: you watch\]'
    hear one '\[console 2000: (bob|2002)@3 watches\]'
    node_talk three 1 as alice env SHELL=/bin/bash script -qefc 'vlab-console -a 2000' /dev/null
    hear three "\\[console 2000: $own writes\\]"
    hear three '\[console 2000: (bob|2002)@3 watches\]'
    hear three '\[console 2000: you watch\]'
    for name in one two; do
        hear $name '\[console 2000: (alice|2001)@1 watches\]'
    done
    # Ctrl-]: the one on node 1 writes now.
    tell_raw one $'\x1d'
    hear two "\\[console 2000: $own has left\\]"
    hear two '\[console 2000: (alice|2001)@1 writes now\]'
    hear three '\[console 2000: you write now\]'
    tell_raw two $'\x1d'
    hear three '\[console 2000: (bob|2002)@3 has left\]'
    tell three exit
    ended three
    assert_equal "$code" 0
}

@test "an address that the config trusts is no user's word when its node tells nothing" {
    two_nodes
    { echo 'trust = 10.78.0.1' && map; } >"$lab/2/vlab.conf"
    node_compile 2
    lab_stop "${door[1]}"
    node_talk liar 1 as bob socat - TCP:10.78.0.2:7021
    tell liar "console $(at 1 map-ask hash) 0.1 0 off"
    hear liar '^ok '
    tell liar 'to 2000'
    tell liar "attach ${lab_uid[alice]} 0 0 me"
    hear liar '^error permission you are somebody else$'
    ended liar
    hang_up one
    ended one
}

# far COMMAND FILE BYTES: console 2001, whose command does this when the first of what is in
# the file is typed there, on node 1, by alice, who reads so many bytes in a while.
far() {
    node_talk three 2 as alice vlab-console sh -c \
        "stty raw -echo; echo ready; head -c 1 >/dev/null; $1; exit 5"
    hear three ready
    { at 1 as alice vlab-console -w -a 2001 <"$2" || echo "code $?" >"$lab/code"; } |
        slow "$3" >"$lab/far.out"
    ended three
    hang_up one
    ended one
}

@test "who is attached from another node hears the end though he has typed more than was read" {
    two_nodes
    far 'seq 300000' /dev/zero 65536
    assert_equal "$(cksum <"$lab/far.out")" "$(seq 300000 | cksum)"
    assert_equal "$(<"$lab/code")" 'code 5'
}

@test "a writer on another node who reads slowly, but goes on, misses nothing" {
    two_nodes
    # Buffers as they are on a long way.
    at 2 sysctl -qw net.ipv4.tcp_wmem='4096 2000000 2000000'
    at 1 sysctl -qw net.ipv4.tcp_rmem='4096 8192 8192'
    echo >"$lab/typed"
    far 'head -c 2500000 /dev/zero' "$lab/typed" 8192
    assert_equal "$(wc -c <"$lab/far.out")" 2500000
    assert_equal "$(<"$lab/code")" 'code 5'
}

@test "nobody on another node, not even root, is at a console of root" {
    two_nodes
    node_talk root 2 vlab-console cat
    wait_until at 2 test -S "$lab/2/console/2001"
    run -1 at 1 timeout 20 vlab-console -a 2001 </dev/null
    assert_output "vlab-console: fatal: console 2001: root's consoles are for its own host"
    hang_up root
    ended root
    hang_up one
    ended one
}

@test "who is attached from another node is a guest, and is hung up when he is told to go" {
    two_attached
    run -0 at 2 vlab-node expel -f
    ended two
    assert_equal "$code" 111
    wait_until attached 2 1
    hang_up one
    ended one
}

# spaces N: so many nodes that are up, which mount each other.
spaces() {
    need /dev/fuse test -c /dev/fuse
    declare -gA door=()
    local i
    nodes_setup "$1"
    nodes_conf <<<''
    for ((i = 1; i <= nodes; i++)); do
        door "$i"
        node_is "$i" 1 up
    done
}

@test "the numbers are listed below /vlab/pts, and go away with the node" {
    spaces 2
    node_talk one 2 as alice vlab-console sh -c 'echo ready; read -r line'
    hear one ready
    run -0 at 1 vlab-node mount
    assert_output ''
    pts=$lab/1/ns/pts
    assert_equal "$(ls "$pts")" $'1\n2'
    assert_equal "$(readlink "$pts/1")" "$lab/1/console"
    assert_equal "$(ls -A "$pts/2")" 2000
    # It is there to be seen.
    run -1 cat "$pts/2/2000"
    assert_output --partial 'No such device or address'
    run ! rm -f "$pts/2/2000"
    run ! touch "$pts/2/2001"
    # A console that comes and goes is seen to.
    node_talk two 2 as bob vlab-console sh -c 'echo ready; read -r line'
    hear two ready
    wait_until test -e "$pts/2/2001"
    tell two ''
    ended two
    wait_until test ! -e "$pts/2/2001"
    # As devices go, so do they.
    run -0 at 2 vlab-node off -f
    wait_until no_mounts
    hang_up one
    ended one
}

no_mounts() {
    ! grep -q " $lab/1/ns/" /proc/self/mounts
}

@test "umount and off take away what is below /vlab/pts" {
    spaces 2
    at 1 vlab-node mount
    assert_equal "$(ls "$lab/1/ns/pts")" $'1\n2'
    run -0 at 1 vlab-node umount
    assert_output ''
    no_mounts
    assert_equal "$(ls "$lab/1/ns/pts")" ''
    at 1 vlab-node mount
    run -0 at 1 vlab-node off -f
    no_mounts
    assert_equal "$(ls "$lab/1/ns/pts")" ''
}

@test "who is attached from another node is hung up when it dies, and is no guest when his own does" {
    two_attached
    unplug 2
    wait_until -t 60 gone "${talk_pid[two]}"
    ended two
    assert_equal "$code" 111
    wait_until -t 60 attached 2 1
    run -0 at 2 as vlab member-ask guests 2
    assert_output ''
    # The console has not ended, and is there again when its node is.
    plug 2
    wait_until attached 1 1
    node_talk two 1 as alice vlab-console -a 2000
    wait_until attached 1 2
    kill -KILL "${talk_pid[two]}"
    wait_until attached 1 1
    hang_up one
    ended one
}

@test "a node that is blocked or leaves has no new console, and those that are there go on" {
    two_nodes
    for state in blocked leaving; do
        node_is 2 1 $state 'a new disk'
        run -1 at 2 as alice vlab-console true
        assert_output "vlab-console: fatal: node 2 is $state: a new disk"
    done
    node_talk two 2 as alice vlab-console -a 2000
    wait_until attached 2 2
    for is in '0 off' '1 up'; do
        # shellcheck disable=SC2086
        node_is 2 $is
        run -0 at 2 as alice vlab-console true </dev/null
    done
    hang_up one
    ended one
    ended two
}

@test "a node that leaves hangs up who is attached from others, and its own console goes on" {
    two_attached
    run -0 at 2 vlab-node off -f
    ended two
    assert_equal "$code" 111
    run -1 at 1 as alice vlab-console -a 2000
    assert_output "vlab-console: fatal: console 2000: host $(hostname) is no node now"
    tell one hello
    hear one '<hello>'
    hang_up one
    ended one
}

@test "who is attached at a terminal is told that the node leaves, and that it stays" {
    two_nodes
    node_talk two 1 as alice env SHELL=/bin/bash \
        script -qefc 'vlab-console -a 2000; echo "code $?"' /dev/null
    hear two 'you watch'
    node_talk off 2 vlab-node off -t 600 -m repair
    hear two '\[console 2000: wall node 2 leaves in 600 s: repair\]'
    kill -INT "${talk_pid[off]}"
    hear two '\[console 2000: wall node 2 stays\]'
    ended off
    run -0 at 2 vlab-node off -f -m repair
    hear two '\[console 2000: wall node 2 leaves: repair\]'
    hear two 'code 111'
    ended two
    hang_up one
    ended one
}

@test "nobody but root and who has the state says wall at a console" {
    talk one as alice vlab-console sh -c 'echo ready; read -r a'
    hear one ready
    run -0 as alice socat -t 10 - "UNIX-CONNECT:$VLAB_CONSOLE/0" <<<'wall all is lost'
    assert_output --regexp '^error permission '
    hang_up one
    ended one
}

@test "120 are attached at a time, who all hear it, and 8 places are for those who may write" {
    need_root
    pool
    talk one as alice vlab-console -p pool sh -c 'stty -echo; echo ready; read -r a; echo "<$a>"'
    hear one ready
    for ((i = 0; i < 119; i++)); do
        (lab_exec as bob vlab-console -a 0) </dev/null >"$lab/w$i" 2>&1 3>&- &
        lab_pids+=("$!")
    done
    wait_until crowded 120
    run -1 as bob vlab-console -a 0
    assert_output 'vlab-console: fatal: console 0: as many as may be are attached'
    talk two as alice vlab-console -a 0
    wait_until crowded 121
    tell one all
    ended one
    ended two
    for ((i = 0; i < 119; i++)); do
        wait_until grep -q '<all>' "$lab/w$i"
    done
}

# crowded COUNT: so many are attached.
crowded() {
    vlab-console -l | grep -qE " +$1 sh "
}

@test "a writer who does not read keeps the command waiting for a second, and then misses output" {
    mkfifo -m 666 "$lab/go"
    install -m 666 /dev/null "$lab/done"
    talk one as alice vlab-console sh -c 'echo ready; read -r a <"$0"
        head -c 2000000 /dev/zero | tr "\0" x; echo done >"$1"' "$lab/go" "$lab/done"
    hear one ready
    kill -STOP -- "-${talk_pid[one]}"
    echo >"$lab/go"
    wait_until test -s "$lab/done"
    kill -CONT -- "-${talk_pid[one]}"
    ended one
    assert_equal "$code" 0
    [ "$(tr -dc x <"$lab/one.out" | wc -c)" -lt 2000000 ] || fail "nothing was left out"
}

@test "a change of the writer's window reaches the command, and a watcher's does not" {
    at_terminal one alice 'tty >"$HOME/one"; stty rows 31 columns 71; vlab-console sh; :'
    hear one 'you write'
    at_terminal two alice 'tty >"$HOME/two"; vlab-console -a 0; :'
    hear two 'you watch'
    tell one 'trap "echo cha""nged \$(stty size)" WINCH; echo re""ady'
    hear one '^ready'
    stty rows 50 columns 150 -F "$(<"$lab/home/alice/two")"
    stty rows 40 columns 90 -F "$(<"$lab/home/alice/one")"
    # A shell does what it has trapped when a command is over.
    wait_until sized 40 90
    tell one exit
    ended one
    ended two
}

# sized ROWS COLUMNS: is the console so large?
sized() {
    tell one 'stty size'
    hear one '^[0-9]+ [0-9]+$' 5
    ! grep -q '^50 150' "$lab/one.out" || fail "a watcher's size was taken"
    [[ $heard == "$1 $2" ]]
}
