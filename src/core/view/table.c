/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All members are in one array, and everything else refers to them by slot: a slot has four bytes
 * where a pointer has eight, and the array can move. The digest is a sum. So a change costs one
 * subtraction and one addition, and equal views have equal digests, whatever the order of their
 * changes was.
 */
#include "view/table.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

#define ENTRIES_FIRST 16u

static uint64_t name_key(const void *owner, uint32_t slot)
{
    const struct hs_table *table = owner;
    return table->members[slot].meta->name_hash;
}

static uint64_t id_key(const void *owner, uint32_t slot)
{
    const struct hs_table *table = owner;
    return table->members[slot].meta->id;
}

int hs_table_init(struct hs_table *table, const struct hearsay_allocator *allocator,
                  struct hs_meta_pool *meta_pool, uint32_t max)
{
    *table = (struct hs_table){
        .allocator = allocator,
        .meta_pool = meta_pool,
        .max = max,
        .free_slot = HS_NO_SLOT,
    };
    memset(table->bucket_head, 0xff, sizeof(table->bucket_head));
    memset(table->addr_head, 0xff, sizeof(table->addr_head));
    int err = hs_index_init(&table->by_name, allocator, ENTRIES_FIRST, name_key, table);
    if (!err)
        err = hs_index_init(&table->by_id, allocator, ENTRIES_FIRST, id_key, table);
    if (err)
        hs_table_fini(table);
    return err;
}

void hs_table_fini(struct hs_table *table)
{
    if (!table->allocator)
        return;
    for (uint32_t slot = 0; slot < table->used; slot++)
        hs_meta_drop(table->meta_pool, table->allocator, table->members[slot].meta);
    hs_release(table->allocator, table->members);
    hs_release(table->allocator, table->probe_list);
    hs_release(table->allocator, table->addr_next);
    hs_index_fini(&table->by_name, table->allocator);
    hs_index_fini(&table->by_id, table->allocator);
    *table = (struct hs_table){0};
}

uint32_t hs_table_places(const struct hs_table *table)
{
    uint32_t hidden = table->max / 16;
    if (hidden < HS_HIDDEN_ROOM_MIN)
        hidden = HS_HIDDEN_ROOM_MIN;
    return table->max + (hidden < HS_HIDDEN_ROOM_MAX ? hidden : HS_HIDDEN_ROOM_MAX);
}

int hs_table_reserve(struct hs_table *table)
{
    if (table->count >= hs_table_places(table))
        return HEARSAY_ERR_FULL;
    uint32_t need = table->count + 1;
    void *members = table->members, *probe_list = table->probe_list, *addr_next = table->addr_next;
    bool grown =
        hs_grow(table->allocator, &members, &table->room, need, sizeof(*table->members)) &&
        hs_grow(table->allocator, &probe_list, &table->probe_list_room, need,
                sizeof(*table->probe_list)) &&
        hs_grow(table->allocator, &addr_next, &table->addr_room, need, sizeof(*table->addr_next));
    table->members = members;
    table->probe_list = probe_list;
    table->addr_next = addr_next;
    if (!grown || hs_index_reserve(&table->by_name, table->allocator, need) ||
        hs_index_reserve(&table->by_id, table->allocator, need))
        return HEARSAY_ERR_NOMEM;
    return 0;
}

/* ---- digest and counts ------------------------------------------------------------------- */

static void account_member(struct hs_table *table, const struct hs_member *member, int sign)
{
    if (!hs_member_in_digest(member)) {
        table->status_count[HEARSAY_STATUS_NONE] += (uint32_t)sign;
        return;
    }
    struct hs_version version = hs_member_version(member);
    uint64_t hash = hs_version_hash(&version);
    uint64_t change = sign > 0 ? hash : 0 - hash;
    table->digest += change;
    table->bucket_sum[hs_bucket_of(member->meta->name_hash)] += (uint32_t)change;
    table->status_count[member->status] += (uint32_t)sign;
    if (hs_member_present(member) && member->meta->tokens == 0)
        table->drained_count += (uint32_t)sign;
}

