/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One real node on a bench, fed by hand with datagrams that the codec encodes as if they came from
 * peers which do not exist. What the node sends is decoded as its receiver would. Tests of single
 * rules are written on it; pair.h has several real nodes.
 */
#ifndef HS_TESTS_RIG_H
#define HS_TESTS_RIG_H

#include "harness.h"

#include <hearsay/error.h>
#include <hearsay/node.h>

#include "base/memory.h"
#include "node/impl.h"

#define RIG_SECOND UINT64_C(1000000)
#define RIG_BOOT   (1000 * RIG_SECOND)
#define RIG_WALL   (UINT64_C(1772323200) * RIG_SECOND) /* 2026-03-01 */
#define RIG_PEERS  16

/* ---- memory that counts, and fails when told to ------------------------------------------ */

struct rig_memory {
    size_t calls; /* of resize */
    size_t live;  /* blocks not released */
    size_t fail;  /* the calls to come until one fails, this one included; 0: none */
    bool failed;
};

struct hearsay_allocator rig_allocator(struct rig_memory *memory);

/* ---- peers ------------------------------------------------------------------------------- */

/* Somebody that the node may know: a name, an address and a record. */
struct rig_peer {
    char name[HEARSAY_NAME_MAX + 1];
    struct hs_wire wire;
    struct hs_blob blob;
    uint8_t bytes[HS_BLOB_MAX];
    size_t len;
    uint64_t timestamp;
    uint64_t created; /* of its last datagram */
    bool answers;     /* acks every gossip that rig_run carries to it */
};

struct hearsay_addr rig_addr(unsigned last);

/* A peer at 10.0.0.`last`; its instance is `instance`. */
void rig_peer_init(struct rig_peer *peer, const char *name, unsigned last, uint64_t instance);
uint64_t rig_peer_id(const struct rig_peer *peer);

/* Its record with this status and timestamp; dead ones have failed. */
struct hs_rumor rig_rumor(const struct rig_peer *peer, enum hearsay_status status,
                          uint64_t timestamp);

/* ---- the rig ----------------------------------------------------------------------------- */

struct rig {
    struct hearsay_node *node;
    struct hearsay_config config;
    struct hearsay_now now;
    struct rig_memory memory;
    struct rig_peer peers[RIG_PEERS];
    unsigned peer_count;
    bool no_help; /* peers leave probe-requests unanswered */
};

/* A datagram of the node, decoded for its receiver. */
struct rig_out {
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len;
    bool decoded;
    struct hs_message message;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

/* Fills in config, allocator and clock; rig_start makes the node, "n1" at 10.0.0.1. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_fini(struct rig *rig); /* also asserts that all memory is released */

/* A peer that the node knows as alive and whose address is proven: 10.0.0.(11 + place). */
struct rig_peer *rig_meet(struct rig *rig, const char *name);
/* Meets `count` peers, "p0", "p1", …, that answer. */
void rig_meet_some(struct rig *rig, unsigned count);
/* A peer of which the node knows nothing. */
struct rig_peer *rig_stranger(struct rig *rig, const char *name);

/* Sends a message with rumors from a peer's address; returns the datagram's length. */
size_t rig_send(struct rig *rig, struct rig_peer *peer, struct hs_message message,
                const struct hs_rumor *rumors, size_t count);
/* The same as bytes, for tests that alter, repeat or redirect them. */
size_t rig_encode(struct rig *rig, struct rig_peer *peer, struct hs_message message,
                  const struct hs_rumor *rumors, size_t count, uint8_t *bytes);
/* A gossip with one rumor. */
void rig_tell(struct rig *rig, struct rig_peer *peer, const struct hs_rumor *rumor);

/* The next datagram; false when none waits. */
bool rig_next(struct rig *rig, struct rig_out *ret_out);
/* The next one of this kind, throwing others away. */
bool rig_expect(struct rig *rig, enum hearsay_kind kind, struct rig_out *ret_out);
/* The next one of this kind to this peer. */
bool rig_expect_to(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer,
                   struct rig_out *ret_out);
/* Throws away all that waits; returns how many there were. */
size_t rig_drain(struct rig *rig);
/* True with the rumor when the datagram carries one about the member with this id. */
bool rig_carries(const struct rig_out *out, uint64_t id, struct hs_rumor *ret_rumor);

/* Lets time pass; peers with `answers` ack, all else is thrown away. */
void rig_run(struct rig *rig, uint64_t span);
/* Lets time pass as rig_run does, until a datagram of this kind to this peer (NULL: to anyone) is
 * made; false after `span`. */
bool rig_wait(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer, uint64_t span,
              struct rig_out *ret_out);
/* Lets time pass without taking anything that the node wants to send. */
void rig_tick(struct rig *rig, uint64_t span);

/* The next event of this kind, throwing others away. */
bool rig_event(struct rig *rig, enum hearsay_event_kind kind, struct hearsay_event *ret_event);
/* The next member event about this name with this `to`. */
bool rig_event_to(struct rig *rig, const char *name, enum hearsay_status to,
                  struct hearsay_event *ret_event);
void rig_forget_events(struct rig *rig);

struct hearsay_stats rig_stats(const struct rig *rig);
uint64_t rig_drops(const struct rig *rig, enum hearsay_drop reason);
/* The node's member of this name, or one with status NONE. */
struct hearsay_member rig_member(const struct rig *rig, const char *name);
/* Its slot; fails the test when it is not there. */
uint32_t rig_slot(const struct rig *rig, const struct rig_peer *peer);
/* Microseconds until an armed timer of the node fires. */
uint64_t rig_left(const struct rig *rig, const struct hs_timer *timer);

#endif
