/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults of the system that this one learns from, one test each, numbered as they were found
 * there. Most are shown on clusters in fake time, the others by calls to the library.
 */
#include "cluster.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

static struct hearsay_member member_at(const char *observer, const char *subject)
{
    struct hearsay_member member = {0};
    struct hearsay_now now = sim_now(world(), machine_of(observer));
    ck_assert_int_eq(hearsay_node_member(node_of(observer), now, name_of(subject), &member), 0);
    return member;
}

/* A newer rumor of a death was ignored by those who held the member suspect. */
START_TEST(fault_01_newer_death_is_taken_from_suspect)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    kill_silently("n9");
    expect_sees("*", "n9", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    force_leave("n1", "n9", false, 0);
    expect_sees("*", "n9", HEARSAY_STATUS_DEAD, 2 SECONDS);
    expect_story("*", "n9", "suspect dead");
    expect_cause("*", "n9", HEARSAY_CAUSE_FORCED);
    cluster_end();
}
END_TEST

/* "Prefer alive" was written down and not done. n4's clock stands in 1970, so its next record has
 * the very timestamp of the suspicion that the others hold. */
START_TEST(fault_02_alive_wins_at_equal_timestamps)
{
    cluster_start(6);
    wait_until_agree(2 SECONDS);
    clock_1970("n4");
    uint64_t timestamp = member_at("n1", "n4").timestamp;
    cut("n4", "n1..n3,n5..n6");
    expect_sees("n1", "n4", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    ck_assert_uint_eq(member_at("n1", "n4").timestamp, timestamp + 1);
    const struct hearsay_tag tag = {"k", "v"};
    ck_assert_int_eq(sim_set_tags(world(), machine_of("n4"), &tag, 1), 0);
    ck_assert_uint_eq(member_at("n4", "n4").timestamp, timestamp + 1);
    heal();
    int64_t limit = fake_time() + 2 SECONDS;
    while (status_at("n1", "n4") == HEARSAY_STATUS_SUSPECT && fake_time() < limit)
        run_for(100 MICROSECONDS);
    ck_assert_int_eq(status_at("n1", "n4"), HEARSAY_STATUS_ALIVE);
    ck_assert_uint_eq(member_at("n1", "n4").timestamp, timestamp + 1);
    ck_assert_uint_eq(stats_of("n4").refutations, 0);
    wait_until_agree(5 SECONDS);
    expect_never(HEARSAY_STATUS_DEAD, "");
    cluster_end();
}
END_TEST

/* Only a send that failed made a suspect; a hung peer, whose socket takes everything, never was
 * one. */
START_TEST(fault_03_silence_makes_suspect_and_dead)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    mark();
    freeze("n2");
    expect_sees("*", "n2", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    expect_sees("*", "n2", HEARSAY_STATUS_DEAD, 6 SECONDS);
    expect_reason("*", "n2", HEARSAY_REASON_SILENT);
    expect_reason("*", "n2", HEARSAY_REASON_FAILED);
    cluster_end();
}
END_TEST

/* A fan-out below 2 was logged and used. */
START_TEST(fault_04_fanout_below_two_is_refused)
{
    struct hearsay_config config;
    struct hearsay_node *node = NULL;
    const char *error = "";
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = "n1";
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_addr_parse(&config.advertise, "10.0.0.1:7847", 0), 0);
    for (config.fanout = 0; config.fanout < 2; config.fanout++) {
        ck_assert_int_eq(hearsay_config_check(&config, &error), HEARSAY_ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(error, "fanout must be 2"));
        ck_assert_int_eq(hearsay_node_new(&node, &config, hearsay_host_now()), HEARSAY_ERR_INVALID);
    }
    ck_assert_int_eq(hearsay_node_new(&node, &config, hearsay_host_now()), 0);
    hearsay_node_free(node);
}
END_TEST

/* Observers stamped others' records by their own clocks: a fast one blocked every return. */
START_TEST(fault_05_observers_clocks_stamp_nobody)
{
    cluster_new();
    clock_offset("n1,n3", 5 DAYS);
    start("n1..n5");
    join("n2..n5", "n1");
    wait_until_agree(2 SECONDS);
    for (int i = 0; i < 3; i++) {
        crash("n4");
        expect_sees("*", "n4", HEARSAY_STATUS_DEAD, 6 SECONDS);
        ck_assert_uint_le(member_at("n1", "n4").timestamp, sim_now(world(), machine_of("n4")).wall);
        restart("n4", "n1");
        wait_until_agree(1 SECONDS);
        ck_assert_uint_le(member_at("n3", "n4").timestamp, sim_now(world(), machine_of("n4")).wall);
    }
    run_for(1 MINUTES);
    wait_until_agree(0);
    cluster_end();
}
END_TEST

