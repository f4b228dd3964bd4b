/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and removes the file of a Unix socket that listens. */
#ifndef HS_SERVICE_UNIX_SOCKET_H
#define HS_SERVICE_UNIX_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "service/error_text.h"

struct hs_unix_socket {
    int fd;
    dev_t dev; /* of the socket file that this process made */
    ino_t ino;
};

/* What a socket is called in errors. */
struct hs_unix_words {
    const char *socket; /* "control socket" */
    const char *owner;  /* who may answer there already: "agent" */
    const char *flag;   /* which setting names it: "--control" */
};

/* Listens on an address, mode 0600. A socket file that nobody answers on is removed. If somebody
 * answers, it is an error. Returns 0 or a negative error with one line in `error`. The caller must
 * call hs_unix_socket_close in either case. */
int hs_unix_socket_open(struct hs_unix_socket *ret_socket, const struct sockaddr_un *address,
                        int backlog, const struct hs_unix_words *words,
                        char error[HS_ERROR_TEXT_MAX]);

/* Says why no socket can be made at this path: because of `number`, an errno, or, if that is 0,
 * because another file is there. */
void hs_unix_socket_error(const struct hs_unix_words *words, const char *path, int number,
                          char error[HS_ERROR_TEXT_MAX]);

/* Closes the socket. Removes the file if it is still the one that this process made. */
void hs_unix_socket_close(struct hs_unix_socket *socket, const char *path);

#endif
