/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's own record: refutation, catching up, clocks, rivals, tags, leaving (R2, R4, R5, R8,
 * R23).
 */
#include "inspect.h"
#include "pair.h"
#include "view/record.h"

#include <string.h>

static struct hearsay_member own(const struct rig *rig)
{
    struct hearsay_member member;
    hearsay_node_self(rig->node, rig->now, &member);
    return member;
}

static struct hs_rumor own_rumor(const struct rig *rig, enum hearsay_status status,
                                 uint64_t timestamp)
{
    struct hs_rumor rumor;
    hs_rumor_of(&rig->node->core.view, rig->node->core.now.boot, rig->node->core.view.self, true,
                &rumor);
    rumor.status = status;
    rumor.timestamp = timestamp;
    rumor.cause = status == HEARSAY_STATUS_DEAD ? HEARSAY_CAUSE_FAILED : HEARSAY_CAUSE_NONE;
    return rumor;
}

static void start(struct rig *rig, unsigned count)
{
    rig_init(rig);
    rig_start(rig);
    rig_meet_some(rig, count);
    rig_run(rig, 4 * RIG_SECOND);
    rig_forget_events(rig);
}

/* ---- refutation (R4) --------------------------------------------------------------------- */

START_TEST(test_accused_answers_at_once_to_teller_and_accusers)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    struct hs_rumor told;
    bool reached[6] = {false};
    start(&rig, 6);
    uint64_t timestamp = own(&rig).timestamp;
    struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_SUSPECT, timestamp + 1);
    rumor.accuser_count = 2;
    rumor.accusers[0] = rig_peer_id(&rig.peers[1]);
    rumor.accusers[1] = rig_peer_id(&rig.peers[2]);
    rig_tell(&rig, &rig.peers[0], &rumor);
    while (rig_next(&rig, &out)) /* not a moment later */
        for (unsigned i = 0; i < 6; i++)
            if (hearsay_addr_equal(&out.to, &rig.peers[i].blob.addr) &&
                rig_carries(&out, rig.node->core.wire.self_id, &told)) {
                ck_assert_int_eq(told.status, HEARSAY_STATUS_ALIVE);
                ck_assert_uint_gt(told.timestamp, timestamp + 1);
                reached[i] = true;
            }
    ck_assert(reached[0] && reached[1] && reached[2] && !reached[3]);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_REFUTE, &event));
    ck_assert_str_eq(event.accuser, "p1");
    ck_assert_uint_eq(event.timestamp, own(&rig).timestamp);
    ck_assert_uint_eq(rig_stats(&rig).refutations, 1);
    ck_assert_int_eq(own(&rig).status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_refutation_goes_on_as_a_rumor)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor told;
    bool reached = false;
    start(&rig, 6);
    struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_DEAD, own(&rig).timestamp + 1);
    rig_tell(&rig, &rig.peers[0], &rumor);
    rig_drain(&rig);
    for (int i = 0; i < 8 && !reached; i++) {
        ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, NULL, 200000, &out));
        reached = !hearsay_addr_equal(&out.to, &rig.peers[0].blob.addr) &&
                  rig_carries(&out, rig.node->core.wire.self_id, &told);
    }
    ck_assert(reached);
    ck_assert_int_eq(told.status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

/* R4: what a newcomer's first exchange brings is no news to others; its answer to it is. */
START_TEST(test_refutation_of_what_all_know_is_news)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    rig_run(&rig, 30 * RIG_SECOND);
    ck_assert_uint_eq(rig_stats(&rig).rumors_waiting, 0);
    struct rig_peer self = {0};
    struct hearsay_member own;
    hearsay_node_self(rig.node, rig.now, &own);
    rig_peer_init(&self, "n1", 1, own.instance);
    struct hs_rumor accusation = rig_rumor(&self, HEARSAY_STATUS_SUSPECT, own.timestamp + 1);
    const struct hs_member *member =
        hs_table_at(&rig.node->core.view.table, rig.node->core.view.self);
    accusation.blob = NULL;
    accusation.id = own.id;
    accusation.blob_check = (uint32_t)member->meta->hash;
    struct hs_source source = {.from = rig_slot(&rig, &rig.peers[0]), .known_to_all = true};
    hs_merge_rumor(&rig.node->merger, &accusation, &source);
    ck_assert_uint_eq(rig_stats(&rig).refutations, 1);
    ck_assert_uint_eq(rig_stats(&rig).rumors_waiting, 1);
    rig_fini(&rig);
}
END_TEST

