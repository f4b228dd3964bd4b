/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local health (Lifeguard; R17, R19, R20): the loss of our own link, whether we were there at all, and
 * how far our own timeouts are stretched.
 */
#ifndef HS_RULES_HEALTH_H
#define HS_RULES_HEALTH_H

#include "rules/core.h"

#define HS_MULTIPLIER_MAX 3u        /* R19: most that our own timeouts are stretched, plus one */
#define HS_LATE           200000u   /* R20: a timer that is later than this: we were away */
#define HS_WALL_JUMP      1000000u  /* R20: so is a wall clock that jumps by more */
#define HS_WAKE_GRACE     2000000u  /* R20: no verdict for this long after the first datagram */
#define HS_DEAF_BELIEVED  30000000u /* R20: silence for this long is believed */
#define HS_DEAF_OTHERS    3u        /* R20: that many others should have answered */

/* What we know of our own condition (R17, R19, R20). */
struct hs_health {
    struct hs_core *core;
    double loss;           /* R17: moving average, a share of round trips */
    uint64_t heard_at;     /* boot time of the last sign of life from anybody */
    uint64_t answered_at;  /* boot time of the last answer to a first try */
    uint64_t judge_after;  /* no verdict before this boot time */
    struct hearsay_now at; /* of the last call */
    bool waking;           /* we were away, and have heard nobody since */
    uint8_t multiplier;    /* R19: 0 to HS_MULTIPLIER_MAX */
    uint32_t slowest_us;   /* of the round trips lately: decays slowly; 0: none yet */
};

void hs_health_init(struct hs_health *health, struct hs_core *core);

/* R17: so many tries to a member that is there have not been answered. */
void hs_health_lost(struct hs_health *health, uint32_t tries);

/* R17: a periodic probe has been answered, after so many tries in vain. */
void hs_health_answered(struct hs_health *health, uint32_t lost_before);

/* R20: has anybody answered us at the first try since then? True, too, where there are too few to
 * tell, and when the silence has lasted for so long that it is believed. */
bool hs_health_is_heard(const struct hs_health *health, uint64_t since);

/* R20. Begins a call of the public API: sets the time, and finds out whether we were away. What an
 * absence means for the rest is for the caller to carry out (node/wake.h). */
struct hs_wake {
    bool woke;        /* a timer was late, or the wall clock has jumped */
    uint64_t lost_us; /* how long nothing was done */
};
struct hs_wake hs_health_enter(struct hs_health *health, struct hearsay_now now);

/* Somebody has been heard. */
void hs_health_heard(struct hs_health *health);

/* R20: may a verdict be passed on evidence gathered since then? Not while we are waking up, and not
 * when we have heard nobody at all. */
bool hs_health_may_judge(const struct hs_health *health, uint64_t since);

/* R19: a sign that we ourselves are slow, or that we are not. */
void hs_health_adjust_multiplier(struct hs_health *health, bool more);

/* R17: the slowest round trip of late, and twice that: how long to wait for a peer that has not
 * been measured. The ceiling while nobody has. */
void hs_health_round_trip(struct hs_health *health, uint32_t rtt_us);
uint64_t hs_health_patience(const struct hs_health *health);

/* R17: could that many unanswered tries be bad luck? True: the evidence is strong enough. */
bool hs_health_convinced(const struct hs_health *health, uint32_t lost_tries);

#endif
