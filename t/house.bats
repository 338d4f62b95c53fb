# The build and its tools, mostly in a small tree of their own: $lab/small has GNUmakefile,
# redo and tools as they are here, one program, one library file and one test.
# shellcheck disable=SC2016
load lib

setup() {
    lab_setup
    cd "$tree" || return
    # What a make that runs these tests says to its own children.
    unset MAKEFLAGS MAKELEVEL MFLAGS
}

teardown() {
    lab_teardown
}

small_tree() {
    small=$lab/small
    mkdir -p "$small/bin" "$small/lib" "$small/t"
    cp -r GNUmakefile redo tools conf "$small"
    cd "$small" || return
    echo gcc -O >conf/cc
    echo gcc >conf/ld
    echo 'int two(void);' >lib/two.h
    printf '#include "two.h"\nint two(void)\n{\n    return 2;\n}\n' >lib/two.c
    printf '#include <stdio.h>\n#include "two.h"\nint main(void)\n{\n    %s\n}\n' \
        'return printf("%d\n", two()) < 0;' >bin/vlab-two.c
    printf '@test "it is two" {\n    [ "$(bin/vlab-two)" = 2 ]\n}\n' >t/two.bats
}

# outside COMMAND...: run it as if it were not in a test, for it has tests of its own.
outside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR="${TMPDIR:-/tmp}" VLAB_LAB="$lab" \
        ${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"} \
        ${UBSAN_OPTIONS:+"UBSAN_OPTIONS=$UBSAN_OPTIONS"} "$@"
}

# later FILE: make it newer than all that is built, whatever the clock's grain.
later() {
    touch -d '+2 seconds' "$1"
}

@test "make and redo build the same bytes" {
    for door in make redo; do
        mkdir "$lab/$door"
        tar -cf - --exclude=./.git . | tar -xf - -C "$lab/$door"
        (cd "$lab/$door" && tools/clean)
    done
    make -s -j2 -C "$lab/make" all
    "$lab/redo/redo" all >/dev/null
    for built in lib/vlab.a bin/*.c; do
        assert_exists "$lab/make/${built%.c}"
        cmp "$lab/make/${built%.c}" "$lab/redo/${built%.c}"
    done
}

@test "neither has anything to do a second time" {
    small_tree
    for door in 'make -j2' ./redo; do
        run $door clean all
        assert_success
        assert_line 'tools/compile bin/vlab-two.c'
        run $door all
        assert_success
        refute_output --partial tools/
        run $door tests
        refute_output --partial tools/
    done
}

@test "a changed header has its users compiled again" {
    for door in make ./redo; do
        small_tree
        $door all
        sed -i 's/two(void);/two(void);\nenum { TWO = 22 };/' lib/two.h
        sed -i 's/return 2/return TWO/' lib/two.c
        $door all
        later lib/two.h
        sed -i 's/22/222/' lib/two.h
        later lib/two.h
        $door all
        run bin/vlab-two
        assert_output 222
        rm -r "$small"
        cd "$tree"
    done
}

@test "changed words in conf have all built again" {
    for door in make ./redo; do
        small_tree
        $door all
        later conf/cc
        run $door all
        assert_line 'tools/compile lib/two.c'
        assert_line 'tools/compile bin/vlab-two.c'
        later conf/libs
        run $door all
        assert_line 'tools/load bin/vlab-two'
        echo -s >bin/vlab-two=x
        later bin/vlab-two=x
        run $door all
        assert_line 'tools/load bin/vlab-two'
        rm -r "$small"
        cd "$tree"
    done
}

@test "what is new in bin, lib and t is built without being listed" {
    for door in make ./redo; do
        small_tree
        $door all
        printf 'int three(void);\nint three(void)\n{\n    return 3;\n}\n' >lib/three.c
        printf 'int three(void);\nint main(void)\n{\n    return three();\n}\n' >bin/vlab-three.c
        cp bin/vlab-three.c t/three.c
        $door tests
        run -3 bin/vlab-three
        run -3 t/three
        rm -r "$small"
        cd "$tree"
    done
}

@test "a source that is gone is gone from the library" {
    for door in make ./redo; do
        small_tree
        $door all
        printf 'int two(void);\nint main(void)\n{\n    return two();\n}\n' >bin/vlab-too.c
        rm lib/two.c
        run $door all
        assert_failure
        assert_output --partial "undefined reference to \`two'"
        rm -r "$small"
        cd "$tree"
    done
}

@test "a program with -static in its =x is static, but not in a sanitized build" {
    small_tree
    echo -static >bin/vlab-two=x
    ./redo
    run file_type bin/vlab-two
    assert_output static
    echo 'gcc -fsanitize=undefined' >conf/ld
    later conf/ld
    ./redo
    run file_type bin/vlab-two
    assert_output dynamic
}

file_type() {
    if readelf -lW "$1" | grep -q INTERP; then echo dynamic; else echo static; fi
}

@test "redo works where make is absent" {
    small_tree
    mkdir "$lab/path"
    ln -s /usr/bin/* "$lab/path"
    rm -f "$lab/path"/*make
    PATH=$lab/path run ! command -v make
    PATH=$lab/path run ./redo clean all
    assert_success
    run bin/vlab-two
    assert_output 2
    PATH=$lab/path DESTDIR=$lab/dest run ./redo install
    assert_success
    assert_exists "$lab/dest/usr/local/bin/vlab-two"
    run outside env PATH="$lab/path" ./redo check
    assert_success
    assert_equal "${lines[-1]}" '1 passed, 0 failed, 0 skipped'
    cd "$tree"
    run outside env PATH="$lab/path" ./redo demo </dev/null
    assert_success
    assert_line --partial 'all of it is cleaned up'
}

@test "clean leaves what was there before" {
    small_tree
    find . -type f | sort >"$lab/before"
    ./redo tests
    make tests
    for door in make ./redo; do
        $door tests
        $door clean
        find . -type f | sort | diff "$lab/before" -
    done
}

@test "the front doors refuse an unknown word" {
    run ./redo nonsense
    assert_failure 100
    assert_output --partial 'usage: redo'
    run make nonsense
    assert_failure
}

@test "check counts what passed, failed and was skipped" {
    small_tree
    # bats looks for its word at the start of lines, here too.
    printf '%s "this fails" {\n    echo because\n    false\n}\n' @test >>t/two.bats
    printf '%s "this is left out" {\n    skip "for now"\n}\n' @test >>t/two.bats
    run outside make check
    assert_failure
    assert_line --partial 'not ok 2 this fails'
    assert_line '# because'
    assert_line '1 passed, 1 failed, 1 skipped'
    run outside ./redo check
    assert_failure
    assert_equal "${lines[-1]}" '1 passed, 1 failed, 1 skipped'
    run outside tools/check -f two
    assert_success
    assert_equal "${lines[-1]}" '1 passed, 0 failed, 0 skipped'
}

@test "a test that fails says where, in functions and between brackets, too" {
    small_tree
    cp "$tree/t/lib.bash" t
    printf '%s\n' 'load lib' 'bracket() {' '    [[ 1 = 2 ]]' '    true' '}' \
        '@test "one" {' '    true' '    bracket' '    true' '}' \
        '@test "two" {' '    ((1 == 2))' '    true' '}' \
        '@test "three" {' '    wait_until -t 0 false' '    true' '}' >t/two.bats
    run outside bats t/two.bats
    assert_line --partial "function \`bracket' in file t/two.bats, line 3,"
    assert_line --partial 'in test file t/two.bats, line 8)'
    assert_line --partial 'in test file t/two.bats, line 12)'
    assert_line --partial 'in test file t/two.bats, line 16)'
}

@test "check fails when a test file has no tests, or does not run" {
    small_tree
    echo 'setup() { true; }' >t/none.bats
    run outside tools/check
    assert_failure
    assert_equal "${lines[-1]}" '1 passed, 1 failed, 0 skipped'
    printf '@test "a" {\n' >t/none.bats
    run outside tools/check
    assert_failure
    printf '@test "a" {\n    kill -9 $$\n}\n@test "b" {\n    true\n}\n' >t/none.bats
    run outside tools/check
    assert_failure
    run outside tools/check -f 'no such test'
    assert_failure
    assert_output '0 passed, 0 failed, 0 skipped'
}

@test "check names the file it is at, on a terminal only" {
    small_tree
    printf '@test "it waits" {\n    read -rt 20 <"%s"\n}\n' "$lab/fifo" >t/two.bats
    mkfifo "$lab/fifo"
    talk me script -qfec 'env -i PATH=/usr/bin:/bin TMPDIR="$VLAB_LAB" tools/check' /dev/null
    wait_until grep -q 't/two.bats \.\.\.' "$lab/me.out"
    echo go >"$lab/fifo"
    hear me '1 passed'
    ended me
    (echo go >"$lab/fifo") 3>&- &
    run outside tools/check
    assert_line --index 0 't/two.bats: 1 passed, 0 failed, 0 skipped'
}

# A dpkg-query that misses some packages until apt-get has installed something, and an
# apt-get that knows no packages before its first update; what it is told is in $lab/apt.
missing() {
    mkdir "$lab/fake"
    cat >"$lab/fake/dpkg-query" <<END
#!/bin/sh
shift 3
for package; do
    case \$package in
    $1) [ -e "$lab/installed" ] || continue ;;
    esac
    echo "installed \$package"
done
END
    cat >"$lab/fake/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$lab/apt"
case \$1 in
update) touch "$lab/updated" ;;
install) [ -e "$lab/updated" ] && touch "$lab/installed" ;;
esac
END
    chmod +x "$lab/fake"/*
    PATH=$lab/fake:$PATH
}

@test "need is silent and asks nobody when all is there" {
    missing none
    run tools/need build run test
    assert_success
    assert_output ''
    assert_not_exists "$lab/apt"
}

@test "need tells who is not root the one line to type" {
    missing 'libowfat-dev | tinycdb'
    run tools/need -n build run
    assert_failure 100
    assert_line 'apt-get install --no-install-recommends libowfat-dev tinycdb'
    need_root
    run as eve "$lab_tree/tools/need" build
    assert_failure 100
    assert_line 'apt-get install --no-install-recommends libowfat-dev'
    assert_not_exists "$lab/apt"
}

@test "need run by root installs what is missing, after an update if it must" {
    need_root
    missing 'libowfat-dev | tinycdb'
    run tools/need build run
    assert_success
    install='install --no-install-recommends -y -q --no-remove libowfat-dev tinycdb'
    run cat "$lab/apt"
    assert_output "$install
update -q
$install"
}

@test "check, fuzz, demo and bench install what is missing before they build" {
    need_root
    small_tree
    missing libowfat-dev
    touch "$lab/updated"
    sed -i "1i test -e $lab/installed || exit 1" tools/compile
    for target in check fuzz demo bench; do
        printf '#!/bin/sh\necho "this is ${0##*/}"\n' >tools/$target
        for door in make ./redo; do
            rm -f "$lab/installed"
            ./redo clean
            run $door $target
            assert_success
            assert_line 'tools/compile lib/two.c'
            assert_line "this is $target"
        done
    done
}

