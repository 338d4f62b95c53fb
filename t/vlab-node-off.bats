#!/usr/bin/env bats
# How this host joins the nodes of the lab, and leaves them: every step, its failure, its
# interruption, and what a killed one leaves behind.

# shellcheck disable=SC2154,SC2034,SC2016 # lib.bash has them; scripts for others
load lib
load board
load nodes

off_steps=(lock block bring expel load wake empty shutdown ducts number)

setup() {
    lab_setup
    export VLAB_HOOKS=$lab/hooks
    mkdir "$lab/hooks"
    lab_conf <<'EOF'
[node 2]
address = 127.0.0.1
port = 1
[node 3]
address = 127.0.0.3
port = 1
[pool]
group = vluser
address = 10.0.0.1
address = 10.0.0.2
[board 10.0.0.1]
node = 2
EOF
}
teardown() { lab_teardown; }

# hook NAME SCRIPT: a hook. It has its words in $1... and the directory of the lab in $lab.
hook() {
    printf '#!/bin/bash\nlab=%s\n%s\n' "$lab" "$2" >"$lab/hooks/$1"
    chmod 755 "$lab/hooks/$1"
}

# state: what this host is.
state() {
    member-ask look 2 | cut -d ' ' -f 2,3
}
state_is() { [ "$(state)" = "$*" ]; }

# marks: the boards that read offline.
marks() {
    vlab-ls pool | sed -n 's/^  \([^ ]*\)  offline  /\1 /p'
}

# is_up: nothing is left of an `off`.
is_up() {
    assert_equal "$(state)" 'member up'
    assert_equal "$(marks)" ''
    assert_file_exist "$VLAB_STATE/shutdown.$(uname -n)"
}

# guest NAME KIND USER UID [COMMAND...]: somebody who uses this node.
guest() {
    talk "$1" "${@:5}" member-ask join 2 "$2" "$3" "$4" 3 "of $1"
    hear "$1" '^joined$'
}

# at_fifo STEP: its hook says that it is there, and waits to be let go on.
at_fifo() {
    rm -f "$lab/there" "$lab/go"
    mkfifo "$lab/there" "$lab/go"
    hook "$1" '[ "$1" = do ] || exit 0; echo >"$lab/there"; read -r <"$lab/go"'
}

# is_there: wait until it is. let_go: let it go on. They do not wait for ever.
is_there() { timeout 60 cat "$lab/there" >/dev/null; }
let_go() { timeout 60 sh -c 'echo >"$1"' let_go "$lab/go"; }

@test "on makes this host the node of the map that has its address, and prints the lab" {
    run -0 --separate-stderr vlab-node on
    assert_equal "$(sed -n '/^This/,$p' <<<"$output")" 'This is node #2
node 2      at 127.0.0.1 port 1
node 3      at 127.0.0.3 port 1
Total configured: 2'
    is_up
    run -0 vlab-node on
    is_up
}

@test "on says that nobody sees the node when its door does not answer" {
    run -0 --separate-stderr vlab-node on
    assert_equal "$(tail -n 1 <<<"$stderr")" "vlab-node: warning: the other nodes see this one\
 as down: its door does not answer: Connection refused: its vlab-door is not running: see vlab-door(8)"
}

@test "on leaves what is up as it is: nobody is refused meanwhile" {
    local before
    vlab-node on >/dev/null
    before=$(cat "$VLAB_STATE/node/2")
    at_fifo number
    talk on vlab-node on
    is_there
    state_is member up
    let_go
    ended on
    assert_equal "$code $(cat "$VLAB_STATE/node/2")" "0 $before"
}

@test "-p says which node it is where the map does not, or has no such node" {
    run -1 vlab-node on -p 4
    assert_output --partial 'there is no node 4 in the map'
    run -100 vlab-node on -p 0
    assert_equal "$(member-ask self)" none
    vlab-node on -p 3
    run -0 member-ask look 3
    assert_output '3 member up since'
    run -1 vlab-node on -p 2
    assert_output --partial 'this host is node 3: vlab-node off first'
    vlab-node off
    lab_conf <<'EOF'
[node 2]
address = 192.0.2.1
EOF
    run -100 vlab-node on
    assert_output --partial '0 nodes of the map have an address of this host'
    printf '%s\n' '[launch here]' 'workers = 1' 'user = alice' | lab_conf
    run -1 vlab-node on
    assert_output --partial 'the config has no nodes: see vlab.conf(5)'
    run -1 vlab-node off
    assert_output --partial 'this host is not a member: the config has no nodes'
}

