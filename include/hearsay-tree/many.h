/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions for a program that runs many nodes: the simulator, the swarm and the tests of this
 * tree. This header is not installed. Nodes that know the same members can share one pool of
 * metadata (what members say of themselves: name, address, tags; R1: the record). A program can
 * also make nodes that know each other from the start.
 *
 *     struct hs_meta_pool *pool;
 *     hs_meta_pool_new(&pool, &allocator);
 *     hs_node_new_sharing(&node, &config, now, pool); // each node
 *     …
 *     hs_meta_pool_free(pool);                       // after the last node
 *
 * Bound: the pool holds no more than its nodes hold, which is at most the sum of their max_members.
 *
 * Threads: a pool and all of its nodes belong to one thread at a time.
 */
#ifndef HEARSAY_TREE_MANY_H
#define HEARSAY_TREE_MANY_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/node.h>

struct hs_meta_pool;

/* Makes an empty pool. It keeps a copy of *allocator and takes its memory from it. The caller frees
 * the pool with hs_meta_pool_free. Returns 0, or HEARSAY_ERR_NOMEM and leaves *ret_pool
 * unchanged. */
int hs_meta_pool_new(struct hs_meta_pool **ret_pool, const struct hearsay_allocator *allocator);

/* Frees a pool. All nodes that use it must have been freed before. NULL is a no-op. */
void hs_meta_pool_free(struct hs_meta_pool *meta_pool);

/* How many different metadata objects the nodes of a pool hold, and how many bytes these take.
 * O(1). */
size_t hs_meta_pool_count(const struct hs_meta_pool *meta_pool);
uint64_t hs_meta_pool_bytes(const struct hs_meta_pool *meta_pool);

/* hearsay_node_new with a shared pool of metadata. The pool is borrowed and must outlive the node.
 * With NULL the node keeps its own. */
int hs_node_new_sharing(struct hearsay_node **ret_node, const struct hearsay_config *config,
                        struct hearsay_now now, struct hs_meta_pool *meta_pool);

/* Merges the own record of `other`, a node of the same thread and cluster, as if an exchange had
 * brought it. The record is not passed on. A simulator or a benchmark uses this to set up a large
 * cluster in which every member knows every other, because thousands of real joins take minutes of
 * CPU time. The call does not prove an address. It makes the same events as any other news. Errors:
 * FULL (max_members), INVALID (another cluster; or the record was not taken: R6: future,
 * R8: name conflict, or no memory). */
int hs_node_introduce(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_node *other);

#endif
