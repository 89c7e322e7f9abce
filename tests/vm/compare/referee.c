/* referee SECONDS SETTLE LIVES BEGAN HEART ROLE:GROUP...
 * Watches which groups lose processes, and tells it as it happens on standard error; ends SETTLE
 * seconds after each of the guilty has been emptied LIVES times, or when SECONDS have passed since
 * BEGAN (of /proc/uptime). Then one line on standard output:
 *   died=NAME@SECONDS,...  the first process that a group lost, in each of its lives, in order
 *   gone=NAME@SECONDS,...  when a group was emptied
 *   first=NAME             of those that died
 *   guilty_whole=yes|no    all of them are gone;  - nobody is guilty
 *   left=NAME:COUNT,...    processes of the guilty that live on
 *   harmed=NAME,...        who died and is not guilty
 *   stall_ms=N             the longest that the heartbeat of HEART was kept waiting
 *   kernel_oom_kills=N     processes, by the kernel
 * Roles: guilty; innocent; bustling, an innocent whose processes come and go: it dies when it is
 * emptied or made anew. Keeps its memory locked and goes before others, so that it sees what
 * befalls them; for a virtual machine only. */
#include "tests/vm/compare/heartbeat.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 32, LOOK_USEC = 100000, NODE_SEC = 5, OPTIONS = 5 };
enum role { GUILTY, INNOCENT, BUSTLING, ROLES };

static const char *const roles[ROLES] = {"guilty:", "innocent:", "bustling:"};

struct group {
    enum role role;
    const char *folder;
    char name[64];
    bool alive, hurt; /* in its present life */
    ino_t inode;
    long processes;
    long lives; /* that have ended */
    bool harmed;
};

struct list {
    char text[2048];
    size_t length;
};

static struct group groups[MOST];
static int count;
static struct list died, gone, harmed;
static double began;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_BOOTTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

__attribute__((format(printf, 2, 3))) static void append(struct list *list, const char *format, ...)
{
    size_t room = sizeof list->text - list->length;
    if (room < sizeof groups->name + 32)
        return; /* a guilty one that has come again for a hundred times */
    va_list arguments;
    va_start(arguments, format);
    if (list->length > 0)
        list->text[list->length++] = ',';
    list->length += (size_t)vsnprintf(list->text + list->length, room - 1, format, arguments);
    va_end(arguments);
}

static const char *shown(const struct list *list)
{
    return list->length > 0 ? list->text : "-";
}

