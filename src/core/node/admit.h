/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the messages of the handshake mean (R8, R25): who is taken in, and who is told to stop.
 */
#ifndef HS_NODE_ADMIT_H
#define HS_NODE_ADMIT_H

#include "node/impl.h"

void hs_admit_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                           const struct hs_message *message);

/* `len`: of the whole datagram (R28: no amplification). */
void hs_admit_on_join(struct hearsay_node *node, const struct hearsay_addr *from,
                      struct hs_message *message, size_t len);

void hs_admit_on_refusal(struct hearsay_node *node, const struct hearsay_addr *from,
                         const struct hs_message *message);

#endif
