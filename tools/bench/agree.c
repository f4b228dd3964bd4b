/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the cost of agreement (R24). Two nodes whose views differ in some records exchange
 * datagrams until their digests are equal. A newcomer learns a whole view. For comparison, the
 * program shows the size of the whole state sent both ways, as memberlist does over TCP, in our own
 * records. Then it shows the memory of a view. All figures are counts, so they do not depend on the
 * machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codec/encode.h"
#include "view.h"
#include "view/record.h"

#define STEPS_MAX 100000u
#define FIRST     0u /* members from here on differ */
#define FIXED_BAR 4096u

struct cost {
    uint64_t datagrams, bytes;
};

struct pair {
    struct hearsay_node *a, *b;
    struct hearsay_now now;
    struct cost cost;
};

static struct hearsay_addr addr_of(const struct hearsay_node *node)
{
    return hs_table_at(&node->core.view.table, node->core.view.self)->meta->addr;
}

/* Delivers all datagrams that a node has to send. */
static bool deliver(struct pair *pair, struct hearsay_node *from, struct hearsay_node *to)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr source = addr_of(from), target;
    uint64_t ticket;
    size_t len;
    bool any = false;
    while ((len = hearsay_node_transmit(from, pair->now, &target, &ticket, bytes, sizeof bytes))) {
        pair->cost.datagrams++;
        pair->cost.bytes += len;
        pair->now.boot += 10;
        pair->now.wall += 10;
        hearsay_node_receive(to, pair->now, &source, bytes, len);
        any = true;
    }
    return any;
}

static struct hs_rumor self_rumor(const struct hearsay_node *node, struct hs_rumor *ret_rumor)
{
    hs_rumor_of(&node->core.view, node->core.now.boot, node->core.view.self, true, ret_rumor);
    if (!hs_blob_decode(&ret_rumor->decoded, ret_rumor->blob, ret_rumor->blob_len))
        view_fail("an own blob does not decode");
    return *ret_rumor;
}

