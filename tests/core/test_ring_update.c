/* SPDX-License-Identifier: Apache-2.0 */
/* From view to ring (R29, R30): what changes it, what does not, and that all have the same. */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#define T RIG_WALL

static void start(struct rig *rig)
{
    rig_init(rig);
    rig->config.ring_hold = 0; /* test_ring_hold.c has the others */
    rig_start(rig);
    rig_meet_some(rig, 4);
}

static bool ring_changes(struct rig *rig, struct hearsay_event *ret_event)
{
    return rig_event(rig, HEARSAY_EVENT_RING, ret_event);
}

static void tell(struct rig *rig, unsigned about, enum hearsay_status status, uint64_t timestamp)
{
    struct hs_rumor rumor = rig_rumor(&rig->peers[about], status, timestamp);
    rig_tell(rig, &rig->peers[0], &rumor);
}

START_TEST(test_ring_changes_on_join_death_and_return_and_not_on_doubt)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig);
    uint64_t version = hearsay_node_ring_version(rig.node);
    uint64_t checksum = hearsay_ring_checksum(hearsay_node_ring(rig.node));
    tell(&rig, 1, HEARSAY_STATUS_SUSPECT, T + 1);
    ck_assert(!ring_changes(&rig, &event));
    tell(&rig, 1, HEARSAY_STATUS_DEAD, T + 1);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_version, version + 1);
    ck_assert_uint_eq(event.ring_tokens, 4 * 4);
    ck_assert_double_gt(event.ring_moved, 0);
    ck_assert_double_lt(event.ring_moved, 1);
    tell(&rig, 1, HEARSAY_STATUS_ALIVE, T + 2);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_checksum, checksum);
    ck_assert_uint_eq(hearsay_ring_checksum(hearsay_node_ring(rig.node)), checksum);
    rig_meet(&rig, "newcomer");
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, 6 * 4);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_changes_of_one_turn_make_one_ring)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig);
    tell(&rig, 1, HEARSAY_STATUS_DEAD, T + 1);
    tell(&rig, 2, HEARSAY_STATUS_DEAD, T + 1);
    rig_meet(&rig, "newcomer");
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, 4 * 4);
    ck_assert(!ring_changes(&rig, &event));
    tell(&rig, 1, HEARSAY_STATUS_ALIVE, T + 2); /* went and came back before anybody looked */
    tell(&rig, 1, HEARSAY_STATUS_DEAD, T + 3);
    ck_assert(!ring_changes(&rig, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_old_ring_stays_for_who_holds_it)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig);
    struct hearsay_ring *held = hearsay_ring_ref(hearsay_node_ring(rig.node));
    uint64_t checksum = hearsay_ring_checksum(held);
    tell(&rig, 1, HEARSAY_STATUS_DEAD, T + 1);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(hearsay_ring_checksum(held), checksum);
    ck_assert_uint_eq(hearsay_ring_members(held), 5);
    hearsay_ring_unref(held);
    rig_fini(&rig);
}
END_TEST

/* The same member with other tokens or another zone. */
static void reshape(struct rig *rig, struct rig_peer *peer, uint32_t tokens, const char *zone,
                    uint64_t timestamp)
{
    const struct hearsay_tag tags[] = {{"zone", zone}};
    peer->blob.tokens = tokens;
    int len = hs_blob_encode(peer->bytes, sizeof peer->bytes, &peer->blob, tags, zone ? 1 : 0);
    ck_assert_int_gt(len, 0);
    peer->len = (size_t)len;
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, timestamp);
    rig_tell(rig, &rig->peers[0], &rumor);
}