/* Entries about oneself were skipped, so nobody ever refuted. */
START_TEST(fault_06_the_accused_refutes)
{
    cluster_start(8);
    wait_until_agree(2 SECONDS);
    mark();
    freeze("n6");
    expect_sees("n1..n5,n7..n8", "n6", HEARSAY_STATUS_SUSPECT, 4 SECONDS);
    thaw("n6");
    expect_event("n6", HEARSAY_EVENT_REFUTE, 500 MILLISECONDS);
    expect_sees("*", "n6", HEARSAY_STATUS_ALIVE, 500 MILLISECONDS);
    expect_reason("*", "n6", HEARSAY_REASON_REFUTED);
    expect_never(HEARSAY_STATUS_DEAD, "");
    wait_until_agree(2 SECONDS);
    cluster_end();
}
END_TEST

/* A member that came back at another address was not followed. */
START_TEST(fault_07_a_new_address_is_followed)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    crash("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 6 SECONDS);
    struct hearsay_addr old = member_at("n1", "n3").addr;
    restart_elsewhere("n3", "n5");
    wait_until_agree(1 SECONDS);
    struct hearsay_addr held = member_at("n1", "n3").addr,
                        real = sim_addr(world(), machine_of("n3"));
    ck_assert(!hearsay_addr_equal(&held, &old));
    ck_assert(hearsay_addr_equal(&held, &real));
    run_for(1 MINUTES);
    wait_until_agree(0);
    cluster_end();
}
END_TEST

/* Whoever was heard of entered the ring, dead ones and seeds that never answered too. */
START_TEST(fault_08_the_dead_and_the_silent_own_no_keys)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    crash("n5");
    expect_sees("*", "n5", HEARSAY_STATUS_DEAD, 6 SECONDS);
    start("n6");
    mark();
    join("n6", "n1,nobody");
    expect_sees("n6", "n5", HEARSAY_STATUS_DEAD, 1 SECONDS);
    wait_until_agree(1 SECONDS);
    run_for(1 MINUTES);
    expect_story("n6", "n5", "dead");
    const struct hearsay_ring *ring = hearsay_node_ring(node_of("n6"));
    uint32_t index;
    ck_assert_uint_eq(hearsay_ring_members(ring), 5);
    ck_assert_int_eq(hearsay_ring_find(ring, "n5", &index), HEARSAY_ERR_NOTFOUND);
    ck_assert_int_eq(hearsay_ring_find(ring, "nobody", &index), HEARSAY_ERR_NOTFOUND);
    cluster_end();
}
END_TEST

/* The same name twice made the ring loop for ever; readers changed it as they read. */
START_TEST(fault_09_the_ring_takes_a_name_once)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    const struct hearsay_ring_member twice[] = {
        {"n1", NULL, 64}, {"n2", NULL, 64}, {"n1", NULL, 8}};
    struct hearsay_ring *ring = NULL, *next = NULL;
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, twice, 3), HEARSAY_ERR_EXISTS);
    ck_assert_ptr_null(ring);
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, twice, 2), 0);
    uint64_t checksum = hearsay_ring_checksum(ring);
    ck_assert_int_eq(hearsay_ring_change(&next, ring, NULL, 0, twice, 1), HEARSAY_ERR_EXISTS);
    uint32_t owners[8];
    for (uint64_t key = 0; key < 1000; key++) {
        uint64_t hash = hearsay_ring_hash(&key, sizeof key);
        ck_assert_uint_eq(hearsay_ring_owners(ring, hash, owners, 8), 2);
        ck_assert_uint_ne(owners[0], owners[1]);
    }
    ck_assert_uint_eq(hearsay_ring_checksum(ring), checksum);
    hearsay_ring_unref(ring);
}
END_TEST

/* A crowd of other names comes and goes; the tombstones of the last round are over when
 * it returns. */
static void churn(unsigned round)
{
    for (unsigned i = 0; i < 20; i++) {
        char label[32];
        snprintf(label, sizeof label, "c%u", round * 20 + i);
        start(label);
        join(label, "n1");
    }
    wait_until_agree(5 SECONDS);
    for (unsigned i = 0; i < 20; i++) {
        char label[32];
        snprintf(label, sizeof label, "c%u", round * 20 + i);
        crash(label);
    }
    run_for(2 MINUTES);
    wait_until_agree(0);
}

