bin/vlab-kick.o: bin/vlab-kick.c lib/address.h lib/board.h lib/conf.h \
 lib/roll.h lib/conf.h lib/dial.h lib/rolls.h lib/say.h lib/text.h
lib/address.h:
lib/board.h:
lib/conf.h:
lib/roll.h:
lib/conf.h:
lib/dial.h:
lib/rolls.h:
lib/say.h:
lib/text.h:
