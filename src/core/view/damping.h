/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flap damping (R18, after RFC 2439). A member whose link loses most datagrams is suspected,
 * refutes and is suspected again every second, and every change is a rumor for the whole cluster.
 * From its third refutation in a row on, silence alone is no reason to suspect it for a while: 1,
 * 2, 4 and at most 8 seconds after the last refutation.
 */
#ifndef HS_VIEW_DAMPING_H
#define HS_VIEW_DAMPING_H

#include <stdbool.h>
#include <stdint.h>

#include "view/member.h"

/* Counts a refutation by the member. `boot`: boot time now, microseconds. */
void hs_damping_refuted(struct hs_member *member, uint64_t boot);

/* Returns true while the member's silence is no reason to suspect it. `boot`: boot time now,
 * microseconds. */
bool hs_damping_applies(const struct hs_member *member, uint64_t boot);

#endif
