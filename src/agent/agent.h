/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon: one node, one UDP socket, one control socket, one log, one event loop, one thread.
 * Its parts know this struct and call each other through the functions of their headers.
 */
#ifndef HS_AGENT_AGENT_H
#define HS_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/hearsay.h>

#include "agent/clock.h"
#include "agent/control/control.h"
#include "agent/log.h"
#include "agent/options.h"
#include "agent/report.h"
#include "agent/resolve.h"
#include "agent/rings.h"
#include "agent/seeds.h"
#include "agent/turn.h"
#include "agent/udp.h"
#include "ctl/ctl.h"

#define HS_READY_ALONE_US  10000000 /* `ready` after this long without an answer (R25) */
#define HS_LEAVE_GRACE_US  1000000  /* past leave_timeout the agent ends whatever the node says */
#define HS_LOG_RETRY_US    250000   /* between attempts to write what the log did not take */
#define HS_STATS_PERIOD_US 1000000  /* `drop` and `health` at most this often */

/* Where the advertised address came from: a word for the log. */
enum hs_advertise_source {
    HS_ADVERTISE_GIVEN,
    HS_ADVERTISE_BOUND,
    HS_ADVERTISE_ROUTE,
    HS_ADVERTISE_INTERFACE,
    HS_ADVERTISE_LOOPBACK,
};

#define HS_EVENTS_EAGER 64u /* so many waiting events are taken before the next datagram is read */

struct hs_agent {
    int argc; /* kept for reload */
    char *const *argv;
    struct hs_options options;
    struct hearsay_addr advertise;
    enum hs_advertise_source advertise_source;
    char control_path[HS_CTL_PATH_MAX];
    char cluster[HEARSAY_CLUSTER_MAX + 1];

    struct event_base *base;
    struct hearsay_node *node;
    struct hs_clock clock;
    struct hs_turn turn;
    uint64_t started; /* boot time */
    uint64_t leave_timeout;

    struct hs_log log;
    struct hs_report report;
    struct hs_udp udp;
    struct hs_resolver resolver;
    struct hs_seeds seeds;
    struct hs_control control;
    struct hs_rings rings;

    /* loop.c */
    int timer_fd;
    uint64_t armed; /* deadline that timer_fd is set to */
    struct event *readable, *writable, *timer, *log_retry;

    /* agent.c */
    struct event *signals[3];
    struct event *ready_timer, *leave_timer;
    bool ready, leaving, stopping;
    uint64_t leave_clients[HS_CTL_CLIENTS_MAX]; /* serials of those that asked to leave */
    size_t leave_client_count;
    int exit_code;
    char last_words[HS_WHY_MAX]; /* for stderr, when it ends because of a failure */
};

/* ---- agent.c ----------------------------------------------------------------------------- */

/* Opens everything by the options, which it takes over. On failure returns a negative error with
 * one line in `why`; hs_agent_fini is right in either case. */
int hs_agent_init(struct hs_agent *agent, struct hs_options *options, int argc, char *const *argv,
                  char why[HS_WHY_MAX]);

/* Runs until the agent has left or failed. Returns the exit code. */
int hs_agent_run(struct hs_agent *agent);

void hs_agent_fini(struct hs_agent *agent);

/* Says goodbye; a second call ends at once (R23). */
void hs_agent_leave(struct hs_agent *agent);

/* Ends the loop. `reason` is the word of the `stop` event; `words` (may be NULL) go to stderr. */
void hs_agent_stop(struct hs_agent *agent, int exit_code, const char *reason, const char *words);

/* To be called when a seed has answered, or may have been the last one to be waited for (R25). */
void hs_agent_check_ready(struct hs_agent *agent, bool joined);

/* ---- loop.c ------------------------------------------------------------------------------ */

int hs_loop_init(struct hs_agent *agent, char why[HS_WHY_MAX]);
void hs_loop_fini(struct hs_agent *agent);

/* Carries out what the calls on the node in this turn brought about: events in, clients served,
 * datagrams out, timer set (event_callback_fn; `context` is the agent). */
void hs_loop_pump(evutil_socket_t fd, short what, void *context);

/* ---- events.c ---------------------------------------------------------------------------- */

/* Takes all events of the node and acts on them. */
void hs_agent_take_events(struct hs_agent *agent);

/* Takes those that wait and makes no ring: between the datagrams of a socket that is drained. */
void hs_agent_take_waiting(struct hs_agent *agent);

/* ---- reload.c ---------------------------------------------------------------------------- */

/* Reads flags and config file again and applies what can change. Fills two new JSON arrays of keys.
 * Returns 0, or a negative error with one line in `error`, having changed nothing. */
int hs_reload(struct hs_agent *agent, json_t **ret_changed, json_t **ret_ignored,
              char error[HS_ERROR_TEXT_MAX]);

#endif
