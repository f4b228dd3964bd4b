/* SPDX-License-Identifier: Apache-2.0 */
/* What this program counts of itself, for /metrics: requests of HTTP, questions of DNS. */
#ifndef HS_SERVE_TALLY_H
#define HS_SERVE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define HS_TALLY_HANDLERS_MAX 32
#define HS_TALLY_CODES_MAX    16 /* codes of HTTP; more than any handler gives */
#define HS_TALLY_CLASSES      13 /* of durations, and one more for what took longer */

#define HS_TALLY_RCODES(X)                                                                         \
    X(NOERROR, "noerror", 0)                                                                       \
    X(FORMERR, "formerr", 1)                                                                       \
    X(SERVFAIL, "servfail", 2)                                                                     \
    X(NXDOMAIN, "nxdomain", 3)                                                                     \
    X(NOTIMP, "notimp", 4)                                                                         \
    X(REFUSED, "refused", 5)                                                                       \
    X(OTHER, "other", 6)

enum hs_tally_rcode {
#define HS_TALLY_RCODE_ENUM(name, text, number) HS_TALLY_RCODE_##name,
    HS_TALLY_RCODES(HS_TALLY_RCODE_ENUM)
#undef HS_TALLY_RCODE_ENUM
        HS_TALLY_RCODE_COUNT
};

enum hs_transport { HS_TRANSPORT_UDP, HS_TRANSPORT_TCP, HS_TRANSPORT_COUNT };

struct hs_tally_handler {
    const char *name; /* the endpoint's path; a constant */
    uint64_t by_code[HS_TALLY_CODES_MAX];
};

struct hs_tally {
    uint64_t started;                   /* this program: microseconds since 1970 */
    unsigned codes[HS_TALLY_CODES_MAX]; /* that have occurred, the usual ones first */
    size_t code_count;
    struct hs_tally_handler handlers[HS_TALLY_HANDLERS_MAX];
    size_t handler_count;
    uint64_t durations[HS_TALLY_CLASSES + 1]; /* of requests, by class */
    uint64_t duration_us;                     /* their sum */
    uint64_t connections;                     /* of HTTP, now */
    uint64_t queries[HS_TRANSPORT_COUNT][HS_TALLY_RCODE_COUNT];
};

void hs_tally_init(struct hs_tally *ret_tally, uint64_t started);

/* Makes a handler known, so that it is shown before anybody has asked for it. The name is borrowed
 * for good. */
void hs_tally_add_handler(struct hs_tally *tally, const char *name);

/* A request was answered by a handler, or (NULL) by none. */
void hs_tally_request(struct hs_tally *tally, const char *handler, unsigned code,
                      uint64_t duration_us);

/* A question was answered with a code of DNS. */
void hs_tally_query(struct hs_tally *tally, enum hs_transport transport, unsigned rcode);

/* For whoever shows it: how many requests a handler has answered with a code (by its index);
 * UINT64_MAX if that is no usual code and has not occurred. The words of DNS. The upper bounds of
 * the classes of durations. */
uint64_t hs_tally_requests(const struct hs_tally *tally, size_t handler, size_t code);
const char *hs_tally_rcode_text(enum hs_tally_rcode rcode);
const char *hs_transport_text(enum hs_transport transport);
extern const uint64_t hs_tally_bounds_us[HS_TALLY_CLASSES];

#endif
