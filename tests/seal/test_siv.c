/* SPDX-License-Identifier: Apache-2.0 */
/* The cipher by its table: its bytes, which key seals and opens, and what does not open. */
#include "harness.h"

#include <string.h>

#include <hearsay/config.h>

#include "codec/hash.h"
#include "key_lines.h"

#define HEAD     28
#define TRAILER  19
#define BODY_MAX (HEARSAY_DATAGRAM_MAX - HEAD - TRAILER)

static const struct hearsay_cipher *siv = &hearsay_cipher_siv;

/* A sealed datagram with a body of `body_len`. */
struct sealed {
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    size_t body_len;
};

static uint8_t plain_byte(size_t i)
{
    return (uint8_t)(i * 7 + i / 256);
}

static bool seal(const struct hearsay_keyring *keyring, uint32_t mark, uint64_t binding,
                 struct sealed *sealed)
{
    return siv->seal(keyring, mark, binding, sealed->bytes, HEAD, sealed->bytes + HEAD,
                     sealed->body_len, sealed->bytes + HEAD + sealed->body_len);
}

static enum hearsay_opened open_it(const struct hearsay_keyring *keyring, uint64_t binding,
                                   struct sealed *sealed, uint32_t *ret_mark)
{
    return siv->open(keyring, binding, sealed->bytes, HEAD, sealed->bytes + HEAD, sealed->body_len,
                     sealed->bytes + HEAD + sealed->body_len, ret_mark);
}

/* What becomes of a copy. */
static enum hearsay_opened opens(const struct hearsay_keyring *keyring, uint64_t binding,
                                 const struct sealed *sealed)
{
    struct sealed copy = *sealed;
    uint32_t mark = 0;
    enum hearsay_opened opened = open_it(keyring, binding, &copy, &mark);
    ck_assert((mark != 0) == (opened == HEARSAY_OPENED));
    return opened;
}

static struct sealed plain_of(size_t body_len)
{
    struct sealed plain = {.body_len = body_len};
    for (size_t i = 0; i < HEAD + body_len; i++)
        plain.bytes[i] = plain_byte(i);
    return plain;
}

static uint32_t mark_at(const struct hearsay_keyring *keyring, size_t index)
{
    uint32_t marks[HEARSAY_KEYS_MAX];
    ck_assert_uint_gt(siv->keys(keyring, marks), index);
    return marks[index];
}

static struct sealed sealed_of(const struct hearsay_keyring *keyring, size_t body_len,
                               uint64_t binding)
{
    struct sealed sealed = plain_of(body_len);
    ck_assert(seal(keyring, mark_at(keyring, 0), binding, &sealed));
    return sealed;
}

