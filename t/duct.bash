# Helpers for the tests of vlab-duct, on top of lib.bash: two ends, a and b. Each has a
# directory of its own that it exports, $lab/a/own, and the other's mounted, $lab/a/peer.
# shellcheck shell=bash disable=SC2034,SC2154

# duct_setup: a lab for two ducts, in $lab, where we are then.
duct_setup() {
    need_fuse
    lab_setup
    cd "$lab" || return
    mkdir -p a/own a/peer b/own b/peer
    # Whatever user the ducts are started as, their messages must go somewhere.
    chmod 777 "$lab"
}

# need_fuse: skip this test where nothing can be mounted.
need_fuse() {
    need_root
    [ -c /dev/fuse ] || skip "needs /dev/fuse"
}

# duct_teardown: end all; what is mounted then, or runs, is a failure.
duct_teardown() {
    local left='' path
    [ -n "$lab" ] || return 0
    # shellcheck disable=SC2046
    {
        kill -TERM $(duct_pids) || :
        kill -CONT $(duct_pids) || :
    } 2>/dev/null
    wait_until -t 20 duct_none_mounted 2>/dev/null || left=$(duct_mounts)
    while read -r path; do
        [ -z "$path" ] || umount -l "$path"
    done <<<"$left"
    cd /
    lab_teardown || return
    [ -z "$left" ] || fail "these mounts were left: $left"
}

# duct_pids: those of all ducts of this lab.
duct_pids() {
    local found
    found=$(lab_processes)
    ps -o pid=,comm= -p "${found//$'\n'/,}" | sed -n 's/ vlab-duct$//p'
}

# duct_mounts: what is mounted below the lab.
duct_mounts() {
    findmnt -rno TARGET | grep "^$lab/" || :
}

duct_none_mounted() {
    [ -z "$(duct_mounts)" ]
}

# duct_pair LINK COMMAND... -- COMMAND...: start two programs at the two ends of a link
# (socket, tcp, pipes); pids in $a and $b. It may begin with `as USER`.
duct_pair() {
    local -a who=()
    if [ "$1" = as ]; then
        who=(as "$2")
        shift 2
    fi
    rm -f a.err b.err
    talk pair "${who[@]}" pair "$@"
    hear pair '^a pid'
    a=${heard#a pid }
    hear pair '^b pid'
    b=${heard#b pid }
}

# duct LINK [OPTION...] [-- OPTION...]: start two ducts with these options for a and for b,
# and wait until both have mounted.
duct() {
    local link=$1
    local -a one=() other=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        one+=("$1")
        shift
    done
    other=("${@:2}")
    duct_pair "$link" vlab-duct -v "${one[@]}" a/own a/peer -- \
        vlab-duct -v "${other[@]}" b/own b/peer
    wait_until duct_has_said a mounted
    wait_until duct_has_said b mounted
}

# duct_has_said END REGEX: has it, on standard error?
duct_has_said() {
    grep -qs -- "$2" "$lab/$1.err"
}

# duct_ends CODE CODE: wait until a and b have ended, with these codes; nothing is mounted
# then, and no process of theirs is left.
duct_ends() {
    hear pair '^[ab] exit' 60
    local first=$heard
    hear pair '^[ab] exit' 60
    assert_equal "$(printf '%s\n' "$first" "$heard" | sort)" "a exit $1"$'\n'"b exit $2"
    wait_until duct_none_mounted
    ended pair
    wait_until duct_no_process
}

duct_no_process() {
    ! lab_processes | xargs -r ps -o comm= -p | grep -q 'vlab-duct\|vlab-sweep\|vlab-sync'
}

# duct_unmount END: as a user would.
duct_unmount() {
    umount "$lab/$1/peer"
}

# original_setup, original_teardown: around tests with t/original.
original_setup() {
    mkfifo orders
    exec {orders}<>orders
}

original_teardown() {
    [ -z "$orders" ] || exec {orders}>&-
    ! [ -e b.err ] || sed 's/^/b said: /' b.err
}

# original LINK OPTION...: a duct, a, with these options, and t/original, b.
original() {
    duct_pair "$1" vlab-duct -v "${@:2}" a/own a/peer -- original orders
    wait_until duct_has_said a mounted
    wait_until duct_has_said b ': attached'
}

# order TEXT [REGEX]: give it, and wait until the original has said something new.
order() {
    local before
    before=$(grep -cs -- "${2:-$}" b.err) || :
    echo "$1" >&"$orders"
    [ -z "$2" ] || wait_until duct_said_more b "$before" "$2"
}

# duct_said_more END N REGEX: has it said this more than N times?
duct_said_more() {
    [ "$(grep -c -- "$3" "$1.err")" -gt "$2" ]
}

# all_done: duct a has looked at all that it was asked until now.
all_done() {
    local before
    for _ in 1 2; do
        before=$(grep -c heard a.err) || :
        kill -USR1 "$a"
        wait_until duct_said_more a "$before" heard
    done
}

# duct_done: both have unmounted, and end well.
duct_done() {
    duct_unmount a
    duct_unmount b
    duct_ends 0 0
}
