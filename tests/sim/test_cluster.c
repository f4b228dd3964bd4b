/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cluster does, from the first join to the last goodbye, in fake time on a clean network.
 * The first four tests are those of the system that this one learns from, by their names, with
 * separate nodes and with what they left out: rings, order of events, fresh memory. See
 * test_weather.c for bad networks and test_clocks.c for bad clocks.
 */
#include "cluster.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

/* ---- the four ---------------------------------------------------------------------------- */

static void check_integration(unsigned count)
{
    cluster_start(count);
    wait_until_agree(2 SECONDS);
    run_for(2 MINUTES);
    wait_until_agree(0);
    expect_views_equal("*");
    expect_rings_equal("*");
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(node_of("n1"))), count);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}

START_TEST(TestGossipProtocolIntegration)
{
    check_integration(3);
    check_integration(5);
}
END_TEST

/* Each learns through its join what the seed knows at that moment, and by rumors most of the rest.
 * What it still misses does not wait for the pause between exchanges. */
START_TEST(sixty_that_start_at_once_agree_within_a_second)
{
    cluster_start(60);
    wait_until_agree(800 MILLISECONDS);
    expect_views_equal("*");
    cluster_end();
}
END_TEST

START_TEST(TestAddNodesToStableSystem)
{
    cluster_start(3);
    wait_until_agree(2 SECONDS);
    run_for(10 SECONDS);
    struct hearsay_ring *before = hearsay_ring_ref(hearsay_node_ring(node_of("n1")));
    start("n4");
    join("n4", "n2");
    wait_until_agree(1 SECONDS);
    expect_rings_equal("*");

    /* Only the joiner's share of the keys has moved, and all of it. */
    const struct hearsay_ring *after = hearsay_node_ring(node_of("n1"));
    uint32_t index = UINT32_MAX;
    ck_assert_int_eq(hearsay_ring_find(after, "n4", &index), 0);
    ck_assert_uint_eq(hearsay_ring_moved(before, after), hearsay_ring_share(after, index));
    hearsay_ring_unref(before);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    cluster_end();
}
END_TEST

START_TEST(TestRemoveUnresponsiveNode)
{
    cluster_start(3);
    wait_until_agree(2 SECONDS);
    mark();
    kill_silently("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    /* A suspect keeps its keys; the dead do not. */
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(node_of("n1"))), 3);
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 8 SECONDS);
    wait_until_agree(1 SECONDS);
    expect_story("*", "n3", "suspect dead");
    expect_reason("*", "n3", HEARSAY_REASON_SILENT);
    expect_cause("*", "n3", HEARSAY_CAUSE_FAILED);
    uint32_t index;
    ck_assert_int_eq(hearsay_ring_find(hearsay_node_ring(node_of("n1")), "n3", &index),
                     HEARSAY_ERR_NOTFOUND);
    expect_rings_equal("*");
    expect_never(HEARSAY_STATUS_SUSPECT, "n3");
    expect_never(HEARSAY_STATUS_DEAD, "n3");
    cluster_end();
}
END_TEST

static void check_recovery(int64_t offset)
{
    cluster_new();
    clock_offset("n2", offset);
    clock_offset("n4", -offset);
    start("n1..n4");
    join("n2..n4", "n1");
    wait_until_agree(2 SECONDS);
    for (int times = 0; times < 2; times++) {
        mark();
        crash("n4");
        expect_sees("*", "n4", HEARSAY_STATUS_DEAD, 6 SECONDS);
        wait_until_agree(1 SECONDS);
        run_for(10 SECONDS);
        restart("n4", "n1,n2");
        wait_until_agree(1 SECONDS);
        expect_rings_equal("*");
        run_for(30 SECONDS);
        expect_story("n1..n3", "n4", "suspect dead alive");
        expect_reason("n1..n3", "n4", HEARSAY_REASON_REFUSED);
        expect_reason("n1..n3", "n4", HEARSAY_REASON_RESTARTED);
        expect_never(HEARSAY_STATUS_SUSPECT, "n4");
    }
    cluster_end();
}

