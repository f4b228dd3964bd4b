/* SPDX-License-Identifier: Apache-2.0 */
/* The rumor queue: order, number of transmissions, and refutations never starve (R16: rumor
 * queue). */
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view/rumor_queue.h"

#define MEMBERS 12

/* A table of members, alive but for those of odd places, which are suspect; nothing is queued. */
static struct hs_table *start(struct rig *rig, bool odd_suspect)
{
    rig_init(rig);
    rig_start(rig);
    rig_meet_some(rig, MEMBERS);
    struct hs_table *table = &rig->node->core.view.table;
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct hs_member *member = hs_table_at(table, rig_slot(rig, &rig->peers[i]));
        hs_rumor_queue_drop(&rig->node->core.view.rumor_queue, table,
                            rig_slot(rig, &rig->peers[i]));
        if (odd_suspect && i % 2)
            member->status = HEARSAY_STATUS_SUSPECT;
    }
    hs_rumor_queue_drop(&rig->node->core.view.rumor_queue, table, rig->node->core.view.self);
    ck_assert_uint_eq(rig->node->core.view.rumor_queue.count, 0);
    return table;
}

/* The table was bent: not by the rules. */
static void stop(struct rig *rig)
{
    for (unsigned i = 0; i < MEMBERS; i++)
        hs_table_at(&rig->node->core.view.table, rig_slot(rig, &rig->peers[i]))->status =
            HEARSAY_STATUS_ALIVE;
    rig_fini(rig);
}

static void push(struct rig *rig, unsigned peer)
{
    hs_rumor_queue_push(&rig->node->core.view.rumor_queue, &rig->node->core.view.table,
                        rig_slot(rig, &rig->peers[peer]), false);
}

static void credit(struct rig *rig, unsigned peer, uint32_t limit)
{
    uint32_t slot = rig_slot(rig, &rig->peers[peer]);
    hs_rumor_queue_credit(&rig->node->core.view.rumor_queue, &rig->node->core.view.table, slot,
                          hs_table_at(&rig->node->core.view.table, slot)->rumor_version, limit);
}

/* The queue, as places of peers. */
static size_t walk(struct rig *rig, unsigned peers[MEMBERS])
{
    struct hs_rumor_queue_walk walk;
    size_t count = 0;
    uint32_t slot;
    hs_rumor_queue_walk_init(&walk, &rig->node->core.view.rumor_queue);
    while ((slot = hs_rumor_queue_walk_next(&walk, &rig->node->core.view.rumor_queue,
                                            &rig->node->core.view.table)) != HS_NO_SLOT) {
        ck_assert_uint_lt(count, MEMBERS);
        for (unsigned i = 0; i < MEMBERS; i++)
            if (rig_slot(rig, &rig->peers[i]) == slot)
                peers[count] = i;
        count++;
    }
    return count;
}

START_TEST(test_fewest_transmissions_first_then_newest)
{
    struct rig rig;
    unsigned got[MEMBERS];
    static const unsigned expected[] = {3, 2, 1, 4, 0};
    start(&rig, false);
    for (unsigned i = 0; i < 5; i++)
        push(&rig, i);
    credit(&rig, 0, 9);
    credit(&rig, 0, 9);
    credit(&rig, 4, 9);
    ck_assert_uint_eq(walk(&rig, got), 5);
    ck_assert_mem_eq(got, expected, sizeof expected);
    stop(&rig);
}
END_TEST

START_TEST(test_rumor_leaves_after_its_transmissions_and_not_before)
{
    struct rig rig;
    start(&rig, false);
    push(&rig, 0);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, 1);
        credit(&rig, 0, 6);
    }
    ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, 0);
    credit(&rig, 0, 6); /* not queued: nothing */
    ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, 0);
    stop(&rig);
}
END_TEST

START_TEST(test_late_ack_of_an_older_rumor_does_not_count)
{
    struct rig rig;
    struct hs_table *table = start(&rig, false);
    uint32_t slot = rig_slot(&rig, &rig.peers[0]);
    push(&rig, 0);
    uint16_t old = hs_table_at(table, slot)->rumor_version;
    push(&rig, 0);
    hs_rumor_queue_credit(&rig.node->core.view.rumor_queue, table, slot, old, 1);
    ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, 1);
    hs_rumor_queue_credit(&rig.node->core.view.rumor_queue, table, slot,
                          hs_table_at(table, slot)->rumor_version, 1);
    ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, 0);
    stop(&rig);
}
END_TEST

