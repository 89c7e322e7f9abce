/* The node's last resort before it is needed: whether its way is there; and what is armed while a
 * reboot would be in order: the kernel's own panic where it would kill for the node as a whole. Put
 * back when it would not be, and by whoever finds the journal. */
#include "mom/governor/governor.h"

#include "slices/act/kernel_setting.h"
#include "slices/act/last_resort.h"
#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int change(struct governor *governor, const char *name, uint64_t value, struct stamp now)
{
    char path[PATH_MAX];
    int r = text_format(path, sizeof path, "%s/sys/%s", governor->options->paths.proc_root, name);
    return r < 0 ? r : kernel_setting_change(&governor->journal, path, value, now);
}

/* After a panic the machine must not stand still; who has said how long it may, is heeded. */
static int let_panics_boot(struct governor *governor, struct stamp now)
{
    int r = last_resort_panic_halts(governor->options->paths.proc_root);
    return r <= 0 ? r : change(governor, "kernel/panic", LAST_RESORT_PANIC_SEC, now);
}

static int arm(struct governor *governor, struct stamp now)
{
    unsigned long long is_set = 0;
    int r = let_panics_boot(governor, now);
    if (r == 0)
        r = file_read_u64(governor->proc_fd, "sys/vm/panic_on_oom", &is_set);
    /* 1: not where a limit, or a set of memory nodes, is all that is full (mm/oom_kill.c); 2, a
     * person's, is more */
    return r < 0 || is_set != 0 ? r : change(governor, "vm/panic_on_oom", 1, now);
}

/* A sandbox, or a container's /proc, may keep mom from a way: better known before it is needed. */
static void look_at_way(struct governor *governor, enum last_resort way, struct stamp now)
{
    if (way == governor->way_looked_at)
        return;
    governor->way_looked_at = way;
    if (way == LAST_RESORT_ANNOUNCE)
        return;
    int r = last_resort_look_at_log(governor->options->paths.proc_root);
    if (r < 0)
        tell_note(governor, now, "last-resort", "the kernel's log would not know of it: %s",
            strerrordesc_np(-r));
    r = last_resort_look(way, governor->options->paths.proc_root);
    if (r < 0)
        tell_note(governor, now, "last-resort", "%s can't be had: %s; another way would be taken",
            last_resort_names[way], strerrordesc_np(-r));
}

void governor_arm(struct governor *governor, struct stamp now)
{
    const struct last_resort_settings *settings = &policy_globals(governor->policy)->last_resort;
    struct last_resort_view *view = &governor->last_resort_view;
    last_resort_see(view, last_resort_past(governor->last_resort), now);
    if (!view->confined)
        look_at_way(governor, settings->action, now);
    enum restraint bar = last_resort_bar(settings, view, now);
    bool wanted = settings->panic_on_oom && !governor->options->dry_run && bar == RESTRAINT_NONE;
    governor->state.last_resort = (struct live_last_resort){settings->action, bar, view->ends};
    if (wanted == governor->panics_on_oom)
        return;
    governor->panics_on_oom = wanted;
    int r = wanted ? arm(governor, now) : 0;
    if (!wanted || r < 0)
        (void)kernel_settings_restore(&governor->journal);
    if (r < 0)
        tell_note(governor, now, "panic-on-oom", "can't be had: %s", strerrordesc_np(-r));
    else
        tell_note(governor, now, "panic-on-oom",
            wanted ? "the kernel panics rather than kill for the node" : "as before");
}
