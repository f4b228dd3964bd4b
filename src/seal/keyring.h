/* SPDX-License-Identifier: Apache-2.0 */
/* What a keyring holds: all that sealing needs is worked out when it is made. */
#ifndef HS_SEAL_KEYRING_H
#define HS_SEAL_KEYRING_H

#include <nettle/hmac.h>
#include <nettle/siv-cmac.h>

#include <hearsay/keyring.h>

#include "seal/text.h"

/* What HKDF makes of a key for a cluster: the key of the cipher, then the fingerprint. */
struct hs_key_derived {
    uint8_t siv[SIV_CMAC_AES256_KEY_SIZE];
    uint8_t fingerprint[HEARSAY_FINGERPRINT_SIZE];
};
_Static_assert(sizeof(struct hs_key_derived) == 80, "as docs/protocol.md says (R32: seal)");

struct hs_key {
    struct siv_cmac_aes256_ctx siv;
    uint32_t mark;
    uint8_t fingerprint[HEARSAY_FINGERPRINT_SIZE];
};

/* All of it lies in one mapping. In a child process the mapping is zero, so `count` is too, and
 * nothing is sealed or opened there. */
struct hearsay_keyring {
    size_t count;
    struct hs_key keys[HEARSAY_KEYS_MAX];

    /* Where keys are on their way; wiped when the keyring is made. */
    struct hs_key_making {
        struct hs_key_text text;
        struct hmac_sha256_ctx hmac;
        uint8_t prk[SHA256_DIGEST_SIZE];
        struct hs_key_derived derived;
    } making;
};

#endif
