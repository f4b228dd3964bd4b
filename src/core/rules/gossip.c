/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When gossip is sent: once a period to `fanout` peers, each of them probed by it (R14), and in
 * bursts while there is news (R15). What it carries is decided when it is encoded: see transmit.c.
 */
#include "rules/rules.h"

#define JITTER_PERCENT 10u

static bool is_among(const uint32_t *slots, uint32_t count, uint32_t slot)
{
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] == slot)
            return true;
    return false;
}

/* How many peers a round has, and room for them. */
static uint32_t round_size(const struct hearsay_node *node)
{
    uint32_t peers = node->table.order_count;
    return peers < node->config.fanout ? peers : node->config.fanout;
}

void hs_gossip_period(struct hearsay_node *node)
{
    uint32_t chosen[HEARSAY_FANOUT_MAX];
    hs_heap_arm(&node->timers, &node->period,
                node->now.boot +
                    hs_random_jitter(&node->random, node->config.interval, JITTER_PERCENT));
    for (uint32_t count = 0, fanout = round_size(node); count < fanout;) {
        uint32_t slot = hs_order_next(&node->table, &node->random);
        if (is_among(chosen, count, slot)) /* a new pass has begun with one of this round */
            continue;
        chosen[count++] = slot;
        node->stats.probes++;
        hs_probe_start(node, slot, HS_PROBE_PERIODIC);
    }
}

static void gossip_to_some(struct hearsay_node *node)
{
    uint32_t chosen[HEARSAY_FANOUT_MAX];
    for (uint32_t count = 0, fanout = round_size(node); count < fanout;) {
        uint32_t slot = hs_order_random(&node->table, &node->random);
        if (is_among(chosen, count, slot))
            continue;
        chosen[count++] = slot;
        hs_intent_gossip(node, slot, NULL);
    }
}

void hs_gossip_burst(struct hearsay_node *node)
{
    if (node->outbox.count == 0 || node->table.order_count == 0)
        return;
    gossip_to_some(node);
    node->last_burst = node->now.boot;
    uint64_t gap = node->outbox.count > HS_LONG_QUEUE ? HS_BURST_GAP : node->config.gossip_interval;
    hs_heap_arm(&node->timers, &node->burst, node->now.boot + gap);
}

/* R15: within 10 ms, but not within 20 ms of the burst before. */
void hs_gossip_news(struct hearsay_node *node, uint32_t slot, bool blob_news)
{
    hs_outbox_push(&node->outbox, &node->table, slot, blob_news);
    uint64_t when = node->now.boot + hs_random_below(&node->random, HS_BURST_DELAY);
    if (node->last_burst && when < node->last_burst + HS_BURST_GAP)
        when = node->last_burst + HS_BURST_GAP;
    hs_heap_arm_by(&node->timers, &node->burst, when);
}
