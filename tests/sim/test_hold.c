/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a ring costs when members fail and come back (R62): none for who is back in time, no later
 * than the death for who is silent, and few for many that die together. In each of these runs the
 * simulator also compares rings with each other (tools/sim/invariant.c).
 */
#include "cluster.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define MANY  HS_TEST_MANY
#define TENTH (MANY / 10)

static uint64_t version_of(const char *label)
{
    return hearsay_node_ring_version(node_of(label));
}

static bool has_in_ring(const char *observer, const char *subject)
{
    uint32_t index;
    return hearsay_ring_find(hearsay_node_ring(node_of(observer)), name_of(subject), &index) == 0;
}

/* ---- back in time ------------------------------------------------------------------------ */

/* n3 is killed and is back after `away`. Returns how many rings n1 has made of it. */
static uint64_t rings_of_restart(int64_t away, bool silent)
{
    wait_until_agree(5 SECONDS);
    run_for(15 SECONDS);
    uint64_t before = version_of("n1"), others = version_of("n7");
    if (silent)
        kill_silently("n3");
    else
        crash("n3");
    run_for(away);
    restart("n3", "n1,n2");
    wait_until_agree(2 SECONDS);
    run_for(20 SECONDS);
    wait_until_agree(0);
    uint64_t made = version_of("n1") - before;
    ck_assert_uint_eq(version_of("n7") - others, made);
    cluster_end();
    return made;
}

START_TEST(test_who_is_back_within_half_a_second_makes_no_ring)
{
    static const int64_t times[] = {100 MILLISECONDS, 500 MILLISECONDS};
    for (size_t i = 0; i < 2; i++) {
        cluster_start(8);
        ck_assert_uint_eq(rings_of_restart(times[i], false), 0);
        cluster_start(8);
        ck_assert_uint_eq(rings_of_restart(times[i], true), 0);
    }
}
END_TEST

static void start_held(unsigned count, uint64_t hold, uint64_t settle)
{
    char labels[16];
    cluster_new();
    settings()->ring_hold = hold;
    settings()->ring_settle = settle;
    snprintf(labels, sizeof labels, "n1..n%u", count);
    start(labels);
    snprintf(labels, sizeof labels, "n2..n%u", count);
    join(labels, "n1");
}

START_TEST(test_who_is_back_within_the_hold_makes_no_ring)
{
    start_held(8, 5000000, 0);
    ck_assert_uint_eq(rings_of_restart(2 SECONDS, false), 0);
    start_held(8, 0, 0); /* which is what a hold is for: all have declared it dead by then */
    ck_assert_uint_eq(rings_of_restart(3 SECONDS, false), 2);
}
END_TEST

START_TEST(test_who_is_not_back_within_the_hold_loses_its_keys)
{
    start_held(5, 5000000, 0);
    wait_until_agree(5 SECONDS);
    run_for(10 SECONDS);
    crash("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 4 SECONDS);
    ck_assert(has_in_ring("n1", "n3"));
    ck_assert_uint_eq(stats_of("n1").ring_held, 1);
    run_for(6 SECONDS);
    ck_assert(!has_in_ring("n1", "n3"));
    expect_rings_equal("*");
    cluster_end();
}
END_TEST

/* A newcomer learns the age with the record: all have the same ring. */
START_TEST(test_newcomer_holds_whom_the_others_hold)
{
    start_held(5, 60000000, 0);
    wait_until_agree(5 SECONDS);
    crash("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 6 SECONDS);
    run_for(20 SECONDS);
    start("n6");
    join("n6", "n2");
    wait_until_agree(2 SECONDS);
    ck_assert(has_in_ring("n6", "n3"));
    ck_assert_uint_eq(stats_of("n6").ring_held, 1);
    expect_rings_equal("*");
    run_for(5 SECONDS);
    ck_assert_uint_eq(stats_of("n6").ring_settling, 0);
    run_for(40 SECONDS);
    ck_assert(!has_in_ring("n6", "n3") && !has_in_ring("n1", "n3"));
    expect_rings_equal("*");
    cluster_end();
}
END_TEST

/* ---- no later than the death ------------------------------------------------------------- */

/* With the default, a key of a member that was suspected moves when the member is declared dead. */
START_TEST(test_keys_of_the_silent_move_with_their_death)
{
    for (int silent = 0; silent < 2; silent++) {
        unsigned seen = 0;
        cluster_start(12);
        wait_until_agree(5 SECONDS);
        run_for(10 SECONDS);
        if (silent)
            kill_silently("n3");
        else
            crash("n3");
        for (int step = 0; step < 2000 && seen < 11; step++) {
            run_for(10 MILLISECONDS);
            seen = 0;
            for (unsigned i = 1; i <= 12; i++) {
                char label[8];
                snprintf(label, sizeof label, "n%u", i);
                if (i == 3)
                    continue;
                bool dead = status_at(label, "n3") == HEARSAY_STATUS_DEAD;
                ck_assert(has_in_ring(label, "n3") == !dead);
                seen += dead;
            }
        }
        ck_assert_uint_eq(seen, 11);
        cluster_end();
    }
}
END_TEST

/* ---- many at once ------------------------------------------------------------------------ */

static void start_many(void)
{
    char label[16];
    cluster_new();
    settings()->tokens = 8;
    settings()->ring_settle = 5000000;
    snprintf(label, sizeof label, "n1..n%u", MANY);
    start(label);
    for (unsigned i = 1; i <= MANY; i++) {
        snprintf(label, sizeof label, "n%u", i);
        ck_assert_int_eq(sim_acquaint(world(), machine_of(label)), 0);
    }
    run_for(4 SECONDS);
}

START_TEST(test_a_tenth_of_many_makes_few_rings)
{
    uint64_t least = UINT64_MAX, most = 0;
    uint64_t before[MANY + 1];
    char label[16];
    start_many();
    for (unsigned i = 1; i <= MANY; i++) {
        snprintf(label, sizeof label, "n%u", i);
        before[i] = version_of(label);
    }
    snprintf(label, sizeof label, "n%u..n%u", MANY - TENTH + 1, MANY);
    crash(label);
    run_for(16 SECONDS);
    for (unsigned i = 1; i <= MANY - TENTH; i++) {
        snprintf(label, sizeof label, "n%u", i);
        uint64_t made = version_of(label) - before[i];
        least = made < least ? made : least;
        most = made > most ? made : most;
        ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(node_of(label))), MANY - TENTH);
    }
    fprintf(stderr, "# %u deaths made %llu to %llu rings\n", TENTH, (unsigned long long)least,
            (unsigned long long)most);
    ck_assert_uint_ge(least, 1);
    ck_assert_uint_le(most, 3);
    cluster_end();
}
END_TEST

HARNESS_MAIN("hold", test_who_is_back_within_half_a_second_makes_no_ring,
             test_who_is_back_within_the_hold_makes_no_ring,
             test_who_is_not_back_within_the_hold_loses_its_keys,
             test_newcomer_holds_whom_the_others_hold,
             test_keys_of_the_silent_move_with_their_death, test_a_tenth_of_many_makes_few_rings)
