/* SPDX-License-Identifier: Apache-2.0 */
/* Which group may use the control socket: at the start, and at a reload. */
#ifndef HS_AGENT_PARTS_GROUP_H
#define HS_AGENT_PARTS_GROUP_H

#include "agent/base/error_text.h"

/* Gives the file of the control socket to a group, with mode 0660; NULL: to our own, with 0600.
 * Returns 0, or an error with one line in `error`: HS_ERR_SETTING (base/service.h) if the group is
 * unknown or may not be given. */
int hs_group_give(const char *path, const char *group, char error[HS_ERROR_TEXT_MAX]);

#endif
