/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place on the ring is not the same as being alive (R62): members that have failed are held for a
 * time, changes wait for others, and who says nothing of settling has the ring of all who see the
 * same.
 */
#include "pair.h"

#include <stdio.h>
#include <string.h>

#include "inspect.h"

#define T          RIG_WALL
#define MS         UINT64_C(1000)
#define SLACK      HS_RING_SLACK_US
#define QUIET      HS_RING_QUIET_US
#define STEP       (10 * MS) /* of the timer that looks for deaths that have come of age */
#define SETTLED_BY (10 * RIG_SECOND)

/* ---- one node ---------------------------------------------------------------------------- */

/* Four members; the first exchange is over, so changes wait. */
static void start(struct rig *rig, uint64_t hold, uint64_t settle)
{
    rig_init(rig);
    rig->config.ring_hold = hold;
    rig->config.ring_settle = settle;
    rig_start(rig);
    rig_meet_some(rig, 4);
    rig->node->core.exchanged = true;
    rig_meet(rig, "last")->answers = true;
    rig_run(rig, SETTLED_BY + settle);
    rig_forget_events(rig);
    ck_assert_uint_eq(rig_stats(rig).ring_settling, 0);
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig->node)), 6);
}

static void tell_aged(struct rig *rig, unsigned about, enum hearsay_status status,
                      enum hearsay_cause cause, uint64_t timestamp, uint64_t age_ms)
{
    struct hs_rumor rumor = rig_rumor(&rig->peers[about], status, timestamp);
    rumor.cause = cause;
    rumor.age = age_ms;
    rig_tell(rig, &rig->peers[0], &rumor);
}

/* What its witness says of a member that was killed (R60): it is dead, and was not suspected. */
static void kill_member(struct rig *rig, unsigned about)
{
    tell_aged(rig, about, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 0);
}

static bool ring_changes(struct rig *rig)
{
    struct hearsay_event event;
    return rig_event(rig, HEARSAY_EVENT_RING, &event);
}

/* Nothing but time passes: peers answer. Returns true if a ring is made meanwhile. */
static bool ring_changes_within(struct rig *rig, uint64_t span)
{
    uint64_t end = rig->now.boot + span;
    while (rig->now.boot < end) {
        if (ring_changes(rig))
            return true;
        rig_run(rig, end - rig->now.boot < STEP ? end - rig->now.boot : STEP);
    }
    return ring_changes(rig);
}

static size_t members_of(const struct rig *rig)
{
    return hearsay_ring_members(hearsay_node_ring(rig->node));
}

START_TEST(test_killed_member_keeps_its_tokens_for_the_hold)
{
    struct rig rig;
    start(&rig, RIG_SECOND, 0);
    kill_member(&rig, 1);
    ck_assert(!ring_changes(&rig));
    ck_assert_int_eq(rig_member(&rig, "p1").status, HEARSAY_STATUS_DEAD);
    ck_assert_uint_eq(rig_member(&rig, "p1").in_ring, 1);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 1);
    ck_assert_uint_eq(rig_stats(&rig).ring_settling, 1);
    ck_assert(!ring_changes_within(&rig, RIG_SECOND - STEP));
    ck_assert(ring_changes_within(&rig, 2 * STEP));
    ck_assert_uint_eq(members_of(&rig), 5);
    ck_assert_uint_eq(rig_member(&rig, "p1").in_ring, 0);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 0);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_without_hold_a_death_moves_keys_at_once)
{
    struct rig rig;
    start(&rig, 0, 0);
    kill_member(&rig, 1);
    ck_assert(ring_changes(&rig));
    ck_assert_uint_eq(rig_member(&rig, "p1").in_ring, 0);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_returns_while_held_makes_no_ring)
{
    struct rig rig;
    start(&rig, 5 * RIG_SECOND, 0);
    uint64_t version = hearsay_node_ring_version(rig.node);
    kill_member(&rig, 1);
    ck_assert(!ring_changes_within(&rig, 4 * RIG_SECOND));
    tell_aged(&rig, 1, HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE, T + 2, 0);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 0);
    ck_assert(!ring_changes_within(&rig, 10 * RIG_SECOND));
    ck_assert_uint_eq(hearsay_node_ring_version(rig.node), version);
    rig_fini(&rig);
}
END_TEST

