/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an entry of a socket's error queue. It is separate from the socket, so that a test and a
 * fuzzer can pass in entries that their kernel would never make.
 */
#ifndef HS_HOST_ICMP_H
#define HS_HOST_ICMP_H

#include <stdbool.h>
#include <sys/socket.h>

#include <hearsay/addr.h>
#include <hearsay/node.h>

/* Reads what recvmsg(MSG_ERRQUEUE) has filled in. Returns false, with both outputs unchanged,
 * unless it holds an ICMP error and the address that the datagram was sent to. A local error (too
 * big, no route) is not evidence about the network, and the call that caused it reports it. */
bool hs_icmp_read(struct msghdr *message, struct hearsay_addr *ret_to,
                  enum hearsay_unreachable *ret_what);

#endif
