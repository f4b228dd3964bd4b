/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and places. Agent and tool must agree on both before they talk to each other. So each list
 * is one table in ctl.h, and one function finds the path of the socket.
 */
#include "ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/error.h>

static const char *const command_names[HS_CTL_COMMAND_COUNT] = {
#define COMMAND_NAME(name, text) [HS_CTL_COMMAND_##name] = (text),
    HS_CTL_COMMANDS(COMMAND_NAME)
#undef COMMAND_NAME
};

static const struct {
    const char *name;
    enum hs_ctl_exit exit_code;
} errors[HS_CTL_ERROR_COUNT] = {
#define ERROR_ROW(name, text, exit_code) [HS_CTL_ERROR_##name] = {(text), (exit_code)},
    HS_CTL_ERRORS(ERROR_ROW)
#undef ERROR_ROW
};

const char *hs_ctl_command_name(enum hs_ctl_command command)
{
    return (unsigned)command < HS_CTL_COMMAND_COUNT ? command_names[command] : "unknown";
}

int hs_ctl_command_parse(const char *text, enum hs_ctl_command *ret_command)
{
    for (unsigned i = 0; i < HS_CTL_COMMAND_COUNT; i++) {
        if (strcmp(text, command_names[i]) == 0) {
            *ret_command = (enum hs_ctl_command)i;
            return 0;
        }
    }
    return HEARSAY_ERR_NOTFOUND;
}

const char *hs_ctl_error_name(enum hs_ctl_error error)
{
    return (unsigned)error < HS_CTL_ERROR_COUNT ? errors[error].name : "unknown";
}

enum hs_ctl_error hs_ctl_error_from(int code)
{
    switch (code) {
    case HEARSAY_ERR_NOTFOUND:
        return HS_CTL_ERROR_NOT_FOUND;
    case HEARSAY_ERR_ALIVE:
    case HEARSAY_ERR_FULL:
    case HEARSAY_ERR_STOPPED:
    case HEARSAY_ERR_EXISTS:
    case HEARSAY_ERR_EMPTY:
        return HS_CTL_ERROR_REFUSED;
    case HEARSAY_ERR_INVALID:
    case HEARSAY_ERR_SYNTAX:
    case HEARSAY_ERR_TOOBIG:
        return HS_CTL_ERROR_USAGE;
    default:
        return HS_CTL_ERROR_INTERNAL;
    }
}

enum hs_ctl_exit hs_ctl_error_exit(const char *name)
{
    for (unsigned i = 0; name && i < HS_CTL_ERROR_COUNT; i++) {
        if (strcmp(name, errors[i].name) == 0)
            return errors[i].exit_code;
    }
    return HS_CTL_EXIT_REFUSED;
}

/* ---- the socket -------------------------------------------------------------------------- */

static int path_result(int written, const char *text, char ret_path[HS_CTL_PATH_MAX])
{
    if (written < 0 || written >= HS_CTL_PATH_MAX)
        return HEARSAY_ERR_TOOBIG;
    memcpy(ret_path, text, (size_t)written + 1);
    return 0;
}

/* The XDG specification tells us to ignore a relative directory. */
static const char *runtime_directory(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    return runtime && runtime[0] == '/' ? runtime : NULL;
}

static int path_in(const char *directory, char ret_path[HS_CTL_PATH_MAX])
{
    char text[HS_CTL_PATH_MAX];
    int n = snprintf(text, sizeof(text), "%s/hearsayd.sock", directory);
    return path_result(n, text, ret_path);
}

static int path_in_tmp(char ret_path[HS_CTL_PATH_MAX])
{
    char text[HS_CTL_PATH_MAX];
    int n = snprintf(text, sizeof(text), "/tmp/hearsayd-%lu.sock", (unsigned long)geteuid());
    return path_result(n, text, ret_path);
}

/* The path that is given, or NULL if it is to be found. */
static const char *path_named(const char *given)
{
    const char *path = given ? given : getenv(HS_CTL_ENV);
    return !given && path && path[0] == '\0' ? NULL : path;
}

int hs_ctl_default_path(const char *given, char ret_path[HS_CTL_PATH_MAX])
{
    char text[HS_CTL_PATH_MAX];
    const char *path = path_named(given), *runtime = runtime_directory();
    if (!path && geteuid() != 0)
        return runtime ? path_in(runtime, ret_path) : path_in_tmp(ret_path);
    if (!path)
        path = HS_CTL_PATH_SYSTEM;
    if (path[0] == '\0')
        return HEARSAY_ERR_INVALID;
    return path_result(snprintf(text, sizeof(text), "%s", path), text, ret_path);
}

int hs_ctl_paths(const char *given, char ret_paths[HS_CTL_PATHS_MAX][HS_CTL_PATH_MAX])
{
    char usual[sizeof("/run/user/") + 20];
    const char *runtime = runtime_directory();
    int count = 0, err;
    if (path_named(given) || geteuid() == 0) {
        err = hs_ctl_default_path(given, ret_paths[0]);
        return err < 0 ? err : 1;
    }
    snprintf(usual, sizeof(usual), "/run/user/%lu", (unsigned long)geteuid());
    if (path_in(runtime ? runtime : usual, ret_paths[count]) == 0)
        count++; /* a directory with too long a name holds no socket */
    if (path_in_tmp(ret_paths[count]) == 0)
        count++;
    memcpy(ret_paths[count++], HS_CTL_PATH_SYSTEM, sizeof(HS_CTL_PATH_SYSTEM));
    return count;
}

int hs_ctl_address(const char *path, struct sockaddr_un *ret_address)
{
    size_t len = strlen(path);
    if (len == 0)
        return HEARSAY_ERR_INVALID;
    if (len >= sizeof(ret_address->sun_path))
        return HEARSAY_ERR_TOOBIG;
    memset(ret_address, 0, sizeof(*ret_address));
    ret_address->sun_family = AF_UNIX;
    memcpy(ret_address->sun_path, path, len + 1);
    return 0;
}