/* The member's record with another count of tokens, or another zone. */
static void reshape(struct rig *rig, struct rig_peer *peer, uint32_t tokens, const char *zone)
{
    const struct hearsay_tag tags[] = {{"zone", zone}};
    peer->blob.tokens = tokens;
    int len = hs_blob_encode(peer->bytes, sizeof peer->bytes, &peer->blob, tags, zone ? 1 : 0);
    ck_assert_int_gt(len, 0);
    peer->len = (size_t)len;
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, T + 2);
    rig_tell(rig, &rig->peers[0], &rumor);
}

START_TEST(test_who_returns_elsewhere_on_the_ring_makes_one)
{
    static const struct {
        uint32_t tokens;
        const char *zone;
    } shapes[] = {{9, NULL}, {4, "north"}};
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        start(&rig, 5 * RIG_SECOND, 0);
        kill_member(&rig, 1);
        ck_assert(!ring_changes_within(&rig, RIG_SECOND));
        reshape(&rig, &rig.peers[1], shapes[i].tokens, shapes[i].zone);
        ck_assert(ring_changes(&rig));
        ck_assert_uint_eq(members_of(&rig), 6);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_who_left_or_is_removed_is_not_held)
{
    for (int how = 0; how < 4; how++) {
        struct rig rig;
        start(&rig, 5 * RIG_SECOND, 0);
        if (how > 0) { /* first held, then the other death */
            kill_member(&rig, 1);
            ck_assert(!ring_changes_within(&rig, RIG_SECOND));
        }
        if (how < 2)
            tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_LEFT, T + 9, 0);
        else
            ck_assert_int_eq(hearsay_node_force_leave(rig.node, rig.now, "p1", how == 3), 0);
        ck_assert(ring_changes(&rig));
        ck_assert_uint_eq(members_of(&rig), 5);
        ck_assert_uint_eq(rig_stats(&rig).ring_held, 0);
        rig_fini(&rig);
    }
}
END_TEST

/* So nothing moves later than without a hold: who is declared dead was suspected for as long. */
START_TEST(test_death_is_as_old_as_the_suspicion_that_it_ends)
{
    struct rig rig;
    start(&rig, 2 * RIG_SECOND, 0);
    tell_aged(&rig, 1, HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, T + 1, 0);
    rig_run(&rig, 700 * MS);
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 0);
    ck_assert(!ring_changes_within(&rig, 1300 * MS - STEP));
    ck_assert(ring_changes_within(&rig, 2 * STEP));
    rig_fini(&rig);

    start(&rig, 2 * RIG_SECOND, 0); /* suspected for longer than it would be held */
    tell_aged(&rig, 1, HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, T + 1, 1500);
    rig_run(&rig, 600 * MS);
    ck_assert(!ring_changes(&rig));
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 0);
    ck_assert(ring_changes(&rig));
    rig_fini(&rig);

    start(&rig, 2 * RIG_SECOND, 0); /* of another suspicion: it has refuted ours */
    tell_aged(&rig, 1, HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, T + 1, 1900);
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 5, 0);
    ck_assert(!ring_changes_within(&rig, 1900 * MS));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_default_hold_is_over_when_others_declare_a_death)
{
    struct rig rig;
    start(&rig, HEARSAY_RING_HOLD_DEFAULT, 0);
    ck_assert_uint_eq(rig.node->core.config.ring_hold, RIG_SECOND);
    tell_aged(&rig, 1, HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, T + 1, 0);
    rig_run(&rig, RIG_SECOND); /* suspect_timeout_refused, the shortest suspicion */
    ck_assert(!ring_changes(&rig));
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 0);
    ck_assert(ring_changes(&rig));
    rig_fini(&rig);
}
END_TEST

/* ---- batches ----------------------------------------------------------------------------- */

