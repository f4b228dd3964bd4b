/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything in a record except its version is the same at every agent. A process with one node
 * must keep all of it. A process with hundreds of nodes, such as a simulator or a test, can keep it
 * once: at 10,000 members with 10,000 views this saves 11 GB (docs/scaling.md).
 */
#include "view/metadata.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/form.h"
#include "view/index.h"

#define ENTRIES_FIRST 16u

struct hs_meta_pool {
    struct hearsay_allocator allocator;
    struct hs_meta **metas; /* by place; NULL at a free place */
    uint32_t *free_places;  /* has room for as many entries as `metas` */
    uint32_t room, free_room, used, free_count;
    uint64_t bytes;
    struct hs_index by_hash;
};

static uint64_t hash_key(const void *owner, uint32_t place)
{
    const struct hs_meta_pool *pool = owner;
    return pool->metas[place]->hash;
}

int hs_meta_pool_new(struct hs_meta_pool **ret_pool, const struct hearsay_allocator *allocator)
{
    struct hs_meta_pool *pool = hs_alloc_zeroed(allocator, sizeof(*pool));
    if (!pool)
        return HEARSAY_ERR_NOMEM;
    pool->allocator = *allocator;
    int err = hs_index_init(&pool->by_hash, allocator, ENTRIES_FIRST, hash_key, pool);
    if (err) {
        hs_release(allocator, pool);
        return err;
    }
    *ret_pool = pool;
    return 0;
}

void hs_meta_pool_free(struct hs_meta_pool *pool)
{
    if (!pool)
        return;
    struct hearsay_allocator allocator = pool->allocator;
    hs_index_fini(&pool->by_hash, &allocator);
    hs_release(&allocator, pool->metas);
    hs_release(&allocator, pool->free_places);
    hs_release(&allocator, pool);
}

size_t hs_meta_pool_count(const struct hs_meta_pool *pool)
{
    return pool->used - pool->free_count;
}

uint64_t hs_meta_pool_bytes(const struct hs_meta_pool *pool)
{
    return pool->bytes;
}

/* ---- one member's metadata --------------------------------------------------------------- */

static struct hs_meta *meta_make(const struct hearsay_allocator *allocator, const uint8_t *blob,
                                 size_t len, const struct hs_blob *decoded, uint64_t hash)
{
    size_t size = offsetof(struct hs_meta, blob) + len + decoded->name_len + 1;
    struct hs_meta *meta = hs_alloc(allocator, size < sizeof(*meta) ? sizeof(*meta) : size);
    if (!meta)
        return NULL;
    *meta = (struct hs_meta){
        .id = hs_member_id(decoded->name, decoded->name_len, decoded->instance),
        .name_hash = hs_hash(decoded->name, decoded->name_len),
        .hash = hash,
        .shares = 1,
        .place = HS_NO_SLOT,
        .addr = decoded->addr,
        .len = (uint16_t)len,
        .tokens = (uint16_t)decoded->tokens,
        .name_len = (uint8_t)decoded->name_len,
    };
    if (decoded->zone) {
        meta->zone_at = (uint16_t)((const uint8_t *)decoded->zone - blob);
        meta->zone_len = (uint8_t)decoded->zone_len;
    }
    if (decoded->mark_count) {
        meta->marks_at = (uint16_t)(decoded->marks - blob);
        meta->mark_count = (uint8_t)decoded->mark_count;
    }
    memcpy(meta->blob, blob, len);
    memcpy(meta->blob + len, decoded->name, decoded->name_len);
    meta->blob[len + decoded->name_len] = '\0';
    return meta;
}

static bool same_marks(const struct hs_meta *a, const struct hs_meta *b)
{
    return a->mark_count == b->mark_count &&
           memcmp(hs_meta_marks(a), hs_meta_marks(b), a->mark_count * HS_MARK_SIZE) == 0;
}

