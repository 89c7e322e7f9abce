#include "policy/decide/rules.h"

#include "slices/base/text.h"

#include <math.h>
#include <string.h>

/* Fill rates and stalls are smoothed over this: long enough to bridge what the kernel frees and
 * takes in batches, short enough for a leak that has the node full in ten seconds. */
#define SMOOTH_USEC 2000000.0
/* PSI's totals are brought up to date at least every 2 s (kernel/sched/psi.c, PSI_FREQ): direct
 * reclaim that goes on for longer than twice that without moving them is not accounted for. */
#define PSI_STUCK_USEC 5000000
/* A pause in direct reclaim that ends the suspicion. */
#define RECLAIM_PAUSE_USEC 2000000
/* Who makes at least this part of all growth owns it. */
#define OWNED_GROWTH 0.5
/* So much of the memory more than at the look before is no noise. */
#define ROSE_PART 0.002
/* See node_is_close. */
#define CLOSE_PART      4
#define CLOSE_PSI_CENTI 500

void node_watch_init(struct node_watch *watch)
{
    memset(watch, 0, sizeof *watch);
}

void node_watch_forget_rules(struct node_watch *watch)
{
    memset(watch->rule_since_usec, 0, sizeof watch->rule_since_usec);
    memset(watch->rule_told_usec, 0, sizeof watch->rule_told_usec);
}

static bool both_have(
    const struct node_sample *a, const struct node_sample *b, enum node_field field)
{
    return node_has(a, field) && node_has(b, field);
}

static bool advanced(
    const struct node_sample *last, const struct node_sample *node, enum node_field field)
{
    return both_have(last, node, field) && node->value[field] > last->value[field];
}

bool node_room(const struct node_sample *node, double *ret)
{
    uint64_t swap;
    if (!node_has(node, NODE_MEM_AVAILABLE) || !node_swap_room(node, &swap))
        return false;
    *ret = (double)node->value[NODE_MEM_AVAILABLE] + (double)swap;
    return true;
}

static bool has_plenty(const struct node_sample *node)
{
    return node_has(node, NODE_MEM_TOTAL) && node_has(node, NODE_MEM_AVAILABLE) &&
           node->value[NODE_MEM_AVAILABLE] >= node->value[NODE_MEM_TOTAL] / CLOSE_PART;
}

static bool differs(
    const struct node_sample *last, const struct node_sample *node, enum node_field field)
{
    return both_have(last, node, field) && node->value[field] != last->value[field];
}

static double smooth(double before, double now, int64_t usec)
{
    return before + (1 - exp(-(double)usec / SMOOTH_USEC)) * (now - before);
}

static void update_fill_rate(struct node_watch *watch, const struct node_sample *node, int64_t usec)
{
    double before, after;
    if (!node_room(&watch->last, &before) || !node_room(node, &after)) {
        watch->fill_rate = 0;
        return;
    }
    if (differs(&watch->last, node, NODE_MEM_TOTAL) || differs(&watch->last, node, NODE_SWAP_TOTAL))
        return; /* swap or memory was added or taken away: nobody filled it */
    double rate = (before - after) / ((double)usec / 1e6);
    watch->fill_rate = fmax(smooth(watch->fill_rate, rate, usec), 0);
    if (node_has(node, NODE_MEM_TOTAL) &&
        after - before >= ROSE_PART * (double)node->value[NODE_MEM_TOTAL])
        watch->rose_usec = node->at.boot_usec;
}

static void update_stalled(struct node_watch *watch, const struct node_sample *node, int64_t usec)
{
    double stalled_usec = 0;
    if (advanced(&watch->last, node, NODE_PSI_FULL_TOTAL))
        stalled_usec =
            (double)(node->value[NODE_PSI_FULL_TOTAL] - watch->last.value[NODE_PSI_FULL_TOTAL]);
    watch->stalled = smooth(watch->stalled, fmin(stalled_usec / (double)usec, 1), usec);
}

static bool any_rule_holds(const struct node_watch *watch)
{
    for (size_t i = 0; i < POLICY_RULES_MAX; i++)
        if (watch->rule_since_usec[i] != 0)
            return true;
    return false;
}

/* Given back, or not missed any more. */
static void update_room_due(struct node_watch *watch, const struct node_sample *node)
{
    double room;
    bool back = node_room(node, &room) && room >= watch->reset.room_due;
    if (back || (has_plenty(node) && !any_rule_holds(watch)))
        watch->reset.room_due = 0;
}

static void update_psi(struct node_watch *watch, const struct node_sample *node, bool reclaimed)
{
    int64_t now = node->at.boot_usec;
    bool judged = both_have(&watch->last, node, NODE_PSI_SOME_TOTAL);
    bool moved = differs(&watch->last, node, NODE_PSI_SOME_TOTAL);
    bool paused = now - watch->reclaimed_usec > RECLAIM_PAUSE_USEC;
    if (!judged || moved || (paused && !reclaimed))
        watch->psi_stuck_since_usec = 0;
    else if (watch->psi_stuck_since_usec == 0 && reclaimed)
        watch->psi_stuck_since_usec = now;
}

