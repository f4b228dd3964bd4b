/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table for people. Everything in it but the line "speed" is the same on every machine.
 */
#include "report.h"

#include <inttypes.h>
#include <string.h>

void sim_total_of(struct sim_total *ret_total, const struct sim_runs *runs)
{
    struct sim_total total = {0};
    for (uint32_t i = 0; i < runs->count; i++) {
        const struct sim_result *r = &runs->results[i];
        total.member_us += r->member_us;
        total.sent += r->sent;
        total.bytes += r->bytes;
        total.crashes += r->crashes;
        total.unresolved += r->unresolved;
        total.stalls += r->stalls;
        total.false_dead += r->false_dead;
        total.false_dead_members += r->false_dead_members;
        total.false_suspicions += r->false_suspicions;
        total.false_suspicion_members += r->false_suspicion_members;
        total.ailing_dead += r->ailing_dead;
        total.refutations += r->refutations;
        total.evicted += r->evicted;
        total.forced += r->forced;
        total.views_dropped += r->views_dropped;
        total.time += r->time;
        total.cpu_us += r->cpu_us;
        total.steps += r->steps;
        total.refused += r->refused;
        total.attack_sent += r->attack_sent;
        total.attack_bytes += r->attack_bytes;
        total.attack_answered += r->attack_answered;
        total.attack_answered_bytes += r->attack_answered_bytes;
        total.attack_pairs += r->attack_pairs;
        total.failed_runs += sim_result_failed(r);
        if (r->memory > total.memory) {
            total.memory = r->memory;
            total.view = r->view;
        }
    }
    *ret_total = total;
}

/* ---- expectations ------------------------------------------------------------------------ */

bool sim_expectation_asked(const struct sim_scenario *scenario, enum sim_expectation expectation)
{
    const struct sim_expectations *expect = &scenario->expect;
    switch (expectation) {
    case SIM_EXPECT_DEAD:
        return expect->dead_within > 0;
    case SIM_EXPECT_AGREED:
        return expect->agreed_within > 0;
    case SIM_EXPECT_NO_FALSE_DEAD:
        return expect->no_false_dead;
    case SIM_EXPECT_NO_FALSE_SUSPICION:
        return expect->no_false_suspicion;
    case SIM_EXPECT_NO_REVIVAL:
        return expect->no_revival;
    case SIM_EXPECT_NO_WRONG_MERGE:
        return expect->no_wrong_merge;
    case SIM_EXPECT_REPLACEMENT:
        return expect->replacement_stays;
    case SIM_EXPECT_NO_REFUSED:
        return expect->no_refused;
    case SIM_EXPECT_BEGINNING:
    case SIM_EXPECT_INVARIANTS:
    case SIM_EXPECT_COUNT:
        break;
    }
    return true;
}

static void write_within(char text[64], const char *what, uint64_t us)
{
    char duration[24];
    sim_words_write_duration(us, duration);
    snprintf(text, 64, "%s within %s", what, duration);
}

void sim_expectation_write(char text[64], const struct sim_scenario *scenario,
                           enum sim_expectation expectation)
{
    const struct sim_expectations *expect = &scenario->expect;
    static const char *const names[SIM_EXPECT_COUNT] = {
        [SIM_EXPECT_NO_FALSE_DEAD] = "expect no false dead",
        [SIM_EXPECT_NO_FALSE_SUSPICION] = "expect no false suspicion",
        [SIM_EXPECT_NO_REVIVAL] = "expect no revival",
        [SIM_EXPECT_NO_WRONG_MERGE] = "expect no wrong merge",
        [SIM_EXPECT_REPLACEMENT] = "expect replacement stays",
        [SIM_EXPECT_NO_REFUSED] = "expect no refused key",
        [SIM_EXPECT_INVARIANTS] = "invariants",
    };
    if (expectation == SIM_EXPECT_BEGINNING)
        write_within(text, "until agreed", scenario->beginning_within);
    else if (expectation == SIM_EXPECT_DEAD)
        write_within(text, "expect dead", expect->dead_within);
    else if (expectation == SIM_EXPECT_AGREED)
        write_within(text, "expect agreed", expect->agreed_within);
    else
        snprintf(text, 64, "%s", names[expectation]);
}

static void print_failure(FILE *out, const struct sim_runs *runs, const char *command,
                          enum sim_expectation expectation)
{
    uint64_t times = 0;
    const struct sim_result *first = NULL;
    char text[64];
    for (uint32_t i = 0; i < runs->count; i++) {
        times += runs->results[i].failures[expectation].times;
        if (first == NULL && runs->results[i].failures[expectation].times > 0)
            first = &runs->results[i];
    }
    sim_expectation_write(text, runs->scenario, expectation);
    if (first == NULL) {
        fprintf(out, "ok      %s\n", text);
        return;
    }
    const struct sim_failure *failure = &first->failures[expectation];
    fprintf(out, "FAILED  %s: %" PRIu64 " times; the first:\n", text, times);
    fprintf(out, "        seed %" PRIu64 ", run %u, %.6f s, step %" PRIu64 ":\n", first->seed,
            first->run, (double)failure->at / 1e6, failure->step);
    fprintf(out, "        %s\n", failure->text);
    if (first->run > 0)
        fprintf(out, "        repeat it: %s --only %u\n", command, first->run);
    else
        fprintf(out, "        repeat it: %s\n", command);
}

