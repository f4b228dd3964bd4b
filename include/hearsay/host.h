/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node needs from a usual Unix: memory, time, randomness, socket addresses, and a UDP
 * socket. Everything here is a convenience around the C library; the protocol itself does not use
 * it.
 */
#ifndef HEARSAY_HOST_H
#define HEARSAY_HOST_H

#include <stdbool.h>
#include <sys/socket.h>

#include <hearsay/addr.h>
#include <hearsay/allocator.h>
#include <hearsay/node.h>

#ifdef __cplusplus
extern "C" {
#endif

/* realloc and free. Safe from any thread. */
struct hearsay_allocator hearsay_host_allocator(void);

/* CLOCK_BOOTTIME and CLOCK_REALTIME, in microseconds. A wall clock before 1970 reads 0. */
struct hearsay_now hearsay_host_now(void);

/* Fills the config's seed and entropy from the kernel. Returns 0 or HEARSAY_ERR_INVALID when the
 * kernel has none to give. */
int hearsay_host_entropy(struct hearsay_config *config);

/* Between endpoints and socket addresses. to_sockaddr returns the length; from_sockaddr returns 0
 * or HEARSAY_ERR_INVALID for a family other than IPv4 and IPv6, and turns IPv4-mapped addresses
 * into IPv4. With `map`, to_sockaddr writes an IPv4 address IPv4-mapped, for a dual-stack socket.
 */
socklen_t hearsay_host_to_sockaddr(const struct hearsay_addr *addr, bool map,
                                   struct sockaddr_storage *ret_sockaddr);
int hearsay_host_from_sockaddr(const struct sockaddr *sockaddr, struct hearsay_addr *ret_addr);

/* ---- a socket ----------------------------------------------------------------------------
 *
 * A non-blocking UDP socket for one node, with the ICMP errors that come back to it (Linux:
 * IP_RECVERR). A loop around both (see hearsay/node.h):
 *
 *     wait until hearsay_udp_fd() is readable, or writable if the last transmit returned false, or
 *                hearsay_node_deadline() has come
 *     hearsay_udp_receive()     until it returns true, taking events in between; with a bound
 *     hearsay_node_tick()
 *     hearsay_udp_transmit()
 *     hearsay_node_next_event() until it returns false
 */
struct hearsay_udp;

/* Opens a socket bound to the address; port 0 takes a free one, [::] also serves IPv4. Errors:
 * NOMEM; INVALID, and errno says why (EADDRINUSE, EADDRNOTAVAIL, EACCES, …). */
int hearsay_udp_open(struct hearsay_udp **ret_udp, const struct hearsay_addr *bind);

/* NULL is a no-op. */
void hearsay_udp_close(struct hearsay_udp *udp);

/* To wait for. Stays the socket's: do not close it. */
int hearsay_udp_fd(const struct hearsay_udp *udp);

/* The address it is bound to, with the port that it got. */
void hearsay_udp_bound(const struct hearsay_udp *udp, struct hearsay_addr *ret_addr);

/* Feeds what waits, datagrams and ICMP errors, to the node. Returns true when nothing waits any
 * more. False: 1,024 datagrams were read, or so many events wait that they should be taken
 * first. */
bool hearsay_udp_receive(struct hearsay_udp *udp, struct hearsay_node *node);

/* Sends what the node has to send. Returns false when the socket is full: call it again when the
 * socket is writable. */
bool hearsay_udp_transmit(struct hearsay_udp *udp, struct hearsay_node *node);

/* What an entry of the socket's error queue was. */
enum hearsay_udp_error {
    HEARSAY_UDP_ERROR_NONE,  /* the queue is empty */
    HEARSAY_UDP_ERROR_LOCAL, /* this machine's own (too big, no route): no evidence */
    HEARSAY_UDP_ERROR_ICMP,  /* given to the node */
};

/* Takes one entry of the error queue and gives it to hearsay_node_unreachable, if it is the
 * network's word. For programs that read and write the descriptor themselves, in batches: the errno
 * of a call may belong to an earlier datagram, so read the queue until it is empty and repeat the
 * call. hearsay_udp_receive and hearsay_udp_transmit do this. */
enum hearsay_udp_error hearsay_udp_next_error(struct hearsay_udp *udp, struct hearsay_node *node,
                                              struct hearsay_now now);

#ifdef __cplusplus
}
#endif
#endif
