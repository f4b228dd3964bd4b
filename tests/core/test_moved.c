/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that change, answers from elsewhere, members that must find out that others hold them
 * dead, and isolation (R38, R39).
 */
#include "inspect.h"
#include "pair.h"

#include <string.h>

static bool is_proven(const struct hearsay_node *node, const char *name)
{
    uint32_t slot = hs_table_find_name(&node->core.view.table, name, strlen(name));
    return slot != HS_NO_SLOT && (hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN);
}

static bool sees_at(const struct pair *pair, unsigned at, const char *name,
                    const struct hearsay_addr *addr)
{
    struct hearsay_member member = pair_member(pair, at, name);
    return member.status == HEARSAY_STATUS_ALIVE && hearsay_addr_equal(&member.addr, addr);
}

/* ---- another address (R38) --------------------------------------------------------------- */

START_TEST(test_new_address_is_adopted_and_proven)
{
    for (unsigned count = 2; count <= PAIR_NODES; count++) {
        struct pair pair;
        struct hearsay_event event;
        pair_init(&pair);
        pair_form(&pair, count);
        pair.addrs[1] = rig_addr(60);
        ck_assert_int_eq(hearsay_node_set_addr(pair.nodes[1], pair_now(&pair, 1), &pair.addrs[1]),
                         0);
        pair_run(&pair, 500000);
        for (unsigned at = 0; at < count; at++)
            ck_assert(sees_at(&pair, at, "n1", &pair.addrs[1]));
        pair_run(&pair, 10 * RIG_SECOND);
        ck_assert(pair_agree(&pair));
        for (unsigned at = 0; at < count; at++) {
            ck_assert(at == 1 || is_proven(pair.nodes[at], "n1"));
            ck_assert(pair_event(&pair, at, HEARSAY_EVENT_MEMBER, &event));
            ck_assert_int_eq(event.reason, HEARSAY_REASON_UPDATED);
            ck_assert_uint_eq(pair_stats(&pair, at).suspicions, 0);
            ck_assert(!pair_event(&pair, at, HEARSAY_EVENT_MEMBER, &event)); /* nor a ring: R63 */
            ck_assert_uint_eq(pair_stats(&pair, at).answers_elsewhere, 0);
        }
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_unchanged_or_impossible_address_tells_nothing)
{
    struct rig rig;
    struct hearsay_addr addr = rig_addr(1), bad = {.family = 4, .port = 7, .bytes = {224, 0, 0, 1}};
    struct hearsay_member before, after;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    rig_run(&rig, 10 * RIG_SECOND);
    hearsay_node_self(rig.node, rig.now, &before);
    ck_assert_int_eq(hearsay_node_set_addr(rig.node, rig.now, &addr), 0);
    ck_assert_int_eq(hearsay_node_set_addr(rig.node, rig.now, &bad), HEARSAY_ERR_INVALID);
    addr.port = 0;
    ck_assert_int_eq(hearsay_node_set_addr(rig.node, rig.now, &addr), HEARSAY_ERR_INVALID);
    hearsay_node_self(rig.node, rig.now, &after);
    ck_assert_uint_eq(after.timestamp, before.timestamp);
    ck_assert(hearsay_addr_equal(&after.addr, &before.addr));
    ck_assert_uint_eq(rig_stats(&rig).rumors_waiting, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_new_address_without_memory_is_not_taken)
{
    struct rig rig;
    struct hearsay_addr addr = rig_addr(60);
    struct hearsay_member self;
    rig_init(&rig);
    rig_start(&rig);
    rig.memory.calls = 0;
    rig.memory.fail = 1;
    ck_assert_int_eq(hearsay_node_set_addr(rig.node, rig.now, &addr), HEARSAY_ERR_NOMEM);
    hearsay_node_self(rig.node, rig.now, &self);
    ck_assert_uint_eq(self.addr.bytes[3], 1);
    rig.memory.fail = 0;
    ck_assert_int_eq(hearsay_node_set_addr(rig.node, rig.now, &addr), 0);
    hearsay_node_self(rig.node, rig.now, &self);
    ck_assert_uint_eq(self.addr.bytes[3], 60);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_addresses_that_no_host_has_are_neither_taken_nor_called)
{
    static const uint8_t bad[][4] = {{224, 0, 0, 1}, {239, 255, 255, 255}, {255, 255, 255, 255},
                                     {240, 0, 0, 1}, {0, 0, 30, 167},      {0, 0, 0, 0}};
    struct rig rig;
    struct rig_out out;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hearsay_addr addr = {.family = 4, .port = 7847};
        memcpy(addr.bytes, bad[i], 4);
        ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &addr), HEARSAY_ERR_INVALID);
        struct rig_peer peer = rig.peers[0];
        peer.blob.addr = addr;
        peer.timestamp += 1000;
        int len = hs_blob_encode(peer.bytes, sizeof peer.bytes, &peer.blob, NULL, 0);
        ck_assert_int_gt(len, 0);
        peer.len = (size_t)len;
        struct hs_rumor rumor = rig_rumor(&peer, HEARSAY_STATUS_ALIVE, peer.timestamp);
        rig_tell(&rig, &rig.peers[1], &rumor);
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_VALUE), i + 1);
        while (rig_next(&rig, &out))
            ck_assert(!hearsay_addr_equal(&out.to, &addr));
    }
    rig_run(&rig, 5 * RIG_SECOND);
    ck_assert_uint_eq(rig_member(&rig, "p0").addr.bytes[0], 10);
    rig_fini(&rig);
}
END_TEST

