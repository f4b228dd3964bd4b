/* SPDX-License-Identifier: Apache-2.0 */
/* Where the agent listens and what address it tells others. */
#ifndef HS_AGENT_PARTS_ADVERTISE_H
#define HS_AGENT_PARTS_ADVERTISE_H

#include "agent/base/identity.h"
#include "agent/options/store.h"
#include "service/error_text.h"

/* The address to bind, of options->bind: a host's name is resolved, no host is any IPv4 address. */
int hs_bind_address(const struct hs_options *options, struct hearsay_addr *ret_addr,
                    char error[HS_ERROR_TEXT_MAX]);

/* The address to advertise, once the socket is bound. Returns 0 or a negative error with
 * `error`. */
int hs_advertise_address(const struct hs_options *options, const struct hearsay_addr *bound,
                         struct hearsay_addr *ret_addr, enum hs_advertise_source *ret_source,
                         char error[HS_ERROR_TEXT_MAX]);

/* The address that a socket with a wildcard bind is best advertised by. It never fails: the last
 * resort is the loopback. `known_seed` is a seed that was given by name and has been resolved, or
 * NULL. */
void hs_advertise_derive(const struct hs_options *options, const struct hearsay_addr *bound,
                         const struct hearsay_addr *known_seed, struct hearsay_addr *ret_addr,
                         enum hs_advertise_source *ret_source);

#endif
