/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/encode.h"

/*
 * Encodes a struct hs_message in the caller's buffer at the moment of sending: first the fixed
 * part, then rumors as long as they fit, then the seal. The length of the body is known only at the
 * end, so its two bytes are written last.
 */
#include <string.h>

#include "base/assert.h"
#include "codec/form.h"
#include "codec/pack.h"
#include "codec/wire.h"

#define MSGPACK_NIL 0xc0

static void pack_head(struct hs_pack *pack, const struct hs_wire *wire,
                      const struct hs_message *message)
{
    unsigned version_kind = HS_WIRE_VERSION << HS_VERSION_SHIFT | message->kind;
    static const char length[3] = {(char)0xc5, 0, 0}; /* set by hs_encode_end */
    msgpack_pack_array(&pack->to, HS_HEAD_ELEMENTS);
    hs_pack_uint(pack, version_kind); /* one byte: see HS_FIXINT_MAX */
    msgpack_pack_fix_uint32(&pack->to, wire->cluster);
    hs_pack_u64(pack, wire->self_id);
    hs_pack_u64(pack, message->created);
    hs_pack_write(pack, length, sizeof length);
}

/* ---- the kinds --------------------------------------------------------------------------- */

static void pack_gossip(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->digest);
    hs_pack_u64(pack, message->timestamp);
}

static void pack_ack(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->digest);
    hs_pack_u64(pack, message->acked);
}

static void pack_probe_request(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->digest);
    hs_pack_u64(pack, message->target);
}

static void pack_nack(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->digest);
    hs_pack_u64(pack, message->acked);
    hs_pack_uint(pack, message->finding);
}

static void pack_challenge(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->nonce);
    hs_pack_u64(pack, message->echo);
    if (!message->state && !message->name) /* R28: no longer than an idle gossip */
        return;
    hs_pack_u64(pack, message->timestamp);
    hs_pack_u64(pack, message->start);
    hs_pack_uint(pack, message->state);
    if (!message->name)
        return;
    hs_pack_str(pack, message->name, message->name_len);
    hs_origin_pack(pack, &message->origin);
}

static void pack_join(struct hs_pack *pack, const struct hs_message *message)
{
    hs_pack_u64(pack, message->nonce);
    hs_pack_u64(pack, message->echo);
}

static void pack_refusal(struct hs_pack *pack, const struct hs_message *message)
{
    uint8_t addr[HS_ADDR_SIZE_MAX];
    hs_pack_u64(pack, message->echo);
    hs_pack_uint(pack, message->reason == HS_REFUSAL_NAME ? HS_REFUSAL_NAME : HS_REFUSAL_FULL);
    hs_pack_bin(pack, addr, hs_wire_write_addr(addr, &message->holder));
    msgpack_pack_array(&pack->to, 4);
    hs_pack_uint(pack, message->reason);
    hs_pack_str(pack, message->refuser, message->refuser_len);
    hs_pack_uint(pack, message->table_max);
    hs_pack_u64(pack, message->clock);
}

/* ---- sync -------------------------------------------------------------------------------- */

static void pack_bitmap(struct hs_pack *pack, const struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    hs_pack_bin(pack, message->bitmap, bits < 8 ? 1 : bits / 8);
}

static void pack_sync(struct hs_pack *pack, const struct hs_message *message)
{
    HS_ASSERT(message->bits <= HS_BUCKET_BITS);
    hs_pack_u64(pack, message->digest);
    hs_pack_u64(pack, message->exchange);
    hs_pack_uint(pack, message->step);
    hs_pack_uint(pack, message->bits);
    switch (message->step) {
    case HS_SYNC_BUCKETS:
        hs_pack_bin(pack, message->buckets, (size_t)4 << message->bits);
        break;
    case HS_SYNC_DIFFER:
        pack_bitmap(pack, message);
        break;
    case HS_SYNC_LIST:
    case HS_SYNC_RECORDS:
    case HS_SYNC_FINE:
    case HS_SYNC_FINER:
        pack_bitmap(pack, message);
        hs_pack_bin(pack, message->entries,
                    message->entry_count * hs_sync_entry_size(message->step));
        break;
    }
    if (message->step == HS_SYNC_LIST)
        hs_pack_bin(pack, message->masks, message->mask_count);
    if (hs_sync_has_origin(message->step) && message->origin.addr.family)
        hs_origin_pack(pack, &message->origin);
}