@test "another host's number is not ours, unless the map says so" {
    member-ask set 3 1 up
    sed -i 's/^\(3 up [0-9]*\) [^ ]*/\1 elsewhere/' "$VLAB_STATE/node/3"
    run -1 vlab-node on -p 3
    assert_output --partial 'node 3 is elsewhere'
    assert_equal "$(member-ask self)" none
}

@test "who is not a member cannot leave, and nothing changes" {
    local before
    vlab-node on >/dev/null
    vlab-node off >/dev/null
    before=$(cat "$VLAB_STATE"/node/* "$VLAB_STATE"/board/* | cksum)
    for verb in off 'off -n' block noblock expel bring; do
        # shellcheck disable=SC2086
        run -1 vlab-node $verb
        assert_output --partial 'this host is not a member: vlab-node on makes it one'
    done
    assert_equal "$(cat "$VLAB_STATE"/node/* "$VLAB_STATE"/board/* | cksum)" "$before"
    refute [ -e "$VLAB_STATE/shutdown.$(uname -n)" ]
}

@test "off takes its steps in order, and then the boards of the node are offline with the reason" {
    for step in "${off_steps[@]}"; do
        hook "$step" 'echo "${0##*/} $*" >>"$lab/hooked"'
    done
    vlab-node on >/dev/null
    rm "$lab/hooked"
    run -0 vlab-node off -m 'new disk'
    assert_equal "$(awk '{ print $1 }' <<<"$output" | xargs)" "${off_steps[*]}"
    assert_equal "$(cat "$lab/hooked")" "$(printf '%s do 2 off new disk\n' "${off_steps[@]}")"
    assert_equal "$(state)" 'none off'
    assert_equal "$(marks)" '10.0.0.1 node 2: new disk'
    refute [ -e "$VLAB_STATE/shutdown.$(uname -n)" ]
    run -0 vlab-node on
    is_up
}

@test "marks that were set by hand are not touched" {
    vlab-node on >/dev/null
    vlab-offline -m 'by hand' 10.0.0.1
    vlab-node block
    assert_equal "$(marks)" '10.0.0.1 by hand'
    vlab-node noblock
    assert_equal "$(marks)" '10.0.0.1 by hand'
    vlab-offline -c 10.0.0.1
    vlab-node block -m one
    vlab-node block -m two
    assert_equal "$(marks)" '10.0.0.1 node 2: two'
    vlab-node noblock
    is_up
}

@test "a step whose hook fails is a step that failed: all is undone in reverse" {
    local step n=0
    vlab-node on >/dev/null
    for step in "${off_steps[@]}"; do
        hook "$step" 'echo "$1 ${0##*/}" >>"$lab/hooked"; [ ! -e "$lab/fail.${0##*/}" ]'
    done
    for step in "${off_steps[@]}"; do
        : >"$lab/hooked"
        touch "$lab/fail.$step"
        run -111 vlab-node off
        rm "$lab/fail.$step"
        assert_line "vlab-node: warning: the hook $step do failed: exit code 1"
        assert_equal "$(cat "$lab/hooked")" "$(printf 'do %s\n' "${off_steps[@]:0:n+1}"
            ((n == 0)) || printf 'undo %s\n' "${off_steps[@]:0:n}" | tac)"
        is_up
        n=$((n + 1))
    done
}

@test "so is one of on" {
    local step
    vlab-node on >/dev/null
    vlab-node off >/dev/null
    for step in lock number shutdown noblock wake; do
        hook "$step" '[ "$1" = undo ]'
        run -111 vlab-node on
        rm "$lab/hooks/$step"
        assert_equal "$(state)" 'none off'
        refute [ -e "$VLAB_STATE/shutdown.$(uname -n)" ]
        assert_equal "$(marks)" '10.0.0.1 node 2: closed for now'
    done
    vlab-node on >/dev/null
    is_up
}

@test "a host that fails to become a node for the first time is as before" {
    hook wake '[ "$1" = undo ]'
    run -111 vlab-node on
    assert_equal "$(member-ask self)" none
    assert_equal "$(marks)" ''
}

# signalled VERB STEP...: each signal at each step of the verb; undone CODE says that it is.
signalled() {
    local step sig
    for step in "${@:2}"; do
        at_fifo "$step"
        for sig in INT TERM HUP; do
            talk verb vlab-node "$1"
            is_there
            kill "-$sig" "${talk_pid[verb]}"
            ended verb
            assert_equal "$step $code" "$step $((128 + $(kill -l "$sig")))"
            undone "$step"
        done
        rm "$lab/hooks/$step"
    done
}

@test "INT, TERM and HUP at any step have all undone" {
    undone() { is_up; }
    vlab-node on >/dev/null
    signalled off "${off_steps[@]}"
}

