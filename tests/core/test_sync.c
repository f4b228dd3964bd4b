/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anti-entropy (R24: agreement). An exchange makes any two views equal. Lost and repeated steps do
 * no harm. Differences that cannot be resolved do not cause endless requests.
 */
#include "inspect.h"
#include "pair.h"
#include "rules/send.h"
#include "view/probe_list.h"

#include <stdio.h>
#include <string.h>

#define IDLE_SIZE (HS_HEAD_SIZE + 18u + 5u)

/* Gives a node a record of its own, of a member that is nowhere. No rumor of it is spread. */
static void plant(struct pair *pair, unsigned at, unsigned number, uint64_t timestamp,
                  enum hearsay_status status)
{
    char name[24];
    struct rig_peer peer;
    snprintf(name, sizeof name, "member-%u", number);
    rig_peer_init(&peer, name, 1000 + number, number + 1);
    struct hs_rumor rumor = rig_rumor(&peer, status, timestamp);
    if (status == HEARSAY_STATUS_DEAD)
        rumor.cause = HEARSAY_CAUSE_LEFT;
    struct hearsay_node *node = pair->nodes[at];
    node->core.now = pair_now(pair, at);
    hs_merge_rumor(&node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    uint32_t slot = hs_table_find_id(&node->core.view.table, rumor.id);
    if (slot != HS_NO_SLOT)
        hs_rumor_queue_drop(&node->core.view.rumor_queue, &node->core.view.table, slot);
}

/* Two that know each other, whose views are then made to differ. Left members, so that nobody
 * probes them. */
static void differ(struct pair *pair, unsigned only_first, unsigned only_second, unsigned both)
{
    unsigned number = 0;
    for (unsigned i = 0; i < only_first; i++)
        plant(pair, 0, number++, RIG_WALL, HEARSAY_STATUS_DEAD);
    for (unsigned i = 0; i < only_second; i++)
        plant(pair, 1, number++, RIG_WALL, HEARSAY_STATUS_DEAD);
    for (unsigned i = 0; i < both; i++) {
        plant(pair, 0, number, RIG_WALL + i % 3, HEARSAY_STATUS_DEAD);
        plant(pair, 1, number++, RIG_WALL + (i + 1) % 3, HEARSAY_STATUS_DEAD);
    }
}

static void check_equal(struct pair *pair, uint64_t within)
{
    uint64_t end = pair->now.boot + within;
    while (pair->now.boot < end && !pair_agree(pair))
        pair_run(pair, 100000);
    ck_assert(pair_agree(pair));
    for (unsigned at = 0; at < pair->count; at++)
        ck_assert_ptr_null(inspect_node(pair->nodes[at]));
}

START_TEST(test_missing_extra_and_differing_records_go_both_ways)
{
    static const unsigned cases[][3] = {{1, 0, 0},  {0, 1, 0},  {0, 0, 1},   {3, 5, 7},
                                        {40, 0, 0}, {0, 40, 0}, {20, 20, 20}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair pair;
        pair_init(&pair);
        pair_form(&pair, 2);
        differ(&pair, cases[i][0], cases[i][1], cases[i][2]);
        ck_assert(!pair_agree(&pair));
        check_equal(&pair, 10 * RIG_SECOND);
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_the_greater_record_wins_on_both_sides)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    plant(&pair, 0, 1, RIG_WALL + 9, HEARSAY_STATUS_DEAD);
    plant(&pair, 1, 1, RIG_WALL + 4, HEARSAY_STATUS_DEAD);
    plant(&pair, 0, 2, RIG_WALL + 4, HEARSAY_STATUS_DEAD);
    plant(&pair, 1, 2, RIG_WALL + 9, HEARSAY_STATUS_DEAD);
    check_equal(&pair, 10 * RIG_SECOND);
    for (unsigned at = 0; at < 2; at++) {
        ck_assert_uint_eq(pair_member(&pair, at, "member-1").timestamp, RIG_WALL + 9);
        ck_assert_uint_eq(pair_member(&pair, at, "member-2").timestamp, RIG_WALL + 9);
    }
    pair_fini(&pair);
}
END_TEST

START_TEST(test_joiner_learns_thousands_in_paced_datagrams)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_add(&pair, "a");
    for (unsigned i = 0; i < 5000; i++)
        plant(&pair, 0, i, RIG_WALL, HEARSAY_STATUS_DEAD);
    pair_add(&pair, "b");
    pair_join(&pair, 1, 0);
    check_equal(&pair, 5 * RIG_SECOND);
    ck_assert(pair_event(&pair, 1, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_OK);
    ck_assert_uint_eq(pair_stats(&pair, 1).members[HEARSAY_STATUS_DEAD], 5000);
    pair_fini(&pair);
}
END_TEST

/* A dozen records in each bucket: of those that differ only the eighths that differ are listed. */
START_TEST(test_large_buckets_are_looked_at_by_their_eighths)
{
    enum { MEMBERS = 3000, DIFFER = 40 };
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    for (unsigned i = 0; i < MEMBERS; i++) {
        plant(&pair, 0, i, RIG_WALL + (i < DIFFER && i % 2), HEARSAY_STATUS_DEAD);
        plant(&pair, 1, i, RIG_WALL + (i < DIFFER && i % 2 == 0), HEARSAY_STATUS_DEAD);
    }
    plant(&pair, 0, MEMBERS, RIG_WALL, HEARSAY_STATUS_DEAD); /* and some that one of them lacks */
    plant(&pair, 1, MEMBERS + 1, RIG_WALL, HEARSAY_STATUS_DEAD);
    check_equal(&pair, 3 * RIG_SECOND);
    ck_assert(pair.nodes[0]->sync.refined || pair.nodes[1]->sync.refined);
    pair_fini(&pair);
}
END_TEST

/* What differed came by another way between two steps. */
START_TEST(test_answer_that_finds_no_difference_ends_the_exchange)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    for (unsigned i = 0; i < 2500; i++) {
        plant(&pair, 0, i, RIG_WALL, HEARSAY_STATUS_DEAD);
        plant(&pair, 1, i, RIG_WALL, HEARSAY_STATUS_DEAD);
    }
    plant(&pair, 0, 9999, RIG_WALL, HEARSAY_STATUS_DEAD);
    while (pair.nodes[0]->sync.phase != HS_SYNC_REFINING &&
           pair.nodes[1]->sync.phase != HS_SYNC_REFINING)
        pair_run(&pair, 1000);
    plant(&pair, 1, 9999, RIG_WALL, HEARSAY_STATUS_DEAD); /* it came by another way meanwhile */
    pair_run(&pair, RIG_SECOND);
    check_equal(&pair, 0);
    ck_assert_int_eq(pair.nodes[0]->sync.phase, HS_SYNC_IDLE);
    ck_assert_int_eq(pair.nodes[1]->sync.phase, HS_SYNC_IDLE);
    pair_fini(&pair);
}
END_TEST

