/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refusal says its reason (R6, R8, R25): which of the two is refused, by whom, and by how much.
 * What is sent can be read by the first release, which knows two reasons.
 */
#include "pair.h"
#include "rig.h"

#include "codec/encode.h"

#include <string.h>

#define YEAR (365 * 86400 * RIG_SECOND)

/* How a join of `second` through `first` ends. */
static struct hearsay_event join_result(struct pair *pair, unsigned second, unsigned first)
{
    struct hearsay_event event;
    pair_join(pair, second, first);
    for (unsigned i = 0; i < 100; i++) {
        pair_run(pair, RIG_SECOND / 10);
        if (pair_event(pair, second, HEARSAY_EVENT_JOIN, &event))
            return event;
    }
    ck_abort_msg("the attempt does not end");
}

START_TEST(test_newcomer_whose_clock_is_ahead_is_told_by_how_much)
{
    struct pair pair;
    pair_init(&pair);
    pair_add(&pair, "first");
    pair.clock[1] = (int64_t)(14 * YEAR);
    unsigned second = pair_add(&pair, "second");
    struct hearsay_event event = join_result(&pair, second, 0);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_CLOCK);
    ck_assert_str_eq(event.name, "first");
    ck_assert_int_lt(event.clock_ahead_us, -(int64_t)(14 * YEAR) + 60000000);
    ck_assert_int_gt(event.clock_ahead_us, -(int64_t)(14 * YEAR) - 60000000);
    ck_assert_uint_gt(pair_stats(&pair, 0).drops[HEARSAY_DROP_FUTURE], 0);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_seed_whose_clock_is_ahead_is_named)
{
    struct pair pair;
    pair_init(&pair);
    pair.clock[0] = (int64_t)(14 * YEAR);
    pair_add(&pair, "first");
    unsigned second = pair_add(&pair, "second");
    struct hearsay_event event = join_result(&pair, second, 0);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_CLOCK);
    ck_assert_str_eq(event.name, "first");
    ck_assert_int_gt(event.clock_ahead_us, (int64_t)(14 * YEAR) - 60000000);
    ck_assert_int_lt(event.clock_ahead_us, (int64_t)(14 * YEAR) + 60000000);
    pair_fini(&pair);
}
END_TEST

/* Its clock was ahead when it ran before, and all members remember that. */
START_TEST(test_what_is_known_of_our_name_may_be_too_far_ahead)
{
    struct pair pair;
    pair_init(&pair);
    pair.clock[0] = pair.clock[1] = (int64_t)(14 * YEAR);
    pair_form(&pair, 2);
    pair_kill(&pair, 1);
    pair.clock[2] = 0;
    unsigned again = pair_add_at(&pair, "n1", 2);
    struct hearsay_event event = join_result(&pair, again, 0);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_CLOCK);
    ck_assert_int_gt(event.clock_ahead_us, (int64_t)(13 * YEAR));
    pair_fini(&pair);
}
END_TEST

START_TEST(test_full_table_refuses_the_newcomer)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair.config.max_members = 2;
    pair_form(&pair, 2);
    pair.config.max_members = 100;
    unsigned third = pair_add(&pair, "third");
    pair_join(&pair, third, 0);
    pair_run(&pair, 2 * RIG_SECOND);
    ck_assert(pair_event(&pair, third, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert(pair_event(&pair, 0, HEARSAY_EVENT_FULL, &event));
    ck_assert_str_eq(event.name, "third");
    pair_fini(&pair);
}
END_TEST

START_TEST(test_full_table_says_whose_and_how_full)
{
    struct pair pair;
    pair_init(&pair);
    pair.config.max_members = 2;
    pair_form(&pair, 2);
    pair.config.max_members = 100;
    struct hearsay_event event = join_result(&pair, pair_add(&pair, "third"), 1);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_FULL);
    ck_assert_str_eq(event.name, "n1");
    ck_assert_uint_eq(event.table_max, 2);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_our_own_table_may_be_the_full_one)
{
    struct pair pair;
    pair_init(&pair);
    pair.config.max_members = 2;
    pair_form(&pair, 2);
    pair.config.max_members = 100;
    pair_add(&pair, "large");
    struct hearsay_event event = join_result(&pair, 0, 2);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_FULL);
    ck_assert_str_eq(event.name, "n0");
    ck_assert_uint_eq(event.table_max, 2);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_newcomer_of_another_cluster_is_told)
{
    struct pair pair;
    pair_init(&pair);
    pair_add(&pair, "first");
    pair.config.cluster = "elsewhere";
    struct hearsay_event event = join_result(&pair, pair_add(&pair, "second"), 0);
    ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
    ck_assert_int_eq(event.refusal, HEARSAY_REFUSAL_CLUSTER);
    ck_assert_str_eq(event.name, ""); /* a stranger learns nothing else */
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 1);
    pair_fini(&pair);
}
END_TEST

