# tools/install and what it installs, completion too.
load lib

setup() {
    lab_setup
    cd "$tree" || return
}

teardown() {
    lab_teardown
}

installed() {
    DESTDIR=$lab/dest PREFIX=/opt/vlab tools/install
}

@test "install puts programs and manuals below DESTDIR and PREFIX" {
    run installed
    assert_success
    for c in bin/*.c; do
        program=${c%.c}
        program=${program#bin/}
        assert_file_executable "$lab/dest/opt/vlab/bin/$program"
        cmp "bin/$program" "$lab/dest/opt/vlab/bin/$program"
        compgen -G "$lab/dest/opt/vlab/share/man/man?/$program.?"
    done
    assert_file_exists "$lab/dest/opt/vlab/share/man/man5/vlab.conf.5"
    assert_file_exists "$lab/dest/opt/vlab/share/man/man7/vlab.7"
    run find "$lab/dest" -mindepth 1 -maxdepth 2
    assert_output "$lab/dest/opt
$lab/dest/opt/vlab"
}

@test "installed services name the installed programs" {
    installed >/dev/null
    run grep -rhoE '[^ =]*bin/vlab-[a-z]*' "$lab/dest/opt/vlab/share/vlab/services"
    assert_success
    for program in vlab-mutex vlab-board vlab-launch vlab-door vlab-node; do
        assert_line "/opt/vlab/bin/$program"
        assert_file_executable "$lab/dest/opt/vlab/share/vlab/services/$program/run"
    done
    run ! grep -v '^/opt/vlab/bin/vlab-' <<<"$output"
    run ! grep -rI /usr/local "$lab/dest"
}

@test "install puts the sample config and the tools of administrators where it says" {
    installed >/dev/null
    for file in vlab.conf setupuser fpga; do
        assert_file_exists "$lab/dest/opt/vlab/share/vlab/$file"
    done
    run -0 "$lab/dest/opt/vlab/share/vlab/fpga" --help
    assert_line 'usage: fpga program FILE LINK'
}

@test "install says what is left to do, and that is all it takes" {
    run installed
    assert_line --partial 'useradd --system'
    assert_line --partial 'install -d -m 755 -o vlab -g vlab /var/lib/vlab'
    assert_line --partial '/opt/vlab/bin/vlab-compile-config'
    assert_line --partial '/opt/vlab/share/vlab/services'
    for file in $(grep -o '/opt/vlab/share[^ ]*' <<<"$output"); do
        assert_exists "$lab/dest$file"
    done
}

# fake NAME SCRIPT: a program of this name, found before the real one.
fake() {
    mkdir -p "$lab/fake"
    printf '#!/bin/sh\n%s\n' "$2" >"$lab/fake/$1"
    chmod +x "$lab/fake/$1"
}

@test "install makes no account and installs no package" {
    for program in useradd groupadd usermod adduser addgroup chown apt-get; do
        fake "$program" 'echo "$0" >>"$VLAB_LAB/called"; exit 1'
    done
    for door in tools/install './redo install' 'make install'; do
        # shellcheck disable=SC2086
        DESTDIR=$lab/dest PATH=$lab/fake:$PATH run $door
        assert_success
        assert_not_exists "$lab/called"
    done
}

@test "install tells what packages are missing, and nothing where none is" {
    fake dpkg-query 'printf "installed %s\n" ucspi-tcp ucspi-unix fuse3 $there'
    PATH=$lab/fake:$PATH run installed
    assert_success
    assert_line '    apt-get install --no-install-recommends tinycdb'
    refute_output --partial fatal
    there=tinycdb PATH=$lab/fake:$PATH run installed
    assert_success
    refute_output --partial apt-get
    refute_line ''
}

@test "install again replaces a program that runs" {
    installed >/dev/null
    talk mutex "$lab/dest/opt/vlab/bin/vlab-mutex" -e
    hear mutex '^mversion '
    run installed
    assert_success
    tell mutex help
    hear mutex '^ok '
}

@test "a PREFIX that is no absolute path is refused" {
    DESTDIR=$lab/dest PREFIX=opt run tools/install
    assert_failure 100
    assert_output --partial "must begin with a slash"
    assert_not_exists "$lab/destopt"
}

@test "both front doors install to conf/home without PREFIX" {
    for door in make ./redo; do
        DESTDIR=$lab/$door run "$door" install
        assert_success
        assert_file_executable "$lab/$door$(cat conf/home)/bin/vlab-ls"
    done
}

@test "redo takes PREFIX and DESTDIR as make does, wherever they stand" {
    mkdir "$lab/wrong"
    DESTDIR=$lab/wrong run ./redo install "DESTDIR=$lab/dest" PREFIX=/opt/vlab
    assert_success
    assert_file_executable "$lab/dest/opt/vlab/bin/vlab-ls"
    rmdir "$lab/wrong"
}

@test "redo does nothing when a word is wrong" {
    for word in instal nodes DEST=/nowhere; do
        DESTDIR=$lab/dest run ./redo install "$word"
        assert_failure 100
        assert_output --partial 'usage: redo'
        assert_not_exists "$lab/dest"
    done
}

# completes LINE: what bash would offer for it, sorted, on one line.
completes() {
    # shellcheck disable=SC2016
    run bash -c '
        . conf/completion
        COMP_LINE=$1 COMP_POINT=${#1}
        read -ra words <<<"$1"
        _vlab "${words[0]}"
        printf "%s\n" "${COMPREPLY[@]}" | sort | xargs' bash "$1"
}

@test "completion knows the programs, and their options from their help" {
    run bash -c '. conf/completion; complete -p'
    for c in bin/*.c; do
        program=${c%.c}
        assert_line "complete -F _vlab ${program#bin/}"
    done
    completes "vlab-ls -"
    assert_output -- "--help --version -j -w"
    completes "vlab-door -"
    assert_output -- "--help --version -e"
    completes "vlab-console -"
    assert_output -- "--help --version -a -l -p -w"
    completes "vlab-duct -"
    assert_output -- "--help --version $(vlab-duct --help | sed '/^$/,$d' |
        grep -oE '[[ ]-[a-z]+' | cut -c 3- | fold -w 1 | sort -u | sed 's/^/-/' | xargs)"
    assert_output --regexp '-d .*-m .*-u .*-x'
    completes "vlab-duct -d ttyUSB"
    assert_output ''
}

@test "completion knows the verbs of vlab-node, the options of each, and the nodes" {
    lab_conf >/dev/null <<END
[node 1]
address = 127.0.0.1
count = 2
[launch build]
group = vluser
END
    completes "vlab-node "
    assert_output "block bring expel mount noblock off on run umount"
    completes "vlab-node -"
    assert_output -- "--help --version -j"
    completes "vlab-node off -"
    assert_output -- "--help --version -f -m -n -t"
    completes "vlab-node on -p "
    assert_output "1 2"
    completes "vlab-node off -m "
    assert_output ''
    completes "vlab-node mount 1 "
    assert_output "1 2"
    completes "vlab-node run "
    assert_output "1 2 all least"
    completes "vlab-node run -l "
    assert_output build
    completes "vlab-node umount -l "
    assert_output "1 2"
    completes "vlab-node run -l build "
    assert_output "1 2 all least"
    completes "vlab-node run 2 tru"
    assert_output --regexp '\btrue\b'
    completes "vlab-launch -n "
    assert_output "1 2"
}

@test "completion knows pools, boards and launchers" {
    lab_conf >/dev/null <<END
[east]
address = 10.0.0.1
address = 10.0.0.2:7021
group = vluser
[west]
address = 10.0.0.3
group = vluser
[board 10.0.0.2:7021]
uart = /dev/ttyUSB0
[launch build]
group = vluser
[launch test]
group = vluser
END
    completes "vlab-ls "
    assert_output "east west"
    completes "vlab-ls w"
    assert_output west
    completes "vlab-lock -w 5 east+"
    assert_output "east+east east+west"
    completes "vlab-lock -w 5 east tru"
    assert_output --regexp '\btrue\b'
    completes "vlab-board 10.0.0.2:7"
    assert_output 7021
    completes "vlab-run -w 5 "
    assert_output "build test"
    completes "vlab-run b"
    assert_output build
    completes "vlab-run -q build tru"
    assert_output --regexp '\btrue\b'
    completes "vlab-launch t"
    assert_output test
    completes "vlab-console -p "
    assert_output "east west"
    completes "vlab-console wes"
    assert_output --regexp '\bwest\b'
    mkdir "$lab/console"
    export VLAB_CONSOLE=$lab/console
    talk one vlab-console sh -c 'echo ready; read -r line'
    hear one ready
    completes "vlab-console -w -a "
    assert_output 0
    tell one ''
    ended one
    completes "vlab-kick 10.0.0.2:7"
    assert_output 7021
    completes "vlab-offline -c 10.0.0.1"
    assert_output 10.0.0.1
    completes "vlab-offline -m "
    assert_output ''
}
