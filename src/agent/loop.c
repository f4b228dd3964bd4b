/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pull loop that node.h describes, on libevent. One turn: read the clock once, drain the
 * socket, let what is due happen, send, take events, set the timer if its time has changed.
 *
 * The timer is a timerfd on CLOCK_BOOTTIME with an absolute time, not one of libevent's: those go
 * by a clock that is up to 4 ms behind and would wake us early to find nothing due, and they stand
 * still while the machine sleeps. It is never read: setting it anew clears it.
 */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/agent.h"

void hs_loop_clock(struct hs_agent *agent)
{
    agent->now = hearsay_host_now();
}

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
            when.it_value.tv_nsec = 1; /* all zeroes would switch it off */
    }
    (void)timerfd_settime(agent->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void retry_log(struct hs_agent *agent)
{
    static const struct timeval delay = {HS_LOG_RETRY_US / 1000000, HS_LOG_RETRY_US % 1000000};

    if (agent->log.start < agent->log.len && !evtimer_pending(agent->log_retry, NULL))
        (void)event_add(agent->log_retry, &delay);
}

void hs_loop_pump(struct hs_agent *agent)
{
    if (agent->pumping || agent->node == NULL)
        return;
    agent->pumping = true;
    if (!hs_udp_flush(&agent->udp, agent->node, agent->now))
        event_active(agent->more, EV_TIMEOUT, 0);
    hs_agent_take_events(agent);
    /* Acting on an event (a seed tried, a goodbye) may have made another datagram. */
    if (!hs_udp_flush(&agent->udp, agent->node, agent->now))
        event_active(agent->more, EV_TIMEOUT, 0);
    if (agent->udp.blocked)
        (void)event_add(agent->writable, NULL);
    hs_report_stats(agent);
    retry_log(agent);
    set_timer(agent, hearsay_node_deadline(agent->node));
    agent->pumping = false;
}

/* R21: what has arrived is read before any timeout is acted on. */
static void turn(struct hs_agent *agent, bool woken)
{
    hs_udp_drain(&agent->udp, agent->node, &agent->now, woken);
    if (agent->now.boot >= hearsay_node_deadline(agent->node)) {
        hearsay_node_tick(agent->node, agent->now);
        agent->armed = 0; /* it has fired: even the same deadline must be set anew */
    }
    hs_loop_pump(agent);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_loop_clock(agent);
    turn(agent, true);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_loop_clock(agent);
    if (agent->now.boot < agent->armed)
        return; /* a datagram woke us in the same turn and all that was due is done */
    agent->armed = 0;
    turn(agent, false);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    agent->udp.blocked = false;
    hs_loop_clock(agent);
    hs_loop_pump(agent);
}

/* The log was full, or the node had more to send than one turn allows. */
static void on_again(evutil_socket_t fd, short what, void *context)
{
    struct hs_agent *agent = context;

    (void)fd;
    (void)what;
    hs_loop_clock(agent);
    (void)hs_log_flush(&agent->log);
    turn(agent, false);
}

/* Each datagram of an exchange may tell of twenty members, and a socket holds hundreds of them. */
static void on_heard(void *context)
{
    struct hs_agent *agent = context;

    if (hearsay_node_events(agent->node) >= HS_EVENTS_EAGER)
        hs_agent_take_waiting(agent);
}

int hs_loop_init(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    agent->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (agent->timer_fd < 0) {
        hs_why(why, "cannot make a timer: %s", strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    agent->armed = HEARSAY_NEVER;
    agent->udp.heard = on_heard;
    agent->udp.heard_context = agent;
    agent->readable =
        event_new(agent->base, agent->udp.fd, EV_READ | EV_PERSIST, on_readable, agent);
    agent->writable = event_new(agent->base, agent->udp.fd, EV_WRITE, on_writable, agent);
    agent->timer = event_new(agent->base, agent->timer_fd, EV_READ | EV_PERSIST, on_timer, agent);
    agent->log_retry = evtimer_new(agent->base, on_again, agent);
    agent->more = event_new(agent->base, -1, 0, on_again, agent);
    if (agent->readable == NULL || agent->writable == NULL || agent->timer == NULL ||
        agent->log_retry == NULL || agent->more == NULL || event_add(agent->readable, NULL) < 0 ||
        event_add(agent->timer, NULL) < 0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_loop_fini(struct hs_agent *agent)
{
    struct event **owned[] = {&agent->readable, &agent->writable, &agent->timer, &agent->log_retry,
                              &agent->more};

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
        struct event **one = owned[i];

        if (*one != NULL)
            event_free(*one);
        *one = NULL;
    }
    if (agent->timer_fd >= 0)
        (void)close(agent->timer_fd);
    agent->timer_fd = -1;
}
