/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload reads the flags and the config file again, compares the text of each key, and applies
 * the live keys that differ: all of them, or none. So it has two passes. The first does everything
 * that can fail (it opens the new log and makes the new seeds) without changing anything. The
 * second cannot fail. Keys that need a restart keep their old text, so that the next reload names
 * them again.
 *
 * Every reload opens the log again, also one that fails: what rotates logs has moved the file away
 * before it signals, and lines must not go on there because of a mistake in a file. Whatever fails
 * is one line of the log, which is written to the log that is then in use.
 */
#include "agent/parts/reload.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/options/options.h"
#include "agent/options/values.h"
#include "agent/parts/group.h"
#include "agent/parts/key_watch.h"
#include "agent/parts/keys.h"

/* One reload: the new settings, and what the first pass has prepared. */
struct reload {
    const struct hs_context *context;
    struct hs_options fresh;
    bool differs[HS_LIVE_LIMIT];
    struct hs_seed *seeds;
    struct hs_log log;
    struct hs_keys keys;
    bool keys_differ;
    struct hs_groups groups;
    bool groups_given, tokens_set, ring_set; /* to be undone if a later preparation fails */
    uint32_t old_tokens;
    uint64_t old_hold, old_settle;
};

#define SWAP(a, b)                                                                                 \
    do {                                                                                           \
        __typeof__(a) swapped_ = (a);                                                              \
        (a) = (b);                                                                                 \
        (b) = swapped_;                                                                            \
    } while (0)

/* ---- the first pass ---------------------------------------------------------------------- */

static int prepare_join(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    int err = hs_seeds_prepare(reload->context->seeds, &reload->fresh.join, &reload->seeds);
    if (err < 0)
        hs_error_text(error, "join: %s", hearsay_strerror(err));
    return err;
}

static int prepare_log(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX];
    int err = hs_log_open(&reload->log, reload->fresh.log, reason);
    if (err < 0)
        hs_error_text(error, "%s; nothing is changed, and the log of before goes on", reason);
    return err;
}

/* A reload reads the key file again, also when its name has not changed. */
static int prepare_keys(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    int err =
        hs_keys_read(&reload->keys, &reload->fresh, reload->context->identity->cluster, error);
    reload->keys_differ = err == 0 && !hs_keys_equal(&reload->keys, reload->context->keys);
    return err;
}

/* The file cannot be asked beforehand whether it may be given, so it is given, and taken back if
 * something else fails. */
static int prepare_control_groups(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    int err = hs_groups_give(reload->context->identity->control_path, reload->fresh.control_group,
                             reload->fresh.control_read_group, &reload->groups, error);
    reload->groups_given = err == 0;
    return err;
}

/* A weight that was set by a command stays until the configured one changes. */
static int prepare_tokens(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_context *context = reload->context;
    struct hearsay_config config;
    struct hearsay_member self;
    hs_options_config(&reload->fresh, &config);
    hearsay_node_self(context->node, context->clock->now, &self);
    reload->old_tokens = self.tokens;
    int err = hearsay_node_set_tokens(context->node, context->clock->now, config.tokens);
    if (err < 0)
        hs_error_text(error, "weight: %s", hearsay_strerror(err));
    reload->tokens_set = err == 0;
    return err;
}

/* The files agree with themselves, but tombstone-ttl changes with a restart. */
static void say_hold(uint64_t hold, uint64_t ttl, char error[HS_ERROR_TEXT_MAX])
{
    char value[HS_DURATION_TEXT_MAX], most[HS_DURATION_TEXT_MAX];
    hs_value_format_duration(hold, value);
    hs_value_format_duration(ttl / 2, most);
    hs_error_text(error,
                  "ring-hold %s: must not be longer than %s, half of the tombstone-ttl that this "
                  "agent was started with",
                  value, most);
}

static int prepare_ring(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_context *context = reload->context;
    struct hearsay_config before, config;
    hs_options_config(context->options, &before);
    hs_options_config(&reload->fresh, &config);
    reload->old_hold = before.ring_hold;
    reload->old_settle = before.ring_settle;
    int err = hearsay_node_set_ring_timing(context->node, context->clock->now, config.ring_hold,
                                           config.ring_settle);
    if (err < 0)
        say_hold(config.ring_hold, before.tombstone_ttl, error);
    reload->ring_set = err == 0;
    return err;
}

/* The node either takes the tags or changes nothing, and it cannot be asked beforehand. So this is
 * the last preparation, after which nothing else can fail. */
static int prepare_tag(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_context *context = reload->context;
    int err = hearsay_node_set_tags(context->node, context->clock->now, reload->fresh.tags,
                                    reload->fresh.tag_count);
    if (err < 0)
        hs_error_text(error, "tag: %s", hearsay_strerror(err));
    return err;
}

