#!/usr/bin/env bats
# A directory as it was at one moment: lib/glance.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

PATH=$tree/t:$PATH

@test "each name is found with its own stat, no other is, and what changes is hidden" {
    run -0 glance
    assert_output ''
}
