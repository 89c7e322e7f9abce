#include "slices/act/soft_limit.h"

#include "slices/base/file.h"
#include "slices/base/text.h"
#include "slices/read/sources.h"

#include <fcntl.h>
#include <unistd.h>

static const char *file_of(int group_fd)
{
    bool is_v2 = faccessat(group_fd, "memory.high", F_OK, 0) == 0;
    return is_v2 ? "memory.high" : "memory.soft_limit_in_bytes";
}

int soft_limit_read(int group_fd, uint64_t *ret)
{
    char text[32];
    ssize_t n = file_read(group_fd, file_of(group_fd), text, sizeof text);
    return n < 0 ? (int)n : source_number(text, ret);
}

int soft_limit_write(int group_fd, uint64_t bytes)
{
    char text[32];
    (void)text_format(text, sizeof text, "%llu", (unsigned long long)bytes);
    return file_write(group_fd, file_of(group_fd), bytes == SAMPLE_NO_LIMIT ? "max" : text);
}