START_TEST(TestDeadNodeRecovery)
{
    check_recovery(0);
    check_recovery(60 SECONDS);
    check_recovery(-60 SECONDS);
}
END_TEST

/* ---- joining ----------------------------------------------------------------------------- */

START_TEST(test_one_alone_is_a_cluster)
{
    cluster_start(1);
    wait_until_agree(0);
    run_for(1 MINUTES);
    wait_until_agree(0);
    ck_assert_uint_eq(sim_traffic(world())->sent, 0);
    cluster_end();
}
END_TEST

START_TEST(test_join_passes_over_dead_seeds)
{
    cluster_start(3);
    wait_until_agree(2 SECONDS);
    crash("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 6 SECONDS);
    start("n4");
    mark();
    join("n4", "n3,nobody,n2,n4"); /* closed, silent, alive, itself */
    wait_until_agree(1 SECONDS);
    run_for(5 SECONDS);
    expect_joins("n4", HEARSAY_JOIN_OK, 1);
    expect_joins("n4", HEARSAY_JOIN_CLOSED, 1);
    expect_joins("n4", HEARSAY_JOIN_SELF, 1);
    expect_joins("n4", HEARSAY_JOIN_TIMEOUT, 1);
    /* A seed that never answered is nobody. */
    ck_assert_int_eq(status_at("n4", "nobody"), HEARSAY_STATUS_NONE);
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(node_of("n4"))), 3);
    cluster_end();
}
END_TEST

START_TEST(test_silent_seed_is_joined_when_it_comes)
{
    cluster_new();
    start("n1");
    join("n1", "n2");
    run_for(30 SECONDS);
    expect_joins("n1", HEARSAY_JOIN_TIMEOUT, 1);
    start("n2");
    wait_until_agree(30 SECONDS);
    cluster_end();
}
END_TEST

START_TEST(test_two_clusters_merge_by_one_join)
{
    cluster_new();
    start("n1..n20");
    join("n2..n10", "n1");
    join("n12..n20", "n11");
    run_for(10 SECONDS);
    expect_sees("n1..n10", "n11..n20", HEARSAY_STATUS_NONE, 0);
    join("n20", "n5");
    wait_until_agree(3 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    cluster_end();
}
END_TEST

/* R8: "when two meet later the later (start, instance) stays", whatever reaches whom first: records
 * by exchanges and rumors, or a challenge to the gossip of somebody unknown. */
START_TEST(test_merging_keeps_the_later_of_two_with_one_name)
{
    for (int64_t i = 0; i < 40; i++) {
        cluster_new();
        start("n1..n4");
        start_as("old1", "twin1");
        start_as("old2", "twin2");
        join("n2..n4,old1,old2", "n1");
        run_for(2 SECONDS + i * 37 MILLISECONDS);
        start("n5..n8");
        start_as("new1", "twin1");
        start_as("new2", "twin2");
        join("n6..n8,new1,new2", "n5");
        run_for(100 MILLISECONDS + i * 53 MILLISECONDS);
        mark();
        join("n8", "n3");
        expect_event("old1", HEARSAY_EVENT_REPLACED, 10 SECONDS);
        expect_event("old2", HEARSAY_EVENT_REPLACED, 10 SECONDS);
        wait_until_agree(5 SECONDS);
        ck_assert_int_eq(sim_state(world(), machine_of("new1")), SIM_RUNNING);
        ck_assert_int_eq(sim_state(world(), machine_of("new2")), SIM_RUNNING);
        cluster_end();
    }
}
END_TEST

START_TEST(test_sixty_agree_quickly_and_see_a_death_soon)
{
    cluster_start(60);
    wait_until_agree(2 SECONDS);
    run_for(10 SECONDS);
    static const char *const victims[] = {"n7", "n23", "n60", "n1", "n31"};
    for (size_t i = 0; i < sizeof victims / sizeof victims[0]; i++) {
        crash(victims[i]);
        expect_sees("*", victims[i], HEARSAY_STATUS_DEAD, 7 SECONDS);
    }
    wait_until_agree(2 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "n7,n23,n60,n1,n31");
    for (size_t i = 0; i < sizeof victims / sizeof victims[0]; i++) {
        restart(victims[i], "n2,n3");
        wait_until_agree(2 SECONDS);
    }
    cluster_end();
}
END_TEST

/* ---- names and addresses ----------------------------------------------------------------- */

START_TEST(test_restart_at_another_address_is_followed)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    mark();
    kill_silently("n5");
    restart_elsewhere("n5", "n1");
    wait_until_agree(10 SECONDS);
    struct hearsay_member member;
    struct hearsay_addr addr = sim_addr(world(), machine_of("n5"));
    ck_assert_int_eq(
        hearsay_node_member(node_of("n2"), sim_now(world(), machine_of("n2")), "n5", &member), 0);
    ck_assert(hearsay_addr_equal(&member.addr, &addr));
    run_for(30 SECONDS);
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_SUSPECT, "n5");
    cluster_end();
}
END_TEST

