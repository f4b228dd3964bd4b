/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function per type. Its error text says what would be right, so that the reader needs no
 * manual. options.c adds the key and the place.
 */
#include "agent/options/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/options/values.h"

/* A text that is being parsed, and the field that it is for. */
struct reading {
    struct hs_options *options;
    const struct hs_option *option;
    const char *text;
    void *field; /* by the row's offset */
};

typedef int parse_fn(const struct reading *at, char error[HS_ERROR_TEXT_MAX]);

static int parse_text(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_option *option = at->option;
    size_t len = strlen(at->text);
    if (len < option->min || len > option->max) {
        hs_error_text(error, "must be %" PRIu64 " to %" PRIu64 " bytes long", option->min,
                      option->max);
        return HEARSAY_ERR_INVALID;
    }
    *(const char **)at->field = at->text;
    return 0;
}

static int parse_name(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    if (!hearsay_name_valid(at->text)) {
        hs_error_text(error, "must be 1 to %d letters, digits and . _ : -", HEARSAY_NAME_MAX);
        return HEARSAY_ERR_INVALID;
    }
    *(const char **)at->field = at->text;
    return 0;
}

static int parse_endpoint(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    char host[HS_HOST_MAX];
    uint16_t port;
    const char *fault = hs_value_endpoint_fault(at->text);
    if (fault) {
        hs_error_text(error, "this is %s", fault);
        return HEARSAY_ERR_INVALID;
    }
    if (hs_value_endpoint(at->text, HEARSAY_PORT_DEFAULT, host, &port) < 0) {
        hs_error_text(error, "must be host:port, :port, or [ipv6]:port, with a port up to 65535");
        return HEARSAY_ERR_INVALID;
    }
    *(const char **)at->field = at->text;
    return 0;
}

static int add_seed(struct hs_option_list *list, const char *item, size_t len,
                    char error[HS_ERROR_TEXT_MAX])
{
    char *copy = strndup(item, len);
    char host[HS_HOST_MAX];
    uint16_t port;
    if (!copy) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    const char *fault = hs_value_endpoint_fault(copy);
    if (fault) {
        hs_error_text(error, "'%.64s': this is %s", copy, fault);
        free(copy);
        return HEARSAY_ERR_INVALID;
    }
    if (hs_value_endpoint(copy, HEARSAY_PORT_DEFAULT, host, &port) < 0 || host[0] == '\0' ||
        port == 0) {
        hs_error_text(error, "'%s' must be host, host:port or [ipv6]:port", copy);
        free(copy);
        return HEARSAY_ERR_INVALID;
    }
    list->items[list->count++] = copy;
    return 0;
}

/* Items are separated by commas, newlines (between repeated flags) and blanks. */
static int parse_join(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    static const char separators[] = ", \t\n";
    struct hs_option_list *list = at->field;
    const char *text = at->text;
    list->items = calloc(HS_OPTION_LIST_MAX, sizeof(list->items[0]));
    if (!list->items) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators);
        if (list->count == HS_OPTION_LIST_MAX) {
            hs_error_text(error, "at most %d seeds", HS_OPTION_LIST_MAX);
            return HEARSAY_ERR_INVALID;
        }
        int err = add_seed(list, text, len, error);
        if (err < 0)
            return err;
        text += len;
    }
    return 0;
}

static int add_tag(struct hs_options *options, char *text, char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_tag tag;
    if (hs_value_tag(text, &tag) < 0) {
        hs_error_text(error, "'%s' must be key=value, the key 1 to %d letters, digits and . _ -",
                      text, HEARSAY_TAG_KEY_MAX);
        return HEARSAY_ERR_INVALID;
    }
    for (size_t i = 0; i < options->tag_count; i++)
        if (strcmp(options->tags[i].key, tag.key) == 0) {
            hs_error_text(error, "'%s' is given twice", tag.key);
            return HEARSAY_ERR_INVALID;
        }
    if (options->tag_count == HEARSAY_TAGS_COUNT) {
        hs_error_text(error, "at most %d tags", HEARSAY_TAGS_COUNT);
        return HEARSAY_ERR_INVALID;
    }
    options->tags[options->tag_count++] = tag;
    return 0;
}

/* Tags are not split at commas, because a value may contain commas. */
static int parse_tag(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    char *rest = strdup(at->text), *item;
    if (!rest) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    at->options->tag_text = rest;
    while ((item = strsep(&rest, "\n"))) {
        int err = add_tag(at->options, item, error);
        if (err < 0)
            return err;
    }
    return 0;
}