_Static_assert(HS_LIVE_TAG == HS_LIVE_LIMIT - 1, "tags are prepared after everything else");

/* The preparation of each live setting. A setting without an entry cannot fail. */
static int (*const preparations[HS_LIVE_LIMIT])(struct reload *reload,
                                                char error[HS_ERROR_TEXT_MAX]) = {
    [HS_LIVE_JOIN] = prepare_join,     [HS_LIVE_LOG] = prepare_log,
    [HS_LIVE_KEYS] = prepare_keys,     [HS_LIVE_CONTROL_GROUPS] = prepare_control_groups,
    [HS_LIVE_TOKENS] = prepare_tokens, [HS_LIVE_RING] = prepare_ring,
    [HS_LIVE_TAG] = prepare_tag,
};

static int prepare(struct reload *reload, char error[HS_ERROR_TEXT_MAX])
{
    for (size_t i = 0; i < HS_LIVE_LIMIT; i++) {
        bool wanted = reload->differs[i] || i == HS_LIVE_LOG || i == HS_LIVE_KEYS;
        int err = wanted && preparations[i] ? preparations[i](reload, error) : 0;
        if (err < 0)
            return err;
    }
    return 0;
}

/* Frees what was prepared and not applied, and takes back what had to be tried. */
static void discard(struct reload *reload)
{
    const struct hs_context *context = reload->context;
    char unsaid[HS_ERROR_TEXT_MAX]; /* the first error is the one that is told */
    if (reload->tokens_set)
        hearsay_node_set_tokens(context->node, context->clock->now, reload->old_tokens);
    if (reload->ring_set)
        hearsay_node_set_ring_timing(context->node, context->clock->now, reload->old_hold,
                                     reload->old_settle);
    if (reload->groups_given)
        hs_groups_give(context->identity->control_path, context->options->control_group,
                       context->options->control_read_group, context->groups, unsaid);
    hs_seeds_discard(reload->seeds);
    hs_log_close(&reload->log);
}

/* ---- the second pass --------------------------------------------------------------------- */

static void apply_join(struct reload *reload)
{
    hs_seeds_apply(reload->context->seeds, &reload->fresh.join, reload->seeds);
    reload->seeds = NULL;
    SWAP(reload->context->options->join, reload->fresh.join);
}

static void apply_log(struct reload *reload)
{
    reload->context->options->log = reload->fresh.log;
}

static void apply_log_level(struct reload *reload)
{
    reload->context->options->log_level = reload->fresh.log_level;
}

/* The text of a key is another one, and has not changed hands yet. */
static bool is_other(const struct reload *reload, const char *key)
{
    size_t row = hs_option_row(hs_option_find(key));
    return !hs_same_text(reload->context->options->store.text[row], reload->fresh.store.text[row]);
}

/* Two rows come here, and two to the next one. Only the text of a row that differs changes hands.
 */
static void apply_control_groups(struct reload *reload)
{
    struct hs_options *options = reload->context->options;
    if (is_other(reload, "control-group"))
        options->control_group = reload->fresh.control_group;
    if (is_other(reload, "control-read-group"))
        options->control_read_group = reload->fresh.control_read_group;
    *reload->context->groups = reload->groups;
}

static void apply_keys(struct reload *reload)
{
    if (is_other(reload, "key"))
        reload->context->options->key = reload->fresh.key;
}

/* hs_keys_read makes only what a node takes. Should it be refused all the same, then the node goes
 * on with the keys that it has, so they must stay. */
static bool use_keys(struct reload *reload)
{
    const struct hs_context *context = reload->context;
    struct hearsay_config config;
    hs_keys_config(&reload->keys, &config);
    if (hearsay_node_set_cipher(context->node, context->clock->now, config.cipher,
                                config.cipher_context,
                                (enum hearsay_seal_mode)config.seal_mode) < 0)
        return false;
    SWAP(*context->keys, reload->keys);
    hs_keys_report(context->keys, context->report);
    hs_key_watch_again(context->key_watch);
    return true;
}

static void apply_tokens(struct reload *reload)
{
    reload->context->options->weighted_tokens = reload->fresh.weighted_tokens;
    reload->context->options->core.tokens = reload->fresh.core.tokens;
}

static void apply_ring(struct reload *reload)
{
    if (is_other(reload, "ring-hold"))
        reload->context->options->core.ring_hold = reload->fresh.core.ring_hold;
    if (is_other(reload, "ring-settle"))
        reload->context->options->core.ring_settle = reload->fresh.core.ring_settle;
}

static void apply_tag(struct reload *reload)
{
    struct hs_options *options = reload->context->options, *fresh = &reload->fresh;
    size_t row = hs_option_row(hs_option_find("tag"));
    SWAP(options->store.items[row], fresh->store.items[row]);
    memcpy(options->tags, fresh->tags, sizeof(fresh->tags));
    options->tag_count = fresh->tag_count;
}