START_TEST(test_restart_at_its_address_replaces_at_once)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    mark();
    restart("n5", "n1");
    wait_until_agree(1 SECONDS);
    run_for(30 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    expect_never(HEARSAY_STATUS_DEAD, "");
    expect_reason("n1..n4", "n5", HEARSAY_REASON_RESTARTED);
    cluster_end();
}
END_TEST

START_TEST(test_name_of_a_live_member_is_refused)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    mark();
    start_as("rival", "n3");
    join("rival", "n1");
    expect_event("rival", HEARSAY_EVENT_REFUSED, 5 SECONDS);
    run_for(30 SECONDS);
    ck_assert(!is_running("rival"));
    ck_assert(is_running("n3"));
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}
END_TEST

START_TEST(test_thawed_member_gives_way_to_its_replacement)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    freeze("n5");
    expect_sees("n1..n4", "n5", HEARSAY_STATUS_DEAD, 10 SECONDS);
    start_as("again", "n5");
    join("again", "n1");
    expect_sees("n1..n4", "again", HEARSAY_STATUS_ALIVE, 5 SECONDS);
    run_for(10 MINUTES);
    mark();
    thaw("n5");
    expect_event("n5", HEARSAY_EVENT_REPLACED, 30 SECONDS);
    run_for(30 SECONDS);
    ck_assert(!is_running("n5"));
    ck_assert(is_running("again"));
    wait_until_agree(0);
    cluster_end();
}
END_TEST

/* ---- going ------------------------------------------------------------------------------- */

START_TEST(test_leaving_is_no_failure)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    leave("n4");
    expect_event("n4", HEARSAY_EVENT_LEFT, 1 SECONDS);
    expect_sees("*", "n4", HEARSAY_STATUS_DEAD, 2 SECONDS);
    run_for(1 MINUTES);
    wait_until_agree(0);
    expect_story("n1..n3", "n4", "dead");
    expect_story("n5..n10", "n4", "dead");
    expect_cause("*", "n4", HEARSAY_CAUSE_LEFT);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    restart("n4", "n1");
    wait_until_agree(1 SECONDS);
    cluster_end();
}
END_TEST

START_TEST(test_leaving_a_dead_network_ends_in_time)
{
    cluster_start(3);
    wait_until_agree(2 SECONDS);
    kill_silently("n1,n2");
    leave("n3");
    int64_t took = expect_event("n3", HEARSAY_EVENT_LEFT, 5 SECONDS);
    ck_assert_int_ge(took, 2900 MILLISECONDS);
    ck_assert_int_le(took, 3100 MILLISECONDS);
    cluster_end();
}
END_TEST

START_TEST(test_last_one_leaves_at_once)
{
    cluster_start(1);
    leave("n1");
    expect_event("n1", HEARSAY_EVENT_LEFT, 0);
    cluster_end();
}
END_TEST

START_TEST(test_force_leave_ends_a_suspicion)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    force_leave("n1", "n2", false, HEARSAY_ERR_ALIVE);
    force_leave("n1", "n1", false, HEARSAY_ERR_ALIVE);
    force_leave("n1", "nobody", false, HEARSAY_ERR_NOTFOUND);
    kill_silently("n7");
    expect_sees("n1", "n7", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    mark();
    force_leave("n1", "n7", false, 0);
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 1 SECONDS);
    expect_cause("*", "n7", HEARSAY_CAUSE_FORCED);
    wait_until_agree(1 SECONDS);
    cluster_end();
}
END_TEST

