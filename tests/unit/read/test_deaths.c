/* What the kernel's log and netlink messages tell of a death, and which of them tell nothing. */
#include "slices/read/kernel_log.h"
#include "slices/read/proc_connector.h"
#include "slices/read/taskstats.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(struct nlmsghdr) char datagram[4096];

/* --- Taskstats -------------------------------------------------------------------------------- */

static const struct taskstats killed = {
    .version = 13,
    .ac_exitcode = SIGKILL,
    .ac_comm = "leaker",
    .ac_pid = 7,
    .ac_tgid = 7,
    .hiwater_rss = 2048,
};

/* As the kernel packs it; `length` of the structure's bytes. */
static size_t pack_stats(const struct taskstats *stats, size_t length, uint16_t aggregate)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(datagram);
    message->nlmsg_type = 0x1c;
    struct genlmsghdr *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
    header->cmd = TASKSTATS_CMD_NEW;
    struct nlattr *nest = mnl_attr_nest_start(message, aggregate);
    mnl_attr_put_u32(message, TASKSTATS_TYPE_PID, stats->ac_pid);
    mnl_attr_put(message, TASKSTATS_TYPE_STATS, length, stats);
    mnl_attr_nest_end(message, nest);
    return message->nlmsg_len;
}

static bool tells(const struct taskstats *stats, struct death *ret)
{
    *ret = (struct death){.pid = 0};
    return taskstats_parse(
        datagram, pack_stats(stats, sizeof *stats, TASKSTATS_TYPE_AGGR_PID), ret);
}

static void taskstats_names_the_killed_and_their_peak(void **state)
{
    (void)state;
    struct death death;
    assert_true(tells(&killed, &death));
    assert_int_equal(death.pid, 7);
    assert_string_equal(death.name, "leaker");
    assert_int_equal(death.peak_rss, 2048 * 1024);
}

static void of_other_ends_taskstats_tells_nothing(void **state)
{
    (void)state;
    static const uint32_t other[] = {0, SIGTERM, SIGSEGV | 0x80, SIGKILL << 8};
    struct death death;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        struct taskstats stats = killed;
        stats.ac_exitcode = other[i];
        assert_false(tells(&stats, &death));
    }
    struct taskstats thread = killed;
    thread.ac_pid = 8;
    assert_false(tells(&thread, &death));
}

static void only_versions_whose_fields_stand_still_are_trusted(void **state)
{
    (void)state;
    struct death death;
    static const struct {
        uint16_t version;
        bool usable;
    } table[] = {
        {8, false}, {11, false}, {12, true}, {14, true}, {15, false}, {16, true}, {40, true}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct taskstats stats = killed;
        stats.version = table[i].version;
        assert_int_equal(tells(&stats, &death), table[i].usable);
    }
}

static void a_longer_structure_is_as_good_and_a_shorter_one_is_not_overrun(void **state)
{
    (void)state;
    struct death death = {.pid = 0};
    char longer[sizeof killed + 256];
    memset(longer, 0xff, sizeof longer);
    memcpy(longer, &killed, sizeof killed);
    struct nlmsghdr *message = mnl_nlmsg_put_header(datagram);
    (void)mnl_nlmsg_put_extra_header(message, sizeof(struct genlmsghdr));
    struct nlattr *nest = mnl_attr_nest_start(message, TASKSTATS_TYPE_AGGR_PID);
    mnl_attr_put(message, TASKSTATS_TYPE_STATS, sizeof longer, longer);
    mnl_attr_nest_end(message, nest);
    assert_true(taskstats_parse(datagram, message->nlmsg_len, &death));
    assert_string_equal(death.name, "leaker");
    for (size_t length = 0; length < offsetof(struct taskstats, ac_tgid); length++)
        assert_false(taskstats_parse(
            datagram, pack_stats(&killed, length, TASKSTATS_TYPE_AGGR_PID), &death));
}

