/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/members: the answer of `members` (docs/control.md), from the mirror. */
#ifndef HS_SERVE_MEMBERS_H
#define HS_SERVE_MEMBERS_H

#include "serve/request.h"

void hs_members(const struct hs_request *request, struct hs_reply *reply);

/* Reads "alive", "suspect" or "dead". */
bool hs_members_status(const char *text, enum hearsay_status *ret_status);

/* True if a member has a tag: "key", or "key=value". */
bool hs_members_tag(const struct hs_mirror_member *member, const char *wanted);

#endif
