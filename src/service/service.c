/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocols are documented and stable (sd_notify(3), systemd.exec(5)), and small: a datagram,
 * and two environment variables. So this is not libsystemd, which would bring five more libraries
 * into each agent; sd_notify(3) itself gives the code as an example.
 */
#include "service/service.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <hearsay/error.h>

#define STREAM_TEXT_MAX 48 /* two numbers of 64 bits */

int hs_service_path_error(int number)
{
    switch (number) {
    case EACCES:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
    case EPERM:
    case EROFS:
        return HS_ERR_SETTING;
    default:
        return HEARSAY_ERR_INVALID;
    }
}

void hs_service_file_error(const char *what, const char *path, int number,
                           char error[HS_ERROR_TEXT_MAX])
{
    hs_error_text(
        error, "%s file %.200s: %s; must be a file that can be written, or made in its directory",
        what, path, strerror(number));
}

void hs_service_hint(int number, const char *variable, char error[HS_ERROR_TEXT_MAX])
{
    const char *directory = getenv(variable);
    size_t len = strlen(error);

    if (directory && (number == EROFS || number == EACCES || number == EPERM))
        snprintf(error + len, HS_ERROR_TEXT_MAX - len, "; the service may write in %s", directory);
}

bool hs_service_is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[STREAM_TEXT_MAX];
    struct stat st;

    if (!stream || fstat(fd, &st) < 0)
        return false;
    snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, ours) == 0;
}

void hs_service_say(int priority, const char *words, bool patient)
{
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};

    /* A pipe or socket that is ready takes a line as short as this one whole. */
    if (!patient && (poll(&reader, 1, 0) != 1 || !(reader.revents & POLLOUT)))
        return;
    if (hs_service_is_journal(STDERR_FILENO))
        fprintf(stderr, "<%d>%s: %s\n", priority, program_invocation_short_name, words);
    else
        fprintf(stderr, "%s: %s\n", program_invocation_short_name, words);
}

/* "@name" is a name in the abstract namespace, which begins with a NUL. */
static int manager_address(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_len)
{
    size_t len = strlen(path);

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(ret_address->sun_path))
        return HEARSAY_ERR_INVALID;
    memcpy(ret_address->sun_path, path, len);
    if (path[0] == '@')
        ret_address->sun_path[0] = '\0';
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
    return 0;
}

int hs_service_notify(const char *state, char error[HS_ERROR_TEXT_MAX])
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t len;
    ssize_t sent = -1;

    if (!path || path[0] == '\0')
        return 0;
    if (manager_address(path, &address, &len) < 0) {
        hs_error_text(error, "NOTIFY_SOCKET %.100s: must be a path, or a name that begins with @",
                      path);
        return HEARSAY_ERR_INVALID;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        sent = sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
                      (const struct sockaddr *)&address, len);
    if (sent < 0)
        hs_error_text(error, "NOTIFY_SOCKET %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return sent < 0 ? HEARSAY_ERR_INVALID : 0;
}
