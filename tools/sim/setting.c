/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol settings have the keys of hearsayd's configuration file here, so that a line of a file
 * can be tried before it is deployed. Whether a value makes sense is decided by
 * hearsay_config_check.
 */
#include "setting.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

enum kind { DURATION, NUMBER, PROFILE };

static const struct setting {
    const char *key;
    enum kind kind;
    size_t offset;
} settings[] = {
    {"profile", PROFILE, 0},
    {"tokens", NUMBER, offsetof(struct hearsay_config, tokens)},
    {"fanout", NUMBER, offsetof(struct hearsay_config, fanout)},
    {"mtu", NUMBER, offsetof(struct hearsay_config, mtu)},
    {"max-members", NUMBER, offsetof(struct hearsay_config, max_members)},
    {"interval", DURATION, offsetof(struct hearsay_config, interval)},
    {"gossip-interval", DURATION, offsetof(struct hearsay_config, gossip_interval)},
    {"probe-timeout-min", DURATION, offsetof(struct hearsay_config, probe_timeout_min)},
    {"probe-timeout-max", DURATION, offsetof(struct hearsay_config, probe_timeout_max)},
    {"suspect-timeout", DURATION, offsetof(struct hearsay_config, suspect_timeout)},
    {"suspect-timeout-min", DURATION, offsetof(struct hearsay_config, suspect_timeout_min)},
    {"suspect-timeout-refused", DURATION, offsetof(struct hearsay_config, suspect_timeout_refused)},
    {"tombstone-ttl", DURATION, offsetof(struct hearsay_config, tombstone_ttl)},
    {"leave-timeout", DURATION, offsetof(struct hearsay_config, leave_timeout)},
    {"rejoin-interval", DURATION, offsetof(struct hearsay_config, rejoin_interval)},
    {"ring-hold", DURATION, offsetof(struct hearsay_config, ring_hold)},
    {"ring-settle", DURATION, offsetof(struct hearsay_config, ring_settle)},
};

static int set_profile(struct hearsay_config *config, const char *value,
                       char error[SIM_ERROR_TEXT_MAX])
{
    static const char *const names[] = {"lan", "wan", "local"};
    for (int i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            hearsay_config_profile(config, (enum hearsay_profile)i);
            return 0;
        }
    snprintf(error, SIM_ERROR_TEXT_MAX, "profile must be lan, wan or local");
    return HEARSAY_ERR_INVALID;
}

static int set_duration(void *field, const char *key, const char *value,
                        char error[SIM_ERROR_TEXT_MAX])
{
    uint64_t us;
    if (!sim_words_duration(value, &us)) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "%s must be a duration, like 500ms or 5s", key);
        return HEARSAY_ERR_INVALID;
    }
    memcpy(field, &us, sizeof us);
    return 0;
}

static int set_number(void *field, const char *key, const char *value,
                      char error[SIM_ERROR_TEXT_MAX])
{
    uint64_t number;
    if (!sim_words_number(value, UINT32_MAX, &number)) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "%s must be a number", key);
        return HEARSAY_ERR_INVALID;
    }
    uint32_t narrow = (uint32_t)number;
    memcpy(field, &narrow, sizeof narrow);
    return 0;
}

static int say_unknown(const char *key, char error[SIM_ERROR_TEXT_MAX])
{
    int len = snprintf(error, SIM_ERROR_TEXT_MAX, "no setting is called '%s'; there are", key);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && len < (int)SIM_ERROR_TEXT_MAX;
         i++)
        len += snprintf(error + len, SIM_ERROR_TEXT_MAX - (size_t)len, "%s %s", i ? "," : "",
                        settings[i].key);
    return HEARSAY_ERR_INVALID;
}

int sim_setting_set(struct hearsay_config *config, const char *key, const char *value,
                    char error[SIM_ERROR_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        void *field = (char *)config + settings[i].offset;
        if (strcmp(settings[i].key, key) != 0)
            continue;
        switch (settings[i].kind) {
        case PROFILE:
            return set_profile(config, value, error);
        case DURATION:
            return set_duration(field, key, value, error);
        case NUMBER:
            return set_number(field, key, value, error);
        }
    }
    return say_unknown(key, error);
}
