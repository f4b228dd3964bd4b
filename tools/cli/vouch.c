/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anybody may bind a socket in /tmp, under the name at which another user's tool looks for its
 * agent. Such a listener could answer as it likes: with owners of keys that it chose. So the path
 * is walked from the root. A directory into which others may write vouches for nothing in it but
 * what belongs to root or to us, and for that only if its sticky bit keeps others from renaming it.
 * A directory into which others may not write vouches for what it holds: who may write
 * /run/hearsay, the agent's user, may be believed to be the agent.
 */
#include "vouch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_ours(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

/* True if `entry` is in `directory` by the will of those who are trusted with the directory. */
static bool is_vouched_for(const struct stat *directory, const struct stat *entry)
{
    if ((directory->st_mode & S_IWOTH) == 0)
        return true;
    return (directory->st_mode & S_ISVTX) != 0 && is_ours(entry->st_uid);
}

/* Each step of an absolute path must be vouched for by the directory that it is in. */
static bool walk(char *path)
{
    struct stat directory, entry;

    if (stat("/", &directory) < 0)
        return false;
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (lstat(path, &entry) < 0 || !is_vouched_for(&directory, &entry))
            return false;
        if (!slash)
            return true;
        if (stat(path, &directory) < 0) /* a link stands for its directory */
            return false;
        *slash = '/';
    }
}

/* The path without links but perhaps the last name; to be freed, NULL if there is none. */
static char *real_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    char *real = directory ? realpath(directory, NULL) : NULL, *whole = NULL;

    if (real &&
        asprintf(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : path) < 0)
        whole = NULL;
    free(directory);
    free(real);
    return whole;
}

/* Both the path as it is written, whose links somebody has made, and the place where it leads. */
bool cli_path_vouches(const char *path)
{
    char *written = strdup(path), *real = real_path(path);
    bool vouches = written && real && (path[0] != '/' || walk(written)) && walk(real);

    free(written);
    free(real);
    return vouches;
}

bool cli_peer_is_ours(int fd, uid_t *ret_uid)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);

    *ret_uid = (uid_t)-1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    *ret_uid = peer.uid;
    return is_ours(peer.uid);
}

bool cli_believes(const char *path, int fd)
{
    uid_t uid;

    return cli_path_vouches(path) || cli_peer_is_ours(fd, &uid);
}
