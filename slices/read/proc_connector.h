/* The process events connector (cn_proc.h): the kernel says that a process has exited, and how,
 * when little is left of it. Here of processes that died by SIGKILL.
 *
 * Needs CAP_NET_ADMIN in the first network and pid namespace: elsewhere the kernel doesn't answer.
 * Inner header of slices/read. */
#ifndef SLICES_READ_PROC_CONNECTOR_H
#define SLICES_READ_PROC_CONNECTOR_H

#include "slices/base/error.h"
#include "slices/read/death.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>

/* Asks for events; from then on the socket gives a datagram for each death, and for nothing else.
 * -ETIMEDOUT: the kernel has not answered within a second. */
int proc_connector_open(struct mnl_socket **ret, struct mom_error *error);
void proc_connector_close(struct mnl_socket *socket);

/* What a datagram tells of a death: the pid. False: nothing. */
bool proc_connector_parse(const void *datagram, size_t length, struct death *ret);

#endif
