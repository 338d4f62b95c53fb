# Helpers for the tests of lib/mount, on top of lib.bash and duct.bash: what t/export serves
# of $served is mounted at $mnt by t/ninep-mount.
# shellcheck shell=bash disable=SC2034,SC2154

mount_setup() {
    lab_setup
    need_fuse
    served=$lab/served mnt=$lab/mnt
    mkdir "$served" "$mnt"
    cd "$lab" || return
}

mount_teardown() {
    cd /
    [ -z "$mnt" ] || umount -l "$mnt" 2>/dev/null || fusermount3 -u -z "$mnt" 2>/dev/null || :
    [ -z "$served" ] || umount -l "$served" 2>/dev/null || :
    lab_teardown
}

# mounted [OPTION...] [SERVER...]: mount what t/export, or SERVER in front of it, serves of
# $served. The pid is in $pid.
mounted() {
    local -a options
    while [[ $1 == -* ]]; do
        options+=("$1" "$2")
        shift 2
    done
    rm -f mount.err
    talk mount ninep-mount "${options[@]}" "$mnt" "$@" export "$served"
    pid=${talk_pid[mount]}
    hear mount '^up$'
}

# unmounted [REGEX]: unmount it, and see that its process ends in peace, and has said nothing
# but its seed, and what fits.
unmounted() {
    wait_until unmount
    ended mount
    assert_equal "$code" 0
    run ! grep -vE "^seed${1:+|$1}" mount.err
}

# A file may be kept open for a moment by who has been killed.
unmount() {
    umount "$mnt" 2>/dev/null || fusermount3 -u "$mnt" 2>/dev/null
}