@test "INT, TERM and HUP at any step of on, too" {
    undone() {
        assert_equal "$(state)" 'none off'
        assert_equal "$(marks)" '10.0.0.1 node 2: closed for now'
        refute [ -e "$VLAB_STATE/shutdown.$(uname -n)" ]
    }
    vlab-node on >/dev/null
    vlab-node off >/dev/null
    signalled on lock number shutdown noblock wake
}

@test "a signal between two steps is not lost, and one that comes when all is done is too late" {
    vlab-node on >/dev/null
    hook wake '[ "$1" = undo ] || kill -TERM "$(ps -o ppid= -p "$PPID")"'
    run -143 vlab-node off
    is_up
    rm "$lab/hooks/wake"
    vlab-node off
    assert_equal "$(state)" 'none off'
}

@test "a signal that is ignored is not heard" {
    vlab-node on >/dev/null
    at_fifo block
    talk off sh -c 'trap "" HUP; exec vlab-node off'
    is_there
    kill -HUP "${talk_pid[off]}"
    let_go
    ended off
    assert_equal "$code" 0
}

@test "a rollback that itself fails is said separately, and the rest is undone" {
    vlab-node on >/dev/null
    hook load '[ "$1" = do ]'
    hook wake 'exit 7'
    run -111 vlab-node off
    assert_line 'vlab-node: warning: the hook wake do failed: exit code 7'
    assert_line 'vlab-node: warning: the hook load undo failed: exit code 1'
    assert_line 'vlab-node: warning: load could not be undone'
    is_up
}

@test "a noblock that fails leaves it blocked, with the reason, and block has its hooks, too" {
    vlab-node on >/dev/null
    vlab-node block -m 'new disk'
    hook wake '[ "$1" = undo ]'
    run -111 vlab-node noblock
    assert_equal "$(state) $(marks)" 'member blocked 10.0.0.1 node 2: new disk'
    rm "$lab/hooks/wake"
    hook noblock 'echo "$*" >"$lab/hooked"'
    vlab-node noblock
    assert_equal "$(cat "$lab/hooked")" 'do 2 noblock '
    is_up
    hook block '[ "$1" = undo ]'
    run -111 vlab-node block
    is_up
}

@test "wrong words and the wrong people are told, and nothing changes" {
    vlab-node on >/dev/null
    for words in 'off -t x' 'off -t -1' 'off -t 86401' 'off now' 'on now' 'on -p x' 'block now' \
        'noblock -m x' 'bring -f' 'expel -t x' "off -m $(printf '%128s' '' | tr ' ' x)"; do
        # shellcheck disable=SC2086
        run -100 vlab-node $words
        is_up
    done
    need_root
    for verb in on off 'off -n' block noblock expel bring; do
        # shellcheck disable=SC2086
        run -1 as alice vlab-node $verb
        is_up
    done
}

@test "a hook that hangs while all is undone can be ended by a signal, and that alone" {
    vlab-node on >/dev/null
    mkfifo "$lab/there" "$lab/never"
    hook load '[ "$1" = do ] || { echo >"$lab/there"; read -r <"$lab/never"; }'
    hook wake '[ "$1" = undo ]'
    talk off vlab-node off
    is_there
    kill -TERM "${talk_pid[off]}"
    ended off
    assert_equal "$code" 111
    grep -q 'load could not be undone' "$lab/off.err"
    is_up
}

@test "a hook has what root has, and the limits of who typed the verb" {
    need_root
    hook block 'ulimit -Sn >"$lab/hooked"; id -u >>"$lab/hooked"'
    chmod 700 "$lab/hooks/block" "$lab/hooks"
    chown 0:0 "$lab/hooks/block" "$lab/hooks"
    vlab-node on >/dev/null
    (
        ulimit -Sn 600
        vlab-node off -f >/dev/null
    )
    assert_equal "$(<"$lab/hooked")" $'600\n0'
}

@test "without standard descriptors no file gets what is said" {
    vlab-node on >/dev/null
    hook wake '[ "$1" = undo ]'
    vlab-node off -f <&- >&- 2>&- || :
    is_up
    refute grep -rqa 'hook wake' "$VLAB_STATE"
}

@test "what is not executable is no hook, and what cannot be run is a failure" {
    vlab-node on >/dev/null
    echo 'exit 1' >"$lab/hooks/block"
    vlab-node block
    printf '#!%s/missing\n' "$lab" >"$lab/hooks/block"
    chmod 755 "$lab/hooks/block"
    run -111 vlab-node block
    assert_output --partial "unable to run $lab/hooks/block"
}

