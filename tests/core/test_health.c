/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's own loss, slowness and absence (R17: probe, R19: local health multiplier, R20: absence).
 */
#include "inspect.h"
#include "rig.h"

#include <limits.h>

static void start(struct rig *rig, unsigned count)
{
    rig_init(rig);
    rig_start(rig);
    rig_meet_some(rig, count);
    rig_run(rig, 5 * RIG_SECOND); /* rumors about the newcomers are told, round trips known */
    rig_forget_events(rig);
}

static void set_answers(struct rig *rig, bool answers)
{
    for (unsigned i = 0; i < rig->peer_count; i++)
        rig->peers[i].answers = answers;
}

/* Time in which nobody calls the node: a stopped process, a machine that sleeps. */
static void freeze(struct rig *rig, uint64_t span)
{
    rig->now.boot += span;
    rig->now.wall += span;
}

START_TEST(test_thawed_node_says_so_and_condemns_nobody)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 7);
    rig.peers[3].answers = false;
    while (!rig_event_to(&rig, "p3", HEARSAY_STATUS_SUSPECT, &event))
        rig_run(&rig, 10000);
    freeze(&rig, 60 * RIG_SECOND);
    rig_run(&rig, RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    ck_assert_uint_ge(event.away_us, 58 * RIG_SECOND);
    ck_assert_uint_le(event.away_us, 60 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "p3").status, HEARSAY_STATUS_SUSPECT);
    /* It gets the rest of its time, not more: it does not answer. */
    rig_run(&rig, 6 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "p3").status, HEARSAY_STATUS_DEAD);
    for (unsigned i = 0; i < 7; i++)
        if (i != 3)
            ck_assert_int_eq(rig_member(&rig, rig.peers[i].name).status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_thawed_node_that_hears_nobody_waits_before_it_believes_it)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 7);
    set_answers(&rig, false);
    freeze(&rig, 10 * RIG_SECOND);
    rig_run(&rig, 25 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    for (unsigned i = 0; i < 7; i++)
        ck_assert_int_eq(rig_member(&rig, rig.peers[i].name).status, HEARSAY_STATUS_ALIVE);
    rig_run(&rig, 30 * RIG_SECOND);
    for (unsigned i = 0; i < 7; i++)
        ck_assert_int_eq(rig_member(&rig, rig.peers[i].name).status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_deaf_node_accuses_nobody_until_it_believes_the_silence)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 7);
    set_answers(&rig, false);
    rig_run(&rig, 25 * RIG_SECOND);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_MEMBER, &event));
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_MEMBER, &event));
    ck_assert_int_eq(event.to, HEARSAY_STATUS_SUSPECT);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_of_two_others_silence_is_evidence)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 2);
    set_answers(&rig, false);
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_MEMBER, &event));
    ck_assert_int_eq(event.to, HEARSAY_STATUS_SUSPECT);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_wall_clock_that_jumps_is_an_absence_of_unknown_length)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 5);
    rig.now.wall += 3600 * RIG_SECOND;
    rig_run(&rig, 2 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    ck_assert_uint_lt(event.away_us, HS_LATE);
    rig.now.wall -= 7200 * RIG_SECOND;
    rig_run(&rig, 2 * RIG_SECOND);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_punctual_node_is_never_away)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 5);
    rig_run(&rig, 60 * RIG_SECOND);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    rig_fini(&rig);
}
END_TEST

/* How long the next probe of a silent peer waits for its first answer. */
static uint64_t patience(struct rig *rig, struct rig_peer *peer)
{
    struct rig_out out;
    set_answers(rig, false); /* an answer would lower the multiplier */
    ck_assert(rig_wait(rig, HEARSAY_KIND_GOSSIP, peer, 10 * RIG_SECOND, &out));
    uint64_t first = rig->now.boot;
    ck_assert(rig_wait(rig, HEARSAY_KIND_GOSSIP, peer, 10 * RIG_SECOND, &out));
    return rig->now.boot - first;
}

