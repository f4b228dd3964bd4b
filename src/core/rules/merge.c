/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging: a view is the maximum, in the order of R3, of what has been heard, and hs_merge_apply is
 * the one function through which a member's record, and so its status, changes. Whoever wants to
 * know what a change of status does reads it there: digest, probe order, suspicion, tombstone,
 * ring, event, trail, rumor.
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"

/* R6 measures from here when the wall clock is behind it: 2026-01-01, before the first release. */
#define RELEASE_DATE_US 1767225600000000u

void hs_drop(struct hearsay_node *node, enum hearsay_drop why)
{
    node->stats.drops[why]++;
}

/* R6. */
bool hs_merge_is_future(const struct hearsay_node *node, uint64_t stamp)
{
    uint64_t wall = node->now.wall > RELEASE_DATE_US ? node->now.wall : RELEASE_DATE_US;
    return stamp > wall + HS_FUTURE_US;
}

/* ---- what a change does ------------------------------------------------------------------ */

static enum hearsay_reason reason_of_death(enum hearsay_cause cause)
{
    switch (cause) {
    case HEARSAY_CAUSE_LEFT:
        return HEARSAY_REASON_LEFT;
    case HEARSAY_CAUSE_FORCED:
        return HEARSAY_REASON_FORCED;
    case HEARSAY_CAUSE_FAILED:
    case HEARSAY_CAUSE_NONE:
        break;
    }
    return HEARSAY_REASON_FAILED;
}

struct change {
    enum hearsay_status from;
    enum hearsay_cause from_cause;
    bool reborn;      /* another instance */
    bool reshaped;    /* another blob */
    bool placed_anew; /* another token count or zone: another place in the ring (R63) */
};

static enum hearsay_reason reason_of(const struct hs_record *record, const struct change *change)
{
    if (record->reason != HEARSAY_REASON_NONE)
        return record->reason;
    switch (record->version.status) {
    case HEARSAY_SUSPECT:
        return record->refused_mask ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT;
    case HEARSAY_DEAD:
        return reason_of_death(record->version.cause);
    case HEARSAY_ALIVE:
    case HEARSAY_NONE:
        break;
    }
    if (change->from == HEARSAY_NONE)
        return HEARSAY_REASON_JOINED;
    if (change->reborn)
        return HEARSAY_REASON_RESTARTED;
    if (change->from == HEARSAY_ALIVE)
        return HEARSAY_REASON_UPDATED;
    bool gone = change->from == HEARSAY_DEAD && change->from_cause != HEARSAY_CAUSE_FAILED;
    return gone ? HEARSAY_REASON_JOINED : HEARSAY_REASON_REFUTED;
}

/* On whose word: a suspicion's first accuser, else who brought the record. */
static uint32_t word_of(const struct hearsay_node *node, const struct hs_record *record)
{
    if (record->version.status == HEARSAY_SUSPECT && record->accuser_count)
        return hs_table_find_id(&node->table, record->accusers[0]);
    return record->from;
}

static void tell_owner(struct hearsay_node *node, uint32_t slot, const struct hs_record *record,
                       const struct change *change)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_MEMBER,
        .addr = member->card->addr,
        .id = member->card->id,
        .timestamp = member->stamp,
        .from = change->from,
        .to = record->version.status,
        .reason = reason_of(record, change),
    };
    hs_event_name(event.name, hs_member_name(member), member->card->name_len);
    uint32_t word = word_of(node, record);
    if (word != HS_NO_SLOT && word != slot && event.to != HEARSAY_ALIVE) {
        const struct hs_member *accuser = hs_table_at(&node->table, word);
        hs_event_name(event.accuser, hs_member_name(accuser), accuser->card->name_len);
    }
    hs_events_push(&node->events, &event);
}