/* Ids, members and the dead were kept for ever. */
START_TEST(fault_10_memory_does_not_grow)
{
    cluster_new();
    settings()->tombstone_ttl = 20000000;
    start("n1..n5");
    join("n2..n5", "n1");
    network()->duplicate = 100;
    churn(0);
    churn(1);
    size_t before = sim_memory(world(), machine_of("n1"));
    uint64_t received = stats_of("n1").bytes_received;
    for (unsigned round = 2; round < 8; round++)
        churn(round);
    run_for(30 MINUTES);
    ck_assert_uint_le(sim_memory(world(), machine_of("n1")), before);
    ck_assert_uint_gt(stats_of("n1").bytes_received - received, before);
    ck_assert_uint_eq(stats_of("n1").members[0], 0);
    ck_assert_uint_eq(stats_of("n1").members[HEARSAY_STATUS_DEAD], 0);
    cluster_end();
}
END_TEST

START_TEST(fault_10_a_full_table_is_said)
{
    cluster_new();
    settings()->max_members = 8;
    start("n1..n12");
    join("n2..n12", "n1");
    expect_event("n1", HEARSAY_EVENT_FULL, 10 SECONDS);
    run_for(30 SECONDS);
    for (unsigned i = 1; i <= 12; i++) {
        char label[32];
        snprintf(label, sizeof label, "n%u", i);
        struct hearsay_stats stats = stats_of(label);
        ck_assert_uint_le(
            stats.members[HEARSAY_STATUS_ALIVE] + stats.members[HEARSAY_STATUS_SUSPECT], 8);
    }
    ck_assert_uint_gt(stats_of("n1").drops[HEARSAY_DROP_TABLE_FULL], 0);
    cluster_end();
}
END_TEST

static uint64_t all_drops(const char *label)
{
    struct hearsay_stats stats = stats_of(label);
    uint64_t drops = 0;
    for (int reason = 0; reason < HEARSAY_DROP_COUNT; reason++)
        drops += stats.drops[reason];
    return drops;
}

/* One message could kill, invent or redirect any member; a timestamp that made no sense counted as
 * zero. */
START_TEST(fault_11_noise_changes_nothing)
{
    cluster_start(4);
    wait_until_agree(2 SECONDS);
    run_for(5 SECONDS);
    uint64_t state = 11, digest = stats_of("n2").digest, drops = all_drops("n2");
    mark();
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[1600];
        size_t len = harness_below(&state, sizeof bytes);
        for (size_t at = 0; at < len; at++)
            bytes[at] = (uint8_t)harness_random(&state);
        if (i % 2 && len > 3) /* as if for us: array, version and kind */
            memcpy(bytes, (uint8_t[]){0x96, (uint8_t)(0x11 + i % 8)}, 2);
        sim_inject(world(), machine_of("n3"), machine_of("n2"), bytes, len);
        if (i % 500 == 0)
            run_for(1 MILLISECONDS);
    }
    ck_assert_uint_eq(stats_of("n2").digest, digest);
    ck_assert_uint_eq(all_drops("n2") - drops, 20000);
    run_for(1 MINUTES);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    wait_until_agree(0);
    cluster_end();
}
END_TEST

START_TEST(fault_11_another_cluster_is_not_heard)
{
    cluster_start(4);
    wait_until_agree(2 SECONDS);
    settings()->cluster = "other";
    start("m1,m2");
    join("m2", "m1");
    join("m1", "n1");
    run_for(30 SECONDS);
    expect_sees("n1..n4", "m1,m2", HEARSAY_STATUS_NONE, 0);
    expect_sees("m1,m2", "n1..n4", HEARSAY_STATUS_NONE, 0);
    expect_sees("m1,m2", "m1,m2", HEARSAY_STATUS_ALIVE, 0);
    ck_assert_uint_gt(stats_of("n1").drops[HEARSAY_DROP_CLUSTER], 0);
    cluster_end();
}
END_TEST

/* A ring change ran under the membership lock, behind a slow disk, and gossip stopped. Here an
 * owner that never takes an event costs nobody anything: not even its own node is missed. */
START_TEST(fault_12_a_hanging_owner_stops_no_gossip)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    sim_neglect(world(), machine_of("n2"), true);
    uint64_t sent = stats_of("n2").sent[HEARSAY_KIND_GOSSIP];
    for (int i = 0; i < 20; i++) {
        restart("n5", "n1");
        run_for(6 SECONDS);
        crash("n5");
        expect_sees("n1,n3,n4", "n5", HEARSAY_STATUS_DEAD, 6 SECONDS);
    }
    ck_assert_uint_ge(stats_of("n2").sent[HEARSAY_KIND_GOSSIP] - sent, 2 * 20 * 6);
    expect_never(HEARSAY_STATUS_SUSPECT, "n5");
    sim_neglect(world(), machine_of("n2"), false);
    wait_until_agree(1 SECONDS);
    cluster_end();
}
END_TEST

