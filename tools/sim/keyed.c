/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario calls keys by names, and the secret of a key is a function of its name, so that a run
 * repeats. Members with the same keys share one keyring.
 *
 * A keyring is zero in a child process (hearsay/keyring.h), and each run is a child. So nodes get a
 * cipher that looks for the keyring at each call and makes it anew where it is gone.
 */
#include "keyed.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>
#include <string.h>

#include <hearsay/keyring.h>

#include "grow.h"

#define KEY_CHARS 43u /* of 32 bytes in base64, before the padding */

struct sim_keyring {
    struct sim_key_names names;
    const char *cluster;
    struct hearsay_keyring **made; /* what it points to changes in a child process */
};

/* ---- secrets ----------------------------------------------------------------------------- */

/* Writes the line of a key file that is the key of this name: 43 characters and the padding. */
static size_t write_key(char *line, const char *name)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(name);
    for (uint32_t i = 0; i < KEY_CHARS; i++) {
        uint64_t drawn = XXH3_64bits_withSeed(name, len, i) % 64;
        line[i] =
            base64[i == KEY_CHARS - 1 ? drawn & ~UINT64_C(3) : drawn]; /* 256 bits end there */
    }
    line[KEY_CHARS] = '=';
    line[KEY_CHARS + 1] = '\n';
    return KEY_CHARS + 2;
}

static struct hearsay_keyring *make(const struct sim_keyring *keyring)
{
    char text[HEARSAY_KEYS_MAX * (KEY_CHARS + 2)];
    struct hearsay_keyring *made = NULL;
    size_t len = 0;
    for (uint32_t i = 0; i < keyring->names.count; i++)
        len += write_key(text + len, keyring->names.names[i]);
    if (hearsay_keyring_parse(&made, keyring->cluster, text, len, NULL) != 0)
        return NULL;
    return made;
}

uint64_t sim_name_binding(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

/* ---- keyrings ---------------------------------------------------------------------------- */

static void keyring_free(struct sim_keyring *keyring)
{
    if (keyring->made)
        hearsay_keyring_free(*keyring->made);
    free(keyring->made);
    free(keyring);
}

static bool is_same(const struct sim_key_names *a, const struct sim_key_names *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (strcmp(a->names[i], b->names[i]) != 0)
            return false;
    return true;
}

static struct sim_keyring *keyring_new(const struct sim_world *world,
                                       const struct sim_key_names *names)
{
    struct sim_keyring *keyring = calloc(1, sizeof(*keyring));
    if (!keyring)
        return NULL;
    keyring->names = *names;
    keyring->cluster = world->config.cluster;
    keyring->made = calloc(1, sizeof(struct hearsay_keyring *));
    if (keyring->made)
        *keyring->made = make(keyring);
    if (keyring->made && *keyring->made)
        return keyring;
    keyring_free(keyring);
    return NULL;
}

const struct sim_keyring *sim_keyring(struct sim_world *world, const struct sim_key_names *names)
{
    for (size_t i = 0; i < world->keyring_count; i++)
        if (is_same(&world->keyrings[i]->names, names))
            return world->keyrings[i];
    struct sim_keyring **keyrings = sim_grow(world->keyrings, world->keyring_count,
                                             &world->keyring_room, sizeof(struct sim_keyring *));
    if (!keyrings)
        return NULL;
    world->keyrings = keyrings;
    struct sim_keyring *keyring = keyring_new(world, names);
    if (keyring)
        keyrings[world->keyring_count++] = keyring;
    return keyring;
}

void sim_keyrings_fini(struct sim_world *world)
{
    for (size_t i = 0; i < world->keyring_count; i++)
        keyring_free(world->keyrings[i]);
    free(world->keyrings);
    world->keyrings = NULL;
    world->keyring_count = 0;
}

/* ---- the cipher -------------------------------------------------------------------------- */

static const struct hearsay_keyring *made_of(const void *context)
{
    const struct sim_keyring *keyring = context;
    if (hearsay_keyring_count(*keyring->made) > 0)
        return *keyring->made;
    hearsay_keyring_free(*keyring->made);
    *keyring->made = make(keyring);
    if (!*keyring->made)
        abort(); /* no memory for a page */
    return *keyring->made;
}

static size_t cipher_keys(const void *context, uint32_t ret_marks[HEARSAY_KEYS_MAX])
{
    return hearsay_cipher_siv.keys(made_of(context), ret_marks);
}

static bool cipher_seal(const void *context, uint32_t mark, uint64_t binding, const uint8_t *head,
                        size_t head_len, uint8_t *body, size_t body_len, uint8_t *trailer)
{
    return hearsay_cipher_siv.seal(made_of(context), mark, binding, head, head_len, body, body_len,
                                   trailer);
}

static enum hearsay_opened cipher_open(const void *context, uint64_t binding, const uint8_t *head,
                                       size_t head_len, uint8_t *body, size_t body_len,
                                       const uint8_t *trailer, uint32_t *ret_mark)
{
    return hearsay_cipher_siv.open(made_of(context), binding, head, head_len, body, body_len,
                                   trailer, ret_mark);
}

static uint64_t cipher_mac(const void *context, const uint8_t secret[32], const void *bytes,
                           size_t len)
{
    return hearsay_cipher_siv.mac(made_of(context), secret, bytes, len);
}

const struct hearsay_cipher sim_cipher = {
    .name = "siv of named keys",
    .trailer_size = SIM_TRAILER_SIZE,
    .keys = cipher_keys,
    .seal = cipher_seal,
    .open = cipher_open,
    .mac = cipher_mac,
};
