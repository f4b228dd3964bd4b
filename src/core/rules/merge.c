/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records from other nodes enter the view here. Each is compared with the record that is held (R3:
 * order of records). A greater one is applied. An equal one may bring evidence or age. A lesser one
 * changes nothing. So it does not matter in which order records arrive.
 */
#include "rules/merge.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "rules/send.h"
#include "view/damping.h"

#define FULL_GAP_US 60000000u /* between two FULL events, microseconds */

void hs_merger_init(struct hs_merger *merger, struct hs_core *core, struct hs_own *own,
                    struct hs_suspicions *suspicions, struct hs_tombstones *tombstones,
                    struct hs_news *news)
{
    *merger = (struct hs_merger){
        .core = core,
        .own = own,
        .suspicions = suspicions,
        .tombstones = tombstones,
        .news = news,
    };
}

void hs_told_add(struct hs_told *told, uint32_t slot)
{
    if (told->count < HS_SYNC_RESPONSE_RECORDS)
        told->slots[told->count++] = slot;
}

/* ---- applying ---------------------------------------------------------------------------- */

/* A newcomer's record has its blob. That of a member whose tombstone is hidden may be brief. */
static void say_full(struct hs_merger *merger, uint32_t slot, const struct hs_record *record)
{
    HS_ASSERT(record->decoded || slot != HS_NO_SLOT);
    hs_drop(merger->core, HEARSAY_DROP_TABLE_FULL);
    if (merger->full_reported_at && merger->core->now.boot - merger->full_reported_at < FULL_GAP_US)
        return;
    merger->full_reported_at = merger->core->now.boot;
    struct hearsay_event event = {.kind = HEARSAY_EVENT_FULL};
    if (record->decoded) {
        event.addr = record->decoded->addr;
        hs_event_name(event.name, record->decoded->name, record->decoded->name_len);
    } else {
        const struct hs_member *member = hs_member_at(merger->core, slot);
        event.addr = member->meta->addr;
        hs_event_name(event.name, hs_member_name(member), member->meta->name_len);
    }
    hs_events_push(&merger->core->view.events, &event);
}

/* Applies a record at *slot, or counts why it could not be applied. */
static enum hs_merged merge_apply(struct hs_merger *merger, uint32_t *slot,
                                  const struct hs_record *record)
{
    bool living = record->version.status != HEARSAY_STATUS_DEAD;
    int err = HEARSAY_ERR_FULL;
    if (hs_tombstone_make_room(merger->tombstones, *slot, living, record->from))
        err = hs_view_apply(&merger->core->view, merger->core->now, slot, record);
    if (!err) {
        hs_tombstone_give_way(merger->tombstones);
        return HS_MERGED;
    }
    if (err == HEARSAY_ERR_FULL) {
        say_full(merger, *slot, record);
        return HS_MERGE_FULL;
    }
    hs_drop(merger->core, HEARSAY_DROP_NO_MEMORY);
    return HS_MERGE_NO_MEMORY;
}

/* ---- from the wire ----------------------------------------------------------------------- */

static void record_from(struct hs_record *ret_record, const struct hs_rumor *rumor,
                        const struct hs_source *source)
{
    *ret_record = (struct hs_record){
        .version = {.timestamp = rumor->timestamp, .status = rumor->status, .cause = rumor->cause},
        .blob = rumor->blob,
        .blob_len = rumor->blob_len,
        .decoded = rumor->blob ? &rumor->decoded : NULL,
        .age = rumor->age,
        .accuser_count = rumor->accuser_count,
        .refused_mask = rumor->refused_mask,
        .ended = rumor->ended,
        .from = source->from,
        .known_to_all = source->known_to_all,
    };
    memcpy(ret_record->accusers, rumor->accusers, sizeof(rumor->accusers));
}

/* Finds the slot of the subject. Returns false if the rumor is not to be merged; the reason has
 * been counted. */
