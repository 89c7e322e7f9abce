#include "tests/scenarios/world.h"

#include <math.h>
#include <string.h>

#define WATERMARK       0.05
#define SWAP_SPEED      (200.0 * (1 << 20)) /* bytes a second */
#define PSI_SWAPPING    15.0
#define PSI_SQUEEZED    4000 /* of a slice at its own limit; hundredths of a per cent */
#define PSI_THRASHING   60.0
#define THRASHING_BELOW 0.02
#define PSI_AVERAGE_SEC 10.0
#define PI              3.14159265358979323846

const char *const channel_names[CHANNELS] = {
    [CHANNEL_ANON] = "anon",
    [CHANNEL_SHMEM] = "shmem",
    [CHANNEL_KERNEL] = "kernel",
    [CHANNEL_CACHE] = "cache",
};

void world_init(struct world *world)
{
    *world = (struct world){.memory = 1ull << 30, .kernel = 64 << 20, .psi_full_set = -1};
}

bool body_add_law(struct body *body, const struct law *law)
{
    if (body->laws == LAWS_MAX)
        return false;
    body->law[body->laws++] = *law;
    return true;
}

/* splitmix64, by Sebastiano Vigna (public domain): the same numbers in every run. */
static double random_part(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + n * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void body_scatter_law(const struct body *body, struct law *law)
{
    static const uint64_t sizes = 1ull << 40, moments = 1ull << 41; /* beyond all wobbles */
    double times = 0.5 + random_part(body->seed, sizes + body->laws);
    bool comes_again = law->kind != LAW_GROWS && law->kind != LAW_SATURATES;
    law->size *= times;
    law->most *= times;
    if (comes_again)
        law->ahead_usec =
            (int64_t)((double)law->period_usec * random_part(body->seed, moments + body->laws));
}

static double law_value(const struct body *body, const struct law *law, int64_t now_usec)
{
    double usec = (double)(now_usec - law->since_usec), period = (double)law->period_usec;
    double turns = period > 0 ? (usec + (double)law->ahead_usec) / period : 0;
    switch (law->kind) {
    case LAW_GROWS:
        return law->size < 0 ? fmax(law->size * usec / 1e6, law->most)
                             : fmin(law->size * usec / 1e6, law->most);
    case LAW_SATURATES:
        return law->size * (1 - exp(-turns));
    case LAW_SAWS:
        return law->size * (turns - floor(turns));
    case LAW_STEPS:
        return law->size * floor(turns);
    case LAW_SWINGS:
        turns += (double)law->since_usec / period;
        return law->size * (1 - cos(2 * PI * turns)) / 2;
    case LAW_WOBBLES:
        return law->size * (2 * random_part(body->seed, (uint64_t)turns) - 1);
    }
    return 0;
}

void body_steady(struct body *body, int64_t now_usec)
{
    for (unsigned i = 0; i < body->laws; i++)
        body->base[body->law[i].channel] += law_value(body, &body->law[i], now_usec);
    body->laws = 0;
}

void body_freeze(struct body *body, int64_t now_usec)
{
    body->frozen_usec = now_usec;
}

void body_thaw(struct body *body, int64_t now_usec)
{
    for (unsigned i = 0; i < body->laws && body->frozen_usec != 0; i++)
        body->law[i].since_usec += now_usec - body->frozen_usec;
    body->frozen_usec = 0;
}

void body_take(struct body *body, enum channel channel, double bytes)
{
    body->base[channel] = fmax(body->base[channel] + bytes, 0);
}

static double kept(const struct body *body)
{
    return body->level[CHANNEL_ANON] + body->level[CHANNEL_SHMEM] + body->level[CHANNEL_KERNEL];
}

static void update_level(struct body *body, int64_t now_usec)
{
    memcpy(body->level, body->base, sizeof body->level);
    for (unsigned i = 0; i < body->laws; i++)
        body->level[body->law[i].channel] += law_value(body, &body->law[i], now_usec);
    for (unsigned i = 0; i < CHANNELS; i++)
        body->level[i] = fmax(body->level[i], 0);
    body->swapped = fmin(body->swapped, body->level[CHANNEL_ANON]);
}

static bool holds(const struct world *world, const struct body *body)
{
    return body->exists && (world->group == 0 || world->group == body->group);
}

static double sum_resident(const struct world *world, const struct body *bodies, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += holds(world, &bodies[i]) ? kept(&bodies[i]) - bodies[i].swapped : 0;
    return sum;
}

static double swap_free(const struct world *world, const struct body *bodies, uint32_t count)
{
    double used = 0;
    for (uint32_t i = 0; i < count; i++)
        used += holds(world, &bodies[i]) ? bodies[i].swapped : 0;
    return fmax(world->swap - used, 0);
}

/* Memory that could be had: negative when more is wanted than there is. */
static double room(const struct world *world, const struct body *bodies, uint32_t count)
{
    double in_zram = world->zram ? (world->swap - swap_free(world, bodies, count)) / 3 : 0;
    return world->memory - world->kernel - in_zram - sum_resident(world, bodies, count);
}

double world_available(const struct world *world, const struct body *bodies, uint32_t count)
{
    return fmax(room(world, bodies, count), 0);
}

static double swappable(const struct world *world, const struct body *body, bool idle)
{
    return holds(world, body) && body->idle == idle ? body->level[CHANNEL_ANON] - body->swapped : 0;
}

/* Takes up to `bytes` from the idle, or from the others, each by its share; returns how much. */
static double swap_out_of(
    const struct world *world, struct body *bodies, uint32_t count, bool idle, double bytes)
{
    double all = 0;
    for (uint32_t i = 0; i < count; i++)
        all += swappable(world, &bodies[i], idle);
    double part = all > 0 ? fmin(bytes / all, 1) : 0;
    for (uint32_t i = 0; i < count; i++)
        bodies[i].swapped += part * swappable(world, &bodies[i], idle);
    return part * all;
}

/* Returns how much went to swap. */
static double reclaim(struct world *world, struct body *bodies, uint32_t count, double sec)
{
    double wanted = WATERMARK * world->memory - room(world, bodies, count);
    wanted = fmin(fmin(wanted, swap_free(world, bodies, count)), SWAP_SPEED * sec);
    if (wanted <= 0 || world->swapping_off)
        return 0;
    double out = swap_out_of(world, bodies, count, true, wanted);
    return out + swap_out_of(world, bodies, count, false, wanted - out);
}

/* How much of the slice is in memory above a limit. */
static double above(const struct body *body, uint64_t limit)
{
    return limit ? fmax(kept(body) - body->swapped - (double)limit, 0) : 0;
}

/* Returns how much of what the slice has above a limit goes to swap. */
static double squeeze(
    const struct world *world, struct body *bodies, uint32_t count, uint32_t which, uint64_t limit)
{
    struct body *body = &bodies[which];
    double most = fmin(body->level[CHANNEL_ANON] - body->swapped, swap_free(world, bodies, count));
    double out = world->swapping_off ? 0 : fmin(above(body, limit), most);
    body->swapped += out;
    return out;
}

bool world_squeeze(
    const struct world *world, struct body *bodies, uint32_t count, uint32_t which, uint64_t limit)
{
    (void)squeeze(world, bodies, count, which, limit);
    return above(&bodies[which], limit) <= 0;
}

bool world_reclaim(
    const struct world *world, struct body *bodies, uint32_t count, uint32_t which, uint64_t bytes)
{
    double held = kept(&bodies[which]) - bodies[which].swapped;
    uint64_t most = held > (double)bytes ? (uint64_t)(held - (double)bytes) : 1;
    return world_squeeze(world, bodies, count, which, most);
}

/* By the own limits of slices. Returns how much went to swap. */
static double push_out(struct world *world, struct body *bodies, uint32_t count)
{
    double out = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct body *body = &bodies[i];
        if (!holds(world, body))
            continue;
        uint64_t nearest =
            body->high && (!body->limit || body->high < body->limit) ? body->high : body->limit;
        out += squeeze(world, bodies, count, i, nearest);
        body->squeezed = nearest && body->swapped > 0 &&
                         kept(body) - body->swapped > (1 - 1.0 / 64) * (double)nearest;
    }
    return out;
}