/* ---- answers from elsewhere (R38) -------------------------------------------------------- */

/* Meets "x", whose address has not been proven, and which answers each gossip from `from`. */
static void run_with_answers_from(struct rig *rig, struct rig_peer *x,
                                  const struct hearsay_addr *from, unsigned gossips)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct rig_out out;
    for (unsigned i = 0; i < gossips; i++) {
        ck_assert(rig_wait(rig, HEARSAY_KIND_GOSSIP, x, 10 * RIG_SECOND, &out));
        struct hs_message ack = {.kind = HEARSAY_KIND_ACK, .acked = out.message.created};
        size_t len = rig_encode(rig, x, ack, NULL, 0, bytes);
        hearsay_node_receive(rig->node, rig->now, from, bytes, len);
    }
}

START_TEST(test_member_that_answers_from_elsewhere_is_named)
{
    struct rig rig;
    struct hearsay_event event;
    struct hearsay_addr elsewhere = rig_addr(99);
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 2);
    struct rig_peer *x = rig_meet(&rig, "x");
    hs_table_at(&rig.node->core.view.table, rig_slot(&rig, x))->flags &=
        (uint16_t)~HS_MEMBER_PROVEN;
    run_with_answers_from(&rig, x, &elsewhere, 1);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_UNPROVEN, &event)); /* it may be just moving */
    run_with_answers_from(&rig, x, &elsewhere, 10);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_UNPROVEN, &event));
    ck_assert_str_eq(event.name, "x");
    ck_assert(hearsay_addr_equal(&event.addr, &elsewhere));
    ck_assert_uint_ge(rig_stats(&rig).answers_elsewhere, 11);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_UNPROVEN, &event)); /* once per minute */
    ck_assert(!is_proven(rig.node, "x"));
    run_with_answers_from(&rig, x, &x->blob.addr, 1);
    ck_assert(is_proven(rig.node, "x"));
    rig_forget_events(&rig);
    rig_run(&rig, 70 * RIG_SECOND);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_UNPROVEN, &event));
    rig_fini(&rig);
}
END_TEST

/* ---- finding out that one is held dead (R39) --------------------------------------------- */

/* Node 1 of three speaks from another address than it advertises. The others cannot reach it and
 * declare it dead. All that it sends and gets is as short as it is when nothing happens. */
START_TEST(test_member_held_dead_finds_out_though_its_address_is_wrong)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 3);
    pair.addrs[1] = rig_addr(60);
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_DEAD, 20 * RIG_SECOND));
    pair_run(&pair, 3 * RIG_SECOND);
    bool told = false;
    while (!told && pair_event(&pair, 1, HEARSAY_EVENT_REFUTE, &event))
        told = event.from == HEARSAY_STATUS_DEAD;
    ck_assert(told);
    ck_assert_int_eq(hearsay_node_set_addr(pair.nodes[1], pair_now(&pair, 1), &pair.addrs[1]), 0);
    pair_run(&pair, RIG_SECOND);
    for (unsigned at = 0; at < 3; at++)
        ck_assert(sees_at(&pair, at, "n1", &pair.addrs[1]));
    pair_fini(&pair);
}
END_TEST

