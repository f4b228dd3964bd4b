/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idle agent wakes a few times per second for one datagram, and a busy one for thousands. So a
 * recvmmsg that returns less than a full batch ends the reading without a second call, and answers
 * leave in one sendmmsg. Reading and sending never overlap, so they share one batch of buffers.
 *
 * The socket and its error queue are those of the library (src/host/udp.c). The errno of a call
 * need not belong to its own datagram until the queue has been read and the call repeated (R21:
 * drain first).
 */
#include "agent/parts/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "service/service.h"

/* One byte more than the protocol allows, so that a longer datagram is noticed; rounded up for
 * alignment. */
#define SLOT_SIZE 1408

_Static_assert(SLOT_SIZE > HEARSAY_DATAGRAM_MAX, "an oversized datagram can be told");

#define ERRORS_MAX 64 /* entries of the error queue read in a row */

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct hs_udp_batch {
    struct mmsghdr messages[HS_UDP_BATCH];
    struct iovec pieces[HS_UDP_BATCH];
    union socket_address peers[HS_UDP_BATCH];
    uint64_t tickets[HS_UDP_BATCH];
    uint8_t slots[HS_UDP_BATCH][SLOT_SIZE];
};

static socklen_t to_socket_address(const struct hs_udp *udp, const struct hearsay_addr *addr,
                                   union socket_address *ret_address)
{
    struct sockaddr_storage storage;
    socklen_t len = hearsay_host_to_sockaddr(addr, udp->dual, &storage);

    memcpy(ret_address, &storage, sizeof(*ret_address));
    return len;
}

/* ---- opening ----------------------------------------------------------------------------- */

void hs_udp_error(const char *bind, unsigned family, int number, char error[HS_ERROR_TEXT_MAX])
{
    if (number == EADDRINUSE)
        hs_error_text(error,
                      "cannot bind %.100s: the port is in use by another process; end that process "
                      "or choose another port for bind",
                      bind);
    else if (number == EADDRNOTAVAIL)
        hs_error_text(error,
                      "cannot bind %.100s: no interface of this machine has that address; must be "
                      "an address of this machine, or 0.0.0.0 or [::]",
                      bind);
    else if (number == EACCES)
        hs_error_text(
            error, "cannot bind %.100s: ports below 1024 need a privilege; choose another", bind);
    else if (number == EAFNOSUPPORT)
        hs_error_text(error,
                      "cannot bind %.100s: this machine has no IPv%u; must be an address of the "
                      "other kind",
                      bind, family);
    else
        hs_error_text(error, "cannot bind %.100s: %s", bind, strerror(number));
}

static void open_failed(const struct hearsay_addr *bind, int err, char error[HS_ERROR_TEXT_MAX])
{
    int number = errno;
    char text[HEARSAY_ADDR_TEXT_MAX];

    hearsay_addr_format(bind, text);
    if (err == HEARSAY_ERR_NOMEM)
        hs_error_text(error, "out of memory");
    else
        hs_udp_error(text, bind->family, number, error);
}

static void prepare(struct hs_udp_batch *batch)
{
    for (unsigned i = 0; i < HS_UDP_BATCH; i++) {
        batch->pieces[i] = (struct iovec){.iov_base = batch->slots[i], .iov_len = SLOT_SIZE};
        batch->messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &batch->peers[i],
                                                          .msg_iov = &batch->pieces[i],
                                                          .msg_iovlen = 1,
                                                          .msg_namelen = sizeof(batch->peers[i])}};
    }
}

static int bind_udp(struct hs_udp *udp, const struct hearsay_addr *bind)
{
    static const struct timespec pause = {.tv_nsec = HS_UDP_BIND_RETRY_US * 1000};
    uint64_t until = hearsay_host_now().boot + HS_UDP_BIND_US;
    int err;

    while ((err = hearsay_udp_open(&udp->socket, bind)) < 0 && errno == EADDRINUSE &&
           hearsay_host_now().boot < until)
        nanosleep(&pause, NULL);
    return err;
}

