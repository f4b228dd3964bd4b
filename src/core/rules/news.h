/* SPDX-License-Identifier: Apache-2.0 */
/*
 * News waits: a rumor is queued, and a burst of gossip soon carries it (R15).
 */
#ifndef HS_RULES_NEWS_H
#define HS_RULES_NEWS_H

#include "rules/core.h"

#define HS_BURST_DELAY 10000u /* R15: a fresh rumor goes out within this, microseconds */
#define HS_BURST_GAP   20000u /* R15: at most one burst in this */
#define HS_LONG_QUEUE  24u    /* R15: rumors, about what one datagram carries */

struct hs_news {
    struct hs_core *core;
    struct hs_timer burst;
    uint64_t last_burst; /* boot time */
};

void hs_news_init(struct hs_news *news, struct hs_core *core);

/* Queues a member's record as fresh news. `blob_news`: receivers may not have its blob. */
void hs_news_push(struct hs_news *news, uint32_t slot, bool blob_news);

#endif
