/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions of the DNS over TCP (RFC 1035, 4.2.2; RFC 7766). A connection may ask many, one after
 * the other or without waiting for answers. It ends a while after its last whole question, or
 * earlier when a new connection needs its place.
 */
#ifndef HS_SERVE_DNS_TCP_H
#define HS_SERVE_DNS_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "serve/dns_desk.h"
#include "serve/dns_options.h"

struct event;
struct event_base;
struct hs_dns_client;

#define HS_DNS_CLIENTS_MAX 16      /* connections of all listeners together */
#define HS_DNS_IDLE_US     5000000 /* after the last whole question */
#define HS_DNS_REST_US     500000  /* without accepting, if there is no descriptor */
#define HS_DNS_UNREAD_MAX  65536   /* bytes of answers, after which no question is read */

struct hs_dns_tcp {
    struct event_base *base;  /* borrowed */
    struct hs_dns_desk *desk; /* borrowed */
    struct event *listeners[HS_DNS_LISTENERS_MAX];
    size_t listener_count;
    struct hs_dns_client *clients[HS_DNS_CLIENTS_MAX]; /* NULL: free */
};

void hs_dns_tcp_init(struct hs_dns_tcp *tcp, struct event_base *base, struct hs_dns_desk *desk);

/* Closes listeners and connections. */
void hs_dns_tcp_fini(struct hs_dns_tcp *tcp);

/* Takes over the descriptor of a listening socket, unless it fails. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_dns_tcp_listen(struct hs_dns_tcp *tcp, int fd);

#endif
