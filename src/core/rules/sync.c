/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anti-entropy (R24): rumors reach nearly all, an exchange reaches the rest. Every message carries
 * a digest of its sender's view; when two differ, one of them asks:
 *
 *     initiator                                   responder (keeps nothing between datagrams)
 *        | --- buckets: a sum for each bucket ------> |
 *        | <-- differ: a bitmap --------------------- |
 *        | --- fine: sums of the eighths of buckets   |   only where buckets are large
 *        |     that differ -------------------------> |
 *        | <-- finer: which of those differ --------- |
 *        | --- list: name and record hashes of        |
 *        |     all my records in some buckets ------> |
 *        | <-- records that you lack, hashes of       |
 *        |     those that I lack, buckets covered --- |
 *        | --- records that you lack ---------------> |
 *        |     … list again until no bucket is left   |
 *
 * The initiator sets the pace, so a joiner of thousands is never flooded; every step may be lost,
 * repeated or come late, for what it carries are records, and merging is idempotent. serve.c has
 * the answers.
 */
#include "rules/rules.h"

#include "base/memory.h"
#include "base/trace.h"
#include "rules/sync.h"

/* ---- bitmaps and buckets ----------------------------------------------------------------- */

bool hs_bitmap_get(const uint8_t *bitmap, uint32_t at)
{
    return bitmap[at / 8] >> (at % 8) & 1u;
}

void hs_bitmap_set(uint8_t *bitmap, uint32_t at)
{
    bitmap[at / 8] |= (uint8_t)(1u << (at % 8));
}

static void bitmap_clear(uint8_t *bitmap, uint32_t at)
{
    bitmap[at / 8] &= (uint8_t) ~(1u << (at % 8));
}

size_t hs_bitmap_size(unsigned bits)
{
    return bits < 3 ? 1 : (size_t)1 << (bits - 3);
}

bool hs_bitmap_empty(const uint8_t *bitmap, unsigned bits)
{
    for (size_t i = 0; i < hs_bitmap_size(bits); i++)
        if (bitmap[i])
            return false;
    return true;
}

/* A newcomer cannot know how many the others are. So many buckets cost it 256 bytes once, and one
 * of them holds no more than an answer does in a cluster of up to HS_SERVE_RECORDS <<
 * NEWCOMER_BITS. */
#define NEWCOMER_BITS 6u

/* Records a bucket from which on it pays to look at its eighths first: their sums take 33 bytes of
 * a bucket that differs, and then one list entry in eight has to be sent. */
#define REFINE_FROM 8u

/* As many buckets as make two records each, so that few records hide behind one sum. */
static unsigned bits_for(const struct hearsay_node *node)
{
    unsigned bits = node->sync.newcomer ? NEWCOMER_BITS : 0;
    while (bits < HS_BUCKET_BITS && (2u << bits) < node->table.count)
        bits++;
    return bits;
}

void hs_put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t hs_get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* ---- beginning and ending ---------------------------------------------------------------- */

static void push_step(struct hearsay_node *node, enum hs_sync_step step)
{
    node->sync.told_count = 0; /* it was about the list before */
    const struct hs_member *peer = hs_table_at(&node->table, node->sync.peer);
    struct hs_intent intent = {
        .kind = HEARSAY_KIND_SYNC,
        .arg = (uint8_t)step,
        .slot = node->sync.peer,
        .to = peer->card->addr,
        .cap = (uint16_t)node->config.mtu,
        .a = node->sync.exchange,
        .id = node->sync.peer_id,
    };
    hs_intent_push(node, &intent);
    hs_heap_arm(&node->timers, &node->sync.timer, node->now.boot + HS_SYNC_RETRY);
}

/* How an exchange ended. */
enum outcome {
    EQUAL,  /* no bucket differed */
    DONE,   /* all buckets that differed have been gone through */
    BROKEN, /* the peer has not answered, or a join needs its place */
};