START_TEST(test_multiplier_makes_a_node_more_patient_and_recovers)
{
    struct rig rig;
    start(&rig, 5);
    rig_run(&rig, 5 * RIG_SECOND);
    uint64_t calm = patience(&rig, &rig.peers[2]);
    rig_fini(&rig);

    start(&rig, 5);
    for (unsigned i = 1; i <= HS_MULTIPLIER_MAX + 1; i++) {
        struct hearsay_member self;
        hearsay_node_self(rig.node, rig.now, &self);
        struct hs_rumor doubt = {
            .id = self.id,
            .blob_check =
                (uint32_t)hs_table_at(&rig.node->core.view.table, rig.node->core.view.self)
                    ->meta->hash,
            .timestamp = self.timestamp + 1,
            .status = HEARSAY_STATUS_SUSPECT,
        };
        rig_tell(&rig, &rig.peers[1], &doubt);
    }
    ck_assert_uint_eq(rig_stats(&rig).refutations, HS_MULTIPLIER_MAX + 1);
    ck_assert_uint_eq(rig.node->health.multiplier, HS_MULTIPLIER_MAX);
    rig_run(&rig, 5 * RIG_SECOND); /* the refutations are told */
    ck_assert_uint_eq(rig.node->health.multiplier, 0);
    rig.node->health.multiplier = HS_MULTIPLIER_MAX;
    ck_assert_uint_ge(patience(&rig, &rig.peers[2]), 3 * calm);
    rig_fini(&rig);
}
END_TEST

/* R20: its records may be of members whose deaths all others have forgotten. */
START_TEST(test_node_away_for_longer_than_tombstones_live_begins_anew)
{
    struct rig rig;
    struct hearsay_event event;
    struct rig_out out;
    start(&rig, 5);
    set_answers(&rig, false);
    rig.peers[3].answers = false;
    while (!rig_event_to(&rig, "p3", HEARSAY_STATUS_SUSPECT, &event))
        rig_run(&rig, 10000); /* a suspicion, probes, an exchange: nothing may be left of them */
    const struct hearsay_ring *ring = hearsay_node_ring(rig.node);
    ck_assert_uint_eq(hearsay_ring_members(ring), 6);
    rig_drain(&rig);
    freeze(&rig, rig.config.tombstone_ttl + RIG_SECOND);
    hearsay_node_tick(rig.node, rig.now);
    ck_assert_ptr_null(inspect_node(rig.node));
    ck_assert(rig_expect(&rig, HEARSAY_KIND_JOIN, &out));
    ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
    ck_assert(event.view_dropped);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
        ck_assert_int_eq(event.kind, HEARSAY_EVENT_MEMBER);
        ck_assert_int_eq(event.to, HEARSAY_STATUS_NONE);
        ck_assert_int_eq(event.reason, HEARSAY_REASON_FORGOTTEN);
    }
    ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_RESYNC);
    ck_assert_uint_eq(event.lost, 0);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_RING, &event));
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig.node)), 1);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(rig_member(&rig, rig.peers[i].name).status, HEARSAY_STATUS_NONE);
    rig_run(&rig, 5 * RIG_SECOND);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* The attempt goes on, but what answers it from before the absence may be as old as that: whom it
 * speaks of may be dead since. */
