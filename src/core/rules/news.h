/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues fresh rumors and arms the burst that carries them (R15). It is apart from gossip.h so that
 * lower rules need not call the gossip.
 */
#ifndef HS_RULES_NEWS_H
#define HS_RULES_NEWS_H

#include "rules/core.h"

/* R15: burst delay, a fresh rumor is sent within this, microseconds */
#define HS_BURST_DELAY     10000u
#define HS_BURST_GAP       20000u /* R15: burst gap, microseconds */
#define HS_LONG_QUEUE      24u    /* R15: rumors that about fill one datagram */
#define HS_QUICK_BURSTS    3u     /* R15: bursts of fresh news that are but a burst gap apart */
#define HS_BURST_PEERS_MAX 8u     /* R15: peers of one burst while the queue is long */

struct hs_news {
    struct hs_core *core;
    struct hs_timer burst;
    uint64_t last_burst; /* boot time of the last burst */
    uint32_t quick;      /* bursts since the newest rumor that are still to be quick */
};

/* `core` is borrowed. */
void hs_news_init(struct hs_news *news, struct hs_core *core);

/* Queues a member's record as a fresh rumor. `blob_news`: receivers may not have its blob. */
void hs_news_push(struct hs_news *news, uint32_t slot, bool blob_news);

/* A burst has been sent. Returns the boot time of the next one, if rumors wait then. */
uint64_t hs_news_burst_done(struct hs_news *news);

#endif
