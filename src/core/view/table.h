/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of all members that this node knows. It finds them by name, by id and by address, holds
 * the probe list (R14), and keeps one digest for each bucket of hash(name) (R24).
 *
 * A slot is stable while its member is known. The array may move when it grows, so no struct
 * hs_member pointer may be kept across an addition. Only hs_view_apply changes a member's record;
 * the table keeps digest and counts consistent with it.
 */
#ifndef HS_VIEW_TABLE_H
#define HS_VIEW_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>

#include "base/assert.h"
#include "base/random.h"
#include "view/index.h"
#include "view/member.h"

/* Members whose addresses have equal low bits of their hash are in one chain. At 10,000 members a
 * chain has ten; an insider who chooses addresses that collide makes us walk as far as a whole
 * table is long, which is bounded. */
#define HS_ADDR_CHAINS 1024u

struct hs_table {
    const struct hearsay_allocator *allocator;
    struct hs_meta_pool *meta_pool; /* the pool that nodes share; NULL: no pool */
    /* by slot; a free one has meta NULL, and rumor_next is the link of the free list */
    struct hs_member *members;
    uint32_t room, used, free_slot;
    uint32_t count, max; /* members, hidden ones included; and their bound */
    struct hs_index by_name, by_id;
    uint32_t *addr_next; /* by slot: the next member of its chain */
    uint32_t addr_room;
    uint32_t addr_head[HS_ADDR_CHAINS];
    /* slots, see view/probe_list.c: probe_list_count that are probed, then gone_count dead */
    uint32_t *probe_list;
    uint32_t probe_list_room, probe_list_count, probe_list_next, gone_count;
    uint32_t status_count[4]; /* by enum hearsay_status; [0]: hidden tombstones */
    uint32_t drained_count;   /* present members without tokens */
    uint64_t digest;
    uint32_t bucket_sum[HS_BUCKETS]; /* low halves, as sent in exchanges */
    uint32_t bucket_head[HS_BUCKETS];
};

/* Hidden tombstones count for nothing, so they may use places beyond `max`: a sixteenth of it,
 * within these bounds. */
#define HS_HIDDEN_ROOM_MIN 64u
#define HS_HIDDEN_ROOM_MAX 4096u

/* Makes an empty table for at most `max` members, hidden tombstones not counted. `allocator` and
 * `meta_pool` are borrowed. 0 or NOMEM. */
int hs_table_init(struct hs_table *table, const struct hearsay_allocator *allocator,
                  struct hs_meta_pool *meta_pool, uint32_t max);
/* Frees the table, and drops the metadata of all its members. A table that failed in hs_table_init
 * is allowed. */
void hs_table_fini(struct hs_table *table);

/* Makes room for one more member, so that hs_table_add cannot fail. 0, FULL (no place, not even one
 * for hidden tombstones) or NOMEM. */
int hs_table_reserve(struct hs_table *table);

/* Adds a member with this record and returns its slot. Room must have been reserved with
 * hs_table_reserve. The table takes over the caller's share of the metadata. */
uint32_t hs_table_add(struct hs_table *table, const struct hs_meta *meta,
                      const struct hs_version *version);

/* Removes a member and drops its metadata. It must not be in the rumor queue or the probe list, and
 * must not have a suspicion. */
void hs_table_remove(struct hs_table *table, uint32_t slot);

/* Replaces the record of a member: its version, and its metadata unless `meta` is NULL; then the
 * table takes over the caller's share. Updates digest, counts and the id index. Returns true if the
 * id has changed: another instance. */
bool hs_table_replace(struct hs_table *table, uint32_t slot, const struct hs_meta *meta,
                      const struct hs_version *version);

/* Takes a tombstone out of digest and counts, or puts it back. */
void hs_table_set_hidden(struct hs_table *table, uint32_t slot, bool hidden);

/* Each returns the slot of the member with this name, id or hash of a name, or HS_NO_SLOT. */
uint32_t hs_table_find_name(const struct hs_table *table, const char *name, size_t len);
uint32_t hs_table_find_id(const struct hs_table *table, uint64_t id);
uint32_t hs_table_find_name_hash(const struct hs_table *table, uint64_t name_hash);

/* The members whose record has this address, dead ones included, one for each call: `after` is the
 * slot that the call before returned, at first HS_NO_SLOT. HS_NO_SLOT: there is none left. Between
 * the calls no member may be added or removed, or get other metadata. */
uint32_t hs_table_next_at(const struct hs_table *table, const struct hearsay_addr *addr,
                          uint32_t after);

/* The place of a slot, which may be free: see hs_table_holds. Borrowed until the next addition. */
static inline struct hs_member *hs_table_at(const struct hs_table *table, uint32_t slot)
{
    HS_ASSERT(slot < table->used);
    return &table->members[slot];
}

/* Returns true if the slot still holds the member with this id. The slot may be free or hold
 * another member by now. */
static inline bool hs_table_holds(const struct hs_table *table, uint32_t slot, uint64_t id)
{
    const struct hs_member *member = hs_table_at(table, slot);
    return member->meta && member->meta->id == id;
}

/* Number of members that count towards `max`: all but the hidden tombstones. */
static inline uint32_t hs_table_counted(const struct hs_table *table)
{
    return table->count - table->status_count[HEARSAY_STATUS_NONE];
}

/* Number of places, those for hidden tombstones included. */
uint32_t hs_table_places(const struct hs_table *table);

/* Number of alive and suspect members, our own included. */
static inline uint32_t hs_table_present(const struct hs_table *table)
{
    return table->status_count[HEARSAY_STATUS_ALIVE] + table->status_count[HEARSAY_STATUS_SUSPECT];
}

/* The bucket of a name's hash, which is its top bits. */
static inline uint32_t hs_bucket_of(uint64_t name_hash)
{
    return (uint32_t)(name_hash >> (64 - HS_BUCKET_BITS));
}

/* The eighth of its bucket in which a name lies: a bit number in a mask. */
static inline unsigned hs_eighth_of(uint64_t name_hash)
{
    return (unsigned)(name_hash >> (64 - HS_BUCKET_BITS - 3)) % HS_EIGHTHS;
}

/* Computes the sums of the eighths of bucket `bucket` of HS_BUCKETS. Walks over the bucket's
 * members. */
void hs_table_eighths(const struct hs_table *table, uint32_t bucket, uint32_t ret_sums[HS_EIGHTHS]);

/* Returns the digest of bucket `at` when the view is divided into 1 << bits buckets. */
uint32_t hs_table_bucket(const struct hs_table *table, unsigned bits, uint32_t at);

#endif
