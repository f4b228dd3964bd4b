/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that hearsay/node.h describes, on libevent. Datagrams and the node's timer are served at
 * once: drain the socket, handle what is due, send. So an ack never waits for a client. Everything
 * else happens in the pump, once per turn (turn.h). Work that exceeds a bound continues after the
 * next poll, so that a flood of datagrams does not block clients and signals.
 *
 * The timer is a timerfd on CLOCK_BOOTTIME with an absolute time. The timers of libevent use a
 * clock that is up to 4 ms behind, so they would wake the agent early, when nothing is due. They
 * also stop while the machine sleeps. The timerfd is never read, because setting it again clears
 * it.
 */
#include "agent/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/events.h"
#include "service/service.h"
#include "service/timer.h"

static void set_timer(struct hs_agent *agent, uint64_t deadline)
{
    struct itimerspec when = {.it_value = {0, 0}};

    if (deadline == agent->armed)
        return;
    agent->armed = deadline;
    if (deadline != HEARSAY_NEVER) {
        when.it_value.tv_sec = (time_t)(deadline / 1000000);
        when.it_value.tv_nsec = (long)(deadline % 1000000 * 1000);
        if (deadline == 0)
            when.it_value.tv_nsec = 1; /* zero would disarm it */
    }
    timerfd_settime(agent->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void retry_log(struct hs_agent *agent)
{
    if (agent->log.start < agent->log.len && !evtimer_pending(agent->log_retry, NULL))
        hs_timer_set(agent->log_retry, HS_LOG_RETRY_US);
}

/* A file that takes nothing cannot say so itself. A reader that is slow may be that of standard
 * error as well, and knows. */
static void say_log(struct hs_agent *agent)
{
    const struct hs_log *log = &agent->log;
    char words[HS_ERROR_TEXT_MAX];

    if (log->waiting_lines == 0 || log->error == EAGAIN || agent->clock.now.boot < agent->log_say)
        return;
    agent->log_say = agent->clock.now.boot + HS_LOG_SAY_US;
    hs_error_text(words, "log %s: %s: %" PRIu64 " lines wait, %" PRIu64 " are lost",
                  agent->options.log, hs_log_trouble(log), log->waiting_lines, log->dropped);
    hs_service_say(LOG_WARNING, words, false);
}

/* Also while nothing is written, so that who has deleted the file finds a new one. */
static void check_log(struct hs_agent *agent)
{
    uint64_t boot = agent->clock.now.boot;

    if (boot < agent->log_check)
        return;
    agent->log_check = boot + HS_LOG_CHECK_US;
    if (hs_log_restore(&agent->log, agent->options.log))
        hs_report(&agent->report, HS_LEVEL_WARN, HS_LINE_HEALTH,
                  json_pack("{s:s}", "reason", "log-deleted"));
    say_log(agent);
}

/* Sends what waits. What exceeds the bound of a turn is sent after the next poll. */
static void flush(struct hs_agent *agent)
{
    hs_witness_renew(&agent->witness, &agent->udp, agent->node, agent->clock.now);
    if (!hs_udp_flush(&agent->udp, agent->node, agent->clock.now))
        hs_turn_again(&agent->turn);
    if (agent->udp.blocked)
        event_add(agent->writable, NULL);
}

/* R40: the agent is ready when its view was compared with another member's, or when there is nobody
 * to ask: no seed but itself, and no address that may still answer. */
static void check_ready(struct hs_agent *agent)
{
    struct hearsay_stats stats;

    if (agent->life.ready)
        return;
    hs_state_recall(&agent->state);
    hearsay_node_stats(agent->node, &stats);
    if (stats.exchanged)
        hs_life_ready(&agent->life, "joined");
    else if (hs_seeds_settled(&agent->seeds) && hearsay_node_contacts_open(agent->node) == 0)
        hs_life_ready(&agent->life, "alone");
    if (agent->life.ready)
        hs_trim_plan(&agent->control.clients.trim);
}

/* What is new after clients were served is written in the next turn, which comes at once. */
static void wake_followers(struct hs_agent *agent)
{
    if (hs_journal_is_new(&agent->journal))
        hs_clients_resume(&agent->control.clients);
}

/* What changes without an event is looked at now and then, and when something was done or dropped.
 * An idle agent wakes up a few times a second, and what it touches then is not in the processor's
 * caches any more: to look each time would be a part of what it costs. */
static bool is_look_due(const struct hs_agent *agent, bool acted)
{
    return acted || !agent->life.ready || agent->key_watch.looking ||
           agent->clock.now.boot >= agent->look_due ||
           agent->dropped != hearsay_node_drops(agent->node);
}

static void look_around(struct hs_agent *agent)
{
    agent->look_due = agent->clock.now.boot + HS_LOOK_US;
    agent->dropped = hearsay_node_drops(agent->node);
    check_ready(agent);
    hs_counters_tell(&agent->counters);
    hs_key_watch_work(&agent->key_watch);
    hs_manager_tell(&agent->manager, agent->node, agent->life.ready);
    check_log(agent);
    retry_log(agent);
    hs_journal_watch(&agent->journal);
    wake_followers(agent);
}

/* Clients are served after the node's events. What they have changed is sent and reported before
 * the turn ends, because the node's queues are bounded. The time is that of the last callback of
 * the turn: each reads the clock. */
void hs_loop_pump(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;
    bool acted;

    (void)fd;
    (void)what;
    hs_turn_begin_pump(&agent->turn);
    acted = hs_agent_take_events(agent);
    wake_followers(agent);
    acted |= hs_clients_work(&agent->control.clients);
    flush(agent);
    /* Acting on an event (a seed tried, a goodbye) may have made another datagram. An error of the
     * socket may have made an event. */
    if ((acted || hearsay_node_events(agent->node) > 0) && hs_agent_take_events(agent))
        flush(agent);
    if (is_look_due(agent, acted))
        look_around(agent);
    set_timer(agent, hearsay_node_deadline(agent->node));
    hs_turn_end(&agent->turn);
    if (agent->life.stopping) {
        hs_clients_work(&agent->control.clients); /* followers get the last lines */
        event_base_loopbreak(agent->base);
    }
}

/* R21: drain first. What has arrived is read before any timeout is acted on. */
static void serve_node(struct hs_agent *agent, bool woken)
{
    hs_udp_drain(&agent->udp, agent->node, &agent->clock.now, woken);
    if (agent->clock.now.boot >= hearsay_node_deadline(agent->node)) {
        hearsay_node_tick(agent->node, agent->clock.now);
        hs_manager_alive(&agent->manager);
        agent->armed = 0; /* it has fired, so even the same deadline must be set again */
    }
    flush(agent);
    hs_turn_touch(&agent->turn);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_clock_read(&agent->clock);
    serve_node(agent, true);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_clock_read(&agent->clock);
    /* Nothing is due if a datagram woke us in the same turn and the work was done then. */
    if (agent->clock.now.boot >= hearsay_node_deadline(agent->node))
        serve_node(agent, false);
    agent->armed = 0;
    hs_turn_touch(&agent->turn);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    agent->udp.blocked = false;
    hs_clock_read(&agent->clock);
    flush(agent);
    hs_turn_touch(&agent->turn);
}

static void on_log_retry(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_clock_read(&agent->clock);
    hs_log_flush(&agent->log);
    hs_turn_touch(&agent->turn);
}

/* One datagram of an exchange may cause twenty events, and a socket holds hundreds of datagrams. So
 * events are taken in between, before the event queue overflows. */
static void on_heard(void *context)
{
    struct hs_agent *agent = context;

    if (hearsay_node_events(agent->node) >= HS_EVENTS_EAGER)
        hs_agent_take_waiting(agent);
}

int hs_loop_init(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX])
{
    agent->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (agent->timer_fd < 0) {
        hs_error_text(error, "cannot make a timer: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    agent->armed = HEARSAY_NEVER;
    agent->udp.heard = on_heard;
    agent->udp.heard_context = agent;
    agent->turn.node = agent->node;
    agent->turn.udp_fd = agent->udp.fd;
    agent->readable =
        event_new(agent->base, agent->udp.fd, EV_READ | EV_PERSIST, on_readable, agent);
    agent->writable = event_new(agent->base, agent->udp.fd, EV_WRITE, on_writable, agent);
    agent->timer = event_new(agent->base, agent->timer_fd, EV_READ | EV_PERSIST, on_timer, agent);
    agent->log_retry = evtimer_new(agent->base, on_log_retry, agent);
    if (!agent->readable || !agent->writable || !agent->timer || !agent->log_retry ||
        event_add(agent->readable, NULL) < 0 || event_add(agent->timer, NULL) < 0) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_loop_fini(struct hs_agent *agent)
{
    struct event **owned[] = {&agent->readable, &agent->writable, &agent->timer, &agent->log_retry};

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        struct event **one = owned[i];

        if (*one)
            event_free(*one);
        *one = NULL;
    }
    if (agent->timer_fd >= 0)
        close(agent->timer_fd);
    agent->timer_fd = -1;
}