/* Counts how often node 0 takes n1 for alive again within `span`. */
static unsigned count_returns(struct pair *pair, uint64_t span)
{
    struct hearsay_event event;
    unsigned count = 0;
    for (uint64_t end = pair->now.boot + span; pair->now.boot < end;) {
        pair_run(pair, RIG_SECOND);
        while (pair_event_to(pair, 0, "n1", HEARSAY_STATUS_ALIVE, &event))
            count += event.from == HEARSAY_STATUS_DEAD;
    }
    return count;
}

/* A member that is not reached at its address comes back once, so that it and its owner know. It
 * does not come and go for ever: each time its keys would move. */
START_TEST(test_member_that_stays_behind_a_wrong_address_comes_back_seldom)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 6);
    pair.addrs[1] = rig_addr(60);
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_DEAD, 20 * RIG_SECOND));
    ck_assert_uint_le(count_returns(&pair, 250 * RIG_SECOND), 2);
    ck_assert_int_eq(hearsay_node_set_addr(pair.nodes[1], pair_now(&pair, 1), &pair.addrs[1]), 0);
    pair_run(&pair, RIG_SECOND);
    for (unsigned at = 0; at < 6; at++)
        ck_assert(sees_at(&pair, at, "n1", &pair.addrs[1]));
    pair_fini(&pair);
}
END_TEST

/* One that is reached comes back at once, however often it is cut off. */
START_TEST(test_member_that_is_reached_comes_back_each_time)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 6);
    for (unsigned round = 0; round < 4; round++) {
        pair.deaf[1] = true;
        for (unsigned at = 0; at < 6; at++) {
            ck_assert(at == 1 || pair_until(&pair, at, "n1", HEARSAY_STATUS_DEAD, 20 * RIG_SECOND));
            uint32_t slot = hs_table_find_name(&pair.nodes[at]->core.view.table, "n1", 2);
            hs_member_at(&pair.nodes[at]->core, slot)->flags &= (uint16_t)~HS_MEMBER_PROVEN;
        }
        pair.deaf[1] = false;
        pair_run(&pair, 5 * RIG_SECOND);
        for (unsigned at = 0; at < 6; at++)
            ck_assert(sees_at(&pair, at, "n1", &pair.addrs[1]));
    }
    pair_fini(&pair);
}
END_TEST

static void declare_dead(struct rig *rig, struct rig_peer *peer)
{
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, peer->timestamp + 1);
    rig_tell(rig, &rig->peers[0], &rumor);
    rig_drain(rig);
    ck_assert_int_eq(rig_member(rig, peer->name).status, HEARSAY_STATUS_DEAD);
}

/* Sends an idle gossip of `peer` from another address. Returns the kind of the answer, 0: none. */
static enum hearsay_kind kind_of_answer(struct rig *rig, struct rig_peer *peer)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr from = rig_addr(99);
    struct rig_out out;
    size_t answers = 0, spent = 0;
    enum hearsay_kind kind = 0;
    size_t len =
        rig_encode(rig, peer, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0, bytes);
    hearsay_node_receive(rig->node, rig->now, &from, bytes, len);
    while (rig_next(rig, &out))
        if (hearsay_addr_equal(&out.to, &from)) {
            kind = (enum hearsay_kind)(out.bytes[1] & 15);
            spent += out.len;
            answers++;
        }
    ck_assert_uint_le(answers, 1);
    ck_assert_uint_le(spent, len); /* R28: no amplification */
    return kind;
}

START_TEST(test_dead_speaker_gets_challenges_and_acks_no_longer_than_its_gossip)
{
    struct rig rig;
    unsigned challenges = 0, acks = 0;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 2);
    struct rig_peer *x = rig_meet(&rig, "x");
    ck_assert_int_eq(kind_of_answer(&rig, x), HEARSAY_KIND_ACK);
    declare_dead(&rig, x);
    for (unsigned i = 0; i < 40; i++) {
        enum hearsay_kind kind = kind_of_answer(&rig, x);
        challenges += kind == HEARSAY_KIND_CHALLENGE;
        acks += kind == HEARSAY_KIND_ACK;
    }
    ck_assert_uint_eq(challenges + acks, 40);
    ck_assert_uint_ge(challenges, 5);
    ck_assert_uint_ge(acks, 5);
    rig_fini(&rig);
}
END_TEST

