/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three walks of one kind. The difference from the empty ring to another is all of the other, with
 * the owners of each piece: that counts shares, of replicas too, in one pass. The difference of the
 * two rings counts what moves.
 */
#include "agent/parts/ring_tally.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/host.h>

/* What one step does: members that are listed, or units of a ring's work. */
#define LIST_MEMBERS 256
#define STEP_UNITS   1024

static uint64_t add_up(uint64_t sum, uint64_t hashes)
{
    return sum + hashes < sum ? UINT64_MAX : sum + hashes;
}

static uint64_t length_of(const struct hearsay_ring_move *move)
{
    uint64_t length = move->last - move->first + 1;

    return length == 0 ? UINT64_MAX : length;
}

/* ---- the members of both, by name -------------------------------------------------------- */

static int compare_at(const struct hs_tally *tally, const uint32_t at[HS_SIDES])
{
    if (at[HS_BEFORE] == hearsay_ring_members(tally->rings[HS_BEFORE]))
        return 1;
    if (at[HS_AFTER] == hearsay_ring_members(tally->rings[HS_AFTER]))
        return -1;
    return strcmp(hearsay_ring_member_at(tally->rings[HS_BEFORE], at[HS_BEFORE]).name,
                  hearsay_ring_member_at(tally->rings[HS_AFTER], at[HS_AFTER]).name);
}

static void take(struct hs_tally *tally, int side, uint32_t index)
{
    tally->places[side][index] = (uint32_t)tally->count;
    tally->members[tally->count].side[side] = hearsay_ring_member_at(tally->rings[side], index);
}

/* The next members. False: all are listed. */
static bool list_members(struct hs_tally *tally)
{
    uint32_t *at = tally->listed;
    size_t all = hearsay_ring_members(tally->rings[HS_BEFORE]) +
                 hearsay_ring_members(tally->rings[HS_AFTER]);

    for (int n = 0; n < LIST_MEMBERS && at[HS_BEFORE] + at[HS_AFTER] < all; n++) {
        int order = compare_at(tally, at);

        if (order <= 0)
            take(tally, HS_BEFORE, at[HS_BEFORE]++);
        if (order >= 0)
            take(tally, HS_AFTER, at[HS_AFTER]++);
        tally->count++;
    }
    return at[HS_BEFORE] + at[HS_AFTER] < all;
}

/* ---- beginning --------------------------------------------------------------------------- */

static void begin_stage(struct hs_tally *tally)
{
    const struct hearsay_ring *from =
        tally->stage == HS_SIDES ? tally->rings[HS_BEFORE] : tally->empty;
    const struct hearsay_ring *to =
        tally->stage == HS_SIDES ? tally->rings[HS_AFTER] : tally->rings[tally->stage];

    hearsay_ring_diff_begin(&tally->diff, from, to, tally->n, tally->zones);
}

static bool allocate(struct hs_tally *tally)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    size_t all = 1;

    for (int side = 0; side < HS_SIDES; side++) {
        size_t count = hearsay_ring_members(tally->rings[side]);

        tally->places[side] = calloc(count + 1, sizeof(*tally->places[side]));
        all += count;
    }
    tally->members = calloc(all, sizeof(*tally->members));
    return tally->members != NULL && tally->places[HS_BEFORE] != NULL &&
           tally->places[HS_AFTER] != NULL &&
           hearsay_ring_new(&tally->empty, &allocator, NULL, 0) == 0;
}

struct hs_tally *hs_tally_new(const struct hearsay_ring *before, const struct hearsay_ring *after,
                              uint32_t n, bool zones)
{
    struct hs_tally *tally = calloc(1, sizeof(*tally));

    if (tally == NULL)
        return NULL;
    tally->rings[HS_BEFORE] = hearsay_ring_ref(before);
    tally->rings[HS_AFTER] = hearsay_ring_ref(after);
    tally->n = n;
    tally->zones = zones;
    if (!allocate(tally)) {
        hs_tally_free(tally);
        return NULL;
    }
    tally->stage = HS_LIST;
    return tally;
}

void hs_tally_free(struct hs_tally *tally)
{
    if (tally == NULL)
        return;
    for (int side = 0; side < HS_SIDES; side++) {
        hearsay_ring_unref(tally->rings[side]);
        free(tally->places[side]);
    }
    hearsay_ring_unref(tally->empty);
    free(tally->members);
    free(tally);
}

/* ---- counting ---------------------------------------------------------------------------- */

static void count_shares(struct hs_tally *tally, const struct hearsay_ring_move *move)
{
    const uint32_t *places = tally->places[tally->stage];

    for (uint32_t i = 0; i < move->after_count; i++) {
        uint64_t *share = &tally->members[places[move->after[i]]].share[tally->stage];

        *share = add_up(*share, length_of(move));
    }
}

static void count_change(struct hs_tally *tally, const struct hearsay_ring_move *move)
{
    uint64_t length = length_of(move);
    uint64_t *sum = (move->comes | move->goes) != 0 ? &tally->moved : &tally->reordered;

    *sum = add_up(*sum, length);
    tally->pieces++;
    for (uint32_t i = 0; i < HEARSAY_REPLICAS_MAX; i++) {
        if ((move->goes >> i & 1) != 0) {
            uint64_t *lost = &tally->members[tally->places[HS_BEFORE][move->before[i]]].lost;

            *lost = add_up(*lost, length);
        }
        if ((move->comes >> i & 1) != 0) {
            uint64_t *gained = &tally->members[tally->places[HS_AFTER][move->after[i]]].gained;

            *gained = add_up(*gained, length);
        }
    }
}

bool hs_tally_step(struct hs_tally *tally)
{
    struct hearsay_ring_move move;

    if (tally->stage > HS_SIDES)
        return false;
    if (tally->stage == HS_LIST) {
        if (list_members(tally))
            return true;
    } else {
        switch (hearsay_ring_diff_step(&tally->diff, STEP_UNITS, &move)) {
        case HEARSAY_RING_PIECE:
            if (tally->stage == HS_SIDES)
                count_change(tally, &move);
            else
                count_shares(tally, &move);
            return true;
        case HEARSAY_RING_MORE:
            return true;
        case HEARSAY_RING_DONE:
            break;
        }
    }
    tally->stage++;
    if (tally->stage == HS_SIDES && tally->rings[HS_BEFORE] == tally->rings[HS_AFTER])
        tally->stage++;
    if (tally->stage > HS_SIDES)
        return false;
    begin_stage(tally);
    return true;
}
