/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ranges that a member owns, and those of which it holds a replica. Both are found in one pass.
 * The pass gives a label to every piece between two neighbouring points, and joins neighbours with
 * equal labels. It begins with the piece that holds 0. This piece may extend back past zero, so the
 * pass first goes backwards as far as the label is the same.
 *
 * Of equal points only the first position owns hashes. The range of the others is empty, and they
 * matter only to lists.
 */
#include <hearsay/ring.h>

#include "ring/owners.h"

/* The label of pieces that the member in question does not hold. */
#define OTHERS UINT32_MAX

/* The question about each piece. With n = 0: which member owns it? Else: is `index` among the first
 * n? */
struct question {
    const struct hearsay_ring *ring;
    uint32_t index, n;
    bool zones;
};

static uint32_t ranges_answer(const struct question *question, uint32_t at)
{
    const struct hearsay_ring *ring = question->ring;
    uint32_t list[HEARSAY_REPLICAS_MAX];
    if (question->n == 0)
        return ring->owners[at];
    uint32_t count = hs_ring_list(ring, at, question->zones, list, question->n);
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == question->index)
            return question->index;
    return OTHERS;
}

/* The next position whose point differs from that at `at`, or token_count at the end. */
static uint32_t skip_equal(const struct hearsay_ring *ring, uint32_t at)
{
    uint64_t point = ring->points[at++];
    while (at < ring->token_count && ring->points[at] == point)
        at++;
    return at;
}

/* The piece that wraps past zero has the label of the first position. Pieces before it may have the
 * same label. Returns the position where they begin, or 0 if the whole circle is one piece. */
static uint32_t wrap_begin(const struct question *question)
{
    const struct hearsay_ring *ring = question->ring;
    uint32_t begin = ring->token_count, label = ranges_answer(question, 0);
    while (begin > 0) {
        uint32_t at = begin - 1;
        while (at > 0 && ring->points[at - 1] == ring->points[at])
            at--;
        if (ranges_answer(question, at) != label)
            break;
        begin = at;
    }
    return begin;
}

/* Writes at most `room` of the pieces with the label `wanted`, or of all pieces. Returns how many
 * there are. */
static size_t count_pieces(const struct question *question, uint32_t wanted, bool all,
                           struct hearsay_ring_range *ret_ranges, size_t room)
{
    const struct hearsay_ring *ring = question->ring;
    uint32_t end = wrap_begin(question), at = 0, label = ranges_answer(question, 0);
    struct hearsay_ring_range range = {0, UINT64_MAX, label};
    if (end > 0)
        range.first = ring->points[end - 1] + 1;
    size_t count = 0;
    do {
        for (range.owner = label; at < end && label == range.owner;) {
            range.last = ring->points[at];
            at = skip_equal(ring, at);
            label = at < end ? ranges_answer(question, at) : label;
        }
        if (all || range.owner == wanted) {
            if (count < room)
                ret_ranges[count] = range;
            count++;
        }
        range.first = range.last + 1;
    } while (at < end);
    return count;
}

size_t hearsay_ring_ranges(const struct hearsay_ring *ring, uint32_t owner,
                           struct hearsay_ring_range *ret_ranges, size_t room)
{
    const struct question whose = {.ring = ring};
    if (ring->token_count == 0)
        return 0;
    return count_pieces(&whose, owner, owner == UINT32_MAX, ret_ranges, room);
}

size_t hearsay_ring_replica_ranges(const struct hearsay_ring *ring, uint32_t index, uint32_t n,
                                   bool zones, struct hearsay_ring_range *ret_ranges, size_t room)
{
    struct question held = {ring, index, n, zones};
    if (ring->token_count == 0 || n == 0 || index >= ring->member_count)
        return 0;
    if (n > HEARSAY_REPLICAS_MAX)
        held.n = HEARSAY_REPLICAS_MAX;
    return count_pieces(&held, index, false, ret_ranges, room);
}
