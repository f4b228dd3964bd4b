/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flap damping (R18, after RFC 2439). A member that most datagrams do not reach is suspected, refutes
 * and is suspected again, every second, and the whole cluster carries each word of it. From its third
 * refutation in a row on, silence alone does not accuse it for a while: 1, 2, 4 and at most 8 seconds.
 */
#ifndef HS_VIEW_DAMPING_H
#define HS_VIEW_DAMPING_H

#include <stdbool.h>
#include <stdint.h>

#include "view/member.h"

/* The member has refuted a suspicion. */
void hs_damping_refuted(struct hs_member *member, uint64_t boot);

/* Does its silence prove nothing for now? */
bool hs_damping_applies(const struct hs_member *member, uint64_t boot);

#endif
