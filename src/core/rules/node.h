/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's whole state, for the files of rules/ alone. What belongs to one rule stands in one
 * structure; everything has a bound, and the bound has a name.
 */
#ifndef HS_RULES_NODE_H
#define HS_RULES_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/node.h>

#include "base/heap.h"
#include "base/random.h"
#include "codec/message.h"
#include "state/dedup.h"
#include "state/event.h"
#include "state/order.h"
#include "state/outbox.h"
#include "state/table.h"
#include "state/trail.h"

/* ---- bounds ------------------------------------------------------------------------------ */

#define HS_INTENTS_MAX   2048u /* datagrams that wait to be made: a drained socket's acks (R21) */
#define HS_PROBES_MAX    256u  /* probes under way, helpers' ones included */
#define HS_TRIES_KEPT    8u    /* tries of one probe whose answers are recognised */
#define HS_HELPERS       3u    /* R17: others that get a probe-request */
#define HS_PROBE_LIVES   6u  /* R17: weak evidence is void after so many timeouts at the ceiling */
#define HS_CONTEST_LIVES 2u  /* R8: the holder of a name may be silent for so many of them */
#define HS_HELPER_TRIES  2u  /* R17: how often a helper tries */
#define HS_CARRIAGES_MAX 64u /* datagrams whose rumors count when the ack comes (R16) */
#define HS_CARRIED_MAX   32u /* rumors of one datagram that are counted so */
#define HS_LONG_QUEUE    24u /* R15: rumors, about what one datagram carries */
#define HS_CONTACTS_MAX  64u /* addresses that we join through, or once did */
#define HS_LOST_MAX      16u /* of them, addresses of failed members that outlive their tombstones */
#define HS_CONTESTS_MAX  4u  /* names that two claim, being looked into (R8) */
#define HS_SERVES_MAX    8u  /* answers to exchanges, being sent (R24) */
#define HS_SERVE_RECORDS 256u                                  /* records of one such answer */
#define HS_FINE_MAX      (HEARSAY_DATAGRAM_MAX / HS_FINE_SIZE) /* buckets of one step `fine` */
#define HS_SERVE_WANTED  160u                                  /* records it asks for */
#define HS_UNPROVEN_MAX  160u /* bytes of a gossip to an address that has not answered yet (R28) */
#define HS_LEAVE_ACKS    3u   /* R23: peers that shall know of a goodbye */
#define HS_STRAIN_MAX    3u   /* R19: most that our own timeouts are stretched, plus one */
#define HS_FUTURE_US     315576000000000u /* R6: ten years */

/* ---- timings that are no settings, in microseconds --------------------------------------- */

#define HS_BURST_DELAY      10000u   /* R15: a fresh rumor goes out within this */
#define HS_BURST_GAP        20000u   /* R15: at most one burst in this */
#define HS_WATCH_INTERVAL   500000u  /* R18: an accuser's probes while its suspicion lasts */
#define HS_JOIN_RETRY       500000u  /* between tries of one attempt to join */
#define HS_JOIN_TRIES       3u       /* tries when nobody answers */
#define HS_JOIN_TRIES_HEARD 12u      /* tries once somebody has answered */
#define HS_CONTEST_LIFE     5000000u /* how long the outcome of a contest holds */
#define HS_NONCE_SLOT       8000000u /* a nonce is good for this long, at most twice */
#define HS_SYNC_RETRY       250000u
#define HS_SYNC_TRIES       8u
#define HS_SYNC_GAP         1000000u   /* R24: at least once a second while digests differ */
#define HS_SYNC_BACKOFF_MAX 300000000u /* R24: an exchange that cannot become equal */
#define HS_SYNC_CUT_MAX     8000000u   /* … as far as its lists showed */
#define HS_LATE             200000u    /* R20: a timer that is later than this: we were away */
#define HS_WALL_JUMP        1000000u   /* R20: so is a wall clock that jumps by more */
#define HS_WAKE_GRACE       2000000u   /* R20: no verdict for this long after the first datagram */
#define HS_DEAF_BELIEVED    30000000u  /* R20: silence for this long is believed */
#define HS_DEAF_OTHERS      3u         /* R20: that many others should have answered */
#define HS_LOST_LIFE        604800000000u /* R26, R27: a failed member is called for 7 days */
#define HS_LEAVE_REPEAT     100000u
#define HS_LEAVE_LINGER     200000u /* R23: still answers while its goodbye goes round */

/* ---- what waits to be sent --------------------------------------------------------------- */

/* A datagram not yet made: it is encoded when the owner asks for it, with the news of
 * that moment. */
