#!/usr/bin/env bats
# The maintenance mark.

# shellcheck disable=SC2154 # lib.bash sets them
load lib
load hold
setup() { hold_setup; }
teardown() { lab_teardown; }

status_of() {
    vlab-ls -j | jq -r ".pools[].boards[] | select(.address == \"$1\").state"
}

is() {
    [ "$(status_of "$1")" = "$2" ]
}

@test "a pool passes over a board that is offline, and takes it again when the mark is cleared" {
    vlab-offline 10.0.0.1
    hold a alice pool
    assert_equal "$held" 10.0.0.2
    helper b bob
    tell b boardrequest pool
    hear b '^error busy'
    vlab-offline -c 10.0.0.1
    tell b boardrequest pool
    hear b '^boardassign 10.0.0.1 7020$'
}

@test "who waits gets a board when its mark is cleared" {
    vlab-offline 10.0.0.3:7021
    queue b bob one
    vlab-offline -c 10.0.0.3:7021
    hear b '^boardassign 10.0.0.3 7021$'
}

@test "who holds the board keeps it, may join it again, and the next one does not get it" {
    hold a alice one
    vlab-offline -m "worn out" 10.0.0.3:7021
    hold a2 alice one
    assert_equal "$held" 10.0.0.3:7021
    hang_up a
    hang_up a2
    wait_until is 10.0.0.3:7021 offline
    helper b bob
    tell b boardrequest one
    hear b '^error busy'
}

@test "a mark with -t ends by itself, and a later one takes the place of an earlier" {
    vlab-offline -t 3 10.0.0.1
    vlab-offline -t 1000 -m longer 10.0.0.2
    vlab-offline -t 3 -m shorter 10.0.0.2
    is 10.0.0.1 offline
    wait_until is 10.0.0.1 free
    wait_until is 10.0.0.2 free
}

@test "the mark is in the state directory and nowhere else" {
    vlab-offline -m moved -t 100 10.0.0.1
    cp -r "$VLAB_STATE" "$lab/copy"
    VLAB_STATE=$lab/copy run -0 vlab-ls pool
    assert_line --regexp '^  10.0.0.1  offline  until .*: moved$'
    assert_line --regexp '^  10.0.0.2  free$'
}

@test "a reload leaves the mark alone" {
    vlab-offline 10.0.0.1
    lab_compile
    is 10.0.0.1 offline
}

@test "everybody sees reason and end" {
    vlab-offline -m "the fan
is loud" -t 3600 10.0.0.1
    vlab-offline 10.0.0.2
    run -0 env TZ=UTC vlab-ls pool
    until=$(date -u -d "@$(vlab-ls -j | jq '.pools[0].boards[0].until')" '+%F %T')
    assert_line "  10.0.0.1  offline  until $until: the fan is loud"
    assert_line "  10.0.0.2  offline  maintenance"
    run -0 jq -c '.pools[0].boards' <(vlab-ls -j)
    refute_output --partial '"address":"10.0.0.2","state":"offline","until"'
    hold a alice one
    vlab-offline -m later 10.0.0.3:7021
    run -0 vlab-ls one
    assert_line --regexp 'held +alice .*; offline later$'
}

@test "a board may be named as in the config, also with the port that goes without saying" {
    vlab-offline 10.0.0.1:7020
    is 10.0.0.1 offline
    sed -i '1i port = 7021' "$VLAB_CONF"
    lab_compile
    vlab-offline 10.0.0.3
    is 10.0.0.3:7021 offline
}

@test "-c says no with exit 1 when there is no mark, or it has ended" {
    run -1 vlab-offline -c 10.0.0.1
    assert_output "vlab-offline: fatal: 10.0.0.1 is not offline"
    vlab-offline 10.0.0.1
    run -0 vlab-offline -c 10.0.0.1
    assert_output ""
    run -1 vlab-offline -c 10.0.0.1
}

@test "a board that is not in the config is answered no, and so is a pool" {
    run -1 vlab-offline 10.0.0.9
    assert_output "vlab-offline: fatal: there is no board 10.0.0.9: vlab-ls lists them"
    run -1 vlab-offline 10.0.0.3
    run -1 vlab-offline -c 10.0.0.9
    run -1 vlab-offline pool
    assert_output "vlab-offline: fatal: pool is a pool, not a board: vlab-ls pool lists its boards"
}

@test "what is no address is a mistake" {
    run -100 vlab-offline 10.0.0.1:0
    assert_output "vlab-offline: fatal: 10.0.0.1:0 is no address of a board: it is HOST, HOST:PORT, [IPV6] or [IPV6]:PORT"
    run -100 vlab-offline ../board/10.0.0.1
}

@test "wrong usage is answered with the usage and exit 100" {
    for words in "" "10.0.0.1 10.0.0.2" "-c" "-c -t 5 10.0.0.1" "-c -m x 10.0.0.1" "-x"; do
        # shellcheck disable=SC2086
        run -100 vlab-offline $words
        assert_line "usage: vlab-offline [-m reason] [-t seconds] board"
    done
    for seconds in 0 -1 1x 99999999999 ""; do
        run -100 vlab-offline -t "$seconds" 10.0.0.1
        assert_output --partial "not a number of seconds from 1 to 316224000"
    done
    run -100 vlab-offline -m "$(printf %300s '')" 10.0.0.1
    assert_output "vlab-offline: fatal: the reason is longer than 226 characters"
    is 10.0.0.1 free
}

@test "the longest reason that is allowed is kept whole" {
    reason=$(printf '%0226d' 7)
    vlab-offline -m "$reason" -t 1000 10.0.0.1
    run -0 vlab-ls pool
    assert_line --partial ": $reason"
}

@test "without a config it says what to do" {
    rm "$VLAB_STATE/config.cdb"
    run -111 vlab-offline 10.0.0.1
    assert_output "vlab-offline: fatal: unable to open $VLAB_STATE/config.cdb: No such file or directory (run vlab-compile-config first)"
    echo >"$VLAB_STATE/config.cdb"
    run -111 vlab-offline 10.0.0.1
    assert_output "vlab-offline: fatal: $VLAB_STATE/config.cdb is no database: run vlab-compile-config"
    rm -r "$VLAB_STATE"
    run -111 vlab-offline 10.0.0.1
    assert_output --partial "(run vlab-compile-config first)"
}

@test "only root and the user vlab may set the mark" {
    need_root
    run -1 as alice vlab-offline 10.0.0.1
    assert_output "$(refused vlab-offline)"
    as vlab vlab-offline 10.0.0.1
    is 10.0.0.1 offline
}

@test "the examples of the manual work" {
    sed -i 's/10.0.0.3:7021/192.168.124.53:7021/' "$VLAB_CONF"
    lab_compile
    mapfile -t line < <(examples vlab-offline.8)
    assert_equal "${#line[@]}" 2
    bash -c "${line[0]}"
    is 192.168.124.53:7021 offline
    bash -c "${line[1]}"
    is 192.168.124.53:7021 free
}

@test "root is not led to other files by whoever owns the state" {
    need_root
    install -d -m 700 "$lab/secret"
    echo precious >"$lab/secret/10.0.0.1"
    mv "$VLAB_STATE/board" "$VLAB_STATE/old"
    ln -s "$lab/secret" "$VLAB_STATE/board"
    for command in "vlab-offline -m hello" vlab-kick; do
        # shellcheck disable=SC2086
        run $command 10.0.0.1
        assert_failure
        assert_equal "$(<"$lab/secret/10.0.0.1")" precious
    done
}
