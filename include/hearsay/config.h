/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a node. All durations are in microseconds. hearsay_config_init fills in the
 * defaults of a profile. hearsay_config_check returns a sentence about the first setting that is
 * wrong. hearsay_config_setting lists the numeric settings with their bounds and defaults, and
 * hearsay_config_order the rules between them. All functions here are safe from any thread.
 *
 * Later releases add fields at the end. `size` tells the library which of them a program has, so a
 * config must come from hearsay_config_init or be a copy of one that does (docs/abi.md).
 */
#ifndef HEARSAY_CONFIG_H
#define HEARSAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/allocator.h>
#include <hearsay/member.h>
#include <hearsay/seal.h>
#include <hearsay/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_DATAGRAM_MAX    1400 /* bytes of UDP payload, at any cluster size (R10) */
#define HEARSAY_MTU_MIN         1200 /* least `mtu`: the largest record fits */
#define HEARSAY_PORT_DEFAULT    7847
#define HEARSAY_FANOUT_MIN      2 /* R14: never less */
#define HEARSAY_FANOUT_MAX      16
#define HEARSAY_TOKENS_DEFAULT  128
#define HEARSAY_MEMBERS_DEFAULT 20000   /* default of max_members */
#define HEARSAY_MEMBERS_LIMIT   1000000 /* greatest max_members */
#define HEARSAY_CLUSTER_MAX     64      /* bytes of a cluster's name */
/* `ring_hold` as long as suspect_timeout_refused, but at most half of tombstone_ttl: a process that
 * is back before others could know of its death by a closed port moves no key */
#define HEARSAY_RING_HOLD_DEFAULT UINT64_MAX

enum hearsay_profile {
    HEARSAY_PROFILE_LAN,   /* the defaults of docs/protocol.md */
    HEARSAY_PROFILE_WAN,   /* slower rounds, longer timeouts */
    HEARSAY_PROFILE_LOCAL, /* one machine or rack: faster rounds, shorter timeouts */
    HEARSAY_PROFILE_COUNT
};

struct hearsay_config {
    size_t size;                   /* of this struct in the program; by hearsay_config_init */
    const char *name;              /* [A-Za-z0-9._:-]{1,128}; required */
    const char *cluster;           /* datagrams of other clusters are dropped; default: "hearsay" */
    struct hearsay_addr advertise; /* where others reach this node; required */
    const struct hearsay_tag *tags;
    size_t tag_count;
    uint32_t tokens;      /* points on the ring; 0: none, it is drained */
    uint32_t fanout;      /* peers per round (R14) */
    uint32_t max_members; /* members to know; the oldest dead give way to the living */
    uint32_t mtu;         /* most bytes of payload in a datagram that we send */
    bool ring;            /* keep a ring; false saves its memory */

    uint64_t interval;                /* one round of the protocol (R14) */
    uint64_t gossip_interval;         /* rounds while rumors wait (R15) */
    uint64_t probe_timeout_min;       /* floor of the adaptive timeout (R17) */
    uint64_t probe_timeout_max;       /* its ceiling; used until round trips are measured */
    uint64_t suspect_timeout;         /* R18: a single accuser */
    uint64_t suspect_timeout_min;     /* R18: enough accusers */
    uint64_t suspect_timeout_refused; /* R18: enough accusers found the port closed */
    uint64_t tombstone_ttl;           /* dead members stay in the list for so long (R7) */
    uint64_t leave_timeout;           /* leaving ends after it at the latest (R23) */
    uint64_t rejoin_interval;         /* between attempts to rejoin (R26) */

    uint64_t seed;       /* of the random generator: the same seed and inputs make the same run */
    uint8_t entropy[32]; /* secret random bytes: source of the instance and of nonces */
    /* the greatest timestamp that this name is known to have used; 0: not known */
    uint64_t last_timestamp;

    struct hearsay_allocator allocator; /* required; see hearsay/host.h */
    const struct hearsay_seal *seal;    /* NULL: hearsay_seal_none */
    const void *seal_context;

    /* For maintainers: called at each step (hearsay/trace.h). NULL: no trace. */
    void (*trace)(void *context, const struct hearsay_trace *trace);
    void *trace_context;

    /* R32: seal. Borrowed, as hearsay/seal.h says. NULL: no keys; then seal_mode must be off. */
    const struct hearsay_cipher *cipher;
    const void *cipher_context;
    uint64_t seal_mode; /* enum hearsay_seal_mode (R35: switching on) */

    /* R62: ring hold. A member that has failed keeps its tokens until its death is this old; 0: it
     * loses them when it is declared dead. At most half of tombstone_ttl. */
    uint64_t ring_hold;
    uint64_t ring_settle; /* changes of the ring wait up to this long for others; 0: they do not */
};

/* Sets every field to the default of the profile. The caller must then set name, advertise, seed,
 * entropy and allocator. hearsay_config_init passes the size that the program was compiled with. */
void hearsay_config_init_sized(struct hearsay_config *config, size_t size,
                               enum hearsay_profile profile);
static inline void hearsay_config_init(struct hearsay_config *config, enum hearsay_profile profile)
{
    hearsay_config_init_sized(config, sizeof(*config), profile);
}

/* Sets only the durations to those of a profile. Other fields stay as they are. */
void hearsay_config_profile(struct hearsay_config *config, enum hearsay_profile profile);

/* Returns 0, or HEARSAY_ERR_INVALID. Then *ret_error is a static sentence that names the setting
 * and says what would be right: "fanout must be 2 to 16". ret_error may be NULL. */
int hearsay_config_check(const struct hearsay_config *config, const char **ret_error);

enum hearsay_unit {
    HEARSAY_UNIT_NUMBER,       /* the field is a uint32_t */
    HEARSAY_UNIT_MICROSECONDS, /* the field is a uint64_t */
};

/* A numeric setting, described for programs that read settings from a file or print their help. */
struct hearsay_setting {
    const char *name; /* as hearsayd's flags and config file spell it: "gossip-interval" */
    enum hearsay_unit unit;
    size_t offset; /* of the field in struct hearsay_config */
    uint64_t min, max;
    uint64_t defaults[HEARSAY_PROFILE_COUNT]; /* by enum hearsay_profile */
};

/* Returns the numeric setting at `index`, counted from 0 in a fixed order, or NULL after the last
 * one. The result is static and constant. A later library also lists settings that an older program
 * does not have. Their fields lie beyond the `size` of the program's config and must not be set. */
const struct hearsay_setting *hearsay_config_setting(size_t index);

/* A duration that must not exceed another one, or a part of it. */
struct hearsay_order {
    const char *lesser, *greater; /* names of settings */
    uint32_t divisor;             /* the lesser one is at most the greater one divided by this */
};

/* Returns the rule at `index` in the same way. It is for programs that name the two values of a
 * rule that is broken, or all rules that are; hearsay_config_check has one sentence about the
 * first. A ring_hold of HEARSAY_RING_HOLD_DEFAULT breaks none. */
const struct hearsay_order *hearsay_config_order(size_t index);

#ifdef __cplusplus
}
#endif
#endif
