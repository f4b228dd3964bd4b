/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coming home without seeds (R37: state): what a node shows its owner to keep, and what the next
 * one does with it. Its own cluster must be found, whatever was restarted meanwhile, and no other
 * one joined.
 */
#include "pair.h"

#include <hearsay/ring.h>

#include "rules/recall.h"

#include <stdio.h>
#include <string.h>

/* ---- what an owner keeps ----------------------------------------------------------------- */

#define KEPT_MAX 64

struct kept {
    struct hearsay_contact contacts[KEPT_MAX], founder;
    char names[KEPT_MAX][HEARSAY_NAME_MAX + 1]; /* "": not known */
    size_t count;
    uint64_t timestamp;
};

static struct kept keep(const struct hearsay_node *node, struct hearsay_now now)
{
    struct kept kept = {.timestamp = hearsay_node_last_timestamp(node, now)};
    struct hearsay_contact contact;
    uint32_t cursor = 0;
    hearsay_node_founder(node, &kept.founder);
    while (hearsay_node_next_contact(node, now, &cursor, &contact)) {
        ck_assert_uint_lt(kept.count, KEPT_MAX);
        snprintf(kept.names[kept.count], sizeof kept.names[0], "%s",
                 contact.name ? contact.name : "");
        contact.name = NULL;
        kept.contacts[kept.count++] = contact;
    }
    return kept;
}

static struct kept keep_at(const struct pair *pair, unsigned at)
{
    return keep(pair->nodes[at], pair_now(pair, at));
}

static const struct hearsay_contact *find(const struct kept *kept, const char *name)
{
    for (size_t i = 0; i < kept->count; i++)
        if (kept->contacts[i].name_hash == hearsay_ring_hash(name, strlen(name)))
            return &kept->contacts[i];
    return NULL;
}

/* ---- lives ------------------------------------------------------------------------------- */

/* Frees a node's place for the next one at its address. */
static void die(struct pair *pair, unsigned at)
{
    if (pair->nodes[at])
        pair_kill(pair, at);
    memset(&pair->addrs[at], 0, sizeof pair->addrs[at]);
}

static void give(struct pair *pair, unsigned at, const struct kept *kept)
{
    if (kept->founder.id)
        ck_assert_int_eq(hearsay_node_remember_founder(pair->nodes[at], &kept->founder), 0);
    for (size_t i = 0; i < kept->count; i++)
        ck_assert_int_eq(
            hearsay_node_remember(pair->nodes[at], pair_now(pair, at), &kept->contacts[i]), 0);
}

/* The next life of the member that was at `last`, with what it has kept and without seeds. */
static unsigned live_again(struct pair *pair, const char *name, unsigned last,
                           const struct kept *kept)
{
    pair->config.last_timestamp = kept->timestamp;
    unsigned at = pair_add_at(pair, name, last);
    pair->config.last_timestamp = 0;
    give(pair, at, kept);
    hearsay_node_recall(pair->nodes[at], pair_now(pair, at));
    return at;
}

static void expect_one_cluster(struct pair *pair, unsigned count)
{
    ck_assert(pair_agree(pair));
    for (unsigned at = 0; at < pair->count; at++)
        if (pair->nodes[at])
            ck_assert_uint_eq(pair_stats(pair, at).members[HEARSAY_STATUS_ALIVE], count);
}

static void expect_alone(struct pair *pair, unsigned at)
{
    ck_assert_uint_eq(pair_stats(pair, at).members[HEARSAY_STATUS_ALIVE], 1);
}

START_TEST(test_a_cluster_that_was_killed_is_one_again)
{
    static const char *const names[] = {"n0", "n1", "n2"};
    for (unsigned lost_disks = 0; lost_disks < 2; lost_disks++) {
        struct pair pair;
        struct kept kept[3];
        pair_init(&pair);
        pair_form(&pair, 3);
        for (unsigned i = 0; i < 3; i++)
            kept[i] = keep_at(&pair, i);
        for (unsigned i = 0; i < 3; i++)
            die(&pair, i);
        if (lost_disks)
            kept[1] = (struct kept){.count = 0};
        for (unsigned i = 0; i < 3; i++)
            live_again(&pair, names[i], i + 1, &kept[i]);
        pair_run(&pair, 4 * RIG_SECOND);
        expect_one_cluster(&pair, 3);
        pair_fini(&pair);
    }
}
END_TEST

