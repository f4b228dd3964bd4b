/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens, runs and closes the parts of the daemon. The order (socket, log, addresses, control
 * socket, node) lets each step report its own error. Nothing needs a privilege, and the process
 * that is started does the work, so a supervisor sees it: what is forked is the witness alone.
 */
#include "agent/agent.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/base/json.h"
#include "agent/control/status.h"
#include "agent/loop.h"
#include "agent/parts/advertise.h"
#include "agent/parts/libevent.h"
#include "agent/parts/reload.h"
#include "agent/parts/trace.h"
#include "service/event_base.h"
#include "service/service.h"

/* ---- signals ----------------------------------------------------------------------------- */

static void on_terminate(evutil_socket_t number, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)number;
    (void)what;
    hs_clock_read(&agent->clock);
    hs_life_signalled(&agent->life);
    hs_turn_touch(&agent->turn);
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
    struct hs_agent *agent = context;
    json_t *changed, *ignored;
    char error[HS_ERROR_TEXT_MAX];

    (void)number;
    (void)what;
    hs_clock_read(&agent->clock);
    if (hs_reload(&agent->context, &changed, &ignored, error) == 0) {
        json_decref(changed);
        json_decref(ignored);
    }
    hs_turn_touch(&agent->turn);
}

/* Who asks by a signal has no other way to ask, so the line is written at any level of the log. */
static void on_status(evutil_socket_t number, short what, void *context)
{
    struct hs_agent *agent = context;
    enum hs_level level = agent->options.log_level;
    json_t *fields;

    (void)number;
    (void)what;
    hs_clock_read(&agent->clock);
    fields = hs_status_json(&agent->context);
    json_object_del(fields, "ok");
    if (level > HS_LEVEL_INFO)
        agent->options.log_level = HS_LEVEL_INFO;
    if (fields)
        hs_report(&agent->report, HS_LEVEL_INFO, HS_LINE_STATUS, fields);
    agent->options.log_level = level;
    hs_turn_touch(&agent->turn);
}

static void mask(int how, int number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(how, &set, NULL);
}

/* A start can last as long as the look-up of a name. What rotates logs must not end the agent
 * meanwhile; these signals wait until they can be caught. */
static void hold_signals(void)
{
    mask(SIG_BLOCK, SIGHUP);
    mask(SIG_BLOCK, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR2, SIG_IGN); /* it means nothing here, and its default would end the agent */
    signal(SIGXFSZ, SIG_IGN); /* a log at its size limit is handled like a full disk (log.c) */
}

static int catch_signals(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    static const struct {
        int number;
        void (*caught)(evutil_socket_t, short, void *);
    } signals[] = {
        {SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_hangup}, {SIGUSR1, on_status}};

    _Static_assert(sizeof(signals) / sizeof(signals[0]) ==
                       sizeof(agent->signals) / sizeof(agent->signals[0]),
                   "each signal has its event");
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        agent->signals[i] = evsignal_new(agent->base, signals[i].number, signals[i].caught, agent);
        if (!agent->signals[i] || event_add(agent->signals[i], NULL) < 0) {
            hs_error_text(error, "cannot catch signals: %s", strerror(errno));
            return HEARSAY_ERR_INVALID;
        }
        /* A process inherits which signals are blocked, and one that cannot be stopped helps
         * nobody. */
        mask(SIG_UNBLOCK, signals[i].number);
    }
    return 0;
}

/* ---- the beginning ----------------------------------------------------------------------- */

static int out_of_memory(char error[HS_ERROR_TEXT_MAX])
{
    hs_error_text(error, "out of memory");
    return HEARSAY_ERR_NOMEM;
}

/* The report comes before everything that may have something to say. */
static void listen_to_words(struct hs_agent *agent)
{
    agent->report.clock = &agent->clock;
    agent->report.identity = &agent->identity;
    hs_log_sink_init(&agent->log_sink, &agent->log, &agent->options.log_level);
    hs_report_add(&agent->report, &agent->log_sink.sink);
    hs_libevent_tell(&agent->report);
}

