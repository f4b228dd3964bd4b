/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a keyring of the text of a key file, and freeing it. Keys are derived with HKDF-SHA-256
 * (RFC 5869), with the cluster's name as info: clusters that share a key by mistake still do not
 * open each other's datagrams.
 */
#include "seal/keyring.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include <nettle/hkdf.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#include "seal/wipe.h"

#define SALT "hearsay seal 1" /* of HKDF; another way to seal would have another one */

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

/* ---- the mapping ------------------------------------------------------------------------- */

/* Locking may be forbidden or bounded by RLIMIT_MEMLOCK, and an old kernel may not know the advice.
 * A keyring without them is better than none. */
static struct hearsay_keyring *new_keyring(void)
{
    size_t size = sizeof(struct hearsay_keyring);
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    mlock(mapping, size);
    madvise(mapping, size, MADV_DONTDUMP);
    madvise(mapping, size, MADV_WIPEONFORK);
    return mapping;
}

void hearsay_keyring_free(struct hearsay_keyring *keyring)
{
    if (!keyring)
        return;
    hearsay_wipe(keyring, sizeof(*keyring));
    munmap(keyring, sizeof(*keyring)); /* unlocks it too */
}

/* ---- one key ----------------------------------------------------------------------------- */

static void derive(struct hs_key_making *making, const char *cluster, const uint8_t *secret)
{
    struct hmac_sha256_ctx *hmac = &making->hmac;
    nettle_hash_update_func *update = (nettle_hash_update_func *)hmac_sha256_update;
    nettle_hash_digest_func *digest = (nettle_hash_digest_func *)hmac_sha256_digest;
    hmac_sha256_set_key(hmac, sizeof(SALT) - 1, (const uint8_t *)SALT);
    hkdf_extract(hmac, update, digest, SHA256_DIGEST_SIZE, HEARSAY_KEY_SIZE, secret, making->prk);
    hmac_sha256_set_key(hmac, sizeof(making->prk), making->prk);
    hkdf_expand(hmac, update, digest, SHA256_DIGEST_SIZE, strlen(cluster), (const uint8_t *)cluster,
                sizeof(making->derived), (uint8_t *)&making->derived);
}

static uint32_t mark_of(const uint8_t *fingerprint)
{
    return (uint32_t)fingerprint[0] << 24 | (uint32_t)fingerprint[1] << 16 |
           (uint32_t)fingerprint[2] << 8 | fingerprint[3];
}

/* Why this keyring cannot have the key too; NULL: it can. By chance it cannot once in 2^32. */
static const char *key_fault(const struct hearsay_keyring *keyring, const struct hs_key *key)
{
    if (key->mark == 0)
        return "this key's fingerprint begins with zeros, by chance: make another key";
    for (size_t i = 0; i < keyring->count; i++) {
        const struct hs_key *other = &keyring->keys[i];
        if (memcmp(key->fingerprint, other->fingerprint, sizeof(key->fingerprint)) == 0)
            return "the same key twice: delete one of the lines";
        if (key->mark == other->mark)
            return "this key's fingerprint begins like that of another one, by chance: make "
                   "another key";
    }
    return NULL;
}

/* Adds a key, or returns why it cannot be added. */
static const char *add_key(struct hearsay_keyring *keyring, const char *cluster,
                           const uint8_t *secret)
{
    if (keyring->count == HEARSAY_KEYS_MAX)
        return "this is one key more than the " TEXT(HEARSAY_KEYS_MAX) " of a key file: delete old "
                                                                       "ones";
    struct hs_key *key = &keyring->keys[keyring->count];
    const struct hs_key_derived *derived = &keyring->making.derived;
    derive(&keyring->making, cluster, secret);
    memcpy(key->fingerprint, derived->fingerprint, sizeof(key->fingerprint));
    key->mark = mark_of(key->fingerprint);
    const char *fault = key_fault(keyring, key);
    if (fault)
        return fault;
    siv_cmac_aes256_set_key(&key->siv, derived->siv);
    keyring->count++;
    return NULL;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool is_cluster(const char *cluster)
{
    size_t len = cluster ? strnlen(cluster, HEARSAY_CLUSTER_MAX + 1) : 0;
    return len > 0 && len <= HEARSAY_CLUSTER_MAX;
}

static struct hearsay_keyring_error read_keys(struct hearsay_keyring *keyring, const char *cluster,
                                              const char *bytes, size_t len)
{
    struct hs_key_text *text = &keyring->making.text;
    const uint8_t *secret;
    const char *fault = NULL;
    hs_key_text_begin(text, bytes, len);
    while (!fault && (secret = hs_key_text_next(text)))
        fault = add_key(keyring, cluster, secret);
    if (!fault)
        fault = text->fault;
    if (fault)
        return (struct hearsay_keyring_error){text->line, fault};
    return (struct hearsay_keyring_error){
        0, keyring->count == 0 ? "there is no key in it: hearsay keygen makes one" : NULL};
}

static int refuse(struct hearsay_keyring_error error, struct hearsay_keyring_error *ret_error)
{
    if (ret_error)
        *ret_error = error;
    return HEARSAY_ERR_INVALID;
}

int hearsay_keyring_parse(struct hearsay_keyring **ret_keyring, const char *cluster,
                          const char *text, size_t len, struct hearsay_keyring_error *ret_error)
{
    struct hearsay_keyring_error error = {0, NULL};
    if (!is_cluster(cluster))
        error.text = "the name of the cluster must have 1 to " TEXT(HEARSAY_CLUSTER_MAX) " bytes";
    else if (len > HEARSAY_KEY_FILE_MAX)
        error.text = "it is longer than " TEXT(HEARSAY_KEY_FILE_MAX) " bytes: one key a line, and "
                                                                     "no more than eight";
    if (error.text)
        return refuse(error, ret_error);
    struct hearsay_keyring *keyring = new_keyring();
    if (!keyring)
        return HEARSAY_ERR_NOMEM;
    error = read_keys(keyring, cluster, text, len);
    hearsay_wipe(&keyring->making, sizeof(keyring->making));
    hs_wipe_stack();
    if (error.text) {
        hearsay_keyring_free(keyring);
        return refuse(error, ret_error);
    }
    *ret_keyring = keyring;
    return 0;
}

size_t hearsay_keyring_count(const struct hearsay_keyring *keyring)
{
    return keyring->count;
}

void hearsay_keyring_fingerprint(const struct hearsay_keyring *keyring, size_t index,
                                 uint8_t ret_fingerprint[HEARSAY_FINGERPRINT_SIZE])
{
    if (index < keyring->count)
        memcpy(ret_fingerprint, keyring->keys[index].fingerprint, HEARSAY_FINGERPRINT_SIZE);
}
