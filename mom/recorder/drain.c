#include "mom/recorder/recorder.h"

#include "db/store.h"
#include "mom/common/log.h"

#include <errno.h>
#include <string.h>

static int take_born(struct recorder *recorder, struct mom_error *error)
{
    const struct record_born *born = (const void *)recorder->buffer;
    int r = store_slice_born(recorder->db, &born->slice, born->at, error);
    return r < 0 ? r : past_tell(recorder, &born->slice, error);
}

static int take_vanished(struct recorder *recorder, struct mom_error *error)
{
    const struct record_vanished *vanished = (const void *)recorder->buffer;
    int r = store_slice_vanished(recorder->db, vanished->serial, vanished->at, error);
    return r == -ENOENT ? 0 : r;
}

static int take_brief(struct recorder *recorder, struct mom_error *error)
{
    int r = store_sample(recorder->db, (const void *)recorder->buffer, error);
    return r == -ENOENT ? 0 : r; /* its life was never told: counted with the drops of the ring */
}

static int take_node(struct recorder *recorder, struct mom_error *error)
{
    return store_node(recorder->db, (const void *)recorder->buffer, error);
}

static int take_trend(struct recorder *recorder, struct mom_error *error)
{
    const struct record_trend *trend = (const void *)recorder->buffer;
    int r = store_trend(recorder->db, trend->serial, trend->at, &trend->report, error);
    return r == -ENOENT ? 0 : r;
}

static int take_oom_kills(struct recorder *recorder, struct mom_error *error)
{
    const struct record_oom_kills *record = (const void *)recorder->buffer;
    return store_oom_kills(recorder->db, record->serial, record->at, record->kills, error);
}

static int take_decision(struct recorder *recorder, struct mom_error *error)
{
    const struct decision *decision = (const void *)recorder->buffer;
    recorder->flush_due |= decision->action == ACTION_REBOOT;
    int r = store_decision(recorder->db, decision, error);
    return r < 0 ? r : letters_for_decision(recorder, decision, error);
}

static int take_outcome(struct recorder *recorder, struct mom_error *error)
{
    const struct record_outcome *record = (const void *)recorder->buffer;
    int r = store_outcome(recorder->db, &record->outcome, &record->processes, error);
    return r < 0 ? r : letters_for_outcome(recorder, record, error);
}

static int take_note(struct recorder *recorder, struct mom_error *error)
{
    const struct record_note *note = (const void *)recorder->buffer;
    return store_note(recorder->db, note->seq, note->at, note->kind, note->text, error);
}

static int take_hold(struct recorder *recorder, struct mom_error *error)
{
    const struct record_hold *hold = (const void *)recorder->buffer;
    return store_hold(
        recorder->db, hold->key, hold->until_unix_usec, hold->by_uid, hold->why, hold->at, error);
}

static int take_warm_start(struct recorder *recorder, struct mom_error *error)
{
    const struct record_warm_start *warm_start = (const void *)recorder->buffer;
    return store_warm_start(recorder->db, warm_start->serial, warm_start->at, error);
}

static int take_dismissal(struct recorder *recorder, struct mom_error *error)
{
    const struct record_dismissal *dismissal = (const void *)recorder->buffer;
    return store_dismissal(recorder->db, dismissal->key, dismissal->bytes, dismissal->by_uid,
        dismissal->why, dismissal->at, error);
}

static int take_look(struct recorder *recorder, struct mom_error *error)
{
    return store_look(recorder->db, (const void *)recorder->buffer, error);
}

static int take_policy(struct recorder *recorder, struct mom_error *error)
{
    const struct record_policy *record = (const void *)recorder->buffer;
    return store_policy_use(recorder->db, record->at, record->hash, error);
}

static int take_program(struct recorder *recorder, struct mom_error *error)
{
    return store_program(recorder->db, (const void *)recorder->buffer, error);
}

static int take_boot_end(struct recorder *recorder, struct mom_error *error)
{
    const struct record_boot_end *end = (const void *)recorder->buffer;
    int r = store_boot_end(
        recorder->db, &end->ended, end->has_words ? &end->words.decision : NULL, error);
    return r <= 0 ? r : letters_for_boot_end(recorder, end, error);
}

static const struct {
    size_t length;
    int (*take)(struct recorder *recorder, struct mom_error *error);
} handlers[] = {
    [RECORD_BORN] = {sizeof(struct record_born), take_born},
    [RECORD_VANISHED] = {sizeof(struct record_vanished), take_vanished},
    [RECORD_BRIEF] = {sizeof(struct sample_brief), take_brief},
    [RECORD_NODE] = {sizeof(struct node_sample), take_node},
    [RECORD_TREND] = {sizeof(struct record_trend), take_trend},
    [RECORD_DECISION] = {sizeof(struct decision), take_decision},
    [RECORD_OUTCOME] = {sizeof(struct record_outcome), take_outcome},
    [RECORD_NOTE] = {sizeof(struct record_note), take_note},
    [RECORD_HOLD] = {sizeof(struct record_hold), take_hold},
    [RECORD_OOM_KILLS] = {sizeof(struct record_oom_kills), take_oom_kills},
    [RECORD_LOOK] = {sizeof(struct node_look), take_look},
    [RECORD_POLICY] = {sizeof(struct record_policy), take_policy},
    [RECORD_WARM_START] = {sizeof(struct record_warm_start), take_warm_start},
    [RECORD_DISMISSAL] = {sizeof(struct record_dismissal), take_dismissal},
    [RECORD_PROGRAM] = {sizeof(struct program_outcome), take_program},
    [RECORD_BOOT_END] = {sizeof(struct record_boot_end), take_boot_end},
};

int drain_record(struct recorder *recorder, uint32_t type, size_t length, struct mom_error *error)
{
    if (type >= sizeof handlers / sizeof *handlers || !handlers[type].take ||
        handlers[type].length != length) {
        log_warning("a record of type %u and %zu bytes is passed over", type, length);
        return 0;
    }
    return handlers[type].take(recorder, error);
}