/* ---- the datagram ------------------------------------------------------------------------ */

static bool pack_fixed(struct hs_pack *pack, const struct hs_message *message)
{
    switch (message->kind) {
    case HEARSAY_KIND_GOSSIP:
        pack_gossip(pack, message);
        break;
    case HEARSAY_KIND_ACK:
        pack_ack(pack, message);
        break;
    case HEARSAY_KIND_PROBE_REQUEST:
        pack_probe_request(pack, message);
        break;
    case HEARSAY_KIND_NACK:
        pack_nack(pack, message);
        break;
    case HEARSAY_KIND_CHALLENGE:
        pack_challenge(pack, message);
        break;
    case HEARSAY_KIND_JOIN:
        pack_join(pack, message);
        break;
    case HEARSAY_KIND_SYNC:
        pack_sync(pack, message);
        break;
    case HEARSAY_KIND_REFUSAL:
        pack_refusal(pack, message);
        break;
    default:
        return false;
    }
    return !pack->full;
}

bool hs_encode_begin(struct hs_encoder *ret_encoder, const struct hs_wire *wire, uint8_t *bytes,
                     size_t max, uint64_t binding, const struct hs_message *message)
{
    size_t whole = max < HEARSAY_DATAGRAM_MAX ? max : HEARSAY_DATAGRAM_MAX; /* R10: size */
    size_t trailer = hs_wire_trailer(wire, message->key);
    struct hs_pack pack;
    if (whole < HS_HEAD_SIZE + trailer)
        return false;
    hs_pack_init(&pack, bytes, 0, whole - trailer);
    pack_head(&pack, wire, message);
    if (!pack_fixed(&pack, message))
        return false;
    *ret_encoder = (struct hs_encoder){
        .bytes = bytes,
        .at = pack.at,
        .limit = hs_wire_has_rumors(message->kind, message->step) ? pack.limit : pack.at,
        .wire = wire,
        .binding = hs_wire_binding(message->kind, binding),
        .key = message->key,
    };
    return true;
}

void hs_encode_pad(struct hs_encoder *encoder, size_t len)
{
    size_t end = HS_HEAD_SIZE + len;
    while (encoder->at < end && encoder->at < encoder->limit)
        encoder->bytes[encoder->at++] = MSGPACK_NIL;
}

size_t hs_encode_room(const struct hs_encoder *encoder)
{
    return encoder->limit - encoder->at;
}

size_t hs_encode_end(struct hs_encoder *encoder)
{
    const struct hs_wire *wire = encoder->wire;
    HS_ASSERT(encoder->at >= HS_HEAD_SIZE);
    size_t body_len = encoder->at - HS_HEAD_SIZE;
    uint8_t *body = encoder->bytes + HS_HEAD_SIZE;
    encoder->bytes[HS_AT_LENGTH] = (uint8_t)(body_len >> 8);
    encoder->bytes[HS_AT_LENGTH + 1] = (uint8_t)body_len;
    if (encoder->key == HS_KEY_PLAIN)
        wire->seal->seal(wire->seal_context, encoder->binding, encoder->bytes, HS_HEAD_SIZE, body,
                         body_len, body + body_len);
    else if (!wire->cipher->seal(wire->cipher_context, encoder->key, encoder->binding,
                                 encoder->bytes, HS_HEAD_SIZE, body, body_len, body + body_len))
        return 0;
    return encoder->at + hs_wire_trailer(wire, encoder->key);
}
