/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A full table (R7): the dead give way to the living, whatever order news comes in; views agree
 * afterwards, and stop exchanging what each has let go.
 */
#include "cluster.h"
#include "harness.h"

#include <stdio.h>

#define ROOM 12u

static const char *label_of(const char *prefix, unsigned i)
{
    static char labels[4][32];
    static unsigned next;
    char *label = labels[next++ % 4];
    snprintf(label, sizeof labels[0], "%s%u", prefix, i);
    return label;
}

/* One after another joins and is killed. */
static void join_and_die(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        const char *label = label_of("x", i);
        start(label);
        join(label, "n1");
        expect_sees("n1,n2", label, HEARSAY_STATUS_ALIVE, 5 SECONDS);
        crash(label);
        expect_sees("n1,n2", label, HEARSAY_STATUS_DEAD, 20 SECONDS);
        run_for(5 SECONDS);
    }
}

static uint64_t exchanges(const char *labels)
{
    uint32_t machines[64];
    uint64_t sum = 0;
    size_t count = machines_of(labels, machines, 64);
    for (size_t i = 0; i < count; i++) {
        struct hearsay_stats stats = {0};
        hearsay_node_stats(sim_node(world(), machines[i]), &stats);
        sum += stats.syncs_started;
    }
    return sum;
}

/* No exchange begins any more: nobody offers what others have let go. */
static void expect_rest(const char *labels)
{
    expect_views_equal(labels);
    uint64_t before = exchanges(labels);
    run_for(5 MINUTES);
    ck_assert_uint_eq(exchanges(labels), before);
    expect_views_equal(labels);
}

START_TEST(test_the_oldest_dead_give_way_to_the_living)
{
    cluster_new();
    settings()->max_members = ROOM;
    start("n1,n2");
    join("n2", "n1");
    wait_until_agree(5 SECONDS);
    join_and_die(0, 10);
    ck_assert_uint_eq(stats_of("n1").members[HEARSAY_STATUS_DEAD], 10);
    start("y1");
    join("y1", "n1");
    wait_until_agree(5 SECONDS);
    expect_sees("n1,n2,y1", "x0", HEARSAY_STATUS_NONE, 1 SECONDS);
    expect_sees("n1,n2,y1", "x1..x9", HEARSAY_STATUS_DEAD, 0);
    start("y2..y10");
    join("y2..y10", "n2");
    wait_until_agree(10 SECONDS);
    expect_sees("*", "x0..x9", HEARSAY_STATUS_NONE, 5 SECONDS);
    start("y11"); /* all twelve live */
    join("y11", "n1");
    expect_event("n1", HEARSAY_EVENT_FULL, 5 SECONDS);
    expect_rest("n1,n2,y1..y10");
    cluster_end();
}
END_TEST

START_TEST(test_a_pruned_member_frees_its_place_and_stays_gone)
{
    cluster_new();
    settings()->max_members = ROOM;
    start("n1,n2");
    join("n2", "n1");
    wait_until_agree(5 SECONDS);
    join_and_die(0, 10);
    cut("n2", "n1"); /* it goes on holding the dead */
    for (unsigned i = 0; i < 10; i++)
        force_leave("n1", label_of("x", i), true, 0);
    ck_assert_uint_eq(stats_of("n1").members[HEARSAY_STATUS_DEAD], 0);
    start("y1..y10");
    join("y1..y10", "n1");
    expect_sees("n1,y1..y10", "n1,y1..y10", HEARSAY_STATUS_ALIVE, 5 SECONDS);
    heal();
    wait_until_agree(1 MINUTES);
    expect_sees("*", "x0..x9", HEARSAY_STATUS_NONE, 30 SECONDS);
    expect_rest("*");
    cluster_end();
}
END_TEST

/* Halves that were apart remember other dead than each other, more than the table holds. */
START_TEST(test_views_agree_though_each_half_let_others_go)
{
    for (unsigned round = 0; round < 6; round++) {
        cluster_new();
        settings()->max_members = ROOM;
        start("n1..n4");
        join("n2..n4", "n1");
        wait_until_agree(5 SECONDS);
        cut("n1,n2", "n3,n4");
        for (unsigned i = 0; i < 14; i++) {
            const char *label = label_of("x", i);
            start(label);
            cut(label, i % 2 ? "n1,n2" : "n3,n4");
            join(label, i % 2 ? "n3" : "n1");
            run_for((2 + (i + round) % 3) SECONDS);
            kill_silently(label);
            run_for((int64_t)((i * 7 + round * 3) % 11) SECONDS);
        }
        run_for(30 SECONDS);
        heal();
        start("y1..y4");
        join("y1..y4", "n1,n3");
        wait_until_agree(2 MINUTES);
        run_for(30 SECONDS);
        expect_rest("*");
        cluster_end();
    }
}
END_TEST

/* The smallest table of the cluster says how many dead are remembered; the views agree. */
START_TEST(test_one_member_has_less_room_than_the_others)
{
    cluster_new();
    settings()->max_members = 1000;
    start("n1,n2");
    join("n2", "n1");
    wait_until_agree(5 SECONDS);
    join_and_die(0, 30);
    settings()->max_members = ROOM;
    start("small");
    settings()->max_members = 1000;
    join("small", "n1");
    wait_until_agree(10 SECONDS);
    run_for(30 SECONDS);
    expect_rest("n1,n2,small");
    ck_assert_uint_eq(stats_of("n1").members[HEARSAY_STATUS_DEAD], ROOM - 3);
    expect_sees("*", "x29", HEARSAY_STATUS_DEAD, 0);
    expect_sees("*", "x0", HEARSAY_STATUS_NONE, 0);
    cluster_end();
}
END_TEST

HARNESS_MAIN("full", test_the_oldest_dead_give_way_to_the_living,
             test_a_pruned_member_frees_its_place_and_stays_gone,
             test_views_agree_though_each_half_let_others_go,
             test_one_member_has_less_room_than_the_others)
