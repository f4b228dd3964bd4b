/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster in one process, in fake time: real nodes, which really encode and decode their
 * datagrams, on a network made of a queue. Nothing happens but by the seed, so the same seed is the
 * same run to the byte, and sim_digest and sim_events_digest prove it.
 *
 * A machine has an address, two clocks and at most one process, the node. A member that restarts
 * elsewhere is another machine that runs a node of the same name; two machines with one name are
 * what a frozen host and its replacement look like.
 *
 * The world is pulled: sim_step makes one thing happen and looks after every invariant; what the
 * nodes said meanwhile is taken with sim_next_event. A broken invariant ends the run: see
 * sim_violation.
 *
 * Times and durations are microseconds. The world's time begins at 0.
 *
 * Threads: none; one world belongs to one thread.
 */
#ifndef HEARSAY_SIM_H
#define HEARSAY_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/event.h>
#include <hearsay/node.h>

#define SIM_MACHINES_MAX  100000u
#define SIM_INBOX_DEFAULT 256u /* datagrams a socket holds while nobody reads it */
#define SIM_PERMILLE      1000u
#define SIM_NOBODY        UINT32_MAX

/* The wall clock of a machine without offset, when the world begins: 2026-06-01 00:00 UTC. */
#define SIM_WALL_START UINT64_C(1780272000000000)

struct sim_world;

/* ---- the network ------------------------------------------------------------------------- */

/* One-way latency by percentile, with straight lines between: 0, 50, 90, 99, 100. */
#define SIM_LATENCY_POINTS 5
struct sim_latency {
    uint32_t us[SIM_LATENCY_POINTS];
};
extern const struct sim_latency sim_latency_lan; /* 0.1 to 0.5 ms */
extern const struct sim_latency sim_latency_wan; /* 20 to 150 ms */

/* What a path does to datagrams; each permille is drawn for each datagram by itself. */
struct sim_link {
    struct sim_latency latency;
    uint32_t loss;       /* permille that never arrive; SIM_PERMILLE is a cut */
    uint32_t duplicate;  /* permille that arrive twice */
    uint32_t reorder;    /* permille that are held back, */
    uint32_t reorder_us; /* up to this much longer */
    uint32_t corrupt;    /* permille with one byte changed */
    bool refuse;         /* a firewall answers for the receiver: its port is closed (ICMP) */
};

/* The path of all datagrams for which no rule says otherwise. Change it at any time. */
struct sim_link *sim_network(struct sim_world *world);

/* From now on datagrams from each of `from` to each of `to` take this path, one way. The latest
 * rule that fits a datagram counts. Returns 0 or HEARSAY_ERR_NOMEM. */
int sim_rule(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
             size_t to_count, const struct sim_link *link);

/* A rule that loses everything. */
int sim_cut(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
            size_t to_count);

/* Forgets all rules. */
void sim_heal(struct sim_world *world);

/* What ails one machine's own connection, whoever is at the other end; on top of the link's. */
struct sim_ailment {
    uint32_t loss_in, loss_out; /* permille */
    uint32_t delay_us;          /* each way, up to this much longer */
};
struct sim_ailment *sim_ailment(struct sim_world *world, uint32_t machine);

/* Delivers bytes to a machine at once, as if another had sent them. */
void sim_inject(struct sim_world *world, uint32_t from, uint32_t to, const void *bytes, size_t len);

struct sim_traffic {
    uint64_t sent, bytes; /* datagrams that nodes sent, and their payload */
    uint64_t delivered;   /* to a socket, duplicates included */
    uint64_t lost;        /* on the way, or at a silent or missing machine */
    uint64_t overflowed;  /* at a full socket */
    uint64_t refused;     /* at a closed port */
    uint64_t duplicated, corrupted, delayed;
    size_t longest; /* bytes of the longest datagram */
};
const struct sim_traffic *sim_traffic(const struct sim_world *world);

/* ---- the world --------------------------------------------------------------------------- */

/* Errors: NOMEM. */
int sim_new(struct sim_world **ret_world, uint64_t seed);
void sim_free(struct sim_world *world);

/* The settings of nodes started from now on: name, address, seed, entropy, allocator, cards and last
 * stamp are the world's business. Begins as the lan profile. Strings and tags must outlive the world. */
struct hearsay_config *sim_config(struct sim_world *world);

uint64_t sim_seed(const struct sim_world *world);

/* From now on chance goes another way: runs that share their beginning differ from here. */
void sim_reseed(struct sim_world *world, uint64_t seed);

uint64_t sim_time(const struct sim_world *world);
uint64_t sim_steps(const struct sim_world *world);

/* A hash over every datagram sent, its time and its two ends: equal for equal runs. */
uint64_t sim_digest(const struct sim_world *world);

/* A hash over all that nodes told their owners: each event that was taken, with its time and its
 * node, and what the nodes remember of each member about which a verdict was passed. Two runs with
 * equal datagrams can differ here. Costs a look at all histories. */
uint64_t sim_events_digest(const struct sim_world *world);

