/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicions as they run (SWIM 4.2, Lifeguard, R18, R22): raising one, its clock, and its end.
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

void hs_suspicions_init(struct hs_suspicions *suspicions, struct hs_core *core,
                        struct hs_health *health, struct hs_prober *prober, struct hs_news *news);

/* Accuses a member on our own evidence, with the helpers that nacked (R18). */
void hs_suspect_accuse(struct hs_suspicions *suspicions, uint32_t slot, const uint64_t *accusers,
                       uint8_t accuser_count, uint8_t refused_mask);

/* A member has become suspect: its clock starts. */
void hs_suspect_begin(struct hs_suspicions *suspicions, uint32_t slot,
                      const struct hs_record *record);

/* Takes in more accusers of the same suspicion; true when the set has grown. */
bool hs_suspect_add(struct hs_suspicions *suspicions, uint32_t slot,
                    const struct hs_record *record);

void hs_suspect_end(struct hs_suspicions *suspicions, uint32_t slot);
void hs_suspect_timer(struct hs_suspicions *suspicions, struct hs_suspicion *suspicion);

/* We were away for so long: suspicions get the time back, and our evidence is void (R20). */
void hs_suspect_excuse(struct hs_suspicions *suspicions, uint64_t lost);

/* How our last probe of a suspect, a confirming one or a re-probe, has ended. */
enum hs_probed {
    HS_PROBED_REACHED,
    HS_PROBED_SILENT, /* or its port is closed */
    HS_PROBED_VOID,   /* not reached, which proves nothing on this link */
};
void hs_suspect_probed(struct hs_suspicions *suspicions, uint32_t slot, enum hs_probed result);

#endif