/* R4: who has another blob of ours cannot use a brief. */
START_TEST(test_refutation_of_another_blob_is_a_record)
{
    enum { OURS, BRIEF_OF_ANOTHER, ANOTHER, CASES };
    for (int i = 0; i < CASES; i++) {
        struct rig rig;
        struct rig_out out;
        struct hs_rumor told;
        start(&rig, 6);
        rig_run(&rig, 30 * RIG_SECOND); /* our blob is no news any more */
        struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_DEAD, own(&rig).timestamp + 1);
        struct rig_peer other = {0}; /* with other tokens, and another start */
        rig_peer_init(&other, "n1", 1, own(&rig).instance);
        if (i == ANOTHER)
            rumor = rig_rumor(&other, HEARSAY_STATUS_DEAD, rumor.timestamp);
        if (i == BRIEF_OF_ANOTHER) {
            rumor.blob = NULL;
            rumor.id = rig.node->core.wire.self_id;
            rumor.blob_check = 1;
        }
        rig_tell(&rig, &rig.peers[0], &rumor);
        ck_assert_uint_eq(rig_stats(&rig).refutations, 1);
        ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], &out));
        ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &told));
        ck_assert_int_eq(told.status, HEARSAY_STATUS_ALIVE);
        ck_assert_int_eq(told.blob != NULL, i != OURS);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_stale_accusation_is_not_refuted_twice)
{
    struct rig rig;
    start(&rig, 3);
    struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_SUSPECT, own(&rig).timestamp + 1);
    rig_tell(&rig, &rig.peers[0], &rumor);
    uint64_t timestamp = own(&rig).timestamp;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert_uint_eq(own(&rig).timestamp, timestamp);
    ck_assert_uint_eq(rig_stats(&rig).refutations, 1);
    rig_fini(&rig);
}
END_TEST

/* R2: the wall clock may step back; the timestamps do not. */
START_TEST(test_timestamps_grow_whatever_the_clock_does)
{
    struct rig rig;
    start(&rig, 3);
    rig.now.wall -= 3600 * RIG_SECOND;
    uint64_t timestamp = own(&rig).timestamp;
    for (int i = 0; i < 5; i++) {
        struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_SUSPECT, timestamp + 1);
        rig_tell(&rig, &rig.peers[0], &rumor);
        ck_assert_uint_eq(own(&rig).timestamp, timestamp + 2);
        timestamp += 2;
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(test_last_timestamp_of_the_snapshot_is_outbid)
{
    struct rig rig;
    rig_init(&rig);
    rig.config.last_timestamp = RIG_WALL + 500;
    rig_start(&rig);
    ck_assert_uint_gt(own(&rig).timestamp, RIG_WALL + 500);
    ck_assert_uint_gt(own(&rig).start, RIG_WALL + 500);
    rig_fini(&rig);
}
END_TEST

/* R6: one lie about us of the far future does not poison our timestamps. */
START_TEST(test_accusation_of_the_future_is_not_heard)
{
    struct rig rig;
    start(&rig, 3);
    uint64_t timestamp = own(&rig).timestamp;
    struct hs_rumor rumor = own_rumor(&rig, HEARSAY_STATUS_DEAD, UINT64_MAX);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_uint_eq(own(&rig).timestamp, timestamp);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_FUTURE), 1);
    rig_fini(&rig);
}
END_TEST

/* ---- telling others (R5) ----------------------------------------------------------------- */

START_TEST(test_sender_whose_own_record_is_older_is_told_ours)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start(&rig, 5);
    rumor = rig_rumor(&rig.peers[0], HEARSAY_STATUS_SUSPECT, RIG_WALL + 1);
    rig_tell(&rig, &rig.peers[1], &rumor);
    rig_run(&rig, 1000);
    struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP, .timestamp = RIG_WALL};
    rig_send(&rig, &rig.peers[0], gossip, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[0], &out));
    ck_assert(rig_carries(&out, rig_peer_id(&rig.peers[0]), &rumor));
    ck_assert_int_eq(rumor.status, HEARSAY_STATUS_SUSPECT);
    ck_assert_uint_eq(rumor.timestamp, RIG_WALL + 1);
    rig_fini(&rig);
}
END_TEST

/* ---- tags -------------------------------------------------------------------------------- */

