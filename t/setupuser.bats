# tools/setupuser, on account files of the test's own: a mount namespace hides the real ones.
# shellcheck disable=SC2016
load lib

setup() {
    need_root
    lab_setup
    unshare -m true || skip "needs mount namespaces"
    cp -a /etc "$lab/etc"
    mkdir "$lab/keys" "$lab/sshd" "$lab/run-sshd"
    export tree lab
}

teardown() {
    lab_teardown
}

# apart SCRIPT [WORD...]: run a shell script where /etc and /home are the lab's, in the
# directory where keys are to be written.
apart() {
    lab_words_apart "$@"
    "${words[@]}"
}

lab_words_apart() {
    words=(unshare -m sh -c '
        mount --bind "$lab/etc" /etc && mount --bind "$lab/home" /home || exit 111
        cd "$lab/keys" || exit 111
        script=$1
        shift
        eval "$script"' sh "$@")
}

# setupuser WORD...: the tool, with this tree's relay.
setupuser() {
    apart '"$tree/tools/setupuser" -s "$(command -v vlab-relay)" "$@"' "$@"
}

@test "setupuser makes an account with the relay, no password and a key of its own" {
    run setupuser zoe yan
    assert_success
    assert_output ''
    run apart 'getent passwd zoe'
    assert_output --regexp ':/home/zoe:.*/vlab-relay$'
    run apart 'getent shadow zoe'
    assert_output --regexp '^zoe:\*:'
    run apart 'id -nG zoe'
    assert_output 'zoe vluser'
    assert_equal "$(stat -c %a "$lab/keys/zoe.key")" 600
    run cat "$lab/home/zoe/.ssh/authorized_keys"
    assert_output "restrict,pty $(ssh-keygen -y -f "$lab/keys/zoe.key")"
    run apart 'stat -c "%a %U" /home/zoe/.ssh /home/zoe/.ssh/authorized_keys'
    assert_output "700 zoe
600 zoe"
    run ! cmp -s "$lab/keys/zoe.key" "$lab/keys/yan.key"
}

@test "setupuser again adds a key and deletes nothing" {
    setupuser zoe
    mv "$lab/keys/zoe.key" "$lab/keys/old"
    apart 'echo zoe:secret | chpasswd; usermod -s /bin/sh -a -G audio zoe
        echo mine >/home/zoe/file
        printf "ssh-ed25519 AAAA no-newline" >>/home/zoe/.ssh/authorized_keys'
    hash=$(grep ^zoe: "$lab/etc/shadow" | cut -d: -f2)
    run setupuser zoe
    assert_success
    run cat "$lab/home/zoe/.ssh/authorized_keys"
    assert_line "restrict,pty $(ssh-keygen -y -f "$lab/keys/old")"
    assert_line 'ssh-ed25519 AAAA no-newline'
    assert_line "restrict,pty $(ssh-keygen -y -f "$lab/keys/zoe.key")"
    run apart 'id -nG zoe; getent passwd zoe; cat /home/zoe/file'
    assert_line 'zoe audio vluser'
    assert_line --regexp '/vlab-relay$'
    assert_line mine
    run grep ^zoe: "$lab/etc/shadow"
    assert_output --partial "zoe:*$hash:"
}

@test "setupuser adds to the group that is asked for" {
    run setupuser -g students zoe
    assert_success
    run apart 'id -nG zoe'
    assert_output 'zoe students'
}

@test "setupuser changes nothing when one name is wrong" {
    before=$(cat "$lab/etc/passwd" "$lab/etc/group")
    for wrong in root daemon -x 'a b' ../zoe ''; do
        run setupuser -- zoe "$wrong"
        assert_failure 100
    done
    echo precious >"$lab/keys/yan.key"
    run setupuser zoe yan
    assert_failure 100
    assert_output "setupuser: fatal: yan.key is there already: move it away first"
    assert_equal "$(cat "$lab/keys/yan.key")" precious
    assert_equal "$(cat "$lab/etc/passwd" "$lab/etc/group")" "$before"
    assert_not_exists "$lab/keys/zoe.key"
}

@test "setupuser writes as the user: a link in his home leads nowhere he could not go" {
    setupuser zoe
    rm "$lab/keys/zoe.key"
    echo precious >"$lab/root-file"
    apart 'rm /home/zoe/.ssh/authorized_keys; ln -s "$lab/root-file" /home/zoe/.ssh/authorized_keys'
    run setupuser zoe
    assert_failure 111
    assert_equal "$(cat "$lab/root-file")" precious
}

@test "setupuser without the relay says what to do" {
    run apart '"$tree/tools/setupuser" -s /no/vlab-relay zoe'
    assert_failure 100
    assert_output --partial 'run ./redo install first'
}

@test "setupuser --help explains itself" {
    run "$tree/tools/setupuser" --help
    assert_success
    assert_output --partial 'usage: setupuser'
    run "$tree/tools/setupuser"
    assert_failure 100
}

# serve_ssh [LINE...]: start sshd with the lines that are shipped, and these. How to go there
# as zoe is in $ssh.
serve_ssh() {
    ssh-keygen -q -t ed25519 -N '' -f "$lab/sshd/host"
    {
        printf '%s\n' "HostKey $lab/sshd/host" "PidFile none" "UsePAM no" "$@"
        cat "$tree/conf/services/sshd_config"
    } >"$lab/sshd/config"
    mkdir -p /run/sshd
    words=()
    lab_words_apart 'exec tcpserver -1 -RHl0 127.0.0.1 0 /usr/sbin/sshd -i -f "$lab/sshd/config"'
    lab_start "${words[@]}"
    wait_until grep -qx '[0-9]*' "$lab/log"
    port=$(grep -x '[0-9]*' "$lab/log")
    ssh=(ssh -F none -i "$lab/keys/zoe.key" -p "$port" -o BatchMode=yes -o IdentitiesOnly=yes
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
        -l zoe 127.0.0.1)
}

@test "a user made by setupuser comes through sshd to the relay, and may forward nothing" {
    setupuser zoe
    serve_ssh
    talk zoe "${ssh[@]}"
    hear zoe '^rversion '
    tell zoe quit
    ended zoe
    assert_equal "$code" 0
    run "${ssh[@]}" -o ExitOnForwardFailure=yes -R 0:127.0.0.1:1 quit </dev/null
    assert_failure
    assert_output --partial 'forward'
}

@test "VL2's client comes through sshd to a board, and when its ssh is killed the board is free" {
    setupuser zoe
    serve_ssh "SetEnv VLAB_LAB=$lab VLAB_SOCKET=$VLAB_SOCKET VLAB_STATE=$VLAB_STATE"
    echo "zoe:x:$(apart 'id -u zoe'):2000::/home/zoe:/bin/sh" >>"$lab/passwd"
    lab_board
    printf '[pool]\nuser = zoe\nuser = carol\naddress = %s\n' "$board" | lab_conf
    lab_serve
    for way in quit kill; do
        # It asks for a command, and for no terminal.
        talk zoe "${ssh[@]}" -T -- -no-shell-
        hear zoe ''
        [[ $heard =~ ^rversion ]] || fail "$heard"
        tell zoe rem keep alive
        tell zoe connect pool
        hear zoe '^ok connected to '
        hear zoe '^eversion '
        tell zoe check
        hear zoe '^boardinfo '
        hear zoe '^activityinfo '
        run ! grep ^error "$lab/zoe.out"
        run -1 as carol vlab-lock -n pool true
        if [ $way = quit ]; then
            tell zoe quit
            ended zoe
            assert_equal "$code" 0
        else
            kill -KILL "${talk_pid[zoe]}"
        fi
        as carol vlab-lock -w 2 pool true
    done
    # As anybody may do by hand.
    run -1 "${ssh[@]}" -T connect nope </dev/null
    assert_line --regexp '^error unknownboard '
}
