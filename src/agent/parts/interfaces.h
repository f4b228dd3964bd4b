/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of this machine: which there are, which of them others can use, and which one leads
 * to another machine (R38: advertised address). Nothing here sends anything. */
#ifndef HS_AGENT_PARTS_INTERFACES_H
#define HS_AGENT_PARTS_INTERFACES_H

#include <stdbool.h>

#include <hearsay/addr.h>

/* How far an address is of use to other machines, the least useful first. */
enum hs_addr_rank {
    HS_ADDR_UNKNOWN,    /* the kernel did not say, for example for want of descriptors */
    HS_ADDR_NONE,       /* no interface that is up has it */
    HS_ADDR_LOOPBACK,   /* means this machine, everywhere */
    HS_ADDR_LINK_LOCAL, /* IPv4 only: means something on one link */
    HS_ADDR_CONTAINER,  /* of a bridge to containers or virtual machines on this machine */
    HS_ADDR_V6,         /* others can use it */
    HS_ADDR_V4,         /* others can use it */
};

/* True for an address that is worth more than a stopgap. */
static inline bool hs_addr_is_good(enum hs_addr_rank rank)
{
    return rank >= HS_ADDR_V6;
}

/* The rank of an address; its port does not matter. */
enum hs_addr_rank hs_interfaces_rank(const struct hearsay_addr *addr);

/* The address of the greatest rank, the first of equal ones, without a port. Returns NONE, and
 * nothing, if there is none. `v6`: IPv6 addresses can be used, too. */
enum hs_addr_rank hs_interfaces_best(bool v6, struct hearsay_addr *ret_addr);

/* The address of this machine from which datagrams to `to` would leave, without a port. False if
 * there is no route. */
bool hs_interfaces_route(const struct hearsay_addr *to, struct hearsay_addr *ret_addr);

/* True if it is the broadcast address of a network of this machine. */
bool hs_interfaces_is_broadcast(const struct hearsay_addr *addr);

#endif
