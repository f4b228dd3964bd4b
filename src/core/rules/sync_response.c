/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering half of anti-entropy. A serve remembers which records one answer carries, by slot,
 * from the moment the question is read until the last datagram is made: usually within the same
 * turn of the owner's loop.
 */
#include "rules/sync_response.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "codec/bitmap.h"
#include "rules/send.h"
#include "view/record.h"

int hs_responses_init(struct hs_responses *responses, struct hs_core *core)
{
    *responses = (struct hs_responses){.core = core};
    responses->items = hs_alloc_zeroed(&core->allocator, HS_SERVES_MAX * sizeof(*responses->items));
    return responses->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_responses_fini(struct hs_responses *responses)
{
    if (responses->core)
        hs_release(&responses->core->allocator, responses->items);
}

static struct hs_serve *new_serve(struct hs_responses *responses, uint32_t slot,
                                  const struct hs_message *message)
{
    for (uint32_t i = 0; i < HS_SERVES_MAX; i++) {
        struct hs_serve *serve = &responses->items[i];
        if (serve->peer_id)
            continue;
        serve->exchange = message->exchange;
        serve->peer = slot;
        serve->peer_id = message->sender;
        serve->record_count = serve->record_next = serve->wanted_count = 0;
        serve->mask_count = 0;
        serve->bits = (uint8_t)message->bits;
        memset(serve->covered, 0, sizeof(serve->covered));
        return serve;
    }
    hs_drop(responses->core, HEARSAY_DROP_QUEUE_FULL);
    return NULL;
}

static void send_serve(struct hs_responses *responses, struct hs_serve *serve,
                       enum hs_sync_step step)
{
    struct hs_send send = {
        .kind = HEARSAY_KIND_SYNC,
        .slot = serve->peer,
        .to = hs_member_at(responses->core, serve->peer)->card->addr,
        .cap = (uint16_t)responses->core->config.mtu,
        .id = serve->peer_id,
        .as.sync = {.exchange = serve->exchange,
                    .response = (uint32_t)(serve - responses->items) + 1,
                    .step = (uint8_t)step},
    };
    if (!hs_send_push(responses->core, &send))
        serve->peer_id = 0;
}

void hs_serve_differ(struct hs_responses *responses, uint32_t slot,
                     const struct hs_message *message)
{
    struct hs_serve *serve = new_serve(responses, slot, message);
    if (!serve)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        uint32_t theirs = hs_get_u32(message->buckets + 4 * (size_t)at);
        if (theirs != hs_table_bucket(&responses->core->view.table, message->bits, at))
            hs_bitmap_set(serve->covered, at);
    }
    send_serve(responses, serve, HS_SYNC_DIFFER);
}

void hs_serve_finer(struct hs_responses *responses, uint32_t slot, const struct hs_message *message)
{
    struct hs_serve *serve =
        message->bits == HS_BUCKET_BITS ? new_serve(responses, slot, message) : NULL;
    uint32_t sums[HS_EIGHTHS];
    if (!serve)
        return;
    for (uint32_t at = 0; at < HS_BUCKETS; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        const uint8_t *theirs = message->entries + (size_t)serve->mask_count * HS_FINE_SIZE;
        uint8_t *mask = &serve->masks[serve->mask_count++];
        *mask = 0;
        hs_table_eighths(&responses->core->view.table, at, sums);
        for (uint32_t i = 0; i < HS_EIGHTHS; i++)
            *mask |= (uint8_t)((hs_get_u32(theirs + 4 * (size_t)i) != sums[i]) << i);
        hs_bitmap_set(serve->covered, at);
    }
    send_serve(responses, serve, HS_SYNC_FINER);
}

/* ---- comparing a list -------------------------------------------------------------------- */

struct comparison {
    const struct hs_message *list;
    uint8_t mask; /* of the bucket at hand: the eighths that are meant */
    struct hs_serve *serve;
    bool matched[HEARSAY_DATAGRAM_MAX / HS_ENTRY_SIZE]; /* entries that are ours too, and equal */
};

static size_t find_entry(const struct hs_message *list, uint32_t name_hash)
{
    size_t at = 0;
    while (at < list->entry_count && hs_get_u32(list->entries + at * HS_ENTRY_SIZE) != name_hash)
        at++;
    return at;
}

/* True: our record is to be sent, for the peer has none or another. A tombstone past its time is
 * nobody's news (R7), but a peer that still lists its member must hear how old it is, or the two
 * views would differ until that peer's own time for it is over. */
static bool is_lacked(struct comparison *comparison, const struct hs_member *member)
{
    const struct hs_message *list = comparison->list;
    size_t at = find_entry(list, (uint32_t)member->card->name_hash);
    if (at == list->entry_count)
        return hs_member_counts(member);
    struct hs_version version = hs_member_version(member);
    comparison->matched[at] =
        hs_get_u32(list->entries + at * HS_ENTRY_SIZE + 4) == (uint32_t)hs_version_hash(&version);
    return !comparison->matched[at] || !hs_member_counts(member);
}