static bool find_subject(struct hs_merger *merger, const struct hs_rumor *rumor,
                         struct hs_record *record, uint32_t *ret_slot)
{
    if (!rumor->blob) {
        uint32_t slot = hs_table_find_id(&merger->core->view.table, rumor->id);
        uint64_t hash = slot == HS_NO_SLOT ? 0 : hs_member_at(merger->core, slot)->meta->hash;
        bool same = slot != HS_NO_SLOT && (uint32_t)hash == rumor->blob_check;
        /* A brief about ourselves with a check that is not ours: somebody has written a blob in our
         * name. We need not know it to contradict, only that it is another one. */
        if (!same && slot != merger->core->view.self) {
            hs_drop(merger->core, HEARSAY_DROP_UNKNOWN);
            return false;
        }
        record->version.blob_hash = same ? hash : rumor->blob_check;
        *ret_slot = slot;
        return true;
    }
    record->version.blob_hash = hs_hash(rumor->blob, rumor->blob_len);
    uint64_t name_hash = hs_hash(record->decoded->name, record->decoded->name_len);
    *ret_slot = hs_table_find_name_hash(&merger->core->view.table, name_hash);
    if (*ret_slot == HS_NO_SLOT)
        return true;
    const struct hs_member *member = hs_member_at(merger->core, *ret_slot);
    if (member->meta->hash == record->version.blob_hash)
        return true;
    bool same = member->meta->name_len == record->decoded->name_len &&
                memcmp(hs_member_name(member), record->decoded->name, member->meta->name_len) == 0;
    if (!same) /* two names with one hash: the first stays */
        hs_drop(merger->core, HEARSAY_DROP_VALUE);
    return same;
}

/* Merges a record that is equal in order. Evidence and age are not part of the order (R7, R18).
 * While more rumors wait than a datagram carries, hearing a rumor counts as sending it (R16): in a
 * storm of joins all members send the same rumors. Returns false if the sender has yet to learn
 * that the tombstone is hidden. */
static bool merge_equal(struct hs_merger *merger, uint32_t slot, const struct hs_record *record)
{
    if (record->version.status == HEARSAY_STATUS_ALIVE &&
        merger->core->view.rumor_queue.count > HS_LONG_QUEUE)
        hs_rumor_queue_credit(&merger->core->view.rumor_queue, &merger->core->view.table, slot,
                              hs_member_at(merger->core, slot)->rumor_version,
                              hs_transmit_limit(hs_table_present(&merger->core->view.table)));
    if (record->version.status == HEARSAY_STATUS_DEAD) {
        return hs_tombstone_heard(merger->tombstones, slot, record->age);
    } else if (record->version.status == HEARSAY_STATUS_SUSPECT &&
               hs_suspect_add(merger->suspicions, slot, record)) {
        hs_news_push(merger->news, slot, false);
    }
    return true;
}

/* R7: hidden tombstones. They are in no exchange, so a member that still sends an older record of
 * the subject must be told. */
static void meet_stale(struct hs_merger *merger, uint32_t slot)
{
    hs_drop(merger->core, HEARSAY_DROP_STALE);
    if (!hs_member_in_digest(hs_member_at(merger->core, slot)))
        hs_news_push(merger->news, slot, true);
}

static enum hs_merged take_newcomer(struct hs_merger *merger, uint32_t *slot,
                                    const struct hs_record *record)
{
    /* R7: tombstone-ttl. A tombstone past its time is not passed on. */
    bool past = record->version.status == HEARSAY_STATUS_DEAD &&
                record->age * 1000 >= merger->core->config.tombstone_ttl;
    if (!past)
        return merge_apply(merger, slot, record);
    hs_drop(merger->core, HEARSAY_DROP_STALE);
    return HS_MERGE_STALE;
}

/* Returns true if a record of the wire puts a member at our own address that was not there before.
 * It cannot be there: this process is. */
static bool claims_our_address(const struct hs_merger *merger, uint32_t slot,
                               const struct hs_rumor *rumor)
{
    if (!rumor->blob || rumor->status == HEARSAY_STATUS_DEAD ||
        !hearsay_addr_equal(&rumor->decoded.addr, &hs_self(merger->core)->meta->addr))
        return false;
    if (slot == HS_NO_SLOT)
        return true;
    const struct hs_member *held = hs_member_at(merger->core, slot);
    return !hs_member_present(held) || held->meta->id != rumor->id ||
           !hearsay_addr_equal(&held->meta->addr, &rumor->decoded.addr);
}

/* Returns true if the record is the word of others that a member is dead that is present here. A
 * suspicion that has stood for the shortest time in which anybody may declare a death explains
 * it. */
static bool is_sudden_death(const struct hs_merger *merger, uint32_t slot,
                            const struct hs_record *record, const struct hs_source *source)
{
    const struct hs_core *core = merger->core;
    const struct hs_member *member = hs_member_at(core, slot);
    const struct hs_suspicion *suspicion = hs_member_suspicion(member);
    bool itself = source->from == slot && source->own_addr;
    bool stood =
        suspicion && suspicion->since + core->config.suspect_timeout_refused <= core->now.boot;
    return record->version.status == HEARSAY_STATUS_DEAD && hs_member_present(member) && !itself &&
           !stood;
}