/* More members in one bucket than a list or an answer holds. */
START_TEST(test_bucket_that_no_datagram_can_hold)
{
    struct pair pair;
    char name[32];
    pair_init(&pair);
    pair_form(&pair, 2);
    unsigned number = 0;
    for (unsigned count = 0; count < 600; number++) {
        int len = snprintf(name, sizeof name, "member-%u", number);
        if (hs_bucket_of(hs_hash(name, (size_t)len)) != 3)
            continue;
        plant(&pair, count % 3 ? 0 : 1, number, RIG_WALL, HEARSAY_STATUS_DEAD);
        if (count % 3 == 2)
            plant(&pair, 1, number, RIG_WALL + 1, HEARSAY_STATUS_DEAD);
        count++;
    }
    check_equal(&pair, 300 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_DEAD], 600);
    pair_fini(&pair);
}
END_TEST

static bool lossy(void *context, const struct pair_datagram *datagram)
{
    (void)datagram;
    return hs_random_below(context, 10) >= 3;
}

START_TEST(test_exchange_survives_loss)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct pair pair;
        struct hs_random random = {seed};
        pair_init(&pair);
        pair_form(&pair, 2);
        differ(&pair, 60, 60, 60);
        pair.pass = lossy;
        pair.context = &random;
        check_equal(&pair, 60 * RIG_SECOND);
        pair_fini(&pair);
    }
}
END_TEST

