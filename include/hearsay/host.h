/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node needs from a Unix system: memory, time, randomness, socket addresses and a UDP
 * socket. All of it is a convenience around the C library. The protocol itself does not use it.
 *
 * Threads: functions without a socket are safe from any thread. A socket belongs to the thread of
 * its node.
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

/* An allocator that uses realloc and free. Safe from any thread. */
struct hearsay_allocator hearsay_host_allocator(void);

/* The time by CLOCK_BOOTTIME and CLOCK_REALTIME, in microseconds. A wall clock before 1970 reads as
 * 0. */
struct hearsay_now hearsay_host_now(void);

/* Fills the seed and entropy of the config with random bytes from the kernel. Returns 0, or
 * HEARSAY_ERR_INVALID if the kernel has none to give. */
int hearsay_host_entropy(struct hearsay_config *config);

/* Convert between endpoints and socket addresses. hearsay_host_to_sockaddr returns the length that
 * it wrote. With `map` it writes an IPv4 address as an IPv4-mapped one, for a dual-stack socket.
 * hearsay_host_from_sockaddr turns an IPv4-mapped address into an IPv4 address. It returns 0, or
 * HEARSAY_ERR_INVALID for a family other than IPv4 and IPv6.
 */
socklen_t hearsay_host_to_sockaddr(const struct hearsay_addr *addr, bool map,
                                   struct sockaddr_storage *ret_sockaddr);
int hearsay_host_from_sockaddr(const struct sockaddr *sockaddr, struct hearsay_addr *ret_addr);

/* ---- a socket ----------------------------------------------------------------------------
 *
 * A non-blocking UDP socket for one node. It also receives the ICMP errors that come back for its
 * datagrams (Linux: IP_RECVERR). A loop around both looks like this (see hearsay/node.h):
 *
 *     wait until hearsay_udp_fd() is readable, or writable if the last transmit returned false, or
 *                hearsay_node_deadline() has come
 *     hearsay_udp_receive()     until it returns true, taking events in between; with a bound
 *     hearsay_node_tick()
 *     hearsay_udp_transmit()
 *     hearsay_node_next_event() until it returns false
 */
struct hearsay_udp;

/* Opens a socket bound to the address. Port 0 takes a free port. [::] also serves IPv4. The caller
 * closes the socket with hearsay_udp_close. Errors: NOMEM; INVALID, and errno has the reason
 * (EADDRINUSE, EADDRNOTAVAIL, EACCES, …). */
int hearsay_udp_open(struct hearsay_udp **ret_udp, const struct hearsay_addr *bind);

/* Closes the socket and frees it. NULL is a no-op. */
void hearsay_udp_close(struct hearsay_udp *udp);

/* The descriptor to wait for. It belongs to the socket: do not close it. */
int hearsay_udp_fd(const struct hearsay_udp *udp);

/* The address that the socket is bound to, with its actual port. */
void hearsay_udp_bound(const struct hearsay_udp *udp, struct hearsay_addr *ret_addr);

/* From now on datagrams leave from this address of the machine, which is kept as a copy; NULL: from
 * the one that the kernel chooses. It is for a socket that is bound to [::] or 0.0.0.0: other
 * members believe answers only from the address that the node advertises (R38: advertised address).
 * Receivers of the other family get datagrams from the address that the kernel chooses. So do all
 * when the machine does not have the address. */
void hearsay_udp_set_source(struct hearsay_udp *udp, const struct hearsay_addr *source);

/* The same for programs that write the descriptor themselves, in batches. Returns the length of the
 * ancillary data (msg_controllen) for a datagram to this receiver, and the data in *ret_control
 * (msg_control), which is borrowed until the next hearsay_udp_set_source. Returns 0 and NULL if
 * there is none. If sendmsg fails with EINVAL or ENETUNREACH, the machine may not have the address
 * any more: send the datagram without the data. */
size_t hearsay_udp_control(struct hearsay_udp *udp, const struct hearsay_addr *to,
                           void **ret_control);

/* Reads the waiting datagrams and ICMP errors and feeds them to the node. Returns true when none
 * are left. Returns false after 1,024 datagrams, or when so many events wait that the caller should
 * take them first. Then call it again. */
bool hearsay_udp_receive(struct hearsay_udp *udp, struct hearsay_node *node);

/* Sends the datagrams that wait in the node. Returns false when the socket is full. Then call it
 * again when the socket is writable. */
bool hearsay_udp_transmit(struct hearsay_udp *udp, struct hearsay_node *node);

/* What an entry of the socket's error queue was. */
enum hearsay_udp_error {
    HEARSAY_UDP_ERROR_NONE,  /* the queue is empty */
    HEARSAY_UDP_ERROR_LOCAL, /* this machine's own (too big, no route): no evidence */
    HEARSAY_UDP_ERROR_ICMP,  /* given to the node */
};

/* Takes one entry from the error queue. If it is an ICMP error, gives it to
 * hearsay_node_unreachable. This is for programs that read and write the descriptor themselves, in
 * batches. The errno of a call can belong to an earlier datagram (R21: drain first), so such a
 * program must read the queue until it is empty and then repeat the call. hearsay_udp_receive and
 * hearsay_udp_transmit do this themselves. */
enum hearsay_udp_error hearsay_udp_next_error(struct hearsay_udp *udp, struct hearsay_node *node,
                                              struct hearsay_now now);

#ifdef __cplusplus
}
#endif
#endif
