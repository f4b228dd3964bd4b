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

#include <hearsay/host.h>

#include "rules/rules.h"

#define RECORDS 10u
#define BATCH   500u
#define BATCHES 200u
#define SECOND  UINT64_C(1000000)
#define WALL    (UINT64_C(1772323200) * SECOND)

enum shape {
    BRIEF,   /* a record whose blob the receiver has: what an agent sends of known members */
    RECORD,  /* the same with its blob, as in an exchange */
    CHANGED, /* a blob that differs: new tags, another process */
};

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

static uint64_t allocations;

static void *counting_resize(void *context, void *ptr, size_t size)
{
    (void)context;
    allocations++;
    return realloc(ptr, size);
}

static void counting_release(void *context, void *ptr)
{
    (void)context;
    free(ptr);
}

static void fail(const char *what)
{
    fprintf(stderr, "core: %s\n", what);
    exit(EXIT_FAILURE);
}

static size_t make_blob(uint8_t bytes[HS_BLOB_MAX], uint32_t at, uint64_t start)
{
    char name[24];
    struct hs_blob blob = {.name = name,
                           .instance = at + 1,
                           .start = start,
                           .tokens = 128,
                           .version_min = 1,
                           .version_max = 1};
    blob.name_len = (size_t)snprintf(name, sizeof name, "member-%u", at);
    blob.addr = (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 1}};
    blob.addr.bytes[2] = (uint8_t)(at >> 8);
    blob.addr.bytes[3] = (uint8_t)at;
    int len = hs_blob_encode(bytes, HS_BLOB_MAX, &blob, NULL, 0);
    if (len < 0)
        fail("a blob does not encode");
    return (size_t)len;
}

/* The rumor of a member; `bytes` holds its blob. */
static struct hs_rumor rumor_of(uint8_t bytes[HS_BLOB_MAX], uint32_t at, uint64_t stamp,
                                enum shape shape)
{
    size_t len = make_blob(bytes, at, shape == CHANGED ? stamp : WALL);
    struct hs_blob blob;
    if (!hs_blob_decode(&blob, bytes, len))
        fail("a blob does not decode");
    return (struct hs_rumor){
        .blob = shape == BRIEF ? NULL : bytes,
        .blob_len = len,
        .decoded = blob,
        .blob_check = (uint32_t)hs_hash(bytes, len),
        .id = hs_member_id(blob.name, blob.name_len, blob.instance),
        .stamp = stamp,
        .status = HEARSAY_ALIVE,
    };
}

static void make_node(struct bench *bench, uint32_t members)
{
    struct hearsay_config config;
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = "bench";
    config.advertise = (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, 1}};
    config.allocator = (struct hearsay_allocator){counting_resize, counting_release, NULL};
    config.ring = false;
    bench->now = (struct hearsay_now){1000 * SECOND, WALL};
    if (hearsay_node_new(&bench->node, &config, bench->now) != 0)
        fail("no node");
    for (uint32_t at = 0; at < members; at++) {
        uint8_t bytes[HS_BLOB_MAX];
        struct hs_rumor rumor = rumor_of(bytes, at, WALL, RECORD);
        hs_merge_rumor(bench->node, &rumor, HS_NO_SLOT);
    }
    bench->members = members;
    bench->stamp = WALL;
    const struct hs_member *sender = hs_table_at(&bench->node->table, 1);
    hs_table_at(&bench->node->table, 1)->flags |= HS_MEMBER_ECHOED;
    bench->from = sender->addr;
    bench->sender = bench->node->wire;
    bench->sender.self_id = sender->id;
}

static void make_batch(struct bench *bench, enum shape shape)
{
    for (uint32_t i = 0; i < BATCH; i++) {
        struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP,
                                    .created = WALL + ++bench->created};
        struct hs_encoder encoder;
        gossip.stamp = UINT64_MAX; /* whatever we hold of the sender is not older */
        bool fits = hs_encode_begin(&encoder, &bench->sender, bench->datagrams[i],
                                    HEARSAY_DATAGRAM_MAX, bench->node->wire.self_binding, &gossip);
        bench->stamp++;
        for (uint32_t k = 0; k < RECORDS; k++) {
            uint8_t bytes[HS_BLOB_MAX];
            uint32_t at = 1 + (bench->turn += 7) % (bench->members - 1);
            struct hs_rumor rumor = rumor_of(bytes, at, bench->stamp, shape);
            fits = fits && hs_encode_rumor(&encoder, &rumor);
        }
        if (!fits)
            fail("ten records do not fit a datagram");
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
            fail("no ack");
    }
    return nanoseconds() - begun;
}

static void drop_events(struct bench *bench)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(bench->node, bench->now, &event)) {
    }
}

static double measure(uint32_t members, enum shape shape, double *ret_allocations)
{
    static struct bench bench;
    bench = (struct bench){0};
    make_node(&bench, members);
    uint64_t least = UINT64_MAX, allocated = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        make_batch(&bench, shape);
        uint64_t before = allocations, took = run_batch(&bench);
        allocated += allocations - before;
        least = took < least ? took : least;
        drop_events(&bench);
    }
    struct hearsay_stats stats;
    hearsay_node_stats(bench.node, &stats);
    if (stats.records_merged < (uint64_t)BATCHES * BATCH * (RECORDS - 1))
        fail("records were not merged");
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
    for (unsigned shape = BRIEF; shape <= CHANGED; shape++) {
        double few, many, at_few, at_many;
        few = measure(60, (enum shape)shape, &at_few);
        many = measure(10000, (enum shape)shape, &at_many);
        printf("%-24s %9.0f ns %9.0f ns %7.2f %6.2f %6.2f\n", names[shape], few, many, many / few,
               at_few, at_many);
    }
    return EXIT_SUCCESS;
}
