/* What lies in the run dir: a ring as its reader finds it, and the live table. Whatever a file
 * holds, reading comes to an end and stays inside the file. The first byte says which:
 *
 *   bit 0   the live table, else a ring        bit 1   its header is made right
 *
 * A ring with its header made right: head and the ack's tail (8 bytes each), then the records; with
 * bit 2 each of them gets its checksum. */
#include "mom/common/records.h"
#include "mom/common/live.h"
#include "mom/common/ring.h"
#include "slices/base/text.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIVE = 1, HEADER = 2, CHECKSUMS = 4 };
enum { RING_HEADER_SIZE = 4096, INCARNATION = 1, FILE_MAX = 65536 };
#define RING_MAGIC 0x6d6f6d72696e6731ull

/* --- Rings ----------------------------------------------------------------------------------- */

/* As ring.h describes them. */
struct ring_header {
    uint64_t magic, version, size, head, dropped, incarnation;
};
struct record_header {
    uint32_t length, type;
    uint64_t check;
};

static void set_checksums(char *records, size_t size)
{
    struct record_header record;
    for (size_t at = 0; at + sizeof record <= size;) {
        memcpy(&record, records + at, sizeof record);
        record.length %= 256; /* several fit */
        size_t left = size - at - sizeof record;
        if (record.length > left)
            record.length = (uint32_t)left;
        const char *payload = records + at + sizeof record;
        record.check = text_hash(TEXT_HASH_SEED, &record.type, sizeof record.type);
        record.check = text_hash(record.check, payload, record.length);
        memcpy(records + at, &record, sizeof record);
        at += (sizeof record + record.length + 7) & ~(size_t)7;
    }
}

static void write_ring(struct fuzz_input *input, uint8_t how)
{
    static char file[FILE_MAX];
    if (!(how & HEADER)) {
        fuzz_write("ring", input->data, input->size);
        return;
    }
    struct ring_header header = {
        .magic = RING_MAGIC, .version = RECORDS_VERSION, .incarnation = INCARNATION};
    header.head = fuzz_u64(input);
    const uint64_t ack[] = {INCARNATION, fuzz_u64(input)};
    size_t size =
        input->size < sizeof file - RING_HEADER_SIZE ? input->size : sizeof file - RING_HEADER_SIZE;
    header.size = size;
    memset(file, 0, RING_HEADER_SIZE);
    memcpy(file, &header, sizeof header);
    fuzz_take(input, file + RING_HEADER_SIZE, size);
    if (how & CHECKSUMS)
        set_checksums(file + RING_HEADER_SIZE, size);
    fuzz_write("ring", file, RING_HEADER_SIZE + size);
    fuzz_write("ack", ack, sizeof ack);
}

static void read_ring(void)
{
    char path[128], ack[128];
    (void)snprintf(path, sizeof path, "%s/ring", fuzz_folder());
    (void)snprintf(ack, sizeof ack, "%s/ack", fuzz_folder());
    struct ring_reader reader;
    if (ring_reader_open(&reader, path, ack, (gid_t)-1, NULL) < 0)
        return;
    char *buffer = malloc(RING_PAYLOAD_MAX);
    fuzz_must(buffer != NULL, "memory for a record");
    ssize_t length;
    uint32_t type;
    /* A ring holds no more records than its file has room for, whatever its header says. */
    for (int left = FILE_MAX; (length = ring_read(&reader, &type, buffer)) >= 0; left--) {
        fuzz_must(length <= RING_PAYLOAD_MAX, "a record fits into the buffer");
        fuzz_must(left > 0, "reading comes to an end");
    }
    fuzz_must(length == -EAGAIN || length == -EPROTO || length == -ESTALE, "a known end");
    if (length == -EPROTO)
        fuzz_must(ring_read(&reader, &type, buffer) == -EAGAIN, "damage is passed over");
    fuzz_must(ring_ack(&reader) == 0, "the ack is written");
    free(buffer);
    ring_reader_close(&reader);
    (void)unlink(ack);
}

/* --- The live table -------------------------------------------------------------------------- */

static void write_live(struct fuzz_input *input, uint8_t how)
{
    static char file[FILE_MAX];
    size_t size = input->size < sizeof file ? input->size : sizeof file;
    size_t header_size = (sizeof(struct live_header) + 63) & ~(size_t)63;
    fuzz_take(input, file, size);
    if (how & HEADER) {
        struct live_header *header = (struct live_header *)(void *)file;
        memset(file + size, 0, sizeof file - size);
        header->magic = LIVE_MAGIC;
        header->version = 1;
        header->rows = 1 + how / 64u;
        header->row_size = sizeof(struct live_row);
        size = header_size + header->rows * sizeof(struct live_row);
    }
    fuzz_write(LIVE_FILE, file, size);
}

static void read_live(void)
{
    struct live live;
    if (live_open(&live, fuzz_folder(), NULL) < 0)
        return;
    struct live_state state;
    struct live_slice slice;
    int r = live_read_state(&live, &state);
    fuzz_must(r == 0 || r == -EAGAIN, "the state is whole or not to be had");
    for (uint32_t i = 0; i < live_rows(&live); i++) {
        r = live_read_slice(&live, i, &slice);
        fuzz_must(r == 0 || r == -EAGAIN || r == -ENOENT, "a row is whole, empty or not to be had");
        fuzz_must(r < 0 || slice.slice.serial > 0, "a slice has a serial");
    }
    live_close(&live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    uint8_t how = fuzz_byte(&input);
    if (how & LIVE) {
        write_live(&input, how);
        read_live();
    } else {
        write_ring(&input, how);
        read_ring();
    }
    return 0;
}
