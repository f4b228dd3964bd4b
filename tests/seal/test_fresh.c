/* SPDX-License-Identifier: Apache-2.0 */
/* Freshness (R11a): what an attacker has recorded is worth nothing, and nobody is muted. */
#include "sealed_pair.h"

/* Sends recorded datagrams [from, end) to a node, from an address; NULL: from where they came. */
static void replay(struct sealed *sealed, size_t from, size_t end, unsigned to,
                   const struct hearsay_addr *source)
{
    for (size_t i = from; i < end; i++) {
        struct pair_datagram copy = sealed->seen[i];
        hearsay_node_receive(sealed->pair.nodes[to], pair_now(&sealed->pair, to),
                             source ? source : &copy.from_addr, copy.bytes, copy.len);
    }
}

static struct hs_member *member_of(const struct sealed *sealed, unsigned at, const char *name)
{
    struct hs_core *core = &sealed->pair.nodes[at]->core;
    return hs_member_at(core, hs_table_find_name(&core->view.table, name, strlen(name)));
}

static bool is_join(const struct pair_datagram *datagram)
{
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    return head.kind == HEARSAY_KIND_JOIN;
}

/* All that waits to be sent is taken and thrown away. Returns its bytes. */
static size_t drain(struct sealed *sealed, unsigned at)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len, sum = 0;
    while ((len = hearsay_node_transmit(sealed->pair.nodes[at], pair_now(&sealed->pair, at), &to,
                                        &ticket, bytes, sizeof bytes)) > 0)
        sum += len;
    return sum;
}

START_TEST(test_each_pair_proves_itself_once_and_nobody_is_suspected)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 5, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    uint64_t challenges = 0;
    for (unsigned at = 0; at < 5; at++)
        challenges += pair_stats(&sealed.pair, at).sent[HEARSAY_KIND_CHALLENGE];
    ck_assert_uint_le(challenges, 5 * 4);
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    ck_assert_uint_eq(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), 0);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    uint64_t later = 0;
    for (unsigned at = 0; at < 5; at++)
        later += pair_stats(&sealed.pair, at).sent[HEARSAY_KIND_CHALLENGE];
    ck_assert_uint_eq(later, challenges);
    sealed_fini(&sealed);
}
END_TEST

/* A challenge for freshness answers the gossip. If it did not, such probes would count as lost. */
START_TEST(test_a_challenge_for_freshness_is_no_lost_datagram)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    struct hearsay_stats before = pair_stats(&sealed.pair, 0);
    for (int round = 0; round < 10; round++) {
        member_of(&sealed, 1, "n0")->floor = 0; /* as if n1 had never heard it */
        pair_run(&sealed.pair, 2 * RIG_SECOND);
    }
    struct hearsay_stats after = pair_stats(&sealed.pair, 0);
    ck_assert_uint_ge(pair_stats(&sealed.pair, 1).sent[HEARSAY_KIND_CHALLENGE], 5);
    ck_assert_uint_eq(after.sent[HEARSAY_KIND_GOSSIP] - before.sent[HEARSAY_KIND_GOSSIP],
                      after.probes - before.probes); /* no probe had a second try */
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_recording_does_not_bring_back_whom_all_have_forgotten)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed.pair.config.tombstone_ttl = 60 * RIG_SECOND;
    sealed_form(&sealed, 4, KEY_A, HEARSAY_SEAL_REQUIRE);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 3);
    ck_assert(pair_until(&sealed.pair, 0, "n3", HEARSAY_STATUS_DEAD, 20 * RIG_SECOND));
    for (int i = 0; i < 6; i++) {
        pair_run(&sealed.pair, 30 * RIG_SECOND);
        pair_forget_events(&sealed.pair); /* makes the ring without n3 */
    }
    ck_assert_int_eq(pair_member(&sealed.pair, 0, "n3").status, HEARSAY_STATUS_NONE);
    pair_kill(&sealed.pair, 1);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned again = pair_add_at(&sealed.pair, "n1", 2);
    pair_join(&sealed.pair, again, 0);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    uint64_t digest = pair_stats(&sealed.pair, again).digest;
    const struct hearsay_addr elsewhere = rig_addr(77);
    for (int round = 0; round < 3; round++) {
        replay(&sealed, 0, recorded, again, NULL);
        replay(&sealed, 0, recorded, again, &elsewhere);
    }
    ck_assert_uint_eq(pair_stats(&sealed.pair, again).digest, digest);
    ck_assert_int_eq(pair_member(&sealed.pair, again, "n3").status, HEARSAY_STATUS_NONE);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_recording_does_not_bring_the_dead_back_to_a_new_node)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 0);
    pair_kill(&sealed.pair, 1);
    pair_kill(&sealed.pair, 2);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned alone = pair_add_at(&sealed.pair, "n0", 1);
    pair_run(&sealed.pair, RIG_SECOND);
    for (int round = 0; round < 3; round++)
        replay(&sealed, 0, recorded, alone, NULL);
    ck_assert_uint_eq(pair_stats(&sealed.pair, alone).members[HEARSAY_STATUS_ALIVE], 1);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_plain_datagram_moves_no_floor)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ON);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    uint64_t floor = member_of(&sealed, 0, "n1")->floor;
    ck_assert_uint_ne(floor, 0);
    /* A forged plain gossip of n1 from far in the future: anybody can make it. */
    struct hs_wire wire = sealed.pair.nodes[1]->core.wire;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_encoder encoder;
    const struct hs_message message = {.kind = HEARSAY_KIND_GOSSIP,
                                       .sender = wire.self_id,
                                       .created = UINT64_MAX / 2,
                                       .timestamp = 1};
    ck_assert(hs_encode_begin(&encoder, &wire, bytes, sizeof bytes, hs_hash("n0", 2), &message));
    hearsay_node_receive(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), &sealed.pair.addrs[1],
                         bytes, hs_encode_end(&encoder));
    for (int i = 0; i < 60; i++) { /* long enough for it to leave the cache in a busy cluster */
        pair_run(&sealed.pair, RIG_SECOND);
        ck_assert_uint_eq(member_of(&sealed, 0, "n1")->floor, floor);
    }
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    ck_assert_int_eq(pair_member(&sealed.pair, 0, "n1").status, HEARSAY_STATUS_ALIVE);
    sealed_fini(&sealed);
}
END_TEST

