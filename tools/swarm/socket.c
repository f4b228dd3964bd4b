/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket for each member, as an agent's would be: closed when it is killed, so that whoever asks
 * is told so, or left unread when it dies in silence. Nearly all of them are idle nearly always.
 */
#include "socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "base.h"

int swarm_socket_open(struct swarm *swarm, uint32_t face)
{
    struct hearsay_addr addr = swarm_addr(swarm, face);
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = face};
    struct sockaddr_storage storage;
    socklen_t len = hearsay_host_to_sockaddr(&addr, false, &storage);
    char text[HEARSAY_ADDR_TEXT_MAX];
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&storage, len) < 0 ||
        epoll_ctl(swarm->epoll, EPOLL_CTL_ADD, fd, &wanted) < 0) {
        hearsay_addr_format(&addr, text);
        fprintf(stderr, "hearsay-swarm: no socket at %s: %s\n", text, strerror(errno));
        if (fd >= 0)
            close(fd);
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
    epoll_ctl(swarm->epoll, EPOLL_CTL_DEL, f->fd, NULL);
    if (f->silent)
        return; /* whoever asks is not told that nobody listens */
    close(f->fd);
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
