/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: digest and counts compared with a model after any sequence of changes; the probe list;
 * the bound.
 */
#include "inspect.h"
#include "rig.h"
#include "view/probe_list.h"

#include <stdio.h>
#include <string.h>

#define NAMES  40
#define ADDRS  8 /* of all their instances together */
#define RUMORS 3000

/* A random rumor about one of a few names; two instances of each. They share a few addresses. */
static struct hs_rumor random_rumor(uint64_t *random, struct rig_peer *peer)
{
    char name[16];
    unsigned at = (unsigned)harness_below(random, NAMES), life = (unsigned)harness_below(random, 2);
    snprintf(name, sizeof name, "m%u", at);
    rig_peer_init(peer, name, 100 + (at + 3 * life) % ADDRS, 1 + at + 1000 * life);
    struct hs_rumor rumor = rig_rumor(peer, (enum hearsay_status)(1 + harness_below(random, 3)),
                                      RIG_WALL + harness_below(random, 20));
    if (rumor.status == HEARSAY_STATUS_DEAD)
        rumor.cause = (enum hearsay_cause)(1 + harness_below(random, 3));
    return rumor;
}

/* What R3 says that the view must be: the greatest record of each name. */
struct model {
    struct hs_version versions[NAMES];
    bool known[NAMES];
};

static void model_merge(struct model *model, const struct rig_peer *peer,
                        const struct hs_rumor *rumor)
{
    unsigned at = (unsigned)strtoul(peer->name + 1, NULL, 10);
    struct hs_version version = {rumor->timestamp, hs_hash(peer->bytes, peer->len), rumor->status,
                                 rumor->cause};
    if (!model->known[at] || hs_version_compare(&version, &model->versions[at]) > 0)
        model->versions[at] = version;
    model->known[at] = true;
}

static uint64_t model_digest(const struct model *model)
{
    uint64_t digest = 0;
    for (unsigned at = 0; at < NAMES; at++)
        digest += model->known[at] ? hs_version_hash(&model->versions[at]) : 0;
    return digest;
}