START_TEST(test_token_count_changes_the_ring_and_zone_is_kept_in_it)
{
    struct rig rig;
    struct hearsay_event event;
    uint32_t at;
    start(&rig);
    reshape(&rig, &rig.peers[1], 9, NULL, T + 1);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, 4 * 4 + 9);
    reshape(&rig, &rig.peers[1], 9, "north", T + 2);
    ck_assert_int_eq(hearsay_ring_find(hearsay_node_ring(rig.node), "p1", &at), 0);
    ck_assert_ptr_null(hearsay_ring_member_at(hearsay_node_ring(rig.node), at).zone);
    struct hearsay_event zoned;
    ck_assert(ring_changes(&rig, &zoned)); /* R63: no token has moved, and it is an event */
    ck_assert_uint_eq(zoned.ring_version, event.ring_version + 1);
    ck_assert_uint_eq(zoned.ring_checksum, event.ring_checksum);
    ck_assert_uint_eq(event.ring_zones, 0);
    ck_assert_uint_ne(zoned.ring_zones, 0);
    ck_assert_uint_eq(zoned.ring_zones, hearsay_ring_zones_checksum(hearsay_node_ring(rig.node)));
    ck_assert(zoned.ring_moved == 0.0);
    ck_assert_str_eq(hearsay_ring_member_at(hearsay_node_ring(rig.node), at).zone, "north");
    rig_fini(&rig);
}
END_TEST

/* R63. */
/* What is known of a member is more than what a ring needs. */
START_TEST(test_a_ring_takes_nothing_else_from_what_is_known_of_its_members)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig);
    struct hs_member *member =
        hs_table_at(&rig.node->core.view.table, rig_slot(&rig, &rig.peers[0]));
    ck_assert(member->flags & HS_MEMBER_IN_RING);
    member->flags = UINT16_MAX & ~(HS_MEMBER_RING_STALE | HS_MEMBER_HIDDEN);
    tell(&rig, 1, HEARSAY_STATUS_DEAD, T + 1);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(member->flags, UINT16_MAX & ~(HS_MEMBER_RING_STALE | HS_MEMBER_HIDDEN));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_tags_other_than_the_zone_mark_no_ring)
{
    struct rig rig;
    struct hearsay_event event;
    const struct hearsay_tag tags[] = {{"zone", "north"}, {"x", "1"}};
    start(&rig);
    reshape(&rig, &rig.peers[1], 4, "north", T + 1);
    ck_assert(ring_changes(&rig, &event));
    const struct hearsay_ring *ring = hearsay_node_ring(rig.node);
    struct rig_peer *peer = &rig.peers[1];
    int len = hs_blob_encode(peer->bytes, sizeof peer->bytes, &peer->blob, tags, 2);
    ck_assert_int_gt(len, 0);
    peer->len = (size_t)len;
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, T + 2);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(!rig_stats(&rig).ring_waits);
    ck_assert(!ring_changes(&rig, &event));
    ck_assert_ptr_eq(hearsay_node_ring(rig.node), ring);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_ring_that_is_the_same_again_is_not_replaced)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig);
    const struct hearsay_ring *ring = hearsay_node_ring(rig.node);
    reshape(&rig, &rig.peers[1], 4, "north", T + 1); /* there and back before anybody looks */
    reshape(&rig, &rig.peers[1], 4, NULL, T + 2);
    ck_assert(rig_stats(&rig).ring_waits);
    ck_assert(!ring_changes(&rig, &event));
    ck_assert_ptr_eq(hearsay_node_ring(rig.node), ring);
    rig_fini(&rig);
}
END_TEST

