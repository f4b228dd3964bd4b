/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reload reads the same flags and the config file again and compares texts, key by key. A mistake
 * in the file changes nothing and is said. Keys that need a restart are left as they are, so that
 * the next reload names them again; keys that can change are applied one by one, and one that fails
 * (a log file that cannot be opened) ends it there, with the others in force.
 */
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/agent.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

#define SWAP(a, b)                                                                                 \
    do {                                                                                           \
        __typeof__(a) swapped_ = (a);                                                              \
        (a) = (b);                                                                                 \
        (b) = swapped_;                                                                            \
    } while (0)

static int apply_tags(struct hs_agent *agent, struct hs_options *fresh, char why[HS_WHY_MAX])
{
    int r = hearsay_node_set_tags(agent->node, agent->now, fresh->tags, fresh->tag_count);

    if (r < 0) {
        hs_why(why, "tag: %s", hearsay_strerror(r));
        return r;
    }
    SWAP(agent->options.tag_text, fresh->tag_text);
    memcpy(agent->options.tags, fresh->tags, sizeof(fresh->tags));
    agent->options.tag_count = fresh->tag_count;
    return 0;
}

static int apply_join(struct hs_agent *agent, struct hs_options *fresh, char why[HS_WHY_MAX])
{
    (void)why;
    hs_seeds_configure(agent, &fresh->join);
    SWAP(agent->options.join, fresh->join);
    return 0;
}

static int apply_log(struct hs_agent *agent, struct hs_options *fresh, char why[HS_WHY_MAX])
{
    int r = hs_log_reopen(&agent->log, fresh->log, why);

    if (r == 0)
        agent->options.log = fresh->log;
    return r;
}

static int apply_log_level(struct hs_agent *agent, struct hs_options *fresh, char why[HS_WHY_MAX])
{
    (void)why;
    agent->options.log_level = fresh->log_level;
    return 0;
}

/* How each key that the table of options calls live is applied. */
static const struct {
    const char *key;
    int (*apply)(struct hs_agent *agent, struct hs_options *fresh, char why[HS_WHY_MAX]);
} live_keys[] = {
    {"tag", apply_tags},
    {"log", apply_log},
    {"log-level", apply_log_level},
    {"join", apply_join},
};

static int apply_live(struct hs_agent *agent, struct hs_options *fresh, json_t *changed,
                      char why[HS_WHY_MAX])
{
    for (size_t i = 0; i < sizeof(live_keys) / sizeof(live_keys[0]); i++) {
        size_t row = (size_t)(hs_option_find(live_keys[i].key) - hs_option_table);
        int r;

        if (same_text(fresh->text[row], agent->options.text[row]))
            continue;
        r = live_keys[i].apply(agent, fresh, why);
        if (r < 0)
            return r;
        SWAP(agent->options.text[row], fresh->text[row]);
        agent->options.line[row] = fresh->line[row];
        (void)json_array_append_new(changed, json_string(live_keys[i].key));
    }
    return 0;
}

static void list_ignored(const struct hs_agent *agent, const struct hs_options *fresh,
                         json_t *ignored)
{
    for (size_t row = 0; row < hs_option_count; row++)
        if (hs_option_table[row].live == HS_LIVE_NOT &&
            !same_text(fresh->text[row], agent->options.text[row]))
            (void)json_array_append_new(ignored, json_string(hs_option_table[row].key));
}

static void report(struct hs_agent *agent, json_t *changed, json_t *ignored, const char *why)
{
    json_t *message = why != NULL ? hs_json_text(why, strlen(why)) : NULL;

    hs_report(agent, why != NULL ? HS_LEVEL_ERROR : HS_LEVEL_INFO, HS_LINE_RELOAD,
              json_pack("{s:s, s:O, s:O, s:o*}", "result", why != NULL ? "failed" : "ok", "changed",
                        changed, "ignored", ignored, "message", message));
}

int hs_reload(struct hs_agent *agent, json_t **ret_changed, json_t **ret_ignored,
              char why[HS_WHY_MAX])
{
    json_t *changed = json_array(), *ignored = json_array();
    struct hs_options fresh;
    int r;

    r = hs_options_read(&fresh, agent->argc, agent->argv, why);
    if (r == 0) {
        list_ignored(agent, &fresh, ignored);
        r = apply_live(agent, &fresh, changed, why);
        hs_options_fini(&fresh);
    }
    report(agent, changed, ignored, r < 0 ? why : NULL);
    if (r < 0) {
        json_decref(changed);
        json_decref(ignored);
        return r;
    }
    *ret_changed = changed;
    *ret_ignored = ignored;
    return 0;
}