_Static_assert((int)HEARSAY_TRACE_EXCHANGE_FINER == (int)HS_SYNC_FINER,
               "steps have the same numbers in the trace");

static const char *peer_name(const struct hearsay_node *node)
{
    bool there = hs_table_holds(&node->table, node->sync.peer, node->sync.peer_id);
    return there ? hs_member_name(hs_table_at(&node->table, node->sync.peer)) : NULL;
}

static void end(struct hearsay_node *node, enum outcome outcome)
{
    struct hs_sync *sync = &node->sync;
    HS_TRACE(node, .kind = HEARSAY_TRACE_EXCHANGE_ENDED, .name = peer_name(node),
             .end = outcome == BROKEN ? HEARSAY_TRACE_END_VOID : HEARSAY_TRACE_END_OK);
    bool moved = node->stats.records_merged != sync->merged_before || sync->gave;
    hs_heap_disarm(&node->timers, &sync->timer);
    sync->phase = HS_SYNC_IDLE;
    if (outcome == DONE && (sync->again || !moved)) {
        /* R24: what cannot become equal is not asked again and again. */
        node->stats.syncs_unequal++;
        uint64_t most = sync->cut ? HS_SYNC_CUT_MAX : HS_SYNC_BACKOFF_MAX;
        sync->backoff = sync->backoff < most / 2 ? 2 * sync->backoff : most;
    } else {
        sync->backoff = HS_SYNC_GAP;
    }
    sync->next_at = node->now.boot + hs_random_jitter(&node->random, sync->backoff, 10);
    bool there = hs_table_holds(&node->table, sync->peer, sync->peer_id);
    uint32_t contact = sync->contact;
    sync->contact = 0;
    if (contact)
        hs_join_done(node, contact - 1, outcome == BROKEN ? HEARSAY_JOIN_TIMEOUT : HEARSAY_JOIN_OK,
                     there ? sync->peer : HS_NO_SLOT);
}

void hs_sync_told(struct hearsay_node *node, uint32_t slot)
{
    if (node->sync.told_count < HS_SERVE_RECORDS)
        node->sync.told[node->sync.told_count++] = slot;
}

void hs_sync_drop(struct hearsay_node *node)
{
    if (node->sync.phase != HS_SYNC_IDLE)
        end(node, BROKEN);
}

void hs_sync_start(struct hearsay_node *node, uint32_t slot, uint32_t contact)
{
    struct hs_sync *sync = &node->sync;
    if (sync->phase != HS_SYNC_IDLE) {
        if (!contact || sync->contact) /* the contact's own timer will bring it back */
            return;
        end(node, BROKEN);
    }
    node->stats.syncs_started++;
    sync->peer = slot;
    sync->peer_id = hs_table_at(&node->table, slot)->card->id;
    sync->exchange = hs_random_next(&node->random);
    sync->merged_before = node->stats.records_merged;
    sync->contact = contact;
    sync->phase = HS_SYNC_ASKED;
    sync->newcomer = node->table.count <= 2; /* ourselves and the peer */
    sync->bits = (uint8_t)bits_for(node);
    sync->tries = 0;
    sync->gave = sync->again = sync->cut = sync->refined = false;
    HS_TRACE(node, .kind = HEARSAY_TRACE_EXCHANGE_BEGUN, .name = peer_name(node));
    push_step(node, HS_SYNC_BUCKETS);
}

/* R24: when the view has been quiet for two gossip intervals, and at least once a second while
 * digests differ, whatever waits in the rumor queue. */
void hs_sync_heard(struct hearsay_node *node, uint32_t slot, uint64_t digest)
{
    struct hs_sync *sync = &node->sync;
    if (digest == node->table.digest) {
        sync->differ_since = 0;
        sync->backoff = HS_SYNC_GAP;
        return;
    }
    if (!sync->differ_since)
        sync->differ_since = node->now.boot;
    bool quiet = node->now.boot >= sync->view_changed + 2 * node->config.gossip_interval;
    bool long_enough = node->now.boot >= sync->differ_since + HS_SYNC_GAP;
    bool proven = hs_table_at(&node->table, slot)->flags & HS_MEMBER_ECHOED; /* R28 */
    if (sync->phase == HS_SYNC_IDLE && node->now.boot >= sync->next_at && (quiet || long_enough) &&
        proven && !node->leaving) {
        uint64_t digests = node->table.digest + 3 * digest;
        hs_sync_start(node, slot, 0);
        sync->again = digests == sync->digests;
        sync->digests = digests;
    }
}

