/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of metrics, and which of them an Accept header prefers. */
#include "harness.h"

#include <math.h>
#include <string.h>

#include "serve/exposition.h"

static const struct hs_family gauge = {"g_seconds", HS_METRIC_GAUGE, "A gauge."};
static const struct hs_family counter = {"c", HS_METRIC_COUNTER, "A counter."};
static const struct hs_family info = {"i", HS_METRIC_INFO, "An info."};
static const struct hs_family histogram = {"h_seconds", HS_METRIC_HISTOGRAM, "A histogram."};

static void write_all(struct hs_exposition *exposition)
{
    static const uint64_t bounds[] = {100, 250000, 1000000, 2500000}, within[] = {1, 2, 2, 3};
    const struct hs_label labels[] = {{"a", "x"}, {"b", "q\"u\\o\nte"}};

    hs_exposition_begin(exposition, &gauge);
    hs_exposition_real(exposition, NULL, 0, 0.1);
    hs_exposition_begin(exposition, &counter);
    hs_exposition_count(exposition, labels, 2, UINT64_MAX);
    hs_exposition_begin(exposition, &info);
    hs_exposition_count(exposition, labels, 1, 1);
    hs_exposition_begin(exposition, &histogram);
    hs_exposition_histogram(exposition, &(struct hs_histogram){4, bounds, within, 4, 1500000});
    hs_exposition_end(exposition);
}

static void expect(enum hs_form form, const char *expected)
{
    char *text;
    size_t len;
    struct hs_exposition exposition = {.out = open_memstream(&text, &len), .form = form};

    ck_assert_ptr_nonnull(exposition.out);
    write_all(&exposition);
    ck_assert_int_eq(fclose(exposition.out), 0);
    ck_assert_str_eq(text, expected);
    free(text);
}

#define HISTOGRAM_SAMPLES                                                                          \
    "h_seconds_bucket{le=\"0.0001\"} 1\n"                                                          \
    "h_seconds_bucket{le=\"0.25\"} 2\n"                                                            \
    "h_seconds_bucket{le=\"1.0\"} 2\n"                                                             \
    "h_seconds_bucket{le=\"2.5\"} 3\n"                                                             \
    "h_seconds_bucket{le=\"+Inf\"} 4\n"                                                            \
    "h_seconds_sum 1.5\n"                                                                          \
    "h_seconds_count 4\n"

START_TEST(test_the_text_format)
{
    expect(HS_FORM_TEXT, "# HELP g_seconds A gauge.\n"
                         "# TYPE g_seconds gauge\n"
                         "g_seconds 0.1\n"
                         "# HELP c_total A counter.\n"
                         "# TYPE c_total counter\n"
                         "c_total{a=\"x\",b=\"q\\\"u\\\\o\\nte\"} 18446744073709551615\n"
                         "# HELP i_info An info.\n"
                         "# TYPE i_info gauge\n"
                         "i_info{a=\"x\"} 1\n"
                         "# HELP h_seconds A histogram.\n"
                         "# TYPE h_seconds histogram\n" HISTOGRAM_SAMPLES);
    ck_assert_str_eq(hs_form_type(HS_FORM_TEXT), "text/plain; version=0.0.4; charset=utf-8");
}
END_TEST

START_TEST(test_openmetrics)
{
    expect(HS_FORM_OPENMETRICS, "# HELP g_seconds A gauge.\n"
                                "# TYPE g_seconds gauge\n"
                                "g_seconds 0.1\n"
                                "# HELP c A counter.\n"
                                "# TYPE c counter\n"
                                "c_total{a=\"x\",b=\"q\\\"u\\\\o\\nte\"} 18446744073709551615\n"
                                "# HELP i An info.\n"
                                "# TYPE i info\n"
                                "i_info{a=\"x\"} 1\n"
                                "# HELP h_seconds A histogram.\n"
                                "# TYPE h_seconds histogram\n" HISTOGRAM_SAMPLES "# EOF\n");
    ck_assert_str_eq(hs_form_type(HS_FORM_OPENMETRICS),
                     "application/openmetrics-text; version=1.0.0; charset=utf-8");
}
END_TEST

START_TEST(test_numbers_that_are_none_have_words)
{
    char *text;
    size_t len;
    struct hs_exposition exposition = {.out = open_memstream(&text, &len)};

    hs_exposition_begin(&exposition, &gauge);
    hs_exposition_real(&exposition, NULL, 0, HUGE_VAL);
    hs_exposition_real(&exposition, NULL, 0, -HUGE_VAL);
    hs_exposition_real(&exposition, NULL, 0, (double)NAN);
    hs_exposition_real(&exposition, NULL, 0, 1795910461.123456);
    fclose(exposition.out);
    ck_assert_ptr_nonnull(strstr(text, "g_seconds +Inf\ng_seconds -Inf\ng_seconds NaN\n"
                                       "g_seconds 1795910461.12346\n"));
    free(text);
}
END_TEST

/* Some of these headers are what Prometheus 2.42, Prometheus 3, curl and a browser send. */
START_TEST(test_accept_decides)
{
    static const struct {
        const char *accept;
        enum hs_form form;
    } cases[] = {
        {NULL, HS_FORM_TEXT},
        {"", HS_FORM_TEXT},
        {"*/*", HS_FORM_TEXT},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HS_FORM_TEXT},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         HS_FORM_OPENMETRICS},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
         HS_FORM_OPENMETRICS},
        {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", HS_FORM_TEXT},
        {"application/openmetrics-text;version=0.0.1", HS_FORM_TEXT},
        {"application/openmetrics-text", HS_FORM_OPENMETRICS},
        {"Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9, text/plain;q=0.5",
         HS_FORM_OPENMETRICS},
        {"application/openmetrics-text;q=0.4,text/plain", HS_FORM_TEXT},
        {"application/openmetrics-text;q=0", HS_FORM_TEXT},
        {"application/openmetrics-text;q=7", HS_FORM_TEXT},
        {"application/openmetrics-text;q=nan", HS_FORM_TEXT},
        {"application/openmetrics-textual", HS_FORM_TEXT},
        {",;,;=q;q=,,", HS_FORM_TEXT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(hs_form_accepted(cases[i].accept) == cases[i].form, "%s", cases[i].accept);
}
END_TEST

HARNESS_MAIN("exposition", test_the_text_format, test_openmetrics,
             test_numbers_that_are_none_have_words, test_accept_decides)
