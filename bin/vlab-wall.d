bin/vlab-wall.o: bin/vlab-wall.c lib/roll.h lib/rolls.h lib/say.h \
 lib/wall.h
lib/roll.h:
lib/rolls.h:
lib/say.h:
lib/wall.h:
