/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results are plain numbers, because each run has a process of its own and hands its result to the
 * parent as bytes.
 */
#include "result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "grow.h"

const char *sim_metric_key(enum sim_metric metric)
{
    static const char *const keys[] = {
#define SIM_METRIC_KEY(name, key, text) key,
        SIM_METRICS(SIM_METRIC_KEY)
#undef SIM_METRIC_KEY
    };
    return keys[metric];
}

const char *sim_metric_text(enum sim_metric metric)
{
    static const char *const texts[] = {
#define SIM_METRIC_TEXT(name, key, text) text,
        SIM_METRICS(SIM_METRIC_TEXT)
#undef SIM_METRIC_TEXT
    };
    return texts[metric];
}

bool sim_result_add(struct sim_result *result, const struct sim_sample *sample)
{
    struct sim_sample *samples =
        sim_grow(result->samples, result->sample_count, &result->sample_room, sizeof(*samples));
    if (!samples)
        return false;
    result->samples = samples;
    samples[result->sample_count++] = *sample;
    return true;
}

void sim_result_fail(struct sim_result *result, enum sim_expectation expectation, uint64_t at,
                     uint64_t step, const char *format, ...)
{
    struct sim_failure *failure = &result->failures[expectation];
    va_list args;
    if (failure->times++ > 0)
        return;
    failure->at = at;
    failure->step = step;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text, format, args);
    va_end(args);
}

bool sim_result_failed(const struct sim_result *result)
{
    for (size_t i = 0; i < SIM_EXPECT_COUNT; i++)
        if (result->failures[i].times > 0)
            return true;
    return false;
}

/* ---- between processes ------------------------------------------------------------------- */

static bool write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *bytes, size_t len)
{
    char *at = bytes;
    while (len > 0) {
        ssize_t n = read(fd, at, len);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool sim_result_write(const struct sim_result *result, int fd)
{
    return write_all(fd, result, sizeof *result) &&
           write_all(fd, result->samples, result->sample_count * sizeof *result->samples);
}

bool sim_result_read(struct sim_result *ret_result, int fd)
{
    struct sim_result result;
    if (!read_all(fd, &result, sizeof result))
        return false;
    result.sample_room = result.sample_count;
    result.samples = malloc((result.sample_count + 1) * sizeof *result.samples);
    if (result.samples == NULL)
        return false;
    if (!read_all(fd, result.samples, result.sample_count * sizeof *result.samples)) {
        free(result.samples);
        return false;
    }
    *ret_result = result;
    return true;
}

void sim_result_fini(struct sim_result *result)
{
    if (result == NULL)
        return;
    free(result->samples);
    result->samples = NULL;
    result->sample_count = result->sample_room = 0;
}

/* ---- over many --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

bool sim_series_collect(struct sim_series *ret_series, const struct sim_result *results,
                        size_t count, enum sim_metric metric)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += results[i].sample_count;
    struct sim_series series = {.us = malloc((total + 1) * sizeof *series.us)};
    if (series.us == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < results[i].sample_count; j++)
            if (results[i].samples[j].metric == metric)
                series.us[series.count++] = results[i].samples[j].us;
    qsort(series.us, series.count, sizeof *series.us, compare);
    *ret_series = series;
    return true;
}

void sim_series_fini(struct sim_series *series)
{
    free(series->us);
    *series = (struct sim_series){0};
}

uint64_t sim_series_at(const struct sim_series *series, uint32_t permille)
{
    if (series->count == 0)
        return 0;
    size_t at = (series->count * permille + SIM_PERMILLE - 1) / SIM_PERMILLE;
    return series->us[at > 0 ? at - 1 : 0];
}