START_TEST(test_the_bytes_are_those_of_the_protocol)
{
    static const uint8_t plain[] = {0x96, 0x11, 0xce, 0x25, 0x1d, 0x71, 0xcb, 0xcf, 0x59, 0x96,
                                    0xf7, 0xdc, 0x3c, 0xb7, 0xa0, 0xfb, 0xcf, 0x00, 0x06, 0x24,
                                    0xc4, 0x0d, 0x3f, 0x9a, 0x40, 0xc5, 0x00, 0x12, 0xcf, 0x1f,
                                    0x9a, 0xdd, 0xa3, 0xb1, 0x0c, 0x5e, 0x77, 0xcf, 0x00, 0x06,
                                    0x24, 0xc4, 0x0a, 0x11, 0x22, 0x33};
    static const uint8_t known[] = {0xa4, 0xe8, 0x70, 0xd2, 0x1a, 0x51, 0x5f, 0xba, 0xb1, 0x9a,
                                    0xb5, 0x90, 0x69, 0x05, 0x8c, 0x5c, 0xd8, 0x62, 0xc4, 0x11,
                                    0x75, 0x1a, 0x64, 0xde, 0x1f, 0x4c, 0xcb, 0x57, 0x80, 0xfb,
                                    0xc7, 0x19, 0x44, 0x31, 0x1a, 0x0f, 0x4d};
    static const uint8_t fingerprint[] = {0x75, 0x72, 0x17, 0xcc, 0x61, 0x4a, 0x1e, 0x9b,
                                          0x1e, 0xf4, 0xcc, 0x2f, 0xb8, 0xed, 0x29, 0x45};
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    struct sealed sealed = {.body_len = sizeof(plain) - HEAD};
    uint8_t made[HEARSAY_FINGERPRINT_SIZE];
    uint32_t mark = 0;
    hearsay_keyring_fingerprint(keyring, 0, made);
    ck_assert_mem_eq(made, fingerprint, sizeof(made));
    ck_assert_uint_eq(mark_at(keyring, 0), 0x757217cc);
    memcpy(sealed.bytes, plain, sizeof(plain));
    ck_assert(seal(keyring, 0x757217cc, hs_hash("bob", 3), &sealed));
    ck_assert_uint_eq(siv->trailer_size, TRAILER);
    ck_assert_uint_eq(HEAD + sizeof(known), 65);
    ck_assert_mem_eq(sealed.bytes, plain, HEAD);
    ck_assert_mem_eq(sealed.bytes + HEAD, known, sizeof(known));
    ck_assert_int_eq(open_it(keyring, hs_hash("bob", 3), &sealed, &mark), HEARSAY_OPENED);
    ck_assert_mem_eq(sealed.bytes, plain, sizeof(plain));
    ck_assert_uint_eq(mark, 0x757217cc);
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_every_length_opens_again_and_shows_nothing)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n" KEY_B "\n");
    for (size_t len = 0; len <= BODY_MAX; len += len < 70 || len > BODY_MAX - 20 ? 1 : 13) {
        struct sealed sealed = plain_of(len), plain = sealed;
        uint32_t mark = 0;
        ck_assert(seal(keyring, mark_at(keyring, 1), len, &sealed));
        ck_assert(len < 16 || memcmp(sealed.bytes + HEAD, plain.bytes + HEAD, 16) != 0);
        ck_assert_int_eq(open_it(keyring, len, &sealed, &mark), HEARSAY_OPENED);
        ck_assert_uint_eq(mark, mark_at(keyring, 1));
        ck_assert_mem_eq(sealed.bytes, plain.bytes, HEAD + len);
    }
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_another_binding_is_forged)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    struct sealed sealed = sealed_of(keyring, 18, 42);
    ck_assert_int_eq(opens(keyring, 42, &sealed), HEARSAY_OPENED);
    for (unsigned bit = 0; bit < 64; bit++)
        ck_assert_int_eq(opens(keyring, 42 ^ UINT64_C(1) << bit, &sealed), HEARSAY_OPEN_FORGED);
    hearsay_keyring_free(keyring);
}
END_TEST

/* A changed key id is no key of ours; what else is changed is forged. */
START_TEST(test_every_changed_bit_is_seen)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    struct sealed sealed = sealed_of(keyring, 60, 42);
    for (size_t i = 0; i < HEAD + 60 + TRAILER; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            sealed.bytes[i] ^= (uint8_t)(1u << bit);
            ck_assert_int_eq(opens(keyring, 42, &sealed),
                             i == HEAD + 60 + 2 ? HEARSAY_OPEN_KEY : HEARSAY_OPEN_FORGED);
            sealed.bytes[i] ^= (uint8_t)(1u << bit);
        }
    ck_assert_int_eq(opens(keyring, 42, &sealed), HEARSAY_OPENED);
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_every_other_length_is_refused)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    struct sealed sealed = sealed_of(keyring, 60, 42);
    for (size_t len = 0; len < 90; len++) {
        struct sealed other = sealed;
        other.body_len = len;
        ck_assert((opens(keyring, 42, &other) == HEARSAY_OPENED) == (len == 60));
    }
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_what_has_no_key_of_ours_is_told_from_what_is_forged)
{
    struct hearsay_keyring *ours = keyring_of(KEY_A "\n"), *theirs = keyring_of(KEY_B "\n");
    struct sealed sealed = sealed_of(theirs, 18, 42);
    ck_assert_int_eq(opens(ours, 42, &sealed), HEARSAY_OPEN_KEY);
    ck_assert_int_eq(opens(theirs, 42, &sealed), HEARSAY_OPENED);
    sealed.bytes[HEAD + 18] = 0xce; /* the marker is looked at first */
    ck_assert_int_eq(opens(ours, 42, &sealed), HEARSAY_OPEN_FORGED);
    hearsay_keyring_free(ours);
    hearsay_keyring_free(theirs);
}
END_TEST

