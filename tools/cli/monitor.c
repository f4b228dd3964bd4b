/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `monitor`: the agent's events as they happen. A change of a member, which people watch for, reads
 * as a sentence, without the numbers that only programs compare. Any other event is shown as its
 * fields, so that nothing is lost when the agent is newer than the tool.
 */
#include "monitor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"

static json_t *monitor_request(const struct cli *cli)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_MONITOR);
    json_t *events = json_array();
    for (int i = 0; i < cli->arg_count; i++) {
        if (json_array_append_new(events, json_string(cli->args[i])) < 0) {
            cli_complain("monitor: the name of an event is not UTF-8 text");
            json_decref(events);
            json_decref(request);
            return NULL;
        }
    }
    if (cli->arg_count > 0)
        json_object_set(request, "events", events);
    json_decref(events);
    return request;
}

/* ---- one event a line -------------------------------------------------------------------- */

static void put_value(const json_t *value)
{
    if (json_is_string(value)) {
        cli_put_safe(CLI_PLAIN, json_string_value(value));
        return;
    }
    /* 0.1, not 0.10000000000000001. */
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    if (!text)
        cli_out_of_memory();
    cli_put_safe(CLI_PLAIN, text);
    free(text);
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++) {
        if (strcmp(key, *keys) == 0)
            return true;
    }
    return false;
}

/* " key=value" of every field but those already shown. */
static void put_fields(const json_t *event, const char *const *shown)
{
    struct hs_ctl_field field = {.key = NULL};
    while (hs_ctl_next_field(event, &field)) {
        if (is_one_of(field.key, shown))
            continue;
        cli_put(" ");
        cli_put_safe(CLI_PLAIN, field.key);
        cli_put("=");
        put_value(field.value);
    }
}

static void put_member(const json_t *event)
{
    static const char *const shown[] = {"time", "level",     "node", "event",   "name",
                                        "addr", "from",      "to",   "accuser", "reason",
                                        "id",   "timestamp", NULL};
    const char *from = cli_text(event, "from"), *to = cli_text(event, "to");
    const char *accuser = cli_text(event, "accuser"), *reason = cli_text(event, "reason");
    cli_put(" ");
    cli_put_safe(CLI_BOLD, cli_text(event, "name"));
    cli_put(" ");
    cli_put_safe(CLI_PLAIN, cli_text(event, "addr"));
    cli_put(" ");
    cli_put_safe(cli_status_color(from), from);
    cli_put(" -> ");
    cli_put_safe(cli_status_color(to), to);
    if (reason[0] != '\0' && strcmp(reason, "none") != 0) {
        cli_put(" (");
        cli_put_safe(CLI_PLAIN, reason);
        if (accuser[0] != '\0') {
            cli_put(", says ");
            cli_put_safe(CLI_PLAIN, accuser);
        }
        cli_put(")");
    }
    put_fields(event, shown);
}

static void put_event(const json_t *event)
{
    static const char *const shown[] = {"time", "level", "node", "event", NULL};
    const char *name = cli_text(event, "event");
    const char *time = cli_text(event, "time");
    if (time[0] != '\0') {
        char when[CLI_WORD_MAX];
        cli_format_time(when, time);
        cli_put_safe(CLI_DIM, when);
        cli_put(" ");
    }
    cli_put_safe(CLI_PLAIN, name);
    if (strcmp(name, "member") == 0)
        put_member(event);
    else
        put_fields(event, shown);
    cli_put("\n");
}

/* ---- following --------------------------------------------------------------------------- */

/* Each line is flushed before the next is waited for, so there is nothing left to do. */
static void end_at_once(int signal_number)
{
    (void)signal_number;
    _exit(HS_CTL_EXIT_OK);
}

static int follow_events(struct cli *cli)
{
    int code = 0;
    while (code == 0) {
        json_t *event = NULL;
        code = cli_next_line(&cli->client, &event);
        if (code != 0)
            break;
        if (cli->value[CLI_JSON])
            cli_put_json(event);
        else
            put_event(event);
        json_decref(event);
        if (fflush(stdout) != 0)
            return HS_CTL_EXIT_OK; /* cli_finish says why, and whether it matters */
    }
    return code < 0 ? HS_CTL_EXIT_OK : code;
}

int cli_monitor_run(struct cli *cli)
{
    json_t *request = monitor_request(cli), *answer = NULL;
    if (!request)
        return HS_CTL_EXIT_USAGE;
    signal(SIGINT, end_at_once);
    int code = cli_ask(&cli->client, request, &answer);
    json_decref(answer);
    return code != 0 ? code : follow_events(cli);
}
