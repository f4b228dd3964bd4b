/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's life: opened in an order in which each step can say what is wrong with it (log,
 * socket, addresses, control socket, node), run, left by a goodbye, closed. Nothing of it needs a
 * privilege and nothing forks: whoever supervises it sees the process that does the work.
 */
#include "agent/agent.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/advertise.h"
#include "agent/control/commands.h"

static const struct timeval ready_alone = {HS_READY_ALONE_US / 1000000,
                                           HS_READY_ALONE_US % 1000000};

/* ---- ready ------------------------------------------------------------------------------- */

static void become_ready(struct hs_agent *agent, const char *reason)
{
    if (agent->ready || agent->stopping)
        return;
    agent->ready = true;
    (void)event_del(agent->ready_timer);
    hs_report_ready(agent, reason);
}

void hs_agent_check_ready(struct hs_agent *agent, bool joined)
{
    if (joined)
        become_ready(agent, "joined");
    else if (hs_seeds_settled(&agent->seeds))
        become_ready(agent, "alone");
}

static void on_ready_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_clock_read(&agent->clock);
    become_ready(agent, "timeout");
    hs_turn_touch(&agent->turn);
}

/* ---- the end ----------------------------------------------------------------------------- */

void hs_agent_stop(struct hs_agent *agent, int exit_code, const char *reason, const char *words)
{
    if (agent->stopping)
        return;
    agent->stopping = true;
    agent->exit_code = exit_code;
    if (words != NULL)
        hs_why(agent->last_words, "%s", words);
    hs_report_stop(agent, reason, words);
    hs_turn_touch(&agent->turn); /* the pump ends the loop, after the last lines and datagrams */
}

static void on_leave_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_clock_read(&agent->clock);
    hs_command_left(agent);
    hs_agent_stop(agent, 0, "left", NULL);
}

void hs_agent_leave(struct hs_agent *agent)
{
    uint64_t us = agent->leave_timeout + HS_LEAVE_GRACE_US;
    struct timeval delay = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    if (agent->leaving) {
        hs_agent_stop(agent, 1, "interrupted", "ended before its goodbye was known");
        return;
    }
    agent->leaving = true;
    if (hearsay_node_leave(agent->node, agent->clock.now) < 0) {
        hs_command_left(agent);
        hs_agent_stop(agent, 0, "left", NULL);
        return;
    }
    (void)event_add(agent->leave_timer, &delay);
}

/* ---- signals ----------------------------------------------------------------------------- */

static void on_terminate(evutil_socket_t number, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)number;
    (void)what;
    hs_clock_read(&agent->clock);
    hs_agent_leave(agent);
    hs_turn_touch(&agent->turn);
}

static void on_hangup(evutil_socket_t number, short what, void *context)
{
    struct hs_agent *agent = context;
    json_t *changed, *ignored;
    char why[HS_WHY_MAX];

    (void)number;
    (void)what;
    hs_clock_read(&agent->clock);
    if (hs_log_reopen(&agent->log, agent->options.log, why) < 0)
        hs_report(agent, HS_LEVEL_ERROR, HS_LINE_RELOAD,
                  json_pack("{s:s, s:[], s:[], s:o*}", "result", "failed", "changed", "ignored",
                            "message", hs_json_text(why, strlen(why))));
    if (hs_reload(agent, &changed, &ignored, why) == 0) {
        json_decref(changed);
        json_decref(ignored);
    }
    hs_turn_touch(&agent->turn);
}

static int catch_signals(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    static const struct {
        int number;
        void (*caught)(evutil_socket_t, short, void *);
    } signals[] = {{SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_hangup}};

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a log at its limit of size is a full disk (log.c) */
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        agent->signals[i] = evsignal_new(agent->base, signals[i].number, signals[i].caught, agent);
        if (agent->signals[i] == NULL || event_add(agent->signals[i], NULL) < 0) {
            hs_why(why, "cannot catch signals: %s", strerror(errno));
            return HEARSAY_ERR_INVALID;
        }
    }
    return 0;
}

/* ---- the beginning ----------------------------------------------------------------------- */