static enum hearsay_step step_of(const struct hs_record *record, const struct change *change)
{
    switch (record->version.status) {
    case HEARSAY_SUSPECT:
        return HEARSAY_STEP_ACCUSED;
    case HEARSAY_DEAD:
        return HEARSAY_STEP_DECLARED;
    case HEARSAY_ALIVE:
    case HEARSAY_NONE:
        break;
    }
    bool known = change->from == HEARSAY_SUSPECT || change->from == HEARSAY_DEAD;
    return known && !change->reborn ? HEARSAY_STEP_REFUTED : HEARSAY_STEP_JOINED;
}

static void note_change(struct hearsay_node *node, uint32_t slot, const struct hs_record *record,
                        const struct change *change)
{
    struct hs_trail_note note = {
        .step = step_of(record, change),
        .result = reason_of(record, change),
        .actor = word_of(node, record),
        .stamp = record->version.stamp,
    };
    if (note.actor == HS_NO_SLOT && record->from == HS_NO_SLOT)
        note.actor = node->self;
    hs_trail_note(node, slot, &note);
}

void hs_trail_note(struct hearsay_node *node, uint32_t subject, const struct hs_trail_note *note)
{
    struct hs_trail_item item = {
        .when = node->now,
        .subject = hs_table_at(&node->table, subject)->card->name_hash,
        .stamp = note->stamp,
        .rtt_us = note->rtt_us,
        .tries = (uint16_t)note->tries,
        .step = (uint8_t)note->step,
        .result = (uint8_t)note->result,
    };
    if (note->actor != HS_NO_SLOT)
        item.actor = hs_table_at(&node->table, note->actor)->card->name_hash;
    hs_trail_add(&node->trail, &item);
}

/* A newer stamp and nothing else new: a refutation, though perhaps of a suspicion that has not come
 * here. Back from the dead is another thing. */
static void follow_refutation(struct hs_member *member, const struct change *change, uint64_t boot)
{
    bool doubted =
        change->from == HEARSAY_SUSPECT || (change->from == HEARSAY_ALIVE && !change->reshaped);
    if (doubted && !change->reborn && member->status == HEARSAY_ALIVE)
        hs_suspect_refuted(member, boot);
}

/* Probe order, suspicion and tombstone follow the status. */
static void follow_status(struct hearsay_node *node, uint32_t slot, const struct hs_record *record,
                          const struct change *change)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    if (change->reborn)
        hs_probe_end_all(node, slot);
    if (change->from == HEARSAY_SUSPECT)
        hs_suspect_end(node, slot);
    if (member->status == HEARSAY_SUSPECT)
        hs_suspect_begin(node, slot, record);
    if (member->status == HEARSAY_DEAD) {
        hs_probe_end_all(node, slot);
        if (member->card->id != node->wire.self_id)
            hs_order_retire(&node->table, slot);
        member->age_base = (int64_t)node->now.boot; /* another death, another age */
        hs_tombstone_set_age(node, slot, record->age);
    } else {
        hs_table_set_hidden(&node->table, slot, false);
        if (member->card->id != node->wire.self_id) /* our own first record has no slot yet */
            hs_order_insert(&node->table, &node->random, slot);
    }
}

static bool is_present(enum hearsay_status status)
{
    return status == HEARSAY_ALIVE || status == HEARSAY_SUSPECT;
}

static void follow_change(struct hearsay_node *node, uint32_t slot, const struct hs_record *record,
                          const struct change *change)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    bool turned =
        change->from != record->version.status || change->from_cause != record->version.cause;
    follow_refutation(member, change, node->now.boot);
    if (turned || change->reborn)
        member->since = hs_coarse_time(node->now.boot);
    follow_status(node, slot, record, change);
    if (is_present(change->from) != hs_member_present(member) || change->placed_anew)
        hs_placement_mark(node, slot, change->placed_anew);
    if (turned || change->reborn || change->reshaped) {
        tell_owner(node, slot, record, change);
        note_change(node, slot, record, change);
    }
    node->sync.view_changed = node->now.boot;
    node->stats.records_merged++;
    if (!node->told_all)
        hs_gossip_news(node, slot, change->reshaped);
}