static void expect_founder(const struct pair *pair, unsigned at, const struct kept *kept)
{
    struct hearsay_contact founder;
    ck_assert_uint_ne(kept->founder.id, 0);
    ck_assert_int_eq(hearsay_node_founder(pair->nodes[at], &founder), 0);
    ck_assert_uint_eq(founder.id, kept->founder.id);
    ck_assert_uint_eq(founder.name_hash, kept->founder.name_hash);
    ck_assert(hearsay_addr_equal(&founder.addr, &kept->founder.addr));
}

/* The founder stays the same, so that those who come later recognise their cluster. */
START_TEST(test_all_come_home_to_the_founder_that_they_had)
{
    for (unsigned lost_disk = 0; lost_disk < 2; lost_disk++) {
        struct pair pair;
        pair_init(&pair);
        pair_form(&pair, 2);
        struct kept first = keep_at(&pair, 0), kept = keep_at(&pair, 1);
        die(&pair, 0);
        die(&pair, 1);
        if (lost_disk)
            first = (struct kept){.count = 0};
        unsigned a = live_again(&pair, "n0", 1, &first), b = live_again(&pair, "n1", 2, &kept);
        pair_run(&pair, 4 * RIG_SECOND);
        expect_one_cluster(&pair, 2);
        expect_founder(&pair, a, &kept);
        expect_founder(&pair, b, &kept);
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_a_newcomer_that_joins_it_gets_the_founder)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    struct kept kept = keep_at(&pair, 1);
    die(&pair, 0);
    die(&pair, 1);
    unsigned home = live_again(&pair, "n1", 2, &kept), newcomer = pair_add(&pair, "new");
    pair_join(&pair, newcomer, home);
    pair_run(&pair, 4 * RIG_SECOND);
    expect_founder(&pair, home, &kept);
    expect_founder(&pair, newcomer, &kept);
    pair_fini(&pair);
}
END_TEST

/* Its contacts are other processes by now, and know it as forced out, so that they do not call it.
 * Only the founder is the same. */
START_TEST(test_it_comes_home_though_all_others_were_restarted)
{
    static const char *const names[] = {"n0", "n1"};
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    struct kept kept = keep_at(&pair, 2);
    die(&pair, 2);
    ck_assert(pair_until(&pair, 0, "n2", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert_int_eq(hearsay_node_force_leave(pair.nodes[0], pair_now(&pair, 0), "n2", false), 0);
    pair_run(&pair, RIG_SECOND);
    for (unsigned i = 0; i < 2; i++) {
        die(&pair, i);
        unsigned again = pair_add_at(&pair, names[i], i + 1);
        pair_join(&pair, again, i == 0 ? 1 : 3);
        pair_run(&pair, 3 * RIG_SECOND);
    }
    unsigned home = live_again(&pair, "n2", 3, &kept);
    pair_run(&pair, 4 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, home).members[HEARSAY_STATUS_ALIVE], 3);
    expect_one_cluster(&pair, 3);
    pair_fini(&pair);
}
END_TEST

/* A DHCP server that has lost its leases gives them anew. */
START_TEST(test_a_cluster_whose_addresses_were_exchanged_is_one_again)
{
    static const char *const names[] = {"n0", "n1", "n2"};
    struct pair pair;
    struct kept kept[3];
    pair_init(&pair);
    pair_form(&pair, 3);
    for (unsigned i = 0; i < 3; i++)
        kept[i] = keep_at(&pair, i);
    for (unsigned i = 0; i < 3; i++)
        die(&pair, i);
    for (unsigned i = 0; i < 3; i++)
        live_again(&pair, names[i], (i + 1) % 3 + 1, &kept[i]);
    pair_run(&pair, 4 * RIG_SECOND);
    expect_one_cluster(&pair, 3);
    pair_fini(&pair);
}
END_TEST

/* R26: rejoining. Whoever left is not called, also if it was remembered before it was a member. */
START_TEST(test_a_remembered_member_that_has_left_is_not_called)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    struct kept kept[] = {keep_at(&pair, 0), keep_at(&pair, 1)};
    die(&pair, 0);
    die(&pair, 1);
    unsigned a = live_again(&pair, "n0", 1, &kept[0]), b = live_again(&pair, "n1", 2, &kept[1]);
    pair_run(&pair, 2 * RIG_SECOND);
    expect_one_cluster(&pair, 2);
    ck_assert_int_eq(hearsay_node_leave(pair.nodes[b], pair_now(&pair, b)), 0);
    pair_run(&pair, 2 * RIG_SECOND);
    die(&pair, b);
    ck_assert_uint_eq(keep_at(&pair, a).count, 0);
    uint64_t joins = pair_stats(&pair, a).sent[HEARSAY_KIND_JOIN];
    pair_run(&pair, 120 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, a).sent[HEARSAY_KIND_JOIN], joins);
    ck_assert_uint_eq(pair_stats(&pair, a).isolated, 0);
    pair_fini(&pair);
}
END_TEST

