/* SPDX-License-Identifier: Apache-2.0 */
/* A UDP socket for questions of the DNS. */
#ifndef HS_SERVE_DNS_UDP_H
#define HS_SERVE_DNS_UDP_H

#include "serve/dns_desk.h"

struct event;
struct event_base;

#define HS_DNS_UDP_READS  64        /* questions of a socket in a turn of the loop */
#define HS_DNS_UDP_BUFFER (1 << 20) /* bytes of questions that wait, as the kernel counts them */

struct hs_dns_udp {
    struct hs_dns_desk *desk; /* borrowed */
    int fd;
    struct event *readable;
};

/* Takes over the descriptor of a bound socket, unless it fails. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_dns_udp_init(struct hs_dns_udp *udp, struct event_base *base, struct hs_dns_desk *desk,
                    int fd);

/* Closes the socket. */
void hs_dns_udp_fini(struct hs_dns_udp *udp);

#endif
