/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defaults and bounds of every setting. A bound and the sentence that explains it are made from the
 * same macro, so that the words cannot promise what the check refuses. The sentences name a setting
 * as flags and the config file spell it, for they are shown to the person who typed it.
 */
#include "base/config.h"

#include <string.h>

#include <hearsay/error.h>

#include "base/name.h"
#include "base/sized.h"

HS_SIZED_ASSERT(struct hearsay_config, trace_context);

/* The first release's config ended with this field: no program has a smaller one. */
#define SIZE_LEAST (offsetof(struct hearsay_config, seal_context) + sizeof(void *))

#define MICROSECONDS_ms  UINT64_C(1000)
#define MICROSECONDS_s   UINT64_C(1000000)
#define MICROSECONDS_min (60 * MICROSECONDS_s)
#define MICROSECONDS_h   (60 * MICROSECONDS_min)
#define MICROSECONDS_d   (24 * MICROSECONDS_h)

/* Bounds of the durations: least and greatest, each a number and its unit. The least ones are there
 * for tests on one machine; shorter than those, timers cost more than they tell. */
#define INTERVAL_RANGE        10, ms, 10, min
#define GOSSIP_RANGE          1, ms, 1, min
#define PROBE_TIMEOUT_RANGE   1, ms, 1, min
#define SUSPECT_RANGE         10, ms, 1, d
#define TOMBSTONE_RANGE       1, s, 365, d
#define LEAVE_TIMEOUT_RANGE   10, ms, 10, min
#define REJOIN_INTERVAL_RANGE 10, ms, 1, d

#define MEMBERS_MIN 2 /* ourselves and one other */

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

struct duration_rule {
    size_t offset;
    uint64_t least, greatest;
    const char *sentence;
};

#define DURATION_OF(field, key, n, unit, m, unit2)                                                 \
    {                                                                                              \
        offsetof(struct hearsay_config, field), (n)*MICROSECONDS_##unit, (m)*MICROSECONDS_##unit2, \
            key " must be " #n " " #unit " to " #m " " #unit2                                      \
    }
#define DURATION(field, key, range) DURATION_OF(field, key, range)

static const struct duration_rule duration_rules[] = {
    DURATION(interval, "interval", INTERVAL_RANGE),
    DURATION(gossip_interval, "gossip-interval", GOSSIP_RANGE),
    DURATION(probe_timeout_min, "probe-timeout-min", PROBE_TIMEOUT_RANGE),
    DURATION(probe_timeout_max, "probe-timeout-max", PROBE_TIMEOUT_RANGE),
    DURATION(suspect_timeout, "suspect-timeout", SUSPECT_RANGE),
    DURATION(suspect_timeout_min, "suspect-timeout-min", SUSPECT_RANGE),
    DURATION(suspect_timeout_refused, "suspect-timeout-refused", SUSPECT_RANGE),
    DURATION(tombstone_ttl, "tombstone-ttl", TOMBSTONE_RANGE),
    DURATION(leave_timeout, "leave-timeout", LEAVE_TIMEOUT_RANGE),
    DURATION(rejoin_interval, "rejoin-interval", REJOIN_INTERVAL_RANGE),
};

struct count_rule {
    size_t offset;
    uint32_t least, greatest;
    const char *sentence;
};

#define COUNT(field, key, min, max)                                                                \
    {                                                                                              \
        offsetof(struct hearsay_config, field), min, max,                                          \
            key " must be " TEXT(min) " to " TEXT(max)                                             \
    }

static const struct count_rule count_rules[] = {
    COUNT(tokens, "tokens", 1, HEARSAY_TOKENS_MAX),
    COUNT(fanout, "fanout", HEARSAY_FANOUT_MIN, HEARSAY_FANOUT_MAX),
    COUNT(max_members, "max-members", MEMBERS_MIN, HEARSAY_MEMBERS_LIMIT),
    COUNT(mtu, "mtu", HEARSAY_MTU_MIN, HEARSAY_DATAGRAM_MAX),
};

/* Settings that must not exceed others. */
struct order_rule {
    size_t lesser, greater;
    const char *sentence;
};

#define ORDER(field, key, field2, key2)                                                            \
    {                                                                                              \
        offsetof(struct hearsay_config, field), offsetof(struct hearsay_config, field2),           \
            key " must not be longer than " key2                                                   \
    }

static const struct order_rule order_rules[] = {
    ORDER(gossip_interval, "gossip-interval", interval, "interval"),
    ORDER(probe_timeout_min, "probe-timeout-min", probe_timeout_max, "probe-timeout-max"),
    ORDER(suspect_timeout_refused, "suspect-timeout-refused", suspect_timeout_min,
          "suspect-timeout-min"),
    ORDER(suspect_timeout_min, "suspect-timeout-min", suspect_timeout, "suspect-timeout"),
};

struct durations {
    uint64_t interval, gossip, probe_min, probe_max, suspect, suspect_min, suspect_refused;
};

#define MS(n) ((n)*MICROSECONDS_ms)

static const struct durations lan = {MS(1000), MS(100),  MS(100), MS(500),
                                     MS(5000), MS(2500), MS(1000)};
static const struct durations wan = {MS(2000),  MS(200),  MS(300), MS(2000),
                                     MS(15000), MS(6000), MS(3000)};
static const struct durations local = {MS(500),  MS(50),   MS(50), MS(250),
                                       MS(2500), MS(1200), MS(600)};

