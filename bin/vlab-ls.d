bin/vlab-ls.o: bin/vlab-ls.c lib/conf.h lib/helper.h lib/lines.h \
 lib/message.h lib/report.h lib/status.h lib/board.h lib/conf.h \
 lib/roll.h lib/helper.h lib/say.h lib/status.h
lib/conf.h:
lib/helper.h:
lib/lines.h:
lib/message.h:
lib/report.h:
lib/status.h:
lib/board.h:
lib/conf.h:
lib/roll.h:
lib/helper.h:
lib/say.h:
lib/status.h:
