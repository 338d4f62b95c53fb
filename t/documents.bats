#!/usr/bin/env bats
# The documents: README, the manuals, and what they say about programs and sources.
# shellcheck disable=SC2154 # lib.bash sets them
load lib
load board

setup() {
    manuals=("$tree"/bin/*.[178] "$tree"/conf/*.5)
}

teardown() {
    lab_teardown
}

programs() {
    basename -s .c "$tree"/bin/*.c
}

# manual PROGRAM: the file.
manual() {
    ls "$tree/bin/$1".[18]
}

# sources PROGRAM: the files that have its options; those of vlab-node are its verbs', too.
sources() {
    echo "$tree/bin/$1.c"
    [ "$1" != vlab-node ] || ls "$tree"/lib/verb_*.c
}

# private COMMAND...: run it as root in the tree, on a machine that is a copy of this one,
# with its own network, processes and files, and gone afterwards with all of them.
private() {
    # shellcheck disable=SC2016
    unshare -mnpf --kill-child sh -ec '
        where=$1 tree=$2
        shift 2
        ip link set lo up
        mount -t tmpfs none "$where"
        mkdir "$where/upper" "$where/work" "$where/root"
        mount -t overlay none "$where/root" \
            -o "lowerdir=/,upperdir=$where/upper,workdir=$where/work"
        cd "$where/root"
        mount --rbind /dev dev
        mount -t proc none proc
        mount -t tmpfs none run
        mount -t tmpfs none var/lib
        mkdir -p ".$tree"
        mount --rbind "$tree" ".$tree"
        exec chroot . env -C "$tree" -u VLAB_STATE -u VLAB_SOCKET -u VLAB_CONF \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
    ' private "$BATS_TEST_TMPDIR" "$tree" "$@" 3>&- </dev/null
}

need_private() {
    need_root
    private true 2>/dev/null || skip "needs namespaces and overlayfs"
}

# commands: of the text on standard input, the lines that begin with a prompt, root's or a
# user's, whole where they are broken with a backslash.
commands() {
    sed -n '/^ *[#$] /{
        :more
        /\\$/{
            N
            s/\\\n */ /
            b more
        }
        s/^ *//
        p
    }'
}

# run_lines FILE: in a private machine after tools/install, what the file has the shell do;
# behind a command in the background, wait until it listens.
run_lines() {
    # shellcheck disable=SC2016
    {
        echo 'nap() { read -rt 0.02 <> <(:) || :; }
        listens() {
            tries=500
            until ss -Hxtp state listening | grep -q "pid=$1,"; do
                [ $((tries -= 1)) -gt 0 ] || exit 111
                nap
            done
        }'
        # Also for who comes by su -: he begins with nothing else.
        echo 'env | grep -E "^(A|UB)SAN_OPTIONS=" >>/etc/environment || :'
        echo 'set -e; tools/install >/dev/null; cd /root'
        sed 's/ &$/ \& listens $!/' "$1"
    } >"$BATS_TEST_TMPDIR/script"
    # As words, not as a file: /tmp may be a file system that the copy does not have.
    run private timeout 60 bash -c "$(<"$BATS_TEST_TMPDIR/script")"
    assert_success
}

@test "mandoc has nothing to say about any manual" {
    # Codes above 4 are no verdict. Whether a manual of others is installed here depends on
    # the machine.
    lint=$(mandoc -Tlint "${manuals[@]}") || [ $? -le 4 ]
    run grep -v -e '^$' -e ': STYLE: referenced manual not found: ' <<<"$lint"
    assert_output ''
}

@test "each manual of ours that a manual names exists" {
    sed -n 's/.*Xr \(vlab[a-z.-]*\) \([0-9]\).*/\1.\2/p' "${manuals[@]}" | sort -u \
        >"$BATS_TEST_TMPDIR/named"
    while read -r page; do
        [ -f "$tree/bin/$page" ] || assert_file_exists "$tree/conf/$page"
    done <"$BATS_TEST_TMPDIR/named"
    assert_file_not_empty "$BATS_TEST_TMPDIR/named"
}

@test "each program has a manual that names it, and vlab(7) names each program" {
    for program in $(programs); do
        run manual "$program"
        assert_success
        grep -qx ".Nm $program" "$output"
        grep -q "^\.Xr $program [18]" "$tree/bin/vlab.7"
    done
}

