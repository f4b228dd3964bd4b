/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments. Not getopt: options may stand before and after the command and between its arguments,
 * each command has its own besides the global ones, and what is wrong is to be said in words that
 * name the command and the nearest thing that would be right.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BOUND 32 /* longer words are not compared: nothing here is that long */

const struct cli_option_spec cli_options[CLI_OPTION_COUNT] = {
    [CLI_CONTROL] = {"control", 0, "PATH", "the agent's control socket"},
    [CLI_JSON] = {"json", 0, NULL, "print the agent's answer as one line of JSON"},
    [CLI_NO_COLOR] = {"no-color", 0, NULL, "no colour, even on a terminal"},
    [CLI_TIMEOUT] = {"timeout", 0, "SECONDS", "give up after so long a silence (default 10)"},
    [CLI_HELP] = {"help", 'h', NULL, "print help and end"},
    [CLI_VERSION] = {"version", 'V', NULL, "print the tool's version and end"},
    [CLI_STATUS] = {"status", 0, "STATUS", "only members that are alive, suspect or dead"},
    [CLI_TAG] = {"tag", 0, "KEY[=VALUE]", "only members with this tag"},
    [CLI_NAME] = {"name", 0, "PATTERN", "only members whose name fits (as in a shell: web-*)"},
    [CLI_ALL] = {"all", 0, NULL, "also members long dead, kept to answer stale news"},
    [CLI_RANGES] = {"ranges", 0, NULL, "also every piece of the ring and its owner"},
    [CLI_COUNT] = {"count", 'n', "N", "so many distinct owners (default 1)"},
    [CLI_PRUNE] = {"prune", 0, NULL, "also take it off the member list at once, everywhere"},
    [CLI_REPLICAS] = {"replicas", 'n', "N", "of so many replicas a key (default 1, up to 16)"},
    [CLI_ZONES] = {"zones", 0, NULL, "replicas in distinct zones while there are enough"},
    [CLI_SVG] = {"svg", 0, "FILE", "also draw it into this file"},
    [CLI_ADD] = {"add", 0, "NAME[:WHAT]", "plan: it comes; WHAT: weight=2,zone=z1", true},
    [CLI_REMOVE] = {"remove", 0, "NAME", "plan: it goes", true},
    [CLI_SET] = {"set", 0, "NAME:WHAT", "plan: its weight, tokens or zone changes", true},
};

/* ---- nearest word ------------------------------------------------------------------------ */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Edits to turn one word into the other; two neighbours swapped are one (optimal string
 * alignment). */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned d[WORD_BOUND + 1][WORD_BOUND + 1];

    for (unsigned i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (unsigned j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            unsigned change = a[i - 1] == b[j - 1] ? 0 : 1;

            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1, UINT32_MAX);
        }
    }
    return d[a_len][b_len];
}

const char *cli_nearest(const char *word, const char *const *words, size_t count)
{
    size_t len = strlen(word);
    const char *nearest = NULL;
    unsigned best = len < 4 ? 1 : 2;

    if (len == 0 || len > WORD_BOUND)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = words[i] == NULL ? WORD_BOUND + 1 : strlen(words[i]);
        unsigned d;

        if (other > WORD_BOUND)
            continue;
        /* The beginning of a word is near to it: "mem", "force". */
        d = len >= 3 && strncmp(word, words[i], len) == 0 ? 1
                                                          : distance(word, len, words[i], other);
        if (d < best || (d == best && nearest == NULL)) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}

