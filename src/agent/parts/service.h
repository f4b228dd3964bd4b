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

/* Reads an answer to a question of type SRV: the targets in the order in which they are to be
 * tried. Returns 0 (ARES_SUCCESS), or what c-ares has against the answer. */
int hs_service_read(const unsigned char *answer, int len,
                    struct hs_target ret_targets[HS_TARGETS_MAX], size_t *ret_count);

#endif
