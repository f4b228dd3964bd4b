/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local health (Lifeguard; R17, R19, R20): the loss of our own link, whether this node was absent,
 * and how far our own timeouts are stretched. A verdict about others is only as good as these.
 */
#ifndef HS_RULES_HEALTH_H
#define HS_RULES_HEALTH_H

#include "rules/core.h"

/* R19: greatest local health multiplier; timeouts are stretched by it plus one */
#define HS_MULTIPLIER_MAX 3u
/* R20: a timer that fires later than this means an absence, microseconds */
#define HS_LATE      200000u
#define HS_WALL_JUMP 1000000u /* R20: a wall clock that jumps by more means one, too */
/* R20: no verdict for this long after the first datagram that follows an absence */
#define HS_WAKE_GRACE 2000000u
/* R20: after this long silence from all members counts as evidence */
#define HS_DEAF_BELIEVED 30000000u
/* R20: silence is suspicious when this many others should have answered */
#define HS_DEAF_OTHERS 3u

/* What this node knows of its own condition (R17, R19, R20). */
struct hs_health {
    struct hs_core *core;
    /* R17: loss of our link, moving average of the share of lost round trips */
    double loss;
    uint64_t heard_at;     /* boot time of the last datagram from any member */
    uint64_t answered_at;  /* boot time of the last answer to a first try */
    uint64_t judge_after;  /* no verdict before this boot time */
    struct hearsay_now at; /* of the last call */
    bool waking;           /* we were absent, and have heard no member since */
    uint8_t multiplier;    /* R19: local health multiplier, 0 to HS_MULTIPLIER_MAX */
    uint32_t slowest_us;   /* greatest recent round trip; decays slowly; 0: none yet */
};

/* Starts with the assumption of a lossy link. `core` is borrowed. */
void hs_health_init(struct hs_health *health, struct hs_core *core);

/* R17: adds `tries` unanswered tries to a member that is alive to the measured loss. */
void hs_health_lost(struct hs_health *health, uint32_t tries);

/* R17: adds a periodic probe that was answered after `lost_before` unanswered tries. */
void hs_health_answered(struct hs_health *health, uint32_t lost_before);

/* R20: returns true if any member has answered us at the first try since boot time `since`. Also
 * true where there are too few members to tell, and when the silence has lasted so long that it
 * counts as evidence. */
bool hs_health_is_heard(const struct hs_health *health, uint64_t since);

/* What a call of the public API finds out about an absence (R20). */
struct hs_wake {
    bool woke;        /* a timer was late, or the wall clock has jumped */
    uint64_t lost_us; /* how long this node was absent */
};
/* Begins a call of the public API: sets the time, and finds out whether this node was absent. The
 * caller carries out what an absence means for the other rules (node/wake.h). */
struct hs_wake hs_health_enter(struct hs_health *health, struct hearsay_now now);

/* Notes that a member has been heard. */
void hs_health_heard(struct hs_health *health);

/* R39: returns true if nothing has come from anybody for `span`, an absence of our own not
 * counted. */
bool hs_health_is_silent(const struct hs_health *health, uint64_t span);

/* R20: returns true if a verdict may rest on evidence gathered since boot time `since`. False after
 * an absence, and while no member at all has been heard. */
bool hs_health_may_judge(const struct hs_health *health, uint64_t since);

/* R19: raises (`more`) or lowers the local health multiplier by one, within its bounds. */
void hs_health_adjust_multiplier(struct hs_health *health, bool more);

/* R17: the first counts a round trip, and adds it to the greatest recent one. The second returns
 * twice the greatest: how long to wait for a peer that has not been measured, microseconds. It
 * returns the ceiling while no peer has been measured. */
void hs_health_round_trip(struct hs_health *health, uint32_t rtt_us);
uint64_t hs_health_patience(const struct hs_health *health);

/* R17: returns true if this many unanswered tries are unlikely to be chance: the evidence is strong
 * enough. */
bool hs_health_convinced(const struct hs_health *health, uint32_t lost_tries);

#endif
