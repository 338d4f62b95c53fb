bin/vlab-compile-config.o: bin/vlab-compile-config.c lib/accounts.h \
 lib/names.h lib/board.h lib/conf.h lib/roll.h lib/owner.h lib/parse.h \
 lib/errors.h lib/publish.h lib/accounts.h lib/parse.h lib/say.h
lib/accounts.h:
lib/names.h:
lib/board.h:
lib/conf.h:
lib/roll.h:
lib/owner.h:
lib/parse.h:
lib/errors.h:
lib/publish.h:
lib/accounts.h:
lib/parse.h:
lib/say.h:
