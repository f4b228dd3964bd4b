/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A box of cards: what members say of themselves (name, address, tags: R1), kept once for all nodes
 * that share the box. It is for programs with many nodes that know the same members: simulators,
 * tests, gateways into several clusters. A program with one node needs none.
 *
 *     struct hearsay_cards *cards;
 *     hearsay_cards_new(&cards, &allocator);
 *     config.cards = cards;                     // of each node
 *     …
 *     hearsay_cards_free(cards);                // after the last node
 *
 * Bound: the box holds what its nodes hold, so at most the sum of their max_members.
 *
 * Threads: none. A box and all of its nodes belong to one thread.
 */
#ifndef HEARSAY_CARDS_H
#define HEARSAY_CARDS_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hearsay_cards;

/* Makes an empty box that takes its memory from a copy of *allocator. Returns 0, or
 * HEARSAY_ERR_NOMEM and leaves *ret_cards as it was. */
int hearsay_cards_new(struct hearsay_cards **ret_cards, const struct hearsay_allocator *allocator);

/* Frees a box when no node uses it any more. NULL is a no-op. */
void hearsay_cards_free(struct hearsay_cards *cards);

/* How many different cards its nodes hold, and how many bytes these take. O(1). */
size_t hearsay_cards_count(const struct hearsay_cards *cards);
uint64_t hearsay_cards_bytes(const struct hearsay_cards *cards);

#ifdef __cplusplus
}
#endif
#endif
