/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that change something: join, leave, force-leave, reload, tags. Each says what it has
 * done, one thing per line, so that a person sees it and the log of a deployment keeps it.
 */
#include "admin.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "message.h"
#include "out.h"
#include "table.h"

/* An array of texts from the arguments; NULL, after saying so, when one is not UTF-8. */
static json_t *text_array(char **args, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++) {
        if (json_array_append_new(array, json_string(args[i])) < 0) {
            cli_complain("%s is not UTF-8 text", args[i]);
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* ---- join -------------------------------------------------------------------------------- */

json_t *cli_join_request(const struct cli *cli)
{
    json_t *addrs = text_array(cli->args, cli->arg_count);
    if (!addrs)
        return NULL;
    json_t *request = cli_new_request(HS_CTL_COMMAND_JOIN);
    json_object_set_new(request, "addrs", addrs);
    return request;
}

/* One success is enough: several seeds are given because some of them may be down. */
int cli_join_judge(const json_t *answer)
{
    const json_t *results = json_object_get(answer, "results");
    for (size_t i = 0; i < json_array_size(results); i++) {
        if (strcmp(cli_text(json_array_get(results, i), "result"), "ok") == 0)
            return HS_CTL_EXIT_OK;
    }
    return HS_CTL_EXIT_REFUSED;
}

static void add_result(struct cli_table *table, const json_t *one)
{
    static const char *const words[][2] = {{"ok", "joined"},
                                           {"self", "is this agent itself"},
                                           {"timeout", "no answer"},
                                           {"closed", "port closed"}};
    const char *result = cli_text(one, "result"), *message = cli_text(one, "message");
    const char *text = result;
    char *whole;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        text = strcmp(result, words[i][0]) == 0 ? words[i][1] : text;
    if (asprintf(&whole, "%s%s%s", text, message[0] != '\0' ? ": " : "", message) < 0)
        cli_out_of_memory();
    cli_table_add(table, cli_text(one, "seed"), CLI_PLAIN);
    cli_table_add(table, cli_text(one, "addr"), CLI_PLAIN);
    cli_table_add(table, whole, strcmp(result, "ok") == 0 ? CLI_GREEN : CLI_PLAIN);
    cli_table_add(table, cli_text(one, "name"), CLI_PLAIN);
    free(whole);
}

void cli_join_show(const struct cli *cli, const json_t *answer)
{
    static const struct cli_column columns[] = {
        {"SEED", false, 8}, {"ADDRESS", false, 12}, {"RESULT", false, 12}, {"NAME", false, 8}};
    const json_t *results = json_object_get(answer, "results");
    struct cli_table table;
    (void)cli;
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(results); i++)
        add_result(&table, json_array_get(results, i));
    cli_table_print(&table);
    cli_table_fini(&table);
}

/* ---- leave, force-leave, reload ---------------------------------------------------------- */

json_t *cli_leave_request(const struct cli *cli)
{
    (void)cli;
    return cli_new_request(HS_CTL_COMMAND_LEAVE);
}

void cli_leave_show(const struct cli *cli, const json_t *answer)
{
    (void)cli;
    (void)answer;
    cli_say("left the cluster; the agent stops");
}

json_t *cli_force_leave_request(const struct cli *cli)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_FORCE_LEAVE);
    if (!cli_set_text(request, "name", cli->args[0])) {
        json_decref(request);
        return NULL;
    }
    if (cli->value[CLI_PRUNE])
        json_object_set_new(request, "prune", json_true());
    return request;
}

void cli_force_leave_show(const struct cli *cli, const json_t *answer)
{
    (void)answer;
    cli_say("%s is declared dead%s", cli->args[0],
            cli->value[CLI_PRUNE] ? " and taken off the member list" : "");
}

json_t *cli_weight_request(const struct cli *cli)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_WEIGHT);
    if (cli->arg_count == 0)
        return request;
    const char *text = cli->args[0];
    size_t whole = strspn(text, "0123456789"),
           part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
    bool plain = whole > 0 && whole < 10 && text[whole + (part > 0 ? part + 1 : 0)] == '\0';
    if (!plain) {
        cli_complain("weight: %s is not a number like 0, 0.5 or 2", text);
        json_decref(request);
        return NULL;
    }
    json_object_set_new(request, "weight", json_real(strtod(text, NULL)));
    return request;
}

void cli_weight_show(const struct cli *cli, const json_t *answer)
{
    unsigned long long tokens = cli_number(answer, "tokens");
    (void)cli;
    if (tokens == 0)
        cli_say("weight 0: drained, owns no keys (members of the first release give it one token)");
    else
        cli_say("weight %g: %llu tokens", cli_real(answer, "weight"), tokens);
}

json_t *cli_forget_request(const struct cli *cli)
{
    (void)cli;
    return cli_new_request(HS_CTL_COMMAND_FORGET);
}

void cli_forget_show(const struct cli *cli, const json_t *answer)
{
    (void)cli;
    (void)answer;
    cli_say("forgotten; this agent keeps nothing more until it is restarted");
}

json_t *cli_reload_request(const struct cli *cli)
{
    (void)cli;
    return cli_new_request(HS_CTL_COMMAND_RELOAD);
}

