/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining: the handshake that proves addresses, name conflicts, seeds and failed members (R8, R25,
 * R26, R28).
 */
#include "inspect.h"
#include "pair.h"

#include <string.h>

/* ---- two real nodes ---------------------------------------------------------------------- */

START_TEST(test_newcomer_and_member_know_each_other_and_agree)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_add(&pair, "a");
    pair_add(&pair, "b");
    pair_join(&pair, 1, 0);
    pair_run(&pair, 100000);
    ck_assert(pair_event(&pair, 1, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_OK);
    ck_assert_str_eq(event.name, "a");
    ck_assert(!pair_event(&pair, 1, HEARSAY_EVENT_JOIN, &event));
    ck_assert(pair_agree(&pair));
    ck_assert_int_eq(pair_member(&pair, 0, "b").status, HEARSAY_STATUS_ALIVE);
    ck_assert_int_eq(pair_member(&pair, 1, "a").status, HEARSAY_STATUS_ALIVE);
    for (unsigned at = 0; at < 2; at++)
        for (unsigned reason = 0; reason < HEARSAY_DROP_COUNT; reason++)
            ck_assert_uint_eq(pair_stats(&pair, at).drops[reason], 0);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_joining_merges_clusters)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    for (unsigned i = 3; i < 6; i++)
        pair_add(&pair, i == 3 ? "x" : i == 4 ? "y" : "z");
    pair_join(&pair, 4, 3);
    pair_join(&pair, 5, 3);
    pair_run(&pair, 2 * RIG_SECOND);
    pair_join(&pair, 4, 1);
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&pair));
    for (unsigned at = 0; at < 6; at++)
        ck_assert_uint_eq(pair_stats(&pair, at).members[HEARSAY_STATUS_ALIVE], 6);
    pair_fini(&pair);
}
END_TEST

static bool one_in_two(void *context, const struct pair_datagram *datagram)
{
    (void)datagram;
    return hs_random_below(context, 2);
}

START_TEST(test_joining_works_while_every_other_datagram_is_lost)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct pair pair;
        struct hs_random random = {seed};
        struct hearsay_event event;
        pair_init(&pair);
        pair_add(&pair, "a");
        pair_add(&pair, "b");
        pair.pass = one_in_two;
        pair.context = &random;
        pair_join(&pair, 1, 0);
        pair_run(&pair, 8 * RIG_SECOND);
        ck_assert(pair_event(&pair, 1, HEARSAY_EVENT_JOIN, &event));
        ck_assert(!pair_event(&pair, 1, HEARSAY_EVENT_JOIN, &event));
        pair.pass = NULL;
        pair_run(&pair, 30 * RIG_SECOND);
        ck_assert(pair_agree(&pair));
        ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 2);
        ck_assert_ptr_null(inspect_node(pair.nodes[0]));
        ck_assert_ptr_null(inspect_node(pair.nodes[1]));
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_silent_closed_and_own_address_end_the_attempt_with_their_reason)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    struct hearsay_addr nowhere = rig_addr(77), self = rig_addr(1), any = {.family = 4, .port = 1};
    rig_init(&rig);
    rig_start(&rig);
    ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &any), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &nowhere), 0);
    rig_run(&rig, 3 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_TIMEOUT);
    hearsay_node_join(rig.node, rig.now, &nowhere);
    ck_assert(rig_next(&rig, &out));
    hearsay_node_unreachable(rig.node, rig.now, &nowhere, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE);
    rig_run(&rig, 3 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_CLOSED);
    hearsay_node_join(rig.node, rig.now, &self);
    ck_assert(rig_next(&rig, &out));
    hearsay_node_receive(rig.node, rig.now, &self, out.bytes, out.len);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_SELF);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 1);
    rig_fini(&rig);
}
END_TEST

