/* The root-owned files that say what people call a container or a user. Inner header of
 * slices/find: names.c asks, by its table.
 *
 * Each takes what the path told ("tag": a 64-digit id, a uid, an escaped name) and writes the name.
 * 0 or -errno; on failure dst holds nothing of use and the caller falls back to the tag. A file
 * counts only if it is a plain file of at most NAME_SOURCE_MAX bytes that belongs to root and that
 * nobody else may write. Nothing is allocated but from names->scratch. */
#ifndef SLICES_FIND_NAME_SOURCES_H
#define SLICES_FIND_NAME_SOURCES_H

#include "slices/find/names.h"

#define NAME_SOURCE_MAX     (1u << 20)
#define NAME_SOURCE_SCRATCH (8u << 20) /* a JSON text and its tree: up to 7 times the text */

typedef int name_source(struct names *names, const char *tag, char *dst, size_t size);

name_source name_of_docker;     /* /var/lib/docker/containers/ID/config.v2.json, .Name */
name_source name_of_podman;     /* /var/lib/containers/storage/...-containers/, .names */
name_source name_of_pod;        /* /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log */
name_source name_of_user;       /* /etc/passwd read directly: NSS may wait for a network */
name_source name_of_machine;    /* machined's "qemu\x2d1\x2dweb": number off, \xNN undone */
name_source name_of_unit_label; /* systemd's escaping undone: "my\x2dbox" */

#endif
