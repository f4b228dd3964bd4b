/* SPDX-License-Identifier: Apache-2.0 */
/* One metric: what it is called, and how its samples are made. */
#ifndef HS_SERVE_METRIC_H
#define HS_SERVE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/process.h"
#include "mirror/hold.h"
#include "mirror/mirror.h"
#include "serve/dns_desk.h"
#include "serve/exposition.h"
#include "serve/tally.h"
#include "serve/worth.h"

/* What metrics are made from. Everything is borrowed. */
struct hs_metrics_source {
    const json_t *status; /* the agent's answer to `status`; NULL: it does not answer */
    struct hs_mirror *mirror;
    struct hs_worth worth;
    const struct hs_tally *tally;
    struct hs_dns_counts dns;
    struct hs_process process;         /* this program's */
    uint64_t started;                  /* when it started, microseconds since 1970 */
    uint64_t streams;                  /* of events, that are open */
    const struct hs_mirror_hold *held; /* the members, each with series of its own; NULL: none */
    enum hs_form form;
};

struct hs_metric;

/* Begins the metric and writes its samples; nothing at all if there are none. */
typedef void hs_metric_fn(const struct hs_metric *metric, const struct hs_metrics_source *source,
                          struct hs_exposition *out);

/* Writes the sample of a member, if it has one. */
typedef void hs_metric_sample_fn(const struct hs_mirror_member *member,
                                 const struct hs_exposition *out);

enum hs_metric_when {
    HS_METRIC_ALWAYS, /* it is about this program */
    HS_METRIC_AGENT,  /* while the agent answers */
};

struct hs_metric {
    struct hs_family family;
    hs_metric_fn *write; /* NULL: it has a sample for each member */
    enum hs_metric_when when;
    hs_metric_sample_fn *sample; /* of one */
    const char *field;           /* of `status`, names separated by dots */
    const char *label;           /* the field is an object, and its keys are values of this label */
    size_t offset;               /* of a number in the source */
    double scale; /* what the field or the number is multiplied by; 0: it stays as it is */
};

#endif
