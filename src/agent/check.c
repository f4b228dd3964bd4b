/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check is made before a restart, or on another machine than the one that will run the agent. So
 * it must disturb nothing: no file is made, the port and the control socket may be in use by the
 * very agent that is to be restarted. Whether a file could be written is asked of the kernel
 * (faccessat); whether an address is this machine's, by binding it to a port that the kernel
 * chooses. Seeds are not looked up: an agent starts without them too, and tries again.
 */
#include "agent/check.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/control/socket.h"
#include "agent/options/options.h"
#include "agent/parts/advertise.h"
#include "agent/parts/group.h"
#include "agent/parts/keys.h"
#include "agent/parts/udp.h"
#include "ctl/ctl.h"
#include "service/service.h"

#define GROUPS_MAX 256 /* who is in more groups is not asked whether it is in this one */

/* True if there is a mistake in the text of this key. What would be said of its value, or because
 * of it, would be a second one. */
static bool is_wrong(const struct hs_options *options, const char *key)
{
    return options->store.wrong[hs_option_row(hs_option_find(key))];
}

/* One mistake about the value of this key. */
static void add(const struct hs_options *options, const char *key, const char *reason,
                struct hs_mistakes *mistakes)
{
    const struct hs_option *option = hs_option_find(key);
    struct hs_text_place place = {0, 0};
    char line[HS_ERROR_TEXT_MAX];
    if (is_wrong(options, key))
        return;
    if (hs_option_given(options, key))
        place = hs_conf_place(&options->store, hs_option_row(option));
    if (place.file > 0)
        hs_error_text(line, "%.200s:%u: %s", hs_conf_path(&options->store, place), place.line,
                      reason);
    else
        hs_error_text(line, "%s", reason);
    hs_mistakes_add(mistakes, place, HEARSAY_ERR_INVALID, line);
}

static bool may(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* Copies the directory of a path; a path without one is in the present directory. */
static void folder_of(const char *path, char folder[HS_OPTION_TEXT_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (!slash)
        snprintf(folder, HS_OPTION_TEXT_MAX, ".");
    else
        snprintf(folder, HS_OPTION_TEXT_MAX, "%.*s", len > 0 ? (int)len : 1, path);
}

/* Why no file can be made at this path, an errno, or 0. */
static int folder_fault(const char *path)
{
    char folder[HS_OPTION_TEXT_MAX];
    folder_of(path, folder);
    return may(folder, W_OK | X_OK) ? 0 : errno;
}

/* A file that a start would open for appending, and make if it is missing. */
static void check_file(const struct hs_options *options, const char *key, const char *path,
                       struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    int fault = 0;
    struct stat st;
    if (!path || strcmp(path, "-") == 0)
        return;
    if (stat(path, &st) == 0)
        fault = S_ISDIR(st.st_mode) ? EISDIR : may(path, W_OK) ? 0 : errno;
    else
        fault = errno == ENOENT ? folder_fault(path) : errno;
    if (fault == 0)
        return;
    hs_service_file_error(key, path, fault, reason);
    add(options, key, reason, mistakes);
}

/* The directory of the state. A start would go on without it, which is not what was asked for. */
static void check_state(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    const char *dir = options->state_dir, *fault = NULL;
    struct stat st;
    if (!dir)
        return;
    if (stat(dir, &st) < 0)
        fault = strerror(errno);
    else if (!S_ISDIR(st.st_mode))
        fault = strerror(ENOTDIR);
    else if (!may(dir, R_OK | W_OK | X_OK))
        fault = strerror(errno);
    if (!fault)
        return;
    hs_error_text(reason, "state-dir %.200s: %s; must be a directory that can be written", dir,
                  fault);
    add(options, "state-dir", reason, mistakes);
}

static void check_control(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    char path[HS_CTL_PATH_MAX], reason[HS_ERROR_TEXT_MAX];
    struct stat st;
    bool in_the_way;
    int fault = 0;
    if (hs_ctl_default_path(options->control, path) < 0) {
        hs_error_text(reason, "the control socket's path must be at most %d bytes long",
                      HS_CTL_PATH_MAX - 1);
        add(options, "control", reason, mistakes);
        return;
    }
    in_the_way = lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
    if (strcmp(path, HS_CTL_PATH_SYSTEM) != 0 || geteuid() != 0) /* else it is made */
        fault = folder_fault(path);
    if (!in_the_way && fault == 0)
        return;
    hs_unix_socket_error(&hs_control_words, path, in_the_way ? 0 : fault, reason);
    add(options, "control", reason, mistakes);
}

/* Without a privilege a file can only be given to a group that one is in. */
static bool is_in_group(gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX, groups);
    if (geteuid() == 0 || getegid() == group || count < 0)
        return true;
    while (count > 0)
        if (groups[--count] == group)
            return true;
    return false;
}

static gid_t gid_of(const char *name)
{
    const struct group *group = name ? getgrnam(name) : NULL;
    return group ? group->gr_gid : HS_GROUP_NONE;
}

/* `file`: the group that the socket's file is given to. */
static void check_group(const struct hs_options *options, const char *key, const char *name,
                        gid_t file, struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    gid_t gid = gid_of(name);
    if (!name || (gid != HS_GROUP_NONE && (gid != file || is_in_group(gid))))
        return;
    if (gid == HS_GROUP_NONE)
        hs_groups_unknown(key, name, reason);
    else
        hs_error_text(reason,
                      "%s %.100s: this user is not in that group; must be one that it is in", key,
                      name);
    add(options, key, reason, mistakes);
}

static void check_groups(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    const struct hs_groups groups = {.control = gid_of(options->control_group),
                                     .read = gid_of(options->control_read_group)};
    gid_t file = hs_groups_of_file(&groups);
    check_group(options, "control-group", options->control_group, file, mistakes);
    check_group(options, "control-read-group", options->control_read_group, file, mistakes);
}

/* Whether the address is one of this machine. The port is left to whoever has it. */
static void check_bound(const struct hs_options *options, struct hearsay_addr addr,
                        struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    struct hearsay_udp *udp;
    addr.port = 0;
    if (hearsay_udp_open(&udp, &addr) == 0) {
        hearsay_udp_close(udp);
        return;
    }
    hs_udp_error(options->bind, addr.family, errno, reason);
    add(options, "bind", reason, mistakes);
}

static void check_addresses(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    struct hearsay_addr bind, advertise;
    enum hs_advertise_source source;
    if (is_wrong(options, "bind"))
        return;
    if (hs_bind_address(options, &bind, reason) < 0) {
        add(options, "bind", reason, mistakes);
        return;
    }
    check_bound(options, bind, mistakes);
    if (bind.port == 0)
        bind.port = HEARSAY_PORT_DEFAULT; /* the kernel would choose one */
    if (hs_advertise_address(options, &bind, &advertise, &source, reason) < 0)
        add(options, "advertise", reason, mistakes);
}

static void check_keys(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX];
    struct hearsay_config config;
    struct hs_keys keys;
    if (is_wrong(options, "key") || is_wrong(options, "seal"))
        return;
    hs_options_config(options, &config);
    if (hs_keys_read(&keys, options, config.cluster, reason) == 0)
        hs_keys_fini(&keys);
    else
        add(options, options->key ? "key" : "seal", reason, mistakes);
}

void hs_check_world(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    check_file(options, "log", options->log, mistakes);
    check_file(options, "trace", options->trace, mistakes);
    check_state(options, mistakes);
    check_control(options, mistakes);
    check_groups(options, mistakes);
    check_keys(options, mistakes);
    check_addresses(options, mistakes);
}