static void (*const applications[HS_LIVE_LIMIT])(struct reload *reload) = {
#define APPLICATION(name, word) [HS_LIVE_##name] = apply_##word,
    HS_LIVE_SETTINGS(APPLICATION)
#undef APPLICATION
};

/* The key file has other lines, and its name is the same. */
static bool is_key_file_changed(const struct reload *reload)
{
    return !hs_keys_same_ring(&reload->keys, reload->context->keys) && !is_other(reload, "key");
}

/* Returns false if the node does not take them: then nothing of them is applied. */
static bool apply_keyring(struct reload *reload, json_t *changed, json_t *ignored)
{
    bool file_changed = is_key_file_changed(reload), is_credential = reload->keys.is_credential;
    if (reload->keys_differ && !use_keys(reload)) {
        json_array_append_new(ignored, json_string("key"));
        return false;
    }
    reload->context->keys->is_credential = is_credential;
    if (file_changed)
        json_array_append_new(changed, json_string("key"));
    return true;
}

static void apply(struct reload *reload, json_t *changed, json_t *ignored)
{
    struct hs_options *options = reload->context->options, *fresh = &reload->fresh;
    hs_log_replace(reload->context->log, &reload->log);
    bool keys_used = apply_keyring(reload, changed, ignored);
    for (size_t row = 0; row < hs_option_count; row++) {
        enum hs_live live = hs_option_table[row].live;
        if (live == HS_LIVE_NOT || hs_same_text(options->store.text[row], fresh->store.text[row]) ||
            (live == HS_LIVE_KEYS && !keys_used))
            continue;
        applications[live](reload);
        SWAP(options->store.text[row], fresh->store.text[row]);
        json_array_append_new(changed, json_string(hs_option_table[row].key));
    }
}

/* ---- the whole --------------------------------------------------------------------------- */

static void compare(struct reload *reload, json_t *ignored)
{
    for (size_t row = 0; row < hs_option_count; row++) {
        const struct hs_option *option = &hs_option_table[row];
        if (hs_same_text(reload->fresh.store.text[row], reload->context->options->store.text[row]))
            continue;
        if (option->live == HS_LIVE_NOT)
            json_array_append_new(ignored, json_string(option->key));
        else
            reload->differs[option->live] = true;
    }
}

static void report(struct hs_report *to, json_t *changed, json_t *ignored, const char *error)
{
    json_t *message = error ? hs_json_text(error, strlen(error)) : NULL;
    enum hs_level level = error                          ? HS_LEVEL_ERROR
                          : json_array_size(ignored) > 0 ? HS_LEVEL_WARN
                                                         : HS_LEVEL_INFO;
    hs_report(to, level, HS_LINE_RELOAD,
              json_pack("{s:s, s:O, s:O, s:o*}", "result", error ? "failed" : "ok", "changed",
                        changed, "ignored", ignored, "message", message));
}

/* After a reload that failed. If the log cannot be opened either, `error` says so, unless it does
 * already. */
static void reopen_log(const struct hs_context *context, char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX], first[HS_ERROR_TEXT_MAX];
    if (hs_log_reopen(context->log, context->options->log, reason) == 0 ||
        strncmp(error, reason, strlen(reason)) == 0)
        return;
    hs_error_text(first, "%s", error);
    hs_error_text(error, "%s; and %s", first, reason);
}

static int run(struct reload *reload, json_t *changed, json_t *ignored,
               char error[HS_ERROR_TEXT_MAX])
{
    int err =
        hs_options_read_again(&reload->fresh, reload->context->argc, reload->context->argv, error);
    if (err < 0)
        return err;
    compare(reload, ignored);
    err = prepare(reload, error);
    if (err == 0) {
        apply(reload, changed, ignored);
        hs_seeds_again(reload->context->seeds);
        hs_state_touch(reload->context->state);
    } else {
        discard(reload);
    }
    hs_keys_fini(&reload->keys);
    hs_options_fini(&reload->fresh);
    return err;
}

int hs_reload(const struct hs_context *context, json_t **ret_changed, json_t **ret_ignored,
              char error[HS_ERROR_TEXT_MAX])
{
    struct reload reload = {.context = context, .log.fd = -1};
    json_t *changed = json_array(), *ignored = json_array();
    hs_manager_reloading(context->manager, true);
    int err = run(&reload, changed, ignored, error);
    hs_manager_reloading(context->manager, false);
    if (err < 0)
        reopen_log(context, error);
    report(context->report, changed, ignored, err < 0 ? error : NULL);
    if (err < 0) {
        json_decref(changed);
        json_decref(ignored);
        return err;
    }
    *ret_changed = changed;
    *ret_ignored = ignored;
    return 0;
}
