/* SPDX-License-Identifier: Apache-2.0 */
/* hearsay-serve: reads the options, runs the server and returns its exit code. */
#include <signal.h>
#include <stdio.h>
#include <syslog.h>

#include <hearsay/error.h>
#include <hearsay/version.h>

#include "serve/serve.h"
#include "service/service.h"

static void help(void)
{
    fputs("Usage: hearsay-serve [--KEY VALUE]...\n\n"
          "Shows over HTTP and DNS what an agent of this machine knows of its cluster.\n\n"
          "  --control PATH           the agent's socket\n"
          "  --http ADDRESS[=WHAT]    listen there (" HS_HTTP_DEFAULT "); WHAT is all or metrics\n"
          "  --dns ADDRESS            answer questions of the DNS there, such as " HS_DNS_ADDRESS
          "\n"
          "  --dns-domain NAME        under which names are (" HS_DNS_DOMAIN ")\n"
          "  --dns-ttl SECONDS        how long an answer may be kept, 0 to 5 (0)\n"
          "  --dns-replicas N         of a key, 1 to 16 (3)\n"
          "  --dns-zones yes|no       replicas of a key are of distinct zones first (no)\n"
          "  --help, --version\n",
          stdout);
}

static int run(const struct hs_serve_options *options)
{
    struct hs_serve serve;
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

int main(int argc, char **argv)
{
    struct hs_serve_options options;
    char error[HS_ERROR_TEXT_MAX];

    signal(SIGPIPE, SIG_IGN);
    if (hs_serve_options_read(&options, argc, argv, error) < 0) {
        hs_service_say(LOG_ERR, error, true);
        return HS_EXIT_USAGE;
    }
    if (options.help)
        help();
    else if (options.version)
        printf("hearsay-serve %s\n", hearsay_version());
    else
        return run(&options);
    return HS_EXIT_OK;
}
