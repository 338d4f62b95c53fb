#!/usr/bin/env bats
# What is nearly a config, and what is nearly a database, read with the sanitizers watching.
# FUZZ_COUNT is how many are tried, FUZZ_SEED which ones.

# shellcheck disable=SC2154 # lib.bash sets them
load lib

setup_file() {
    local tree=$BATS_TEST_DIRNAME/..
    cd "$tree" || return
    # Above the library's own, these are built with the sanitizers.
    # shellcheck disable=SC2046
    $(sed 's/-O2//; s/-D_FORTIFY_SOURCE=2//' conf/cc) -O1 -g -Ilib -fsanitize=address,undefined \
        -fno-sanitize-recover=all -o "$BATS_FILE_TMPDIR/fuzz-conf" t/fuzz-conf.c \
        lib/{address,conf,errors,names,words,device,launcher,parse*,accounts,records*,record,map,whole,say}.c \
        lib/vlab.a $(cat conf/libs)
}
setup() { lab_setup; }
teardown() { lab_teardown; }

fuzz() {
    # shellcheck disable=SC2086
    run "$BATS_FILE_TMPDIR/fuzz-conf" "$1" "${FUZZ_COUNT:-$2}" $FUZZ_SEED
    echo "$output"
    assert_success
}

@test "no text makes the parser, the checks or the compiler stumble" {
    fuzz text 5000
}

@test "no damage to the database makes its readers stumble" {
    lab_conf <<'EOF'
trust = 10.0.0.7
[pool]
address = 10.0.0.1
address = 10.0.0.2
group = vluser
[more]
address = 10.0.0.2
user = eve
[board 10.0.0.1]
uart = /dev/ttyUSB0
uart = /dev/ttyUSB1
fpga = xc3s500e
fpga = *
program = prog %f
reset = reset
[launch build]
command = make
dir = /srv
group = vluser
EOF
    fuzz database 1000
}

@test "the same seed tries the same texts" {
    run "$BATS_FILE_TMPDIR/fuzz-conf" text 100 42
    assert_success
    assert_output 'seed 42'
}