bool cli_parse_number(const char *text, long min, long max, long *ret_value)
{
    char *end;
    long value;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* ---- commands ---------------------------------------------------------------------------- */

const struct cli_command *cli_find_command(const char *name)
{
    const char *words[WORD_BOUND] = {NULL};
    const char *nearest;

    for (size_t i = 0; i < cli_command_count; i++) {
        if (strcmp(name, cli_commands[i].name) == 0)
            return &cli_commands[i];
        if (i < WORD_BOUND)
            words[i] = cli_commands[i].name;
    }
    nearest = cli_nearest(name, words, WORD_BOUND);
    if (nearest != NULL)
        cli_complain("no command named %s (did you mean %s?)", name, nearest);
    else
        cli_complain("no command named %s (hearsay help lists them)", name);
    return NULL;
}

/* ---- options ----------------------------------------------------------------------------- */

static uint32_t options_allowed(const struct cli *cli)
{
    return CLI_GLOBAL | (cli->command != NULL ? cli->command->options : CLI_BIT(CLI_VERSION));
}

static int complain_option(const struct cli *cli, const char *option)
{
    const char *words[CLI_OPTION_COUNT] = {NULL};
    const char *command = cli->command != NULL ? cli->command->name : NULL;
    const char *nearest = NULL;
    uint32_t allowed = options_allowed(cli);

    for (unsigned i = 0; i < CLI_OPTION_COUNT; i++)
        words[i] = (allowed & CLI_BIT(i)) != 0 ? cli_options[i].name : NULL;
    if (strncmp(option, "--", 2) == 0)
        nearest = cli_nearest(option + 2, words, CLI_OPTION_COUNT);
    if (nearest != NULL)
        cli_complain("%s%sno option %s (did you mean --%s?)", command != NULL ? command : "",
                     command != NULL ? ": " : "", option, nearest);
    else if (command != NULL)
        cli_complain("%s: no option %s (see hearsay help %s)", command, option, command);
    else
        cli_complain("no option %s before the command (see hearsay help)", option);
    return HS_CTL_EXIT_USAGE;
}

/* Finds a long option by its first `len` bytes. */
static int find_long(const struct cli *cli, const char *name, size_t len)
{
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((options_allowed(cli) & CLI_BIT(i)) != 0 && strlen(cli_options[i].name) == len &&
            strncmp(cli_options[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

static int find_letter(const struct cli *cli, char letter)
{
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((options_allowed(cli) & CLI_BIT(i)) != 0 && cli_options[i].letter == letter)
            return i;
    }
    return -1;
}

/* Sets an option; `value` is what is joined to it or NULL, `*next` the following argument. */
static int set_option(struct cli *cli, int option, const char *value, char **next, int *ret_used)
{
    const struct cli_option_spec *spec = &cli_options[option];

    if (spec->argument == NULL && value != NULL) {
        cli_complain("--%s takes no value", spec->name);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->argument != NULL && value == NULL) {
        value = *next;
        *ret_used = 1;
    }
    if (spec->argument != NULL && value == NULL) {
        cli_complain("--%s needs a value: --%s %s", spec->name, spec->name, spec->argument);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->argument != NULL && cli->value[option] != NULL && !spec->many) {
        cli_complain("--%s is given twice", spec->name);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->many && cli->given_count == HS_CTL_PLAN_MAX) {
        cli_complain("--%s: a plan names at most %d members", spec->name, HS_CTL_PLAN_MAX);
        return HS_CTL_EXIT_USAGE;
    }
    if (spec->many)
        cli->given[cli->given_count++] = (struct cli_given){(enum cli_option)option, value};
    cli->value[option] = spec->argument != NULL ? value : "";
    return 0;
}

static int parse_option(struct cli *cli, const char *text, char **next, int *ret_used)
{
    const char *equals;
    int option;

    if (text[1] != '-') {
        option = find_letter(cli, text[1]);
        if (option < 0 || (text[2] != '\0' && cli_options[option].argument == NULL))
            return complain_option(cli, text);
        return set_option(cli, option, text[2] != '\0' ? text + 2 : NULL, next, ret_used);
    }
    equals = strchr(text, '=');
    option =
        find_long(cli, text + 2, equals != NULL ? (size_t)(equals - text - 2) : strlen(text + 2));
    if (option < 0)
        return complain_option(cli, text);
    return set_option(cli, option, equals != NULL ? equals + 1 : NULL, next, ret_used);
}

static int check_arguments(struct cli *cli)
{
    const struct cli_command *command = cli->command;
    long seconds;

    if (cli->value[CLI_HELP] != NULL || command == NULL)
        return 0;
    if (cli->arg_count < command->args_min || cli->arg_count > command->args_max) {
        cli_complain("usage: hearsay %s%s%s", command->name,
                     command->synopsis[0] != '\0' ? " " : "", command->synopsis);
        return HS_CTL_EXIT_USAGE;
    }
    cli->client.timeout_s = command->timeout_s;
    if (cli->value[CLI_TIMEOUT] == NULL)
        return 0;
    if (!cli_parse_number(cli->value[CLI_TIMEOUT], 1, CLI_TIMEOUT_MAX_S, &seconds)) {
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
        } else if (cli->command == NULL) {
            cli->command = cli_find_command(argv[i]);
            r = cli->command == NULL ? HS_CTL_EXIT_USAGE : 0;
        } else {
            cli->args[cli->arg_count++] = argv[i];
        }
        if (r != 0)
            return r;
        i += used;
    }
    return check_arguments(cli);
}