/* ---- the table --------------------------------------------------------------------------- */

static void print_metric(FILE *out, const struct sim_runs *runs, enum sim_metric metric)
{
    struct sim_series series;
    if (!sim_series_collect(&series, runs->results, runs->count, metric))
        return;
    if (series.count > 0)
        fprintf(out, "%-38s %8zu %9.3f %9.3f %9.3f\n", sim_metric_text(metric), series.count,
                (double)sim_series_at(&series, 500) / 1e6,
                (double)sim_series_at(&series, 990) / 1e6,
                (double)sim_series_at(&series, 1000) / 1e6);
    sim_series_fini(&series);
}

static void print_head(FILE *out, const struct sim_runs *runs)
{
    char duration[24];
    sim_words_write_duration(runs->scenario->run, duration);
    fprintf(out, "%u members, %s, %u run%s, seed %" PRIu64 "\n", runs->scenario->members, duration,
            runs->count, runs->count == 1 ? "" : "s", runs->scenario->seed);
    fprintf(out, "%-38s %8s %9s %9s %9s\n", "seconds until", "n", "p50", "p99", "max");
    fprintf(out, "%-38s %8s %9.3f\n", "beginning: all agree", "1",
            (double)runs->results[0].beginning / 1e6);
}

static void print_verdicts(FILE *out, const struct sim_total *total)
{
    fprintf(out, "%-22s %" PRIu64 " verdicts, on %" PRIu64 " members\n", "false dead",
            total->false_dead, total->false_dead_members);
    fprintf(out, "%-22s %" PRIu64 " verdicts, on %" PRIu64 " members; %" PRIu64 " refutations\n",
            "false suspicions", total->false_suspicions, total->false_suspicion_members,
            total->refutations);
    if (total->stalls > 0)
        fprintf(out, "%-22s %" PRIu64 "\n", "stalls", total->stalls);
    if (total->crashes > 0)
        fprintf(out, "%-22s %" PRIu64 ", not agreed on at the end: %" PRIu64 "\n", "crashes",
                total->crashes, total->unresolved);
    if (total->ailing_dead > 0)
        fprintf(out, "%-22s %" PRIu64 " verdicts on members that lose most datagrams\n",
                "dead, and ailing", total->ailing_dead);
    if (total->forced > 0)
        fprintf(out, "%-22s %" PRIu64 " times by an operator\n", "removed", total->forced);
    if (total->views_dropped > 0)
        fprintf(out, "%-22s %" PRIu64 " times, after absences longer than tombstone-ttl\n",
                "views dropped", total->views_dropped);
    if (total->evicted > 0)
        fprintf(out, "%-22s %" PRIu64 " processes gave way to another of their name\n", "replaced",
                total->evicted);
    if (total->refused > 0)
        fprintf(out, "%-22s %" PRIu64 " datagrams, for their form or key\n", "refused",
                total->refused);
    if (total->attack_sent > 0)
        fprintf(out,
                "%-22s %" PRIu64 " datagrams, %" PRIu64 " bytes; answered: %" PRIu64 ", %" PRIu64
                " bytes\n",
                "attack", total->attack_sent, total->attack_bytes, total->attack_answered,
                total->attack_answered_bytes);
    if (total->attack_pairs > 0)
        fprintf(out, "%-22s %" PRIu64 " pairs of members exchange\n", "after the attack",
                total->attack_pairs);
}

static void print_costs(FILE *out, const struct sim_runs *runs, const struct sim_total *total)
{
    double member_s = (double)total->member_us / 1e6;
    if (member_s > 0)
        fprintf(out, "%-22s %.0f bytes in %.2f datagrams, of each member each second\n", "sent",
                (double)total->bytes / member_s, (double)total->sent / member_s);
    if (total->view > 0)
        fprintf(out, "%-22s %" PRIu64 " kB a member, with %" PRIu64 " members in its view\n",
                "memory", total->memory / 1000, total->view);
    if (total->cpu_us > 0)
        fprintf(out, "%-22s %.0f simulated seconds a second; the beginning took %.1f s\n", "speed",
                (double)total->time / (double)total->cpu_us, (double)runs->beginning_cpu_us / 1e6);
    fprintf(out, "%-22s %016" PRIx64 "\n", "digest", runs->digest);
    fprintf(out, "%-22s %016" PRIx64 "\n", "digest of events", runs->events_digest);
}

void sim_report_table(FILE *out, const struct sim_runs *runs, const char *command)
{
    struct sim_total total;
    sim_total_of(&total, runs);
    print_head(out, runs);
    for (int metric = 0; metric < SIM_METRIC_COUNT; metric++)
        print_metric(out, runs, (enum sim_metric)metric);
    print_verdicts(out, &total);
    print_costs(out, runs, &total);
    for (int i = 0; i < SIM_EXPECT_COUNT; i++)
        if (sim_expectation_asked(runs->scenario, (enum sim_expectation)i))
            print_failure(out, runs, command, (enum sim_expectation)i);
}
