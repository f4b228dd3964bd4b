/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the ring, for the tests of the ring: it has all tokens in a list and reads all of them
 * to answer a question. Also an allocator that counts and can be made to fail.
 */
#ifndef HS_TESTS_RING_MODEL_H
#define HS_TESTS_RING_MODEL_H

#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/hearsay.h>

#include "ring/impl.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Like ck_assert, without the note that Check writes to a file for each that holds: loops of
 * millions use this one. */
#define ENSURE(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("not so: %s", #condition);                                                \
    } while (0)

/* ---- memory ------------------------------------------------------------------------------ */

struct memory {
    size_t live, calls;
    size_t fail_at; /* the number of the call that fails, from 1; 0: none */
};

static inline void *memory_resize(void *context, void *ptr, size_t size)
{
    struct memory *memory = context;
    ENSURE(size > 0);
    if (++memory->calls == memory->fail_at)
        return NULL;
    if (ptr != NULL)
        return realloc(ptr, size);
    memory->live++;
    /* What nobody has written reads as the worst: UINT32_MAX means "gone" in a ring's making. */
    return memset(malloc(size), 0xff, size);
}

static inline void memory_release(void *context, void *ptr)
{
    struct memory *memory = context;
    if (ptr != NULL)
        memory->live--;
    free(ptr);
}

static inline struct hearsay_allocator memory_allocator(struct memory *memory)
{
    return (struct hearsay_allocator){memory_resize, memory_release, memory};
}

/* ---- short ways to a ring ---------------------------------------------------------------- */

static inline struct hearsay_ring *ring_of(struct memory *memory,
                                           const struct hearsay_ring_member *members, size_t count)
{
    struct hearsay_allocator allocator = memory_allocator(memory);
    struct hearsay_ring *ring = NULL;
    ENSURE(hearsay_ring_new(&ring, &allocator, members, count) == 0);
    ENSURE(ring != NULL);
    return ring;
}

static inline struct hearsay_ring *ring_with(const struct hearsay_ring *ring, const char *name,
                                             uint32_t tokens)
{
    struct hearsay_ring_member member = {name, NULL, tokens};
    struct hearsay_ring *next = NULL;
    ENSURE(hearsay_ring_change(&next, ring, NULL, 0, &member, 1) == 0);
    return next;
}

static inline struct hearsay_ring *ring_without(const struct hearsay_ring *ring, const char *name)
{
    struct hearsay_ring *next = NULL;
    ENSURE(hearsay_ring_change(&next, ring, &name, 1, NULL, 0) == 0);
    return next;
}

static inline const char *ring_owner_name(const struct hearsay_ring *ring, uint64_t hash)
{
    uint32_t index = UINT32_MAX;
    ENSURE(hearsay_ring_owner(ring, hash, &index) == 0);
    ENSURE(index < hearsay_ring_members(ring));
    return hearsay_ring_member_at(ring, index).name;
}

/* Members "m0", "m1", … with these tokens each, their names in `names`. */
static inline struct hearsay_ring *ring_of_many(struct memory *memory, uint32_t count,
                                                uint32_t tokens)
{
    struct hearsay_ring_member *members = calloc(count, sizeof(*members));
    char(*names)[16] = calloc(count, sizeof(*names));
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "m%u", i);
        members[i] = (struct hearsay_ring_member){names[i], NULL, tokens};
    }
    struct hearsay_ring *ring = ring_of(memory, members, count);
    free(members);
    free(names);
    return ring;
}

/* ---- the model --------------------------------------------------------------------------- */

struct model {
    size_t token_count, member_count;
    uint64_t *points;
    uint32_t *owners;
};

/* Makes every token anew from what the ring says of its members. */
static inline struct model model_of(const struct hearsay_ring *ring)
{
    struct model model = {0, hearsay_ring_members(ring), NULL, NULL};
    model.points = calloc(hearsay_ring_tokens(ring) + 1, sizeof(*model.points));
    model.owners = calloc(hearsay_ring_tokens(ring) + 1, sizeof(*model.owners));
    for (uint32_t owner = 0; owner < model.member_count; owner++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(ring, owner);
        for (uint32_t i = 0; i < member.tokens; i++) {
            uint8_t bytes[HEARSAY_NAME_MAX + 4];
            size_t len = strlen(member.name);
            memcpy(bytes, member.name, len);
            for (int k = 0; k < 4; k++)
                bytes[len + (size_t)k] = (uint8_t)(i >> (8 * k));
            ENSURE(model.token_count < hearsay_ring_tokens(ring));
            model.points[model.token_count] = XXH3_64bits(bytes, len + 4);
            model.owners[model.token_count++] = owner;
        }
    }
    ENSURE(model.token_count == hearsay_ring_tokens(ring));
    return model;
}

static inline void model_fini(struct model *model)
{
    free(model->points);
    free(model->owners);
}

/* The owner is who has the token at the least way clockwise, of equal ones the lesser name. */
static inline uint32_t model_owner(const struct model *model, uint64_t hash)
{
    size_t best = 0;
    for (size_t i = 1; i < model->token_count; i++) {
        uint64_t way = model->points[i] - hash, least = model->points[best] - hash;
        if (way < least || (way == least && model->owners[i] < model->owners[best]))
            best = i;
    }
    return model->owners[best];
}

/* Who comes n-th is who, of those not yet taken, has the token at the least way clockwise. */
static inline size_t model_owners(const struct model *model, uint64_t hash, uint32_t *ret_indices,
                                  size_t n)
{
    size_t found = 0;
    bool *taken = calloc(model->member_count + 1, sizeof(*taken));
    for (; found < n && found < model->member_count; found++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < model->token_count; i++) {
            if (taken[model->owners[i]])
                continue;
            uint64_t way = model->points[i] - hash;
            uint64_t least = best == SIZE_MAX ? UINT64_MAX : model->points[best] - hash;
            if (best == SIZE_MAX || way < least ||
                (way == least && model->owners[i] < model->owners[best]))
                best = i;
        }
        ENSURE(best != SIZE_MAX);
        ret_indices[found] = model->owners[best];
        taken[model->owners[best]] = true;
    }
    free(taken);
    return found;
}

#endif
