/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer leaves from the address to which its question came: on a machine with several
 * addresses the kernel would choose another one, and resolvers believe no answer from elsewhere.
 */
#include "serve/dns_udp.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

/* Room for the address of an IPv4 and of an IPv6 datagram. */
#define CONTROL_MAX (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct in6_pktinfo)))

/* A datagram, and where it came from and to. */
struct datagram {
    struct sockaddr_storage from;
    uint8_t bytes[HS_DNS_QUESTION_MAX];
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
    struct iovec vector;
    struct msghdr message;
};

static void prepare(struct datagram *datagram)
{
    datagram->vector =
        (struct iovec){.iov_base = datagram->bytes, .iov_len = sizeof(datagram->bytes)};
    datagram->message = (struct msghdr){.msg_name = &datagram->from,
                                        .msg_namelen = sizeof(datagram->from),
                                        .msg_iov = &datagram->vector,
                                        .msg_iovlen = 1,
                                        .msg_control = datagram->control,
                                        .msg_controllen = sizeof(datagram->control)};
}

/* Services that answer whatever comes, as echo and chargen do, would talk with us for ever: ports
 * 7, 13, 19 and 37. Nobody can be told anything at port 0. */
static bool can_be_answered(const struct hearsay_addr *source)
{
    return source->port != 0 && source->port != 7 && source->port != 13 && source->port != 19 &&
           source->port != 37;
}

/* The ancillary data of the question is that of the answer: the kernel takes its own address from
 * it. An answer that the socket has no room for is lost, as any datagram may be. */
static void answer(struct hs_dns_udp *udp, struct datagram *datagram, size_t len)
{
    struct hearsay_addr source = {.family = 0};
    struct hs_dns_reply reply;

    if ((datagram->message.msg_flags & MSG_TRUNC) != 0 ||
        hearsay_host_from_sockaddr((const struct sockaddr *)&datagram->from, &source) < 0 ||
        !can_be_answered(&source)) {
        hs_dns_desk_ignore(udp->desk, HS_DNS_BY_UDP);
        return;
    }
    reply = hs_dns_desk_answer(udp->desk, HS_DNS_BY_UDP, &source, datagram->bytes, len);
    if (reply.size == 0)
        return;
    memcpy(datagram->bytes, reply.bytes, reply.size);
    datagram->vector.iov_len = reply.size;
    sendmsg(udp->fd, &datagram->message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What is left over waits for the next turn. */
static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_dns_udp *udp = context;
    struct datagram datagram;

    (void)what;
    for (int i = 0; i < HS_DNS_UDP_READS; i++) {
        ssize_t len;

        prepare(&datagram);
        len = recvmsg(fd, &datagram.message, MSG_DONTWAIT);
        if (len < 0)
            return;
        answer(udp, &datagram, (size_t)len);
    }
}

_Static_assert(HS_DNS_UDP_MAX <= HS_DNS_QUESTION_MAX, "an answer fits where its question was");

int hs_dns_udp_init(struct hs_dns_udp *udp, struct event_base *base, struct hs_dns_desk *desk,
                    int fd)
{
    int one = 1, room = HS_DNS_UDP_BUFFER;

    *udp = (struct hs_dns_udp){.desk = desk, .fd = fd};
    /* The kernel gives as much as net.core.rmem_max allows; what it has given is enough to work. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    /* Each fails on a socket of the other family. */
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
    udp->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, udp);
    if (udp->readable && event_add(udp->readable, NULL) == 0)
        return 0;
    if (udp->readable)
        event_free(udp->readable);
    return HEARSAY_ERR_NOMEM;
}

void hs_dns_udp_fini(struct hs_dns_udp *udp)
{
    event_free(udp->readable);
    close(udp->fd);
}
