/* Leaves a v2 group as a governor does that dies half-way through a reset: the change stands in the
 * undo journal of the run dir, and is made.
 * usage: leftover RUN-DIR FOLDER-OF-THE-GROUP DECISION */
#include "slices/act/journal.h"
#include "slices/base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int freeze(struct journal *journal, const char *folder, uint64_t decision)
{
    struct journal_entry entry = {.kind = JOURNAL_FROZEN, .decision = decision};
    struct stat status;
    int group = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (group < 0 || fstat(group, &status) < 0 ||
        text_copy(entry.directory, sizeof entry.directory, folder) < 0)
        return -1;
    entry.life = (struct slice_life){.mount = status.st_dev, .inode = status.st_ino};
    int r = journal_add(journal, &entry) < 0 ? -1 : file_write(group, "cgroup.freeze", "1");
    (void)close(group);
    return r;
}

int main(int argc, char **argv)
{
    struct journal journal;
    struct mom_error error = {0};
    uint64_t decision;
    if (argc != 4 || text_whole_u64(argv[3], &decision) < 0)
        return 2;
    if (journal_open(&journal, argv[1], &error) < 0) {
        (void)fprintf(stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    int r = freeze(&journal, argv[2], decision);
    journal_close(&journal);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
