/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator itself, because all tests on it depend on its clock, network and invariants.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/ring.h>
#include <hearsay/stats.h>

#include "sim.h"

/* ---- the queue --------------------------------------------------------------------------- */

START_TEST(test_queue_keeps_time_and_order)
{
    struct sim_queue queue = {0};
    uint64_t state = 7, last_time = 0, last_sequence = 0;
    struct sim_item item;
    for (int i = 0; i < 5000; i++) {
        struct sim_item pushed = {.time = harness_below(&state, 100), .kind = SIM_ITEM_WAKE};
        ck_assert_int_eq(sim_queue_push(&queue, pushed), 0);
    }
    ck_assert(sim_queue_pop(&queue, 50, &item));
    last_time = item.time;
    last_sequence = item.sequence;
    size_t count = 1;
    for (uint64_t until = 50; until <= 100; until += 50)
        for (; sim_queue_pop(&queue, until, &item); count++) {
            ck_assert_uint_le(item.time, until);
            ck_assert(item.time > last_time ||
                      (item.time == last_time && item.sequence > last_sequence));
            last_time = item.time;
            last_sequence = item.sequence;
        }
    ck_assert_uint_eq(count, 5000);
    sim_queue_fini(&queue);
}
END_TEST

START_TEST(test_names_have_numbers)
{
    struct sim_names names = {0};
    char name[16];
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "n%u", i);
            ck_assert_uint_eq(sim_names_number(&names, name), i);
        }
    sim_names_fini(&names);
}
END_TEST

/* ---- runs -------------------------------------------------------------------------------- */

static struct sim_world *make_world(uint64_t seed, uint32_t count)
{
    struct sim_world *world = NULL;
    ck_assert_int_eq(sim_new(&world, seed), 0);
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        uint32_t machine;
        snprintf(name, sizeof name, "n%u", i + 1);
        ck_assert_int_eq(sim_machine_new(world, &machine), 0);
        ck_assert_uint_eq(machine, i);
        ck_assert_int_eq(sim_start(world, machine, name, 0), 0);
        struct hearsay_addr seed_addr = sim_addr(world, 0);
        if (i > 0)
            ck_assert_int_eq(sim_join(world, machine, &seed_addr), 0);
    }
    return world;
}

static void run(struct sim_world *world, uint64_t duration)
{
    uint64_t until = sim_time(world) + duration;
    while (sim_step(world, until))
        continue;
    ck_assert_msg(sim_violation(world) == NULL, "%s", sim_violation(world));
    ck_assert_uint_eq(sim_time(world), until);
}

static struct hearsay_stats stats_of(const struct sim_world *world, uint32_t machine)
{
    struct hearsay_stats stats;
    hearsay_node_stats(sim_node(world, machine), &stats);
    return stats;
}

struct digests {
    uint64_t datagrams, events;
};

/* A run with a bit of everything. */
static struct digests digests_of_run(uint64_t seed, uint64_t *ret_steps)
{
    struct sim_world *world = make_world(seed, 12);
    *sim_network(world) = (struct sim_link){sim_latency_lan, 50, 50, 50, 20000, 20};
    run(world, 20000000);
    sim_kill(world, 3, SIM_CLOSED);
    sim_pause(world, 4);
    sim_clock_set(world, 5, -3600000000);
    run(world, 20000000);
    ck_assert_int_eq(sim_start(world, 3, "n4", 0), 0);
    sim_resume(world, 4);
    ck_assert_int_eq(sim_leave(world, 6), 0);
    run(world, 20000000);
    struct digests digests = {sim_digest(world), sim_events_digest(world)};
    *ret_steps = sim_steps(world);
    sim_free(world);
    return digests;
}

START_TEST(test_same_seed_is_the_same_run)
{
    uint64_t steps, again, other;
    struct digests first = digests_of_run(1, &steps), second = digests_of_run(1, &again);
    struct digests third = digests_of_run(2, &other);
    ck_assert_uint_eq(second.datagrams, first.datagrams);
    ck_assert_uint_eq(second.events, first.events);
    ck_assert_uint_eq(steps, again);
    ck_assert_uint_ne(third.datagrams, first.datagrams);
    ck_assert_uint_ne(third.events, first.events);
}
END_TEST

/* ---- the digest of events ---------------------------------------------------------------- */

