/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry of a socket's error queue says. Apart from the socket, so that a test and a fuzzer
 * can hand in entries that no kernel of theirs would make.
 */
#ifndef HS_HOST_ICMP_H
#define HS_HOST_ICMP_H

#include <stdbool.h>
#include <sys/socket.h>

#include <hearsay/addr.h>
#include <hearsay/node.h>

/* Reads what recvmsg(MSG_ERRQUEUE) has filled in. Returns false, with both unchanged, unless it
 * holds an ICMP error and the address that the datagram went to. A local error (too big, no route)
 * says nothing about the network: the call that made it reports it. */
bool hs_icmp_read(struct msghdr *message, struct hearsay_addr *ret_to,
                  enum hearsay_unreachable *ret_what);

#endif
