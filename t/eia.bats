#!/usr/bin/env bats
# The settings of a tty, in the words of eia ctl files.

load lib
setup() { lab_setup; }
teardown() { lab_teardown; }

@test "each word sets on a tty what it says, and stty(1) sees it" {
    run -0 eia pty <<'END'
write b115200 s2 m1 x1
stty -a | tr -s '; ' '\n\n' | grep -xE '[0-9]+|-?(cstopb|crtscts|ixon|ixoff|icanon|echo|opost|icrnl)' | tr '\n' ' '; echo
write b9600 s1 m0 x0 rawon
stty -a | tr -s '; ' '\n\n' | grep -xE '[0-9]+|-?(cstopb|crtscts|ixon|ixoff|icanon|echo|opost|icrnl)' | tr '\n' ' '; echo
write rawoff
stty -a | tr -s '; ' '\n\n' | grep -xE '[0-9]+|-?(cstopb|crtscts|ixon|ixoff|icanon|echo|opost|icrnl)' | tr '\n' ' '; echo
END
    assert_line --index 0 ok
    for word in 115200 cstopb crtscts ixon ixoff icanon echo opost icrnl; do
        assert_regex " ${lines[1]}" " $word "
    done
    for word in 9600 -cstopb -crtscts -ixon -ixoff -icanon -echo -opost -icrnl; do
        assert_regex " ${lines[3]}" " $word "
    done
    for word in 9600 icanon echo opost icrnl; do
        assert_regex " ${lines[5]}" " $word "
    done
}

@test "each word reaches a UART: rate, bits, parity, stop bits, flow control" {
    run -0 eia uart <<'END'
write b115200 l8 pn s1 x0
write l5
write l6 pe
write L7 PO
write l8 s2 Pn
write b4000000
write b300
write s1 m1 x1
write m0
write x0
write m7
END
    assert_output - <<'END'
set 010002 8n1
ok
set 010002 5n1
ok
set 010002 6e1
ok
set 010002 7o1
ok
set 010002 8n2
ok
set 010017 8n2
ok
set 07 8n2
ok
set 07 8n1 crtscts ixon ixoff
ok
set 07 8n1 ixon ixoff
ok
set 07 8n1
ok
set 07 8n1 crtscts
ok
END
}

@test "DTR and RTS change as they come, after the settings, and a break comes last" {
    run -0 eia uart <<'END'
write x0
write d1
write r1 d0 r0 d1
write k100 d0 f b9600 l7
end
write k0
write k
write k10000
write k5 k7
END
    assert_output - <<'END'
set 017 8n1
ok
dtr 1
ok
rts 1
dtr 0
rts 0
dtr 1
ok
set 015 7n1
flush
dtr 0
break on
break 100
break off
ok
break on
break 200
error EINVAL
break on
break 10000
break on
break 7
END
}

@test "a break does not wait for what is still to be sent: nothing is done then" {
    run -0 eia uart <<'END'
unsent 1
write d1 b9600 k1
write f k1
unsent 1
write d1
write k1
unsent 0
write k1
END
    assert_output - <<'END'
error EAGAIN
flush
break on
break 1
dtr 1
ok
error EAGAIN
break on
break 1
END
}

@test "all words are checked before one is done" {
    while read -r words; do
        run -0 eia uart <<<"write b9600 d1 f k1 $words"
        assert_output 'error EINVAL'
        run -0 eia uart <<<"write $words b9600 d1 f k1"
        assert_output 'error EINVAL'
    done <<'END'
b
b0
b12345
b-9600
b9600x
b115200,
b4294976896
b99999999999999999999
l4
l9
l
l88
p
px
p1
pnn
s0
s3
d
dx
d-1
r
rawo
rawoni
m
x
xx
k10001
k-1
f1
ff
a1
9600
-
b 9600
END
}

@test "white space of any kind parts words, and none at all is nothing to do" {
    run -0 eia uart <<<"write "$'\t  r1\t d1\r'
    assert_output $'rts 1\ndtr 1\nok'
    run -0 eia uart <<'END'
write
write    
write x0
write x0
END
    assert_output $'ok\nok\nset 017 8n1\nok\nok'
}

@test "a reading is words that can be written again" {
    run -0 eia uart <<'END'
write b115200 l7 pe s2 d1 r0 m1 x1 rawon
read
write b115200 l7 pe s2 d1 r0 m1 x1 rawon
read
write b1000000 l8 po s1 d0 r1 m0 x0 rawoff
read
write l5 pn
read
END
    assert_equal "$(grep '^b' <<<"$output")" 'b115200 l7 pe s2 d1 r0 m1 x1 rawon
b115200 l7 pe s2 d1 r0 m1 x1 rawon
b1000000 l8 po s1 d0 r1 m0 x0 rawoff
b1000000 l5 pn s1 d0 r1 m0 x0 rawoff'
    run -0 eia pty <<'END'
read
write b38400 l8 pn s1 m0 x1 rawoff
stty -a >/dev/null
read
write b9600 l8 pn s2 m1 x0 rawon
read
END
    assert_output - <<'END'
b38400 l8 pn s1 m0 x1 rawoff
ok
b38400 l8 pn s1 m0 x1 rawoff
ok
b9600 l8 pn s2 m1 x0 rawon
END
}

@test "what has no word is left out of a reading" {
    run -0 eia pty <<'END'
stty 110
read
write s2
read
END
    assert_output $'l8 pn s1 m0 x1 rawoff\nok\nl8 pn s2 m0 x1 rawoff'
    run -0 eia uart <<'END'
mark
read
write pe x0
END
    assert_output $'b38400 l8 s1 d0 r0 m0 x1 rawoff\nset 017 8e1\nok'
}

@test "a tty without lines, as a pty is, refuses words about them, and nothing is done; a break is none" {
    run -0 eia pty <<'END'
write b9600 d1
write r0 b9600
read
write f b9600
read
write k100
END
    # Some kernels say that they break a pty.
    assert_output --regexp $'^error ENOTTY\nerror ENOTTY\nb38400 l8 pn s1 m0 x1 rawoff\nok\nb9600 l8 pn s1 m0 x1 rawoff\n(ok|break 100)$'
    run -0 eia uart <<'END'
fails EINVAL
write d1
fails EIO
write d1
END
    assert_output $'error EINVAL\nerror EIO'
}

@test "settings that a tty does not make are an error, and none of them is made" {
    run -0 eia pty <<'END'
write b9600 l7 s2 rawon
write pe
read
END
    assert_output $'error EINVAL\nerror EINVAL\nb38400 l8 pn s1 m0 x1 rawoff'
    run -0 eia uart <<'END'
slow
write b230400 x0 d1
read
END
    assert_output - <<'END'
set 015 8n1
set 017 8n1 ixon
error EINVAL
b38400 l8 pn s1 d0 r0 m0 x1 rawoff
END
}
