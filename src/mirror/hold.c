/* SPDX-License-Identifier: Apache-2.0 */
/* One touch of each member when it is held and one when it is let go: that is all that is done for
 * all of them in one go. */
#include "mirror/hold.h"

#include <stdlib.h>

#include <hearsay/error.h>

int hs_mirror_hold(struct hs_mirror_hold *ret_hold, struct hs_mirror *mirror)
{
    size_t count = hs_mirror_count(mirror, HEARSAY_STATUS_NONE);
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror);

    *ret_hold = (struct hs_mirror_hold){.members = NULL};
    if (count == 0)
        return 0;
    if (!members)
        return HEARSAY_ERR_NOMEM;
    ret_hold->members = calloc(count, sizeof(*ret_hold->members));
    if (!ret_hold->members)
        return HEARSAY_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        ret_hold->members[i] = hs_mirror_member_ref(members[i]);
    ret_hold->count = count;
    return 0;
}

void hs_mirror_release(struct hs_mirror_hold *hold)
{
    for (size_t i = 0; i < hold->count; i++)
        hs_mirror_member_unref(hold->members[i]);
    free(hold->members);
    *hold = (struct hs_mirror_hold){.members = NULL};
}
