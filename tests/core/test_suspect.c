/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicion: its timestamp, its evidence, its duration, and what may end it (R3, R18, R22).
 */
#include "inspect.h"
#include "rig.h"
#include "view/damping.h"

#include <string.h>

#define T RIG_WALL /* the timestamp of every peer's first record */

static struct hs_suspicion *suspicion_of(struct rig *rig, const struct rig_peer *peer)
{
    return hs_member_suspicion(hs_table_at(&rig->node->core.view.table, rig_slot(rig, peer)));
}

/* A suspicion of `subject` with the first `count` peers as accusers. */
static struct hs_rumor doubt(const struct rig *rig, const struct rig_peer *subject, uint8_t count,
                             uint8_t refused_mask)
{
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_SUSPECT, T + 1);
    rumor.accuser_count = count;
    rumor.refused_mask = refused_mask;
    for (uint8_t i = 0; i < count; i++)
        rumor.accusers[i] = rig_peer_id(&rig->peers[i]);
    return rumor;
}

/* `count` peers that answer, and the subject, which does not. */
static struct rig_peer *start(struct rig *rig, unsigned count)
{
    rig_init(rig);
    rig_start(rig);
    rig_meet_some(rig, count);
    struct rig_peer *subject = rig_meet(rig, "subject");
    rig_run(rig, 1000);
    rig_forget_events(rig);
    return subject;
}

START_TEST(test_silent_member_is_suspected_at_t_plus_1_then_dead_at_the_same_timestamp)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 5);
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_SUSPECT, &event));
    ck_assert_int_eq(event.from, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_eq(event.timestamp, T + 1);
    ck_assert_str_eq(event.accuser, "n1");
    ck_assert_int_eq(event.reason, HEARSAY_REASON_SILENT);
    ck_assert_uint_eq(rig_stats(&rig).suspicions, 1);
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_DEAD, &event));
    ck_assert_int_eq(event.from, HEARSAY_STATUS_SUSPECT);
    ck_assert_uint_eq(event.timestamp, T + 1);
    ck_assert_int_eq(event.reason, HEARSAY_REASON_FAILED);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(rig_member(&rig, rig.peers[i].name).status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

/* R18, with enough members for three accusers to be wanted. */
START_TEST(test_time_to_answer_falls_with_accusers_and_refusals)
{
    static const struct {
        uint8_t accusers, refused;
        uint64_t timeout;
    } cases[] = {
        {0, 0, 5000000}, {1, 0, 5000000}, {2, 0, 3750000}, {3, 0, 2500000}, {4, 0, 2500000},
        {1, 1, 5000000}, {2, 1, 3750000}, {2, 3, 1000000}, {4, 9, 1000000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        struct rig_peer *subject = start(&rig, 7);
        struct hs_rumor rumor = doubt(&rig, subject, cases[i].accusers, cases[i].refused);
        rig_tell(&rig, &rig.peers[6], &rumor);
        const struct hs_suspicion *suspicion = suspicion_of(&rig, subject);
        ck_assert_ptr_nonnull(suspicion);
        ck_assert_uint_eq(rig_left(&rig, &suspicion->timer), cases[i].timeout);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_only_known_alive_accusers_count)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor dead = rig_rumor(&rig.peers[1], HEARSAY_STATUS_DEAD, T + 5);
    rig_tell(&rig, &rig.peers[6], &dead);
    struct hs_rumor rumor = doubt(&rig, subject, 3, 6);
    rumor.accusers[2] = 12345; /* nobody */
    rig_tell(&rig, &rig.peers[6], &rumor);
    ck_assert_uint_eq(rig_left(&rig, &suspicion_of(&rig, subject)->timer), 5000000);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_evidence_merges_by_union_and_a_grown_set_is_news_again)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor first = doubt(&rig, subject, 1, 0), second = doubt(&rig, subject, 2, 0);
    const struct hs_member *member =
        hs_table_at(&rig.node->core.view.table, rig_slot(&rig, subject));
    second.accusers[0] = rig_peer_id(&rig.peers[2]);
    rig_tell(&rig, &rig.peers[6], &first);
    uint16_t news = member->rumor_version;
    rig_tell(&rig, &rig.peers[5], &first);
    ck_assert_uint_eq(member->rumor_version, news); /* nothing new */
    rig_tell(&rig, &rig.peers[5], &second);
    ck_assert_uint_eq(member->rumor_version, news + 1);
    ck_assert_uint_eq(member->suspicion->accuser_count, 3);
    second.refused_mask = 1; /* who was silent to it is refused now */
    rig_tell(&rig, &rig.peers[5], &second);
    ck_assert_uint_eq(member->rumor_version, news + 2);
    rig_tell(&rig, &rig.peers[5], &second);
    ck_assert_uint_eq(member->rumor_version, news + 2);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_set_of_accusers_has_room_for_four)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor first = doubt(&rig, subject, 4, 0), second = doubt(&rig, subject, 1, 1);
    rig_tell(&rig, &rig.peers[6], &first);
    second.accusers[0] = rig_peer_id(&rig.peers[5]);
    rig_tell(&rig, &rig.peers[6], &second);
    const struct hs_suspicion *suspicion = suspicion_of(&rig, subject);
    ck_assert_ptr_nonnull(suspicion);
    ck_assert_uint_eq(suspicion->accuser_count, HS_ACCUSERS_MAX);
    ck_assert_uint_eq(suspicion->refused_mask, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_age_of_a_suspicion_travels_with_it)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor rumor = doubt(&rig, subject, 1, 0);
    rumor.age = 2000;
    rig_tell(&rig, &rig.peers[6], &rumor);
    ck_assert_uint_eq(rig_left(&rig, &suspicion_of(&rig, subject)->timer), 3000000);
    rig_drain(&rig);
    rig_tick(&rig, 500000);
    rig_drain(&rig);
    rig_send(&rig, &rig.peers[6], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[6], &out));
    ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
    ck_assert_uint_eq(rumor.age, 2500);
    ck_assert_uint_eq(rumor.accuser_count, 1);
    ck_assert_uint_eq(rumor.accusers[0], rig_peer_id(&rig.peers[0]));
    rig_fini(&rig);
}
END_TEST

