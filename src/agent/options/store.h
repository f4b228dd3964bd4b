/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings as they were written and as they are understood. Every text is noted under its key
 * first, with the place it came from; parse.c turns it into its field later. So a flag can replace
 * a key of the file before the file's value is judged, and reload can compare texts.
 */
#ifndef HS_AGENT_OPTIONS_STORE_H
#define HS_AGENT_OPTIONS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>
#include <hearsay/member.h>

#include "agent/options/level.h"
#include "agent/options/table.h"

struct hs_option_list {
    char **items;
    size_t count;
};

enum hs_action {
    HS_ACTION_RUN,
    HS_ACTION_HELP,
    HS_ACTION_VERSION,
};

/* Nothing in it points into itself: it may be copied, if only one copy is freed. */
struct hs_options {
    enum hs_action action;
    const char *config_path;
    const char *name; /* given, or the host's */
    const char *bind, *advertise, *cluster, *control, *control_group, *log;
    struct hs_option_list join;
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    size_t tag_count;
    enum hs_level log_level;
    enum hearsay_profile profile;
    uint32_t weighted_tokens;
    struct hearsay_config core; /* only the fields whose keys were given */

    /* As written, by row of the table; NULL where the key was not given. The items of a list are
     * separated by newlines. */
    char *text[HS_OPTIONS_MAX];
    unsigned line[HS_OPTIONS_MAX]; /* of the config file; 0 for a flag */
    char *tag_text;                /* what the tags borrow from */
    char *host_name;               /* what the name borrows from when none was given */
};

/* Notes the text of a key: appends it to a list, else replaces what was there. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    unsigned line);

/* True when this key was given. */
bool hs_option_given(const struct hs_options *options, const char *key);

/* Frees what it holds. NULL and all zeroes are no-ops. */
void hs_options_fini(struct hs_options *options);

#endif