@test "usage, source and manual of a program have the same options" {
    for program in $(programs); do
        run "$tree/bin/$program" --help
        assert_success
        usage=$(grep -o '\[-[a-zA-Z]*' <<<"$output" | tr -dc 'a-zA-Z' | fold -w1 | sort -u)
        usage+=$(grep -oE ' -[a-zA-Z]( |$)' <<<"$output" | tr -dc 'a-zA-Z' | fold -w1)
        usage=$(fold -w1 <<<"$usage" | sort -u | tr -d '\n')
        mapfile -t texts < <(sources "$program")
        source=$(sed -n 's/.*say_options(argc, argv, "\([^"]*\)".*/\1/p' "${texts[@]}" |
            tr -dc 'a-zA-Z' | fold -w1 | sort -u | tr -d '\n')
        page=$(manual "$program")
        # Those that all programs have, but for one whose -h is its own.
        common=hV
        [[ $source != *h* ]] || common=V
        items=$(sed -n 's/^\.It Fl \([a-zA-Z]\)\( .*\)\?$/\1/p' "$page" | sort -u |
            tr -d "$common\n")
        synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$page" |
            grep -o 'Fl [a-zA-Z]*' | cut -c4- | tr -d '\n' | fold -w1 | sort -u | tr -d '\n')
        assert_equal "$program: $usage $usage $usage" "$program: $source $items $synopsis"
    done
}

@test "--help says in one sentence what a program does, and names its manual; usage does not" {
    for program in $(programs); do
        page=$(manual "$program")
        run -0 "$tree/bin/$program" --help
        assert_line --regexp "^[A-Z].*; see $program\(${page: -1}\)\.$"
        assert_equal "$(sed -n '/^$/,$p' <<<"$output" | wc -l)" 2
        run -100 "$tree/bin/$program" -Z
        refute_output --partial "see $program"
    done
}

@test "help or version that cannot be printed is exit code 111" {
    for program in $(programs); do
        for option in --help -V; do
            run -111 sh -c '"$@" >/dev/full' full "$tree/bin/$program" $option
            assert_output --regexp "^$program: fatal: unable to print the .*: No space left"
        done
    done
}

@test "each program answers -h and -V, but -h of vlab-run is a host's, and vlab(7) tells of the exit codes" {
    for program in $(programs); do
        if [ "$program" = vlab-run ]; then
            run -100 "$tree/bin/$program" -h
        else
            run -0 "$tree/bin/$program" -h
        fi
        assert_output --partial "usage: $program"
        run "$tree/bin/$program" -V
        assert_success
        assert_output --regexp "^$program [0-9.]+$"
        run -100 "$tree/bin/$program" -Z
    done
}

@test "vlab(7) has a line for each theme of lib/, and each uses only those above it" {
    themes=$(sed -n '/^\.Sh THE SOURCE/,/^\.El/s/^\.It Pa \([a-z]*\) Ta .*/\1/p' \
        "$tree/bin/vlab.7")
    run diff <(sort <<<"$themes") <(basename -s .h "$tree"/lib/*.h | sort)
    assert_success
    above=' '
    for theme in $themes; do
        above+="$theme "
        for used in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$tree/lib/$theme".[ch] \
            "$tree/lib/${theme}"_*.c 2>/dev/null); do
            [[ $above == *" $used "* ]] || fail "$theme uses $used"
        done
    done
}

@test "vlab-protocol(7) has each error code, with its text" {
    run diff <(sed -n 's/^    X([A-Z]*, \([a-z]*\), "\(.*\)").*/\1 \2/p' \
        "$tree/lib/message.h") \
        <(sed -n '/^\.Sh ERROR CODES/,/^\.El/p' "$tree/bin/vlab-protocol.7" |
            sed -n 's/^\.It Er //; T; N; s/\n/ /; p')
    assert_success
}

@test "each manual with examples has them taken out of it by a test" {
    for file in $(grep -l '^\.Sh EXAMPLES' "${manuals[@]}"); do
        grep -hvE '^(@test|#)' "$tree"/t/*.bats |
            grep -qE "(examples|-Tascii|\.Dl) .*\<${file##*/}\>" || fail "$file"
    done
}

# chapter TITLE: of README.
chapter() {
    sed -n "/^$1\$/,/^[A-Z][A-Z ]*\$/p" "$tree/README" | sed '1d; $d'
}

# lab_of_readme: root's lines of the first lab go to the file lines.
lab_of_readme() {
    chapter 'A FIRST LAB BY HAND' | commands | sed -n 's/^# //p' >"$BATS_TEST_TMPDIR/lines"
}

