/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row defines a flag, a config key, a range check, a line of --help and the behaviour at a
 * reload. What the core knows about a setting is not repeated here: a row of type HS_OPTION_SETTING
 * has only the words, and takes bounds and defaults from hearsay_config_setting.
 */
#include "agent/options/table.h"

#include <string.h>

#include "agent/options/fields.h"
#include "ctl/ctl.h"

#define AT(field) offsetof(struct hs_options, field)

#define TEXT_OF(number) #number
#define NUMBER(number)  TEXT_OF(number)

#define SETTING(k, what, text)                                                                     \
    {                                                                                              \
        .key = (k), .arg = (what), .help = (text), .type = HS_OPTION_SETTING                       \
    }
#define TEXT(k, what, field, hi, text)                                                             \
    {                                                                                              \
        .key = (k), .arg = (what), .help = (text), .type = HS_OPTION_TEXT, .offset = AT(field),    \
        .min = 1, .max = (hi)                                                                      \
    }

const struct hs_option hs_option_table[] = {
    {.key = "name",
     .arg = "NAME",
     .help = "this member's name (host name)",
     .group = "Who and where",
     .type = HS_OPTION_NAME,
     .offset = AT(name)},
    {.key = "bind",
     .arg = "HOST:PORT",
     .help = "where to listen",
     .fallback = "0.0.0.0:" NUMBER(HEARSAY_PORT_DEFAULT),
     .type = HS_OPTION_ENDPOINT,
     .offset = AT(bind)},
    {.key = "advertise",
     .arg = "HOST:PORT",
     .help = "where others reach it (derived)",
     .type = HS_OPTION_ENDPOINT,
     .offset = AT(advertise)},
    {.key = "join",
     .arg = "HOST:PORT",
     .help = "seeds; by commas, or repeated",
     .type = HS_OPTION_JOIN,
     .live = HS_LIVE_JOIN,
     .offset = AT(join)},
    TEXT("cluster", "NAME", cluster, HEARSAY_CLUSTER_MAX, "only members of one cluster meet"),
    {.key = "key",
     .arg = "FILE",
     .help = "file with the cluster's keys (hearsay keygen)",
     .type = HS_OPTION_TEXT,
     .live = HS_LIVE_KEYS,
     .offset = AT(key),
     .min = 1,
     .max = HS_OPTION_TEXT_MAX - 1},
    {.key = "seal",
     .arg = "MODE",
     .help = "off, accept, on, require (require with a key)",
     .type = HS_OPTION_SEAL,
     .live = HS_LIVE_KEYS,
     .offset = AT(seal)},
    {.key = "tag",
     .arg = "KEY=VALUE",
     .help = "a tag that others can see; repeatable",
     .type = HS_OPTION_TAG,
     .live = HS_LIVE_TAG},
    {.key = "weight",
     .arg = "FACTOR",
     .help = "share of the ring: 1 is " NUMBER(HEARSAY_TOKENS_DEFAULT) " tokens; 0: none",
     .type = HS_OPTION_WEIGHT,
     .live = HS_LIVE_TOKENS,
     .offset = AT(weighted_tokens),
     .min = 0,
     .max = HEARSAY_TOKENS_MAX},
    {.key = "tokens",
     .arg = "N",
     .help = "the same, as a number of tokens",
     .type = HS_OPTION_SETTING,
     .live = HS_LIVE_TOKENS},

    {.key = "control",
     .arg = "PATH",
     .help = "Unix socket for hearsay(1) and others",
     .group = "Control and log",
     .type = HS_OPTION_TEXT,
     .offset = AT(control),
     .min = 1,
     .max = HS_CTL_PATH_MAX - 1},
    {.key = "control-group",
     .arg = "GROUP",
     .help = "group that may use that socket",
     .type = HS_OPTION_TEXT,
     .live = HS_LIVE_CONTROL_GROUPS,
     .offset = AT(control_group),
     .min = 1,
     .max = 255},
    {.key = "control-read-group",
     .arg = "GROUP",
     .help = "group that may ask, and change nothing",
     .type = HS_OPTION_TEXT,
     .live = HS_LIVE_CONTROL_GROUPS,
     .offset = AT(control_read_group),
     .min = 1,
     .max = 255},
    {.key = "log",
     .arg = "FILE",
     .help = "JSON log; - is standard output",
     .fallback = "-",
     .type = HS_OPTION_TEXT,
     .live = HS_LIVE_LOG,
     .offset = AT(log),
     .min = 1,
     .max = HS_OPTION_TEXT_MAX - 1},
    {.key = "log-level",
     .arg = "LEVEL",
     .help = "debug, info, warn or error",
     .fallback = "info",
     .type = HS_OPTION_LEVEL,
     .live = HS_LIVE_LOG_LEVEL,
     .offset = AT(log_level)},

    TEXT("state-dir", "DIR", state_dir, HS_OPTION_TEXT_MAX - 1,
         "what a restart needs to come home"),

    {.key = "profile",
     .arg = "NAME",
     .help = "timing of what follows: lan, wan, local",
     .group = "Protocol",
     .fallback = "lan",
     .type = HS_OPTION_PROFILE,
     .offset = AT(profile)},
    SETTING("fanout", "N", "peers per round"),
    SETTING("mtu", "N", "bytes of the greatest datagram"),
    SETTING("max-members", "N", "bound of the member table"),
    SETTING("interval", "TIME", "one round of the protocol"),
    SETTING("gossip-interval", "TIME", "rounds while there is news"),
    SETTING("probe-timeout-min", "TIME", "floor of a probe's timeout"),
    SETTING("probe-timeout-max", "TIME", "its ceiling"),
    SETTING("suspect-timeout", "TIME", "from suspect to dead"),
    SETTING("suspect-timeout-min", "TIME", "the same, others agreeing"),
    SETTING("suspect-timeout-refused", "TIME", "the same, its port being closed"),
    SETTING("tombstone-ttl", "TIME", "how long the dead are kept"),
    SETTING("leave-timeout", "TIME", "longest goodbye"),
    SETTING("rejoin-interval", "TIME", "between calls to the lost"),
    {.key = "last-words",
     .arg = "YES|NO",
     .help = "a witness tells others if the agent dies",
     .fallback = "yes",
     .type = HS_OPTION_SWITCH,
     .offset = AT(last_words)},
    {.key = "ring-hold",
     .arg = "TIME",
     .help = "how long the failed keep their keys",
     .type = HS_OPTION_SETTING,
     .live = HS_LIVE_RING},
    {.key = "ring-settle",
     .arg = "TIME",
     .help = "ring changes wait so long for others",
     .type = HS_OPTION_SETTING,
     .live = HS_LIVE_RING},

    {.key = "config",
     .arg = "FILE",
     .help = "the same keys in a file: key = value",
     .group = "Other",
     .type = HS_OPTION_FILE,
     .offset = AT(config_path),
     .min = 1,
     .max = HS_OPTION_TEXT_MAX - 1},
    {.key = "trace",
     .arg = "FILE",
     .help = "each step as JSON, for maintainers; -: stderr",
     .type = HS_OPTION_FILE,
     .offset = AT(trace),
     .min = 1,
     .max = HS_OPTION_TEXT_MAX - 1},
    {.key = "check",
     .help = "print what is wrong with all settings and end",
     .type = HS_OPTION_CHECK},
    {.key = "help", .help = "print this text and end", .type = HS_OPTION_HELP},
    {.key = "version", .help = "print the release and end", .type = HS_OPTION_VERSION},
};

