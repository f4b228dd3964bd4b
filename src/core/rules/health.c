/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local health: how far this node's own observations can be trusted (R17, R19, R20).
 *
 * Loss of our own link. On a clean network two unanswered tries are strong evidence. Where every
 * fifth round trip is lost they are none. So each agent measures its own loss, from the tries that
 * its periodic probes needed, and demands as many unanswered tries as chance does not explain
 * (R17). Only probes that were answered in the end, by their target or by a helper that reached it,
 * are measured. A member that never answers may be dead, and it must not count as loss: otherwise a
 * minority of a divided cluster could not declare the majority dead.
 *
 * A link that has just failed. A link that loses most datagrams makes all members look dead at
 * once, before the loss is measured. So no member is accused until some member has answered at the
 * first try since the probe began.
 *
 * Absence. To a process that was stopped, a machine that was suspended or a cut cable, the whole
 * cluster looks dead. A timer that fires late, a wall clock that jumps and silence from all members
 * at once are signs that the cause is this node (R20).
 *
 * Slowness. A slow node also judges late, so its timeouts are stretched (R19, Lifeguard).
 */
#include "rules/health.h"

#include "base/rtt.h"

#define LOSS_AT_START 0.2
#define LOSS_FLOOR    0.02
#define LOSS_WEIGHT   (1.0 / 32) /* weight of a new sample in the moving average */
/* upper limit of the loss; beyond 0.7 no probe has enough tries to convince */
#define LOSS_CEILING 0.98
/* a shorter round trip takes off this fraction of the difference */
#define SLOWEST_DECAY  64u
#define SLOWEST_MARGIN 2u
/* accepted chance of a false suspicion, divided by the number of members */
#define FALSE_ALARM 0.002

void hs_health_init(struct hs_health *health, struct hs_core *core)
{
    *health = (struct hs_health){
        .core = core,
        .loss = LOSS_AT_START,
        .heard_at = core->now.boot,
        .answered_at = core->now.boot,
        .at = core->now,
    };
}

static void sample_loss(struct hs_health *health, bool lost)
{
    health->loss += ((lost ? 1.0 : 0.0) - health->loss) * LOSS_WEIGHT;
}

void hs_health_lost(struct hs_health *health, uint32_t tries)
{
    for (uint32_t i = 0; i < tries; i++)
        sample_loss(health, true);
}

void hs_health_answered(struct hs_health *health, uint32_t lost_before)
{
    hs_health_lost(health, lost_before);
    sample_loss(health, false);
    if (lost_before)
        return;
    health->answered_at = health->core->now.boot;
    hs_health_adjust_multiplier(health, false);
}

bool hs_health_is_heard(const struct hs_health *health, uint64_t since)
{
    uint64_t answered_at = health->answered_at;
    return hs_table_present(&health->core->view.table) <= HS_DEAF_OTHERS || answered_at >= since ||
           health->core->now.boot >= answered_at + HS_DEAF_BELIEVED;
}

/* In a cluster of thousands a peer is probed once in many minutes, so most peers have no recent
 * measurement. The round trips to other peers show what is usual here. */
void hs_health_round_trip(struct hs_health *health, uint32_t rtt_us)
{
    struct hearsay_stats *stats = &health->core->stats;
    stats->rtts[hs_rtt_class(rtt_us)]++;
    stats->rtt_sum_us += rtt_us;
    uint32_t *slowest = &health->slowest_us;
    *slowest = rtt_us > *slowest ? rtt_us : *slowest - (*slowest - rtt_us) / SLOWEST_DECAY;
}

uint64_t hs_health_patience(const struct hs_health *health)
{
    uint64_t slowest = health->slowest_us;
    return slowest ? SLOWEST_MARGIN * slowest : health->core->config.probe_timeout_max;
}

bool hs_health_convinced(const struct hs_health *health, uint32_t lost_tries)
{
    double loss = health->loss;
    loss = loss < LOSS_FLOOR ? LOSS_FLOOR : loss > LOSS_CEILING ? LOSS_CEILING : loss;
    double bar = FALSE_ALARM / hs_table_present(&health->core->view.table);
    double luck = 1.0;
    for (uint32_t i = 0; i < lost_tries && luck >= bar; i++)
        luck *= loss;
    return luck < bar;
}

/* ---- absence (R20) ----------------------------------------------------------------------- */

static uint64_t time_apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* How far the wall clock has moved relative to the boot clock since the last call. */
static uint64_t wall_jump(const struct hs_health *health)
{
    const struct hearsay_now *then = &health->at;
    return time_apart(health->core->now.wall - then->wall, health->core->now.boot - then->boot);
}

/* How long a timer has been due without a call. */
static uint64_t time_lost(const struct hs_health *health)
{
    uint64_t boot = health->core->now.boot, idle = boot - health->at.boot;
    uint64_t due = hs_heap_deadline(&health->core->timers);
    uint64_t late = boot > due ? boot - due : 0;
    return late < idle ? late : idle;
}

struct hs_wake hs_health_enter(struct hs_health *health, struct hearsay_now now)
{
    health->core->now = now;
    struct hs_wake wake = {.lost_us = time_lost(health)};
    wake.woke = wake.lost_us > HS_LATE || wall_jump(health) > HS_WALL_JUMP;
    health->at = now;
    if (wake.woke) {
        health->core->stats.away_us += wake.lost_us;
        health->waking = true;
        health->judge_after = now.boot + HS_DEAF_BELIEVED;
        hs_health_adjust_multiplier(health, true);
    }
    return wake;
}

void hs_health_heard(struct hs_health *health)
{
    health->heard_at = health->core->now.boot;
    if (!health->waking)
        return;
    health->waking = false;
    health->judge_after = health->core->now.boot + HS_WAKE_GRACE;
}

bool hs_health_may_judge(const struct hs_health *health, uint64_t since)
{
    if (health->core->now.boot < health->judge_after)
        return false;
    bool deaf =
        health->heard_at < since && hs_table_present(&health->core->view.table) > HS_DEAF_OTHERS;
    return !deaf || health->core->now.boot >= health->heard_at + HS_DEAF_BELIEVED;
}

bool hs_health_is_silent(const struct hs_health *health, uint64_t span)
{
    uint64_t boot = health->core->now.boot;
    /* After an absence the silence begins with its end. */
    return boot >= health->heard_at + span && !(health->waking && boot < health->judge_after);
}

/* ---- slowness (R19) ---------------------------------------------------------------------- */

void hs_health_adjust_multiplier(struct hs_health *health, bool more)
{
    if (more && health->multiplier < HS_MULTIPLIER_MAX)
        health->multiplier++;
    else if (!more && health->multiplier > 0)
        health->multiplier--;
}