/* ---- applying ---------------------------------------------------------------------------- */

static void say_full(struct hearsay_node *node, const struct hs_record *record)
{
    hs_drop(node, HEARSAY_DROP_TABLE_FULL);
    if (node->full_said && node->now.boot - node->full_said < 60000000)
        return;
    node->full_said = node->now.boot;
    struct hearsay_event event = {.kind = HEARSAY_EVENT_FULL, .addr = record->decoded->addr};
    hs_event_name(event.name, record->decoded->name, record->decoded->name_len);
    hs_events_push(&node->events, &event);
}

/* Everything that can fail, before anything changes. */
static bool make_room(struct hearsay_node *node, uint32_t slot, const struct hs_record *record)
{
    if (slot == HS_NO_SLOT) {
        if (hs_table_reserve(&node->table)) {
            say_full(node, record);
            return false;
        }
    }
    return record->version.status != HEARSAY_SUSPECT || hs_suspect_prepare(node);
}

uint32_t hs_merge_apply(struct hearsay_node *node, uint32_t slot, const struct hs_record *record)
{
    struct hs_table *table = &node->table;
    struct change change = {.from = HEARSAY_NONE, .reshaped = true};
    if (slot != HS_NO_SLOT) {
        const struct hs_member *member = hs_table_at(table, slot);
        change.from = (enum hearsay_status)member->status;
        change.from_cause = (enum hearsay_cause)member->cause;
        change.reshaped = member->card->hash != record->version.blob_hash;
    }
    if (!make_room(node, slot, record))
        return HS_NO_SLOT;
    const struct hs_card *card = NULL;
    if (change.reshaped) {
        card = hs_card_take(table->cards, &node->allocator, record->blob, record->blob_len,
                            record->decoded, record->version.blob_hash);
        if (!card)
            return HS_NO_SLOT;
    }
    if (slot != HS_NO_SLOT && card)
        change.placed_anew = hs_placement_differs(hs_table_at(table, slot)->card, card);
    if (slot == HS_NO_SLOT)
        slot = hs_table_add(table, card, &record->version);
    else
        change.reborn = hs_table_replace(table, slot, card, &record->version);
    follow_change(node, slot, record, &change);
    return slot;
}

/* ---- from the wire ----------------------------------------------------------------------- */

static void record_from(struct hs_record *ret_record, const struct hs_rumor *rumor, uint32_t from)
{
    *ret_record = (struct hs_record){
        .version = {.stamp = rumor->stamp, .status = rumor->status, .cause = rumor->cause},
        .blob = rumor->blob,
        .blob_len = rumor->blob_len,
        .decoded = rumor->blob ? &rumor->decoded : NULL,
        .age = rumor->age,
        .accuser_count = rumor->accuser_count,
        .refused_mask = rumor->refused_mask,
        .from = from,
    };
    memcpy(ret_record->accusers, rumor->accusers, sizeof(rumor->accusers));
}

/* Finds the subject. False: counted, not to be merged. */
static bool find_subject(struct hearsay_node *node, const struct hs_rumor *rumor,
                         struct hs_record *record, uint32_t *ret_slot)
{
    if (!rumor->blob) {
        uint32_t slot = hs_table_find_id(&node->table, rumor->id);
        if (slot == HS_NO_SLOT ||
            (uint32_t)hs_table_at(&node->table, slot)->card->hash != rumor->blob_check) {
            hs_drop(node, HEARSAY_DROP_UNKNOWN);
            return false;
        }
        record->version.blob_hash = hs_table_at(&node->table, slot)->card->hash;
        *ret_slot = slot;
        return true;
    }
    record->version.blob_hash = hs_hash(rumor->blob, rumor->blob_len);
    uint64_t name_hash = hs_hash(record->decoded->name, record->decoded->name_len);
    *ret_slot = hs_table_find_name_hash(&node->table, name_hash);
    if (*ret_slot == HS_NO_SLOT)
        return true;
    const struct hs_member *member = hs_table_at(&node->table, *ret_slot);
    if (member->card->hash == record->version.blob_hash)
        return true;
    bool same = member->card->name_len == record->decoded->name_len &&
                memcmp(hs_member_name(member), record->decoded->name, member->card->name_len) == 0;
    if (!same) /* two names with one hash: the first keeps its place */
        hs_drop(node, HEARSAY_DROP_VALUE);
    return same;
}