/* R40: what tells an owner whether the view is more than its node. */
START_TEST(test_a_view_is_compared_with_the_first_member_that_is_met)
{
    struct pair pair;
    pair_init(&pair);
    pair_add(&pair, "a");
    pair_add(&pair, "b");
    pair_run(&pair, RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, 0).exchanged, 0);
    ck_assert_uint_eq(hearsay_node_contacts_open(pair.nodes[0]), 0);
    pair_join(&pair, 1, 0);
    ck_assert_uint_eq(hearsay_node_contacts_open(pair.nodes[1]), 1);
    pair_run(&pair, 100000);
    ck_assert_uint_eq(pair_stats(&pair, 1).exchanged, 1);
    pair_run(&pair, 3 * RIG_SECOND); /* the digest of the newcomer is that of the member */
    ck_assert_uint_eq(pair_stats(&pair, 0).exchanged, 1);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_an_address_that_is_silent_or_ours_is_waited_for_no_longer)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_addr nowhere = rig_addr(77), self = rig_addr(1);
    rig_init(&rig);
    rig_start(&rig);
    hearsay_node_join(rig.node, rig.now, &nowhere);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 1);
    rig_run(&rig, HS_JOIN_RETRY);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 1);
    rig_run(&rig, 3 * RIG_SECOND);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 0);
    hearsay_node_join(rig.node, rig.now, &self);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 1);
    ck_assert(rig_next(&rig, &out));
    hearsay_node_receive(rig.node, rig.now, &self, out.bytes, out.len);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 0);
    ck_assert_uint_eq(rig_stats(&rig).exchanged, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_a_view_that_was_dropped_is_to_be_compared_anew)
{
    struct rig rig;
    struct rig_peer *peer;
    struct hearsay_addr seed = rig_addr(77);
    rig_init(&rig);
    rig_start(&rig);
    hearsay_node_join(rig.node, rig.now, &seed);
    rig_run(&rig, 3 * RIG_SECOND);
    peer = rig_meet(&rig, "p");
    rig_send(&rig, peer,
             (struct hs_message){.kind = HEARSAY_KIND_GOSSIP, .digest = rig_stats(&rig).digest},
             NULL, 0);
    ck_assert_uint_eq(rig_stats(&rig).exchanged, 1);
    rig.now.boot += rig.config.tombstone_ttl + RIG_SECOND;
    rig.now.wall += rig.config.tombstone_ttl + RIG_SECOND;
    hearsay_node_tick(rig.node, rig.now);
    ck_assert_uint_eq(rig_stats(&rig).exchanged, 0);
    ck_assert_uint_ge(hearsay_node_contacts_open(rig.node), 1);
    rig_fini(&rig);
}
END_TEST

/* Whoever can write our id into a datagram must not be able to keep us out. */
START_TEST(test_a_forged_datagram_of_our_own_ends_no_attempt)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    struct hearsay_addr seed = rig_addr(77);
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *forger = rig_stranger(&rig, "forger");
    forger->blob.addr = seed;
    hearsay_node_join(rig.node, rig.now, &seed);
    ck_assert(rig_expect(&rig, HEARSAY_KIND_JOIN, &out));
    forger->wire.self_id = rig.node->core.wire.self_id;
    rig_send(&rig, forger, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    rig_send(&rig, forger, (struct hs_message){.kind = HEARSAY_KIND_JOIN, .nonce = 5}, NULL, 0);
    out.bytes[out.len - 1] ^= 1; /* the true one, damaged */
    hearsay_node_receive(rig.node, rig.now, &seed, out.bytes, out.len);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_SELF), 2);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_CHECKSUM), 1);
    rig_run(&rig, RIG_SECOND);
    ck_assert_uint_gt(rig_stats(&rig).sent[HEARSAY_KIND_JOIN], 1);
    rig_fini(&rig);
}
END_TEST

