/* The seal: from here on the governor's, the guard's and the hands' threads (the witness's once it
 * has its sockets) allocate nothing, and all memory stays in RAM. Built with MOM_SEAL_CHECK, any
 * call of the allocator by a sealed thread aborts the program: that build is how the tests prove
 * it. */
#ifndef MOM_GOVERNOR_SEAL_H
#define MOM_GOVERNOR_SEAL_H

#include <stdbool.h>

/* Locks what is mapped now and what is touched later (not what is merely reserved), and asks the
 * kernel's OOM killer to spare the process. What isn't permitted is said in the log, once, and done
 * without. */
void seal_process(void);

/* Marks the calling thread. */
void seal_thread(bool sealed);

#endif
