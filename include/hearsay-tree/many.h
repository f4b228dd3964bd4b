/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only a program with many nodes needs: the simulator and the swarm of this tree, and tests.
 * It is not installed. Nodes that know the same members share a box of what members say of
 * themselves (name, address, tags: R1), and are made as if they had known each other for long.
 *
 *     struct hearsay_cards *cards;
 *     hearsay_cards_new(&cards, &allocator);
 *     hs_node_new_sharing(&node, &config, now, cards); // each node
 *     …
 *     hearsay_cards_free(cards);                       // after the last node
 *
 * Bound: the box holds what its nodes hold, so at most the sum of their max_members.
 *
 * Threads: none. A box and all of its nodes belong to one thread.
 */
#ifndef HEARSAY_TREE_MANY_H
#define HEARSAY_TREE_MANY_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/node.h>

struct hearsay_cards;

/* Makes an empty box that takes its memory from a copy of *allocator. Returns 0, or
 * HEARSAY_ERR_NOMEM and leaves *ret_cards as it was. */
int hearsay_cards_new(struct hearsay_cards **ret_cards, const struct hearsay_allocator *allocator);

/* Frees a box when no node uses it any more. NULL is a no-op. */
void hearsay_cards_free(struct hearsay_cards *cards);

/* How many different cards its nodes hold, and how many bytes these take. O(1). */
size_t hearsay_cards_count(const struct hearsay_cards *cards);
uint64_t hearsay_cards_bytes(const struct hearsay_cards *cards);

/* hearsay_node_new with a box for what members say of themselves; NULL: the node keeps its own. */
int hs_node_new_sharing(struct hearsay_node **ret_node, const struct hearsay_config *config,
                        struct hearsay_now now, struct hearsay_cards *cards);

/* Takes in what another node of this thread says of itself, as if an exchange had brought it, and
 * passes it on to nobody. With it a simulator or a benchmark sets up a cluster that has lived for
 * long, in which all know all: thousands of joins take minutes of a processor. It proves no
 * address. Both nodes must be of one cluster, and the events are as of any other news. Errors: FULL
 * (max_members, or no memory), INVALID (a record that is refused: R6, R8). */
int hs_node_introduce(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_node *other);

#endif
