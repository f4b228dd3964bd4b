/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to questions of the DNS: its sockets, UDP and TCP of each address. */
#ifndef HS_SERVE_DNS_SERVER_H
#define HS_SERVE_DNS_SERVER_H

#include <stddef.h>

#include "serve/dns_desk.h"
#include "serve/dns_options.h"
#include "serve/dns_tcp.h"
#include "serve/dns_udp.h"
#include "service/error_text.h"

struct event_base;

struct hs_dns_server {
    struct hs_dns_desk desk;
    struct hs_dns_tcp tcp;
    struct hs_dns_udp udp[HS_DNS_LISTENERS_MAX];
    size_t udp_count;
};

/* Listens at the addresses of the options. Borrows base and outlook. Returns 0 or a negative error,
 * HS_ERR_SETTING if no other start would succeed, with one line in `error`; hs_dns_server_fini in
 * either case. */
int hs_dns_server_init(struct hs_dns_server *server, const struct hs_dns_options *options,
                       struct event_base *base, struct hs_outlook *outlook,
                       char error[HS_ERROR_TEXT_MAX]);

/* Closes everything. All zeroes are a no-op. */
void hs_dns_server_fini(struct hs_dns_server *server);

#endif
