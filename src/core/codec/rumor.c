/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rumor.h"

#include "codec/hash.h"
/*
 * Rumors: records that fill the room which a datagram has left. Each rumor is an array that begins
 * with its kind, and is read or skipped as a whole. So a node can skip kinds and elements of a
 * later release (R12: kinds). Rumors are decoded one at a time while they are merged, so nothing is
 * stored in between.
 */
#include <string.h>

#include "base/assert.h"
#include "codec/cursor.h"
#include "codec/pack.h"
#include "codec/wire.h"

/* `decoded` is the last field, so that it need not be cleared or copied for a rumor without a
 * blob. */
#define BRIEF_SIZE offsetof(struct hs_rumor, decoded)

#define MS_PER_S 1000u

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_u32(struct hs_cursor *cursor, uint32_t *ret_value)
{
    uint64_t value;
    if (!hs_cursor_uint(cursor, &value) || value > UINT32_MAX)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static bool read_state(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    uint64_t state;
    if (!hs_cursor_uint(cursor, &state) || !hs_wire_state_valid(state))
        return false;
    rumor->status = (enum hearsay_status)(state & 3);
    rumor->cause = (enum hearsay_cause)(state >> 2);
    return true;
}

/* R18: suspicion. Reads its age and evidence. The accusers are the u64 that follow, at most four.
 * An object of another type belongs to a later release. */
static bool read_suspicion(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    uint64_t mask;
    uint32_t ms;
    if (!read_u32(cursor, &ms) || !hs_cursor_uint(cursor, &mask))
        return false;
    rumor->age = ms;
    while (rumor->accuser_count < HS_ACCUSERS_MAX &&
           hs_cursor_u64(cursor, &rumor->accusers[rumor->accuser_count]))
        rumor->accuser_count++;
    if (mask >> rumor->accuser_count != 0)
        return false;
    rumor->refused_mask = (uint8_t)mask;
    return true;
}

/* R7: tombstone. Reads its age. The milliseconds behind the seconds of a death of `failed` are for
 * the ring (R62: ring hold). The release before writes none, and passes over ours. R60: whether the
 * subject's own last words say that it has failed. */
static bool read_death(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    uint32_t seconds;
    uint64_t ms;
    if (!read_u32(cursor, &seconds))
        return false;
    rumor->age = (uint64_t)seconds * MS_PER_S;
    if (rumor->cause != HEARSAY_CAUSE_FAILED)
        return true;
    if (hs_cursor_uint(cursor, &ms) && ms < MS_PER_S)
        rumor->age += ms;
    rumor->ended = hs_cursor_true(cursor);
    return true;
}

static bool read_extra(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    switch (rumor->status) {
    case HEARSAY_STATUS_DEAD:
        return read_death(cursor, rumor);
    case HEARSAY_STATUS_SUSPECT:
        return read_suspicion(cursor, rumor);
    case HEARSAY_STATUS_ALIVE:
    case HEARSAY_STATUS_NONE:
        break;
    }
    return true;
}

static bool read_record(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    struct hs_blob *blob = &rumor->decoded;
    if (!hs_cursor_bin(cursor, &rumor->blob, &rumor->blob_len) ||
        !hs_blob_decode(blob, rumor->blob, rumor->blob_len))
        return false;
    rumor->id = hs_member_id(blob->name, blob->name_len, blob->instance);
    return hs_cursor_u64(cursor, &rumor->timestamp) && read_state(cursor, rumor) &&
           read_extra(cursor, rumor);
}

static bool read_brief(struct hs_cursor *cursor, struct hs_rumor *rumor)
{
    return hs_cursor_u64(cursor, &rumor->id) && read_u32(cursor, &rumor->blob_check) &&
           hs_cursor_u64(cursor, &rumor->timestamp) && read_state(cursor, rumor) &&
           read_extra(cursor, rumor);
}

/* `cursor` covers exactly this one rumor. */
static enum hs_rumor_result read_rumor(struct hs_cursor *cursor, struct hs_rumor *ret_rumor)
{
    struct hs_rumor rumor;
    uint64_t kind;
    size_t count;
    bool ok;
    if (!hs_cursor_array(cursor, &count) || !hs_cursor_uint(cursor, &kind))
        return HS_RUMOR_SKIP;
    memset(&rumor, 0, BRIEF_SIZE);
    switch (kind) {
    case HS_RUMOR_KIND_RECORD:
        ok = read_record(cursor, &rumor);
        break;
    case HS_RUMOR_KIND_BRIEF:
        ok = read_brief(cursor, &rumor);
        break;
    default:
        return HS_RUMOR_SKIP; /* R12: unknown kind */
    }
    if (ok && rumor.blob != NULL)
        *ret_rumor = rumor;
    else if (ok)
        memcpy(ret_rumor, &rumor, BRIEF_SIZE);
    return ok ? HS_RUMOR_OK : HS_RUMOR_VALUE;
}

enum hs_rumor_result hs_rumors_next(struct hs_rumors *rumors, struct hs_rumor *ret_rumor)
{
    struct hs_cursor all = {rumors->at, rumors->end};
    if (all.at == all.end)
        return HS_RUMOR_END;
    if (!hs_cursor_skip(&all, 1)) { /* hs_message_decode has not checked this body */
        rumors->at = rumors->end;
        return HS_RUMOR_VALUE;
    }
    struct hs_cursor one = {rumors->at, all.at};
    rumors->at = all.at;
    return read_rumor(&one, ret_rumor);
}

/* ---- writing ----------------------------------------------------------------------------- */

static uint32_t extra_count(const struct hs_rumor *rumor)
{
    if (rumor->status == HEARSAY_STATUS_SUSPECT)
        return 2u + rumor->accuser_count;
    if (rumor->status == HEARSAY_STATUS_DEAD)
        return rumor->cause == HEARSAY_CAUSE_FAILED ? 2u + rumor->ended : 1u;
    return 0;
}

static void pack_extra(struct hs_pack *pack, const struct hs_rumor *rumor)
{
    if (rumor->status == HEARSAY_STATUS_ALIVE)
        return;
    if (rumor->status == HEARSAY_STATUS_DEAD) {
        hs_pack_uint(pack, rumor->age / MS_PER_S);
        if (rumor->cause == HEARSAY_CAUSE_FAILED)
            hs_pack_uint(pack, rumor->age % MS_PER_S);
        if (rumor->ended)
            msgpack_pack_true(&pack->to);
        return;
    }
    hs_pack_uint(pack, rumor->age);
    hs_pack_uint(pack, rumor->refused_mask);
    for (size_t i = 0; i < rumor->accuser_count; i++)
        hs_pack_u64(pack, rumor->accusers[i]);
}

bool hs_encode_rumor(struct hs_encoder *encoder, const struct hs_rumor *rumor)
{
    struct hs_pack pack;
    HS_ASSERT(rumor->accuser_count <= HS_ACCUSERS_MAX);
    HS_ASSERT(hs_wire_state_valid(hs_wire_state(rumor->status, rumor->cause)));
    hs_pack_init(&pack, encoder->bytes, encoder->at, encoder->limit);
    if (rumor->blob != NULL) {
        msgpack_pack_array(&pack.to, 4u + extra_count(rumor));
        hs_pack_uint(&pack, HS_RUMOR_KIND_RECORD);
        hs_pack_bin(&pack, rumor->blob, rumor->blob_len);
    } else {
        msgpack_pack_array(&pack.to, 5u + extra_count(rumor));
        hs_pack_uint(&pack, HS_RUMOR_KIND_BRIEF);
        hs_pack_u64(&pack, rumor->id);
        hs_pack_uint(&pack, rumor->blob_check);
    }
    hs_pack_u64(&pack, rumor->timestamp);
    hs_pack_uint(&pack, hs_wire_state(rumor->status, rumor->cause));
    pack_extra(&pack, rumor);
    if (pack.full)
        return false;
    encoder->at = pack.at;
    return true;
}
