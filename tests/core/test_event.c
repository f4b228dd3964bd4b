/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of events: order, its bound, one resync, and the room kept for what cannot be read. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "view/event.h"

struct bench {
    struct rig_memory memory;
    struct hearsay_allocator allocator;
    struct hs_events events;
};

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->allocator = rig_allocator(&bench->memory);
    ck_assert_int_eq(hs_events_init(&bench->events, &bench->allocator), 0);
}

static void stop(struct bench *bench)
{
    hs_events_fini(&bench->events, &bench->allocator);
    ck_assert_uint_eq(bench->memory.live, 0);
}

static void push(struct bench *bench, enum hearsay_event_kind kind, uint64_t number)
{
    struct hearsay_event event = {.kind = kind, .timestamp = number};
    hs_events_push(&bench->events, &event);
}

static struct hearsay_event take(struct bench *bench)
{
    struct hearsay_event event;
    ck_assert(hs_events_take(&bench->events, &event));
    return event;
}

START_TEST(test_events_come_in_their_order_for_ever)
{
    struct bench bench;
    struct hearsay_event event;
    uint64_t pushed = 0, taken = 0, random = 3;
    start(&bench);
    for (unsigned i = 0; i < 20000; i++) {
        if (harness_below(&random, 2) && pushed - taken < HS_EVENTS_MAX - HS_EVENTS_KEPT)
            push(&bench, HEARSAY_EVENT_MEMBER, pushed++);
        else if (hs_events_take(&bench.events, &event))
            ck_assert_uint_eq(event.timestamp, taken++);
    }
    ck_assert_uint_eq(bench.events.lost, 0);
    stop(&bench);
}
END_TEST

START_TEST(test_overflow_is_counted_and_said_by_one_resync)
{
    struct bench bench;
    struct hearsay_event event;
    start(&bench);
    for (uint64_t i = 0; i < HS_EVENTS_MAX - HS_EVENTS_KEPT + 9; i++)
        push(&bench, HEARSAY_EVENT_MEMBER, i);
    ck_assert_uint_eq(bench.events.lost, 9);
    /* Behind what is older than the loss, before what is newer: else an owner that has read the
     * list anew would go back to what the older ones say. */
    for (uint64_t i = 0; i < HS_EVENTS_MAX - HS_EVENTS_KEPT; i++) {
        event = take(&bench);
        ck_assert_int_eq(event.kind, HEARSAY_EVENT_MEMBER);
        ck_assert_uint_eq(event.timestamp, i);
        if (i < 5)
            push(&bench, HEARSAY_EVENT_MEMBER, 1000 + i);
    }
    event = take(&bench);
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_RESYNC);
    ck_assert_uint_eq(event.lost, 9);
    ck_assert(!event.others_lost);
    for (uint64_t i = 0; i < 5; i++)
        ck_assert_uint_eq(take(&bench).timestamp, 1000 + i);
    ck_assert(!hs_events_take(&bench.events, &event));
    push(&bench, HEARSAY_EVENT_MEMBER, 1);
    ck_assert_int_eq(take(&bench).kind, HEARSAY_EVENT_MEMBER); /* no second one */
    stop(&bench);
}
END_TEST

START_TEST(test_members_leave_room_for_what_no_list_tells)
{
    struct bench bench;
    start(&bench);
    for (uint64_t i = 0; i < 3 * HS_EVENTS_MAX; i++)
        push(&bench, HEARSAY_EVENT_MEMBER, i);
    uint64_t lost = bench.events.lost;
    for (uint64_t i = 0; i < HS_EVENTS_KEPT; i++)
        push(&bench, HEARSAY_EVENT_JOIN, i);
    ck_assert_uint_eq(bench.events.lost, lost);
    push(&bench, HEARSAY_EVENT_JOIN, 99);
    ck_assert_uint_eq(bench.events.lost, lost + 1);
    ck_assert_uint_eq(bench.events.count, HS_EVENTS_MAX);
    struct hearsay_event event = take(&bench);
    while (event.kind == HEARSAY_EVENT_MEMBER)
        event = take(&bench);
    ck_assert_int_eq(event.kind, HEARSAY_EVENT_RESYNC); /* where the loss began */
    ck_assert_uint_eq(event.lost, lost + 1);
    ck_assert(event.others_lost);
    stop(&bench);
}
END_TEST

/* A rumor about a member that the node does not know yet. */
static void tell_of(struct rig *rig, unsigned number)
{
    struct rig_peer peer;
    char name[16];
    snprintf(name, sizeof name, "m%u", number);
    rig_peer_init(&peer, name, 100 + number, number);
    struct hs_rumor rumor = rig_rumor(&peer, HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(rig, &rig->peers[0], &rumor);
}

/* An owner that takes what waits between two datagrams loses nothing, and makes no ring by it. */
START_TEST(test_owner_that_takes_what_waits_loses_nothing)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 1);
    rig_forget_events(&rig);
    uint64_t version = hearsay_node_ring_version(rig.node);
    for (unsigned i = 0; i < 2 * HS_EVENTS_MAX; i++) {
        tell_of(&rig, i);
        for (size_t left = hearsay_node_events(rig.node); left > 0; left--)
            ck_assert(hearsay_node_next_event(rig.node, rig.now, &event));
        ck_assert_uint_eq(hearsay_node_events(rig.node), 0);
    }
    ck_assert_uint_eq(rig_stats(&rig).events_lost, 0);
    ck_assert_uint_eq(hearsay_node_ring_version(rig.node), version);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_RING, &event));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_names_are_cut_and_terminated)
{
    char name[HEARSAY_NAME_MAX + 1], longer[HEARSAY_NAME_MAX + 50];
    memset(longer, 'x', sizeof longer);
    hs_event_name(name, longer, sizeof longer);
    ck_assert_uint_eq(strlen(name), HEARSAY_NAME_MAX);
    hs_event_name(name, "abc", 2);
    ck_assert_str_eq(name, "ab");
}
END_TEST

/* More members than events: the owner is told to read the list. */
START_TEST(test_node_whose_owner_sleeps_says_resync_once)
{
    struct rig rig;
    struct hearsay_event event;
    unsigned resyncs = 0, members = 0;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 1);
    for (unsigned i = 0; i < 2 * HS_EVENTS_MAX; i++) {
        tell_of(&rig, i);
    }
    while (hearsay_node_next_event(rig.node, rig.now, &event)) {
        resyncs += event.kind == HEARSAY_EVENT_RESYNC;
        members += event.kind == HEARSAY_EVENT_MEMBER;
    }
    ck_assert_uint_eq(resyncs, 1);
    ck_assert_uint_eq(members + rig_stats(&rig).events_lost, 2 * HS_EVENTS_MAX);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("event", test_events_come_in_their_order_for_ever,
             test_overflow_is_counted_and_said_by_one_resync,
             test_members_leave_room_for_what_no_list_tells, test_names_are_cut_and_terminated,
             test_owner_that_takes_what_waits_loses_nothing,
             test_node_whose_owner_sleeps_says_resync_once)