/* No member is declared dead on reports alone: who answers us does not die by others' words. */
START_TEST(test_death_needs_evidence_of_our_own)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 7);
    subject->answers = true;
    struct hs_rumor rumor = doubt(&rig, subject, 4, 15);
    rig_tell(&rig, &rig.peers[6], &rumor);
    rig_run(&rig, 30 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_SUSPECT);
    subject->answers = false;
    rig_run(&rig, 15 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

/* Loses most of what it sends and gets: its own silence is no evidence, others' word is. */
START_TEST(test_death_on_a_bad_link_waits_for_others)
{
    struct rig rig;
    start(&rig, 7);
    struct rig_peer *subject = &rig.peers[7];
    struct hs_rumor rumor = doubt(&rig, subject, 4, 0);
    rig_tell(&rig, &rig.peers[6], &rumor);
    for (unsigned i = 0; i < 30; i++) {
        rig.node->health.loss = 0.96;
        rig_run(&rig, RIG_SECOND);
    }
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_SUSPECT);
    ck_assert_ptr_null(inspect_node(rig.node));
    rumor.status = HEARSAY_STATUS_DEAD;
    rumor.cause = HEARSAY_CAUSE_FAILED;
    rumor.age = 0;
    rig_tell(&rig, &rig.peers[6], &rumor);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

/* We alone find it silent, and all others are there to say so, too: then it is our link. */
START_TEST(test_doubt_that_nobody_shares_buries_nobody)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 7);
    struct rig_peer *subject = &rig.peers[7];
    rig.no_help = true;
    while (!rig_event_to(&rig, "subject", HEARSAY_STATUS_SUSPECT, &event))
        rig_run(&rig, 10000);
    rig_run(&rig, 60 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_SUSPECT);
    struct hs_rumor rumor = doubt(&rig, subject, 1, 0);
    rig_tell(&rig, &rig.peers[6], &rumor);
    rig_run(&rig, 3 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

/* What convinced us when we accused it must still convince when its time is out. */
START_TEST(test_evidence_is_weighed_again_before_a_death)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 7);
    while (!rig_event_to(&rig, "subject", HEARSAY_STATUS_SUSPECT, &event))
        rig_run(&rig, 10000);
    for (unsigned i = 0; i < 20; i++) {
        rig.node->health.loss = 0.96;
        rig_run(&rig, RIG_SECOND);
    }
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_SUSPECT);
    rig.node->health.loss = 0.02;
    rig_run(&rig, 10 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_suspect_is_told_of_its_suspicion_with_every_probe)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor rumor = doubt(&rig, subject, 1, 0);
    rig_tell(&rig, &rig.peers[6], &rumor);
    for (int i = 0; i < 5; i++) {
        ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, subject, 10 * RIG_SECOND, &out));
        ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
        ck_assert_int_eq(rumor.status, HEARSAY_STATUS_SUSPECT);
    }
    rig_fini(&rig);
}
END_TEST