/* A script must not take for done what waits for a restart. */
int cli_reload_judge(const json_t *answer)
{
    return json_array_size(json_object_get(answer, "ignored")) > 0 ? HS_CTL_EXIT_REFUSED
                                                                   : HS_CTL_EXIT_OK;
}

static bool has_text(const json_t *array, const char *text)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (strcmp(json_string_value(json_array_get(array, i)), text) == 0)
            return true;
    return false;
}

void cli_reload_show(const struct cli *cli, const json_t *answer)
{
    const json_t *changed = json_object_get(answer, "changed");
    const json_t *ignored = json_object_get(answer, "ignored");
    (void)cli;
    for (size_t i = 0; i < json_array_size(changed); i++)
        cli_say("%s is changed", json_string_value(json_array_get(changed, i)));
    for (size_t i = 0; i < json_array_size(ignored); i++)
        cli_say("%s was not applied: it needs a restart",
                json_string_value(json_array_get(ignored, i)));
    if (json_array_size(changed) + json_array_size(ignored) == 0)
        cli_say("nothing to change");
    /* Who has made the file new and reloads must not take it for done. */
    if (json_is_true(json_object_get(answer, "credential")) && !has_text(changed, "key"))
        cli_say("key is as before: it is a credential of the unit, of which the agent has a copy; "
                "a restart renews the copy");
}

/* ---- tags -------------------------------------------------------------------------------- */

/* `tags` may be NULL: none. */
static void show_tags(const struct cli *cli, json_t *tags)
{
    if (cli->value[CLI_JSON]) {
        json_t *answer = json_pack("{s:o}", "tags", tags ? json_incref(tags) : json_object());

        if (!answer)
            cli_out_of_memory();
        cli_put_json(answer);
        json_decref(answer);
        return;
    }
    struct hs_ctl_field tag = {NULL};
    while (hs_ctl_next_field(tags, &tag)) {
        const char *value = json_string_value(tag.value);
        cli_say("%s=%s", tag.key, value ? value : "");
    }
}

/* The agent's own record has its tags: its name comes from status, its record from members. */
static int show_own_tags(struct cli *cli)
{
    json_t *status = NULL, *answer = NULL;
    int code = cli_ask(&cli->client, cli_new_request(HS_CTL_COMMAND_STATUS), &status);
    if (code == 0) {
        json_t *request = cli_new_request(HS_CTL_COMMAND_MEMBERS);
        json_object_set(request, "name", json_object_get(status, "name"));
        code = cli_ask(&cli->client, request, &answer);
    }
    if (code == 0) {
        const json_t *self = json_array_get(json_object_get(answer, "members"), 0);
        show_tags(cli, json_object_get(self, "tags"));
    }
    json_decref(status);
    json_decref(answer);
    return code;
}

/* Says what is wrong, if anything is. */
static bool is_value(const char *key, const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x20 && *at != 0x7f)
            continue;
        cli_complain("tags set: %s: a value must not hold %s", key,
                     *at == '\n' ? "a newline" : "control characters");
        return false;
    }
    return true;
}

/* {"k":"v"} of arguments k=v. */
static json_t *parse_tags(char **args, int count)
{
    json_t *tags = json_object();
    for (int i = 0; i < count; i++) {
        char *equals = strchr(args[i], '=');
        if (!equals || equals == args[i]) {
            cli_complain("tags set: %s is not KEY=VALUE", args[i]);
            json_decref(tags);
            return NULL;
        }
        *equals = '\0';
        if (json_object_get(tags, args[i]))
            cli_complain("tags set: %s is given twice", args[i]);
        else if (!is_value(args[i], equals + 1))
            ; /* it has said so */
        else if (json_object_set_new(tags, args[i], json_string(equals + 1)) < 0)
            cli_complain("tags set: %s or its value is not UTF-8 text", args[i]);
        else
            continue;
        json_decref(tags);
        return NULL;
    }
    return tags;
}

static int change_tags(struct cli *cli, enum hs_ctl_command command, const char *field,
                       json_t *what)
{
    json_t *request, *answer = NULL;
    if (!what)
        return HS_CTL_EXIT_USAGE;
    request = cli_new_request(command);
    json_object_set_new(request, field, what);
    int code = cli_ask(&cli->client, request, &answer);
    if (code == 0)
        show_tags(cli, json_object_get(answer, "tags"));
    json_decref(answer);
    return code;
}

int cli_tags_run(struct cli *cli)
{
    const char *verb = cli->arg_count > 0 ? cli->args[0] : "";
    if (cli->arg_count == 0)
        return show_own_tags(cli);
    if (cli->arg_count > 1 && strcmp(verb, "set") == 0)
        return change_tags(cli, HS_CTL_COMMAND_TAGS_SET, "tags",
                           parse_tags(cli->args + 1, cli->arg_count - 1));
    if (cli->arg_count > 1 && strcmp(verb, "delete") == 0)
        return change_tags(cli, HS_CTL_COMMAND_TAGS_DELETE, "keys",
                           text_array(cli->args + 1, cli->arg_count - 1));
    cli_complain("usage: hearsay tags %s", cli->command->synopsis);
    return HS_CTL_EXIT_USAGE;
}
