/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are written piece by piece, for tests. */
#ifndef HS_TESTS_DRAFTS_H
#define HS_TESTS_DRAFTS_H

#include <check.h>
#include <string.h>

#include "serve/reply.h"

/* Puts the body of a reply's draft, if it has one, where that of a short answer is. Returns in how
 * many pieces it was written. */
static inline unsigned write_out(struct hs_reply *reply)
{
    enum hs_draft_progress progress = HS_DRAFT_MORE;
    struct hs_body *body;
    unsigned pieces = 0;

    if (!reply->draft)
        return 0;
    for (; progress == HS_DRAFT_MORE; pieces++)
        progress = hs_draft_write(reply->draft, 0);
    ck_assert_int_eq(progress, HS_DRAFT_DONE);
    reply->type = hs_draft_type(reply->draft);
    body = hs_draft_finish(reply->draft);
    reply->draft = NULL;
    ck_assert_ptr_nonnull(body);
    reply->body = strdup(body->bytes);
    reply->len = body->len;
    hs_body_unref(body);
    return pieces;
}

#endif
