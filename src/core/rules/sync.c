/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anti-entropy (R24). Rumors reach nearly all members; exchanges reach the rest. Every message
 * carries a digest of its sender's view. When two digests differ, one of the two members begins an
 * exchange:
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
 * The initiator sets the pace, so a member that joins thousands is never flooded. Every step may be
 * lost, repeated or late, because it carries records, and merging is idempotent. The responder's
 * part is in sync_response.c.
 */
#include "rules/sync.h"

#include "base/assert.h"
#include "base/memory.h"
#include "codec/bitmap.h"
#include "rules/send.h"

/* ---- buckets ----------------------------------------------------------------------------- */

void hs_sync_init(struct hs_sync *sync, struct hs_core *core, struct hs_contacts *contacts,
                  struct hs_merger *merger, struct hs_responses *responses)
{
    *sync = (struct hs_sync){
        .core = core,
        .contacts = contacts,
        .merger = merger,
        .responses = responses,
        .timer.kind = HS_TIMER_SYNC,
        .backoff = HS_SYNC_GAP,
    };
}

bool hs_sync_is_answer(const struct hs_sync *sync, uint32_t slot, const struct hs_message *message)
{
    return sync->phase != HS_SYNC_IDLE && sync->peer == slot && sync->exchange == message->exchange;
}

/* A newcomer does not know the size of the cluster. This many buckets cost it 256 bytes once. In a
 * cluster of up to HS_SYNC_RESPONSE_RECORDS << NEWCOMER_BITS members, one of them holds no more
 * records than one answer carries. */
#define NEWCOMER_BITS 6u

/* Records per bucket from which on it pays to compare eighths first: their sums take 33 bytes for a
 * bucket that differs, and then only one list entry in eight has to be sent. */
#define REFINE_FROM 8u

/* As many buckets as give about two records each, so that few records share a sum. */
static unsigned bits_for(const struct hs_sync *sync)
{
    unsigned bits = sync->newcomer ? NEWCOMER_BITS : 0;
    while (bits < HS_BUCKET_BITS && (2u << bits) < sync->core->view.table.count)
        bits++;
    return bits;
}

/* ---- beginning and ending ---------------------------------------------------------------- */

static void push_step(struct hs_sync *sync, enum hs_sync_step step)
{
    sync->told.count = 0; /* what it notes was about the list before */
    const struct hs_member *peer = hs_member_at(sync->core, sync->peer);
    struct hs_send send = {
        .kind = HEARSAY_KIND_SYNC,
        .slot = sync->peer,
        .to = peer->meta->addr,
        .cap = (uint16_t)sync->core->config.mtu,
        .id = sync->peer_id,
        .as.sync = {.exchange = sync->exchange, .step = (uint8_t)step},
    };
    hs_send_push(sync->core, &send);
    hs_heap_arm(&sync->core->timers, &sync->timer, sync->core->now.boot + HS_SYNC_RETRY);
}

/* The end of an exchange. */
enum outcome {
    EQUAL,  /* no bucket differed */
    DONE,   /* all buckets that differed have been compared */
    BROKEN, /* the peer has not answered, or the exchange of a join takes its place */
};

_Static_assert((int)HEARSAY_TRACE_EXCHANGE_FINER == (int)HS_SYNC_FINER,
               "steps have the same numbers in the trace");

static const char *peer_name(const struct hs_sync *sync)
{
    bool there = hs_table_holds(&sync->core->view.table, sync->peer, sync->peer_id);
    return there ? hs_member_name(hs_member_at(sync->core, sync->peer)) : NULL;
}

/* R24: backoff. An exchange that cannot become equal is not repeated at once. */
static uint64_t backoff_after(const struct hs_sync *sync, enum outcome outcome)
{
    bool moved = sync->core->view.changes != sync->changes_before || sync->gave;
    if (outcome != DONE || (moved && !sync->again))
        return HS_SYNC_GAP;
    uint64_t most = sync->cut ? HS_SYNC_CUT_MAX : HS_SYNC_BACKOFF_MAX;
    return sync->backoff < most / 2 ? 2 * sync->backoff : most;
}

