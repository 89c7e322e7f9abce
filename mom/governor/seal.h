/* The seal: from here on all memory stays in RAM, and a thread promises what it does without. The
 * build mom-governor-sealed (seal_check.c) aborts where a promise is broken: that is how the tests
 * prove it. */
#ifndef MOM_GOVERNOR_SEAL_H
#define MOM_GOVERNOR_SEAL_H

/* Each with those before it. */
enum seal {
    SEAL_NONE,
    SEAL_ALLOCATION, /* allocates nothing: all that decide, act or watch, but the guard; the witness
                        once it has its sockets */
    SEAL_WAITING     /* waits for nobody: takes no lock, opens no file on a disk: the guard */
};

/* Locks what is mapped now and what is touched later (not what is merely reserved), and asks the
 * kernel's OOM killer to spare the process. What isn't permitted is said in the log, once, and done
 * without. */
void seal_process(void);

/* Of the calling thread. */
void seal_thread(enum seal seal);

extern _Thread_local enum seal thread_seal;

#endif
