/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the settings in this order: it stores and checks the flags, then the file that they name,
 * then checks that need all settings. Flags come first because a wrong flag is the more likely
 * mistake, and because --help must work even if the file is wrong.
 */
#include "agent/options/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/options/conf.h"
#include "agent/options/flags.h"
#include "agent/options/parse.h"
#include "agent/options/values.h"

/* Adds the key and its place to the error text of hs_option_parse. */
static int parse_row(struct hs_options *options, size_t row, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_option *option = &hs_option_table[row];
    char reason[HS_ERROR_TEXT_MAX];
    int err = hs_option_parse(options, option, options->text[row], reason);
    if (err == 0)
        return 0;
    if (options->line[row] > 0)
        hs_error_text(error, "%s:%u: %s = %.100s: %s", options->config_path, options->line[row],
                      option->key, options->text[row], reason);
    else
        hs_error_text(error, "--%s %.100s: %s", option->key, options->text[row], reason);
    for (char *p = error; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    return err;
}

static int parse_rows(struct hs_options *options, bool of_file, char error[HS_ERROR_TEXT_MAX])
{
    for (size_t row = 0; row < hs_option_count; row++) {
        if (!options->text[row] || (options->line[row] > 0) != of_file)
            continue;
        int err = parse_row(options, row, error);
        if (err < 0)
            return err;
    }
    return 0;
}

/* Sets the fields of keys that were not given but have a fallback value. */
static int set_fallbacks(struct hs_options *options, char error[HS_ERROR_TEXT_MAX])
{
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        int err = option->fallback ? hs_option_parse(options, option, option->fallback, error) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

static int default_name(struct hs_options *options, char error[HS_ERROR_TEXT_MAX])
{
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    if (!hearsay_name_valid(host)) {
        hs_error_text(error, "--name is needed: the host name '%s' cannot be the name of a member",
                      host);
        return HEARSAY_ERR_INVALID;
    }
    options->host_name = strdup(host);
    options->name = options->host_name;
    if (options->name)
        return 0;
    hs_error_text(error, "out of memory");
    return HEARSAY_ERR_NOMEM;
}

/* Checks that other members can use the advertised address. */
static int check_advertise(const char *text, char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_addr addr;
    char host[HS_HOST_MAX];
    uint16_t port = HEARSAY_PORT_DEFAULT;
    if (!text)
        return 0;
    hs_value_endpoint(text, HEARSAY_PORT_DEFAULT, host, &port);
    if (host[0] != '\0' && port != 0 &&
        (hearsay_addr_parse(&addr, text, HEARSAY_PORT_DEFAULT) < 0 || !hearsay_addr_is_any(&addr)))
        return 0;
    hs_error_text(error, "--advertise %.64s: must name a host and a port that others can reach",
                  text);
    return HEARSAY_ERR_INVALID;
}

/* Checks that need all settings. */
static int check_whole(struct hs_options *options, char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_config config;
    const char *sentence = NULL;
    if (hs_option_given(options, "weight") && hs_option_given(options, "tokens")) {
        hs_error_text(error, "weight and tokens set the same thing: give one of them");
        return HEARSAY_ERR_INVALID;
    }
    int err = check_advertise(options->advertise, error);
    if (err == 0 && !options->name)
        err = default_name(options, error);
    if (err < 0)
        return err;
    /* The node checks all this again. Placeholders for values that are known only later make it
     * possible to check here. */
    hs_options_config(options, &config);
    hearsay_addr_parse(&config.advertise, "127.0.0.1", HEARSAY_PORT_DEFAULT);
    config.allocator = hearsay_host_allocator();
    err = hearsay_config_check(&config, &sentence);
    if (err < 0)
        hs_error_text(error, "%s", sentence);
    return err;
}

static int read_all(struct hs_options *options, int argc, char *const *argv,
                    char error[HS_ERROR_TEXT_MAX])
{
    int err = set_fallbacks(options, error);
    if (err == 0)
        err = hs_options_read_flags(options, argc, argv, error);
    if (err == 0)
        err = parse_rows(options, false, error);
    if (err < 0 || options->action != HS_ACTION_RUN)
        return err;
    if (options->config_path) {
        err = hs_options_read_file(options, options->config_path, error);
        if (err == 0)
            err = parse_rows(options, true, error);
        if (err < 0)
            return err;
    }
    return check_whole(options, error);
}

int hs_options_read(struct hs_options *ret_options, int argc, char *const *argv,
                    char error[HS_ERROR_TEXT_MAX])
{
    struct hs_options options = {.action = HS_ACTION_RUN};
    int err = read_all(&options, argc, argv, error);
    if (err < 0)
        hs_options_fini(&options);
    else
        *ret_options = options;
    return err;
}

void hs_options_config(const struct hs_options *options, struct hearsay_config *ret_config)
{
    hearsay_config_init(ret_config, options->profile);
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hearsay_setting *setting = hs_option_setting(&hs_option_table[row]);
        if (!setting || !options->text[row]) /* a key that was given overrides the profile */
            continue;
        memcpy((char *)ret_config + setting->offset, (const char *)&options->core + setting->offset,
               setting->unit == HEARSAY_UNIT_NUMBER ? sizeof(uint32_t) : sizeof(uint64_t));
    }
    if (hs_option_given(options, "weight"))
        ret_config->tokens = options->weighted_tokens;
    if (options->cluster)
        ret_config->cluster = options->cluster;
    ret_config->name = options->name;
    ret_config->tags = options->tags;
    ret_config->tag_count = options->tag_count;
}
