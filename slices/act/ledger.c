#include "slices/act/ledger.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_MAGIC 0x6d6f6d6c64677231ull /* "momldgr1": another layout has another number */
#define COPY_SIZE    2048
#define WORDS_OFFSET (2 * COPY_SIZE)
#define FILE_SIZE    (WORDS_OFFSET + (off_t)sizeof(struct words_head) + LEDGER_WORDS_MAX)

struct words_head {
    uint64_t magic, length, sum;
    uint8_t boot[16]; /* in which they were said */
};
_Static_assert(sizeof(struct ledger_page) <= COPY_SIZE, "a page has its room");

static uint64_t sum_of(const struct ledger_page *page)
{
    const char *begin = (const char *)page->boot;
    return text_hash(TEXT_HASH_SEED, begin, sizeof *page - (size_t)(begin - (const char *)page));
}

static int write_whole(int fd, const void *bytes, size_t length, off_t offset)
{
    ssize_t n = pwrite(fd, bytes, length, offset);
    if (n < 0)
        return -errno;
    if ((size_t)n != length)
        return -EIO;
    return fdatasync(fd) < 0 ? -errno : 0;
}

static bool read_copy(int fd, int which, struct ledger_page *ret)
{
    ssize_t n = pread(fd, ret, sizeof *ret, which * COPY_SIZE);
    return n == sizeof *ret && ret->magic == LEDGER_MAGIC && ret->sum == sum_of(ret) &&
           ret->past.count <= BOOT_ENDS_KEPT;
}

/* The newer of the copies that are whole. False: none is. */
static bool read_page(int fd, struct ledger_page *ret)
{
    struct ledger_page other;
    bool found = read_copy(fd, 0, ret);
    if (read_copy(fd, 1, &other) && (!found || other.generation > ret->generation)) {
        *ret = other;
        found = true;
    }
    return found;
}

/* In the place of the older one. */
static int write_page(struct ledger *ledger)
{
    struct ledger_page *page = &ledger->page;
    page->magic = LEDGER_MAGIC;
    page->generation++;
    page->sum = sum_of(page);
    int r = write_whole(ledger->fd, page, sizeof *page, (off_t)(page->generation % 2) * COPY_SIZE);
    if (r < 0)
        page->generation--; /* it may be half there: the next goes to the same place */
    return r;
}

int ledger_open(struct ledger *ledger, const char *state_dir, gid_t group, bool *ret_fresh,
    struct mom_error *error)
{
    char path[PATH_MAX];
    *ledger = (struct ledger){.fd = -1};
    if (text_format(path, sizeof path, "%s/%s", state_dir, LEDGER_FILE) < 0)
        return error_errno(error, -ENAMETOOLONG, "%s", state_dir);
    int fd = file_open_plain(path, 0640);
    int r = fd < 0 ? fd : -posix_fallocate(fd, 0, FILE_SIZE);
    if (r >= 0 && fchown(fd, (uid_t)-1, group) < 0) /* who may read what mom knows */
        r = -errno;
    if (r >= 0) {
        *ret_fresh = !read_page(fd, &ledger->page);
        if (*ret_fresh)
            ledger->page = (struct ledger_page){0};
        ledger->fd = fd;
        return 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return error_errno(error, r, "%s", path);
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->fd >= 0)
        (void)close(ledger->fd);
    ledger->fd = -1;
}

static void add_end(struct boot_past *past, int64_t unix_usec, enum boot_end how)
{
    if (past->count == BOOT_ENDS_KEPT)
        memmove(past->end, past->end + 1, --past->count * sizeof *past->end);
    past->end[past->count].unix_usec = unix_usec;
    past->end[past->count].how = how;
    past->count++;
}

/* Another boot than the one that was written of. */
static void turn_over(struct ledger_page *page, struct stamp now)
{
    enum boot_end how = page->ordered ? BOOT_END_ORDERED : BOOT_END_UNCLEAN;
    if (page->governing) {
        page->untold = true;
        page->ended = (struct boot_ended){.how = how,
            .begun_unix_usec = page->begun_unix_usec,
            .found = now,
            .order = page->order};
        memcpy(page->ended.boot, page->boot, sizeof page->boot);
        add_end(&page->past, page->ordered ? page->order.unix_usec : now.unix_usec, how);
    }
    page->begun_unix_usec = now.unix_usec;
}