/* None, one that is not ASCII, and one that is too long: tags are what R1 allows. */
START_TEST(test_zone_that_a_ring_does_not_take_costs_no_member_its_place)
{
    struct rig rig;
    struct hearsay_event event;
    char longer[HEARSAY_ZONE_MAX + 2];
    static const char *const odd[] = {"", "\xc3\xa9"};
    memset(longer, 'z', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    start(&rig);
    for (unsigned i = 0; i < 3; i++) {
        reshape(&rig, &rig.peers[1], 9 + i, i < 2 ? odd[i] : longer, T + 1 + i);
        ck_assert(ring_changes(&rig, &event));
        ck_assert_uint_eq(event.ring_tokens, 4 * 4 + 9 + i);
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(test_without_ring_there_is_none)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig.config.ring = false;
    rig_start(&rig);
    rig_meet(&rig, "x");
    ck_assert(!ring_changes(&rig, &event));
    ck_assert_ptr_null(hearsay_node_ring(rig.node));
    rig_fini(&rig);
}
END_TEST

/* Drained by others and by ourselves: it stays alive and counts as drained. */
START_TEST(test_drained_members_are_in_no_ring)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *peer = rig_meet(&rig, "x");
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 2);
    peer->blob.tokens = 0;
    peer->len = (size_t)hs_blob_encode(peer->bytes, sizeof peer->bytes, &peer->blob, NULL, 0);
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, T + 1);
    rig_tell(&rig, peer, &rumor);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 1);
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_eq(rig_member(&rig, "x").tokens, 0);
    ck_assert_uint_eq(rig_stats(&rig).drained, 1);
    ck_assert_int_eq(hearsay_node_set_tokens(rig.node, rig.now, 0), 0);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, 0);
    ck_assert_uint_eq(rig_stats(&rig).drained, 2);
    ck_assert_int_eq(hearsay_node_set_tokens(rig.node, rig.now, HEARSAY_TOKENS_MAX + 1),
                     HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_node_set_tokens(rig.node, rig.now, 7), 0);
    ck_assert(ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, 7);
    uint64_t timestamp = rig_member(&rig, "n1").timestamp;
    ck_assert_int_eq(hearsay_node_set_tokens(rig.node, rig.now, 7), 0);
    ck_assert_uint_eq(rig_member(&rig, "n1").timestamp, timestamp); /* nothing is told anew */
    rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, T + 2);
    rig_tell(&rig, peer, &rumor);
    ck_assert(!ring_changes(&rig, &event));
    ck_assert_uint_eq(rig_stats(&rig).drained, 0);
    rig_fini(&rig);
}
END_TEST

enum { LARGE = 40 * HEARSAY_TOKENS_MAX };

/* A node that has just heard of so many others that its ring is a large one. */
static void start_large(struct rig *rig)
{
    rig_init(rig);
    rig->config.tokens = HEARSAY_TOKENS_MAX;
    rig->config.ring_hold = 0;
    rig_start(rig);
    for (unsigned i = 0; i < 39; i++) {
        struct rig_peer peer;
        char name[16];
        snprintf(name, sizeof name, "m%u", i);
        rig_peer_init(&peer, name, 100 + i, i);
        peer.blob.tokens = HEARSAY_TOKENS_MAX;
        peer.len = (size_t)hs_blob_encode(peer.bytes, sizeof peer.bytes, &peer.blob, NULL, 0);
        struct hs_rumor rumor = rig_rumor(&peer, HEARSAY_STATUS_ALIVE, T);
        hs_merge_rumor(&rig->node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    }
}

static bool large_ring_changes(struct rig *rig, struct hearsay_event *ret_event)
{
    while (hearsay_node_ring_step(rig->node, rig->now, SIZE_MAX))
        continue;
    return ring_changes(rig, ret_event);
}

/* R30: a large ring takes long to make, so it rests; the owner is woken when its time has come. */
START_TEST(test_large_ring_rests_between_changes)
{
    struct rig rig;
    struct hearsay_event event;
    start_large(&rig);
    ck_assert(large_ring_changes(&rig, &event));
    ck_assert_uint_eq(event.ring_tokens, LARGE);
    while (hearsay_node_ring_step(rig.node, rig.now, SIZE_MAX)) /* gives the old one back */
        continue;
    rig_meet(&rig, "x");
    ck_assert(!large_ring_changes(&rig, &event));
    ck_assert(rig_stats(&rig).ring_waits);
    ck_assert_uint_le(rig_left(&rig, &rig.node->ring_update.rest), LARGE);
    rig_run(&rig, LARGE);
    ck_assert(large_ring_changes(&rig, &event));
    ck_assert(!rig_stats(&rig).ring_waits);
    ck_assert_uint_eq(event.ring_tokens, LARGE + 4);
    rig_fini(&rig);
}
END_TEST

/* Each pull of events makes a step of a large ring, and the deadline is now until it is done. */
START_TEST(test_large_ring_is_made_in_steps)
{
    struct rig rig;
    struct hearsay_event event;
    unsigned pulls = 0;
    start_large(&rig);
    while (hearsay_node_events(rig.node) > 0)
        ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
    const struct hearsay_ring *before = hearsay_node_ring(rig.node);
    while (!hearsay_node_next_event(rig.node, rig.now, &event)) {
        ck_assert_uint_le(hearsay_node_deadline(rig.node), rig.now.boot);
        ck_assert(rig_stats(&rig).ring_waits);
        ck_assert_ptr_eq(hearsay_node_ring(rig.node), before);
        ck_assert_uint_lt(++pulls, 10000);
        hearsay_node_tick(rig.node, rig.now);
    }
    ck_assert_uint_gt(pulls, LARGE / HEARSAY_RING_UNITS);
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_RING);
    ck_assert_uint_eq(event.ring_tokens, LARGE);
    ck_assert(!rig_stats(&rig).ring_waits);
    rig_fini(&rig);
}
END_TEST

