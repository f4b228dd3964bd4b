/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-flight datagrams: which rumors they carry, until they are acked (R16). A rumor counts as
 * transmitted only when an ack shows that it has arrived.
 */
#ifndef HS_RULES_IN_FLIGHT_H
#define HS_RULES_IN_FLIGHT_H

#include "rules/load.h"

#define HS_IN_FLIGHT_MAX 64u /* datagrams whose rumors are counted when the ack comes */
#define HS_ANSWERS_MAX   16u /* answers with rumors that the socket may still refuse (R21) */

struct hs_in_flight_gossip {
    uint32_t to;
    uint32_t count;
    bool goodbye; /* it carries our own record while we leave */
    struct hs_loaded rumors[HS_LOAD_MAX];
};

/* An answer is not acked. Its rumors count at once, unless the owner reports that it was not
 * sent. */
struct hs_in_flight_answer {
    uint64_t created; /* 0: none */
    uint32_t count;
    struct hs_loaded rumors[HS_LOAD_MAX];
};

struct hs_in_flight {
    struct hs_core *core;
    struct hs_in_flight_gossip *gossips; /* array of HS_IN_FLIGHT_MAX, used as a ring */
    uint64_t created[HS_IN_FLIGHT_MAX];  /* their creation times; 0: none */
    uint32_t next;
    struct hs_in_flight_answer *answers; /* array of HS_ANSWERS_MAX, used as a ring */
    uint32_t answer_next;
};

/* Allocates the rings. `core` is borrowed. 0 or NOMEM. */
int hs_in_flight_init(struct hs_in_flight *in_flight, struct hs_core *core);
/* Frees the rings. */
void hs_in_flight_fini(struct hs_in_flight *in_flight);

/* Remembers a gossip that has been encoded. Also when it carries no rumors, so that its ack is
 * expected. */
void hs_in_flight_gossip(struct hs_in_flight *in_flight, const struct hs_load *load, uint32_t to,
                         uint64_t created);

/* Remembers an answer that has been encoded, and counts its rumors now: it goes to a member that
 * has just been heard. */
void hs_in_flight_answer(struct hs_in_flight *in_flight, const struct hs_load *load,
                         uint64_t created);

/* What an ack means. */
struct hs_in_flight_ack {
    bool known;   /* it acks a datagram that was sent to this member */
    bool goodbye; /* that datagram carried our own record while we leave */
};
/* Takes in an ack from the member at `slot` for the datagram with creation time `acked`: the rumors
 * of that datagram count as transmitted. */
struct hs_in_flight_ack hs_in_flight_acked(struct hs_in_flight *in_flight, uint32_t slot,
                                           uint64_t acked);

/* A datagram was not sent (R21): if it was an answer, its transmissions are taken back. */
void hs_in_flight_unsent(struct hs_in_flight *in_flight, uint64_t created);

/* The slot to which the gossip with this creation time went, or HS_NO_SLOT if it is not
 * remembered. */
uint32_t hs_in_flight_addressee(const struct hs_in_flight *in_flight, uint64_t created);

#endif
