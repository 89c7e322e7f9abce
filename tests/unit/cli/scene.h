/* A database and a live table for momctl to look into, made by the rooms that own them. */
#ifndef TESTS_UNIT_CLI_SCENE_H
#define TESTS_UNIT_CLI_SCENE_H

#define SCENE_UNIX_USEC INT64_C(1795242480000000) /* 2026-11-21 06:28 UTC: the last sample */
#define SCENE_SAMPLES   90                        /* one a second */

/* Three slices, docker:web (reset once), docker:wiki and user:1000, whose name is hostile, in
 * DIR/state/recorder/mom.db; the decision's number is 17. The kernel has ended two processes of
 * docker:web, 29 s before the last sample, and five on the node. */
void scene_make_database(const char *dir);

/* The same slices in DIR/run/live, as if process `pid` were the governor, under DIR/proc. The
 * kernel has ended three processes of user:1000, and six on the node; of docker:web it isn't known.
 */
void scene_make_live(const char *dir, int pid);

#endif
