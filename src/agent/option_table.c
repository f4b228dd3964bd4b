/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings: adding a row adds a flag, a config key, its range check, its line of
 * --help and its part in reload. Defaults of the protocol are not repeated here:
 * hearsay_config_init has them, by profile.
 */
#include "agent/options.h"

#include <string.h>

#include "ctl/ctl.h"

#define US_MS  UINT64_C(1000)
#define US_S   UINT64_C(1000000)
#define US_DAY (24 * 3600 * US_S)

#define AT(field)   offsetof(struct hs_options, field)
#define CORE(field) (offsetof(struct hs_options, core) + offsetof(struct hearsay_config, field))

#define DURATION(k, field, lo, hi, text)                                                           \
    {                                                                                              \
        .key = (k), .arg = "TIME", .help = (text), .type = HS_OPTION_DURATION, .core = true,       \
        .offset = CORE(field), .min = (lo), .max = (hi)                                            \
    }
#define NUMBER(k, field, lo, hi, text)                                                             \
    {                                                                                              \
        .key = (k), .arg = "N", .help = (text), .type = HS_OPTION_NUMBER, .core = true,            \
        .offset = CORE(field), .min = (lo), .max = (hi)                                            \
    }
#define TEXT(k, what, field, hi, text)                                                             \
    {                                                                                              \
        .key = (k), .arg = (what), .help = (text), .type = HS_OPTION_TEXT, .offset = AT(field),    \
        .min = 1, .max = (hi)                                                                      \
    }

const struct hs_option hs_option_table[] = {
    {.key = "name",
     .arg = "NAME",
     .help = "this member's name (default: host name)",
     .group = "Who and where",
     .type = HS_OPTION_NAME,
     .offset = AT(name)},
    {.key = "bind",
     .arg = "HOST:PORT",
     .help = "where to listen (default 0.0.0.0:7847)",
     .type = HS_OPTION_ENDPOINT,
     .offset = AT(bind)},
    {.key = "advertise",
     .arg = "HOST:PORT",
     .help = "where others reach it (default: derived)",
     .type = HS_OPTION_ENDPOINT,
     .offset = AT(advertise)},
    {.key = "join",
     .arg = "HOST:PORT",
     .help = "seeds; by commas, or repeated",
     .type = HS_OPTION_JOIN,
     .live = true,
     .offset = AT(join)},
    TEXT("cluster", "NAME", cluster, HEARSAY_CLUSTER_MAX, "only members of one cluster meet"),
    {.key = "tag",
     .arg = "KEY=VALUE",
     .help = "a tag that others can see; repeatable",
     .type = HS_OPTION_TAG,
     .live = true},
    {.key = "weight",
     .arg = "FACTOR",
     .help = "share of the ring: 1 is 128 tokens",
     .type = HS_OPTION_WEIGHT,
     .offset = AT(weighted_tokens),
     .min = 1,
     .max = HEARSAY_TOKENS_MAX},
    NUMBER("tokens", tokens, 1, HEARSAY_TOKENS_MAX, "the same, as a number of tokens"),

    {.key = "control",
     .arg = "PATH",
     .help = "Unix socket for hearsay(1) and others",
     .group = "Control and log",
     .type = HS_OPTION_TEXT,
     .offset = AT(control),
     .min = 1,
     .max = HS_CTL_PATH_MAX - 1},
    TEXT("control-group", "GROUP", control_group, 255, "group that may use that socket"),
    {.key = "log",
     .arg = "FILE",
     .help = "JSON log; - is standard output (default)",
     .type = HS_OPTION_TEXT,
     .live = true,
     .offset = AT(log),
     .min = 1,
     .max = HS_OPTION_TEXT_MAX - 1},
    {.key = "log-level",
     .arg = "LEVEL",
     .help = "debug, info (default), warn, error",
     .type = HS_OPTION_LEVEL,
     .live = true,
     .offset = AT(log_level)},

    {.key = "profile",
     .arg = "NAME",
     .help = "what follows: lan (default), wan, local",
     .group = "Protocol",
     .type = HS_OPTION_PROFILE,
     .offset = AT(profile)},
    NUMBER("fanout", fanout, HEARSAY_FANOUT_MIN, HEARSAY_FANOUT_MAX, "peers a round (2)"),
    NUMBER("mtu", mtu, HEARSAY_MTU_MIN, HEARSAY_DATAGRAM_MAX,
           "bytes of the greatest datagram (1400)"),
    NUMBER("max-members", max_members, 2, HEARSAY_MEMBERS_LIMIT,
           "bound of the member table (20000)"),
    DURATION("interval", interval, 10 * US_MS, 600 * US_S, "one round of the protocol (1s)"),
    DURATION("gossip-interval", gossip_interval, US_MS, 60 * US_S,
             "rounds while there is news (100ms)"),
    DURATION("probe-timeout-min", probe_timeout_min, US_MS, 60 * US_S,
             "floor of a probe's timeout (100ms)"),
    DURATION("probe-timeout-max", probe_timeout_max, US_MS, 60 * US_S, "its ceiling (500ms)"),
    DURATION("suspect-timeout", suspect_timeout, 10 * US_MS, US_DAY, "from suspect to dead (5s)"),
    DURATION("suspect-timeout-min", suspect_timeout_min, 10 * US_MS, US_DAY,
             "the same, others agreeing (2.5s)"),
    DURATION("suspect-timeout-refused", suspect_timeout_refused, 10 * US_MS, US_DAY,
             "the same, its port being closed (1s)"),
    DURATION("tombstone-ttl", tombstone_ttl, US_S, 365 * US_DAY,
             "how long the dead are kept (24h)"),
    DURATION("leave-timeout", leave_timeout, 10 * US_MS, 600 * US_S, "longest goodbye (3s)"),
    DURATION("rejoin-interval", rejoin_interval, 10 * US_MS, US_DAY,
             "between calls to the lost (10s)"),

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
    {.key = "help", .help = "this text", .type = HS_OPTION_HELP},
    {.key = "version", .help = "the release", .type = HS_OPTION_VERSION},
};

