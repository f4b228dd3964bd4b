/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the settings in this order: it stores and checks the flags, then the files that they name,
 * then checks that need all settings. Flags come first because --help must work even if the file is
 * wrong. A mistake does not end the reading: --check tells all of them at once. Only a lack of
 * memory does.
 */
#include "agent/options/options.h"
#include "agent/options/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/options/endpoint.h"
#include "agent/options/parse.h"
#include "agent/options/values.h"
#include "conf/dir.h"
#include "conf/file.h"
#include "conf/flags.h"
#include "conf/parse.h"

/* ---- values ------------------------------------------------------------------------------ */

static int parse(void *owner, size_t row, char *text, struct hs_text_place place,
                 char error[HS_ERROR_TEXT_MAX])
{
    struct hs_options *options = owner;
    const struct hs_option *option = &hs_option_table[row];
    if (hs_option_rows.at(row).traits & HS_CONF_LIST)
        return hs_option_parse_item(options, option, text, place.file, error);
    return hs_option_parse(options, option, text, error);
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
    hs_conf_blame(&options->store, hs_option_row(option), reason, named, mistakes);
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

/* The core's sentence begins with the key that it is about: "cluster must be …", "tag: all tags …".
 * The second is about the whole list. */
static void add_sentence(const struct hs_options *options, const char *sentence,
                         struct hs_mistakes *mistakes)
{
    size_t len = strcspn(sentence, " :");
    bool whole = sentence[len] == ':';
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        if (options->store.text[row] && strlen(option->key) == len &&
            strncmp(sentence, option->key, len) == 0) {
            add_mistake(options, option, whole ? sentence : sentence + len + 1, whole, mistakes);
            return;
        }
    }
    hs_mistakes_add(mistakes, (struct hs_text_place){0, 0}, HEARSAY_ERR_INVALID, sentence);
}

/* True if the value that counts for this key is known: its own text is right, or it has the default
 * and nothing stands somewhere that could be meant for it. Mistakes between keys are judged among
 * such values alone, so that no mistake makes another one. */
static bool is_sure(const struct hs_options *options, const char *key)
{
    const struct hs_conf_store *store = &options->store;
    size_t row = hs_option_row(hs_option_find(key));
    size_t profile = hs_option_row(hs_option_find("profile"));
    return !store->wrong[row] && (store->text[row] || !(store->unread || store->wrong[profile]));
}

static uint64_t duration_of(const struct hearsay_config *config, const char *key)
{
    uint64_t us;
    memcpy(&us, (const char *)config + hs_option_setting(hs_option_find(key))->offset, sizeof(us));
    return us;
}

/* The mistake is told of the lesser setting, unless only the greater one was given. */
static void blame_order(const struct hs_options *options, const struct hearsay_order *order,
                        uint64_t lesser, uint64_t greater, struct hs_mistakes *mistakes)
{
    char reason[HS_ERROR_TEXT_MAX], value[HS_DURATION_TEXT_MAX], most[HS_DURATION_TEXT_MAX];
    hs_value_format_duration(lesser, value);
    hs_value_format_duration(greater, most);
    if (!hs_option_given(options, order->lesser)) {
        hs_error_text(reason, "%s is %s by default, and must not be longer than %s: give both",
                      order->lesser, value, order->greater);
        add_mistake(options, hs_option_find(order->greater), reason, false, mistakes);
        return;
    }
    hs_value_format_duration(greater / order->divisor, value);
    if (order->divisor == 2)
        hs_error_text(reason, "must not be longer than %s, half of %s (%s)", value, order->greater,
                      most);
    else
        hs_error_text(reason, "must not be longer than %s (%s)", order->greater, most);
    add_mistake(options, hs_option_find(order->lesser), reason, false, mistakes);
}

static void check_orders(const struct hs_options *options, const struct hearsay_config *config,
                         struct hs_mistakes *mistakes)
{
    const struct hearsay_order *order;
    for (size_t i = 0; (order = hearsay_config_order(i)); i++) {
        uint64_t lesser = duration_of(config, order->lesser);
        uint64_t greater = duration_of(config, order->greater);
        if (is_sure(options, order->lesser) && is_sure(options, order->greater) &&
            lesser != HEARSAY_RING_HOLD_DEFAULT && lesser > greater / order->divisor)
            blame_order(options, order, lesser, greater, mistakes);
    }
}

static void ask_core(const struct hs_options *options, const struct hearsay_config *config,
                     struct hs_mistakes *mistakes)
{
    const char *sentence = NULL;
    if (hearsay_config_check(config, &sentence) < 0)
        add_sentence(options, sentence, mistakes);
}

/* The node checks all this again. Placeholders for values that are wrong, or known only later, make
 * it possible to check here. The core tells one mistake at a time, so it is asked without the tags,
 * and then about them alone. */
static void check_config(const struct hs_options *options, struct hs_mistakes *mistakes)
{
    struct hearsay_config config, plain;
    hs_options_config(options, &config);
    check_orders(options, &config, mistakes);
    hearsay_config_init(&plain, options->profile);
    hearsay_addr_parse(&plain.advertise, "127.0.0.1", HEARSAY_PORT_DEFAULT);
    plain.allocator = hearsay_host_allocator();
    plain.name = "n";
    const char *cluster = plain.cluster;
    plain.cluster = config.cluster;
    ask_core(options, &plain, mistakes);
    plain.cluster = cluster;
    plain.tags = config.tags;
    plain.tag_count = config.tag_count;
    ask_core(options, &plain, mistakes);
}

static int check_whole(struct hs_options *options, struct hs_mistakes *mistakes)
{
    int err =
        options->name || hs_option_given(options, "name") ? 0 : default_name(options, mistakes);
    if (hs_option_given(options, "weight") && hs_option_given(options, "tokens"))
        add_mistake(options, hs_option_find("tokens"),
                    "weight and tokens set the same thing: give one of them", true, mistakes);
    check_advertise(options, mistakes);
    if (err == 0)
        check_config(options, mistakes);
    return err;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int read_files(struct hs_options *options, bool only_files, struct hs_mistakes *mistakes)
{
    if (!options->config_path)
        return 0;
    int err = hs_conf_read_file(&options->store, options->config_path, only_files, mistakes);
    if (err == 0)
        err = hs_conf_read_dir(&options->store, options->config_path, mistakes);
    return err < 0 ? err : hs_conf_parse(&options->store, true, parse, options, mistakes);
}

/* Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_all(struct hs_options *options, int argc, char *const *argv, bool only_files,
                    struct hs_mistakes *mistakes)
{
    set_fallbacks(options);
    int err = hs_conf_read_flags(&options->store, argc, argv, mistakes);
    if (err == 0)
        err = hs_conf_parse(&options->store, false, parse, options, mistakes);
    if (err < 0 || options->action == HS_ACTION_HELP || options->action == HS_ACTION_VERSION)
        return err;
    err = read_files(options, only_files, mistakes);
    return err < 0 ? err : check_whole(options, mistakes);
}

static int begin(struct hs_options *ret_options, int argc, char *const *argv, bool only_files,
                 struct hs_mistakes *mistakes)
{
    *ret_options =
        (struct hs_options){.action = HS_ACTION_RUN, .store = {.table = &hs_option_rows}};
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
        /* A key that was given overrides the profile. */
        if (!setting || !options->store.text[row] || options->store.wrong[row])
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
