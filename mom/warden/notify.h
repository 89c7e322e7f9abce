/* Telling systemd how we are: sd_notify's datagram protocol, as in sd_notify(3). Does nothing where
 * NOTIFY_SOCKET is not set. libc only. */
#ifndef MOM_WARDEN_NOTIFY_H
#define MOM_WARDEN_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

bool notify_wanted(void);

/* "READY=1", "WATCHDOG=1\nSTATUS=...": one datagram. */
void notify_send(const char *text);

/* How often systemd wants a ping, halved as it advises; 0: no watchdog for this process. */
int64_t notify_watchdog_usec(void);

#endif
