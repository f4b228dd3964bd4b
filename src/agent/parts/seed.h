/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One seed: what it is, what it has come to, and what is told of it. attempt.c tries it, and
 * seeds.c has the list.
 */
#ifndef HS_AGENT_PARTS_SEED_H
#define HS_AGENT_PARTS_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <event2/event.h>

#include <hearsay/event.h>

#include "agent/base/turn.h"
#include "agent/options/values.h"
#include "agent/parts/report.h"
#include "agent/parts/resolve.h"
#include "agent/parts/seed_addrs.h"

#define HS_SEED_BACKOFF_FIRST 1000000
#define HS_SEED_BACKOFF_LAST  30000000
#define HS_SEED_TOLD_MAX      16 /* addresses in a line `resolve` */

struct hs_seed;

/* A `join` command under way. `done` is called when `left` reaches 0. The maker of the request
 * counts as one in `left` until all its seeds are started. */
struct hs_join_request {
    void (*done)(struct hs_join_request *request);
    void *context;
    json_t *results; /* array */
    size_t left;     /* seeds under way, and the maker */
};

/* The caller sets the first fields; the rest must be zero. */
struct hs_seeds {
    struct event_base *base;
    struct hs_turn *turn;
    struct hearsay_node *node;
    struct hs_resolver *resolver;
    struct hs_report *report;
    /* called before an address of a seed is called (R38: advertised address); NULL: no call */
    void (*meet)(void *context, const struct hearsay_addr *addr);
    void *meet_context;
    uint64_t again_us; /* R26: between two moments at which names may be looked up again */
    struct hs_seed *first;
    size_t count;
    struct event *again; /* NULL until there is a seed that is a name */
};

struct hs_seed {
    struct hs_seed *next;
    struct hs_seeds *seeds;
    struct hs_join_request *request; /* NULL: a seed of the configuration */
    struct hs_lookup *lookup;        /* under way, or NULL */
    struct event *retry;
    uint64_t backoff;
    struct hs_seed_addrs addrs;
    size_t trying_count; /* calls under way */
    size_t room;         /* calls that are left in this attempt */
    bool named;          /* not an address */
    bool joined;         /* now or before; also if it is this agent itself */
    bool is_self;        /* all its addresses are this agent's own */
    bool waits_for_room; /* among the calls of all seeds */
    bool finds_owners;   /* looks which addresses are members, from `cursor` on */
    uint32_t cursor;
    char *trouble;      /* why the name does not resolve, or NULL */
    const char *result; /* of the last call, as in the log; NULL: none yet; static storage */
    uint64_t looked;    /* boot time of the last lookup's end; 0: none yet */
    uint16_t port;
    char host[HS_HOST_MAX];
    char text[];
};

/* Makes a seed that is not in the list yet. `retry` is what its timer calls. Returns 0,
 * HEARSAY_ERR_SYNTAX or HEARSAY_ERR_NOMEM. */
int hs_seed_new(struct hs_seed **ret_seed, struct hs_seeds *seeds, const char *text,
                struct hs_join_request *request, event_callback_fn retry);

/* It must not be in the list. */
void hs_seed_free(struct hs_seed *seed);

void hs_seed_link(struct hs_seed *seed);
void hs_seed_unlink(struct hs_seed *seed);

/* An attempt is under way. */
bool hs_seed_is_busy(const struct hs_seed *seed);

/* Calls go out sealed; in HEARSAY_SEAL_ON in plain, too. */
bool hs_seed_is_sealed(const struct hs_seeds *seeds);

/* A random number below the limit, or 0. */
uint32_t hs_seed_draw(uint32_t limit);

/* A random time from 3/4 to 5/4 of it. */
uint64_t hs_seed_jitter(uint64_t us);

/* Tells of an attempt in the log, and to the client of its request, if there is one. `addr`, `name`
 * and `message` may be NULL. */
void hs_seed_tell(struct hs_seed *seed, enum hs_level level, const struct hearsay_addr *addr,
                  const char *result, const char *name, const char *message);

/* A call could not be made. */
void hs_seed_tell_failed(struct hs_seed *seed, struct hs_seed_addr *item, int err);

/* How a call has ended. Of a name it is news if this address ended otherwise the last time. */
void hs_seed_tell_ended(struct hs_seed *seed, struct hs_seed_addr *item,
                        const struct hearsay_event *event);

/* The name does not resolve. It is news if the reason is another than the last time. */
void hs_seed_tell_unresolved(struct hs_seed *seed, const char *error);

/* The name resolves. It is news if the addresses are others, or there were none. */
void hs_seed_tell_resolved(struct hs_seed *seed, bool changed);

/* What a seed has come to, for `status`. NULL without memory. */
json_t *hs_seed_json(const struct hs_seed *seed);

/* Ends the part of a request that is one seed. */
void hs_seed_count_down(struct hs_join_request *request);

#endif
