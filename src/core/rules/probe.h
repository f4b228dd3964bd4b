/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes (SWIM 3.1; R14, R17, R18). The prober only finds out whether a member can be reached. What
 * follows from that differs by purpose, so the end of a probe is returned as a value, and
 * node/outcome.c decides what it means.
 */
#ifndef HS_RULES_PROBE_H
#define HS_RULES_PROBE_H

#include "rules/probes.h"

/* R17: a probe with weak evidence ends after this many timeouts at the ceiling */
#define HS_PROBE_LIVES 6u
/* R8: timeouts at the ceiling for which the holder of a name may be silent */
#define HS_NAME_CONFLICT_LIVES 2u
#define HS_HELPER_TRIES        2u /* R17: tries of a helper */

/* R18: interval of an accuser's re-probes, microseconds */
#define HS_REPROBE_INTERVAL 500000u

/* The result of a probe so far. */
enum hs_probe_result {
    HS_PROBE_PENDING = 0, /* it goes on, or has ended without consequence */
    HS_PROBE_REACHED,     /* its target was reached, by us or by a helper */
    HS_PROBE_UNREACHED,   /* it was not reached, and the evidence is strong enough */
    HS_PROBE_UNPROVEN,    /* it was not reached, but on this link that is no evidence */
    /* the evidence is enough for a suspicion; the probe has become a re-probe */
    HS_PROBE_ACCUSES,
};

struct hs_probe_outcome {
    enum hs_probe_result result;
    enum hs_probe_purpose purpose;
    uint32_t slot; /* of the target */
    bool refused;  /* its port is closed */
    /* Accuses: this node, and the helpers that did not reach it either (R18). */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[1 + HS_HELPERS];
    struct hs_request request; /* help */
};

/* Starts a probe of our own. If one is under way for the same member, it gets the new purpose and
 * another try. Returns false at the bound of HS_PROBES_MAX; the refusal is counted. */
bool hs_probe_start(struct hs_prober *prober, uint32_t slot, enum hs_probe_purpose purpose);

/* Starts a probe of the member with id `target` on behalf of another member. Returns false if the
 * target is dead: then the asker is to be told. */
bool hs_probe_help(struct hs_prober *prober, const struct hs_request *request, uint64_t target);

/* A helper has challenged the probe-request `created` (R11a: freshness): it did not hear it. */
void hs_probe_ask_again(struct hs_prober *prober, uint32_t helper, uint64_t created);

/* R18: returns true if this node has evidence of its own against the member, and its link has been
 * good enough since boot time `since`. */
bool hs_probe_has_evidence(const struct hs_prober *prober, uint32_t slot, uint64_t since);

/* This node was absent, so what is pending is no evidence (R20). */
void hs_probe_void_all(struct hs_prober *prober);

/* A probe's timer. The probe may have ended on return. */
struct hs_probe_outcome hs_probe_timer(struct hs_prober *prober, struct hs_probe *probe);

/* Answers and errors from outside. Each returns true and sets *ret_outcome if it belongs to a probe
 * under way. An ack came from the member at `slot` for the datagram `acked`. */
bool hs_probe_acked(struct hs_prober *prober, uint32_t slot, uint64_t acked,
                    struct hs_probe_outcome *ret_outcome);
/* A nack came from the helper at `slot` to the probe-request `asked`. */
bool hs_probe_nacked(struct hs_prober *prober, uint32_t slot, uint64_t asked,
                     enum hs_finding finding, struct hs_probe_outcome *ret_outcome);
/* An ICMP error says that the port at `to` is closed; it quotes the datagram `created`. */
bool hs_probe_closed(struct hs_prober *prober, const struct hearsay_addr *to, uint64_t created,
                     struct hs_probe_outcome *ret_outcome);

#endif
