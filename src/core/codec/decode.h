/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to a message.
 */
#ifndef HS_CODEC_DECODE_H
#define HS_CODEC_DECODE_H

#include "codec/message.h"

/* Opens and decodes a datagram, in place. `ret_message` borrows from `bytes`. Returns true, or
 * false with *ret_reason. `ret_message` is filled, too, when that is SELF: a datagram of our own
 * that came back, opened and well-formed like any other. The kinds join and challenge are always
 * bound to no name (binding 0), all others always to ours. Everything is checked here except the
 * fields of rumors (hs_rumors_next). Does not look at the cache of duplicates: see the node. */
bool hs_message_decode(struct hs_message *ret_message, enum hearsay_drop *ret_reason,
                       const struct hs_wire *wire, uint8_t *bytes, size_t len);

#endif
