/* SPDX-License-Identifier: Apache-2.0 */
/* Which events the difference between two views of a member is. */
#ifndef HS_HANDLE_CHANGE_H
#define HS_HANDLE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mirror/member.h"

/* True if it is alive or suspect. NULL: it is not. */
bool hs_change_is_present(const struct hs_mirror_member *member);

/* HS_KIND_BITs. NULL: it is not listed. */
uint32_t hs_change_kinds(const struct hs_mirror_member *before,
                         const struct hs_mirror_member *after);

#endif
