/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of HTTP and of the DNS, as their settings name them. */
#ifndef HS_SERVE_LISTEN_H
#define HS_SERVE_LISTEN_H

#include <stdbool.h>

#include "ctl/ctl.h"
#include "serve/endpoints.h"
#include "service/error_text.h"
#include "service/unix_socket.h"

#define HS_LISTEN_UNIX    "unix:"
#define HS_LISTEN_BACKLOG 128
#define HS_LISTEN_TEXT    "must be ADDRESS:PORT, [IPV6]:PORT or unix:/PATH, perhaps with =metrics"

/* A setting "WHERE" or "WHERE=WHAT". */
struct hs_listen {
    enum hs_what what;
    bool tcp;
    char path[HS_CTL_PATH_MAX]; /* of a Unix socket */
    struct hearsay_addr addr;   /* of TCP */
};

/* Reads a setting. Returns 0, or HEARSAY_ERR_INVALID with what would be right in `error`. */
int hs_listen_read(struct hs_listen *ret_listen, const char *text, char error[HS_ERROR_TEXT_MAX]);

/* Opens the socket. Returns 0 or a negative error, HS_ERR_SETTING if no other start would succeed,
 * with one line in `error`. *ret_socket is to be closed in either case; one that was handed on has
 * fd -1, and then its file is to be removed all the same. */
int hs_listen_open(const struct hs_listen *where, struct hs_unix_socket *ret_socket,
                   char error[HS_ERROR_TEXT_MAX]);

/* Opens a non-blocking socket at this address, which `option` has named: SOCK_DGRAM, or
 * SOCK_STREAM, which listens. The errors are those of hs_listen_open. */
int hs_listen_at(const struct hearsay_addr *addr, int type, const char *option, int *ret_fd,
                 char error[HS_ERROR_TEXT_MAX]);

/* True if accept(2) failed with this errno for want of descriptors or memory: the connection still
 * waits, so that the socket stays readable. */
bool hs_listen_is_starved(int number);

#endif
