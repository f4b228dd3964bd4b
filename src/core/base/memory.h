/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All memory of the core comes from here: the caller's allocator, and arrays that grow. No message
 * allocates memory. Tables grow when members come and never shrink.
 */
#ifndef HS_BASE_MEMORY_H
#define HS_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <hearsay/allocator.h>

#include "base/assert.h"

static inline void *hs_alloc(const struct hearsay_allocator *allocator, size_t size)
{
    HS_ASSERT(size > 0); /* promised by hearsay/allocator.h */
    return allocator->resize(allocator->context, NULL, size);
}

static inline void *hs_alloc_zeroed(const struct hearsay_allocator *allocator, size_t size)
{
    void *ptr = hs_alloc(allocator, size);
    if (ptr)
        memset(ptr, 0, size);
    return ptr;
}

static inline void hs_release(const struct hearsay_allocator *allocator, void *ptr)
{
    if (ptr)
        allocator->release(allocator->context, ptr);
}

/* Arrays grow by 1/32: views rarely grow and never shrink, so idle room would cost more than
 * copies. */
#define HS_GROWTH 32u

/* Makes room for at least `need` items of `size` bytes in *items. Returns false, and changes
 * nothing, if there is no memory. */
static inline bool hs_grow(const struct hearsay_allocator *allocator, void **items, uint32_t *room,
                           uint32_t need, size_t size)
{
    HS_ASSERT(size > 0 && (*items || *room == 0));
    if (need <= *room)
        return true;
    uint32_t wanted = *room + *room / HS_GROWTH + 1;
    if (wanted < need)
        wanted = need;
    void *grown = allocator->resize(allocator->context, *items, wanted * size);
    if (!grown)
        return false;
    *items = grown;
    *room = wanted;
    return true;
}

#define HS_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
