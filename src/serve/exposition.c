/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- which form -------------------------------------------------------------------------- */

const char *hs_form_type(enum hs_form form)
{
    return form == HS_FORM_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* A part of a header's value, without the blanks around it. */
struct part {
    const char *text;
    size_t len;
};

/* Takes the part before the next `separator`; false: there is none left. */
static bool next_part(const char **rest, const char *end, char separator, struct part *ret_part)
{
    const char *stop;

    if (!*rest)
        return false;
    stop = memchr(*rest, separator, (size_t)(end - *rest));
    *ret_part = (struct part){*rest, (size_t)((stop ? stop : end) - *rest)};
    *rest = stop ? stop + 1 : NULL;
    while (ret_part->len > 0 && strchr(" \t", ret_part->text[0]) != NULL) {
        ret_part->text++;
        ret_part->len--;
    }
    while (ret_part->len > 0 && strchr(" \t", ret_part->text[ret_part->len - 1]) != NULL)
        ret_part->len--;
    return true;
}

static bool part_is(const struct part *part, const char *text)
{
    return part->len == strlen(text) && strncasecmp(part->text, text, part->len) == 0;
}

static bool part_begins(const struct part *part, const char *text)
{
    return part->len >= strlen(text) && strncasecmp(part->text, text, strlen(text)) == 0;
}

/* The weight of one media range, "text/plain; version=0.0.4; q=0.5"; 0 if it is for another type or
 * another version. */
static double range_weight(const struct part *range, const char *type, const char *version)
{
    const char *rest = range->text, *end = range->text + range->len;
    struct part part;
    double weight = 1.0;

    if (!next_part(&rest, end, ';', &part) || !part_is(&part, type))
        return 0.0;
    while (next_part(&rest, end, ';', &part)) {
        if (part_begins(&part, "version=") && !part_is(&part, version))
            return 0.0;
        if (part_begins(&part, "q="))
            weight = strtod(part.text + 2, NULL); /* ends at ';', ',' or the header's end */
    }
    return weight > 0.0 && weight <= 1.0 ? weight : 0.0;
}

static double weight_of(const char *accept, const char *type, const char *version)
{
    const char *rest = accept, *end = accept + strlen(accept);
    struct part range;
    double greatest = 0.0;

    while (next_part(&rest, end, ',', &range)) {
        double weight = range_weight(&range, type, version);

        greatest = weight > greatest ? weight : greatest;
    }
    return greatest;
}

enum hs_form hs_form_accepted(const char *accept)
{
    if (!accept)
        return HS_FORM_TEXT;
    return weight_of(accept, "application/openmetrics-text", "version=1.0.0") >
                   weight_of(accept, "text/plain", "version=0.0.4")
               ? HS_FORM_OPENMETRICS
               : HS_FORM_TEXT;
}

/* ---- names and labels -------------------------------------------------------------------- */

static const char *suffix_of(enum hs_metric_type type)
{
    return type == HS_METRIC_COUNTER ? "_total" : type == HS_METRIC_INFO ? "_info" : "";
}

static const char *word_of(enum hs_metric_type type, enum hs_form form)
{
    switch (type) {
    case HS_METRIC_COUNTER:
        return "counter";
    case HS_METRIC_HISTOGRAM:
        return "histogram";
    case HS_METRIC_INFO:
        return form == HS_FORM_OPENMETRICS ? "info" : "gauge";
    case HS_METRIC_GAUGE:
        break;
    }
    return "gauge";
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

/* In OpenMetrics the suffix belongs to the sample alone. */
void hs_exposition_begin(struct hs_exposition *exposition, const struct hs_family *family)
{
    const char *suffix = exposition->form == HS_FORM_OPENMETRICS ? "" : suffix_of(family->type);

    exposition->family = family;
    fprintf(exposition->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name, suffix, family->help,
            family->name, suffix, word_of(family->type, exposition->form));
}

static void put_name(const struct hs_exposition *exposition, const char *suffix,
                     const struct hs_label *labels, size_t label_count)
{
    FILE *out = exposition->out;

    fprintf(out, "%s%s", exposition->family->name, suffix);
    for (size_t i = 0; i < label_count; i++) {
        fprintf(out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
        put_escaped(out, labels[i].value);
        fputc('"', out);
    }
    fputs(label_count > 0 ? "} " : " ", out);
}

/* ---- samples ----------------------------------------------------------------------------- */

/* Fifteen digits: no number of ours has more that mean something, and 0.1 stays 0.1. */
static void put_real(FILE *out, double value)
{
    if (isnan(value))
        fputs("NaN\n", out);
    else if (isinf(value))
        fputs(value > 0 ? "+Inf\n" : "-Inf\n", out);
    else
        fprintf(out, "%.15g\n", value);
}

void hs_exposition_count(const struct hs_exposition *exposition, const struct hs_label *labels,
                         size_t label_count, uint64_t value)
{
    put_name(exposition, suffix_of(exposition->family->type), labels, label_count);
    fprintf(exposition->out, "%" PRIu64 "\n", value);
}

void hs_exposition_real(const struct hs_exposition *exposition, const struct hs_label *labels,
                        size_t label_count, double value)
{
    put_name(exposition, suffix_of(exposition->family->type), labels, label_count);
    put_real(exposition->out, value);
}

/* OpenMetrics writes whole numbers here as 1.0. The text format allows that, too, and so a series
 * has the same labels in both forms. */
static void format_bound(char text[32], uint64_t us)
{
    if (us % 1000000 == 0)
        snprintf(text, 32, "%" PRIu64 ".0", us / 1000000);
    else
        snprintf(text, 32, "%.15g", (double)us / 1e6);
}

void hs_exposition_histogram(const struct hs_exposition *exposition,
                             const struct hs_histogram *histogram)
{
    char text[32];
    struct hs_label bound = {"le", text};

    for (size_t i = 0; i < histogram->class_count; i++) {
        format_bound(text, histogram->bounds_us[i]);
        put_name(exposition, "_bucket", &bound, 1);
        fprintf(exposition->out, "%" PRIu64 "\n", histogram->within[i]);
    }
    bound.value = "+Inf";
    put_name(exposition, "_bucket", &bound, 1);
    fprintf(exposition->out, "%" PRIu64 "\n", histogram->count);
    put_name(exposition, "_sum", NULL, 0);
    put_real(exposition->out, (double)histogram->sum_us / 1e6);
    put_name(exposition, "_count", NULL, 0);
    fprintf(exposition->out, "%" PRIu64 "\n", histogram->count);
}

void hs_exposition_end(const struct hs_exposition *exposition)
{
    if (exposition->form == HS_FORM_OPENMETRICS)
        fputs("# EOF\n", exposition->out);
}
