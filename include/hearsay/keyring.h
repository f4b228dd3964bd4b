/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a cluster, and the cipher that uses them: AEAD_AES_SIV_CMAC_512 of RFC 5297 (R32: seal,
 * R33: keys). It is deterministic, so there is no nonce to repeat: a cloned image or a restored
 * snapshot of a process gives nothing away but that it says the same again.
 *
 * A key is 32 secret bytes, which a key file holds in base64, one key a line, with comments (#).
 * From key and cluster name HKDF-SHA-256 derives 64 bytes for the cipher and 16 bytes of
 * fingerprint. Fingerprints are no secret: agents show them to each other and to operators.
 *
 * A keyring does not change. To change keys, make another one, give it to hearsay_node_set_cipher
 * and free the old one. Its memory is locked where the system allows it, is left out of core dumps,
 * is zero in a child process, and is wiped when it is freed. Different threads may use one keyring
 * at a time.
 */
#ifndef HEARSAY_KEYRING_H
#define HEARSAY_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/seal.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_KEY_SIZE         32   /* secret bytes of a key */
#define HEARSAY_FINGERPRINT_SIZE 16   /* bytes; the first four are the key's mark */
#define HEARSAY_KEY_TEXT_SIZE    46   /* of one key as a line: base64, newline, zero */
#define HEARSAY_KEY_FILE_MAX     8192 /* bytes of a key file */

struct hearsay_keyring;

/* What is wrong with the text of a key file. */
struct hearsay_keyring_error {
    unsigned line;    /* counted from 1; 0: the text as a whole */
    const char *text; /* a static sentence, which shows nothing of the file */
};

/* Reads the text of a key file, `len` bytes, for a cluster. The text is borrowed, and the caller
 * wipes it. The caller frees the keyring with hearsay_keyring_free. `ret_error` may be NULL.
 * Errors: INVALID (*ret_error says why: a line that is no key, no key at all, more than
 * HEARSAY_KEYS_MAX, the same key twice, a cluster's name that none can have), NOMEM. */
int hearsay_keyring_parse(struct hearsay_keyring **ret_keyring, const char *cluster,
                          const char *text, size_t len, struct hearsay_keyring_error *ret_error);

/* Wipes and frees a keyring. NULL is a no-op. */
void hearsay_keyring_free(struct hearsay_keyring *keyring);

/* The number of keys, and the fingerprint of one, by its index in the file's order. With an index
 * that no key has *ret_fingerprint is untouched. */
size_t hearsay_keyring_count(const struct hearsay_keyring *keyring);
void hearsay_keyring_fingerprint(const struct hearsay_keyring *keyring, size_t index,
                                 uint8_t ret_fingerprint[HEARSAY_FINGERPRINT_SIZE]);

/* Makes a new key of random bytes of the system and writes it as a line of a key file, terminated.
 * The caller wipes it. Errors: INVALID if the system gives no random bytes. */
int hearsay_key_generate(char ret_line[HEARSAY_KEY_TEXT_SIZE]);

/* True if a text could be a key, or one that has lost or gained a few characters: 40 to 48
 * characters of standard base64 or of its form for URLs, capitals and small letters among them.
 * It is for whoever expects a path, so that a key that was given instead is not repeated in a
 * message. */
bool hearsay_key_resembles(const char *text);

/* Overwrites bytes in a way that the compiler does not leave out. */
void hearsay_wipe(void *bytes, size_t len);

/* The cipher; its context is a struct hearsay_keyring. */
extern const struct hearsay_cipher hearsay_cipher_siv;

#ifdef __cplusplus
}
#endif
#endif
