/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address that the operator gave, or to which the socket is bound, is never replaced: only a
 * warning says that the machine does not have it, because behind address translation that is as it
 * should be. An address that was derived is replaced when the machine has lost it, or when it was
 * a stopgap (the loopback before the network was up) and a better one has come. As long as the
 * machine has it, it stays, whatever else comes, so nothing is announced anew without need.
 *
 * A link that goes down takes its address along, and often leaves nothing but the loopback. That is
 * no better, so it is not taken, unless the seeds are on this machine.
 */
#include "agent/parts/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/base/json.h"
#include "agent/options/values.h"
#include "agent/parts/advertise.h"
#include "agent/parts/interfaces.h"
#include "service/loopback.h"

static const struct hearsay_addr *ours(const struct hs_address *address)
{
    return &address->identity->advertise;
}

static bool is_derived(const struct hs_address *address)
{
    return address->identity->advertise_source != HS_ADVERTISE_GIVEN &&
           address->identity->advertise_source != HS_ADVERTISE_BOUND;
}

/* ---- the log ----------------------------------------------------------------------------- */

static void tell(const struct hs_address *address, enum hs_level level, const char *reason,
                 const struct hearsay_addr *was, const char *message)
{
    hs_report(address->report, level, HS_LINE_ADDRESS,
              json_pack("{s:s, s:o, s:s, s:o*, s:s}", "reason", reason, "addr",
                        hs_json_addr(ours(address)), "addr_source",
                        hs_report_addr_source(address->identity->advertise_source), "was",
                        was ? hs_json_addr(was) : NULL, "message", message));
}

static void tell_gone(const struct hs_address *address)
{
    const char *message = "this machine has lost the advertised address and has no other";

    if (address->identity->advertise_source == HS_ADVERTISE_GIVEN)
        message = "this machine does not have the advertised address any more";
    else if (address->identity->advertise_source == HS_ADVERTISE_BOUND)
        message = "this machine does not have the address any more to which the socket is bound: "
                  "nothing arrives or leaves until it is back";
    tell(address, HS_LEVEL_WARN, "gone", NULL, message);
}

/* Once, until the address changes. `seed` is what it is wrong for; NULL: for any other member. */
static void tell_loopback(struct hs_address *address, const char *seed)
{
    enum hs_advertise_source source = address->identity->advertise_source;
    char message[HS_ERROR_TEXT_MAX], such[HS_ERROR_TEXT_MAX] = "";

    if (address->loopback_told)
        return;
    if (seed)
        hs_error_text(such, ", such as that of %.64s,", seed);
    address->loopback_told = true;
    if (source == HS_ADVERTISE_GIVEN)
        hs_error_text(message,
                      "--advertise %.64s is a loopback address: other machines%s reach "
                      "themselves there",
                      address->options->advertise, such);
    else if (source == HS_ADVERTISE_BOUND)
        hs_error_text(message,
                      "--bind %.64s is a loopback address: other machines%s cannot reach "
                      "it",
                      address->options->bind, such);
    else
        hs_error_text(message,
                      "no interface has an address that other machines%s could reach; one that "
                      "comes is taken",
                      such);
    tell(address, HS_LEVEL_WARN, "loopback", NULL, message);
}

static void tell_elsewhere(const struct hs_address *address)
{
    char message[HS_ERROR_TEXT_MAX];

    hs_error_text(message,
                  "--advertise %.64s is no address of this machine: this is right only "
                  "behind address translation that leads back here",
                  address->options->advertise);
    tell(address, HS_LEVEL_WARN, "elsewhere", NULL, message);
}

/* ---- looking at it ----------------------------------------------------------------------- */

/* R38: on a wildcard socket datagrams leave from the advertised address, so that others can prove
 * it. Not from a loopback address, from which nothing leaves the machine. */
static void set_source(const struct hs_address *address, enum hs_addr_rank rank)
{
    bool named = hearsay_addr_is_any(&address->identity->bound) && rank > HS_ADDR_LOOPBACK;

    hearsay_udp_set_source(address->udp->socket, named ? ours(address) : NULL);
}

static void note_gone(struct hs_address *address, enum hs_addr_rank rank)
{
    bool gone = rank == HS_ADDR_NONE;

    if (gone && !address->gone)
        tell_gone(address);
    else if (!gone && address->gone)
        tell(address, HS_LEVEL_INFO, "back", NULL, "this machine has the advertised address again");
    address->gone = gone;
}

static void replace(struct hs_address *address, const struct hearsay_addr *addr,
                    enum hs_advertise_source source)
{
    struct hearsay_now now = address->report->clock->now;
    struct hearsay_addr was = *ours(address);

    if (hearsay_node_set_addr(address->node, now, addr) < 0) { /* it leaves, or memory is out */
        hs_watch_later(&address->watch, HS_ADDRESS_GAP_US);
        return;
    }
    address->identity->advertise = *addr;
    address->identity->advertise_source = source;
    address->replaced_at = now.boot;
    address->gone = address->loopback_told = false;
    tell(address, HS_LEVEL_INFO, "changed", &was,
         "another address is advertised, and the other members are told");
    set_source(address, hs_interfaces_rank(addr));
}

