/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not getopt: options may stand before and after the command and between its arguments, each
 * command has its own besides the global ones, and a mistake is answered with the name of the
 * command and the nearest thing that would be right.
 *
 * A variable of a script that is empty leaves an option without a value, or with an empty one. An
 * answer to another question than the one that was meant is worse than none, so neither passes.
 */
#include "args.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/suggest.h"
#include "format.h"
#include "options.h"
#include "out.h"

/* ---- commands ---------------------------------------------------------------------------- */

const struct cli_command *cli_find_command(const struct cli *cli, const char *name)
{
    const char *words[CLI_COMMANDS_MAX] = {NULL};
    for (size_t i = 0; i < cli->command_count; i++) {
        if (strcmp(name, cli->commands[i].name) == 0)
            return &cli->commands[i];
        words[i] = cli->commands[i].name;
    }
    const char *nearest = hs_ctl_nearest(name, words, cli->command_count);
    if (nearest)
        cli_complain("no command named %s (did you mean %s?)", name, nearest);
    else
        cli_complain("no command named %s (hearsay help lists them)", name);
    return NULL;
}

/* ---- options ----------------------------------------------------------------------------- */

uint64_t cli_options_allowed(const struct cli_command *command)
{
    return CLI_GLOBAL | (command ? command->options : CLI_BIT(CLI_VERSION));
}

static int complain_option(const struct cli *cli, const char *option)
{
    const char *words[CLI_OPTION_COUNT] = {NULL};
    const char *command = cli->command ? cli->command->name : NULL;
    const char *nearest = NULL;
    uint64_t allowed = cli_options_allowed(cli->command);
    for (unsigned i = 0; i < CLI_OPTION_COUNT; i++)
        words[i] = (allowed & CLI_BIT(i)) != 0 ? cli_options[i].name : NULL;
    if (strncmp(option, "--", 2) == 0)
        nearest = hs_ctl_nearest(option + 2, words, CLI_OPTION_COUNT);
    if (nearest)
        cli_complain("%s%sno option %s (did you mean --%s?)", command ? command : "",
                     command ? ": " : "", option, nearest);
    else if (command)
        cli_complain("%s: no option %s (see hearsay help %s)", command, option, command);
    else
        cli_complain("no option %s before the command (see hearsay help)", option);
    return HS_CTL_EXIT_USAGE;
}

/* Whether an argument can be the value of the option before it: no option begins with a digit, and
 * "-" is a value. */
static bool can_be_value(const char *next)
{
    return next[0] != '-' || next[1] == '\0' || (next[1] >= '0' && next[1] <= '9');
}

/* Checks that an option that takes a value has one, joined to it or as the next argument. */
static int check_value(const struct cli_option_spec *spec, const char *value, const char *next)
{
    if (!value && !next)
        cli_complain("--%s needs a value: --%s %s", spec->name, spec->name, spec->argument);
    else if (!value && !can_be_value(next))
        cli_complain("--%s needs a value, and %s follows it: is a variable empty? A value that "
                     "begins with a dash is written --%s=%s",
                     spec->name, next, spec->name, next);
    else if ((value ? value : next)[0] != '\0')
        return 0;
    else if (spec == &cli_options[CLI_CONTROL])
        cli_complain("the control socket's path is empty: --control PATH");
    else
        cli_complain("--%s has no value (is a variable empty?): --%s %s", spec->name, spec->name,
                     spec->argument);
    return HS_CTL_EXIT_USAGE;
}

/* Sets an option; `value` is what is joined to it or NULL, `*next` the following argument. */
static int set_option(struct cli *cli, int option, const char *value, char **next, int *ret_used)
{
    const struct cli_option_spec *spec = &cli_options[option];
    if (!spec->argument && value) {
        cli_complain("--%s takes no value", spec->name);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->argument && check_value(spec, value, *next) != 0)
        return HS_CTL_EXIT_USAGE;
    if (spec->argument && !value) {
        value = *next;
        *ret_used = 1;
    }
    if (spec->argument && cli->value[option] && !spec->many) {
        cli_complain("--%s is given twice", spec->name);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->many && cli->given_count == HS_CTL_PLAN_MAX) {
        cli_complain("--%s: a plan names at most %d members", spec->name, HS_CTL_PLAN_MAX);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->many)
        cli->given[cli->given_count++] = (struct cli_given){(enum cli_option)option, value};
    cli->value[option] = spec->argument ? value : "";
    return 0;
}

