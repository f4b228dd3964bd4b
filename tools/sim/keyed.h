/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that have names: see keyed.c.
 */
#ifndef SIM_KEYED_H
#define SIM_KEYED_H

#include "state.h"

#define SIM_KEY_NAME_MAX 16u /* with its terminating zero */
#define SIM_TRAILER_SIZE 19u /* of a sealed datagram (R32): c4 11, id of a key, tag */

/* Names of keys in the order of a key file: the first one seals. None: no key. */
struct sim_key_names {
    char names[HEARSAY_KEYS_MAX][SIM_KEY_NAME_MAX];
    uint32_t count;
};

/* The keyring with these keys; it lives as long as the world. NULL: no memory, or no such
 * keyring. */
const struct sim_keyring *sim_keyring(struct sim_world *world, const struct sim_key_names *names);
void sim_keyrings_fini(struct sim_world *world);

/* Seals as hearsay_cipher_siv does; its context is a struct sim_keyring. */
extern const struct hearsay_cipher sim_cipher;

/* What a plain datagram to a member of this name is bound to (R9: datagram). */
uint64_t sim_name_binding(const char *name);

#endif
