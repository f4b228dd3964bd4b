/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file has the form of hearsay.conf, but for handlers. Their events stand in the key, so that
 * nothing in a script is taken for the end of them; and a script is all the rest of its line, where
 * '#' means what the shell says.
 *
 *     timeout = 30s
 *     on member-join, member-leave = /usr/local/bin/members --format=json
 */
#include "handle_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/suggest.h"
#include "format.h"
#include "service/text_file.h"

struct conf {
    struct hs_text_file file;
    const struct cli *cli;
    struct hs_run_settings *settings;
    bool timeout, while_isolated; /* they were given */
};

static int read_timeout(struct conf *conf, const char *value, char error[HS_ERROR_TEXT_MAX])
{
    long seconds = 0;

    if (!cli_parse_seconds(value, CLI_TIMEOUT_MAX_S, &seconds)) {
        hs_error_text(error, "timeout must be 1 s to %d s, such as 30s, and not %.64s",
                      CLI_TIMEOUT_MAX_S, value);
        return HEARSAY_ERR_INVALID;
    }
    if (!conf->cli->value[CLI_TIMEOUT])
        conf->settings->timeout_us = (uint64_t)seconds * 1000000;
    return 0;
}

static int read_isolated(struct conf *conf, const char *value, char error[HS_ERROR_TEXT_MAX])
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
        hs_error_text(error, "while-isolated must be yes or no, and not %.64s", value);
        return HEARSAY_ERR_INVALID;
    }
    if (!conf->cli->value[CLI_WHILE_ISOLATED])
        conf->settings->while_isolated = strcmp(value, "yes") == 0;
    return 0;
}

/* Notes that a key was there. Returns false, and says so, if it was before. */
static bool is_first(bool *given, const char *key, char error[HS_ERROR_TEXT_MAX])
{
    if (*given)
        hs_error_text(error, "'%s' is given twice", key);
    return !*given && (*given = true);
}

static int read_key(struct conf *conf, const char *key, const char *value,
                    char error[HS_ERROR_TEXT_MAX])
{
    static const char *const keys[] = {"on", "timeout", "while-isolated"};
    const char *nearest = hs_ctl_nearest(key, keys, sizeof(keys) / sizeof(keys[0]));

    if (strncmp(key, "on", 2) == 0 && (key[2] == ' ' || key[2] == '\t'))
        return hs_specs_add_script(&conf->settings->specs, key + 3, value, error);
    if (strcmp(key, "timeout") == 0)
        return is_first(&conf->timeout, key, error) ? read_timeout(conf, value, error)
                                                    : HEARSAY_ERR_INVALID;
    if (strcmp(key, "while-isolated") == 0)
        return is_first(&conf->while_isolated, key, error) ? read_isolated(conf, value, error)
                                                           : HEARSAY_ERR_INVALID;
    if (strcmp(key, "on") == 0)
        hs_error_text(error, "the events are missing: on member-join,member-leave = SCRIPT");
    else if (nearest)
        hs_error_text(error, "unknown key '%.64s'; did you mean '%s'?", key, nearest);
    else
        hs_error_text(error, "unknown key '%.64s'; there are on, timeout and while-isolated", key);
    return HEARSAY_ERR_INVALID;
}

/* One line, without blanks at its ends. */
static int read_line(struct conf *conf, char *line, char error[HS_ERROR_TEXT_MAX])
{
    char *equals = strchr(line, '=');

    if (line[0] == '\0' || line[0] == '#')
        return 0;
    if (!equals) {
        hs_error_text(error, "'%.64s' must be: on EVENTS = SCRIPT", line);
        return HEARSAY_ERR_INVALID;
    }
    *equals = '\0';
    return read_key(conf, hs_text_trim(line), hs_text_trim(equals + 1), error);
}

/* Tells the first mistake, and how many there are behind it. */
static int read_lines(struct conf *conf, const char *path, char error[HS_ERROR_TEXT_MAX])
{
    char fault[HS_ERROR_TEXT_MAX], first[HS_ERROR_TEXT_MAX], more[32] = "", *line;
    unsigned count = 0;
    int next = 1;

    /* At what is no text every further line would be wrong too. */
    while (next != HEARSAY_ERR_SYNTAX &&
           (next = hs_text_file_next(&conf->file, &line, fault)) != 0) {
        if ((next < 0 ? next : read_line(conf, line, fault)) == 0 || count++ > 0)
            continue;
        hs_error_text(first, "%.200s:%u: %s", path, conf->file.line, fault);
    }
    if (count == 0)
        return 0;
    if (count > 1)
        snprintf(more, sizeof(more), " (and %u more)", count - 1);
    hs_error_text(error, "%s%s", first, more);
    return HEARSAY_ERR_INVALID;
}

static int read_file(const struct cli *cli, struct hs_run_settings *settings,
                     char error[HS_ERROR_TEXT_MAX])
{
    const char *path = cli->value[CLI_CONFIG], *reason = NULL;
    struct conf conf = {.cli = cli, .settings = settings};
    int err, number;

    if (hs_text_file_open(&conf.file, path, false, &reason) < 0) {
        hs_error_text(error, "config file %.200s: %s; must be a text file that can be read", path,
                      reason);
        return HEARSAY_ERR_INVALID;
    }
    err = read_lines(&conf, path, error);
    number = hs_text_file_close(&conf.file);
    if (err == 0 && number) {
        hs_error_text(error, "config file %.200s: %s", path, strerror(number));
        err = HEARSAY_ERR_INVALID;
    }
    return err;
}

static int read_arguments(const struct cli *cli, struct hs_run_settings *settings,
                          char error[HS_ERROR_TEXT_MAX])
{
    int err = 0;

    for (int i = 0; err == 0 && i < cli->given_count; i++)
        if (cli->given[i].option == CLI_ON)
            err = hs_specs_add_text(&settings->specs, cli->given[i].value, error);
    if (err == 0 && cli->arg_count > 0)
        err = hs_specs_add_command(&settings->specs, cli->args, (size_t)cli->arg_count, error);
    return err;
}

int cli_handle_settings(const struct cli *cli, struct hs_run_settings *ret_settings,
                        char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *ret_settings =
        (struct hs_run_settings){.timeout_us = (uint64_t)cli->client.timeout_s * 1000000,
                                 .while_isolated = cli->value[CLI_WHILE_ISOLATED]};
    err = read_arguments(cli, ret_settings, error);
    if (err == 0 && cli->value[CLI_CONFIG])
        err = read_file(cli, ret_settings, error);
    if (err == 0 && ret_settings->specs.count == 0) {
        hs_error_text(error, "there is nothing to run: say --on EVENTS=SCRIPT, --config FILE with "
                             "`on EVENTS = SCRIPT`, or -- COMMAND");
        err = HEARSAY_ERR_INVALID;
    }
    return err;
}
