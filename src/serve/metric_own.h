/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from the mirror, and from what this program knows of itself. */
#ifndef HS_SERVE_METRIC_OWN_H
#define HS_SERVE_METRIC_OWN_H

#include "serve/metric.h"

/* Members that are dead of `failed`. */
void hs_metric_failed(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out);
void hs_metric_ring_members(const struct hs_metric *metric, const struct hs_metrics_source *source,
                            struct hs_exposition *out);
/* The agent's own part of the ring. */
void hs_metric_share(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);
/* A member's status. */
void hs_metric_member_status(const struct hs_mirror_member *member,
                             const struct hs_exposition *out);
/* And round trip, if it is known. */
void hs_metric_member_rtt(const struct hs_mirror_member *member, const struct hs_exposition *out);

/* Whether the agent answers. */
void hs_metric_up(const struct hs_metric *metric, const struct hs_metrics_source *source,
                  struct hs_exposition *out);
/* How old the mirror is. */
void hs_metric_stale(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);
/* The release of this program. */
void hs_metric_serve(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out);
/* A uint64_t of the source. */
void hs_metric_number(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out);
void hs_metric_connections(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out);
void hs_metric_requests(const struct hs_metric *metric, const struct hs_metrics_source *source,
                        struct hs_exposition *out);
void hs_metric_durations(const struct hs_metric *metric, const struct hs_metrics_source *source,
                         struct hs_exposition *out);
void hs_metric_queries(const struct hs_metric *metric, const struct hs_metrics_source *source,
                       struct hs_exposition *out);

#endif
