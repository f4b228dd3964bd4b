/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When gossip is sent: once per period (R14), and in bursts while there are fresh rumors (R15).
 * What it carries is decided later, so that it carries the newest state.
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

/* Arms the first period. The pointers are borrowed. */
void hs_gossip_init(struct hs_gossip *gossip, struct hs_core *core, struct hs_prober *prober,
                    struct hs_news *news);

/* Ends the periods, because we are leaving. Bursts go on while there are rumors. */
void hs_gossip_stop(struct hs_gossip *gossip);

/* The timers of a period and of a burst. */
void hs_gossip_period(struct hs_gossip *gossip);
void hs_gossip_burst(struct hs_gossip *gossip);

#endif
