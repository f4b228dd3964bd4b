/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `wait`: for scripts that start an agent and go on when it knows its cluster. The agent may not
 * have been started yet, or be restarted meanwhile: only the time says when to give up.
 *
 * One connection follows the agent's events and another asks how things are: first after the events
 * are followed, so that no change is missed, and then once after each burst of them. While there is
 * no agent, or it lets nobody else follow its events, it is asked a few times per second.
 *
 * A person who waits sees what for: on a terminal each change of it is said.
 */
#include "wait.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hearsay/config.h>
#include <hearsay/member.h>
#include <hearsay/node.h>

#include "ctl/ctl.h"
#include "format.h"
#include "key_rows.h"
#include "message.h"
#include "out.h"

#define RETRY_MS 200  /* between two looks for the agent */
#define QUIET_MS 50   /* events that come together are answered by one look */
#define SAY_MS   1000 /* between two sentences about what is missing */

/* What is waited for, and what of it is missing. */
struct waiting {
    struct cli *cli;
    bool ready;
    long members;      /* 0: not asked for */
    const char *alive; /* NULL: not asked for */
    bool key;
    char mark[HS_CTL_MARK_MAX]; /* of the key, if one is asked for */
    int patience_s;
    uint64_t begun, deadline; /* milliseconds */
    struct cli_client events;
    struct cli_list lacking; /* of the look that is under way */
    char *missing;           /* of the last one; "": nothing */
    bool told;               /* what is missing is said as it changes */
    bool unsaid;             /* something is that is to be said later */
    char *said;              /* last; NULL: nothing */
    uint64_t said_at;        /* milliseconds */
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t left_ms(const struct waiting *waiting)
{
    uint64_t now = now_ms();

    return now < waiting->deadline ? waiting->deadline - now : 0;
}

static void sleep_ms(const struct waiting *waiting, uint64_t ms)
{
    uint64_t left = left_ms(waiting), some = ms < left ? ms : left;
    struct timespec span = {(time_t)(some / 1000), (long)(some % 1000 * 1000000)};

    nanosleep(&span, NULL);
}

/* A question that waits for no longer than there is time. */
static int ask(struct waiting *waiting, struct cli_client *client, json_t *request,
               json_t **ret_answer)
{
    client->timeout_s = (int)(left_ms(waiting) / 1000) + 1;
    client->brief = true;
    return cli_ask(client, request, ret_answer);
}

/* ---- looking ----------------------------------------------------------------------------- */

static void look_at_status(struct waiting *waiting, const json_t *status)
{
    uint64_t alive = cli_number(json_object_get(status, "members"), "alive");

    if (cli_flag(status, "isolated"))
        cli_list_add(&waiting->lacking, "the agent is isolated: it hears nobody");
    /* Before that it knows no keys but its own. */
    if ((waiting->ready || waiting->key) && !cli_flag(status, "ready"))
        cli_list_add(&waiting->lacking, "the agent has not joined yet");
    if ((long)alive < waiting->members)
        cli_list_add(&waiting->lacking, "%llu of %ld members are alive", (unsigned long long)alive,
                     waiting->members);
}

static void look_at_member(struct waiting *waiting, struct cli_client *client)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_WHY), *answer = NULL;

    json_object_set_new(request, "name", json_string(waiting->alive));
    if (ask(waiting, client, request, &answer) != 0) {
        cli_list_add(&waiting->lacking, "%s", client->complaint);
    } else {
        const char *status = cli_text(json_object_get(answer, "member"), "status");

        if (strcmp(status, hearsay_status_name(HEARSAY_STATUS_ALIVE)) != 0)
            cli_list_add(&waiting->lacking, "%s is %s", waiting->alive, status);
    }
    json_decref(answer);
}

/* Who is dead does not count: it may come back with other keys, and hearsay keys names it. */
static void look_at_keys(struct waiting *waiting, struct cli_client *client)
{
    json_t *answer = NULL;
    const json_t *key;

    if (ask(waiting, client, cli_new_request(HS_CTL_COMMAND_KEYS), &answer) != 0) {
        cli_list_add(&waiting->lacking, "%s", client->complaint);
    } else if (!(key = cli_find_key(answer, waiting->mark))) {
        cli_list_add(&waiting->lacking, "no member has a key %s", waiting->mark);
    } else if (cli_key_count(key, &cli_lacks, CLI_PRESENT) > 0) {
        uint64_t count = cli_key_count(key, &cli_lacks, CLI_PRESENT);
        char *names = cli_key_names(key, &cli_lacks, CLI_PRESENT);

        cli_list_add(&waiting->lacking, "%llu of %llu members lack%s the key %s: %s",
                     (unsigned long long)count,
                     (unsigned long long)cli_key_total(answer, CLI_PRESENT), count == 1 ? "s" : "",
                     waiting->mark, names);
        free(names);
    }
    json_decref(answer);
}

/* Keeps what is missing, and says it if it is another thing than before. A thousand members that
 * join are no thousand lines: what comes sooner than SAY_MS is said with the next look. */