struct hs_intent {
    struct hearsay_addr to;
    uint8_t kind; /* enum hearsay_kind */
    uint8_t arg;  /* nack: finding; refusal: reason; sync: step; ack: 1 = tell it its record (R5) */
    uint16_t cap; /* greatest length; R28: what an unproven address may get */
    uint32_t slot; /* receiver, or HS_NO_SLOT */
    uint32_t ref;  /* gossip, probe-request: probe plus one; sync: serve plus one */
    uint64_t a;    /* ack: acked; nack: asked; probe-request: target; challenge, join: nonce; sync:
                      exchange;    refusal: echo */
    uint64_t b;    /* challenge, join: echo; refusal: hash of the name in question */
    uint64_t c;  /* challenge: hash of the name in question, or 0; ack: what its receiver told us */
    uint64_t id; /* of the receiver, when slot is one */
};

struct hs_intents {
    struct hs_intent *items;
    uint32_t first, count;
};

/* Which rumors a datagram carried, until it is acked (R16). */
struct hs_carried {
    uint32_t slot;
    uint16_t version;
};
struct hs_carriage {
    uint32_t to;
    uint32_t count;
    bool goodbye; /* it carried our own record while we leave */
    struct hs_carried rumors[HS_CARRIED_MAX];
};

/* ---- probing ----------------------------------------------------------------------------- */

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

/* ---- joining ----------------------------------------------------------------------------- */

enum hs_contact_flag {
    HS_CONTACT_SEED = 1,    /* given by the owner: remembered (R26) */
    HS_CONTACT_ACTIVE = 2,  /* an attempt is under way */
    HS_CONTACT_HEARD = 4,   /* somebody there has answered */
    HS_CONTACT_RIVAL = 8,   /* it may hold our name: is it there? (R8) */
    HS_CONTACT_CLOSED = 16, /* its port was found closed */
    HS_CONTACT_REPORT = 32, /* the owner waits for the attempt's end */
    HS_CONTACT_LOST = 64,   /* of a failed member whose tombstone is gone: remembered for a while */
    HS_CONTACT_EARLIER = 128, /* our rival there began before us: it is the one to give way (R8) */
};
#define HS_CONTACT_KEPT (HS_CONTACT_SEED | HS_CONTACT_LOST)

struct hs_contact {
    struct hs_timer timer;
    struct hearsay_addr addr;
    uint64_t nonce;
    uint64_t created; /* of our last datagram to it, for ICMP */
    uint64_t until;   /* lost: called until this boot time */
    uint8_t flags, tries;
};

struct hs_contest {
    uint64_t name_hash;
    uint64_t newcomer_nonce;
    uint64_t until; /* boot time; 0: free */
    struct hearsay_addr newcomer;
    bool decided, held;
};

/* ---- agreement --------------------------------------------------------------------------- */

enum hs_sync_phase { HS_SYNC_IDLE = 0, HS_SYNC_ASKED, HS_SYNC_REFINING, HS_SYNC_LISTING };

/* The exchange that we have begun: one at a time (R24). */
struct hs_sync {
    struct hs_timer timer;
    uint64_t peer_id;
    uint64_t exchange;
    uint64_t created;       /* of our last datagram in it: a challenge to that one is asked for */
    uint64_t merged_before; /* records_merged at its start */
    uint64_t digests;       /* ours and theirs, mixed, when the last one was begun */
    uint64_t next_at;       /* not before this boot time */
    uint64_t differ_since;  /* boot time; 0: the last digest heard was ours */
    uint64_t backoff;
    uint64_t view_changed; /* boot time of the last change of any record */
    uint32_t peer;
    uint32_t contact; /* the attempt to join that waits for it, plus one */
    uint8_t phase, tries;
    uint8_t bits;
    bool gave;     /* the peer has asked for records of ours */
    bool cut;      /* a bucket was too large for any list: what differs may not have been seen */
    bool newcomer; /* we knew nobody else when it began: what it brings is no news to others */
    bool again; /* it was begun with the digests of the one before, which so has changed nothing */
    bool refined;                    /* the lists speak of eighths of buckets */
    uint32_t told[HS_SERVE_RECORDS]; /* members of whom the peer has just told what we now hold */
    uint32_t told_count;
    uint8_t todo[HS_BITMAP_SIZE];
    uint8_t rough[HS_BITMAP_SIZE]; /* of those to do, the buckets not yet looked at more closely */
    uint8_t masks[HS_BUCKETS];     /* the eighths of each bucket that differ */
};

/* Records on their way to a peer, and those that we want from it: state of one answer. */
struct hs_serve {
    uint64_t exchange;
    uint64_t peer_id; /* 0: free */
    uint32_t peer;
    uint16_t record_count, record_next, wanted_count;
    uint8_t bits;
    bool closing; /* carries `covered` and `wanted` with its last datagram */
    uint8_t covered[HS_BITMAP_SIZE];
    uint8_t masks[HS_FINE_MAX]; /* finer: of the buckets covered, in their order */
    uint8_t mask_count;
    uint32_t records[HS_SERVE_RECORDS];
    uint32_t wanted[HS_SERVE_WANTED]; /* low halves of name hashes */
};

/* ---- ourselves --------------------------------------------------------------------------- */

