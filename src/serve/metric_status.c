/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A field that an older agent does not have makes no sample, and a metric without samples is not
 * shown: no value is better than a wrong 0.
 *
 * A 64-bit checksum as a label would make a new series each time. So its low 52 bits are a value,
 * which a double holds exactly, and count_values() finds agents that differ.
 */
#include "serve/metric_status.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

#define CHECKSUM_BITS ((UINT64_C(1) << 52) - 1)
#define CLASSES_MAX   32 /* of a histogram that the agent tells */
#define FIELD_MAX     48 /* bytes of a name within a metric's field */

static const json_t *field_of(const json_t *object, const char *path)
{
    char name[FIELD_MAX];
    size_t len;

    for (; object; path += len + 1) {
        len = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int)len, path);
        object = json_object_get(object, name);
        if (path[len] == '\0')
            break;
    }
    return object;
}

static void put_value(const struct hs_exposition *out, const struct hs_label *labels,
                      size_t label_count, const json_t *value, double scale)
{
    if (json_is_boolean(value))
        hs_exposition_count(out, labels, label_count, json_is_true(value));
    else if (json_is_integer(value) && scale == 0)
        hs_exposition_count(out, labels, label_count, (uint64_t)json_integer_value(value));
    else
        hs_exposition_real(out, labels, label_count,
                           json_number_value(value) * (scale == 0 ? 1.0 : scale));
}

void hs_metric_field(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    const json_t *value = field_of(source->status, metric->field);

    if (!json_is_number(value) && !json_is_boolean(value))
        return;
    hs_exposition_begin(out, &metric->family);
    put_value(out, NULL, 0, value, metric->scale);
}

void hs_metric_object(const struct hs_metric *metric, const struct hs_metrics_source *source,
                      struct hs_exposition *out)
{
    const json_t *object = field_of(source->status, metric->field);
    struct hs_ctl_field field = {NULL};

    if (json_object_size(object) == 0)
        return;
    hs_exposition_begin(out, &metric->family);
    while (hs_ctl_next_field(object, &field)) {
        struct hs_label label = {metric->label, field.key};

        if (json_is_number(field.value))
            put_value(out, &label, 1, field.value, metric->scale);
    }
}

/* The number of a checksum: its low bits. */
void hs_metric_checksum(const struct hs_metric *metric, const struct hs_metrics_source *source,
                        struct hs_exposition *out)
{
    uint64_t checksum;

    if (hs_ctl_parse_hex64(json_string_value(field_of(source->status, metric->field)), &checksum) <
        0)
        return;
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, checksum & CHECKSUM_BITS);
}

/* 1 if the field is there and not null. Without what holds it the agent says nothing of it. */
void hs_metric_trouble(const struct hs_metric *metric, const struct hs_metrics_source *source,
                       struct hs_exposition *out)
{
    const json_t *trouble = field_of(source->status, metric->field);
    char holder[FIELD_MAX];

    snprintf(holder, sizeof(holder), "%.*s", (int)strcspn(metric->field, "."), metric->field);
    if (!json_object_get(source->status, holder))
        return;
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, trouble && !json_is_null(trouble));
}

void hs_metric_last_words(const struct hs_metric *metric, const struct hs_metrics_source *source,
                          struct hs_exposition *out)
{
    static const char *const states[] = {"on", "off", "lost"};
    const char *state = json_string_value(field_of(source->status, metric->field));

    if (!state)
        return;
    hs_exposition_begin(out, &metric->family);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        const struct hs_label label = {metric->label, states[i]};

        hs_exposition_count(out, &label, 1, strcmp(state, states[i]) == 0);
    }
}

void hs_metric_size(const struct hs_metric *metric, const struct hs_metrics_source *source,
                    struct hs_exposition *out)
{
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, NULL, 0, json_array_size(field_of(source->status, metric->field)));
}

void hs_metric_transitions(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out)
{
    const json_t *object = field_of(source->status, metric->field);
    struct hs_ctl_field to = {NULL};

    if (json_object_size(object) == 0)
        return;
    hs_exposition_begin(out, &metric->family);
    while (hs_ctl_next_field(object, &to)) {
        struct hs_ctl_field cause = {NULL};

        while (hs_ctl_next_field(to.value, &cause)) {
            const struct hs_label labels[] = {{"to", to.key}, {"cause", cause.key}};

            put_value(out, labels, 2, cause.value, 0);
        }
    }
}

void hs_metric_round_trips(const struct hs_metric *metric, const struct hs_metrics_source *source,
                           struct hs_exposition *out)
{
    const json_t *object = field_of(source->status, metric->field);
    const json_t *within = json_object_get(object, "within");
    uint64_t bounds[CLASSES_MAX], counts[CLASSES_MAX];
    size_t classes = json_array_size(within);

    if (classes == 0 || classes > CLASSES_MAX)
        return;
    for (size_t i = 0; i < classes; i++) {
        const json_t *item = json_array_get(within, i);

        bounds[i] = (uint64_t)json_integer_value(json_object_get(item, "us"));
        counts[i] = (uint64_t)json_integer_value(json_object_get(item, "count"));
    }
    hs_exposition_begin(out, &metric->family);
    hs_exposition_histogram(
        out, &(struct hs_histogram){
                 .class_count = classes,
                 .bounds_us = bounds,
                 .within = counts,
                 .count = (uint64_t)json_integer_value(json_object_get(object, "count")),
                 .sum_us = (uint64_t)json_integer_value(json_object_get(object, "sum_us"))});
}

static const char *text_of(const json_t *status, const char *field)
{
    const char *text = json_string_value(field_of(status, field));

    return text ? text : "";
}

/* An empty label is none. */
static void format_version(char text[24], const json_t *version)
{
    text[0] = '\0';
    if (json_is_integer(version))
        snprintf(text, 24, "%lld", (long long)json_integer_value(version));
}

void hs_metric_build(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    char least[24], greatest[24];
    const json_t *wire = field_of(source->status, "wire");
    const struct hs_label labels[] = {{"version", text_of(source->status, "version")},
                                      {"wire_min", least},
                                      {"wire_max", greatest}};

    format_version(least, json_object_get(wire, "min"));
    format_version(greatest, json_object_get(wire, "max"));
    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, labels, 3, 1);
}

void hs_metric_agent(const struct hs_metric *metric, const struct hs_metrics_source *source,
                     struct hs_exposition *out)
{
    const struct hs_label labels[] = {{"name", text_of(source->status, "name")},
                                      {"agent_cluster", text_of(source->status, "cluster")},
                                      {"address", text_of(source->status, "addr")},
                                      {"seal", text_of(source->status, "seal")}};

    hs_exposition_begin(out, &metric->family);
    hs_exposition_count(out, labels, 4, 1);
}
