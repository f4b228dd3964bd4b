/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Know yourself before you judge others.
 *
 * How much is a lost answer worth? On a clean network two unanswered tries are telling; where
 * every fifth round trip is lost they are nothing. So each agent measures its own loss, from the
 * tries that its periodic probes needed, and asks for as many unanswered ones as bad luck could
 * not explain (R17). Only probes that were answered in the end, by their target or by a helper who
 * reached it, are measured: who never answers may be dead, and a minority of a cluster that is cut
 * in two must be able to bury the majority.
 *
 * Does anybody hear us? A link that loses most of what it carries makes everybody look dead from
 * one moment to the next, before its loss is measured. So nobody is accused until somebody has
 * answered at the first try, as usual, since the doubt arose.
 *
 * Were we there at all? A stopped process, a suspended machine or a cut cable looks, from within,
 * like a cluster that has died. A timer that fires late, a wall clock that jumps and a silence from
 * everybody at once say that it was us (R20).
 *
 * Are we slow? Then so is our judgement: timeouts are stretched (Lifeguard, R19).
 */
#include "rules/rules.h"

#define LOSS_AT_START  0.2
#define LOSS_FLOOR     0.02
#define LOSS_WEIGHT    (1.0 / 32) /* of a new sample in the moving average */
#define LOSS_CEILING   0.98       /* the tries of a probe's life do not convince beyond 0.7 */
#define SLOWEST_DECAY  64u        /* a shorter round trip takes off this part of the difference */
#define SLOWEST_MARGIN 2u
#define FALSE_ALARM    0.002 /* accepted chance, divided by the number of members */

void hs_health_init(struct hearsay_node *node)
{
    node->health = (struct hs_health){
        .loss = LOSS_AT_START,
        .heard_at = node->now.boot,
        .answered_at = node->now.boot,
        .at = node->now,
    };
}

static void sample(struct hearsay_node *node, bool lost)
{
    node->health.loss += ((lost ? 1.0 : 0.0) - node->health.loss) * LOSS_WEIGHT;
}

void hs_health_lost(struct hearsay_node *node, uint32_t tries)
{
    for (uint32_t i = 0; i < tries; i++)
        sample(node, true);
}

void hs_health_answered(struct hearsay_node *node, uint32_t lost_before)
{
    hs_health_lost(node, lost_before);
    sample(node, false);
    if (lost_before)
        return;
    node->health.answered_at = node->now.boot;
    hs_health_strain(node, false);
}

bool hs_health_is_heard(const struct hearsay_node *node, uint64_t since)
{
    uint64_t answered_at = node->health.answered_at;
    return hs_table_present(&node->table) <= HS_DEAF_OTHERS || answered_at >= since ||
           node->now.boot >= answered_at + HS_DEAF_BELIEVED;
}

/* In a cluster of thousands a peer is probed once in many minutes, so that hardly any has been
 * measured when it matters. The others tell what is usual here. */
void hs_health_round_trip(struct hearsay_node *node, uint32_t rtt_us)
{
    uint32_t *slowest = &node->health.slowest_us;
    *slowest = rtt_us > *slowest ? rtt_us : *slowest - (*slowest - rtt_us) / SLOWEST_DECAY;
}

uint64_t hs_health_patience(const struct hearsay_node *node)
{
    uint64_t slowest = node->health.slowest_us;
    return slowest ? SLOWEST_MARGIN * slowest : node->config.probe_timeout_max;
}

bool hs_health_convinced(const struct hearsay_node *node, uint32_t lost_tries)
{
    double loss = node->health.loss;
    loss = loss < LOSS_FLOOR ? LOSS_FLOOR : loss > LOSS_CEILING ? LOSS_CEILING : loss;
    double bar = FALSE_ALARM / hs_table_present(&node->table);
    double luck = 1.0;
    for (uint32_t i = 0; i < lost_tries && luck >= bar; i++)
        luck *= loss;
    return luck < bar;
}

/* ---- were we there? ---------------------------------------------------------------------- */

static void wake_up(struct hearsay_node *node, uint64_t lost)
{
    node->health.waking = true;
    node->health.judge_after = node->now.boot + HS_DEAF_BELIEVED;
    hs_health_strain(node, true);
    hs_probe_void_all(node);
    hs_suspect_excuse(node, lost);
    bool forgets = lost >= node->config.tombstone_ttl && !node->leaving;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_AWAY,
        .away_us = lost,
        .view_dropped = forgets,
    };
    hs_events_push(&node->events, &event);
    if (forgets)
        hs_absence_forget(node);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* How far the wall clock has moved against the boot clock since the last call. */
static uint64_t wall_jump(const struct hearsay_node *node)
{
    const struct hearsay_now *then = &node->health.at;
    return apart(node->now.wall - then->wall, node->now.boot - then->boot);
}

/* How long a timer has been due without any call. */
static uint64_t time_lost(const struct hearsay_node *node)
{
    uint64_t boot = node->now.boot, idle = boot - node->health.at.boot;
    uint64_t due = hs_heap_deadline(&node->timers);
    uint64_t late = boot > due ? boot - due : 0;
    return late < idle ? late : idle;
}

void hs_health_enter(struct hearsay_node *node, struct hearsay_now now)
{
    node->now = now;
    uint64_t lost = time_lost(node);
    if (lost > HS_LATE || wall_jump(node) > HS_WALL_JUMP)
        wake_up(node, lost);
    node->health.at = now;
}

void hs_health_heard(struct hearsay_node *node)
{
    node->health.heard_at = node->now.boot;
    if (!node->health.waking)
        return;
    node->health.waking = false;
    node->health.judge_after = node->now.boot + HS_WAKE_GRACE;
}

bool hs_health_may_judge(const struct hearsay_node *node, uint64_t since)
{
    const struct hs_health *health = &node->health;
    if (node->now.boot < health->judge_after)
        return false;
    bool deaf = health->heard_at < since && hs_table_present(&node->table) > HS_DEAF_OTHERS;
    return !deaf || node->now.boot >= health->heard_at + HS_DEAF_BELIEVED;
}

/* ---- are we slow? ------------------------------------------------------------------------ */

void hs_health_strain(struct hearsay_node *node, bool more)
{
    if (more && node->health.strain < HS_STRAIN_MAX)
        node->health.strain++;
    else if (!more && node->health.strain > 0)
        node->health.strain--;
}
