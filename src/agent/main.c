/* SPDX-License-Identifier: Apache-2.0 */
/* hearsayd: reads the options, runs the daemon and returns its exit code. */
#include <stdio.h>

#include <hearsay/hearsay.h>

#include "agent/agent.h"
#include "agent/options/help.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int run(struct hs_options *options, int argc, char *const *argv)
{
    static struct hs_agent agent;
    char error[HS_ERROR_TEXT_MAX] = "";
    int code = EXIT_FAILED;

    if (hs_agent_init(&agent, options, argc, argv, error) < 0) {
        fprintf(stderr, "hearsayd: %s\n", error);
    } else {
        code = hs_agent_run(&agent);
        if (agent.life.last_words[0] != '\0')
            fprintf(stderr, "hearsayd: %s\n", agent.life.last_words);
    }
    hs_agent_fini(&agent);
    return code;
}

int main(int argc, char **argv)
{
    struct hs_options options;
    char error[HS_ERROR_TEXT_MAX];

    if (hs_options_read(&options, argc, argv, error) < 0) {
        fprintf(stderr, "hearsayd: %s\n", error);
        return EXIT_USAGE;
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
