/* SPDX-License-Identifier: Apache-2.0 */
/* How tests of hearsay-sim begin a play: statements as a text, a line each. */
#ifndef HS_TESTS_SIM_PLAYS_H
#define HS_TESTS_SIM_PLAYS_H

#include "harness.h"

#include <string.h>

#include "play.h"
#include "scenario.h"

/* Reads the statements and lives through the beginning. Give back with sim_play_fini. */
static inline void plays_begin(struct sim_play *play, struct sim_scenario *scenario, uint64_t seed,
                               const char *text)
{
    char error[SIM_ERROR_TEXT_MAX], line[SIM_TEXT_MAX];
    sim_scenario_init(scenario);
    scenario->seed = seed;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        ck_assert_uint_lt(len, sizeof line);
        memcpy(line, text, len);
        line[len] = '\0';
        ck_assert_msg(sim_scenario_read(scenario, line, 1, error) == 0, "%s: %s", line, error);
        text += len + (text[len] != '\0');
    }
    ck_assert_msg(sim_scenario_check(scenario, error) == 0, "%s", error);
    *play = (struct sim_play){0};
    ck_assert_int_eq(sim_play_begin(play, scenario), 0);
}

/* Plays run 1, and no invariant is broken. */
static inline void plays_run(struct sim_play *play)
{
    const struct sim_failure *broken = &play->result.failures[SIM_EXPECT_INVARIANTS];
    ck_assert_int_eq(sim_play_run(play, 1), 0);
    ck_assert_msg(broken->times == 0, "%s", broken->text);
}

/* How often this was measured. */
static inline unsigned plays_samples(const struct sim_play *play, enum sim_metric metric)
{
    unsigned count = 0;
    for (size_t i = 0; i < play->result.sample_count; i++)
        count += play->result.samples[i].metric == metric;
    return count;
}

#endif