START_TEST(test_an_absence_makes_answers_to_an_attempt_worthless)
{
    for (unsigned absent = 0; absent < 2; absent++) {
        struct rig rig;
        struct rig_out out;
        rig_init(&rig);
        rig_start(&rig);
        struct rig_peer *x = rig_stranger(&rig, "x");
        ck_assert_int_eq(hearsay_node_join(rig.node, rig.now, &x->blob.addr), 0);
        ck_assert(rig_expect(&rig, HEARSAY_KIND_JOIN, &out));
        freeze(&rig, absent ? rig.config.tombstone_ttl + RIG_SECOND : RIG_SECOND / 4);
        hearsay_node_tick(rig.node, rig.now);
        struct hs_rumor own = rig_rumor(x, HEARSAY_STATUS_ALIVE, x->timestamp);
        struct hs_message welcome = {.kind = HEARSAY_KIND_JOIN, .echo = out.message.nonce};
        rig_send(&rig, x, welcome, &own, 1);
        ck_assert_int_eq(rig_member(&rig, "x").status,
                         absent ? HEARSAY_STATUS_NONE : HEARSAY_STATUS_ALIVE);
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_NONCE), absent);
        rig_fini(&rig);
    }
}
END_TEST

/* Who loses most of what it sends and gets finds everybody silent, and is heard now and then. */
START_TEST(test_who_is_not_answered_at_first_accuses_nobody)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 9);
    uint64_t answered = rig.node->health.answered_at;
    set_answers(&rig, false);
    for (unsigned i = 0; i < 200; i++) {
        /* It hears, but is not heard. */
        rig_send(&rig, &rig.peers[0], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
        rig_run(&rig, 100000);
    }
    ck_assert_uint_eq(rig.node->health.answered_at, answered);
    ck_assert(!rig_event_to(&rig, "p3", HEARSAY_STATUS_SUSPECT, &event));
    for (unsigned i = 0; i < 9; i++)
        rig.peers[i].answers = i != 3;
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert(rig_event_to(&rig, "p3", HEARSAY_STATUS_SUSPECT, &event));
    rig_fini(&rig);
}
END_TEST

/* A probe that is answered at its twentieth try says more of the link than twenty that were
 * answered at once. */
START_TEST(test_every_try_in_vain_counts_as_loss)
{
    struct rig rig;
    start(&rig, 5);
    hs_health_answered(&rig.node->health, 30);
    ck_assert_uint_gt(rig_stats(&rig).loss_permille, 500);
    for (unsigned i = 0; i < 3; i++)
        hs_health_answered(&rig.node->health, 30);
    /* all that a probe and its helpers try */
    ck_assert(!hs_health_convinced(&rig.node->health, 36));
    for (unsigned i = 0; i < 150; i++)
        hs_health_answered(&rig.node->health, 0);
    ck_assert(hs_health_convinced(&rig.node->health, 3));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_own_loss_is_measured)
{
    struct rig rig;
    start(&rig, 5);
    rig_run(&rig, 300 * RIG_SECOND);
    ck_assert_uint_lt(rig_stats(&rig).loss_permille, 5);
    ck_assert(hs_health_convinced(&rig.node->health, 3));
    for (unsigned i = 0; i < 100; i++)
        hs_health_answered(&rig.node->health, 1);
    ck_assert_uint_gt(rig_stats(&rig).loss_permille, 400);
    ck_assert(!hs_health_convinced(&rig.node->health, 5));
    ck_assert(hs_health_convinced(&rig.node->health, 20));
    rig_fini(&rig);
}
END_TEST

/* ---- counters ---------------------------------------------------------------------------- */

static uint64_t round_trips(const struct hearsay_stats *stats)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < HEARSAY_RTT_CLASSES; i++)
        sum += stats->rtts[i];
    return sum;
}

