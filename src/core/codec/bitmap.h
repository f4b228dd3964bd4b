/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bitmaps of buckets as an exchange sends them (R24: agreement). The least bit of the first byte
 * comes first.
 */
#ifndef HS_CODEC_BITMAP_H
#define HS_CODEC_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size in bytes of a bitmap of 1 << bits bits. */
size_t hs_bitmap_size(unsigned bits);

bool hs_bitmap_get(const uint8_t *bitmap, uint32_t at);
void hs_bitmap_set(uint8_t *bitmap, uint32_t at);
void hs_bitmap_clear(uint8_t *bitmap, uint32_t at);
bool hs_bitmap_empty(const uint8_t *bitmap, unsigned bits);

/* How many of the 1 << bits bits are set. */
size_t hs_bitmap_count(const uint8_t *bitmap, unsigned bits);

uint32_t hs_get_u32(const uint8_t *bytes);
void hs_put_u32(uint8_t *bytes, uint32_t value);

#endif