/* What changes while a ring is made is for the next one; that has all of it. */
START_TEST(test_change_while_a_large_ring_is_made_comes_with_the_next)
{
    static const size_t spent[] = {1, 300, 60001, 500000, 1500001, 2200000};
    for (size_t i = 0; i < sizeof spent / sizeof spent[0]; i++) {
        size_t units = spent[i];
        struct rig rig;
        struct hearsay_event event;
        uint32_t at;
        start_large(&rig);
        while (hearsay_node_events(rig.node) > 0)
            ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
        hearsay_node_ring_step(rig.node, rig.now, units);
        struct rig_peer *x = rig_meet(&rig, "x");
        struct hs_rumor dead = rig_rumor(x, HEARSAY_STATUS_DEAD, T + 5);
        bool gone = units % 2 == 0;
        if (gone)
            rig_tell(&rig, x, &dead);
        unsigned rings = 0;
        for (unsigned round = 0; round < 4; round++) {
            rings += large_ring_changes(&rig, &event);
            rig_run(&rig, LARGE + 100);
        }
        ck_assert_uint_ge(rings, 1);
        ck_assert_uint_le(rings, 2);
        ck_assert(!rig_stats(&rig).ring_waits);
        int err = hearsay_ring_find(hearsay_node_ring(rig.node), "x", &at);
        ck_assert_int_eq(err, gone ? HEARSAY_ERR_NOTFOUND : 0);
        ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), gone ? 40 : 41);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_equal_views_have_equal_rings)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 5);
    const struct hearsay_ring *first = hearsay_node_ring(pair.nodes[0]);
    ck_assert_uint_eq(hearsay_ring_members(first), 5);
    for (unsigned at = 1; at < 5; at++)
        ck_assert_uint_eq(hearsay_ring_checksum(hearsay_node_ring(pair.nodes[at])),
                          hearsay_ring_checksum(first));
    pair_fini(&pair);
}
END_TEST

HARNESS_MAIN("ring_update", test_ring_changes_on_join_death_and_return_and_not_on_doubt,
             test_changes_of_one_turn_make_one_ring, test_old_ring_stays_for_who_holds_it,
             test_token_count_changes_the_ring_and_zone_is_kept_in_it,
             test_a_ring_takes_nothing_else_from_what_is_known_of_its_members,
             test_tags_other_than_the_zone_mark_no_ring,
             test_ring_that_is_the_same_again_is_not_replaced,
             test_zone_that_a_ring_does_not_take_costs_no_member_its_place,
             test_without_ring_there_is_none, test_large_ring_rests_between_changes,
             test_large_ring_is_made_in_steps,
             test_change_while_a_large_ring_is_made_comes_with_the_next,
             test_equal_views_have_equal_rings, test_drained_members_are_in_no_ring)