static void what_is_no_exit_of_a_task_tells_nothing(void **state)
{
    (void)state;
    struct death death;
    size_t length = pack_stats(&killed, sizeof killed, TASKSTATS_TYPE_AGGR_TGID);
    assert_false(taskstats_parse(datagram, length, &death));
    length = pack_stats(&killed, sizeof killed, TASKSTATS_TYPE_AGGR_PID);
    for (size_t cut = 0; cut < length; cut++)
        assert_false(taskstats_parse(datagram, cut, &death));
}

static void a_name_without_an_end_gets_one(void **state)
{
    (void)state;
    struct taskstats stats = killed;
    struct death death;
    memset(stats.ac_comm, 'x', sizeof stats.ac_comm);
    stats.hiwater_rss = UINT64_MAX;
    assert_true(tells(&stats, &death));
    assert_int_equal(strlen(death.name), sizeof death.name - 1);
    assert_int_equal(death.peak_rss, 0);
}

/* --- Proc connector --------------------------------------------------------------------------- */

static const struct proc_event exited = {
    .what = PROC_EVENT_EXIT,
    .event_data.exit = {.process_pid = 9, .process_tgid = 9, .exit_code = SIGKILL},
};

static size_t pack_event(const struct proc_event *event, size_t length, uint32_t idx)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(datagram);
    message->nlmsg_type = NLMSG_DONE;
    struct cn_msg *connector = mnl_nlmsg_put_extra_header(message, sizeof *connector + length);
    connector->id.idx = idx;
    connector->id.val = CN_VAL_PROC;
    connector->len = (uint16_t)length;
    memcpy(connector->data, event, length);
    return message->nlmsg_len;
}

static bool connector_tells(const struct proc_event *event, size_t length, uint32_t idx)
{
    struct death death = {.pid = 0};
    size_t size = pack_event(event, length, idx);
    bool told = proc_connector_parse(datagram, size, &death);
    assert_int_equal(death.pid, told ? 9 : 0);
    return told;
}

static void the_proc_connector_tells_who_was_killed(void **state)
{
    (void)state;
    assert_true(connector_tells(&exited, sizeof exited, CN_IDX_PROC));
    assert_false(connector_tells(&exited, sizeof exited, CN_IDX_PROC + 1));
    struct proc_event other = exited;
    other.event_data.exit.exit_code = 1 << 8;
    assert_false(connector_tells(&other, sizeof other, CN_IDX_PROC));
    other = exited;
    other.event_data.exit.process_tgid = 8;
    assert_false(connector_tells(&other, sizeof other, CN_IDX_PROC));
    other = exited;
    other.what = PROC_EVENT_FORK;
    assert_false(connector_tells(&other, sizeof other, CN_IDX_PROC));
}

static void cut_events_tell_nothing(void **state)
{
    (void)state;
    struct death death;
    for (size_t length = 0; length <= offsetof(struct proc_event, event_data.exit.exit_code);
         length++)
        assert_false(connector_tells(&exited, length, CN_IDX_PROC));
    size_t length = pack_event(&exited, sizeof exited, CN_IDX_PROC);
    for (size_t cut = 0; cut < length; cut++)
        assert_false(proc_connector_parse(datagram, cut, &death));
    ((struct cn_msg *)mnl_nlmsg_get_payload((struct nlmsghdr *)(void *)datagram))->len = UINT16_MAX;
    assert_false(proc_connector_parse(datagram, length, &death));
}

/* Found by fuzzing: libmnl takes such a length for a negative one, and reads on. */
static void a_length_beyond_all_memory_is_not_believed(void **state)
{
    (void)state;
    struct death death;
    struct nlmsghdr *message = (struct nlmsghdr *)(void *)datagram;
    size_t length = pack_stats(&killed, sizeof killed, TASKSTATS_TYPE_AGGR_PID);
    message->nlmsg_len = 0x80000000;
    assert_false(taskstats_parse(datagram, length, &death));
    length = pack_event(&exited, sizeof exited, CN_IDX_PROC);
    message->nlmsg_len = 0x80000000;
    assert_false(proc_connector_parse(datagram, length, &death));
}

/* --- Kernel log ------------------------------------------------------------------------------- */