@test "the first lab of README works as it is written" {
    need_private
    lab_of_readme
    assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/lines")" 8
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line --regexp '^vlab-compile-config: 1 pool, 1 board, '
    assert_line --regexp '127\.0\.0\.1 +free'
    assert_line 'I have 127.0.0.1'
    assert_line --regexp '127\.0\.0\.1 +held +root'
}

# The section of the config that comes Nth in the chapter about the board.
section() {
    chapter 'A BOARD OF YOUR OWN IN TEN LINES' | sed -n '/^    \[board/,/^$/s/^    //p' |
        awk -v n="$1" '/^\[/ { ++i } i == n'
}

@test "README's board of one's own works, with the FPGA that is played" {
    need_private
    lab_of_readme
    {
        echo "cat >>/etc/vlab.conf <<'END'"
        section 1
        printf '%s\n' END 'vlab-compile-config -n'
        echo "sed -i '/^.board/,\$d' /etc/vlab.conf; cat >>/etc/vlab.conf <<'END'"
        section 2
        echo END
        # At the keyboard is who waits for answers.
        chapter 'A BOARD OF YOUR OWN IN TEN LINES' | commands | sed -e 's/^# //' \
            -e '/ serve /s/$/ until [ -S \/run\/vlab\/fpga.jtag ]; do nap; done/' \
            -e 's/; cat) *| \(.*\)/; keyboard) | \1 | tee said/'
    } >>"$BATS_TEST_TMPDIR/lines"
    sed -i '1i >said; await() { until grep -q "$1" said; do nap; done; }; \
        keyboard() { await programok; echo useuart 0; await usinguart; echo leds 165; await "leds #"; }' \
        "$BATS_TEST_TMPDIR/lines"
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line 'ok connected to 127.0.0.1'
    assert_line --regexp '^loaded [0-9]+ 1$'
    assert_line 'programok 1'
    assert_line --partial 'leds #.#..#.#'
}

@test "README's two ducts on one host work as it is written" {
    need_private
    [ -c /dev/fuse ] || skip "needs /dev/fuse"
    # This socat does not listen.
    chapter 'FILES OF BOTH SIDES' | commands | sed -n 's/^# //p' |
        sed 's/ &$/ \& :/' >"$BATS_TEST_TMPDIR/lines"
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line 'a bit file'
}

@test "README's launcher works as it is written" {
    need_private
    lab_of_readme
    chapter 'A PLACE TO RUN COMMANDS' | commands | sed -n 's/^# //p' \
        >>"$BATS_TEST_TMPDIR/lines"
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line 'root at work in /'
    for n in 1 2 3 4 5 6 7 8; do
        assert_line "job $n has had a worker"
    done
    assert_line 'THROUGH A PIPE'
}

# nodes_of_readme: to the file lines, what README has be typed on a host that becomes node 1,
# when on another host, on its wire and with its own /etc, all of it has been typed that makes
# that node 2.
nodes_of_readme() {
    local typed
    lab_of_readme
    typed=$(chapter 'MORE HOSTS THAN ONE' | commands)
    {
        echo 'join() {'
        sed -n 1,3p "$BATS_TEST_TMPDIR/lines"
        sed -n 's/^# //p; /vlab-node on/q' <<<"$typed"
        cat <<'END'
}
host() {
    touch /root/there
    until ip link set other up; do nap; done 2>/dev/null
    ip link set lo up
    ip address add 10.0.0.2/24 dev other
    mount --bind /root/etc /etc
    for own in /run /var/lib /home; do
        mount -t tmpfs none $own
    done
    join
    touch /root/joined
    exec sleep infinity
}
export -f join host listens nap
cp -a /etc /root/etc
unshare -mn --propagation unchanged bash -ec host & other=$!
until [ -e /root/there ]; do nap; done
ip link add wire type veth peer name other netns $other
ip address add 10.0.0.1/24 dev wire
ip link set wire up
until [ -e /root/joined ]; do nap; done
join
mkfifo keys; exec 5<>keys; >seen
END
        # What the user types comes behind root's su. One starts the shell, another looks at
        # it and sees what the first types.
        sed -n 's/^# su .*/as_user() { & -c "$1"; }/; s/{ # /{ /p' <<<"$typed"
        sed "1,/vlab-node on/d; /^# su /d; s/^# //; s/^[$] \(.*\)/as_user '\1'/" <<<"$typed" |
            sed -e "/console sh'/s/\$/ <\&5 >screen \& shell=\$!/" \
                -e "/console -l'/s/.*/until & | grep '^ *1000'; do nap; done/" \
                -e "/console -a/s/\$/ <\/dev\/null >seen \& type_until_seen/"
    } >"$BATS_TEST_TMPDIR/all"
    cat - "$BATS_TEST_TMPDIR/all" >"$BATS_TEST_TMPDIR/lines" <<'END'
