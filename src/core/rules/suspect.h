/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicions (SWIM 4.2, Lifeguard, R18, R22): how one is raised, how long it lasts, and how it
 * ends. They are apart from probes because other members' accusations raise them, too.
 */
#ifndef HS_RULES_SUSPECT_H
#define HS_RULES_SUSPECT_H

#include "rules/news.h"
#include "rules/probe.h"

struct hs_suspicions {
    struct hs_core *core;
    struct hs_health *health;
    struct hs_prober *prober;
    struct hs_news *news;
};

/* The pointers are borrowed. */
void hs_suspicions_init(struct hs_suspicions *suspicions, struct hs_core *core,
                        struct hs_health *health, struct hs_prober *prober, struct hs_news *news);

/* Suspects a member on our own evidence. `accusers`: this node and the helpers that nacked; bit i
 * of `refused_mask` says that accuser i found the port closed (R18: accusers). */
void hs_suspect_accuse(struct hs_suspicions *suspicions, uint32_t slot, const uint64_t *accusers,
                       uint8_t accuser_count, uint8_t refused_mask);

/* The member at slot `by` has answered at this member's address, or is this node, which has it. So
 * both accuse the member like one whose port is closed, and nothing is sent there any more. No-op
 * if it is not present. */
void hs_suspect_displaced(struct hs_suspicions *suspicions, uint32_t slot, uint32_t by);

/* A member has become suspect: starts the timer of its suspicion. */
void hs_suspect_begin(struct hs_suspicions *suspicions, uint32_t slot,
                      const struct hs_record *record);

/* Adds accusers to the suspicion of a suspect. Returns true if the set has grown. */
bool hs_suspect_add(struct hs_suspicions *suspicions, uint32_t slot,
                    const struct hs_record *record);

/* A member is not suspect any more: its suspicion, which it must still have, goes back to
 * the pool. */
void hs_suspect_end(struct hs_suspicions *suspicions, uint32_t slot);
/* The timer of a suspicion: declares death, or makes a confirming probe first. */
void hs_suspect_timer(struct hs_suspicions *suspicions, struct hs_suspicion *suspicion);

/* This node was absent for `lost` microseconds: all suspicions get the time back, and our evidence
 * is void (R20). */
void hs_suspect_excuse(struct hs_suspicions *suspicions, uint64_t lost);

/* How our last probe of a suspect has ended, which was a confirming probe or a re-probe. */
enum hs_probed {
    HS_PROBED_REACHED,
    HS_PROBED_SILENT, /* no answer, or its port is closed */
    HS_PROBED_VOID,   /* not reached, which on this link is no evidence */
};
/* Carries out what the end of such a probe means for the suspicion. */
void hs_suspect_probed(struct hs_suspicions *suspicions, uint32_t slot, enum hs_probed result);

#endif
