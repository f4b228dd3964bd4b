/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The defaults and bounds of every setting. This table is their only place: the daemon reads it
 * (hearsay_config_setting) for its checks and its help, and a test compares the man pages with it.
 * A bound and the sentence about it are made from the same macro, so the sentence always agrees
 * with the check. The sentences spell a setting as flags and the config file do, because they are
 * shown to the person who typed it.
 */
#include "base/config.h"

#include <string.h>

#include <hearsay/error.h>

#include "base/name.h"
#include "base/sized.h"

HS_SIZED_ASSERT(struct hearsay_config, ring_settle);

/* The first release's config ended with this field: no program has a smaller one. */
#define SIZE_LEAST (offsetof(struct hearsay_config, seal_context) + sizeof(void *))

#define MICROSECONDS_ms  UINT64_C(1000)
#define MICROSECONDS_s   UINT64_C(1000000)
#define MICROSECONDS_min (60 * MICROSECONDS_s)
#define MICROSECONDS_h   (60 * MICROSECONDS_min)
#define MICROSECONDS_d   (24 * MICROSECONDS_h)

/* The bounds of durations: least and greatest, each a number and its unit. The least ones are meant
 * for tests on one machine. Shorter timers would only cost CPU time. */
#define INTERVAL_RANGE        10, ms, 10, min
#define GOSSIP_RANGE          1, ms, 1, min
#define PROBE_TIMEOUT_RANGE   1, ms, 1, min
#define SUSPECT_RANGE         10, ms, 1, d
#define TOMBSTONE_RANGE       1, s, 365, d
#define LEAVE_TIMEOUT_RANGE   10, ms, 10, min
#define REJOIN_INTERVAL_RANGE 10, ms, 1, d
#define RING_HOLD_RANGE       0, s, 1, d
#define RING_SETTLE_RANGE     0, s, 10, min

#define MEMBERS_MIN 2 /* ourselves and one other */

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

#define MS(n) ((n)*MICROSECONDS_ms)

struct rule {
    struct hearsay_setting setting;
    const char *sentence;
};

#define DURATION_OF(key, field, n, unit, m, unit2, ...)                                            \
    {                                                                                              \
        {key,                                                                                      \
         HEARSAY_UNIT_MICROSECONDS,                                                                \
         offsetof(struct hearsay_config, field),                                                   \
         (n)*MICROSECONDS_##unit,                                                                  \
         (m)*MICROSECONDS_##unit2,                                                                 \
         {__VA_ARGS__}},                                                                           \
            key " must be " #n " " #unit " to " #m " " #unit2                                      \
    }
/* The arguments after the range are the defaults of the profiles lan, wan and local. */
#define DURATION(key, field, range, ...) DURATION_OF(key, field, range, __VA_ARGS__)

#define COUNT(key, field, min, max, preset)                                                        \
    {                                                                                              \
        {key, HEARSAY_UNIT_NUMBER,     offsetof(struct hearsay_config, field), min,                \
         max, {preset, preset, preset}},                                                           \
            key " must be " TEXT(min) " to " TEXT(max)                                             \
    }

