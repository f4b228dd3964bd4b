/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a record all but the version is the same at every agent. One that is alone must keep it all
 * the same; a process with hundreds of nodes, as simulators and tests are, need not keep it
 * hundreds of times: at 10,000 members with 10,000 views that is 11 GB less (docs/scaling.md).
 */
#include "view/card.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "view/index.h"

#define ENTRIES_FIRST 16u

struct hearsay_cards {
    struct hearsay_allocator allocator;
    struct hs_card **cards; /* by place; a free one is NULL */
    uint32_t *free_places;  /* as much room as there is for cards */
    uint32_t room, free_room, used, free_count;
    uint64_t bytes;
    struct hs_index by_hash;
};

static uint64_t hash_key(const void *owner, uint32_t place)
{
    const struct hearsay_cards *box = owner;
    return box->cards[place]->hash;
}

int hearsay_cards_new(struct hearsay_cards **ret_cards, const struct hearsay_allocator *allocator)
{
    struct hearsay_cards *box = hs_alloc_zeroed(allocator, sizeof(*box));
    if (!box)
        return HEARSAY_ERR_NOMEM;
    box->allocator = *allocator;
    int err = hs_index_init(&box->by_hash, allocator, ENTRIES_FIRST, hash_key, box);
    if (err) {
        hs_release(allocator, box);
        return err;
    }
    *ret_cards = box;
    return 0;
}

void hearsay_cards_free(struct hearsay_cards *cards)
{
    if (!cards)
        return;
    struct hearsay_allocator allocator = cards->allocator;
    hs_index_fini(&cards->by_hash, &allocator);
    hs_release(&allocator, cards->cards);
    hs_release(&allocator, cards->free_places);
    hs_release(&allocator, cards);
}

size_t hearsay_cards_count(const struct hearsay_cards *cards)
{
    return cards->used - cards->free_count;
}

uint64_t hearsay_cards_bytes(const struct hearsay_cards *cards)
{
    return cards->bytes;
}

/* ---- one card ---------------------------------------------------------------------------- */

static struct hs_card *make(const struct hearsay_allocator *allocator, const uint8_t *blob,
                            size_t len, const struct hs_blob *decoded, uint64_t hash)
{
    size_t size = offsetof(struct hs_card, blob) + len + decoded->name_len + 1;
    struct hs_card *card = hs_alloc(allocator, size < sizeof(*card) ? sizeof(*card) : size);
    if (!card)
        return NULL;
    *card = (struct hs_card){
        .id = hs_member_id(decoded->name, decoded->name_len, decoded->instance),
        .name_hash = hs_hash(decoded->name, decoded->name_len),
        .hash = hash,
        .shares = 1,
        .place = HS_NO_SLOT,
        .addr = decoded->addr,
        .len = (uint16_t)len,
        .tokens = (uint16_t)decoded->tokens,
        .name_len = (uint8_t)decoded->name_len,
    };
    memcpy(card->blob, blob, len);
    memcpy(card->blob + len, decoded->name, decoded->name_len);
    card->blob[len + decoded->name_len] = '\0';
    return card;
}

/* ---- the box ----------------------------------------------------------------------------- */

static struct hs_card *find(const struct hearsay_cards *box, const uint8_t *blob, size_t len,
                            uint64_t hash)
{
    uint32_t place = hs_index_find(&box->by_hash, hash);
    if (place == HS_NO_SLOT)
        return NULL;
    struct hs_card *card = box->cards[place];
    return card->len == len && memcmp(card->blob, blob, len) == 0 ? card : NULL;
}

/* Room for one more, so that putting it there cannot fail. */
static bool reserve(struct hearsay_cards *box)
{
    void *cards = box->cards, *places = box->free_places;
    uint32_t need = box->used + 1;
    bool grown = hs_grow(&box->allocator, &cards, &box->room, need, sizeof(*box->cards));
    box->cards = cards;
    if (!grown)
        return false;
    grown = hs_grow(&box->allocator, &places, &box->free_room, need, sizeof(*box->free_places));
    box->free_places = places;
    return grown && !hs_index_reserve(&box->by_hash, &box->allocator, need);
}

static void put(struct hearsay_cards *box, struct hs_card *card)
{
    card->place = box->free_count ? box->free_places[--box->free_count] : box->used++;
    box->cards[card->place] = card;
    hs_index_add(&box->by_hash, card->hash, card->place);
}

/* Not put there: one whose hash is another's, or where the index has no slot left for it. */
static bool has_place(const struct hearsay_cards *box, uint64_t hash)
{
    return hearsay_cards_count(box) < HS_INDEX_SLOTS_MAX - 1 &&
           hs_index_find(&box->by_hash, hash) == HS_NO_SLOT;
}

const struct hs_card *hs_card_take(struct hearsay_cards *box,
                                   const struct hearsay_allocator *allocator, const uint8_t *blob,
                                   size_t len, const struct hs_blob *decoded, uint64_t hash)
{
    if (!box)
        return make(allocator, blob, len, decoded, hash);
    struct hs_card *card = find(box, blob, len, hash);
    if (card) {
        card->shares++;
        return card;
    }
    bool placed = has_place(box, hash);
    if (placed && !reserve(box))
        return NULL;
    card = make(&box->allocator, blob, len, decoded, hash);
    if (!card)
        return NULL;
    if (placed)
        put(box, card);
    box->bytes += hs_card_size(card);
    return card;
}

void hs_card_drop(struct hearsay_cards *box, const struct hearsay_allocator *allocator,
                  const struct hs_card *card)
{
    struct hs_card *mine = (struct hs_card *)(uintptr_t)card; /* constant for all but shares */
    if (!mine || --mine->shares > 0)
        return;
    if (!box) {
        hs_release(allocator, mine);
        return;
    }
    box->bytes -= hs_card_size(mine);
    if (mine->place != HS_NO_SLOT) {
        hs_index_remove(&box->by_hash, mine->hash);
        box->cards[mine->place] = NULL;
        box->free_places[box->free_count++] = mine->place;
    }
    hs_release(&box->allocator, mine);
}
