/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The null cipher. The body stays readable, and 32 bits of XXH3 detect damage of head and body. The
 * receiver's name is the seed of the hash. So a datagram that reaches the wrong member, because an
 * address was moved or reused, does not open, and the name takes no bytes in the datagram.
 *
 *   0xce | low half of XXH3-64(seed = binding; head, body), big-endian
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <hearsay/seal.h>

#include "base/assert.h"

#define NONE_TRAILER HEARSAY_SEAL_NONE_TRAILER
#define MARKER_U32   0xce

_Static_assert(NONE_TRAILER <= HEARSAY_SEAL_TRAILER_MAX, "the trailer fits its bound");

/* Head and body are contiguous (hearsay/seal.h), so one pass hashes both. */
static void make_trailer(uint64_t binding, const uint8_t *head, size_t len,
                         uint8_t trailer[NONE_TRAILER])
{
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(head, len, binding);
    trailer[0] = MARKER_U32;
    for (int i = 1; i < NONE_TRAILER; i++)
        trailer[i] = (uint8_t)(sum >> (32 - 8 * i));
}

static void none_seal(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                      uint8_t *body, size_t body_len, uint8_t *trailer)
{
    (void)context;
    HS_ASSERT(body == head + head_len);
    make_trailer(binding, head, head_len + body_len, trailer);
}

static bool none_open(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                      uint8_t *body, size_t body_len, const uint8_t *trailer)
{
    uint8_t expected[NONE_TRAILER];
    (void)context;
    HS_ASSERT(body == head + head_len);
    make_trailer(binding, head, head_len + body_len, expected);
    return memcmp(trailer, expected, sizeof expected) == 0;
}

/* XXH3 needs a longer secret than ours. Its own function derives one. */
static uint64_t none_mac(const void *context, const uint8_t secret[32], const void *bytes,
                         size_t len)
{
    uint8_t stretched[XXH3_SECRET_DEFAULT_SIZE];
    (void)context;
    XXH3_generateSecret(stretched, sizeof stretched, secret, 32);
    return XXH3_64bits_withSecret(bytes, len, stretched, sizeof stretched);
}

const struct hearsay_seal hearsay_seal_none = {
    .name = "none",
    .trailer_size = NONE_TRAILER,
    .seal = none_seal,
    .open = none_open,
    .mac = none_mac,
};

const char *hearsay_seal_mode_name(enum hearsay_seal_mode mode)
{
    static const char *const names[HEARSAY_SEAL_MODES] = {
        [HEARSAY_SEAL_OFF] = "off",
        [HEARSAY_SEAL_ACCEPT] = "accept",
        [HEARSAY_SEAL_ON] = "on",
        [HEARSAY_SEAL_REQUIRE] = "require",
    };
    return (unsigned)mode < HEARSAY_SEAL_MODES ? names[mode] : "unknown";
}
