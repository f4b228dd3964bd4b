/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol as a value: a node that is fed time and datagrams and asked for datagrams and
 * events. It has no socket, no clock, no thread and no callback, so one implementation serves the
 * agent, the simulator and any program's own event loop.
 *
 * A loop around a node does this, in this order (R21: what has arrived is read before any timeout
 * is acted on):
 *
 *     wait until a datagram arrives or hearsay_node_deadline() has come
 *     hearsay_node_receive()     for every datagram that waits
 *     hearsay_node_unreachable() for every ICMP error that waits
 *     hearsay_node_tick()        if the deadline has passed
 *     hearsay_node_transmit()    until it returns 0, sending what it makes
 *     hearsay_node_next_event()  until it returns false
 *
 * Time: every call takes `now`, one instant of two clocks. `boot` must never go back and should
 * count while the machine sleeps (CLOCK_BOOTTIME); `wall` (CLOCK_REALTIME) may jump: it is only
 * used to stamp this node's own record and its datagrams (R2).
 *
 * Threads: a node belongs to one thread at a time. Different nodes are independent.
 *
 * Functions that fill a struct which may grow have a twin that takes the caller's size of it, and
 * are inline: the size is the one that the program was compiled with (docs/abi.md).
 */
#ifndef HEARSAY_NODE_H
#define HEARSAY_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/event.h>
#include <hearsay/member.h>
#include <hearsay/now.h>
#include <hearsay/ring.h>
#include <hearsay/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hearsay_node;

#define HEARSAY_NEVER UINT64_MAX

/* Makes a node. The config is copied, its strings included. Errors: INVALID (see
 * hearsay_config_check), NOMEM. Its first events are its own `member` and, with a ring, `ring`. */
int hearsay_node_new(struct hearsay_node **ret_node, const struct hearsay_config *config,
                     struct hearsay_now now);

/* Frees a node and all it owns; rings that others hold a reference to stay. NULL is a no-op. Says
 * nothing to anybody: hearsay_node_leave is how one says goodbye. */
void hearsay_node_free(struct hearsay_node *node);

/* Feeds one datagram that came from `from`. `bytes` is decoded in place and its contents are
 * unspecified afterwards. Bad input is counted and dropped (stats.h). */
void hearsay_node_receive(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *from, void *bytes, size_t len);

/* What an ICMP error said. Only a closed port is evidence, and only when the quoted bytes hold the
 * head of a datagram that is outstanding; the others change nothing (R17). */
enum hearsay_unreachable {
    HEARSAY_UNREACHABLE_PORT,
    HEARSAY_UNREACHABLE_HOST, /* host, network or by filter */
};

/* Feeds one ICMP error about a datagram to `to`, with as much of our payload as it quotes. */
void hearsay_node_unreachable(struct hearsay_node *node, struct hearsay_now now,
                              const struct hearsay_addr *to, enum hearsay_unreachable what,
                              const void *quoted, size_t len);

/* The boot time at which hearsay_node_tick wants to be called; HEARSAY_NEVER when nothing waits.
 * O(1). */
uint64_t hearsay_node_deadline(const struct hearsay_node *node);

/* Does what is due. Calling it early does nothing. */
void hearsay_node_tick(struct hearsay_node *node, struct hearsay_now now);

/* Makes the next datagram that waits to be sent. Fills *ret_to and `bytes` (room for `room`, at
 * least the config's mtu) and returns the length; returns 0 when nothing waits or room is too
 * small. *ret_ticket names the datagram for hearsay_node_sent. */
size_t hearsay_node_transmit(struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_addr *ret_to, uint64_t *ret_ticket, void *bytes,
                             size_t room);

/* Tells what became of a datagram: 0 when the socket took it, HEARSAY_ERR_UNSENT when it did not
 * (full buffer, no route). An unsent datagram is no evidence against anybody, and the rumors in it
 * do not count as sent. Calls for datagrams that were sent may be left out. */
void hearsay_node_sent(struct hearsay_node *node, struct hearsay_now now, uint64_t ticket,
                       int result);

/* Takes the oldest event. Returns false when there is none. Ring changes since the last call become
 * one new ring and one event, when all others are taken (R30). A ring of more than 131,072 tokens
 * is made in steps of well below a millisecond, one a call: meanwhile the call returns false, and
 * hearsay_node_deadline is due at once, so that a loop comes back. Such a ring rests between
 * changes for a microsecond a token. */
bool hearsay_node_next_event_sized(struct hearsay_node *node, struct hearsay_now now,
                                   struct hearsay_event *ret_event, size_t size);
static inline bool hearsay_node_next_event(struct hearsay_node *node, struct hearsay_now now,
                                           struct hearsay_event *ret_event)
{
    return hearsay_node_next_event_sized(node, now, ret_event, sizeof(*ret_event));
}

/* Goes on with a large ring for about `units` more (see HEARSAY_RING_UNITS in ring.h), for an owner
 * that has time for more than the one step of hearsay_node_next_event; SIZE_MAX makes it to its
 * end. Returns whether more is to be done. What is ready comes with hearsay_node_next_event: until
 * then hearsay_node_ring is the old one. */
bool hearsay_node_ring_step(struct hearsay_node *node, struct hearsay_now now, size_t units);

/* How many events wait. To take that many and no more between two datagrams keeps the queue from
 * overflowing while a socket is drained, and makes no ring. */
