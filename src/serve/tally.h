/* SPDX-License-Identifier: Apache-2.0 */
/* What this program counts of requests, for /metrics. */
#ifndef HS_SERVE_TALLY_H
#define HS_SERVE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define HS_TALLY_HANDLERS_MAX 32
#define HS_TALLY_CODES_MAX    16 /* codes of HTTP; more than any handler gives */
#define HS_TALLY_CLASSES      13 /* of durations, and one more for what took longer */

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
};

void hs_tally_init(struct hs_tally *ret_tally, uint64_t started);

/* Makes a handler known, so that it is shown before anybody has asked for it. The name is borrowed
 * for good. */
void hs_tally_add_handler(struct hs_tally *tally, const char *name);

/* A request was answered by a handler, or (NULL) by none. */
void hs_tally_request(struct hs_tally *tally, const char *handler, unsigned code,
                      uint64_t duration_us);

/* For whoever shows it: how many requests a handler has answered with a code (by its index);
 * UINT64_MAX if that is no usual code and has not occurred. The upper bounds of the classes of
 * durations. */
uint64_t hs_tally_requests(const struct hs_tally *tally, size_t handler, size_t code);
extern const uint64_t hs_tally_bounds_us[HS_TALLY_CLASSES];

#endif
