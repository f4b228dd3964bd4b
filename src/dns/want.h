/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a name under the domain asks for:
 *
 *     (the domain)  ns                    the zone itself and its name server
 *     NAME.node     VALUE.KEY.tag         members by name, by tag
 *     KEY.tag       all                   members that have a tag at all; all of them
 *     KEY.key       N.KEY.key             owner and replicas of a key; replica N alone
 *     HEX.addr                            an address as a name
 *     _TAG._tcp[.one of the above]        those of them whose tag TAG is a port, as services
 *
 * and what a name under in-addr.arpa and ip6.arpa does. Every part may have several labels, because
 * names and keys of tags have dots. Nothing here looks at the members.
 */
#ifndef HS_DNS_WANT_H
#define HS_DNS_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#include "dns/name.h"

#define HS_DNS_KEY_MAX HS_DNS_NAME_MAX /* bytes of a key: all labels of a name at most */

enum hs_dns_kind {
    HS_DNS_WANT_NOTHING, /* there is no such name, whoever the members are */
    HS_DNS_WANT_BRANCH,  /* a name that has others below it, and no records */
    HS_DNS_WANT_ZONE,
    HS_DNS_WANT_SERVER,
    HS_DNS_WANT_NODE,
    HS_DNS_WANT_TAG,
    HS_DNS_WANT_ALL,
    HS_DNS_WANT_KEY,
    HS_DNS_WANT_ADDR,
    HS_DNS_WANT_REVERSE,
};

struct hs_dns_want {
    enum hs_dns_kind kind;
    bool below;                    /* it begins with _tcp or _udp alone: a branch, if … exists */
    char service[HS_DNS_TEXT_MAX]; /* tag of the port, in lower case; "": none */
    char text[HS_DNS_TEXT_MAX];    /* NODE, TAG: in lower case */
    uint8_t key[HS_DNS_KEY_MAX];   /* KEY */
    size_t key_len;
    bool one; /* KEY: replica `replica` alone */
    size_t replica;
    struct hearsay_addr addr; /* ADDR, REVERSE: its port is 0 */
};

/* Reads what the first `labels` labels of a name below the domain ask for. */
void hs_dns_want_read(const struct hs_dns_name *name, size_t labels, struct hs_dns_want *ret_want);

/* Returns true if the name is one for the reverse way (RFC 1035, 3.5; RFC 3596, 2.5), and how many
 * labels are before the zone, in-addr.arpa or ip6.arpa. */
bool hs_dns_want_reverse(const struct hs_dns_name *name, size_t *ret_labels,
                         struct hs_dns_want *ret_want);

#endif