size_t hearsay_node_events(const struct hearsay_node *node);

/* Tries to join through an address, and remembers it as a seed (R25, R26). The attempt ends with a
 * JOIN event. Calling it again for the same address begins another attempt unless one is under way.
 * Errors: FULL (the bound of contacts), INVALID, STOPPED. */
int hearsay_node_join(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr);

/* Says goodbye; ends with a LEFT event within leave_timeout (R23). Keep the loop running until
 * then. Calling it twice is no error. */
int hearsay_node_leave(struct hearsay_node *node, struct hearsay_now now);

/* Declares a suspect or dead member dead by an operator's word. With `prune` it also leaves the
 * member list at once, everywhere. Errors: NOTFOUND, ALIVE (an alive member cannot be forced out;
 * nor can this node itself), STOPPED. */
int hearsay_node_force_leave(struct hearsay_node *node, struct hearsay_now now, const char *name,
                             bool prune);

/* Replaces this node's tags and tells everyone. Errors: INVALID, TOOBIG, NOMEM, STOPPED. */
int hearsay_node_set_tags(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_tag *tags, size_t count);

/* Walks all members, hidden tombstones included, in no useful order. Set *cursor to 0 before the
 * first call; returns false at the end. */
bool hearsay_node_next_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                                    uint32_t *cursor, struct hearsay_member *ret_member,
                                    size_t size);
static inline bool hearsay_node_next_member(const struct hearsay_node *node, struct hearsay_now now,
                                            uint32_t *cursor, struct hearsay_member *ret_member)
{
    return hearsay_node_next_member_sized(node, now, cursor, ret_member, sizeof(*ret_member));
}

/* One member by name. Returns 0 or NOTFOUND. */
int hearsay_node_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                              const char *name, struct hearsay_member *ret_member, size_t size);
static inline int hearsay_node_member(const struct hearsay_node *node, struct hearsay_now now,
                                      const char *name, struct hearsay_member *ret_member)
{
    return hearsay_node_member_sized(node, now, name, ret_member, sizeof(*ret_member));
}

/* This node's own record. */
void hearsay_node_self_sized(const struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_member *ret_member, size_t size);
static inline void hearsay_node_self(const struct hearsay_node *node, struct hearsay_now now,
                                     struct hearsay_member *ret_member)
{
    hearsay_node_self_sized(node, now, ret_member, sizeof(*ret_member));
}

/* The ring as of the last RING event. The pointer is borrowed: it is good until
 * hearsay_node_next_event gives the next RING event, or until hearsay_node_free; take a reference
 * to keep it for longer. NULL without ring, and before the first RING event. */
const struct hearsay_ring *hearsay_node_ring(const struct hearsay_node *node);
uint64_t hearsay_node_ring_version(const struct hearsay_node *node);

/* The counters, and some values of now. */
void hearsay_node_stats_sized(const struct hearsay_node *node, struct hearsay_stats *ret_stats,
                              size_t size);
static inline void hearsay_node_stats(const struct hearsay_node *node,
                                      struct hearsay_stats *ret_stats)
{
    hearsay_node_stats_sized(node, ret_stats, sizeof(*ret_stats));
}

/* One step on the way to a verdict, for "why?". */
#define HEARSAY_STEPS(X)                                                                           \
    X(PROBE_FAILED, "probe-failed") /* actor: we; result: silent or refused; tries made */         \
    X(PROBE_VOID, "probe-void")     /* our evidence was too weak to accuse */                      \
    X(ASKED, "asked")               /* actor: the helper that we asked to probe */                 \
    X(REACHED, "reached")           /* actor: who reached it; rtt when it was we */                \
    X(NACKED, "nacked")             /* actor: the helper that did not reach it; result */          \
    X(ACCUSED, "accused")           /* actor: the accuser; result */                               \
    X(DECLARED, "declared")         /* dead; actor: who said so; result failed, left or forced */  \
    X(REFUTED, "refuted")           /* the subject's newer record came; actor: who brought it */   \
    X(JOINED, "joined")             /* taken in; actor: who brought it */

enum hearsay_step {
#define HEARSAY_STEP_ENUM(name, text) HEARSAY_STEP_##name,
    HEARSAY_STEPS(HEARSAY_STEP_ENUM)
#undef HEARSAY_STEP_ENUM
};

struct hearsay_history_step {
    struct hearsay_now when;
    enum hearsay_step step;
    enum hearsay_reason result; /* NONE where the step has none */
    char actor[HEARSAY_NAME_MAX + 1];
    uint32_t tries;
    uint32_t rtt_us;
    uint64_t timestamp; /* of the record that it led to; 0 if none */
};

/* What is remembered about a member's verdicts, oldest first. Writes at most `room` entries, the
 * newest ones, and returns how many it wrote. The memory is shared by all members and bounded. */
size_t hearsay_node_history_sized(const struct hearsay_node *node, const char *name,
                                  struct hearsay_history_step *ret_steps, size_t size, size_t room);
static inline size_t hearsay_node_history(const struct hearsay_node *node, const char *name,
                                          struct hearsay_history_step *ret_steps, size_t room)
{
    return hearsay_node_history_sized(node, name, ret_steps, sizeof(*ret_steps), room);
}

/* "probe-failed", …; never NULL. */
const char *hearsay_step_name(enum hearsay_step step);

#ifdef __cplusplus
}
#endif
#endif
