/* queue KEPT: a list to which nodes of 16 KB come; beyond KEPT of them (0: no end) the oldest is
 * freed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct node {
    struct node *next;
    char body[16384];
};

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    long kept = strtol(argv[1], NULL, 10), count = 0;
    struct node *oldest = NULL, **end = &oldest;
    for (;; usleep(200000)) {
        struct node *node = malloc(sizeof *node);
        if (!node)
            return 1;
        memset(node, 1, sizeof *node);
        node->next = NULL;
        *end = node;
        end = &node->next;
        if (++count > kept && kept > 0) {
            node = oldest;
            oldest = node->next;
            free(node);
        }
    }
}
