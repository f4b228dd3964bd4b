/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the longest step of a ring's work, and the cost of steps compared with one call. The
 * time is the CPU time of the thread, so that other load matters less. It includes page faults.
 * Each work is done several times. The least and the greatest of the longest steps are shown: the
 * first is the work's own, the second includes disturbances by the machine.
 *
 * usage: bench_steps [MEMBERS...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay-tree/many.h>
#include <hearsay/hearsay.h>

#include "clock.h"

#define TOKENS HEARSAY_TOKENS_DEFAULT
#define ROUNDS 3

static struct hearsay_allocator allocator;

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_steps: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- measuring --------------------------------------------------------------------------- */

/* A work done in steps. */
struct lap {
    uint64_t began, longest, total, steps;
};

static void lap_begin(struct lap *lap)
{
    lap->began = thread_nanoseconds();
}

static void lap_end(struct lap *lap)
{
    uint64_t took = thread_nanoseconds() - lap->began;
    lap->longest = took > lap->longest ? took : lap->longest;
    lap->total += took;
    lap->steps++;
}

/* Of all rounds. */
struct result {
    uint64_t least, most, steps, total, once;
};

static void take(struct result *result, const struct lap *lap, uint64_t once)
{
    if (result->steps == 0 || lap->longest < result->least)
        result->least = lap->longest;
    if (lap->longest > result->most)
        result->most = lap->longest;
    if (result->steps == 0 || lap->total < result->total)
        result->total = lap->total;
    if (result->steps == 0 || once < result->once)
        result->once = once;
    result->steps = lap->steps;
}

static void show(const char *what, const struct result *result)
{
    printf("%-24s %8.3f %8.3f %8" PRIu64 " %9.2f", what, (double)result->least / 1e6,
           (double)result->most / 1e6, result->steps, (double)result->total / 1e6);
    if (result->once > 0)
        printf(" %9.2f %6.2fx", (double)result->once / 1e6,
               (double)result->total / (double)result->once);
    putchar('\n');
}

/* ---- works ------------------------------------------------------------------------------- */

struct input {
    char (*names)[16];
    struct hearsay_ring_member *members;
    size_t count;
};

static struct input make_input(size_t count)
{
    static const char *const zones[] = {"a", "b", "c", "d", "e"};
    struct input input = {.count = count};
    input.names = calloc(count, sizeof(*input.names));
    input.members = calloc(count, sizeof(*input.members));
    need(input.names && input.members, "no memory");
    for (size_t i = 0; i < count; i++) {
        snprintf(input.names[i], sizeof(input.names[i]), "node-%05u", (unsigned)(i * 7919 % count));
        input.members[i] = (struct hearsay_ring_member){input.names[i], zones[i % 5], TOKENS};
    }
    return input;
}

static struct hearsay_ring *in_steps(struct lap *lap, const struct hearsay_ring *from,
                                     const struct input *input, size_t remove, size_t first,
                                     size_t end)
{
    struct hearsay_ring_work *work;
    int err;
    lap_begin(lap);
    need(hearsay_ring_work_begin(&work, &allocator, from) == 0, "no work");
    for (size_t i = 0; i < remove; i++)
        hearsay_ring_work_remove(work, input->members[i].name);
    lap_end(lap);
    while (first < end) {
        lap_begin(lap);
        for (int n = 0; n < 512 && first < end; n++)
            need(hearsay_ring_work_add(work, &input->members[first++]) == 0, "no member");
        lap_end(lap);
    }
    do {
        lap_begin(lap);
        err = hearsay_ring_work_step(work, HEARSAY_RING_UNITS);
        lap_end(lap);
    } while (err == HEARSAY_RING_MORE);
    need(err == 0, "no ring");
    lap_begin(lap);
    struct hearsay_ring *ring = hearsay_ring_work_end(work);
    lap_end(lap);
    return ring;
}

static void measure_new(const struct input *input)
{
    struct result made = {0}, freed = {0};
    for (int round = 0; round < ROUNDS; round++) {
        struct lap lap = {0}, release = {0};
        struct hearsay_ring *ring = in_steps(&lap, NULL, input, 0, 0, input->count), *whole;
        uint64_t began = thread_nanoseconds();
        need(hearsay_ring_new(&whole, &allocator, input->members, input->count) == 0, "no ring");
        uint64_t once = thread_nanoseconds() - began;
        need(hearsay_ring_checksum(ring) == hearsay_ring_checksum(whole), "rings differ");
        take(&made, &lap, once);
        bool more = true;
        while (more) {
            lap_begin(&release);
            more = hearsay_ring_unref_step(&ring);
            lap_end(&release);
        }
        began = thread_nanoseconds();
        hearsay_ring_unref(whole);
        take(&freed, &release, thread_nanoseconds() - began);
    }
    show("new", &made);
    show("given back", &freed);
}

/* One leaves and one comes. */
static struct hearsay_ring *measure_change(const struct input *input,
                                           const struct hearsay_ring *old)
{
    struct result result = {0};
    struct hearsay_ring *ring = NULL, *whole;
    const char *gone = input->members[0].name;
    for (int round = 0; round < ROUNDS; round++) {
        struct lap lap = {0};
        hearsay_ring_unref(ring);
        ring = in_steps(&lap, old, input, 1, input->count - 1, input->count);
        uint64_t began = thread_nanoseconds();
        need(hearsay_ring_change(&whole, old, &gone, 1, &input->members[input->count - 1], 1) == 0,
             "no change");
        take(&result, &lap, thread_nanoseconds() - began);
        need(hearsay_ring_checksum(ring) == hearsay_ring_checksum(whole), "rings differ");
        hearsay_ring_unref(whole);
    }
    show("change", &result);
    return ring;
}

static void measure_moved(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    struct result result = {0};
    for (int round = 0; round < ROUNDS; round++) {
        struct lap lap = {0};
        struct hearsay_ring_sum sum;
        bool more = true;
        hearsay_ring_moved_begin(&sum, before, after);
        while (more) {
            lap_begin(&lap);
            more = hearsay_ring_moved_step(&sum, HEARSAY_RING_UNITS);
            lap_end(&lap);
        }
        uint64_t began = thread_nanoseconds();
        need(hearsay_ring_moved(before, after) == hearsay_ring_moved_end(&sum), "sums differ");
        take(&result, &lap, thread_nanoseconds() - began);
    }
    show("moved", &result);
}

static void measure_diff(const struct hearsay_ring *before, const struct hearsay_ring *after,
                         uint32_t n, bool zones)
{
    struct result result = {0};
    char what[40];
    snprintf(what, sizeof(what), "diff, n %u%s", n, zones ? ", zones" : "");
    for (int round = 0; round < ROUNDS; round++) {
        struct lap lap = {0};
        struct hearsay_ring_diff diff;
        struct hearsay_ring_move move;
        enum hearsay_ring_progress progress;
        uint64_t pieces = 0;
        hearsay_ring_diff_begin(&diff, before, after, n, zones);
        do {
            lap_begin(&lap);
            progress = hearsay_ring_diff_step(&diff, HEARSAY_RING_UNITS, &move);
            lap_end(&lap);
            pieces += progress == HEARSAY_RING_PIECE;
        } while (progress != HEARSAY_RING_DONE);
        uint64_t began = thread_nanoseconds();
        hearsay_ring_diff_begin(&diff, before, after, n, zones);
        while (hearsay_ring_diff_next(&diff, &move))
            pieces--;
        take(&result, &lap, thread_nanoseconds() - began);
        need(pieces == 0, "pieces differ");
    }
    show(what, &result);
}

/* ---- a node ------------------------------------------------------------------------------ */

static struct hearsay_node *make_node(const char *name, uint32_t port, bool ring)
{
    struct hearsay_config config;
    struct hearsay_node *node;
    char addr[40];
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    snprintf(addr, sizeof(addr), "10.%u.%u.1:7847", port >> 8 & 255, port & 255);
    need(hearsay_addr_parse(&config.advertise, addr, 0) == 0, "no address");
    config.name = name;
    config.seed = port + 1;
    config.ring = ring;
    config.allocator = allocator;
    memcpy(config.entropy, &port, sizeof(port));
    need(hearsay_node_new(&node, &config, (struct hearsay_now){1000000, UINT64_C(1) << 50}) == 0,
         "no node");
    return node;
}

/* The cost for a node of another member's new tag. No ring may be made. */
static void measure_tags(struct hearsay_node *node, struct hearsay_node *other)
{
    struct hearsay_now now = {3000000, (UINT64_C(1) << 50) + 2000000};
    struct result result = {0};
    struct hearsay_event event;
    for (int round = 0; round < 10; round++) {
        char value[8];
        snprintf(value, sizeof(value), "%d", round);
        const struct hearsay_tag tags[] = {{"x", value}};
        struct lap lap = {0};
        now.boot += 1000000;
        now.wall += 1000000;
        need(hearsay_node_set_tags(other, now, tags, 1) == 0, "no tags");
        lap_begin(&lap);
        need(hs_node_introduce(node, now, other) == 0, "not introduced");
        need(hearsay_node_next_event(node, now, &event), "no event");
        need(event.kind == HEARSAY_EVENT_MEMBER && event.reason == HEARSAY_REASON_UPDATED,
             "another event");
        while (hearsay_node_next_event(node, now, &event))
            need(event.kind != HEARSAY_EVENT_RING, "a ring");
        lap_end(&lap);
        take(&result, &lap, 0);
    }
    show("node, another's tags", &result);
}

/* The node hears of all members at once. Each call for an event is one step. */
static void measure_node(const struct input *input)
{
    const struct hearsay_now now = {2000000, (UINT64_C(1) << 50) + 1000000};
    struct result result = {0};
    struct hearsay_event event;
    struct lap lap = {0};
    size_t tokens = 0;
    struct hearsay_node *node = make_node("reader", 65535, true), *other = NULL;
    for (size_t i = 0; i < input->count - 1; i++) {
        hearsay_node_free(other);
        other = make_node(input->members[i].name, (uint32_t)i, false);
        need(hs_node_introduce(node, now, other) == 0, "not introduced");
        while (hearsay_node_events(node) > 64)
            need(hearsay_node_next_event(node, now, &event), "no event");
    }
    while (hearsay_node_events(node) > 0)
        need(hearsay_node_next_event(node, now, &event), "no event");
    while (tokens < input->count * TOKENS) {
        lap_begin(&lap);
        bool said = hearsay_node_next_event(node, now, &event);
        lap_end(&lap);
        if (said && event.kind == HEARSAY_EVENT_RING)
            tokens = event.ring_tokens;
    }
    take(&result, &lap, 0);
    show("node, pulls of events", &result);
    while (hearsay_node_ring_step(node, now, SIZE_MAX))
        continue;
    measure_tags(node, other);
    hearsay_node_free(other);
    hearsay_node_free(node);
}

static void measure(size_t count)
{
    struct input input = make_input(count);
    struct hearsay_ring *old, *changed;
    printf("%zu members x %d tokens, %d units a step\n"
           "                          longest step, ms                 ms\n"
           "                            best    worst    steps     steps  one call\n",
           count, TOKENS, HEARSAY_RING_UNITS);
    measure_new(&input);
    need(hearsay_ring_new(&old, &allocator, input.members, count - 1) == 0, "no ring");
    changed = measure_change(&input, old);
    measure_moved(old, changed);
    measure_diff(old, changed, 1, false);
    measure_diff(old, changed, 3, true);
    measure_node(&input);
    putchar('\n');
    hearsay_ring_unref(old);
    hearsay_ring_unref(changed);
    free(input.names);
    free(input.members);
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {1000, 10000, 20000};
    allocator = hearsay_host_allocator();
    for (int i = 1; i < argc; i++) {
        size_t count = strtoul(argv[i], NULL, 10);
        need(count >= 2 && count <= 65000, "2 to 65000 members");
        measure(count);
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && argc == 1; i++)
        measure(usual[i]);
    return EXIT_SUCCESS;
}