/* Adds what the peer lacks of one bucket. False: the answer is full, the bucket not covered. */
static bool compare_bucket(struct hs_responses *responses, struct comparison *comparison,
                           uint32_t at)
{
    struct hs_serve *serve = comparison->serve;
    uint32_t width = HS_BUCKETS >> serve->bits;
    uint16_t before = serve->record_count;
    for (uint32_t bucket = at * width; bucket < (at + 1) * width; bucket++) {
        uint32_t slot = responses->core->view.table.bucket_head[bucket];
        for (; slot != HS_NO_SLOT; slot = hs_member_at(responses->core, slot)->bucket_next) {
            const struct hs_member *member = hs_member_at(responses->core, slot);
            if (!(comparison->mask >> hs_eighth_of(member->card->name_hash) & 1u) ||
                !is_lacked(comparison, member))
                continue;
            if (serve->record_count == HS_SERVE_RECORDS) {
                serve->record_count = before ? before : serve->record_count;
                return before == 0; /* one that no answer can hold goes alone and cut */
            }
            serve->records[serve->record_count++] = slot;
        }
    }
    return true;
}

static void ask_for_unmatched(struct comparison *comparison)
{
    struct hs_serve *serve = comparison->serve;
    const struct hs_message *list = comparison->list;
    for (size_t at = 0; at < list->entry_count && serve->wanted_count < HS_SERVE_WANTED; at++)
        if (!comparison->matched[at])
            serve->wanted[serve->wanted_count++] = hs_get_u32(list->entries + at * HS_ENTRY_SIZE);
}

void hs_serve_records(struct hs_responses *responses, uint32_t slot,
                      const struct hs_message *message)
{
    struct comparison comparison = {.list = message, .mask = UINT8_MAX};
    size_t bucket = 0;
    comparison.serve = new_serve(responses, slot, message);
    if (!comparison.serve)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        if (message->mask_count)
            comparison.mask = message->masks[bucket++];
        if (!compare_bucket(responses, &comparison, at))
            break;
        hs_bitmap_set(comparison.serve->covered, at);
    }
    ask_for_unmatched(&comparison);
    send_serve(responses, comparison.serve, HS_SYNC_RECORDS);
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

/* The peer wants all that is not as it holds it. Where its record was the greater one we hold it,
 * too, by now. */
void hs_serve_wanted(struct hs_responses *responses, uint32_t slot,
                     const struct hs_message *message, const struct hs_told *told)
{
    struct hs_serve *serve = new_serve(responses, slot, message);
    if (!serve)
        return;
    uint32_t width = HS_BUCKETS >> message->bits;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(message->bitmap, bucket / width))
            continue;
        uint32_t at = responses->core->view.table.bucket_head[bucket];
        for (; at != HS_NO_SLOT; at = hs_member_at(responses->core, at)->bucket_next) {
            const struct hs_member *member = hs_member_at(responses->core, at);
            if (serve->record_count < HS_SERVE_RECORDS && hs_member_counts(member) &&
                is_wanted(message, (uint32_t)member->card->name_hash) && !was_told(told, at))
                serve->records[serve->record_count++] = at;
        }
    }
    send_serve(responses, serve, HS_SYNC_RECORDS);
}

/* ---- datagrams --------------------------------------------------------------------------- */

/* Head, fixed part of a sync and trailer, generously. */
#define RECORDS_OVERHEAD 128u

static bool is_last(const struct hs_responses *responses, const struct hs_serve *serve)
{
    size_t size = RECORDS_OVERHEAD + 4u * serve->wanted_count;
    for (uint32_t i = serve->record_next; i < serve->record_count; i++) {
        const struct hs_member *member = hs_member_at(responses->core, serve->records[i]);
        size += member->card->len + HS_RUMOR_OVERHEAD;
        if (size > responses->core->config.mtu)
            return false;
    }
    return true;
}

void hs_serve_fill(const struct hs_responses *responses, uint32_t place, struct hs_message *message,
                   struct hs_sync_scratch *scratch)
{
    const struct hs_serve *serve = &responses->items[place - 1];
    message->bits = serve->bits;
    message->bitmap = scratch->bitmap;
    message->entries = scratch->bytes;
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    if (message->step == HS_SYNC_RECORDS && !is_last(responses, serve))
        return;
    memcpy(scratch->bitmap, serve->covered, hs_bitmap_size(serve->bits));
    if (message->step == HS_SYNC_FINER) {
        message->entries = serve->masks;
        message->entry_count = serve->mask_count;
        return;
    }
    for (uint32_t i = 0; i < serve->wanted_count; i++)
        hs_put_u32(scratch->bytes + 4 * (size_t)i, serve->wanted[i]);
    message->entry_count = serve->wanted_count;
}

bool hs_serve_append(struct hs_responses *responses, uint32_t place, enum hs_sync_step step,
                     struct hs_encoder *encoder)
{
    struct hs_core *core = responses->core;
    struct hs_serve *serve = &responses->items[place - 1];
    bool last = step != HS_SYNC_RECORDS || is_last(responses, serve);
    while (serve->record_next < serve->record_count) {
        uint32_t slot = serve->records[serve->record_next];
        struct hs_rumor rumor;
        if (hs_member_at(core, slot)->card) {
            hs_rumor_of(&core->view, core->now.boot, slot, true, &rumor);
            if (!hs_encode_rumor(encoder, &rumor))
                break;
            core->stats.rumors_sent++;
        }
        serve->record_next++;
    }
    if (last)
        serve->peer_id = 0;
    return last;
}

void hs_serve_abandon(struct hs_responses *responses, uint32_t place)
{
    responses->items[place - 1].peer_id = 0;
}
