/* SPDX-License-Identifier: Apache-2.0 */
/* Which groups may use the control socket: at the start, and at a reload. */
#ifndef HS_AGENT_PARTS_GROUP_H
#define HS_AGENT_PARTS_GROUP_H

#include <sys/types.h>

#include "service/error_text.h"

#define HS_GROUP_NONE ((gid_t)-1)

/* The settings control-group and control-read-group as ids; HS_GROUP_NONE where one is not set. */
struct hs_groups {
    gid_t control, read;
};

/* Says that the group of this setting is not there. */
void hs_groups_unknown(const char *key, const char *name, char error[HS_ERROR_TEXT_MAX]);

/* The group that the socket's file is given to; HS_GROUP_NONE: none, because no group may use it,
 * or because two may. */
gid_t hs_groups_of_file(const struct hs_groups *groups);

/* Sets mode and group of the socket's file so that these groups can connect: 0600 for none, 0660
 * for one, 0666 for two. The names may be NULL. Returns 0, or an error with one line in `error` and
 * `*ret_groups` untouched: HS_ERR_SETTING (service/service.h) if a group is unknown or may not be
 * given. */
int hs_groups_give(const char *path, const char *control, const char *read,
                   struct hs_groups *ret_groups, char error[HS_ERROR_TEXT_MAX]);

#endif