/* A process that goes on from a snapshot makes datagrams under its floor. */
START_TEST(test_a_restored_snapshot_is_heard_again)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    sealed.pair.nodes[1]->core.created -= 3600 * RIG_SECOND;
    sealed.pair.clock[1] -= 3600 * (int64_t)RIG_SECOND;
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    ck_assert_uint_gt(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), 0);
    for (unsigned at = 0; at < 3; at++)
        ck_assert_int_eq(pair_member(&sealed.pair, at, "n1").status, HEARSAY_STATUS_ALIVE);
    uint64_t replayed = sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    ck_assert_uint_eq(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), replayed);
    ck_assert(pair_agree(&sealed.pair));
    sealed_fini(&sealed);
}
END_TEST

/* An id that leaves the cache raises the floor: what the cache forgets stays known. */
START_TEST(test_what_leaves_the_cache_is_under_the_floor)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    struct hs_dedup *dedup = &sealed.pair.nodes[0]->dedup;
    uint64_t floor = member_of(&sealed, 0, "n1")->floor;
    while (dedup->count < HS_DEDUP_SIZE || member_of(&sealed, 0, "n1")->floor == floor) {
        pair_run(&sealed.pair, 60 * RIG_SECOND);
        sealed.seen_count = sealed.seen_count < SEALED_SEEN / 2 ? sealed.seen_count : 200;
        ck_assert_uint_lt(sealed.pair.now.boot, RIG_BOOT + 86400 * RIG_SECOND);
    }
    uint64_t digest = pair_stats(&sealed.pair, 0).digest;
    uint64_t before = pair_stats(&sealed.pair, 0).received[HEARSAY_KIND_GOSSIP];
    replay(&sealed, 0, 200, 0, NULL);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).received[HEARSAY_KIND_GOSSIP], before);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).digest, digest);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_replays_are_challenged_once_a_second_and_use_up_no_other_budget)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 0);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned again = pair_add_at(&sealed.pair, "n0", 1);
    hs_node_introduce(sealed.pair.nodes[again], pair_now(&sealed.pair, again),
                      sealed.pair.nodes[1]);
    drain(&sealed, again);
    uint64_t before = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE];
    const struct hearsay_addr elsewhere = rig_addr(99), other = rig_addr(98);
    for (int round = 0; round < 20; round++) {
        replay(&sealed, 0, recorded, again, &elsewhere);
        replay(&sealed, 0, recorded, again, &other);
    }
    drain(&sealed, again);
    uint64_t strays = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE] - before;
    /* Joins among them are challenged each time, at the address that they advertise (R25). */
    uint64_t joins = 0;
    for (size_t i = 0; i < recorded; i++)
        joins += is_join(&sealed.seen[i]);
    ck_assert_uint_le(strays, 1 + 40 * joins);
    /* The member's own address still has its one, and only one. */
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < recorded; i++)
            if (!is_join(&sealed.seen[i]))
                replay(&sealed, i, i + 1, again, NULL);
    drain(&sealed, again);
    ck_assert_uint_eq(pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE],
                      before + strays + 1);
    sealed_fini(&sealed);
}
END_TEST

HARNESS_MAIN("fresh", test_each_pair_proves_itself_once_and_nobody_is_suspected,
             test_a_challenge_for_freshness_is_no_lost_datagram,
             test_a_recording_does_not_bring_back_whom_all_have_forgotten,
             test_a_recording_does_not_bring_the_dead_back_to_a_new_node,
             test_a_plain_datagram_moves_no_floor, test_a_restored_snapshot_is_heard_again,
             test_what_leaves_the_cache_is_under_the_floor,
             test_replays_are_challenged_once_a_second_and_use_up_no_other_budget)
