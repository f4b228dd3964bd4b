/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/decode.h"

/*
 * Decodes the bytes of a datagram to a struct hs_message, with one function per kind. Cheap checks
 * come first, and each check has its own drop reason, so that an operator can tell a foreign
 * cluster from a damaged link or a broken peer. Every field of the result is in range, so the rules
 * need not check again.
 */
#include <string.h>

#include "base/name.h"
#include "codec/bitmap.h"
#include "codec/cursor.h"
#include "codec/form.h"
#include "codec/wire.h"

/* A body that is being read. */
struct body {
    struct hs_cursor in;
    bool out_of_range; /* true: a failure is VALUE (a field out of range), else MALFORMED */
};

static bool out_of_range(struct body *body)
{
    body->out_of_range = true;
    return false;
}

static bool read_u64(struct body *body, uint64_t *ret_value)
{
    return hs_cursor_u64(&body->in, ret_value);
}

/* Reads an integer from 0 to `greatest`. */
static bool read_upto(struct body *body, unsigned greatest, unsigned *ret_value)
{
    uint64_t value;
    if (!hs_cursor_uint(&body->in, &value))
        return false;
    if (value > greatest)
        return out_of_range(body);
    *ret_value = (unsigned)value;
    return true;
}

/* ---- the kinds --------------------------------------------------------------------------- */

static bool read_gossip(struct body *body, struct hs_message *message)
{
    return read_u64(body, &message->digest) && read_u64(body, &message->timestamp);
}

static bool read_ack(struct body *body, struct hs_message *message)
{
    return read_u64(body, &message->digest) && read_u64(body, &message->acked);
}

static bool read_probe_request(struct body *body, struct hs_message *message)
{
    return read_u64(body, &message->digest) && read_u64(body, &message->target);
}

static bool read_nack(struct body *body, struct hs_message *message)
{
    unsigned finding;
    if (!read_u64(body, &message->digest) || !read_u64(body, &message->acked) ||
        !read_upto(body, HS_FINDING_REFUSED, &finding))
        return false;
    message->finding = (enum hs_finding)finding;
    return true;
}

/* R26: who is meant. The rest of a challenge in full, if it is one. */
static void read_who(struct body *body, struct hs_message *message)
{
    struct hs_cursor in = body->in;
    const char *name;
    size_t len;
    if (!hs_cursor_str(&in, &name, &len) || !hs_name_valid(name, len) ||
        !hs_origin_read(&in, &message->origin))
        return;
    message->name = name;
    message->name_len = len;
    body->in = in;
}

/* R28: no amplification. A challenge that knows nothing of the name ends after its nonces, so it is
 * no longer than an idle gossip. */
static bool read_challenge(struct body *body, struct hs_message *message)
{
    uint64_t state;
    if (!read_u64(body, &message->nonce) || !read_u64(body, &message->echo))
        return false;
    if (body->in.at == body->in.end)
        return true;
    if (!read_u64(body, &message->timestamp) || !read_u64(body, &message->start) ||
        !hs_cursor_uint(&body->in, &state))
        return false;
    read_who(body, message);
    if (!hs_wire_state_valid(state) && !(message->name && state == 0))
        return out_of_range(body);
    message->state = (uint8_t)state;
    return true;
}

static bool read_join(struct body *body, struct hs_message *message)
{
    return read_u64(body, &message->nonce) && read_u64(body, &message->echo);
}

/* What the refuser says of itself. The first release says nothing; later ones may say more. */
static bool read_refuser(struct body *body, struct hs_message *message)
{
    struct hs_cursor at = body->in;
    uint64_t reason, table_max;
    size_t count;
    if (!hs_cursor_array(&at, &count) || count < 4)
        return true;
    if (!hs_cursor_uint(&at, &reason) ||
        !hs_cursor_str(&at, &message->refuser, &message->refuser_len) ||
        !hs_cursor_uint(&at, &table_max) || !hs_cursor_u64(&at, &message->clock))
        return false;
    bool is_name = reason == HS_REFUSAL_NAME;
    if (table_max > UINT32_MAX || is_name != (message->reason == HS_REFUSAL_NAME) ||
        (message->refuser_len > 0 && !hs_name_valid(message->refuser, message->refuser_len)))
        return out_of_range(body);
    message->reason = reason < HS_REFUSAL_OTHER ? (enum hs_refusal_reason)reason : HS_REFUSAL_OTHER;
    message->table_max = (uint32_t)table_max;
    return true;
}

