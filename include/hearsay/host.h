/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node needs from a usual Unix: memory, time, randomness and socket addresses. Everything
 * here is a convenience around the C library; the protocol itself does not use it.
 */
#ifndef HEARSAY_HOST_H
#define HEARSAY_HOST_H

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

#ifdef __cplusplus
}
#endif
#endif
