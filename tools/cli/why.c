/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `why` is read by a person who was woken by the alarm. The first sentence says what is the case
 * now. Below it stands, oldest first, what led there, in everyday words: "no answer" and not
 * "silent", "port closed" and not "refused".
 */
#include "why.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"
#include "table.h"

struct words {
    const char *name;
    const char *text;
};

static const struct words steps[] = {
    {"probe-failed", "could not reach it"},  {"probe-void", "found the evidence too weak"},
    {"asked", "was asked to probe it too"},  {"reached", "reached it"},
    {"nacked", "could not reach it either"}, {"accused", "accused it"},
    {"declared", "declared it dead"},        {"refuted", "brought its message that it is alive"},
    {"joined", "brought its record"},
};

static const struct words results[] = {
    {"none", ""},
    {"silent", "no answer"},
    {"refused", "port closed"},
    {"failed", "failed"},
    {"left", "said goodbye"},
    {"forced", "by an operator"},
    {"ended", "by its last words"},
};

static const char *find_words(const struct words *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0)
            return table[i].text;
    }
    return name;
}

json_t *cli_why_request(const struct cli *cli)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_WHY);
    if (cli_set_text(request, "name", cli->args[0]))
        return request;
    json_decref(request);
    return NULL;
}

/* ---- the present state ------------------------------------------------------------------- */

static const struct words deaths[] = {
    {"failed", "It was suspected and did not answer in time.\n"},
    {"ended", "Its process has ended, and its own witness said so.\n"},
    {"left", "It said goodbye and is not waited for.\n"},
    {"forced", "An operator removed it.\n"},
};

static void put_death(FILE *out, const char *cause)
{
    const char *text = find_words(deaths, sizeof(deaths) / sizeof(deaths[0]), cause);
    if (text != cause) {
        fputs(text, out);
        return;
    }
    char *safe = cli_safe(cause, NULL);
    fprintf(out, "Cause: %s.\n", safe);
    free(safe);
}

/* What is known of a death is more than its cause, if it is remembered. */
static const char *find_cause(const json_t *member, const json_t *history)
{
    const char *cause = cli_text(member, "cause");
    for (size_t i = json_array_size(history); i-- > 0;) {
        const json_t *step = json_array_get(history, i);
        if (strcmp(cli_text(step, "step"), "declared") == 0)
            return strcmp(cause, "failed") == 0 && strcmp(cli_text(step, "result"), "ended") == 0
                       ? "ended"
                       : cause;
    }
    return cause;
}

static void put_explanation(FILE *out, const json_t *member, const json_t *history)
{
    const char *status = cli_text(member, "status");
    uint64_t rtt = cli_number(member, "rtt_us");
    char word[CLI_WORD_MAX];
    cli_format_rtt(word, rtt);
    if (cli_flag(member, "self"))
        fputs("It is this agent itself.\n", out);
    else if (strcmp(status, "dead") == 0)
        put_death(out, find_cause(member, history));
    else if (strcmp(status, "suspect") == 0)
        fputs("It will be declared dead soon unless it answers.\n", out);
    else if (rtt > 0)
        fprintf(out, "It answers within about %s.\n", word);
    else
        fputs("Its round trip is not known yet.\n", out);
}

static void put_state(FILE *out, const json_t *member, const json_t *history)
{
    const char *status = cli_text(member, "status");
    char *name = cli_safe(cli_text(member, "name"), NULL);
    char *addr = cli_safe(cli_text(member, "addr"), NULL);
    char *safe = cli_safe(status, NULL);
    char span[CLI_WORD_MAX];
    cli_format_span(span, cli_number(member, "in_state_us"));
    fprintf(out, "%s (%s) has been ", name, addr);
    cli_write_colored(out, cli_status_color(status), safe);
    fprintf(out, " for %s.\n", span);
    put_explanation(out, member, history);
    free(name);
    free(addr);
    free(safe);
}

/* ---- the history ------------------------------------------------------------------------- */

/* The word of the subject itself, whoever has passed it on, is told as such. */
static const char *find_actor(const json_t *step)
{
    const char *actor = cli_text(step, "actor");
    if (strcmp(cli_text(step, "result"), "ended") == 0)
        return "its witness";
    return actor[0] != '\0' ? actor : "this agent";
}

static const char *find_step(const json_t *step)
{
    if (strcmp(cli_text(step, "step"), "declared") == 0 &&
        strcmp(cli_text(step, "result"), "left") == 0)
        return "brought its goodbye";
    return find_words(steps, sizeof(steps) / sizeof(steps[0]), cli_text(step, "step"));
}

static void add_step(struct cli_table *table, const json_t *step)
{
    const char *what = find_step(step);
    uint64_t tries = cli_number(step, "tries");
    uint64_t rtt = cli_number(step, "rtt_us");
    char text[2 * CLI_WORD_MAX + 64];
    char word[CLI_WORD_MAX];
    cli_format_time(word, cli_text(step, "time"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_table_add(table, find_actor(step), CLI_PLAIN);
    if (tries > 0)
        snprintf(text, sizeof(text), "%.64s (%llu tr%s)", what, (unsigned long long)tries,
                 tries == 1 ? "y" : "ies");
    else
        snprintf(text, sizeof(text), "%.64s", what);
    cli_table_add(table, text, CLI_PLAIN);
    cli_table_add(
        table, find_words(results, sizeof(results) / sizeof(results[0]), cli_text(step, "result")),
        CLI_PLAIN);
    cli_format_rtt(word, rtt);
    cli_table_add(table, rtt > 0 ? word : "", CLI_PLAIN);
}

void cli_why_write(FILE *out, const json_t *answer, unsigned width)
{
    static const struct cli_column columns[] = {{"TIME (UTC)", false, 0},
                                                {"WHO", false, 8},
                                                {"WHAT", false, 12},
                                                {"RESULT", false, 0},
                                                {"RTT", true, 0}};
    const json_t *history = json_object_get(answer, "history");
    struct cli_table table;
    put_state(out, json_object_get(answer, "member"), history);
    fputs("\n", out);
    if (json_array_size(history) == 0) {
        fputs("How it came to that is not remembered: the agent keeps a bounded number of steps,\n"
              "and none of them is about this member.\n",
              out);
        return;
    }
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(history); i++)
        add_step(&table, json_array_get(history, i));
    cli_table_write(out, &table, width);
    cli_table_fini(&table);
}

void cli_why_show(const struct cli *cli, const json_t *answer)
{
    (void)cli;
    cli_why_write(stdout, answer, cli_screen.terminal ? cli_screen.width : 0);
}
