/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command of the tool is, and what one run of it has: the parsed arguments and the
 * connection to the agent. main.c hands the table of commands (commands.c) to the run, so that
 * nothing below it needs the table by name.
 */
#ifndef HEARSAY_CLI_COMMAND_H
#define HEARSAY_CLI_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "client.h"
#include "ctl/ctl.h"
#include "options.h"

#define CLI_COMMANDS_MAX 32 /* of the table */

struct cli;

/* A command either asks one thing (request, show, and judge where a good answer can still be bad
 * news) or has a way of its own (run). */
struct cli_command {
    const char *name;
    const char *synopsis; /* what follows the name */
    const char *help;     /* one line */
    const char *details;  /* more lines for `help COMMAND`; may be NULL */
    uint64_t options;     /* CLI_BITs besides CLI_GLOBAL */
    int args_min, args_max;
    int timeout_s;
    json_t *(*request)(const struct cli *cli); /* NULL: the arguments are wrong, and that is said */
    int (*judge)(const json_t *answer);        /* an exit code; NULL: 0 */
    void (*show)(const struct cli *cli, const json_t *answer);
    int (*run)(struct cli *cli); /* an exit code */
    const char *words; /* a word list (complete.c) of what its arguments may be; NULL: not known */
    bool takes_empty;  /* an argument may be empty */
};

/* An option that may be given more than once, in the order in which it was. */
struct cli_given {
    enum cli_option option;
    const char *value;
};

struct cli {
    const struct cli_command *commands;
    size_t command_count;
    const struct cli_command *command;   /* NULL: none was named */
    const char *value[CLI_OPTION_COUNT]; /* NULL: not given; "" for an option without argument */
    struct cli_given given[HS_CTL_PLAN_MAX];
    int given_count;
    char **args;
    int arg_count;
    struct cli_client client;
};

#endif
