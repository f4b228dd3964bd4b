/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ICMP errors. Only a closed port is evidence (R17: probe), and only two of the many ICMP
 * errors report one. The kernel gives the ancillary data and the address with their lengths. Both
 * lengths are checked here, and an entry that is too short is ignored.
 */
#include "icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h> /* needs struct timespec from <time.h> */

#include <hearsay/host.h>

static enum hearsay_unreachable classify(const struct sock_extended_err *error)
{
    bool port = (error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH &&
                 error->ee_code == ICMP_PORT_UNREACH) ||
                (error->ee_origin == SO_EE_ORIGIN_ICMP6 && error->ee_type == ICMP6_DST_UNREACH &&
                 error->ee_code == ICMP6_DST_UNREACH_NOPORT);
    return port ? HEARSAY_UNREACHABLE_PORT : HEARSAY_UNREACHABLE_HOST;
}

static bool find_error(struct msghdr *message, struct sock_extended_err *ret_error)
{
    const uint8_t *end = (const uint8_t *)message->msg_control + message->msg_controllen;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        bool extended = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!extended || c->cmsg_len < CMSG_LEN(sizeof(*ret_error)))
            continue;
        const uint8_t *data = CMSG_DATA(c);
        if ((size_t)(end - data) <
            sizeof(*ret_error)) /* truncated, whatever its length field says */
            return false;
        memcpy(ret_error, data, sizeof(*ret_error));
        return true;
    }
    return false;
}

static bool read_address(const struct msghdr *message, struct hearsay_addr *ret_addr)
{
    const struct sockaddr *address = message->msg_name;
    if (message->msg_namelen < sizeof(address->sa_family))
        return false;
    size_t whole =
        address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    return message->msg_namelen >= whole && hearsay_host_from_sockaddr(address, ret_addr) == 0;
}

bool hs_icmp_read(struct msghdr *message, struct hearsay_addr *ret_to,
                  enum hearsay_unreachable *ret_what)
{
    struct sock_extended_err error;
    if (!find_error(message, &error) ||
        (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) ||
        !read_address(message, ret_to))
        return false;
    *ret_what = classify(&error);
    return true;
}