/* R28: no answer that is longer than the question; none to anything but a newcomer's question. */
START_TEST(test_foreign_newcomers_get_no_more_bytes_than_they_send)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *peer = rig_stranger(&rig, "x");
    peer->wire.cluster ^= 1;
    struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t asked =
        rig_send(&rig, peer, (struct hs_message){.kind = HEARSAY_KIND_JOIN, .nonce = 9}, &own, 1);
    size_t len = hearsay_node_transmit(rig.node, rig.now, &to, &ticket, bytes, sizeof bytes);
    ck_assert_uint_gt(len, 0);
    ck_assert_uint_le(len, asked);
    const struct hs_message others[] = {
        {.kind = HEARSAY_KIND_JOIN, .nonce = 0, .echo = 9},
        {.kind = HEARSAY_KIND_JOIN, .nonce = 9, .echo = 9},
        {.kind = HEARSAY_KIND_GOSSIP},
        {.kind = HEARSAY_KIND_REFUSAL, .echo = 9, .reason = HS_REFUSAL_FULL},
        {.kind = HEARSAY_KIND_CHALLENGE, .nonce = 9, .echo = 9},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        bool rumor = others[i].kind == HEARSAY_KIND_JOIN || others[i].kind == HEARSAY_KIND_GOSSIP;
        rig_send(&rig, peer, others[i], &own, rumor);
        ck_assert_uint_eq(rig_drain(&rig), 0);
    }
    rig_send(&rig, peer, (struct hs_message){.kind = HEARSAY_KIND_JOIN, .nonce = 9}, NULL, 0);
    ck_assert_uint_eq(rig_drain(&rig), 0);
    rig_fini(&rig);
}
END_TEST

/* The first release reads a number up to 1 and an address, and passes over what follows. */
START_TEST(test_first_release_can_read_every_refusal)
{
    const struct hs_wire wire = {.seal = &hearsay_seal_none, .cluster = 1, .self_id = 2};
    for (unsigned reason = HS_REFUSAL_NAME; reason < HS_REFUSAL_OTHER; reason++) {
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        struct hs_encoder encoder;
        const struct hs_message message = {
            .kind = HEARSAY_KIND_REFUSAL,
            .sender = 2,
            .echo = 7,
            .reason = (enum hs_refusal_reason)reason,
            .holder = reason == HS_REFUSAL_NAME ? rig_addr(1) : (struct hearsay_addr){0},
            .refuser = "first",
            .refuser_len = 5,
        };
        ck_assert(hs_encode_begin(&encoder, &wire, bytes, sizeof bytes, 0, &message));
        ck_assert_uint_gt(hs_encode_end(&encoder), 0);
        const uint8_t *body = bytes + HS_HEAD_SIZE;
        ck_assert_uint_eq(body[0], 0xcf); /* the echo, nine bytes */
        ck_assert_uint_eq(body[9], reason == HS_REFUSAL_NAME ? 0 : 1);
        ck_assert_uint_eq(body[10], 0xc4);
        ck_assert_uint_eq(body[11], reason == HS_REFUSAL_NAME ? 6 : 0);
    }
}
END_TEST

/* A refusal with this body, from the peer. */
static size_t craft_refusal(struct rig *rig, struct rig_peer *peer, const uint8_t *body, size_t len,
                            uint8_t *bytes)
{
    rig_encode(rig, peer, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0, bytes);
    bytes[1] = (uint8_t)(HS_WIRE_VERSION << 4 | HEARSAY_KIND_REFUSAL);
    bytes[HS_HEAD_SIZE - 2] = (uint8_t)(len >> 8);
    bytes[HS_HEAD_SIZE - 1] = (uint8_t)len;
    memcpy(bytes + HS_HEAD_SIZE, body, len);
    hearsay_seal_none.seal(NULL, hs_hash("n1", 2), bytes, HS_HEAD_SIZE, bytes + HS_HEAD_SIZE, len,
                           bytes + HS_HEAD_SIZE + len);
    return HS_HEAD_SIZE + len + hearsay_seal_none.trailer_size;
}

