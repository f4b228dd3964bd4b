/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answering half of anti-entropy. A serve remembers which records one answer carries, by slot,
 * from the moment the question is read until the last datagram is made: usually within the same
 * turn of the owner's loop.
 */
#include "rules/rules.h"

#include "base/memory.h"
#include "rules/sync.h"

static struct hs_serve *new_serve(struct hearsay_node *node, uint32_t slot,
                                  const struct hs_message *message)
{
    for (uint32_t i = 0; i < HS_SERVES_MAX; i++) {
        struct hs_serve *serve = &node->serves[i];
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
    hs_drop(node, HEARSAY_DROP_QUEUE_FULL);
    return NULL;
}

static void send_serve(struct hearsay_node *node, struct hs_serve *serve, enum hs_sync_step step)
{
    struct hs_intent intent = {
        .kind = HEARSAY_KIND_SYNC,
        .arg = (uint8_t)step,
        .slot = serve->peer,
        .to = hs_table_at(&node->table, serve->peer)->card->addr,
        .cap = (uint16_t)node->config.mtu,
        .ref = (uint32_t)(serve - node->serves) + 1,
        .a = serve->exchange,
        .id = serve->peer_id,
    };
    if (!hs_intent_push(node, &intent))
        serve->peer_id = 0;
}

void hs_serve_differ(struct hearsay_node *node, uint32_t slot, const struct hs_message *message)
{
    struct hs_serve *serve = new_serve(node, slot, message);
    if (!serve)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        uint32_t theirs = hs_get_u32(message->buckets + 4 * (size_t)at);
        if (theirs != hs_table_bucket(&node->table, message->bits, at))
            hs_bitmap_set(serve->covered, at);
    }
    send_serve(node, serve, HS_SYNC_DIFFER);
}

void hs_serve_finer(struct hearsay_node *node, uint32_t slot, const struct hs_message *message)
{
    struct hs_serve *serve =
        message->bits == HS_BUCKET_BITS ? new_serve(node, slot, message) : NULL;
    uint32_t sums[HS_EIGHTHS];
    if (!serve)
        return;
    for (uint32_t at = 0; at < HS_BUCKETS; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        const uint8_t *theirs = message->entries + (size_t)serve->mask_count * HS_FINE_SIZE;
        uint8_t *mask = &serve->masks[serve->mask_count++];
        *mask = 0;
        hs_sync_eighths(node, at, sums);
        for (uint32_t i = 0; i < HS_EIGHTHS; i++)
            *mask |= (uint8_t)((hs_get_u32(theirs + 4 * (size_t)i) != sums[i]) << i);
        hs_bitmap_set(serve->covered, at);
    }
    send_serve(node, serve, HS_SYNC_FINER);
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
static bool compare_bucket(struct hearsay_node *node, struct comparison *comparison, uint32_t at)
{
    struct hs_serve *serve = comparison->serve;
    uint32_t width = HS_BUCKETS >> serve->bits;
    uint16_t before = serve->record_count;
    for (uint32_t bucket = at * width; bucket < (at + 1) * width; bucket++) {
        uint32_t slot = node->table.bucket_head[bucket];
        for (; slot != HS_NO_SLOT; slot = hs_table_at(&node->table, slot)->bucket_next) {
            const struct hs_member *member = hs_table_at(&node->table, slot);
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

void hs_serve_records(struct hearsay_node *node, uint32_t slot, const struct hs_message *message)
{
    struct comparison comparison = {.list = message, .mask = UINT8_MAX};
    size_t bucket = 0;
    comparison.serve = new_serve(node, slot, message);
    if (!comparison.serve)
        return;
    for (uint32_t at = 0; at < 1u << message->bits; at++) {
        if (!hs_bitmap_get(message->bitmap, at))
            continue;
        if (message->mask_count)
            comparison.mask = message->masks[bucket++];
        if (!compare_bucket(node, &comparison, at))
            break;
        hs_bitmap_set(comparison.serve->covered, at);
    }
    ask_for_unmatched(&comparison);
    send_serve(node, comparison.serve, HS_SYNC_RECORDS);
}

/* ---- sending what a peer wants ----------------------------------------------------------- */

static bool is_wanted(const struct hs_message *message, uint32_t name_hash)
{
    for (size_t i = 0; i < message->entry_count; i++)
        if (hs_get_u32(message->entries + 4 * i) == name_hash)
            return true;
    return false;
}

static bool was_told(const struct hearsay_node *node, uint32_t slot)
{
    for (uint32_t i = 0; i < node->sync.told_count; i++)
        if (node->sync.told[i] == slot)
            return true;
    return false;
}

/* The peer wants all that is not as it holds it. Where its record was the greater one we hold it,
 * too, by now. */
void hs_serve_wanted(struct hearsay_node *node, uint32_t slot, const struct hs_message *message)
{
    struct hs_serve *serve = new_serve(node, slot, message);
    if (!serve)
        return;
    uint32_t width = HS_BUCKETS >> message->bits;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(message->bitmap, bucket / width))
            continue;
        uint32_t at = node->table.bucket_head[bucket];
        for (; at != HS_NO_SLOT; at = hs_table_at(&node->table, at)->bucket_next) {
            const struct hs_member *member = hs_table_at(&node->table, at);
            if (serve->record_count < HS_SERVE_RECORDS && hs_member_counts(member) &&
                is_wanted(message, (uint32_t)member->card->name_hash) && !was_told(node, at))
                serve->records[serve->record_count++] = at;
        }
    }
    send_serve(node, serve, HS_SYNC_RECORDS);
}

/* ---- datagrams --------------------------------------------------------------------------- */

/* Head, fixed part of a sync and trailer, generously. */
#define RECORDS_OVERHEAD 128u

bool hs_serve_is_last(const struct hearsay_node *node, const struct hs_serve *serve)
{
    size_t size = RECORDS_OVERHEAD + 4u * serve->wanted_count;
    for (uint32_t i = serve->record_next; i < serve->record_count; i++) {
        const struct hs_member *member = hs_table_at(&node->table, serve->records[i]);
        if (!member->card) /* forgotten since */
            continue;
        size += member->card->len + HS_RUMOR_OVERHEAD;
        if (size > node->config.mtu)
            return false;
    }
    return true;
}

bool hs_sync_append(struct hearsay_node *node, const struct hs_intent *intent,
                    struct hs_encoder *encoder)
{
    if (!intent->ref)
        return true;
    struct hs_serve *serve = &node->serves[intent->ref - 1];
    bool last = intent->arg != HS_SYNC_RECORDS || hs_serve_is_last(node, serve);
    while (serve->record_next < serve->record_count) {
        uint32_t slot = serve->records[serve->record_next];
        struct hs_rumor rumor;
        if (hs_table_at(&node->table, slot)->card) {
            hs_rumor_of(node, slot, true, &rumor);
            if (!hs_encode_rumor(encoder, &rumor))
                break;
            node->stats.rumors_sent++;
        }
        serve->record_next++;
    }
    if (last)
        serve->peer_id = 0;
    return last;
}

void hs_sync_abandon(struct hearsay_node *node, const struct hs_intent *intent)
{
    if (intent->kind == HEARSAY_KIND_SYNC && intent->ref)
        node->serves[intent->ref - 1].peer_id = 0;
}