/* R8: name conflict. The holder of a name has an address. Another refusal may have none. */
static bool read_refusal(struct body *body, struct hs_message *message)
{
    const uint8_t *addr;
    size_t len;
    unsigned reason;
    if (!read_u64(body, &message->echo) || !read_upto(body, HS_REFUSAL_FULL, &reason) ||
        !hs_cursor_bin(&body->in, &addr, &len))
        return false;
    message->reason = (enum hs_refusal_reason)reason;
    bool none = len == 0 && reason != HS_REFUSAL_NAME;
    if (!none && !hs_wire_read_addr(&message->holder, addr, len))
        return out_of_range(body);
    return read_refuser(body, message);
}

/* ---- sync -------------------------------------------------------------------------------- */

/* Reads a byte string of exactly `size` bytes. */
static bool read_sized(struct body *body, size_t size, const uint8_t **ret_bytes)
{
    size_t len;
    return hs_cursor_bin(&body->in, ret_bytes, &len) && (len == size || out_of_range(body));
}

static bool read_bitmap(struct body *body, struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    return read_sized(body, bits < 8 ? 1 : bits / 8, &message->bitmap);
}

/* Reads a byte string of whole entries. */
static bool read_entries(struct body *body, struct hs_message *message)
{
    size_t len, size = hs_sync_entry_size(message->step);
    if (!hs_cursor_bin(&body->in, &message->entries, &len))
        return false;
    message->entry_count = len / size;
    return len % size == 0 || out_of_range(body);
}

/* Reads one entry for each bucket of the bitmap. */
static bool read_of_each(struct body *body, struct hs_message *message)
{
    return read_bitmap(body, message) && read_entries(body, message) &&
           (message->entry_count == hs_bitmap_count(message->bitmap, message->bits) ||
            out_of_range(body));
}

/* R24: agreement. The initiator never lists a bucket with an empty mask. To answer one would mean a
 * walk through the whole view. */
static bool has_empty_mask(const struct hs_message *message)
{
    return message->mask_count && memchr(message->masks, 0, message->mask_count);
}

static bool read_list(struct body *body, struct hs_message *message)
{
    return read_bitmap(body, message) && read_entries(body, message) &&
           hs_cursor_bin(&body->in, &message->masks, &message->mask_count) &&
           (message->mask_count == 0 ||
            message->mask_count == hs_bitmap_count(message->bitmap, message->bits) ||
            out_of_range(body)) &&
           (!has_empty_mask(message) || out_of_range(body));
}

/* R26: who is meant. Older releases give no origin, and it may be missing. */
static bool read_origin(struct body *body, struct hs_message *message)
{
    hs_origin_read(&body->in, &message->origin);
    return true;
}

static bool read_sync(struct body *body, struct hs_message *message)
{
    unsigned step;
    if (!read_u64(body, &message->digest) || !read_u64(body, &message->exchange) ||
        !read_upto(body, HS_SYNC_FINER, &step) || !read_upto(body, HS_BUCKET_BITS, &message->bits))
        return false;
    message->step = (enum hs_sync_step)step;
    switch (message->step) {
    case HS_SYNC_BUCKETS:
        return read_sized(body, (size_t)4 << message->bits, &message->buckets) &&
               read_origin(body, message);
    case HS_SYNC_DIFFER:
        return read_bitmap(body, message) && read_origin(body, message);
    case HS_SYNC_LIST:
        return read_list(body, message);
    case HS_SYNC_RECORDS:
        return read_bitmap(body, message) && read_entries(body, message);
    case HS_SYNC_FINE:
    case HS_SYNC_FINER:
        return read_of_each(body, message);
    }
    return false;
}

/* ---- the datagram ------------------------------------------------------------------------ */

static bool read_fixed(struct body *body, struct hs_message *message)
{
    switch (message->kind) {
    case HEARSAY_KIND_GOSSIP:
        return read_gossip(body, message);
    case HEARSAY_KIND_ACK:
        return read_ack(body, message);
    case HEARSAY_KIND_PROBE_REQUEST:
        return read_probe_request(body, message);
    case HEARSAY_KIND_NACK:
        return read_nack(body, message);
    case HEARSAY_KIND_CHALLENGE:
        return read_challenge(body, message);
    case HEARSAY_KIND_JOIN:
        return read_join(body, message);
    case HEARSAY_KIND_SYNC:
        return read_sync(body, message);
    case HEARSAY_KIND_REFUSAL:
        return read_refusal(body, message);
    default:
        return false;
    }
}

/* Walks once over what follows the fixed part, so that hs_rumors_next only sees well-formed
 * msgpack. */
