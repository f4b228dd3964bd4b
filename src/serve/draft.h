/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer that is being written. It may be of thousands of members, so it is written piece by
 * piece, and between two steps the loop turns: DNS, streams and other requests go on.
 *
 * A draft is of the moment at which it was begun. What it is written from is held by it
 * (mirror/hold.h, references to a ring), so that an answer never mixes two views, however much the
 * mirror changes meanwhile, and never has to be begun anew.
 */
#ifndef HS_SERVE_DRAFT_H
#define HS_SERVE_DRAFT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "serve/body.h"

#define HS_DRAFT_STEP_US 500 /* of writing in a turn of the loop, and a piece more */

enum hs_draft_progress {
    HS_DRAFT_MORE,
    HS_DRAFT_DONE,
    HS_DRAFT_FAILED, /* no memory */
};

struct hs_draft_kind {
    /* Writes a piece, which is at most what there is to say of one member. Whether the bytes
     * arrived is known to the owner of the stream. */
    enum hs_draft_progress (*write)(void *state, FILE *out);
    void (*free)(void *state); /* NULL is a no-op */
};

struct hs_draft;

/* Takes over the state, also if it fails. NULL: no memory, or `state` is NULL. `type` is the
 * content's, a constant. */
struct hs_draft *hs_draft_new(const struct hs_draft_kind *kind, void *state, const char *type);

/* Writes a piece, and more of them until this time of hearsay_host_now().boot. After DONE or FAILED
 * nothing more may be written. */
enum hs_draft_progress hs_draft_write(struct hs_draft *draft, uint64_t until);

const char *hs_draft_type(const struct hs_draft *draft);

/* The body of a draft that is done. Frees the draft. NULL: no memory. */
struct hs_body *hs_draft_finish(struct hs_draft *draft);

/* NULL is a no-op. */
void hs_draft_free(struct hs_draft *draft);

#endif
