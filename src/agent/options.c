/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags and config file in two steps: first every text is noted under its key, with the place it
 * came from; then each is turned into its field. So a flag can replace a key of the file before the
 * file's value is judged, and one piece of code makes every message.
 */
#include "agent/options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/values.h"

void hs_why(char why[HS_WHY_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why, HS_WHY_MAX, format, args);
    va_end(args);
}

static size_t row_of(const struct hs_option *option)
{
    return (size_t)(option - hs_option_table);
}

static bool is_list(const struct hs_option *option)
{
    return option->type == HS_OPTION_JOIN || option->type == HS_OPTION_TAG;
}

bool hs_option_given(const struct hs_options *options, const char *key)
{
    const struct hs_option *option = hs_option_find(key);

    return option != NULL && options->text[row_of(option)] != NULL;
}

int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    unsigned line)
{
    size_t row = row_of(option);
    char *old = options->text[row], *copy = NULL;

    if (old != NULL && is_list(option)) {
        if (asprintf(&copy, "%s\n%s", old, text) < 0)
            return HEARSAY_ERR_NOMEM;
    } else {
        copy = strdup(text);
        if (copy == NULL)
            return HEARSAY_ERR_NOMEM;
        options->line[row] = line;
    }
    free(old);
    options->text[row] = copy;
    /* The row owns it; the analyser loses the index: */
    return 0; /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* One flag, with its value behind '=' or in the next argument. Returns how many arguments it took,
 * or a negative error. */
static int read_flag(struct hs_options *options, int left, char *const *argv, char why[HS_WHY_MAX])
{
    const char *word = strcmp(argv[0], "-h") == 0 ? "--help" : argv[0];
    const char *equals = strchr(word, '='), *value = "";
    const struct hs_option *option;
    char key[64];
    int used = 1;

    if (strncmp(word, "--", 2) != 0) {
        hs_why(why, "unexpected argument '%s': settings are --key value, see --help", argv[0]);
        return HEARSAY_ERR_INVALID;
    }
    (void)snprintf(key, sizeof(key), "%.*s", equals != NULL ? (int)(equals - word - 2) : 63,
                   word + 2);
    option = hs_option_find(key);
    if (option == NULL) {
        const char *similar = hs_option_similar(key);

        hs_why(why, "unknown option --%s%s%s%s", key, similar != NULL ? "; did you mean --" : "",
               similar != NULL ? similar : "; see --help", similar != NULL ? "?" : "");
        return HEARSAY_ERR_INVALID;
    }
    if (option->arg != NULL && equals == NULL && left < 2) {
        hs_why(why, "--%s needs a value: %s", key, option->arg);
        return HEARSAY_ERR_INVALID;
    }
    if (option->arg == NULL && equals != NULL) {
        hs_why(why, "--%s takes no value", key);
        return HEARSAY_ERR_INVALID;
    }
    if (option->arg != NULL) {
        value = equals != NULL ? equals + 1 : argv[1];
        used = equals != NULL ? 1 : 2;
    }
    if (hs_options_note(options, option, value, 0) < 0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return used;
}

/* Puts key and place before what hs_option_parse says. */
static int parse_row(struct hs_options *options, size_t row, char why[HS_WHY_MAX])
{
    const struct hs_option *option = &hs_option_table[row];
    char reason[HS_WHY_MAX];
    int r;

    r = hs_option_parse(options, option, options->text[row], reason);
    if (r == 0)
        return 0;
    if (options->line[row] > 0)
        hs_why(why, "%s:%u: %s = %.100s: %s", options->config_path, options->line[row], option->key,
               options->text[row], reason);
    else
        hs_why(why, "--%s %.100s: %s", option->key, options->text[row], reason);
    for (char *p = why; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    return r;
}

static int parse_rows(struct hs_options *options, bool of_file, char why[HS_WHY_MAX])
{
    for (size_t row = 0; row < hs_option_count; row++) {
        int r;

        if (options->text[row] == NULL || (options->line[row] > 0) != of_file)
            continue;
        r = parse_row(options, row, why);
        if (r < 0)
            return r;
    }
    return 0;
}

static int default_name(struct hs_options *options, char why[HS_WHY_MAX])
{
    char host[256] = "";

    (void)gethostname(host, sizeof(host) - 1);
    if (!hearsay_name_valid(host)) {
        hs_why(why, "--name is needed: the host name '%s' is no member's name", host);
        return HEARSAY_ERR_INVALID;
    }
    memcpy(options->host_name, host, strlen(host) + 1); /* a valid name fits */
    /* The analyser takes a row of hs_options_note for leaked here: */
    options->name = options->host_name; /* NOLINT(clang-analyzer-unix.Malloc) */
    return 0;
}

/* An address to be told to others must be one that they can use. */
static int check_advertise(const char *text, char why[HS_WHY_MAX])
{
    struct hearsay_addr addr;
    char host[HS_HOST_MAX];
    uint16_t port = HEARSAY_PORT_DEFAULT;

    if (text == NULL)
        return 0;
    (void)hs_value_endpoint(text, HEARSAY_PORT_DEFAULT, host, &port);
    if (host[0] != '\0' && port != 0 &&
        (hearsay_addr_parse(&addr, text, HEARSAY_PORT_DEFAULT) < 0 || !hearsay_addr_is_any(&addr)))
        return 0;
    hs_why(why, "--advertise %.64s: must name a host and a port that others can reach", text);
    return HEARSAY_ERR_INVALID;
}

/* What only the whole can tell. */
static int complete(struct hs_options *options, char why[HS_WHY_MAX])
{
    struct hearsay_config config;
    const char *sentence = NULL;

    if (hs_option_given(options, "weight") && hs_option_given(options, "tokens")) {
        hs_why(why, "weight and tokens set the same thing: give one of them");
        return HEARSAY_ERR_INVALID;
    }
    if (check_advertise(options->advertise, why) < 0)
        return HEARSAY_ERR_INVALID;
    if (options->name == NULL && default_name(options, why) < 0)
        return HEARSAY_ERR_INVALID;
    /* The node checks all this too; a stand-in for what is known only later lets us say it now. */
    hs_options_config(options, &config);
    (void)hearsay_addr_parse(&config.advertise, "127.0.0.1", HEARSAY_PORT_DEFAULT);
    config.allocator = hearsay_host_allocator();
    if (hearsay_config_check(&config, &sentence) < 0) {
        hs_why(why, "%s", sentence != NULL ? sentence : "settings do not fit together");
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

static int read_all(struct hs_options *options, int argc, char *const *argv, char why[HS_WHY_MAX])
{
    int r;

    for (int i = 1; i < argc; i += r) {
        r = read_flag(options, argc - i, argv + i, why);
        if (r < 0)
            return r;
    }
    r = parse_rows(options, false, why);
    if (r < 0 || options->action != HS_ACTION_RUN)
        return r;
    if (options->config_path != NULL) {
        r = hs_options_read_file(options, options->config_path, why);
        if (r == 0)
            r = parse_rows(options, true, why);
        if (r < 0)
            return r;
    }
    return complete(options, why);
}

int hs_options_read(struct hs_options *ret_options, int argc, char *const *argv,
                    char why[HS_WHY_MAX])
{
    struct hs_options options = {.bind = "0.0.0.0:7847",
                                 .log = "-",
                                 .log_level = HS_LEVEL_INFO,
                                 .profile = HEARSAY_PROFILE_LAN};
    int r;

    r = read_all(&options, argc, argv, why);
    if (r < 0) {
        hs_options_fini(&options);
        return HEARSAY_ERR_INVALID;
    }
    *ret_options = options;
    if (options.name == options.host_name) /* it borrowed from the copy */
        ret_options->name = ret_options->host_name;
    return 0;
}

void hs_options_fini(struct hs_options *options)
{
    if (options == NULL)
        return;
    for (size_t i = 0; i < HS_OPTIONS_MAX; i++)
        free(options->text[i]);
    for (size_t i = 0; i < options->join.count; i++)
        free(options->join.items[i]);
    free(options->join.items);
    free(options->tag_text);
    memset(options, 0, sizeof(*options));
}

void hs_options_config(const struct hs_options *options, struct hearsay_config *ret_config)
{
    hearsay_config_init(ret_config, options->profile);
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        size_t size = option->type == HS_OPTION_NUMBER ? sizeof(uint32_t) : sizeof(uint64_t);

        /* Explicit keys override the profile. */
        if (option->core && options->text[row] != NULL)
            memcpy((char *)ret_config + (option->offset - offsetof(struct hs_options, core)),
                   (const char *)options + option->offset, size);
    }
    if (options->weighted_tokens > 0)
        ret_config->tokens = options->weighted_tokens;
    if (options->cluster != NULL)
        ret_config->cluster = options->cluster;
    ret_config->name = options->name;
    ret_config->tags = options->tags;
    ret_config->tag_count = options->tag_count;
}
