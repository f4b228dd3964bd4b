/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head is read by offset, because all its fields have a fixed width. So an ICMP error that
 * quotes 28 bytes identifies the datagram, and a foreign datagram is recognized after a few
 * comparisons.
 */
#include "codec/message.h"

#include "base/bytes.h"
#include "codec/wire.h"

bool hs_head_decode(struct hs_head *ret_head, const uint8_t *bytes, size_t len)
{
    if (len < HS_HEAD_SIZE)
        return false;
    if (bytes[0] != (0x90 | HS_HEAD_ELEMENTS) || bytes[HS_AT_VERSION_KIND] > HS_FIXINT_MAX ||
        bytes[HS_AT_CLUSTER - 1] != 0xce || bytes[HS_AT_SENDER - 1] != 0xcf ||
        bytes[HS_AT_CREATED - 1] != 0xcf || bytes[HS_AT_LENGTH - 1] != 0xc5)
        return false;
    *ret_head = (struct hs_head){
        .version = (unsigned)bytes[HS_AT_VERSION_KIND] >> HS_VERSION_SHIFT,
        .kind = bytes[HS_AT_VERSION_KIND] & HS_KIND_MASK,
        .cluster = (uint32_t)hs_big_endian(bytes + HS_AT_CLUSTER, 4),
        .sender = hs_big_endian(bytes + HS_AT_SENDER, 8),
        .created = hs_big_endian(bytes + HS_AT_CREATED, 8),
        .body_len = (size_t)hs_big_endian(bytes + HS_AT_LENGTH, 2),
    };
    return true;
}
