/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from the agent's answer to `status`. */
#ifndef HS_SERVE_METRIC_STATUS_H
#define HS_SERVE_METRIC_STATUS_H

#include "serve/metric.h"

/* A number or a flag. */
void hs_metric_field(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);
/* An object of numbers, a sample for each. */
void hs_metric_object(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out);
/* 16 hex digits, as a number that a double holds. */
void hs_metric_checksum(const struct hs_metric *metric, const struct hs_metrics_source *source,
                        struct hs_exposition *out);
/* 1 if the field has a reason, 0 if it is null. */
void hs_metric_trouble(const struct hs_metric *metric, const struct hs_metrics_source *source,
                       struct hs_exposition *out);
/* What the agent says of its witness: a sample for each state, 1 for the one that is. */
void hs_metric_last_words(const struct hs_metric *metric, const struct hs_metrics_source *source,
                          struct hs_exposition *out);
/* How many items an array has; 0 without it. */
void hs_metric_size(const struct hs_metric *metric, const struct hs_metrics_source *source,
                    struct hs_exposition *out);
/* An object of objects of numbers. */
void hs_metric_transitions(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out);
/* The histogram. */
void hs_metric_round_trips(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out);
/* Release and wire versions. */
void hs_metric_build(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);
/* Its name, cluster, address and the mode of its seal. */
void hs_metric_agent(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);

#endif
