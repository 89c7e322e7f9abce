#include "mom/governor/witness.h"

#include "mom/common/clock.h"
#include "mom/common/log.h"
#include "mom/governor/queue.h"
#include "mom/governor/seal.h"
#include "slices/read/deaths.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { HEARD = 128 };

struct witness {
    const struct hierarchy *hierarchy;
    const char *proc_root;
    pthread_t thread;
    int stop_fd;
    struct deaths deaths; /* the thread's */
    struct queue heard;
    struct death heard_slots[HEARD];
    atomic_bool hears;
    _Atomic uint64_t missed;
};

static void hear(struct witness *witness)
{
    struct death death;
    uint64_t unheard = 0;
    seal_thread(SEAL_ALLOCATION);
    while (deaths_wait(&witness->deaths, witness->stop_fd)) {
        if (deaths_read(&witness->deaths, &death)) {
            death.at = clock_now();
            unheard += !queue_put(&witness->heard, &death);
        }
        atomic_store(&witness->missed, witness->deaths.lost + unheard);
        if (witness->deaths.error < 0) {
            log_warning("whom the kernel kills is told no more by a source that fails: %s",
                strerrorname_np(-witness->deaths.error));
            witness->deaths.error = 0;
            atomic_store(&witness->hears, deaths_are_told(&witness->deaths));
        }
    }
}

/* The kernel may take its time to answer, and need not answer at all. */
static void *run(void *argument)
{
    struct witness *witness = argument;
    struct mom_error error[DEATH_SOURCES] = {0};
    int count = deaths_open(witness->hierarchy, witness->proc_root, &witness->deaths, error);
    for (enum death_source i = 0; i < DEATH_SOURCES; i++)
        if (!deaths_are_told_by(&witness->deaths, i))
            log_notice("whom the kernel kills is not told by %s", error[i].text);
    atomic_store(&witness->hears, count > 0);
    if (count > 0)
        hear(witness);
    deaths_close(&witness->deaths);
    return NULL;
}

int witness_open(const struct hierarchy *hierarchy, const char *proc_root, struct witness **ret,
    struct mom_error *error)
{
    struct witness *witness = calloc(1, sizeof *witness);
    if (!witness)
        return error_errno(error, -ENOMEM, "the witness");
    witness->hierarchy = hierarchy;
    witness->proc_root = proc_root;
    queue_init(&witness->heard, witness->heard_slots, sizeof(struct death), HEARD);
    witness->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = witness->stop_fd < 0 ? -errno : 0;
    if (r == 0)
        r = -pthread_create(&witness->thread, NULL, run, witness);
    if (r < 0) {
        if (witness->stop_fd >= 0)
            (void)close(witness->stop_fd);
        free(witness);
        return error_errno(error, r, "the thread of the witness");
    }
    *ret = witness;
    return 0;
}

void witness_close(struct witness *witness)
{
    (void)eventfd_write(witness->stop_fd, 1);
    (void)pthread_join(witness->thread, NULL);
    (void)close(witness->stop_fd);
    free(witness);
}

bool witness_next(struct witness *witness, struct death *ret)
{
    return queue_take(&witness->heard, ret);
}

uint64_t witness_missed(const struct witness *witness)
{
    return atomic_load(&witness->missed);
}

bool witness_hears(const struct witness *witness)
{
    return atomic_load(&witness->hears);
}
