/* Taskstats (the kernel's Documentation/accounting/taskstats.rst): what the kernel has counted of a
 * task, told when it exits and before its memory is gone. Here of processes that die by SIGKILL.
 *
 * Needs CAP_NET_ADMIN in the first network, pid and user namespace. Inner header of slices/read. */
#ifndef SLICES_READ_TASKSTATS_H
#define SLICES_READ_TASKSTATS_H

#include "slices/base/error.h"
#include "slices/read/death.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>

/* Registers for the exits on all processors; from then on the socket gives a datagram for each
 * death, and for nothing else. Waits for the kernel's answers for 4 s at most. -ENONET:
 * exits are told elsewhere, in the first namespaces; -EPROTO: the kernel's version of the structure
 * can't be trusted, see taskstats_is_usable. */
int taskstats_open(struct mnl_socket **ret, struct mom_error *error);
void taskstats_close(struct mnl_socket *socket);

/* What a datagram tells of a death; the fields that it doesn't are left alone. False: nothing. */
bool taskstats_parse(const void *datagram, size_t length, struct death *ret);

/* Of the structure's version: 12 is the first that names the process of a thread, and 15 moved what
 * stood behind fields that it put into the middle (16 moved it back). */
bool taskstats_is_usable(unsigned version);

#endif
