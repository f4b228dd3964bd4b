/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view: all members this node knows, found by name and by id, in a shuffled order for probing
 * (R14), and with a digest per bucket of hash(name) (R24).
 *
 * Slots are stable while a member is known; the array may move when it grows, so nobody keeps a
 * struct hs_member pointer across an addition. Only hs_view_apply changes a member's record; the
 * table keeps digest, counts and probe list true to it.
 */
#ifndef HS_VIEW_TABLE_H
#define HS_VIEW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>

#include "base/random.h"
#include "view/index.h"
#include "view/member.h"

struct hs_table {
    const struct hearsay_allocator *allocator;
    struct hs_meta_pool *meta_pool; /* the pool that nodes share; NULL: none */
    /* slots; a free one has meta NULL and rumor_next as the free list */
    struct hs_member *members;
    uint32_t room, used, free_slot;
    uint32_t count, max; /* members in use, hidden ones included; the bound */
    struct hs_index by_name, by_id;
    /* slots, see state/probe_list.c: probe_list_count present ones, then gone_count dead */
    uint32_t *probe_list;
    uint32_t probe_list_room, probe_list_count, probe_list_next, gone_count;
    uint32_t status_count[4]; /* by enum hearsay_status; [0]: hidden */
    uint64_t digest;
    uint32_t bucket_sum[HS_BUCKETS]; /* low halves: what the wire carries */
    uint32_t bucket_head[HS_BUCKETS];
};

int hs_table_init(struct hs_table *table, const struct hearsay_allocator *allocator,
                  struct hs_meta_pool *meta_pool, uint32_t max);
void hs_table_fini(struct hs_table *table);

/* Makes room for one more member, so that hs_table_add cannot fail. 0, FULL or NOMEM. */
int hs_table_reserve(struct hs_table *table);

/* Adds a member with this record (room must be reserved) and returns its slot. The metadata is a
 * share that the table owns from now on. */
uint32_t hs_table_add(struct hs_table *table, const struct hs_meta *meta,
                      const struct hs_version *version);

/* Forgets a member. It must be neither in the rumor queue nor in the probe list, nor have a
 * suspicion. */
void hs_table_remove(struct hs_table *table, uint32_t slot);

/* Replaces the record of a member: version, and the metadata when it is not NULL. Keeps digest,
 * counts and the id index. Returns true when the id has changed (another instance). */
bool hs_table_replace(struct hs_table *table, uint32_t slot, const struct hs_meta *meta,
                      const struct hs_version *version);

/* Takes a tombstone out of digest and counts, or back in. */
void hs_table_set_hidden(struct hs_table *table, uint32_t slot, bool hidden);

uint32_t hs_table_find_name(const struct hs_table *table, const char *name, size_t len);
uint32_t hs_table_find_id(const struct hs_table *table, uint64_t id);
uint32_t hs_table_find_name_hash(const struct hs_table *table, uint64_t name_hash);

static inline struct hs_member *hs_table_at(const struct hs_table *table, uint32_t slot)
{
    return &table->members[slot];
}

/* Is the member with this id still at this slot, which may be free or another's by now? */
static inline bool hs_table_holds(const struct hs_table *table, uint32_t slot, uint64_t id)
{
    const struct hs_member *member = hs_table_at(table, slot);
    return member->meta && member->meta->id == id;
}

/* Present members, our own included. */
static inline uint32_t hs_table_present(const struct hs_table *table)
{
    return table->status_count[HEARSAY_STATUS_ALIVE] + table->status_count[HEARSAY_STATUS_SUSPECT];
}

/* The bucket of a name's hash: its top bits. */
static inline uint32_t hs_bucket_of(uint64_t name_hash)
{
    return (uint32_t)(name_hash >> (64 - HS_BUCKET_BITS));
}

/* Which eighth of its bucket a name lies in; its bit in a mask. */
static inline unsigned hs_eighth_of(uint64_t name_hash)
{
    return (unsigned)(name_hash >> (64 - HS_BUCKET_BITS - 3)) % HS_EIGHTHS;
}

/* The sums of the eighths of bucket `bucket` of HS_BUCKETS. */
void hs_table_eighths(const struct hs_table *table, uint32_t bucket, uint32_t ret_sums[HS_EIGHTHS]);

/* The digest of bucket `at` when the view is cut into 1 << bits buckets. */
uint32_t hs_table_bucket(const struct hs_table *table, unsigned bits, uint32_t at);

#endif
