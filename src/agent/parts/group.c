/* SPDX-License-Identifier: Apache-2.0 */
/* The mode of the socket's file decides who may connect, so a change of it concerns new clients
 * alone. */
#include "agent/parts/group.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/base/service.h"

int hs_group_give(const char *path, const char *group, char error[HS_ERROR_TEXT_MAX])
{
    const struct group *entry = group ? getgrnam(group) : NULL;

    if (group && !entry) {
        hs_error_text(error, "--control-group %s: no such group", group);
        return HS_ERR_SETTING;
    }
    /* closed first when it is taken from a group, and opened last */
    if ((!group && chmod(path, 0600) < 0) ||
        chown(path, (uid_t)-1, entry ? entry->gr_gid : getegid()) < 0 ||
        (group && chmod(path, 0660) < 0)) {
        int number = errno;
        hs_error_text(error, "control socket %s: cannot be given to group %s: %s%s", path,
                      group ? group : "of this agent", strerror(number),
                      number == EPERM ? "; this process must be a member of that group (in a unit "
                                        "of systemd: SupplementaryGroups)"
                                      : "");
        return hs_service_path_error(number);
    }
    return 0;
}