/* ---- strangers --------------------------------------------------------------------------- */

START_TEST(test_a_stranger_at_a_remembered_address_is_not_joined)
{
    for (unsigned is_namesake = 0; is_namesake < 2; is_namesake++) {
        struct pair pair;
        struct hearsay_event event;
        pair_init(&pair);
        pair_form(&pair, 2);
        struct kept kept = keep_at(&pair, 1);
        die(&pair, 0);
        die(&pair, 1);
        unsigned y = pair_add_at(&pair, "y", 7);
        unsigned x = pair_add_at(&pair, is_namesake ? "n0" : "x", 1);
        pair_join(&pair, x, y);
        pair_run(&pair, 2 * RIG_SECOND);
        pair_forget_events(&pair);
        unsigned home = live_again(&pair, "n1", 2, &kept);
        pair_run(&pair, 60 * RIG_SECOND);
        expect_alone(&pair, home);
        ck_assert_uint_eq(pair_stats(&pair, x).members[HEARSAY_STATUS_ALIVE], 2);
        ck_assert(pair_event(&pair, home, HEARSAY_EVENT_FOREIGN, &event));
        ck_assert_str_eq(event.accuser, is_namesake ? "n0" : "x");
        pair_fini(&pair);
    }
}
END_TEST

/* Whoever was moved to another cluster does not bring its former one along. */
START_TEST(test_a_member_that_was_moved_leaves_its_former_cluster_alone)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    struct kept kept = keep_at(&pair, 1);
    die(&pair, 1);
    unsigned y = pair_add(&pair, "y"), z = pair_add(&pair, "z");
    pair_join(&pair, z, y);
    pair_run(&pair, 2 * RIG_SECOND);
    unsigned moved = pair_add_at(&pair, "n1", 2);
    give(&pair, moved, &kept);
    pair_join(&pair, moved, y);
    pair_run(&pair, 120 * RIG_SECOND);
    hearsay_node_recall(pair.nodes[moved], pair_now(&pair, moved));
    pair_run(&pair, 10 * RIG_SECOND);
    expect_alone(&pair, 0);
    ck_assert_uint_eq(pair_stats(&pair, moved).members[HEARSAY_STATUS_ALIVE], 3);
    ck_assert_ptr_null(find(&(struct kept){0}, "n0"));
    kept = keep_at(&pair, moved);
    ck_assert_ptr_null(find(&kept, "n0"));
    ck_assert_ptr_nonnull(find(&kept, "z"));
    pair_fini(&pair);
}
END_TEST

/* ---- when they are called ---------------------------------------------------------------- */

static struct hearsay_contact contact_at(unsigned last, uint32_t age_s)
{
    return (struct hearsay_contact){
        .addr = rig_addr(last), .age_s = age_s, .name_hash = 1000 + last, .id = 2000 + last};
}

static void remember(struct rig *rig, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct hearsay_contact contact = contact_at(100 + i, 10);
        ck_assert_int_eq(hearsay_node_remember(rig->node, rig->now, &contact), 0);
    }
}

/* How many of the remembered addresses get a join within this time. `seen` marks them. */
static unsigned called(struct rig *rig, uint64_t span, bool seen[64])
{
    unsigned count = 0;
    uint64_t end = rig->now.boot + span;
    struct rig_out out;
    while (rig->now.boot < end) {
        while (rig_next(rig, &out)) {
            unsigned last = out.to.bytes[3];
            if (last < 100 || last >= 164)
                continue;
            count += !seen[last - 100];
            seen[last - 100] = true;
        }
        rig->now.boot += 10000;
        rig->now.wall += 10000;
        hearsay_node_tick(rig->node, rig->now);
    }
    return count;
}