/* The nonce of the join by which the node answers this peer's challenge to a gossip. */
static uint64_t nonce_of_return(struct rig *rig, struct rig_peer *peer)
{
    struct rig_out out;
    peer->answers = false;
    ck_assert(rig_wait(rig, HEARSAY_KIND_GOSSIP, peer, 60 * RIG_SECOND, &out));
    struct hs_message challenge = {
        .kind = HEARSAY_KIND_CHALLENGE, .nonce = 7, .echo = out.message.created};
    rig_send(rig, peer, challenge, NULL, 0);
    ck_assert(rig_expect_to(rig, HEARSAY_KIND_JOIN, peer, &out));
    peer->answers = true;
    return out.message.nonce;
}

static uint64_t nonces_refused(struct rig *rig, struct rig_peer *peer, uint64_t echo)
{
    uint64_t before = rig_drops(rig, HEARSAY_DROP_NONCE);
    struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    struct hs_message welcome = {.kind = HEARSAY_KIND_JOIN, .echo = echo};
    rig_send(rig, peer, welcome, &own, 1);
    return rig_drops(rig, HEARSAY_DROP_NONCE) - before;
}

/* R25, R32: a number that was heard once must not open the door for the life of the process. */
START_TEST(test_nonces_for_strangers_are_for_one_peer_and_a_while)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    uint64_t first = nonce_of_return(&rig, &rig.peers[0]);
    ck_assert_uint_ne(first, nonce_of_return(&rig, &rig.peers[1]));
    first = nonce_of_return(&rig, &rig.peers[0]);
    ck_assert_uint_eq(nonces_refused(&rig, &rig.peers[0], first), 0);
    ck_assert_uint_eq(nonces_refused(&rig, &rig.peers[1], first), 1);
    rig_run(&rig, 2 * HS_NONCE_SLOT);
    ck_assert_uint_eq(nonces_refused(&rig, &rig.peers[0], first), 1);
    ck_assert_uint_ne(first, nonce_of_return(&rig, &rig.peers[0]));
    rig_fini(&rig);
}
END_TEST

/* R20: to drop the view ends the exchange that an attempt waits for, and so the attempt. The
 * attempts that the absence itself calls for must come after that. */
START_TEST(test_an_absence_in_the_middle_of_a_join_begins_it_anew)
{
    struct pair pair;
    pair_init(&pair);
    pair.config.tombstone_ttl = 3600 * RIG_SECOND;
    pair_add(&pair, "a");
    pair_add(&pair, "b");
    pair_join(&pair, 1, 0);
    for (unsigned i = 0; i < 1000 && !pair.nodes[1]->sync.contact; i++)
        pair_run(&pair, 100);
    ck_assert_uint_ne(pair.nodes[1]->sync.contact, 0);
    pair.deaf[1] = true;
    pair.now.boot += 7200 * RIG_SECOND;
    pair.now.wall += 7200 * RIG_SECOND;
    pair_run(&pair, 1000);
    ck_assert_uint_eq(pair_stats(&pair, 1).members[HEARSAY_STATUS_ALIVE], 1);
    pair.deaf[1] = false;
    ck_assert(pair_until(&pair, 1, "a", HEARSAY_STATUS_ALIVE, 2 * RIG_SECOND));
    ck_assert_ptr_null(inspect_node(pair.nodes[1]));
    pair_fini(&pair);
}
END_TEST

START_TEST(test_bound_of_contacts)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    for (unsigned i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hearsay_addr addr = rig_addr(100 + i);
        ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &addr), 0);
        ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &addr), 0); /* under way */
    }
    struct hearsay_addr one_more = rig_addr(99);
    ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &one_more), HEARSAY_ERR_FULL);
    rig_fini(&rig);
}
END_TEST

