/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big-endian numbers, the byte order of the network.
 */
#ifndef HS_BASE_BYTES_H
#define HS_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* The number in the first `width` bytes, at most 8. */
static inline uint64_t hs_big_endian(const uint8_t *bytes, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | bytes[i];
    return value;
}

#endif
