/* How well does mom find leaks, beside the rules that people use today? README.md says what is
 * what.
 *
 *   slices (real, made up) --> trial.c  each judge over each, as it is and with plants on it
 *                                 |
 *                              tally.c  figures                             --> tables on stdout
 *
 * Everything is drawn with fixed seeds. Status: 0; 1 a figure is worse than --require says, or
 * traces can't be read; 64 usage. */
#include "tests/leaks/families.h"
#include "tests/leaks/tally.h"

#include <err.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define START INT64_C(1700000000)

enum { HALF_DEVELOPMENT = 1, HALF_TEST = 2 };

static struct {
    const char *traces, *require, *only;
    int halves; /* bits of the above */
    int lives;  /* of each family, made up */
    int judges; /* the first ones */
    bool details;
} options = {.halves = HALF_DEVELOPMENT, .lives = 20, .judges = JUDGES};

enum kind {
    LONG_LIVES,  /* of weeks: everything is planted at every pace */
    BRIEF_LIVES, /* of one to four days: everything is planted, at the pace of the life */
    RECORDINGS   /* nothing is planted: labels say who leaks */
};

/* Slices with something in common, and what came of them. */
struct set {
    const char *name;
    enum kind kind;
    const char *folder; /* of recordings, "": one of the traces; NULL: made up */
    int64_t least_step; /* seconds between two samples */
    struct corpus corpus;
    struct tally tally[JUDGES];
};