/* An owner that takes no events sends what it would have sent. */
START_TEST(test_events_count_where_datagrams_are_equal)
{
    struct digests found[2];
    for (unsigned i = 0; i < 2; i++) {
        struct sim_world *world = make_world(1, 5);
        run(world, 2000000);
        sim_neglect(world, 0, i == 1);
        sim_kill(world, 4, SIM_CLOSED);
        run(world, 5000000);
        found[i] = (struct digests){sim_digest(world), sim_events_digest(world)};
        sim_free(world);
    }
    ck_assert_uint_eq(found[0].datagrams, found[1].datagrams);
    ck_assert_uint_ne(found[0].events, found[1].events);
}
END_TEST

/* Looking changes nothing, and what a node remembers of a verdict is part of it. */
START_TEST(test_history_is_in_the_digest_of_events)
{
    struct sim_world *world = make_world(1, 5);
    run(world, 2000000);
    sim_kill(world, 4, SIM_CLOSED);
    uint64_t before = sim_events_digest(world);
    sim_kill(world, 3, SIM_SILENT);
    ck_assert_uint_eq(sim_events_digest(world), before); /* no verdict yet: no history */
    run(world, 10000000);
    uint64_t with = sim_events_digest(world);
    ck_assert_uint_eq(sim_events_digest(world), with);
    sim_kill(world, 2, SIM_CLOSED);
    ck_assert_uint_ne(sim_events_digest(world), with);
    sim_free(world);
}
END_TEST

static uint64_t digest_with(const struct hearsay_event *event)
{
    struct sim_world *world = make_world(1, 1);
    sim_digest_event(world, 0, SIM_NOBODY, event);
    uint64_t digest = sim_events_digest(world);
    sim_free(world);
    return digest;
}

/* One event for each field, which differs from the first in this field alone. */
START_TEST(test_each_field_of_an_event_counts)
{
    struct hearsay_event events[20];
    struct hearsay_event *at = events;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        events[i] = (struct hearsay_event){.kind = HEARSAY_EVENT_MEMBER, .name = "n1"};
    (++at)->kind = HEARSAY_EVENT_JOIN;
    (++at)->name[1] = '2';
    (++at)->accuser[0] = 'x';
    (++at)->addr.family = 4;
    (++at)->addr.port = 1;
    (++at)->addr.bytes[15] = 1;
    (++at)->id = 1;
    (++at)->timestamp = 1;
    (++at)->from = HEARSAY_STATUS_ALIVE;
    (++at)->to = HEARSAY_STATUS_ALIVE;
    (++at)->reason = HEARSAY_REASON_SILENT;
    (++at)->result = HEARSAY_JOIN_OK;
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_RING, .ring_version = 1};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_RING, .ring_checksum = 1};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_RING, .ring_tokens = 1};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_RING, .ring_moved = 0.25};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_AWAY, .away_us = 1};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_AWAY, .view_dropped = true};
    *++at = (struct hearsay_event){.kind = HEARSAY_EVENT_RESYNC, .lost = 1};
    ck_assert_ptr_eq(at + 1, events + sizeof events / sizeof events[0]);
    for (struct hearsay_event *a = events; a <= at; a++)
        for (struct hearsay_event *b = events; b < a; b++)
            ck_assert_uint_ne(digest_with(a), digest_with(b));
    struct hearsay_event others = {.kind = HEARSAY_EVENT_RESYNC, .lost = 1, .others_lost = true};
    ck_assert_uint_ne(digest_with(at), digest_with(&others));
    /* What stands behind the end of a name is not part of it. */
    struct hearsay_event remains = events[0];
    remains.name[5] = 'z';
    ck_assert_uint_eq(digest_with(&remains), digest_with(&events[0]));
}
END_TEST

START_TEST(test_node_frees_all_it_took)
{
    struct sim_world *world = make_world(1, 3);
    run(world, 5000000);
    ck_assert_uint_gt(sim_memory(world, 1), 1000);
    sim_kill(world, 1, SIM_CLOSED);
    ck_assert_uint_eq(sim_memory(world, 1), 0);
    ck_assert_ptr_null(sim_node(world, 1));
    sim_free(world);
}
END_TEST

/* ---- the network ------------------------------------------------------------------------- */

START_TEST(test_round_trips_are_those_of_a_lan)
{
    struct sim_world *world = make_world(1, 2);
    struct hearsay_member member;
    run(world, 60000000);
    ck_assert_int_eq(hearsay_node_member(sim_node(world, 0), sim_now(world, 0), "n2", &member), 0);
    ck_assert_uint_ge(member.rtt_us, 2 * sim_latency_lan.us[0]);
    ck_assert_uint_le(member.rtt_us, 2 * sim_latency_lan.us[SIM_LATENCY_POINTS - 1]);
    sim_free(world);
}
END_TEST

