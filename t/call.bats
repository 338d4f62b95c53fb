#!/usr/bin/env bats
# T messages that wait for their answers: lib/call.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

PATH=$tree/t:$PATH

@test "each call hears once, and no tag is used again while it is flushed" {
    run -0 call
}