/* Applies a record that is newer than ours. R18: flap damping. A member that has refuted again and
 * again is not dead because others say so: for a time we find out ourselves. If their word is taken
 * nevertheless, the member is told at once, so that it can refute. */
static enum hs_merged merge_newer(struct hs_merger *merger, uint32_t *slot,
                                  const struct hs_record *record, const struct hs_source *source)
{
    const struct hs_member *member = hs_member_at(merger->core, *slot);
    bool doubtful = member->flap_count > 0 && is_sudden_death(merger, *slot, record, source);
    if (doubtful && hs_damping_applies(member, merger->core->now.boot)) {
        hs_drop(merger->core, HEARSAY_DROP_DAMPED);
        return HS_MERGE_DAMPED;
    }
    enum hs_merged merged = merge_apply(merger, slot, record);
    if (doubtful && merged == HS_MERGED)
        hs_send_gossip(merger->core, *slot, 0, 0);
    return merged;
}

/* Merges a record that is not our own. */
static enum hs_merged merge_record(struct hs_merger *merger, uint32_t *slot,
                                   const struct hs_record *record, const struct hs_source *source)
{
    if (*slot == HS_NO_SLOT)
        return take_newcomer(merger, slot, record);
    struct hs_version held = hs_member_version(hs_member_at(merger->core, *slot));
    int order = hs_version_compare(&record->version, &held);
    if (order < 0) {
        meet_stale(merger, *slot);
        return HS_MERGE_STALE;
    }
    if (order > 0)
        return merge_newer(merger, slot, record, source);
    return merge_equal(merger, *slot, record) ? HS_MERGED : HS_MERGE_STALE;
}

/* Sets the subject's slot if we now hold the same record as the source. */
static enum hs_merged merge_rumor(struct hs_merger *merger, const struct hs_rumor *rumor,
                                  const struct hs_source *source, uint32_t *ret_slot)
{
    struct hs_record record;
    uint32_t slot;
    *ret_slot = HS_NO_SLOT;
    record_from(&record, rumor, source);
    if (!find_subject(merger, rumor, &record, &slot))
        return HS_MERGE_UNKNOWN;
    if (hs_is_future(merger->core, rumor->timestamp) ||
        (rumor->blob && hs_is_future(merger->core, rumor->decoded.start))) {
        hs_drop(merger->core, HEARSAY_DROP_FUTURE);
        return HS_MERGE_FUTURE;
    }
    if (slot == merger->core->view.self) {
        hs_self_hear(merger->own, &record, rumor->id, source->from);
        return HS_MERGE_OWN;
    }
    bool displaced = claims_our_address(merger, slot, rumor);
    enum hs_merged merged = merge_record(merger, &slot, &record, source);
    if (merged == HS_MERGED) {
        *ret_slot = slot;
        if (displaced)
            hs_suspect_displaced(merger->suspicions, slot, merger->core->view.self);
    }
    return merged;
}

enum hs_merged hs_merge_rumor(struct hs_merger *merger, const struct hs_rumor *rumor,
                              const struct hs_source *source)
{
    uint32_t slot;
    return merge_rumor(merger, rumor, source, &slot);
}

/* R60: last words. They are the only rumor in which a member says of itself that it has ended. */
static bool is_last_words(const struct hs_merger *merger, const struct hs_rumor *rumor,
                          const struct hs_source *source)
{
    return rumor->ended && source->from != HS_NO_SLOT &&
           rumor->id == hs_member_at(merger->core, source->from)->meta->id;
}

struct hs_heard hs_merge_rumors(struct hs_merger *merger, struct hs_rumors *rumors,
                                const struct hs_source *source)
{
    struct hs_heard heard = {0};
    struct hs_rumor rumor;
    for (;;) {
        uint32_t slot;
        switch (hs_rumors_next(rumors, &rumor)) {
        case HS_RUMOR_END:
            return heard;
        case HS_RUMOR_OK:
            if (is_last_words(merger, &rumor, source))
                heard.last_words = true;
            if (merge_rumor(merger, &rumor, source, &slot) != HS_MERGED)
                break;
            heard.told |= UINT64_C(1) << slot % 64;
            if (source->told)
                hs_told_add(source->told, slot);
            break;
        case HS_RUMOR_SKIP:
            break;
        case HS_RUMOR_VALUE:
            hs_drop(merger->core, HEARSAY_DROP_VALUE);
            break;
        }
    }
}