int hs_udp_open(struct hs_udp *ret_udp, const struct hearsay_addr *bind,
                char error_text[HS_ERROR_TEXT_MAX])
{
    struct hs_udp udp = {.fd = -1, .dual = bind->family == 6 && hearsay_addr_is_any(bind)};

    udp.batch = malloc(sizeof(*udp.batch)); /* an idle agent never writes most of the slots */
    if (!udp.batch) {
        hs_error_text(error_text, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    prepare(udp.batch);
    int err = bind_udp(&udp, bind);
    if (err < 0) {
        bool forbidden = errno == EACCES;
        open_failed(bind, err, error_text);
        hs_udp_close(&udp);
        return forbidden ? HS_ERR_SETTING : err;
    }
    udp.fd = hearsay_udp_fd(udp.socket);
    hearsay_udp_bound(udp.socket, &udp.bound);
    *ret_udp = udp;
    return 0;
}

void hs_udp_close(struct hs_udp *udp)
{
    if (!udp)
        return;
    hearsay_udp_close(udp->socket);
    free(udp->batch);
    udp->socket = NULL;
    udp->batch = NULL;
    udp->fd = -1;
}

/* ---- the error queue --------------------------------------------------------------------- */

/* Returns how many entries there were. It does not use the batch, which may hold datagrams to be
 * sent. */
static unsigned read_errors(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now)
{
    unsigned count = 0;
    enum hearsay_udp_error found;

    while (count < ERRORS_MAX &&
           (found = hearsay_udp_next_error(udp->socket, node, now)) != HEARSAY_UDP_ERROR_NONE) {
        udp->icmp_errors += found == HEARSAY_UDP_ERROR_ICMP;
        count++;
    }
    return count;
}

/* ---- receiving --------------------------------------------------------------------------- */

static void feed(struct hs_udp *udp, unsigned count, struct hearsay_node *node,
                 struct hearsay_now now)
{
    struct hs_udp_batch *batch = udp->batch;

    for (unsigned i = 0; i < count; i++) {
        struct mmsghdr *message = &batch->messages[i];
        struct hearsay_addr from;

        if (hearsay_host_from_sockaddr(&batch->peers[i].any, &from) == 0)
            hearsay_node_receive(node, now, &from, batch->slots[i], message->msg_len);
        if (udp->heard)
            udp->heard(udp->heard_context);
        message->msg_hdr.msg_namelen = sizeof(batch->peers[i]);
    }
}

/* Reads a batch into the slots. Returns the number of datagrams, or -1 with errno. */
static int read_batch(struct hs_udp *udp)
{
    struct hs_udp_batch *batch = udp->batch;
    int n;

    do
        n = recvmmsg(udp->fd, batch->messages, HS_UDP_BATCH, MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    return n;
}

/* The result of one drain. */
struct drained {
    unsigned datagrams, errors;
};

/* Reads a batch, or the errors before it. Returns false if nothing more waits. */
static bool drain_step(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now,
                       struct drained *drained)
{
    int n = read_batch(udp);

    if (n > 0) {
        feed(udp, (unsigned)n, node, now);
        drained->datagrams += (unsigned)n;
        return n == HS_UDP_BATCH;
    }
    if (n < 0 && errno == EAGAIN)
        return false;
    /* R21: drain first. The error belongs to an earlier datagram. The call is repeated after the
     * queue is read. */
    drained->errors++;
    drained->errors += read_errors(udp, node, now);
    return true;
}

void hs_udp_drain(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now *now,
                  bool woken)
{
    uint64_t until = now->boot + HS_UDP_DRAIN_US;
    struct drained drained = {.datagrams = 0};

    for (unsigned i = 0; i < HS_UDP_BATCH; i++)
        udp->batch->pieces[i].iov_len = SLOT_SIZE;
    while (now->boot < until && drained.datagrams < HS_UDP_DRAIN_MAX &&
           drained.errors < ERRORS_MAX && drain_step(udp, node, *now, &drained))
        *now = hearsay_host_now();
    /* The agent was woken but no datagram came: the queue holds an error whose errno a send has
     * returned. */
    if (woken && drained.datagrams == 0 && drained.errors == 0)
        read_errors(udp, node, *now);
}

/* ---- sending ----------------------------------------------------------------------------- */

/* Fills the batch with datagrams. Returns how many. */
static unsigned collect(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now)
{
    struct hs_udp_batch *batch = udp->batch;
    unsigned count = 0;

    while (count < HS_UDP_BATCH) {
        struct hearsay_addr to;
        size_t len = hearsay_node_transmit(node, now, &to, &batch->tickets[count],
                                           batch->slots[count], HEARSAY_DATAGRAM_MAX);

        if (len == 0)
            break;
        batch->pieces[count].iov_len = len;
        struct msghdr *header = &batch->messages[count].msg_hdr;
        header->msg_namelen = to_socket_address(udp, &to, &batch->peers[count]);
        header->msg_controllen = hearsay_udp_control(udp->socket, &to, &header->msg_control);
        count++;
    }
    return count;
}

/* Sends the collected datagrams from `at` on. Returns false if the socket is full. */
static bool send_batch(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now,
                       unsigned count, unsigned *at)
{
    unsigned errors = 0;

    while (*at < count) {
        int n = sendmmsg(udp->fd, udp->batch->messages + *at, count - *at, MSG_DONTWAIT);

        if (n > 0) {
            *at += (unsigned)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN))
            return false;
        struct msghdr *first = &udp->batch->messages[*at].msg_hdr;
        /* Perhaps the machine does not have the address any more. */
        if (n < 0 && (errno == EINVAL || errno == ENETUNREACH) && first->msg_controllen > 0) {
            first->msg_controllen = 0;
            continue;
        }
        /* R21: drain first. The error may belong to an earlier datagram. It is this datagram's own
         * (EMSGSIZE, EPERM, ENETUNREACH, …) only if the queue is empty. */
        if (errors < ERRORS_MAX && read_errors(udp, node, now) > 0) {
            errors++;
            continue;
        }
        hearsay_node_sent(node, now, udp->batch->tickets[*at], HEARSAY_ERR_UNSENT);
        ++*at;
    }
    return true;
}

bool hs_udp_flush(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now)
{
    unsigned total = 0;

    while (!udp->blocked && total < HS_UDP_FLUSH_MAX) {
        unsigned count = collect(udp, node, now), at = 0;

        if (count == 0)
            return true;
        udp->blocked = !send_batch(udp, node, now, count, &at);
        for (; at < count; at++)
            hearsay_node_sent(node, now, udp->batch->tickets[at], HEARSAY_ERR_UNSENT);
        for (unsigned i = 0; i < count; i++) {
            udp->batch->messages[i].msg_hdr.msg_namelen = sizeof(udp->batch->peers[i]);
            udp->batch->messages[i].msg_hdr.msg_control = NULL;
            udp->batch->messages[i].msg_hdr.msg_controllen = 0;
        }
        total += count;
    }
    return udp->blocked;
}
