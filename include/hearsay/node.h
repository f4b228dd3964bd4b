/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node runs the protocol. The caller feeds it the time and the datagrams that arrive, and asks it
 * for datagrams to send and for events. It has no socket, clock or thread and makes no callback
 * except the optional trace hook. So one implementation serves the agent, the simulator and the
 * event loop of any program.
 *
 * A loop around a node makes these calls in this order, so that what has arrived is read before any
 * timeout is acted on (R21: drain first):
 *
 *     wait until a datagram arrives or hearsay_node_deadline() has come
 *     hearsay_node_receive()     for every datagram that waits
 *     hearsay_node_unreachable() for every ICMP error that waits
 *     hearsay_node_tick()        if the deadline has passed
 *     hearsay_node_transmit()    until it returns 0, sending what it makes
 *     hearsay_node_next_event()  until it returns false
 *
 * Time: calls take `now`, the same instant on two clocks. `boot` must never go back and should
 * count while the machine sleeps (CLOCK_BOOTTIME). `wall` (CLOCK_REALTIME) may jump. It is used
 * only for the timestamps of this node's own record and of its datagrams (R2: timestamp).
 *
 * Threads: a node may be used by one thread at a time. Different nodes are independent.
 *
 * Some functions fill in a struct that later releases may enlarge. Such a function is inline and
 * calls a `_sized` function with the size that the program was compiled with (docs/abi.md).
 * Programs call the inline one.
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

/* Makes a node. The config and its strings are copied. The caller frees the node with
 * hearsay_node_free. The first events of a node are MEMBER for itself and, if it keeps a ring,
 * RING. Errors: INVALID (see hearsay_config_check), NOMEM. */
int hearsay_node_new(struct hearsay_node **ret_node, const struct hearsay_config *config,
                     struct hearsay_now now);

/* Frees a node and all that it owns. Rings to which others hold a reference stay. NULL is a no-op.
 * Other members are not told: to leave the cluster, call hearsay_node_leave first and wait for
 * LEFT. */
void hearsay_node_free(struct hearsay_node *node);

/* Feeds one datagram that came from `from`. It is decoded in place, and the contents of `bytes` are
 * unspecified afterwards. Bad input is dropped and counted (hearsay/stats.h). */
void hearsay_node_receive(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *from, void *bytes, size_t len);

/* What an ICMP error reports. Only a closed port is evidence, and only if the quoted bytes hold the
 * head of a datagram that waits for an answer. All other errors change nothing (R17: closed
 * ports). */
enum hearsay_unreachable {
    HEARSAY_UNREACHABLE_PORT,
    HEARSAY_UNREACHABLE_HOST, /* host, network or by filter */
};

/* Feeds one ICMP error about a datagram that was sent to `to`. `quoted` is the part of our payload
 * that the error quotes, `len` bytes. It is borrowed for the call. */
void hearsay_node_unreachable(struct hearsay_node *node, struct hearsay_now now,
                              const struct hearsay_addr *to, enum hearsay_unreachable what,
                              const void *quoted, size_t len);

/* The boot time at which hearsay_node_tick must be called, in microseconds, or HEARSAY_NEVER if
 * nothing waits. O(1). */
uint64_t hearsay_node_deadline(const struct hearsay_node *node);

/* Handles all timers that are due. A call before the deadline does nothing. */
void hearsay_node_tick(struct hearsay_node *node, struct hearsay_now now);

/* Makes the next datagram that waits to be sent. Writes it to `bytes`, its receiver to *ret_to and
 * its ticket for hearsay_node_sent to *ret_ticket, and returns its length in bytes. `room` is the
 * size of `bytes` and must be at least the mtu of the config. Returns 0 if nothing waits or `room`
 * is too small. */
size_t hearsay_node_transmit(struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_addr *ret_to, uint64_t *ret_ticket, void *bytes,
                             size_t room);

