/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions of a node: making, time, sending, queries; and equal seeds make equal
 * runs. */
#include "inspect.h"
#include "pair.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_bad_config_makes_no_node)
{
    struct rig rig;
    struct hearsay_node *node = NULL;
    rig_init(&rig);
    rig.config.fanout = 1;
    ck_assert_int_eq(hearsay_node_new(&node, &rig.config, rig.now), HEARSAY_ERR_INVALID);
    ck_assert_ptr_null(node);
    ck_assert_uint_eq(rig.memory.calls, 0);
    hearsay_node_free(NULL);
}
END_TEST

START_TEST(test_first_events_are_its_own_member_and_ring)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    ck_assert_int_eq(hearsay_node_new(&rig.node, &rig.config, rig.now), 0);
    ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_MEMBER);
    ck_assert_str_eq(event.name, "n1");
    ck_assert_int_eq(event.from, HEARSAY_STATUS_NONE);
    ck_assert_int_eq(event.to, HEARSAY_STATUS_ALIVE);
    ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_RING);
    ck_assert_uint_eq(event.ring_version, 1);
    ck_assert(!hearsay_node_next_event(rig.node, rig.now, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_strings_of_the_config_are_copied)
{
    struct rig rig;
    char name[] = "n1", cluster[] = "c", key[] = "zone", value[] = "a";
    struct hearsay_tag tag = {key, value};
    size_t len;
    rig_init(&rig);
    rig.config.name = name;
    rig.config.cluster = cluster;
    rig.config.tags = &tag;
    rig.config.tag_count = 1;
    rig_start(&rig);
    memset(name, 'x', 2);
    memset(cluster, 'x', 1);
    memset(key, 'x', 4);
    memset(value, 'x', 1);
    struct hearsay_member member = rig_member(&rig, "n1");
    ck_assert(member.self);
    ck_assert_mem_eq(hearsay_member_tag(&member, "zone", &len), "a", 1);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_early_tick_does_nothing_and_the_deadline_is_met)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    rig_run(&rig, 5 * RIG_SECOND);
    for (unsigned i = 0; i < 50; i++) {
        uint64_t due = hearsay_node_deadline(rig.node);
        struct hearsay_now early = {due - 1, rig.now.wall};
        ck_assert_uint_gt(due, rig.now.boot);
        ck_assert_uint_le(due - rig.now.boot, 11 * RIG_SECOND / 10);
        hearsay_node_tick(rig.node, early);
        ck_assert_uint_eq(hearsay_node_deadline(rig.node), due);
        ck_assert_uint_eq(rig_drain(&rig), 0);
        rig_run(&rig, due - rig.now.boot);
    }
    rig_fini(&rig);
}
END_TEST

/* R14: agents that are started together do not fire in step. */
START_TEST(test_first_period_has_a_random_phase)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct rig rig;
        rig_init(&rig);
        rig.config.seed = seed;
        rig_start(&rig);
        uint64_t after = rig_left(&rig, &rig.node->gossip.period);
        least = after < least ? after : least;
        most = after > most ? after : most;
        rig_fini(&rig);
    }
    ck_assert_uint_lt(least, 200000);
    ck_assert_uint_le(most, RIG_SECOND);
    ck_assert_uint_gt(most, 800000);
}
END_TEST

