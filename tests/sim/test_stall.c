/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults that end by themselves: members that stand still, and cuts of a given length. Nobody is
 * gone, so whoever declares a member dead meanwhile is wrong, and it is counted.
 */
#include "harness.h"

#include "play.h"
#include "plays.h"
#include "sim.h"
#include "state.h"

static struct sim_scenario scenario;
static struct sim_play play;

static void run(const char *text)
{
    plays_begin(&play, &scenario, 1, text);
    plays_run(&play);
}

static void all_are_up(uint32_t members)
{
    ck_assert_uint_eq(sim_observers(play.world), members);
    for (uint32_t m = 0; m < members; m++) {
        ck_assert_int_eq(sim_state(play.world, m), SIM_RUNNING);
        ck_assert_uint_eq(sim_held(play.world, m, HEARSAY_STATUS_ALIVE), members);
    }
}

/* ---- stalls ---------------------------------------------------------------------------------- */

START_TEST(test_stall_goes_on_by_itself_and_short_ones_harm_nobody)
{
    run("members 10\nat 1s stall n5 for 1s\nat 10s stall all for 2s\nrun 30s\n"
        "expect no false dead\nexpect agreed within 5s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.stalls, 11);
    ck_assert_uint_eq(play.members[4].away_until - play.members[4].away_from, 2000000);
    all_are_up(10);
    sim_play_fini(&play);
}
END_TEST

/* Of a paused member nobody is wrong, see test_play.c. */
START_TEST(test_death_of_a_stalled_member_is_false)
{
    run("members 10\nat 1s stall n5 for 20s\nrun 60s\nexpect no false dead");
    ck_assert_uint_eq(play.result.failures[SIM_EXPECT_NO_FALSE_DEAD].times, 9);
    ck_assert_uint_eq(play.result.false_dead, 9);
    ck_assert_uint_eq(play.result.false_dead_members, 1);
    ck_assert_uint_eq(play.result.false_suspicion_members, 1);
    all_are_up(10);
    sim_play_fini(&play);
}
END_TEST

START_TEST(test_stall_ends_with_its_process)
{
    run("members 10\nat 1s stall n5 for 10s\nat 2s stall n5 for 1s\nat 3s crash n5\n"
        "at 4s stall n5 for 1s\nat 30s restart n5\nrun 60s\nexpect agreed within 15s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.stalls, 1);
    all_are_up(10);
    sim_play_fini(&play);
}
END_TEST

START_TEST(test_lognormal_stalls_have_their_median_and_their_moments)
{
    const uint32_t members = 60;
    uint32_t longer = 0, long_ones = 0, early = 0;
    run("members 60\nstart acquainted\nstall all for p50=300ms p99=2s within 10s\nrun 20s");
    ck_assert_uint_eq(play.result.stalls, members);
    for (uint32_t m = 0; m < members; m++) {
        uint64_t from = play.members[m].away_from, us = play.members[m].away_until - from;
        ck_assert_uint_eq(us % 1000, 0);
        ck_assert_uint_lt(us, 10000000);
        ck_assert_uint_le(from - play.origin, 10000000);
        longer += us > 300000;
        long_ones += us > 1000000; /* 7 % of all */
        early += from - play.origin < 5000000;
    }
    ck_assert_uint_gt(longer, members / 3);
    ck_assert_uint_lt(longer, members * 2 / 3);
    ck_assert_uint_gt(long_ones, 0);
    ck_assert_uint_lt(long_ones, members / 6);
    ck_assert_uint_gt(early, members / 3);
    ck_assert_uint_lt(early, members * 2 / 3);
    sim_play_fini(&play);
}
END_TEST

/* ---- cuts ------------------------------------------------------------------------------------ */

START_TEST(test_short_cut_ends_by_itself)
{
    run("members 20\nat 1s cut n1..n20 from n1..n20 for 2s\nat 20s cut n1..n5 from others for 2s\n"
        "run 40s\nexpect no false dead\nexpect agreed within 5s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(play.result.false_suspicions, 0);
    ck_assert_uint_eq(play.world->rule_count, 2); /* what was over is forgotten */
    all_are_up(20);
    sim_play_fini(&play);
}
END_TEST

START_TEST(test_verdicts_across_a_cut_that_ends_by_itself_are_false)
{
    run("members 20\nat 1s cut n1..n5 from others for 20s\nrun 90s\nexpect no false dead");
    ck_assert_uint_gt(play.result.failures[SIM_EXPECT_NO_FALSE_DEAD].times, 0);
    ck_assert_uint_ge(play.result.false_dead, 2 * 5 * 15);
    all_are_up(20);
    sim_play_fini(&play);
}
END_TEST

HARNESS_MAIN("stall", test_stall_goes_on_by_itself_and_short_ones_harm_nobody,
             test_death_of_a_stalled_member_is_false, test_stall_ends_with_its_process,
             test_lognormal_stalls_have_their_median_and_their_moments,
             test_short_cut_ends_by_itself,
             test_verdicts_across_a_cut_that_ends_by_itself_are_false)
