/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes nodes with views of any size without a network, for the benchmarks of the core.
 */
#ifndef BENCH_VIEW_H
#define BENCH_VIEW_H

#include "node/impl.h"
#include "sim/counting.h"

#define VIEW_SECOND UINT64_C(1000000)
#define VIEW_WALL   (UINT64_C(1772323200) * VIEW_SECOND) /* timestamp of all records */

enum view_shape {
    VIEW_BRIEF,   /* a record whose blob the receiver has: what an agent sends of known members */
    VIEW_RECORD,  /* the same with its blob, as in an exchange */
    VIEW_CHANGED, /* a blob that differs: new tags, another process */
};

/* Prints what is wrong and ends the program. */
_Noreturn void view_fail(const char *what);

/* The allocator of all nodes here, which counts. */
extern struct sim_counting view_memory;

/* The rumor of member number `at`, "member-<at>" at 10.1.x.y; `bytes` holds its blob. */
struct hs_rumor view_rumor(uint8_t bytes[HS_BLOB_MAX], uint32_t at, uint64_t timestamp,
                           enum view_shape shape);

/* A node of this name at 10.0.0.`host`, without a ring. */
struct hearsay_node *view_node(const char *name, uint8_t host, struct hearsay_now now);

/* Tells it of members 0 to `members` - 1. */
void view_fill(struct hearsay_node *node, uint32_t members);

#endif
