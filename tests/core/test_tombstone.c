/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones: ages, hiding, forgetting, and what stale news cannot do (R7); removal by an operator.
 */
#include "inspect.h"
#include "rig.h"

#include <stdio.h>
#include <string.h>

#define T    RIG_WALL
#define HOUR (3600 * RIG_SECOND)
#define MS   1000u /* in a second */

/* A node with a ttl of one hour, p0 … p4 that answer, and the subject, which is dead. */
static struct rig_peer *start(struct rig *rig, uint32_t age)
{
    rig_init(rig);
    rig->config.tombstone_ttl = HOUR;
    rig->config.ring_hold = 0; /* what is in the ring is not forgotten */
    rig_start(rig);
    rig_meet_some(rig, 5);
    struct rig_peer *subject = rig_meet(rig, "subject");
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, T + 1);
    rumor.age = age * MS;
    rig_tell(rig, &rig->peers[0], &rumor);
    rig_drain(rig);
    rig_forget_events(rig);
    return subject;
}

static uint32_t age_of(const struct rig *rig, const struct rig_peer *subject)
{
    const struct hs_member *member =
        hs_table_at(&rig->node->core.view.table, rig_slot(rig, subject));
    return (uint32_t)(hs_member_age_us(member, rig->node->core.now.boot) / RIG_SECOND);
}

/* Time in which nothing comes in: only the reaper and the probes' timers run. */
#define SLEEPS 4

static void sleep_until(struct rig *rig, uint64_t span)
{
    for (unsigned i = 0; i < SLEEPS; i++) { /* not at once, or all would be forgotten (R20) */
        rig->now.boot += span / SLEEPS;
        rig->now.wall += span / SLEEPS;
        hearsay_node_tick(rig->node, rig->now);
        rig_drain(rig);
    }
}

START_TEST(test_age_is_kept_to_the_greatest_and_counted_on)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 100);
    ck_assert_uint_eq(age_of(&rig, subject), 100);
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, T + 1);
    rumor.age = 50 * MS;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert_uint_eq(age_of(&rig, subject), 100);
    rumor.age = 200 * MS;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert_uint_eq(age_of(&rig, subject), 200);
    rig_run(&rig, 7 * RIG_SECOND);
    rig_send(&rig, &rig.peers[1], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert_uint_eq(age_of(&rig, subject), 207);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_age_travels_with_the_rumor)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct rig_peer *subject = start(&rig, 100);
    rig.now.boot += 3 * RIG_SECOND;
    rig_send(&rig, &rig.peers[1], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[1], &out));
    ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
    ck_assert_uint_eq(rumor.age / MS, 103);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_tombstone_is_hidden_after_ttl_and_forgotten_after_twice_that)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 0);
    uint64_t with = rig_stats(&rig).digest;
    rig_run(&rig, HOUR - RIG_SECOND);
    ck_assert(!rig_member(&rig, "subject").hidden);
    rig_run(&rig, 2 * RIG_SECOND);
    ck_assert(rig_member(&rig, "subject").hidden);
    ck_assert_uint_ne(rig_stats(&rig).digest, with);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_NONE], 1);
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_NONE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_PRUNED);
    rig_run(&rig, HOUR - 2 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rig_run(&rig, 2 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_NONE);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_stale_alive_rumor_does_not_revive)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 0);
    struct hs_rumor stale = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T + 1);
    rig_tell(&rig, &rig.peers[1], &stale);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    sleep_until(&rig, HOUR + RIG_SECOND); /* hidden */
    rig_tell(&rig, &rig.peers[1], &stale);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_STALE), 2);
    stale.timestamp = T + 2; /* its own newer word does */
    rig_tell(&rig, &rig.peers[1], &stale);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_ALIVE);
    ck_assert(!rig_member(&rig, "subject").hidden);
    rig_fini(&rig);
}
END_TEST

/* What is in neither digest nor sync must be said when somebody still holds the old record. */
START_TEST(test_hidden_tombstone_answers_stale_news)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct rig_peer *subject = start(&rig, 0);
    sleep_until(&rig, HOUR + RIG_SECOND);
    struct hs_rumor stale = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T);
    for (int i = 0; i < 50; i++)
        rig_run(&rig, RIG_SECOND); /* all rumors are told */
    rig_drain(&rig);
    rig_tell(&rig, &rig.peers[1], &stale);
    ck_assert(rig_wait(&rig, HEARSAY_KIND_ACK, &rig.peers[1], RIG_SECOND, &out));
    ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
    ck_assert_int_eq(rumor.status, HEARSAY_STATUS_DEAD);
    ck_assert_uint_ge(rumor.age, 3600 * MS);
    rig_fini(&rig);
}
END_TEST

