/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of a service (RFC 2782): the hosts and ports that offer it. */
#ifndef HS_AGENT_PARTS_SERVICE_H
#define HS_AGENT_PARTS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/parts/dns.h"

#define HS_TARGETS_MAX 64 /* targets of one service that are used */

struct hs_target {
    char name[HS_DNS_NAME_MAX];
    uint16_t port, priority;
    uint32_t lot; /* random, so that equal targets share the load */
    bool found;   /* its addresses are known; for the reader */
};

/* Reads an answer to a question of type SRV. Returns how many targets there are, in the order in
 * which they are to be tried. */
size_t hs_service_read(const unsigned char *answer, int len,
                       struct hs_target ret_targets[HS_TARGETS_MAX]);

#endif