START_TEST(test_they_are_called_four_at_a_time_when_the_owner_says_so)
{
    struct rig rig;
    bool seen[64] = {false};
    rig_init(&rig);
    rig_start(&rig);
    remember(&rig, 10);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 10);
    ck_assert_uint_eq(called(&rig, 60 * RIG_SECOND, seen), 0);
    hearsay_node_recall(rig.node, rig.now);
    ck_assert_uint_eq(called(&rig, 900000, seen), 4);
    ck_assert_uint_eq(called(&rig, 6 * RIG_SECOND, seen), 6);
    ck_assert_uint_eq(called(&rig, 3 * RIG_SECOND, seen), 0);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 0); /* R40: all were silent */
    rig_fini(&rig);
}
END_TEST

/* R26: rejoining. A cluster may have been divided when it lost its power. */
START_TEST(test_those_that_did_not_answer_are_all_called_again)
{
    struct rig rig;
    bool first[64] = {false}, then[64] = {false};
    rig_init(&rig);
    rig_start(&rig);
    remember(&rig, 10);
    hearsay_node_recall(rig.node, rig.now);
    ck_assert_uint_eq(called(&rig, 9 * RIG_SECOND, first), 10);
    ck_assert_uint_eq(called(&rig, 45 * RIG_SECOND, then), 10);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_they_are_called_for_a_week)
{
    struct rig rig;
    bool seen[64] = {false}, later[64] = {false};
    rig_init(&rig);
    rig_start(&rig);
    struct hearsay_contact old = contact_at(100, 7 * 86400 - 60), over = contact_at(101, 7 * 86400);
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &old), 0);
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &over), 0);
    struct kept kept = keep(rig.node, rig.now);
    ck_assert_uint_eq(kept.count, 1);
    ck_assert_uint_eq(kept.contacts[0].age_s, 7 * 86400 - 60);
    hearsay_node_recall(rig.node, rig.now);
    ck_assert_uint_eq(called(&rig, 30 * RIG_SECOND, seen), 1);
    called(&rig, 40 * RIG_SECOND, seen);
    ck_assert_uint_eq(called(&rig, 60 * RIG_SECOND, later), 0);
    kept = keep(rig.node, rig.now);
    ck_assert_uint_eq(kept.count, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_what_is_forgotten_is_called_no_more)
{
    struct rig rig;
    bool seen[64] = {false}, later[64] = {false};
    rig_init(&rig);
    rig_start(&rig);
    remember(&rig, 10);
    struct hearsay_contact founder = contact_at(99, 0);
    ck_assert_int_eq(hearsay_node_remember_founder(rig.node, &founder), 0);
    ck_assert_int_eq(hearsay_node_founder(rig.node, &founder), 0);
    hearsay_node_recall(rig.node, rig.now);
    ck_assert_uint_eq(called(&rig, 200000, seen), 4);
    hearsay_node_forget(rig.node, rig.now);
    called(&rig, 3 * RIG_SECOND, seen); /* the attempts under way end */
    ck_assert_uint_eq(called(&rig, 60 * RIG_SECOND, later), 0);
    ck_assert_uint_eq(hearsay_node_contacts_open(rig.node), 0);
    ck_assert_uint_eq(keep(rig.node, rig.now).count, 0);
    ck_assert_int_eq(hearsay_node_founder(rig.node, &founder), HEARSAY_ERR_NOTFOUND);
    rig_fini(&rig);
}
END_TEST

/* ---- beside seeds ------------------------------------------------------------------------ */

/* An operator who names an address means whoever is there now. */
START_TEST(test_a_seed_means_whoever_answers_though_it_is_remembered)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    remember(&rig, 2);
    struct hearsay_addr seed = rig_addr(100);
    ck_assert_int_eq(hearsay_node_seed(rig.node, rig.now, &seed), 0);
    const struct hs_contact *contact = hs_contacts_place(&rig.node->contacts, &seed);
    ck_assert_uint_eq(contact->meant.name_hash, 0);
    ck_assert_uint_eq(contact->flags, HS_CONTACT_SEED | HS_CONTACT_REPORT | HS_CONTACT_ACTIVE);
    ck_assert_uint_eq(keep(rig.node, rig.now).count, 1);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_they_give_way_to_seeds)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    remember(&rig, HS_REMEMBERED_MAX);
    struct hearsay_contact more = contact_at(99, 10);
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &more), HEARSAY_ERR_FULL);
    for (unsigned i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hearsay_addr seed = rig_addr(180 + i);
        ck_assert_int_eq(hearsay_node_seed(rig.node, rig.now, &seed), 0);
    }
    ck_assert_uint_eq(keep(rig.node, rig.now).count, 0);
    struct hearsay_addr seed = rig_addr(250);
    ck_assert_int_eq(hearsay_node_seed(rig.node, rig.now, &seed), HEARSAY_ERR_FULL);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_what_cannot_be_is_refused)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct hearsay_contact contact = contact_at(100, 0);
    contact.name_hash = 0;
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &contact), HEARSAY_ERR_INVALID);
    contact = contact_at(100, 0);
    contact.addr.port = 0;
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &contact), HEARSAY_ERR_INVALID);
    contact = contact_at(100, 0);
    contact.addr.bytes[0] = 224;
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &contact), HEARSAY_ERR_INVALID);
    contact = contact_at(100, 0);
    contact.id = 0;
    ck_assert_int_eq(hearsay_node_remember_founder(rig.node, &contact), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &contact), 0); /* id not known */
    contact = contact_at(1, 0);                                              /* its own address */
    ck_assert_int_eq(hearsay_node_remember(rig.node, rig.now, &contact), 0);
    ck_assert_uint_eq(keep(rig.node, rig.now).count, 1);
    rig_fini(&rig);
}
END_TEST

