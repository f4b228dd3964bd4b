/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket with a wildcard bind has no single address, but other members need one. The best guess
 * is the address that the kernel would use towards the first seed that is given as an address. The
 * next best is the first interface that is up and is not the loopback. The last is the loopback
 * itself. The log says which one was used, because a wrong guess shows nowhere else.
 */
#include "agent/parts/advertise.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/options/values.h"
#include "agent/parts/resolve.h"

static int literal_or_name(const char *host, uint16_t port, unsigned family,
                           struct hearsay_addr *ret_addr, char error[HS_ERROR_TEXT_MAX])
{
    char bracketed[HS_HOST_MAX + 2];

    snprintf(bracketed, sizeof(bracketed), strchr(host, ':') != NULL ? "[%s]" : "%s", host);
    if (port != 0 && hearsay_addr_parse(ret_addr, bracketed, port) == 0)
        return 0;
    return hs_resolve_now(host, port, family, ret_addr, error);
}

int hs_bind_address(const struct hs_options *options, struct hearsay_addr *ret_addr,
                    char error[HS_ERROR_TEXT_MAX])
{
    char host[HS_HOST_MAX], reason[HS_ERROR_TEXT_MAX];
    uint16_t port = HEARSAY_PORT_DEFAULT;

    hs_value_endpoint(options->bind, HEARSAY_PORT_DEFAULT, host, &port);
    if (literal_or_name(host[0] != '\0' ? host : "0.0.0.0", port, 0, ret_addr, reason) < 0) {
        hs_error_text(error, "--bind %s: %s", options->bind, reason);
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

/* The local address of a route; sends nothing. */
static bool route_source(const struct hearsay_addr *to, struct hearsay_addr *ret_addr)
{
    struct sockaddr_storage address;
    socklen_t len = hearsay_host_to_sockaddr(to, false, &address);
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found = false;

    if (fd < 0)
        return false;
    if (connect(fd, (const struct sockaddr *)&address, len) == 0) {
        len = sizeof(address);
        found = getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
                hearsay_host_from_sockaddr((const struct sockaddr *)&address, ret_addr) == 0 &&
                !hearsay_addr_is_any(ret_addr);
    }
    close(fd);
    return found;
}

static bool route_to_seed(const struct hs_options *options, bool v6, struct hearsay_addr *ret_addr)
{
    for (size_t i = 0; i < options->join.count; i++) {
        struct hearsay_addr seed, found;

        if (hearsay_addr_parse(&seed, options->join.items[i], HEARSAY_PORT_DEFAULT) < 0)
            continue;
        if ((v6 || seed.family == 4) && route_source(&seed, &found)) {
            *ret_addr = found;
            return true;
        }
    }
    return false;
}

/* The rank of an interface's address; 0: not usable. */
static int rank(const struct ifaddrs *interface, bool v6, struct hearsay_addr *ret_addr)
{
    bool link_local;

    if (!interface->ifa_addr || (interface->ifa_flags & IFF_UP) == 0 ||
        hearsay_host_from_sockaddr(interface->ifa_addr, ret_addr) < 0)
        return 0;
    if ((interface->ifa_flags & IFF_LOOPBACK) != 0 || (ret_addr->family == 6 && !v6))
        return 0;
    link_local =
        ret_addr->family == 6 && ret_addr->bytes[0] == 0xfe && (ret_addr->bytes[1] & 0xc0) == 0x80;
    if (link_local) /* such an address has no meaning on other machines */
        return 0;
    return ret_addr->family == 4 ? 2 : 1;
}

static bool first_interface(bool v6, struct hearsay_addr *ret_addr)
{
    struct ifaddrs *interfaces;
    int best = 0;

    if (getifaddrs(&interfaces) < 0)
        return false;
    for (const struct ifaddrs *i = interfaces; i; i = i->ifa_next) {
        struct hearsay_addr addr;
        int r = rank(i, v6, &addr);

        if (r > best) {
            best = r;
            *ret_addr = addr;
        }
    }
    freeifaddrs(interfaces);
    return best > 0;
}

static int given(const struct hs_options *options, const struct hearsay_addr *bound,
                 struct hearsay_addr *ret_addr, char error[HS_ERROR_TEXT_MAX])
{
    /* With [::] both families can be reached, else only the socket's own. */
    unsigned family = hearsay_addr_is_any(bound) && bound->family == 6 ? 0 : bound->family;
    char host[HS_HOST_MAX], reason[HS_ERROR_TEXT_MAX];
    uint16_t port = bound->port;

    hs_value_endpoint(options->advertise, bound->port, host, &port);
    if (literal_or_name(host, port, family, ret_addr, reason) < 0) {
        hs_error_text(error, "--advertise %s: %s", options->advertise, reason);
        return HEARSAY_ERR_INVALID;
    }
    if (family != 0 && ret_addr->family != family) {
        hs_error_text(error, "--advertise %s: is IPv%d, but --bind %s is IPv%u", options->advertise,
                      ret_addr->family, options->bind, family);
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

int hs_advertise_address(const struct hs_options *options, const struct hearsay_addr *bound,
                         struct hearsay_addr *ret_addr, enum hs_advertise_source *ret_source,
                         char error[HS_ERROR_TEXT_MAX])
{
    bool v6 = bound->family == 6;
    struct hearsay_addr addr;

    if (options->advertise) {
        *ret_source = HS_ADVERTISE_GIVEN;
        return given(options, bound, ret_addr, error);
    }
    if (!hearsay_addr_is_any(bound)) {
        *ret_source = HS_ADVERTISE_BOUND;
        *ret_addr = *bound;
        return 0;
    }
    if (route_to_seed(options, v6, &addr)) {
        *ret_source = HS_ADVERTISE_ROUTE;
    } else if (first_interface(v6, &addr)) {
        *ret_source = HS_ADVERTISE_INTERFACE;
    } else {
        *ret_source = HS_ADVERTISE_LOOPBACK;
        hearsay_addr_parse(&addr, "127.0.0.1", bound->port);
    }
    addr.port = bound->port;
    *ret_addr = addr;
    return 0;
}
