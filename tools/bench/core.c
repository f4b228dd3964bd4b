/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's cost of one gossip: ten records, received, merged and acked (receive and the transmit
 * of the ack), in nanoseconds and allocations, with 60 and with 10,000 members in the table. The
 * datagrams are made beforehand; members are taken in turn from the whole table, so that the large
 * one pays for its cache misses. No ring: its cost is that of a change, not of a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view.h"

#define RECORDS 10u
#define BATCH   500u
#define BATCHES 200u

struct bench {
    struct hearsay_node *node;
    struct hearsay_now now;
    uint32_t members, turn;
    uint64_t stamp, created;
    struct hs_wire sender;
    struct hearsay_addr from;
    size_t lens[BATCH];
    uint8_t datagrams[BATCH][HEARSAY_DATAGRAM_MAX];
};

static void make_node(struct bench *bench, uint32_t members)
{
    bench->now = (struct hearsay_now){1000 * VIEW_SECOND, VIEW_WALL};
    bench->node = view_node("bench", 1, bench->now);
    view_fill(bench->node, members);
    bench->members = members;
    bench->stamp = VIEW_WALL;
    const struct hs_member *sender = hs_table_at(&bench->node->table, 1);
    hs_table_at(&bench->node->table, 1)->flags |= HS_MEMBER_ECHOED;
    bench->from = sender->card->addr;
    bench->sender = bench->node->wire;
    bench->sender.self_id = sender->card->id;
}

static void make_batch(struct bench *bench, enum view_shape shape)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP,
                                    .created = VIEW_WALL + ++bench->created};
        struct hs_encoder encoder;
        gossip.stamp = UINT64_MAX; /* whatever we hold of the sender is not older */
        bool fits = hs_encode_begin(&encoder, &bench->sender, bench->datagrams[i],
                                    HEARSAY_DATAGRAM_MAX, bench->node->wire.self_binding, &gossip);
        bench->stamp++;
        for (uint32_t k = 0; k < RECORDS; k++) {
            uint8_t bytes[HS_BLOB_MAX];
            uint32_t at = 1 + (bench->turn += 7) % (bench->members - 1);
            struct hs_rumor rumor = view_rumor(bytes, at, bench->stamp, shape);
            fits = fits && hs_encode_rumor(&encoder, &rumor);
        }
        if (!fits)
            view_fail("ten records do not fit a datagram");
        bench->lens[i] = hs_encode_end(&encoder);
    }
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* One batch; returns what it took. */
static uint64_t run_batch(struct bench *bench)
{
    uint8_t out[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket, begun = nanoseconds();
    for (uint32_t i = 0; i < BATCH; i++) {
        bench->now.boot += 1000;
        bench->now.wall += 1000;
        hearsay_node_receive(bench->node, bench->now, &bench->from, bench->datagrams[i],
                             bench->lens[i]);
        if (!hearsay_node_transmit(bench->node, bench->now, &to, &ticket, out, sizeof out))
            view_fail("no ack");
    }
    return nanoseconds() - begun;
}

static void drop_events(struct bench *bench)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(bench->node, bench->now, &event)) {
    }
}

static double measure(uint32_t members, enum view_shape shape, double *ret_allocations)
{
    static struct bench bench;
    bench = (struct bench){0};
    make_node(&bench, members);
    uint64_t least = UINT64_MAX, allocated = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        make_batch(&bench, shape);
        uint64_t before = view_memory.calls, took = run_batch(&bench);
        allocated += view_memory.calls - before;
        least = took < least ? took : least;
        drop_events(&bench);
    }
    struct hearsay_stats stats;
    hearsay_node_stats(bench.node, &stats);
    if (stats.records_merged < (uint64_t)BATCHES * BATCH * (RECORDS - 1))
        view_fail("records were not merged");
    hearsay_node_free(bench.node);
    *ret_allocations = (double)allocated / (BATCHES * BATCH);
    return (double)least / BATCH;
}

int main(void)
{
    static const char *const names[] = {"known members, brief", "known members, whole",
                                        "changed members, whole"};
    printf("one gossip of %u records, received, merged, acked (best of %u batches of %u)\n\n"
           "%-24s %12s %12s %7s %13s\n",
           RECORDS, BATCHES, BATCH, "", "60 members", "10,000", "ratio", "allocations");
    for (unsigned shape = VIEW_BRIEF; shape <= VIEW_CHANGED; shape++) {
        double few, many, at_few, at_many;
        few = measure(60, (enum view_shape)shape, &at_few);
        many = measure(10000, (enum view_shape)shape, &at_many);
        printf("%-24s %9.0f ns %9.0f ns %7.2f %6.2f %6.2f\n", names[shape], few, many, many / few,
               at_few, at_many);
    }
    return EXIT_SUCCESS;
}