const size_t hs_option_count = sizeof(hs_option_table) / sizeof(hs_option_table[0]);

_Static_assert(sizeof(hs_option_table) / sizeof(hs_option_table[0]) <= HS_OPTIONS_MAX,
               "struct hs_options has room for every row");

const char *hs_level_name(enum hs_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    return names[level];
}

const struct hs_option *hs_option_find(const char *key)
{
    for (size_t i = 0; i < hs_option_count; i++)
        if (strcmp(hs_option_table[i].key, key) == 0)
            return &hs_option_table[i];
    return NULL;
}

#define SIMILAR_MAX 32 /* longer words are not compared */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance, one row at a time. Both words are at most SIMILAR_MAX bytes long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[SIMILAR_MAX + 1];
    size_t len = strlen(b);

    for (unsigned j = 0; j <= len; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            unsigned cost = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, cost);
        }
    }
    return row[len];
}

const char *hs_option_similar(const char *key)
{
    const char *best = NULL;
    unsigned best_distance = 3; /* two slips of the fingers */

    if (strlen(key) > SIMILAR_MAX)
        return NULL;
    for (size_t i = 0; i < hs_option_count; i++) {
        unsigned d = distance(key, hs_option_table[i].key);

        if (d < best_distance) {
            best_distance = d;
            best = hs_option_table[i].key;
        }
    }
    return best;
}

void hs_options_help(FILE *out)
{
    char flag[64];

    fputs("Usage: hearsayd [--KEY VALUE]...\n\n"
          "Tells this machine which others of its cluster are alive, by UDP gossip.\n"
          "Every key below can also stand in the config file. TIME is a number and a\n"
          "unit: us, ms, s, m, h, d. Numbers in brackets are the lan profile's.\n",
          out);
    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];

        if (option->group != NULL)
            fprintf(out, "\n%s:\n", option->group);
        (void)snprintf(flag, sizeof(flag), "--%s %s", option->key,
                       option->arg != NULL ? option->arg : "");
        fprintf(out, "  %-32s%s\n", flag, option->help);
    }
    fputs("\nSignals: TERM and INT leave the cluster and end (a second one ends at once),\n"
          "HUP reopens the log and reloads the config file.\n"
          "Exit status: 0 after a goodbye, 1 failure, 2 wrong usage.\n",
          out);
}