/* A goodbye is the sender's own word, so it knows. */
START_TEST(test_leaver_that_lingers_gets_only_acks)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 2);
    struct rig_peer *x = rig_meet(&rig, "x");
    struct hs_rumor goodbye = rig_rumor(x, HEARSAY_STATUS_DEAD, ++x->timestamp);
    goodbye.cause = HEARSAY_CAUSE_LEFT;
    rig_tell(&rig, x, &goodbye);
    rig_drain(&rig);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(kind_of_answer(&rig, x), HEARSAY_KIND_ACK);
    rig_fini(&rig);
}
END_TEST

/* What lies in its future it cannot outbid. It must not answer such a challenge, or both would go
 * on without end. */
START_TEST(test_death_in_the_future_ends_the_talk)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *x = rig_meet(&rig, "x");
    struct rig_out out;
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, x, 10 * RIG_SECOND, &out));
    rig_send(&rig, x,
             (struct hs_message){.kind = HEARSAY_KIND_CHALLENGE,
                                 .nonce = 5,
                                 .echo = out.message.created,
                                 .timestamp = rig.now.wall + 2 * HS_FUTURE_US,
                                 .start = rig.config.seed,
                                 .state = hs_wire_state(HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED)},
             NULL, 0);
    ck_assert(!rig_expect(&rig, HEARSAY_KIND_JOIN, &out));
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_FUTURE), 1);
    rig_fini(&rig);
}
END_TEST

/* ---- isolation (R39) --------------------------------------------------------------------- */

static enum hearsay_isolation isolation_of(const struct pair *pair, unsigned at)
{
    return (enum hearsay_isolation)pair_stats(pair, at).isolated;
}

