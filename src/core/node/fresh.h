/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeats (R11) and freshness (R11a): which datagrams of a known member are heard.
 */
#ifndef HS_NODE_FRESH_H
#define HS_NODE_FRESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#include "codec/message.h"

struct hearsay_node;

/* Returns true if a datagram of the member at `slot` is to be heard; then it is remembered. Else it
 * is counted, and its sender may be challenged. `from` and `len`: its address and length. */
bool hs_fresh_hears(struct hearsay_node *node, uint32_t slot, const struct hearsay_addr *from,
                    const struct hs_message *message, size_t len);

/* The same for a stranger's. A sealed challenge is remembered. A join answers it, which is longer,
 * so a repeat must get none. */
bool hs_fresh_is_first(struct hearsay_node *node, const struct hs_message *message);

/* A datagram of the handshake has echoed what we gave its sender, so it was made since then. */
void hs_fresh_proven(struct hearsay_node *node, const struct hs_message *message);

#endif
