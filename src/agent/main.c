/* SPDX-License-Identifier: Apache-2.0 */
/* hearsayd: reads the options, runs the daemon and returns its exit code. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/version.h>

#include "agent/agent.h"
#include "agent/check.h"
#include "agent/options/help.h"
#include "service/service.h"

/* One line for the person who started the agent, or for the journal. */
static void say(const char *line)
{
    hs_service_say(LOG_ERR, line, true);
}

static int run(struct hs_options *options, int argc, char *const *argv)
{
    static struct hs_agent agent;
    char error[HS_ERROR_TEXT_MAX] = "";
    int err = hs_agent_init(&agent, options, argc, argv, error);
    int code = err == HS_ERR_SETTING ? HS_EXIT_USAGE : HS_EXIT_FAILED;

    if (err < 0) {
        say(error);
    } else {
        code = hs_agent_run(&agent);
        if (agent.life.last_words[0] != '\0')
            say(agent.life.last_words);
        if (hs_agent_lost_lines(&agent, error))
            say(error);
    }
    hs_agent_fini(&agent);
    return code;
}

/* What is opened later must not get the number of a closed standard stream: words for standard
 * error would go into it. A stream that was closed becomes one that cannot be written, so that a
 * log on standard output is still refused. */
static bool open_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            return false;
    return true;
}

/* A mistake is for the operator to mend; that the answer could not be written may pass. */
static int check(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    hs_check_world(options, mistakes);
    if (hs_mistakes_check(mistakes, &options->store, "hearsayd"))
        return HS_EXIT_OK;
    return mistakes->count > 0 ? HS_EXIT_USAGE : HS_EXIT_FAILED;
}

/* What is to be done with settings of which none is wrong. */
static int act(struct hs_options *options, int argc, char *const *argv)
{
    switch (options->action) {
    case HS_ACTION_HELP:
        hs_options_help(stdout);
        return 0;
    case HS_ACTION_VERSION:
        printf("hearsayd %s\n", hearsay_version());
        return 0;
    case HS_ACTION_CHECK:
    case HS_ACTION_RUN:
        break;
    }
    return run(options, argc, argv);
}

static void say_first(const struct hs_mistakes *mistakes)
{
    char line[HS_MISTAKES_LINE_MAX];

    hs_mistakes_sum_up(mistakes, "hearsayd", line);
    say(line);
}

/* Reads the settings and acts on what is wrong with them. Returns the exit code, or -1 if nothing
 * is. The mistakes are not in the frame of main, which lives as long as the agent. */
__attribute__((noinline)) static int read_settings(struct hs_options *options, int argc,
                                                   char *const *argv)
{
    struct hs_mistakes mistakes = {.count = 0};
    int code = HS_EXIT_USAGE;

    hs_options_read_all(options, argc, argv, &mistakes);
    if (options->action == HS_ACTION_CHECK)
        code = check(options, &mistakes);
    else if (mistakes.count > 0)
        say_first(&mistakes);
    else
        code = -1;
    hs_mistakes_fini(&mistakes);
    return code;
}

int main(int argc, char **argv)
{
    struct hs_options options;
    int code;

    if (!open_standard_streams()) {
        say("a standard stream is closed, and /dev/null cannot be opened");
        return HS_EXIT_FAILED;
    }
    code = read_settings(&options, argc, argv);
    if (code < 0)
        code = act(&options, argc, argv);
    hs_options_fini(&options);
    return code;
}
