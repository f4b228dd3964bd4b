/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only a program with many nodes needs: the simulator and the swarm of this tree, and tests.
 * It is not installed. Nodes that know the same members share a pool of what members say of
 * themselves (name, address, tags: R1), and are made as if they had known each other for long.
 *
 *     struct hs_meta_pool *pool;
 *     hs_meta_pool_new(&pool, &allocator);
 *     hs_node_new_sharing(&node, &config, now, pool); // each node
 *     …
 *     hs_meta_pool_free(pool);                       // after the last node
 *
 * Bound: the pool holds what its nodes hold, so at most the sum of their max_members.
 *
 * Threads: none. A box and all of its nodes belong to one thread.
 */
#ifndef HEARSAY_TREE_MANY_H
#define HEARSAY_TREE_MANY_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/node.h>

struct hs_meta_pool;

/* Makes an empty box that takes its memory from a copy of *allocator. Returns 0, or
 * HEARSAY_ERR_NOMEM and leaves *ret_pool as it was. */
int hs_meta_pool_new(struct hs_meta_pool **ret_pool, const struct hearsay_allocator *allocator);

/* Frees a pool when no node uses it any more. NULL is a no-op. */
void hs_meta_pool_free(struct hs_meta_pool *meta_pool);

/* How many different objects its nodes hold, and how many bytes these take. O(1). */
size_t hs_meta_pool_count(const struct hs_meta_pool *meta_pool);
uint64_t hs_meta_pool_bytes(const struct hs_meta_pool *meta_pool);

/* hearsay_node_new with a pool for what members say of themselves; NULL: the node keeps its own. */
int hs_node_new_sharing(struct hearsay_node **ret_node, const struct hearsay_config *config,
                        struct hearsay_now now, struct hs_meta_pool *meta_pool);

/* Takes in what another node of this thread says of itself, as if an exchange had brought it, and
 * passes it on to nobody. With it a simulator or a benchmark sets up a cluster that has lived for
 * long, in which all know all: thousands of joins take minutes of a processor. It proves no
 * address. Both nodes must be of one cluster, and the events are as of any other news. Errors: FULL
 * (max_members, or no memory), INVALID (a record that is refused: R6, R8). */
int hs_node_introduce(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_node *other);

#endif