/* Makes the nodes known to each other, as a join would. Returns b's slot at a. */
static uint32_t acquaint(const struct pair *pair)
{
    struct hs_rumor rumor;
    self_rumor(pair->a, &rumor);
    hs_merge_rumor(&pair->b->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    uint32_t slot = hs_table_find_id(&pair->b->core.view.table, rumor.id);
    hs_table_at(&pair->b->core.view.table, slot)->flags |= HS_MEMBER_PROVEN;
    self_rumor(pair->b, &rumor);
    hs_merge_rumor(&pair->a->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    slot = hs_table_find_id(&pair->a->core.view.table, rumor.id);
    hs_table_at(&pair->a->core.view.table, slot)->flags |= HS_MEMBER_PROVEN;
    return slot;
}

/* Delivers datagrams until none are left, and repeats the exchange until the nodes agree. */
static void exchange(struct pair *pair, uint32_t slot)
{
    for (unsigned step = 0; step < STEPS_MAX; step++) {
        if (pair->a->sync.phase == HS_SYNC_IDLE) {
            if (pair->a->core.view.table.digest == pair->b->core.view.table.digest)
                return;
            hs_sync_start(&pair->a->sync, slot, 0);
        }
        bool said = deliver(pair, pair->a, pair->b);
        said = deliver(pair, pair->b, pair->a) || said;
        if (!said)
            view_fail("an exchange stands still");
    }
    view_fail("an exchange does not end");
}

static void end(const struct pair *pair)
{
    hearsay_node_free(pair->a);
    hearsay_node_free(pair->b);
}

static struct pair begin(uint32_t at_a, uint32_t at_b)
{
    struct pair pair = {.now = {1000 * VIEW_SECOND, VIEW_WALL}};
    pair.a = view_node("a", 1, pair.now);
    pair.b = view_node("b", 2, pair.now);
    view_fill(pair.a, at_a);
    view_fill(pair.b, at_b);
    return pair;
}

/* The bytes of some records in a datagram. */
static uint64_t record_bytes(uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t at = FIRST; at < FIRST + count; at++) {
        uint8_t blob[HS_BLOB_MAX], bytes[HEARSAY_DATAGRAM_MAX];
        struct hs_rumor rumor = view_rumor(blob, at, VIEW_WALL + 1, VIEW_RECORD);
        struct hs_wire wire = {.seal = &hearsay_seal_none};
        struct hs_message gossip = {.kind = HEARSAY_KIND_GOSSIP};
        struct hs_encoder encoder;
        if (!hs_encode_begin(&encoder, &wire, bytes, sizeof bytes, 0, &gossip))
            view_fail("no datagram");
        size_t room = hs_encode_room(&encoder);
        if (!hs_encode_rumor(&encoder, &rumor))
            view_fail("a record does not fit");
        sum += room - hs_encode_room(&encoder);
    }
    return sum;
}

static void show(uint32_t members, const char *what, const struct cost *cost, uint64_t records,
                 uint64_t bar)
{
    printf("%7u  %-20s %9llu %9llu %9llu %9.2f %9.2f %11llu\n", members, what,
           (unsigned long long)records, (unsigned long long)cost->bytes,
           (unsigned long long)cost->datagrams, (double)cost->bytes / (double)records,
           (double)cost->bytes / (double)bar, (unsigned long long)(2 * record_bytes(members)));
}

/* Half of the differing records are newer at one node, half at the other. */
static void measure_difference(uint32_t members, uint32_t differ)
{
    struct pair pair = begin(members, members);
    char what[32];
    for (uint32_t at = FIRST; at < FIRST + differ; at++) {
        uint8_t bytes[HS_BLOB_MAX];
        struct hs_rumor rumor = view_rumor(bytes, at, VIEW_WALL + 1, VIEW_RECORD);
        hs_merge_rumor(&(at % 2 ? pair.a : pair.b)->merger, &rumor,
                       &(struct hs_source){.from = HS_NO_SLOT});
    }
    exchange(&pair, acquaint(&pair));
    snprintf(what, sizeof what, "%u differ", differ);
    uint64_t records = record_bytes(differ);
    show(members, what, &pair.cost, records, 3 * records + FIXED_BAR);
    end(&pair);
}

static void measure_join(uint32_t members)
{
    struct pair pair = begin(0, members);
    exchange(&pair, acquaint(&pair));
    uint64_t records = record_bytes(members);
    show(members, "a newcomer learns all", &pair.cost, records, records * 13 / 10);
    end(&pair);
}

/* Table, indices, digest, probe list; times of round trips and floors lie in the table. */
static void measure_memory(uint32_t members)
{
    struct hearsay_now now = {1000 * VIEW_SECOND, VIEW_WALL};
    struct hearsay_node *node = view_node("a", 1, now);
    uint64_t before = view_memory.bytes;
    view_fill(node, members - 1);
    const struct hs_table *table = &node->core.view.table;
    uint64_t places = (uint64_t)table->by_name.mask + 1 + table->by_id.mask + 1;
    uint64_t bytes = table->room * sizeof *table->members +
                     (table->probe_list_room + table->addr_room + places) * sizeof(uint32_t) +
                     sizeof table->bucket_sum + sizeof table->bucket_head +
                     sizeof table->addr_head + sizeof table->digest;
    uint64_t metadata = 0;
    for (uint32_t slot = 0; slot < table->used; slot++)
        metadata += hs_meta_size(hs_table_at(table, slot)->meta);
    printf("%7u  %9.1f %9.1f %12.1f\n", members, (double)bytes / members,
           (double)metadata / members, (double)(view_memory.bytes - before) / members);
    hearsay_node_free(node);
}

int main(void)
{
    static const uint32_t sizes[] = {100, 1000, 5000, 10000};
    static const uint32_t differences[] = {1, 10, 100};
    printf("bytes of UDP payload until two views agree; bar: 3 x the records + %u, a newcomer "
           "1.3 x\n\n%7s  %-20s %9s %9s %9s %9s %9s %11s\n",
           FIXED_BAR, "members", "", "records", "sent", "datagrams", "/records", "/bar",
           "full state");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof differences / sizeof *differences; k++)
            measure_difference(sizes[i], differences[k]);
        measure_join(sizes[i]);
    }
    printf("\nbytes of memory a member of the view\n\n%7s  %9s %9s %12s\n", "members", "table",
           "metadata", "since empty");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure_memory(sizes[i]);
    return EXIT_SUCCESS;
}