/* Datagrams that arrive of 10,000 sent with this loss. */
static uint64_t arrivals(uint32_t loss)
{
    struct sim_world *world = make_world(3, 2);
    struct hearsay_addr to = sim_addr(world, 1);
    sim_kill(world, 1, SIM_CLOSED);
    run(world, 1000000);
    sim_network(world)->loss = loss;
    uint64_t lost = sim_traffic(world)->lost;
    uint8_t bytes[] = {0};
    for (int i = 0; i < 10000; i++)
        sim_send(world, 0, &to, bytes, sizeof bytes);
    lost = sim_traffic(world)->lost - lost;
    sim_free(world);
    return 10000 - lost;
}

START_TEST(test_loss_is_as_asked)
{
    ck_assert_uint_eq(arrivals(0), 10000);
    ck_assert_uint_eq(arrivals(SIM_PERMILLE), 0);
    ck_assert_uint_ge(arrivals(200), 7800);
    ck_assert_uint_le(arrivals(200), 8200);
}
END_TEST

START_TEST(test_latest_rule_counts_until_healed)
{
    struct sim_world *world = make_world(1, 3);
    const uint32_t first[] = {0}, second[] = {1}, all[] = {0, 1, 2};
    const struct sim_link open = {.latency = sim_latency_lan};
    struct hearsay_addr to = sim_addr(world, 1);
    uint8_t byte[] = {0};
    ck_assert_int_eq(sim_cut(world, all, 3, all, 3), 0);
    uint64_t lost = sim_traffic(world)->lost;
    sim_send(world, 0, &to, byte, 1);
    ck_assert_uint_eq(sim_traffic(world)->lost, lost + 1);
    ck_assert_int_eq(sim_rule(world, first, 1, second, 1, &open), 0);
    sim_send(world, 0, &to, byte, 1);
    ck_assert_uint_eq(sim_traffic(world)->lost, lost + 1);
    sim_send(world, 2, &to, byte, 1); /* one way, and this pair alone */
    ck_assert_uint_eq(sim_traffic(world)->lost, lost + 2);
    sim_heal(world);
    sim_send(world, 2, &to, byte, 1);
    ck_assert_uint_eq(sim_traffic(world)->lost, lost + 2);
    sim_free(world);
}
END_TEST

START_TEST(test_closed_port_answers_and_silence_does_not)
{
    for (int closed = 0; closed < 2; closed++) {
        struct sim_world *world = make_world(1, 5);
        struct hearsay_member member;
        run(world, 2000000);
        sim_kill(world, 4, closed ? SIM_CLOSED : SIM_SILENT);
        uint64_t lost = sim_traffic(world)->lost;
        run(world, 10000000);
        ck_assert_int_eq(hearsay_node_member(sim_node(world, 0), sim_now(world, 0), "n5", &member),
                         0);
        ck_assert_int_eq(member.status, HEARSAY_STATUS_DEAD);
        ck_assert_int_eq(sim_traffic(world)->refused > 0, closed);
        ck_assert_int_eq(sim_traffic(world)->lost > lost, !closed);
        sim_free(world);
    }
}
END_TEST

START_TEST(test_socket_of_a_stopped_process_fills)
{
    struct sim_world *world = make_world(1, 2);
    run(world, 2000000);
    uint64_t drops = stats_of(world, 1).drops[HEARSAY_DROP_TRUNCATED];
    uint8_t bytes[] = {1, 2, 3};
    sim_pause(world, 1);
    for (uint32_t i = 0; i < SIM_INBOX_DEFAULT + 44; i++)
        sim_inject(world, 0, 1, bytes, sizeof bytes);
    ck_assert_uint_eq(sim_traffic(world)->overflowed, 44);
    ck_assert_uint_eq(stats_of(world, 1).drops[HEARSAY_DROP_TRUNCATED], drops);
    sim_resume(world, 1);
    ck_assert_uint_eq(stats_of(world, 1).drops[HEARSAY_DROP_TRUNCATED], drops + SIM_INBOX_DEFAULT);
    ck_assert_int_eq(sim_state(world, 1), SIM_RUNNING);
    sim_free(world);
}
END_TEST

/* ---- clocks ------------------------------------------------------------------------------ */

