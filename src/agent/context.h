/* SPDX-License-Identifier: Apache-2.0 */
/* What a command, or a reload, may use of the daemon. It owns nothing. */
#ifndef HS_AGENT_CONTEXT_H
#define HS_AGENT_CONTEXT_H

#include "agent/identity.h"
#include "agent/life.h"
#include "agent/log.h"
#include "agent/options/store.h"
#include "agent/report.h"
#include "agent/rings.h"
#include "agent/seeds.h"
#include "agent/turn.h"
#include "agent/udp.h"

struct hs_clients;
struct hs_leavers;

struct hs_context {
    int argc; /* for a reload */
    char *const *argv;
    const struct hs_identity *identity;
    const struct hs_clock *clock;
    struct hs_turn *turn;
    struct hs_options *options;
    struct hs_log *log;
    struct hs_report *report;
    const struct hs_udp *udp;
    struct hearsay_node *node;
    struct hs_seeds *seeds;
    struct hs_rings *rings;
    struct hs_life *life;
    struct hs_clients *clients;
    struct hs_leavers *leavers; /* clients that wait for the end of the goodbye */
};

#endif