/* Every datagram is delivered, and once more at once: repeats are known and change nothing. */
static bool twice(void *context, const struct pair_datagram *datagram)
{
    struct pair *pair = context;
    for (unsigned at = 0; at < pair->count; at++) {
        struct pair_datagram copy = *datagram;
        if (hearsay_addr_equal(&pair->addrs[at], &datagram->to))
            hearsay_node_receive(pair->nodes[at], pair_now(pair, at), &copy.from_addr, copy.bytes,
                                 copy.len);
    }
    return true;
}

START_TEST(test_exchange_survives_repetition)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    differ(&pair, 60, 60, 60);
    pair.pass = twice;
    pair.context = &pair;
    check_equal(&pair, 20 * RIG_SECOND);
    ck_assert_uint_gt(pair_stats(&pair, 0).drops[HEARSAY_DROP_DUPLICATE], 0);
    pair_fini(&pair);
}
END_TEST

/* One of them has no room for a living member that the other knows: its view can never be the
 * other's. */
START_TEST(test_unequal_end_backs_off_to_five_minutes_and_is_counted)
{
    struct pair pair;
    pair_init(&pair);
    pair.config.max_members = 2;
    pair_add(&pair, "small");
    pair.config.max_members = 1000;
    pair_add(&pair, "large");
    pair_join(&pair, 1, 0);
    pair_run(&pair, 3 * RIG_SECOND);
    plant(&pair, 1, 1, RIG_WALL, HEARSAY_STATUS_ALIVE);
    pair_run(&pair, 60 * RIG_SECOND);
    uint64_t first = pair_stats(&pair, 0).syncs_started + pair_stats(&pair, 1).syncs_started;
    pair_run(&pair, 3600 * RIG_SECOND);
    uint64_t last = pair_stats(&pair, 0).syncs_started + pair_stats(&pair, 1).syncs_started;
    ck_assert_uint_gt(pair_stats(&pair, 0).syncs_unequal, 0);
    ck_assert_uint_gt(first, 0);
    ck_assert_uint_ge(last - first, 10); /* one in five minutes at least */
    ck_assert_uint_le(last - first, 60);
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 2);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_agreeing_nodes_exchange_nothing)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    struct hearsay_stats before = pair_stats(&pair, 0);
    pair_run(&pair, 60 * RIG_SECOND);
    struct hearsay_stats after = pair_stats(&pair, 0);
    ck_assert_uint_eq(after.syncs_started, before.syncs_started);
    ck_assert_uint_eq(after.sent[HEARSAY_KIND_SYNC], before.sent[HEARSAY_KIND_SYNC]);
    /* R9: what an idle node sends has 51 bytes. */
    uint64_t sent = after.sent[HEARSAY_KIND_GOSSIP] + after.sent[HEARSAY_KIND_ACK] -
                    before.sent[HEARSAY_KIND_GOSSIP] - before.sent[HEARSAY_KIND_ACK];
    ck_assert_uint_eq(after.bytes_sent - before.bytes_sent, 51 * sent);
    ck_assert_uint_ge(sent, 220);
    pair_fini(&pair);
}
END_TEST

#define FORGOTTEN 200u

/* Behind the first full datagram of the first node the time of all its tombstones is over. */
static bool forget_behind_it(void *context, const struct pair_datagram *datagram)
{
    struct pair *pair = context;
    struct hearsay_node *node = pair->nodes[0];
    struct hs_table *table = &node->core.view.table;
    uint64_t life = 2 * node->core.config.tombstone_ttl;
    if (datagram->from != 0 || datagram->len < 1000)
        return true;
    for (uint32_t i = 0; i < table->gone_count; i++)
        hs_tombstone_set_age(&node->tombstones, hs_probe_list_gone(table, i), life / 1000);
    hs_tombstone_reap(&node->tombstones);
    ck_assert_uint_eq(table->gone_count, 0);
    return true;
}

