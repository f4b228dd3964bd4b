/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes in from outside, batch by batch. A socket's error queue says where a port is closed;
 * the node that sent takes that as evidence (R17: closed port).
 */
#include "receive.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <linux/errqueue.h>

#include "deliver.h"
#include "wire.h"

#define BATCH 16u                         /* datagrams read by one call */
#define SLOT  (HEARSAY_DATAGRAM_MAX + 8u) /* one byte more shows what is too long */

void swarm_receive(struct swarm *swarm, uint32_t face)
{
    static uint8_t slots[BATCH][SLOT];
    struct sockaddr_storage peers[BATCH];
    struct iovec pieces[BATCH];
    struct mmsghdr messages[BATCH];
    struct hearsay_addr from;
    for (uint32_t i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){slots[i], SLOT};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof(peers[i]),
                                              .msg_iov = &pieces[i],
                                              .msg_iovlen = 1};
    }
    int n = recvmmsg(swarm->faces[face].fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        swarm->counts.received++;
        swarm->counts.bytes_received += messages[i].msg_len;
        if (hearsay_host_from_sockaddr((struct sockaddr *)&peers[i], &from) == 0)
            swarm_give(swarm, face, &from, slots[i], messages[i].msg_len, false);
    }
    swarm_pump(swarm);
}

/* ---- closed ports ------------------------------------------------------------------------ */

static bool is_closed_port(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        const struct sock_extended_err *error = (const void *)CMSG_DATA(c);
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR)
            return error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH &&
                   error->ee_code == ICMP_PORT_UNREACH;
    }
    return false;
}

/* The node looks for its own id in what is quoted. */
static void tell_closed(struct swarm *swarm, uint32_t face, const struct sockaddr *peer,
                        uint8_t *quoted, size_t len)
{
    uint32_t node = swarm->faces[face].node;
    struct hearsay_addr to;
    if (!swarm->nodes[node].core || len < WIRE_FIRST || hearsay_host_from_sockaddr(peer, &to) < 0)
        return;
    wire_put(quoted, WIRE_SENDER, swarm->faces[node].id);
    hearsay_node_unreachable(swarm->nodes[node].core, swarm->now, &to, HEARSAY_UNREACHABLE_PORT,
                             quoted, len);
    swarm_drain(swarm, node);
}

void swarm_receive_errors(struct swarm *swarm, uint32_t face)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    uint8_t quoted[SLOT];
    struct sockaddr_storage peer;
    for (;;) {
        struct iovec piece = {quoted, sizeof(quoted)};
        struct msghdr message = {.msg_name = &peer,
                                 .msg_namelen = sizeof(peer),
                                 .msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t n = recvmsg(swarm->faces[face].fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n < 0)
            break;
        if (is_closed_port(&message))
            tell_closed(swarm, face, (struct sockaddr *)&peer, quoted, (size_t)n);
    }
    swarm_pump(swarm);
}
