/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `status` and `version`: this agent. Counters that are 0 are left out, except where 0 is the news
 * (no drops).
 */
#include "status.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/version.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"

#define SEEDS_SHOWN 8

/* ---- pieces ------------------------------------------------------------------------------ */

static uint64_t sum(const json_t *counters)
{
    struct hs_ctl_field counter = {NULL};
    uint64_t total = 0;
    while (hs_ctl_next_field(counters, &counter))
        total += (uint64_t)json_integer_value(counter.value);
    return total;
}

/* "gossip 12, ack 9": the counters that are not 0, on lines that fit. */
static void put_counters(const char *name, const json_t *counters, const char *none)
{
    struct hs_ctl_field counter = {NULL};
    struct cli_list list;
    char word[CLI_WORD_MAX];
    cli_list_begin(&list, ", ");
    while (hs_ctl_next_field(counters, &counter)) {
        json_int_t value = json_integer_value(counter.value);
        if (value <= 0)
            continue;
        cli_format_count(word, (uint64_t)value);
        cli_list_add(&list, "%s %s", counter.key, word);
    }
    char *text = cli_list_end(&list);
    cli_put_list(name, text[0] != '\0' ? text : none);
    free(text);
}

static void put_traffic(const char *name, const json_t *kinds, uint64_t bytes)
{
    char count[CLI_WORD_MAX], size[CLI_WORD_MAX], text[3 * CLI_WORD_MAX];
    cli_format_count(count, sum(kinds));
    cli_format_bytes(size, bytes);
    snprintf(text, sizeof(text), "%s datagrams, %s", count, size);
    cli_put_field(name, text);
    if (sum(kinds) > 0)
        put_counters("", kinds, "");
}

/* ---- status ------------------------------------------------------------------------------ */

json_t *cli_status_request(const struct cli *cli)
{
    (void)cli;
    return cli_new_request(HS_CTL_COMMAND_STATUS);
}

static void show_agent(const json_t *answer)
{
    const json_t *refused = json_object_get(answer, "refused");
    const char *state = cli_flag(answer, "leaving")    ? "leaving"
                        : cli_flag(answer, "ready")    ? "ready"
                        : json_array_size(refused) > 0 ? "joining: refused"
                                                       : "joining: no seed has answered yet";
    char uptime[CLI_WORD_MAX];
    cli_format_span(uptime, cli_number(answer, "uptime_us"));
    cli_put_formatted("name", "%s at %s", cli_text(answer, "name"), cli_text(answer, "addr"));
    cli_put_field("cluster", cli_text(answer, "cluster"));
    cli_put_formatted("agent", "hearsayd %s, pid %llu, up %s", cli_text(answer, "version"),
                      (unsigned long long)cli_number(answer, "pid"), uptime);
    cli_put_field("state", state);
    for (size_t i = 0; i < json_array_size(refused); i++)
        cli_put_formatted(i == 0 ? "refused" : "", "at %s: %s",
                          cli_text(json_array_get(refused, i), "addr"),
                          cli_text(json_array_get(refused, i), "message"));
}

/* What became of the seeds: joined, or why not. */
static void show_seeds(const json_t *seeds)
{
    size_t count = json_array_size(seeds);
    for (size_t i = 0; i < count && i < SEEDS_SHOWN; i++) {
        const json_t *seed = json_array_get(seeds, i);
        const char *result = cli_text(seed, "result"), *message = cli_text(seed, "message");
        if (cli_flag(seed, "joined") && message[0] == '\0')
            result = "joined";
        else if (result[0] == '\0')
            result = "being looked up or called";
        cli_put_formatted(i == 0 ? "seeds" : "", "%s: %s%s%s", cli_text(seed, "seed"), result,
                          message[0] != '\0' ? ": " : "", message);
    }
    if (count > SEEDS_SHOWN)
        cli_put_formatted("", "and %zu more (--json has all)", count - SEEDS_SHOWN);
}

/* Agents of the first release do not tell any of this. */
static void show_ring_timing(const json_t *answer)
{
    const json_t *ring = json_object_get(answer, "ring"),
                 *timing = json_object_get(answer, "ring_timing"),
                 *names = json_object_get(timing, "names");
    unsigned long long others = (unsigned long long)cli_number(timing, "others");
    struct cli_list list;
    char *text;
    if (cli_number(ring, "held") > 0)
        cli_put_formatted("held", "%llu dead own keys until their death is ring-hold old",
                          (unsigned long long)cli_number(ring, "held"));
    if (cli_flag(answer, "settling"))
        cli_put_field("settling", "agents that see the same may have another ring now");
    if (others == 0)
        return;
    cli_list_begin(&list, ", ");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        cli_list_add(&list, "%s", name ? name : "");
    }
    text = cli_list_end(&list);
    cli_put_formatted("timing",
                      "another ring-hold or ring-settle than here: %s%s; their rings differ from "
                      "this one now and then",
                      text, others > json_array_size(names) ? " and more" : "");
    free(text);
}

