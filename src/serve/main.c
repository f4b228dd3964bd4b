/* SPDX-License-Identifier: Apache-2.0 */
/* hearsay-serve: reads the options, runs the server and returns its exit code. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <syslog.h>

#include <hearsay/error.h>
#include <hearsay/version.h>

#include "serve/serve.h"
#include "service/service.h"

/* A large answer is to be memory of its own, which goes back to the system with it. The C library
 * would raise its bound with each such answer, and keep them all on its heap. */
#define LARGE 262144

static int run(const struct hs_serve_options *options)
{
    static struct hs_serve serve;
    char error[HS_ERROR_TEXT_MAX] = "";
    int err = hs_serve_init(&serve, options, error);
    int code = err == HS_ERR_SETTING ? HS_EXIT_USAGE : HS_EXIT_FAILED;

    if (err < 0)
        hs_service_say(LOG_ERR, error, true);
    else
        code = hs_serve_run(&serve);
    hs_serve_fini(&serve);
    return code;
}

/* A mistake is for the operator to mend; that the answer could not be written may pass. */
static int check(const struct hs_serve_options *options, const struct hs_mistakes *mistakes)
{
    if (hs_mistakes_check(mistakes, &options->store, "hearsay-serve"))
        return HS_EXIT_OK;
    return mistakes->count > 0 ? HS_EXIT_USAGE : HS_EXIT_FAILED;
}

static int refuse(const struct hs_mistakes *mistakes)
{
    char line[HS_MISTAKES_LINE_MAX];

    hs_mistakes_sum_up(mistakes, "hearsay-serve", line);
    hs_service_say(LOG_ERR, line, true);
    return HS_EXIT_USAGE;
}

/* What is to be done instead of serving. */
static int tell(const struct hs_serve_options *options)
{
    if (options->action == HS_SERVE_HELP)
        hs_serve_options_help(stdout);
    else
        printf("hearsay-serve %s\n", hearsay_version());
    return fflush(stdout) == 0 ? HS_EXIT_OK : HS_EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static struct hs_mistakes mistakes;
    struct hs_serve_options options;
    int code;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    mallopt(M_MMAP_THRESHOLD, LARGE);
    hs_serve_options_read(&options, argc, argv, &mistakes);
    if (options.action == HS_SERVE_CHECK)
        code = check(&options, &mistakes);
    else if (mistakes.count > 0)
        code = refuse(&mistakes);
    else if (options.action != HS_SERVE_RUN)
        code = tell(&options);
    else
        code = run(&options);
    hs_mistakes_fini(&mistakes);
    hs_serve_options_fini(&options);
    return code;
}