/* Makes the next thing happen that is due by `until`. Returns false when there is none: then it is
 * `until`. Returns false at once, and time stands still, after a violation. */
bool sim_step(struct sim_world *world, uint64_t until);

/* What a node has said in the last step or command, oldest first; forgotten by the next one. */
struct sim_event {
    uint32_t machine; /* whose node it was */
    uint32_t subject; /* number of the name that a MEMBER event is about, else SIM_NOBODY */
    struct hearsay_event event;
};
bool sim_next_event(struct sim_world *world, struct sim_event *ret_event);

/* The first broken invariant in words, with seed, step and time, or NULL while all is well. */
const char *sim_violation(const struct sim_world *world);

/* Looks at every member of every running node: rings and counts hold exactly those alive or
 * suspect. sim_step does the cheap part of this by itself. Returns false after a violation. */
bool sim_inspect(struct sim_world *world);

/* ---- what all hold ----------------------------------------------------------------------- */

/* Names have numbers, in the order in which they were first heard of. */
uint32_t sim_subject(const struct sim_world *world, uint32_t machine);
uint32_t sim_number(struct sim_world *world, const char *name); /* SIM_NOBODY: no memory */

/* Whether what this machine's node holds is counted here; not at first, nor in a new process. */
void sim_count(struct sim_world *world, uint32_t machine, bool counted);
bool sim_is_counted(const struct sim_world *world, uint32_t machine);

/* How many nodes are counted, and how many of them hold this name so. O(1). */
uint32_t sim_observers(const struct sim_world *world);
uint32_t sim_held(const struct sim_world *world, uint32_t subject, enum hearsay_status status);

/* What one node holds; NONE: never heard of, or pruned. O(1). */
enum hearsay_status sim_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject);
uint64_t sim_stamp_held_by(const struct sim_world *world, uint32_t machine, uint32_t subject);

/* ---- machines ---------------------------------------------------------------------------- */

enum sim_state {
    SIM_SILENT = 1, /* powered off, or never on: datagrams vanish */
    SIM_CLOSED,     /* on, but no process: a datagram is answered with ICMP port unreachable */
    SIM_RUNNING,
    SIM_PAUSED, /* the process is stopped: its socket fills */
};

/* Adds a machine, off. Errors: NOMEM, FULL. */
int sim_machine_new(struct sim_world *world, uint32_t *ret_machine);

uint32_t sim_machines(const struct sim_world *world);
enum sim_state sim_state(const struct sim_world *world, uint32_t machine);
struct hearsay_addr sim_addr(const struct sim_world *world, uint32_t machine);

/* The machine with an address, or SIM_NOBODY. */
uint32_t sim_machine_at(const struct sim_world *world, const struct hearsay_addr *addr);

/* Its node, to look at, while it runs or is paused, else NULL. Commands go through the functions
 * below, or what they cause would not be sent. */
const struct hearsay_node *sim_node(const struct sim_world *world, uint32_t machine);
const char *sim_name(const struct sim_world *world, uint32_t machine);

/* Its clocks, and its wall clock in relation to the world's: a machine in 1970 has an offset of
 * -SIM_WALL_START. The boot clock knows nothing of it. */
struct hearsay_now sim_now(const struct sim_world *world, uint32_t machine);
void sim_clock_set(struct sim_world *world, uint32_t machine, int64_t offset);
int64_t sim_clock(const struct sim_world *world, uint32_t machine);

/* From now on both its clocks gain so many microseconds a second. */
void sim_clock_drift(struct sim_world *world, uint32_t machine, int32_t ppm);

/* Bytes that its node would hold if it were alone. Cards are shared by all and counted whole. */
size_t sim_memory(const struct sim_world *world, uint32_t machine);

/* Starts a fresh node of this name, ending the one before. `last_stamp`: what its snapshot would
 * hold, or 0. Errors: those of hearsay_node_new. */
int sim_start(struct sim_world *world, uint32_t machine, const char *name, uint64_t last_stamp);

/* Ends the process at once, without a word. `state` is SIM_CLOSED or SIM_SILENT. A node that has
 * left or was replaced ends by itself and leaves a closed port. */
void sim_kill(struct sim_world *world, uint32_t machine, enum sim_state state);

void sim_pause(struct sim_world *world, uint32_t machine);
void sim_resume(struct sim_world *world, uint32_t machine);

/* The owner of its node takes no events any more, or does again: a log reader that hangs. */
void sim_neglect(struct sim_world *world, uint32_t machine, bool neglected);

/* The commands of node.h, with what they cause. Errors: theirs; STOPPED when no node runs there. */
int sim_acquaint(struct sim_world *world, uint32_t machine); /* introduces all that run to it */
int sim_join(struct sim_world *world, uint32_t machine, const struct hearsay_addr *seed);
int sim_leave(struct sim_world *world, uint32_t machine);
int sim_force_leave(struct sim_world *world, uint32_t machine, const char *name, bool prune);
int sim_set_tags(struct sim_world *world, uint32_t machine, const struct hearsay_tag *tags,
                 size_t count);

#endif