/* Reports what became of a datagram: `result` is 0 if the socket took it, HEARSAY_ERR_UNSENT if it
 * did not (full buffer, no route). An unsent datagram is not evidence against any member, and the
 * rumors in it do not count as sent. The call may be left out for a datagram that was sent. */
void hearsay_node_sent(struct hearsay_node *node, struct hearsay_now now, uint64_t ticket,
                       int result);

/* Takes the oldest event. Returns false if there is none. When all other events are taken, the ring
 * changes since the last call become one new ring and one RING event (R30: ring change). A ring of
 * more than 131,072 tokens is made in steps of well below one millisecond, one step per call. Until
 * it is ready the call returns false and hearsay_node_deadline is already due, so that a loop comes
 * back. After such a ring, further changes are batched for one microsecond per token. Changes wait
 * for ring_settle of the config, if it is not 0 (R62: ring hold). */
bool hearsay_node_next_event_sized(struct hearsay_node *node, struct hearsay_now now,
                                   struct hearsay_event *ret_event, size_t size);
static inline bool hearsay_node_next_event(struct hearsay_node *node, struct hearsay_now now,
                                           struct hearsay_event *ret_event)
{
    return hearsay_node_next_event_sized(node, now, ret_event, sizeof(*ret_event));
}

/* Continues a large ring for about `units` units of work (see HEARSAY_RING_UNITS in
 * hearsay/ring.h). It is for an owner that has time for more than the one step of
 * hearsay_node_next_event. SIZE_MAX finishes the ring. Returns true if there is more to do.
 * hearsay_node_next_event delivers the finished ring. Until then hearsay_node_ring returns the old
 * one. */
bool hearsay_node_ring_step(struct hearsay_node *node, struct hearsay_now now, size_t units);

/* How many events wait. An owner can take that many between two datagrams while it drains a socket.
 * This keeps the event queue from overflowing and does not start a new ring. */
size_t hearsay_node_events(const struct hearsay_node *node);

/* Replaces cipher, keys and mode (R33: keys, R35: switching on). NULL and HEARSAY_SEAL_OFF: none.
 * The new ones are used from now on, and the old context may be freed after the call. Others hear
 * which keys this node has a little later: all nodes may be given new keys at the same moment, so
 * the record is told at a moment drawn at random within 10 ms for each member, at most 10 s.
 * Errors: INVALID (see hearsay_config_check); then nothing has changed. */
int hearsay_node_set_cipher(struct hearsay_node *node, struct hearsay_now now,
                            const struct hearsay_cipher *cipher, const void *context,
                            enum hearsay_seal_mode mode);

/* Replaces ring_hold and ring_settle of the config (R62: ring hold). Members that died within a
 * longer ring_hold come back into the ring, as they are in the ring of a node that starts with it.
 * Others hear of the settings as they do of other keys. Errors: INVALID (see hearsay_config_check);
 * then nothing has changed. */
int hearsay_node_set_ring_timing(struct hearsay_node *node, struct hearsay_now now, uint64_t hold,
                                 uint64_t settle);

/* Walks the alive and suspect members whose ring_hold or ring_settle, rounded down to milliseconds,
 * differ from this node's: their rings differ from its ring now and then. Use it as
 * hearsay_node_next_member. */
bool hearsay_node_next_other_timing_sized(const struct hearsay_node *node, struct hearsay_now now,
                                          uint32_t *cursor, struct hearsay_member *ret_member,
                                          size_t size);
static inline bool hearsay_node_next_other_timing(const struct hearsay_node *node,
                                                  struct hearsay_now now, uint32_t *cursor,
                                                  struct hearsay_member *ret_member)
{
    return hearsay_node_next_other_timing_sized(node, now, cursor, ret_member, sizeof(*ret_member));
}

/* How many datagrams and records were dropped so far, whatever the reason. It costs less than the
 * counters: an owner that reports drops need not look at those while this stays the same. */
uint64_t hearsay_node_drops(const struct hearsay_node *node);

