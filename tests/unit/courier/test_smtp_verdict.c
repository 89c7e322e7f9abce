/* What an SMTP session's end means, reply by reply. */
#include "mom/courier/smtp_verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_end_has_its_verdict(void **state)
{
    static const struct {
        struct smtp_end end;
        enum verdict verdict;
        bool down;
    } table[] = {
        {{.ok = true, .transaction = true}, VERDICT_DELIVERED, false},
        {{.transaction = true, .reply = 450}, VERDICT_DEFERRED, false},
        {{.transaction = true, .reply = 451}, VERDICT_DEFERRED, false},
        {{.transaction = true, .reply = 550}, VERDICT_REFUSED, false},
        {{.transaction = true, .reply = 552}, VERDICT_REFUSED, false},
        {{.transaction = true, .reply = 599}, VERDICT_REFUSED, false},
        /* The server goes down in the middle, or says nothing more. */
        {{.transaction = true, .reply = 421}, VERDICT_DEFERRED, true},
        {{.transaction = true, .reply = 0}, VERDICT_DEFERRED, true},
        /* It does not take mom: nothing that is said then is about a mail. */
        {{.transaction = true, .reply = 530}, VERDICT_DEFERRED, true},
        {{.transaction = false, .reply = 535}, VERDICT_DEFERRED, true},
        {{.transaction = false, .reply = 554}, VERDICT_DEFERRED, true},
        {{.transaction = false, .reply = 0}, VERDICT_DEFERRED, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(smtp_verdict(&table[i].end), table[i].verdict);
        assert_int_equal(smtp_is_down(&table[i].end), table[i].down);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_end_has_its_verdict)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