static enum hs_sync_step step_of(const struct hs_sync *sync)
{
    switch ((enum hs_sync_phase)sync->phase) {
    case HS_SYNC_REFINING:
        return HS_SYNC_FINE;
    case HS_SYNC_LISTING:
        return HS_SYNC_LIST;
    case HS_SYNC_IDLE:
    case HS_SYNC_ASKED:
        break;
    }
    return HS_SYNC_BUCKETS;
}

void hs_sync_timer(struct hearsay_node *node)
{
    struct hs_sync *sync = &node->sync;
    bool there = hs_table_holds(&node->table, sync->peer, sync->peer_id);
    if (!there || ++sync->tries >= HS_SYNC_TRIES) {
        end(node, BROKEN);
        return;
    }
    push_step(node, step_of(sync));
}

/* ---- the initiator's steps --------------------------------------------------------------- */

static void on_differ(struct hearsay_node *node, const struct hs_message *message)
{
    struct hs_sync *sync = &node->sync;
    if (sync->phase != HS_SYNC_ASKED || message->bits != sync->bits)
        return;
    memcpy(sync->todo, message->bitmap, hs_bitmap_size(sync->bits));
    if (hs_bitmap_empty(sync->todo, sync->bits)) {
        end(node, EQUAL);
        return;
    }
    sync->phase = HS_SYNC_LISTING;
    sync->tries = 0;
    if (sync->bits == HS_BUCKET_BITS && node->table.count >> HS_BUCKET_BITS >= REFINE_FROM) {
        sync->phase = HS_SYNC_REFINING;
        sync->refined = true;
        memcpy(sync->rough, sync->todo, sizeof(sync->rough));
    }
    push_step(node, step_of(sync));
}

static void on_finer(struct hearsay_node *node, const struct hs_message *message)
{
    struct hs_sync *sync = &node->sync;
    size_t at = 0;
    if (sync->phase != HS_SYNC_REFINING || message->bits != sync->bits || !message->entry_count)
        return;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(message->bitmap, bucket))
            continue;
        sync->masks[bucket] = message->entries[at++];
        bitmap_clear(sync->rough, bucket);
        if (!sync->masks[bucket])
            bitmap_clear(sync->todo, bucket);
    }
    sync->tries = 0;
    if (hs_bitmap_empty(sync->todo, sync->bits)) {
        end(node, EQUAL);
        return;
    }
    if (hs_bitmap_empty(sync->rough, sync->bits))
        sync->phase = HS_SYNC_LISTING;
    push_step(node, step_of(sync));
}

static void on_records(struct hearsay_node *node, const struct hs_message *message)
{
    struct hs_sync *sync = &node->sync;
    if (sync->phase != HS_SYNC_LISTING || message->bits != sync->bits ||
        hs_bitmap_empty(message->bitmap, sync->bits))
        return;
    for (size_t i = 0; i < hs_bitmap_size(sync->bits); i++)
        sync->todo[i] &= (uint8_t)~message->bitmap[i];
    sync->tries = 0;
    if (message->entry_count) {
        sync->gave = true;
        hs_serve_wanted(node, sync->peer, message);
    }
    if (hs_bitmap_empty(sync->todo, sync->bits))
        end(node, DONE);
    else
        push_step(node, HS_SYNC_LIST);
}

