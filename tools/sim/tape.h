/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attacker has and does: see tape.c.
 */
#ifndef SIM_TAPE_H
#define SIM_TAPE_H

#include "state.h"

#define SIM_TAPE_MAX  500000u /* datagrams that are recorded */
#define SIM_ACKED_MAX 512u    /* machines in the table of pairs that have exchanged */
#define SIM_OUTSIDERS 16u     /* addresses that are no machine's; the first is the attacker's own */

/* Machines with these numbers have addresses, and nothing else. */
#define SIM_OUTSIDER_FIRST 0xfff000u

/* What is read without a key in the head of any datagram. */
#define SIM_HEAD_SIZE    28u
#define SIM_HEAD_SENDER  8u
#define SIM_HEAD_CREATED 17u
#define SIM_HEAD_LENGTH  26u

_Static_assert(SIM_MACHINES_MAX < SIM_OUTSIDER_FIRST, "outsiders are no machines");

/* A datagram that was seen on its way. */
struct sim_seen {
    uint64_t time;
    size_t at; /* of its bytes */
    uint32_t from, to;
    uint16_t len;
    bool heard; /* by the process that it was sent to: not refused */
};

/* What is done to datagrams while they are on their way: to so many in a thousand, until then. */
struct sim_meddling {
    uint32_t permille;
    uint64_t until; /* the world's time */
    uint64_t by;    /* held back for up to so long */
    uint32_t kinds; /* bits by enum hearsay_kind */
    uint8_t *about; /* bitmap of the machines that they are sent to; NULL: all */
    uint32_t about_limit;
};

/* What the processes of one name have said of themselves. */
struct sim_author {
    uint64_t id, timestamp; /* of the process, and its own greatest timestamp when it ended */
    uint32_t name, machine;
    bool runs;
};

struct sim_attacker {
    struct sim_random random;
    struct sim_seen *seen;
    size_t seen_count, seen_room;
    uint8_t *bytes;
    size_t byte_count, byte_room;
    struct sim_meddling hold, reflect, unreachable;
    struct sim_author *authors;
    size_t author_count, author_room;
    uint64_t *acked;               /* when the row's machine took an ack of the column's */
    int64_t credit[SIM_OUTSIDERS]; /* bytes that came from there, less those sent to there */
    uint64_t last_at;              /* the world's time of the attacker's last datagram */
    uint64_t sent, sent_bytes, answered, answered_bytes;
    uint32_t pairs;    /* of members that were found to exchange after the attack */
    bool judges_plain; /* plain datagrams are held to what sealed ones are: to see it fail */
};

/* What is to become of a datagram. */
struct sim_meddled {
    uint64_t hold; /* 0: it is not held back */
    uint32_t seen; /* one more than its place on the tape, or 0 */
    bool reflect, unreachable;
};

/* From now on an attacker records. Returns 0 or NOMEM. */
int sim_attacker_new(struct sim_world *world);
void sim_attacker_free(struct sim_attacker *attacker);

/* A datagram is on its way: records it and says what else is done. */
struct sim_meddled sim_tape_see(struct sim_world *world, uint32_t from, uint32_t to,
                                const uint8_t *bytes, size_t len);
const uint8_t *sim_tape_bytes(const struct sim_attacker *attacker, uint32_t seen);

/* The kind that the head of a datagram tells; 0: none. */
unsigned sim_tape_kind(const uint8_t *bytes, size_t len);

/* Writes a datagram of `len` bytes that looks like the recorded one: its head, then random bytes,
 * with the trailer of a seal. Or of random bytes alone. */
size_t sim_tape_fake(struct sim_attacker *attacker, uint32_t seen, uint8_t bytes[SIM_PACKET_ROOM]);
size_t sim_tape_noise(struct sim_attacker *attacker, uint8_t bytes[SIM_PACKET_ROOM]);

/* Writes a plain gossip without rumors to a member of this name, made in the future, of the member
 * that has sent the recorded datagram. */
size_t sim_tape_plain(struct sim_attacker *attacker, uint32_t seen, const char *name,
                      uint8_t bytes[SIM_PACKET_ROOM]);

#endif
