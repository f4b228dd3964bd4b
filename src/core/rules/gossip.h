/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When gossip is sent: once a period (R14), and in bursts while there is news (R15).
 */
#ifndef HS_RULES_GOSSIP_H
#define HS_RULES_GOSSIP_H

#include "rules/news.h"
#include "rules/probe.h"

struct hs_gossip {
    struct hs_core *core;
    struct hs_prober *prober;
    struct hs_news *news;
    struct hs_timer period;
};

void hs_gossip_init(struct hs_gossip *gossip, struct hs_core *core, struct hs_prober *prober,
                    struct hs_news *news);

/* No more periods: we are leaving. Bursts go on while there is news. */
void hs_gossip_stop(struct hs_gossip *gossip);

/* The timers of a period and of a burst. */
void hs_gossip_period(struct hs_gossip *gossip);
void hs_gossip_burst(struct hs_gossip *gossip);

#endif
