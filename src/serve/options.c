/* SPDX-License-Identifier: Apache-2.0 */
/* One row of the table is a flag, a key of the config file and a line of --help. */
#include "serve/options.h"

#include <string.h>

#include <hearsay/error.h>

#include "conf/dir.h"
#include "conf/file.h"
#include "conf/flags.h"
#include "conf/parse.h"
#include "serve/host.h"

typedef int parse_fn(struct hs_serve_options *options, const char *key, char *text,
                     char error[HS_ERROR_TEXT_MAX]);

/* ---- values ------------------------------------------------------------------------------ */

static int parse_control(struct hs_serve_options *options, const char *key, char *text,
                         char error[HS_ERROR_TEXT_MAX])
{
    (void)key;
    size_t len = strlen(text);

    if (len == 0 || len >= HS_CTL_PATH_MAX) {
        hs_error_text(error, "must be a path of 1 to %d bytes", HS_CTL_PATH_MAX - 1);
        return HEARSAY_ERR_INVALID;
    }
    options->control = text;
    return 0;
}

static int parse_http(struct hs_serve_options *options, const char *key, char *text,
                      char error[HS_ERROR_TEXT_MAX])
{
    (void)key;
    if (options->http_count == HS_HTTP_PORTS_MAX) {
        hs_error_text(error, "at most %d listeners", HS_HTTP_PORTS_MAX);
        return HEARSAY_ERR_INVALID;
    }
    int err = hs_listen_read(&options->http[options->http_count], text, error);
    if (err == 0)
        options->http_count++;
    return err;
}

static int parse_host(struct hs_serve_options *options, const char *key, char *text,
                      char error[HS_ERROR_TEXT_MAX])
{
    (void)key;
    if (options->name_count == HS_SERVE_NAMES_MAX) {
        hs_error_text(error, "at most %d names", HS_SERVE_NAMES_MAX);
        return HEARSAY_ERR_INVALID;
    }
    if (!hs_host_is_name(text)) {
        hs_error_text(error, "must be the name of a host, without a port");
        return HEARSAY_ERR_INVALID;
    }
    options->names[options->name_count++] = text;
    return 0;
}

static int parse_config(struct hs_serve_options *options, const char *key, char *text,
                        char error[HS_ERROR_TEXT_MAX])
{
    (void)key;
    if (text[0] == '\0') {
        hs_error_text(error, "must be the path of a file");
        return HEARSAY_ERR_INVALID;
    }
    options->config = text;
    return 0;
}

static int parse_dns(struct hs_serve_options *options, const char *key, char *text,
                     char error[HS_ERROR_TEXT_MAX])
{
    return hs_dns_options_set(&options->dns, key, text, error);
}

/* --help and --version want nothing to be right, and the first of them counts. */
static int parse_action(struct hs_serve_options *options, const char *key, char *text,
                        char error[HS_ERROR_TEXT_MAX])
{
    (void)text;
    (void)error;
    if (options->action == HS_SERVE_HELP || options->action == HS_SERVE_VERSION)
        return 0;
    if (strcmp(key, "check") == 0)
        options->action = HS_SERVE_CHECK;
    else
        options->action = strcmp(key, "help") == 0 ? HS_SERVE_HELP : HS_SERVE_VERSION;
    return 0;
}

/* ---- the table --------------------------------------------------------------------------- */