int ledger_begin(struct ledger *ledger, const uint8_t boot[16], struct stamp now)
{
    struct ledger_page *page = &ledger->page;
    if (memcmp(page->boot, boot, sizeof page->boot) != 0)
        turn_over(page, now);
    page->ordered = false; /* in this boot: whoever ordered it has died, and the boot has not */
    page->order = (struct boot_order){0};
    memcpy(page->boot, boot, sizeof page->boot);
    page->governing = true;
    page->past.known = true;
    return write_page(ledger);
}

int ledger_amend(struct ledger *ledger, const struct boot_order *order, const char *panic)
{
    struct ledger_page *page = &ledger->page;
    (void)text_copy(page->ended.panic, sizeof page->ended.panic, panic);
    if (order && page->ended.how == BOOT_END_UNCLEAN) {
        page->ended.how = BOOT_END_ORDERED;
        page->ended.order = *order;
        page->past.end[page->past.count - 1].how = BOOT_END_ORDERED; /* the newest: it is untold */
        page->past.end[page->past.count - 1].unix_usec = order->unix_usec;
    }
    return write_page(ledger);
}

int ledger_redate(struct ledger *ledger, struct stamp now)
{
    enum { LEAST_USEC = 60 * 1000000 };
    struct ledger_page *page = &ledger->page;
    struct boot_ended *ended = &page->ended;
    bool is_of_this_boot = page->past.count > 0 && ended->found.unix_usec == page->begun_unix_usec;
    int64_t found_usec = now.unix_usec - (now.boot_usec - ended->found.boot_usec);
    int64_t step_usec = found_usec - ended->found.unix_usec;
    if (!is_of_this_boot || (step_usec > -LEAST_USEC && step_usec < LEAST_USEC))
        return 0;
    ended->found.unix_usec = page->begun_unix_usec = found_usec;
    if (ended->how == BOOT_END_UNCLEAN)
        page->past.end[page->past.count - 1].unix_usec = found_usec;
    int r = write_page(ledger);
    return r < 0 ? r : 1;
}

int ledger_told(struct ledger *ledger)
{
    ledger->page.untold = false;
    return write_page(ledger);
}

int ledger_end(struct ledger *ledger)
{
    ledger->page.governing = false;
    return write_page(ledger);
}

/* That it was ordered counts for more than the words. */
int ledger_order(
    struct ledger *ledger, const struct boot_order *order, const void *words, size_t length)
{
    struct words_head head = {LEDGER_MAGIC, length, text_hash(TEXT_HASH_SEED, words, length), {0}};
    memcpy(head.boot, ledger->page.boot, sizeof head.boot);
    ledger->page.ordered = true;
    ledger->page.order = *order;
    int r = write_page(ledger);
    if (r == 0)
        r = length <= LEDGER_WORDS_MAX ? 0 : -EFBIG;
    if (r == 0)
        r = write_whole(ledger->fd, words, length, WORDS_OFFSET + (off_t)sizeof head);
    return r < 0 ? r : write_whole(ledger->fd, &head, sizeof head, WORDS_OFFSET);
}

int ledger_withdraw(struct ledger *ledger)
{
    ledger->page.ordered = false;
    ledger->page.order = (struct boot_order){0};
    return write_page(ledger);
}

bool ledger_words(const struct ledger *ledger, void *ret, size_t length)
{
    struct words_head head;
    return pread(ledger->fd, &head, sizeof head, WORDS_OFFSET) == sizeof head &&
           head.magic == LEDGER_MAGIC && head.length == length &&
           memcmp(head.boot, ledger->page.ended.boot, sizeof head.boot) == 0 &&
           pread(ledger->fd, ret, length, WORDS_OFFSET + (off_t)sizeof head) == (ssize_t)length &&
           text_hash(TEXT_HASH_SEED, ret, length) == head.sum;
}
