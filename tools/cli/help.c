/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help is made from the tables of commands and options, so that it cannot fall behind them. All of
 * it fits 80 columns; a test measures that.
 */
#include "help.h"

#include "args.h"
#include "ctl/ctl.h"
#include "format.h"
#include "options.h"

static void put_option(FILE *out, enum cli_option option)
{
    const struct cli_option_spec *spec = &cli_options[option];
    char text[CLI_WORD_MAX];
    snprintf(text, sizeof(text), "%c%c%s--%s%s%s", spec->letter != 0 ? '-' : ' ',
             spec->letter != 0 ? spec->letter : ' ', spec->letter != 0 ? ", " : "  ", spec->name,
             spec->argument ? " " : "", spec->argument ? spec->argument : "");
    fprintf(out, "  %-23s %s\n", text, spec->help);
}

static void put_options(FILE *out, const char *title, uint64_t options)
{
    if (options != 0)
        fprintf(out, "\n%s\n", title);
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((options & CLI_BIT(i)) != 0)
            put_option(out, (enum cli_option)i);
    }
}

void cli_help(FILE *out, const struct cli *cli)
{
    fputs("usage: hearsay [--control PATH] [--json] [--no-color] COMMAND ...\n\n"
          "Shows and steers hearsayd, the agent that knows which machines of a cluster\n"
          "are alive and which of them owns a key.\n\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < cli->command_count; i++)
        fprintf(out, "  %-13s %s\n", cli->commands[i].name, cli->commands[i].help);
    put_options(out, "options, before or after the command:", CLI_GLOBAL | CLI_BIT(CLI_VERSION));
    fputs("\nThe socket: --control, else $HEARSAY_CONTROL, else the user's or the system's.\n"
          "Exit codes: 0 ok, 1 refused or not found, 2 usage, 3 no agent there, 4 answered,\n"
          "but not joined yet or isolated.\n"
          "More: hearsay help COMMAND, man hearsay.\n",
          out);
}

void cli_help_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "usage: hearsay %s%s%s\n\n%c%s.\n", command->name,
            command->synopsis[0] != '\0' ? " " : "", command->synopsis,
            command->help[0] - 'a' + 'A', command->help + 1);
    if (command->details)
        fprintf(out, "%s\n", command->details);
    put_options(out, "options:", command->options);
    put_options(out, "options of every command:", CLI_GLOBAL);
}

int cli_help_run(struct cli *cli)
{
    if (cli->arg_count == 0) {
        cli_help(stdout, cli);
        return HS_CTL_EXIT_OK;
    }
    const struct cli_command *command = cli_find_command(cli, cli->args[0]);
    if (!command)
        return HS_CTL_EXIT_USAGE;
    cli_help_command(stdout, command);
    return HS_CTL_EXIT_OK;
}
