/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One UDP socket for one node. The difficult part is the error queue (IP_RECVERR). An ICMP error
 * appears twice: as errno of the next call on the socket, and with its details in the queue. So the
 * errno of a call need not belong to that call's own datagram until the queue has been read and the
 * call repeated (R21: drain first). Reports of closed ports in the queue are the fastest evidence
 * of a node (R17: probe).
 */
#include <hearsay/host.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "icmp.h"

#define RECEIVE_BUFFER (1024 * 1024) /* bytes; the kernel may give less */
#define ERRORS_MAX     64            /* entries of the error queue read in a row */
#define READS_MAX      1024          /* datagrams read by one call */
#define EVENTS_EAGER   48 /* waiting events at which reading stops, so that they are taken */

/* One byte more than the protocol allows, so that a longer datagram is noticed. */
#define READ_SIZE (HEARSAY_DATAGRAM_MAX + 1)

/* Ancillary data that names the address from which a datagram leaves. */
union source_control {
    size_t align; /* that of struct cmsghdr */
    uint8_t v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
    uint8_t v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct hearsay_udp {
    int fd;
    bool mapped; /* an IPv6 socket: IPv4 addresses are passed as mapped ones */
    struct hearsay_addr bound;
    uint8_t source_family; /* 0: the kernel chooses the address */
    size_t source_len;
    union source_control source;
};

/* ---- opening ----------------------------------------------------------------------------- */

static void set_options(int fd, bool v6, bool dual)
{
    int on = 1, only = !dual, size = RECEIVE_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (!v6 || dual)
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
    if (!v6)
        return;
    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
}

static int bind_socket(struct hearsay_udp *udp, const struct hearsay_addr *to)
{
    struct sockaddr_storage address;
    socklen_t len = hearsay_host_to_sockaddr(to, false, &address);
    if (bind(udp->fd, (struct sockaddr *)&address, len) < 0)
        return HEARSAY_ERR_INVALID;
    len = sizeof(address);
    if (getsockname(udp->fd, (struct sockaddr *)&address, &len) < 0)
        return HEARSAY_ERR_INVALID;
    return hearsay_host_from_sockaddr((struct sockaddr *)&address, &udp->bound);
}

int hearsay_udp_open(struct hearsay_udp **ret_udp, const struct hearsay_addr *bind)
{
    bool v6 = bind->family == 6;
    struct hearsay_udp *udp = malloc(sizeof(*udp));
    if (!udp)
        return HEARSAY_ERR_NOMEM;
    *udp = (struct hearsay_udp){.mapped = v6};
    udp->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (udp->fd >= 0) {
        set_options(udp->fd, v6, v6 && hearsay_addr_is_any(bind));
        if (bind_socket(udp, bind) == 0) {
            *ret_udp = udp;
            return 0;
        }
    }
    int cause = errno;
    hearsay_udp_close(udp);
    errno = cause;
    return HEARSAY_ERR_INVALID;
}

void hearsay_udp_close(struct hearsay_udp *udp)
{
    if (!udp)
        return;
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp);
}

int hearsay_udp_fd(const struct hearsay_udp *udp)
{
    return udp->fd;
}

void hearsay_udp_bound(const struct hearsay_udp *udp, struct hearsay_addr *ret_addr)
{
    *ret_addr = udp->bound;
}

/* ---- the source address (R38) ------------------------------------------------------------ */

