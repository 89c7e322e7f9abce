#include "slices/base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/types.h>

int directory_visit(int fd, void *buffer, size_t size, directory_visitor *visit, void *context)
{
    for (;;) {
        ssize_t length = getdents64(fd, buffer, size);
        if (length <= 0)
            return length < 0 ? -errno : 0;
        for (ssize_t offset = 0; offset < length;) {
            const struct dirent64 *entry = (const void *)((const char *)buffer + offset);
            offset += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            int r = visit(context, entry->d_name, entry->d_type);
            if (r != 0)
                return r;
        }
    }
}
