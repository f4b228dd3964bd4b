/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last words (R60): what this node would say of itself if its process ended now, made in advance
 * for those peers that are most likely to hear it.
 */
#ifndef HS_RULES_LAST_WORDS_H
#define HS_RULES_LAST_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/core.h"

/* Peers that are remembered. Some of them may be dead when the words are made. */
#define HS_LAST_WORDS_PEERS 16u

struct hs_last_words {
    struct hs_core *core;
    uint64_t version; /* another one: what was made before is out of date */
    uint32_t count;
    struct {
        uint64_t id;
        uint32_t slot;
    } peers[HS_LAST_WORDS_PEERS]; /* who has acked, the latest first */
};

/* `core` is borrowed. */
void hs_last_words_init(struct hs_last_words *words, struct hs_core *core);

/* The member at `slot` has acked something of ours. For the first few this makes what was made
 * before out of date. */
void hs_last_words_acked(struct hs_last_words *words, uint32_t slot);

/* What was made before is out of date. */
void hs_last_words_outdate(struct hs_last_words *words);

/* Makes the datagram for the peer in this place, of those that are alive and at proven addresses.
 * Returns its length, or 0 if there is no such peer. `room` is at least the mtu. */
size_t hs_last_words_make(struct hs_last_words *words, unsigned index, struct hearsay_addr *ret_to,
                          uint8_t *bytes, size_t room);

#endif