/* R22: only the subject's newer record clears it. */
START_TEST(test_newer_alive_record_ends_the_suspicion)
{
    struct rig rig;
    struct hearsay_event event;
    struct rig_peer *subject = start(&rig, 7);
    struct hs_rumor rumor = doubt(&rig, subject, 3, 0);
    rig_tell(&rig, &rig.peers[6], &rumor);
    struct hs_rumor old = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T);
    rig_tell(&rig, &rig.peers[6], &old);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_SUSPECT);
    subject->answers = true;
    old.timestamp = T + 2;
    rig_tell(&rig, subject, &old);
    ck_assert_ptr_null(suspicion_of(&rig, subject));
    ck_assert(rig_event_to(&rig, "subject", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_REFUTED);
    rig_run(&rig, 20 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "subject").status, HEARSAY_STATUS_ALIVE);
    ck_assert(!rig_event_to(&rig, "subject", HEARSAY_STATUS_DEAD, &event));
    rig_fini(&rig);
}
END_TEST

static uint64_t damping_from(const struct hs_member *member, uint64_t boot)
{
    uint64_t span = 0;
    while (hs_damping_applies(member, boot + span))
        span += 1000;
    return span;
}

static void check_about(uint64_t span, uint64_t wanted)
{
    ck_assert_uint_le(span, wanted + 262144);
    ck_assert_uint_ge(span + 262144, wanted);
}

START_TEST(test_refutations_in_a_row_are_damped_until_it_is_calm)
{
    static const uint64_t seconds[] = {0, 0, 1, 2, 4, 8, 8};
    struct hs_member member = {.status = HEARSAY_STATUS_ALIVE};
    uint64_t boot = 86400 * RIG_SECOND;
    ck_assert(!hs_damping_applies(&member, 0));
    for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        boot += 5 * RIG_SECOND;
        hs_damping_refuted(&member, boot);
        check_about(damping_from(&member, boot), seconds[i] * RIG_SECOND);
    }
    boot += 21 * RIG_SECOND; /* two of six are forgotten, one is new */
    hs_damping_refuted(&member, boot);
    check_about(damping_from(&member, boot), 4 * RIG_SECOND);
    boot += 3600 * RIG_SECOND;
    ck_assert(!hs_damping_applies(&member, boot));
    hs_damping_refuted(&member, boot);
    ck_assert(!hs_damping_applies(&member, boot));
}
END_TEST

/* A timestamp that is newer and nothing else tells of a suspicion that never came here. */
START_TEST(test_refutations_count_whether_or_not_their_suspicion_was_heard)
{
    struct rig rig;
    struct rig_peer *subject = start(&rig, 7);
    uint64_t id = rig_peer_id(subject);
    struct hs_member *member = NULL;
    for (unsigned i = 1; i <= 3; i++) {
        struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T + 10 * i);
        rig_tell(&rig, subject, &rumor);
        member = hs_table_at(&rig.node->core.view.table,
                             hs_table_find_id(&rig.node->core.view.table, id));
        ck_assert_uint_eq(member->flap_count, i);
    }
    ck_assert(hs_damping_applies(member, rig.now.boot));
    rig_fini(&rig);
}
END_TEST

/* A suspect keeps its tokens: the ring moves on death, not on doubt (R29). */
START_TEST(test_suspicion_does_not_change_the_ring)
{
    struct rig rig;
    struct hearsay_event event;
    struct rig_peer *subject = start(&rig, 3);
    struct hs_rumor rumor = doubt(&rig, subject, 1, 0);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_RING, &event));
    rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T + 2);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(!rig_event(&rig, HEARSAY_EVENT_RING, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_many_suspicions_at_once_all_end)
{
    struct rig rig;
    start(&rig, 14);
    for (unsigned i = 1; i < 14; i++) {
        struct hs_rumor rumor = rig_rumor(&rig.peers[i], HEARSAY_STATUS_SUSPECT, T + 1);
        rumor.accuser_count = 1;
        rumor.accusers[0] = rig_peer_id(&rig.peers[0]);
        rig.peers[i].answers = false;
        rig_tell(&rig, &rig.peers[0], &rumor);
    }
    rig_run(&rig, 60 * RIG_SECOND);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_DEAD], 14);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 2);
    rig_fini(&rig);
}
END_TEST

