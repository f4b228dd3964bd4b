/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/addr.h>
#include <hearsay/error.h>
#include <hearsay/host.h>

#include "service/service.h"

#define SOCKET_MODE 0660 /* who may connect: a proxy that is in the file's group */

/* Cuts "=WHAT" off. A path may have an equals sign, so that only words that we know count. */
static size_t cut_what(const char *text, enum hs_what *ret_what)
{
    const char *equals = strrchr(text, '=');

    for (int what = 0; equals && what < HS_WHAT_COUNT; what++)
        if (strcmp(equals + 1, hs_what_name((enum hs_what)what)) == 0) {
            *ret_what = (enum hs_what)what;
            return (size_t)(equals - text);
        }
    return strlen(text);
}

int hs_listen_read(struct hs_listen *ret_listen, const char *text, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_listen listen = {.what = HS_WHAT_ALL, .tcp = true};
    size_t len = cut_what(text, &listen.what), prefix = strlen(HS_LISTEN_UNIX);
    char text_of[HEARSAY_ADDR_TEXT_MAX];

    if (strncmp(text, HS_LISTEN_UNIX, prefix) == 0) {
        listen.tcp = false;
        if (text[prefix] != '/' || len - prefix >= sizeof(listen.path)) {
            hs_error_text(error, "%s; the path begins with / and has at most %zu bytes",
                          HS_LISTEN_TEXT, sizeof(listen.path) - 1);
            return HEARSAY_ERR_INVALID;
        }
        memcpy(listen.path, text + prefix, len - prefix);
    } else if (len >= sizeof(text_of)) {
        hs_error_text(error, "%s", HS_LISTEN_TEXT);
        return HEARSAY_ERR_INVALID;
    } else {
        snprintf(text_of, sizeof(text_of), "%.*s", (int)len, text);
        if (hearsay_addr_parse(&listen.addr, text_of, 0) < 0 || listen.addr.port == 0) {
            hs_error_text(error, "%s", HS_LISTEN_TEXT);
            return HEARSAY_ERR_INVALID;
        }
    }
    *ret_listen = listen;
    return 0;
}

static int open_unix(const struct hs_listen *where, struct hs_unix_socket *socket,
                     char error[HS_ERROR_TEXT_MAX])
{
    static const struct hs_unix_words words = {"HTTP socket", "server", "--http"};
    struct sockaddr_un address;
    int err = hs_ctl_address(where->path, &address);

    if (err == 0)
        err = hs_unix_socket_open(socket, &address, HS_LISTEN_BACKLOG, &words, error);
    else
        hs_error_text(error, "HTTP socket %s: %s", where->path, hearsay_strerror(err));
    if (err == 0 && chmod(where->path, SOCKET_MODE) < 0) {
        hs_error_text(error, "HTTP socket %s: %s", where->path, strerror(errno));
        err = HEARSAY_ERR_INVALID;
    }
    return err;
}

/* Another start cannot help if the port is not for us. An address that no interface has may come:
 * at boot this program can be there before it. */
static int listen_error(int number)
{
    return number == EACCES || number == EAFNOSUPPORT ? HS_ERR_SETTING : HEARSAY_ERR_INVALID;
}

/* What a person would say of it. */
static const char *listen_words(int number)
{
    switch (number) {
    case EADDRINUSE:
        return "the port is in use by another process; end that process or choose another port";
    case EADDRNOTAVAIL:
        return "no interface of this machine has that address; must be an address of this machine, "
               "or 0.0.0.0 or [::]";
    case EACCES:
        return "ports below 1024 need a privilege, CAP_NET_BIND_SERVICE; choose another";
    default:
        return strerror(number);
    }
}

int hs_listen_at(const struct hearsay_addr *addr, int type, const char *option, int *ret_fd,
                 char error[HS_ERROR_TEXT_MAX])
{
    struct sockaddr_storage address;
    socklen_t len = hearsay_host_to_sockaddr(addr, false, &address);
    int fd = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, number;
    bool listens = type == SOCK_STREAM;
    char text[HEARSAY_ADDR_TEXT_MAX];

    if (fd >= 0 && (!listens || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0) &&
        bind(fd, (const struct sockaddr *)&address, len) == 0 &&
        (!listens || listen(fd, HS_LISTEN_BACKLOG) == 0)) {
        *ret_fd = fd;
        return 0;
    }
    number = errno;
    hearsay_addr_format(addr, text);
    hs_error_text(error, "%s %s: %s", option, text, listen_words(number));
    if (fd >= 0)
        close(fd);
    return listen_error(number);
}

int hs_listen_open(const struct hs_listen *where, struct hs_unix_socket *ret_socket,
                   char error[HS_ERROR_TEXT_MAX])
{
    *ret_socket = (struct hs_unix_socket){.fd = -1};
    return where->tcp ? hs_listen_at(&where->addr, SOCK_STREAM, "--http", &ret_socket->fd, error)
                      : open_unix(where, ret_socket, error);
}

bool hs_listen_is_starved(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}