static void sync_end(struct hs_sync *sync, enum outcome outcome)
{
    struct hs_core *core = sync->core;
    bool moved = core->view.changes != sync->changes_before || sync->gave;
    HS_TRACE(core, .kind = HEARSAY_TRACE_EXCHANGE_ENDED, .name = peer_name(sync),
             .end = outcome == BROKEN ? HEARSAY_TRACE_END_VOID : HEARSAY_TRACE_END_OK);
    hs_heap_disarm(&core->timers, &sync->timer);
    sync->phase = HS_SYNC_IDLE;
    core->exchanged = core->exchanged || outcome != BROKEN;
    if (outcome != BROKEN && sync->contact)
        sync->early = HS_SYNC_EARLY;
    if (outcome == DONE && (sync->again || !moved)) {
        core->stats.syncs_unequal++;
        sync->early = 0;
    }
    sync->backoff = backoff_after(sync, outcome);
    sync->next_at = core->now.boot + hs_random_jitter(&core->random, sync->backoff, 10);
    bool there = hs_table_holds(&core->view.table, sync->peer, sync->peer_id);
    uint64_t contact = sync->contact;
    sync->contact = 0;
    hs_contacts_synced(sync->contacts, contact,
                       outcome == BROKEN ? HEARSAY_JOIN_TIMEOUT : HEARSAY_JOIN_OK,
                       there ? sync->peer : HS_NO_SLOT);
}

void hs_sync_drop(struct hs_sync *sync)
{
    if (sync->phase != HS_SYNC_IDLE)
        sync_end(sync, BROKEN);
}

void hs_sync_start(struct hs_sync *sync, uint32_t slot, uint64_t contact)
{
    if (sync->phase != HS_SYNC_IDLE) {
        /* An exchange that an attempt to join waits for goes on: the contact's own timer starts
         * this one again. */
        if (!contact || hs_contacts_with_nonce(sync->contacts, sync->contact))
            return;
        sync_end(sync, BROKEN);
    }
    HS_ASSERT(slot != sync->core->view.self && hs_member_at(sync->core, slot)->meta);
    sync->core->stats.syncs_started++;
    sync->peer = slot;
    sync->peer_id = hs_member_at(sync->core, slot)->meta->id;
    sync->exchange = hs_random_next(&sync->core->random);
    sync->changes_before = sync->core->view.changes;
    sync->contact = contact;
    sync->phase = HS_SYNC_ASKED;
    sync->newcomer = sync->core->view.table.count <= 2; /* only this node and the peer */
    sync->bits = (uint8_t)bits_for(sync);
    sync->tries = 0;
    sync->gave = sync->again = sync->cut = sync->refined = sync->challenged = false;
    HS_TRACE(sync->core, .kind = HEARSAY_TRACE_EXCHANGE_BEGUN, .name = peer_name(sync));
    push_step(sync, HS_SYNC_BUCKETS);
}

static void start_with_other(struct hs_sync *sync, uint32_t slot, uint64_t digest)
{
    uint64_t digests = sync->core->view.table.digest + 3 * digest;
    hs_sync_start(sync, slot, 0);
    sync->again = digests == sync->digests;
    sync->digests = digests;
}

/* R24: an early exchange. Of agents that start together each joins through a view that has not all
 * of the others yet, and some rumors miss some agents. So after a join a few exchanges wait for a
 * quiet view only, and not for the pause. */
static uint64_t early_at(const struct hs_sync *sync)
{
    return sync->core->view.changed_at + sync->core->config.gossip_interval / 2;
}

/* The timer is free between exchanges. */
static void wait_for_early(struct hs_sync *sync, uint32_t slot, uint64_t digest)
{
    sync->heard_from = slot;
    sync->heard_id = hs_member_at(sync->core, slot)->meta->id;
    sync->heard = digest;
    hs_heap_arm(&sync->core->timers, &sync->timer, early_at(sync));
}

static void start_early(struct hs_sync *sync)
{
    const struct hs_core *core = sync->core;
    if (core->leaving || !hs_table_holds(&core->view.table, sync->heard_from, sync->heard_id) ||
        !(hs_member_at(core, sync->heard_from)->flags & HS_MEMBER_PROVEN))
        return;
    if (core->now.boot < early_at(sync)) {
        hs_heap_arm(&sync->core->timers, &sync->timer, early_at(sync));
        return;
    }
    sync->early--;
    start_with_other(sync, sync->heard_from, sync->heard);
}

