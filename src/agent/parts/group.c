/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of the control socket is the outer door: its mode decides who may connect. Who may do
 * what is decided by the credentials of each connection (control/peer.c).
 *
 * A file has one group. So for two groups the file is open to all, and the credentials alone tell
 * strangers from them, who are sent away before they have taken a place. The file could be given to
 * one of two groups, but then members of the other could not connect: whoever sets
 * control-read-group beside a control-group that is in use would lock its operators out. With one
 * group the file system keeps strangers away from the agent, as it always did.
 *
 * A change of the file concerns new connections alone.
 */
#include "agent/parts/group.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/service.h"

gid_t hs_groups_of_file(const struct hs_groups *groups)
{
    if (groups->read == HS_GROUP_NONE || groups->read == groups->control)
        return groups->control;
    return groups->control == HS_GROUP_NONE ? groups->read : HS_GROUP_NONE;
}

void hs_groups_unknown(const char *key, const char *name, char error[HS_ERROR_TEXT_MAX])
{
    hs_error_text(error, "%s %.100s: no such group; must be one of this machine's", key, name);
}

static int find_group(const char *key, const char *name, gid_t *ret_gid,
                      char error[HS_ERROR_TEXT_MAX])
{
    const struct group *entry = name ? getgrnam(name) : NULL;

    if (name && !entry) {
        hs_groups_unknown(key, name, error);
        return HS_ERR_SETTING;
    }
    *ret_gid = entry ? entry->gr_gid : HS_GROUP_NONE;
    return 0;
}

static mode_t mode_for(const struct hs_groups *groups)
{
    if (groups->control == HS_GROUP_NONE && groups->read == HS_GROUP_NONE)
        return 0600;
    return hs_groups_of_file(groups) == HS_GROUP_NONE ? 0666 : 0660;
}

/* Closed first when it is taken from a group, and opened last. */
static int change_file(const char *path, mode_t mode, gid_t gid)
{
    if ((mode == 0600 && chmod(path, mode) < 0) || chown(path, (uid_t)-1, gid) < 0 ||
        chmod(path, mode) < 0)
        return -1;
    return 0;
}

int hs_groups_give(const char *path, const char *control, const char *read,
                   struct hs_groups *ret_groups, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_groups groups;
    int err = find_group("control-group", control, &groups.control, error);

    if (err == 0)
        err = find_group("control-read-group", read, &groups.read, error);
    if (err < 0)
        return err;
    gid_t gid = hs_groups_of_file(&groups);
    if (change_file(path, mode_for(&groups), gid == HS_GROUP_NONE ? getegid() : gid) < 0) {
        int number = errno;
        hs_error_text(error, "control socket %s: cannot be given to group %s: %s%s", path,
                      gid == HS_GROUP_NONE    ? "of this agent"
                      : gid == groups.control ? control
                                              : read,
                      strerror(number),
                      number == EPERM ? "; this process must be a member of that group (in a unit "
                                        "of systemd: SupplementaryGroups)"
                                      : "");
        return hs_service_path_error(number);
    }
    *ret_groups = groups;
    return 0;
}