/* Word of a death from `teller`, then the subject's refutation: T is its timestamp. */
static uint64_t lie_and_refute(struct rig *rig, struct rig_peer *subject, struct rig_peer *teller,
                               uint64_t timestamp)
{
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, timestamp + 1);
    rumor.cause = HEARSAY_CAUSE_LEFT;
    rig_tell(rig, teller, &rumor);
    rig_drain(rig);
    rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, timestamp + 2);
    rig_tell(rig, subject, &rumor);
    return timestamp + 2;
}

START_TEST(test_word_of_others_is_damped_and_the_goodbye_itself_is_not)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    struct rig_peer *subject = &rig.peers[1];
    uint64_t timestamp = rig_member(&rig, "p1").timestamp;
    rig_forget_events(&rig);
    timestamp = lie_and_refute(&rig, subject, &rig.peers[0], timestamp);
    ck_assert(rig_event_to(&rig, "p1", HEARSAY_STATUS_DEAD, &event));
    ck_assert(rig_event_to(&rig, "p1", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_NOT_LEFT);
    struct hs_rumor rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, timestamp + 1);
    rig_drain(&rig);
    rig_tell(&rig, &rig.peers[0], &rumor); /* taken, and told to the subject at once */
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_DEAD);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, subject, &out));
    ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
    rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, timestamp + 2);
    rig_tell(&rig, subject, &rumor);
    timestamp = lie_and_refute(&rig, subject, &rig.peers[0], timestamp + 2);
    static const enum hearsay_cause causes[] = {HEARSAY_CAUSE_FAILED, HEARSAY_CAUSE_LEFT,
                                                HEARSAY_CAUSE_FORCED};
    for (size_t i = 0; i < 3; i++) {
        rumor = rig_rumor(subject, HEARSAY_STATUS_DEAD, timestamp + 1);
        rumor.cause = causes[i];
        rig_tell(&rig, &rig.peers[0], &rumor);
        ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_ALIVE);
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_DAMPED), i + 1);
    }
    struct hs_rumor suspect = rig_rumor(subject, HEARSAY_STATUS_SUSPECT, timestamp + 1);
    rig_tell(&rig, &rig.peers[0], &suspect);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_SUSPECT);
    rumor.cause = HEARSAY_CAUSE_LEFT;
    rig_tell(&rig, subject, &rumor);
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_DEAD);
    ck_assert_int_eq(rig_member(&rig, "p1").cause, HEARSAY_CAUSE_LEFT);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_word_of_others_is_taken_again_when_it_is_calm)
{
    struct rig rig;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    uint64_t timestamp = rig_member(&rig, "p1").timestamp;
    for (int i = 0; i < 3; i++)
        timestamp = lie_and_refute(&rig, &rig.peers[1], &rig.peers[0], timestamp);
    struct hs_rumor rumor = rig_rumor(&rig.peers[1], HEARSAY_STATUS_DEAD, timestamp + 1);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_ALIVE);
    rig_run(&rig, 2 * RIG_SECOND);
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("suspect", test_silent_member_is_suspected_at_t_plus_1_then_dead_at_the_same_timestamp,
             test_time_to_answer_falls_with_accusers_and_refusals,
             test_only_known_alive_accusers_count,
             test_evidence_merges_by_union_and_a_grown_set_is_news_again,
             test_set_of_accusers_has_room_for_four, test_age_of_a_suspicion_travels_with_it,
             test_death_needs_evidence_of_our_own, test_death_on_a_bad_link_waits_for_others,
             test_doubt_that_nobody_shares_buries_nobody,
             test_evidence_is_weighed_again_before_a_death,
             test_suspect_is_told_of_its_suspicion_with_every_probe,
             test_newer_alive_record_ends_the_suspicion,
             test_refutations_in_a_row_are_damped_until_it_is_calm,
             test_refutations_count_whether_or_not_their_suspicion_was_heard,
             test_suspicion_does_not_change_the_ring, test_many_suspicions_at_once_all_end,
             test_word_of_others_is_damped_and_the_goodbye_itself_is_not,
             test_word_of_others_is_taken_again_when_it_is_calm)
