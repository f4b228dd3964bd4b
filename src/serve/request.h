/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint sees of a request. Everything is borrowed and valid during its call. */
#ifndef HS_SERVE_REQUEST_H
#define HS_SERVE_REQUEST_H

#include <stdint.h>

#include "mirror/mirror.h"
#include "serve/args.h"
#include "serve/ask.h"
#include "serve/dns_desk.h"
#include "serve/reply.h"
#include "serve/tally.h"
#include "serve/worth.h"

struct hs_request {
    struct hs_mirror *mirror;
    struct hs_worth worth;
    uint64_t silence_us; /* since anything came from the agent; UINT64_MAX: nothing ever did */
    const struct hs_args *args;
    const char *rest; /* the path behind that of the endpoint: a name; "" if it takes none */
    const struct hs_ask_answer *asked; /* what the agent has said; NULL: it was not asked yet */
    const char *accept;                /* the header; NULL: there is none */
    size_t streams;                    /* of events, that are open */
    const struct hs_tally *tally;      /* what this program counts */
    const struct hs_dns_counts *dns;   /* the same of questions of the DNS */
    uint64_t now;                      /* microseconds of a clock that only goes forward */
    uint64_t wall;                     /* microseconds since 1970 */
};

/* Answers. An endpoint that needs the agent's answer sets `ask` of the reply instead, and is called
 * once more when that is there, with `asked` set, however it has ended. */
typedef void hs_endpoint_fn(const struct hs_request *request, struct hs_reply *reply);

#endif
