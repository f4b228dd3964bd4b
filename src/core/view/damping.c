/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three bytes a member are enough: how many refutations count, and when the last one was, in steps of
 * 262 ms that come round.
 */
#include "view/damping.h"

#define REFUTALS_FREE 2u        /* so many refutations in a row damp nothing */
#define REFUTALS_MAX  6u        /* more than these are not counted */
#define REPRIEVE      1000000u  /* the shortest damping; the longest is 8 s */
#define CALM          10000000u /* for each such time without a refutation one is forgotten */
#define REFUTED_SHIFT 18        /* steps of 262 ms in two bytes */

/* Times that come round: an age is mistaken only if it is a multiple of 4.8 hours, and then costs a
 * verdict a few seconds. */
static uint64_t since_refuted(const struct hs_member *member, uint64_t boot)
{
    return (uint64_t)(uint16_t)((boot >> REFUTED_SHIFT) - member->refuted_at) << REFUTED_SHIFT;
}

void hs_damping_refuted(struct hs_member *member, uint64_t boot)
{
    uint64_t calm = since_refuted(member, boot) / CALM;
    uint64_t left = member->refutals > calm ? member->refutals - calm : 0;
    member->refutals = (uint8_t)(left < REFUTALS_MAX ? left + 1 : REFUTALS_MAX);
    member->refuted_at = (uint16_t)(boot >> REFUTED_SHIFT);
}

bool hs_damping_applies(const struct hs_member *member, uint64_t boot)
{
    if (member->refutals <= REFUTALS_FREE)
        return false;
    uint64_t reprieve = (uint64_t)REPRIEVE << (member->refutals - REFUTALS_FREE - 1);
    return since_refuted(member, boot) < reprieve;
}