uint32_t hs_table_bucket(const struct hs_table *table, unsigned bits, uint32_t at)
{
    HS_ASSERT(bits <= HS_BUCKET_BITS && at < 1u << bits);
    uint32_t width = HS_BUCKETS >> bits;
    uint32_t sum = 0;
    for (uint32_t i = 0; i < width; i++)
        sum += table->bucket_sum[at * width + i];
    return sum;
}

void hs_table_eighths(const struct hs_table *table, uint32_t bucket, uint32_t ret_sums[HS_EIGHTHS])
{
    memset(ret_sums, 0, HS_EIGHTHS * sizeof(*ret_sums));
    uint32_t slot = table->bucket_head[bucket];
    for (; slot != HS_NO_SLOT; slot = hs_table_at(table, slot)->bucket_next) {
        const struct hs_member *member = hs_table_at(table, slot);
        struct hs_version version = hs_member_version(member);
        if (hs_member_in_digest(member))
            ret_sums[hs_eighth_of(member->meta->name_hash)] += (uint32_t)hs_version_hash(&version);
    }
}

void hs_table_set_hidden(struct hs_table *table, uint32_t slot, bool hidden)
{
    struct hs_member *member = hs_table_at(table, slot);
    HS_ASSERT(member->meta && member->status == HEARSAY_STATUS_DEAD);
    if (!hs_member_in_digest(member) == hidden)
        return;
    account_member(table, member, -1);
    member->flags =
        (uint8_t)(hidden ? member->flags | HS_MEMBER_HIDDEN : member->flags & ~HS_MEMBER_HIDDEN);
    account_member(table, member, +1);
}

/* ---- chains ------------------------------------------------------------------------------ */

static void chain_bucket(struct hs_table *table, uint32_t slot)
{
    struct hs_member *member = hs_table_at(table, slot);
    uint32_t *head = &table->bucket_head[hs_bucket_of(member->meta->name_hash)];
    member->bucket_next = *head;
    *head = slot;
}

static void unchain_bucket(struct hs_table *table, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(table, slot);
    uint32_t *link = &table->bucket_head[hs_bucket_of(member->meta->name_hash)];
    while (*link != slot)
        link = &table->members[*link].bucket_next;
    *link = member->bucket_next;
}

static uint32_t addr_chain(const struct hearsay_addr *addr)
{
    return (hs_hash(addr->bytes, sizeof(addr->bytes)) + addr->port) % HS_ADDR_CHAINS;
}

static void chain_addr(struct hs_table *table, uint32_t slot)
{
    uint32_t *head = &table->addr_head[addr_chain(&hs_table_at(table, slot)->meta->addr)];
    table->addr_next[slot] = *head;
    *head = slot;
}

static void unchain_addr(struct hs_table *table, uint32_t slot)
{
    uint32_t *link = &table->addr_head[addr_chain(&hs_table_at(table, slot)->meta->addr)];
    while (*link != slot)
        link = &table->addr_next[*link];
    *link = table->addr_next[slot];
}

/* ---- records ----------------------------------------------------------------------------- */

static void take_version(struct hs_member *member, const struct hs_version *version)
{
    member->timestamp = version->timestamp;
    member->status = version->status & 0xf;
    member->cause = version->cause & 0xf;
}

/* A late ack of the place's last rumor must not count for the next one: the versions go on. */
static uint32_t take_slot(struct hs_table *table, uint16_t *ret_rumor_version)
{
    uint32_t slot = table->free_slot;
    *ret_rumor_version = 0;
    if (slot == HS_NO_SLOT)
        return table->used++;
    table->free_slot = table->members[slot].rumor_next;
    *ret_rumor_version = table->members[slot].rumor_version;
    return slot;
}

