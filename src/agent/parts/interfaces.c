/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loopback, link-local addresses and the bridges of container engines are of no use to other
 * machines, so they are passed over while there is another. The bridges are known by the names that
 * their engines give them. A bridge that an operator has made by hand has no such name (br0).
 */
#include "agent/parts/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/in6.h> /* after <netinet/in.h>, whose structs it then leaves alone */

#include <hearsay/host.h>

#include "service/loopback.h"

static bool is_container_bridge(const char *name)
{
    static const char *const prefixes[] = {"docker", "br-",    "veth", "virbr",
                                           "cni",    "podman", "lxc"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static bool is_link_local(const struct hearsay_addr *addr)
{
    return addr->family == 4 && addr->bytes[0] == 169 && addr->bytes[1] == 254;
}

/* The rank of an interface's address, which it writes without a port. */
static enum hs_addr_rank rank_of(const struct ifaddrs *interface, struct hearsay_addr *ret_addr)
{
    struct hearsay_addr addr;

    if (!interface->ifa_addr || (interface->ifa_flags & IFF_UP) == 0 ||
        hearsay_host_from_sockaddr(interface->ifa_addr, &addr) < 0)
        return HS_ADDR_NONE;
    addr.port = 0;
    *ret_addr = addr;
    if (hearsay_addr_fault(&addr)) /* IPv6 link-local addresses need a zone */
        return HS_ADDR_NONE;
    if ((interface->ifa_flags & IFF_LOOPBACK) != 0 && hs_addr_is_loopback(&addr))
        return HS_ADDR_LOOPBACK;
    if (is_link_local(&addr))
        return HS_ADDR_LINK_LOCAL;
    if (is_container_bridge(interface->ifa_name))
        return HS_ADDR_CONTAINER;
    return addr.family == 4 ? HS_ADDR_V4 : HS_ADDR_V6;
}

enum hs_addr_rank hs_interfaces_rank(const struct hearsay_addr *addr)
{
    struct hearsay_addr wanted = *addr, found;
    enum hs_addr_rank best = HS_ADDR_NONE;
    struct ifaddrs *interfaces;

    if (hs_addr_is_loopback(addr)) /* also those that are on no interface, such as 127.0.1.1 */
        return HS_ADDR_LOOPBACK;
    wanted.port = 0;
    if (getifaddrs(&interfaces) < 0)
        return HS_ADDR_UNKNOWN;
    for (const struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        enum hs_addr_rank rank = rank_of(i, &found);

        if (rank > best && hearsay_addr_equal(&wanted, &found))
            best = rank;
    }
    freeifaddrs(interfaces);
    return best;
}

enum hs_addr_rank hs_interfaces_best(bool v6, struct hearsay_addr *ret_addr)
{
    enum hs_addr_rank best = HS_ADDR_NONE;
    struct ifaddrs *interfaces;

    if (getifaddrs(&interfaces) < 0)
        return HS_ADDR_NONE;
    for (const struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        struct hearsay_addr addr;
        enum hs_addr_rank rank = rank_of(i, &addr);

        if (rank > best && (v6 || addr.family == 4)) {
            best = rank;
            *ret_addr = addr;
        }
    }
    freeifaddrs(interfaces);
    return best;
}

bool hs_interfaces_route(const struct hearsay_addr *to, struct hearsay_addr *ret_addr)
{
    struct sockaddr_storage address;
    struct hearsay_addr addr;
    socklen_t len = hearsay_host_to_sockaddr(to, false, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0),
        stable = IPV6_PREFER_SRC_PUBLIC;
    bool found = false;

    if (fd < 0)
        return false;
    /* A temporary address changes each day, and the record with it. */
    if (to->family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, &stable, sizeof(stable));
    if (connect(fd, (const struct sockaddr *)&address, len) == 0) {
        len = sizeof(address);
        found = getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
                hearsay_host_from_sockaddr((const struct sockaddr *)&address, &addr) == 0 &&
                !hearsay_addr_fault(&addr);
    }
    close(fd);
    if (!found)
        return false;
    addr.port = 0;
    *ret_addr = addr;
    return true;
}

/* The last address of the interface's network. The address that getifaddrs names is not always one:
 * where none was set it is the interface's own. */
static bool is_last_of(const struct ifaddrs *interface, const struct hearsay_addr *addr)
{
    struct sockaddr_in own, mask;
    uint32_t wanted;

    if (!interface->ifa_addr || interface->ifa_addr->sa_family != AF_INET ||
        !interface->ifa_netmask || (interface->ifa_flags & IFF_BROADCAST) == 0)
        return false;
    memcpy(&own, interface->ifa_addr, sizeof(own));
    memcpy(&mask, interface->ifa_netmask, sizeof(mask));
    memcpy(&wanted, addr->bytes, sizeof(wanted));
    bool has_one =
        ntohl(~mask.sin_addr.s_addr) > 1; /* networks of one or two addresses have none */
    return has_one && wanted == (own.sin_addr.s_addr | ~mask.sin_addr.s_addr);
}

bool hs_interfaces_is_broadcast(const struct hearsay_addr *addr)
{
    struct ifaddrs *interfaces;
    bool is_broadcast = false;

    if (addr->family != 4 || hs_addr_is_loopback(addr) || getifaddrs(&interfaces) < 0)
        return false;
    for (const struct ifaddrs *i = interfaces; i && !is_broadcast; i = i->ifa_next)
        is_broadcast = is_last_of(i, addr);
    freeifaddrs(interfaces);
    return is_broadcast;
}
