/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP by libmicrohttpd, driven from our loop: each listener has a daemon of the library without
 * threads, whose epoll descriptor and timer are events of ours. Connections are accepted here, so
 * that all listeners share one bound.
 */
#ifndef HS_SERVE_HTTP_H
#define HS_SERVE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/endpoints.h"
#include "serve/outlook.h"
#include "service/error_text.h"

struct event_base;
struct hs_http_port;

#define HS_HTTP_PORTS_MAX       8
#define HS_HTTP_CONNECTIONS_MAX 128         /* of all listeners together */
#define HS_HTTP_MEMORY_MAX      (32 * 1024) /* bytes of a connection: its request and its headers */
#define HS_HTTP_QUIET_S         30          /* a connection on which nothing moves ends */

struct hs_http {
    struct event_base *base;
    struct hs_outlook *outlook;
    struct hs_http_port *ports[HS_HTTP_PORTS_MAX];
    size_t port_count;
    size_t connections; /* that are open */
};

/* Both are borrowed. */
void hs_http_init(struct hs_http *http, struct event_base *base, struct hs_outlook *outlook);

/* Closes all listeners and connections. */
void hs_http_fini(struct hs_http *http);

/* Listens on "ADDRESS:PORT". Returns 0 or a negative error, HS_ERR_SETTING if no other start would
 * succeed, with one line in `error`. */
int hs_http_listen(struct hs_http *http, const char *address, enum hs_what what,
                   char error[HS_ERROR_TEXT_MAX]);

#endif
