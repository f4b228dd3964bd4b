/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes (SWIM 3.1; R14, R17, R18). The prober finds out whether a member can be reached; what follows
 * from it is not its business. How a probe ends is returned as a value, and decided in node/outcome.c.
 */
#ifndef HS_RULES_PROBE_H
#define HS_RULES_PROBE_H

#include "rules/probes.h"

/* R17: weak evidence is void after so many timeouts at the ceiling */
#define HS_PROBE_LIVES         6u
#define HS_NAME_CONFLICT_LIVES 2u /* R8: the holder of a name may be silent for so many of them */
#define HS_HELPER_TRIES        2u /* R17: how often a helper tries */

#define HS_REPROBE_INTERVAL                                                                        \
    500000u /* R18: an accuser's probes while its suspicion lasts, microseconds */

/* What has become of a probe. */
enum hs_probe_result {
    HS_PROBE_PENDING = 0, /* it goes on, or has ended without any consequence */
    HS_PROBE_REACHED,     /* its target was reached, by us or by a helper */
    HS_PROBE_UNREACHED,   /* it was not, and that is proven */
    HS_PROBE_UNPROVEN,    /* it was not, but that proves nothing on this link */
    /* the evidence is enough for a suspicion; the probe has become a re-probe */
    HS_PROBE_ACCUSES,
};

struct hs_probe_outcome {
    enum hs_probe_result result;
    enum hs_probe_purpose purpose;
    uint32_t slot; /* of the target */
    bool refused;  /* its port is closed */
    /* Accuses: we, and the helpers that did not reach it either (R18). */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[1 + HS_HELPERS];
    /* Help: who asked. */
    uint32_t asker;
    uint64_t asker_id, asked;
    uint16_t cap;
};

/* Starts a probe of our own. One that is under way for the same member is taken over: it gets the new
 * purpose, and another try. False: the bound is reached, and the refusal counted. */
bool hs_probe_start(struct hs_prober *prober, uint32_t slot, enum hs_probe_purpose purpose);

/* Another member asks us to probe `target`. `cap`: the longest answer that it may get (R28). False when
 * the target is dead: then the asker is to be told. */
bool hs_probe_help(struct hs_prober *prober, uint32_t asker, uint64_t target, uint64_t asked,
                   uint16_t cap);

/* R18: have we evidence of our own against it, and has our link been good enough since then? */
bool hs_probe_has_evidence(const struct hs_prober *prober, uint32_t slot, uint64_t since);

/* We were away: what is pending proves nothing (R20). */
void hs_probe_void_all(struct hs_prober *prober);

/* A probe's timer. */
struct hs_probe_outcome hs_probe_timer(struct hs_prober *prober, struct hs_probe *probe);

/* Answers. True with *ret_outcome when it was to something that we asked. */
bool hs_probe_acked(struct hs_prober *prober, uint32_t slot, uint64_t acked,
                    struct hs_probe_outcome *ret_outcome);
bool hs_probe_nacked(struct hs_prober *prober, uint32_t slot, uint64_t asked,
                     enum hs_finding finding, struct hs_probe_outcome *ret_outcome);
/* An ICMP error says that a port is closed. */
bool hs_probe_closed(struct hs_prober *prober, const struct hearsay_addr *to, uint64_t created,
                     struct hs_probe_outcome *ret_outcome);

#endif
