/* SPDX-License-Identifier: Apache-2.0 */
/* hearsayd: reads the options, runs the daemon and returns its exit code. */
#include <stdio.h>
#include <syslog.h>

#include <hearsay/error.h>
#include <hearsay/version.h>

#include "agent/agent.h"
#include "agent/base/service.h"
#include "agent/options/help.h"

/* One line for the person who started the agent, or for the journal. */
static void say(const char *error)
{
    hs_service_say(LOG_ERR, error, true);
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

int main(int argc, char **argv)
{
    struct hs_options options;
    char error[HS_ERROR_TEXT_MAX];

    if (hs_options_read(&options, argc, argv, error) < 0) {
        say(error);
        return HS_EXIT_USAGE;
    }
    if (options.action == HS_ACTION_HELP) {
        hs_options_help(stdout);
        hs_options_fini(&options);
        return 0;
    }
    if (options.action == HS_ACTION_VERSION) {
        printf("hearsayd %s\n", hearsay_version());
        hs_options_fini(&options);
        return 0;
    }
    return run(&options, argc, argv);
}
