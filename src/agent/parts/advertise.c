/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket with a wildcard bind has no single address, but other members need one. The best guess
 * is the address that the kernel would use towards a seed. The next best is that of an interface
 * that is up. Loopback, link-local addresses and bridges to containers come last, because other
 * machines cannot use them (interfaces.c). A route over such a bridge is believed, because then the
 * seed is behind it. The log says which one was used.
 */
#include "agent/parts/advertise.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/options/values.h"
#include "agent/parts/interfaces.h"
#include "agent/parts/resolve.h"

static int literal_or_name(const char *host, uint16_t port, unsigned family,
                           struct hearsay_addr *ret_addr, char error[HS_ERROR_TEXT_MAX])
{
    if (port != 0 && hs_host_parse(host, port, ret_addr) == 0)
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

/* R38: advertised address. Refuses what no member can be reached at. `flag` and `text` are what the
 * operator gave. */
static int check_fault(const char *flag, const char *text, const struct hearsay_addr *addr,
                       char error[HS_ERROR_TEXT_MAX])
{
    const char *fault = hearsay_addr_fault(addr);

    if (!fault && hs_interfaces_is_broadcast(addr))
        fault = "a broadcast address of this machine's network";
    if (!fault)
        return 0;
    hs_error_text(error, "%s %.64s: this is %s; other members need the address of one machine",
                  flag, text, fault);
    return HEARSAY_ERR_INVALID;
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
    return check_fault("--advertise", options->advertise, ret_addr, error);
}

/* ---- deriving it ------------------------------------------------------------------------- */

static bool is_stopgap(const struct hearsay_addr *addr)
{
    enum hs_addr_rank rank = hs_interfaces_rank(addr);

    return rank == HS_ADDR_LOOPBACK || rank == HS_ADDR_LINK_LOCAL;
}

struct derived {
    bool v6;
    bool routed; /* `addr` is a stopgap on the way to a seed */
    struct hearsay_addr addr;
};

/* Returns true if the route to this seed gives an address that is more than a stopgap. */
static bool by_route(struct derived *derived, const struct hearsay_addr *seed)
{
    struct hearsay_addr found;

    if ((seed->family == 6 && !derived->v6) || !hs_interfaces_route(seed, &found))
        return false;
    if (is_stopgap(&found)) {
        if (!derived->routed)
            derived->addr = found;
        derived->routed = true;
        return false;
    }
    derived->addr = found;
    return true;
}

static bool by_route_to_a_seed(struct derived *derived, const struct hs_options *options,
                               const struct hearsay_addr *known_seed)
{
    struct hearsay_addr seed;

    if (known_seed && known_seed->family != 0 && by_route(derived, known_seed))
        return true;
    for (size_t i = 0; i < options->join.count; i++)
        if (hearsay_addr_parse(&seed, options->join.items[i], HEARSAY_PORT_DEFAULT) == 0 &&
            by_route(derived, &seed))
            return true;
    return false;
}

void hs_advertise_derive(const struct hs_options *options, const struct hearsay_addr *bound,
                         const struct hearsay_addr *known_seed, struct hearsay_addr *ret_addr,
                         enum hs_advertise_source *ret_source)
{
    struct derived derived = {.v6 = bound->family == 6};
    struct hearsay_addr best;
    enum hs_addr_rank rank;

    *ret_source = HS_ADVERTISE_ROUTE;
    if (!by_route_to_a_seed(&derived, options, known_seed)) {
        rank = hs_interfaces_best(derived.v6, &best);
        if (hs_addr_is_good(rank) || (!derived.routed && rank > HS_ADDR_LOOPBACK)) {
            *ret_source = HS_ADVERTISE_INTERFACE;
            derived.addr = best;
        } else if (!derived.routed) {
            *ret_source = HS_ADVERTISE_LOOPBACK;
            hearsay_addr_parse(&derived.addr, "127.0.0.1", HEARSAY_PORT_DEFAULT);
        }
    }
    derived.addr.port = bound->port;
    *ret_addr = derived.addr;
}

int hs_advertise_address(const struct hs_options *options, const struct hearsay_addr *bound,
                         struct hearsay_addr *ret_addr, enum hs_advertise_source *ret_source,
                         char error[HS_ERROR_TEXT_MAX])
{
    if (options->advertise) {
        *ret_source = HS_ADVERTISE_GIVEN;
        return given(options, bound, ret_addr, error);
    }
    if (!hearsay_addr_is_any(bound)) {
        *ret_source = HS_ADVERTISE_BOUND;
        *ret_addr = *bound;
        return check_fault("--bind", options->bind, bound, error);
    }
    hs_advertise_derive(options, bound, NULL, ret_addr, ret_source);
    return 0;
}
