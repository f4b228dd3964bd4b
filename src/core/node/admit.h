/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the messages of the handshake mean (R8, R25): which process is admitted, and which must
 * stop. It is in this room because it needs contacts, name conflicts, merging and the exchange
 * together.
 */
#ifndef HS_NODE_ADMIT_H
#define HS_NODE_ADMIT_H

#include "node/impl.h"

/* Handles a challenge. */
void hs_admit_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                           const struct hs_message *message);

/* Handles a join. `len`: length of the whole datagram, bytes (R28: no amplification). */
void hs_admit_on_join(struct hearsay_node *node, const struct hearsay_addr *from,
                      struct hs_message *message, size_t len);

/* Handles a datagram of another cluster: a newcomer that asks is told so, with no more bytes than
 * it has sent (R28: no amplification). */
void hs_admit_foreign(struct hearsay_node *node, const struct hearsay_addr *from, void *bytes,
                      size_t len);

/* Handles a refusal. */
void hs_admit_on_refusal(struct hearsay_node *node, const struct hearsay_addr *from,
                         const struct hs_message *message);

#endif