#define CHOSEN                                                                                     \
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a"

static void log_tells(const char *record, int pid, const char *name, const char *group)
{
    struct death death = {.peak_rss = 5};
    assert_true(kernel_log_parse(record, &death));
    assert_int_equal(death.pid, pid);
    assert_string_equal(death.name, name);
    assert_string_equal(death.group, group);
    assert_int_equal(death.peak_rss, 5);
}

static void the_kernels_log_tells_where_the_chosen_one_hung(void **state)
{
    (void)state;
    log_tells("6,9745,508,-;" CHOSEN ",task_memcg=/a/b,task=eater,pid=19055,uid=0\n", 19055,
        "eater", "/a/b");
    log_tells("6,1,2,-,caller=T5;" CHOSEN ",task_memcg=/a,task=x,pid=7,uid=0\n SUBSYSTEM=x\n", 7,
        "x", "/a");
    log_tells("6,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
              "global_oom,task_memcg=/,task=,pid=7,uid=0\n",
        7, "", "/");
    log_tells("6,1,2,-;" CHOSEN ",task_memcg=/a\\x5cx2db\\xc3\\xa9,task=\\x0a\\x1b[m,pid=7,uid=0\n",
        7, "\n\x1b[m", "/a\\x2db\u00e9");
}

/* A process can be called so, a group too, and a program may write into the log. */
static void what_others_put_into_the_log_tells_nothing(void **state)
{
    (void)state;
    static const char *const records[] = {
        "14,1,2,-;" CHOSEN ",task_memcg=/b,task=eater,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a,task=a,task=b,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a,task=a,pid=9,uid=1,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/b,task_memcg=/a,task=a,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task=a,task_memcg=/b,pid=7,uid=0\n",
        "6,1,2,-;usb 1-1: " CHOSEN ",task_memcg=/b,task=eater,pid=7,uid=0\n",
        "4,1,2,-;Memory cgroup out of memory: Killed process 7 (eater) total-vm:1kB\n",
    };
    struct death death = {.pid = 0};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_false(kernel_log_parse(records[i], &death));
}

static void cut_and_crooked_lines_of_the_log_tell_nothing(void **state)
{
    (void)state;
    static const char *const records[] = {
        "6,1,2,-;" CHOSEN ",task_memcg=/a,task=x,pid=,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a,task=x,pid=0,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a,task=x,pid=99999999999,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=a,task=x,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a\\x5,task=x,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN ",task_memcg=/a\\x00,task=x,pid=7,uid=0\n",
        "6,1,2,-;" CHOSEN
        ",task_memcg=/a,task=0123456789012345678901234567890123456789,pid=7,uid=0\n",
    };
    struct death death = {.pid = 0};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_false(kernel_log_parse(records[i], &death));
    static const char whole[] = "6,9745,508,-;" CHOSEN ",task_memcg=/a/b,task=eater,pid=19055,";
    char cut[sizeof whole];
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        memcpy(cut, whole, length);
        cut[length] = '\0';
        assert_false(kernel_log_parse(cut, &death));
    }
    assert_int_equal(death.pid, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taskstats_names_the_killed_and_their_peak),
        cmocka_unit_test(of_other_ends_taskstats_tells_nothing),
        cmocka_unit_test(only_versions_whose_fields_stand_still_are_trusted),
        cmocka_unit_test(a_longer_structure_is_as_good_and_a_shorter_one_is_not_overrun),
        cmocka_unit_test(what_is_no_exit_of_a_task_tells_nothing),
        cmocka_unit_test(a_name_without_an_end_gets_one),
        cmocka_unit_test(the_proc_connector_tells_who_was_killed),
        cmocka_unit_test(cut_events_tell_nothing),
        cmocka_unit_test(a_length_beyond_all_memory_is_not_believed),
        cmocka_unit_test(the_kernels_log_tells_where_the_chosen_one_hung),
        cmocka_unit_test(what_others_put_into_the_log_tells_nothing),
        cmocka_unit_test(cut_and_crooked_lines_of_the_log_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
