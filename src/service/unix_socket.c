/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a Unix socket remains after its process ends. If nobody answers on it, it is left
 * over from a crash and is removed. If somebody answers, replacing the file would make a running
 * process unreachable. The file is created for its owner alone, so that it is not open to others
 * before somebody says so.
 */
#include "service/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/service.h"

static int make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void hs_unix_socket_error(const struct hs_unix_words *words, const char *path, int number,
                          char error[HS_ERROR_TEXT_MAX])
{
    if (number == 0)
        hs_error_text(error,
                      "%s %s: a file that is not a socket is in the way; remove it or choose "
                      "another %s",
                      words->socket, path, words->flag);
    else
        hs_error_text(error, "%s %s: %s; must be in a directory that can be written", words->socket,
                      path, strerror(number));
}

/* Removes a socket file that nobody answers on. */
static int remove_stale(const struct sockaddr_un *address, const struct hs_unix_words *words,
                        char error[HS_ERROR_TEXT_MAX])
{
    const char *path = address->sun_path;
    struct stat st;
    int fd, r;

    if (lstat(path, &st) < 0)
        return 0;
    if (!S_ISSOCK(st.st_mode)) {
        hs_unix_socket_error(words, path, 0, error);
        return HS_ERR_SETTING;
    }
    fd = make_socket();
    r = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, sizeof(*address));
    if (r == 0 || (fd >= 0 && errno == EAGAIN)) {
        hs_error_text(error, "%s %s: another %s answers there; choose another %s", words->socket,
                      path, words->owner, words->flag);
        r = HEARSAY_ERR_INVALID;
    } else if (errno != ECONNREFUSED || unlink(path) < 0) {
        hs_unix_socket_error(words, path, errno, error);
        r = HEARSAY_ERR_INVALID;
    } else {
        r = 0;
    }
    if (fd >= 0)
        close(fd);
    return r;
}

static int bind_and_listen(struct hs_unix_socket *made, const struct sockaddr_un *address,
                           int backlog, const struct hs_unix_words *words,
                           char error[HS_ERROR_TEXT_MAX])
{
    const char *path = address->sun_path;
    mode_t mask = umask(0177);
    int r = bind(made->fd, (const struct sockaddr *)address, sizeof(*address));
    int number = errno;
    struct stat st;

    umask(mask);
    if (r < 0 || lstat(path, &st) < 0) {
        number = r < 0 ? number : errno;
        hs_unix_socket_error(words, path, number, error);
        hs_service_hint(number, "RUNTIME_DIRECTORY", error);
        return hs_service_path_error(number);
    }
    made->dev = st.st_dev;
    made->ino = st.st_ino;
    if (listen(made->fd, backlog) < 0) {
        hs_error_text(error, "%s %s: %s", words->socket, path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

int hs_unix_socket_open(struct hs_unix_socket *ret_socket, const struct sockaddr_un *address,
                        int backlog, const struct hs_unix_words *words,
                        char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *ret_socket = (struct hs_unix_socket){.fd = -1};
    err = remove_stale(address, words, error);
    if (err < 0)
        return err;
    ret_socket->fd = make_socket();
    if (ret_socket->fd < 0) {
        hs_error_text(error, "%s: %s", words->socket, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    return bind_and_listen(ret_socket, address, backlog, words, error);
}

void hs_unix_socket_close(struct hs_unix_socket *socket, const char *path)
{
    struct stat st;

    if (socket->fd < 0)
        return;
    close(socket->fd);
    socket->fd = -1;
    if (socket->ino != 0 && lstat(path, &st) == 0 && st.st_dev == socket->dev &&
        st.st_ino == socket->ino)
        unlink(path);
}
