/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a ring, in one call or in steps. A ring of 20,000 members takes hundreds of milliseconds,
 * and a loop could answer nobody for that long. So the work is cut into phases, and phases into
 * steps of any size. The functions that make a ring in one call take one step without a limit, so
 * both ways make the same bytes.
 *
 * Memory is part of the time of a step. The system maps a page when it is first written, which
 * takes microseconds. So the memory of a ring is written pass by pass and never cleared at once. To
 * unmap it in one call would take as long, so hearsay_ring_unref_step returns a ring in steps.
 */

#include <string.h>

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/name.h"
#include "ring/build.h"
#include "ring/phase.h"
#include "ring/ring.h"
#include "ring/survey.h"
#include "ring/work.h"

/* How much memory one step of hearsay_ring_unref_step returns. */
#define RELEASE_BYTES ((size_t)1 << 20)

#define LINE 64
_Static_assert(_Alignof(struct hearsay_ring_work) <= LINE, "a work begins at a cache line");

static hs_ring_phase *const phases[] = {
    hs_ring_sort_names,    hs_ring_check_names,  hs_ring_count_added,   hs_ring_count_old,
    hs_ring_allocate,      hs_ring_put_members,  hs_ring_sort_tokens,   hs_ring_merge_tokens,
    hs_ring_sort_zones,    hs_ring_number_zones, hs_ring_clear_starts,  hs_ring_mark_starts,
    hs_ring_spread_starts, hs_ring_put_owners,   hs_ring_put_fractions, hs_ring_add_shares,
    hs_ring_owner_labels,  hs_ring_owner_leaves, hs_ring_owner_firsts,  hs_ring_owner_nodes,
    hs_ring_zone_labels,   hs_ring_zone_leaves,  hs_ring_zone_firsts,   hs_ring_zone_nodes,
    hs_ring_sum_points,    hs_ring_sum_owners,   hs_ring_sum_names,
};
#define PHASES (sizeof(phases) / sizeof(phases[0]))
#define SURVEY 10 /* index of the first phase in survey.c */

/* ---- beginning --------------------------------------------------------------------------- */

int hearsay_ring_work_begin(struct hearsay_ring_work **ret_work,
                            const struct hearsay_allocator *allocator,
                            const struct hearsay_ring *ring)
{
    HS_ASSERT(allocator);
    struct hearsay_allocator copy = *allocator;
    uint32_t old_count = ring ? ring->member_count : 0;
    size_t head = sizeof(struct hearsay_ring_work) + LINE - 1;
    if (old_count > (PTRDIFF_MAX - head) / sizeof(uint32_t))
        return HEARSAY_ERR_TOOBIG;
    char *block = hs_alloc(&copy, head + old_count * sizeof(uint32_t));
    if (!block)
        return HEARSAY_ERR_NOMEM;
    struct hearsay_ring_work *work = (void *)(block + -(uintptr_t)block % LINE);
    memset(work, 0, sizeof(*work));
    work->block = block;
    work->allocator = copy;
    work->old = hearsay_ring_ref(ring);
    work->old_count = old_count;
    work->map = (uint32_t *)(void *)(work + 1);
    memset(work->map, 0, old_count * sizeof(*work->map));
    *ret_work = work;
    return 0;
}

void hearsay_ring_work_free(struct hearsay_ring_work *work)
{
    if (!work)
        return;
    struct hearsay_allocator allocator = work->allocator;
    for (struct hs_ring_texts *texts = work->texts, *next; texts; texts = next) {
        next = texts->next;
        hs_release(&allocator, texts);
    }
    hearsay_ring_unref(work->ring);
    hearsay_ring_unref(work->old);
    hs_release(&allocator, work->added);
    hs_release(&allocator, work->order);
    hs_release(&allocator, work->tokens_sort.levels);
    hs_release(&allocator, work->block);
}

int hearsay_ring_work_remove(struct hearsay_ring_work *work, const char *name)
{
    uint32_t index;
    if (work->phase > 0 || work->begun)
        return HEARSAY_ERR_INVALID;
    if (work->old_count > 0 && hearsay_ring_find(work->old, name, &index) == 0)
        work->map[index] = HS_RING_GONE;
    return 0;
}

static bool member_valid(const struct hearsay_ring_member *member)
{
    if (!hearsay_name_valid(member->name))
        return false;
    if (member->tokens < 1 || member->tokens > HEARSAY_TOKENS_MAX)
        return false;
    if (!member->zone)
        return true;
    size_t len = strlen(member->zone);
    return len <= HEARSAY_ZONE_MAX && hs_tag_value_valid(member->zone, len);
}

/* Copies a text for as long as the work lives. Returns NULL if there is no memory. */
static const char *keep_text(struct hearsay_ring_work *work, const char *text, size_t size)
{
    struct hs_ring_texts *texts = work->texts;
    if (!texts || HS_RING_TEXTS_SIZE - sizeof(*texts) - texts->used < size) {
        texts = hs_alloc(&work->allocator, HS_RING_TEXTS_SIZE);
        if (!texts)
            return NULL;
        texts->next = work->texts;
        texts->used = 0;
        work->texts = texts;
    }
    char *kept = memcpy(texts->bytes + texts->used, text, size);
    texts->used += size;
    return kept;
}
_Static_assert(sizeof(struct hs_ring_texts) + HEARSAY_NAME_MAX + 1 + HEARSAY_ZONE_MAX + 1 <=
                   HS_RING_TEXTS_SIZE,
               "a block holds a name and a zone");