START_TEST(test_prune_takes_a_member_off_every_list)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    crash("n7");
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 6 SECONDS);
    mark();
    force_leave("n1", "n7", true, 0);
    expect_sees("*", "n7", HEARSAY_STATUS_NONE, 2 SECONDS);
    expect_reason("*", "n7", HEARSAY_REASON_PRUNED);
    expect_keeps("*", "n7", HEARSAY_STATUS_NONE, 60 SECONDS);
    wait_until_agree(0);
    restart("n7", "n1");
    wait_until_agree(1 SECONDS);
    cluster_end();
}
END_TEST

/* R20: away for longer than tombstones live. */
START_TEST(test_tombstones_go_and_a_long_sleeper_revives_nobody)
{
    cluster_new();
    settings()->tombstone_ttl = 60000000;
    start("n1..n6");
    join("n2..n6", "n1");
    wait_until_agree(2 SECONDS);
    /* n6 sleeps through n5's death and its tombstone's time, and wakes with n5 alive in
     * its view. */
    freeze("n6");
    expect_sees("*", "n6", HEARSAY_STATUS_DEAD, 10 SECONDS);
    kill_silently("n5");
    expect_sees("*", "n5", HEARSAY_STATUS_DEAD, 10 SECONDS);
    expect_sees("*", "n5,n6", HEARSAY_STATUS_NONE, 90 SECONDS);
    expect_views_equal("*");
    mark();
    thaw("n6");
    expect_event("n6", HEARSAY_EVENT_AWAY, 1 SECONDS);
    wait_until_agree(5 SECONDS);
    expect_keeps("*", "n5", HEARSAY_STATUS_NONE, 3 MINUTES);
    expect_story("n1..n4", "n6", "alive");
    expect_story("n6", "n1", "none alive");
    expect_reason("n6", "n1..n5", HEARSAY_REASON_FORGOTTEN);
    expect_story("n6", "n5", "none");
    wait_until_agree(0);
    cluster_end();
}
END_TEST

START_TEST(test_new_tags_reach_all)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    const struct hearsay_tag tags[] = {{"rack", "b4"}, {"role", "cache"}};
    ck_assert_int_eq(sim_set_tags(world(), machine_of("n3"), tags, 2), 0);
    run_for(2 SECONDS);
    expect_reason("*", "n3", HEARSAY_REASON_UPDATED);
    struct hearsay_member member;
    size_t len = 0;
    ck_assert_int_eq(
        hearsay_node_member(node_of("n9"), sim_now(world(), machine_of("n9")), "n3", &member), 0);
    const char *value = hearsay_member_tag(&member, "rack", &len);
    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(len, 2);
    ck_assert_int_eq(memcmp(value, "b4", 2), 0);
    wait_until_agree(0);
    cluster_end();
}
END_TEST

HARNESS_MAIN("cluster", TestGossipProtocolIntegration, TestAddNodesToStableSystem,
             sixty_that_start_at_once_agree_within_a_second, TestRemoveUnresponsiveNode,
             TestDeadNodeRecovery, test_one_alone_is_a_cluster, test_join_passes_over_dead_seeds,
             test_silent_seed_is_joined_when_it_comes, test_two_clusters_merge_by_one_join,
             test_merging_keeps_the_later_of_two_with_one_name,
             test_sixty_agree_quickly_and_see_a_death_soon,
             test_restart_at_another_address_is_followed,
             test_restart_at_its_address_replaces_at_once, test_name_of_a_live_member_is_refused,
             test_thawed_member_gives_way_to_its_replacement, test_leaving_is_no_failure,
             test_leaving_a_dead_network_ends_in_time, test_last_one_leaves_at_once,
             test_force_leave_ends_a_suspicion, test_prune_takes_a_member_off_every_list,
             test_tombstones_go_and_a_long_sleeper_revives_nobody, test_new_tags_reach_all)
