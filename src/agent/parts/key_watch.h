/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says once a minute which members have no key in common with this agent (R33, R34): neither hears
 * the other, and only an operator can mend it.
 */
#ifndef HS_AGENT_PARTS_KEY_WATCH_H
#define HS_AGENT_PARTS_KEY_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/member.h>

#include "agent/base/turn.h"
#include "agent/parts/keys.h"
#include "agent/parts/report.h"

#define HS_KEY_WATCH_US    60000000u /* from one look at all members to the next */
#define HS_KEY_WATCH_NAMES 8u        /* names that one line has */
#define HS_KEY_WATCH_STEP  128u      /* members looked at in one turn of the loop (R20a) */

struct hs_key_watch {
    struct hs_report *report;
    struct hs_turn *turn;
    const struct hs_keys *keys;
    uint64_t due; /* boot time of the next look */
    bool looking;
    uint32_t cursor; /* of hearsay_node_next_member */
    uint64_t apart;  /* members found so far */
    char names[HS_KEY_WATCH_NAMES][HEARSAY_NAME_MAX + 1];
};

/* Looks at some members, if it is time. To be called after something was done,
 * and once a second. */
void hs_key_watch_work(struct hs_key_watch *watch);

/* Keys or mode have changed: looks again as soon as their records can be right. */
void hs_key_watch_again(struct hs_key_watch *watch);

#endif
