/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket for each member, as an agent's would be: closed when it is killed, so that whoever asks
 * is told so, or left unread when it dies in silence. Nearly all of them are idle nearly always.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "swarm.h"
#include "wire.h"

#define SLOT (HEARSAY_DATAGRAM_MAX + 8u) /* one byte more shows what is too long */

int swarm_socket_open(struct swarm *swarm, uint32_t face)
{
    struct hearsay_addr addr = swarm_addr(swarm, face);
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = face};
    struct sockaddr_storage storage;
    socklen_t len = hearsay_host_to_sockaddr(&addr, false, &storage);
    char text[HEARSAY_ADDR_TEXT_MAX];
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&storage, len) < 0 ||
        epoll_ctl(swarm->epoll, EPOLL_CTL_ADD, fd, &wanted) < 0) {
        (void)hearsay_addr_format(&addr, text);
        fprintf(stderr, "hearsay-swarm: no socket at %s: %s\n", text, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    swarm->faces[face].fd = fd;
    return 0;
}

void swarm_socket_close(struct swarm *swarm, uint32_t face)
{
    struct swarm_face *f = &swarm->faces[face];
    if (f->fd < 0)
        return;
    (void)epoll_ctl(swarm->epoll, EPOLL_CTL_DEL, f->fd, NULL);
    if (f->silent)
        return; /* whoever asks is not told that nobody listens */
    (void)close(f->fd);
    f->fd = -1;
}

/* An errno may be that of an earlier datagram, and is taken by telling: so once more. */
bool swarm_socket_send(struct swarm *swarm, uint32_t face, const struct hearsay_addr *to,
                       const uint8_t *bytes, size_t len)
{
    struct sockaddr_storage storage;
    socklen_t size = hearsay_host_to_sockaddr(to, false, &storage);
    int fd = swarm->faces[face].fd;
    ssize_t n = -1;
    for (int i = 0; i < 2 && n < 0 && fd >= 0; i++)
        n = sendto(fd, bytes, len, MSG_DONTWAIT, (struct sockaddr *)&storage, size);
    if (n < 0) {
        swarm->counts.unsent++;
        return false;
    }
    swarm->counts.sent++;
    swarm->counts.bytes_sent += len;
    return true;
}

void swarm_socket_read(struct swarm *swarm, uint32_t face)
{
    static uint8_t slots[SWARM_BATCH][SLOT];
    struct sockaddr_storage peers[SWARM_BATCH];
    struct iovec pieces[SWARM_BATCH];
    struct mmsghdr messages[SWARM_BATCH];
    struct hearsay_addr from;
    for (uint32_t i = 0; i < SWARM_BATCH; i++) {
        pieces[i] = (struct iovec){slots[i], SLOT};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                              .msg_namelen = sizeof peers[i],
                                              .msg_iov = &pieces[i],
                                              .msg_iovlen = 1};
    }
    int n = recvmmsg(swarm->faces[face].fd, messages, SWARM_BATCH, MSG_DONTWAIT, NULL);
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
    if (swarm->nodes[node].core == NULL || len < WIRE_FIRST ||
        hearsay_host_from_sockaddr(peer, &to) < 0)
        return;
    wire_put(quoted, WIRE_SENDER, swarm->faces[node].id);
    hearsay_node_unreachable(swarm->nodes[node].core, swarm->now, &to, HEARSAY_UNREACHABLE_PORT,
                             quoted, len);
    swarm_drain(swarm, node);
}

void swarm_socket_errors(struct swarm *swarm, uint32_t face)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    uint8_t quoted[SLOT];
    struct sockaddr_storage peer;
    for (;;) {
        struct iovec piece = {quoted, sizeof quoted};
        struct msghdr message = {.msg_name = &peer,
                                 .msg_namelen = sizeof peer,
                                 .msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof control};
        ssize_t n = recvmsg(swarm->faces[face].fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n < 0)
            break;
        if (is_closed_port(&message))
            tell_closed(swarm, face, (struct sockaddr *)&peer, quoted, (size_t)n);
    }
    swarm_pump(swarm);
}
