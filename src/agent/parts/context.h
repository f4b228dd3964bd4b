/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the daemon that a command or a reload may use. It owns nothing. */
#ifndef HS_AGENT_PARTS_CONTEXT_H
#define HS_AGENT_PARTS_CONTEXT_H

#include "agent/base/identity.h"
#include "agent/base/turn.h"
#include "agent/options/store.h"
#include "agent/parts/journal.h"
#include "agent/parts/key_watch.h"
#include "agent/parts/life.h"
#include "agent/parts/log.h"
#include "agent/parts/manager.h"
#include "agent/parts/refusal.h"
#include "agent/parts/report.h"
#include "agent/parts/rings.h"
#include "agent/parts/seeds.h"
#include "agent/parts/state.h"
#include "agent/parts/udp.h"
#include "agent/parts/witness.h"

struct hs_clients;
struct hs_denials;
struct hs_groups;
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
    const struct hs_witness *witness;
    struct hearsay_node *node;
    struct hs_seeds *seeds;
    struct hs_state *state;
    struct hs_keys *keys;
    struct hs_key_watch *key_watch;
    const struct hs_refusals *refusals;
    struct hs_rings *rings;
    struct hs_journal *journal;
    struct hs_manager *manager;
    struct hs_life *life;
    struct hs_clients *clients;
    struct hs_groups *groups;   /* that may use the control socket */
    struct hs_denials *denials; /* who asked for what they may not have */
    struct hs_leavers *leavers; /* clients that wait until the agent has left */
};

#endif
