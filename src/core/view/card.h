/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a member says of itself, as views hold it: its blob, still encoded (R1), and what is asked
 * of it all the time, decoded once. A card never changes; a member that says something new of
 * itself gets another one.
 *
 * Nodes of one thread may share a box (hearsay-tree/many.h): then each card is there once, whoever
 * holds it. Without a box a card belongs to the one view that has it.
 */
#ifndef HS_STATE_CARD_H
#define HS_STATE_CARD_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay-tree/many.h>
#include <hearsay/addr.h>
#include <hearsay/allocator.h>

#include "codec/message.h"

struct hs_card {
    uint64_t id; /* hs_member_id of name and instance */
    uint64_t name_hash;
    uint64_t hash;   /* of the blob */
    uint32_t shares; /* how many hold it */
    uint32_t place;  /* in its box; HS_NO_SLOT: it is in none */
    struct hearsay_addr addr;
    uint16_t len, tokens;
    uint8_t name_len;
    uint8_t blob[]; /* len bytes, then the name, terminated */
};

/* A share of the card with this blob: the box's, or a new one. `hash` is the blob's. NULL: no
 * memory. */
const struct hs_card *hs_card_take(struct hearsay_cards *box,
                                   const struct hearsay_allocator *allocator, const uint8_t *blob,
                                   size_t len, const struct hs_blob *decoded, uint64_t hash);

/* Gives a share back, to the box or allocator that it came from. NULL is a no-op. */
void hs_card_drop(struct hearsay_cards *box, const struct hearsay_allocator *allocator,
                  const struct hs_card *card);

static inline const char *hs_card_name(const struct hs_card *card)
{
    return (const char *)card->blob + card->len;
}

/* Bytes that it takes. */
static inline size_t hs_card_size(const struct hs_card *card)
{
    return offsetof(struct hs_card, blob) + card->len + card->name_len + 1u;
}

#endif
