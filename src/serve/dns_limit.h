/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a source may ask over UDP. Anybody can write another's address into a datagram, and an
 * answer is longer than its question: without a limit this server would multiply an attacker's
 * traffic. Sources are IPv4 addresses and IPv6 networks of 64 bits. They share a table of fixed
 * size, so two of them may share a budget.
 */
#ifndef HS_SERVE_DNS_LIMIT_H
#define HS_SERVE_DNS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>

#define HS_DNS_RATE        100 /* questions per second that a source may ask */
#define HS_DNS_BURST       200 /* that it may ask at once */
#define HS_DNS_SOURCES_MAX 4096

struct hs_dns_limit {
    uint64_t seed;                            /* so that nobody can choose with whom he shares */
    uint64_t spent_until[HS_DNS_SOURCES_MAX]; /* microseconds: when a budget is whole again */
};

/* Counts a question. Returns true if the source asks too often. Loopback is never limited. `now` is
 * in microseconds of a clock that only goes forward. */
bool hs_dns_limit_exceeded(struct hs_dns_limit *limit, const struct hearsay_addr *source,
                           uint64_t now);

#endif
