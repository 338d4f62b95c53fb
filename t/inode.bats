#!/usr/bin/env bats
# The files the kernel knows of, and their fids: lib/inode.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

PATH=$tree/t:$PATH

@test "what has a name is found by it, each fid is in one place, and ways are right" {
    run -0 inode
}
