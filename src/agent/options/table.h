/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings. It maps every key to its type, its range and its field. Flags, config
 * file, --help and reload all use it, so that every setting works in each of them.
 */
#ifndef HS_AGENT_OPTIONS_TABLE_H
#define HS_AGENT_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/config.h>

#include "conf/store.h"

enum hs_option_type {
    HS_OPTION_TEXT,     /* const char *; min and max are its length */
    HS_OPTION_NAME,     /* const char *; a member's name */
    HS_OPTION_ENDPOINT, /* const char *; host:port in any spelling */
    HS_OPTION_JOIN,     /* struct hs_option_list of endpoints, by commas or repeated */
    HS_OPTION_TAG,      /* the tags, repeated */
    HS_OPTION_SETTING,  /* a number of hearsay_config_setting, which has its unit and bounds */
    HS_OPTION_WEIGHT,   /* uint32_t tokens: a factor of HEARSAY_TOKENS_DEFAULT */
    HS_OPTION_LEVEL,    /* enum hs_level */
    HS_OPTION_PROFILE,  /* enum hearsay_profile */
    HS_OPTION_SEAL,     /* enum hearsay_seal_mode */
    HS_OPTION_SWITCH,   /* bool: yes or no */
    HS_OPTION_FILE,     /* const char *; flag only */
    HS_OPTION_CHECK,    /* no value; flag only */
    HS_OPTION_HELP,     /* no value; flag only */
    HS_OPTION_VERSION,  /* no value; flag only */
};

/* The settings that a reload applies. reload.c makes its table from this list, so a live row
 * without a function to apply it does not compile. */
#define HS_LIVE_SETTINGS(X)                                                                        \
    X(JOIN, join)                                                                                  \
    X(LOG, log)                                                                                    \
    X(LOG_LEVEL, log_level)                                                                        \
    X(CONTROL_GROUPS, control_groups)                                                              \
    X(KEYS, keys)                                                                                  \
    X(TOKENS, tokens)                                                                              \
    X(RING, ring)                                                                                  \
    X(TAG, tag)

enum hs_live {
    HS_LIVE_NOT, /* changes with a restart */
#define HS_LIVE_ENUM(name, word) HS_LIVE_##name,
    HS_LIVE_SETTINGS(HS_LIVE_ENUM)
#undef HS_LIVE_ENUM
        HS_LIVE_LIMIT
};

struct hs_option {
    const char *key;
    const char *arg;      /* name of its value in --help; NULL: no value */
    const char *help;     /* one line, without the default */
    const char *group;    /* heading above it in --help, or NULL */
    const char *fallback; /* value if it is not given; NULL: none, or the core's */
    enum hs_option_type type;
    enum hs_live live;
    size_t offset;     /* of its field in struct hs_options; not for HS_OPTION_SETTING */
    uint64_t min, max; /* not for HS_OPTION_SETTING */
};

extern const struct hs_option hs_option_table[];
extern const size_t hs_option_count;

/* The same, for those who read texts (src/conf). */
extern const struct hs_conf_table hs_option_rows;

/* The row of a key, or NULL. */
const struct hs_option *hs_option_find(const char *key);

/* Its place in the table. */
size_t hs_option_row(const struct hs_option *option);

/* The core's own row of an HS_OPTION_SETTING, with bounds and defaults; NULL for other types. */
const struct hearsay_setting *hs_option_setting(const struct hs_option *option);

#endif