static bool read_rumors(struct body *body, struct hs_message *message)
{
    struct hs_cursor walk = body->in;
    while (walk.at != walk.end)
        if (!hs_cursor_skip(&walk, 1))
            return false;
    bool carries = hs_wire_has_rumors(message->kind, message->step);
    message->rumors.at = carries ? body->in.at : body->in.end;
    message->rumors.end = body->in.end;
    return true;
}

/* R32: the form shows in the length of what is behind the body. Returns false if it is neither. */
static bool read_form(const struct hs_wire *wire, const struct hs_head *head, size_t len,
                      bool *ret_sealed)
{
    size_t behind = len - HS_HEAD_SIZE - head->body_len;
    *ret_sealed = behind == hs_wire_sealed_trailer(wire);
    return *ret_sealed || behind == wire->seal->trailer_size;
}

/* All checks that are possible before the seal is opened. */
static bool check_head(struct hs_head *ret_head, bool *ret_sealed, enum hearsay_drop *ret_reason,
                       const struct hs_wire *wire, const uint8_t *bytes, size_t len)
{
    size_t around = HS_HEAD_SIZE + wire->seal->trailer_size;
    bool ok = false;
    if (len > HEARSAY_DATAGRAM_MAX) /* R10: size */
        *ret_reason = HEARSAY_DROP_OVERSIZED;
    else if (len < around)
        *ret_reason = HEARSAY_DROP_TRUNCATED;
    else if (!hs_head_decode(ret_head, bytes, len))
        *ret_reason = HEARSAY_DROP_MALFORMED;
    else if (!read_form(wire, ret_head, len, ret_sealed))
        *ret_reason = HEARSAY_DROP_TRUNCATED;
    else if (ret_head->version < HS_VERSION_MIN || ret_head->version > HS_VERSION_MAX)
        *ret_reason = HEARSAY_DROP_VERSION;
    else if (ret_head->cluster != wire->cluster)
        *ret_reason = HEARSAY_DROP_CLUSTER;
    else if (*ret_sealed ? wire->key_count == 0 : !hs_wire_speaks(wire, HS_KEY_PLAIN))
        *ret_reason = *ret_sealed ? HEARSAY_DROP_SEALED : HEARSAY_DROP_PLAIN;
    else
        ok = true;
    return ok;
}

static bool open_plain(const struct hs_wire *wire, const struct hs_head *head, uint8_t *bytes,
                       enum hearsay_drop *ret_reason)
{
    uint8_t *body = bytes + HS_HEAD_SIZE;
    if (wire->seal->open(wire->seal_context, hs_wire_binding(head->kind, wire->self_binding), bytes,
                         HS_HEAD_SIZE, body, head->body_len, body + head->body_len))
        return true;
    *ret_reason = HEARSAY_DROP_CHECKSUM;
    return false;
}

static bool open_sealed(const struct hs_wire *wire, const struct hs_head *head, uint8_t *bytes,
                        uint32_t *ret_key, enum hearsay_drop *ret_reason)
{
    uint8_t *body = bytes + HS_HEAD_SIZE;
    switch (wire->cipher->open(wire->cipher_context,
                               hs_wire_binding(head->kind, wire->self_binding), bytes, HS_HEAD_SIZE,
                               body, head->body_len, body + head->body_len, ret_key)) {
    case HEARSAY_OPENED:
        return true;
    case HEARSAY_OPEN_KEY:
        *ret_reason = HEARSAY_DROP_KEY;
        break;
    case HEARSAY_OPEN_FORGED:
        *ret_reason = HEARSAY_DROP_FORGED;
        break;
    }
    return false;
}

bool hs_message_decode(struct hs_message *ret_message, enum hearsay_drop *ret_reason,
                       const struct hs_wire *wire, uint8_t *bytes, size_t len)
{
    struct hs_head head;
    uint32_t key = HS_KEY_PLAIN;
    bool is_sealed;
    if (!check_head(&head, &is_sealed, ret_reason, wire, bytes, len))
        return false;
    if (is_sealed ? !open_sealed(wire, &head, bytes, &key, ret_reason)
                  : !open_plain(wire, &head, bytes, ret_reason))
        return false;
    uint8_t *at = bytes + HS_HEAD_SIZE;
    struct hs_message message = {
        .kind = head.kind, .sender = head.sender, .created = head.created, .key = key};
    struct body body = {.in = {at, at + head.body_len}};
    if (!read_fixed(&body, &message) || !read_rumors(&body, &message)) {
        *ret_reason = body.out_of_range ? HEARSAY_DROP_VALUE : HEARSAY_DROP_MALFORMED;
        return false;
    }
    *ret_message = message;
    if (head.sender != wire->self_id)
        return true;
    *ret_reason = HEARSAY_DROP_SELF;
    return false;
}