/* What we know of our own condition (R17, R19, R20). */
struct hs_health {
    double loss;           /* R17: moving average, a share of round trips */
    uint64_t heard_at;     /* boot time of the last sign of life from anybody */
    uint64_t answered_at;  /* boot time of the last answer to a first try */
    uint64_t judge_after;  /* no verdict before this boot time */
    struct hearsay_now at; /* of the last call */
    bool waking;           /* we were away, and have heard nobody since */
    uint8_t strain;        /* R19: 0 to HS_STRAIN_MAX */
    uint32_t slowest_us;   /* of the round trips lately: decays slowly; 0: none yet */
};

/* ---- the node ---------------------------------------------------------------------------- */

enum hs_timer_kind {
    HS_TIMER_PERIOD,
    HS_TIMER_BURST,
    HS_TIMER_PROBE,
    HS_TIMER_SUSPICION,
    HS_TIMER_CONTACT,
    HS_TIMER_SYNC,
    HS_TIMER_REAP,
    HS_TIMER_REJOIN,
    HS_TIMER_LEAVE,
    HS_TIMER_RING,
    HS_TIMER_KINDS
};

/* Timers beside those of suspicions. */
#define HS_TIMERS_FIXED (HS_PROBES_MAX + HS_CONTACTS_MAX + HS_TIMER_KINDS)

enum hs_leave_state { HS_LEAVE_NO = 0, HS_LEAVE_SAYING, HS_LEAVE_DONE };

/* A ring that is being made: rules/placement.c. */
struct hs_ring_making {
    enum {
        HS_RING_IDLE,
        HS_RING_GATHER,
        HS_RING_MAKE,
        HS_RING_COMPARE,
        HS_RING_READY,
        HS_RING_RELEASE
    } stage;
    uint32_t slot;     /* gathered up to here */
    uint32_t changes;  /* who leaves and who enters */
    bool from_nothing; /* not from node->ring: the members' flags do not hold for it */
    struct hearsay_ring_work *work;
    struct hearsay_ring *ring; /* made, and compared with node->ring */
    struct hearsay_ring_sum moved;
    double share;                 /* of the circle, that moves */
    struct hearsay_ring *retired; /* the one before, or one that was not needed */
};

struct hearsay_node {
    struct hearsay_allocator allocator;
    struct hearsay_config config; /* its strings point into this structure */
    char name[HEARSAY_NAME_MAX + 1];
    char cluster[HEARSAY_CLUSTER_MAX + 1];
    struct hs_wire wire;
    struct hs_random random;
    struct hearsay_now now; /* of the call under way */
    uint64_t created;       /* of our last datagram */
    uint64_t told;  /* bit slot % 64: members of whom the datagram under way tells what we hold */
    bool in_answer; /* the records being merged answer our exchange */
    bool told_all;  /* the records being merged are known to all who could hear them from us */
    struct hs_heap timers;
    struct hearsay_stats stats;

    struct hs_table table;
    struct hs_dedup dedup;
    struct hs_outbox outbox;
    struct hs_events events;
    struct hs_trail trail;

    uint32_t self;           /* our own slot */
    uint64_t heard_stamp;    /* greatest stamp of our name, ours included (R2) */
    uint64_t stranger_nonce; /* in joins that answer a challenge to something other than a join */

    struct hs_timer period, burst, reap, rejoin, leave, ring_rest;
    uint64_t last_burst;
    struct hs_intents intents;
    struct hs_carriage *carriages;               /* a ring of HS_CARRIAGES_MAX */
    uint64_t carriage_created[HS_CARRIAGES_MAX]; /* the datagrams' creation times; 0: none */
    uint32_t carriage_next;

    struct hs_probe *probes; /* HS_PROBES_MAX */
    uint16_t *probe_order;   /* places in probes: first the active ones, then the free ones */
    uint32_t probes_active;
    struct hs_suspicion_chunk *suspicion_chunks;
    uint32_t suspicions_made;            /* each has a place in the heap of timers */
    struct hs_suspicion *free_suspicion; /* the list of those not in use */
    struct hs_health health;

    struct hs_contact contacts[HS_CONTACTS_MAX];
    struct hs_contest contests[HS_CONTESTS_MAX];
    bool joined; /* an attempt to join has succeeded, or somebody has joined through us */

    struct hs_sync sync;
    struct hs_serve *serves; /* HS_SERVES_MAX */

    enum hs_leave_state leaving;
    uint64_t leave_until; /* boot time: the goodbye has waited long enough */
    uint32_t goodbye_acks[HS_LEAVE_ACKS];
    uint32_t goodbye_count;

    struct hearsay_ring *ring;
    uint64_t ring_version;
    uint64_t ring_made_at;        /* boot time */
    struct hs_ring_making making; /* the next one */
    bool ring_stale;
    bool ring_anew;     /* the old one has members that the table has not: nothing to be changed */
    uint64_t full_said; /* boot time of the last FULL event */
};

#endif