bool hs_meta_keys_alone_differ(const struct hs_meta *a, const struct hs_meta *b)
{
    struct hs_blob one, other;
    if (!hs_blob_decode(&one, a->blob, a->len) || !hs_blob_decode(&other, b->blob, b->len))
        return false;
    if (same_marks(a, b) && one.ring_hold == other.ring_hold &&
        one.ring_settle == other.ring_settle)
        return false;
    return a->id == b->id && one.start == other.start && one.tokens == other.tokens &&
           one.version_min == other.version_min && one.version_max == other.version_max &&
           hearsay_addr_equal(&a->addr, &b->addr) && one.tags_len == other.tags_len &&
           memcmp(one.tags, other.tags, one.tags_len) == 0;
}

/* ---- the pool ---------------------------------------------------------------------------- */

static struct hs_meta *meta_find(const struct hs_meta_pool *pool, const uint8_t *blob, size_t len,
                                 uint64_t hash)
{
    uint32_t place = hs_index_find(&pool->by_hash, hash);
    if (place == HS_NO_SLOT)
        return NULL;
    struct hs_meta *meta = pool->metas[place];
    return meta->len == len && memcmp(meta->blob, blob, len) == 0 ? meta : NULL;
}

/* Makes room for one more entry, so that meta_put cannot fail. */
static bool meta_reserve(struct hs_meta_pool *pool)
{
    void *metas = pool->metas, *places = pool->free_places;
    uint32_t need = pool->used + 1;
    bool grown = hs_grow(&pool->allocator, &metas, &pool->room, need, sizeof(*pool->metas));
    pool->metas = metas;
    if (!grown)
        return false;
    grown = hs_grow(&pool->allocator, &places, &pool->free_room, need, sizeof(*pool->free_places));
    pool->free_places = places;
    return grown && !hs_index_reserve(&pool->by_hash, &pool->allocator, need);
}

static void meta_put(struct hs_meta_pool *pool, struct hs_meta *meta)
{
    meta->place = pool->free_count ? pool->free_places[--pool->free_count] : pool->used++;
    pool->metas[meta->place] = meta;
    hs_index_add(&pool->by_hash, meta->hash, meta->place);
}

/* Metadata is not put into the pool if its hash collides with another's or the index is full. It
 * then has a single holder. */
static bool has_place(const struct hs_meta_pool *pool, uint64_t hash)
{
    return hs_meta_pool_count(pool) < HS_INDEX_SLOTS_MAX - 1 &&
           hs_index_find(&pool->by_hash, hash) == HS_NO_SLOT;
}

const struct hs_meta *hs_meta_take(struct hs_meta_pool *pool,
                                   const struct hearsay_allocator *allocator, const uint8_t *blob,
                                   size_t len, const struct hs_blob *decoded, uint64_t hash)
{
    if (!pool)
        return meta_make(allocator, blob, len, decoded, hash);
    struct hs_meta *meta = meta_find(pool, blob, len, hash);
    if (meta) {
        meta->shares++;
        return meta;
    }
    bool placed = has_place(pool, hash);
    if (placed && !meta_reserve(pool))
        return NULL;
    meta = meta_make(&pool->allocator, blob, len, decoded, hash);
    if (!meta)
        return NULL;
    if (placed)
        meta_put(pool, meta);
    pool->bytes += hs_meta_size(meta);
    return meta;
}

void hs_meta_drop(struct hs_meta_pool *pool, const struct hearsay_allocator *allocator,
                  const struct hs_meta *meta)
{
    struct hs_meta *mine = (struct hs_meta *)(uintptr_t)meta; /* constant except for `shares` */
    HS_ASSERT(!mine || mine->shares > 0);
    if (!mine || --mine->shares > 0)
        return;
    if (!pool) {
        hs_release(allocator, mine);
        return;
    }
    pool->bytes -= hs_meta_size(mine);
    if (mine->place != HS_NO_SLOT) {
        hs_index_remove(&pool->by_hash, mine->hash);
        pool->metas[mine->place] = NULL;
        pool->free_places[pool->free_count++] = mine->place;
    }
    hs_release(&pool->allocator, mine);
}
