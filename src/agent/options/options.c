/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the settings in this order: it stores and checks the flags, then the files that they name,
 * then checks that need all settings. Flags come first because --help must work even if the file is
 * wrong. A mistake does not end the reading: --check tells all of them at once. Only a lack of
 * memory does.
 */
#include "agent/options/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/options/conf.h"
#include "agent/options/conf_dir.h"
#include "agent/options/endpoint.h"
#include "agent/options/flags.h"
#include "agent/options/parse.h"

/* ---- values ------------------------------------------------------------------------------ */

/* "FILE:LINE: KEY = TEXT" or "--KEY TEXT". */
static void say_where(const struct hs_options *options, const struct hs_option *option,
                      const char *text, struct hs_text_place place, char where[HS_ERROR_TEXT_MAX])
{
    bool empty = text[0] == '\0';
    if (place.file > 0)
        hs_error_text(where, "%.200s:%u: %s%s%.100s", hs_options_path(options, place), place.line,
                      option->key, empty ? "" : " = ", text);
    else
        hs_error_text(where, "--%s%s%.100s", option->key, empty ? "" : " ", text);
}

/* One text of a row; `own` is it if the row is a list. */
static int parse_one(struct hs_options *options, const struct hs_option *option, const char *text,
                     char *own, struct hs_text_place place, struct hs_mistakes *mistakes)
{
    char where[HS_ERROR_TEXT_MAX], reason[HS_ERROR_TEXT_MAX], line[HS_ERROR_TEXT_MAX];
    bool empty = text[0] == '\0' && option->arg;
    say_where(options, option, text, place, where);
    int err = own ? hs_option_parse_item(options, option, own, place.file, reason)
                  : hs_option_parse(options, option, text, reason);
    if (err == 0 || err == HEARSAY_ERR_NOMEM)
        return err;
    hs_error_text(line, "%s: %s%s", where, empty ? "has no value (is a variable empty?): " : "",
                  reason);
    hs_mistakes_add(mistakes, place, err, line);
    return 0;
}

/* Cuts the text of a list at its newlines. Tags stay in the copy. */
static int parse_list(struct hs_options *options, size_t row, struct hs_mistakes *mistakes)
{
    const struct hs_option *option = &hs_option_table[row];
    const struct hs_text_places *places = &options->places[row];
    const bool keep = option->type == HS_OPTION_TAG;
    char *copy = strdup(options->text[row]), *rest = copy;
    if (!copy)
        return HEARSAY_ERR_NOMEM;
    if (keep)
        options->tag_text = copy;
    int err = 0;
    for (size_t i = 0; err == 0 && i < places->count; i++) {
        char *text = strsep(&rest, "\n");
        err = parse_one(options, option, text, text, places->items[i], mistakes);
    }
    if (!keep)
        free(copy);
    /* The options own what is kept; the analyser forgets it: */
    return err; /* NOLINT(clang-analyzer-unix.Malloc) */
}

static int parse_rows(struct hs_options *options, bool of_files, struct hs_mistakes *mistakes)
{
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        const char *text = options->text[row];
        if (!text || (hs_options_place(options, option).file > 0) != of_files)
            continue;
        int err = hs_option_is_list(option)
                      ? parse_list(options, row, mistakes)
                      : parse_one(options, option, text, NULL, hs_options_place(options, option),
                                  mistakes);
        if (err < 0)
            return err;
    }
    return 0;
}

/* Sets the fields of keys that have a fallback value. Nothing can be wrong with that. */
static void set_fallbacks(struct hs_options *options)
{
    char unused[HS_ERROR_TEXT_MAX];
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        if (option->fallback)
            hs_option_parse(options, option, option->fallback, unused);
    }
}

/* ---- checks that need all settings ------------------------------------------------------- */

/* A mistake in the text of this key, which must be given. `reason` begins with the key if `named`.
 */
static void add_mistake(const struct hs_options *options, const struct hs_option *option,
                        const char *reason, bool named, struct hs_mistakes *mistakes)
{
    char line[HS_ERROR_TEXT_MAX], where[HS_ERROR_TEXT_MAX];
    struct hs_text_place place = hs_options_place(options, option);
    if (!named) {
        say_where(options, option, options->text[hs_option_row(option)], place, where);
        hs_error_text(line, "%s: %s", where, reason);
    } else if (place.file > 0) {
        hs_error_text(line, "%.200s:%u: %s", hs_options_path(options, place), place.line, reason);
    } else {
        hs_error_text(line, "%s", reason);
    }
    hs_mistakes_add(mistakes, place, HEARSAY_ERR_INVALID, line);
}

static int default_name(struct hs_options *options, struct hs_mistakes *mistakes)
{
    char host[256] = "", line[HS_ERROR_TEXT_MAX];
    gethostname(host, sizeof(host) - 1);
    if (!hearsay_name_valid(host)) {
        hs_error_text(line, "--name is needed: the host name '%s' cannot be the name of a member",
                      host);
        hs_mistakes_add(mistakes, (struct hs_text_place){0, 0}, HEARSAY_ERR_INVALID, line);
        return 0;
    }
    options->host_name = strdup(host);
    options->name = options->host_name;
    return options->name ? 0 : HEARSAY_ERR_NOMEM;
}