void hs_sync_on_message(struct hearsay_node *node, uint32_t slot, struct hs_message *message)
{
    bool ours = node->sync.phase != HS_SYNC_IDLE && node->sync.peer == slot &&
                node->sync.exchange == message->exchange;
    struct hs_source source;
    HS_TRACE(node, .kind = HEARSAY_TRACE_EXCHANGE_STEP,
             .name = hs_member_name(hs_table_at(&node->table, slot)),
             .exchange = (enum hearsay_trace_exchange)message->step);
    switch (message->step) {
    case HS_SYNC_BUCKETS:
        hs_serve_differ(node, slot, message);
        break;
    case HS_SYNC_FINE:
        hs_serve_finer(node, slot, message);
        break;
    case HS_SYNC_LIST:
        hs_serve_records(node, slot, message);
        break;
    case HS_SYNC_FINER:
        if (ours)
            on_finer(node, message);
        break;
    case HS_SYNC_DIFFER:
        if (ours)
            on_differ(node, message);
        break;
    case HS_SYNC_RECORDS:
        source = (struct hs_source){
            .from = slot,
            .answers_us = ours,
            .known_to_all = ours && node->sync.newcomer,
        };
        hs_merge_rumors(node, &message->rumors, &source);
        if (ours)
            on_records(node, message);
        break;
    }
}

/* ---- encoding ---------------------------------------------------------------------------- */

static void fill_buckets(const struct hearsay_node *node, struct hs_message *message,
                         struct hs_sync_scratch *scratch)
{
    message->bits = node->sync.bits;
    for (uint32_t at = 0; at < 1u << message->bits; at++)
        hs_put_u32(scratch->bytes + 4 * (size_t)at,
                   hs_table_bucket(&node->table, message->bits, at));
    message->buckets = scratch->bytes;
}

void hs_sync_eighths(const struct hearsay_node *node, uint32_t bucket,
                     uint32_t ret_sums[HS_EIGHTHS])
{
    memset(ret_sums, 0, HS_EIGHTHS * sizeof(*ret_sums));
    uint32_t slot = node->table.bucket_head[bucket];
    for (; slot != HS_NO_SLOT; slot = hs_table_at(&node->table, slot)->bucket_next) {
        const struct hs_member *member = hs_table_at(&node->table, slot);
        struct hs_version version = hs_member_version(member);
        if (hs_member_counts(member))
            ret_sums[hs_eighth_of(member->card->name_hash)] += (uint32_t)hs_version_hash(&version);
    }
}

/* What is left of a datagram beside head, fixed part and bitmap. */
#define ROOM (HEARSAY_MTU_MIN - 160)

/* The first buckets that are still rough, as many as fit. */
static void fill_fine(const struct hearsay_node *node, struct hs_message *message,
                      struct hs_sync_scratch *scratch)
{
    uint32_t sums[HS_EIGHTHS];
    message->entry_count = 0;
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(node->sync.rough, bucket))
            continue;
        if ((message->entry_count + 1) * HS_FINE_SIZE > ROOM)
            break;
        hs_sync_eighths(node, bucket, sums);
        uint8_t *entry = scratch->bytes + message->entry_count++ * HS_FINE_SIZE;
        for (uint32_t i = 0; i < HS_EIGHTHS; i++)
            hs_put_u32(entry + 4 * (size_t)i, sums[i]);
        hs_bitmap_set(scratch->bitmap, bucket);
    }
    message->bits = node->sync.bits;
    message->bitmap = scratch->bitmap;
    message->entries = scratch->bytes;
}

/* Most entries of one list; each bucket in it may want a byte for its mask, too. */
#define LIST_MAX (ROOM / (HS_ENTRY_SIZE + 1))

/* A list under construction. `skip` entries are passed over, then `room` are taken. */
struct listing {
    uint8_t *bytes;
    size_t count, room, skip;
};

/* Is a member part of what the lists of our exchange speak of? */
static bool is_meant(const struct hearsay_node *node, const struct hs_member *member)
{
    const struct hs_sync *sync = &node->sync;
    uint8_t mask = sync->refined ? sync->masks[hs_bucket_of(member->card->name_hash)] : UINT8_MAX;
    return hs_member_counts(member) && (mask >> hs_eighth_of(member->card->name_hash) & 1u);
}

