/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message to bytes.
 */
#ifndef HS_CODEC_ENCODE_H
#define HS_CODEC_ENCODE_H

#include "codec/message.h"

/* `message` gives kind, created and the fields of that kind; its rumors are ignored. `max` bounds
 * the whole datagram, trailer included. `binding` is hs_hash of the receiver's name; join and
 * challenge take 0 in its place. Returns false when the fixed part does not fit. A kind that
 * carries no rumors has room for none. */
bool hs_encode_begin(struct hs_encoder *ret_encoder, const struct hs_wire *wire, uint8_t *bytes,
                     size_t max, uint64_t binding, const struct hs_message *message);

/* Appends nils, which readers skip as they skip rumors of unknown kinds, until the datagram has at
 * least `len` bytes or is full: a question as long as its answer (R28). */
void hs_encode_pad(struct hs_encoder *encoder, size_t len);

/* Bytes that are left for rumors. */
size_t hs_encode_room(const struct hs_encoder *encoder);

/* Seals and returns the datagram's length. */
size_t hs_encode_end(struct hs_encoder *encoder);

#endif