static int make_room(struct hearsay_ring_work *work)
{
    if (work->add_count >= HS_RING_MEMBERS_MAX - work->old_count)
        return HEARSAY_ERR_TOOBIG;
    if (work->add_count < work->room)
        return 0;
    size_t room = work->room > 0 ? 2 * (size_t)work->room : 64;
    if (room > UINT32_MAX || room > PTRDIFF_MAX / sizeof(*work->added))
        return HEARSAY_ERR_TOOBIG;
    void *grown =
        work->allocator.resize(work->allocator.context, work->added, room * sizeof(*work->added));
    if (!grown)
        return HEARSAY_ERR_NOMEM;
    work->add = work->added = grown;
    work->room = (uint32_t)room;
    return 0;
}

int hearsay_ring_work_add(struct hearsay_ring_work *work, const struct hearsay_ring_member *member)
{
    if (work->phase > 0 || work->begun || !member_valid(member))
        return HEARSAY_ERR_INVALID;
    int err = make_room(work);
    if (err)
        return err;
    struct hearsay_ring_member kept = {.tokens = member->tokens};
    kept.name = keep_text(work, member->name, strlen(member->name) + 1);
    if (member->zone)
        kept.zone = keep_text(work, member->zone, strlen(member->zone) + 1);
    if (!kept.name || (member->zone && !kept.zone))
        return HEARSAY_ERR_NOMEM;
    work->added[work->add_count++] = kept;
    return 0;
}

/* ---- going on ---------------------------------------------------------------------------- */

int hearsay_ring_work_step(struct hearsay_ring_work *work, size_t units)
{
    units = units > 0 ? units : 1;
    while (!work->err && work->phase < PHASES && units > 0) {
        if (!phases[work->phase](work, &units))
            continue;
        work->phase++;
        work->at = 0;
        work->begun = false;
    }
    if (work->err)
        return work->err;
    return work->phase < PHASES ? HEARSAY_RING_MORE : HEARSAY_RING_DONE;
}

void hs_ring_survey(struct hearsay_ring *ring)
{
    struct hearsay_ring_work work = {.ring = ring, .phase = SURVEY};
    while (hearsay_ring_work_step(&work, SIZE_MAX) == HEARSAY_RING_MORE)
        continue;
}

struct hearsay_ring *hearsay_ring_work_end(struct hearsay_ring_work *work)
{
    struct hearsay_ring *ring = NULL;
    if (!work->err && work->phase == PHASES) {
        ring = work->ring;
        work->ring = NULL;
    }
    hearsay_ring_work_free(work);
    return ring;
}

/* ---- all at once ------------------------------------------------------------------------- */

/* The members are only borrowed, because there is just one step. */
static int work_through(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                        const struct hearsay_ring *old, const char *const *remove,
                        size_t remove_count, const struct hearsay_ring_member *add,
                        size_t add_count)
{
    struct hearsay_ring_work *work;
    for (size_t i = 0; i < add_count; i++)
        if (!member_valid(&add[i]))
            return HEARSAY_ERR_INVALID;
    if (add_count > HS_RING_MEMBERS_MAX - (old ? old->member_count : 0))
        return HEARSAY_ERR_TOOBIG;
    int err = hearsay_ring_work_begin(&work, allocator, old);
    if (err)
        return err;
    for (size_t i = 0; i < remove_count; i++)
        hearsay_ring_work_remove(work, remove[i]);
    work->add = add;
    work->add_count = (uint32_t)add_count;
    while ((err = hearsay_ring_work_step(work, SIZE_MAX)) == HEARSAY_RING_MORE)
        continue;
    if (err) {
        hearsay_ring_work_free(work);
        return err;
    }
    *ret_ring = hearsay_ring_work_end(work);
    return 0;
}

int hearsay_ring_new(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                     const struct hearsay_ring_member *members, size_t count)
{
    return work_through(ret_ring, allocator, NULL, NULL, 0, members, count);
}

int hearsay_ring_change(struct hearsay_ring **ret_ring, const struct hearsay_ring *ring,
                        const char *const *remove, size_t remove_count,
                        const struct hearsay_ring_member *add, size_t add_count)
{
    return work_through(ret_ring, &ring->allocator, ring, remove, remove_count, add, add_count);
}

/* ---- giving back ------------------------------------------------------------------------- */

bool hearsay_ring_unref_step(struct hearsay_ring **ring)
{
    struct hearsay_ring *held = *ring;
    if (!held)
        return false;
    if (held->size > 0 && !hs_ring_drop(held)) {
        *ring = NULL;
        return false;
    }
    /* No other reference is left. `size` 0 marks a ring that is being freed. */
    if (held->size > 0) {
        held->left = held->size;
        held->size = 0;
    }
    struct hearsay_allocator allocator = held->allocator;
    size_t left = held->left;
    if (left > 2 * RELEASE_BYTES) {
        held->left = left - RELEASE_BYTES;
        struct hearsay_ring *less = allocator.resize(allocator.context, held, held->left);
        if (less) {
            *ring = less;
            return true;
        }
    }
    hs_release(&allocator, held);
    *ring = NULL;
    return false;
}