START_TEST(test_those_almost_of_age_go_with_the_oldest)
{
    struct rig rig;
    start(&rig, 4 * RIG_SECOND, 10 * RIG_SECOND); /* the batch is half of the hold: 2 s */
    kill_member(&rig, 1);
    ck_assert(!ring_changes_within(&rig, 1500 * MS));
    kill_member(&rig, 2);
    ck_assert(!ring_changes_within(&rig, 1500 * MS));
    kill_member(&rig, 3);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 3);
    ck_assert(!ring_changes_within(&rig, RIG_SECOND - STEP));
    ck_assert(ring_changes_within(&rig, 2 * STEP)); /* what was held does not wait to settle */
    ck_assert_uint_eq(members_of(&rig), 4);
    ck_assert_uint_eq(rig_stats(&rig).ring_held, 1);
    ck_assert(!ring_changes_within(&rig, 3 * RIG_SECOND - 3 * STEP));
    ck_assert(ring_changes_within(&rig, 4 * STEP));
    ck_assert_uint_eq(members_of(&rig), 3);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_settle_is_a_limit_from_the_first_change)
{
    struct rig rig;
    start(&rig, 0, 2 * RIG_SECOND);
    for (unsigned about = 1; about < 4; about++) {
        kill_member(&rig, about);
        ck_assert(rig_stats(&rig).ring_waits);
        ck_assert(!ring_changes_within(&rig, 600 * MS)); /* no quiet time is waited for */
    }
    ck_assert(ring_changes_within(&rig, 200 * MS + STEP));
    ck_assert_uint_eq(members_of(&rig), 3);
    ck_assert(!rig_stats(&rig).ring_waits);
    ck_assert(!ring_changes_within(&rig, SETTLED_BY));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_is_back_before_the_ring_is_made_makes_none)
{
    struct rig rig;
    start(&rig, 0, 2 * RIG_SECOND);
    kill_member(&rig, 1);
    ck_assert(!ring_changes_within(&rig, RIG_SECOND));
    tell_aged(&rig, 1, HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE, T + 2, 0);
    ck_assert(!ring_changes_within(&rig, SETTLED_BY));
    ck_assert(!rig_stats(&rig).ring_waits);
    rig_fini(&rig);
}
END_TEST

/* It would send every key to itself meanwhile. */
START_TEST(test_before_the_first_exchange_nothing_waits)
{
    struct rig rig;
    rig_init(&rig);
    rig.config.ring_settle = 60 * RIG_SECOND;
    rig_start(&rig);
    ck_assert_uint_eq(members_of(&rig), 1);
    rig_meet_some(&rig, 3);
    rig_forget_events(&rig);
    ck_assert_uint_eq(members_of(&rig), 4);
    rig.node->core.exchanged = true;
    rig_meet(&rig, "first")->answers = true;
    rig_forget_events(&rig); /* the first ring after the exchange, whatever came with it */
    ck_assert_uint_eq(members_of(&rig), 5);
    rig_meet(&rig, "second")->answers = true;
    ck_assert(!ring_changes_within(&rig, RIG_SECOND));
    rig_fini(&rig);
}
END_TEST

/* ---- settling ---------------------------------------------------------------------------- */

static bool settles(const struct rig *rig)
{
    return rig_stats(rig).ring_settling != 0;
}

START_TEST(test_settling_is_said_near_the_age_at_which_tokens_go)
{
    struct rig rig;
    uint64_t hold = 20 * RIG_SECOND, settle = RIG_SECOND;
    start(&rig, hold, settle);
    kill_member(&rig, 1);
    ck_assert(!ring_changes(&rig) && settles(&rig));
    rig_run(&rig, settle + QUIET - STEP); /* all must hear of it */
    ck_assert(settles(&rig));
    rig_run(&rig, 2 * STEP);
    ck_assert(!settles(&rig)); /* all hold it */
    rig_run(&rig, hold - settle - SLACK - settle - QUIET - 2 * STEP);
    ck_assert(!settles(&rig));
    rig_run(&rig, 3 * STEP);
    ck_assert(settles(&rig));
    rig_run(&rig, SLACK + settle);
    ck_assert(ring_changes(&rig) && settles(&rig));
    rig_run(&rig, settle + QUIET - 4 * STEP); /* the ring is a new one */
    ck_assert(settles(&rig));
    rig_run(&rig, 5 * STEP);
    ck_assert(!settles(&rig));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_doubt_and_tags_do_not_unsettle)
{
    struct rig rig;
    start(&rig, RIG_SECOND, 0);
    tell_aged(&rig, 1, HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, T + 1, 0);
    ck_assert(!settles(&rig));
    tell_aged(&rig, 1, HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE, T + 2, 0);
    ck_assert(!settles(&rig));
    const struct hearsay_tag tag = {"color", "red"};
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, &tag, 1), 0);
    ck_assert(!settles(&rig));
    const struct hearsay_tag zone = {"zone", "red"};
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, &zone, 1), 0);
    ck_assert(settles(&rig));
    ck_assert(ring_changes(&rig) && settles(&rig));
    rig_run(&rig, QUIET + STEP);
    ck_assert(!settles(&rig));
    rig_fini(&rig);
}
END_TEST

