/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node: the sum of its rules. Only the files of this room know it. Each rule knows the core and
 * the few lower rules that wire_rules in node.c gives it; that function shows which rule may call
 * which.
 */
#ifndef HS_NODE_IMPL_H
#define HS_NODE_IMPL_H

#include <hearsay/node.h>

#include "rules/contacts.h"
#include "rules/core.h"
#include "rules/gossip.h"
#include "rules/health.h"
#include "rules/in_flight.h"
#include "rules/isolation.h"
#include "rules/last_words.h"
#include "rules/meant.h"
#include "rules/merge.h"
#include "rules/name_conflict.h"
#include "rules/news.h"
#include "rules/probe.h"
#include "rules/ring_update.h"
#include "rules/self.h"
#include "rules/suspect.h"
#include "rules/sync.h"
#include "rules/sync_response.h"
#include "rules/tombstone.h"
#include "view/dedup.h"

/* timers that are not those of suspicions */
#define HS_TIMERS_FIXED (HS_PROBES_MAX + HS_CONTACTS_MAX + HS_TIMER_KINDS)

struct hearsay_node {
    struct hs_core core;
    struct hs_dedup dedup;
    struct hs_in_flight in_flight;
    struct hs_last_words last_words;
    struct hs_news news;
    struct hs_health health;
    struct hs_contacts contacts;
    struct hs_foreigners foreigners;
    struct hs_tombstones tombstones;
    struct hs_ring_update ring_update;
    struct hs_prober prober;
    struct hs_suspicions suspicions;
    struct hs_conflicts conflicts;
    struct hs_own own;
    struct hs_gossip gossip;
    struct hs_merger merger;
    struct hs_responses responses;
    struct hs_sync sync;
    struct hs_isolation isolation;
    uint64_t stray_challenged_at; /* boot time of the last challenge of node/fresh.c to an address
                                     that is not that of its sender's record; 0: none */
    uint64_t unproven_told_at;    /* boot time of the last UNPROVEN event; 0: none */
};

#endif