/* The token range that wraps past zero was never given to anybody. */
START_TEST(fault_13_the_range_past_the_last_token_is_owned)
{
    cluster_start(5);
    wait_until_agree(2 SECONDS);
    const struct hearsay_ring *ring = hearsay_node_ring(node_of("n1"));
    static struct hearsay_ring_range ranges[5 * HEARSAY_TOKENS_DEFAULT + 1];
    size_t count = hearsay_ring_ranges(ring, UINT32_MAX, ranges, sizeof ranges / sizeof ranges[0]);
    uint32_t first, last;
    ck_assert_uint_gt(count, 5);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(ranges[i].last + 1, ranges[(i + 1) % count].first);
    ck_assert_int_eq(hearsay_ring_owner(ring, 0, &first), 0);
    ck_assert_int_eq(hearsay_ring_owner(ring, UINT64_MAX, &last), 0);
    ck_assert_uint_eq(first, last);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 5; i++)
        sum += hearsay_ring_share(ring, i);
    ck_assert_uint_eq(sum, 0); /* 2^64 */
    cluster_end();
}
END_TEST

/* A clean stop looked like a crash. */
START_TEST(fault_14_leaving_is_said)
{
    cluster_start(10);
    wait_until_agree(2 SECONDS);
    mark();
    leave("n2,n6");
    expect_event("n2", HEARSAY_EVENT_LEFT, 1 SECONDS);
    expect_event("n6", HEARSAY_EVENT_LEFT, 1 SECONDS);
    expect_sees("*", "n2,n6", HEARSAY_STATUS_DEAD, 2 SECONDS);
    run_for(10 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    expect_cause("n1", "n2", HEARSAY_CAUSE_LEFT);
    cluster_end();
}
END_TEST

/* All nodes fired in step. Of twenty that start in one microsecond no two thirds do so two periods
 * later; a slice is as wide as the jitter of one. */
START_TEST(fault_14_rounds_are_not_in_step)
{
    cluster_start(20);
    wait_until_agree(1 SECONDS);
    run_for(1500 MILLISECONDS - fake_time());
    uint64_t total = 0;
    for (int slice = 0; slice < 5; slice++) {
        uint64_t before = sim_traffic(world())->sent;
        run_for(200 MILLISECONDS);
        uint64_t sent = sim_traffic(world())->sent - before;
        total += sent;
        ck_assert_uint_le(sent, 4 * 13);
    }
    ck_assert_uint_ge(total, 4 * 18);
    cluster_end();
}
END_TEST

/* Nodes of one test shared each other's objects, and agreed without a word. */
START_TEST(fault_15_nothing_is_shared_but_datagrams)
{
    cluster_new();
    network()->loss = SIM_PERMILLE;
    start("n1..n5");
    join("n2..n5", "n1");
    run_for(1 MINUTES);
    expect_sees("*", "n1..n5", HEARSAY_STATUS_NONE, 0);
    for (int i = 1; i <= 5; i++) {
        char label[8];
        snprintf(label, sizeof label, "n%d", i);
        ck_assert_uint_eq(stats_of(label).members[HEARSAY_STATUS_ALIVE], 1);
        ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(node_of(label))), 1);
    }
    network()->loss = 0;
    wait_until_agree(30 SECONDS);
    cluster_end();
}
END_TEST

HARNESS_MAIN("faults", fault_01_newer_death_is_taken_from_suspect,
             fault_02_alive_wins_at_equal_timestamps, fault_03_silence_makes_suspect_and_dead,
             fault_04_fanout_below_two_is_refused, fault_05_observers_clocks_stamp_nobody,
             fault_06_the_accused_refutes, fault_07_a_new_address_is_followed,
             fault_08_the_dead_and_the_silent_own_no_keys, fault_09_the_ring_takes_a_name_once,
             fault_10_memory_does_not_grow, fault_10_a_full_table_is_said,
             fault_11_noise_changes_nothing, fault_11_another_cluster_is_not_heard,
             fault_12_a_hanging_owner_stops_no_gossip,
             fault_13_the_range_past_the_last_token_is_owned, fault_14_leaving_is_said,
             fault_14_rounds_are_not_in_step, fault_15_nothing_is_shared_but_datagrams)