uint32_t hs_table_add(struct hs_table *table, const struct hs_meta *meta,
                      const struct hs_version *version)
{
    HS_ASSERT(table->count < table->room && table->count < table->probe_list_room);
    uint16_t rumor_version;
    uint32_t slot = take_slot(table, &rumor_version);
    struct hs_member *member = hs_table_at(table, slot);
    *member = (struct hs_member){
        .meta = meta,
        .rumor_version = rumor_version,
        .probe_list_at = HS_NO_SLOT,
        .rumor_next = HS_NO_SLOT,
        .rumor_prev = HS_NO_SLOT,
    };
    take_version(member, version);
    hs_index_add(&table->by_name, meta->name_hash, slot);
    hs_index_add(&table->by_id, meta->id, slot);
    chain_bucket(table, slot);
    chain_addr(table, slot);
    table->count++;
    account_member(table, member, +1);
    return slot;
}

void hs_table_remove(struct hs_table *table, uint32_t slot)
{
    struct hs_member *member = hs_table_at(table, slot);
    HS_ASSERT(member->meta && !hs_member_suspicion(member));
    HS_ASSERT(!member->rumor_list && member->probe_list_at == HS_NO_SLOT);
    account_member(table, member, -1);
    unchain_bucket(table, slot);
    unchain_addr(table, slot);
    hs_index_remove(&table->by_name, member->meta->name_hash);
    hs_index_remove(&table->by_id, member->meta->id);
    hs_meta_drop(table->meta_pool, table->allocator, member->meta);
    *member =
        (struct hs_member){.rumor_next = table->free_slot, .rumor_version = member->rumor_version};
    table->free_slot = slot;
    table->count--;
}

/* Returns true if the id has changed: another instance. */
static bool take_meta(struct hs_table *table, uint32_t slot, const struct hs_meta *meta)
{
    struct hs_member *member = hs_table_at(table, slot);
    const struct hs_meta *old = member->meta;
    bool new_instance = meta->id != old->id;
    bool moved = !hearsay_addr_equal(&meta->addr, &old->addr);
    if (new_instance || moved)
        member->flags &= (uint16_t)~HS_MEMBER_OF_ADDR;
    if (moved)
        unchain_addr(table, slot);
    if (new_instance) {
        hs_index_remove(&table->by_id, old->id);
        member->rtt_samples = member->flap_count = 0;
        member->floor = 0;
    }
    member->meta = meta;
    if (moved)
        chain_addr(table, slot);
    if (new_instance)
        hs_index_add(&table->by_id, meta->id, slot);
    hs_meta_drop(table->meta_pool, table->allocator, old);
    return new_instance;
}

bool hs_table_replace(struct hs_table *table, uint32_t slot, const struct hs_meta *meta,
                      const struct hs_version *version)
{
    struct hs_member *member = hs_table_at(table, slot);
    HS_ASSERT(member->meta);
    account_member(table, member, -1);
    bool new_instance = meta && take_meta(table, slot, meta);
    take_version(member, version);
    member->flags &= (uint16_t)~HS_MEMBER_HIDDEN; /* another death is another tombstone */
    account_member(table, member, +1);
    return new_instance;
}

/* ---- finding ----------------------------------------------------------------------------- */

uint32_t hs_table_find_name_hash(const struct hs_table *table, uint64_t name_hash)
{
    return hs_index_find(&table->by_name, name_hash);
}

uint32_t hs_table_find_name(const struct hs_table *table, const char *name, size_t len)
{
    uint32_t slot = hs_table_find_name_hash(table, hs_hash(name, len));
    if (slot == HS_NO_SLOT)
        return slot;
    const struct hs_member *member = hs_table_at(table, slot);
    return member->meta->name_len == len && memcmp(hs_member_name(member), name, len) == 0
               ? slot
               : HS_NO_SLOT;
}

uint32_t hs_table_find_id(const struct hs_table *table, uint64_t id)
{
    return hs_index_find(&table->by_id, id);
}

uint32_t hs_table_next_at(const struct hs_table *table, const struct hearsay_addr *addr,
                          uint32_t after)
{
    uint32_t slot =
        after == HS_NO_SLOT ? table->addr_head[addr_chain(addr)] : table->addr_next[after];
    while (slot != HS_NO_SLOT && !hearsay_addr_equal(&hs_table_at(table, slot)->meta->addr, addr))
        slot = table->addr_next[slot];
    return slot;
}
