/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: what an agent says of itself, a mirror that is fed by hand, and counters. */
#include "agent_lines.h"

#include "serve/metrics.h"

#define STATUS                                                                                     \
    "{\"ok\":true,\"ready\":true,\"last_words\":\"lost\",\"isolated\":false,\"leaving\":false,"    \
    "\"name\":\"a\","                                                                              \
    "\"addr\":\"10.0.0.1:7847\",\"cluster\":\"c\\\"d\",\"version\":\"9.8.7\","                     \
    "\"wire\":{\"min\":1,\"max\":2},\"seal\":\"on\",\"longest_turn_us\":1500,"                     \
    "\"refused\":[{},{}],\"members\":{\"alive\":2,\"suspect\":0,\"dead\":1},"                      \
    "\"digest\":\"fff0000000000001\",\"loss\":0.125,"                                              \
    "\"received\":{\"gossip\":7,\"ack\":0},\"counters\":{\"probes\":12,\"denied\":0},"             \
    "\"transitions\":{\"alive\":{\"none\":2},\"dead\":{\"failed\":1,\"left\":0}},"                 \
    "\"round_trips\":{\"count\":9,\"sum_us\":2500000,\"within\":[{\"us\":100,\"count\":4},"        \
    "{\"us\":1000000,\"count\":8}]},\"state\":{\"error\":\"the disk is full\"},"                   \
    "\"process\":{\"start\":1795910461000000,\"cpu_us\":91823}}"

struct scrape {
    struct hs_metrics_source source;
    struct hs_tally tally;
    struct hs_mirror_hold held;
    json_t *status;
    char *text;
    unsigned pieces; /* in which the text was written */
};

static void begin(struct scrape *scrape, const char *status)
{
    start();
    snapshot(ONE, ONE "-5", "ab", true);
    member(ONE "-6", "b", "dead", "");
    hs_tally_init(&scrape->tally, 0);
    hs_tally_add_handler(&scrape->tally, "/metrics");
    scrape->status = status ? json_loads(status, 0, NULL) : NULL;
    scrape->source = (struct hs_metrics_source){
        .status = scrape->status,
        .mirror = mirror,
        .tally = &scrape->tally,
        .process = {.cpu_us = 1250000, .resident_bytes = 4096, .open_fds = 5},
        .started = UINT64_C(1795910461500000),
    };
    scrape->held = (struct hs_mirror_hold){.count = 0};
    scrape->text = NULL;
}

static void show_members(struct scrape *scrape)
{
    ck_assert_int_eq(hs_mirror_hold(&scrape->held, mirror), 0);
    scrape->source.held = &scrape->held;
}

static const char *scraped(struct scrape *scrape)
{
    struct hs_metrics_place place = {.began = false};
    size_t len;
    FILE *out;

    free(scrape->text);
    out = open_memstream(&scrape->text, &len);
    scrape->pieces = 1;
    while (hs_metrics_write(out, &scrape->source, &place))
        scrape->pieces++;
    ck_assert_int_eq(fclose(out), 0);
    return scrape->text;
}

static void end(struct scrape *scrape)
{
    free(scrape->text);
    json_decref(scrape->status);
    hs_mirror_release(&scrape->held);
    hs_mirror_free(mirror);
}

/* A line of its own. */
static void has(const char *text, const char *line)
{
    const char *found = text;
    size_t len = strlen(line);

    while ((found = strstr(found, line))) {
        if ((found == text || found[-1] == '\n') && found[len] == '\n')
            return;
        found += len;
    }
    ck_abort_msg("no line %s in\n%s", line, text);
}

static void lacks(const char *text, const char *part)
{
    ck_assert_msg(!strstr(text, part), "%s in\n%s", part, text);
}