START_TEST(test_random_records_against_a_model)
{
    struct rig rig;
    struct rig_peer peer;
    struct model model = {0};
    uint64_t random = 5;
    rig_init(&rig);
    rig_start(&rig);
    uint64_t own = rig_stats(&rig).digest;
    for (unsigned i = 0; i < RUMORS; i++) {
        struct hs_rumor rumor = random_rumor(&random, &peer);
        hs_merge_rumor(&rig.node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
        model_merge(&model, &peer, &rumor);
        ck_assert_uint_eq(rig_stats(&rig).digest - own, model_digest(&model));
        if (i % 50 == 0)
            ck_assert_ptr_null(inspect_node(rig.node));
        if (i % 200 == 0)
            rig_forget_events(&rig);
    }
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* The same rumors in another order. */
static uint64_t digest_by(uint64_t order)
{
    static struct rig_peer peers[200];
    struct hs_rumor rumors[200];
    struct rig rig;
    uint64_t random = 9;
    rig_init(&rig);
    rig_start(&rig);
    for (unsigned i = 0; i < 200; i++)
        rumors[i] = random_rumor(&random, &peers[i]);
    for (size_t left = 200; left > 0; left--) {
        size_t at = harness_below(&order, left);
        struct hs_rumor rumor = rumors[at];
        rumors[at] = rumors[left - 1];
        rumors[left - 1] = rumor;
        hs_merge_rumor(&rig.node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    }
    uint64_t digest = rig_stats(&rig).digest;
    rig_fini(&rig);
    return digest;
}

START_TEST(test_views_reached_by_different_ways_have_equal_digests)
{
    uint64_t digest = digest_by(1);
    for (uint64_t order = 2; order < 30; order++)
        ck_assert_uint_eq(digest_by(order), digest);
}
END_TEST

START_TEST(test_buckets_of_every_size_sum_to_the_digest)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 12);
    for (unsigned bits = 0; bits <= HS_BUCKET_BITS; bits++) {
        uint32_t sum = 0;
        for (uint32_t at = 0; at < 1u << bits; at++)
            sum += hs_table_bucket(&rig.node->core.view.table, bits, at);
        ck_assert_uint_eq(sum, (uint32_t)rig_stats(&rig).digest);
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(test_bound_is_exact_and_room_is_there_again_when_one_is_forgotten)
{
    struct rig rig;
    rig_init(&rig);
    rig.config.max_members = 5;
    rig.config.ring = false;
    rig_start(&rig);
    rig_meet_some(&rig, 4);
    struct rig_peer *another = rig_stranger(&rig, "another");
    struct hs_rumor newcomer = rig_rumor(another, HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(&rig, &rig.peers[0], &newcomer);
    ck_assert_int_eq(rig_member(&rig, "another").status, HEARSAY_STATUS_NONE);
    struct hs_rumor rumor = rig_rumor(&rig.peers[3], HEARSAY_STATUS_DEAD, RIG_WALL + 1);
    rumor.age = UINT32_MAX; /* long gone */
    rig_tell(&rig, &rig.peers[0], &rumor);
    rig_run(&rig, RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "p3").status, HEARSAY_STATUS_NONE);
    rig_tell(&rig, &rig.peers[0], &newcomer);
    ck_assert_int_eq(rig_member(&rig, "another").status, HEARSAY_STATUS_ALIVE);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* ---- the probe list (R14) ---------------------------------------------------------------- */

START_TEST(test_each_pass_visits_everyone_once_and_passes_differ)
{
    struct rig rig;
    unsigned same = 0;
    uint32_t last[10] = {0};
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 10);
    struct hs_table *table = &rig.node->core.view.table;
    table->probe_list_next = table->probe_list_count;
    for (unsigned pass = 0; pass < 50; pass++) {
        uint64_t seen = 0;
        for (unsigned i = 0; i < 10; i++) {
            uint32_t slot = hs_probe_list_next(table, &rig.node->core.random);
            ck_assert_uint_ne(slot, rig.node->core.view.self);
            ck_assert(!(seen >> slot & 1));
            seen |= UINT64_C(1) << slot;
            same += last[i] == slot;
            last[i] = slot;
        }
    }
    ck_assert_uint_lt(same, 150); /* one in ten would be chance */
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_leaves_amid_a_pass_costs_nobody_a_turn)
{
    for (unsigned when = 0; when < 10; when++)
        for (unsigned who = 0; who < 10; who++) {
            struct rig rig;
            unsigned turns[32] = {0};
            rig_init(&rig);
            rig_start(&rig);
            rig_meet_some(&rig, 10);
            struct hs_table *table = &rig.node->core.view.table;
            table->probe_list_next = table->probe_list_count;
            for (unsigned i = 0; i < when; i++)
                turns[hs_probe_list_next(table, &rig.node->core.random)]++;
            uint32_t gone = rig_slot(&rig, &rig.peers[who]);
            unsigned rest = 10 - when - (turns[gone] ? 0 : 1);
            hs_probe_list_retire(table, gone);
            for (unsigned i = 0; i < rest; i++)
                turns[hs_probe_list_next(table, &rig.node->core.random)]++;
            for (unsigned i = 0; i < 10; i++)
                if (i != who)
                    ck_assert_uint_eq(turns[rig_slot(&rig, &rig.peers[i])], 1);
            hs_probe_list_insert(table, &rig.node->core.random, gone);
            ck_assert_ptr_null(inspect_node(rig.node));
            rig_fini(&rig);
        }
}
END_TEST

START_TEST(test_newcomer_is_inserted_at_a_random_place)
{
    unsigned places[11] = {0};
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 11);
    uint32_t slot = rig_slot(&rig, &rig.peers[10]);
    for (unsigned i = 0; i < 2200; i++) {
        hs_probe_list_retire(&rig.node->core.view.table, slot);
        rig.node->core.view.table.probe_list_next = 0;
        hs_probe_list_insert(&rig.node->core.view.table, &rig.node->core.random, slot);
        places[hs_table_at(&rig.node->core.view.table, slot)->probe_list_at]++;
    }
    for (unsigned at = 0; at < 11; at++) {
        ck_assert_uint_gt(places[at], 120); /* 200, give or take six sigma */
        ck_assert_uint_lt(places[at], 280);
    }
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("table", test_random_records_against_a_model,
             test_views_reached_by_different_ways_have_equal_digests,
             test_buckets_of_every_size_sum_to_the_digest,
             test_bound_is_exact_and_room_is_there_again_when_one_is_forgotten,
             test_each_pass_visits_everyone_once_and_passes_differ,
             test_who_leaves_amid_a_pass_costs_nobody_a_turn,
             test_newcomer_is_inserted_at_a_random_place)
