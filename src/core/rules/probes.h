/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes that are under way, and their tries; what they come to is decided in rules/probe.c.
 */
#ifndef HS_RULES_PROBES_H
#define HS_RULES_PROBES_H

#include "rules/core.h"
#include "rules/health.h"

#define HS_PROBES_MAX 256u /* probes under way, helpers' ones included */
#define HS_TRIES_KEPT 8u   /* tries of one probe whose answers are recognised */
#define HS_HELPERS    3u   /* R17: others that get a probe-request */

enum hs_probe_purpose {
    HS_PROBE_PERIODIC,      /* R14: the round's own */
    HS_PROBE_VERIFY,        /* R18: somebody else is in doubt about it */
    HS_PROBE_REPROBE,       /* R18: we have accused it, and keep asking */
    HS_PROBE_CONFIRM,       /* R18: the last one before it is declared dead */
    HS_PROBE_HELP,          /* R17: asked for by another */
    HS_PROBE_NAME_CONFLICT, /* R8: does the holder of a name still live? */
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

/* What a purpose means. */
struct hs_probe_meaning {
    bool is_own;  /* it may accuse, or end a suspicion; at most one such probe for each member */
    bool asks;    /* others, for a second opinion */
    bool is_void; /* weak evidence for too long, and an absence, end it without consequence */
};
extern const struct hs_probe_meaning hs_probe_purposes[]; /* by enum hs_probe_purpose */

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

/* ---- which are under way ----------------------------------------------------------------- */

/* The active probe at this place, below prober->active. */
struct hs_probe *hs_probes_active(const struct hs_prober *prober, uint32_t at);

/* A new probe; NULL at the bound, and the refusal counted. */
struct hs_probe *hs_probes_take(struct hs_prober *prober, uint32_t slot,
                                enum hs_probe_purpose purpose);
void hs_probes_end(struct hs_prober *prober, struct hs_probe *probe, enum hearsay_trace_end how);

/* Our own probe of this member, or NULL. */
struct hs_probe *hs_probes_find_own(const struct hs_prober *prober, uint32_t slot);

/* Ends our own probes of a member that are about its suspicion; or all of its probes. */
void hs_probe_end_doubts(struct hs_prober *prober, uint32_t slot);
void hs_probe_end_all(struct hs_prober *prober, uint32_t slot);

/* ---- tries ------------------------------------------------------------------------------- */

/* The place of a probe plus one, by which the send queue names it. */
uint32_t hs_probes_place(const struct hs_prober *prober, const struct hs_probe *probe);

/* How many of its tries are kept, and the one with this creation time, or NULL. */
uint32_t hs_probe_tries_kept(const struct hs_probe *probe);
struct hs_try *hs_probe_find_try(struct hs_probe *probe, uint64_t created);

/* A try or request has been encoded under this creation time; or it could not be sent after all.
 * `place` is a probe's place plus one. */
void hs_probe_sent(struct hs_prober *prober, uint32_t place, uint64_t target, uint64_t started,
                   uint64_t created);
void hs_probe_requested(struct hs_prober *prober, uint32_t place, uint64_t target, uint8_t helper,
                        uint64_t created);
void hs_probe_unsent(struct hs_prober *prober, uint64_t created);

/* To whom a try of that creation time went, or HS_NO_SLOT. */
uint32_t hs_probe_addressee(const struct hs_prober *prober, uint64_t created);

/* ---- trace ------------------------------------------------------------------------------- */

void hs_probe_trace_begun(const struct hs_core *core, const struct hs_probe *probe);
void hs_probe_trace_ended(const struct hs_core *core, const struct hs_probe *probe,
                          enum hearsay_trace_end how);

/* What silence comes to: its port is closed, or it did not answer. */
enum hearsay_trace_end hs_probe_not_reached(const struct hs_probe *probe);

#endif
