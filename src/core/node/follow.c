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

static bool is_present(enum hearsay_status status)
{
    return status == HEARSAY_STATUS_ALIVE || status == HEARSAY_STATUS_SUSPECT;
}

/* ---- trace ------------------------------------------------------------------------------- */

static void trace_change(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    HS_TRACE(&node->core, .kind = HEARSAY_TRACE_RECORD,
             .name = hs_member_name(subject(node, change)), .from = change->from,
             .to = new_status(change), .reason = change->reason,
             .timestamp = change->record->version.timestamp);
}

/* ---- flap damping (R18) ------------------------------------------------------------------ */

/* If only the timestamp is newer, the record is a refutation, perhaps of a suspicion that this node
 * has not heard of. A dead member that comes back is something else. */
static void follow_damp(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    bool doubted = change->from == HEARSAY_STATUS_SUSPECT ||
                   (change->from == HEARSAY_STATUS_ALIVE && !change->meta_changed);
    if (doubted && !change->new_instance && new_status(change) == HEARSAY_STATUS_ALIVE)
        hs_damping_refuted(subject(node, change), change->now.boot);
}

/* ---- probes (R17, R18) ------------------------------------------------------------------- */

static void end_probes(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (change->new_instance)
        hs_probe_end_all(&node->prober, change->slot);
    if (change->from == HEARSAY_STATUS_SUSPECT)
        hs_probe_end_doubts(&node->prober, change->slot);
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_probe_end_all(&node->prober, change->slot);
}

static void end_probes_of_forgotten(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    hs_probe_end_all(&node->prober, slot);
}

/* ---- suspicion (R18) --------------------------------------------------------------------- */

static void change_suspicion(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (change->from == HEARSAY_STATUS_SUSPECT)
        hs_suspect_end(&node->suspicions, change->slot);
    if (new_status(change) == HEARSAY_STATUS_SUSPECT)
        hs_suspect_begin(&node->suspicions, change->slot, change->record);
}

static void end_suspicion_of_forgotten(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    if (hs_member_suspicion(hs_member_at(&node->core, slot)))
        hs_suspect_end(&node->suspicions, slot);
}

/* ---- probe list (R14) -------------------------------------------------------------------- */

static void list_for_probes(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    struct hs_view *view = &node->core.view;
    if (change->slot == view->self)
        return;
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_probe_list_retire(&view->table, change->slot);
    else
        hs_probe_list_insert(&view->table, &node->core.random, change->slot);
}

static void unlist_forgotten(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    hs_probe_list_forget(&node->core.view.table, slot);
}

/* ---- tombstone (R7) ---------------------------------------------------------------------- */

/* Another death has another age. */
static void set_age(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (new_status(change) != HEARSAY_STATUS_DEAD)
        return;
    subject(node, change)->age_base = (int64_t)change->now.boot;
    hs_tombstone_set_age(&node->tombstones, change->slot, change->record->age);
}

static void hide_old(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (new_status(change) == HEARSAY_STATUS_DEAD)
        hs_tombstone_hide(&node->tombstones, change->slot);
}

/* ---- ring (R29, R63) --------------------------------------------------------------------- */

static void mark_ring(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (is_present(change->from) != is_present(new_status(change)) || change->placed_anew)
        hs_ring_update_mark(&node->ring_update, change->slot, change->placed_anew);
}

/* ---- event and history ------------------------------------------------------------------- */

static void tell_change(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    hs_tell_change(&node->core.view, change);
}

static void tell_hidden(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    hs_tell_gone(&node->core.view, slot, HEARSAY_REASON_PRUNED);
}

static void tell_forgotten(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    hs_tell_gone(&node->core.view, slot, HEARSAY_REASON_FORGOTTEN);
}

static void note_change(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    hs_history_note_change(&node->core.view, change);
}

/* ---- rumor queue (R15, R16) -------------------------------------------------------------- */

static void pass_on(void *context, const struct hs_change *change)
{
    struct hearsay_node *node = context;
    if (!change->record->known_to_all)
        hs_news_push(&node->news, change->slot, change->meta_changed);
}

static void drop_rumor(void *context, uint32_t slot)
{
    struct hearsay_node *node = context;
    hs_rumor_queue_drop(&node->core.view.rumor_queue, &node->core.view.table, slot);
}

const struct hs_follower hs_followers[] = {
    {.changed = trace_change},
    {.changed = follow_damp},
    {.changed = end_probes, .forgotten = end_probes_of_forgotten},
    {.changed = change_suspicion, .forgotten = end_suspicion_of_forgotten},
    {.changed = list_for_probes, .forgotten = unlist_forgotten},
    {.changed = set_age},
    {.changed = mark_ring},
    {.changed = tell_change, .hidden = tell_hidden, .forgotten = tell_forgotten},
    {.changed = note_change},
    {.changed = hide_old},
    {.changed = pass_on, .forgotten = drop_rumor},
};
const size_t hs_follower_count = sizeof(hs_followers) / sizeof(hs_followers[0]);