static void update_pressure(struct world *world, double swapped, double available, double sec)
{
    bool thrashing = available < THRASHING_BELOW * world->memory;
    double full = swapped > 0 ? PSI_SWAPPING * fmin(swapped / (SWAP_SPEED * sec), 1) : 0;
    if (thrashing && swapped <= 0)
        full = PSI_THRASHING;
    if (swapped > 0 || thrashing)
        world->allocstall += 1 + swapped / SAMPLE_PAGE;
    world->pswpout += swapped / SAMPLE_PAGE;
    if (world->psi_stuck)
        return;
    if (world->psi_full_set >= 0)
        full = world->psi_full = world->psi_full_set;
    world->psi_full += (1 - exp(-sec / PSI_AVERAGE_SEC)) * (full - world->psi_full);
    world->psi_full_total_usec += full / 100 * sec * 1e6;
}

static void kill_process(struct body *body)
{
    double left = 1 - 1.0 / body->processes;
    body->base[CHANNEL_ANON] = left * body->level[CHANNEL_ANON];
    body->swapped *= left;
    body->laws = body->processes > 1 ? body->laws : 0;
    for (unsigned i = 0; i < body->laws; i++)
        body->law[i].size *= left;
    body->processes--;
    body->oom_kills++;
}

/* The kernel's choice: anon and swap of one process. */
static int kill_largest(const struct world *world, struct body *bodies, uint32_t count)
{
    int chosen = -1;
    double most = 0;
    for (uint32_t i = 0; i < count; i++) {
        double of_one = bodies[i].level[CHANNEL_ANON] / bodies[i].processes;
        if (holds(world, &bodies[i]) && bodies[i].processes > 0 && of_one > most) {
            most = of_one;
            chosen = (int)i;
        }
    }
    if (chosen >= 0)
        kill_process(&bodies[chosen]);
    return chosen;
}

