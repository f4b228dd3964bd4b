/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queueing what is to be sent, and how long it may be (R28).
 */
#ifndef HS_RULES_SEND_H
#define HS_RULES_SEND_H

#include <stddef.h>

#include "rules/core.h"

/* Bytes of a datagram that nobody asked for, to an address that has not answered yet (R28). */
#define HS_UNPROVEN_MAX 160u

/* Queues an entry; false, and a counted drop, at the bound. */
bool hs_send_push(struct hs_core *core, const struct hs_send *send);

/* Queues a gossip to a member. `probe` is the place plus one of the probe that it is a try of, begun at
 * `started`; 0, 0: of none. */
bool hs_send_gossip(struct hs_core *core, uint32_t slot, uint32_t probe, uint64_t started);

/* The longest datagram that a member may get which it has not asked for (R28: no amplification). */
uint16_t hs_question_cap(const struct hs_core *core, const struct hs_member *member);

/* The longest answer that this address may get to a question of this length (R28). */
uint16_t hs_reply_cap(const struct hs_core *core, uint32_t slot, const struct hearsay_addr *from,
                      size_t question);

#endif