/* How many addresses to join through may still answer: all that the node knows but its own, and but
 * those that were silent for a whole attempt of three tries (R40: worth of an answer). */
uint32_t hearsay_node_contacts_open(const struct hearsay_node *node);

/* Tries to join through an address, and remembers it as a seed (R25: joining; R26: rejoining). The
 * call means whoever answers there, so it also makes one cluster of two. The attempt ends with a
 * JOIN event. Another call for the same address begins a new attempt unless one is under way.
 * Errors: FULL (too many contacts), INVALID, STOPPED. */
int hearsay_node_join(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr);

/* The same, but the address is not remembered. It is for an owner that looks up a name again and
 * again, so that addresses which the name has lost are not called for ever. */
int hearsay_node_join_once(struct hearsay_node *node, struct hearsay_now now,
                           const struct hearsay_addr *addr);

/* The same for a seed that is tried now and then without anybody asking for it. Until somebody is
 * known to have had the address it means whoever answers, from then on that member: if somebody
 * else answers, the attempt ends with the result FOREIGN (R26: who is meant). The address is
 * remembered, or not. Errors as above. */
int hearsay_node_seed(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr);
int hearsay_node_seed_once(struct hearsay_node *node, struct hearsay_now now,
                           const struct hearsay_addr *addr);

/* An address at which a member was, and which member that was (R26: who is meant). */
struct hearsay_contact {
    struct hearsay_addr addr;
    uint32_t age_s;     /* since that member was last known to be alive, seconds */
    uint64_t name_hash; /* XXH3-64 of its name, as hearsay_ring_hash gives it */
    uint64_t id;        /* of its process, as in struct hearsay_member; 0: not known */
    const char *name;   /* terminated, borrowed as in struct hearsay_member; NULL: not known */
};

/* What an owner keeps on disk, so that its next node finds the cluster without seeds (R37: state).
 * Walks the addresses that are worth it: those of present members, with age 0, those of members
 * that have failed, and others that this node calls. One address may come twice. There can be as
 * many as members, so an owner keeps some of the youngest, and with them hearsay_node_founder and
 * hearsay_node_last_timestamp. Use it as hearsay_node_next_member; the cursor stays valid when the
 * node changes. */
bool hearsay_node_next_contact_sized(const struct hearsay_node *node, struct hearsay_now now,
                                     uint32_t *cursor, struct hearsay_contact *ret_contact,
                                     size_t size);
static inline bool hearsay_node_next_contact(const struct hearsay_node *node,
                                             struct hearsay_now now, uint32_t *cursor,
                                             struct hearsay_contact *ret_contact)
{
    return hearsay_node_next_contact_sized(node, now, cursor, ret_contact, sizeof(*ret_contact));
}

/* The founder of this node's cluster, by which its members recognise each other (R26: who is
 * meant). Returns 0, or HEARSAY_ERR_NOTFOUND as long as this node has met nobody. */
int hearsay_node_founder_sized(const struct hearsay_node *node, struct hearsay_contact *ret_founder,
                               size_t size);
static inline int hearsay_node_founder(const struct hearsay_node *node,
                                       struct hearsay_contact *ret_founder)
{
    return hearsay_node_founder_sized(node, ret_founder, sizeof(*ret_founder));
}

/* The greatest timestamp that this node's name is known to have used, for `last_timestamp` of the
 * next node's config. 0 if it lies too far ahead of `now` to be believed (R6: future). */
uint64_t hearsay_node_last_timestamp(const struct hearsay_node *node, struct hearsay_now now);

/* Gives the node what an earlier one has left behind, before anything else is asked of it: the
 * founder and then contacts, of which `name` is not used. They are called only after
 * hearsay_node_recall, or when the node has joined; each means the member that was there. An
 * address that hearsay_node_join or hearsay_node_seed names is no longer one of them. Errors: FULL
 * (48 are enough), INVALID. */
int hearsay_node_remember_founder_sized(struct hearsay_node *node,
                                        const struct hearsay_contact *founder, size_t size);