static unsigned joins_to(struct rig *rig, const struct rig_peer *peer, uint64_t span)
{
    struct rig_out out;
    unsigned count = 0;
    for (uint64_t end = rig->now.boot + span; rig->now.boot < end;) {
        rig_tick(rig, RIG_SECOND);
        while (rig_next(rig, &out))
            count += out.decoded && out.message.kind == HEARSAY_KIND_JOIN &&
                     hearsay_addr_equal(&out.to, &peer->blob.addr);
    }
    return count;
}

/* R26: halves that were apart for days find each other again. */
START_TEST(test_failed_member_is_called_for_a_week)
{
    const uint64_t day = 24 * HOUR;
    struct rig rig;
    struct rig_peer *subject = start(&rig, 0);
    sleep_until(&rig, HOUR + RIG_SECOND);
    ck_assert(rig_member(&rig, "subject").hidden);
    ck_assert_uint_gt(joins_to(&rig, subject, 600 * RIG_SECOND), 3);
    sleep_until(&rig, HOUR);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_NONE);
    ck_assert_uint_gt(joins_to(&rig, subject, 600 * RIG_SECOND), 3);
    for (unsigned i = 0; i < 6 * 24 * 2; i++)
        sleep_until(&rig, HOUR / 2);
    ck_assert_uint_gt(joins_to(&rig, subject, 600 * RIG_SECOND), 3);
    for (unsigned i = 0; i < 24 * 2; i++)
        sleep_until(&rig, HOUR / 2);
    ck_assert_uint_eq(joins_to(&rig, subject, 600 * RIG_SECOND), 0);
    ck_assert_uint_ge(rig.now.boot, 7 * day);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_tombstone_past_its_time_is_nobodys_news)
{
    struct rig rig;
    start(&rig, 0);
    struct rig_peer *other = rig_stranger(&rig, "other");
    struct hs_rumor rumor = rig_rumor(other, HEARSAY_STATUS_DEAD, T);
    rumor.age = 3600 * MS;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert_int_eq(rig_member(&rig, "other").status, HEARSAY_STATUS_NONE);
    rumor.age = 3599 * MS;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert_int_eq(rig_member(&rig, "other").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

/* It was alive in between, elsewhere: this is another death with an age of its own. */
START_TEST(test_newer_death_is_a_new_tombstone)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 0);
    sleep_until(&rig, HOUR + RIG_SECOND);
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, T + 9);
    rumor.age = 5 * MS;
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert(!rig_member(&rig, "subject").hidden);
    ck_assert_uint_eq(age_of(&rig, subject), 5);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* ---- by an operator ---------------------------------------------------------------------- */

START_TEST(test_force_leave_of_the_alive_of_oneself_and_of_nobody_is_refused)
{
    struct rig rig;
    start(&rig, 0);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p0", false), HEARSAY_ERR_ALIVE);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "n1", true), HEARSAY_ERR_ALIVE);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "nobody", false),
                     HEARSAY_ERR_NOTFOUND);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_forced_death_is_t_plus_1_and_beats_the_suspicion)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 0);
    struct hs_rumor rumor = rig_rumor(&rig.peers[2], HEARSAY_STATUS_SUSPECT, T + 1);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p2", false), 0);
    ck_assert_int_eq(rig_member(&rig, "p2").status, HEARSAY_STATUS_DEAD);
    ck_assert_int_eq(rig_member(&rig, "p2").cause, HEARSAY_CAUSE_FORCED);
    ck_assert_uint_eq(rig_member(&rig, "p2").timestamp, T + 2);
    ck_assert(rig_event_to(&rig, "p2", HEARSAY_STATUS_DEAD, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_FORCED);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_prune_hides_at_once_and_everywhere)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct rig_peer *subject = start(&rig, 10);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "subject", true), 0);
    ck_assert(rig_member(&rig, "subject").hidden);
    rig_send(&rig, &rig.peers[1], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[1], &out));
    ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
    ck_assert_uint_ge(rumor.age, 3600 * MS);
    rig_fini(&rig);
}
END_TEST