START_TEST(test_what_the_agent_says_is_shown)
{
    struct scrape scrape;
    const char *text;

    begin(&scrape, STATUS);
    text = scraped(&scrape);
    has(text, "hearsay_up 1");
    has(text, "hearsay_build_info{version=\"9.8.7\",wire_min=\"1\",wire_max=\"2\"} 1");
    has(text, "hearsay_agent_info{name=\"a\",agent_cluster=\"c\\\"d\",address=\"10.0.0.1:7847\","
              "seal=\"on\"} 1");
    has(text, "hearsay_ready 1");
    has(text, "hearsay_isolated 0");
    has(text, "hearsay_refusals 2");
    has(text, "hearsay_members{status=\"dead\"} 1");
    has(text, "hearsay_member_transitions_total{to=\"dead\",cause=\"left\"} 0");
    has(text, "hearsay_datagrams_received_total{kind=\"gossip\"} 7");
    has(text, "# TYPE hearsay_probes_total counter");
    has(text, "hearsay_probes_total 12");
    has(text, "hearsay_loss_ratio 0.125");
    has(text, "hearsay_agent_longest_turn_seconds 0.0015");
    has(text, "hearsay_agent_cpu_seconds_total 0.091823");
    has(text, "hearsay_agent_start_time_seconds 1795910461");
    has(text, "hearsay_state_failing 1");
    has(text, "hearsay_last_words{state=\"on\"} 0");
    has(text, "hearsay_last_words{state=\"lost\"} 1");
    has(text, "hearsay_probe_rtt_seconds_bucket{le=\"0.0001\"} 4");
    has(text, "hearsay_probe_rtt_seconds_bucket{le=\"1.0\"} 8");
    has(text, "hearsay_probe_rtt_seconds_bucket{le=\"+Inf\"} 9");
    has(text, "hearsay_probe_rtt_seconds_sum 2.5");
    end(&scrape);
}
END_TEST

/* A double has 53 bits, and Prometheus compares doubles. */
START_TEST(test_checksums_keep_the_bits_that_a_double_holds)
{
    struct scrape scrape;

    begin(&scrape, STATUS);
    has(scraped(&scrape), "hearsay_view_digest 1");
    json_object_set_new(scrape.status, "digest", json_string("ffffffffffffffff"));
    has(scraped(&scrape), "hearsay_view_digest 4503599627370495");
    json_object_set_new(scrape.status, "digest", json_string("no digest"));
    lacks(scraped(&scrape), "hearsay_view_digest");
    end(&scrape);
}
END_TEST

START_TEST(test_the_ring_is_that_of_the_mirror)
{
    struct scrape scrape;
    double share = -1;
    const char *line;

    begin(&scrape, STATUS);
    line = strstr(scraped(&scrape), "\nhearsay_ring_share_ratio ");
    ck_assert_ptr_nonnull(line);
    share = strtod(line + strlen("\nhearsay_ring_share_ratio "), NULL);
    ck_assert(share > 0 && share < 1);
    has(scrape.text, "hearsay_ring_members 2");
    has(scrape.text, "hearsay_members_failed 1");
    end(&scrape);
}
END_TEST

/* What is not true any more would be believed. */
START_TEST(test_of_a_silent_agent_only_what_is_still_true_is_shown)
{
    struct scrape scrape;
    const char *text;

    begin(&scrape, NULL);
    show_members(&scrape);
    scrape.source.worth.stale_us = 2500000;
    text = scraped(&scrape);
    has(text, "hearsay_up 0");
    has(text, "hearsay_view_stale_seconds 2.5");
    has(text, "process_cpu_seconds_total 1.25");
    has(text, "process_start_time_seconds 1795910461.5");
    has(text, "hearsay_http_requests_total{code=\"200\",handler=\"/metrics\"} 0");
    lacks(text, "hearsay_members");
    lacks(text, "hearsay_ring");
    lacks(text, "hearsay_member_status");
    lacks(text, "hearsay_agent");
    scrape.source.worth.stale_us = UINT64_MAX;
    has(scraped(&scrape), "hearsay_view_stale_seconds +Inf");
    end(&scrape);
}
END_TEST

/* No sample is better than a 0 that nobody has counted. */
START_TEST(test_what_an_older_agent_does_not_say_is_not_shown)
{
    struct scrape scrape;
    const char *text;

    begin(&scrape, "{\"ok\":true,\"ready\":false,\"counters\":{\"probes\":3},\"members\":"
                   "{\"alive\":1}}");
    text = scraped(&scrape);
    has(text, "hearsay_up 1");
    has(text, "hearsay_ready 0");
    has(text, "hearsay_probes_total 3");
    has(text, "hearsay_refusals 0");
    has(text, "hearsay_build_info{version=\"\",wire_min=\"\",wire_max=\"\"} 1");
    lacks(text, "hearsay_state_failing");
    lacks(text, "hearsay_last_words");
    lacks(text, "hearsay_suspicions");
    lacks(text, "hearsay_probe_rtt");
    lacks(text, "hearsay_member_transitions");
    lacks(text, "hearsay_agent_cpu");
    end(&scrape);
}
END_TEST

START_TEST(test_an_answer_of_wrong_types_is_survived)
{
    static const char *const answers[] = {
        "{}",
        "{\"members\":7,\"counters\":[1],\"round_trips\":{\"within\":[1,2,{}]},\"wire\":3}",
        "{\"members\":{\"alive\":\"x\"},\"transitions\":{\"alive\":4,\"dead\":{\"a\":null}}}",
        "{\"process\":null,\"state\":null,\"digest\":9,\"ring\":{\"checksum\":null},\"loss\":{}}",
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct scrape scrape;

        begin(&scrape, answers[i]);
        has(scraped(&scrape), "hearsay_up 1");
        end(&scrape);
    }
}
END_TEST

START_TEST(test_members_have_series_where_they_were_asked_for)
{
    struct scrape scrape;
    const char *text;

    begin(&scrape, STATUS);
    lacks(scraped(&scrape), "hearsay_member_status");
    ck_assert_uint_eq(scrape.pieces, 1);
    show_members(&scrape);
    text = scraped(&scrape);
    ck_assert_uint_eq(scrape.pieces, 5); /* the samples of two members in two metrics */
    has(text, "hearsay_member_status{member=\"a\"} 1");
    has(text, "hearsay_member_status{member=\"b\"} 3");
    has(text, "hearsay_member_rtt_seconds{member=\"a\"} 0.0003");
    end(&scrape);
}
END_TEST

START_TEST(test_openmetrics_ends_with_its_end)
{
    struct scrape scrape;
    const char *text;

    begin(&scrape, STATUS);
    lacks(scraped(&scrape), "# EOF");
    scrape.source.form = HS_FORM_OPENMETRICS;
    text = scraped(&scrape);
    ck_assert_str_eq(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
    has(text, "# TYPE hearsay_probes counter");
    has(text, "hearsay_probes_total 12");
    has(text, "# TYPE hearsay_build info");
    end(&scrape);
}
END_TEST

/* What the format and its conventions ask for. */
START_TEST(test_names_are_plain_and_stand_once)
{
    for (size_t i = 0; i < hs_metric_count; i++) {
        const struct hs_family *family = &hs_metric_table[i].family;
        size_t len = strlen(family->name);

        ck_assert(strncmp(family->name, "hearsay_", 8) == 0 ||
                  strncmp(family->name, "process_", 8) == 0);
        ck_assert_uint_eq(strspn(family->name, "abcdefghijklmnopqrstuvwxyz_"), len);
        ck_assert_ptr_null(strstr(family->name, "_total"));
        ck_assert_ptr_null(strpbrk(family->help, "\\\"\n"));
        ck_assert_int_eq(family->help[strlen(family->help) - 1], '.');
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(family->name, hs_metric_table[j].family.name);
    }
}
END_TEST

HARNESS_MAIN("metrics", test_what_the_agent_says_is_shown,
             test_checksums_keep_the_bits_that_a_double_holds, test_the_ring_is_that_of_the_mirror,
             test_of_a_silent_agent_only_what_is_still_true_is_shown,
             test_what_an_older_agent_does_not_say_is_not_shown,
             test_an_answer_of_wrong_types_is_survived,
             test_members_have_series_where_they_were_asked_for, test_openmetrics_ends_with_its_end,
             test_names_are_plain_and_stand_once)
