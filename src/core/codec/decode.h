/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes the bytes of a datagram to a message.
 */
#ifndef HS_CODEC_DECODE_H
#define HS_CODEC_DECODE_H

#include "codec/message.h"

/* Opens and decodes a datagram, in place. `ret_message` borrows from `bytes`. Returns true, or
 * false with *ret_reason. If the reason is SELF, a datagram of our own that came back,
 * `ret_message` is filled in as well. The kinds join and challenge are never bound to a name
 * (binding 0), all other kinds are bound to ours. Everything is checked here except the fields of
 * rumors (hs_rumors_next) and duplicates, for which the node has a cache. */
bool hs_message_decode(struct hs_message *ret_message, enum hearsay_drop *ret_reason,
                       const struct hs_wire *wire, uint8_t *bytes, size_t len);

#endif