void node_watch_update(struct node_watch *watch, const struct node_sample *node)
{
    int64_t usec = node->at.boot_usec - watch->last.at.boot_usec;
    if (watch->last.have != 0 && usec <= 0)
        return;
    if (watch->last.have != 0) {
        update_fill_rate(watch, node, usec);
        update_stalled(watch, node, usec);
        bool reclaimed = advanced(&watch->last, node, NODE_ALLOCSTALL) ||
                         advanced(&watch->last, node, NODE_PGSCAN_DIRECT);
        update_psi(watch, node, reclaimed);
        if (reclaimed)
            watch->reclaimed_usec = node->at.boot_usec;
        if (reclaimed || advanced(&watch->last, node, NODE_PSWPOUT))
            watch->swapped_out_usec = node->at.boot_usec;
    }
    update_room_due(watch, node);
    watch->last = *node;
}

int64_t node_watch_pause_usec(const struct node_watch *watch, int64_t interval_usec)
{
    double room;
    if (watch->fill_rate <= 0 || !node_room(&watch->last, &room))
        return interval_usec;
    double pause_usec =
        fmax(room / watch->fill_rate * 1e6 / NODE_LOOKS_LEFT, NODE_PAUSE_LEAST_USEC);
    return pause_usec < (double)interval_usec ? (int64_t)pause_usec : interval_usec;
}

struct node_look node_look_of(const struct node_watch *watch, const struct node_sample *node,
    const struct standing *standing, enum node_look_kind kind)
{
    struct node_look look = {.node = *node,
        .standing_usec = standing->made.boot_usec,
        .kind = kind,
        .fill_rate = watch->fill_rate,
        .stalled = watch->stalled,
        .swapped_out_usec = watch->swapped_out_usec,
        .reclaimed_usec = watch->reclaimed_usec,
        .psi_stuck_since_usec = watch->psi_stuck_since_usec,
        .room_due = watch->reset.room_due,
        .listed_room = standing->room,
        .last_resort = watch->last_resort,
        .charged = SAMPLE_NO_LIMIT};
    (void)text_copy(look.domain, sizeof look.domain, standing->domain);
    return look;
}

void node_watch_resume(struct node_watch *watch, const struct node_look *look)
{
    watch->last = look->node;
    watch->fill_rate = look->fill_rate;
    watch->stalled = look->stalled;
    watch->swapped_out_usec = look->swapped_out_usec;
    watch->reclaimed_usec = look->reclaimed_usec;
    watch->psi_stuck_since_usec = look->psi_stuck_since_usec;
    watch->reset.room_due = look->room_due;
    watch->last_resort = look->last_resort;
    watch->unattributed_usec = 0;
    memset(watch->rule_since_usec, 0, sizeof watch->rule_since_usec);
}

bool node_is_close(const struct node_watch *watch)
{
    const struct node_sample *node = &watch->last;
    if (any_rule_holds(watch))
        return true;
    if (watch->domain[0] != '\0')
        return false;
    bool known = node_has(node, NODE_MEM_TOTAL) && node_has(node, NODE_MEM_AVAILABLE);
    bool stalled =
        node_has(node, NODE_PSI_FULL_AVG10) && node->value[NODE_PSI_FULL_AVG10] >= CLOSE_PSI_CENTI;
    return (known && !has_plenty(node)) || stalled;
}

double rule_growth_share(const struct node_watch *watch, const struct standing *standing,
    const struct standing_entry *entry)
{
    double all = fmax(standing->growth_now_total, watch->fill_rate);
    return entry->growth_now > 0 ? entry->growth_now / all : 0;
}

const struct standing_entry *rule_growth_owner(
    const struct node_watch *watch, const struct standing *standing)
{
    const struct standing_entry *owner = NULL;
    for (uint32_t i = 0; i < standing->count; i++)
        if (!owner || standing->entry[i].growth_now > owner->growth_now)
            owner = &standing->entry[i];
    bool owns = owner && rule_growth_share(watch, standing, owner) >= OWNED_GROWTH;
    return owns ? owner : NULL;
}

/* What the conditions look at. */
struct look {
    const struct rule *rule;
    const struct node_watch *watch;
    const struct node_sample *node;
    const struct standing *standing;
    struct evidence *evidence;
};

static bool available_below(const struct look *look)
{
    const struct node_sample *node = look->node;
    uint64_t total = node->value[NODE_MEM_TOTAL], available = node->value[NODE_MEM_AVAILABLE];
    if (!node_has(node, NODE_MEM_AVAILABLE) || !node_has(node, NODE_MEM_TOTAL) || total == 0)
        return false;
    uint64_t bound = amount_of(&look->rule->available_below, total);
    evidence_add(look->evidence, node_fields[NODE_MEM_AVAILABLE].name, UNIT_BYTES,
        (double)available, '<', (double)bound);
    return available < bound;
}

static bool room_below(const struct look *look)
{
    const struct node_sample *node = look->node;
    double room;
    if (!node_room(node, &room) || !node_has(node, NODE_MEM_TOTAL))
        return false;
    double bound = (double)amount_of(&look->rule->room_below, node->value[NODE_MEM_TOTAL]);
    evidence_add(look->evidence, "room", UNIT_BYTES, room, '<', bound);
    return room < bound;
}

