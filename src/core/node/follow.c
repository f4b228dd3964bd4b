/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What does a change of a record do? The table at the end of this file says it, in order. A
 * follower queues, arms timers and takes notes. It changes no record, so one change never causes
 * another.
 *
 * The order matters in three places. Probes come before suspicions, because a suspicion that begins
 * may start a probe. The event comes before hiding: otherwise, if a member is removed and pruned at
 * once, the owner would be told that it is gone before it is told that it is dead. The rumor comes
 * last, because it passes on what all other followers have taken in.
 */
#include "node/follow.h"

#include "node/impl.h"
#include "view/damping.h"
#include "view/probe_list.h"
#include "view/tell.h"

static struct hs_member *subject(struct hearsay_node *node, const struct hs_change *change)
{
    return hs_member_at(&node->core, change->slot);
}

static enum hearsay_status new_status(const struct hs_change *change)
{
    return change->record->version.status;
}

/* ---- trace ------------------------------------------------------------------------------- */

static void trace_change(struct hearsay_node *node, const struct hs_change *change)
{
    HS_TRACE(&node->core, .kind = HEARSAY_TRACE_RECORD,
             .name = hs_member_name(subject(node, change)), .from = change->from,
             .to = new_status(change), .reason = change->reason,
             .timestamp = change->record->version.timestamp);
}

/* ---- counters ---------------------------------------------------------------------------- */

/* Who is first heard of when it is dead has not died in our view. */
static void count_change(struct hearsay_node *node, const struct hs_change *change)
{
    const struct hs_version *version = &change->record->version;
    if (change->from == HEARSAY_STATUS_NONE && version->status == HEARSAY_STATUS_DEAD)
        return;
    if (change->status_changed || change->new_instance)
        node->core.stats.transitions[version->status][version->cause]++;
}

/* ---- flap damping (R18) ------------------------------------------------------------------ */

/* If only the timestamp is newer, the record is a refutation, perhaps of a suspicion that this node
 * has not heard of. A process that is back from the dead has refuted its death. */
static void follow_damp(struct hearsay_node *node, const struct hs_change *change)
{
    bool doubted = change->from == HEARSAY_STATUS_SUSPECT || change->from == HEARSAY_STATUS_DEAD ||
                   (change->from == HEARSAY_STATUS_ALIVE && !change->meta_changed);
    if (doubted && !change->new_instance && new_status(change) == HEARSAY_STATUS_ALIVE)
        hs_damping_refuted(subject(node, change), change->now.boot);
}

/* ---- probes (R17, R18) ------------------------------------------------------------------- */

static void end_probes(struct hearsay_node *node, const struct hs_change *change)
{
    if (change->new_instance)
        hs_probe_end_all(&node->prober, change->slot);
    if (change->from == HEARSAY_STATUS_SUSPECT)
        hs_probe_end_doubts(&node->prober, change->slot);
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_probe_end_all(&node->prober, change->slot);
}

static void end_probes_of_forgotten(struct hearsay_node *node, uint32_t slot)
{
    hs_probe_end_all(&node->prober, slot);
}

/* ---- suspicion (R18) --------------------------------------------------------------------- */

static void change_suspicion(struct hearsay_node *node, const struct hs_change *change)
{
    if (change->from == HEARSAY_STATUS_SUSPECT)
        hs_suspect_end(&node->suspicions, change->slot);
    if (new_status(change) == HEARSAY_STATUS_SUSPECT)
        hs_suspect_begin(&node->suspicions, change->slot, change->record);
}

static void end_suspicion_of_forgotten(struct hearsay_node *node, uint32_t slot)
{
    if (hs_member_suspicion(hs_member_at(&node->core, slot)))
        hs_suspect_end(&node->suspicions, slot);
}

/* ---- probe list (R14) -------------------------------------------------------------------- */

static void list_for_probes(struct hearsay_node *node, const struct hs_change *change)
{
    struct hs_view *view = &node->core.view;
    if (change->slot == view->self)
        return;
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_probe_list_retire(&view->table, change->slot);
    else
        hs_probe_list_insert(&view->table, &node->core.random, change->slot);
}

static void unlist_forgotten(struct hearsay_node *node, uint32_t slot)
{
    hs_probe_list_forget(&node->core.view.table, slot);
}

/* ---- tombstone (R7) ---------------------------------------------------------------------- */

