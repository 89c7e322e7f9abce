#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_take(struct fuzz_input *input, void *dst, size_t size)
{
    size_t got = size < input->size ? size : input->size;
    memset(dst, 0, size);
    if (got > 0)
        memcpy(dst, input->data, got);
    input->data += got;
    input->size -= got;
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
    uint8_t byte;
    fuzz_take(input, &byte, sizeof byte);
    return byte;
}

uint64_t fuzz_u64(struct fuzz_input *input)
{
    uint64_t value;
    fuzz_take(input, &value, sizeof value);
    return value;
}

void fuzz_string(struct fuzz_input *input, char *dst, size_t size)
{
    size_t length = 0;
    while (length < size - 1 && length < input->size && input->data[length])
        length++;
    fuzz_take(input, dst, length);
    dst[length] = '\0';
    if (input->size > 0 && !input->data[0])
        (void)fuzz_byte(input);
}

char *fuzz_text(struct fuzz_input *input)
{
    size_t length = input->size;
    char *text = malloc(length + 1);
    fuzz_must(text != NULL, "memory for the input");
    fuzz_take(input, text, length);
    text[length] = '\0';
    return text;
}

void fuzz_must(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

/* Reads one character of RFC 3629 and returns its length, 0 where there is none. */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t more = 0; more < sizeof forms / sizeof *forms; more++) {
        if ((s[0] & forms[more].mask) != forms[more].lead)
            continue;
        uint32_t character = s[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            character = character << 6 | (s[i] & 0x3f);
        }
        bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
        *ret = character;
        return character < forms[more].least || character > 0x10ffff || is_surrogate ? 0 : more + 1;
    }
    return 0;
}

static bool is_printable(const char *text, bool lines)
{
    while (*text) {
        uint32_t character;
        size_t length = decode((const unsigned char *)text, &character);
        bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
        if (length == 0 || (is_control && !(lines && character == '\n')))
            return false;
        text += length;
    }
    return true;
}

bool fuzz_is_printable(const char *text)
{
    return is_printable(text, false);
}

bool fuzz_is_printable_lines(const char *text)
{
    return is_printable(text, true);
}

static char folder[96];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status;
    (void)type;
    (void)position;
    return remove(path);
}

static void remove_folder(void)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (folder[0])
        return folder;
    const char *parent = getenv("TMPDIR");
    (void)snprintf(
        folder, sizeof folder, "%s/mom-test-fuzz-%d", parent ? parent : "/dev/shm", (int)getpid());
    fuzz_must(mkdir(folder, 0700) == 0 || errno == EEXIST, folder);
    fuzz_must(atexit(remove_folder) == 0, "atexit");
    return folder;
}

void fuzz_write(const char *name, const void *bytes, size_t size)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (char *slash = path + strlen(folder); fd < 0 && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        fuzz_must(mkdir(path, 0700) == 0 || errno == EEXIST, path);
        *slash = '/';
    }
    if (fd < 0)
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && close(fd) == 0, path);
}