const size_t hs_option_count = sizeof(hs_option_table) / sizeof(hs_option_table[0]);

_Static_assert(sizeof(hs_option_table) / sizeof(hs_option_table[0]) <= HS_CONF_ROWS_MAX,
               "struct hs_options has room for every row");

static unsigned traits_of(const struct hs_option *option)
{
    switch (option->type) {
    case HS_OPTION_TEXT:
        return HS_CONF_TABS;
    case HS_OPTION_JOIN:
        return HS_CONF_LIST | HS_CONF_TABS;
    case HS_OPTION_TAG:
        return HS_CONF_LIST | HS_CONF_TAG;
    case HS_OPTION_SETTING:
    case HS_OPTION_WEIGHT:
        return HS_CONF_NUMBER;
    case HS_OPTION_FILE:
        return HS_CONF_FLAG_ONLY | HS_CONF_TABS;
    case HS_OPTION_NAME:
    case HS_OPTION_ENDPOINT:
    case HS_OPTION_LEVEL:
    case HS_OPTION_PROFILE:
    case HS_OPTION_SEAL:
    case HS_OPTION_SWITCH:
    case HS_OPTION_CHECK:
    case HS_OPTION_HELP:
    case HS_OPTION_VERSION:
        break;
    }
    return 0;
}

static struct hs_conf_row row_at(size_t row)
{
    const struct hs_option *option = &hs_option_table[row];
    return (struct hs_conf_row){option->key, option->arg, traits_of(option)};
}

const struct hs_conf_table hs_option_rows = {
    .count = sizeof(hs_option_table) / sizeof(hs_option_table[0]),
    .at = row_at,
    .manual = "hearsay.conf(5)",
};

const struct hs_option *hs_option_find(const char *key)
{
    size_t row;
    return hs_conf_find(&hs_option_rows, key, &row) ? &hs_option_table[row] : NULL;
}

size_t hs_option_row(const struct hs_option *option)
{
    return (size_t)(option - hs_option_table);
}

const struct hearsay_setting *hs_option_setting(const struct hs_option *option)
{
    const struct hearsay_setting *setting;
    if (option->type != HS_OPTION_SETTING)
        return NULL;
    for (size_t i = 0; (setting = hearsay_config_setting(i)); i++)
        if (strcmp(setting->name, option->key) == 0)
            break;
    return setting;
}