static void list_bucket(const struct hearsay_node *node, uint32_t bucket, struct listing *listing)
{
    uint32_t slot = node->table.bucket_head[bucket];
    for (; slot != HS_NO_SLOT && listing->count < listing->room;
         slot = hs_table_at(&node->table, slot)->bucket_next) {
        const struct hs_member *member = hs_table_at(&node->table, slot);
        if (!is_meant(node, member))
            continue;
        if (listing->skip) {
            listing->skip--;
            continue;
        }
        struct hs_version version = hs_member_version(member);
        uint8_t *entry = listing->bytes + listing->count * HS_ENTRY_SIZE;
        hs_put_u32(entry, (uint32_t)member->card->name_hash);
        hs_put_u32(entry + 4, (uint32_t)hs_version_hash(&version));
        listing->count++;
    }
}

/* How many entries the buckets from first to last have. */
static uint32_t count_entries(const struct hearsay_node *node, uint32_t first, uint32_t last)
{
    uint32_t count = 0;
    for (uint32_t bucket = first; bucket <= last; bucket++)
        for (uint32_t slot = node->table.bucket_head[bucket]; slot != HS_NO_SLOT;
             slot = hs_table_at(&node->table, slot)->bucket_next)
            count += is_meant(node, hs_table_at(&node->table, slot));
    return count;
}

/* The first buckets that are still to do, as many as fit. One that is too large for any datagram
 * goes alone and cut: its missing entries come back as records, which is costlier but right. It is
 * cut elsewhere each time, or what lies behind the cut would never be compared. */
static void fill_list(struct hearsay_node *node, struct hs_message *message,
                      struct hs_sync_scratch *scratch)
{
    const struct hs_sync *sync = &node->sync;
    uint32_t width = HS_BUCKETS >> sync->bits;
    struct listing listing = {.bytes = scratch->bytes, .room = LIST_MAX};
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    for (uint32_t at = 0; at < 1u << sync->bits; at++) {
        if (!hs_bitmap_get(sync->todo, at))
            continue;
        uint32_t entries = count_entries(node, at * width, (at + 1) * width - 1);
        if (listing.count && listing.count + entries > LIST_MAX)
            break;
        if (entries > LIST_MAX) {
            node->sync.cut = true;
            listing.skip = hs_random_below(&node->random, entries);
        }
        for (uint32_t i = 0; i < 2 * width; i++) /* twice: from the cut to the end, and on */
            if (i < width || entries > LIST_MAX)
                list_bucket(node, at * width + i % width, &listing);
        hs_bitmap_set(scratch->bitmap, at);
        if (sync->refined)
            scratch->masks[message->mask_count++] = sync->masks[at];
    }
    message->bits = sync->bits;
    message->bitmap = scratch->bitmap;
    message->masks = scratch->masks;
    message->entries = scratch->bytes;
    message->entry_count = listing.count;
}

static void fill_serve(const struct hs_serve *serve, const struct hearsay_node *node,
                       struct hs_message *message, struct hs_sync_scratch *scratch)
{
    message->bits = serve->bits;
    message->bitmap = scratch->bitmap;
    message->entries = scratch->bytes;
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    if (message->step == HS_SYNC_RECORDS && !hs_serve_is_last(node, serve))
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

void hs_sync_fill(struct hearsay_node *node, const struct hs_intent *intent,
                  struct hs_message *message, struct hs_sync_scratch *scratch)
{
    message->exchange = intent->a;
    message->step = (enum hs_sync_step)intent->arg;
    if (intent->ref)
        fill_serve(&node->serves[intent->ref - 1], node, message, scratch);
    else if (message->step == HS_SYNC_BUCKETS)
        fill_buckets(node, message, scratch);
    else if (message->step == HS_SYNC_FINE)
        fill_fine(node, message, scratch);
    else
        fill_list(node, message, scratch);
}
