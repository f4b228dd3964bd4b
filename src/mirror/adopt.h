/* SPDX-License-Identifier: Apache-2.0 */
/* From the world that is shown to the one that has been read: the log gets what differs, as if it
 * had been told line by line. */
#ifndef HS_MIRROR_ADOPT_H
#define HS_MIRROR_ADOPT_H

#include "mirror/impl.h"

/* Shows the world that is coming, if it is complete. */
void hs_adopt(struct hs_mirror *mirror);

/* The same, but not if it is of another instance of the agent that has not joined: that one knows
 * itself alone, and what the one before knew is better. */
void hs_adopt_if_good(struct hs_mirror *mirror);

#endif
