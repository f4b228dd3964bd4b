/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills structs of a program that may have been compiled with the headers of another release
 * (docs/abi.md). Releases add fields only at the end, so the beginning of such a struct is the same
 * in both.
 */
#ifndef HS_BASE_SIZED_H
#define HS_BASE_SIZED_H

#include <stddef.h>
#include <string.h>

/* Copies `ours`, a struct of `our_size` bytes, to the caller's struct of `size` bytes. An older
 * caller gets the fields that it has. A newer caller gets 0 in the fields that we do not have. */
static inline void hs_sized_copy(void *ret, size_t size, const void *ours, size_t our_size)
{
    memcpy(ret, ours, size < our_size ? size : our_size);
    if (size > our_size)
        memset((char *)ret + our_size, 0, size - our_size);
}

/* Such a struct must not end with padding. A new field would lie in the padding of the older
 * struct, and an older writer would leave it unset. */
#define HS_SIZED_ASSERT(type, last)                                                                \
    _Static_assert(offsetof(type, last) + sizeof(((type *)0)->last) == sizeof(type),               \
                   #type " ends with its field " #last " and no padding")

#endif
