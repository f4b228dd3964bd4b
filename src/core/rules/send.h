/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queueing what is to be sent, and bounding its length (R28: no amplification). Both are here so
 * that no rule queues a datagram without a bound.
 */
#ifndef HS_RULES_SEND_H
#define HS_RULES_SEND_H

#include <stddef.h>

#include "rules/core.h"

/* R28: no amplification. Bytes of a datagram that answers none, to an address that has not answered
 * yet. */
#define HS_UNPROVEN_MAX 160u

/* Queues a copy of an entry. Returns false at the bound; the drop is counted. */
bool hs_send_push(struct hs_core *core, const struct hs_send *send);

/* Queues a gossip to a member. If it is a try of a probe, `probe` is the probe's place plus one and
 * `started` its start; else both are 0. Returns false at the bound. */
bool hs_send_gossip(struct hs_core *core, uint32_t slot, uint32_t probe, uint64_t started);

/* Queues a gossip to a member at an address that it has just proven and that need not be that of
 * its record. */
bool hs_send_gossip_at(struct hs_core *core, uint32_t slot, const struct hearsay_addr *to);

/* Queues a gossip that answers a question of this length and key: it is no longer, unless the
 * member's address is proven (R28: no amplification), and has its form (R33: keys). */
bool hs_send_gossip_answer(struct hs_core *core, uint32_t slot, size_t question, uint32_t key);

/* Returns the greatest length, in bytes, of a datagram to this member that answers none (R28: no
 * amplification). */
uint16_t hs_question_cap(const struct hs_core *core, const struct hs_member *member);

/* Returns the longest answer, in bytes, that this address may get to a question of this length
 * (R28: no amplification). `slot`: the sender, which must be a known member. */
uint16_t hs_reply_cap(const struct hs_core *core, uint32_t slot, const struct hearsay_addr *from,
                      size_t question);

#endif
