/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon: one node, one UDP socket, one control socket, one log, one event loop, one thread,
 * beside the one that writes the state (parts/state_writer.h).
 * This struct holds all its parts. Only the files at the top use it: events.c, loop.c, agent.c and
 * main.c. A part uses its own struct and those of the parts below it.
 */
#ifndef HS_AGENT_DAEMON_H
#define HS_AGENT_DAEMON_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/hearsay.h>

#include "agent/base/clock.h"
#include "agent/base/identity.h"
#include "agent/base/turn.h"
#include "agent/control/control.h"
#include "agent/options/options.h"
#include "agent/parts/address.h"
#include "agent/parts/context.h"
#include "agent/parts/counters.h"
#include "agent/parts/journal.h"
#include "agent/parts/life.h"
#include "agent/parts/log.h"
#include "agent/parts/log_sink.h"
#include "agent/parts/refusal.h"
#include "agent/parts/report.h"
#include "agent/parts/resolve.h"
#include "agent/parts/rings.h"
#include "agent/parts/seeds.h"
#include "agent/parts/state.h"
#include "agent/parts/udp.h"
#include "agent/parts/witness.h"
#include "service/error_text.h"

struct hs_agent {
    struct event_base *base;
    struct hearsay_node *node;
    struct hs_options options;
    struct hs_identity identity;
    struct hs_context context;

    struct hs_clock clock;
    struct hs_turn turn;
    struct hs_log log;
    struct hs_log_sink log_sink;
    struct hs_log trace; /* --trace: the steps of the node */
    struct hs_report report;
    struct hs_counters counters;
    struct hs_udp udp;
    struct hs_witness witness;
    struct hs_address address;
    struct hs_resolver resolver;
    struct hs_seeds seeds;
    struct hs_state state;
    struct hs_keys keys;
    struct hs_key_watch key_watch;
    struct hs_refusals refusals;
    struct hs_rings rings;
    struct hs_journal journal;
    struct hs_manager manager;
    struct hs_life life;
    struct hs_control control;

    /* loop.c */
    int timer_fd;
    uint64_t armed;             /* deadline that timer_fd is set to */
    uint64_t log_check;         /* when to look at the log file again */
    uint64_t log_say;           /* when standard error may hear of the log again */
    uint64_t look_due, dropped; /* look_around: when, and the node's drops at the last one */
    struct event *readable, *writable, *timer, *log_retry;

    struct event *signals[4];
};

#endif
