/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The responder's part of anti-entropy. The responder keeps nothing between questions, so that any
 * number of members may ask. Only from a question to the last datagram of its answer does a sync
 * response remember the slots of the records to send: usually within the same turn of the owner's
 * loop.
 */
#include "rules/sync_response.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/bitmap.h"
#include "rules/send.h"
#include "view/record.h"

int hs_responses_init(struct hs_responses *responses, struct hs_core *core)
{
    *responses = (struct hs_responses){.core = core};
    responses->items =
        hs_alloc(&core->allocator, HS_SYNC_RESPONSES_MAX * sizeof(*responses->items));
    return responses->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_responses_fini(struct hs_responses *responses)
{
    if (responses->core)
        hs_release(&responses->core->allocator, responses->items);
}

static struct hs_sync_response *new_response(struct hs_responses *responses, uint32_t slot,
                                             const struct hs_message *message)
{
    for (uint32_t i = 0; i < HS_SYNC_RESPONSES_MAX; i++) {
        struct hs_sync_response *response = &responses->items[i];
        if (responses->peer_ids[i])
            continue;
        responses->peer_ids[i] = message->sender;
        response->exchange = message->exchange;
        response->peer = slot;
        response->key = message->key;
        response->record_count = response->record_next = response->wanted_count = 0;
        response->mask_count = 0;
        response->bits = (uint8_t)message->bits;
        memset(response->covered, 0, sizeof(response->covered));
        return response;
    }
    hs_drop(responses->core, HEARSAY_DROP_QUEUE_FULL);
    return NULL;
}

static void send_response(struct hs_responses *responses, struct hs_sync_response *response,
                          enum hs_sync_step step)
{
    uint32_t at = (uint32_t)(response - responses->items);
    struct hs_send send = {
        .kind = HEARSAY_KIND_SYNC,
        .slot = response->peer,
        .to = hs_member_at(responses->core, response->peer)->meta->addr,
        .cap = (uint16_t)responses->core->config.mtu,
        .keyed = true,
        .key = response->key,
        .id = responses->peer_ids[at],
        .as.sync = {.exchange = response->exchange, .response = at + 1, .step = (uint8_t)step},
    };
    if (!hs_send_push(responses->core, &send))
        responses->peer_ids[at] = 0;
}

void hs_sync_response_differ(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message)
{
    struct hs_sync_response *response = new_response(responses, slot, message);
    if (!response)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        uint32_t theirs = hs_get_u32(message->buckets + 4 * (size_t)at);
        if (theirs != hs_table_bucket(&responses->core->view.table, message->bits, at))
            hs_bitmap_set(response->covered, at);
    }
    send_response(responses, response, HS_SYNC_DIFFER);
}

void hs_sync_response_finer(struct hs_responses *responses, uint32_t slot,
                            const struct hs_message *message)
{
    struct hs_sync_response *response =
        message->bits == HS_BUCKET_BITS ? new_response(responses, slot, message) : NULL;
    uint32_t sums[HS_EIGHTHS];
    if (!response)
        return;
    for (uint32_t at = 0; at < HS_BUCKETS; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        const uint8_t *theirs = message->entries + (size_t)response->mask_count * HS_FINE_SIZE;
        uint8_t *mask = &response->masks[response->mask_count++];
        *mask = 0;
        hs_table_eighths(&responses->core->view.table, at, sums);
        for (uint32_t i = 0; i < HS_EIGHTHS; i++)
            *mask |= (uint8_t)((hs_get_u32(theirs + 4 * (size_t)i) != sums[i]) << i);
        hs_bitmap_set(response->covered, at);
    }
    send_response(responses, response, HS_SYNC_FINER);
}

/* ---- comparing a list -------------------------------------------------------------------- */

struct comparison {
    const struct hs_message *list;
    uint8_t mask; /* of the current bucket: the eighths that are compared */
    struct hs_sync_response *response;
    /* entries for which we hold an equal record */
    bool matched[HEARSAY_DATAGRAM_MAX / HS_ENTRY_SIZE];
};

