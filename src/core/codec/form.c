/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/form.h"

/*
 * Which form a datagram has is decided here alone. An answer has the form of its question, so it is
 * not asked for here: the send queue keeps the question's key.
 */
#include "base/assert.h"
#include "codec/bitmap.h"

/* Tries under one key before the next has its turn: a try is sooner lost than a key removed. */
#define TRIES_EACH 2u

void hs_wire_set_cipher(struct hs_wire *wire, const struct hearsay_cipher *cipher,
                        const void *context, enum hearsay_seal_mode mode)
{
    HS_ASSERT(cipher || mode == HEARSAY_SEAL_OFF);
    wire->cipher = cipher;
    wire->cipher_context = context;
    wire->mode = mode;
    wire->key_count = 0;
    if (mode != HEARSAY_SEAL_OFF)
        wire->key_count = (uint32_t)cipher->keys(context, wire->keys);
    HS_ASSERT(wire->key_count <= HEARSAY_KEYS_MAX);
}

static bool has_key(const struct hs_wire *wire, uint32_t key)
{
    for (uint32_t i = 0; i < wire->key_count; i++)
        if (wire->keys[i] == key)
            return true;
    return false;
}

bool hs_wire_speaks(const struct hs_wire *wire, uint32_t key)
{
    return key == HS_KEY_PLAIN ? wire->mode != HEARSAY_SEAL_REQUIRE : has_key(wire, key);
}

size_t hs_wire_sealed_trailer(const struct hs_wire *wire)
{
    return wire->cipher ? wire->cipher->trailer_size : HS_SEALED_TRAILER;
}

size_t hs_wire_trailer(const struct hs_wire *wire, uint32_t key)
{
    return key == HS_KEY_PLAIN ? wire->seal->trailer_size : hs_wire_sealed_trailer(wire);
}

static bool lists(const uint8_t *marks, size_t count, uint32_t key)
{
    for (size_t i = 0; i < count; i++)
        if (hs_get_u32(marks + i * HS_MARK_SIZE) == key)
            return true;
    return false;
}

/* The keys of ours that the member has, in our order. Returns their number. */
static uint32_t shared_keys(const struct hs_wire *wire, const uint8_t *marks, size_t count,
                            uint32_t ret_keys[HEARSAY_KEYS_MAX])
{
    uint32_t shared = 0;
    for (uint32_t i = 0; i < wire->key_count; i++)
        if (lists(marks, count, wire->keys[i]))
            ret_keys[shared++] = wire->keys[i];
    return shared;
}

uint32_t hs_wire_form_for(const struct hs_wire *wire, const uint8_t *marks, size_t count,
                          uint32_t tries)
{
    uint32_t keys[HEARSAY_KEYS_MAX];
    if (wire->mode == HEARSAY_SEAL_OFF || wire->mode == HEARSAY_SEAL_ACCEPT)
        return HS_KEY_PLAIN;
    uint32_t shared = shared_keys(wire, marks, count, keys);
    if (shared > 0)
        return keys[tries / TRIES_EACH % shared];
    /* It may have got a key of ours since it wrote its record. */
    return wire->mode == HEARSAY_SEAL_REQUIRE ? wire->keys[0] : HS_KEY_PLAIN;
}