/* An address that is called once is forgotten, unless somebody else wants to keep it. */
START_TEST(test_an_address_that_is_called_once)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    struct hearsay_addr once = rig_addr(77), kept = rig_addr(78);
    rig_init(&rig);
    rig_start(&rig);
    ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &kept), 0);
    ck_assert_int_eq(hearsay_node_join_once(rig.node, rig.now, &kept), 0);
    ck_assert_int_eq(hearsay_node_join_once(rig.node, rig.now, &once), 0);
    for (unsigned i = 0; i < 2; i++) {
        rig_run(&rig, 3 * RIG_SECOND);
        ck_assert(rig_event(&rig, HEARSAY_EVENT_JOIN, &event));
        ck_assert_int_eq(event.result, HEARSAY_JOIN_TIMEOUT);
    }
    unsigned to_once = 0, to_kept = 0;
    rig_drain(&rig);
    for (unsigned i = 0; i < 60; i++) {
        rig_tick(&rig, RIG_SECOND);
        while (rig_next(&rig, &out)) {
            to_once += hearsay_addr_equal(&out.to, &once);
            to_kept += hearsay_addr_equal(&out.to, &kept);
        }
    }
    ck_assert_uint_eq(to_once, 0);
    ck_assert_uint_gt(to_kept, 0);
    for (unsigned i = 0; i < 2 * HS_CONTACTS_MAX; i++) { /* so there is always room */
        struct hearsay_addr addr = rig_addr(100 + i);
        ck_assert_int_eq(hearsay_node_join_once(rig.node, rig.now, &addr), 0);
        if (i % 16 == 15)
            rig_run(&rig, 3 * RIG_SECOND);
    }
    rig_fini(&rig);
}
END_TEST

/* ---- nonces ------------------------------------------------------------------------------ */

static size_t send_join(struct rig *rig, struct rig_peer *peer, uint64_t nonce, uint64_t echo)
{
    struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, peer->timestamp);
    struct hs_message join = {.kind = HEARSAY_KIND_JOIN, .nonce = nonce, .echo = echo};
    return rig_send(rig, peer, join, &own, 1);
}

START_TEST(test_challenge_goes_to_the_advertised_address_and_is_shorter_than_the_join)
{
    struct rig rig;
    struct rig_out out;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *peer = rig_stranger(&rig, "x");
    struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, peer->timestamp);
    struct hs_message join = {.kind = HEARSAY_KIND_JOIN, .nonce = 5};
    struct hearsay_addr elsewhere = rig_addr(200);
    size_t len = rig_encode(&rig, peer, join, &own, 1, bytes);
    hearsay_node_receive(rig.node, rig.now, &elsewhere, bytes, len);
    ck_assert(rig_next(&rig, &out));
    ck_assert(out.decoded && out.message.kind == HEARSAY_KIND_CHALLENGE);
    ck_assert(hearsay_addr_equal(&out.to, &peer->blob.addr));
    ck_assert_uint_eq(out.message.echo, 5);
    ck_assert_uint_lt(out.len, len);
    ck_assert(!rig_next(&rig, &out));
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_NONE);
    rig_fini(&rig);
}
END_TEST

static uint64_t nonce_given_to(struct rig *rig, struct rig_peer *peer)
{
    struct rig_out out;
    send_join(rig, peer, 5, 0);
    ck_assert(rig_expect_to(rig, HEARSAY_KIND_CHALLENGE, peer, &out));
    return out.message.nonce;
}

START_TEST(test_only_the_right_echo_of_the_right_sender_and_address_in_time_is_believed)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *x = rig_stranger(&rig, "x"), *y = rig_stranger(&rig, "y");
    uint64_t nonce = nonce_given_to(&rig, x);
    send_join(&rig, x, 5, nonce ^ 1);
    send_join(&rig, y, 5, nonce);
    struct rig_peer moved = *x;
    rig_peer_init(&moved, "x", 99, x->blob.instance);
    moved.created = x->created;
    send_join(&rig, &moved, 5, nonce);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_NONCE), 3);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 1);
    rig_tick(&rig, 2 * HS_NONCE_SLOT);
    send_join(&rig, x, 5, nonce);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_NONCE), 4);
    nonce = nonce_given_to(&rig, x);
    rig_tick(&rig, HS_NONCE_SLOT); /* good for at least one slot */
    send_join(&rig, x, 5, nonce);
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_welcome_echoes_the_newcomers_nonce)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *x = rig_stranger(&rig, "x");
    send_join(&rig, x, 5, nonce_given_to(&rig, x));
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, x, &out));
    ck_assert_uint_eq(out.message.echo, 5);
    ck_assert_uint_eq(out.message.nonce, 0);
    ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &rumor));
    rig_fini(&rig);
}
END_TEST