@test "check and demo build nothing while packages are missing that they may not install" {
    need_root
    missing gcc
    small_tree
    chown -R "${lab_uid[eve]}" "$small"
    for door in ./redo make; do
        for target in check demo; do
            run as eve $door $target
            assert_failure
            assert_line 'apt-get install --no-install-recommends gcc'
            refute_output --partial tools/compile
        done
    done
    assert_not_exists "$lab/apt"
}

@test "a build without libowfat says what to install" {
    small_tree
    missing libowfat-dev
    sed -i '1i #include <nowhere.h>' lib/two.c
    for door in make ./redo; do
        run $door
        assert_failure
        assert_line 'apt-get install --no-install-recommends libowfat-dev'
    done
}

@test "every program has tests" {
    for c in bin/*.c; do
        program=${c%.c}
        assert_exists "t/${program#bin/}.bats"
    done
}

@test "the stand-in board talks the board's part of the protocol" {
    printf '%s' \
        $'rem no answer\ncheck\rSETUART 0 115200\r\n\n\nsetuart 0 7\nsetuart 9 9600\n' \
        $'loadbits 7\nloadbits x\nloadbits 40\nab\ncdprogram 0 1\n' \
        $'loadbits 8\r\nxprogram 0 3\nprogram 1 1\nshowbits\nhelx\b\x7flp\njdw id\nwhat * now\n' \
        $'useuart 2\nuseuart 0\nraw\r\x01\n' >"$lab/in"
    t/standin <"$lab/in" >"$lab/out"
    diff - "$lab/out" <<END
eversion vlab stand-in 0.1
boardinfo vlab stand-in at here:0
fpgainfo 0 stand-in none
activityinfo 0 0
ok set
error badbaud this is not a standard rate
error nouart no such UART
error badsize the number of bits is 8 times the number of bytes
error badsize the number of bits is 8 times the number of bytes
loadready 1 40 send the bits
loaded 1 1
ok queued
programok 1
loadready 2 8 send the bits
loaded 2 1
ok queued
programfailed 3 denied
error nosuchfpga no such FPGA
bitinfo 0 2 1 none none none none stand-in
endlist
ok check setuart useuart loadbits program showbits help rem quit
error nojtag there is no JTAG access
error command what: type help for the commands
error nouart no such UART
usinguart
raw$(printf '\r\001')
END
}
