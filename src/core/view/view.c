/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can fail (room, memory, a suspicion) is done before anything changes. So a record
 * is either applied and carried to all followers, or nothing has changed.
 */
#include "view/view.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "view/zone.h"

/* ---- reasons ----------------------------------------------------------------------------- */

static enum hearsay_reason reason_of_death(const struct hs_record *record)
{
    switch (record->version.cause) {
    case HEARSAY_CAUSE_LEFT:
        return HEARSAY_REASON_LEFT;
    case HEARSAY_CAUSE_FORCED:
        return HEARSAY_REASON_FORCED;
    case HEARSAY_CAUSE_FAILED:
    case HEARSAY_CAUSE_NONE:
        break;
    }
    return record->ended ? HEARSAY_REASON_ENDED : HEARSAY_REASON_FAILED;
}

static enum hearsay_reason reason_of(const struct hs_record *record, const struct hs_change *change)
{
    switch (record->version.status) {
    case HEARSAY_STATUS_SUSPECT:
        return record->refused_mask ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT;
    case HEARSAY_STATUS_DEAD:
        return reason_of_death(record);
    case HEARSAY_STATUS_ALIVE:
    case HEARSAY_STATUS_NONE:
        break;
    }
    if (change->from == HEARSAY_STATUS_NONE)
        return HEARSAY_REASON_JOINED;
    if (change->new_instance)
        return HEARSAY_REASON_RESTARTED;
    if (change->from == HEARSAY_STATUS_ALIVE)
        return change->keys_alone ? HEARSAY_REASON_KEYS : HEARSAY_REASON_UPDATED;
    /* A process that has left never comes back: the goodbye was not its own. */
    bool gone = change->from == HEARSAY_STATUS_DEAD && change->from_cause != HEARSAY_CAUSE_FAILED;
    return gone ? HEARSAY_REASON_NOT_LEFT : HEARSAY_REASON_REFUTED;
}

/* ---- applying ---------------------------------------------------------------------------- */

static int view_reserve(struct hs_view *view, uint32_t slot, const struct hs_record *record)
{
    int err = slot == HS_NO_SLOT ? hs_table_reserve(&view->table) : 0;
    if (!err && record->version.status == HEARSAY_STATUS_SUSPECT)
        err = hs_suspicion_pool_reserve(&view->suspicions);
    return err;
}

/* A death that ends a suspicion is as old as that suspicion, because nobody has heard from the
 * member since. The dead record has the timestamp of the suspicion (R22: verdict). */
static uint64_t death_begun(const struct hs_member *held, const struct hs_change *change)
{
    const struct hs_version *version = &change->record->version;
    const struct hs_suspicion *suspicion = hs_member_suspicion(held);
    bool verdict = suspicion && held->timestamp == version->timestamp &&
                   version->cause == HEARSAY_CAUSE_FAILED;
    return verdict ? suspicion->since : change->now.boot;
}

static void compare_with_held(const struct hs_view *view, struct hs_change *change)
{
    const struct hs_version *version = &change->record->version;
    change->from = HEARSAY_STATUS_NONE;
    change->from_cause = HEARSAY_CAUSE_NONE;
    change->meta_changed = true;
    change->died_at = change->now.boot;
    if (change->slot != HS_NO_SLOT) {
        const struct hs_member *member = hs_table_at(&view->table, change->slot);
        struct hs_version held = hs_member_version(member);
        HS_ASSERT(hs_version_compare(version, &held) > 0);
        change->from = (enum hearsay_status)member->status;
        change->from_cause = (enum hearsay_cause)member->cause;
        change->meta_changed = member->meta->hash != version->blob_hash;
        change->died_at = death_begun(member, change);
    }
    change->status_changed =
        change->from != version->status || change->from_cause != version->cause;
}

/* Takes new metadata if the record differs in it; otherwise *ret_meta is NULL. 0 or NOMEM. */
static int make_meta(struct hs_view *view, struct hs_change *change,
                     const struct hs_meta **ret_meta)
{
    struct hs_table *table = &view->table;
    const struct hs_record *record = change->record;
    *ret_meta = NULL;
    if (!change->meta_changed)
        return 0;
    HS_ASSERT(record->blob && record->decoded);
    *ret_meta = hs_meta_take(table->meta_pool, table->allocator, record->blob, record->blob_len,
                             record->decoded, record->version.blob_hash);
    if (!*ret_meta)
        return HEARSAY_ERR_NOMEM;
    if (change->slot == HS_NO_SLOT)
        return 0;
    const struct hs_meta *held = hs_table_at(table, change->slot)->meta;
    change->placed_anew = hs_zone_or_tokens_differ(held, *ret_meta);
    change->keys_alone = hs_meta_keys_alone_differ(held, *ret_meta);
    return 0;
}

static void put_record(struct hs_view *view, struct hs_change *change, const struct hs_meta *meta)
{
    const struct hs_version *version = &change->record->version;
    if (change->slot == HS_NO_SLOT)
        change->slot = hs_table_add(&view->table, meta, version);
    else
        change->new_instance = hs_table_replace(&view->table, change->slot, meta, version);
    if (view->self == HS_NO_SLOT) /* the first record is our own */
        view->self = change->slot;
    struct hs_member *member = hs_table_at(&view->table, change->slot);
    member->flags &= (uint16_t)~HS_MEMBER_ENDED;
    if (change->record->ended)
        member->flags |= HS_MEMBER_ENDED;
    if (change->status_changed || change->new_instance)
        member->since = hs_coarse_time(change->now.boot);
    view->changes++;
    view->changed_at = change->now.boot;
}

int hs_view_apply(struct hs_view *view, struct hearsay_now now, uint32_t *slot,
                  const struct hs_record *record)
{
    struct hs_change change = {.now = now, .slot = *slot, .record = record};
    const struct hs_meta *meta;
    HS_ASSERT(!view->applying);
    int err = view_reserve(view, *slot, record);
    if (err)
        return err;
    compare_with_held(view, &change);
    err = make_meta(view, &change, &meta);
    if (err)
        return err;
    put_record(view, &change, meta);
    change.reason = reason_of(record, &change);
    *slot = change.slot;
    view->applying = true;
    view->hooks->changed(view->context, &change);
    view->applying = false;
    return 0;
}

void hs_view_hide(struct hs_view *view, uint32_t slot)
{
    HS_ASSERT(hs_table_at(&view->table, slot)->status == HEARSAY_STATUS_DEAD);
    if (!hs_member_in_digest(hs_table_at(&view->table, slot)))
        return;
    view->hooks->hidden(view->context, slot);
    hs_table_set_hidden(&view->table, slot, true);
}

void hs_view_forget(struct hs_view *view, uint32_t slot)
{
    HS_ASSERT(!view->applying);
    HS_ASSERT(slot != view->self && hs_table_at(&view->table, slot)->meta);
    view->hooks->forgotten(view->context, slot);
    hs_table_remove(&view->table, slot);
}