/* Another death has another age: that of what it was heard with, or more if we know of more. */
static void set_age(struct hearsay_node *node, const struct hs_change *change)
{
    if (new_status(change) != HEARSAY_STATUS_DEAD)
        return;
    subject(node, change)->age_base = (int64_t)change->died_at;
    hs_tombstone_set_age(&node->tombstones, change->slot, change->record->age);
}

static void hide_old(struct hearsay_node *node, const struct hs_change *change)
{
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_tombstone_hide(&node->tombstones, change->slot);
}

/* ---- ring (R29, R62, R63) ---------------------------------------------------------------- */

static void note_timing(struct hearsay_node *node, const struct hs_change *change)
{
    if (change->record->decoded)
        hs_self_note_timing(&node->own, change->slot, change->record->decoded);
}

static void mark_ring(struct hearsay_node *node, const struct hs_change *change)
{
    hs_ring_update_changed(&node->ring_update, change->slot, change->placed_anew);
}

static void unmark_ring(struct hearsay_node *node, uint32_t slot)
{
    hs_ring_update_forgotten(&node->ring_update, slot);
}

/* ---- event and history ------------------------------------------------------------------- */

static void tell_change(struct hearsay_node *node, const struct hs_change *change)
{
    hs_tell_change(&node->core.view, change);
}

static void tell_hidden(struct hearsay_node *node, uint32_t slot)
{
    hs_tell_gone(&node->core.view, slot, HEARSAY_REASON_PRUNED);
}

static void tell_forgotten(struct hearsay_node *node, uint32_t slot)
{
    hs_tell_gone(&node->core.view, slot, HEARSAY_REASON_FORGOTTEN);
}

static void note_change(struct hearsay_node *node, const struct hs_change *change)
{
    hs_history_note_change(&node->core.view, change);
}

/* ---- last words (R60) -------------------------------------------------------------------- */

/* They are about our own record. */
static void outdate_words(struct hearsay_node *node, const struct hs_change *change)
{
    if (change->slot == node->core.view.self)
        hs_last_words_outdate(&node->last_words);
}

/* ---- rumor queue (R15, R16) -------------------------------------------------------------- */

static void pass_on(struct hearsay_node *node, const struct hs_change *change)
{
    if (!change->record->known_to_all)
        hs_news_push(&node->news, change->slot, change->meta_changed);
}

static void drop_rumor(struct hearsay_node *node, uint32_t slot)
{
    hs_rumor_queue_drop(&node->core.view.rumor_queue, &node->core.view.table, slot);
}

/* ---- the table --------------------------------------------------------------------------- */

struct follower {
    void (*changed)(struct hearsay_node *node, const struct hs_change *change);
    void (*hidden)(struct hearsay_node *node, uint32_t slot);
    void (*forgotten)(struct hearsay_node *node, uint32_t slot);
};

/* It is walked in this file alone, so that the compiler can call the followers without pointers:
 * each record that is newer than ours comes through here. */
static const struct follower followers[] = {
    {.changed = trace_change},
    {.changed = count_change},
    {.changed = follow_damp},
    {.changed = end_probes, .forgotten = end_probes_of_forgotten},
    {.changed = change_suspicion, .forgotten = end_suspicion_of_forgotten},
    {.changed = list_for_probes, .forgotten = unlist_forgotten},
    {.changed = set_age},
    {.changed = note_timing},
    {.changed = mark_ring, .forgotten = unmark_ring},
    {.changed = tell_change, .hidden = tell_hidden, .forgotten = tell_forgotten},
    {.changed = note_change},
    {.changed = hide_old},
    {.changed = outdate_words},
    {.changed = pass_on, .forgotten = drop_rumor},
};
#define FOLLOWERS (sizeof(followers) / sizeof(followers[0]))

static void carry_change(void *context, const struct hs_change *change)
{
#pragma GCC unroll 16
    for (size_t i = 0; i < FOLLOWERS; i++)
        if (followers[i].changed)
            followers[i].changed(context, change);
}

static void carry_hidden(void *context, uint32_t slot)
{
    for (size_t i = 0; i < FOLLOWERS; i++)
        if (followers[i].hidden)
            followers[i].hidden(context, slot);
}

static void carry_forgotten(void *context, uint32_t slot)
{
    for (size_t i = 0; i < FOLLOWERS; i++)
        if (followers[i].forgotten)
            followers[i].forgotten(context, slot);
}

const struct hs_view_hooks hs_follow_hooks = {carry_change, carry_hidden, carry_forgotten};