static const struct option {
    struct hs_conf_row row;
    const char *help;
    parse_fn *parse;
} options_table[] = {
    {{"control", "PATH", HS_CONF_TABS}, "the agent's socket (as for hearsay)", parse_control},
    {{"http", "WHERE", HS_CONF_LIST | HS_CONF_TABS},
     "listen there (" HS_HTTP_DEFAULT "); may be repeated",
     parse_http},
    {{"http-host", "NAME", HS_CONF_LIST}, "a name that clients may ask for", parse_host},
    {{"dns", "ADDRESS:PORT", HS_CONF_LIST},
     "answer questions of the DNS there, such as " HS_DNS_ADDRESS,
     parse_dns},
    {{"dns-domain", "NAME", 0}, "under which names are (" HS_DNS_DOMAIN ")", parse_dns},
    {{"dns-ttl", "SECONDS", 0}, "how long an answer may be kept, 0 to 5 (0)", parse_dns},
    {{"dns-replicas", "N", 0}, "of a key, 1 to 16 (3)", parse_dns},
    {{"dns-zones", "yes|no", 0}, "replicas are of distinct zones first (no)", parse_dns},
    {{"config", "FILE", HS_CONF_FLAG_ONLY | HS_CONF_TABS},
     "the same keys in a file: key = value",
     parse_config},
    {{"check", NULL, HS_CONF_FLAG_ONLY}, "print what is wrong with all settings", parse_action},
    {{"help", NULL, HS_CONF_FLAG_ONLY}, "print this text and end", parse_action},
    {{"version", NULL, HS_CONF_FLAG_ONLY}, "print the release and end", parse_action},
};

static struct hs_conf_row row_at(size_t row)
{
    return options_table[row].row;
}

static const struct hs_conf_table table = {
    .count = sizeof(options_table) / sizeof(options_table[0]),
    .at = row_at,
    .manual = "hearsay-serve(8)",
};

_Static_assert(sizeof(options_table) / sizeof(options_table[0]) <= HS_CONF_ROWS_MAX,
               "the store has room for every row");

/* ---- the whole --------------------------------------------------------------------------- */

static int parse(void *owner, size_t row, char *text, struct hs_text_place place,
                 char error[HS_ERROR_TEXT_MAX])
{
    (void)place;
    return options_table[row].parse(owner, options_table[row].row.key, text, error);
}

static int read_files(struct hs_serve_options *options, struct hs_mistakes *mistakes)
{
    int err;

    if (!options->config)
        return 0;
    err = hs_conf_read_file(&options->store, options->config, false, mistakes);
    if (err == 0)
        err = hs_conf_read_dir(&options->store, options->config, mistakes);
    return err < 0 ? err : hs_conf_parse(&options->store, true, parse, options, mistakes);
}

void hs_serve_options_read(struct hs_serve_options *ret_options, int argc, char *const *argv,
                           struct hs_mistakes *mistakes)
{
    static char standard[] = HS_HTTP_DEFAULT;
    char error[HS_ERROR_TEXT_MAX];
    int err;

    *ret_options = (struct hs_serve_options){.store = {.table = &table}};
    hs_dns_options_init(&ret_options->dns);
    err = hs_conf_read_flags(&ret_options->store, argc, argv, mistakes);
    if (err == 0)
        err = hs_conf_parse(&ret_options->store, false, parse, ret_options, mistakes);
    if (err == 0 && (ret_options->action == HS_SERVE_RUN || ret_options->action == HS_SERVE_CHECK))
        err = read_files(ret_options, mistakes);
    if (err < 0)
        hs_mistakes_add(mistakes, (struct hs_text_place){0, 0}, err, "out of memory");
    if (!hs_conf_given(&ret_options->store, "http"))
        parse_http(ret_options, "http", standard, error);
}

void hs_serve_options_fini(struct hs_serve_options *options)
{
    hs_conf_fini(&options->store);
}

void hs_serve_options_help(FILE *out)
{
    char flag[64];

    fputs("Usage: hearsay-serve [--KEY VALUE]...\n\n"
          "Shows over HTTP and DNS what an agent of this machine knows of its cluster.\n"
          "All keys but config, check, help and version can also stand in the config file.\n"
          "Defaults are in brackets.\n\n",
          out);
    for (size_t row = 0; row < table.count; row++) {
        const struct option *option = &options_table[row];

        snprintf(flag, sizeof(flag), "--%s %s", option->row.key,
                 option->row.arg ? option->row.arg : "");
        fprintf(out, "  %-20s  %s\n", flag, option->help);
    }
    fputs(
        "\nWHERE is ADDRESS:PORT, [IPV6]:PORT or unix:/PATH. With =metrics behind it, only what a\n"
        "scraper needs is served there.\n\n"
        "Signals: TERM and INT end it; HUP does nothing.\n"
        "Exit status: 0 after a signal, 1 a failure that may pass, 2 a setting that an operator\n"
        "must change.\n",
        out);
}
