/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams in flight: which rumors they carry, until they are acked (R16). A rumor counts as passed on
 * when somebody says that it has arrived.
 */
#ifndef HS_RULES_IN_FLIGHT_H
#define HS_RULES_IN_FLIGHT_H

#include "rules/load.h"

#define HS_IN_FLIGHT_MAX 64u /* datagrams whose rumors count when the ack comes */
#define HS_ANSWERS_MAX   16u /* answers with rumors that the socket may yet refuse (R21) */

struct hs_in_flight_gossip {
    uint32_t to;
    uint32_t count;
    bool goodbye; /* it carries our own record while we leave */
    struct hs_loaded rumors[HS_LOAD_MAX];
};

/* An answer is not acked: its rumors count at once, until the owner says that it was not sent. */
struct hs_in_flight_answer {
    uint64_t created; /* 0: none */
    uint32_t count;
    struct hs_loaded rumors[HS_LOAD_MAX];
};

struct hs_in_flight {
    struct hs_core *core;
    struct hs_in_flight_gossip *gossips; /* a ring of HS_IN_FLIGHT_MAX */
    uint64_t created[HS_IN_FLIGHT_MAX];  /* their creation times; 0: none */
    uint32_t next;
    struct hs_in_flight_answer *answers; /* a ring of HS_ANSWERS_MAX */
    uint32_t answer_next;
};

/* 0 or NOMEM. */
int hs_in_flight_init(struct hs_in_flight *in_flight, struct hs_core *core);
void hs_in_flight_fini(struct hs_in_flight *in_flight);

/* A gossip has been made. Also when it carries nothing: then its ack is not unsolicited. */
void hs_in_flight_gossip(struct hs_in_flight *in_flight, const struct hs_load *load, uint32_t to,
                         uint64_t created);

/* An answer has been made. It goes to a member that has just been heard, so its rumors count now. */
void hs_in_flight_answer(struct hs_in_flight *in_flight, const struct hs_load *load,
                         uint64_t created);

/* An ack has come from the member at `slot`. */
struct hs_in_flight_ack {
    bool known;   /* it acks a datagram that was sent to this member */
    bool goodbye; /* … which carried our goodbye */
};
struct hs_in_flight_ack hs_in_flight_acked(struct hs_in_flight *in_flight, uint32_t slot,
                                           uint64_t acked);

/* A datagram was not sent (R21): what was in an answer has been told to nobody. */
void hs_in_flight_unsent(struct hs_in_flight *in_flight, uint64_t created);

/* To whom a gossip of that creation time went, while it is remembered; or HS_NO_SLOT. */
uint32_t hs_in_flight_addressee(const struct hs_in_flight *in_flight, uint64_t created);

#endif