static void set_durations(struct hearsay_config *config, enum hearsay_profile profile)
{
    const struct durations *of = &lan;
    if (profile == HEARSAY_PROFILE_WAN)
        of = &wan;
    else if (profile == HEARSAY_PROFILE_LOCAL)
        of = &local;
    config->interval = of->interval;
    config->gossip_interval = of->gossip;
    config->probe_timeout_min = of->probe_min;
    config->probe_timeout_max = of->probe_max;
    config->suspect_timeout = of->suspect;
    config->suspect_timeout_min = of->suspect_min;
    config->suspect_timeout_refused = of->suspect_refused;
    config->tombstone_ttl = 1 * MICROSECONDS_d;
    config->leave_timeout = 3 * MICROSECONDS_s;
    config->rejoin_interval = 10 * MICROSECONDS_s;
}

void hearsay_config_profile(struct hearsay_config *config, enum hearsay_profile profile)
{
    struct hearsay_config ours;
    size_t size = config->size;
    hs_config_load(&ours, config);
    set_durations(&ours, profile);
    memcpy(config, &ours, size < sizeof(ours) ? size : sizeof(ours));
    config->size = size;
}

void hearsay_config_init_sized(struct hearsay_config *config, size_t size,
                               enum hearsay_profile profile)
{
    struct hearsay_config ours = {
        .size = size,
        .cluster = "hearsay",
        .tokens = HEARSAY_TOKENS_DEFAULT,
        .fanout = HEARSAY_FANOUT_MIN,
        .max_members = HEARSAY_MEMBERS_DEFAULT,
        .mtu = HEARSAY_DATAGRAM_MAX,
        .ring = true,
    };
    set_durations(&ours, profile);
    hs_sized_copy(config, size, &ours, sizeof(ours));
}

void hs_config_load(struct hearsay_config *ret_ours, const struct hearsay_config *config)
{
    hs_sized_copy(ret_ours, sizeof(*ret_ours), config,
                  config->size < sizeof(*ret_ours) ? config->size : sizeof(*ret_ours));
    ret_ours->size = sizeof(*ret_ours);
}

static uint64_t duration_at(const struct hearsay_config *config, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)config + offset, sizeof value);
    return value;
}

static uint32_t count_at(const struct hearsay_config *config, size_t offset)
{
    uint32_t value;
    memcpy(&value, (const char *)config + offset, sizeof value);
    return value;
}

/* Each of these says what is wrong, or NULL. */
static const char *number_fault(const struct hearsay_config *config)
{
    for (size_t i = 0; i < sizeof count_rules / sizeof count_rules[0]; i++) {
        uint32_t value = count_at(config, count_rules[i].offset);
        if (value < count_rules[i].least || value > count_rules[i].greatest)
            return count_rules[i].sentence;
    }
    for (size_t i = 0; i < sizeof duration_rules / sizeof duration_rules[0]; i++) {
        uint64_t value = duration_at(config, duration_rules[i].offset);
        if (value < duration_rules[i].least || value > duration_rules[i].greatest)
            return duration_rules[i].sentence;
    }
    for (size_t i = 0; i < sizeof order_rules / sizeof order_rules[0]; i++)
        if (duration_at(config, order_rules[i].lesser) >
            duration_at(config, order_rules[i].greater))
            return order_rules[i].sentence;
    return NULL;
}

static const char *identity_fault(const struct hearsay_config *config)
{
    const char *cluster = config->cluster;
    if (!hearsay_name_valid(config->name))
        return "name must be 1 to " TEXT(HEARSAY_NAME_MAX) " of A-Z a-z 0-9 . _ : -";
    if (cluster == NULL || !hs_cluster_valid(cluster, strnlen(cluster, HEARSAY_CLUSTER_MAX + 1)))
        return "cluster must be 1 to " TEXT(HEARSAY_CLUSTER_MAX) " of A-Z a-z 0-9 . _ : -";
    if (config->advertise.family != 4 && config->advertise.family != 6)
        return "advertise must be an IPv4 or IPv6 address";
    if (hearsay_addr_is_any(&config->advertise))
        return "advertise must be an address that others can reach, not 0.0.0.0 or [::]";
    if (config->advertise.port == 0)
        return "advertise must have a port, 1 to 65535";
    return NULL;
}

static const char *service_fault(const struct hearsay_config *config)
{
    const struct hearsay_seal *seal = config->seal;
    if (config->allocator.resize == NULL || config->allocator.release == NULL)
        return "allocator must have resize and release";
    if (seal == NULL)
        return NULL;
    if (seal->seal == NULL || seal->open == NULL || seal->mac == NULL ||
        seal->trailer_size > HEARSAY_SEAL_TRAILER_MAX)
        return "seal must have all functions and a trailer of at most " TEXT(
            HEARSAY_SEAL_TRAILER_MAX) " bytes";
    return NULL;
}

/* A program of a later release may have fields that we do not know, as long as it does not use
 * them: their 0 means what there was before. */
static const char *size_fault(const struct hearsay_config *config)
{
    if (config->size < SIZE_LEAST)
        return "config must be made by hearsay_config_init";
    for (size_t at = sizeof(*config); at < config->size; at++)
        if (((const char *)config)[at] != 0)
            return "config has a setting that this release of libhearsay does not know";
    return NULL;
}

static const char *first_fault(const struct hearsay_config *config)
{
    struct hearsay_config ours;
    const char *why = size_fault(config);
    if (why)
        return why;
    hs_config_load(&ours, config);
    why = identity_fault(&ours);
    if (!why)
        why = number_fault(&ours);
    if (!why)
        hs_tags_check(ours.tags, ours.tag_count, &why);
    return why ? why : service_fault(&ours);
}

int hearsay_config_check(const struct hearsay_config *config, const char **ret_why)
{
    const char *why = first_fault(config);
    if (why && ret_why)
        *ret_why = why;
    return why ? HEARSAY_ERR_INVALID : 0;
}