START_TEST(test_too_small_a_buffer_gets_nothing_and_loses_nothing)
{
    struct rig rig;
    struct rig_out out;
    rig_init(&rig);
    rig_start(&rig);
    struct hearsay_addr addr = rig_addr(9);
    hearsay_node_join(rig.node, rig.now, &addr);
    for (size_t room = 0; room < rig.config.mtu; room += 100)
        ck_assert_uint_eq(
            hearsay_node_transmit(rig.node, rig.now, &out.to, &out.ticket, out.bytes, room), 0);
    ck_assert(rig_next(&rig, &out));
    ck_assert(hearsay_addr_equal(&out.to, &addr));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_creation_times_grow_though_the_clock_steps_back)
{
    struct rig rig;
    struct rig_out out;
    uint64_t last = 0;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    for (unsigned i = 0; i < 40; i++) {
        rig_tick(&rig, RIG_SECOND);
        rig.now.wall -= 2 * RIG_SECOND;
        while (rig_next(&rig, &out)) {
            ck_assert(out.decoded);
            ck_assert_uint_gt(out.message.created, last);
            last = out.message.created;
        }
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(test_iterator_shows_everyone_once)
{
    struct rig rig;
    struct hearsay_member member;
    uint32_t cursor = 0;
    unsigned seen[10] = {0}, selves = 0, count = 0;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 10);
    while (hearsay_node_next_member(rig.node, rig.now, &cursor, &member)) {
        count++;
        selves += member.self;
        if (!member.self)
            seen[strtoul(member.name + 1, NULL, 10)]++;
    }
    ck_assert_uint_eq(count, 11);
    ck_assert_uint_eq(selves, 1);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_uint_eq(seen[i], 1);
    ck_assert_int_eq(hearsay_node_member(rig.node, rig.now, "nobody", &member),
                     HEARSAY_ERR_NOTFOUND);
    rig_fini(&rig);
}
END_TEST

/* What a member's time in its state is exact to. */
#define COARSE (UINT64_C(1) << HS_COARSE_SHIFT)

START_TEST(test_member_shows_state_time_and_round_trip)
{
    struct rig rig;
    struct rig_out out;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *peer = rig_meet(&rig, "x");
    for (unsigned i = 0; i < 8; i++) {
        ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, peer, 2 * RIG_SECOND, &out));
        rig.now.boot += 3000;
        struct hs_message ack = {.kind = HEARSAY_KIND_ACK, .acked = out.message.created};
        rig_send(&rig, peer, ack, NULL, 0);
    }
    struct hearsay_member member = rig_member(&rig, "x");
    ck_assert_uint_eq(member.rtt_us, 3000);
    ck_assert_uint_le(member.in_state_us, rig.now.boot - RIG_BOOT + COARSE);
    ck_assert_uint_ge(member.in_state_us + COARSE, rig.now.boot - RIG_BOOT);
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, RIG_WALL + 1);
    rig_tell(&rig, peer, &rumor);
    rig_tick(&rig, 500000);
    ck_assert_uint_le(rig_member(&rig, "x").in_state_us, 500000 + COARSE);
    ck_assert_uint_ge(rig_member(&rig, "x").in_state_us + COARSE, 500000);
    rig_fini(&rig);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------ */

START_TEST(test_every_damaged_byte_is_one_counted_drop_and_changes_nothing)
{
    struct rig rig;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX], copy[HEARSAY_DATAGRAM_MAX];
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 2);
    struct rig_peer *subject = rig_stranger(&rig, "subject");
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, RIG_WALL);
    struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP};
    size_t len = rig_encode(&rig, &rig.peers[0], gossip, &rumor, 1, bytes);
    uint64_t digest = rig_stats(&rig).digest;
    for (size_t at = 0; at < 2 * len; at++) {
        uint64_t before = 0, after = 0;
        memcpy(copy, bytes, len);
        copy[at % len] ^= 1;
        for (unsigned reason = 0; reason < HEARSAY_DROP_COUNT; reason++)
            before += rig_drops(&rig, (enum hearsay_drop)reason);
        hearsay_node_receive(rig.node, rig.now, &rig.peers[0].blob.addr, copy,
                             at < len ? len : at - len);
        for (unsigned reason = 0; reason < HEARSAY_DROP_COUNT; reason++)
            after += rig_drops(&rig, (enum hearsay_drop)reason);
        ck_assert_uint_eq(after, before + 1);
    }
    ck_assert_uint_eq(rig_stats(&rig).digest, digest);
    ck_assert_uint_eq(rig_drain(&rig), 0);
    rig_fini(&rig);
}
END_TEST

/* ---- a seed makes a run ------------------------------------------------------------------ */

static bool hash_all(void *context, const struct pair_datagram *datagram)
{
    uint64_t *hash = context;
    *hash = *hash * 31 + hs_hash(datagram->bytes, datagram->len) + datagram->to.bytes[3];
    return *hash % 10 != 0; /* with some loss, which depends on all before */
}

static uint64_t history(uint64_t seed)
{
    struct pair pair;
    uint64_t hash = seed;
    pair_init(&pair);
    pair.pass = hash_all;
    pair.context = &hash;
    for (unsigned i = 0; i < 4; i++)
        pair_add(&pair, i == 0 ? "a" : i == 1 ? "b" : i == 2 ? "c" : "d");
    for (unsigned i = 1; i < 4; i++)
        pair_join(&pair, i, 0);
    pair_run(&pair, 5 * RIG_SECOND);
    pair_kill(&pair, 3);
    pair_run(&pair, 15 * RIG_SECOND);
    pair_fini(&pair);
    return hash;
}

START_TEST(test_same_seed_same_run_to_the_byte)
{
    ck_assert_uint_eq(history(1), history(1));
    ck_assert_uint_ne(history(1), history(2));
}
END_TEST

HARNESS_MAIN("node", test_bad_config_makes_no_node, test_first_events_are_its_own_member_and_ring,
             test_strings_of_the_config_are_copied,
             test_early_tick_does_nothing_and_the_deadline_is_met,
             test_first_period_has_a_random_phase,
             test_too_small_a_buffer_gets_nothing_and_loses_nothing,
             test_creation_times_grow_though_the_clock_steps_back,
             test_iterator_shows_everyone_once, test_member_shows_state_time_and_round_trip,
             test_every_damaged_byte_is_one_counted_drop_and_changes_nothing,
             test_same_seed_same_run_to_the_byte)
