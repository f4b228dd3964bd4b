/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call is an array whose first element is a number, as a rumor is. So releases that do not know
 * it pass over it as over an unknown rumor.
 */
#include "codec/origin.h"

#include "codec/wire.h"

#define CALL_ELEMENTS 6

void hs_origin_pack(struct hs_pack *pack, const struct hs_origin *origin)
{
    uint8_t addr[HS_ADDR_SIZE_MAX];
    hs_pack_u64(pack, origin->id);
    hs_pack_u64(pack, origin->name_hash);
    hs_pack_bin(pack, addr, hs_wire_write_addr(addr, &origin->addr));
}

bool hs_origin_read(struct hs_cursor *cursor, struct hs_origin *ret_origin)
{
    struct hs_origin origin;
    const uint8_t *addr;
    size_t len;
    if (!hs_cursor_u64(cursor, &origin.id) || !hs_cursor_u64(cursor, &origin.name_hash) ||
        !hs_cursor_bin(cursor, &addr, &len) || !hs_wire_read_addr(&origin.addr, addr, len))
        return false;
    *ret_origin = origin;
    return true;
}

bool hs_encode_call(struct hs_encoder *encoder, const struct hs_call *call)
{
    struct hs_pack pack;
    hs_pack_init(&pack, encoder->bytes, encoder->at, encoder->limit);
    msgpack_pack_array(&pack.to, CALL_ELEMENTS);
    hs_pack_uint(&pack, HS_RUMOR_KIND_CALL);
    hs_origin_pack(&pack, &call->origin);
    hs_pack_u64(&pack, call->meant);
    hs_pack_uint(&pack, call->judged);
    if (pack.full)
        return false;
    encoder->at = pack.at;
    return true;
}

static bool read_call(struct hs_cursor *cursor, struct hs_call *ret_call)
{
    struct hs_call call;
    uint64_t kind, judged;
    size_t count;
    if (!hs_cursor_array(cursor, &count) || count < CALL_ELEMENTS ||
        !hs_cursor_uint(cursor, &kind) || kind != HS_RUMOR_KIND_CALL ||
        !hs_origin_read(cursor, &call.origin) || !hs_cursor_u64(cursor, &call.meant) ||
        !hs_cursor_uint(cursor, &judged))
        return false;
    call.judged = judged != 0;
    *ret_call = call;
    return true;
}

void hs_call_find(struct hs_cursor objects, struct hs_call *ret_call)
{
    *ret_call = (struct hs_call){0};
    while (objects.at != objects.end) {
        struct hs_cursor one = objects;
        if (read_call(&one, ret_call) || !hs_cursor_skip(&objects, 1))
            return;
    }
}
