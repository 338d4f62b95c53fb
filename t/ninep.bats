#!/usr/bin/env bats
# The messages of 9P, packed and parsed. What is parsed ends where its memory ends, so that
# the sanitizers see what is read behind it.

load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

@test "each message has the bytes that the manual gives it" {
    # size, type, tag, and the members, each apart; the first of a connection are those
    # that other ducts say.
    run -0 ninep golden
    assert_output "$(sed 's/ /:/; s/ //g; s/:/ /' <<'END'
Tversion 13000000 64 ffff 18200000 0600 395032303030
Rversion 13000000 65 ffff 18200000 0600 395032303030
Tauth 12000000 66 0100 04030201 0200 6d65 0100 2f
Rauth 14000000 67 0100 80 01000000 0200000000000000
Tattach 15000000 68 0000 00000000 ffffffff 0200 616c 0000
Rattach 14000000 69 0000 80 01000000 0200000000000000
Rerror 22000000 6b 3412 1900 4e6f20737563682066696c65206f72206469726563746f7279
Tflush 09000000 6c 0100 0302
Rflush 07000000 6d 0100
Twalk 1a000000 6e 0100 02000000 03000000 0200 0300 757372 0200 2e2e
Rwalk 23000000 6f 0100 0200 80 01000000 0200000000000000 01 04030201 8877665544332211
Topen 0c000000 70 0100 02000000 11
Ropen 18000000 71 0100 80 01000000 0200000000000000 00200000
Tcreate 15000000 72 0100 02000000 0300 6e6577 ed010080 02
Rcreate 18000000 73 0100 80 01000000 0200000000000000 00200000
Tread 17000000 74 0100 02000000 0807060504030201 10000000
Rread 10000000 75 0100 05000000 68656c6c6f
Twrite 1c000000 76 0100 02000000 0000000001000000 05000000 68656c6c6f
Rwrite 0b000000 77 0100 05000000
Tclunk 0b000000 78 0100 02000000
Rclunk 07000000 79 0100
Tremove 0b000000 7a 0100 02000000
Rremove 07000000 7b 0100
Tstat 0b000000 7c 0100 02000000
Rstat 45000000 7d 0100 3c00 3a00 0201 06050403 01 04030201 8877665544332211 a4010000 07000000 08000000 0900000001000000 0400 6e616d65 0200 6d65 0300 6c6162 0200 6a6f
Twstat 3e000000 7e 0100 02000000 3100 2f00 ffff ffffffff ff ffffffff ffffffffffffffff ffffffff ffffffff ffffffff ffffffffffffffff 0000 0000 0000 0000
Rwstat 07000000 7f 0100
END
)"
}

@test "a message cut off anywhere, longer, or with any other length in it is none" {
    run -0 ninep lengths
    assert_output ''
}

@test "what is no type, no name, or has no room is refused" {
    run -0 ninep rules
    assert_output ''
}

@test "messages and directories of random content are the same when they come back" {
    run -0 ninep random 5000 0
    assert_output --regexp '^seed [0-9]+$'
}
