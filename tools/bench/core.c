/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the core's cost of one gossip that is received, merged and acked, in nanoseconds and
 * allocations, with 100, 1,000 and 10,000 members in the table. One gossip is that of an idle
 * cluster, with a digest and no record. Others have ten records. The datagrams are made beforehand.
 * Senders and members are taken in turn from the whole table, so that the figures for a large one
 * include its cache misses. There is no ring, because its cost comes with changes and not with
 * messages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "codec/encode.h"
#include "view.h"

#define RECORDS 10u
#define BATCH   500u
#define BATCHES 200u
#define STEP    7919u /* a prime */

struct load {
    const char *name;
    bool idle; /* no records */
    enum view_shape shape;
};

struct bench {
    struct hearsay_node *node;
    struct hearsay_now now;
    uint32_t members, turn;
    uint64_t timestamp, created;
    struct hearsay_addr from[BATCH];
    size_t lens[BATCH];
    uint8_t datagrams[BATCH][HEARSAY_DATAGRAM_MAX];
};

static void make_node(struct bench *bench, uint32_t members)
{
    bench->now = (struct hearsay_now){1000 * VIEW_SECOND, VIEW_WALL};
    bench->node = view_node("bench", 1, bench->now);
    view_fill(bench->node, members);
    bench->members = members;
    bench->timestamp = VIEW_WALL;
    for (uint32_t slot = 0; slot < bench->node->core.view.table.used; slot++)
        hs_table_at(&bench->node->core.view.table, slot)->flags |= HS_MEMBER_PROVEN;
}

/* Slots and members in turn, by steps that visit all and are no neighbours. */
static uint32_t next_of(struct bench *bench)
{
    return 1 + (bench->turn += STEP) % (bench->members - 1);
}

static void add_records(struct bench *bench, struct hs_encoder *encoder, enum view_shape shape)
{
    bench->timestamp++;
    for (uint32_t k = 0; k < RECORDS; k++) {
        uint8_t bytes[HS_BLOB_MAX];
        struct hs_rumor rumor = view_rumor(bytes, next_of(bench), bench->timestamp, shape);
        if (!hs_encode_rumor(encoder, &rumor))
            view_fail("ten records do not fit a datagram");
    }
}

static void make_batch(struct bench *bench, const struct load *load)
{
    struct hs_table *table = &bench->node->core.view.table;
    for (uint32_t i = 0; i < BATCH; i++) {
        struct hs_wire wire = bench->node->core.wire;
        struct hs_encoder encoder;
        struct hs_message gossip = {
            .kind = HEARSAY_KIND_GOSSIP,
            .created = VIEW_WALL + ++bench->created,
            .digest = table->digest,
            .timestamp = UINT64_MAX, /* whatever we hold of the sender is not older */
        };
        const struct hs_meta *sender = hs_table_at(table, next_of(bench))->meta;
        wire.self_id = sender->id;
        bench->from[i] = sender->addr;
        hs_encode_begin(&encoder, &wire, bench->datagrams[i], HEARSAY_DATAGRAM_MAX,
                        bench->node->core.wire.self_binding, &gossip);
        if (!load->idle)
            add_records(bench, &encoder, load->shape);
        bench->lens[i] = hs_encode_end(&encoder);
    }
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
        hearsay_node_receive(bench->node, bench->now, &bench->from[i], bench->datagrams[i],
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

static double measure(uint32_t members, const struct load *load, double *ret_allocations)
{
    static struct bench bench;
    bench = (struct bench){0};
    make_node(&bench, members);
    uint64_t least = UINT64_MAX, allocated = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        make_batch(&bench, load);
        uint64_t before = view_memory.calls, took = run_batch(&bench);
        allocated += view_memory.calls - before;
        least = took < least ? took : least;
        drop_events(&bench);
    }
    struct hearsay_stats stats;
    hearsay_node_stats(bench.node, &stats);
    if (!load->idle && stats.records_merged < (uint64_t)BATCHES * BATCH * (RECORDS - 1))
        view_fail("records were not merged");
    hearsay_node_free(bench.node);
    *ret_allocations = (double)allocated / (BATCHES * BATCH);
    return (double)least / BATCH;
}

int main(void)
{
    static const struct load loads[] = {
        {"idle", true, VIEW_BRIEF},
        {"known members, brief", false, VIEW_BRIEF},
        {"known members, whole", false, VIEW_RECORD},
        {"changed members, whole", false, VIEW_CHANGED},
    };
    static const uint32_t sizes[] = {100, 1000, 10000};
    printf("one gossip, received, merged, acked: idle, or with %u records (best of %u batches of "
           "%u)\n\n"
           "%-24s %9s %9s %9s %7s %12s\n",
           RECORDS, BATCHES, BATCH, "", "100", "1,000", "10,000", "ratio", "allocations");
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        double took[3], allocations;
        for (size_t k = 0; k < 3; k++)
            took[k] = measure(sizes[k], &loads[i], &allocations);
        printf("%-24s %6.0f ns %6.0f ns %6.0f ns %7.2f %12.2f\n", loads[i].name, took[0], took[1],
               took[2], took[2] / took[0], allocations);
    }
    return EXIT_SUCCESS;
}
