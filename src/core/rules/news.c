/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A burst follows a fresh rumor within 10 ms, so that a verdict soon reaches all members. Those
 * that follow it are quick, too: one burst of all who know leaves out a fifth of the members, and
 * HS_QUICK_BURSTS of them hardly anybody. Bursts are at least 20 ms apart, so that many changes do
 * not cause as many datagrams.
 */
#include "rules/news.h"

void hs_news_init(struct hs_news *news, struct hs_core *core)
{
    *news = (struct hs_news){.core = core, .burst.kind = HS_TIMER_BURST};
}

void hs_news_push(struct hs_news *news, uint32_t slot, bool blob_news)
{
    struct hs_core *core = news->core;
    hs_rumor_queue_push(&core->view.rumor_queue, &core->view.table, slot, blob_news);
    news->quick = HS_QUICK_BURSTS;
    uint64_t when = core->now.boot + hs_random_below(&core->random, HS_BURST_DELAY);
    if (news->last_burst && when < news->last_burst + HS_BURST_GAP)
        when = news->last_burst + HS_BURST_GAP;
    hs_heap_arm_by(&core->timers, &news->burst, when);
}

uint64_t hs_news_burst_done(struct hs_news *news)
{
    const struct hs_core *core = news->core;
    bool is_quick = news->quick > 1 || core->view.rumor_queue.count > HS_LONG_QUEUE;

    if (news->quick > 0)
        news->quick--;
    news->last_burst = core->now.boot;
    return core->now.boot + (is_quick ? HS_BURST_GAP : core->config.gossip_interval);
}
