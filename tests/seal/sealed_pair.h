/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes with keys that pass datagrams to each other, and what an attacker between them has seen. */
#ifndef HS_TESTS_SEALED_PAIR_H
#define HS_TESTS_SEALED_PAIR_H

#include "pair.h"

#include "codec/encode.h"
#include "codec/form.h"
#include "key_lines.h"

#define SEALED_SEEN 4096 /* most datagrams that are recorded */

/* A pair whose nodes may have keys, and the record of all that went between them. */
struct sealed {
    struct pair pair;
    struct hearsay_keyring *rings[PAIR_NODES];
    struct pair_datagram *seen;
    size_t seen_count;
};

static inline bool sealed_record(void *context, const struct pair_datagram *datagram)
{
    struct sealed *sealed = context;
    if (sealed->seen_count < SEALED_SEEN)
        sealed->seen[sealed->seen_count++] = *datagram;
    return true;
}

static inline void sealed_init(struct sealed *sealed)
{
    memset(sealed, 0, sizeof *sealed);
    pair_init(&sealed->pair);
    sealed->seen = calloc(SEALED_SEEN, sizeof *sealed->seen);
    ck_assert_ptr_nonnull(sealed->seen);
    sealed->pair.pass = sealed_record;
    sealed->pair.context = sealed;
}

static inline void sealed_fini(struct sealed *sealed)
{
    pair_fini(&sealed->pair);
    for (unsigned at = 0; at < PAIR_NODES; at++)
        hearsay_keyring_free(sealed->rings[at]);
    free(sealed->seen);
}

/* The next node that is made has these keys; NULL: none. */
static inline void sealed_next(struct sealed *sealed, const char *keys, enum hearsay_seal_mode mode)
{
    unsigned at = sealed->pair.count;
    sealed->rings[at] = keys ? keyring_of(keys) : NULL;
    sealed->pair.config.cipher = keys ? &hearsay_cipher_siv : NULL;
    sealed->pair.config.cipher_context = sealed->rings[at];
    sealed->pair.config.seal_mode = mode;
}

static inline unsigned sealed_add(struct sealed *sealed, const char *name, const char *keys,
                                  enum hearsay_seal_mode mode)
{
    sealed_next(sealed, keys, mode);
    return pair_add(&sealed->pair, name);
}

/* What a reload does. */
static inline void sealed_set(struct sealed *sealed, unsigned at, const char *keys,
                              enum hearsay_seal_mode mode)
{
    struct hearsay_keyring *old = sealed->rings[at];
    sealed->rings[at] = keys ? keyring_of(keys) : NULL;
    ck_assert_int_eq(hearsay_node_set_cipher(sealed->pair.nodes[at], pair_now(&sealed->pair, at),
                                             keys ? &hearsay_cipher_siv : NULL, sealed->rings[at],
                                             mode),
                     0);
    hearsay_keyring_free(old);
}

/* `count` nodes "n0", … with these keys that have joined and agree. */
static inline void sealed_form(struct sealed *sealed, unsigned count, const char *keys,
                               enum hearsay_seal_mode mode)
{
    static const char *const names[PAIR_NODES] = {"n0", "n1", "n2", "n3", "n4", "n5"};
    for (unsigned i = 0; i < count; i++)
        sealed_add(sealed, names[i], keys, mode);
    for (unsigned i = 1; i < count; i++)
        pair_join(&sealed->pair, i, 0);
    pair_run(&sealed->pair, 3 * RIG_SECOND);
    ck_assert(pair_agree(&sealed->pair));
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(pair_stats(&sealed->pair, i).members[HEARSAY_STATUS_ALIVE], count);
    pair_forget_events(&sealed->pair);
}

static inline bool is_sealed(const struct pair_datagram *datagram)
{
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    return datagram->len - HS_HEAD_SIZE - head.body_len == HS_SEALED_TRAILER;
}

/* How many of the recorded datagrams from this place on are sealed. */
static inline size_t sealed_count(const struct sealed *sealed, size_t from)
{
    size_t count = 0;
    for (size_t i = from; i < sealed->seen_count; i++)
        count += is_sealed(&sealed->seen[i]);
    return count;
}

static inline uint64_t sealed_drops(const struct sealed *sealed, unsigned at,
                                    enum hearsay_drop reason)
{
    return pair_stats(&sealed->pair, at).drops[reason];
}

/* All nodes together. */
static inline uint64_t sealed_all_drops(const struct sealed *sealed, enum hearsay_drop reason)
{
    uint64_t count = 0;
    for (unsigned at = 0; at < sealed->pair.count; at++)
        if (sealed->pair.nodes[at])
            count += sealed_drops(sealed, at, reason);
    return count;
}

static inline uint64_t sealed_suspicions(const struct sealed *sealed)
{
    uint64_t count = 0;
    for (unsigned at = 0; at < sealed->pair.count; at++)
        if (sealed->pair.nodes[at])
            count += pair_stats(&sealed->pair, at).suspicions;
    return count;
}

#endif