START_TEST(test_silence_from_all_is_said_and_ends)
{
    for (unsigned count = 2; count <= 5; count++) {
        struct pair pair;
        pair_init(&pair);
        pair_form(&pair, count);
        pair_run(&pair, 60 * RIG_SECOND);
        for (unsigned at = 0; at < count; at++)
            ck_assert_int_eq(isolation_of(&pair, at), HEARSAY_ISOLATION_NO);
        pair.deaf[1] = true;
        pair_run(&pair, 20 * RIG_SECOND);
        ck_assert_int_eq(isolation_of(&pair, 1), HEARSAY_ISOLATION_NO);
        pair_run(&pair, 15 * RIG_SECOND);
        ck_assert_int_eq(isolation_of(&pair, 1), HEARSAY_ISOLATION_SILENT);
        pair_run(&pair, 300 * RIG_SECOND); /* all others are dead to it, and should answer still */
        ck_assert_int_eq(isolation_of(&pair, 1), HEARSAY_ISOLATION_SILENT);
        ck_assert_int_eq(isolation_of(&pair, 0),
                         count > 2 ? HEARSAY_ISOLATION_NO : HEARSAY_ISOLATION_SILENT);
        pair.deaf[1] = false;
        pair_run(&pair, 30 * RIG_SECOND);
        for (unsigned at = 0; at < count; at++)
            ck_assert_int_eq(isolation_of(&pair, at), HEARSAY_ISOLATION_NO);
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_who_has_nobody_is_not_isolated)
{
    struct pair pair;
    pair_init(&pair);
    pair_add(&pair, "a");
    pair_run(&pair, 100 * RIG_SECOND);
    ck_assert_int_eq(isolation_of(&pair, 0), HEARSAY_ISOLATION_NO);
    pair_join(&pair, 0, 0); /* its only seed is itself */
    pair_run(&pair, 100 * RIG_SECOND);
    ck_assert_int_eq(isolation_of(&pair, 0), HEARSAY_ISOLATION_NO);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_seed_that_never_answered_is_missed)
{
    struct pair pair;
    struct hearsay_addr nowhere = rig_addr(200);
    pair_init(&pair);
    pair_add(&pair, "a");
    ck_assert_int_eq(hearsay_node_join(pair.nodes[0], pair_now(&pair, 0), &nowhere), 0);
    pair_run(&pair, 25 * RIG_SECOND);
    ck_assert_int_eq(isolation_of(&pair, 0), HEARSAY_ISOLATION_NO);
    pair_run(&pair, 10 * RIG_SECOND);
    ck_assert_int_eq(isolation_of(&pair, 0), HEARSAY_ISOLATION_SILENT);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_member_that_left_or_was_removed_is_not_missed)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    hearsay_node_leave(pair.nodes[1], pair_now(&pair, 1));
    pair_run(&pair, RIG_SECOND);
    pair_kill(&pair, 1);
    pair_kill(&pair, 2);
    ck_assert(pair_until(&pair, 0, "n2", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert_int_eq(hearsay_node_force_leave(pair.nodes[0], pair_now(&pair, 0), "n2", false), 0);
    pair_run(&pair, 100 * RIG_SECOND);
    ck_assert_int_eq(isolation_of(&pair, 0), HEARSAY_ISOLATION_NO);
    pair_fini(&pair);
}
END_TEST

/* Takes all datagrams for `span` and says of every `nth` that the socket refused it. */
static void refuse_all(struct rig *rig, uint64_t span, unsigned but_nth)
{
    struct rig_out out;
    unsigned count = 0;
    for (uint64_t end = rig->now.boot + span; rig->now.boot < end;) {
        rig_tick(rig, 50000);
        while (rig_next(rig, &out))
            if (!but_nth || ++count % but_nth)
                hearsay_node_sent(rig->node, rig->now, out.ticket, HEARSAY_ERR_UNSENT);
    }
}

START_TEST(test_socket_that_takes_nothing_is_said_after_three_periods)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 4);
    rig_run(&rig, 5 * RIG_SECOND);
    refuse_all(&rig, 8 * RIG_SECOND, 9);
    ck_assert_uint_eq(rig_stats(&rig).isolated, HEARSAY_ISOLATION_NO);
    refuse_all(&rig, 6 * RIG_SECOND, 0);
    ck_assert_uint_eq(rig_stats(&rig).isolated, HEARSAY_ISOLATION_UNSENT);
    rig_run(&rig, 3 * RIG_SECOND);
    ck_assert_uint_eq(rig_stats(&rig).isolated, HEARSAY_ISOLATION_NO);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_was_suspended_is_not_isolated_when_it_wakes)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 4);
    rig_run(&rig, 5 * RIG_SECOND);
    rig.now.boot += 3600 * RIG_SECOND;
    rig.now.wall += 3600 * RIG_SECOND;
    for (unsigned i = 0; i < 4; i++)
        rig.peers[i].answers = false;
    rig_run(&rig, 5 * RIG_SECOND);
    ck_assert_uint_eq(rig_stats(&rig).isolated, HEARSAY_ISOLATION_NO);
    rig_run(&rig, 40 * RIG_SECOND);
    ck_assert_uint_eq(rig_stats(&rig).isolated, HEARSAY_ISOLATION_SILENT);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("moved", test_new_address_is_adopted_and_proven,
             test_unchanged_or_impossible_address_tells_nothing,
             test_new_address_without_memory_is_not_taken,
             test_addresses_that_no_host_has_are_neither_taken_nor_called,
             test_member_that_answers_from_elsewhere_is_named,
             test_member_held_dead_finds_out_though_its_address_is_wrong,
             test_member_that_stays_behind_a_wrong_address_comes_back_seldom,
             test_member_that_is_reached_comes_back_each_time,
             test_dead_speaker_gets_challenges_and_acks_no_longer_than_its_gossip,
             test_leaver_that_lingers_gets_only_acks, test_death_in_the_future_ends_the_talk,
             test_silence_from_all_is_said_and_ends, test_who_has_nobody_is_not_isolated,
             test_seed_that_never_answered_is_missed,
             test_member_that_left_or_was_removed_is_not_missed,
             test_socket_that_takes_nothing_is_said_after_three_periods,
             test_who_was_suspended_is_not_isolated_when_it_wakes)