static int parse_count(const struct reading *at, const struct hearsay_setting *setting,
                       char error[HS_ERROR_TEXT_MAX])
{
    uint64_t number;
    if (hs_value_number(at->text, &number) < 0 || number < setting->min || number > setting->max) {
        hs_error_text(error, "must be a number from %" PRIu64 " to %" PRIu64, setting->min,
                      setting->max);
        return HEARSAY_ERR_INVALID;
    }
    uint32_t count = (uint32_t)number;
    memcpy((char *)&at->options->core + setting->offset, &count, sizeof(count));
    return 0;
}

static int parse_duration(const struct reading *at, const struct hearsay_setting *setting,
                          char error[HS_ERROR_TEXT_MAX])
{
    char least[HS_DURATION_TEXT_MAX], most[HS_DURATION_TEXT_MAX];
    uint64_t us;
    if (hs_value_duration(at->text, &us) < 0 || us < setting->min || us > setting->max) {
        hs_value_format_duration(setting->min, least);
        hs_value_format_duration(setting->max, most);
        hs_error_text(error, "must be a time from %s to %s with a unit, like 500ms or 1.5s", least,
                      most);
        return HEARSAY_ERR_INVALID;
    }
    memcpy((char *)&at->options->core + setting->offset, &us, sizeof(us));
    return 0;
}

static int parse_setting(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    const struct hearsay_setting *setting = hs_option_setting(at->option);
    if (setting->unit == HEARSAY_UNIT_NUMBER)
        return parse_count(at, setting, error);
    return parse_duration(at, setting, error);
}

static int parse_weight(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    uint64_t milli, tokens = 0;
    if (hs_value_milli(at->text, &milli) == 0 && milli <= UINT32_MAX)
        tokens = (milli * HEARSAY_TOKENS_DEFAULT + 500) / 1000;
    if (tokens < at->option->min || tokens > at->option->max) {
        hs_error_text(error, "must be a number from 0.01 to %d",
                      HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
        return HEARSAY_ERR_INVALID;
    }
    *(uint32_t *)at->field = (uint32_t)tokens;
    return 0;
}

static int parse_level(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    for (int level = HS_LEVEL_DEBUG; level <= HS_LEVEL_ERROR; level++)
        if (strcmp(at->text, hs_level_name((enum hs_level)level)) == 0) {
            *(enum hs_level *)at->field = (enum hs_level)level;
            return 0;
        }
    hs_error_text(error, "must be debug, info, warn or error");
    return HEARSAY_ERR_INVALID;
}

static int parse_profile(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    static const char *const profiles[HEARSAY_PROFILE_COUNT] = {
        [HEARSAY_PROFILE_LAN] = "lan",
        [HEARSAY_PROFILE_WAN] = "wan",
        [HEARSAY_PROFILE_LOCAL] = "local",
    };
    for (int i = 0; i < HEARSAY_PROFILE_COUNT; i++)
        if (strcmp(at->text, profiles[i]) == 0) {
            *(enum hearsay_profile *)at->field = (enum hearsay_profile)i;
            return 0;
        }
    hs_error_text(error, "must be lan, wan or local");
    return HEARSAY_ERR_INVALID;
}

/* --help and --version have no field. They set what the program does instead of running. */
static int parse_help(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    (void)error;
    if (at->options->action == HS_ACTION_RUN)
        at->options->action = HS_ACTION_HELP;
    return 0;
}

static int parse_version(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    (void)error;
    if (at->options->action == HS_ACTION_RUN)
        at->options->action = HS_ACTION_VERSION;
    return 0;
}

static parse_fn *const parsers[] = {
    [HS_OPTION_TEXT] = parse_text,         [HS_OPTION_NAME] = parse_name,
    [HS_OPTION_ENDPOINT] = parse_endpoint, [HS_OPTION_JOIN] = parse_join,
    [HS_OPTION_TAG] = parse_tag,           [HS_OPTION_SETTING] = parse_setting,
    [HS_OPTION_WEIGHT] = parse_weight,     [HS_OPTION_LEVEL] = parse_level,
    [HS_OPTION_PROFILE] = parse_profile,   [HS_OPTION_FILE] = parse_text,
    [HS_OPTION_HELP] = parse_help,         [HS_OPTION_VERSION] = parse_version,
};

int hs_option_parse(struct hs_options *options, const struct hs_option *option, const char *text,
                    char error[HS_ERROR_TEXT_MAX])
{
    struct reading at = {options, option, text, (char *)options + option->offset};
    return parsers[option->type](&at, error);
}
