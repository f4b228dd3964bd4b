/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad networks, in fake time: loss, duplicates, delay, damage, cuts and partitions, full sockets;
 * and the two promises about size, that no datagram is too long and that what a member sends does
 * not grow with the cluster.
 */
#include "cluster.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* ---- loss, duplicates, disorder, damage -------------------------------------------------- */

static void check_loss(unsigned permille, int64_t duration)
{
    cluster_start(30);
    wait_until_agree(2 SECONDS);
    network()->loss = permille;
    run_for(duration);
    expect_never(HEARSAY_STATUS_DEAD, "");
    /* A real death is still seen. */
    kill_silently("n13");
    expect_sees("*", "n13", HEARSAY_STATUS_DEAD, 20 SECONDS);
    expect_never(HEARSAY_STATUS_DEAD, "n13");
    network()->loss = 0;
    wait_until_agree(5 SECONDS);
    cluster_end();
}

START_TEST(test_loss_of_a_tenth_condemns_nobody)
{
    check_loss(100, 5 MINUTES);
}
END_TEST

START_TEST(test_loss_of_a_fifth_condemns_nobody)
{
    check_loss(200, 5 MINUTES);
}
END_TEST

START_TEST(test_joins_get_through_loss)
{
    cluster_new();
    network()->loss = 200;
    start("n1..n20");
    join("n2..n20", "n1");
    run_for(20 SECONDS);
    network()->loss = 0;
    wait_until_agree(5 SECONDS);
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}
END_TEST

START_TEST(test_duplicates_and_disorder_are_harmless)
{
    cluster_new();
    network()->duplicate = 500;
    network()->reorder = 300;
    network()->reorder_us = 50000;
    start("n1..n20");
    join("n2..n20", "n1");
    wait_until_agree(5 SECONDS);
    run_for(3 MINUTES);
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    ck_assert_uint_gt(sim_traffic(world())->duplicated, 1000);
    ck_assert_uint_gt(sim_traffic(world())->delayed, 1000);
    struct hearsay_stats stats = stats_of("n7");
    ck_assert_uint_gt(stats.drops[HEARSAY_DROP_DUPLICATE], 100);
    cluster_end();
}
END_TEST

START_TEST(test_damaged_datagrams_are_dropped_and_counted)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    network()->corrupt = 100;
    run_for(3 MINUTES);
    network()->corrupt = 0;
    run_for(5 SECONDS);
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_DEAD, "");
    static const enum hearsay_drop damage[] = {
        HEARSAY_DROP_TRUNCATED, HEARSAY_DROP_MALFORMED, HEARSAY_DROP_VERSION,
        HEARSAY_DROP_CLUSTER,   HEARSAY_DROP_CHECKSUM,
    };
    uint32_t machines[16];
    uint64_t dropped = 0;
    size_t count = machines_of("*", machines, 16);
    for (size_t i = 0; i < count; i++) {
        struct hearsay_stats stats;
        hearsay_node_stats(sim_node(world(), machines[i]), &stats);
        for (size_t reason = 0; reason < sizeof damage / sizeof damage[0]; reason++)
            dropped += stats.drops[damage[reason]];
    }
    /* Every damaged datagram is a drop at its receiver, and nothing else is. */
    ck_assert_uint_eq(dropped, sim_traffic(world())->corrupted);
    cluster_end();
}
END_TEST

/* ---- cuts -------------------------------------------------------------------------------- */

START_TEST(test_partition_heals_by_itself)
{
    cluster_start(12);
    wait_until_agree(2 SECONDS);
    cut("n1..n5", "n6..n12");
    expect_sees("n1..n5", "n6..n12", HEARSAY_STATUS_DEAD, 30 SECONDS);
    expect_sees("n6..n12", "n1..n5", HEARSAY_STATUS_DEAD, 30 SECONDS);
    expect_rings_equal("n1..n5");
    expect_rings_equal("n6..n12");
    run_for(1 HOURS);
    expect_sees("n1..n5", "n6..n12", HEARSAY_STATUS_DEAD, 0);
    heal();
    wait_until_agree(60 SECONDS);
    run_for(1 MINUTES);
    wait_until_agree(0);
    cluster_end();
}
END_TEST

START_TEST(test_short_cut_condemns_nobody)
{
    cluster_start(12);
    wait_until_agree(2 SECONDS);
    for (int i = 0; i < 10; i++) {
        cut("n1..n6", "n7..n12");
        run_for(1 SECONDS);
        heal();
        run_for(20 SECONDS);
    }
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}
END_TEST

START_TEST(test_one_broken_path_is_no_death)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    cut("n2", "n7");
    cut_one_way("n4", "n5");
    run_for(5 MINUTES);
    expect_never(HEARSAY_STATUS_DEAD, "");
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    wait_until_agree(0);
    cluster_end();
}
END_TEST

START_TEST(test_one_lossy_path_is_no_death)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    lose_between("n2", "n3..n6", 800);
    run_for(5 MINUTES);
    expect_never(HEARSAY_STATUS_DEAD, "");
    heal();
    wait_until_agree(10 SECONDS);
    cluster_end();
}
END_TEST

