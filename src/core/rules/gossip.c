/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gossip is sent once per period to `fanout` peers, each of which is probed by it (R14), and in
 * bursts while there are fresh rumors (R15). node/transmit.c chooses the content when the datagram
 * is encoded.
 */
#include "rules/gossip.h"

#include "rules/send.h"
#include "view/probe_list.h"

#define JITTER_PERCENT 10u

void hs_gossip_init(struct hs_gossip *gossip, struct hs_core *core, struct hs_prober *prober,
                    struct hs_news *news)
{
    *gossip = (struct hs_gossip){
        .core = core, .prober = prober, .news = news, .period.kind = HS_TIMER_PERIOD};
    /* R14: random phase, so that agents that are started together do not send in step */
    hs_heap_arm(&core->timers, &gossip->period,
                core->now.boot + hs_random_next(&core->random) % core->config.interval);
}

void hs_gossip_stop(struct hs_gossip *gossip)
{
    hs_heap_disarm(&gossip->core->timers, &gossip->period);
}

static bool is_among(const uint32_t *slots, uint32_t count, uint32_t slot)
{
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] == slot)
            return true;
    return false;
}

/* The number of peers of a round. */
static uint32_t round_size(const struct hs_gossip *gossip)
{
    uint32_t peers = gossip->core->view.table.probe_list_count;
    return peers < gossip->core->config.fanout ? peers : gossip->core->config.fanout;
}

void hs_gossip_period(struct hs_gossip *gossip)
{
    uint32_t chosen[HEARSAY_FANOUT_MAX];
    hs_heap_arm(&gossip->core->timers, &gossip->period,
                gossip->core->now.boot + hs_random_jitter(&gossip->core->random,
                                                          gossip->core->config.interval,
                                                          JITTER_PERCENT));
    for (uint32_t count = 0, fanout = round_size(gossip); count < fanout;) {
        uint32_t slot = hs_probe_list_next(&gossip->core->view.table, &gossip->core->random);
        /* a new pass has begun with a peer that this round already has */
        if (is_among(chosen, count, slot))
            continue;
        chosen[count++] = slot;
        gossip->core->stats.probes++;
        hs_probe_start(gossip->prober, slot, HS_PROBE_PERIODIC);
    }
}

/* The number of peers of a burst: `fanout` for each datagram that the rumors fill, but no more than
 * HS_BURST_PEERS_MAX, unless fanout is. */
static uint32_t burst_size(const struct hs_gossip *gossip)
{
    uint32_t peers = gossip->core->view.table.probe_list_count;
    uint32_t fanout = gossip->core->config.fanout;
    uint32_t most = fanout > HS_BURST_PEERS_MAX ? fanout : HS_BURST_PEERS_MAX;
    uint32_t filled = (gossip->core->view.rumor_queue.count + HS_LONG_QUEUE - 1) / HS_LONG_QUEUE;
    uint32_t wanted = filled > most / fanout ? most : fanout * filled;

    return wanted < peers ? wanted : peers;
}

_Static_assert(HS_BURST_PEERS_MAX <= HEARSAY_FANOUT_MAX, "a burst fits into gossip_to_some");

static void gossip_to_some(struct hs_gossip *gossip)
{
    uint32_t chosen[HEARSAY_FANOUT_MAX];
    for (uint32_t count = 0, size = burst_size(gossip); count < size;) {
        uint32_t slot = hs_probe_list_random(&gossip->core->view.table, &gossip->core->random);
        if (is_among(chosen, count, slot))
            continue;
        chosen[count++] = slot;
        if (!(hs_member_at(gossip->core, slot)->flags & HS_MEMBER_DISPLACED))
            hs_send_gossip(gossip->core, slot, 0, 0);
    }
}

void hs_gossip_burst(struct hs_gossip *gossip)
{
    if (gossip->core->view.rumor_queue.count == 0 || gossip->core->view.table.probe_list_count == 0)
        return;
    gossip_to_some(gossip);
    hs_heap_arm(&gossip->core->timers, &gossip->news->burst, hs_news_burst_done(gossip->news));
}
