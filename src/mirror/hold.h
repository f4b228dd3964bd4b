/* SPDX-License-Identifier: Apache-2.0 */
/* All members as they are at one moment, for whoever looks at them for longer than until the
 * mirror's next line. */
#ifndef HS_MIRROR_HOLD_H
#define HS_MIRROR_HOLD_H

#include <stddef.h>

#include "mirror/mirror.h"

struct hs_mirror_hold {
    const struct hs_mirror_member **members; /* by name, each with a reference; NULL: none */
    size_t count;
};

/* Holds all members of a mirror. Returns 0, or HEARSAY_ERR_NOMEM with nothing held. */
int hs_mirror_hold(struct hs_mirror_hold *ret_hold, struct hs_mirror *mirror);

/* Lets them go. All zeroes are a no-op. */
void hs_mirror_release(struct hs_mirror_hold *hold);

#endif