# with_etc DIR COMMAND...: where /etc is a copy of it whose /etc/vlab/hooks is this directory;
# the machine's is not touched.
with_etc() {
    unshare -m --propagation private sh -ec '
        mount -t tmpfs etc "$1" && cp -a /etc/. "$1" && mkdir -p "$1/vlab"
        mount -t tmpfs vlab "$1/vlab" && mkdir "$1/vlab/hooks"
        mount --bind "$2" "$1/vlab/hooks" && mount --rbind "$1" /etc
        shift 2; exec "$@"' sh "$lab/etc" "$@"
}

@test "hooks are in /etc/vlab/hooks if VLAB_HOOKS says nothing else" {
    need_root
    need "mount namespaces" unshare -m true
    mkdir "$lab/etc" "$lab/other"
    vlab-node on >/dev/null
    hook block 'echo "${0%/*} $*" >>"$lab/hooked"'
    hook number 'echo "${0%/*} $*" >>"$lab/hooked"; [ "$1" = undo ]'
    for words in '-u VLAB_HOOKS' 'VLAB_HOOKS='; do
        rm -f "$lab/hooked"
        # shellcheck disable=SC2086
        run -111 with_etc "$lab/hooks" env $words vlab-node off -m 'new disk'
        assert_line 'vlab-node: warning: the hook number do failed: exit code 1'
        assert_equal "$(<"$lab/hooked")" '/etc/vlab/hooks do 2 off new disk
/etc/vlab/hooks do 2 off new disk
/etc/vlab/hooks undo 2 off new disk'
        is_up
    done
    run -0 with_etc "$lab/hooks" env "VLAB_HOOKS=$lab/other" vlab-node off
    run ! grep -F "$lab" /proc/self/mounts
}

@test "a guest is waited for, and when he has left the node leaves" {
    vlab-node on >/dev/null
    guest alice run alice 2001
    talk off vlab-node off -t 3600
    hear off '^expel '
    wait_until state_is member blocked
    hang_up alice
    ended off
    assert_equal "$code" 0
    assert_equal "$(state)" 'none off'
}

@test "guests are told by wall, and that the node stays, when it does" {
    vlab-node on >/dev/null
    talk bob as vlab vlab-mutex -e
    tell bob setuid 2002
    hear bob '^ok bob$'
    guest alice run alice 2001
    talk off vlab-node off -t 3600 -m 'new disk'
    hear bob '^wall node 2 leaves in 3600 s: new disk$'
    kill -INT "${talk_pid[off]}"
    hear bob '^wall node 2 stays$'
    ended off
    assert_equal "$code $(cat "$lab/off.err")" '130 vlab-node: warning: node 2 does not leave'
    is_up
    # Also when that had no time to say so.
    talk off vlab-node off -t 3600 -m 'new disk'
    hear bob '^wall node 2 leaves in 3600 s: new disk$'
    kill -KILL "${talk_pid[off]}"
    ended off
    vlab-node on >/dev/null
    hear bob '^wall node 2 stays$'
    hang_up bob
    tell alice
    kill -0 "${talk_pid[alice]}"
}

@test "-f ends guests at once: SIGTERM, and SIGKILL for who does not go" {
    vlab-node on >/dev/null
    guest alice run alice 2001
    guest bob duct bob 2002 env --ignore-signal=TERM
    run -0 vlab-node off -f
    ended alice
    ended bob
    assert_equal "$code" 137
    assert_equal "$(state)" 'none off'
}

@test "when the seconds of -t are over, guests are ended" {
    vlab-node on >/dev/null
    guest alice console alice 2001
    run -0 vlab-node off -t 1
    ended alice
    assert_equal "$code" 143
}

@test "what is away is called home by bring, which leaves the block and the guests" {
    vlab-node on >/dev/null
    guest alice away alice 2001
    guest bob run bob 2002
    run -0 vlab-node bring
    ended alice
    kill -0 "${talk_pid[bob]}"
    assert_equal "$(state)" 'member blocked'
    vlab-node noblock
    is_up
}

@test "bring that is interrupted leaves the block" {
    vlab-node on >/dev/null
    guest alice away alice 2001 env --ignore-signal=TERM
    talk bring vlab-node bring
    hear bring '^bring '
    kill -INT "${talk_pid[bring]}"
    ended bring
    assert_equal "$code $(cat "$lab/bring.err")" \
        '130 vlab-node: warning: node 2 stays blocked: vlab-node noblock opens it'
    assert_equal "$(state)" 'member blocked'
    kill -0 "${talk_pid[alice]}"
    hang_up alice
    ended alice
}

