/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What moves from one ring to another (R31: ring questions). The points of both rings cut the
 * circle into pieces. Within one piece the owners are the same in each ring. Both walks below go
 * over these pieces, with one position in each ring:
 *
 *      before   --a-----b-----------c----        a piece ends at each point of either ring
 *      after    --a--x--b-----y-----c----
 *      pieces     |..|..|.....|.....|            and belongs to the points at its end or next after
 *
 * hearsay_ring_moved adds up the pieces whose owner changes. hearsay_ring_diff joins neighbours
 * that have the same owners before and the same owners after, and returns those that differ, one at
 * a time. So a store can move ranges while it asks for more, and rings of any size need no memory
 * here.
 */
#include <hearsay/ring.h>

#include <string.h>

#include "ring/owners.h"

enum { BEFORE, AFTER };

/* The cost of a piece in units of work. It is high because the owners' names are cache misses. */
#define PIECE_UNITS 4

static bool same_name(const struct hs_ring_member *a, const struct hs_ring_member *b)
{
    return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

/* ---- how much -----------------------------------------------------------------------------------
 */

/* One ring in the merge pass. After the last position comes the first, because it is a circle. */
struct side {
    const struct hearsay_ring *ring;
    uint32_t at;
};

static const struct hs_ring_member *side_owner(const struct side *side)
{
    uint32_t at = side->at < side->ring->token_count ? side->at : 0;
    return &side->ring->members[side->ring->owners[at]];
}

static void side_pass(struct side *side, uint64_t point)
{
    while (side->at < side->ring->token_count && side->ring->points[side->at] == point)
        side->at++;
}

/* The lesser of the next points of the two rings. At least one ring must not be at its end. */
static uint64_t sides_next(const struct side *a, const struct side *b)
{
    if (a->at == a->ring->token_count)
        return b->ring->points[b->at];
    if (b->at == b->ring->token_count)
        return a->ring->points[a->at];
    uint64_t point_a = a->ring->points[a->at], point_b = b->ring->points[b->at];
    return point_a < point_b ? point_a : point_b;
}

/* The first piece is the one that wraps. If a ring is empty no piece needs to be compared:
 * everything moves, or nothing if both are empty. */
void hearsay_ring_moved_begin(struct hearsay_ring_sum *sum, const struct hearsay_ring *before,
                              const struct hearsay_ring *after)
{
    *sum = (struct hearsay_ring_sum){.rings = {before, after}, .all = true};
    if (before->token_count == 0 || after->token_count == 0) {
        sum->all = before->token_count != after->token_count;
        sum->at[BEFORE] = before->token_count;
        sum->at[AFTER] = after->token_count;
        return;
    }
    uint64_t last_a = before->points[before->token_count - 1];
    uint64_t last_b = after->points[after->token_count - 1];
    sum->from = last_a > last_b ? last_a : last_b;
}

/* Between two neighbouring points no owner changes, so one comparison per piece is enough. */
bool hearsay_ring_moved_step(struct hearsay_ring_sum *sum, size_t units)
{
    struct side a = {sum->rings[BEFORE], sum->at[BEFORE]};
    struct side b = {sum->rings[AFTER], sum->at[AFTER]};
    uint64_t from = sum->from, moved = sum->moved;
    bool all = sum->all;
    size_t left = units / PIECE_UNITS + 1;
    for (; (a.at < a.ring->token_count || b.at < b.ring->token_count) && left > 0; left--) {
        uint64_t to = sides_next(&a, &b);
        if (same_name(side_owner(&a), side_owner(&b)))
            all = false;
        else
            moved += to - from;
        side_pass(&a, to);
        side_pass(&b, to);
        from = to;
    }
    sum->from = from;
    sum->moved = moved;
    sum->all = all;
    sum->at[BEFORE] = a.at;
    sum->at[AFTER] = b.at;
    return a.at < a.ring->token_count || b.at < b.ring->token_count;
}

uint64_t hearsay_ring_moved_end(const struct hearsay_ring_sum *sum)
{
    return sum->all ? UINT64_MAX : sum->moved;
}

uint64_t hearsay_ring_moved(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    struct hearsay_ring_sum sum;
    hearsay_ring_moved_begin(&sum, before, after);
    while (hearsay_ring_moved_step(&sum, SIZE_MAX))
        continue;
    return hearsay_ring_moved_end(&sum);
}

/* ---- which ranges -------------------------------------------------------------------------------
 */

/* Lists the owners in one ring of the piece that ends at the ring's position `at`. If `at` is after
 * the last position it is the piece that wraps. */
static void list_owners(const struct hearsay_ring_diff *diff, int which, uint32_t at,
                        struct hearsay_ring_move *move)
{
    const struct hearsay_ring *ring = diff->rings[which];
    uint32_t *list = which == BEFORE ? move->before : move->after, count = 0;
    if (ring->token_count > 0)
        count = hs_ring_list(ring, at < ring->token_count ? at : 0, diff->zones, list, diff->n);
    *(which == BEFORE ? &move->before_count : &move->after_count) = count;
}

static bool same_owners(const struct hearsay_ring_move *a, const struct hearsay_ring_move *b)
{
    return a->before_count == b->before_count && a->after_count == b->after_count &&
           memcmp(a->before, b->before, a->before_count * sizeof(a->before[0])) == 0 &&
           memcmp(a->after, b->after, a->after_count * sizeof(a->after[0])) == 0;
}

/* The position in the list `after` of the i-th owner in the list `before`. */
static uint32_t kept_at(const struct hearsay_ring_diff *diff, const struct hearsay_ring_move *move,
                        uint32_t i)
{
    const struct hs_ring_member *was = &diff->rings[BEFORE]->members[move->before[i]];
    uint32_t k = 0;
    while (k < move->after_count && !same_name(was, &diff->rings[AFTER]->members[move->after[k]]))
        k++;
    return k;
}

/* Sets `comes` and `goes`. Returns true if anything differs, including the order. */
static bool diff_compare(const struct hearsay_ring_diff *diff, struct hearsay_ring_move *move)
{
    bool differs = move->before_count != move->after_count;
    move->goes = 0;
    move->comes = (UINT32_C(1) << move->after_count) - 1;
    for (uint32_t i = 0; i < move->before_count; i++) {
        uint32_t k = kept_at(diff, move, i);
        differs = differs || k != i;
        if (k == move->after_count)
            move->goes |= UINT32_C(1) << i;
        else
            move->comes &= ~(UINT32_C(1) << k);
    }
    return differs;
}
_Static_assert(HEARSAY_REPLICAS_MAX < 32, "a bit for each owner");

/* Moves past the next point of either ring that is at most `end`, and so past the piece that it
 * ends. */
static bool diff_step(struct hearsay_ring_diff *diff, uint64_t *ret_point, bool passed[2])
{
    bool found = false;
    uint64_t point = UINT64_MAX;
    for (int i = 0; i < 2; i++) {
        if (diff->at[i] == diff->rings[i]->token_count)
            continue;
        uint64_t own = diff->rings[i]->points[diff->at[i]];
        point = !found || own < point ? own : point;
        found = true;
    }
    if (!found || point > diff->end)
        return false;
    for (int i = 0; i < 2; i++) {
        struct side side = {diff->rings[i], diff->at[i]};
        side_pass(&side, point);
        passed[i] = side.at != diff->at[i];
        diff->at[i] = side.at;
    }
    *ret_point = point;
    return true;
}

/* Moves back from positions `at` to the greatest point before them in either ring. */
static bool step_back(const struct hearsay_ring_diff *diff, uint32_t at[2], uint64_t *ret_point)
{
    bool found = false;
    uint64_t point = 0;
    for (int i = 0; i < 2; i++) {
        if (at[i] == 0)
            continue;
        uint64_t own = diff->rings[i]->points[at[i] - 1];
        point = !found || own > point ? own : point;
        found = true;
    }
    for (int i = 0; i < 2; i++)
        while (at[i] > 0 && diff->rings[i]->points[at[i] - 1] == point)
            at[i]--;
    *ret_point = point;
    return found;
}

void hearsay_ring_diff_begin(struct hearsay_ring_diff *diff, const struct hearsay_ring *before,
                             const struct hearsay_ring *after, uint32_t n, bool zones)
{
    *diff = (struct hearsay_ring_diff){.rings = {before, after}, .zones = zones};
    diff->n = n > HEARSAY_REPLICAS_MAX ? HEARSAY_REPLICAS_MAX : n > 0 ? n : 1;
    list_owners(diff, BEFORE, 0, &diff->next);
    list_owners(diff, AFTER, 0, &diff->next);
    diff->changed = diff_compare(diff, &diff->next);
    diff->back[BEFORE] = before->token_count;
    diff->back[AFTER] = after->token_count;
}

/* The cost of a list, in units. */
static size_t list_units(const struct hearsay_ring_diff *diff)
{
    return 2 + (size_t)diff->n * (diff->zones ? 4 : 1);
}

static void diff_spend(size_t *units, size_t cost)
{
    *units -= cost < *units ? cost : *units;
}

/* The piece that wraps may extend back over pieces with the same owners. Finds the point before it,
 * where the walk will end. If there is none, the piece is the whole circle. Returns false if it
 * needs more units. */
static bool find_end(struct hearsay_ring_diff *diff, size_t *units)
{
    struct hearsay_ring_move move = {0};
    while (*units > 0) {
        if (!step_back(diff, diff->back, &diff->end)) {
            diff->next.last = UINT64_MAX;
            diff->end = 0;
            diff->at[BEFORE] = diff->rings[BEFORE]->token_count;
            diff->at[AFTER] = diff->rings[AFTER]->token_count;
            return true;
        }
        list_owners(diff, BEFORE, diff->back[BEFORE], &move);
        list_owners(diff, AFTER, diff->back[AFTER], &move);
        diff_spend(units, 2 * list_units(diff));
        if (!same_owners(&move, &diff->next)) {
            diff->next.first = diff->end + 1;
            return true;
        }
    }
    return false;
}

/* Extends `next` as far as the owners are the same. Returns PIECE with the piece that follows in
 * `ret_after`, or DONE if there is none. */
static enum hearsay_ring_progress diff_extend(struct hearsay_ring_diff *diff, size_t *units,
                                              struct hearsay_ring_move *ret_after)
{
    uint64_t point;
    bool passed[2];
    *ret_after = diff->next;
    while (*units > 0) {
        uint32_t at[2] = {diff->at[BEFORE], diff->at[AFTER]};
        if (!diff_step(diff, &point, passed))
            return HEARSAY_RING_DONE;
        diff_spend(units, PIECE_UNITS);
        for (int i = 0; i < 2; i++) {
            if (!diff->renew[i])
                continue;
            list_owners(diff, i, at[i], ret_after);
            diff_spend(units, list_units(diff));
        }
        memcpy(diff->renew, passed, sizeof(passed));
        if (!same_owners(ret_after, &diff->next)) {
            ret_after->first = diff->next.last + 1;
            ret_after->last = point;
            return HEARSAY_RING_PIECE;
        }
        diff->next.last = point;
    }
    return HEARSAY_RING_MORE;
}

enum hearsay_ring_progress hearsay_ring_diff_step(struct hearsay_ring_diff *diff, size_t units,
                                                  struct hearsay_ring_move *ret_move)
{
    units = units > 0 ? units : 1;
    if (!diff->ends)
        diff->ends = find_end(diff, &units);
    while (diff->ends && !diff->done) {
        struct hearsay_ring_move after;
        enum hearsay_ring_progress progress =
            units > 0 ? diff_extend(diff, &units, &after) : HEARSAY_RING_MORE;
        if (progress == HEARSAY_RING_MORE)
            return HEARSAY_RING_MORE;
        bool give = diff->changed;
        diff->done = progress == HEARSAY_RING_DONE;
        if (give)
            *ret_move = diff->next;
        if (!diff->done) {
            diff->next = after;
            diff->changed = diff_compare(diff, &diff->next);
        }
        if (give)
            return HEARSAY_RING_PIECE;
    }
    return diff->ends ? HEARSAY_RING_DONE : HEARSAY_RING_MORE;
}

bool hearsay_ring_diff_next(struct hearsay_ring_diff *diff, struct hearsay_ring_move *ret_move)
{
    enum hearsay_ring_progress progress;
    do {
        progress = hearsay_ring_diff_step(diff, SIZE_MAX, ret_move);
    } while (progress == HEARSAY_RING_MORE);
    return progress == HEARSAY_RING_PIECE;
}