/* All other pointers from one part to another are set here. */
static void connect_parts(struct hs_agent *agent, int argc, char *const *argv)
{
    agent->counters = (struct hs_counters){.report = &agent->report, .log = &agent->log};
    agent->address = (struct hs_address){.identity = &agent->identity,
                                         .options = &agent->options,
                                         .report = &agent->report,
                                         .udp = &agent->udp,
                                         .watch = {.turn = &agent->turn, .fd = -1}};
    agent->seeds = (struct hs_seeds){.base = agent->base,
                                     .turn = &agent->turn,
                                     .resolver = &agent->resolver,
                                     .report = &agent->report,
                                     .meet = hs_address_meet_seed,
                                     .meet_context = &agent->address};
    agent->state.base = agent->base; /* a literal would write all of its 19 KB */
    agent->state.turn = &agent->turn;
    agent->state.report = &agent->report;
    agent->state.identity = &agent->identity;
    agent->state.options = &agent->options;
    agent->state.seeds = &agent->seeds;
    agent->key_watch =
        (struct hs_key_watch){.report = &agent->report, .turn = &agent->turn, .keys = &agent->keys};
    agent->life = (struct hs_life){.turn = &agent->turn, .report = &agent->report};
    agent->journal =
        (struct hs_journal){.turn = &agent->turn, .life = &agent->life, .rings = &agent->rings};
    agent->context = (struct hs_context){.argc = argc,
                                         .argv = argv,
                                         .identity = &agent->identity,
                                         .clock = &agent->clock,
                                         .turn = &agent->turn,
                                         .options = &agent->options,
                                         .log = &agent->log,
                                         .report = &agent->report,
                                         .udp = &agent->udp,
                                         .witness = &agent->witness,
                                         .seeds = &agent->seeds,
                                         .state = &agent->state,
                                         .keys = &agent->keys,
                                         .key_watch = &agent->key_watch,
                                         .refusals = &agent->refusals,
                                         .rings = &agent->rings,
                                         .journal = &agent->journal,
                                         .manager = &agent->manager,
                                         .life = &agent->life};
}

/* R60: last words. The witness is a copy of this process with its socket. So both come before all
 * that the witness must not have: files, keys, and memory for what the agent will know. */
static int open_udp(struct hs_agent *agent, int argc, char *const *argv,
                    char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_addr bind;
    int err = hs_bind_address(&agent->options, &bind, error);

    if (err == 0)
        err = hs_udp_open(&agent->udp, &bind, error);
    if (err == 0 && agent->options.last_words)
        hs_witness_start(&agent->witness, &agent->udp, agent->options.name, argc, argv);
    return err;
}

static int open_control(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    struct hs_identity *identity = &agent->identity;
    int err;

    identity->bound = agent->udp.bound;
    err = hs_advertise_address(&agent->options, &identity->bound, &identity->advertise,
                               &identity->advertise_source, error);
    if (err < 0)
        return err;
    err = hs_ctl_default_path(agent->options.control, identity->control_path);
    if (err < 0) {
        hs_error_text(error, "the control socket's path must be at most %d bytes long",
                      HS_CTL_PATH_MAX - 1);
        return err;
    }
    return hs_control_open(&agent->control, agent->base, &agent->context, error);
}

static int make_node(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_config config;
    const char *sentence = NULL;
    int err;

    hs_options_config(&agent->options, &config);
    hs_keys_config(&agent->keys, &config);
    config.advertise = agent->identity.advertise;
    config.allocator = agent->rings.allocator = hearsay_host_allocator();
    if (hearsay_host_entropy(&config) < 0) {
        hs_error_text(error, "the kernel has no random bytes to give");
        return HEARSAY_ERR_INVALID;
    }
    snprintf(agent->identity.cluster, sizeof(agent->identity.cluster), "%s", config.cluster);
    agent->life.leave_timeout = config.leave_timeout;
    agent->seeds.again_us = config.rejoin_interval;
    if (agent->trace.fd >= 0) {
        config.trace = hs_trace_step;
        config.trace_context = &agent->trace;
    }
    err = hs_state_open(&agent->state, &config, error);
    if (err < 0)
        return err;
    err = hearsay_config_check(&config, &sentence);
    if (err == 0)
        err = hearsay_node_new(&agent->node, &config, agent->clock.now);
    explicit_bzero(config.entropy, sizeof(config.entropy));
    if (err < 0) {
        hs_error_text(error, "%s", sentence ? sentence : hearsay_strerror(err));
        return err;
    }
    agent->report.node = agent->seeds.node = agent->life.node = agent->context.node = agent->node;
    agent->address.node = agent->journal.node = agent->state.node = agent->node;
    return 0;
}

