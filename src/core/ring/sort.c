/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens are sorted in place by radix ("American flag" sort, McIlroy, Bostic, McIlroy 1993). Tokens
 * are hashes, so after two levels the runs are short. For any names there are at most eight levels,
 * one for each byte. The state of levels with many tokens is kept in struct hs_token_sort, so that
 * the work can stop anywhere in them. A run of at most HS_TOKENS_AT_ONCE tokens is sorted by
 * recursion without a stop.
 */
#include "ring/sort.h"

#include <string.h>

/* Runs of at most this length are sorted by insertion. */
#define INSERTION_MAX 24

/* The cost in units of a token that is sorted so, of a comparison of two texts, and of a text that
 * sinks in the heap: two comparisons for each level of the heap. */
#define AT_ONCE_UNITS 2u
#define TEXT_UNITS    2u

static void sort_charge(size_t *units, size_t cost)
{
    *units -= cost < *units ? cost : *units;
}

/* ---- texts ------------------------------------------------------------------------------- */

static uint32_t sort_sift(const struct hs_text_sort *sort, uint32_t at, uint32_t count)
{
    uint32_t *order = sort->order, child, levels = 1;
    for (; (child = 2 * at + 1) < count; at = child, levels++) {
        if (child + 1 < count && strcmp(sort->text(sort->list, order[child]),
                                        sort->text(sort->list, order[child + 1])) < 0)
            child++;
        if (strcmp(sort->text(sort->list, order[at]), sort->text(sort->list, order[child])) >= 0)
            break;
        uint32_t kept = order[at];
        order[at] = order[child];
        order[child] = kept;
    }
    return levels;
}

/* Heapsort, because no order of the input makes it slow. `at` first counts the numbers written,
 * then the parents sifted, then the greatest ones taken off the heap. */
static uint32_t sort_one(struct hs_text_sort *sort)
{
    uint32_t *order = sort->order, count = sort->count, parents = count / 2;
    uint64_t at = sort->at++;
    if (at < count) {
        order[at] = (uint32_t)at;
        return 1;
    }
    if (at < (uint64_t)count + parents)
        return sort_sift(sort, parents - 1 - (uint32_t)(at - count), count) * 2 * TEXT_UNITS;
    uint32_t end = count - 1 - (uint32_t)(at - count - parents), kept = order[0];
    order[0] = order[end];
    order[end] = kept;
    return sort_sift(sort, 0, end) * 2 * TEXT_UNITS;
}

bool hs_text_sort_step(struct hs_text_sort *sort, size_t *units)
{
    uint64_t steps =
        sort->count < 2 ? sort->count : 2 * (uint64_t)sort->count + sort->count / 2 - 1;
    while (sort->at < steps) {
        if (*units == 0)
            return false;
        sort_charge(units, sort_one(sort));
    }
    return true;
}

/* ---- a few tokens ------------------------------------------------------------------------ */

static void insertion_sort(uint64_t *points, uint32_t *owners, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint64_t point = points[i];
        uint32_t owner = owners[i], at = i;
        for (; at > 0; at--) {
            if (points[at - 1] < point || (points[at - 1] == point && owners[at - 1] <= owner))
                break;
            points[at] = points[at - 1];
            owners[at] = owners[at - 1];
        }
        points[at] = point;
        owners[at] = owner;
    }
}

/* Computes where each run begins and ends from their sizes. The first run begins at `begin`. */
static void place_runs(uint32_t next[HS_RING_RUNS], uint32_t end[HS_RING_RUNS], uint32_t begin)
{
    for (uint32_t b = 0; b < HS_RING_RUNS; b++) {
        next[b] = begin;
        begin += end[b];
        end[b] = begin;
    }
}

/* Moves each token into the run of its byte. If the token at a run's next free place belongs to
 * another run, it is swapped with the token at that run's next free place. */
static uint32_t move_runs(uint64_t *points, uint32_t *owners, unsigned shift, uint32_t run,
                          uint32_t *next, const uint32_t *end, size_t *units)
{
    size_t left = *units;
    for (; run < HS_RING_RUNS; run++) {
        for (; next[run] < end[run] && left > 0; left--) {
            uint32_t at = next[run];
            uint64_t point = points[at];
            uint32_t to = point >> shift & (HS_RING_RUNS - 1), owner = owners[at],
                     place = next[to]++;
            points[at] = points[place];
            owners[at] = owners[place];
            points[place] = point;
            owners[place] = owner;
        }
        if (left == 0)
            break;
    }
    *units = left;
    return run;
}