static const struct rule rules[] = {
    COUNT("tokens", tokens, 0, HEARSAY_TOKENS_MAX, HEARSAY_TOKENS_DEFAULT),
    COUNT("fanout", fanout, HEARSAY_FANOUT_MIN, HEARSAY_FANOUT_MAX, HEARSAY_FANOUT_MIN),
    COUNT("mtu", mtu, HEARSAY_MTU_MIN, HEARSAY_DATAGRAM_MAX, HEARSAY_DATAGRAM_MAX),
    COUNT("max-members", max_members, MEMBERS_MIN, HEARSAY_MEMBERS_LIMIT, HEARSAY_MEMBERS_DEFAULT),
    DURATION("interval", interval, INTERVAL_RANGE, MS(1000), MS(2000), MS(500)),
    DURATION("gossip-interval", gossip_interval, GOSSIP_RANGE, MS(100), MS(200), MS(50)),
    DURATION("probe-timeout-min", probe_timeout_min, PROBE_TIMEOUT_RANGE, MS(100), MS(300), MS(50)),
    DURATION("probe-timeout-max", probe_timeout_max, PROBE_TIMEOUT_RANGE, MS(500), MS(2000),
             MS(250)),
    DURATION("suspect-timeout", suspect_timeout, SUSPECT_RANGE, MS(5000), MS(15000), MS(2500)),
    DURATION("suspect-timeout-min", suspect_timeout_min, SUSPECT_RANGE, MS(2500), MS(6000),
             MS(1200)),
    DURATION("suspect-timeout-refused", suspect_timeout_refused, SUSPECT_RANGE, MS(1000), MS(3000),
             MS(600)),
    DURATION("tombstone-ttl", tombstone_ttl, TOMBSTONE_RANGE, MICROSECONDS_d, MICROSECONDS_d,
             MICROSECONDS_d),
    DURATION("leave-timeout", leave_timeout, LEAVE_TIMEOUT_RANGE, MS(3000), MS(3000), MS(3000)),
    DURATION("rejoin-interval", rejoin_interval, REJOIN_INTERVAL_RANGE, MS(10000), MS(10000),
             MS(10000)),
    /* if it is not set: as suspect-timeout-refused; see hs_config_load */
    DURATION("ring-hold", ring_hold, RING_HOLD_RANGE, MS(1000), MS(3000), MS(600)),
    DURATION("ring-settle", ring_settle, RING_SETTLE_RANGE, 0, 0, 0),
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

const struct hearsay_setting *hearsay_config_setting(size_t index)
{
    return index < RULES ? &rules[index].setting : NULL;
}

/* Settings that must not exceed others. */
struct order_rule {
    struct hearsay_order order;
    size_t lesser, greater; /* offsets of the fields */
    const char *sentence;
};

#define ORDER(field, key, field2, key2, divisor, part)                                             \
    {                                                                                              \
        {key, key2, divisor}, offsetof(struct hearsay_config, field),                              \
            offsetof(struct hearsay_config, field2), key " must not be longer than " part key2     \
    }

static const struct order_rule order_rules[] = {
    ORDER(gossip_interval, "gossip-interval", interval, "interval", 1, ""),
    ORDER(probe_timeout_min, "probe-timeout-min", probe_timeout_max, "probe-timeout-max", 1, ""),
    ORDER(suspect_timeout_refused, "suspect-timeout-refused", suspect_timeout_min,
          "suspect-timeout-min", 1, ""),
    ORDER(suspect_timeout_min, "suspect-timeout-min", suspect_timeout, "suspect-timeout", 1, ""),
    /* R62: a held member is not hidden */
    ORDER(ring_hold, "ring-hold", tombstone_ttl, "tombstone-ttl", 2, "half of "),
};

#define ORDER_RULES (sizeof(order_rules) / sizeof(order_rules[0]))

const struct hearsay_order *hearsay_config_order(size_t index)
{
    return index < ORDER_RULES ? &order_rules[index].order : NULL;
}

static void set_value(struct hearsay_config *config, const struct hearsay_setting *setting,
                      uint64_t value)
{
    char *field = (char *)config + setting->offset;
    uint32_t count = (uint32_t)value;
    if (setting->unit == HEARSAY_UNIT_NUMBER)
        memcpy(field, &count, sizeof(count));
    else
        memcpy(field, &value, sizeof(value));
}

static void set_durations(struct hearsay_config *config, enum hearsay_profile profile)
{
    unsigned column = (unsigned)profile < HEARSAY_PROFILE_COUNT ? profile : HEARSAY_PROFILE_LAN;
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].setting.unit == HEARSAY_UNIT_MICROSECONDS)
            set_value(config, &rules[i].setting, rules[i].setting.defaults[column]);
    config->ring_hold = HEARSAY_RING_HOLD_DEFAULT;
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
    struct hearsay_config ours = {.size = size, .cluster = "hearsay", .ring = true};
    for (size_t i = 0; i < RULES; i++)
        set_value(&ours, &rules[i].setting, rules[i].setting.defaults[HEARSAY_PROFILE_LAN]);
    set_durations(&ours, profile);
    hs_sized_copy(config, size, &ours, sizeof(ours));
}

void hs_config_load(struct hearsay_config *ret_ours, const struct hearsay_config *config)
{
    hs_sized_copy(ret_ours, sizeof(*ret_ours), config,
                  config->size < sizeof(*ret_ours) ? config->size : sizeof(*ret_ours));
    ret_ours->size = sizeof(*ret_ours);
    if (ret_ours->ring_hold != HEARSAY_RING_HOLD_DEFAULT)
        return;
    uint64_t most = ret_ours->tombstone_ttl / 2, refused = ret_ours->suspect_timeout_refused;
    ret_ours->ring_hold = refused < most ? refused : most;
}

