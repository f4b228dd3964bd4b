/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AEAD_AES_SIV_CMAC_512 of RFC 5297 (R32: seal). The associated data are the head and the binding;
 * nettle calls the latter a nonce, but nothing depends on its being new. The trailer:
 *
 *   0xc4 0x11 | key id (1): first byte of the key's fingerprint | tag (16)
 *
 * which is a msgpack bin of 17 bytes. The key id is a hint that spares trials: all keys that have
 * it are tried.
 *
 * nettle writes the tag before the ciphertext and does not open in place, so both ways go through a
 * copy. It holds what is on the wire and needs no wiping.
 */
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/keyring.h>

#include "seal/keyring.h"
#include "seal/wipe.h"

#define MARKER_BIN8  0xc4
#define MARKER_SIZE  (1 + SIV_DIGEST_SIZE)
#define ID_OFFSET    2
#define TAG_OFFSET   3
#define TRAILER      (TAG_OFFSET + SIV_DIGEST_SIZE)
#define BINDING_SIZE 8
#define BODY_MAX     HEARSAY_DATAGRAM_MAX /* more than fits beside head and trailer */

_Static_assert(TRAILER == 19 && TRAILER <= HEARSAY_SEAL_TRAILER_MAX, "R32: seal");

static void put_u64(uint8_t bytes[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
}

static size_t siv_keys(const void *context, uint32_t ret_marks[HEARSAY_KEYS_MAX])
{
    const struct hearsay_keyring *keyring = context;
    for (size_t i = 0; i < keyring->count; i++)
        ret_marks[i] = keyring->keys[i].mark;
    return keyring->count;
}

static const struct hs_key *find_key(const struct hearsay_keyring *keyring, uint32_t mark)
{
    for (size_t i = 0; i < keyring->count; i++)
        if (keyring->keys[i].mark == mark)
            return &keyring->keys[i];
    return NULL;
}

static bool siv_seal(const void *context, uint32_t mark, uint64_t binding, const uint8_t *head,
                     size_t head_len, uint8_t *body, size_t body_len, uint8_t *trailer)
{
    const struct hs_key *key = find_key(context, mark);
    uint8_t sealed[SIV_DIGEST_SIZE + BODY_MAX], bound[BINDING_SIZE];
    if (!key || body_len > BODY_MAX)
        return false;
    put_u64(bound, binding);
    siv_cmac_aes256_encrypt_message(&key->siv, sizeof(bound), bound, head_len, head,
                                    SIV_DIGEST_SIZE + body_len, sealed, body);
    trailer[0] = MARKER_BIN8;
    trailer[1] = MARKER_SIZE;
    trailer[ID_OFFSET] = key->fingerprint[0];
    memcpy(trailer + TAG_OFFSET, sealed, SIV_DIGEST_SIZE);
    memcpy(body, sealed + SIV_DIGEST_SIZE, body_len);
    return true;
}

static enum hearsay_opened siv_open(const void *context, uint64_t binding, const uint8_t *head,
                                    size_t head_len, uint8_t *body, size_t body_len,
                                    const uint8_t *trailer, uint32_t *ret_mark)
{
    const struct hearsay_keyring *keyring = context;
    uint8_t sealed[SIV_DIGEST_SIZE + BODY_MAX], bound[BINDING_SIZE];
    enum hearsay_opened result = HEARSAY_OPEN_KEY;
    if (trailer[0] != MARKER_BIN8 || trailer[1] != MARKER_SIZE || body_len > BODY_MAX)
        return HEARSAY_OPEN_FORGED;
    for (size_t i = 0; i < keyring->count; i++) {
        const struct hs_key *key = &keyring->keys[i];
        if (key->fingerprint[0] != trailer[ID_OFFSET])
            continue;
        if (result == HEARSAY_OPEN_KEY) { /* the first with this id: a copy is needed */
            memcpy(sealed, trailer + TAG_OFFSET, SIV_DIGEST_SIZE);
            memcpy(sealed + SIV_DIGEST_SIZE, body, body_len);
            put_u64(bound, binding);
        }
        result = HEARSAY_OPEN_FORGED;
        if (siv_cmac_aes256_decrypt_message(&key->siv, sizeof(bound), bound, head_len, head,
                                            body_len, body, sealed)) {
            *ret_mark = key->mark;
            return HEARSAY_OPENED;
        }
    }
    return result;
}

static uint64_t siv_mac(const void *context, const uint8_t secret[32], const void *bytes,
                        size_t len)
{
    struct hmac_sha256_ctx hmac;
    uint8_t digest[8];
    uint64_t code = 0;
    (void)context;
    hmac_sha256_set_key(&hmac, 32, secret);
    hmac_sha256_update(&hmac, len, bytes);
    hmac_sha256_digest(&hmac, sizeof(digest), digest);
    hearsay_wipe(&hmac, sizeof(hmac));
    hs_wipe_stack();
    for (size_t i = 0; i < sizeof(digest); i++)
        code = code << 8 | digest[i];
    return code;
}

const struct hearsay_cipher hearsay_cipher_siv = {
    .name = "siv",
    .trailer_size = TRAILER,
    .keys = siv_keys,
    .seal = siv_seal,
    .open = siv_open,
    .mac = siv_mac,
};