/* The number behind the key, which begins a line; -1: there is none. */
static long read_number(const char *folder, const char *file, const char *key)
{
    static char path[4096], text[32768];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t length = 0;
    for (ssize_t n; (n = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    (void)close(fd);
    text[length] = '\0';
    for (const char *line = text; *line;) {
        if (strncmp(line, key, strlen(key)) == 0)
            return strtol(line + strlen(key), NULL, 10);
        const char *end = strchr(line, '\n');
        line = end ? end + 1 : "";
    }
    return -1;
}

static void add_group(const char *argument)
{
    must(count < MOST, "too many groups");
    struct group *group = &groups[count++];
    while (strncmp(argument, roles[group->role], strlen(roles[group->role])) != 0)
        must(++group->role < ROLES, argument);
    group->folder = argument + strlen(roles[group->role]);
    const char *slash = strrchr(group->folder, '/');
    (void)snprintf(group->name, sizeof group->name, "%s", slash ? slash + 1 : group->folder);
    char *dot = strrchr(group->name, '.');
    if (dot)
        *dot = '\0';
}

static void note_death(struct group *group, double at)
{
    if (group->hurt)
        return;
    group->hurt = true;
    append(&died, "%s@%.1f", group->name, at);
    if (group->role != GUILTY && !group->harmed) {
        group->harmed = true;
        append(&harmed, "%s", group->name);
    }
}

static void note_end(struct group *group, double at)
{
    note_death(group, at);
    group->alive = false;
    group->lives++;
    append(&gone, "%s@%.1f", group->name, at);
    (void)fprintf(stderr, "%7.1f %s is gone\n", at, group->name);
}

static void look(struct group *group)
{
    struct stat folder;
    bool there = stat(group->folder, &folder) == 0 &&
                 read_number(group->folder, "cgroup.events", "populated ") == 1;
    long processes = read_number(group->folder, "pids.current", "");
    double at = now() - began;
    if (group->alive && (!there || folder.st_ino != group->inode))
        note_end(group, at);
    if (!there || processes < 0)
        return;
    if (!group->alive) {
        group->alive = true;
        group->hurt = false;
        group->inode = folder.st_ino;
        (void)fprintf(stderr, "%7.1f %s lives\n", at, group->name);
    } else if (group->role != BUSTLING && processes < group->processes) {
        note_death(group, at);
        (void)fprintf(stderr, "%7.1f %s: %ld of %ld are left\n", at, group->name, processes,
            group->processes);
    }
    group->processes = processes;
}

static void look_at_all(void)
{
    for (int i = 0; i < count; i++)
        look(&groups[i]);
}

/* A scene whose slices did not start says nothing of anybody. */
static void all_must_live(void)
{
    for (int i = 0; i < count; i++)
        if (groups[i].role != BUSTLING && !groups[i].alive) {
            (void)fprintf(stderr, "referee: %s does not live\n", groups[i].name);
            exit(1);
        }
}

static void tell_node(void)
{
    static double told;
    if (now() - told < NODE_SEC)
        return;
    told = now();
    (void)fprintf(stderr, "%7.1f node: %ld MiB available, %ld MiB of swap free, all wait %ld %%\n",
        told - began, read_number("/proc", "meminfo", "MemAvailable:") / 1024,
        read_number("/proc", "meminfo", "SwapFree:") / 1024,
        read_number("/proc", "pressure/memory", "full avg10="));
}

static bool guilty_are_gone(long lives)
{
    int guilty = 0, those_gone = 0;
    for (int i = 0; i < count; i++) {
        guilty += groups[i].role == GUILTY;
        those_gone += groups[i].role == GUILTY && groups[i].lives >= lives;
    }
    return guilty > 0 && those_gone == guilty;
}

static void watch(double seconds, double settle, long lives)
{
    look_at_all();
    all_must_live();
    for (double gone_at = 0;;) {
        look_at_all();
        tell_node();
        double at = now() - began;
        if (gone_at <= 0 && guilty_are_gone(lives))
            gone_at = at;
        if (at > seconds || (gone_at > 0 && at > gone_at + settle))
            return;
        (void)usleep(LOOK_USEC);
    }
}

static const char *guilty_whole(long lives)
{
    for (int i = 0; i < count; i++)
        if (groups[i].role == GUILTY)
            return guilty_are_gone(lives) ? "yes" : "no";
    return "-";
}

static const char *guilty_left(void)
{
    static struct list left;
    for (int i = 0; i < count; i++)
        if (groups[i].role == GUILTY && groups[i].alive)
            append(&left, "%s:%ld", groups[i].name, groups[i].processes);
    return shown(&left);
}

/* One that beats no more is still kept waiting. */
static long stall_ms(struct heartbeat *heart)
{
    int64_t since = (int64_t)(now() * 1e6) - atomic_load(&heart->beat_usec);
    int64_t worst = atomic_load(&heart->worst_usec);
    return (long)((since > worst ? since : worst) / 1000);
}

static struct heartbeat *open_heart(const char *file)
{
    int fd = open(file, O_RDWR | O_CLOEXEC);
    must(fd >= 0, file);
    struct heartbeat *heart = mmap(NULL, sizeof *heart, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(heart != MAP_FAILED, file);
    return heart;
}

int main(int argc, char **argv)
{
    if (argc < 2 + OPTIONS) {
        (void)fprintf(stderr, "usage: referee SECONDS SETTLE LIVES BEGAN HEART ROLE:GROUP...\n");
        return 64;
    }
    long lives = strtol(argv[3], NULL, 10);
    began = strtod(argv[4], NULL);
    for (int i = 1 + OPTIONS; i < argc; i++)
        add_group(argv[i]);
    struct heartbeat *heart = open_heart(argv[5]);
    must(mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "mlockall");
    struct sched_param first = {.sched_priority = 1};
    must(sched_setscheduler(0, SCHED_RR, &first) == 0, "sched_setscheduler");

    long kills = read_number("/proc", "vmstat", "oom_kill ");
    atomic_store(&heart->worst_usec, 0);
    watch(strtod(argv[1], NULL), strtod(argv[2], NULL), lives);
    int name_length = (int)strcspn(died.text, "@");
    (void)printf("died=%s gone=%s first=%.*s guilty_whole=%s left=%s harmed=%s stall_ms=%ld"
                 " kernel_oom_kills=%ld\n",
        shown(&died), shown(&gone), name_length > 0 ? name_length : 1, shown(&died),
        guilty_whole(lives), guilty_left(), shown(&harmed), stall_ms(heart),
        read_number("/proc", "vmstat", "oom_kill ") - kills);
    return 0;
}