START_TEST(test_round_trips_are_counted_by_class_up_to_their_bounds)
{
    struct rig rig;
    start(&rig, 3);
    struct hearsay_stats before = rig_stats(&rig);
    ck_assert_uint_gt(round_trips(&before), 0);
    uint64_t sum = 0;
    for (unsigned i = 0; i < HEARSAY_RTT_CLASSES - 1; i++) {
        uint32_t bound = (uint32_t)hearsay_rtt_bound(i);
        ck_assert(i == 0 || bound > hearsay_rtt_bound(i - 1));
        hs_health_round_trip(&rig.node->health, bound);
        hs_health_round_trip(&rig.node->health, bound + 1);
        sum += 2 * (uint64_t)bound + 1;
    }
    struct hearsay_stats after = rig_stats(&rig);
    ck_assert_uint_eq(after.rtts[0] - before.rtts[0], 1);
    for (unsigned i = 1; i < HEARSAY_RTT_CLASSES - 1; i++)
        ck_assert_uint_eq(after.rtts[i] - before.rtts[i], 2);
    ck_assert_uint_eq(after.rtts[HEARSAY_RTT_CLASSES - 1], 1);
    ck_assert_uint_eq(after.rtt_sum_us - before.rtt_sum_us, sum);
    ck_assert_uint_eq(hearsay_rtt_bound(0), 100);
    ck_assert_uint_eq(hearsay_rtt_bound(HEARSAY_RTT_CLASSES - 1), UINT64_MAX);
    ck_assert_uint_eq(hearsay_rtt_bound(UINT_MAX), UINT64_MAX);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_time_away_adds_up)
{
    struct rig rig;
    struct hearsay_event event;
    uint64_t sum = 0;
    start(&rig, 5);
    ck_assert_uint_eq(rig_stats(&rig).away_us, 0);
    for (unsigned i = 1; i <= 2; i++) {
        freeze(&rig, i * 3 * RIG_SECOND);
        rig_run(&rig, 10 * RIG_SECOND);
        ck_assert(rig_event(&rig, HEARSAY_EVENT_AWAY, &event));
        sum += event.away_us;
        ck_assert_uint_eq(rig_stats(&rig).away_us, sum);
    }
    ck_assert_uint_gt(sum, 7 * RIG_SECOND);
    rig_fini(&rig);
}
END_TEST

/* What no event tells any more, because its queue was full, is still counted. */
START_TEST(test_transitions_are_counted_by_status_and_cause)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 5);
    struct hearsay_stats stats = rig_stats(&rig);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_ALIVE][HEARSAY_CAUSE_NONE], 6);
    rig.peers[3].answers = false;
    while (!rig_event_to(&rig, "p3", HEARSAY_STATUS_DEAD, &event))
        rig_run(&rig, 10000);
    ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p3", false), 0);
    stats = rig_stats(&rig);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_SUSPECT][HEARSAY_CAUSE_NONE], 1);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_DEAD][HEARSAY_CAUSE_FAILED], 1);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_DEAD][HEARSAY_CAUSE_FORCED], 1);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_DEAD][HEARSAY_CAUSE_LEFT], 0);
    struct rig_peer *x = rig_stranger(&rig, "x"); /* it is told to be dead, long since */
    struct hs_rumor grave = rig_rumor(x, HEARSAY_STATUS_DEAD, x->timestamp);
    rig_tell(&rig, &rig.peers[1], &grave);
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_DEAD);
    stats = rig_stats(&rig);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_DEAD][HEARSAY_CAUSE_FAILED], 1);
    ck_assert_uint_eq(stats.transitions[HEARSAY_STATUS_ALIVE][HEARSAY_CAUSE_NONE], 6);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("health", test_thawed_node_says_so_and_condemns_nobody,
             test_thawed_node_that_hears_nobody_waits_before_it_believes_it,
             test_deaf_node_accuses_nobody_until_it_believes_the_silence,
             test_of_two_others_silence_is_evidence,
             test_wall_clock_that_jumps_is_an_absence_of_unknown_length,
             test_punctual_node_is_never_away,
             test_multiplier_makes_a_node_more_patient_and_recovers,
             test_node_away_for_longer_than_tombstones_live_begins_anew,
             test_an_absence_makes_answers_to_an_attempt_worthless,
             test_who_is_not_answered_at_first_accuses_nobody,
             test_every_try_in_vain_counts_as_loss, test_own_loss_is_measured,
             test_round_trips_are_counted_by_class_up_to_their_bounds, test_time_away_adds_up,
             test_transitions_are_counted_by_status_and_cause)