static uint64_t duration_at(const struct hearsay_config *config, size_t offset)
{
    uint64_t value;
    memcpy(&value, (const char *)config + offset, sizeof(value));
    return value;
}

static uint64_t value_of(const struct hearsay_config *config, const struct hearsay_setting *setting)
{
    uint32_t count;
    if (setting->unit == HEARSAY_UNIT_MICROSECONDS)
        return duration_at(config, setting->offset);
    memcpy(&count, (const char *)config + setting->offset, sizeof(count));
    return count;
}

/* Each of these functions returns what is wrong, or NULL. */
static const char *number_fault(const struct hearsay_config *config)
{
    for (size_t i = 0; i < RULES; i++) {
        const struct hearsay_setting *setting = &rules[i].setting;
        uint64_t value = value_of(config, setting);
        if (value < setting->min || value > setting->max)
            return rules[i].sentence;
    }
    for (size_t i = 0; i < ORDER_RULES; i++)
        if (duration_at(config, order_rules[i].lesser) >
            duration_at(config, order_rules[i].greater) / order_rules[i].order.divisor)
            return order_rules[i].sentence;
    return NULL;
}

static const char *identity_fault(const struct hearsay_config *config)
{
    const char *cluster = config->cluster;
    if (!hearsay_name_valid(config->name))
        return "name must be 1 to " TEXT(HEARSAY_NAME_MAX) " of A-Z a-z 0-9 . _ : -";
    if (!cluster || !hs_cluster_valid(cluster, strnlen(cluster, HEARSAY_CLUSTER_MAX + 1)))
        return "cluster must be 1 to " TEXT(HEARSAY_CLUSTER_MAX) " of A-Z a-z 0-9 . _ : -";
    if (config->advertise.family != 4 && config->advertise.family != 6)
        return "advertise must be an IPv4 or IPv6 address";
    if (hearsay_addr_is_any(&config->advertise))
        return "advertise must be an address that others can reach, not 0.0.0.0 or [::]";
    if (hearsay_addr_fault(&config->advertise))
        return "advertise must be one machine's address: not multicast, broadcast, reserved, or "
               "link-local IPv6";
    if (config->advertise.port == 0)
        return "advertise must have a port, 1 to 65535";
    return NULL;
}

static const char *cipher_fault(const struct hearsay_config *config)
{
    const struct hearsay_cipher *cipher = config->cipher;
    size_t plain = config->seal ? config->seal->trailer_size : HEARSAY_SEAL_NONE_TRAILER;
    if (config->seal_mode >= HEARSAY_SEAL_MODES)
        return "seal_mode must be one of enum hearsay_seal_mode";
    if (!cipher)
        return config->seal_mode == HEARSAY_SEAL_OFF ? NULL : "seal_mode needs a cipher";
    if (!cipher->keys || !cipher->seal || !cipher->open || !cipher->mac ||
        cipher->trailer_size > HEARSAY_SEAL_TRAILER_MAX || cipher->trailer_size == plain)
        return "cipher must have all functions and a trailer of at most " TEXT(
            HEARSAY_SEAL_TRAILER_MAX) " bytes that is not as long as that of the plain form";
    return NULL;
}

static const char *service_fault(const struct hearsay_config *config)
{
    const struct hearsay_seal *seal = config->seal;
    if (!config->allocator.resize || !config->allocator.release)
        return "allocator must have resize and release";
    if (seal &&
        (!seal->seal || !seal->open || !seal->mac || seal->trailer_size > HEARSAY_SEAL_TRAILER_MAX))
        return "seal must have all functions and a trailer of at most " TEXT(
            HEARSAY_SEAL_TRAILER_MAX) " bytes";
    return cipher_fault(config);
}

/* A program of a later release may have fields that this library does not know, as long as they are
 * 0, because 0 means the behaviour before the field existed. */
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
    const char *error = size_fault(config);
    if (error)
        return error;
    hs_config_load(&ours, config);
    error = identity_fault(&ours);
    if (!error)
        error = number_fault(&ours);
    if (!error)
        hs_tags_check(ours.tags, ours.tag_count, &error);
    return error ? error : service_fault(&ours);
}

int hearsay_config_check(const struct hearsay_config *config, const char **ret_error)
{
    const char *error = first_fault(config);
    if (error && ret_error)
        *ret_error = error;
    return error ? HEARSAY_ERR_INVALID : 0;
}