static size_t write_control(union source_control *control, int level, int type, const void *info,
                            size_t len)
{
    memset(control, 0, sizeof(*control));
    struct msghdr message = {.msg_control = control, .msg_controllen = CMSG_SPACE(len)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
    memcpy(CMSG_DATA(head), info, len);
    return message.msg_controllen;
}

void hearsay_udp_set_source(struct hearsay_udp *udp, const struct hearsay_addr *source)
{
    struct in_pktinfo v4 = {0};
    struct in6_pktinfo v6 = {0};
    udp->source_family = source ? source->family : 0;
    if (udp->source_family == 4) {
        memcpy(&v4.ipi_spec_dst, source->bytes, sizeof(v4.ipi_spec_dst));
        udp->source_len = write_control(&udp->source, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
    } else if (udp->source_family == 6) {
        memcpy(&v6.ipi6_addr, source->bytes, sizeof(v6.ipi6_addr));
        udp->source_len = write_control(&udp->source, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
    }
}

size_t hearsay_udp_control(struct hearsay_udp *udp, const struct hearsay_addr *to,
                           void **ret_control)
{
    bool named = udp->source_family != 0 && udp->source_family == to->family;
    *ret_control = named ? &udp->source : NULL;
    return named ? udp->source_len : 0;
}

/* ---- the error queue --------------------------------------------------------------------- */

enum hearsay_udp_error hearsay_udp_next_error(struct hearsay_udp *udp, struct hearsay_node *node,
                                              struct hearsay_now now)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    uint8_t quoted[READ_SIZE];
    struct sockaddr_storage peer;
    struct iovec piece = {.iov_base = quoted, .iov_len = sizeof(quoted)};
    struct msghdr message = {.msg_name = &peer,
                             .msg_namelen = sizeof(peer),
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    struct hearsay_addr to;
    ssize_t n;
    do
        n = recvmsg(udp->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return HEARSAY_UDP_ERROR_NONE;
    enum hearsay_unreachable what;
    if (!hs_icmp_read(&message, &to, &what))
        return HEARSAY_UDP_ERROR_LOCAL;
    hearsay_node_unreachable(node, now, &to, what, quoted, (size_t)n);
    return HEARSAY_UDP_ERROR_ICMP;
}

/* Returns how many entries there were. */
static unsigned read_errors(struct hearsay_udp *udp, struct hearsay_node *node)
{
    unsigned count = 0;
    while (count < ERRORS_MAX &&
           hearsay_udp_next_error(udp, node, hearsay_host_now()) != HEARSAY_UDP_ERROR_NONE)
        count++;
    return count;
}

/* ---- receiving and sending --------------------------------------------------------------- */

bool hearsay_udp_receive(struct hearsay_udp *udp, struct hearsay_node *node)
{
    uint8_t bytes[READ_SIZE];
    struct sockaddr_storage peer;
    struct hearsay_addr from;
    unsigned errors = 0;
    for (unsigned reads = 0; reads < READS_MAX && errors < ERRORS_MAX;) {
        if (hearsay_node_events(node) >= EVENTS_EAGER)
            return false;
        socklen_t len = sizeof(peer);
        ssize_t n =
            recvfrom(udp->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&peer, &len);
        if (n >= 0) {
            reads++;
            if (hearsay_host_from_sockaddr((struct sockaddr *)&peer, &from) == 0)
                hearsay_node_receive(node, hearsay_host_now(), &from, bytes, (size_t)n);
        } else if (errno == EAGAIN) {
            read_errors(udp, node); /* a send may have returned the errno of an entry */
            return true;
        } else if (errno != EINTR) {
            errors += 1 + read_errors(udp, node); /* R21: drain first, then repeat the call */
        }
    }
    return false;
}

/* Sends one datagram. Returns 0, or the errno of the socket. */
static int send_one(struct hearsay_udp *udp, struct hearsay_node *node,
                    const struct hearsay_addr *to, void *bytes, size_t len)
{
    struct sockaddr_storage address;
    struct iovec piece = {.iov_base = bytes, .iov_len = len};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = hearsay_host_to_sockaddr(to, udp->mapped, &address),
                             .msg_iov = &piece,
                             .msg_iovlen = 1};
    message.msg_controllen = hearsay_udp_control(udp, to, &message.msg_control);
    for (unsigned errors = 0;;) {
        if (sendmsg(udp->fd, &message, MSG_DONTWAIT) >= 0)
            return 0;
        if (errno == EINTR)
            continue;
        int cause = errno;
        /* Perhaps the machine does not have the address any more. */
        if ((cause == EINVAL || cause == ENETUNREACH) && message.msg_controllen > 0) {
            message.msg_controllen = 0;
            continue;
        }
        /* R21: drain first. The error may belong to an earlier datagram. It is this datagram's own
         * (EMSGSIZE, EPERM, ENETUNREACH, …) only if the queue is empty. */
        if (cause == EAGAIN || errors++ >= ERRORS_MAX || read_errors(udp, node) == 0)
            return cause;
    }
}

bool hearsay_udp_transmit(struct hearsay_udp *udp, struct hearsay_node *node)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len;
    while ((len = hearsay_node_transmit(node, hearsay_host_now(), &to, &ticket, bytes,
                                        sizeof(bytes))) > 0) {
        int cause = send_one(udp, node, &to, bytes, len);
        if (cause)
            hearsay_node_sent(node, hearsay_host_now(), ticket, HEARSAY_ERR_UNSENT);
        if (cause == EAGAIN)
            return false;
    }
    return true;
}