/* R5: the challenge says what is known of the name, and the newcomer outbids it. */
START_TEST(test_restart_with_its_clock_set_back_catches_up_in_one_round_trip)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 3);
    uint64_t timestamp = pair_member(&pair, 0, "n2").timestamp;
    uint64_t start = pair_member(&pair, 0, "n2").start;
    pair_kill(&pair, 2);
    pair_forget_events(&pair);
    pair.clock[3] = -86400 * (int64_t)RIG_SECOND;
    memset(&pair.addrs[2], 0, sizeof pair.addrs[2]);
    unsigned again = pair_add_at(&pair, "n2", 3);
    pair_join(&pair, again, 0);
    pair_run(&pair, 50000);
    struct hearsay_member member = pair_member(&pair, 0, "n2");
    ck_assert_int_eq(member.status, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_gt(member.timestamp, timestamp);
    ck_assert_uint_gt(member.start, start);
    ck_assert(pair_event_to(&pair, 0, "n2", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_RESTARTED);
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

/* ---- one name, two addresses (R8) -------------------------------------------------------- */

START_TEST(test_newcomer_is_refused_while_the_holder_answers)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 3);
    unsigned second = pair_add_at(&pair, "n2", 9);
    pair_join(&pair, second, 0);
    pair_run(&pair, 3 * RIG_SECOND);
    ck_assert(pair_event(&pair, second, HEARSAY_EVENT_REFUSED, &event));
    ck_assert_str_eq(event.name, "n2");
    ck_assert(hearsay_addr_equal(&event.addr, &pair.addrs[2]));
    struct hearsay_addr held = pair_member(&pair, 0, "n2").addr;
    ck_assert(hearsay_addr_equal(&held, &pair.addrs[2]));
    ck_assert(!pair_event_to(&pair, 0, "n2", HEARSAY_STATUS_ALIVE, &event));
    ck_assert(!pair_event(&pair, 2, HEARSAY_EVENT_REPLACED, &event));
    pair_fini(&pair);
}
END_TEST

START_TEST(test_newcomer_replaces_a_silent_holder)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 3);
    pair_kill(&pair, 2);
    unsigned second = pair_add_at(&pair, "n2", 9);
    pair_join(&pair, second, 0);
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert(!pair_event(&pair, second, HEARSAY_EVENT_REFUSED, &event));
    for (unsigned at = 0; at < 2; at++) {
        struct hearsay_member member = pair_member(&pair, at, "n2");
        ck_assert_int_eq(member.status, HEARSAY_STATUS_ALIVE);
        ck_assert(hearsay_addr_equal(&member.addr, &pair.addrs[second]));
    }
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

START_TEST(test_name_of_the_member_itself_is_refused)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 2);
    unsigned second = pair_add_at(&pair, "n0", 9);
    pair_join(&pair, second, 0);
    pair_run(&pair, 2 * RIG_SECOND);
    ck_assert(pair_event(&pair, second, HEARSAY_EVENT_REFUSED, &event));
    ck_assert(hearsay_addr_equal(&event.addr, &pair.addrs[0]));
    pair_fini(&pair);
}
END_TEST

