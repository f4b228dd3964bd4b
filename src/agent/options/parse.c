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
    char host[HS_HOST_MAX], fault[HS_ERROR_TEXT_MAX];
    uint16_t port;
    int err = hs_endpoint_read(at->text, HEARSAY_PORT_DEFAULT, host, &port, fault);
    if (err == 0 && host[0] == '_') {
        hs_error_text(fault, "'%.80s' names a service", at->text);
        err = HEARSAY_ERR_INVALID;
    }
    if (err < 0) {
        hs_error_text(error, "%s; must be host:port, :port, or [ipv6]:port", fault);
        return err;
    }
    *(const char **)at->field = at->text;
    return 0;
}

static int out_of_memory(char error[HS_ERROR_TEXT_MAX])
{
    hs_error_text(error, "out of memory");
    return HEARSAY_ERR_NOMEM;
}

/* ---- lists ------------------------------------------------------------------------------- */

static int add_seed(struct hs_option_list *list, const char *item, size_t len,
                    char error[HS_ERROR_TEXT_MAX])
{
    if (!list->items)
        list->items = calloc(HS_OPTION_LIST_MAX, sizeof(list->items[0]));
    if (!list->items)
        return out_of_memory(error);
    if (list->count == HS_OPTION_LIST_MAX) {
        hs_error_text(error, "at most %d seeds", HS_OPTION_LIST_MAX);
        return HEARSAY_ERR_INVALID;
    }
    char *copy = strndup(item, len);
    if (!copy)
        return out_of_memory(error);
    char host[HS_HOST_MAX];
    uint16_t port;
    int err = hs_value_seed(copy, host, &port, error);
    if (err < 0)
        free(copy);
    else
        list->items[list->count++] = copy;
    return err;
}

/* Seeds are separated by blanks, or by a comma and blanks. A comma may follow the last one, because
 * a program that writes a list likes to leave one there; elsewhere a comma that separates nothing
 * stands where a seed is missing. */
static int add_seeds(struct hs_options *options, const char *text, char error[HS_ERROR_TEXT_MAX])
{
    static const char blanks[] = " \t";
    text += strspn(text, blanks);
    do {
        size_t len = strcspn(text, ", \t");
        if (len == 0) {
            hs_error_text(error, "a seed is missing%s; must be host, host:port or [ipv6]:port",
                          *text == ',' ? " before a comma" : "");
            return HEARSAY_ERR_INVALID;
        }
        int err = add_seed(&options->join, text, len, error);
        if (err < 0)
            return err;
        text += len;
        text += strspn(text, blanks);
        if (*text == ',')
            text++;
        text += strspn(text, blanks);
    } while (*text != '\0');
    return 0;
}

/* Where the tag of this key is among those so far, or their count. */
static size_t find_tag(const struct hs_options *options, const char *key)
{
    size_t i = 0;
    while (i < options->tag_count && strcmp(options->tags[i].key, key) != 0)
        i++;
    return i;
}

/* Tags are not split at commas, because a value may contain commas. A later file replaces a tag of
 * an earlier one. */
static int add_tag(struct hs_options *options, char *text, unsigned file,
                   char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_tag tag;
    if (hs_value_tag(text, &tag) < 0) {
        hs_error_text(error,
                      "'%.100s' must be key=value, the key 1 to %d letters, digits and . _ -", text,
                      HEARSAY_TAG_KEY_MAX);
        return HEARSAY_ERR_INVALID;
    }
    size_t at = find_tag(options, tag.key);
    if (at < options->tag_count && options->tag_file[at] == file) {
        hs_error_text(error, "'%s' is given twice", tag.key);
        return HEARSAY_ERR_INVALID;
    }
    if (at == HEARSAY_TAGS_COUNT) {
        hs_error_text(error, "at most %d tags", HEARSAY_TAGS_COUNT);
        return HEARSAY_ERR_INVALID;
    }
    if (at == options->tag_count)
        options->tag_count++;
    options->tags[at] = tag;
    options->tag_file[at] = file;
    return 0;
}

int hs_option_parse_item(struct hs_options *options, const struct hs_option *option, char *text,
                         unsigned file, char error[HS_ERROR_TEXT_MAX])
{
    if (option->type == HS_OPTION_TAG)
        return add_tag(options, text, file, error);
    return add_seeds(options, text, error);
}

/* ---- numbers and words ------------------------------------------------------------------- */

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
    uint64_t milli;
    uint32_t tokens;
    if (hs_value_milli(at->text, &milli) < 0 || hs_value_tokens(milli, &tokens) < 0) {
        hs_error_text(error, "must be 0, which owns no keys, or a number from 0.01 to %d",
                      HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
        return HEARSAY_ERR_INVALID;
    }
    *(uint32_t *)at->field = tokens;
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

static int parse_seal(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    for (int mode = HEARSAY_SEAL_OFF; mode < HEARSAY_SEAL_MODES; mode++)
        if (strcmp(at->text, hearsay_seal_mode_name((enum hearsay_seal_mode)mode)) == 0) {
            *(enum hearsay_seal_mode *)at->field = (enum hearsay_seal_mode)mode;
            return 0;
        }
    hs_error_text(error, "must be off, accept, on or require");
    return HEARSAY_ERR_INVALID;
}

static int parse_switch(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    bool yes = strcmp(at->text, "yes") == 0;
    if (!yes && strcmp(at->text, "no") != 0) {
        hs_error_text(error, "must be yes or no");
        return HEARSAY_ERR_INVALID;
    }
    *(bool *)at->field = yes;
    return 0;
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

/* --check, --help and --version have no field. They set what the program does instead of running;
 * --help and --version want nothing to be right. */
static int parse_check(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    (void)error;
    if (at->options->action == HS_ACTION_RUN)
        at->options->action = HS_ACTION_CHECK;
    return 0;
}

static int parse_help(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    (void)error;
    if (at->options->action != HS_ACTION_VERSION)
        at->options->action = HS_ACTION_HELP;
    return 0;
}

static int parse_version(const struct reading *at, char error[HS_ERROR_TEXT_MAX])
{
    (void)error;
    if (at->options->action != HS_ACTION_HELP)
        at->options->action = HS_ACTION_VERSION;
    return 0;
}

static parse_fn *const parsers[] = {
    [HS_OPTION_TEXT] = parse_text,         [HS_OPTION_NAME] = parse_name,
    [HS_OPTION_ENDPOINT] = parse_endpoint, [HS_OPTION_SETTING] = parse_setting,
    [HS_OPTION_WEIGHT] = parse_weight,     [HS_OPTION_LEVEL] = parse_level,
    [HS_OPTION_PROFILE] = parse_profile,   [HS_OPTION_SEAL] = parse_seal,
    [HS_OPTION_SWITCH] = parse_switch,     [HS_OPTION_FILE] = parse_text,
    [HS_OPTION_CHECK] = parse_check,       [HS_OPTION_HELP] = parse_help,
    [HS_OPTION_VERSION] = parse_version,
};

int hs_option_parse(struct hs_options *options, const struct hs_option *option, const char *text,
                    char error[HS_ERROR_TEXT_MAX])
{
    struct reading at = {options, option, text, (char *)options + option->offset};
    return parsers[option->type](&at, error);
}
