/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/options.h"

#include <getopt.h>
#include <string.h>

#include <hearsay/error.h>

static int read_http(struct hs_serve_options *options, const char *text,
                     char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX];

    if (options->http_count == HS_HTTP_PORTS_MAX) {
        hs_error_text(error, "--http %s: at most %d listeners", text, HS_HTTP_PORTS_MAX);
        return HEARSAY_ERR_INVALID;
    }
    if (hs_listen_read(&options->http[options->http_count], text, reason) < 0) {
        hs_error_text(error, "--http %s: %s", text, reason);
        return HEARSAY_ERR_INVALID;
    }
    options->http_count++;
    return 0;
}

int hs_serve_options_read(struct hs_serve_options *options, int argc, char **argv,
                          char error[HS_ERROR_TEXT_MAX])
{
    static const struct option flags[] = {{"control", required_argument, NULL, 'c'},
                                          {"http", required_argument, NULL, 'H'},
                                          {"http-host", required_argument, NULL, 'n'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'v'},
                                          {"dns", required_argument, NULL, 'd'},
                                          {"dns-domain", required_argument, NULL, 'd'},
                                          {"dns-ttl", required_argument, NULL, 'd'},
                                          {"dns-replicas", required_argument, NULL, 'd'},
                                          {"dns-zones", required_argument, NULL, 'd'},
                                          {NULL, 0, NULL, 0}};
    int flag, at, err = 0;

    *options = (struct hs_serve_options){.http_count = 0};
    hs_dns_options_init(&options->dns);
    opterr = 0;
    while (err == 0 && (flag = getopt_long(argc, argv, "h", flags, &at)) >= 0) {
        if (flag == 'c')
            options->control = optarg;
        else if (flag == 'H')
            err = read_http(options, optarg, error);
        else if (flag == 'n' && options->name_count < HS_SERVE_NAMES_MAX)
            options->names[options->name_count++] = optarg;
        else if (flag == 'd')
            err = hs_dns_options_set(&options->dns, flags[at].name, optarg, error);
        else if (flag == 'h')
            options->help = true;
        else if (flag == 'v')
            options->version = true;
        else
            err = HEARSAY_ERR_SYNTAX;
    }
    if (err == HEARSAY_ERR_SYNTAX || (err == 0 && optind < argc)) {
        hs_error_text(error, "unexpected argument '%.100s': see --help",
                      argv[err == 0 ? optind : optind - 1]);
        err = HEARSAY_ERR_INVALID;
    }
    if (err == 0 && options->http_count == 0)
        err = read_http(options, HS_HTTP_DEFAULT, error);
    return err;
}