/* Not inlined into itself: otherwise every ring would touch the stack of all eight levels. */
__attribute__((noinline)) static void sort_at_once(uint64_t *points, uint32_t *owners,
                                                   uint32_t count, unsigned shift)
{
    if (count <= INSERTION_MAX) {
        insertion_sort(points, owners, count);
        return;
    }
    uint32_t next[HS_RING_RUNS], end[HS_RING_RUNS] = {0};
    size_t all = SIZE_MAX;
    for (uint32_t i = 0; i < count; i++)
        end[points[i] >> shift & (HS_RING_RUNS - 1)]++;
    place_runs(next, end, 0);
    move_runs(points, owners, shift, 0, next, end, &all);
    for (uint32_t run = 0, begin = 0; run < HS_RING_RUNS; begin = end[run++]) {
        if (shift > 0)
            sort_at_once(points + begin, owners + begin, end[run] - begin, shift - 8);
        else
            insertion_sort(points + begin, owners + begin, end[run] - begin);
    }
}

/* ---- many tokens ------------------------------------------------------------------------- */

static void level_begin(struct hs_token_sort *sort, int depth, uint32_t begin, uint32_t count)
{
    struct hs_token_level *level = &sort->levels[depth];
    level->begin = begin;
    level->count = count;
    level->at = 0;
    level->stage = HS_LEVEL_COUNT;
    memset(level->end, 0, sizeof(level->end));
    sort->depth = depth;
}

void hs_token_sort_begin(struct hs_token_sort *sort, uint64_t *points, uint32_t *owners,
                         uint32_t count)
{
    sort->points = points;
    sort->owners = owners;
    sort->count = count;
    sort->depth = 0;
    if (count > HS_TOKENS_AT_ONCE)
        level_begin(sort, 0, 0, count);
}

static void level_count(struct hs_token_sort *sort, struct hs_token_level *level, unsigned shift,
                        size_t *units)
{
    uint32_t left = level->count - level->at, n = *units < left ? (uint32_t)*units : left;
    const uint64_t *points = sort->points + level->begin + level->at;
    for (uint32_t i = 0; i < n; i++)
        level->end[points[i] >> shift & (HS_RING_RUNS - 1)]++;
    level->at += n;
    *units -= n;
    if (level->at < level->count)
        return;
    place_runs(level->next, level->end, level->begin);
    level->at = 0;
    level->stage = HS_LEVEL_MOVE;
}

/* Sorts the next run: without a stop, or as a new level. */
static void level_sort_run(struct hs_token_sort *sort, struct hs_token_level *level, unsigned shift,
                           size_t *units)
{
    uint32_t run = level->at++, begin = run > 0 ? level->end[run - 1] : level->begin;
    uint32_t count = level->end[run] - begin;
    if (count > HS_TOKENS_AT_ONCE && shift > 0) {
        level_begin(sort, sort->depth + 1, begin, count);
        return;
    }
    if (shift > 0)
        sort_at_once(sort->points + begin, sort->owners + begin, count, shift - 8);
    else
        insertion_sort(sort->points + begin, sort->owners + begin, count);
    sort_charge(units, (size_t)count * AT_ONCE_UNITS + 1);
}

bool hs_token_sort_step(struct hs_token_sort *sort, size_t *units)
{
    if (sort->count <= HS_TOKENS_AT_ONCE) {
        sort_at_once(sort->points, sort->owners, sort->count, 56);
        sort_charge(units, (size_t)sort->count * AT_ONCE_UNITS);
        return true;
    }
    while (sort->depth >= 0 && *units > 0) {
        struct hs_token_level *level = &sort->levels[sort->depth];
        unsigned shift = 56 - 8 * (unsigned)sort->depth;
        switch (level->stage) {
        case HS_LEVEL_COUNT:
            level_count(sort, level, shift, units);
            break;
        case HS_LEVEL_MOVE:
            level->at = move_runs(sort->points, sort->owners, shift, level->at, level->next,
                                  level->end, units);
            if (level->at == HS_RING_RUNS) {
                level->at = 0;
                level->stage = HS_LEVEL_SORT;
            }
            break;
        case HS_LEVEL_SORT:
            if (level->at < HS_RING_RUNS)
                level_sort_run(sort, level, shift, units);
            else
                sort->depth--;
            break;
        }
    }
    return sort->depth < 0;
}
