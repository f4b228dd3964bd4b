/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints that pass on what the agent says: status, why, keys, version, and rings but the present
 * one. The answer is the agent's line without `ok`, as `hearsay --json` prints it. */
#ifndef HS_SERVE_ASKED_H
#define HS_SERVE_ASKED_H

#include "serve/request.h"

void hs_asked_status(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_keys(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_version(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_why(const struct hs_request *request, struct hs_reply *reply);

/* The present ring with the share of replicas (`n`), rings of the past, and what moves between two
 * rings that were or might be. */
void hs_asked_ring(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_history(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_diff(const struct hs_request *request, struct hs_reply *reply);
void hs_asked_plan(const struct hs_request *request, struct hs_reply *reply);

/* Answers with what the agent has said, or says why it has said nothing. */
void hs_asked_reply(const struct hs_request *request, struct hs_reply *reply);

#endif