static void note_missing(struct waiting *waiting)
{
    uint64_t now = now_ms();

    free(waiting->missing);
    waiting->missing = cli_list_end(&waiting->lacking);
    waiting->unsaid = waiting->told && waiting->missing[0] != '\0' &&
                      (!waiting->said || strcmp(waiting->said, waiting->missing) != 0);
    if (!waiting->unsaid || (waiting->said && now - waiting->said_at < SAY_MS))
        return;
    cli_complain("wait: not yet (%llu of %d s): %s",
                 (unsigned long long)((now - waiting->begun) / 1000), waiting->patience_s,
                 waiting->missing);
    free(waiting->said);
    waiting->said = strdup(waiting->missing);
    if (!waiting->said)
        cli_out_of_memory();
    waiting->said_at = now;
    waiting->unsaid = false;
}

/* Asks once. True: all is so, and *ret_status is what the agent says. */
static bool look(struct waiting *waiting, json_t **ret_status)
{
    struct cli_client *client = &waiting->cli->client;
    json_t *status = NULL;

    cli_list_begin(&waiting->lacking, "; ");
    if (ask(waiting, client, cli_new_request(HS_CTL_COMMAND_STATUS), &status) != 0) {
        cli_list_add(&waiting->lacking, "%s", client->complaint);
    } else {
        look_at_status(waiting, status);
        if (waiting->alive)
            look_at_member(waiting, client);
        if (waiting->key)
            look_at_keys(waiting, client);
    }
    cli_disconnect(client);
    note_missing(waiting);
    if (waiting->missing[0] != '\0') {
        json_decref(status);
        return false;
    }
    *ret_status = status;
    return true;
}

/* ---- waiting ----------------------------------------------------------------------------- */

static bool follow(struct waiting *waiting)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_MONITOR), *answer = NULL;

    json_object_set_new(request, "events",
                        json_pack("[s, s, s, s]", "ready", "member", "health", "reload"));
    int code = ask(waiting, &waiting->events, request, &answer);
    json_decref(answer);
    if (code != 0)
        cli_disconnect(&waiting->events);
    return code == 0;
}

/* Returns when it is worth while to look again, or when the time is over. */
static void wait_for_change(struct waiting *waiting)
{
    if (waiting->events.fd < 0) {
        sleep_ms(waiting, RETRY_MS);
        return;
    }
    uint64_t left = left_ms(waiting);
    if (waiting->unsaid && left > SAY_MS)
        left = SAY_MS;
    if (cli_await_events(&waiting->events, (int)left))
        sleep_ms(waiting, QUIET_MS);
}

static bool wait_until_so(struct waiting *waiting, json_t **ret_status)
{
    for (;;) {
        if (waiting->events.fd < 0)
            follow(waiting);
        if (look(waiting, ret_status))
            return true;
        if (left_ms(waiting) == 0)
            return false;
        wait_for_change(waiting);
    }
}

static int parse_wait(struct waiting *waiting)
{
    struct cli *cli = waiting->cli;
    const char *members = cli->value[CLI_MEMBERS], *key = cli->value[CLI_KEYS];

    waiting->ready = cli->value[CLI_READY];
    waiting->alive = cli->value[CLI_ALIVE];
    waiting->key = key;
    if (!waiting->ready && !waiting->alive && !members && !key) {
        cli_complain("wait: say what for: --ready, --members N, --alive NAME or --keys FP");
        return HS_CTL_EXIT_USAGE;
    }
    if (waiting->alive && !hearsay_name_valid(waiting->alive)) {
        cli_complain("wait: --alive %s: no member can have this name", waiting->alive);
        return HS_CTL_EXIT_USAGE;
    }
    if (members && !cli_parse_number(members, 1, HEARSAY_MEMBERS_LIMIT, &waiting->members)) {
        cli_complain("wait: --members must be 1 to %d, not %s", HEARSAY_MEMBERS_LIMIT, members);
        return HS_CTL_EXIT_USAGE;
    }
    return !key || cli_parse_mark("wait: --keys", key, waiting->mark) ? 0 : HS_CTL_EXIT_USAGE;
}

int cli_wait_run(struct cli *cli)
{
    struct waiting waiting = {.cli = cli, .events = {.fd = -1, .quiet = true}};
    int code = parse_wait(&waiting);
    json_t *status = NULL;

    if (code != 0)
        return code;
    waiting.told = cli->value[CLI_VERBOSE] || isatty(STDERR_FILENO) == 1;
    waiting.events.given_socket = cli->client.given_socket;
    waiting.patience_s = cli->client.timeout_s;
    waiting.begun = now_ms();
    waiting.deadline = waiting.begun + (uint64_t)waiting.patience_s * 1000;
    cli->client.quiet = true;
    cli->client.warns = false;
    if (!wait_until_so(&waiting, &status)) {
        cli_complain("wait: not so after %d s: %s", waiting.patience_s, waiting.missing);
        code = HS_CTL_EXIT_REFUSED;
    } else if (cli->value[CLI_JSON]) {
        cli_put_json(status);
    }
    json_decref(status);
    cli_disconnect(&waiting.events);
    free(waiting.missing);
    free(waiting.said);
    return code;
}
