/* SPDX-License-Identifier: Apache-2.0 */
/* The null cipher: what it writes, and that damage and a wrong receiver are seen. */
#include "harness.h"

#include <string.h>

#include <hearsay/seal.h>

#include "codec/message.h"

#define HEAD    HS_HEAD_SIZE
#define BODY    300
#define TRAILER 5

/* A sealed datagram with a body of `body_len`. */
struct sealed {
    uint8_t bytes[HEAD + BODY + TRAILER];
    size_t body_len;
};

static struct sealed sealed_of(size_t body_len, uint64_t binding)
{
    struct sealed sealed = {.body_len = body_len};
    for (size_t i = 0; i < HEAD + body_len; i++)
        sealed.bytes[i] = (uint8_t)(i * 7);
    hearsay_seal_none.seal(NULL, binding, sealed.bytes, HEAD, sealed.bytes + HEAD, body_len,
                           sealed.bytes + HEAD + body_len);
    return sealed;
}

static bool opens(struct sealed *sealed, uint64_t binding)
{
    return hearsay_seal_none.open(NULL, binding, sealed->bytes, HEAD, sealed->bytes + HEAD,
                                  sealed->body_len, sealed->bytes + HEAD + sealed->body_len);
}

START_TEST(test_trailer_is_one_msgpack_integer_with_the_checksum)
{
    struct sealed sealed = sealed_of(18, 0);
    uint32_t sum = (uint32_t)hs_hash(sealed.bytes, HEAD + 18); /* seed 0 is no seed */
    const uint8_t *trailer = sealed.bytes + HEAD + 18;
    ck_assert_uint_eq(hearsay_seal_none.trailer_size, TRAILER);
    ck_assert_uint_eq(trailer[0], 0xce);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(trailer[1 + i], (uint8_t)(sum >> (24 - 8 * i)));
}
END_TEST

START_TEST(test_sealing_leaves_head_and_body_as_they_were)
{
    struct sealed sealed = sealed_of(BODY, 42);
    for (size_t i = 0; i < HEAD + BODY; i++)
        ck_assert_uint_eq(sealed.bytes[i], (uint8_t)(i * 7));
    ck_assert(opens(&sealed, 42));
    for (size_t i = 0; i < HEAD + BODY; i++)
        ck_assert_uint_eq(sealed.bytes[i], (uint8_t)(i * 7));
}
END_TEST

START_TEST(test_another_binding_does_not_open)
{
    static const size_t sizes[] = {0, 18, 60, 200, BODY}; /* XXH3 has other code for each */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t bob = hs_hash("bob", 3);
        struct sealed sealed = sealed_of(sizes[i], bob);
        ck_assert(opens(&sealed, bob));
        ck_assert(!opens(&sealed, 0));
        ck_assert(!opens(&sealed, hs_hash("carol", 5)));
        for (unsigned bit = 0; bit < 64; bit++)
            ck_assert(!opens(&sealed, bob ^ UINT64_C(1) << bit));
    }
}
END_TEST

START_TEST(test_every_changed_byte_is_seen)
{
    struct sealed sealed = sealed_of(100, 42);
    for (size_t i = 0; i < HEAD + 100 + TRAILER; i++)
        for (unsigned change = 1; change < 256; change++) {
            sealed.bytes[i] ^= (uint8_t)change;
            ck_assert(!opens(&sealed, 42));
            sealed.bytes[i] ^= (uint8_t)change;
        }
    ck_assert(opens(&sealed, 42));
}
END_TEST

START_TEST(test_mac_depends_on_each_bit_of_secret_and_bytes)
{
    uint8_t secret[32] = {1}, bytes[40] = {2};
    uint64_t mac = hearsay_seal_none.mac(NULL, secret, bytes, sizeof bytes);
    ck_assert_uint_eq(mac, hearsay_seal_none.mac(NULL, secret, bytes, sizeof bytes));
    for (unsigned bit = 0; bit < 8 * sizeof secret; bit++) {
        secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(mac, hearsay_seal_none.mac(NULL, secret, bytes, sizeof bytes));
        secret[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_uint_ne(mac, hearsay_seal_none.mac(NULL, secret, bytes, sizeof bytes));
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_uint_ne(mac, hearsay_seal_none.mac(NULL, secret, bytes, sizeof bytes - 1));
}
END_TEST

/* Fixed numbers: they must be the same on every machine and in every release. */
START_TEST(test_hashes_are_those_of_the_protocol)
{
    static const uint8_t instance[] = {'n', '1', 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    ck_assert_uint_eq(hs_hash("", 0), UINT64_C(0x2d06800538d394c2));
    ck_assert_uint_eq(hs_member_id("n1", 2, UINT64_C(0x0102030405060708)),
                      hs_hash(instance, sizeof instance));
    ck_assert_uint_eq(hs_cluster_tag("hearsay"), (uint32_t)hs_hash("hearsay", 7));
    ck_assert_uint_ne(hs_cluster_tag("hearsay"), hs_cluster_tag("hearsaz"));
}
END_TEST

HARNESS_MAIN("seal", test_trailer_is_one_msgpack_integer_with_the_checksum,
             test_sealing_leaves_head_and_body_as_they_were, test_another_binding_does_not_open,
             test_every_changed_byte_is_seen, test_mac_depends_on_each_bit_of_secret_and_bytes,
             test_hashes_are_those_of_the_protocol)