/* R24: start of an exchange. When the view has been quiet for two gossip intervals, and at least
 * once per second while digests differ, even if rumors are queued. */
static bool is_due(const struct hs_sync *sync)
{
    const struct hs_core *core = sync->core;
    return core->now.boot >= core->view.changed_at + 2 * core->config.gossip_interval ||
           core->now.boot >= sync->differ_since + HS_SYNC_GAP;
}

void hs_sync_heard(struct hs_sync *sync, uint32_t slot, uint64_t digest)
{
    struct hs_core *core = sync->core;
    bool idle = sync->phase == HS_SYNC_IDLE;
    if (digest == core->view.table.digest) {
        sync->differ_since = 0;
        sync->backoff = HS_SYNC_GAP;
        core->exchanged = true; /* an exchange would find nothing else */
        if (idle)
            hs_heap_disarm(&core->timers, &sync->timer);
        if (core->now.boot >= sync->next_at)
            sync->early = 0; /* what the join began is over */
        return;
    }
    if (!sync->differ_since)
        sync->differ_since = core->now.boot;
    /* R28: no amplification */
    bool proven = hs_member_at(core, slot)->flags & HS_MEMBER_PROVEN;
    if (!idle || !proven || core->leaving)
        return;
    if (core->now.boot >= sync->next_at) {
        if (is_due(sync))
            start_with_other(sync, slot, digest);
    } else if (sync->early) {
        wait_for_early(sync, slot, digest);
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

void hs_sync_timer(struct hs_sync *sync)
{
    if (sync->phase == HS_SYNC_IDLE) {
        start_early(sync);
        return;
    }
    bool there = hs_table_holds(&sync->core->view.table, sync->peer, sync->peer_id);
    if (!there || ++sync->tries >= HS_SYNC_TRIES) {
        sync_end(sync, BROKEN);
        return;
    }
    push_step(sync, step_of(sync));
}

/* R28: a peer to which our address is not proven answers each step with a challenge. Once in an
 * exchange: one that does not take us in would challenge each repeat. */
void hs_sync_challenged(struct hs_sync *sync, uint32_t slot)
{
    if (sync->phase == HS_SYNC_IDLE || sync->peer != slot || sync->challenged ||
        !hs_table_holds(&sync->core->view.table, sync->peer, sync->peer_id))
        return;
    sync->challenged = true;
    push_step(sync, step_of(sync));
}

/* ---- the initiator's steps --------------------------------------------------------------- */

static void on_differ(struct hs_sync *sync, const struct hs_message *message)
{
    if (sync->phase != HS_SYNC_ASKED || message->bits != sync->bits)
        return;
    memcpy(sync->todo, message->bitmap, hs_bitmap_size(sync->bits));
    if (hs_bitmap_empty(sync->todo, sync->bits)) {
        sync_end(sync, EQUAL);
        return;
    }
    sync->phase = HS_SYNC_LISTING;
    sync->tries = 0;
    if (sync->bits == HS_BUCKET_BITS &&
        sync->core->view.table.count >> HS_BUCKET_BITS >= REFINE_FROM) {
        sync->phase = HS_SYNC_REFINING;
        sync->refined = true;
        memcpy(sync->rough, sync->todo, sizeof(sync->rough));
    }
    push_step(sync, step_of(sync));
}

/* Returns true if a step of the peer is about some of these buckets. Otherwise it is a late repeat,
 * or the peer wants an exchange without end. */
static bool is_about(const struct hs_message *message, const uint8_t *buckets)
{
    for (size_t i = 0; i < hs_bitmap_size(message->bits); i++)
        if (message->bitmap[i] & buckets[i])
            return true;
    return false;
}

static void on_finer(struct hs_sync *sync, const struct hs_message *message)
{
    size_t at = 0;
    if (sync->phase != HS_SYNC_REFINING || message->bits != sync->bits ||
        !is_about(message, sync->rough))
        return;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(message->bitmap, bucket))
            continue;
        sync->masks[bucket] = message->entries[at++];
        hs_bitmap_clear(sync->rough, bucket);
        if (!sync->masks[bucket])
            hs_bitmap_clear(sync->todo, bucket);
    }
    sync->tries = 0;
    if (hs_bitmap_empty(sync->todo, sync->bits)) {
        sync_end(sync, EQUAL);
        return;
    }
    if (hs_bitmap_empty(sync->rough, sync->bits))
        sync->phase = HS_SYNC_LISTING;
    push_step(sync, step_of(sync));
}