static int parse_option(struct cli *cli, const char *text, char **next, int *ret_used)
{
    int option;
    if (text[1] != '-') {
        option = cli_find_letter(cli_options_allowed(cli->command), text[1]);
        if (option < 0 || (text[2] != '\0' && !cli_options[option].argument))
            return complain_option(cli, text);
        return set_option(cli, option, text[2] != '\0' ? text + 2 : NULL, next, ret_used);
    }
    const char *equals = strchr(text, '=');
    option = cli_find_long(cli_options_allowed(cli->command), text + 2,
                           equals ? (size_t)(equals - text - 2) : strlen(text + 2));
    if (option < 0)
        return complain_option(cli, text);
    return set_option(cli, option, equals ? equals + 1 : NULL, next, ret_used);
}

/* `hearsay --control $EMPTY members` names no command: the option has taken it. */
static int check_taken(const struct cli *cli)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT * cli->command_count; i++) {
        const struct cli_option_spec *spec = &cli_options[i / cli->command_count];
        const char *value = cli->value[i / cli->command_count];
        const char *name = cli->commands[i % cli->command_count].name;
        if (!spec->argument || !value || strcmp(value, name) != 0)
            continue;
        cli_complain("no command: --%s has %s for its value, is a variable empty?", spec->name,
                     name);
        return HS_CTL_EXIT_USAGE;
    }
    return 0;
}

/* A key may be any bytes, even none; most other arguments are names or texts that nothing has. */
static int check_empty(const struct cli *cli)
{
    const struct cli_command *command = cli->command;
    for (int i = 0; i < cli->arg_count; i++) {
        if (cli->args[i][0] != '\0' || command->takes_empty)
            continue;
        cli_complain("%s: an argument is empty (is a variable empty?): hearsay %s %s",
                     command->name, command->name, command->synopsis);
        return HS_CTL_EXIT_USAGE;
    }
    return 0;
}

static int check_arguments(struct cli *cli)
{
    const struct cli_command *command = cli->command;
    long seconds;
    if (cli->value[CLI_HELP] || cli->value[CLI_VERSION])
        return 0;
    if (!command)
        return check_taken(cli);
    if (check_empty(cli) != 0)
        return HS_CTL_EXIT_USAGE;
    if (cli->arg_count < command->args_min || cli->arg_count > command->args_max) {
        cli_complain("usage: hearsay %s%s%s", command->name,
                     command->synopsis[0] != '\0' ? " " : "", command->synopsis);
        return HS_CTL_EXIT_USAGE;
    }
    cli->client.given_socket = cli->value[CLI_CONTROL];
    cli->client.timeout_s = command->timeout_s;
    if (!cli->value[CLI_TIMEOUT])
        return 0;
    if (!cli_parse_seconds(cli->value[CLI_TIMEOUT], CLI_TIMEOUT_MAX_S, &seconds)) {
        cli_complain("--timeout must be 1 to %d seconds, not %s", CLI_TIMEOUT_MAX_S,
                     cli->value[CLI_TIMEOUT]);
        return HS_CTL_EXIT_USAGE;
    }
    cli->client.timeout_s = (int)seconds;
    return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    bool only_arguments = false;
    cli->args = argv; /* arguments move to the front: there are never more of them than read */
    for (int i = 1; i < argc; i++) {
        int used = 0, r = 0;
        if (!only_arguments && strcmp(argv[i], "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1] != '\0') {
            r = parse_option(cli, argv[i], &argv[i + 1], &used);
        } else if (!cli->command) {
            cli->command = cli_find_command(cli, argv[i]);
            r = !cli->command ? HS_CTL_EXIT_USAGE : 0;
        } else {
            cli->args[cli->arg_count++] = argv[i];
        }
        if (r != 0)
            return r;
        i += used;
    }
    return check_arguments(cli);
}
