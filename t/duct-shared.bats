#!/usr/bin/env bats
# Files that both sides use: what each may rely on of what the other does.
# shellcheck disable=SC2154 # duct.bash sets them
load lib
load duct

setup() { duct_setup; }
teardown() { duct_teardown; }

# lines N SIDE: append so many lines of any length below 4096, each by one write; when it
# is over the text is as many lines as were written, all of them whole.
lines() {
    perl -e 'my ($n, $side, $file) = @ARGV;
        srand($n);
        open(my $f, ">>", $file) or die "$file: $!\n";
        for my $i (1 .. $n) {
            my $l = int(rand(4070));
            my $line = sprintf("%s %d %d %s\n", $side, $i, $l, "x" x $l);
            syswrite($f, $line) == length($line) or die "$file: $!\n";
        }
        close($f) or die "$file: $!\n"' "$1" "$2" "$3"
}

# all_lines FILE N SIDE...: these are there, each once, whole, and in their order.
all_lines() {
    perl -e 'my ($file, $n, @sides) = @ARGV;
        my %last = map { $_ => 0 } @sides;
        open(my $f, "<", $file) or die "$file: $!\n";
        while (<$f>) {
            /^(\w+) (\d+) (\d+) (x*)\n$/ or die "line $. is broken\n";
            $3 == length($4) or die "line $. is $3 long\n";
            $2 == ++$last{$1} or die "$1 $2 on line $. is out of order\n";
        }
        $last{$_} == $n or die "of $_ there are $last{$_}\n" for keys %last' "$@"
}

@test "what one side appends stands behind what the other has appended before" {
    duct socket
    echo one >b/own/f
    assert_equal "$(<a/peer/f)" one
    echo two >>b/own/f
    echo three >>a/peer/f
    assert_equal "$(<b/own/f)" $'one\ntwo\nthree'
    assert_equal "$(<a/peer/f)" $'one\ntwo\nthree'
    for i in {1..100}; do
        echo "here $i" >>a/peer/turns
        echo "there $i" >>b/own/turns
    done
    for i in {1..100}; do
        printf 'here %d\nthere %d\n' "$i" "$i"
    done >wanted
    cmp b/own/turns wanted
    cmp a/peer/turns wanted
    duct_done
}

# shellcheck disable=SC2094
@test "who holds a file open to append loses nothing of the other, and reads it all" {
    duct tcp -t 30
    : >b/own/f
    exec {read}<a/peer/f {here}>>a/peer/f {there}>>b/own/f
    for i in {1..100}; do
        echo "there $i" >&$there
        echo "here $i" >&$here
        printf 'there %d\nhere %d\n' "$i" "$i" >>wanted
        # All of it is read by who had it open before, however long he believes what he knows.
        [ $((i % 10)) != 0 ] || cat <&$read >>seen
    done
    exec {read}<&- {here}>&- {there}>&-
    cmp b/own/f wanted
    cmp seen wanted
    assert_equal "$(stat -c %s a/peer/f)" "$(stat -c %s wanted)"
    cmp a/peer/f wanted
    duct_done
}

@test "lines that both sides append at the same time are all there, and whole" {
    duct socket
    lines 500 here a/peer/f 3>&- &
    here=$!
    lines 500 more a/peer/f 3>&- &
    more=$!
    lines 500 there b/own/f
    wait $here
    wait $more
    all_lines b/own/f 500 here more there
    all_lines a/peer/f 500 here more there
    cmp a/peer/f b/own/f
    duct_done
}

@test "what is longer than a message is appended in its order" {
    duct tcp
    head -c 5000000 /dev/urandom >data
    echo first >b/own/f
    cat data >>a/peer/f
    cat data >>a/peer/f
    cat <(echo first) data data | cmp - b/own/f
    cmp a/peer/f b/own/f
    duct_done
}