/* ---- ages -------------------------------------------------------------------------------- */

static bool passes_on(struct rig *rig, unsigned about, uint64_t *ret_age)
{
    struct rig_out out;
    struct hs_rumor rumor;
    bool found = false;
    rig->now.boot += 200 * MS; /* a burst */
    rig->now.wall += 200 * MS;
    hearsay_node_tick(rig->node, rig->now);
    while (rig_next(rig, &out))
        if (rig_carries(&out, rig_peer_id(&rig->peers[about]), &rumor)) {
            *ret_age = rumor.age;
            found = true;
        }
    return found;
}

START_TEST(test_ages_that_make_rings_differ_are_news)
{
    static const struct {
        uint64_t held, heard;
        bool is_news;
    } cases[] = {
        {0, 4000, true},     /* it is older: it goes earlier here, too */
        {4000, 0, true},     /* who has said so must hear of it */
        {4000, 4300, false}, /* within what rings may differ */
        {6000, 9000, false}, /* of age for both */
        {9000, 1000, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        uint64_t age = 0, greater;
        start(&rig, 5 * RIG_SECOND, 0);
        tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, cases[i].held);
        hs_rumor_queue_drop(&rig.node->core.view.rumor_queue, &rig.node->core.view.table,
                            rig_slot(&rig, &rig.peers[1]));
        tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, cases[i].heard);
        rig_drain(&rig);
        ck_assert_int_eq(passes_on(&rig, 1, &age), cases[i].is_news);
        greater = cases[i].held > cases[i].heard ? cases[i].held : cases[i].heard;
        if (cases[i].is_news)
            ck_assert_uint_ge(age, greater);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_older_age_lets_go_at_once)
{
    struct rig rig;
    start(&rig, 5 * RIG_SECOND, 60 * RIG_SECOND);
    kill_member(&rig, 1);
    ck_assert(!ring_changes_within(&rig, RIG_SECOND));
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 8000);
    ck_assert(ring_changes_within(&rig, 2 * STEP));
    ck_assert_uint_eq(members_of(&rig), 5);
    rig_fini(&rig);
}
END_TEST

/* ---- settings ---------------------------------------------------------------------------- */

START_TEST(test_settings_change_while_members_are_held)
{
    struct rig rig;
    start(&rig, 20 * RIG_SECOND, 0);
    kill_member(&rig, 1);
    ck_assert(!ring_changes_within(&rig, 3 * RIG_SECOND));
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 2 * RIG_SECOND, 0), 0);
    ck_assert(ring_changes(&rig));
    ck_assert_uint_eq(members_of(&rig), 5);
    /* as an agent that is started with it would hold it */
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 10 * RIG_SECOND, 0), 0);
    ck_assert(ring_changes(&rig));
    ck_assert_uint_eq(members_of(&rig), 6);
    ck_assert(ring_changes_within(&rig, 8 * RIG_SECOND));
    ck_assert_uint_eq(members_of(&rig), 5);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_settings_that_are_refused_change_nothing)
{
    struct rig rig;
    start(&rig, RIG_SECOND, 0);
    const struct hearsay_config *config = &rig.node->core.config;
    uint64_t ttl = config->tombstone_ttl;
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, ttl / 2 + 1, 0),
                     HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 0, 601 * RIG_SECOND),
                     HEARSAY_ERR_INVALID);
    ck_assert_uint_eq(config->ring_hold, RIG_SECOND);
    ck_assert_uint_eq(config->ring_settle, 0);
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, HEARSAY_RING_HOLD_DEFAULT, 0),
                     0);
    ck_assert_uint_eq(config->ring_hold, config->suspect_timeout_refused);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_record_tells_the_settings_later_and_once)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 2500 * MS, 0);
    ck_assert_uint_eq(rig_member(&rig, "n1").ring_hold_us, 2500 * MS);
    uint64_t timestamp = rig_member(&rig, "n1").timestamp;
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 3 * RIG_SECOND, 1500), 0);
    ck_assert_uint_eq(rig_member(&rig, "n1").timestamp, timestamp);
    rig_run(&rig, 100 * MS); /* 10 ms for each member */
    struct hearsay_member self = rig_member(&rig, "n1");
    ck_assert_uint_gt(self.timestamp, timestamp);
    ck_assert_uint_eq(self.ring_hold_us, 3 * RIG_SECOND);
    ck_assert_uint_eq(self.ring_settle_us, 1 * MS); /* whole milliseconds */
    ck_assert(rig_event_to(&rig, "n1", HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_KEYS);
    ck_assert(!ring_changes(&rig));
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 3 * RIG_SECOND, 1900), 0);
    rig_run(&rig, 100 * MS);
    ck_assert_uint_eq(rig_member(&rig, "n1").timestamp, self.timestamp); /* the same, as told */
    rig_fini(&rig);
}
END_TEST

