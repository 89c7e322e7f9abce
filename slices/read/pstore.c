#include "slices/read/pstore.h"

#include "slices/base/directory.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* systemd-pstore makes a folder for the time, and one for the record in it. The rest keeps a folder
 * that somebody else has filled from costing more than a look. */
enum { DEPTH_MAX = 2, FILES_MAX = 1024, FILE_BYTES_MAX = 4 << 20, NAMES_BUFFER = 4096 };

struct reading {
    int64_t since_unix_usec;
    pstore_visitor *visit;
    void *context;
    int files;
};

struct place {
    struct reading *reading;
    int fd;
    int depth;
};

/* "<6>[   12.345678][    T1] text" */
static const char *without_prefix(const char *line)
{
    const char *text = line;
    if (*text == '<' && (text = strchr(text, '>')))
        text++;
    while (text && *text == '[' && (text = strchr(text, ']')))
        text++;
    if (!text)
        return line;
    return *text == ' ' ? text + 1 : text;
}

static void read_lines(int fd, const struct reading *reading)
{
    char chunk[1024], line[PSTORE_LINE_MAX];
    size_t length = 0;
    ssize_t n;
    for (off_t offset = 0; offset < FILE_BYTES_MAX; offset += n) {
        if ((n = pread(fd, chunk, sizeof chunk, offset)) <= 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            if (chunk[i] == '\n') {
                line[length] = '\0';
                length = 0;
                reading->visit(reading->context, without_prefix(line));
            } else if (length < sizeof line - 1) {
                line[length++] = chunk[i] ? chunk[i] : ' ';
            }
        }
    }
    line[length] = '\0';
    if (length > 0)
        reading->visit(reading->context, without_prefix(line));
}

/* Kernels give such a file the time of its record, in whole seconds. */
static bool is_due(const struct reading *reading, const char *name, const struct stat *status)
{
    return S_ISREG(status->st_mode) && text_starts_with(name, "dmesg") &&
           status->st_mtim.tv_sec >= reading->since_unix_usec / 1000000;
}

static directory_visitor visit_entry;

static int read_folder(struct reading *reading, int fd, int depth)
{
    alignas(uint64_t) char buffer[NAMES_BUFFER];
    struct place place = {reading, fd, depth};
    return directory_visit(fd, buffer, sizeof buffer, visit_entry, &place);
}

/* Entry by entry: what can't be read is no reason to leave out the others. */
static int visit_entry(void *context, const char *name, unsigned char type)
{
    const struct place *place = context;
    struct reading *reading = place->reading;
    struct stat status;
    (void)type;
    int fd = openat(place->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return 0;
    bool known = fstat(fd, &status) == 0;
    if (known && S_ISDIR(status.st_mode) && place->depth < DEPTH_MAX) {
        (void)read_folder(reading, fd, place->depth + 1);
    } else if (known && is_due(reading, name, &status)) {
        reading->files++;
        read_lines(fd, reading);
    }
    (void)close(fd);
    return reading->files < FILES_MAX ? 0 : 1;
}

int pstore_read(const char *folder, int64_t since_unix_usec, pstore_visitor *visit, void *context)
{
    struct reading reading = {since_unix_usec, visit, context, 0};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    int r = read_folder(&reading, fd, 0);
    (void)close(fd);
    return r < 0 ? r : reading.files;
}
