/* SPDX-License-Identifier: Apache-2.0 */
/* What a mirror may hold, and what the agent says of itself. */
#ifndef HS_MIRROR_STATE_H
#define HS_MIRROR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "mirror/log.h"

#define HS_MIRROR_MEMBERS_MAX 1000000 /* as many as an agent can hold */
#define HS_MIRROR_TOKENS_MAX  134217728

struct hs_mirror_bounds {
    size_t members_max; /* members that it holds */
    size_t tokens_max;  /* tokens of its ring */
};

/* What the agent says of itself. */
struct hs_mirror_state {
    char id[HS_MIRROR_ID_MAX];       /* of the newest line that counts; "": none */
    char instance[HS_CTL_HEX64_MAX]; /* of the agent */
    bool ready, isolated, leaving;   /* R40: worth of an answer */
    bool settling;                   /* R62: others that see the same may have another ring */
    uint64_t number;                 /* of the id */
    uint64_t digest;                 /* as it was when it was told last */
    uint64_t time; /* the agent's clock when it was told last, microseconds since 1970 */
    uint64_t ring_version;
};

#endif
