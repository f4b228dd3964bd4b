/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a Unix socket remains after its process ends. If nobody answers on it, it is left
 * over from a crash and is removed. If an agent answers, replacing the file would make the running
 * agent unreachable. The file is created for its owner alone, so that it is not
 * open to others before somebody says so.
 */
#include "agent/control/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "service/service.h"

#define BACKLOG HS_CTL_CLIENTS_MAX /* all clients may connect at once */

static int make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Makes the directory of the default path, because nothing else does if the agent is started by
 * hand. */
static void make_directory(const char *path)
{
    static const char system_path[] = HS_CTL_PATH_SYSTEM;
    char directory[sizeof(system_path)];

    if (strcmp(path, system_path) != 0)
        return;
    memcpy(directory, system_path, sizeof(directory));
    *strrchr(directory, '/') = '\0';
    mkdir(directory, 0755);
}

/* Removes a socket file that nobody answers on. */
static int remove_stale(const char *path, const struct sockaddr_un *address,
                        char error[HS_ERROR_TEXT_MAX])
{
    struct stat st;
    int fd, r;

    if (lstat(path, &st) < 0)
        return 0;
    if (!S_ISSOCK(st.st_mode)) {
        hs_error_text(error,
                      "control socket %s: a file that is not a socket is in the way; remove it or "
                      "choose another --control",
                      path);
        return HS_ERR_SETTING;
    }
    fd = make_socket();
    r = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, sizeof(*address));
    if (r == 0 || (fd >= 0 && errno == EAGAIN)) {
        hs_error_text(error,
                      "control socket %s: another agent answers there; choose another --control",
                      path);
        r = HEARSAY_ERR_INVALID;
    } else if (errno != ECONNREFUSED || unlink(path) < 0) {
        hs_error_text(error, "control socket %s: %s", path, strerror(errno));
        r = HEARSAY_ERR_INVALID;
    } else {
        r = 0;
    }
    if (fd >= 0)
        close(fd);
    return r;
}

static int bind_and_listen(struct hs_listener *listener, const char *path,
                           const struct sockaddr_un *address, char error[HS_ERROR_TEXT_MAX])
{
    mode_t mask = umask(0177);
    int r = bind(listener->fd, (const struct sockaddr *)address, sizeof(*address));
    struct stat st;

    int number = errno;

    umask(mask);
    if (r < 0 || lstat(path, &st) < 0) {
        number = r < 0 ? number : errno;
        hs_error_text(error, "control socket %s: %s", path, strerror(number));
        hs_service_hint(number, "RUNTIME_DIRECTORY", error);
        return hs_service_path_error(number);
    }
    listener->dev = st.st_dev;
    listener->ino = st.st_ino;
    if (listen(listener->fd, BACKLOG) < 0) {
        hs_error_text(error, "control socket %s: %s", path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

int hs_listener_open(struct hs_listener *listener, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    struct sockaddr_un address;
    int r;

    *listener = (struct hs_listener){.fd = -1};
    r = hs_ctl_address(path, &address);
    if (r < 0) {
        hs_error_text(error, "control socket %s: %s", path, hearsay_strerror(r));
        return HEARSAY_ERR_INVALID;
    }
    make_directory(path);
    r = remove_stale(path, &address, error);
    if (r < 0)
        return r;
    listener->fd = make_socket();
    if (listener->fd < 0) {
        hs_error_text(error, "control socket: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    return bind_and_listen(listener, path, &address, error);
}

void hs_listener_close(struct hs_listener *listener, const char *path)
{
    struct stat st;

    if (listener->fd < 0)
        return;
    close(listener->fd);
    listener->fd = -1;
    if (listener->ino != 0 && lstat(path, &st) == 0 && st.st_dev == listener->dev &&
        st.st_ino == listener->ino)
        unlink(path);
}