@test "a file that is set to append later appends from then on, until it is set not to" {
    duct socket
    printf 0123456789 >b/own/f
    run -0 io -rw a/peer/f w3 + "!printf more >>b/own/f" w2 s - @5 w1 s
    assert_output $'16\n16'
    assert_equal "$(<b/own/f)" xxx34x6789morexx
    assert_equal "$(<a/peer/f)" xxx34x6789morexx
    duct_done
}

@test "a log that the other side truncates meanwhile begins at its beginning again" {
    duct socket
    exec {log}>>a/peer/log
    echo one >&$log
    wait_until is_text b/own/log one
    : >b/own/log
    echo two >&$log
    exec {log}>&-
    assert_equal "$(<b/own/log)" two
    assert_equal "$(<a/peer/log)" two
    duct_done
}

# is_text FILE TEXT
is_text() {
    [ -e "$1" ] && [ "$(<"$1")" = "$2" ]
}

@test "tail -f of a file shows what the other side appends" {
    duct socket
    echo one | tee a/own/log b/own/log >/dev/null
    tail -n +1 -s 0.1 -f a/peer/log >far 3>&- &
    far=$!
    tail -n +1 -s 0.1 -f a/own/log >near 3>&- &
    near=$!
    wait_until is_text far one
    wait_until is_text near one
    echo two >>b/own/log
    echo two >>b/peer/log
    wait_until is_text far $'one\ntwo'
    wait_until is_text near $'one\ntwo'
    echo three >>a/peer/log
    wait_until is_text far $'one\ntwo\nthree'
    kill $far $near
    wait $far $near || :
    duct_done
}

@test "names and attributes are believed for the time of -t, but who opens a file sees it as it is" {
    duct socket -t 600 -- -t 0
    for side in a b; do
        echo one >$side/own/file
        run ! stat $side/peer/new
    done
    stat a/peer/file b/peer/file >/dev/null
    echo four | tee -a a/own/file b/own/file >/dev/null
    touch a/own/new b/own/new
    assert_equal "$(stat -c %s a/peer/file)" 4
    assert_equal "$(stat -c %s b/peer/file)" 9
    # That a name is missing is not.
    stat a/peer/new b/peer/new
    assert_equal "$(<a/peer/file)" $'one\nfour'
    assert_equal "$(stat -c %s a/peer/file)" 9
    duct_done
}

@test "without -t they are believed for a second" {
    duct socket
    echo one >b/own/file
    stat a/peer/file >/dev/null
    echo four >>b/own/file
    wait_until is_long a/peer/file 9
    duct_done
}

is_long() {
    [ "$(stat -c %s "$1")" = "$2" ]
}

@test "what is written by a shared map is the other side's after msync, munmap or the end" {
    duct socket
    head -c 10000 /dev/zero | tr '\0' . >b/own/f
    # each is looked at before the next is written
    run -0 io -rw a/peer/f m10000 ">0" ">5000" y "!head -c 1 b/own/f" \
        ">9999" z "!tail -c 1 b/own/f"
    assert_output mm
    io -rw a/peer/f m10000 ">1"
    assert_equal "$(head -c 3 b/own/f)" mm.
    assert_equal "$(tr -d . <b/own/f)" mmmm
    duct_done
}

@test "a shared map shows what the other side has written to who opens or reads the file again" {
    duct socket
    head -c 10000 /dev/zero | tr '\0' . >b/own/f
    run -0 io -r a/peer/f m10000 "<0" "<9999" \
        "!printf O | dd of=b/own/f conv=notrunc status=none; head -c 1 a/peer/f" "<0" "<9999"
    assert_output '..OO.'
    duct_done
}

@test "a file that was opened to append is not mapped shared" {
    duct socket
    echo text >b/own/f
    run -0 io -rwa a/peer/f m5
    assert_output 'm5: No such device'
    duct_done
}

@test "locks are those of one host" {
    duct socket
    touch b/own/f
    flock -n a/peer/f flock -n b/own/f true
    run ! flock -n a/peer/f flock -n a/peer/f true
    duct_done
}