START_TEST(test_tags_are_replaced_told_and_seen_by_others)
{
    struct pair pair;
    struct hearsay_event event;
    const struct hearsay_tag tags[] = {{"role", "cache"}, {"zone", "a"}};
    size_t len;
    pair_init(&pair);
    pair_form(&pair, 3);
    ck_assert_int_eq(hearsay_node_set_tags(pair.nodes[1], pair_now(&pair, 1), tags, 2), 0);
    pair_run(&pair, RIG_SECOND);
    ck_assert(pair_event_to(&pair, 2, "n1", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_UPDATED);
    struct hearsay_member member = pair_member(&pair, 2, "n1");
    ck_assert_mem_eq(hearsay_member_tag(&member, "role", &len), "cache", 5);
    ck_assert(pair_agree(&pair));
    ck_assert_uint_eq(pair_stats(&pair, 2).suspicions, 0);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_bad_tags_change_nothing)
{
    struct rig rig;
    char value[HEARSAY_TAGS_MAX + 2];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    const struct hearsay_tag big = {"k", value}, bad = {"a key", "v"};
    start(&rig, 2);
    uint64_t timestamp = own(&rig).timestamp;
    ck_assert_int_lt(hearsay_node_set_tags(rig.node, rig.now, &big, 1), 0);
    ck_assert_int_lt(hearsay_node_set_tags(rig.node, rig.now, &bad, 1), 0);
    ck_assert_uint_eq(own(&rig).timestamp, timestamp);
    rig_fini(&rig);
}
END_TEST

/* ---- leaving (R23) ----------------------------------------------------------------------- */

START_TEST(test_leaver_is_dropped_without_suspicion)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 5);
    uint64_t began = pair.now.boot;
    hearsay_node_leave(pair.nodes[4], pair_now(&pair, 4));
    ck_assert(pair_until(&pair, 0, "n4", HEARSAY_STATUS_DEAD, RIG_SECOND));
    pair_run(&pair, RIG_SECOND);
    ck_assert(pair_event(&pair, 4, HEARSAY_EVENT_LEFT, &event));
    ck_assert_uint_lt(pair.now.boot - began, 3 * RIG_SECOND);
    pair_kill(&pair, 4);
    pair_run(&pair, 20 * RIG_SECOND);
    for (unsigned at = 0; at < 4; at++) {
        ck_assert_int_eq(pair_member(&pair, at, "n4").cause, HEARSAY_CAUSE_LEFT);
        ck_assert(pair_event_to(&pair, at, "n4", HEARSAY_STATUS_DEAD, &event));
        ck_assert_int_eq(event.from, HEARSAY_STATUS_ALIVE);
        ck_assert_int_eq(event.reason, HEARSAY_REASON_LEFT);
        ck_assert_uint_eq(pair_stats(&pair, at).suspicions, 0);
    }
    pair_fini(&pair);
}
END_TEST

static bool has_left(struct rig *rig)
{
    struct hearsay_event event;
    return rig_event(rig, HEARSAY_EVENT_LEFT, &event);
}

START_TEST(test_goodbye_needs_three_acks)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 6);
    for (unsigned i = 0; i < 6; i++)
        rig.peers[i].answers = false;
    hearsay_node_leave(rig.node, rig.now);
    for (unsigned acks = 0; acks < 3; acks++) {
        ck_assert(!has_left(&rig));
        ck_assert(rig_expect(&rig, HEARSAY_KIND_GOSSIP, &out));
        struct hs_message ack = {.kind = HEARSAY_KIND_ACK, .acked = out.message.created};
        for (unsigned i = 0; i < 6; i++)
            if (hearsay_addr_equal(&rig.peers[i].blob.addr, &out.to))
                rig_send(&rig, &rig.peers[i], ack, NULL, 0);
    }
    ck_assert(!has_left(&rig)); /* still there for those who have not heard it yet */
    rig_run(&rig, 200000);
    ck_assert(has_left(&rig));
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_goodbye_to_one_peer_needs_one_ack_and_to_none_no_time)
{
    struct rig rig;
    start(&rig, 1);
    hearsay_node_leave(rig.node, rig.now);
    rig_run(&rig, 300000);
    ck_assert(has_left(&rig));
    rig_fini(&rig);
    start(&rig, 0);
    hearsay_node_leave(rig.node, rig.now);
    ck_assert(has_left(&rig));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_goodbye_that_nobody_acks_ends_at_leave_timeout)
{
    struct rig rig;
    start(&rig, 6);
    for (unsigned i = 0; i < 6; i++)
        rig.peers[i].answers = false;
    hearsay_node_leave(rig.node, rig.now);
    hearsay_node_leave(rig.node, rig.now); /* no error, no second goodbye */
    rig_run(&rig, 2900000);
    ck_assert(!has_left(&rig));
    rig_run(&rig, 300000);
    ck_assert(has_left(&rig));
    ck_assert(!has_left(&rig));
    rig_fini(&rig);
}
END_TEST