START_TEST(test_boot_clock_knows_nothing_of_the_wall)
{
    struct sim_world *world = make_world(1, 2);
    struct hearsay_now before = sim_now(world, 0);
    ck_assert_uint_eq(before.wall, SIM_WALL_START);
    ck_assert_uint_ne(before.boot, sim_now(world, 1).boot);
    sim_clock_set(world, 0, -(int64_t)SIM_WALL_START);
    ck_assert_uint_eq(sim_now(world, 0).wall, 0);
    run(world, 1500000);
    ck_assert_uint_eq(sim_now(world, 0).wall, 1500000);
    ck_assert_uint_eq(sim_now(world, 0).boot, before.boot + 1500000);
    sim_clock_set(world, 0, -2 * (int64_t)SIM_WALL_START);
    ck_assert_uint_eq(sim_now(world, 0).wall, 0);
    sim_free(world);
}
END_TEST

/* ---- invariants -------------------------------------------------------------------------- */

static void check_caught(struct hearsay_event event, const char *words)
{
    struct sim_world *world = make_world(5, 3);
    run(world, 2000000);
    ck_assert(sim_inspect(world));
    sim_check_event(world, 0, &event);
    ck_assert_ptr_nonnull(sim_violation(world));
    ck_assert_ptr_nonnull(strstr(sim_violation(world), words));
    ck_assert_ptr_nonnull(strstr(sim_violation(world), "seed 5, "));
    /* Time stands still, and nothing more happens. */
    ck_assert(!sim_step(world, 3000000));
    ck_assert_uint_eq(sim_time(world), 2000000);
    sim_free(world);
}

START_TEST(test_invariants_catch_what_is_wrong)
{
    struct hearsay_event event = {.kind = HEARSAY_EVENT_MEMBER, .name = "n2"};
    event.from = event.to = HEARSAY_STATUS_ALIVE;
    event.timestamp = SIM_WALL_START - 1;
    check_caught(event, "(R3)");
    event.to = HEARSAY_STATUS_SUSPECT;
    event.timestamp = SIM_WALL_START;
    check_caught(event, "(R3)");
    event.from = HEARSAY_STATUS_DEAD;
    event.to = HEARSAY_STATUS_ALIVE;
    event.timestamp = SIM_WALL_START + 1;
    check_caught(event, "the event before said alive");
}
END_TEST

/* A ring that places a member in another zone than its record says. */
START_TEST(test_zones_of_a_ring_are_held_against_tags)
{
    const struct hearsay_tag tag = {.key = "zone", .value = "a"};
    uint32_t index;
    struct sim_world *world = make_world(5, 3);
    run(world, 2000000);
    ck_assert_int_eq(sim_set_tags(world, 1, &tag, 1), 0);
    run(world, 2000000);
    ck_assert(sim_inspect(world));
    const struct hearsay_ring *ring = hearsay_node_ring(sim_node(world, 0));
    ck_assert_int_eq(hearsay_ring_find(ring, "n2", &index), 0);
    char *zone = (char *)(uintptr_t)hearsay_ring_member_at(ring, index).zone;
    ck_assert_str_eq(zone, "a");
    *zone = 'b';
    ck_assert(!sim_inspect(world));
    ck_assert_ptr_nonnull(strstr(sim_violation(world), "n1 has n2 in zone 'b'"));
    sim_free(world);
}
END_TEST

/* An event that no change stands behind does not fit the node's counts. */
START_TEST(test_counts_are_held_against_events)
{
    struct sim_world *world = make_world(5, 3);
    run(world, 2000000);
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_MEMBER,
        .name = "n9",
        .to = HEARSAY_STATUS_ALIVE,
        .timestamp = SIM_WALL_START,
    };
    sim_check_event(world, 0, &event);
    ck_assert_ptr_null(sim_violation(world));
    sim_check_turn(world, 0);
    ck_assert_ptr_nonnull(sim_violation(world));
    ck_assert_ptr_nonnull(strstr(sim_violation(world), "its events told of 4"));
    sim_free(world);
}
END_TEST

HARNESS_MAIN("sim", test_queue_keeps_time_and_order, test_names_have_numbers,
             test_same_seed_is_the_same_run, test_events_count_where_datagrams_are_equal,
             test_history_is_in_the_digest_of_events, test_each_field_of_an_event_counts,
             test_node_frees_all_it_took, test_round_trips_are_those_of_a_lan,
             test_loss_is_as_asked, test_latest_rule_counts_until_healed,
             test_closed_port_answers_and_silence_does_not, test_socket_of_a_stopped_process_fills,
             test_boot_clock_knows_nothing_of_the_wall, test_zones_of_a_ring_are_held_against_tags,
             test_invariants_catch_what_is_wrong, test_counts_are_held_against_events)
