/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /metrics: what an agent and this program count, for Prometheus. One table says what there is, and
 * docs/metrics.md shows it. Of an agent that does not answer only what is still true is said.
 */
#ifndef HS_SERVE_METRICS_H
#define HS_SERVE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "serve/metric.h"

extern const struct hs_metric hs_metric_table[];
extern const size_t hs_metric_count;

/* How far they are written. All zeroes: not begun. */
struct hs_metrics_place {
    bool began;
    size_t row, member; /* of the next sample */
};

/* Writes all metrics but those of members, and then the sample of a member with each call. Returns
 * true if there is more to write. Whether it arrived is known to the owner of the stream. */
bool hs_metrics_write(FILE *out, const struct hs_metrics_source *source,
                      struct hs_metrics_place *place);

#endif