static bool swap_used_above(const struct look *look)
{
    const struct node_sample *node = look->node;
    uint64_t total = node->value[NODE_SWAP_TOTAL], free = node->value[NODE_SWAP_FREE];
    if (!node_has(node, NODE_SWAP_TOTAL) || !node_has(node, NODE_SWAP_FREE) || total == 0)
        return false;
    uint64_t used = total > free ? total - free : 0;
    uint64_t bound = amount_of(&look->rule->swap_used_above, total);
    evidence_add(look->evidence, "swap_used", UNIT_BYTES, (double)used, '>', (double)bound);
    return used >= bound;
}

static bool psi_is_stuck(const struct node_watch *watch, const struct node_sample *node)
{
    return watch->psi_stuck_since_usec != 0 &&
           node->at.boot_usec - watch->psi_stuck_since_usec >= PSI_STUCK_USEC;
}

bool node_psi_usable(const struct node_watch *watch, const struct node_sample *node)
{
    return node_has(node, NODE_PSI_FULL_AVG10) && !psi_is_stuck(watch, node);
}

static bool psi_full_above(const struct look *look)
{
    const struct node_sample *node = look->node;
    if (!node_has(node, NODE_PSI_FULL_AVG10))
        return false;
    double full = (double)node->value[NODE_PSI_FULL_AVG10];
    double bound = look->rule->psi_full_above * 100;
    evidence_add(
        look->evidence, node_fields[NODE_PSI_FULL_AVG10].name, UNIT_CENTI, full, '>', bound);
    return full >= bound && !psi_is_stuck(look->watch, node);
}

static bool stalled_above(const struct look *look)
{
    if (!node_has(look->node, NODE_PSI_FULL_TOTAL))
        return false;
    double stalled = 1e4 * look->watch->stalled, bound = look->rule->stalled_above * 100;
    evidence_add(look->evidence, "stalled", UNIT_CENTI, stalled, '>', bound);
    return stalled >= bound && !psi_is_stuck(look->watch, look->node);
}

static bool swapping(const struct look *look)
{
    if (look->watch->swapped_out_usec == 0)
        return false;
    int64_t ago = look->node->at.boot_usec - look->watch->swapped_out_usec;
    evidence_add(look->evidence, "swapped_out_ago", UNIT_USEC, (double)ago, '<',
        (double)look->rule->swapping_usec);
    return ago <= look->rule->swapping_usec;
}

static bool exhausted_within(const struct look *look)
{
    double room, rate = look->watch->fill_rate;
    if (!node_room(look->node, &room))
        return false;
    evidence_add(look->evidence, "fill_rate", UNIT_RATE, rate, ' ', 0);
    if (rate <= 0)
        return false;
    double usec = room / rate * 1e6;
    evidence_add(
        look->evidence, "exhausted_in", UNIT_USEC, usec, '<', (double)look->rule->exhausted_usec);
    const struct standing_entry *owner = rule_growth_owner(look->watch, look->standing);
    double share = owner ? rule_growth_share(look->watch, look->standing, owner) : 0;
    evidence_add(look->evidence, "growth_share", UNIT_COUNT, share, '>', OWNED_GROWTH);
    return usec <= (double)look->rule->exhausted_usec && owner;
}

static bool no_swap(const struct look *look)
{
    if (!node_has(look->node, NODE_SWAP_TOTAL))
        return false;
    double total = (double)look->node->value[NODE_SWAP_TOTAL];
    evidence_add(
        look->evidence, node_fields[NODE_SWAP_TOTAL].name, UNIT_BYTES, total, '<', SAMPLE_PAGE);
    return total <= 0;
}

static bool psi_unusable(const struct look *look)
{
    bool usable = node_psi_usable(look->watch, look->node);
    evidence_add(look->evidence, "psi_usable", UNIT_COUNT, usable, '<', 1);
    return !usable;
}

static const struct {
    enum rule_condition bit;
    bool (*holds)(const struct look *look);
} conditions[] = {
    {RULE_AVAILABLE_BELOW, available_below},
    {RULE_ROOM_BELOW, room_below},
    {RULE_SWAP_USED_ABOVE, swap_used_above},
    {RULE_PSI_FULL_ABOVE, psi_full_above},
    {RULE_STALLED_ABOVE, stalled_above},
    {RULE_SWAPPING, swapping},
    {RULE_EXHAUSTED_WITHIN, exhausted_within},
    {RULE_NO_SWAP, no_swap},
    {RULE_PSI_UNUSABLE, psi_unusable},
};

bool rule_holds(const struct rule *rule, const struct node_watch *watch,
    const struct node_sample *node, const struct standing *standing, struct evidence *evidence)
{
    const struct look look = {rule, watch, node, standing, evidence};
    bool holds = rule->conditions != 0;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (rule->conditions & conditions[i].bit)
            holds &= conditions[i].holds(&look);
    return holds;
}