static size_t find_entry(const struct hs_message *list, uint32_t name_hash)
{
    size_t at = 0;
    while (at < list->entry_count && hs_get_u32(list->entries + at * HS_ENTRY_SIZE) != name_hash)
        at++;
    return at;
}

/* Returns true if our record is to be sent, because the peer has none or another. A tombstone past
 * its time is not sent (R7: tombstone-ttl), except to a peer that still lists the member: it must
 * learn the age, or the two views would differ until the peer's own time for the tombstone is
 * over. */
static bool is_lacked(struct comparison *comparison, const struct hs_member *member)
{
    const struct hs_message *list = comparison->list;
    size_t at = find_entry(list, (uint32_t)member->meta->name_hash);
    if (at == list->entry_count)
        return hs_member_in_digest(member);
    struct hs_version version = hs_member_version(member);
    comparison->matched[at] =
        hs_get_u32(list->entries + at * HS_ENTRY_SIZE + 4) == (uint32_t)hs_version_hash(&version);
    return !comparison->matched[at] || !hs_member_in_digest(member);
}

/* Adds the records that the peer lacks in one bucket. Returns false if the answer is full; then the
 * bucket is not covered. */
static bool compare_bucket(struct hs_responses *responses, struct comparison *comparison,
                           uint32_t at)
{
    struct hs_sync_response *response = comparison->response;
    uint32_t width = HS_BUCKETS >> response->bits;
    uint16_t before = response->record_count;
    for (uint32_t bucket = at * width; bucket < (at + 1) * width; bucket++) {
        uint32_t slot = responses->core->view.table.bucket_head[bucket];
        for (; slot != HS_NO_SLOT; slot = hs_member_at(responses->core, slot)->bucket_next) {
            const struct hs_member *member = hs_member_at(responses->core, slot);
            if (!(comparison->mask >> hs_eighth_of(member->meta->name_hash) & 1u) ||
                !is_lacked(comparison, member))
                continue;
            if (response->record_count == HS_SYNC_RESPONSE_RECORDS) {
                response->record_count = before ? before : response->record_count;
                return before == 0; /* a bucket that no answer can hold is sent alone and cut */
            }
            response->records[response->record_count++] = slot;
        }
    }
    return true;
}

static void ask_for_unmatched(struct comparison *comparison)
{
    struct hs_sync_response *response = comparison->response;
    const struct hs_message *list = comparison->list;
    for (size_t at = 0; at < list->entry_count && response->wanted_count < HS_SYNC_RESPONSE_WANTED;
         at++)
        if (!comparison->matched[at])
            response->wanted[response->wanted_count++] =
                hs_get_u32(list->entries + at * HS_ENTRY_SIZE);
}

void hs_sync_response_records(struct hs_responses *responses, uint32_t slot,
                              const struct hs_message *message)
{
    struct comparison comparison = {.list = message, .mask = UINT8_MAX};
    size_t bucket = 0;
    comparison.response = new_response(responses, slot, message);
    if (!comparison.response)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        if (message->mask_count)
            comparison.mask = message->masks[bucket++];
        if (!compare_bucket(responses, &comparison, at))
            break;
        hs_bitmap_set(comparison.response->covered, at);
    }
    ask_for_unmatched(&comparison);
    send_response(responses, comparison.response, HS_SYNC_RECORDS);
}

/* ---- sending what a peer wants ----------------------------------------------------------- */

static bool is_wanted(const struct hs_message *message, uint32_t name_hash)
{
    for (size_t i = 0; i < message->entry_count; i++)
        if (hs_get_u32(message->entries + 4 * i) == name_hash)
            return true;
    return false;
}

static bool was_told(const struct hs_told *told, uint32_t slot)
{
    for (uint32_t i = 0; i < told->count; i++)
        if (told->slots[i] == slot)
            return true;
    return false;
}

