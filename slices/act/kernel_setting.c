#include "slices/act/kernel_setting.h"

#include "slices/base/file.h"
#include "slices/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int read_number(const char *path, uint64_t *ret)
{
    char text[32];
    ssize_t n = file_read(AT_FDCWD, path, text, sizeof text);
    if (n < 0)
        return (int)n;
    text[strcspn(text, "\n")] = '\0';
    return text_whole_u64(text, ret);
}

static int write_number(const char *path, uint64_t value)
{
    char text[32];
    (void)text_format(text, sizeof text, "%llu", (unsigned long long)value);
    return file_write(AT_FDCWD, path, text);
}

int kernel_setting_change(
    struct journal *journal, const char *path, uint64_t value, struct stamp now)
{
    struct journal_entry entry = {.kind = JOURNAL_SETTING, .made = now, .set = value};
    int r = read_number(path, &entry.before);
    if (r < 0 || entry.before == value)
        return r;
    r = text_copy(entry.directory, sizeof entry.directory, path);
    int row = r < 0 ? r : journal_add(journal, &entry);
    if (row < 0)
        return row;
    r = write_number(path, value);
    if (r < 0)
        journal_strike(journal, row);
    return r;
}

int kernel_setting_undo(const struct journal_entry *entry)
{
    uint64_t value;
    int r = read_number(entry->directory, &value);
    if (r == -EINVAL || r == -ERANGE) /* a number that is none of mom's: -1, for one */
        return 1;
    if (r < 0)
        return r;
    return value == entry->set ? write_number(entry->directory, entry->before) : 1;
}

int kernel_settings_restore(struct journal *journal)
{
    int failed = 0;
    for (int i = 0; i < JOURNAL_ENTRIES; i++) {
        const struct journal_entry *entry = journal_row(journal, i);
        struct mom_error error;
        if (entry && entry->kind == JOURNAL_SETTING)
            failed += journal_undo(journal, i, &error) < 0;
    }
    return failed;
}