static void on_records(struct hs_sync *sync, const struct hs_message *message)
{
    if (sync->phase != HS_SYNC_LISTING || message->bits != sync->bits ||
        !is_about(message, sync->todo))
        return;
    for (size_t i = 0; i < hs_bitmap_size(sync->bits); i++)
        sync->todo[i] &= (uint8_t)~message->bitmap[i];
    sync->tries = 0;
    if (message->entry_count) {
        sync->gave = true;
        hs_sync_response_wanted(sync->responses, sync->peer, message, &sync->told);
    }
    if (hs_bitmap_empty(sync->todo, sync->bits))
        sync_end(sync, DONE);
    else
        push_step(sync, HS_SYNC_LIST);
}

void hs_sync_on_message(struct hs_sync *sync, uint32_t slot, struct hs_message *message)
{
    bool ours = hs_sync_is_answer(sync, slot, message);
    struct hs_source source;
    HS_TRACE(sync->core, .kind = HEARSAY_TRACE_EXCHANGE_STEP,
             .name = hs_member_name(hs_member_at(sync->core, slot)),
             .exchange = (enum hearsay_trace_exchange)message->step);
    if (message->origin.id)
        hs_meant_met(sync->core, &message->origin);
    switch (message->step) {
    case HS_SYNC_BUCKETS:
        hs_sync_response_differ(sync->responses, slot, message);
        break;
    case HS_SYNC_FINE:
        hs_sync_response_finer(sync->responses, slot, message);
        break;
    case HS_SYNC_LIST:
        hs_sync_response_records(sync->responses, slot, message);
        break;
    case HS_SYNC_FINER:
        if (ours)
            on_finer(sync, message);
        break;
    case HS_SYNC_DIFFER:
        if (ours)
            on_differ(sync, message);
        break;
    case HS_SYNC_RECORDS:
        source = (struct hs_source){
            .from = slot,
            .told = ours ? &sync->told : NULL,
            .known_to_all = ours && sync->newcomer,
        };
        hs_merge_rumors(sync->merger, &message->rumors, &source);
        if (ours)
            on_records(sync, message);
        break;
    }
}

/* ---- encoding ---------------------------------------------------------------------------- */

static void fill_buckets(const struct hs_sync *sync, struct hs_message *message,
                         struct hs_sync_scratch *scratch)
{
    message->bits = sync->bits;
    for (uint32_t at = 0; at < 1u << message->bits; at++)
        hs_put_u32(scratch->bytes + 4 * (size_t)at,
                   hs_table_bucket(&sync->core->view.table, message->bits, at));
    message->buckets = scratch->bytes;
}

/* Room for the body of a datagram, beside head, fixed part and bitmap, bytes. */
#define ROOM (HEARSAY_MTU_MIN - 160)

/* The first buckets whose eighths are not compared yet, as many as fit. */
static void fill_fine(const struct hs_sync *sync, struct hs_message *message,
                      struct hs_sync_scratch *scratch)
{
    uint32_t sums[HS_EIGHTHS];
    message->entry_count = 0;
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        if (!hs_bitmap_get(sync->rough, bucket))
            continue;
        if ((message->entry_count + 1) * HS_FINE_SIZE > ROOM)
            break;
        hs_table_eighths(&sync->core->view.table, bucket, sums);
        uint8_t *entry = scratch->bytes + message->entry_count++ * HS_FINE_SIZE;
        for (uint32_t i = 0; i < HS_EIGHTHS; i++)
            hs_put_u32(entry + 4 * (size_t)i, sums[i]);
        hs_bitmap_set(scratch->bitmap, bucket);
    }
    message->bits = sync->bits;
    message->bitmap = scratch->bitmap;
    message->entries = scratch->bytes;
}

