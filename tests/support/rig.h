/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One real node under test. Its peers do not exist: the test uses the codec to make their
 * datagrams, and decodes what the node sends as its receiver would. Tests of single rules use it.
 * pair.h has several real nodes.
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
    size_t fail;  /* which of the next calls fails, from 1; 0: none */
    bool failed;
};

struct hearsay_allocator rig_allocator(struct rig_memory *memory);

/* ---- peers ------------------------------------------------------------------------------- */

/* A peer that the node may know: a name, an address and a record. */
struct rig_peer {
    char name[HEARSAY_NAME_MAX + 1];
    struct hs_wire wire;
    struct hs_blob blob;
    uint8_t bytes[HS_BLOB_MAX];
    size_t len;
    uint64_t timestamp;
    uint64_t created; /* of its last datagram */
    bool answers;     /* acks every gossip that rig_run delivers to it */
};

struct hearsay_addr rig_addr(unsigned last);

/* A peer at 10.0.0.`last`; its instance is `instance`. */
void rig_peer_init(struct rig_peer *peer, const char *name, unsigned last, uint64_t instance);
uint64_t rig_peer_id(const struct rig_peer *peer);

/* Its record with this status and timestamp; dead means failed. */
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
/* Takes the next one of this kind and drops others. */
bool rig_expect(struct rig *rig, enum hearsay_kind kind, struct rig_out *ret_out);
/* The next one of this kind to this peer. */
bool rig_expect_to(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer,
                   struct rig_out *ret_out);
/* Drops all datagrams that wait. Returns how many there were. */
size_t rig_drain(struct rig *rig);
/* Returns true with the rumor if the datagram has one about the member with this id. */
bool rig_carries(const struct rig_out *out, uint64_t id, struct hs_rumor *ret_rumor);

/* Lets time pass. Peers with `answers` ack; all other datagrams are dropped. */
void rig_run(struct rig *rig, uint64_t span);
/* Lets time pass as rig_run does, until a datagram of this kind to this peer (NULL: to anyone) is
 * made; false after `span`. */
bool rig_wait(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer, uint64_t span,
              struct rig_out *ret_out);
/* Lets time pass without taking anything that the node wants to send. */
void rig_tick(struct rig *rig, uint64_t span);

/* Takes the next event of this kind and drops others. */
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
