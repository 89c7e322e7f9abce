/* Prints the ladder (policy/decide/ladder.c) as policy/decide/LADDER.md: a picture and a table. */
#include "policy/decide/ladder.h"

#include <stdio.h>

static bool is_move(int state, int event)
{
    const struct ladder_step *step = &ladder_table[state][event];
    return step->next != (enum ladder_state)state || step->action != ACTION_NONE;
}

/* Arrows from every state to one and the same would hide the others. */
static bool is_from_anywhere(int event)
{
    for (int state = 1; state < LADDER_STATES; state++)
        if (ladder_table[state][event].next != ladder_table[0][event].next)
            return false;
    return true;
}

static void put_step(int event, const struct ladder_step *step)
{
    (void)printf("%s", ladder_event_names[event]);
    if (step->action != ACTION_NONE)
        (void)printf(" / %s", action_kind_names[step->action]);
}

static void put_picture(void)
{
    (void)printf("```mermaid\nstateDiagram-v2\n    [*] --> %s\n", ladder_state_names[0]);
    for (int state = 0; state < LADDER_STATES; state++)
        for (int event = 0; event < LADDER_EVENTS; event++) {
            const struct ladder_step *step = &ladder_table[state][event];
            if (!is_move(state, event) || is_from_anywhere(event))
                continue;
            (void)printf(
                "    %s --> %s : ", ladder_state_names[state], ladder_state_names[step->next]);
            put_step(event, step);
            (void)putchar('\n');
        }
    (void)printf("```\n");
}

static void put_table(void)
{
    (void)printf("|  |");
    for (int event = 0; event < LADDER_EVENTS; event++)
        (void)printf(" %s |", ladder_event_names[event]);
    (void)printf("\n|---|");
    for (int event = 0; event < LADDER_EVENTS; event++)
        (void)printf("---|");
    for (int state = 0; state < LADDER_STATES; state++) {
        (void)printf("\n| **%s** |", ladder_state_names[state]);
        for (int event = 0; event < LADDER_EVENTS; event++) {
            const struct ladder_step *step = &ladder_table[state][event];
            bool stays = step->next == (enum ladder_state)state;
            (void)printf(" %s%s%s |", stays ? "" : ladder_state_names[step->next],
                step->action == ACTION_NONE ? ""
                : stays                     ? "/ "
                                            : " / ",
                step->action == ACTION_NONE ? "" : action_kind_names[step->action]);
        }
    }
    (void)putchar('\n');
}

static void put_everywhere(void)
{
    for (int event = 0; event < LADDER_EVENTS; event++)
        if (is_from_anywhere(event)) {
            (void)printf("- From every state: *");
            put_step(event, &ladder_table[0][event]);
            (void)printf("*, to **%s**.\n", ladder_state_names[ladder_table[0][event].next]);
        }
}

int main(void)
{
    (void)printf("# The ladder of one slice\n\nMade from the table in `ladder.c` by "
                 "`tests/ladder`; what an event is stands in `ladder.h`.\nBehind the slash: what "
                 "is done.\n\n");
    put_picture();
    (void)putchar('\n');
    put_everywhere();
    (void)printf("\nAll of it; an empty cell stays where it is, and does nothing:\n\n");
    put_table();
    return 0;
}
