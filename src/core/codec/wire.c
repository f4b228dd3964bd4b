/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of the wire format that encoding and decoding share. They are written once, so that one
 * side accepts what the other side writes.
 */
#include "codec/wire.h"

#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/cursor.h"

uint64_t hs_wire_binding(unsigned kind, uint64_t name_binding)
{
    return kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_CHALLENGE ? 0 : name_binding;
}

bool hs_wire_has_rumors(unsigned kind, enum hs_sync_step step)
{
    switch (kind) {
    case HEARSAY_KIND_CHALLENGE:
    case HEARSAY_KIND_REFUSAL:
        return false;
    case HEARSAY_KIND_SYNC:
        return step == HS_SYNC_RECORDS;
    default:
        return true;
    }
}

size_t hs_wire_write_addr(uint8_t bytes[HS_ADDR_SIZE_MAX], const struct hearsay_addr *addr)
{
    if (addr->family != 4 && addr->family != 6)
        return 0;
    size_t size = addr->family == 4 ? HS_ADDR_SIZE_V4 : HS_ADDR_SIZE_V6;
    memcpy(bytes, addr->bytes, size - 2);
    bytes[size - 2] = (uint8_t)(addr->port >> 8);
    bytes[size - 1] = (uint8_t)addr->port;
    return size;
}

static void wire_unmap(struct hearsay_addr *addr)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (addr->family != 6 || memcmp(addr->bytes, prefix, sizeof prefix) != 0)
        return;
    memmove(addr->bytes, addr->bytes + sizeof prefix, 4);
    memset(addr->bytes + 4, 0, sizeof addr->bytes - 4);
    addr->family = 4;
}

bool hs_wire_read_addr(struct hearsay_addr *ret_addr, const uint8_t *bytes, size_t len)
{
    struct hearsay_addr addr = {.family = len == HS_ADDR_SIZE_V4 ? 4 : 6};
    if (len != HS_ADDR_SIZE_V4 && len != HS_ADDR_SIZE_V6)
        return false;
    memcpy(addr.bytes, bytes, len - 2);
    addr.port = (uint16_t)hs_big_endian(bytes + len - 2, 2);
    wire_unmap(&addr);
    if (addr.port == 0 || hearsay_addr_fault(&addr))
        return false;
    *ret_addr = addr;
    return true;
}

bool hs_sync_has_origin(enum hs_sync_step step)
{
    return step == HS_SYNC_BUCKETS || step == HS_SYNC_DIFFER;
}

size_t hs_sync_entry_size(enum hs_sync_step step)
{
    switch (step) {
    case HS_SYNC_LIST:
        return HS_ENTRY_SIZE;
    case HS_SYNC_RECORDS:
        return HS_WANTED_SIZE;
    case HS_SYNC_FINE:
        return HS_FINE_SIZE;
    case HS_SYNC_FINER:
        return 1;
    case HS_SYNC_BUCKETS:
    case HS_SYNC_DIFFER:
        break;
    }
    return 0;
}

bool hs_wire_state_valid(uint64_t state)
{
    uint64_t status = state & 3, cause = state >> 2;
    if (status == HEARSAY_STATUS_DEAD)
        return cause >= HEARSAY_CAUSE_FAILED && cause <= HEARSAY_CAUSE_FORCED;
    return status != HEARSAY_STATUS_NONE && cause == HEARSAY_CAUSE_NONE;
}
