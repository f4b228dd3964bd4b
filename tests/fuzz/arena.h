/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for fuzz targets that need the same costly object in each run. A node asks for 400 KB when
 * it is made, and a view of thousands takes milliseconds to fill. So the object is made once, in an
 * arena; the arena is copied, and each run begins by copying it back. Pointers within it stay right
 * because it does not move.
 *
 * Blocks are not used again within a run, and what lies between them is poisoned, so the address
 * sanitizer sees the same mistakes as with malloc. Blocks are counted, so leaks are seen too.
 */
#ifndef HS_TESTS_FUZZ_ARENA_H
#define HS_TESTS_FUZZ_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/allocator.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define arena_poison(ptr, size)   ASAN_POISON_MEMORY_REGION((ptr), (size))
#define arena_unpoison(ptr, size) ASAN_UNPOISON_MEMORY_REGION((ptr), (size))
#else
#define arena_poison(ptr, size)   ((void)0)
#define arena_unpoison(ptr, size) ((void)0)
#endif

#define ARENA_ALIGN  16u
#define ARENA_GAP    16u /* poisoned, before and behind each block */
#define ARENA_BLOCKS 16384u

struct arena_block {
    uint32_t at, size; /* size 0: released */
    uint32_t written;  /* saved blocks: bytes up to the last one that is not ARENA_FRESH */
};

#define ARENA_FRESH 0xa5 /* what memory holds that nobody has written to */

struct arena {
    uint8_t *bytes, *saved;
    size_t room, used, saved_used;
    struct arena_block *blocks, *saved_blocks;
    uint32_t count, saved_count; /* of blocks, released ones included */
    uint32_t live, saved_live;
    uint32_t fail; /* the calls to come until one fails, this one included; 0: none */
};

static inline void arena_init(struct arena *arena, size_t room)
{
    *arena = (struct arena){.room = room};
    arena->bytes = aligned_alloc(ARENA_ALIGN, room);
    arena->blocks = calloc(ARENA_BLOCKS, sizeof(*arena->blocks));
    if (!arena->bytes || !arena->blocks)
        abort();
    memset(arena->bytes, ARENA_FRESH, room);
    arena_poison(arena->bytes, room);
}

/* The number of a block stands before it, so that releasing needs no search. */
static inline uint32_t *arena_number(uint8_t *ptr)
{
    return (uint32_t *)(void *)(ptr - ARENA_GAP);
}

static inline void arena_release(void *context, void *ptr)
{
    struct arena *arena = context;
    uint8_t *bytes = ptr;
    if (!ptr)
        return;
    arena_unpoison(bytes - ARENA_GAP, sizeof(uint32_t));
    struct arena_block *block = &arena->blocks[*arena_number(bytes)];
    arena_poison(bytes - ARENA_GAP, ARENA_GAP);
    if (block->size == 0 || arena->bytes + block->at != bytes)
        abort(); /* released twice, or never given */
    arena_poison(bytes, block->size);
    block->size = 0;
    arena->live--;
}

static inline void *arena_take(struct arena *arena, size_t size)
{
    size_t at = arena->used + ARENA_GAP;
    size_t end = at + (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (size > arena->room || end > arena->room || arena->count == ARENA_BLOCKS)
        return NULL;
    uint8_t *ptr = arena->bytes + at;
    arena_unpoison(ptr - ARENA_GAP, sizeof(uint32_t));
    *arena_number(ptr) = arena->count;
    arena_poison(ptr - ARENA_GAP, ARENA_GAP);
    arena_unpoison(ptr, size);
    arena->blocks[arena->count++] = (struct arena_block){(uint32_t)at, (uint32_t)size, 0};
    arena->used = end;
    arena->live++;
    return ptr;
}

static inline void *arena_resize(void *context, void *ptr, size_t size)
{
    struct arena *arena = context;
    if (arena->fail && --arena->fail == 0)
        return NULL;
    uint8_t *grown = arena_take(arena, size), *old = ptr;
    if (!grown || !old)
        return grown;
    arena_unpoison(old - ARENA_GAP, sizeof(uint32_t));
    size_t had = arena->blocks[*arena_number(old)].size;
    arena_poison(old - ARENA_GAP, ARENA_GAP);
    memcpy(grown, old, had < size ? had : size);
    arena_release(arena, old);
    return grown;
}

static inline struct hearsay_allocator arena_allocator(struct arena *arena)
{
    return (struct hearsay_allocator){arena_resize, arena_release, arena};
}

/* Keeps a copy of all that is in it now. */
static inline void arena_save(struct arena *arena)
{
    arena->saved = malloc(arena->used);
    arena->saved_blocks = malloc(arena->count * sizeof(*arena->blocks));
    if (!arena->saved || !arena->saved_blocks)
        abort();
    for (uint32_t i = 0; i < arena->count; i++) {
        struct arena_block *block = &arena->blocks[i];
        block->written = block->size;
        while (block->written && arena->bytes[block->at + block->written - 1] == ARENA_FRESH)
            block->written--;
        memcpy(arena->saved + block->at, arena->bytes + block->at, block->size);
    }
    memcpy(arena->saved_blocks, arena->blocks, arena->count * sizeof(*arena->blocks));
    arena->saved_used = arena->used;
    arena->saved_count = arena->count;
    arena->saved_live = arena->live;
}

/* Makes it again what it was when it was saved. The part of a queue that nobody had written to by
 * then is not copied. */
static inline void arena_restore(struct arena *arena)
{
    arena_poison(arena->bytes + arena->saved_used, arena->used - arena->saved_used);
    memcpy(arena->blocks, arena->saved_blocks, arena->saved_count * sizeof(*arena->blocks));
    for (uint32_t i = 0; i < arena->saved_count; i++) {
        const struct arena_block *block = &arena->blocks[i];
        arena_unpoison(arena->bytes + block->at, block->size);
        memcpy(arena->bytes + block->at, arena->saved + block->at, block->written);
    }
    arena->used = arena->saved_used;
    arena->count = arena->saved_count;
    arena->live = arena->saved_live;
    arena->fail = 0;
}

#endif
