/* SPDX-License-Identifier: Apache-2.0 */
/* `monitor`: the agent's events as they happen. */
#include "monitor.h"

#include <signal.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "event.h"
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

static void put_event(const json_t *event)
{
    const char *time = cli_text(event, "time");
    if (time[0] != '\0') {
        char when[CLI_WORD_MAX];
        cli_format_time(when, time);
        cli_put_safe(CLI_DIM, when);
        cli_put(" ");
    }
    cli_write_event(stdout, event, false);
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