static void show_view(const json_t *answer)
{
    const json_t *members = json_object_get(answer, "members");
    const json_t *ring = json_object_get(answer, "ring");
    char tokens[CLI_WORD_MAX], share[CLI_WORD_MAX], rumors[CLI_WORD_MAX];
    cli_format_count(tokens, cli_number(ring, "tokens"));
    cli_format_share(share, cli_real(answer, "loss"));
    cli_format_count(rumors, cli_number(answer, "rumors"));
    cli_put_formatted("members", "%llu alive, %llu suspect, %llu dead",
                      (unsigned long long)cli_number(members, "alive"),
                      (unsigned long long)cli_number(members, "suspect"),
                      (unsigned long long)cli_number(members, "dead"));
    if (cli_number(answer, "drained") > 0)
        cli_put_formatted("drained",
                          "%llu own no keys (agents of the first release give each one "
                          "token)",
                          (unsigned long long)cli_number(answer, "drained"));
    cli_put_formatted("digest", "%s (equal on agents that agree)", cli_text(answer, "digest"));
    if (ring)
        cli_put_formatted("ring", "version %llu, checksum %s, %s tokens",
                          (unsigned long long)cli_number(ring, "version"),
                          cli_text(ring, "checksum"), tokens);
    show_ring_timing(answer);
    cli_put_formatted("rumors", "%s waiting", rumors);
    cli_put_formatted("loss", "%s of round trips (estimated; a new agent assumes 20%%)", share);
}

static void show_process(const json_t *process)
{
    char cpu[CLI_WORD_MAX], resident[CLI_WORD_MAX];
    if (!json_is_object(process))
        return;
    cli_format_span(cpu, cli_number(process, "cpu_us"));
    cli_format_bytes(resident, cli_number(process, "resident_bytes"));
    cli_put_formatted("process", "%s of CPU time, %s of memory, %llu of %llu descriptors", cpu,
                      resident, (unsigned long long)cli_number(process, "open_fds"),
                      (unsigned long long)cli_number(process, "max_fds"));
}

/* How long the agent was stopped, suspended or late: the cause of much that is blamed on others. */
static void show_away(uint64_t away_us)
{
    char span[CLI_WORD_MAX];
    if (away_us == 0)
        return;
    cli_format_span(span, away_us);
    cli_put_formatted("away", "%s in all (stopped, suspended or late)", span);
}

/* An agent of a release before it says nothing of it. */
static void show_state(const json_t *state)
{
    const json_t *saved = json_object_get(state, "saved_us");
    const char *dir = cli_text(state, "dir");
    const char *trouble = json_string_value(json_object_get(state, "error"));
    char contacts[CLI_WORD_MAX], tags[CLI_WORD_MAX], ago[CLI_WORD_MAX] = "before this start";
    if (!json_is_object(state))
        return;
    cli_format_count(contacts, cli_number(state, "contacts"));
    cli_format_count(tags, cli_number(state, "tags"));
    if (json_is_integer(saved))
        cli_format_span(ago, cli_number(state, "saved_us"));
    if (trouble)
        cli_put_field("state-dir", trouble);
    else if (json_is_true(json_object_get(state, "forgotten")))
        cli_put_formatted("state-dir", "%s: forgotten until the next start", dir);
    else
        cli_put_formatted("state-dir", "%s: %s contacts, %s tags, saved %s%s", dir, contacts, tags,
                          ago, json_is_integer(saved) ? " ago" : "");
}

/* R60: whether a witness will say it at once, should this agent die. */
static void show_last_words(const char *state)
{
    static const struct {
        const char *state, *words;
    } all[] = {
        {"on", "there: others know at once if this agent dies"},
        {"off", "off (last-words = no)"},
        {"lost", "none: others will not know at once if this agent dies; the log says why"},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(state, all[i].state) == 0)
            cli_put_field("witness", all[i].words);
}

void cli_status_show(const struct cli *cli, const json_t *answer)
{
    const json_t *log = json_object_get(answer, "log");
    const char *trouble = json_string_value(json_object_get(log, "error"));
    char written[CLI_WORD_MAX], waiting[CLI_WORD_MAX], dropped[CLI_WORD_MAX];
    (void)cli;
    show_agent(answer);
    show_seeds(json_object_get(answer, "seeds"));
    show_process(json_object_get(answer, "process"));
    show_last_words(cli_text(answer, "last_words"));
    show_view(answer);
    show_away(cli_number(answer, "away_us"));
    put_traffic("received", json_object_get(answer, "received"),
                cli_number(answer, "bytes_received"));
    put_traffic("sent", json_object_get(answer, "sent"), cli_number(answer, "bytes_sent"));
    put_counters("drops", json_object_get(answer, "drops"), "none");
    put_counters("counters", json_object_get(answer, "counters"), "none");
    cli_format_count(written, cli_number(log, "written"));
    cli_format_count(dropped, cli_number(log, "dropped"));
    cli_format_count(waiting, cli_number(log, "waiting"));
    if (trouble)
        cli_put_formatted("log", "%s lines written, %s dropped, %s waiting (%s)", written, dropped,
                          waiting, trouble);
    else
        cli_put_formatted("log", "%s lines written, %s dropped", written, dropped);
    show_state(json_object_get(answer, "state"));
}

/* ---- version ----------------------------------------------------------------------------- */

int cli_version_run(struct cli *cli)
{
    json_t *answer = NULL;
    bool json = cli->value[CLI_JSON];
    if (!json)
        cli_put_field("hearsay", HEARSAY_VERSION);
    int code = cli_ask(&cli->client, cli_new_request(HS_CTL_COMMAND_VERSION), &answer);
    if (code != 0)
        return code;
    const json_t *wire = json_object_get(answer, "wire");
    if (json)
        cli_put_json(answer);
    else
        cli_put_formatted("hearsayd", "%s (wire versions %llu to %llu)",
                          cli_text(answer, "version"), (unsigned long long)cli_number(wire, "min"),
                          (unsigned long long)cli_number(wire, "max"));
    json_decref(answer);
    return HS_CTL_EXIT_OK;
}