/* n7 is hardly reached for two minutes, then well again, and dies. */
static void doubt_n7_again_and_again(void)
{
    cluster_start(30);
    wait_until_agree(2 SECONDS);
    lose_between("n7", "n1..n6,n8..n30", 800);
    run_for(2 MINUTES);
    expect_never(HEARSAY_STATUS_DEAD, "n7");
    /* Once in the longest damping, and the first few; without it, it is a hundred times. */
    ck_assert_uint_ge(stats_of("n7").refutations, 6);
    ck_assert_uint_le(stats_of("n7").refutations, 30);
    heal();
    wait_until_agree(5 SECONDS);
}

START_TEST(test_member_hardly_reached_is_not_doubted_all_the_time)
{
    doubt_n7_again_and_again();
    kill_silently("n7");
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 15 SECONDS);
    expect_never(HEARSAY_STATUS_DEAD, "n7");
    cluster_end();
}
END_TEST

START_TEST(test_no_damping_where_the_port_is_closed)
{
    doubt_n7_again_and_again();
    crash("n7");
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 4 SECONDS);
    cluster_end();
}
END_TEST

/* ---- stopped processes ------------------------------------------------------------------- */

START_TEST(test_short_stop_is_no_death)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    for (int i = 0; i < 5; i++) {
        freeze("n4");
        run_for(1500 MILLISECONDS);
        thaw("n4");
        run_for(15 SECONDS);
        wait_until_agree(0);
    }
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}
END_TEST

START_TEST(test_long_stop_is_a_death_and_a_return)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    freeze("n4");
    expect_sees("n1..n3", "n4", HEARSAY_STATUS_DEAD, 10 SECONDS);
    expect_sees("n5..n10", "n4", HEARSAY_STATUS_DEAD, 1 SECONDS);
    run_for(10 MINUTES);
    thaw("n4");
    wait_until_agree(15 SECONDS);
    run_for(1 MINUTES);
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_DEAD, "n4");
    cluster_end();
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------- */

/* Tags as long as R1 allows: a map of one pair, key and value with their heads, 512
 * bytes in all. */
#define FULL_VALUE (HEARSAY_TAGS_MAX - 1 - 2 - 3)

START_TEST(test_no_datagram_is_too_long)
{
    static char value[FULL_VALUE + 1];
    static const struct hearsay_tag tags[] = {{"k", value}};
    memset(value, 'v', FULL_VALUE);
    cluster_new();
    settings()->tags = tags;
    settings()->tag_count = 1;
    settings()->tokens = 8;
    for (int i = 1; i <= 200; i++) {
        char label[16], name[HEARSAY_NAME_MAX + 1];
        snprintf(label, sizeof label, "n%d", i);
        memset(name, 'x', sizeof name);
        snprintf(name + HEARSAY_NAME_MAX - 3, 4, "%03d", i);
        start_as(label, name);
    }
    join("n2..n200", "n1");
    wait_until_agree(30 SECONDS);
    crash("n150..n154");
    expect_sees("n1..n10", "n150..n154", HEARSAY_STATUS_DEAD, 15 SECONDS);
    leave("n160");
    expect_event("n160", HEARSAY_EVENT_LEFT, 5 SECONDS);
    restart("n151", "n3");
    wait_until_agree(30 SECONDS);
    ck_assert_uint_le(sim_traffic(world())->longest, HEARSAY_DATAGRAM_MAX);
    ck_assert_uint_gt(sim_traffic(world())->longest, HEARSAY_DATAGRAM_MAX / 2);
    cluster_end();
}
END_TEST

/* Datagrams and bytes that a member of an idle cluster sends in a period. */
static double idle_rate(unsigned count, double *ret_bytes)
{
    cluster_start(count);
    wait_until_agree(5 SECONDS);
    run_for(30 SECONDS);
    struct sim_traffic before = *sim_traffic(world());
    run_for(60 SECONDS);
    const struct sim_traffic *after = sim_traffic(world());
    double sent = (double)(after->sent - before.sent) / count / 60;
    *ret_bytes = (double)(after->bytes - before.bytes) / count / 60;
    cluster_end();
    return sent;
}

START_TEST(test_idle_traffic_does_not_grow_with_the_cluster)
{
    double small_bytes, large_bytes;
    double small = idle_rate(10, &small_bytes), large = idle_rate(60, &large_bytes);
    /* A round is two questions and two answers. */
    ck_assert_double_ge(small, 3.8);
    ck_assert_double_le(small, 4.2);
    ck_assert_double_ge(large, 3.8);
    ck_assert_double_le(large, 4.2);
    /* 320 bytes a second with the heads of IP and UDP. */
    ck_assert_double_le(large_bytes + 28 * large, 320);
    ck_assert_double_le(large_bytes / small_bytes, 1.05);
}
END_TEST

HARNESS_MAIN("weather", test_loss_of_a_tenth_condemns_nobody, test_loss_of_a_fifth_condemns_nobody,
             test_joins_get_through_loss, test_duplicates_and_disorder_are_harmless,
             test_damaged_datagrams_are_dropped_and_counted, test_partition_heals_by_itself,
             test_short_cut_condemns_nobody, test_one_broken_path_is_no_death,
             test_one_lossy_path_is_no_death,
             test_member_hardly_reached_is_not_doubted_all_the_time,
             test_no_damping_where_the_port_is_closed, test_short_stop_is_no_death,
             test_long_stop_is_a_death_and_a_return, test_no_datagram_is_too_long,
             test_idle_traffic_does_not_grow_with_the_cluster)
