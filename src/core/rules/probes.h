/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probes under way and their tries. They are apart from rules/probe.c, which decides what they
 * amount to, so that each file has one subject.
 */
#ifndef HS_RULES_PROBES_H
#define HS_RULES_PROBES_H

#include "rules/core.h"
#include "rules/health.h"

#define HS_PROBES_MAX 256u /* probes under way, those for others included */
#define HS_TRIES_KEPT 8u   /* tries of one probe whose answers are recognised */
#define HS_HELPERS    3u   /* R17: members that get a probe-request */

enum hs_probe_purpose {
    HS_PROBE_PERIODIC,      /* R14: of the round */
    HS_PROBE_VERIFY,        /* R18: another member suspects it */
    HS_PROBE_REPROBE,       /* R18: we have accused it, and go on probing it */
    HS_PROBE_CONFIRM,       /* R18: the confirming probe, the last before it is declared dead */
    HS_PROBE_HELP,          /* R17: another member asked for it */
    HS_PROBE_NAME_CONFLICT, /* R8: does the holder of a name still answer? */
};

struct hs_try {
    uint64_t created; /* creation time, which identifies the datagram */
    uint64_t sent;    /* boot time */
};

/* Help: who has asked for a probe, and how it is to be answered. */
struct hs_request {
    uint32_t asker; /* slot */
    uint32_t key;   /* of the request: the answer has its form (R33) */
    uint64_t asker_id;
    uint64_t asked; /* creation time of the request */
    uint16_t cap;   /* the longest answer, bytes (R28) */
};

struct hs_probe {
    struct hs_timer timer;
    struct hs_try tries[HS_TRIES_KEPT]; /* a ring: try n at n modulo HS_TRIES_KEPT */
    uint64_t id;                        /* of the target */
    uint64_t started;
    /* no verdict before this boot time, unless all helpers have answered */
    uint64_t helpers_until;
    uint64_t requests[HS_HELPERS];   /* creation times of the probe-requests */
    uint64_t helper_ids[HS_HELPERS]; /* 0: has answered */
    struct hs_request request;       /* help */
    uint32_t slot;                   /* of the target */
    uint32_t try_count;
    uint16_t order_at; /* place in `order` */
    uint8_t purpose;   /* enum hs_probe_purpose */
    uint8_t helpers_asked, nacks;
    uint8_t nack_refused; /* bit i: helper i found the port closed */
    uint8_t nack_from;    /* bit i: helper i has answered nack */
    bool refused;         /* this node itself met a closed port */
    uint32_t unsent_gone; /* tries that were not sent and are no longer kept */
};

/* The properties of a purpose. */
struct hs_probe_meaning {
    bool is_own; /* it may accuse, or end a suspicion; at most one such probe per member */
    bool asks;   /* it asks helpers */
    /* weak evidence for too long, and an absence of ours, end it without consequence */
    bool is_void;
};
extern const struct hs_probe_meaning hs_probe_purposes[]; /* by enum hs_probe_purpose */

struct hs_prober {
    struct hs_core *core;
    struct hs_health *health;
    struct hs_probe *probes; /* array of HS_PROBES_MAX */
    uint16_t *order;         /* places in probes: first the active ones, then the free ones */
    uint32_t active;
};

/* Allocates the probes. The pointers are borrowed. 0 or NOMEM. */
int hs_prober_init(struct hs_prober *prober, struct hs_core *core, struct hs_health *health);
/* Frees the probes. */
void hs_prober_fini(struct hs_prober *prober);

/* ---- which are under way ----------------------------------------------------------------- */

/* The active probe at place `at` of the order, which is below prober->active. Borrowed until it
 * ends. */
struct hs_probe *hs_probes_active(const struct hs_prober *prober, uint32_t at);

/* Takes a free probe for the member at `slot`, which must not be our own. NULL at the bound of
 * HS_PROBES_MAX; the refusal is counted. */
struct hs_probe *hs_probes_take(struct hs_prober *prober, uint32_t slot,
                                enum hs_probe_purpose purpose);
/* Ends a probe and disarms its timer. The caller must not use it afterwards. */
void hs_probes_end(struct hs_prober *prober, struct hs_probe *probe, enum hearsay_trace_end how);

/* Returns our own probe of this member, or NULL. */
struct hs_probe *hs_probes_find_own(const struct hs_prober *prober, uint32_t slot);

/* The first ends our own probes of a member that are about its suspicion. The second ends all
 * probes of the member. */
void hs_probe_end_doubts(struct hs_prober *prober, uint32_t slot);
void hs_probe_end_all(struct hs_prober *prober, uint32_t slot);

/* ---- tries ------------------------------------------------------------------------------- */

/* Returns the place of a probe plus one, by which the send queue refers to it. */
uint32_t hs_probes_place(const struct hs_prober *prober, const struct hs_probe *probe);

/* The first returns how many of its tries are kept, the second the one with this creation time, or
 * NULL. */
uint32_t hs_probe_tries_kept(const struct hs_probe *probe);
struct hs_try *hs_probe_find_try(struct hs_probe *probe, uint64_t created);

/* How many tries the probe has sent to which this try belongs; 0 if it has ended. */
uint32_t hs_probe_tries(const struct hs_prober *prober, uint32_t place, uint64_t target,
                        uint64_t started);

/* The first two: a try or a probe-request has been encoded under this creation time. The third: it
 * was not sent after all (R21). `place` is a probe's place plus one. */
void hs_probe_sent(struct hs_prober *prober, uint32_t place, uint64_t target, uint64_t started,
                   uint64_t created);
void hs_probe_requested(struct hs_prober *prober, uint32_t place, uint64_t target, uint8_t helper,
                        uint64_t created);
void hs_probe_unsent(struct hs_prober *prober, uint64_t created);

/* Returns true if a try or a probe-request with this creation time waits for an answer of the
 * member at `slot`. */
bool hs_probes_await(const struct hs_prober *prober, uint32_t slot, uint64_t created);

/* The helper with this id to which the probe-request with this creation time went; -1: none. */
int hs_probe_find_helper(const struct hs_probe *probe, uint64_t id, uint64_t created);

/* The slot to which the try with this creation time went, or HS_NO_SLOT. */
uint32_t hs_probe_addressee(const struct hs_prober *prober, uint64_t created);

/* ---- trace ------------------------------------------------------------------------------- */

/* Trace events of a probe; no-ops without a trace hook. */
void hs_probe_trace_begun(const struct hs_core *core, const struct hs_probe *probe);
void hs_probe_trace_ended(const struct hs_core *core, const struct hs_probe *probe,
                          enum hearsay_trace_end how);

/* The two ends of a probe that did not reach its target: the port is closed, or there was no
 * answer. */
enum hearsay_trace_end hs_probe_not_reached(const struct hs_probe *probe);

#endif
