/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes (SWIM 3.1; R14, R17, R18). The prober finds out whether a member can be reached; what follows
 * from it is not its business. How a probe ends is returned as a value, and decided in node/outcome.c.
 */
#ifndef HS_RULES_PROBE_H
#define HS_RULES_PROBE_H

#include "rules/core.h"
#include "rules/health.h"

#define HS_PROBES_MAX    256u /* probes under way, helpers' ones included */
#define HS_TRIES_KEPT    8u   /* tries of one probe whose answers are recognised */
#define HS_HELPERS       3u   /* R17: others that get a probe-request */
#define HS_PROBE_LIVES   6u   /* R17: weak evidence is void after so many timeouts at the ceiling */
#define HS_CONTEST_LIVES 2u   /* R8: the holder of a name may be silent for so many of them */
#define HS_HELPER_TRIES  2u   /* R17: how often a helper tries */

#define HS_WATCH_INTERVAL                                                                          \
    500000u /* R18: an accuser's probes while its suspicion lasts, microseconds */

enum hs_probe_purpose {
    HS_PROBE_PERIODIC, /* R14: the round's own */
    HS_PROBE_VERIFY,   /* R18: somebody else is in doubt about it */
    HS_PROBE_WATCH,    /* R18: we have accused it, and keep asking */
    HS_PROBE_BURIAL,   /* R18: the last one before it is declared dead */
    HS_PROBE_HELP,     /* R17: asked for by another */
    HS_PROBE_CONTEST,  /* R8: does the holder of a name still live? */
};

struct hs_try {
    uint64_t created; /* names the datagram */
    uint64_t sent;    /* boot time */
};

struct hs_probe {
    struct hs_timer timer;
    struct hs_try tries[HS_TRIES_KEPT]; /* a ring: try n at n modulo HS_TRIES_KEPT */
    uint64_t id;                        /* of the target */
    uint64_t started;
    uint64_t helpers_until;          /* no verdict before this, unless all helpers have answered */
    uint64_t requests[HS_HELPERS];   /* creation times of the probe-requests */
    uint64_t helper_ids[HS_HELPERS]; /* 0: has answered */
    uint64_t asked;                  /* help: the request's creation time */
    uint32_t slot;                   /* of the target */
    uint32_t try_count;
    uint32_t asker; /* help: who asked, a slot */
    uint64_t asker_id;
    uint16_t cap;      /* help: the longest answer that the asker may get (R28) */
    uint16_t order_at; /* place in probe_order */
    uint8_t purpose;   /* enum hs_probe_purpose */
    uint8_t helpers_asked, nacks;
    uint8_t nack_refused; /* bit i: helper i found the port closed */
    uint8_t nack_from;    /* bit i: helper i has answered nack */
    bool refused;         /* we ourselves met a closed port */
    uint32_t unsent_gone; /* tries that were not sent and are not kept any more */
};

/* What has become of a probe. */
enum hs_probe_result {
    HS_PROBE_PENDING = 0, /* it goes on, or has ended without any consequence */
    HS_PROBE_REACHED,     /* its target was reached, by us or by a helper */
    HS_PROBE_UNREACHED,   /* it was not, and that is proven */
    HS_PROBE_UNPROVEN,    /* it was not, but that proves nothing on this link */
    HS_PROBE_ACCUSES,     /* the evidence is enough for a suspicion; the probe has become a watch */
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

struct hs_prober {
    struct hs_core *core;
    struct hs_health *health;
    struct hs_probe *probes; /* HS_PROBES_MAX */
    uint16_t *order;         /* places in probes: first the active ones, then the free ones */
    uint32_t active;
};

/* 0 or NOMEM. */
int hs_prober_init(struct hs_prober *prober, struct hs_core *core, struct hs_health *health);
void hs_prober_fini(struct hs_prober *prober);

/* Starts a probe of our own. One that is under way for the same member is taken over: it gets the new
 * purpose, and another try. False: the bound is reached, and the refusal counted. */
bool hs_probe_start(struct hs_prober *prober, uint32_t slot, enum hs_probe_purpose purpose);

/* Another member asks us to probe `target`. `cap`: the longest answer that it may get (R28). False when
 * the target is dead: then the asker is to be told. */
bool hs_probe_help(struct hs_prober *prober, uint32_t asker, uint64_t target, uint64_t asked,
                   uint16_t cap);

/* R18: have we evidence of our own against it, and has our link been good enough since then? */
bool hs_probe_has_evidence(const struct hs_prober *prober, uint32_t slot, uint64_t since);

/* Ends our own probes of a member that are about its suspicion; or all of its probes. */
void hs_probe_end_doubts(struct hs_prober *prober, uint32_t slot);
void hs_probe_end_all(struct hs_prober *prober, uint32_t slot);

/* We were away: what is pending proves nothing (R20). */
void hs_probe_void_all(struct hs_prober *prober);

/* A try or request has been encoded under this creation time; or it could not be sent after all.
 * `place` is a probe's place plus one. */
void hs_probe_sent(struct hs_prober *prober, uint32_t place, uint64_t target, uint64_t started,
                   uint64_t created);
void hs_probe_requested(struct hs_prober *prober, uint32_t place, uint64_t target, uint8_t helper,
                        uint64_t created);
void hs_probe_unsent(struct hs_prober *prober, uint64_t created);

/* To whom a try of that creation time went, or HS_NO_SLOT. */
uint32_t hs_probe_addressee(const struct hs_prober *prober, uint64_t created);

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