/* ---- what is kept ------------------------------------------------------------------------ */

START_TEST(test_members_and_the_lost_are_worth_keeping)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    struct rig_peer *teller = rig_meet(&rig, "present");
    static const char *const names[] = {"failed", "left", "forced"};
    for (unsigned i = 0; i < 3; i++) {
        struct rig_peer *peer = rig_meet(&rig, names[i]);
        struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, peer->timestamp + 1);
        rumor.cause = (enum hearsay_cause)(HEARSAY_CAUSE_FAILED + i);
        rig_tell(&rig, teller, &rumor);
    }
    teller->answers = true;
    rig_run(&rig, 30 * RIG_SECOND);
    struct kept kept = keep(rig.node, rig.now);
    ck_assert_uint_eq(kept.count, 2);
    const struct hearsay_contact *present = find(&kept, "present"), *failed = find(&kept, "failed");
    ck_assert(present && failed);
    ck_assert_uint_eq(present->age_s, 0);
    ck_assert_uint_eq(present->id, rig_peer_id(teller));
    ck_assert(failed->age_s >= 29 && failed->age_s <= 31);
    ck_assert_str_eq(kept.names[0], present == &kept.contacts[0] ? "present" : "failed");
    rig_fini(&rig);
}
END_TEST

/* R6: limit of future timestamps. */
START_TEST(test_a_timestamp_of_the_far_future_is_neither_kept_nor_used)
{
    struct rig rig;
    rig_init(&rig);
    rig.config.last_timestamp = RIG_WALL + HS_FUTURE_US + 1;
    rig_start(&rig);
    ck_assert_uint_eq(hs_self(&rig.node->core)->timestamp, RIG_WALL);
    ck_assert_uint_eq(hearsay_node_last_timestamp(rig.node, rig.now), RIG_WALL);
    rig.now.wall = RIG_WALL + HS_FUTURE_US + 5 * RIG_SECOND; /* its clock says 2036 */
    hs_self_assert(&rig.node->own);
    rig.now.boot += RIG_SECOND;
    hearsay_node_tick(rig.node, rig.now);
    struct hearsay_tag tag = {"a", "b"};
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, &tag, 1), 0);
    ck_assert_uint_ge(hearsay_node_last_timestamp(rig.node, rig.now), RIG_WALL + HS_FUTURE_US);
    rig.now.wall = RIG_WALL; /* and is put right */
    ck_assert_uint_eq(hearsay_node_last_timestamp(rig.node, rig.now), 0);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("recall", test_a_cluster_that_was_killed_is_one_again,
             test_all_come_home_to_the_founder_that_they_had,
             test_a_newcomer_that_joins_it_gets_the_founder,
             test_it_comes_home_though_all_others_were_restarted,
             test_a_cluster_whose_addresses_were_exchanged_is_one_again,
             test_a_remembered_member_that_has_left_is_not_called,
             test_a_stranger_at_a_remembered_address_is_not_joined,
             test_a_member_that_was_moved_leaves_its_former_cluster_alone,
             test_they_are_called_four_at_a_time_when_the_owner_says_so,
             test_those_that_did_not_answer_are_all_called_again, test_they_are_called_for_a_week,
             test_what_is_forgotten_is_called_no_more,
             test_a_seed_means_whoever_answers_though_it_is_remembered, test_they_give_way_to_seeds,
             test_what_cannot_be_is_refused, test_members_and_the_lost_are_worth_keeping,
             test_a_timestamp_of_the_far_future_is_neither_kept_nor_used)
