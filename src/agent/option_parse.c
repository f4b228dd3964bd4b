/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of a setting to its field, one function a type. Each says what would be right, so
 * that whoever reads the message needs no manual; options.c puts the key and the place before it.
 */
#include "agent/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/values.h"

typedef int parse_fn(struct hs_options *options, const struct hs_option *option, const char *text,
                     void *field, char why[HS_WHY_MAX]);

static int parse_text(struct hs_options *options, const struct hs_option *option, const char *text,
                      void *field, char why[HS_WHY_MAX])
{
    size_t len = strlen(text);

    (void)options;
    if (len < option->min || len > option->max) {
        hs_why(why, "must be %" PRIu64 " to %" PRIu64 " bytes long", option->min, option->max);
        return HEARSAY_ERR_INVALID;
    }
    *(const char **)field = text;
    return 0;
}

static int parse_name(struct hs_options *options, const struct hs_option *option, const char *text,
                      void *field, char why[HS_WHY_MAX])
{
    (void)options;
    (void)option;
    if (!hearsay_name_valid(text)) {
        hs_why(why, "must be 1 to %d letters, digits and . _ : -", HEARSAY_NAME_MAX);
        return HEARSAY_ERR_INVALID;
    }
    *(const char **)field = text;
    return 0;
}

static int check_endpoint(const char *text, char why[HS_WHY_MAX])
{
    char host[HS_HOST_MAX];
    uint16_t port;

    if (hs_value_endpoint(text, HEARSAY_PORT_DEFAULT, host, &port) == 0)
        return 0;
    hs_why(why, "must be host:port, :port, or [ipv6]:port, with a port up to 65535");
    return HEARSAY_ERR_INVALID;
}

static int parse_endpoint(struct hs_options *options, const struct hs_option *option,
                          const char *text, void *field, char why[HS_WHY_MAX])
{
    (void)options;
    (void)option;
    if (check_endpoint(text, why) < 0)
        return HEARSAY_ERR_INVALID;
    *(const char **)field = text;
    return 0;
}

static int add_seed(struct hs_option_list *list, const char *item, size_t len, char why[HS_WHY_MAX])
{
    char *copy = strndup(item, len);
    char host[HS_HOST_MAX];
    uint16_t port;

    if (copy == NULL) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    if (hs_value_endpoint(copy, HEARSAY_PORT_DEFAULT, host, &port) < 0 || host[0] == '\0' ||
        port == 0) {
        hs_why(why, "'%s' must be host, host:port or [ipv6]:port", copy);
        free(copy);
        return HEARSAY_ERR_INVALID;
    }
    list->items[list->count++] = copy;
    return 0;
}

/* Items are separated by commas, newlines (between repeated flags) and blanks. */
static int parse_join(struct hs_options *options, const struct hs_option *option, const char *text,
                      void *field, char why[HS_WHY_MAX])
{
    static const char separators[] = ", \t\n";
    struct hs_option_list *list = field;

    (void)options;
    (void)option;
    list->items = calloc(HS_OPTION_LIST_MAX, sizeof(list->items[0]));
    if (list->items == NULL) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        size_t len = strcspn(text, separators);
        int r;

        if (list->count == HS_OPTION_LIST_MAX) {
            hs_why(why, "at most %d seeds", HS_OPTION_LIST_MAX);
            return HEARSAY_ERR_INVALID;
        }
        r = add_seed(list, text, len, why);
        if (r < 0)
            return r;
        text += len;
    }
    return 0;
}

static int add_tag(struct hs_options *options, char *text, char why[HS_WHY_MAX])
{
    struct hearsay_tag tag;

    if (hs_value_tag(text, &tag) < 0) {
        hs_why(why, "'%s' must be key=value, the key 1 to %d letters, digits and . _ -", text,
               HEARSAY_TAG_KEY_MAX);
        return HEARSAY_ERR_INVALID;
    }
    for (size_t i = 0; i < options->tag_count; i++)
        if (strcmp(options->tags[i].key, tag.key) == 0) {
            hs_why(why, "'%s' is given twice", tag.key);
            return HEARSAY_ERR_INVALID;
        }
    if (options->tag_count == HEARSAY_TAGS_COUNT) {
        hs_why(why, "at most %d tags", HEARSAY_TAGS_COUNT);
        return HEARSAY_ERR_INVALID;
    }
    options->tags[options->tag_count++] = tag;
    return 0;
}

/* Tags are not split at commas: a value may hold some. */
static int parse_tag(struct hs_options *options, const struct hs_option *option, const char *text,
                     void *field, char why[HS_WHY_MAX])
{
    char *at, *item;

    (void)option;
    (void)field;
    options->tag_text = strdup(text);
    if (options->tag_text == NULL) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    at = options->tag_text;
    while ((item = strsep(&at, "\n")) != NULL) {
        int r = add_tag(options, item, why);

        if (r < 0)
            return r;
    }
    return 0;
}

