/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame around every command. What goes wrong outside of a command is handled here: no command,
 * closed standard streams, an output that cannot be written.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <hearsay/version.h>

#include "args.h"
#include "command.h"
#include "commands.h"
#include "ctl/ctl.h"
#include "help.h"
#include "out.h"

/* A socket that got the number of a closed standard stream would be printed to. A stream that was
 * closed becomes one that cannot be written, so that closing stdout still is an error. */
static void open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            abort();
    }
}

static int show_answer(const struct cli *cli, const json_t *answer)
{
    const struct cli_command *command = cli->command;
    if (cli->value[CLI_JSON])
        cli_put_json(answer);
    else
        command->show(cli, answer);
    return command->judge ? command->judge(answer) : HS_CTL_EXIT_OK;
}

static int run_command(struct cli *cli)
{
    json_t *request, *answer = NULL;
    if (cli->command->run)
        return cli->command->run(cli);
    request = cli->command->request(cli);
    if (!request)
        return HS_CTL_EXIT_USAGE;
    int code = cli_ask(&cli->client, request, &answer);
    if (code != 0)
        return code;
    code = show_answer(cli, answer);
    json_decref(answer);
    return code;
}

static int run_tool(struct cli *cli)
{
    if (cli->value[CLI_VERSION]) {
        cli_put("hearsay " HEARSAY_VERSION "\n");
        return HS_CTL_EXIT_OK;
    }
    if (cli->value[CLI_HELP]) {
        if (cli->command)
            cli_help_command(stdout, cli->command);
        else
            cli_help(stdout, cli);
        return HS_CTL_EXIT_OK;
    }
    if (!cli->command) {
        cli_help(stderr, cli);
        return HS_CTL_EXIT_USAGE;
    }
    return run_command(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = {
        .commands = cli_commands, .command_count = cli_command_count, .client = {.fd = -1}};
    open_standard_streams();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write, which cli_finish judges */
    cli_screen_init();
    int code = cli_parse(&cli, argc, argv);
    if (code == 0) {
        cli.client.warns = !cli.value[CLI_JSON];
        if (cli.value[CLI_NO_COLOR])
            cli_screen.color = false;
        code = run_tool(&cli);
    }
    cli_disconnect(&cli.client);
    return cli_finish(code);
}