static inline int hearsay_node_remember_founder(struct hearsay_node *node,
                                                const struct hearsay_contact *founder)
{
    return hearsay_node_remember_founder_sized(node, founder, sizeof(*founder));
}
int hearsay_node_remember_sized(struct hearsay_node *node, struct hearsay_now now,
                                const struct hearsay_contact *contact, size_t size);
static inline int hearsay_node_remember(struct hearsay_node *node, struct hearsay_now now,
                                        const struct hearsay_contact *contact)
{
    return hearsay_node_remember_sized(node, now, contact, sizeof(*contact));
}

/* Calls the remembered contacts, four at a time, until one has let this node in or each has been
 * called. Call it when all seeds have failed, or at once if there are none. */
void hearsay_node_recall(struct hearsay_node *node, struct hearsay_now now);

/* Forgets remembered contacts and their founder, and the addresses of failed members whose
 * tombstones are gone, so that they are called no more. */
void hearsay_node_forget(struct hearsay_node *node, struct hearsay_now now);

/* Leaves the cluster: tells the other members, and ends with a LEFT event within leave_timeout
 * (R23: leaving). Keep the loop running until then. A second call is not an error. */
int hearsay_node_leave(struct hearsay_node *node, struct hearsay_now now);

/* Declares a suspect or dead member dead because an operator says so. With `prune` the member also
 * disappears from the member list at once, on all members. Errors: NOTFOUND, ALIVE (neither an
 * alive member nor this node itself can be forced out), STOPPED. */
int hearsay_node_force_leave(struct hearsay_node *node, struct hearsay_now now, const char *name,
                             bool prune);

/* Replaces all tags of this node and tells the cluster. The tags are copied. Errors: INVALID,
 * TOOBIG, NOMEM, STOPPED. */
int hearsay_node_set_tags(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_tag *tags, size_t count);

/* Changes the number of this node's tokens, and so its share of the ring, and tells the cluster.
 * With 0 it owns no keys (drained) and stays a member. Errors: INVALID, NOMEM, STOPPED. */
int hearsay_node_set_tokens(struct hearsay_node *node, struct hearsay_now now, uint32_t tokens);

/* Advertises another address from now on: this node has moved, or its address has changed (R38:
 * advertised address). The cluster is told by a newer record, and other members prove the address
 * again. If it is the address that is advertised already, nothing is told. Errors: INVALID (see
 * hearsay_addr_fault; its port is 0), NOMEM, STOPPED. */
int hearsay_node_set_addr(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *addr);

/* Walks all members, hidden tombstones included, in no particular order. Set *cursor to 0 before
 * the first call. Returns true with the next member, or false at the end. */
bool hearsay_node_next_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                                    uint32_t *cursor, struct hearsay_member *ret_member,
                                    size_t size);
static inline bool hearsay_node_next_member(const struct hearsay_node *node, struct hearsay_now now,
                                            uint32_t *cursor, struct hearsay_member *ret_member)
{
    return hearsay_node_next_member_sized(node, now, cursor, ret_member, sizeof(*ret_member));
}

/* Finds one member by name. Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hearsay_node_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                              const char *name, struct hearsay_member *ret_member, size_t size);
static inline int hearsay_node_member(const struct hearsay_node *node, struct hearsay_now now,
                                      const char *name, struct hearsay_member *ret_member)
{
    return hearsay_node_member_sized(node, now, name, ret_member, sizeof(*ret_member));
}

/* Fills in this node's own record. */
void hearsay_node_self_sized(const struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_member *ret_member, size_t size);
static inline void hearsay_node_self(const struct hearsay_node *node, struct hearsay_now now,
                                     struct hearsay_member *ret_member)
{
    hearsay_node_self_sized(node, now, ret_member, sizeof(*ret_member));
}