static int parse_number(struct hs_options *options, const struct hs_option *option,
                        const char *text, void *field, char why[HS_WHY_MAX])
{
    uint64_t number;

    (void)options;
    if (hs_value_number(text, &number) < 0 || number < option->min || number > option->max) {
        hs_why(why, "must be a number from %" PRIu64 " to %" PRIu64, option->min, option->max);
        return HEARSAY_ERR_INVALID;
    }
    *(uint32_t *)field = (uint32_t)number;
    return 0;
}

static int parse_duration(struct hs_options *options, const struct hs_option *option,
                          const char *text, void *field, char why[HS_WHY_MAX])
{
    char least[HS_DURATION_TEXT_MAX], most[HS_DURATION_TEXT_MAX];
    uint64_t us;

    (void)options;
    if (hs_value_duration(text, &us) < 0 || us < option->min || us > option->max) {
        hs_value_format_duration(option->min, least);
        hs_value_format_duration(option->max, most);
        hs_why(why, "must be a time from %s to %s with a unit, like 500ms or 1.5s", least, most);
        return HEARSAY_ERR_INVALID;
    }
    *(uint64_t *)field = us;
    return 0;
}

static int parse_weight(struct hs_options *options, const struct hs_option *option,
                        const char *text, void *field, char why[HS_WHY_MAX])
{
    uint64_t milli, tokens = 0;

    (void)options;
    if (hs_value_milli(text, &milli) == 0 && milli <= UINT32_MAX)
        tokens = (milli * HEARSAY_TOKENS_DEFAULT + 500) / 1000;
    if (tokens < option->min || tokens > option->max) {
        hs_why(why, "must be a number from 0.01 to %d",
               HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
        return HEARSAY_ERR_INVALID;
    }
    *(uint32_t *)field = (uint32_t)tokens;
    return 0;
}

static int parse_level(struct hs_options *options, const struct hs_option *option, const char *text,
                       void *field, char why[HS_WHY_MAX])
{
    (void)options;
    (void)option;
    for (int level = HS_LEVEL_DEBUG; level <= HS_LEVEL_ERROR; level++)
        if (strcmp(text, hs_level_name((enum hs_level)level)) == 0) {
            *(enum hs_level *)field = (enum hs_level)level;
            return 0;
        }
    hs_why(why, "must be debug, info, warn or error");
    return HEARSAY_ERR_INVALID;
}

static int parse_profile(struct hs_options *options, const struct hs_option *option,
                         const char *text, void *field, char why[HS_WHY_MAX])
{
    static const struct {
        const char *text;
        enum hearsay_profile profile;
    } profiles[] = {
        {"lan", HEARSAY_PROFILE_LAN},
        {"wan", HEARSAY_PROFILE_WAN},
        {"local", HEARSAY_PROFILE_LOCAL},
    };

    (void)options;
    (void)option;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
        if (strcmp(text, profiles[i].text) == 0) {
            *(enum hearsay_profile *)field = profiles[i].profile;
            return 0;
        }
    hs_why(why, "must be lan, wan or local");
    return HEARSAY_ERR_INVALID;
}

/* --help and --version have no field: they say what to do instead of running. */
static int parse_action(struct hs_options *options, const struct hs_option *option,
                        const char *text, void *field, char why[HS_WHY_MAX])
{
    (void)text;
    (void)field;
    (void)why;
    if (options->action == HS_ACTION_RUN)
        options->action = option->type == HS_OPTION_HELP ? HS_ACTION_HELP : HS_ACTION_VERSION;
    return 0;
}

static parse_fn *const parsers[] = {
    [HS_OPTION_TEXT] = parse_text,         [HS_OPTION_NAME] = parse_name,
    [HS_OPTION_ENDPOINT] = parse_endpoint, [HS_OPTION_JOIN] = parse_join,
    [HS_OPTION_TAG] = parse_tag,           [HS_OPTION_NUMBER] = parse_number,
    [HS_OPTION_DURATION] = parse_duration, [HS_OPTION_WEIGHT] = parse_weight,
    [HS_OPTION_LEVEL] = parse_level,       [HS_OPTION_PROFILE] = parse_profile,
    [HS_OPTION_FILE] = parse_text,         [HS_OPTION_HELP] = parse_action,
    [HS_OPTION_VERSION] = parse_action,
};

int hs_option_parse(struct hs_options *options, const struct hs_option *option, const char *text,
                    char why[HS_WHY_MAX])
{
    return parsers[option->type](options, option, text, (char *)options + option->offset, why);
}