/* Two that met in different halves of a cluster: the later start stays. */
START_TEST(test_when_two_meet_later_the_earlier_start_exits)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_add(&pair, "a");
    pair_add(&pair, "twin");
    pair_join(&pair, 1, 0);
    pair_run(&pair, RIG_SECOND);
    pair_add(&pair, "b");
    unsigned later = pair_add_at(&pair, "twin", 9);
    pair_join(&pair, later, 2);
    pair_run(&pair, RIG_SECOND);
    pair_join(&pair, 2, 0); /* the halves meet */
    pair_run(&pair, 10 * RIG_SECOND);
    ck_assert(pair_event(&pair, 1, HEARSAY_EVENT_REPLACED, &event));
    ck_assert(hearsay_addr_equal(&event.addr, &pair.addrs[later]));
    ck_assert(!pair_event(&pair, later, HEARSAY_EVENT_REPLACED, &event));
    pair_kill(&pair, 1);
    pair_run(&pair, 10 * RIG_SECOND);
    struct hearsay_addr held = pair_member(&pair, 0, "twin").addr;
    ck_assert(hearsay_addr_equal(&held, &pair.addrs[later]));
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

/* ---- strangers and the lost -------------------------------------------------------------- */

/* A member that was restarted without seeds is found by the gossip of those who know it. */
START_TEST(test_peer_that_has_forgotten_us_is_told_who_we_are)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    pair_kill(&pair, 2);
    memset(&pair.addrs[2], 0, sizeof pair.addrs[2]);
    unsigned again = pair_add_at(&pair, "n2", 3);
    pair_run(&pair, 12 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, again).members[HEARSAY_STATUS_ALIVE], 3);
    ck_assert_int_eq(pair_member(&pair, 0, "n2").status, HEARSAY_STATUS_ALIVE);
    ck_assert(pair_agree(&pair));
    ck_assert_uint_eq(pair_stats(&pair, 0).drops[HEARSAY_DROP_NONCE], 0);
    ck_assert_uint_eq(pair_stats(&pair, 1).drops[HEARSAY_DROP_NONCE], 0);
    pair_fini(&pair);
}
END_TEST

/* R26: both halves have declared each other dead. */
START_TEST(test_halves_of_a_partition_find_each_other)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    pair.deaf[1] = true;
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert(pair_until(&pair, 1, "n0", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    pair_run(&pair, 60 * RIG_SECOND);
    pair.deaf[1] = false;
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_ALIVE, 30 * RIG_SECOND));
    ck_assert(pair_until(&pair, 1, "n0", HEARSAY_STATUS_ALIVE, 30 * RIG_SECOND));
    pair_run(&pair, 3 * RIG_SECOND);
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

HARNESS_MAIN("join", test_newcomer_and_member_know_each_other_and_agree,
             test_joining_merges_clusters, test_joining_works_while_every_other_datagram_is_lost,
             test_a_view_is_compared_with_the_first_member_that_is_met,
             test_an_address_that_is_silent_or_ours_is_waited_for_no_longer,
             test_a_view_that_was_dropped_is_to_be_compared_anew,
             test_silent_closed_and_own_address_end_the_attempt_with_their_reason,
             test_bound_of_contacts, test_an_address_that_is_called_once,
             test_challenge_goes_to_the_advertised_address_and_is_shorter_than_the_join,
             test_only_the_right_echo_of_the_right_sender_and_address_in_time_is_believed,
             test_welcome_echoes_the_newcomers_nonce,
             test_restart_with_its_clock_set_back_catches_up_in_one_round_trip,
             test_newcomer_is_refused_while_the_holder_answers,
             test_newcomer_replaces_a_silent_holder, test_name_of_the_member_itself_is_refused,
             test_when_two_meet_later_the_earlier_start_exits,
             test_peer_that_has_forgotten_us_is_told_who_we_are,
             test_halves_of_a_partition_find_each_other,
             test_a_forged_datagram_of_our_own_ends_no_attempt,
             test_nonces_for_strangers_are_for_one_peer_and_a_while,
             test_an_absence_in_the_middle_of_a_join_begins_it_anew)