/* Last words (R60) are datagrams that say of this node itself that it is dead. Who outlives the
 * node sends them, and the others need not find out: another process, which notices that this one
 * has ended, and has what is in a memory that both share. The node makes them in advance, for those
 * of its peers that acked last and are alive and at proven addresses: `index` is 0 for the latest,
 * and at most HEARSAY_LAST_WORDS_MAX - 1. Writes one to `bytes` and its receiver to *ret_to, and
 * returns its length in bytes. `room` is as in hearsay_node_transmit. Returns 0 if there is no such
 * peer, `room` is too small, or the node has not joined. A node that leaves makes its goodbye.
 *
 * They must be sent only when the node's process has ended, by the node's own socket, and are worth
 * something only if they are up to date: make them again, all of them, whenever
 * hearsay_node_last_words_version has another value, before anything that hearsay_node_transmit
 * gives is sent. It changes once a period, with each change of this node's own record or keys, and
 * when one of the first peers has acked.
 * What was made and never sent is of no use to anybody; no two are equal. A member that lives
 * refutes them as it refutes any other death. */
#define HEARSAY_LAST_WORDS_MAX 8
size_t hearsay_node_last_words(struct hearsay_node *node, struct hearsay_now now, unsigned index,
                               struct hearsay_addr *ret_to, void *bytes, size_t room);
uint64_t hearsay_node_last_words_version(const struct hearsay_node *node);

/* The ring of the last RING event, or NULL if the node keeps no ring or there was no RING event
 * yet. The pointer is borrowed. It is valid until hearsay_node_next_event returns the next RING
 * event, or until hearsay_node_free. Take a reference (hearsay_ring_ref) to keep the ring longer.
 * hearsay_node_ring_version is the ring_version of the same event. */
const struct hearsay_ring *hearsay_node_ring(const struct hearsay_node *node);
uint64_t hearsay_node_ring_version(const struct hearsay_node *node);

/* Fills in the counters and the present values (hearsay/stats.h). */
void hearsay_node_stats_sized(const struct hearsay_node *node, struct hearsay_stats *ret_stats,
                              size_t size);
static inline void hearsay_node_stats(const struct hearsay_node *node,
                                      struct hearsay_stats *ret_stats)
{
    hearsay_node_stats_sized(node, ret_stats, sizeof(*ret_stats));
}

/* One step in the history of a member: what led to its present status. `hearsay why` shows them. */
#define HEARSAY_STEPS(X)                                                                           \
    X(PROBE_FAILED, "probe-failed") /* actor: this node; result: silent or refused; tries */       \
    X(PROBE_VOID, "probe-void")     /* our evidence was too weak to suspect */                     \
    X(ASKED, "asked")               /* actor: the helper that we asked to probe it */              \
    X(REACHED, "reached")           /* actor: the node that reached it; rtt if we did */           \
    X(NACKED, "nacked")             /* actor: the helper that did not reach it; result */          \
    X(ACCUSED, "accused")           /* actor: the accuser; result */                               \
    X(DECLARED, "declared")         /* dead; actor: who said so, itself if ended; result */        \
    X(REFUTED, "refuted")           /* its own newer record arrived; actor: who sent it */         \
    X(JOINED, "joined")             /* added to the view; actor: who sent the record */

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
    uint64_t timestamp; /* of the record that the step led to; 0: none */
};

/* The history of a member, oldest step first. Writes at most `room` steps, the newest ones, and
 * returns how many it wrote. The memory for steps is bounded and shared by all members, so old
 * steps are overwritten. */
size_t hearsay_node_history_sized(const struct hearsay_node *node, const char *name,
                                  struct hearsay_history_step *ret_steps, size_t size, size_t room);
static inline size_t hearsay_node_history(const struct hearsay_node *node, const char *name,
                                          struct hearsay_history_step *ret_steps, size_t room)
{
    return hearsay_node_history_sized(node, name, ret_steps, sizeof(*ret_steps), room);
}

/* "probe-failed", …; never NULL; static storage; safe from any thread. */
const char *hearsay_step_name(enum hearsay_step step);

#ifdef __cplusplus
}
#endif
#endif
