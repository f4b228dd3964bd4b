/* SPDX-License-Identifier: Apache-2.0 */
/* What is served under which path: one constant table. */
#ifndef HS_SERVE_ENDPOINTS_H
#define HS_SERVE_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/request.h"

/* What a listener serves. */
enum hs_what {
    HS_WHAT_ALL,
    HS_WHAT_METRICS, /* for a scraper: nothing about single members */
    HS_WHAT_COUNT
};

/* "all", "metrics". */
const char *hs_what_name(enum hs_what what);

enum hs_trait {
    HS_TRAIT_VIEW = 1,    /* 503 while the view is too old, without a call */
    HS_TRAIT_METRICS = 2, /* on listeners for metrics, too */
    HS_TRAIT_FIXED = 4,   /* what is told of the mirror alone, without durations, has an ETag */
    HS_TRAIT_STREAM = 8,  /* is a stream of events; `answer` is NULL */
};

struct hs_endpoint {
    const char *path; /* one that ends with '/' takes a name behind it */
    const char *args; /* names of its arguments, separated by blanks */
    hs_endpoint_fn *answer;
    unsigned traits; /* of enum hs_trait */
};

extern const struct hs_endpoint hs_endpoints[];
extern const size_t hs_endpoint_count;

/* The endpoint of a path, and the name behind it; NULL: there is none on such a listener. */
const struct hs_endpoint *hs_endpoint_find(const char *path, enum hs_what what,
                                           const char **ret_rest);

/* Calls the endpoint: checks the arguments and what the view is worth first. */
void hs_endpoint_answer(const struct hs_endpoint *endpoint, const struct hs_request *request,
                        struct hs_reply *reply);

#endif
