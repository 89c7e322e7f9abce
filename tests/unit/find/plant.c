#include "plant.h"

#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void plant_open(struct plant *plant)
{
    (void)text_copy(plant->root, sizeof plant->root, "/tmp/mom-test-XXXXXX");
    assert_non_null(mkdtemp(plant->root));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void full_path(const struct plant *plant, const char *path, char full[PATH_MAX])
{
    assert_int_equal(text_format(full, PATH_MAX, "%s%s", plant->root, path), 0);
}

void plant_remove(const struct plant *plant, const char *path)
{
    char full[PATH_MAX];
    full_path(plant, path, full);
    assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void plant_close(struct plant *plant)
{
    plant_remove(plant, "");
}

static void make_folders(char *path, size_t root_length)
{
    for (char *slash = path + root_length; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
}

void plant_file(const struct plant *plant, const char *path, const char *text)
{
    char full[PATH_MAX];
    full_path(plant, path, full);
    make_folders(full, strlen(plant->root));
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

/* The group's files, and those of the groups above it that have none yet. */
void plant_group(const struct plant *plant, const char *path, bool is_populated)
{
    char group[PATH_MAX], file[PATH_MAX];
    assert_int_equal(text_copy(group, sizeof group, path), 0);
    for (bool is_first = true; *group; is_first = false) {
        full_path(plant, group, file);
        size_t length = strlen(file);
        assert_int_equal(text_copy(file + length, sizeof file - length, "/cgroup.procs"), 0);
        if (is_first || access(file, F_OK) < 0) {
            plant_file(plant, file + strlen(plant->root), is_first && is_populated ? "4711\n" : "");
            assert_int_equal(text_copy(file + length, sizeof file - length, "/memory.current"), 0);
            plant_file(plant, file + strlen(plant->root), "4096\n");
        }
        *strrchr(group, '/') = '\0';
    }
}

void plant_owner(const struct plant *plant, const char *path, unsigned uid)
{
    char full[PATH_MAX];
    full_path(plant, path, full);
    assert_int_equal(chown(full, uid, (gid_t)-1), 0);
}

bool plant_fixture(const struct plant *plant, const char *name)
{
    char command[PATH_MAX];
    if (geteuid() != 0)
        return false;
    assert_int_equal(
        text_format(command, sizeof command,
            "cp -r '%s/find/%s' '%s/%s' && chown -R -h 0:0 '%s/%s' && "
            "chmod -R go-w '%s/%s'",
            MOM_FIXTURES, name, plant->root, name, plant->root, name, plant->root, name),
        0);
    assert_int_equal(system(command), 0);
    return true;
}

const struct slice *plant_find(const struct tree *tree, const char *key)
{
    for (uint32_t i = 0; i < tree_capacity(tree); i++) {
        const struct slice *slice = tree_slice(tree, i);
        if (slice && strcmp(slice->key, key) == 0)
            return slice;
    }
    return NULL;
}

const struct slice *plant_expect(const struct tree *tree, const char *key)
{
    const struct slice *slice = plant_find(tree, key);
    if (!slice)
        fail_msg("no slice %s", key);
    return slice;
}
