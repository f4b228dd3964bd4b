/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: asks the agent for its `status` and shows all metrics, with or without an answer. */
#ifndef HS_SERVE_SCRAPE_H
#define HS_SERVE_SCRAPE_H

#include "serve/request.h"

/* Always 200, but for an argument that is none: what is wrong is said by hearsay_up. */
void hs_scrape(const struct hs_request *request, struct hs_reply *reply);

#endif