/* Greatest number of entries of one list. Each bucket in it may need a byte for its mask, too. */
#define LIST_MAX (ROOM / (HS_ENTRY_SIZE + 1))

/* A list under construction. The first `skip` entries are left out, the next `room` are taken. */
struct listing {
    uint8_t *bytes;
    size_t count, room, skip;
};

/* Returns true if the lists of our exchange cover this member. */
static bool is_meant(const struct hs_sync *sync, const struct hs_member *member)
{
    uint8_t mask = sync->refined ? sync->masks[hs_bucket_of(member->meta->name_hash)] : UINT8_MAX;
    return hs_member_in_digest(member) && (mask >> hs_eighth_of(member->meta->name_hash) & 1u);
}

/* Lists the members covered in one stretch of HS_BUCKETS. */
static void list_stretch(const struct hs_sync *sync, uint32_t stretch, struct listing *listing)
{
    const struct hs_table *table = &sync->core->view.table;
    uint32_t slot = table->bucket_head[stretch];
    for (; slot != HS_NO_SLOT && listing->count < listing->room;
         slot = hs_table_at(table, slot)->bucket_next) {
        const struct hs_member *member = hs_table_at(table, slot);
        if (!is_meant(sync, member))
            continue;
        if (listing->skip) {
            listing->skip--;
            continue;
        }
        struct hs_version version = hs_member_version(member);
        uint8_t *entry = listing->bytes + listing->count * HS_ENTRY_SIZE;
        hs_put_u32(entry, (uint32_t)member->meta->name_hash);
        hs_put_u32(entry + 4, (uint32_t)hs_version_hash(&version));
        listing->count++;
    }
}

static void list_bucket(const struct hs_sync *sync, uint32_t bucket, struct listing *listing)
{
    uint32_t width = HS_BUCKETS >> sync->bits;
    for (uint32_t i = 0; i < width; i++)
        list_stretch(sync, bucket * width + i, listing);
}

/* A bucket that is too large for any datagram is sent alone and cut. Its missing entries come back
 * as records, which costs more but is correct. The cut begins at another place each time and wraps
 * around; otherwise the entries behind the cut would never be compared. */
static void list_cut_bucket(struct hs_sync *sync, uint32_t bucket, uint32_t entries,
                            struct listing *listing)
{
    sync->cut = true;
    listing->skip = hs_random_below(&sync->core->random, entries);
    list_bucket(sync, bucket, listing);
    list_bucket(sync, bucket, listing);
}

/* The number of entries in the buckets from `first` to `last`. */
static uint32_t count_entries(const struct hs_sync *sync, uint32_t first, uint32_t last)
{
    uint32_t count = 0;
    for (uint32_t bucket = first; bucket <= last; bucket++)
        for (uint32_t slot = sync->core->view.table.bucket_head[bucket]; slot != HS_NO_SLOT;
             slot = hs_member_at(sync->core, slot)->bucket_next)
            count += is_meant(sync, hs_member_at(sync->core, slot));
    return count;
}

/* The first buckets that are not compared yet, as many as fit. */
static void fill_list(struct hs_sync *sync, struct hs_message *message,
                      struct hs_sync_scratch *scratch)
{
    uint32_t width = HS_BUCKETS >> sync->bits;
    struct listing listing = {.bytes = scratch->bytes, .room = LIST_MAX};
    memset(scratch->bitmap, 0, sizeof(scratch->bitmap));
    for (uint32_t at = 0; at < 1u << sync->bits; at++) {
        if (!hs_bitmap_get(sync->todo, at))
            continue;
        uint32_t entries = count_entries(sync, at * width, (at + 1) * width - 1);
        if (listing.count && listing.count + entries > LIST_MAX)
            break;
        if (entries > LIST_MAX)
            list_cut_bucket(sync, at, entries, &listing);
        else
            list_bucket(sync, at, &listing);
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

void hs_sync_fill(struct hs_sync *sync, struct hs_message *message, struct hs_sync_scratch *scratch)
{
    if (message->step == HS_SYNC_BUCKETS)
        fill_buckets(sync, message, scratch);
    else if (message->step == HS_SYNC_FINE)
        fill_fine(sync, message, scratch);
    else
        fill_list(sync, message, scratch);
}