@test "expel waits until all guests have gone, and interrupted it leaves the block" {
    vlab-node on >/dev/null
    guest alice run alice 2001
    guest bob away bob 2002
    talk expel vlab-node expel -t 3600 -m full
    hear expel '^expel '
    kill -INT "${talk_pid[expel]}"
    ended expel
    assert_equal "$code $(cat "$lab/expel.err")" \
        '130 vlab-node: warning: node 2 stays blocked: vlab-node noblock opens it'
    assert_equal "$(state) $(marks)" 'member blocked 10.0.0.1 node 2: full'
    run -0 vlab-node expel -f
    ended alice
    kill -0 "${talk_pid[bob]}"
    assert_equal "$(state) $(marks)" 'member blocked 10.0.0.1 node 2: full'
}

@test "who was blocked before an off that is undone, is so after it" {
    vlab-node on >/dev/null
    vlab-node block -m 'by hand'
    hook empty '[ "$1" = undo ]'
    run -111 vlab-node off -m other
    assert_equal "$(state) $(marks)" 'member blocked 10.0.0.1 node 2: by hand'
}

@test "-n prints what stands in the way, and changes nothing" {
    vlab-node on >/dev/null
    run -0 vlab-node off -n
    assert_output ''
    guest alice run alice 2001
    run -1 vlab-node off -n
    assert_output --regexp "^run      alice  node 3  since .*  pid ${talk_pid[alice]}  of alice$"
    hang_up alice
    ended alice
    # What may be unused is shown alone.
    guest root duct root 0
    run -0 vlab-node off -n
    assert_output --regexp '^duct     root  node 3 '
    is_up
}

@test "on a terminal a line shows who is still here and how long to go" {
    vlab-node on >/dev/null
    guest alice run alice 2001
    talk off script -qefc 'vlab-node off -t 3600' /dev/null
    wait_until grep -q '1 here: alice run; 3[56][0-9][0-9] s to go' "$lab/off.out"
    hang_up alice
    ended off
    assert_equal "$code" 0
    grep -q $'\r\e\[K' "$lab/off.out"
}

@test "of two off at once one is refused, and hears who is at it" {
    vlab-node on >/dev/null
    at_fifo bring
    talk off vlab-node off
    is_there
    for verb in off on block expel; do
        run -1 vlab-node $verb
        assert_output --regexp "[^ ]+ changes it already: vlab-node off, process ${talk_pid[off]}$"
    done
    let_go
    ended off
    assert_equal "$code $(state)" '0 none off'
}

@test "of many off at the same moment one alone leaves, and the others change nothing" {
    local i fd
    local -a codes=()
    vlab-node on >/dev/null
    mkfifo "$lab/start"
    exec {fd}<>"$lab/start"
    talk_fd[start]=$fd
    for i in 1 2 3 4 5 6; do
        talk "off$i" sh -c 'exec <"$1"; echo ready; read -r line; exec vlab-node off' off "$lab/start"
        hear "off$i" '^ready$'
    done
    hang_up start
    for i in 1 2 3 4 5 6; do
        ended "off$i"
        codes+=("$code")
    done
    assert_equal "$(printf '%s\n' "${codes[@]}" | sort | xargs)" '0 1 1 1 1 1'
    assert_equal "$(state)" 'none off'
    assert_equal "$(marks)" '10.0.0.1 node 2: closed for now'
}

# far COMMAND...: on a host of another name, with the same state.
far() {
    unshare --uts sh -c 'echo elsewhere >/proc/sys/kernel/hostname; exec "$@"' far "$@"
}

@test "of two hosts with one state, one alone changes a node, and only its own" {
    need_nodes unshare --uts true
    vlab-node on >/dev/null
    at_fifo bring
    talk off vlab-node off
    is_there
    run -1 far vlab-node off
    assert_output --partial "root changes it already: vlab-node off, process ${talk_pid[off]}"
    let_go
    ended off
    rm "$lab/hooks/bring"
    vlab-node on >/dev/null
    run -1 far vlab-node off
    assert_output --partial 'this host is not a member'
    far vlab-node on -p 3
    is_up
    far vlab-node off
    is_up
}

@test "who cannot be ended from here is said, and then the node does not leave" {
    need_root
    need namespaces unshare --uts true
    vlab-node on >/dev/null
    talk alice unshare --uts sh -c 'echo elsewhere >/proc/sys/kernel/hostname
        exec member-ask join 2 board alice 2001 3 10.0.0.1'
    hear alice '^joined$'
    run -111 vlab-node off -f
    assert_line --regexp "alice uses the node from elsewhere \\(pid ${talk_pid[alice]}\\): end that there"
    assert_line "vlab-node: warning: pid ${talk_pid[alice]} of alice (board) does not go"
    assert_line 'vlab-node: warning: node 2 does not leave'
    is_up
    hang_up alice
    ended alice
    run -0 vlab-node off -f
}

@test "who has come while it was about to leave is seen before it does" {
    vlab-node on >/dev/null
    at_fifo expel
    talk off vlab-node off
    is_there
    # What is away may begin while the node is blocked.
    guest alice away alice 2001
    let_go
    ended alice
    assert_equal "$code" 143
    ended off
    assert_equal "$code $(state)" '0 none off'
}

@test "killed at any step, its hook dies with it, and on and off work" {
    local step verb
    for step in "${off_steps[@]}"; do
        for verb in on off; do
            vlab-node on >/dev/null
            at_fifo "$step"
            talk off vlab-node off
            is_there
            kill -KILL "${talk_pid[off]}"
            ended off
            wait_until lab_is_still
            rm "$lab/hooks/$step"
            if [ $verb = on ] || [ "$step" = number ]; then
                vlab-node on >/dev/null
                is_up
            else
                vlab-node off >/dev/null
                assert_equal "$(state)" 'none off'
            fi
        done
    done
}

# lab_is_still: nothing of the lab runs.
lab_is_still() {
    [ -z "$(lab_processes)" ]
}

@test "an off that is interrupted after one was killed half-way, brings the node up again" {
    vlab-node on >/dev/null
    at_fifo load
    talk off vlab-node off
    is_there
    kill -KILL "${talk_pid[off]}"
    ended off
    assert_equal "$(state)" 'member leaving'
    hook load '[ "$1" = undo ]'
    run -111 vlab-node off
    is_up
    at_fifo load
    talk off vlab-node off
    is_there
    kill -KILL "${talk_pid[off]}"
    ended off
    vlab-node noblock
    is_up
}

# board_and_other: a pool of a board whose end is on this host, and of one that is elsewhere;
# the first has these lines, too.
board_and_other() {
    board_end
    lab_board
    {
        printf '%s\n' '[node 2]' 'address = 127.0.0.1' 'port = 1' '[pool]' 'group = vluser'
        printf 'address = %s\n' "${boards[@]}"
        printf '%s\n' "[board ${boards[0]}]" "uart = $lab/tty0" "$@"
    } | lab_conf
    lab_serve
    wire tty0
    vlab-node on >/dev/null
}

# relay NAME USER: a relay that is asked to connect.
relay() {
    talk "$1" as "$2" vlab-relay -c -no-shell-
    tell "$1" connect pool
}

@test "a session at a board of this host stands on the node's roll, until off ends it" {
    need_root
    board_and_other
    relay alice alice
    hear alice "^ok connected to ${boards[0]}$"
    run -0 member-ask guests 2
    assert_output "board alice 2001 0 ${boards[0]}"
    talk off vlab-node off -t 3600 -m 'new disk'
    hear alice '^wall node 2 leaves in 3600 s: new disk$'
    kill -INT "${talk_pid[off]}"
    hear alice '^wall node 2 stays$'
    ended off
    tell alice check
    hear alice '^boardinfo '
    run -0 vlab-node off -f -m 'new disk'
    hear alice '^error disconnect node 2 leaves: new disk$'
    ended alice
}

@test "who holds a board through another host is told at the board" {
    board_and_other
    talk alice as vlab vlab-board -e "${boards[0]}"
    hear alice '^eversion '
    talk off vlab-node off -t 3600 -m 'new disk'
    hear alice '^wall node 2 leaves in 3600 s: new disk$'
    hang_up alice
    ended off
    assert_equal "$code" 0
}

@test "a board whose node is not up refuses, and the relay gets another one" {
    need_root
    board_and_other
    vlab-node block -m 'new disk'
    relay alice alice
    hear alice "^error unavailable board ${boards[0]}: node 2 is blocked: new disk$"
    run vlab-ls pool
    assert_line --partial "${boards[0]}  offline  until"
    tell alice connect pool
    hear alice "^ok connected to ${boards[1]}$"
    vlab-offline -c "${boards[0]}"
    vlab-node noblock
    relay bob bob
    hear bob "^ok connected to ${boards[0]}$"
}

@test "a board of a blocked node is not even asked, and who waits for it gets it when it is up" {
    need_root
    board_and_other 'node = 2'
    vlab-node block -m 'new disk'
    assert_equal "$(marks)" "${boards[0]} node 2: new disk"
    relay alice alice
    hear alice "^ok connected to ${boards[1]}$"
    talk bob as bob vlab-relay -c -no-shell-
    tell bob connect pool wait
    hear bob '^rem waiting'
    vlab-node noblock
    hear bob "^ok connected to ${boards[0]}$"
}

