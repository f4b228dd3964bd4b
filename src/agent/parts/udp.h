/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The UDP socket of the agent, read and written in batches, with the ICMP errors that come back
 * (R17: probe, R21: drain first). It moves datagrams between the kernel and a node and makes no
 * decisions.
 */
#ifndef HS_AGENT_PARTS_UDP_H
#define HS_AGENT_PARTS_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/node.h>

#include "service/error_text.h"

#define HS_UDP_BATCH     16    /* datagrams per system call */
#define HS_UDP_DRAIN_MAX 1024  /* most datagrams read before timers are checked (R21) */
#define HS_UDP_DRAIN_US  10000 /* and the longest time for it (R21) */
#define HS_UDP_FLUSH_MAX 1024  /* most datagrams sent before the socket is read again */

struct hs_udp_batch;

struct hs_udp {
    struct hearsay_udp *socket;
    int fd;       /* the socket's */
    bool dual;    /* an IPv6 socket that also carries IPv4, as mapped addresses */
    bool blocked; /* the send buffer was full: wait until the socket is writable */
    struct hearsay_addr bound;
    struct hs_udp_batch *batch;
    uint64_t icmp_errors;         /* taken from the error queue */
    void (*heard)(void *context); /* called after each datagram; NULL: no call */
    void *heard_context;
};

/* While the port is in use, binding is tried again for this long (R60: last words): the witness of
 * the process before this one may still have it. */
#define HS_UDP_BIND_US       1000000
#define HS_UDP_BIND_RETRY_US 10000

/* Says why nothing can be bound at this address, by errno. */
void hs_udp_error(const char *bind, unsigned family, int number, char error[HS_ERROR_TEXT_MAX]);

/* Opens a non-blocking socket bound to the address; [::] also serves IPv4. Returns 0, or a negative
 * error with the address and the reason in `error_text`. */
int hs_udp_open(struct hs_udp *ret_udp, const struct hearsay_addr *bind,
                char error_text[HS_ERROR_TEXT_MAX]);

/* NULL and closed ones are no-ops. */
void hs_udp_close(struct hs_udp *udp);

/* Feeds the node with what waits in the socket and in its error queue, within the bounds above.
 * Updates `now` if reading takes more than one batch. `woken` says that the kernel reported the
 * socket as readable. If nothing is found then, an error is waiting. */
void hs_udp_drain(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now *now,
                  bool woken);

/* Sends what waits in the node until nothing is left or the socket is full (`blocked`). Returns
 * false if it stopped at HS_UDP_FLUSH_MAX: call it again after reading. */
bool hs_udp_flush(struct hs_udp *udp, struct hearsay_node *node, struct hearsay_now now);

#endif
