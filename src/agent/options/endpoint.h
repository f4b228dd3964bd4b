/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a text can be a host, and a host with a port. */
#ifndef HS_AGENT_OPTIONS_ENDPOINT_H
#define HS_AGENT_OPTIONS_ENDPOINT_H

#include <stdint.h>

#include <hearsay/addr.h>

#include "service/error_text.h"

#define HS_HOST_MAX       256 /* bytes of a host's name with the terminator */
#define HS_HOST_NAME_MAX  253 /* bytes of a name in DNS, a dot at its end not counted (RFC 1035) */
#define HS_HOST_LABEL_MAX 63  /* of one part of it */

/* The beginning of a name that is looked up as SRV records, which name the hosts. */
#define HS_HOST_SRV "_hearsay._udp."

/* Checks a host: an IPv4 or IPv6 address, or a name. Returns 0, or HEARSAY_ERR_SYNTAX with what is
 * wrong in `fault`. It does not check whether the host exists. */
int hs_host_check(const char *host, char fault[HS_ERROR_TEXT_MAX]);

/* Reads a host that is an address, without brackets, and adds this port, which must not be 0.
 * Returns 0, or an error if the host is a name. */
int hs_host_parse(const char *host, uint16_t port, struct hearsay_addr *ret_addr);

/* Reads an endpoint as people write it: "host:port", "host", ":port", "[v6]:port", a bare IPv6
 * address. `ret_host` is empty when only a port was given. Same results; on failure nothing but
 * `fault` is changed. */
int hs_endpoint_read(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                     uint16_t *ret_port, char fault[HS_ERROR_TEXT_MAX]);

#endif