/* Returns how long a replacement has to wait: not every change of a restless link is announced. */
static uint64_t time_to_wait(const struct hs_address *address)
{
    uint64_t boot = address->report->clock->now.boot;
    uint64_t next = address->replaced_at + HS_ADDRESS_GAP_US;

    return address->replaced_at == 0 || boot >= next ? 0 : next - boot;
}

static bool is_better(enum hs_addr_rank rank, enum hs_addr_rank than,
                      enum hs_advertise_source source)
{
    if (hs_addr_is_good(than))
        return false;
    return rank > than && (hs_addr_is_good(rank) || source == HS_ADVERTISE_ROUTE);
}

static void on_changed(void *context)
{
    struct hs_address *address = context;
    enum hs_addr_rank rank = hs_interfaces_rank(ours(address));
    enum hs_advertise_source source;
    struct hearsay_addr addr;

    if (rank == HS_ADDR_UNKNOWN) {
        hs_watch_later(&address->watch, HS_ADDRESS_GAP_US);
        return;
    }
    if (is_derived(address) && !hs_addr_is_good(rank)) {
        hs_advertise_derive(address->options, &address->identity->bound, &address->seed, &addr,
                            &source);
        if (is_better(hs_interfaces_rank(&addr), rank, source)) {
            uint64_t wait = time_to_wait(address);

            if (wait == 0)
                replace(address, &addr, source);
            else
                hs_watch_later(&address->watch, wait);
            return;
        }
    }
    set_source(address, rank);
    address->was_here |= rank != HS_ADDR_NONE;
    if (address->was_here) /* not behind address translation */
        note_gone(address, rank);
}

/* ---- seeds ------------------------------------------------------------------------------- */

/* An address by which a cluster knows this agent is not given up for a better guess. */
static bool is_alone(const struct hs_address *address)
{
    struct hearsay_stats stats;

    hearsay_node_stats(address->node, &stats);
    return stats.members[HEARSAY_STATUS_ALIVE] + stats.members[HEARSAY_STATUS_SUSPECT] <= 1;
}

static void follow_route(struct hs_address *address, const struct hearsay_addr *seed)
{
    enum hs_advertise_source source;
    struct hearsay_addr addr;

    hs_advertise_derive(address->options, &address->identity->bound, seed, &addr, &source);
    if (source != HS_ADVERTISE_ROUTE)
        return;
    if (hearsay_addr_equal(&addr, ours(address)))
        address->identity->advertise_source = source;
    else
        replace(address, &addr, source);
}

void hs_address_meet_seed(void *context, const struct hearsay_addr *seed)
{
    struct hs_address *address = context;
    char text[HEARSAY_ADDR_TEXT_MAX];

    address->seed = *seed;
    if (is_derived(address) && address->identity->advertise_source != HS_ADVERTISE_ROUTE &&
        is_alone(address))
        follow_route(address, seed);
    hearsay_addr_format(seed, text);
    if (hs_addr_is_loopback(ours(address)) && !hs_addr_is_loopback(seed))
        tell_loopback(address, text);
}

/* ---- the start --------------------------------------------------------------------------- */

/* True if the operator gave a name, not an address: /etc/hosts often has the machine's own name at
 * a loopback address, which nobody means. */
static bool is_name(const char *text)
{
    char host[HS_HOST_MAX];
    struct hearsay_addr addr;
    uint16_t port = HEARSAY_PORT_DEFAULT;

    return hs_value_endpoint(text, HEARSAY_PORT_DEFAULT, host, &port) == 0 &&
           hs_host_parse(host, HEARSAY_PORT_DEFAULT, &addr) < 0;
}

void hs_address_start(struct hs_address *address)
{
    enum hs_addr_rank rank = hs_interfaces_rank(ours(address));
    bool is_given = address->identity->advertise_source == HS_ADVERTISE_GIVEN;
    char message[HS_ERROR_TEXT_MAX];

    set_source(address, rank);
    address->was_here = rank != HS_ADDR_NONE;
    if (is_given && rank == HS_ADDR_NONE)
        tell_elsewhere(address);
    if (is_given && rank == HS_ADDR_LOOPBACK && is_name(address->options->advertise))
        tell_loopback(address, NULL);
    if (address->unwatched == 0)
        return;
    hs_error_text(message, "changes of this machine's addresses will not be noticed: %s",
                  strerror(address->unwatched));
    tell(address, HS_LEVEL_WARN, "unwatched", NULL, message);
}

int hs_address_open(struct hs_address *address, struct event_base *base)
{
    int err;

    address->watch.changed = on_changed;
    address->watch.context = address;
    err = hs_watch_open(&address->watch, base);
    if (err != HEARSAY_ERR_INVALID)
        return err;
    address->unwatched = errno; /* it works without, and the log says so */
    return 0;
}

void hs_address_fini(struct hs_address *address)
{
    hs_watch_close(&address->watch);
}
