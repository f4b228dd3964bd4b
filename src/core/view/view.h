/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view: everything that this node holds about members, and the one function through which a
 * record, and so a status, changes.
 *
 * A change is carried to its followers at once, in a fixed order, through hooks that the node hands
 * in. Behind them is a table (node/follow.c) that answers the question "what does a change of
 * status do?". Changes are not queued, because a follower that ran later would see later changes of
 * the same member. A follower never changes a record itself. Hiding and forgetting a member go
 * through the same table.
 */
#ifndef HS_VIEW_VIEW_H
#define HS_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/now.h>

#include "view/event.h"
#include "view/history.h"
#include "view/rumor_queue.h"
#include "view/suspicion.h"
#include "view/table.h"

/* A record to apply: its version, and the blob if it may be new. All pointers are borrowed for the
 * call. */
struct hs_record {
    struct hs_version version;
    const uint8_t *blob; /* NULL: unchanged */
    size_t blob_len;
    const struct hs_blob *decoded; /* of `blob`; NULL without it */
    uint64_t age;                  /* dead or suspect: ms */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[HS_ACCUSERS_MAX];
    bool ended;        /* dead, failed: the subject's own last words say so (R60) */
    uint32_t from;     /* slot of the member that sent it; HS_NO_SLOT: this node */
    bool known_to_all; /* every member that could hear it from us knows it: it is not passed on */
};

/* A record that has just changed. */
struct hs_change {
    struct hearsay_now now;
    uint32_t slot;
    const struct hs_record *record;
    enum hearsay_status from;
    enum hearsay_cause from_cause;
    uint64_t died_at;    /* dead: boot time at which its tombstone was 0 s old, by what we know */
    bool new_instance;   /* another process of that name */
    bool meta_changed;   /* what the member says of itself */
    bool placed_anew;    /* its token count or zone: the ring changes (R63) */
    bool keys_alone;     /* its keys (R33) or ring settings (R62) alone */
    bool status_changed; /* or the cause of death */
    enum hearsay_reason reason;
};

/* What the view calls when it changes. All must be set. `context` is the view's. */
struct hs_view_hooks {
    void (*changed)(void *context, const struct hs_change *change);
    void (*hidden)(void *context, uint32_t slot);    /* a tombstone is past its time (R7) */
    void (*forgotten)(void *context, uint32_t slot); /* before the member leaves the table */
};

struct hs_view {
    struct hs_table table;
    struct hs_rumor_queue rumor_queue;
    struct hs_suspicion_pool suspicions;
    struct hs_history history;
    struct hs_events events;
    uint32_t self;       /* our own slot; it is that of the first record */
    uint64_t changes;    /* records applied */
    uint64_t changed_at; /* boot time of the last one */
    const struct hs_view_hooks *hooks;
    void *context; /* of the hooks */
    bool applying; /* a change is being carried out: no follower may apply */
};

/* Applies a record. It must be greater than the one held at *slot, or the first of its name if
 * *slot is HS_NO_SLOT; then *slot is set. Carries the change to all followers before it returns. 0,
 * FULL or NOMEM; on failure nothing has changed. */
int hs_view_apply(struct hs_view *view, struct hearsay_now now, uint32_t *slot,
                  const struct hs_record *record);

/* Takes a tombstone out of digest, counts and lists. The member must be dead. No-op when it is
 * already hidden. */
void hs_view_hide(struct hs_view *view, uint32_t slot);

/* Forgets a member. It must not be our own. Its slot may be reused afterwards. */
void hs_view_forget(struct hs_view *view, uint32_t slot);

#endif