/* R4: a leaving member answers an accusation with its goodbye. */
START_TEST(test_leaver_answers_with_left)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start(&rig, 6);
    for (unsigned i = 0; i < 6; i++)
        rig.peers[i].answers = false;
    hearsay_node_leave(rig.node, rig.now);
    rig_drain(&rig);
    rumor = own_rumor(&rig, HEARSAY_STATUS_DEAD, own(&rig).timestamp + 7);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[0], &out));
    ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &rumor));
    ck_assert_int_eq(rumor.status, HEARSAY_STATUS_DEAD);
    ck_assert_int_eq(rumor.cause, HEARSAY_CAUSE_LEFT);
    rig_fini(&rig);
}
END_TEST

/* A challenge would be answered by a join, and that by another challenge, without end. */
START_TEST(test_who_has_left_answers_no_challenge)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 1);
    rig.peers[0].answers = false;
    hearsay_node_leave(rig.node, rig.now);
    ck_assert(rig_expect(&rig, HEARSAY_KIND_GOSSIP, &out));
    struct hs_message challenge = {
        .kind = HEARSAY_KIND_CHALLENGE, .nonce = 7, .echo = out.message.created};
    rig_send(&rig, &rig.peers[0], challenge, NULL, 0);
    ck_assert(rig_expect(&rig, HEARSAY_KIND_JOIN, &out)); /* while it says goodbye it does */
    rig_run(&rig, rig.config.leave_timeout + RIG_SECOND);
    ck_assert(has_left(&rig));
    challenge.echo = out.message.nonce;
    rig_send(&rig, &rig.peers[0], challenge, NULL, 0);
    ck_assert(!rig_next(&rig, &out));
    rig_fini(&rig);
}
END_TEST

/* R7: tombstone-ttl. Such a goodbye is not taken, and there is nothing to be told about it. */
START_TEST(test_a_goodbye_older_than_tombstones_live_is_not_answered)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 0);
    struct rig_peer *x = rig_stranger(&rig, "x");
    struct hs_rumor own = rig_rumor(x, HEARSAY_STATUS_ALIVE, x->timestamp);
    rig_send(&rig, x, (struct hs_message){.kind = HEARSAY_KIND_JOIN, .nonce = 5}, &own, 1);
    ck_assert(rig_expect(&rig, HEARSAY_KIND_CHALLENGE, &out));
    own = rig_rumor(x, HEARSAY_STATUS_DEAD, ++x->timestamp);
    own.cause = HEARSAY_CAUSE_LEFT;
    own.age = rig.config.tombstone_ttl / 1000;
    struct hs_message join = {.kind = HEARSAY_KIND_JOIN, .nonce = 6, .echo = out.message.nonce};
    rig_send(&rig, x, join, &own, 1);
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_NONE);
    ck_assert(!rig_next(&rig, &out));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_leaves_takes_no_commands)
{
    struct rig rig;
    struct hearsay_addr addr = rig_addr(50);
    start(&rig, 3);
    hearsay_node_leave(rig.node, rig.now);
    ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &addr), HEARSAY_ERR_STOPPED);
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, NULL, 0), HEARSAY_ERR_STOPPED);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p0", false), HEARSAY_ERR_STOPPED);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN(
    "self", test_accused_answers_at_once_to_teller_and_accusers, test_refutation_goes_on_as_a_rumor,
    test_refutation_of_what_all_know_is_news, test_refutation_of_another_blob_is_a_record,
    test_stale_accusation_is_not_refuted_twice, test_timestamps_grow_whatever_the_clock_does,
    test_last_timestamp_of_the_snapshot_is_outbid, test_accusation_of_the_future_is_not_heard,
    test_sender_whose_own_record_is_older_is_told_ours,
    test_tags_are_replaced_told_and_seen_by_others, test_bad_tags_change_nothing,
    test_leaver_is_dropped_without_suspicion, test_goodbye_needs_three_acks,
    test_goodbye_to_one_peer_needs_one_ack_and_to_none_no_time,
    test_goodbye_that_nobody_acks_ends_at_leave_timeout, test_leaver_answers_with_left,
    test_who_has_left_answers_no_challenge,
    test_a_goodbye_older_than_tombstones_live_is_not_answered, test_who_leaves_takes_no_commands)