/* Equal in order: evidence and age travel outside it (R7, R18). While more waits than a datagram
 * carries, hearing a rumor counts as telling it (R16): in a storm of joins all tell the same. */
static void merge_equal(struct hearsay_node *node, uint32_t slot, const struct hs_record *record)
{
    if (record->version.status == HEARSAY_ALIVE && node->outbox.count > HS_LONG_QUEUE)
        hs_outbox_credit(&node->outbox, &node->table, slot,
                         hs_table_at(&node->table, slot)->out_version,
                         hs_transmit_limit(hs_table_present(&node->table)));
    if (record->version.status == HEARSAY_DEAD)
        hs_tombstone_set_age(node, slot, record->age);
    else if (record->version.status == HEARSAY_SUSPECT && hs_suspect_add(node, slot, record))
        hs_gossip_news(node, slot, false);
}

static void mark_told(struct hearsay_node *node, uint32_t slot)
{
    if (slot == HS_NO_SLOT)
        return;
    node->told |= UINT64_C(1) << slot % 64;
    if (node->in_answer)
        hs_sync_told(node, slot);
}

/* R7: a tombstone past its time is in no exchange, so whoever still holds what was before it must
 * be told. */
static void meet_stale(struct hearsay_node *node, uint32_t slot)
{
    hs_drop(node, HEARSAY_DROP_STALE);
    if (!hs_member_counts(hs_table_at(&node->table, slot)))
        hs_gossip_news(node, slot, true);
}

static void take_newcomer(struct hearsay_node *node, const struct hs_record *record)
{
    /* R7: a tombstone past its time is nobody's news. */
    bool past = record->version.status == HEARSAY_DEAD &&
                (uint64_t)record->age * 1000000 >= node->config.tombstone_ttl;
    if (past)
        hs_drop(node, HEARSAY_DROP_STALE);
    else
        mark_told(node, hs_merge_apply(node, HS_NO_SLOT, record));
}

void hs_merge_rumor(struct hearsay_node *node, const struct hs_rumor *rumor, uint32_t from)
{
    struct hs_record record;
    uint32_t slot;
    record_from(&record, rumor, from);
    if (!find_subject(node, rumor, &record, &slot))
        return;
    if (hs_merge_is_future(node, rumor->stamp)) {
        hs_drop(node, HEARSAY_DROP_FUTURE);
        return;
    }
    if (slot == node->self) {
        hs_self_hear(node, &record, rumor->id, from);
        return;
    }
    if (slot == HS_NO_SLOT) {
        take_newcomer(node, &record);
        return;
    }
    struct hs_version held = hs_member_version(hs_table_at(&node->table, slot));
    int order = hs_version_compare(&record.version, &held);
    if (order >= 0)
        mark_told(node, slot);
    if (order > 0)
        hs_merge_apply(node, slot, &record);
    else if (order == 0)
        merge_equal(node, slot, &record);
    else
        meet_stale(node, slot);
}

uint64_t hs_merge_rumors(struct hearsay_node *node, struct hs_rumors *rumors, uint32_t from)
{
    struct hs_rumor rumor;
    node->told = 0;
    for (;;) {
        switch (hs_rumors_next(rumors, &rumor)) {
        case HS_RUMOR_END:
            return node->told;
        case HS_RUMOR_OK:
            hs_merge_rumor(node, &rumor, from);
            break;
        case HS_RUMOR_SKIP:
            break;
        case HS_RUMOR_VALUE:
            hs_drop(node, HEARSAY_DROP_VALUE);
            break;
        }
    }
}