START_TEST(test_fresh_news_of_a_member_takes_its_old_place_and_keeps_its_blob)
{
    struct rig rig;
    unsigned got[MEMBERS];
    struct hs_table *table = start(&rig, false);
    const struct hs_member *member = hs_table_at(table, rig_slot(&rig, &rig.peers[0]));
    hs_rumor_queue_push(&rig.node->core.view.rumor_queue, table, rig_slot(&rig, &rig.peers[0]),
                        true);
    credit(&rig, 0, 9);
    push(&rig, 1);
    push(&rig, 0); /* alive again: whoever has not got the blob still lacks it */
    ck_assert_uint_eq(walk(&rig, got), 2);
    ck_assert_uint_eq(got[0], 0);
    ck_assert(member->flags & HS_MEMBER_BLOB_NEWS);
    credit(&rig, 0, 1);
    ck_assert(!(member->flags & HS_MEMBER_BLOB_NEWS));
    stop(&rig);
}
END_TEST

/* Six suspicions and six refutations: half of each datagram is good news. */
START_TEST(test_good_and_bad_news_take_turns)
{
    struct rig rig;
    unsigned got[MEMBERS];
    start(&rig, true);
    for (unsigned i = 0; i < MEMBERS; i += 2)
        push(&rig, i);
    for (unsigned i = 1; i < MEMBERS; i += 2)
        push(&rig, i);
    ck_assert_uint_eq(walk(&rig, got), MEMBERS);
    for (unsigned i = 0; i + 1 < MEMBERS; i += 2)
        ck_assert_uint_ne(got[i] % 2, got[i + 1] % 2);
    stop(&rig);
}
END_TEST

/* As many suspicions as come, fresher than the refutation: it is in the first two all the same. */
START_TEST(test_refutation_is_not_starved_by_suspicions)
{
    struct rig rig;
    unsigned got[MEMBERS];
    start(&rig, true);
    push(&rig, 0); /* the refutation */
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 1; i < MEMBERS; i += 2)
            push(&rig, i);
        size_t count = walk(&rig, got);
        ck_assert_uint_eq(count, 1 + MEMBERS / 2);
        ck_assert(got[0] == 0 || got[1] == 0);
    }
    stop(&rig);
}
END_TEST

START_TEST(test_random_operations_keep_the_lists_whole)
{
    struct rig rig;
    unsigned got[MEMBERS], queued[MEMBERS] = {0}, count = 0;
    uint64_t random = 2;
    start(&rig, true);
    for (unsigned i = 0; i < 4000; i++) {
        unsigned peer = (unsigned)harness_below(&random, MEMBERS);
        uint32_t slot = rig_slot(&rig, &rig.peers[peer]);
        size_t choice = harness_below(&random, 4);
        if (choice == 0)
            hs_rumor_queue_drop(&rig.node->core.view.rumor_queue, &rig.node->core.view.table, slot);
        else if (choice == 1)
            push(&rig, peer);
        else
            credit(&rig, peer, 8);
        bool is = hs_table_at(&rig.node->core.view.table, slot)->rumor_list != 0;
        count += (unsigned)is - queued[peer];
        queued[peer] = is;
        ck_assert_uint_eq(rig.node->core.view.rumor_queue.count, count);
        ck_assert_uint_eq(walk(&rig, got), count);
    }
    stop(&rig);
}
END_TEST

START_TEST(test_limit_is_four_log_ten_of_n_plus_one)
{
    for (uint32_t members = 2; members <= 1000000; members += members < 2000 ? 1 : 37) {
        double exact = 4 * log10(members + 1.0);
        uint32_t limit = hs_transmit_limit(members);
        ck_assert_double_ge(limit + 1e-9, exact);
        ck_assert_double_lt(limit, exact + 1 + 1e-9);
    }
    ck_assert_uint_eq(hs_transmit_limit(0), 2);
    ck_assert_uint_eq(hs_transmit_limit(1), 2);
    ck_assert_uint_eq(hs_transmit_limit(UINT32_MAX), HS_TRANSMIT_MAX);
}
END_TEST

HARNESS_MAIN("rumor_queue", test_fewest_transmissions_first_then_newest,
             test_rumor_leaves_after_its_transmissions_and_not_before,
             test_late_ack_of_an_older_rumor_does_not_count,
             test_fresh_news_of_a_member_takes_its_old_place_and_keeps_its_blob,
             test_good_and_bad_news_take_turns, test_refutation_is_not_starved_by_suspicions,
             test_random_operations_keep_the_lists_whole, test_limit_is_four_log_ten_of_n_plus_one)
