/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics as Prometheus reads them: its text format 0.0.4, and OpenMetrics 1.0.0. A metric is
 * begun once, and then its samples follow. Whether the bytes arrived is known to the owner of the
 * stream: ferror(3), fclose(3).
 */
#ifndef HS_SERVE_EXPOSITION_H
#define HS_SERVE_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum hs_form { HS_FORM_TEXT, HS_FORM_OPENMETRICS };

/* The form that an Accept header prefers; NULL: there was none. */
enum hs_form hs_form_accepted(const char *accept);

/* The content type. */
const char *hs_form_type(enum hs_form form);

enum hs_metric_type {
    HS_METRIC_GAUGE,
    HS_METRIC_COUNTER,
    HS_METRIC_HISTOGRAM,
    HS_METRIC_INFO, /* 1, and what there is to say as labels */
};

/* What stands in front of the samples. The name is that without the suffixes `_total` and `_info`,
 * which counters and infos get; durations in seconds and sizes in bytes say so in their names. */
struct hs_family {
    const char *name;
    enum hs_metric_type type;
    const char *help;
};

struct hs_label {
    const char *name, *value; /* the value may be any UTF-8 text */
};

struct hs_exposition {
    FILE *out;
    enum hs_form form;
    const struct hs_family *family; /* that was begun last */
};

/* Begins a metric. It is borrowed until the next one begins. */
void hs_exposition_begin(struct hs_exposition *exposition, const struct hs_family *family);

/* A sample of it: a whole number, or another one. */
void hs_exposition_count(const struct hs_exposition *exposition, const struct hs_label *labels,
                         size_t label_count, uint64_t value);
void hs_exposition_real(const struct hs_exposition *exposition, const struct hs_label *labels,
                        size_t label_count, double value);

/* The samples of a histogram without labels: how many were at most `bounds_us` each, shorter ones
 * included, how many there were, and their sum. Written in seconds. */
struct hs_histogram {
    size_t class_count;
    const uint64_t *bounds_us, *within;
    uint64_t count, sum_us;
};
void hs_exposition_histogram(const struct hs_exposition *exposition,
                             const struct hs_histogram *histogram);

/* After the last metric. */
void hs_exposition_end(const struct hs_exposition *exposition);

#endif
