/* Who may order what. */
#include "mom/governor/permission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

static void each_verb_has_its_people(void **state)
{
    (void)state;
    static const struct asker root = {.uid = 0}, member = {.uid = 5, .is_member = true},
                              owner = {.uid = 1000}, other = {.uid = 1001};
    static const struct {
        bool root, member, owner, other;
    } wanted[CONTROL_VERBS] = {
        [CONTROL_PING] = {true, true, true, true},
        [CONTROL_RESET] = {true, false, true, false},
        [CONTROL_RECLAIM] = {true, true, false, false},
        [CONTROL_THROTTLE] = {true, true, false, false},
        [CONTROL_RAISE] = {true, true, false, false},
        [CONTROL_FREEZE] = {true, true, false, false},
        [CONTROL_MOVE] = {true, true, false, false},
        [CONTROL_HOLD] = {true, true, false, false},
        [CONTROL_RELEASE] = {true, true, false, false},
        [CONTROL_DISMISS] = {true, true, false, false},
    };
    const struct slice slice = {.uid = 1000};
    for (enum control_verb verb = 0; verb < CONTROL_VERBS; verb++) {
        assert_int_equal(permission_granted(&root, verb, &slice), wanted[verb].root);
        assert_int_equal(permission_granted(&member, verb, &slice), wanted[verb].member);
        assert_int_equal(permission_granted(&owner, verb, &slice), wanted[verb].owner);
        assert_int_equal(permission_granted(&other, verb, &slice), wanted[verb].other);
    }
}

static void what_is_about_all_slices_has_no_owner(void **state)
{
    (void)state;
    static const struct asker owner = {.uid = 1000}, member = {.uid = 5, .is_member = true};
    assert_false(permission_granted(&owner, CONTROL_RELEASE, NULL));
    assert_false(permission_granted(&owner, CONTROL_RESET, NULL));
    assert_true(permission_granted(&member, CONTROL_RELEASE, NULL));
}

/* The kernel's word, by a pair of sockets whose other end is ourselves. */
static void the_kernel_says_who_asks(void **state)
{
    (void)state;
    int ends[2];
    struct asker asker;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    assert_int_equal(asker_of(ends[0], getegid(), &asker), 0);
    assert_int_equal(asker.uid, geteuid());
    assert_true(asker.is_member);
    assert_int_equal(asker_of(ends[0], 54321, &asker), 0);
    assert_false(asker.is_member);
    if (getegid() == 0 && setegid(65534) == 0) {
        int others[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, others), 0);
        assert_int_equal(asker_of(others[0], 65534, &asker), 0);
        assert_false(asker.is_member);
        assert_int_equal(setegid(0), 0);
        (void)close(others[0]);
        (void)close(others[1]);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_true(asker_of(ends[0], 0, &asker) < 0);
}

static void nobody_but_root_orders_more_than_once_a_second(void **state)
{
    (void)state;
    struct pace pace = {0};
    const int64_t noon = 5000000;
    assert_true(pace_allows(&pace, 1000, noon));
    assert_false(pace_allows(&pace, 1000, noon + PACE_USEC - 1));
    assert_true(pace_allows(&pace, 1001, noon + 1));
    assert_true(pace_allows(&pace, 1000, noon + PACE_USEC));
    assert_false(pace_allows(&pace, 1000, noon + PACE_USEC + 1));
    assert_true(pace_allows(&pace, 0, noon) && pace_allows(&pace, 0, noon));
    for (uid_t uid = 2000; uid < 2000 + PACE_ORDERS - 1; uid++) /* 1001 makes room */
        assert_true(pace_allows(&pace, uid, noon + PACE_USEC + 2));
    assert_false(pace_allows(&pace, 1000, noon + PACE_USEC + 3));
    assert_false(pace_allows(&pace, 2000, noon + PACE_USEC + 3));
    assert_true(pace_allows(&pace, 1001, noon + 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verb_has_its_people),
        cmocka_unit_test(what_is_about_all_slices_has_no_owner),
        cmocka_unit_test(the_kernel_says_who_asks),
        cmocka_unit_test(nobody_but_root_orders_more_than_once_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
