bin/vlab-offline.o: bin/vlab-offline.c lib/address.h lib/board.h \
 lib/conf.h lib/roll.h lib/conf.h lib/say.h lib/text.h
lib/address.h:
lib/board.h:
lib/conf.h:
lib/roll.h:
lib/conf.h:
lib/say.h:
lib/text.h:
