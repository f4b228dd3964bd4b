/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each member needs three bytes: how many refutations count, and when the last one came, in steps
 * of 262 ms. The steps wrap around.
 */
#include "view/damping.h"

#define FLAPS_FREE    2u        /* this many refutations in a row damp nothing */
#define FLAPS_MAX     6u        /* more than these are not counted */
#define DAMPING_MIN   1000000u  /* the shortest damping; the longest is 8 s */
#define CALM          10000000u /* one refutation is forgotten for each such time without one */
#define FLAPPED_SHIFT 18        /* steps of 262 ms in two bytes */

/* The time wraps around. An age is wrong only if it is a multiple of 4.8 hours, and the error
 * delays a verdict by a few seconds. */
static uint64_t since_flap(const struct hs_member *member, uint64_t boot)
{
    return (uint64_t)(uint16_t)((boot >> FLAPPED_SHIFT) - member->flapped_at) << FLAPPED_SHIFT;
}

void hs_damping_refuted(struct hs_member *member, uint64_t boot)
{
    uint64_t calm = since_flap(member, boot) / CALM;
    uint64_t left = member->flap_count > calm ? member->flap_count - calm : 0;
    member->flap_count = (left < FLAPS_MAX ? left + 1 : FLAPS_MAX) & 0xf;
    member->flapped_at = (uint16_t)(boot >> FLAPPED_SHIFT);
}

bool hs_damping_applies(const struct hs_member *member, uint64_t boot)
{
    if (member->flap_count <= FLAPS_FREE)
        return false;
    uint64_t damping = (uint64_t)DAMPING_MIN << (member->flap_count - FLAPS_FREE - 1);
    return since_flap(member, boot) < damping;
}