/* What the first release sends has no array; what a later one sends may have a reason that we do
 * not know. */
START_TEST(test_refusals_of_other_releases_end_the_attempt)
{
    static const struct {
        uint8_t array[32];
        size_t len;
        enum hearsay_refusal refusal;
    } cases[] = {
        {{0}, 0, HEARSAY_REFUSAL_FULL},
        {{0x91, 9}, 2, HEARSAY_REFUSAL_FULL}, /* too short to be ours */
        {{0x94, 9, 0xa1, 'a', 0, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0}, 14, HEARSAY_REFUSAL_OTHER},
        {{0x95, 2, 0xa0, 5, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1, 0xc0}, 14, HEARSAY_REFUSAL_CLOCK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        struct rig_out out;
        struct hearsay_event event;
        uint8_t body[64] = {0xcf}, bytes[HEARSAY_DATAGRAM_MAX];
        rig_init(&rig);
        rig_start(&rig);
        struct rig_peer *peer = rig_stranger(&rig, "first");
        ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &peer->blob.addr), 0);
        ck_assert(rig_expect(&rig, HEARSAY_KIND_JOIN, &out));
        for (unsigned at = 0; at < 8; at++)
            body[1 + at] = (uint8_t)(out.message.nonce >> (56 - 8 * at));
        memcpy(body + 9, (const uint8_t[]){1, 0xc4, 0}, 3);
        memcpy(body + 12, cases[i].array, cases[i].len);
        size_t len = craft_refusal(&rig, peer, body, 12 + cases[i].len, bytes);
        hearsay_node_receive(rig.node, rig.now, &peer->blob.addr, bytes, len);
        ck_assert(rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
        ck_assert_int_eq(event.result, HEARSAY_JOIN_REFUSED);
        ck_assert_int_eq(event.refusal, cases[i].refusal);
        rig_fini(&rig);
    }
}
END_TEST

/* The timestamp that the node says to be known of the name of `peer`, which joins with its own
 * record; 0: it is taken in. */
static uint64_t told_to(struct rig *rig, struct rig_peer *peer)
{
    struct rig_out out;
    struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, peer->timestamp);
    struct hs_message join = {.kind = HEARSAY_KIND_JOIN, .nonce = 5};
    rig_send(rig, peer, join, &own, 1);
    ck_assert(rig_expect(rig, HEARSAY_KIND_CHALLENGE, &out));
    join.echo = out.message.nonce;
    rig_send(rig, peer, join, &own, 1);
    ck_assert(rig_next(rig, &out));
    return out.message.kind == HEARSAY_KIND_CHALLENGE ? out.message.timestamp : 0;
}

/* R3, R5: a process that was restored, or whose clock was, may write a second record of one
 * timestamp. One of the two is not taken, and its writer would never outbid itself. */
START_TEST(test_of_two_records_of_one_timestamp_the_loser_is_told_to_outbid_both)
{
    unsigned lost = 0, won = 0;
    for (unsigned instance = 50; instance < 66; instance++) {
        struct rig rig;
        struct rig_peer again;
        rig_init(&rig);
        rig_start(&rig);
        struct rig_peer *x = rig_meet(&rig, "x");
        rig_drain(&rig);
        rig_peer_init(&again, "x", x->blob.addr.bytes[3], instance);
        again.timestamp = rig_member(&rig, "x").timestamp;
        again.created = x->created + 1000;
        uint64_t told = told_to(&rig, &again);
        ck_assert(told == 0 || told > again.timestamp);
        lost += told != 0;
        won += told == 0;
        rig_fini(&rig);
    }
    ck_assert_uint_gt(lost, 0);
    ck_assert_uint_gt(won, 0);
}
END_TEST

HARNESS_MAIN("refusal", test_newcomer_whose_clock_is_ahead_is_told_by_how_much,
             test_seed_whose_clock_is_ahead_is_named,
             test_what_is_known_of_our_name_may_be_too_far_ahead,
             test_full_table_refuses_the_newcomer, test_full_table_says_whose_and_how_full,
             test_our_own_table_may_be_the_full_one, test_newcomer_of_another_cluster_is_told,
             test_foreign_newcomers_get_no_more_bytes_than_they_send,
             test_first_release_can_read_every_refusal,
             test_refusals_of_other_releases_end_the_attempt,
             test_of_two_records_of_one_timestamp_the_loser_is_told_to_outbid_both)
