/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bitmaps have at most HS_BUCKETS bits, so simple loops are fast enough.
 */
#include "codec/bitmap.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/wire.h"

bool hs_bitmap_get(const uint8_t *bitmap, uint32_t at)
{
    return bitmap[at / 8] >> (at % 8) & 1u;
}

void hs_bitmap_set(uint8_t *bitmap, uint32_t at)
{
    bitmap[at / 8] |= (uint8_t)(1u << (at % 8));
}

void hs_bitmap_clear(uint8_t *bitmap, uint32_t at)
{
    bitmap[at / 8] &= (uint8_t) ~(1u << (at % 8));
}

size_t hs_bitmap_size(unsigned bits)
{
    return bits < 3 ? 1 : (size_t)1 << (bits - 3);
}

bool hs_bitmap_empty(const uint8_t *bitmap, unsigned bits)
{
    for (size_t i = 0; i < hs_bitmap_size(bits); i++)
        if (bitmap[i])
            return false;
    return true;
}

size_t hs_bitmap_count(const uint8_t *bitmap, unsigned bits)
{
    size_t count = 0;
    HS_ASSERT(bits <= HS_BUCKET_BITS);
    for (uint32_t at = 0; at < 1u << bits; at++)
        count += bitmap[at / 8] >> (at % 8) & 1u;
    return count;
}

void hs_put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t hs_get_u32(const uint8_t *bytes)
{
    return (uint32_t)hs_big_endian(bytes, 4);
}
