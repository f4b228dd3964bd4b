/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs that the library fills for a program which may have been compiled with the headers of
 * another release (docs/abi.md). Fields are only ever added at the end, so what both know is a
 * common beginning.
 */
#ifndef HS_BASE_SIZED_H
#define HS_BASE_SIZED_H

#include <stddef.h>
#include <string.h>

/* Copies `ours`, a struct of `our_size` bytes, to a caller's struct of `size` bytes: an older
 * caller gets the fields that it has, a newer one finds 0 in the fields that we do not have. */
static inline void hs_sized_copy(void *ret, size_t size, const void *ours, size_t our_size)
{
    memcpy(ret, ours, size < our_size ? size : our_size);
    if (size > our_size)
        memset((char *)ret + our_size, 0, size - our_size);
}

/* A field added to a struct that ends with padding would lie inside the older struct, whose writer
 * never set it. */
#define HS_SIZED_ASSERT(type, last)                                                                \
    _Static_assert(offsetof(type, last) + sizeof(((type *)0)->last) == sizeof(type),               \
                   #type " ends with its field " #last " and no padding")

#endif
