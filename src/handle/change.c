/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same function makes the event of one change, and what remains of many when they are made up
 * for or merged. Then a member can have gone from any state to any other, and nobody knows by which
 * way: one that was there and is not listed any more has died and was forgotten, and both is said,
 * because a script that takes failed members off a list need not know member-reap.
 */
#include "handle/change.h"

#include "handle/kind.h"

bool hs_change_is_present(const struct hs_mirror_member *member)
{
    return member && member->status != HEARSAY_STATUS_DEAD;
}

/* The event of a death, as far as it is known. */
static uint32_t death_of(const struct hs_mirror_member *member)
{
    bool goodbye =
        member && (member->cause == HEARSAY_CAUSE_LEFT || member->cause == HEARSAY_CAUSE_FORCED);

    return HS_KIND_BIT(goodbye ? HS_KIND_LEAVE : HS_KIND_FAILED);
}

static uint32_t suspicion(const struct hs_mirror_member *before,
                          const struct hs_mirror_member *after)
{
    bool was = before && before->status == HEARSAY_STATUS_SUSPECT;
    bool is = after->status == HEARSAY_STATUS_SUSPECT;

    if (was == is)
        return 0;
    return HS_KIND_BIT(is ? HS_KIND_SUSPECT : HS_KIND_REFUTED);
}

/* Both are present. */
static uint32_t update(const struct hs_mirror_member *before, const struct hs_mirror_member *after)
{
    bool same = before->instance == after->instance && before->tokens == after->tokens &&
                hearsay_addr_equal(&before->addr, &after->addr) &&
                !hs_mirror_member_tags_differ(before, after);

    return same ? 0 : HS_KIND_BIT(HS_KIND_UPDATE);
}

uint32_t hs_change_kinds(const struct hs_mirror_member *before,
                         const struct hs_mirror_member *after)
{
    bool was = hs_change_is_present(before), is = hs_change_is_present(after);

    if (!before && !after)
        return 0;
    if (is && !was)
        return HS_KIND_BIT(HS_KIND_JOIN) | suspicion(NULL, after);
    if (is)
        return update(before, after) | suspicion(before, after);
    if (!after)
        return (was ? HS_KIND_BIT(HS_KIND_FAILED) : 0) | HS_KIND_BIT(HS_KIND_REAP);
    if (was || !before)
        return death_of(after);
    return death_of(before) == death_of(after) ? 0 : death_of(after);
}
