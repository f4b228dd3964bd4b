/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes in and what it changes: repeats, strangers, strange records, bounds (R6, R11, R12,
 * R28).
 */
#include "rig.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_record_of_an_unknown_member_is_taken_in)
{
    struct rig rig;
    struct hearsay_event event;
    struct rig_out out;
    struct hs_rumor rumor;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *other = rig_meet(&rig, "other");
    struct rig_peer *peer = rig_stranger(&rig, "subject");
    rig_forget_events(&rig);
    rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(&rig, teller, &rumor);
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.from, HEARSAY_STATUS_NONE);
    ck_assert_int_eq(event.reason, HEARSAY_REASON_JOINED);
    ck_assert_uint_eq(event.id, rig_peer_id(peer));
    ck_assert_uint_eq(rig_member(&rig, "subject").tokens, 4);
    /* And passed on, with its blob. */
    rig_send(&rig, other, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, other, &out));
    ck_assert(rig_carries(&out, rig_peer_id(peer), &rumor));
    ck_assert_ptr_nonnull(rumor.blob);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_unknown_member_that_is_dead_does_not_enter_the_ring)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_stranger(&rig, "subject");
    rig_forget_events(&rig);
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, RIG_WALL);
    rumor.age = rig.config.suspect_timeout_refused / 1000; /* younger ones are held (R62) */
    rig_tell(&rig, teller, &rumor);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_RING, &event));
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 2);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_brief_counts_only_for_the_blob_that_we_hold)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_meet(&rig, "subject");
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, RIG_WALL + 1);
    rumor.blob = NULL;
    rumor.blob_check = (uint32_t)hs_hash(peer->bytes, peer->len) ^ 1;
    rig_tell(&rig, teller, &rumor);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNKNOWN), 1);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_ALIVE);
    rumor.blob_check ^= 1;
    rig_tell(&rig, teller, &rumor);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rumor.id ^= 1;
    rig_tell(&rig, teller, &rumor);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNKNOWN), 2);
    rig_fini(&rig);
}
END_TEST

/* R6: at the edge of ten years. */
START_TEST(test_timestamp_of_the_future_is_refused)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_meet(&rig, "subject");
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, rig.now.wall + HS_FUTURE_US + 1);
    rig_tell(&rig, teller, &rumor);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_FUTURE), 1);
    ck_assert_uint_eq(rig_member(&rig, "subject").timestamp, RIG_WALL);
    rumor.timestamp--;
    rig_tell(&rig, teller, &rumor);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_FUTURE), 1);
    ck_assert_uint_eq(rig_member(&rig, "subject").timestamp, rumor.timestamp);
    rig_fini(&rig);
}
END_TEST

/* R6: a box that boots in 1970 takes timestamps of today, for it knows the release's date. */
START_TEST(test_box_of_1970_takes_the_timestamps_of_today)
{
    struct rig rig;
    rig_init(&rig);
    rig.now.wall = 5 * RIG_SECOND;
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_stranger(&rig, "subject");
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(&rig, teller, &rumor);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_FUTURE), 0);
    rig_fini(&rig);
}
END_TEST

/* R11. */
START_TEST(test_repeat_is_a_no_op)
{
    struct rig rig;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX], again[HEARSAY_DATAGRAM_MAX];
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_stranger(&rig, "subject");
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP};
    size_t len = rig_encode(&rig, teller, gossip, &rumor, 1, bytes);
    memcpy(again, bytes, len);
    hearsay_node_receive(rig.node, rig.now, &teller->blob.addr, bytes, len);
    ck_assert_uint_eq(rig_drain(&rig), 1);
    rig_forget_events(&rig);
    struct hearsay_stats before = rig_stats(&rig);
    for (int i = 0; i < 3; i++) {
        memcpy(bytes, again, len);
        hearsay_node_receive(rig.node, rig.now, &teller->blob.addr, bytes, len);
    }
    struct hearsay_stats after = rig_stats(&rig);
    struct hearsay_event event;
    ck_assert_uint_eq(after.drops[HEARSAY_DROP_DUPLICATE], 3);
    before.drops[HEARSAY_DROP_DUPLICATE] = 3;
    before.bytes_received = after.bytes_received;
    ck_assert_mem_eq(&before, &after, sizeof before);
    ck_assert_uint_eq(rig_drain(&rig), 0);
    ck_assert(!hearsay_node_next_event(rig.node, rig.now, &event));
    rig_fini(&rig);
}
END_TEST

/* A message of this kind as short as it can be. */
static struct hs_message least_of(unsigned kind, uint64_t target)
{
    static const uint8_t bucket[4] = {1}, bitmap[1] = {1};
    return (struct hs_message){.kind = kind,
                               .holder = rig_addr(66),
                               .buckets = bucket,
                               .bitmap = bitmap,
                               .nonce = 5,
                               .acked = 1,
                               .target = target};
}

/* R11, R28: a stranger gets one challenge, no longer than what it sent. */
START_TEST(test_stranger_is_challenged_at_most_and_never_with_more_than_it_sent)
{
    for (unsigned kind = HEARSAY_KIND_GOSSIP; kind < HEARSAY_KIND_COUNT; kind++) {
        struct rig rig;
        struct rig_out out;
        rig_init(&rig);
        rig_start(&rig);
        struct rig_peer *peer = rig_stranger(&rig, "stranger");
        uint64_t digest = rig_stats(&rig).digest;
        struct hs_message message = least_of(kind, 2);
        struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
        size_t len = rig_send(&rig, peer, message, &own, kind == HEARSAY_KIND_JOIN ? 1 : 0);
        while (rig_next(&rig, &out)) {
            ck_assert_uint_le(out.len, len);
            ck_assert(out.decoded);
            ck_assert_uint_eq(out.message.kind, HEARSAY_KIND_CHALLENGE);
            ck_assert(hearsay_addr_equal(&out.to, &peer->blob.addr));
        }
        ck_assert_uint_eq(rig_stats(&rig).digest, digest);
        ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 1);
        rig_fini(&rig);
    }
}
END_TEST