static int open_rest(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    bool v6 = agent->udp.bound.family == 6;
    int err = hs_resolver_init(&agent->resolver, agent->base, !v6 || agent->udp.dual, v6, error);

    if (err == 0)
        err = make_node(agent, error);
    if (err == 0)
        err = hs_loop_init(agent, error);
    if (err == 0)
        err = catch_signals(agent, error);
    if (err < 0)
        return err;
    if (hs_journal_init(&agent->journal, agent->base) < 0)
        return out_of_memory(error);
    hs_report_add(&agent->report, &agent->journal.sink);
    return hs_life_init(&agent->life, agent->base) < 0 ||
                   hs_address_open(&agent->address, agent->base) < 0 ||
                   hs_witness_watch(&agent->witness, agent->base, &agent->turn, &agent->report) < 0
               ? out_of_memory(error)
               : 0;
}

int hs_agent_init(struct hs_agent *agent, struct hs_options *options, int argc, char *const *argv,
                  char error[HS_ERROR_TEXT_MAX])
{
    int err;

    hold_signals();
    agent->options = *options;
    memset(options, 0, sizeof(*options));
    agent->timer_fd = agent->log.fd = agent->trace.fd = agent->udp.fd = -1;
    hs_clock_read(&agent->clock);
    hs_manager_init(&agent->manager, &agent->clock);
    agent->identity.name = agent->options.name;
    agent->identity.started = agent->clock.now.boot;
    agent->identity.started_wall = agent->clock.now.wall;

    err = open_udp(agent, argc, argv, error);
    if (err == 0)
        err = hs_log_open(&agent->log, agent->options.log, error);
    if (err == 0)
        err = hs_trace_open(&agent->trace, agent->options.trace, error);
    if (err < 0)
        return err;
    listen_to_words(agent);
    agent->base = hs_event_base_new();
    if (!agent->base) {
        hs_error_text(error, "cannot make an event loop: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    if (hs_turn_init(&agent->turn, agent->base, &agent->clock, hs_loop_pump, agent) < 0)
        return out_of_memory(error);
    connect_parts(agent, argc, argv);
    struct hearsay_config config;
    hs_options_config(&agent->options, &config);
    err = hs_keys_read(&agent->keys, &agent->options, config.cluster, error);
    if (err == 0)
        err = open_control(agent, error);
    return err < 0 ? err : open_rest(agent, error);
}

int hs_agent_run(struct hs_agent *agent)
{
    hs_report_start(&agent->report);
    if (agent->keys.ring)
        hs_keys_report(&agent->keys, &agent->report);
    hs_key_watch_again(&agent->key_watch);
    hs_address_start(&agent->address);
    hs_state_begin(&agent->state);
    hs_seeds_configure(&agent->seeds, &agent->options.join);
    hs_turn_touch(&agent->turn);
    hs_manager_ready(&agent->manager);
    if (event_base_dispatch(agent->base) < 0)
        hs_life_stop(&agent->life, HS_EXIT_FAILED, "error", "the event loop failed");
    /* Answers the clients that wait for `leave`. hs_control_close then writes what is in their
     * buffers. */
    if (hs_life_has_left(&agent->life)) {
        hs_leavers_answer(&agent->control.leavers, &agent->control.clients);
        hs_state_end(&agent->state);
    }
    return agent->life.exit_code;
}

bool hs_agent_lost_lines(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    const char *path = agent->options.log;

    hs_log_restore(&agent->log, path);
    uint64_t lost = hs_log_end(&agent->log);
    if (lost > 0)
        hs_error_text(error, "log %s: %" PRIu64 " lines are lost: %s",
                      strcmp(path, "-") == 0 ? "on standard output" : path, lost,
                      hs_log_trouble(&agent->log));
    return lost > 0;
}

void hs_agent_fini(struct hs_agent *agent)
{
    if (hs_life_needs_no_words(&agent->life))
        hs_witness_silence(&agent->witness);
    hs_witness_fini(&agent->witness);
    hs_seeds_fini(&agent->seeds);
    hs_state_fini(&agent->state);
    hs_refusals_fini(&agent->refusals);
    hs_control_close(&agent->control);
    hs_journal_fini(&agent->journal);
    hs_loop_fini(agent);
    hs_life_fini(&agent->life);
    hs_address_fini(&agent->address);
    hs_turn_fini(&agent->turn);
    for (size_t i = 0; i < sizeof(agent->signals) / sizeof(agent->signals[0]); i++)
        if (agent->signals[i])
            event_free(agent->signals[i]);
    hs_resolver_fini(&agent->resolver);
    hs_rings_fini(&agent->rings);
    hearsay_node_free(agent->node);
    hs_keys_fini(&agent->keys);
    hs_udp_close(&agent->udp);
    if (agent->base)
        event_base_free(agent->base);
    hs_libevent_silence();
    hs_log_close(&agent->trace);
    hs_log_close(&agent->log);
    hs_options_fini(&agent->options);
}
