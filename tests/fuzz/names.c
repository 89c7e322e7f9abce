/* What a group's path makes of a slice, and text_escape, through which every byte that a stranger
 * chose reaches a terminal, a mail or a page. Input: a byte for the size of a small buffer, the
 * path up to a NUL, and then what a container runtime wrote down. */
#include "slices/find/names.h"
#include "slices/base/text.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static int hex_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Undoes text_escape in place. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        *to++ = (char)(hex_digit(from[2]) << 4 | hex_digit(from[3]));
        from += 4;
    }
    *to = '\0';
}

static void check_escape(const char *text, size_t small_size)
{
    size_t size = 4 * strlen(text) + 1;
    char *whole = malloc(size), *small = malloc(small_size);
    fuzz_must(whole && small, "memory");
    text_escape(whole, size, text);
    text_escape(small, small_size, text);
    fuzz_must(fuzz_is_printable(whole), "what is escaped can be shown");
    fuzz_must(fuzz_is_printable(small), "what is cut can be shown");
    fuzz_must(strlen(small) < small_size, "what is cut fits");
    fuzz_must(text_starts_with(whole, small), "what is cut is the beginning");
    unescape(whole);
    fuzz_must(strcmp(whole, text) == 0, "nothing is lost: two names never look the same");
    free(whole);
    free(small);
}

static bool is_string(const char *field, size_t size)
{
    return memchr(field, '\0', size) != NULL;
}

static void check_slice(const struct slice *slice)
{
    fuzz_must(is_string(slice->key, sizeof slice->key), "a key is a string");
    fuzz_must(is_string(slice->name, sizeof slice->name), "a name is a string");
    fuzz_must(is_string(slice->runtime, sizeof slice->runtime), "a runtime is a string");
    fuzz_must(slice->kind < SLICE_KINDS, "a kind is a kind");
    fuzz_must(strchr(slice->key, ':') != NULL, "a key has a prefix");
    fuzz_must(fuzz_is_printable(slice->key), "a key can be shown");
}

static void check_names(const char *path)
{
    static struct names names;
    if (!names.scratch.base)
        fuzz_must(names_open(&names, fuzz_folder(), NULL) == 0, "names");
    struct slice slice = {0}, again = {0}, plain = {0};
    (void)text_copy(slice.path, sizeof slice.path, path);
    again = plain = slice;
    bool session;
    enum names_verdict verdict = names_resolve(&names, &slice, &session);
    check_slice(&slice);
    fuzz_must(verdict <= NAMES_UNKNOWN, "a verdict is a verdict");
    fuzz_must(
        names_resolve(&names, &again, &session) == verdict && strcmp(slice.key, again.key) == 0,
        "the same path gives the same key");
    names_plain(&plain);
    check_slice(&plain);
    fuzz_must(text_starts_with(plain.key, "cgroup:"), "a plain group goes by its path");
}

/* The files that give the containers of this ID their names. */
static void check_name_files(const struct fuzz_input *content)
{
    fuzz_write("var/lib/docker/containers/" ID "/config.v2.json", content->data, content->size);
    check_names("/docker/" ID);
    fuzz_write("var/lib/containers/storage/overlay-containers/containers.json", content->data,
        content->size);
    check_names("/machine.slice/libpod-" ID ".scope");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    size_t small_size = 1u + fuzz_byte(&input);
    char *path = fuzz_text(&input);
    check_escape(path, small_size);
    check_names(path);
    size_t before_content = 1 + strlen(path) + 1;
    if (before_content < size)
        check_name_files(&(struct fuzz_input){data + before_content, size - before_content});
    free(path);
    return 0;
}
