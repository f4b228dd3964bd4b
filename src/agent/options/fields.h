/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings, both as text and as parsed values. They are one struct because the table (for the
 * offsets of fields) and the store both need it.
 */
#ifndef HS_AGENT_OPTIONS_FIELDS_H
#define HS_AGENT_OPTIONS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/member.h>

#include "agent/options/level.h"
#include "conf/store.h"

#define HS_OPTION_LIST_MAX 64 /* most items of `join`; tags have their own bound */

struct hs_option_list {
    char **items;
    size_t count;
};

enum hs_action {
    HS_ACTION_RUN,
    HS_ACTION_CHECK,
    HS_ACTION_HELP,
    HS_ACTION_VERSION,
};

/* The struct has no pointer into itself, so it may be copied if only one copy is freed. */
struct hs_options {
    enum hs_action action;
    const char *config_path;
    const char *name; /* given, or the host's */
    /* NULL: none */
    const char *bind, *advertise, *cluster, *control, *control_group, *control_read_group;
    const char *log, *trace, *key, *state_dir;
    struct hs_option_list join;
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    size_t tag_count;
    enum hs_level log_level;
    enum hearsay_profile profile;
    enum hearsay_seal_mode seal;
    uint32_t weighted_tokens;
    bool last_words;            /* R60: last words */
    struct hearsay_config core; /* only the fields whose keys were given */

    struct hs_conf_store store;            /* the texts; the tags borrow from it */
    unsigned tag_file[HEARSAY_TAGS_COUNT]; /* the file of each tag, as in hs_text_place */
    char *host_name;                       /* the name borrows from it if none was given */
};

#endif
