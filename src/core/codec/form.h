/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two forms of a datagram, plain and sealed (R32), and which of them a mode takes (R35). A key
 * is named by its mark (hearsay/seal.h); the mark HS_KEY_PLAIN names the plain form.
 */
#ifndef HS_CODEC_FORM_H
#define HS_CODEC_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/encoder.h"

#define HS_SEALED_TRAILER 19u /* bytes of the trailer of a sealed datagram (R32) */
#define HS_MARK_SIZE      4u  /* bytes of a mark in a record (R33) */

/* Sets cipher, mode and keys. `cipher` may be NULL. */
void hs_wire_set_cipher(struct hs_wire *wire, const struct hearsay_cipher *cipher,
                        const void *context, enum hearsay_seal_mode mode);

/* Returns true if datagrams of this form are taken, and may be sent: the plain form unless the mode
 * is `require`, the sealed form under a key of ours. */
bool hs_wire_speaks(const struct hs_wire *wire, uint32_t key);

/* Bytes of the trailer of a datagram of this form, and of a sealed one whatever its key. */
size_t hs_wire_trailer(const struct hs_wire *wire, uint32_t key);
size_t hs_wire_sealed_trailer(const struct hs_wire *wire);

/* Returns the form of what we send to a member whose record has these marks, `count` of
 * HS_MARK_SIZE bytes (R33: keys, R35: switching on). `tries`: how often it was tried in vain. Tries
 * take turns at the keys that both have, because the member may have removed one since it wrote its
 * record. */
uint32_t hs_wire_form_for(const struct hs_wire *wire, const uint8_t *marks, size_t count,
                          uint32_t tries);

#endif