/* An answer of several datagrams skips the records that are forgotten before their turn comes. */
START_TEST(test_members_forgotten_in_the_middle_of_an_answer)
{
    struct pair pair;
    pair_init(&pair);
    pair_add(&pair, "a");
    for (unsigned i = 0; i < FORGOTTEN; i++)
        plant(&pair, 0, i, RIG_WALL, HEARSAY_STATUS_DEAD);
    pair_add(&pair, "b");
    pair.pass = forget_behind_it;
    pair.context = &pair;
    pair_join(&pair, 1, 0);
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert_int_eq(pair_member(&pair, 1, "a").status, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_lt(pair_stats(&pair, 1).members[HEARSAY_STATUS_DEAD], FORGOTTEN);
    for (unsigned at = 0; at < pair.count; at++)
        ck_assert_ptr_null(inspect_node(pair.nodes[at]));
    pair_fini(&pair);
}
END_TEST

/* ---- after a join ------------------------------------------------------------------------ */

#define SOON (RIG_SECOND / 5)

/* Two, of whom the second has just joined through the first. */
static void join_now(struct pair *pair)
{
    pair_init(pair);
    pair_add(pair, "a");
    pair_add(pair, "b");
    pair_join(pair, 1, 0);
    pair_run(pair, SOON);
    ck_assert(pair_agree(pair));
    ck_assert_uint_eq(pair_stats(pair, 1).syncs_started, 1);
}

static uint32_t slot_of(struct pair *pair, unsigned at, unsigned other)
{
    struct hearsay_node *node = pair->nodes[at];
    uint32_t slot = hs_table_find_id(&node->core.view.table, pair->nodes[other]->core.wire.self_id);
    ck_assert_uint_ne(slot, HS_NO_SLOT);
    return slot;
}

/* The first learns of one more, and no rumor says so; then the second hears its digest. */
static void miss_one(struct pair *pair, unsigned number)
{
    plant(pair, 0, number, RIG_WALL, HEARSAY_STATUS_DEAD);
    hs_send_gossip(&pair->nodes[0]->core, slot_of(pair, 0, 1), 0, 0);
}

START_TEST(test_who_has_just_joined_does_not_wait_for_the_pause)
{
    struct pair pair;
    join_now(&pair);
    miss_one(&pair, 1);
    pair_run(&pair, SOON);
    ck_assert_uint_eq(pair_stats(&pair, 1).syncs_started, 2);
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

START_TEST(test_early_exchanges_are_few)
{
    struct pair pair;
    unsigned number = 0;
    join_now(&pair);
    for (unsigned i = 0; i < 7; i++) { /* ends before a pause can */
        miss_one(&pair, number++);
        pair_run(&pair, RIG_SECOND / 10);
    }
    ck_assert_uint_eq(pair_stats(&pair, 1).syncs_started, 1 + HS_SYNC_EARLY);
    for (unsigned i = 0; i < 100; i++) {
        miss_one(&pair, number++);
        pair_run(&pair, RIG_SECOND / 10);
    }
    ck_assert_uint_le(pair_stats(&pair, 1).syncs_started, 1 + HS_SYNC_EARLY + 12);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_who_has_agreed_since_its_join_waits_for_the_pause)
{
    struct pair pair;
    join_now(&pair);
    pair_run(&pair, 3 * RIG_SECOND);
    for (unsigned i = 0; i < 3; i++) { /* the first of these begins an exchange that is due */
        miss_one(&pair, i);
        pair_run(&pair, 3 * SOON / 2);
    }
    ck_assert_uint_le(pair_stats(&pair, 1).syncs_started, 2);
    pair_fini(&pair);
}
END_TEST

/* The first forgets that the second has proven its address. */
static void begin_unproven(struct pair *pair)
{
    struct hearsay_node *node = pair->nodes[1];
    plant(pair, 0, 1, RIG_WALL, HEARSAY_STATUS_DEAD);
    hs_member_at(&pair->nodes[0]->core, slot_of(pair, 0, 1))->flags &= (uint16_t)~HS_MEMBER_PROVEN;
    node->core.now = pair_now(pair, 1);
    hs_sync_start(&node->sync, slot_of(pair, 1, 0), 0);
}

START_TEST(test_a_step_that_is_challenged_is_sent_again_at_once)
{
    struct pair pair;
    join_now(&pair);
    begin_unproven(&pair);
    pair_run(&pair, HS_SYNC_RETRY / 2);
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

/* Drops each second join of the second: it says whom it means, and what would prove its address is
 * lost. */
static bool drop_proofs(void *context, const struct pair_datagram *datagram)
{
    struct hs_head head;
    unsigned *joins = context;
    return datagram->from != 1 || !hs_head_decode(&head, datagram->bytes, datagram->len) ||
           head.kind != HEARSAY_KIND_JOIN || ++*joins % 2 != 0;
}

START_TEST(test_a_step_that_is_challenged_for_ever_is_sent_again_once)
{
    struct pair pair;
    join_now(&pair);
    uint64_t before = pair_stats(&pair, 1).sent[HEARSAY_KIND_SYNC];
    unsigned joins = 0;
    pair.pass = drop_proofs;
    pair.context = &joins;
    begin_unproven(&pair);
    pair_run(&pair, HS_SYNC_RETRY / 2);
    ck_assert_uint_eq(pair_stats(&pair, 1).sent[HEARSAY_KIND_SYNC] - before, 2);
    ck_assert_uint_eq(joins, 4);
    pair_fini(&pair);
}
END_TEST

/* ---- from outside ------------------------------------------------------------------------ */

/* A receiver that is restarted while answers to it wait must not cost their places. */
START_TEST(test_answers_to_a_peer_that_is_gone_hold_no_places)
{
    struct rig rig;
    struct rig_out out;
    uint8_t buckets[4] = {1, 2, 3, 4};
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    for (unsigned i = 0; i < HS_SYNC_RESPONSES_MAX; i++) {
        struct hs_message ask = {.kind = HEARSAY_KIND_SYNC, .exchange = i, .buckets = buckets};
        rig_send(&rig, &rig.peers[0], ask, NULL, 0);
    }
    struct rig_peer new_instance;
    rig_peer_init(&new_instance, "p0", 11, 999);
    struct hs_rumor rumor = rig_rumor(&new_instance, HEARSAY_STATUS_ALIVE, RIG_WALL + 5);
    rig_tell(&rig, &rig.peers[1], &rumor);
    rig_drain(&rig);
    ck_assert_ptr_null(inspect_node(rig.node));
    struct hs_message ask = {.kind = HEARSAY_KIND_SYNC, .exchange = 77, .buckets = buckets};
    rig_send(&rig, &rig.peers[2], ask, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_SYNC, &rig.peers[2], &out));
    ck_assert_int_eq(out.message.step, HS_SYNC_DIFFER);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_too_many_questions_at_once_are_counted)
{
    struct rig rig;
    uint8_t buckets[4] = {1, 2, 3, 4};
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    for (unsigned i = 0; i < HS_SYNC_RESPONSES_MAX + 3; i++) {
        struct hs_message ask = {.kind = HEARSAY_KIND_SYNC, .exchange = i, .buckets = buckets};
        rig_send(&rig, &rig.peers[0], ask, NULL, 0);
    }
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_QUEUE_FULL), 3);
    ck_assert_uint_eq(rig_drain(&rig), HS_SYNC_RESPONSES_MAX);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN(
    "sync", test_missing_extra_and_differing_records_go_both_ways,
    test_members_forgotten_in_the_middle_of_an_answer, test_the_greater_record_wins_on_both_sides,
    test_joiner_learns_thousands_in_paced_datagrams,
    test_large_buckets_are_looked_at_by_their_eighths,
    test_answer_that_finds_no_difference_ends_the_exchange, test_bucket_that_no_datagram_can_hold,
    test_exchange_survives_loss, test_exchange_survives_repetition,
    test_unequal_end_backs_off_to_five_minutes_and_is_counted, test_agreeing_nodes_exchange_nothing,
    test_who_has_just_joined_does_not_wait_for_the_pause, test_early_exchanges_are_few,
    test_who_has_agreed_since_its_join_waits_for_the_pause,
    test_a_step_that_is_challenged_is_sent_again_at_once,
    test_a_step_that_is_challenged_for_ever_is_sent_again_once,
    test_answers_to_a_peer_that_is_gone_hold_no_places, test_too_many_questions_at_once_are_counted)