/* The peer wants every record that differs from its own. If its record was the greater one, we hold
 * it, too, by now. */
void hs_sync_response_wanted(struct hs_responses *responses, uint32_t slot,
                             const struct hs_message *message, const struct hs_told *told)
{
    struct hs_sync_response *response = new_response(responses, slot, message);
    if (!response)
        return;
    uint32_t width = HS_BUCKETS >> message->bits;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(message->bitmap, bucket / width))
            continue;
        uint32_t at = responses->core->view.table.bucket_head[bucket];
        for (; at != HS_NO_SLOT; at = hs_member_at(responses->core, at)->bucket_next) {
            const struct hs_member *member = hs_member_at(responses->core, at);
            if (response->record_count < HS_SYNC_RESPONSE_RECORDS && hs_member_in_digest(member) &&
                is_wanted(message, (uint32_t)member->meta->name_hash) && !was_told(told, at))
                response->records[response->record_count++] = at;
        }
    }
    send_response(responses, response, HS_SYNC_RECORDS);
}

/* ---- datagrams --------------------------------------------------------------------------- */

/* An upper bound of head, fixed part of a sync and trailer, bytes. */
#define RECORDS_OVERHEAD 128u

static bool is_last(const struct hs_responses *responses, const struct hs_sync_response *response)
{
    size_t size = RECORDS_OVERHEAD + 4u * response->wanted_count;
    for (uint32_t i = response->record_next; i < response->record_count; i++) {
        const struct hs_member *member = hs_member_at(responses->core, response->records[i]);
        if (!member->meta) /* forgotten meanwhile */
            continue;
        size += member->meta->len + HS_RUMOR_OVERHEAD;
        if (size > responses->core->config.mtu)
            return false;
    }
    return true;
}

void hs_sync_response_fill(const struct hs_responses *responses, uint32_t place,
                           struct hs_message *message, struct hs_sync_scratch *scratch)
{
    const struct hs_sync_response *response = &responses->items[place - 1];
    HS_ASSERT(place && place <= HS_SYNC_RESPONSES_MAX && responses->peer_ids[place - 1]);
    message->bits = response->bits;
    message->bitmap = scratch->bitmap;
    message->entries = scratch->bytes;
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    if (message->step == HS_SYNC_RECORDS && !is_last(responses, response))
        return;
    memcpy(scratch->bitmap, response->covered, hs_bitmap_size(response->bits));
    if (message->step == HS_SYNC_FINER) {
        message->entries = response->masks;
        message->entry_count = response->mask_count;
        return;
    }
    for (uint32_t i = 0; i < response->wanted_count; i++)
        hs_put_u32(scratch->bytes + 4 * (size_t)i, response->wanted[i]);
    message->entry_count = response->wanted_count;
}

bool hs_sync_response_append(struct hs_responses *responses, uint32_t place, enum hs_sync_step step,
                             struct hs_encoder *encoder)
{
    struct hs_core *core = responses->core;
    struct hs_sync_response *response = &responses->items[place - 1];
    HS_ASSERT(place && place <= HS_SYNC_RESPONSES_MAX && responses->peer_ids[place - 1]);
    bool last = step != HS_SYNC_RECORDS || is_last(responses, response);
    while (response->record_next < response->record_count) {
        uint32_t slot = response->records[response->record_next];
        struct hs_rumor rumor;
        if (hs_member_at(core, slot)->meta) {
            hs_rumor_of(&core->view, core->now.boot, slot, true, &rumor);
            if (!hs_encode_rumor(encoder, &rumor))
                break;
            core->stats.rumors_sent++;
        }
        response->record_next++;
    }
    if (last)
        responses->peer_ids[place - 1] = 0;
    return last;
}

void hs_sync_response_abandon(struct hs_responses *responses, uint32_t place)
{
    responses->peer_ids[place - 1] = 0;
}
