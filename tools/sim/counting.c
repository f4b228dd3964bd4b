/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each block begins with its size, because a release does not name it.
 */
#include "counting.h"

#include <stdlib.h>

union block {
    size_t size;
    max_align_t align;
};

static void *counting_resize(void *context, void *ptr, size_t size)
{
    struct sim_counting *counting = context;
    union block *old = ptr ? (union block *)ptr - 1 : NULL;
    size_t old_size = old ? old->size : 0;
    union block *block = realloc(old, sizeof(*block) + size);
    if (!block)
        return NULL;
    block->size = size;
    counting->calls++;
    counting->bytes += size - old_size;
    return block + 1;
}

static void counting_release(void *context, void *ptr)
{
    struct sim_counting *counting = context;
    if (!ptr)
        return;
    union block *block = (union block *)ptr - 1;
    counting->bytes -= block->size;
    free(block);
}

struct hearsay_allocator sim_counting_allocator(struct sim_counting *counting)
{
    return (struct hearsay_allocator){counting_resize, counting_release, counting};
}