/* Checks that other members can use the advertised address. */
static void check_advertise(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    struct hearsay_addr addr;
    char host[HS_HOST_MAX], fault[HS_ERROR_TEXT_MAX];
    uint16_t port = HEARSAY_PORT_DEFAULT;
    const char *text = options->advertise;
    if (!text)
        return;
    hs_endpoint_read(text, HEARSAY_PORT_DEFAULT, host, &port, fault);
    if (host[0] == '\0' || port == 0 ||
        (hearsay_addr_parse(&addr, text, HEARSAY_PORT_DEFAULT) == 0 && hearsay_addr_is_any(&addr)))
        add_mistake(options, hs_option_find("advertise"),
                    "must name a host and a port that others can reach", false, mistakes);
}

/* True if the sentence has the key as a word. */
static bool speaks_of(const char *sentence, const char *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    size_t len = strlen(key);
    for (const char *at = sentence; (at = strstr(at, key)); at += len)
        if ((at == sentence || !strchr(letters, at[-1])) &&
            (at[len] == '\0' || !strchr(letters, at[len])))
            return true;
    return false;
}

/* The core's sentence names one key or two; its place is that of the first that was given. */
static void add_sentence(const struct hs_options *options, const char *sentence,
                         struct hs_mistakes *mistakes)
{
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        if (options->text[row] && speaks_of(sentence, option->key)) {
            add_mistake(options, option, sentence, true, mistakes);
            return;
        }
    }
    hs_mistakes_add(mistakes, (struct hs_text_place){0, 0}, HEARSAY_ERR_INVALID, sentence);
}

/* The node checks all this again. Placeholders for values that are known only later make it
 * possible to check here. */
static void check_config(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    struct hearsay_config config;
    const char *sentence = NULL;
    hs_options_config(options, &config);
    hearsay_addr_parse(&config.advertise, "127.0.0.1", HEARSAY_PORT_DEFAULT);
    config.allocator = hearsay_host_allocator();
    if (hearsay_config_check(&config, &sentence) < 0)
        add_sentence(options, sentence, mistakes);
}

static int check_whole(struct hs_options *options, struct hs_mistakes *mistakes)
{
    int err =
        options->name || hs_option_given(options, "name") ? 0 : default_name(options, mistakes);
    if (hs_option_given(options, "weight") && hs_option_given(options, "tokens"))
        add_mistake(options, hs_option_find("tokens"),
                    "weight and tokens set the same thing: give one of them", true, mistakes);
    check_advertise(options, mistakes);
    if (err == 0 && mistakes->count == 0) /* else it would judge values that nobody has chosen */
        check_config(options, mistakes);
    return err;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int read_files(struct hs_options *options, bool only_files, struct hs_mistakes *mistakes)
{
    if (!options->config_path)
        return 0;
    int err = hs_options_read_file(options, options->config_path, only_files, mistakes);
    if (err == 0)
        err = hs_options_read_dir(options, options->config_path, mistakes);
    return err < 0 ? err : parse_rows(options, true, mistakes);
}

/* Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_all(struct hs_options *options, int argc, char *const *argv, bool only_files,
                    struct hs_mistakes *mistakes)
{
    set_fallbacks(options);
    int err = hs_options_read_flags(options, argc, argv, mistakes);
    if (err == 0)
        err = parse_rows(options, false, mistakes);
    if (err < 0 || options->action == HS_ACTION_HELP || options->action == HS_ACTION_VERSION)
        return err;
    err = read_files(options, only_files, mistakes);
    return err < 0 ? err : check_whole(options, mistakes);
}

static int begin(struct hs_options *ret_options, int argc, char *const *argv, bool only_files,
                 struct hs_mistakes *mistakes)
{
    *ret_options = (struct hs_options){.action = HS_ACTION_RUN};
    int err = read_all(ret_options, argc, argv, only_files, mistakes);
    if (err < 0)
        hs_mistakes_add(mistakes, (struct hs_text_place){0, 0}, err, "out of memory");
    return mistakes->err;
}

int hs_options_read_all(struct hs_options *ret_options, int argc, char *const *argv,
                        struct hs_mistakes *mistakes)
{
    return begin(ret_options, argc, argv, false, mistakes);
}

int hs_options_read_again(struct hs_options *ret_options, int argc, char *const *argv,
                          char error[HS_ERROR_TEXT_MAX])
{
    struct hs_options options;
    struct hs_mistakes mistakes = {.count = 0};
    int err = begin(&options, argc, argv, true, &mistakes);
    if (err < 0) {
        hs_error_text(error, "%s", hs_mistakes_first(&mistakes));
        hs_options_fini(&options);
    } else {
        *ret_options = options;
    }
    hs_mistakes_fini(&mistakes);
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
