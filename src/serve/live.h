/* SPDX-License-Identifier: Apache-2.0 */
/* /healthz and /readyz: for those who only want to know whether. */
#ifndef HS_SERVE_LIVE_H
#define HS_SERVE_LIVE_H

#include "serve/request.h"

/* 200 if the agent has said something within HS_WORTH_GONE_US, else 503. */
void hs_live_health(const struct hs_request *request, struct hs_reply *reply);

/* 200 if the agent has joined, does not leave and is not isolated, its view is current, and
 * `members` of it, if given, are alive; else 503 with the reason. */
void hs_live_ready(const struct hs_request *request, struct hs_reply *reply);

#endif