/* One that has more than its own limit. */
static int kill_within(const struct world *world, struct body *bodies, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (holds(world, &bodies[i]) && bodies[i].processes > 0 &&
            above(&bodies[i], bodies[i].limit) > 0) {
            kill_process(&bodies[i]);
            return (int)i;
        }
    return -1;
}

int world_step(struct world *world, struct body *bodies, uint32_t count, int64_t now_usec)
{
    double sec = (double)(now_usec - world->now_usec) / 1e6;
    world->now_usec = now_usec;
    for (uint32_t i = 0; i < count; i++)
        if (bodies[i].exists && bodies[i].frozen_usec == 0)
            update_level(&bodies[i], now_usec);
    if (sec <= 0)
        return -1;
    world->pswpout += push_out(world, bodies, count) / SAMPLE_PAGE;
    double swapped = reclaim(world, bodies, count, sec), left = room(world, bodies, count);
    update_pressure(world, swapped, left, sec);
    if (left > 0)
        return kill_within(world, bodies, count);
    world->oom_kills++;
    return kill_largest(world, bodies, count);
}

static uint64_t bytes(double value)
{
    return value > 0 ? (uint64_t)value / SAMPLE_PAGE * SAMPLE_PAGE : 0;
}

void world_sample_node(const struct world *world, const struct body *bodies, uint32_t count,
    struct stamp at, struct node_sample *ret)
{
    *ret = (struct node_sample){.at = at};
    uint64_t available = bytes(world_available(world, bodies, count));
    uint64_t free = bytes(swap_free(world, bodies, count));
    node_set(ret, NODE_MEM_TOTAL, bytes(world->memory));
    node_set(ret, NODE_MEM_FREE, available);
    if (!world->no_available)
        node_set(ret, NODE_MEM_AVAILABLE, available);
    if (!world->no_swap_info) {
        node_set(ret, NODE_SWAP_TOTAL, bytes(world->swap));
        node_set(ret, NODE_SWAP_FREE, free);
        node_set(ret, NODE_SWAP_DEVICES, world->swap > 0);
        node_set(ret, NODE_ZRAM_SWAP, world->zram ? bytes(world->swap) : 0);
    }
    node_set(ret, NODE_PSWPOUT, (uint64_t)world->pswpout);
    node_set(ret, NODE_ALLOCSTALL, (uint64_t)world->allocstall);
    node_set(ret, NODE_PGSCAN_DIRECT, (uint64_t)world->allocstall);
    node_set(ret, NODE_OOM_KILL, world->oom_kills);
    if (world->psi_absent)
        return;
    uint64_t full = (uint64_t)(100 * world->psi_full);
    uint64_t total = (uint64_t)world->psi_full_total_usec;
    node_set(ret, NODE_PSI_SOME_AVG10, full);
    node_set(ret, NODE_PSI_FULL_AVG10, full);
    node_set(ret, NODE_PSI_SOME_TOTAL, total);
    node_set(ret, NODE_PSI_FULL_TOTAL, total);
}

void world_sample_slice(const struct body *body, struct stamp at, struct sample *ret)
{
    *ret = (struct sample){.at = at};
    uint64_t anon = bytes(body->level[CHANNEL_ANON] - body->swapped);
    uint64_t shmem = bytes(body->level[CHANNEL_SHMEM]);
    uint64_t kernel = bytes(body->level[CHANNEL_KERNEL]);
    uint64_t file = bytes(body->level[CHANNEL_CACHE]) + shmem;
    sample_set(ret, SAMPLE_CURRENT, anon + file + kernel);
    sample_set(ret, SAMPLE_SWAP, bytes(body->swapped));
    sample_set(ret, SAMPLE_ANON, anon);
    sample_set(ret, SAMPLE_FILE, file);
    sample_set(ret, SAMPLE_FILE_MAPPED, 0);
    sample_set(ret, SAMPLE_SHMEM, shmem);
    sample_set(ret, SAMPLE_KERNEL, kernel);
    sample_set(ret, SAMPLE_SLAB_RECLAIMABLE, 0);
    sample_set(ret, SAMPLE_SWAPCACHED, 0);
    sample_set(ret, SAMPLE_INACTIVE_ANON, anon + shmem);
    sample_set(ret, SAMPLE_ACTIVE_ANON, 0);
    sample_set(ret, SAMPLE_EVENT_OOM_KILL, body->oom_kills);
    sample_set(ret, SAMPLE_PSI_SOME_AVG10,
        body->squeezed && !body->idle && body->frozen_usec == 0 ? PSI_SQUEEZED : 0);
    if (body->mems != 0)
        sample_set(ret, SAMPLE_MEMS, body->mems);
    sample_set(ret, SAMPLE_LIMIT_MAX, body->limit ? body->limit : SAMPLE_NO_LIMIT);
    sample_set(ret, SAMPLE_LIMIT_HIGH, body->high ? body->high : SAMPLE_NO_LIMIT);
}
