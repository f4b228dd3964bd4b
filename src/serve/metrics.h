/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /metrics: what an agent and this program count, for Prometheus. One table says what there is, and
 * docs/metrics.md shows it. Of an agent that does not answer only what is still true is said.
 */
#ifndef HS_SERVE_METRICS_H
#define HS_SERVE_METRICS_H

#include <stddef.h>
#include <stdio.h>

#include "serve/metric.h"

extern const struct hs_metric hs_metric_table[];
extern const size_t hs_metric_count;

/* Writes all metrics. Whether they arrived is known to the owner of the stream. */
void hs_metrics_write(FILE *out, const struct hs_metrics_source *source);

#endif