enum { SETS = 6 };
static struct set sets[SETS] = {
    {.name = "bitbrains", .kind = LONG_LIVES, .folder = "", .least_step = 300},
    {.name = "alibaba", .kind = LONG_LIVES, .folder = "", .least_step = 60},
    {.name = "aging", .kind = RECORDINGS, .folder = "", .least_step = 60},
    {.name = "recorded", .kind = RECORDINGS, .folder = MOM_LEAKS_DATA, .least_step = 60},
    {.name = "made", .kind = LONG_LIVES, .least_step = 300},
    {.name = "brief", .kind = BRIEF_LIVES, .least_step = 60},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all tallies */
static atomic_size_t next_job;

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Recordings of one program, whose names begin with it, go together. */
static bool in_half(const struct set *set, const struct series *series)
{
    char name[sizeof series->name];
    snprintf(name, sizeof name, "%s", series->name);
    if (set->kind == RECORDINGS)
        name[strcspn(name, "-")] = '\0';
    struct random random = random_seeded(name, 0);
    return options.halves & (random_between(&random, 0, 1) < 0.5 ? HALF_DEVELOPMENT : HALF_TEST);
}

static void try_plant(struct set *set, const struct site *site, enum plant plant, int pace)
{
    char seed_text[128];
    snprintf(seed_text, sizeof seed_text, "%s %d", site->background->name, pace);
    uint64_t seed = random_hash(seed_text);
    struct random random = random_seeded(plant_names[plant], seed);
    enum plant counted = site->background->leaks ? PLANT_LINEAR : plant;
    struct planted planted = plant_draw(plant, site->headroom, site->duration, &random);
    for (int j = 0; j < options.judges; j++) {
        void *state = malloc(judges[j].size);
        if (!state)
            err(1, "a judge");
        double before = cpu_seconds();
        struct finding finding = trial_run(site, &planted, &judges[j], state, seed);
        double cpu = cpu_seconds() - before;
        free(state);
        if (set->kind == RECORDINGS)
            finding.forecasts = 0; /* nobody knows when it would have ended */
        (void)pthread_mutex_lock(&lock);
        tally_add(&set->tally[j], counted, pace, &finding);
        set->tally[j].cpu += cpu;
        set->tally[j].samples += (double)(site->end - site->from);
        (void)pthread_mutex_unlock(&lock);
    }
}

static void watch(struct set *set, const struct series *series)
{
    for (int j = 0; j < options.judges; j++) {
        void *state = malloc(judges[j].size);
        if (!state)
            err(1, "a judge");
        struct watching watching = trial_watch(series, &judges[j], state);
        free(state);
        (void)pthread_mutex_lock(&lock);
        tally_watch(&set->tally[j], &watching);
        (void)pthread_mutex_unlock(&lock);
    }
}

/* What it does is its own. */
static void try_recording(struct set *set, const struct series *series)
{
    struct site site = site_of_recording(series);
    try_plant(set, &site, PLANT_SHAM, 0);
}

/* A short life: whatever it is began with it, or soon after. */
static void try_brief(struct set *set, const struct series *series, struct random *random)
{
    struct site site;
    double seconds = (double)(series->points[series->count - 1].t - series->points[0].t);
    for (enum plant plant = 0; plant < PLANTS; plant++) {
        double delay = fmax(0, random_between(random, -0.2, 0.4)) * seconds;
        double duration = random_between(random, 0.5, 1) * (seconds - delay);
        if (site_whole(&site, series, delay, duration))
            try_plant(set, &site, plant, 0);
    }
}

static void try_series(struct set *set, const struct series *series)
{
    struct random random = random_seeded(series->name, 2);
    struct site site;
    if (series->count == 0)
        return;
    if (set->kind == RECORDINGS) {
        try_recording(set, series);
        return;
    }
    watch(set, series);
    if (set->kind == BRIEF_LIVES)
        try_brief(set, series, &random);
    for (int pace = 0; set->kind == LONG_LIVES && pace < PACES; pace++)
        if (site_find(&site, series, pace_seconds[pace], DAY_SEC, &random))
            for (enum plant plant = 0; plant < PLANTS; plant++)
                try_plant(set, &site, plant, pace);
}

static void *work(void *argument)
{
    (void)argument;
    for (;;) {
        size_t job = atomic_fetch_add(&next_job, 1);
        struct set *set = sets;
        while (set < sets + SETS && job >= set->corpus.count)
            job -= set++->corpus.count;
        if (set == sets + SETS)
            return NULL;
        if (in_half(set, &set->corpus.series[job]))
            try_series(set, &set->corpus.series[job]);
    }
}

static void make_up(struct set *set)
{
    for (enum family family = 0; family < FAMILIES; family++)
        for (int life = 0; life < options.lives; life++) {
            struct series *series = corpus_add(&set->corpus);
            snprintf(series->name, sizeof series->name, "%s/%s-%d", set->name, family_names[family],
                life);
            struct random random = random_seeded(series->name, 1);
            double days = set->kind == BRIEF_LIVES ? random_between(&random, 1, 4) : 30;
            family_live(series, family, &random, START, (int64_t)(days * DAY_SEC), set->least_step);
        }
}

static void gather(struct set *set)
{
    char folder[4096];
    if (options.only && !strstr(options.only, set->name))
        return;
    if (!set->folder) {
        make_up(set);
        return;
    }
    if (!*set->folder && !options.traces) {
        printf("%s: skipped, no folder of real traces was named\n", set->name);
        return;
    }
    snprintf(folder, sizeof folder, "%s/%s", options.traces ? options.traces : "", set->name);
    if (!corpus_read(&set->corpus, *set->folder ? set->folder : folder, set->name, set->least_step))
        exit(1);
    for (size_t i = 0; i < set->corpus.count && strcmp(set->name, "aging") == 0; i++)
        set->corpus.series[i].leaks = true;
}

/* ---- what is printed ---- */

static void print_metrics(struct set *set)
{
    printf("\n%s\n%-14s", set->name, "");
    for (enum metric metric = 0; metric < METRICS; metric++)
        printf(" %9s", metric_names[metric]);
    putchar('\n');
    for (int j = 0; j < options.judges; j++) {
        printf("%-14s", judges[j].name);
        for (enum metric metric = 0; metric < METRICS; metric++) {
            double value = tally_metric(&set->tally[j], metric);
            if (isnan(value))
                printf(" %9s", "-");
            else
                printf(" %9.3f", value);
        }
        putchar('\n');
    }
}

/* Of mom alone, of everything that was tried: the part that was confirmed, confirmed by half of the
 * way, and suspected. */
static void print_plants(const struct set *set)
{
    static const char *const heads[PACES] = {"12 h", "2 d", "7 d", "21 d"};
    for (enum plant plant = 0; plant < PLANTS; plant++)
        for (int pace = 0; pace < PACES; pace++) {
            const struct count *count = &set->tally[0].count[plant][pace];
            double all = count->trials;
            if (count->trials)
                printf("%-14s %-5s %5d trials: %.3f confirmed, %.3f by half, %.3f suspected\n",
                    plant_names[plant], set->kind == LONG_LIVES ? heads[pace] : "", count->trials,
                    count->found / all, count->early / all, count->suspected / all);
        }
}

static void print_set(struct set *set)
{
    if (set->corpus.count == 0)
        return;
    print_metrics(set);
    if (options.details)
        print_plants(set);
}

/* ---- what must be reached ---- */

/* One line: SET[/restarted] METRIC least|most VALUE. Returns whether it holds. */
static bool holds(const char *line)
{
    char set_name[32], name[32], sense[8];
    double bound;
    if (sscanf(line, "%31s %31s %7s %lf", set_name, name, sense, &bound) != 4)
        errx(64, "%s: not SET METRIC least|most VALUE: %s", options.require, line);
    char *slash = strchr(set_name, '/');
    bool restarted = slash && strcmp(slash, "/restarted") == 0;
    if (restarted)
        *slash = '\0';
    for (struct set *set = sets; set < sets + SETS; set++)
        for (enum metric metric = 0; metric < METRICS; metric++) {
            if (strcmp(set->name, set_name) != 0 || strcmp(metric_names[metric], name) != 0)
                continue;
            double value = tally_metric(&set->tally[restarted], metric);
            bool good = strcmp(sense, "least") == 0 ? value >= bound : value <= bound;
            printf("%s %s%s %s: %.3f, at %s %.3f\n", good ? "ok  " : "FAIL", set_name,
                restarted ? "/restarted" : "", name, value, sense, bound);
            return good;
        }
    errx(64, "%s: no such figure: %s", options.require, line);
}

static bool all_hold(void)
{
    char line[128];
    bool good = true;
    FILE *file = fopen(options.require, "r");
    if (!file)
        err(64, "%s", options.require);
    while (fgets(line, sizeof line, file))
        if (line[0] != '#' && line[0] != '\n')
            good = holds(line) && good;
    fclose(file);
    return good;
}

static void usage(void)
{
    fputs("usage: evaluate [--traces FOLDER] [--half development|test|both] [--sets NAME,...] "
          "[--lives N] [--mom] [--details] [--require FILE]\n",
        stderr);
    exit(64);
}

static int halves_named(const char *name)
{
    if (strcmp(name, "both") == 0)
        return HALF_DEVELOPMENT | HALF_TEST;
    if (strcmp(name, "test") == 0)
        return HALF_TEST;
    if (strcmp(name, "development") != 0)
        usage();
    return HALF_DEVELOPMENT;
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {{"traces", required_argument, NULL, 't'},
        {"half", required_argument, NULL, 'h'}, {"sets", required_argument, NULL, 's'},
        {"lives", required_argument, NULL, 'l'}, {"mom", no_argument, NULL, 'm'},
        {"details", no_argument, NULL, 'd'}, {"require", required_argument, NULL, 'r'}, {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        switch (option) {
        case 't':
            options.traces = optarg;
            break;
        case 'h':
            options.halves = halves_named(optarg);
            break;
        case 's':
            options.only = optarg;
            break;
        case 'l':
            options.lives = atoi(optarg);
            break;
        case 'm':
            options.judges = MOM_JUDGES;
            break;
        case 'd':
            options.details = true;
            break;
        case 'r':
            options.require = optarg;
            break;
        default:
            usage();
        }
    if (optind < argc || options.lives < 1)
        usage();
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    for (int i = 0; i < SETS; i++)
        gather(&sets[i]);
    pthread_t threads[64];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int count = processors < 1 ? 1 : processors > 64 ? 64 : (int)processors;
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            errx(1, "a thread can't be started");
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < SETS; i++)
        print_set(&sets[i]);
    bool good = !options.require || all_hold();
    for (int i = 0; i < SETS; i++) {
        for (int j = 0; j < JUDGES; j++)
            tally_free(&sets[i].tally[j]);
        corpus_free(&sets[i].corpus);
    }
    return good ? 0 : 1;
}