type_until_seen() {
    until grep -q 'typed 42' seen; do echo 'echo typed $((6 * 7))' >&5; nap; done
    echo exit >&5
    wait "$shell"
}
END
}

@test "README's nodes work as it is written" {
    need_private
    [ -c /dev/fuse ] || skip "needs /dev/fuse"
    nodes_of_readme
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line 'lock      nobody else changes this node meanwhile'
    assert_line --regexp '^ *Total configured: 2$'
    assert_line --regexp '^\* +1  10\.0\.0\.1 +up '
    assert_line --regexp '^ +2  10\.0\.0\.2 +up '
    assert_line --regexp '^2: .* load average: '
    assert_line 'THROUGH A PIPE'
    assert_line --regexp '^crw.* /vlab/1/null$'
    assert_line --regexp '^ *1000 +bob '
    assert_line --regexp '^number '
    # The commands that start a door are the same in its manual.
    assert_equal "$(sed -n 's/^\.Dl # //p' "$tree/bin/vlab-door.8")" \
        "$(chapter 'MORE HOSTS THAN ONE' | sed -n 's/^ *\(# \)\?\(tcpserver\|systemctl\)/\2/p')"
}

# root_examples FILE...: what root types in these manuals.
root_examples() {
    for file; do
        mandoc -Tascii "$file" 2>/dev/null | col -bx | sed -n '/^EXAMPLES/,/^[A-DF-Z]/p' |
            commands | sed -n 's/^# //p'
    done
}

@test "the examples of vlab.conf.5, vlab-compile-config.8 and vlab-mutex.8 work" {
    need_private
    {
        echo 'for group in vluser staff students; do groupadd -f $group; done'
        echo 'useradd --system --user-group vlab; install -d -o vlab -g vlab /var/lib/vlab'
        echo 'for user in alice bob carol jack; do useradd -m -G vluser,students $user; done'
        echo "cat >/etc/vlab.conf <<'END'"
        mandoc -Tascii "$tree/conf/vlab.conf.5" 2>/dev/null | col -bx |
            sed -n '/^EXAMPLES/,/^SEE/s/^           //p'
        printf '%s\n' END vlab-compile-config
        echo "cat >/etc/vlab.conf <<'END'"
        printf '%s\n' '[demo]' 'address = 127.0.0.1' 'group = vluser' 'user = jack' END
        root_examples "$tree/bin/vlab-compile-config.8" "$tree/bin/vlab-mutex.8" |
            sed 's/^setpriv.*/& \&/'
    } >"$BATS_TEST_TMPDIR/lines"
    run_lines "$BATS_TEST_TMPDIR/lines"
    assert_line 'vlab-compile-config: 2 pools, 3 boards, 4 users, 2 board ends, 2 launchers, 4 nodes'
    assert_line 'vlab-compile-config: 1 pool, 1 board, 4 users'
    assert_line 'vlab-compile-config: 1 pool, 1 board, 2 users'
    assert_line 'userinfo 0 0 free 0'
    assert_line 'ok vlab-compile-config: 1 pool, 1 board, 4 users'
}

@test "the dialogue of vlab-protocol.7 is what the programs say" {
    lab_setup
    board_end
    wire tty
    lab_conf <<END
[demo]
address = $board
group = vluser
[board $board]
uart = $lab/tty
END
    lab_serve
    talk client as alice vlab-relay
    mandoc -Tascii "$tree/bin/vlab-protocol.7" 2>/dev/null | col -bx |
        sed -n '/^EXAMPLES/,/^SEE/s/^           //p' >"$lab/dialogue"
    assert_equal "$(grep -c '^>' "$lab/dialogue")" 4
    while read -r line; do
        case $line in
        '> '*) tell client "${line#> }" ;;
        *) hear client "^${line/127.0.0.2/$board}\$" ;;
        esac
    done <"$lab/dialogue"
}