/* Whoever follows the events would otherwise hold a pruned member for ever. */
START_TEST(test_a_death_is_told_before_its_pruning)
{
    struct rig rig;
    struct hearsay_event event;
    enum hearsay_reason told[4];
    unsigned count = 0;
    start(&rig, 0);
    struct hs_rumor rumor = rig_rumor(&rig.peers[2], HEARSAY_STATUS_SUSPECT, T + 1);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p2", true), 0);
    while (count < 4 && rig_event(&rig, HEARSAY_EVENT_MEMBER, &event))
        told[count++] = event.reason;
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(told[0], HEARSAY_REASON_SILENT);
    ck_assert_int_eq(told[1], HEARSAY_REASON_FORCED);
    ck_assert_int_eq(told[2], HEARSAY_REASON_PRUNED);
    rig_fini(&rig);
}
END_TEST

/* What was hidden stays so: force-leave without prune is no way back into the lists. */
START_TEST(test_force_leave_of_a_tombstone_keeps_its_age)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 100);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "subject", false), 0);
    ck_assert_uint_eq(age_of(&rig, subject), 100);
    sleep_until(&rig, HOUR);
    ck_assert(rig_member(&rig, "subject").hidden);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "subject", false), 0);
    ck_assert(rig_member(&rig, "subject").hidden);
    rig_fini(&rig);
}
END_TEST

/* ---- a full table ------------------------------------------------------------------------ */

/* Eight places: n1, p0 to p4, and two that are dead for so many seconds. */
static void start_full(struct rig *rig, uint32_t age_of_first, uint32_t age_of_second)
{
    rig_init(rig);
    rig->config.tombstone_ttl = HOUR;
    rig->config.max_members = 8;
    rig_start(rig);
    rig_meet_some(rig, 5);
    const uint32_t ages[] = {age_of_first, age_of_second};
    for (unsigned i = 0; i < 2; i++) {
        struct hs_rumor rumor =
            rig_rumor(rig_meet(rig, i ? "second" : "first"), HEARSAY_STATUS_DEAD, T + 1);
        rumor.age = ages[i] * MS;
        rig_tell(rig, &rig->peers[0], &rumor);
    }
    rig_run(rig, 10 * RIG_SECOND); /* all is told, and the ring is made without them */
    rig_drain(rig);
    rig_forget_events(rig);
    ck_assert_uint_eq(rig_stats(rig).members[HEARSAY_STATUS_DEAD], 2);
}

static void tell_newcomer(struct rig *rig, const char *name)
{
    struct hs_rumor rumor = rig_rumor(rig_stranger(rig, name), HEARSAY_STATUS_ALIVE, T);
    rig_tell(rig, &rig->peers[0], &rumor);
}

START_TEST(test_oldest_tombstone_gives_way_and_all_are_told)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct hearsay_event event;
    start_full(&rig, 100, 200);
    uint64_t second = rig_member(&rig, "second").id;
    tell_newcomer(&rig, "living");
    ck_assert_int_eq(rig_member(&rig, "living").status, HEARSAY_STATUS_ALIVE);
    ck_assert(rig_member(&rig, "second").hidden);
    ck_assert(!rig_member(&rig, "first").hidden);
    ck_assert(rig_event_to(&rig, "second", HEARSAY_STATUS_NONE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_PRUNED);
    ck_assert(rig_wait(&rig, HEARSAY_KIND_ACK, &rig.peers[0], RIG_SECOND, &out));
    ck_assert(rig_carries(&out, second, &rumor));
    ck_assert_uint_ge(rumor.age, 3600 * MS);
    tell_newcomer(&rig, "another");
    ck_assert(rig_member(&rig, "first").hidden);
    tell_newcomer(&rig, "one-too-many");
    ck_assert_int_eq(rig_member(&rig, "one-too-many").status, HEARSAY_STATUS_NONE);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_FULL, &event));
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* What others have not hidden yet must not come back for long: it is hidden, and told, again. */
/* The rumor has no blob, so the name is that of the tombstone. */
START_TEST(test_who_comes_back_to_a_full_table_is_refused_by_name)
{
    struct rig rig;
    struct hearsay_event event;
    start_full(&rig, 20, 10);
    tell_newcomer(&rig, "x");
    tell_newcomer(&rig, "y");
    rig_forget_events(&rig);
    struct rig_peer *first = &rig.peers[5];
    ck_assert_str_eq(first->name, "first");
    struct hs_rumor rumor = rig_rumor(first, HEARSAY_STATUS_ALIVE, T + 5);
    rumor.blob = NULL;
    rumor.blob_check = (uint32_t)hs_hash(first->bytes, first->len);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_TABLE_FULL), 1);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_FULL, &event));
    ck_assert_str_eq(event.name, "first");
    ck_assert(hearsay_addr_equal(&event.addr, &first->blob.addr));
    rig_fini(&rig);
}
END_TEST

