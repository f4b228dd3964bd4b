/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sorts that work in steps: heapsort for texts, and radix sort for tokens. Each call subtracts
 * its cost from *units and stops when none are left.
 */
#ifndef HS_RING_SORT_H
#define HS_RING_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- texts ------------------------------------------------------------------------------- */

/* Returns the text of an index of a list. */
typedef const char *hs_ring_text(const void *list, uint32_t index);

/* Sorts the numbers 0 to count - 1 by their texts. The caller sets all fields; `at` must be 0. */
struct hs_text_sort {
    uint32_t *order;
    uint32_t count;
    hs_ring_text *text;
    const void *list;
    uint64_t at;
};

/* Returns true when the list is sorted. */
bool hs_text_sort_step(struct hs_text_sort *sort, size_t *units);

/* ---- tokens ------------------------------------------------------------------------------ */

#define HS_RING_RUNS 256 /* values of a byte */

/* One level of the sort. It moves the tokens from `begin` on to the run of their byte at
 * `shift`. */
struct hs_token_level {
    uint32_t begin, count;
    uint32_t at; /* tokens counted so far; afterwards the run that is moved or sorted */
    enum { HS_LEVEL_COUNT, HS_LEVEL_MOVE, HS_LEVEL_SORT } stage;
    uint32_t next[HS_RING_RUNS], end[HS_RING_RUNS]; /* of each run: next free place, end */
};

#define HS_TOKEN_LEVELS   8      /* bytes of a point */
#define HS_TOKENS_AT_ONCE 16384u /* sorted without a stop, in about a quarter of a millisecond */

/* Sorts tokens by (point, owner). */
struct hs_token_sort {
    uint64_t *points;
    uint32_t *owners, count;
    int depth; /* the present level; negative: all is sorted */
    /* array of HS_TOKEN_LEVELS, which the owner sets and frees; not needed for as many tokens as
     * are sorted without a stop */
    struct hs_token_level *levels;
};

void hs_token_sort_begin(struct hs_token_sort *sort, uint64_t *points, uint32_t *owners,
                         uint32_t count);

/* Returns true when the tokens are sorted. */
bool hs_token_sort_step(struct hs_token_sort *sort, size_t *units);

#endif