/* R28: a member that is known by rumor alone has not proven its address. */
START_TEST(test_member_of_unproven_address_gets_no_more_than_it_sent)
{
    for (unsigned kind = HEARSAY_KIND_GOSSIP; kind < HEARSAY_KIND_COUNT; kind++) {
        struct rig rig;
        struct rig_out out;
        rig_init(&rig);
        rig_start(&rig);
        rig_meet_some(&rig, 10);
        struct rig_peer *peer = rig_meet(&rig, "victim");
        hs_table_at(&rig.node->core.view.table, rig_slot(&rig, peer))->flags &=
            (uint16_t)~HS_MEMBER_PROVEN;
        struct hs_message message = least_of(kind, rig_peer_id(&rig.peers[0]));
        struct hs_rumor own = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
        rig.peers[0].answers = false;
        size_t len = rig_send(&rig, peer, message, &own, kind == HEARSAY_KIND_JOIN ? 1 : 0);
        while (rig_next(&rig, &out))
            if (hearsay_addr_equal(&out.to, &peer->blob.addr))
                ck_assert_uint_le(out.len, len);
        /* A helper answers later. */
        for (int i = 0; kind == HEARSAY_KIND_PROBE_REQUEST && i < 20; i++) {
            rig_tick(&rig, 50000);
            while (rig_next(&rig, &out))
                if (out.decoded && (out.message.kind == HEARSAY_KIND_NACK))
                    ck_assert_uint_le(out.len, len);
        }
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_answer_to_nothing_is_counted_and_carries_nothing)
{
    static const unsigned kinds[] = {HEARSAY_KIND_ACK, HEARSAY_KIND_NACK, HEARSAY_KIND_CHALLENGE,
                                     HEARSAY_KIND_REFUSAL};
    for (size_t i = 0; i < 4; i++) {
        struct rig rig;
        rig_init(&rig);
        rig_start(&rig);
        struct rig_peer *teller = rig_meet(&rig, "teller"), *peer = rig_stranger(&rig, "x");
        struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
        struct hs_message message = {
            .kind = kinds[i], .acked = 77, .echo = 77, .holder = rig_addr(66)};
        rig_drain(&rig);
        rig_send(&rig, teller, message, &rumor, i < 2 ? 1 : 0);
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNSOLICITED), 1);
        ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_NONE);
        ck_assert_uint_eq(rig_drain(&rig), 0);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_full_table_is_said_once_a_minute_and_counted)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig.config.max_members = 4;
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", i);
        struct rig_peer *peer = rig_stranger(&rig, name);
        struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
        rig_tell(&rig, &rig.peers[0], &rumor);
        ck_assert_int_eq(rig_member(&rig, name).status, HEARSAY_STATUS_NONE);
    }
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_TABLE_FULL), 5);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_FULL, &event));
    ck_assert_str_eq(event.name, "x0");
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_FULL, &event));
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 4);
    rig_run(&rig, 61 * RIG_SECOND);
    struct hs_rumor rumor = rig_rumor(&rig.peers[5], HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_FULL, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_full_queue_of_answers_is_counted_and_nothing_else_is_lost)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller");
    rig_drain(&rig);
    for (unsigned i = 0; i < HS_SEND_QUEUE_MAX + 100; i++)
        rig_send(&rig, teller, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_QUEUE_FULL), 100);
    ck_assert_uint_eq(rig_drain(&rig), HS_SEND_QUEUE_MAX);
    rig_send(&rig, teller, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert_uint_eq(rig_drain(&rig), 1);
    rig_fini(&rig);
}
END_TEST

/* Fault 10 of the original: its cache of ids grew for ever. */
START_TEST(test_many_messages_take_no_memory)
{
    struct rig rig;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP};
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "teller");
    size_t calls = rig.memory.calls;
    for (int i = 0; i < 100000; i++) {
        size_t len = rig_encode(&rig, teller, gossip, NULL, 0, bytes);
        hearsay_node_receive(rig.node, rig.now, &teller->blob.addr, bytes, len);
        if (i % 100 == 0)
            rig_drain(&rig);
    }
    ck_assert_uint_eq(rig.memory.calls, calls);
    ck_assert_uint_eq(rig_stats(&rig).received[HEARSAY_KIND_GOSSIP], 100000);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("merge", test_record_of_an_unknown_member_is_taken_in,
             test_unknown_member_that_is_dead_does_not_enter_the_ring,
             test_brief_counts_only_for_the_blob_that_we_hold,
             test_timestamp_of_the_future_is_refused,
             test_box_of_1970_takes_the_timestamps_of_today, test_repeat_is_a_no_op,
             test_stranger_is_challenged_at_most_and_never_with_more_than_it_sent,
             test_member_of_unproven_address_gets_no_more_than_it_sent,
             test_answer_to_nothing_is_counted_and_carries_nothing,
             test_full_table_is_said_once_a_minute_and_counted,
             test_full_queue_of_answers_is_counted_and_nothing_else_is_lost,
             test_many_messages_take_no_memory)