static unsigned others(const struct rig *rig, const char *name)
{
    struct hearsay_member member;
    uint32_t cursor = 0;
    unsigned count = 0, named = 0;
    while (hearsay_node_next_other_timing(rig->node, rig->now, &cursor, &member)) {
        count++;
        named += name && strcmp(member.name, name) == 0;
    }
    ck_assert(!name || named == 1);
    return count;
}

START_TEST(test_members_with_other_settings_are_found)
{
    struct rig rig;
    start(&rig, 0, 0); /* peers say nothing of it, as agents of the release before: 0 and 0 */
    ck_assert_uint_eq(others(&rig, NULL), 0);
    rig.peers[2].blob.ring_settle = 5 * RIG_SECOND;
    reshape(&rig, &rig.peers[2], 4, NULL);
    ck_assert_uint_eq(others(&rig, "p2"), 1);
    ck_assert_uint_eq(rig_member(&rig, "p2").ring_settle_us, 5 * RIG_SECOND);
    ck_assert_int_eq(hearsay_node_set_ring_timing(rig.node, rig.now, 0, 5 * RIG_SECOND), 0);
    ck_assert_uint_eq(others(&rig, "p1"), 4); /* all but p2 */
    tell_aged(&rig, 1, HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, T + 1, 0);
    ck_assert_uint_eq(others(&rig, NULL), 3);
    rig_fini(&rig);
}
END_TEST

/* A ring was made once in a narrower type, which dropped the later flags. */
START_TEST(test_making_a_ring_keeps_what_is_known_of_a_member)
{
    struct rig rig;
    start(&rig, 0, 0);
    struct hs_member *member = hs_member_at(&rig.node->core, rig_slot(&rig, &rig.peers[2]));
    member->flags |= HS_MEMBER_PROVEN_SEALED | HS_MEMBER_AGAIN;
    kill_member(&rig, 1);
    ck_assert(ring_changes(&rig));
    member = hs_member_at(&rig.node->core, rig_slot(&rig, &rig.peers[2]));
    ck_assert_uint_eq(member->flags & (HS_MEMBER_PROVEN_SEALED | HS_MEMBER_AGAIN),
                      HS_MEMBER_PROVEN_SEALED | HS_MEMBER_AGAIN);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN(
    "ring_hold", test_killed_member_keeps_its_tokens_for_the_hold,
    test_without_hold_a_death_moves_keys_at_once, test_who_returns_while_held_makes_no_ring,
    test_who_returns_elsewhere_on_the_ring_makes_one, test_who_left_or_is_removed_is_not_held,
    test_death_is_as_old_as_the_suspicion_that_it_ends,
    test_default_hold_is_over_when_others_declare_a_death,
    test_those_almost_of_age_go_with_the_oldest, test_settle_is_a_limit_from_the_first_change,
    test_who_is_back_before_the_ring_is_made_makes_none,
    test_before_the_first_exchange_nothing_waits,
    test_settling_is_said_near_the_age_at_which_tokens_go, test_doubt_and_tags_do_not_unsettle,
    test_ages_that_make_rings_differ_are_news, test_older_age_lets_go_at_once,
    test_settings_change_while_members_are_held, test_settings_that_are_refused_change_nothing,
    test_record_tells_the_settings_later_and_once, test_members_with_other_settings_are_found,
    test_making_a_ring_keeps_what_is_known_of_a_member)
