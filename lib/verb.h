/* verb: what vlab-node(8) does, a file for each verb, or for two that are one another's
   other way. Like must, and for the same reason, these print, and end the program when it
   cannot go on. */
#ifndef VERB_H
#define VERB_H

/* Each has the words behind its name, for say_options, its own begin with argv[1]; and
   returns the exit code. */
int verb_run(int argc, char **argv);
int verb_on(int argc, char **argv);
int verb_off(int argc, char **argv);
int verb_block(int argc, char **argv);
int verb_noblock(int argc, char **argv);
int verb_expel(int argc, char **argv);
int verb_bring(int argc, char **argv);
int verb_mount(int argc, char **argv);
int verb_umount(int argc, char **argv);

/* Without a verb: the table of all nodes, or as JSON. */
int verb_list(int json);

/* Warn that a verb for all nodes leaves this one out, and why. */
struct survey_node;
void verb_left_out(const struct survey_node *n);

#endif
