#!/usr/bin/env bats
# The status.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
load hold
setup() {
    lab_setup
    lab_conf <<'EOF'
[burchtest]
address = 192.168.124.51
address = 192.168.124.52
address = 192.168.124.53:7021
group = vluser
group = staff
[s3esk]
address = 10.0.0.1
user = alice
user = dave
[both]
address = [fd00::1]
address = 192.168.124.53:7021
group = staff
user = alice
EOF
}
teardown() { lab_teardown; }

# a_day_in_the_lab: something of everything.
a_day_in_the_lab() {
    hold a alice burchtest
    hold a2 alice burchtest
    hold b bob burchtest
    vlab-offline -m "the fan is loud" -t 3600 192.168.124.53:7021
    queue d dave burchtest
    queue c carol burchtest
    hold a3 alice s3esk
    vlab-offline 10.0.0.1
    vlab-offline '[fd00::1]'
}

# plain: standard input with what differs each time replaced: pids by the names in talk_pid.
plain() {
    local name
    local -a edit=(-e 's/20[0-9-]* [0-9:]\{8\}/TIME/g')
    for name in "${!talk_pid[@]}"; do
        edit+=(-e "s/ ${talk_pid[$name]}\\b/ $name/g")
    done
    sed "${edit[@]}"
}

of() {
    vlab-ls -j | jq -c "$1"
}

@test "the listing for people" {
    a_day_in_the_lab
    diff <(vlab-ls | plain) "$BATS_TEST_DIRNAME/vlab-ls.exp"
}

@test "the listing as JSON says the same, with the keys in their order" {
    before=$(date +%s)
    a_day_in_the_lab
    after=$(date +%s)
    vlab-ls -j >"$lab/json"
    assert_equal "$(wc -l <"$lab/json")" 1
    run -0 jq -c "(.. | .since? | numbers) |= if . >= $before and . <= $after then 1 else . end
        | (.. | .until? | numbers) |= if . >= $before + 3600 and . <= $after + 3600 then 2 else . end
        | (.. | .host? | strings) |= if . == \"$(hostname)\" then \"here\" else . end" "$lab/json"
    s() {
        printf '{"pid":%s,"host":"here","since":1}' "${talk_pid[$1]}"
    }
    w() {
        printf '{"user":"%s","pid":%s,"since":1}' "$1" "${talk_pid[$2]}"
    }
    shared='{"address":"192.168.124.53:7021","state":"offline","until":2}'
    assert_output "{\"pools\":[$(
        printf %s '{"name":"burchtest","groups":["vluser","staff"],"users":[],"boards":[' \
            '{"address":"192.168.124.51","state":"held","user":"alice","sessions":[' \
            "$(s a),$(s a2)]}," \
            '{"address":"192.168.124.52","state":"held","user":"bob","sessions":[' \
            "$(s b)]},$shared],\"waiting\":[$(w dave d),$(w carol c)]}," \
            '{"name":"s3esk","groups":[],"users":["alice","dave"],"boards":[' \
            '{"address":"10.0.0.1","state":"held","user":"alice","sessions":[' \
            "$(s a3)]}],\"waiting\":[]}," \
            '{"name":"both","groups":["staff"],"users":["alice"],"boards":[' \
            "{\"address\":\"[fd00::1]\",\"state\":\"offline\"},$shared],\"waiting\":[]}"
    )],\"removed\":[]}"
}

@test "an idle lab is all free" {
    run -0 vlab-ls s3esk
    assert_output "s3esk (users alice dave)
  10.0.0.1  free"
    assert_equal "$(of '[.pools[].boards[].state] | unique')" '["free"]'
}

@test "who waits is listed in the order of the line, also when some have left it" {
    hold a alice s3esk
    for name in d1 d2 d3 d4; do
        queue $name dave s3esk
    done
    kill -KILL "${talk_pid[d2]}"
    ended d2
    queue d5 dave s3esk
    assert_equal "$(of '[.pools[1].waiting[].pid]')" \
        "[${talk_pid[d1]},${talk_pid[d3]},${talk_pid[d4]},${talk_pid[d5]}]"
}

@test "a held board that is marked offline says in JSON when that ends" {
    hold a alice s3esk
    vlab-offline -t 3600 10.0.0.1
    assert_equal "$(of '.pools[1].boards[0] | [.state, .user, (.until - now | . > 3590 and . <= 3600)]')" \
        '["held","alice",true]'
}

@test "a killed session is gone at once, and nothing needs repair" {
    hold a alice s3esk
    kill -KILL "${talk_pid[a]}"
    ended a
    run -0 vlab-ls s3esk
    assert_line "  10.0.0.1  free"
}

@test "boards no longer in the config are listed while somebody holds them" {
    hold a alice s3esk
    vlab-offline -m broken 10.0.0.1
    vlab-offline 192.168.124.51
    sed -i '/\[s3esk\]/,/dave/d; /124.51/d' "$VLAB_CONF"
    lab_compile
    assert_equal "$(vlab-ls | plain | tail -2)" "no longer in the config
  10.0.0.1  held     alice  1 session since TIME, pid a; offline broken"
    assert_equal "$(of '.removed[] | [.address, .state, .user, .sessions[].pid]')" \
        "[\"10.0.0.1\",\"held\",\"alice\",${talk_pid[a]}]"
    hang_up a
    ended a
    run -0 vlab-ls
    refute_output --partial "no longer"
    assert_equal "$(of .removed)" "[]"
}

@test "pools named are listed in the order given, and only they" {
    hold a alice s3esk
    sed -i 's/10.0.0.1/10.0.0.2/' "$VLAB_CONF"
    lab_compile
    run -0 vlab-ls both s3esk
    assert_output "both (groups staff, users alice)
  [fd00::1]            free
  192.168.124.53:7021  free
s3esk (users alice dave)
  10.0.0.2  free"
    assert_equal "$(vlab-ls -j s3esk | jq -c '[.pools[].name, .removed]')" '["s3esk",[]]'
}

@test "a pool that is not there is answered no, and nothing is listed" {
    run -1 --separate-stderr vlab-ls s3esk nowhere
    assert_output ""
    assert_equal "$stderr" "vlab-ls: fatal: there is no pool nowhere: vlab-ls lists them"
    run -1 --separate-stderr vlab-ls -w nowhere
}

@test "wrong usage is a mistake" {
    run -100 vlab-ls -x
    assert_output --partial "usage: vlab-ls [-j] [-w] [pool...]"
}

@test "without a config it says what to do" {
    rm "$VLAB_STATE/config.cdb"
    run -111 vlab-ls
    assert_output "vlab-ls: fatal: unable to open $VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
    run -111 vlab-ls -w
    assert_output --partial "(run vlab-compile-config first)"
    : >"$VLAB_STATE/config.cdb"
    run -111 vlab-ls
    assert_output "vlab-ls: fatal: $VLAB_STATE/config.cdb is no database: run vlab-compile-config"
}

@test "a listing that cannot be written is a failure" {
    run -111 sh -c 'vlab-ls >/dev/full'
    assert_output "vlab-ls: fatal: unable to write the listing: No space left on device"
}

@test "sessions on another host are shown with it, whatever it calls itself" {
    need_root
    far f alice s3esk faraway
    far g alice s3esk $'q"\\\xfc'
    run -0 vlab-ls s3esk
    assert_line --partial "2 sessions since"
    assert_line --partial ", pids ${talk_pid[f]}@faraway ${talk_pid[g]}@q\"\\_"
    assert_equal "$(of '[.pools[1].boards[0].sessions[].host]')" '["faraway","q\"\\_"]'
    run -0 iconv -f ASCII <(vlab-ls -j)
}

@test "who may not open the rolls is told by the helper of the pools he may use" {
    need_root
    a_day_in_the_lab
    lab_serve
    run -0 as dave vlab-ls
    assert_equal "$(sed -E 's/until [0-9: -]{19}/until TIME/' <<<"$output")" "burchtest (groups vluser staff)
  192.168.124.51       held     alice  2 sessions
  192.168.124.52       held     bob    1 session
  192.168.124.53:7021  offline  until TIME: the fan is loud
s3esk (users alice dave)
  10.0.0.1  held     alice  1 session; offline maintenance
both (groups staff, users alice)
  [fd00::1]            offline  maintenance
  192.168.124.53:7021  offline  until TIME: the fan is loud"
    assert_equal "$(as bob vlab-ls -j | sed -E 's/"until":[0-9]+/"until":N/')" '{"pools":[{"name":"burchtest",'\
'"groups":["vluser","staff"],"users":[],"boards":['\
'{"address":"192.168.124.51","state":"held","user":"alice"},'\
'{"address":"192.168.124.52","state":"held","user":"bob"},'\
'{"address":"192.168.124.53:7021","state":"offline","until":N}],"waiting":[]}],"removed":[]}'
    hang_up b
    ended b
    run -0 as bob vlab-ls burchtest
    assert_line --regexp "^  192.168.124.52 +held +dave +1 session$"
    run -1 as bob vlab-ls s3esk
    assert_output "vlab-ls: warning: s3esk: this pool is not for you"
    run -1 as eve vlab-ls
    assert_output "vlab-ls: warning: there is no pool for you"
}

@test "who may not open the rolls and has no helper is told where none answers" {
    need_root
    run -111 as alice vlab-ls
    assert_output --partial "vlab-ls: fatal: unable to ask the helper at $VLAB_SOCKET: "
}

@test "a helper that hangs up, or says it is busy, is no listing" {
    need_root
    lab_serve sh -c 'echo mversion x; read -r line; echo ok; read -r line'
    run -111 --separate-stderr as alice vlab-ls
    assert_output ""
    assert_equal "$stderr" \
        "vlab-ls: fatal: unable to ask the helper at $VLAB_SOCKET: Connection reset by peer"
    lab_stop "$server"
    lab_serve echo 'error busy you have too many connections'
    run -1 as alice vlab-ls
    assert_output --partial "the helper at $VLAB_SOCKET says: "
}

@test "-w shows each change: taken, joined, left, killed, waiting, offline and its end, the config" {
    talk w vlab-ls -w s3esk
    hear w '^  10.0.0.1  free$'
    hold a alice s3esk
    hear w '^  10.0.0.1  held     alice  1 session since'
    hold a2 alice s3esk
    hear w '^  10.0.0.1  held     alice  2 sessions since'
    queue d dave s3esk
    hear w '^  waiting  dave'
    hang_up a
    hear w '^  10.0.0.1  held     alice  1 session since'
    kill -KILL "${talk_pid[a2]}"
    hear w '^  10.0.0.1  held     dave  1 session since'
    kill -KILL "${talk_pid[d]}"
    hear w '^  10.0.0.1  free$'
    vlab-offline -t 2 10.0.0.1
    hear w '^  10.0.0.1  offline  until'
    hear w '^  10.0.0.1  free$'
    sed -i 's/10.0.0.1/10.0.0.2/' "$VLAB_CONF"
    lab_compile
    hear w '^  10.0.0.2  free$'
    run -0 grep -c '^$' "$lab/w.out"
    assert_output "$(($(grep -c '^s3esk' "$lab/w.out") - 1))"
}

@test "-w -j prints one object for each change" {
    talk w vlab-ls -w -j
    hear w '"s3esk"'
    hold a alice s3esk
    hear w '"held"'
    hang_up a
    hear w '^\{'
    run -0 jq -c '.pools[1].boards[0].state' "$lab/w.out"
    assert_output $'"free"\n"held"\n"free"'
}

@test "-w on a terminal clears it first" {
    talk w script -qec "vlab-ls -w s3esk" /dev/null
    hear w $'^\e\\[H\e\\[2Js3esk'
    vlab-offline 10.0.0.1
    hear w $'^\e\\[H\e\\[2Js3esk'
}

# wakeups PID: how often it has waited for something.
wakeups() {
    sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$1/status"
}

asleep() {
    [[ $(<"/proc/$1/stat") == *') S '* ]]
}

@test "-w sleeps until something changes, looking on wakes nobody" {
    hold a alice s3esk
    talk w vlab-ls -w
    talk w2 vlab-ls -w
    hear w '^  192.168.124.53:7021  free'
    hear w '^both'
    hear w2 '^both'
    wait_until asleep "${talk_pid[w]}"
    before=$(wakeups "${talk_pid[w]}")
    for _ in 1 2 3 4 5; do
        vlab-ls >"$lab/once"
        vlab-ls -j >"$lab/once"
        pause
    done
    assert_equal "$(wakeups "${talk_pid[w]}")" "$before"
    vlab-offline 10.0.0.1
    hear w '; offline maintenance$'
    run ! test "$(wakeups "${talk_pid[w]}")" = "$before"
}

@test "-w ends when nobody reads it any more" {
    mkfifo "$lab/fifo"
    (lab_exec vlab-ls -w) >"$lab/fifo" 3>&- &
    lab_pids+=($!)
    exec {fd}<"$lab/fifo"
    read -r line <&"$fd"
    assert_equal "$line" "burchtest (groups vluser staff)"
    exec {fd}<&-
    wait_until gone "${lab_pids[-1]}"
}

@test "-w is for who may open the rolls" {
    need_root
    lab_serve
    run -1 as alice vlab-ls -w
    assert_output --regexp "^vlab-ls: fatal: only root, the user [^ ]+ and the group [^ ]+ may do this$"
    talk member setpriv --reuid=2001 --regid=2000 --clear-groups vlab-ls -w
    hear member '^burchtest'
}

@test "the examples of the manual work" {
    hold a alice burchtest
    hold a2 alice both
    hold a3 alice s3esk
    mapfile -t line < <(examples vlab-ls.1)
    assert_equal "${#line[@]}" 3
    run -0 bash -c "${line[0]}"
    assert_line --index 0 "burchtest (groups vluser staff)"
    assert_line --index 4 "s3esk (users alice dave)"
    assert_equal "${line[1]}" "vlab-ls -w"
    run -0 bash -c "${line[2]}"
    assert_output "10.0.0.1
192.168.124.51
[fd00::1]"
}
