#!/usr/bin/env bats
# Writes that were answered before the peer has answered them: lib/behind.
# shellcheck disable=SC2154 # lib.bash sets them
load lib

PATH=$tree/t:$PATH

@test "writes under way have no byte in common, are no more than may be, and fail once" {
    run -0 behind
}
