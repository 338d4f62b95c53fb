#!/usr/bin/env bats
# The files the kernel knows of, and their fids: lib/node.
load lib

PATH=$tree/t:$PATH

@test "what has a name is found by it, each fid is in one place, and ways are right" {
    run -0 node
}
