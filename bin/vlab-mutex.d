bin/vlab-mutex.o: bin/vlab-mutex.c lib/address.h lib/lines.h \
 lib/message.h lib/peer.h lib/conf.h lib/reload.h lib/reply.h \
 lib/message.h lib/turn.h lib/board.h lib/roll.h lib/queue.h lib/say.h \
 lib/turn.h
lib/address.h:
lib/lines.h:
lib/message.h:
lib/peer.h:
lib/conf.h:
lib/reload.h:
lib/reply.h:
lib/message.h:
lib/turn.h:
lib/board.h:
lib/roll.h:
lib/queue.h:
lib/say.h:
lib/turn.h:
