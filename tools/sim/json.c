/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results as one JSON object: sums, percentiles of each metric, and each run with its samples and
 * failures. 64-bit numbers that are ids are hex strings, because many JSON readers lose bits of
 * large numbers. Times are seconds.
 */
#include "json.h"

#include <inttypes.h>

#include <jansson.h>

#include "report.h"

static json_t *hex(uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%016" PRIx64, number);
    return json_string(text);
}

static json_t *seconds(uint64_t us)
{
    return json_real((double)us / 1e6);
}

static json_t *integer(uint64_t number)
{
    return json_integer((json_int_t)number);
}

static json_t *json_metric(const struct sim_runs *runs, enum sim_metric metric)
{
    struct sim_series series;
    if (!sim_series_collect(&series, runs->results, runs->count, metric))
        return NULL;
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o}", "count", integer(series.count), "p50",
                  seconds(sim_series_at(&series, 500)), "p99", seconds(sim_series_at(&series, 990)),
                  "max", seconds(sim_series_at(&series, 1000)));
    sim_series_fini(&series);
    return json;
}

static json_t *json_metrics(const struct sim_runs *runs)
{
    json_t *json = json_object();
    for (int i = 0; i < SIM_METRIC_COUNT; i++)
        json_object_set_new(json, sim_metric_key((enum sim_metric)i),
                            json_metric(runs, (enum sim_metric)i));
    return json;
}

static json_t *json_samples(const struct sim_result *result)
{
    json_t *json = json_array();
    for (size_t i = 0; i < result->sample_count; i++) {
        const struct sim_sample *sample = &result->samples[i];
        json_t *item = json_pack("{s:s, s:o, s:o}", "metric", sim_metric_key(sample->metric), "at",
                                 seconds(sample->at), "seconds", seconds(sample->us));
        if (sample->subject != SIM_NOBODY)
            json_object_set_new(item, "member", json_sprintf("n%u", sample->subject + 1));
        json_array_append_new(json, item);
    }
    return json;
}

static json_t *json_failures(const struct sim_runs *runs, const struct sim_result *result)
{
    json_t *json = json_array();
    for (int i = 0; i < SIM_EXPECT_COUNT; i++) {
        const struct sim_failure *failure = &result->failures[i];
        char name[64];
        if (failure->times == 0)
            continue;
        sim_expectation_write(name, runs->scenario, (enum sim_expectation)i);
        json_array_append_new(json,
                              json_pack("{s:s, s:o, s:o, s:o, s:s}", "expectation", name, "times",
                                        integer(failure->times), "at", seconds(failure->at), "step",
                                        integer(failure->step), "text", failure->text));
    }
    return json;
}

static json_t *json_run(const struct sim_runs *runs, const struct sim_result *r)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "run",
                     integer(r->run), "digest", hex(r->digest), "events_digest",
                     hex(r->events_digest), "steps", integer(r->steps), "datagrams",
                     integer(r->sent), "bytes", integer(r->bytes), "crashes", integer(r->crashes),
                     "unresolved", integer(r->unresolved), "false_dead", integer(r->false_dead),
                     "false_suspicions", integer(r->false_suspicions), "samples", json_samples(r),
                     "failures", json_failures(runs, r));
}

static json_t *json_costs(const struct sim_total *total)
{
    double member_s = total->member_us > 0 ? (double)total->member_us / 1e6 : 1;
    return json_pack("{s:f, s:f, s:o, s:o}", "bytes", (double)total->bytes / member_s, "datagrams",
                     (double)total->sent / member_s, "memory", integer(total->memory), "view",
                     integer(total->view));
}

static json_t *json_verdicts(const struct sim_total *total)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "crashes",
        integer(total->crashes), "stalls", integer(total->stalls), "unresolved",
        integer(total->unresolved), "false_dead", integer(total->false_dead), "false_dead_members",
        integer(total->false_dead_members), "false_suspicions", integer(total->false_suspicions),
        "false_suspicion_members", integer(total->false_suspicion_members), "ailing_dead",
        integer(total->ailing_dead), "refutations", integer(total->refutations), "replaced",
        integer(total->evicted), "removed", integer(total->forced), "views_dropped",
        integer(total->views_dropped), "refused", integer(total->refused));
}

static json_t *json_attack(const struct sim_total *total)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "datagrams", integer(total->attack_sent), "bytes",
                     integer(total->attack_bytes), "answered", integer(total->attack_answered),
                     "answered_bytes", integer(total->attack_answered_bytes), "pairs",
                     integer(total->attack_pairs));
}

bool sim_report_json(FILE *out, const struct sim_runs *runs, const char *command)
{
    const struct sim_scenario *scenario = runs->scenario;
    struct sim_total total;
    sim_total_of(&total, runs);
    json_t *list = json_array();
    for (uint32_t i = 0; i < runs->count; i++)
        json_array_append_new(list, json_run(runs, &runs->results[i]));
    json_t *json = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:f}", "command",
        command, "seed", integer(scenario->seed), "members", integer(scenario->members), "seconds",
        seconds(scenario->run), "beginning", seconds(runs->results[0].beginning), "metrics",
        json_metrics(runs), "verdicts", json_verdicts(&total), "attack", json_attack(&total),
        "per_member_second", json_costs(&total), "digest", hex(runs->digest), "events_digest",
        hex(runs->events_digest), "passed", total.failed_runs == 0, "runs", list, "cpu_seconds",
        (double)(total.cpu_us + runs->beginning_cpu_us) / 1e6);
    bool ok = json != NULL && json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0 &&
              fputc('\n', out) != EOF;
    json_decref(json);
    return ok;
}
