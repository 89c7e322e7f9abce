/* What comes out of a netlink socket: the events of both families. The first byte says which, and
 * whether the headers are made right before the input goes in:
 *
 *   bit 0   proc connector, else taskstats        bit 1   inside right headers */
#include "slices/read/proc_connector.h"
#include "slices/read/taskstats.h"
#include "tests/fuzz/fuzz.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTOR = 1, HEADERS = 2, DATAGRAM_MAX = 65536 };

static size_t put_stats(char *datagram, const struct fuzz_input *input)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(datagram);
    (void)mnl_nlmsg_put_extra_header(message, sizeof(struct genlmsghdr));
    struct nlattr *nest = mnl_attr_nest_start(message, TASKSTATS_TYPE_AGGR_PID);
    mnl_attr_put(message, TASKSTATS_TYPE_STATS, input->size, input->data);
    mnl_attr_nest_end(message, nest);
    return message->nlmsg_len;
}

static size_t put_event(char *datagram, const struct fuzz_input *input)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(datagram);
    message->nlmsg_type = NLMSG_DONE;
    struct cn_msg *connector = mnl_nlmsg_put_extra_header(message, sizeof *connector + input->size);
    connector->id = (struct cb_id){CN_IDX_PROC, CN_VAL_PROC};
    connector->len = (uint16_t)input->size;
    memcpy(connector->data, input->data, input->size);
    return message->nlmsg_len;
}

static void parse(const void *datagram, size_t length, uint8_t how)
{
    struct death death;
    memset(&death, 'x', sizeof death);
    death.name[0] = death.group[0] = '\0';
    bool told = how & CONNECTOR ? proc_connector_parse(datagram, length, &death)
                                : taskstats_parse(datagram, length, &death);
    fuzz_must(!told || death.pid > 0, "a process has a number");
    fuzz_must(memchr(death.name, '\0', sizeof death.name) != NULL, "a name is a string");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(struct nlmsghdr) char whole[DATAGRAM_MAX];
    struct fuzz_input input = {data, size};
    uint8_t how = fuzz_byte(&input);
    size_t length = input.size;
    if (length > sizeof whole / 2)
        return 0;
    if (how & HEADERS)
        length = how & CONNECTOR ? put_event(whole, &input) : put_stats(whole, &input);
    else
        memcpy(whole, input.data, length);
    /* A block of just that size, so that the address sanitizer sees one byte too far. */
    char *datagram = malloc(length > 0 ? length : 1);
    fuzz_must(datagram != NULL, "memory for a datagram");
    memcpy(datagram, whole, length);
    parse(datagram, length, how);
    free(datagram);
    return 0;
}