START_TEST(test_any_key_opens_and_the_one_that_is_named_seals)
{
    struct hearsay_keyring *three = keyring_of(KEY_C "\n" KEY_A "\n" KEY_B "\n");
    struct hearsay_keyring *one = keyring_of(KEY_A "\n");
    uint32_t marks[HEARSAY_KEYS_MAX], mark = 0;
    ck_assert_uint_eq(siv->keys(three, marks), 3);
    struct sealed sealed = plain_of(18);
    ck_assert(!seal(one, marks[0], 42, &sealed));
    ck_assert(!seal(one, 0, 42, &sealed));
    ck_assert(seal(three, marks[1], 42, &sealed));
    ck_assert_int_eq(opens(one, 42, &sealed), HEARSAY_OPENED);
    ck_assert_int_eq(open_it(three, 42, &sealed, &mark), HEARSAY_OPENED);
    ck_assert_uint_eq(mark, marks[1]);
    hearsay_keyring_free(three);
    hearsay_keyring_free(one);
}
END_TEST

START_TEST(test_the_same_datagram_is_the_same_sealed)
{
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    struct sealed one = sealed_of(keyring, 18, 42), two = sealed_of(keyring, 18, 42);
    ck_assert_mem_eq(one.bytes, two.bytes, HEAD + 18 + TRAILER);
    hearsay_keyring_free(keyring);
}
END_TEST

/* A key that two clusters share by mistake does not join them. */
START_TEST(test_another_cluster_has_other_keys)
{
    struct hearsay_keyring *here = keyring_of(KEY_A "\n"), *there = NULL;
    ck_assert_int_eq(hearsay_keyring_parse(&there, "hearsaz", KEY_A, sizeof(KEY_A) - 1, NULL), 0);
    struct sealed sealed = sealed_of(here, 18, 42);
    ck_assert_uint_ne(mark_at(here, 0), mark_at(there, 0));
    ck_assert_int_ne(opens(there, 42, &sealed), HEARSAY_OPENED);
    hearsay_keyring_free(here);
    hearsay_keyring_free(there);
}
END_TEST

START_TEST(test_a_body_that_no_datagram_has_is_refused)
{
    static uint8_t bytes[HEARSAY_DATAGRAM_MAX + 1 + TRAILER];
    struct hearsay_keyring *keyring = keyring_of(KEY_A "\n");
    uint32_t mark = 0;
    ck_assert(!siv->seal(keyring, mark_at(keyring, 0), 0, bytes, 0, bytes, HEARSAY_DATAGRAM_MAX + 1,
                         bytes + HEARSAY_DATAGRAM_MAX + 1));
    bytes[HEARSAY_DATAGRAM_MAX + 1] = 0xc4;
    bytes[HEARSAY_DATAGRAM_MAX + 2] = 0x11;
    ck_assert_int_eq(siv->open(keyring, 0, bytes, 0, bytes, HEARSAY_DATAGRAM_MAX + 1,
                               bytes + HEARSAY_DATAGRAM_MAX + 1, &mark),
                     HEARSAY_OPEN_FORGED);
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_mac_depends_on_each_bit_of_secret_and_bytes)
{
    uint8_t secret[32] = {1}, bytes[40] = {2};
    uint64_t mac = siv->mac(NULL, secret, bytes, sizeof(bytes));
    ck_assert_uint_eq(mac, siv->mac(NULL, secret, bytes, sizeof(bytes)));
    for (unsigned bit = 0; bit < 8 * sizeof(secret); bit++) {
        secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(mac, siv->mac(NULL, secret, bytes, sizeof(bytes)));
        secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof(bytes); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(mac, siv->mac(NULL, secret, bytes, sizeof(bytes)));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_ne(mac, siv->mac(NULL, secret, bytes, sizeof(bytes) - 1));
}
END_TEST

/* RFC 4231, case 1 with its key padded as HMAC pads it: the same code. */
START_TEST(test_mac_is_hmac_sha_256)
{
    uint8_t secret[32] = {0};
    memset(secret, 0x0b, 20);
    ck_assert_uint_eq(siv->mac(NULL, secret, "Hi There", 8), UINT64_C(0xb0344c61d8db3853));
}
END_TEST

HARNESS_MAIN("siv", test_the_bytes_are_those_of_the_protocol,
             test_every_length_opens_again_and_shows_nothing, test_another_binding_is_forged,
             test_every_changed_bit_is_seen, test_every_other_length_is_refused,
             test_what_has_no_key_of_ours_is_told_from_what_is_forged,
             test_any_key_opens_and_the_one_that_is_named_seals,
             test_the_same_datagram_is_the_same_sealed, test_another_cluster_has_other_keys,
             test_a_body_that_no_datagram_has_is_refused,
             test_mac_depends_on_each_bit_of_secret_and_bytes, test_mac_is_hmac_sha_256)