@test "who waits for a board of a node hears that it is blocked, that it stays, and gets another" {
    need_root
    board_and_other 'node = 2'
    for who in alice carol; do
        relay $who $who
        hear $who '^ok connected to '
    done
    [[ $heard == *" ${boards[1]}" ]]
    talk bob as bob vlab-relay -c -no-shell-
    tell bob connect pool wait
    hear bob '^rem waiting'
    hook bring '[ "$1" = undo ]'
    run -111 vlab-node off -m 'new disk'
    hear bob '^wall node 2 is blocked: new disk$'
    hear bob '^wall node 2 stays$'
    run -0 vlab-node block -m 'new disk'
    hear bob '^wall node 2 is blocked: new disk$'
    run -0 vlab-node block -m 'still the same'
    # The board of the node is free first, and he does not get it.
    hang_up alice
    ended alice
    hang_up carol
    hear bob "^ok connected to ${boards[1]}$"
    run ! grep -q 'the same' "$lab/bob.out"
}

@test "where nobody waits for a board of the node, nobody is told that it is blocked" {
    vlab-node on >/dev/null
    talk bob as vlab vlab-mutex -e
    tell bob setuid 2002
    hear bob '^ok bob$'
    vlab-node block
    vlab-wall 'the end'
    hear bob '^wall the end$'
    run ! grep -q blocked "$lab/bob.out"
}

@test "where this host is no node, or no member, its boards serve as ever" {
    need_root
    board_and_other
    vlab-node off
    relay alice alice
    hear alice "^ok connected to ${boards[0]}$"
    run -0 member-ask guests 2
    assert_output ''
}

@test "the examples of vlab-node.8 that leave and join work, and so does the hook" {
    local -a lines
    vlab-node on >/dev/null
    mandoc -Tascii "$tree/bin/vlab-node.8" 2>/dev/null | col -bx >"$lab/manual"
    mapfile -t lines < <(sed -n 's/^ *# \(vlab-node o.*\)/\1/p' "$lab/manual")
    assert_equal "${#lines[@]}" 3
    for line in "${lines[@]}"; do
        eval "$line"
    done
    is_up
    hook block "$(sed -n "/do off/s|/run/backup.pid|$lab/backup|p" "$lab/manual")"
    vlab-node block
    vlab-node noblock
    touch "$lab/backup"
    run -111 vlab-node off
    is_up
    rm "$lab/backup"
    vlab-node off
}

# service: that for runit and its like, as it is shipped but for its paths, in $lab/scan.
service() {
    mkdir "$lab/scan"
    cp -r "$tree/conf/services/vlab-node" "$lab/scan"
    sed -i "s|/usr/local/bin|$lab_tree/bin|" "$lab/scan/vlab-node/run"
    export VLAB_SECONDS=3600
}

@test "as a service this host joins when it begins, and leaves in order when it is told to end" {
    service
    lab_start runsvdir "$lab/scan"
    wait_until state_is member up
    guest alice run alice 2001
    sv -w 0 down "$lab/scan/vlab-node" || :
    wait_until state_is member blocked
    hang_up alice
    wait_until state_is none off
    sv -w 30 down "$lab/scan/vlab-node"
    sv up "$lab/scan/vlab-node"
    wait_until state_is member up
    vlab-node off
    sv -w 30 down "$lab/scan/vlab-node"
    assert_equal "$(state)" 'none off'
    lab_stop "$pid" HUP
}

@test "the unit for systemd is one, and what it runs leaves if this host is a member" {
    local stop
    sed "s|/usr/local/bin|$lab_tree/bin|; s|/var/lib/vlab|$VLAB_STATE|; /^Documentation/d" \
        "$tree/conf/services/vlab-node.service" >"$lab/vlab-node.service"
    SYSTEMD_LOG_LEVEL=warning run systemd-analyze verify --man=no "$lab/vlab-node.service"
    assert_success
    assert_output ''
    stop=$(sed -n "s/%H/$(uname -n)/; s/^ExecStop=//p" "$lab/vlab-node.service")
    eval "$stop"
    vlab-node on
    eval "$stop"
    assert_equal "$(state)" 'none off'
    eval "$stop"
}

# found GLOB: the header of the node's roll is one of these; this, and what follows, without a
# process, for there are hundreds of rounds.
found() {
    local header
    read -r header <"$VLAB_STATE/node/2"
    # shellcheck disable=SC2053
    [[ $header == $1 ]]
}

# no_mark: the board of the node is not offline.
no_mark() {
    local header=
    read -r header <"$VLAB_STATE/board/10.0.0.1" || :
    [[ $header != *offline* ]]
}