/* One thread and no need of a precise clock (loop.c has its own): what libevent can leave out. */
static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config == NULL)
        return NULL;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int open_sockets(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    struct hearsay_addr bind;
    int r;

    r = hs_bind_address(&agent->options, &bind, why);
    if (r == 0)
        r = hs_udp_open(&agent->udp, &bind, why);
    if (r == 0)
        r = hs_advertise_address(&agent->options, &agent->udp.bound, &agent->advertise,
                                 &agent->advertise_source, why);
    if (r < 0)
        return r;
    r = hs_ctl_default_path(agent->options.control, agent->control_path);
    if (r < 0) {
        hs_why(why, "the control socket's path must be at most %d bytes long", HS_CTL_PATH_MAX - 1);
        return r;
    }
    return hs_control_open(agent, why);
}

static int make_node(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    struct hearsay_config config;
    const char *sentence = NULL;
    int r;

    hs_options_config(&agent->options, &config);
    config.advertise = agent->advertise;
    config.allocator = agent->rings.allocator = hearsay_host_allocator();
    if (hearsay_host_entropy(&config) < 0) {
        hs_why(why, "the kernel has no random bytes to give");
        return HEARSAY_ERR_INVALID;
    }
    (void)snprintf(agent->cluster, sizeof(agent->cluster), "%s", config.cluster);
    agent->leave_timeout = config.leave_timeout;
    r = hearsay_config_check(&config, &sentence);
    if (r == 0)
        r = hearsay_node_new(&agent->node, &config, agent->clock.now);
    explicit_bzero(config.entropy, sizeof(config.entropy));
    if (r < 0)
        hs_why(why, "%s", sentence != NULL ? sentence : hearsay_strerror(r));
    return r;
}

static int open_rest(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    bool v6 = agent->udp.bound.family == 6;
    int r;

    r = hs_resolver_init(&agent->resolver, agent->base, !v6 || agent->udp.dual, v6, why);
    if (r == 0)
        r = make_node(agent, why);
    if (r == 0)
        r = hs_loop_init(agent, why);
    if (r == 0)
        r = catch_signals(agent, why);
    if (r < 0)
        return r;
    agent->ready_timer = evtimer_new(agent->base, on_ready_timer, agent);
    agent->leave_timer = evtimer_new(agent->base, on_leave_timer, agent);
    if (agent->ready_timer == NULL || agent->leave_timer == NULL) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

int hs_agent_init(struct hs_agent *agent, struct hs_options *options, int argc, char *const *argv,
                  char why[HS_WHY_MAX])
{
    int r;

    *agent = (struct hs_agent){.argc = argc, .argv = argv, .options = *options, .timer_fd = -1};
    memset(options, 0, sizeof(*options));
    agent->log.fd = agent->udp.fd = agent->control.fd = -1;
    hs_clock_read(&agent->clock);
    agent->started = agent->clock.now.boot;

    r = hs_log_open(&agent->log, agent->options.log, why);
    if (r < 0)
        return r;
    agent->base = make_base();
    if (agent->base == NULL) {
        hs_why(why, "cannot make an event loop: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    if (hs_turn_init(&agent->turn, agent->base, &agent->clock, hs_loop_pump, agent) < 0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    r = open_sockets(agent, why);
    return r < 0 ? r : open_rest(agent, why);
}

int hs_agent_run(struct hs_agent *agent)
{
    hs_report_start(agent);
    (void)event_add(agent->ready_timer, &ready_alone);
    hs_seeds_configure(agent, &agent->options.join);
    hs_agent_check_ready(agent, false); /* when there is no seed */
    hs_turn_touch(&agent->turn);
    if (event_base_dispatch(agent->base) < 0)
        hs_agent_stop(agent, 1, "error", "the event loop failed");
    return agent->exit_code;
}

void hs_agent_fini(struct hs_agent *agent)
{
    hs_seeds_fini(agent);
    hs_control_close(&agent->control);
    hs_loop_fini(agent);
    hs_turn_fini(&agent->turn);
    for (size_t i = 0; i < sizeof(agent->signals) / sizeof(agent->signals[0]); i++)
        if (agent->signals[i] != NULL)
            event_free(agent->signals[i]);
    if (agent->ready_timer != NULL)
        event_free(agent->ready_timer);
    if (agent->leave_timer != NULL)
        event_free(agent->leave_timer);
    hs_resolver_fini(&agent->resolver);
    hs_rings_fini(&agent->rings);
    hearsay_node_free(agent->node);
    hs_udp_close(&agent->udp);
    hs_log_close(&agent->log);
    if (agent->base != NULL)
        event_base_free(agent->base);
    hs_options_fini(&agent->options);
}
