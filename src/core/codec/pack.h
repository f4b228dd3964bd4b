/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packer of msgpack-c with a bounded buffer (R13: reading). It writes directly into the
 * datagram, and never past the end. Once something has not fitted, nothing more is written. So a
 * caller can write a whole object and check once at its end.
 */
#ifndef HS_CODEC_PACK_H
#define HS_CODEC_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <msgpack/pack.h>

#include "base/assert.h"

struct hs_pack {
    msgpack_packer to; /* for msgpack_pack_… */
    uint8_t *bytes;
    size_t at, limit;
    bool full;
};

static inline int hs_pack_write(void *data, const char *bytes, size_t len)
{
    struct hs_pack *pack = data;
    if (pack->full || len > pack->limit - pack->at) {
        pack->full = true;
        return -1;
    }
    memcpy(pack->bytes + pack->at, bytes, len);
    pack->at += len;
    return 0;
}

/* Writes from bytes[at] up to but not including bytes[limit]; at <= limit. The struct must not be
 * moved, because the packer points to it. */
static inline void hs_pack_init(struct hs_pack *pack, uint8_t *bytes, size_t at, size_t limit)
{
    HS_ASSERT(at <= limit);
    pack->bytes = bytes;
    pack->at = at;
    pack->limit = limit;
    pack->full = false;
    msgpack_packer_init(&pack->to, pack, hs_pack_write);
}

/* The wire's "u64": always 0xcf and eight bytes. */
static inline void hs_pack_u64(struct hs_pack *pack, uint64_t value)
{
    msgpack_pack_fix_uint64(&pack->to, value);
}

/* As short as msgpack allows. */
static inline void hs_pack_uint(struct hs_pack *pack, uint64_t value)
{
    msgpack_pack_uint64(&pack->to, value);
}

static inline void hs_pack_bin(struct hs_pack *pack, const void *bytes, size_t len)
{
    msgpack_pack_bin(&pack->to, len);
    if (len > 0)
        msgpack_pack_bin_body(&pack->to, bytes, len);
}

static inline void hs_pack_str(struct hs_pack *pack, const char *text, size_t len)
{
    msgpack_pack_str(&pack->to, len);
    if (len > 0)
        msgpack_pack_str_body(&pack->to, text, len);
}

#endif
