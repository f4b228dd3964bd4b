/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the daemon. One const table (option_table.c) maps every key to its type, range and
 * field; it serves `--key value`, `key = value` in the config file, --help and reload alike, so no
 * way of setting something can be forgotten.
 */
#ifndef HS_AGENT_OPTIONS_H
#define HS_AGENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <hearsay/config.h>
#include <hearsay/member.h>

#include "agent/why.h"

#define HS_OPTIONS_MAX     40 /* rows of the table */
#define HS_OPTION_LIST_MAX 64 /* items of `join`; tags have their own, smaller bound */
#define HS_OPTION_TEXT_MAX 4096

enum hs_level {
    HS_LEVEL_DEBUG,
    HS_LEVEL_INFO,
    HS_LEVEL_WARN,
    HS_LEVEL_ERROR,
};

/* "debug", "info", "warn", "error". */
const char *hs_level_name(enum hs_level level);

enum hs_option_type {
    HS_OPTION_TEXT,     /* const char *; min and max are its length */
    HS_OPTION_NAME,     /* const char *; a member's name */
    HS_OPTION_ENDPOINT, /* const char *; host:port in any spelling */
    HS_OPTION_JOIN,     /* struct hs_option_list of endpoints, by commas or repeated */
    HS_OPTION_TAG,      /* the tags, repeated */
    HS_OPTION_NUMBER,   /* uint32_t from min to max */
    HS_OPTION_DURATION, /* uint64_t microseconds from min to max */
    HS_OPTION_WEIGHT,   /* uint32_t tokens: a factor of HEARSAY_TOKENS_DEFAULT */
    HS_OPTION_LEVEL,    /* enum hs_level */
    HS_OPTION_PROFILE,  /* enum hearsay_profile */
    HS_OPTION_FILE,     /* const char *; flag only */
    HS_OPTION_HELP,     /* no value; flag only */
    HS_OPTION_VERSION,  /* no value; flag only */
};

struct hs_option {
    const char *key;
    const char *arg;   /* how --help calls its value; NULL: it has none */
    const char *help;  /* one line */
    const char *group; /* heading that stands above it in --help, or NULL */
    enum hs_option_type type;
    bool core;     /* its field is in hearsay_config and has a default there */
    bool live;     /* reload applies it */
    size_t offset; /* of its field in struct hs_options */
    uint64_t min, max;
};

extern const struct hs_option hs_option_table[];
extern const size_t hs_option_count;

/* The row of a key, or NULL. */
const struct hs_option *hs_option_find(const char *key);

/* The key most like this one, or NULL when none is. */
const char *hs_option_similar(const char *key);

struct hs_option_list {
    char **items;
    size_t count;
};

enum hs_action {
    HS_ACTION_RUN,
    HS_ACTION_HELP,
    HS_ACTION_VERSION,
};

struct hs_options {
    enum hs_action action;
    const char *config_path;
    const char *name; /* given, or the host's */
    const char *bind, *advertise, *cluster, *control, *control_group, *log, *trace; /* NULL: none */
    struct hs_option_list join;
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    size_t tag_count;
    enum hs_level log_level;
    enum hearsay_profile profile;
    uint32_t weighted_tokens;
    struct hearsay_config core; /* only the fields whose keys were given */

    /* As written, by row of the table; NULL where the key was not given. List items are separated
     * by newlines. */
    char *text[HS_OPTIONS_MAX];
    unsigned line[HS_OPTIONS_MAX]; /* of the config file; 0 for a flag */
    char *tag_text;                /* what tags borrow from */
    char host_name[HEARSAY_NAME_MAX + 1];
};

/* Reads flags and the config file they name. A flag replaces what the file says of the same key,
 * lists included. Returns 0, or HEARSAY_ERR_INVALID with one line in `why` that names the flag, or
 * the file and its line, and what would be right. The strings of argv are copied. */
int hs_options_read(struct hs_options *ret_options, int argc, char *const *argv,
                    char why[HS_WHY_MAX]);

/* Frees what it holds. NULL and all zeroes are no-ops. */
void hs_options_fini(struct hs_options *options);

/* The node's config: the profile's defaults, then the keys that were given. Strings and tags borrow
 * from the options; advertise, entropy, seed and allocator are left to the caller. */
void hs_options_config(const struct hs_options *options, struct hearsay_config *ret_config);

/* True when this key was given. */
bool hs_option_given(const struct hs_options *options, const char *key);

/* ---- its parts, for options.c ------------------------------------------------------------ */

/* Reads `key = value` lines into texts not given yet. conf.c */
int hs_options_read_file(struct hs_options *options, const char *path, char why[HS_WHY_MAX]);

/* Notes the text of a key: appends for lists, else replaces. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    unsigned line);

/* Turns one text into its field. On failure `why` says what would be right, without the key.
 * option_parse.c */
int hs_option_parse(struct hs_options *options, const struct hs_option *option, const char *text,
                    char why[HS_WHY_MAX]);

/* Prints --help, at most 80 columns wide. option_table.c */
void hs_options_help(FILE *out);

#endif
