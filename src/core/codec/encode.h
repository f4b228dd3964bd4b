/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodes a message to the bytes of a datagram.
 */
#ifndef HS_CODEC_ENCODE_H
#define HS_CODEC_ENCODE_H

#include "codec/message.h"

/* Begins a datagram. `message` has the kind, the creation time and the fields of that kind; its
 * rumors are ignored. Its key must be one that we have (hs_wire_speaks). `max` bounds the whole
 * datagram, including the trailer. `binding` is hs_hash of the receiver's name; join and challenge
 * use 0 instead. Returns false if the fixed part does not fit. Kinds that carry no rumors have no
 * room for any. */
bool hs_encode_begin(struct hs_encoder *ret_encoder, const struct hs_wire *wire, uint8_t *bytes,
                     size_t max, uint64_t binding, const struct hs_message *message);

/* Appends nils until the body has at least `len` bytes or the datagram is full, so that a question
 * is as long as its answer (R28: no amplification). Readers skip nils as they skip rumors of
 * unknown kinds. */
void hs_encode_pad(struct hs_encoder *encoder, size_t len);

/* How many bytes are left for rumors. */
size_t hs_encode_room(const struct hs_encoder *encoder);

/* Seals and returns the datagram's length. 0: the key is not ours. */
size_t hs_encode_end(struct hs_encoder *encoder);

#endif