/* R23: leaving. Its own tombstone has a place of its own. */
START_TEST(test_who_leaves_a_full_cluster_takes_in_no_more_than_fit)
{
    struct rig rig;
    start_full(&rig, 20, 10);
    hearsay_node_leave(rig.node, rig.now);
    tell_newcomer(&rig, "x");
    tell_newcomer(&rig, "y");
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_TABLE_FULL), 0);
    tell_newcomer(&rig, "z");
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_TABLE_FULL), 1);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 7);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_DEAD], 1);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_a_hidden_one_that_is_told_again_is_answered)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start_full(&rig, 100, 200);
    tell_newcomer(&rig, "living");
    rig_run(&rig, 20 * RIG_SECOND);
    rig_drain(&rig);
    struct hearsay_member second = rig_member(&rig, "second");
    ck_assert(second.hidden);
    rumor = rig_rumor(&rig.peers[6], HEARSAY_STATUS_DEAD, T + 1); /* with a lesser age */
    ck_assert_uint_eq(rumor.id, second.id);
    rig_tell(&rig, &rig.peers[1], &rumor);
    ck_assert(rig_member(&rig, "second").hidden);
    ck_assert(rig_wait(&rig, HEARSAY_KIND_ACK, &rig.peers[1], RIG_SECOND, &out));
    ck_assert(rig_carries(&out, second.id, &rumor));
    ck_assert_uint_ge(rumor.age, 3600 * MS);
    rig_fini(&rig);
}
END_TEST

/* A death that others know is taken even then, so that all come to show the same. */
START_TEST(test_the_dead_of_others_are_compared_by_age)
{
    struct rig rig;
    start_full(&rig, 100, 200);
    struct hs_rumor rumor = rig_rumor(rig_stranger(&rig, "older"), HEARSAY_STATUS_DEAD, T);
    rumor.age = 1000 * MS;
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(rig_member(&rig, "older").hidden);
    rumor = rig_rumor(rig_stranger(&rig, "younger"), HEARSAY_STATUS_DEAD, T);
    rumor.age = 10 * MS;
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(!rig_member(&rig, "younger").hidden);
    ck_assert(!rig_member(&rig, "first").hidden);
    ck_assert(rig_member(&rig, "second").hidden);
    rig_fini(&rig);
}
END_TEST

/* Names that come and go for ever: places for the hidden are bounded, and the oldest go first. */
START_TEST(test_hidden_tombstones_are_bounded)
{
    struct rig rig;
    start_full(&rig, 100, 200);
    const struct hs_table *table = &rig.node->core.view.table;
    struct rig_peer *peer = rig_stranger(&rig, "peer");
    for (unsigned i = 0; i < 500; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        rig_peer_init(peer, name, 200, i + 1000);
        struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, T + i);
        rumor.age = 50 * MS;
        rig_tell(&rig, &rig.peers[0], &rumor);
        rig_drain(&rig);
        ck_assert_uint_le(hs_table_counted(table), 8);
        ck_assert_uint_le(table->count, hs_table_places(table));
        ck_assert_int_eq(rig_member(&rig, name).status, HEARSAY_STATUS_DEAD);
        ck_assert_ptr_null(inspect_node(rig.node));
    }
    ck_assert_uint_eq(table->count, hs_table_places(table));
    ck_assert_int_eq(rig_member(&rig, "x0").status, HEARSAY_STATUS_NONE);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("tombstone", test_failed_member_is_called_for_a_week,
             test_age_is_kept_to_the_greatest_and_counted_on, test_age_travels_with_the_rumor,
             test_tombstone_is_hidden_after_ttl_and_forgotten_after_twice_that,
             test_stale_alive_rumor_does_not_revive, test_hidden_tombstone_answers_stale_news,
             test_tombstone_past_its_time_is_nobodys_news, test_newer_death_is_a_new_tombstone,
             test_force_leave_of_the_alive_of_oneself_and_of_nobody_is_refused,
             test_forced_death_is_t_plus_1_and_beats_the_suspicion,
             test_prune_hides_at_once_and_everywhere, test_a_death_is_told_before_its_pruning,
             test_force_leave_of_a_tombstone_keeps_its_age,
             test_oldest_tombstone_gives_way_and_all_are_told,
             test_who_comes_back_to_a_full_table_is_refused_by_name,
             test_who_leaves_a_full_cluster_takes_in_no_more_than_fit,
             test_a_hidden_one_that_is_told_again_is_answered,
             test_the_dead_of_others_are_compared_by_age, test_hidden_tombstones_are_bounded)
