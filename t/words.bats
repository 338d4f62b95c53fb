#!/usr/bin/env bats
# How a command of the config is taken apart, without a shell.

load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

# split EXPECTED TEXT: as a program command with values that are easy to tell apart.
split() {
    run words-ask 1000 fnpb "$2" '/bits/a b' 0 '%f "' ''
    assert_output "$1"
}

@test "white space separates words, as much of it as there is" {
    split $'<make>\n<-C>\n</srv>' $' make\t-C \t /srv  '
    split '<make>' make
    split $'<a\\>\n<$b>\n<`c`>\n<*>\n<;>\n<|>\n<~>' 'a\ $b `c` * ; | ~'
}

@test "quotes keep white space and each other, wherever they stand" {
    split $'<a>\n<b c>\n<d "e" f>\n<it\'s>' $'a \'b c\' \'d "e" f\' "it\'s"'
    split $'<ab cd>\n<--x=1  2>' $'a"b c"d --x="1  2"'
    split $'<a>\n<>\n<>\n<b>' $'a "" \'\' b'
    split $'<a b>' '"a b"'
}

@test "a letter behind % is its value in one word, and %% is %" {
    split $'<p>\n</bits/a b>\n<0>\n<%f ">\n<>' 'p %f %n %p %b'
    split $'<p>\n<x/bits/a by0>\n<100%>\n<%f>' 'p x%fy%n 100%% %%f'
    split $'<p>\n</bits/a b>\n</bits/a b 0>' "p '%f' \"%f %n\""
}

@test "what is wrong with a command is said, and it is not split" {
    local text what
    while IFS='|' read -r text what; do
        split "$what"$'\nEINVAL' "$text"
    done <<'END'
|there is no program in it
  |there is no program in it
""|there is no program in it
"" a|there is no program in it
p "a|a quote is not closed
p 'a"|a quote is not closed
p a'|a quote is not closed
p %x|%x means nothing, write %% for %
p %|% alone means nothing, write %% for %
p "%"|%" means nothing, write %% for %
p % f|% alone means nothing, write %% for %
%f|the program is not for the user to choose: its word has a %
x%n a|the program is not for the user to choose: its word has a %
bin/p a|the program is neither an absolute path nor a plain name
./p|the program is neither an absolute path nor a plain name
END
    run words-ask 9 '' 'p %f'
    assert_output $'%f means nothing, write %% for %\nEINVAL'
}

@test "a command has at most 64 words" {
    local text
    text=$(printf 'a %.0s' {1..64})
    split "$(printf '<a>\n%.0s' {1..64})" "$text"
    split $'too many words\nEINVAL' "$text a"
}

@test "words that do not fit the room are an error, and never cut" {
    run words-ask 5 f 'p %f' ab
    assert_output $'<p>\n<ab>'
    run words-ask 4 f 'p %f' ab
    assert_output E2BIG
    run words-ask 4 f 'p %f' abc
    assert_output E2BIG
    run words-ask 0 '' p
    assert_output E2BIG
    run words-ask 2 '' p
    assert_output '<p>'
    run words-ask 1000 '' "$(printf '%05000d' 0)"
    assert_output $'too long\nEINVAL'
}