@test "killed at any system call of off, on finds a state from which it works" {
    local call n code killed=0 all=0 called=${SEED:-$RANDOM} every=$((4 / $(rounds 4)))
    local host
    echo "SEED=$called"
    host=$(uname -n)
    vlab-node on >/dev/null
    run -0 strace -o "$lab/trace" vlab-node off 3>&-
    vlab-node on >/dev/null
    while read -r call n; do
        [ $((called++ % every)) -eq 0 ] || continue
        code=0
        strace -o /dev/null -e "inject=$call:signal=KILL:when=$n" vlab-node off \
            >/dev/null 2>&1 3>&- || code=$?
        # It waits in poll(2) now once more, now once less, and the end of a child cuts a
        # directory's list in two.
        [[ $call == @(poll|getdents64) && $code = 0 ]] || assert_equal "$call $n $code" "$call $n 137"
        found '2 up *' || found '2 blocked *' || found '2 leaving *' || found '0 off *' ||
            fail "$call $n: $(state)"
        vlab-node on >/dev/null || fail "$call $n"
        found '2 up *' && no_mark && [ -e "$VLAB_STATE/shutdown.$host" ] || fail "$call $n"
        all=$((all + 1))
        killed=$((killed + (code == 137)))
    done < <(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$lab/trace" |
        awk '$1 != "execve" { print $1, ++n[$1] }')
    [ "$all" -gt $((100 / every)) ] && [ $((all - killed)) -lt 10 ] || fail "only $killed of $all calls"
    is_up
}

# neighbour: node 3 is up, in a state of its own, and its door answers.
neighbour() {
    mkdir "$lab/three"
    lab_give vlab "$lab/three"
    (VLAB_STATE=$lab/three lab_exec as vlab tcpserver -1 -RHDl 0 127.0.0.3 0 vlab-door -e) \
        </dev/null >"$lab/port" 2>>"$lab/log" 3>&- &
    neighbour=$!
    lab_pids+=("$neighbour")
    wait_until test -s "$lab/port"
    sed "/^address = 127.0.0.3/{n;s/.*/port = $(<"$lab/port")/}" "$VLAB_CONF" >"$lab/conf"
    lab_conf <"$lab/conf"
    VLAB_STATE=$lab/three lab_compile
    VLAB_STATE=$lab/three as vlab member-ask set 3 1 up
}

# heard_all: nobody is at its door now.
heard_all() {
    [ "$(ss -Hltn "sport = $(<"$lab/port")" | awk '{ print $2 }')" = 0 ] &&
        [ -z "$(<"/proc/$neighbour/task/$neighbour/children")" ]
}

# heard STATE: that is what node 3 knows of node 2.
heard() {
    [ "$(VLAB_STATE=$lab/three as vlab member-ask look 2 | cut -d ' ' -f 2,3)" = "$*" ]
}

# traced OPTION...: how an `off -f` ends that has these options for strace.
traced() {
    code=0
    strace "$@" vlab-node off -f >"$lab/off.out" 2>&1 3>&- || code=$?
}

# Right after each call that others see something of, and at others by chance: SEED.
@test "killed at a call of an off that ends a guest and tells a node, on works, and that node hears it" {
    need_root
    local call n code killed=0 all=0 seed=${SEED:-$RANDOM}
    echo "SEED=$seed"
    neighbour
    vlab-node on >/dev/null
    heard member up
    guest alice run alice 2001
    traced -o "$lab/trace"
    assert_equal "$code $(heard none off && echo heard)" '0 heard'
    while read -r call n; do
        vlab-node on >/dev/null || fail "$call $n"
        if gone "${talk_pid[alice]}"; then
            hang_up alice
            guest alice run alice 2001
        fi
        traced -o /dev/null -e "inject=$call:signal=KILL:when=$n"
        all=$((all + 1))
        killed=$((killed + (code == 137)))
        # How often it looks who has gone is not always the same.
        [ $code = 0 ] || assert_equal "$call $n $code" "$call $n 137"
        found '2 up *' || found '2 blocked *' || found '2 leaving *' || found '0 off *' ||
            fail "$call $n: $(state)"
        # What it is told comes in no order if it comes at once.
        wait_until heard_all
        vlab-node on >/dev/null || fail "$call $n"
        found '2 up *' && no_mark && [ -e "$VLAB_STATE/shutdown.$(uname -n)" ] &&
            heard member up || fail "$call $n"
        # Who was not ended is there as before.
        run -0 member-ask guests 2
        ! gone "${talk_pid[alice]}" || assert_output ''
        gone "${talk_pid[alice]}" || assert_output 'run alice 2001 3 of alice'
    done < <(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$lab/trace" |
        awk -v "seed=$seed" 'BEGIN { srand(seed) }
            $1 != "execve" { print seen ? 0 : rand(), $1, ++n[$1] }
            { seen = /^(pwrite64|sendto|pidfd_send_signal|unlink)$/ }' |
        sort -n | head -n 25 | cut -d ' ' -f 2-)
    [ "$all" = 25 ] && [ "$killed" -ge 20 ] || fail "only $killed of $all calls"
    run -0 vlab-node off -f
    heard none off
}
