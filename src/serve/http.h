/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP by libmicrohttpd, driven from our loop: each listener has a daemon of the library without
 * threads, whose epoll descriptor and timer are events of ours. Connections are accepted here, so
 * that all listeners share one bound, and a client that takes too long is seen here: the library
 * counts only the time in which nothing moves at all.
 */
#ifndef HS_SERVE_HTTP_H
#define HS_SERVE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/exchange.h"
#include "serve/listen.h"
#include "service/error_text.h"

struct event_base;
struct event;
struct hs_http_connection;
struct hs_http_port;

#define HS_HTTP_PORTS_MAX       8
#define HS_HTTP_CONNECTIONS_MAX 128         /* of all listeners together */
#define HS_HTTP_ADDRESS_MAX     64          /* of one address, unless it is this machine's own */
#define HS_HTTP_MEMORY_MAX      (16 * 1024) /* bytes of a connection: its head, and what is sent */
#define HS_HTTP_HEAD_US         10000000    /* for the head of a request */
#define HS_HTTP_READ_US         120000000   /* for reading an answer */
#define HS_HTTP_YIELD_US        1000000     /* without a request, if its place is needed */
#define HS_HTTP_TICK_US         500000

struct hs_http {
    struct event_base *base;
    struct event *tick;
    struct event *wake;   /* the library does not see by itself that a connection was resumed */
    struct event *work;   /* the next step of large answers */
    struct hs_site *site; /* borrowed */
    struct hs_http_port *ports[HS_HTTP_PORTS_MAX];
    size_t port_count;
    struct hs_http_connection *first;
    size_t connections; /* that are open */
};

/* All are borrowed. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_http_init(struct hs_http *ret_http, struct event_base *base, struct hs_site *site);

/* Closes all listeners and connections. All zeroes are a no-op. */
void hs_http_fini(struct hs_http *http);

/* Listens there, and serves. Returns 0 or a negative error, HS_ERR_SETTING if no other start would
 * succeed, with one line in `error`. */
int hs_http_listen(struct hs_http *http, const struct hs_listen *where,
                   char error[HS_ERROR_TEXT_MAX]);

#endif
