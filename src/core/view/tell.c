/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events identify members by name and history steps by hash, because both outlive the slots of
 * their subjects.
 */
#include "view/tell.h"

static bool is_news(const struct hs_change *change)
{
    return change->status_changed || change->new_instance || change->meta_changed;
}

/* The member whose word the change rests on: the first accuser of a suspicion; of last words (R60)
 * the subject itself, whoever passed them on; else the member that sent the record. HS_NO_SLOT:
 * this node, or an unknown one. */
static uint32_t word_of(const struct hs_view *view, const struct hs_change *change)
{
    const struct hs_record *record = change->record;
    if (record->ended)
        return change->slot;
    if (record->version.status == HEARSAY_STATUS_SUSPECT && record->accuser_count)
        return hs_table_find_id(&view->table, record->accusers[0]);
    return record->from;
}

static struct hearsay_event event_of(const struct hs_member *member)
{
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_MEMBER,
        .addr = member->meta->addr,
        .id = member->meta->id,
        .timestamp = member->timestamp,
        .from = (enum hearsay_status)member->status,
    };
    hs_event_name(event.name, hs_member_name(member), member->meta->name_len);
    return event;
}

void hs_tell_change(struct hs_view *view, const struct hs_change *change)
{
    if (!is_news(change))
        return;
    struct hearsay_event event = event_of(hs_table_at(&view->table, change->slot));
    event.from = change->from;
    event.to = change->record->version.status;
    event.reason = change->reason;
    uint32_t word = word_of(view, change);
    if (word != HS_NO_SLOT && word != change->slot && event.to != HEARSAY_STATUS_ALIVE) {
        const struct hs_member *accuser = hs_table_at(&view->table, word);
        hs_event_name(event.accuser, hs_member_name(accuser), accuser->meta->name_len);
    }
    hs_events_push(&view->events, &event);
}

void hs_tell_gone(struct hs_view *view, uint32_t slot, enum hearsay_reason reason)
{
    const struct hs_member *member = hs_table_at(&view->table, slot);
    if (!hs_member_in_digest(member))
        return;
    struct hearsay_event event = event_of(member);
    event.to = HEARSAY_STATUS_NONE;
    event.reason = reason;
    hs_events_push(&view->events, &event);
}

/* ---- history ----------------------------------------------------------------------------- */

static enum hearsay_step step_of(const struct hs_change *change)
{
    switch (change->record->version.status) {
    case HEARSAY_STATUS_SUSPECT:
        return HEARSAY_STEP_ACCUSED;
    case HEARSAY_STATUS_DEAD:
        return HEARSAY_STEP_DECLARED;
    case HEARSAY_STATUS_ALIVE:
    case HEARSAY_STATUS_NONE:
        break;
    }
    bool known = change->from == HEARSAY_STATUS_SUSPECT || change->from == HEARSAY_STATUS_DEAD;
    return known && !change->new_instance ? HEARSAY_STEP_REFUTED : HEARSAY_STEP_JOINED;
}

void hs_history_note(struct hs_view *view, struct hearsay_now now, uint32_t subject,
                     const struct hs_history_note *note)
{
    struct hs_history_item item = {
        .when = now,
        .subject = hs_table_at(&view->table, subject)->meta->name_hash,
        .timestamp = note->timestamp,
        .rtt_us = note->rtt_us,
        .tries = (uint16_t)note->tries,
        .step = (uint8_t)note->step,
        .result = (uint8_t)note->result,
    };
    if (note->actor != HS_NO_SLOT)
        item.actor = hs_table_at(&view->table, note->actor)->meta->name_hash;
    hs_history_add(&view->history, &item);
}

void hs_history_note_change(struct hs_view *view, const struct hs_change *change)
{
    if (!is_news(change))
        return;
    struct hs_history_note note = {
        .step = step_of(change),
        .result = change->reason,
        .actor = word_of(view, change),
        .timestamp = change->record->version.timestamp,
    };
    bool is_first =
        /* no other node sent it */
        change->from == HEARSAY_STATUS_NONE && change->slot == view->self;
    if (note.actor == HS_NO_SLOT && change->record->from == HS_NO_SLOT && !is_first)
        note.actor = view->self;
    hs_history_note(view, change->now, change->slot, &note);
}
