/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's socket changes with each connection, so its event is made anew. */
#include "serve/serve.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "ctl/ctl.h"
#include "service/event_base.h"
#include "service/service.h"

static const int signal_numbers[] = {SIGTERM, SIGINT};

static void look(struct hs_serve *serve);

static void on_agent(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    look(context);
}

static void unwatch(struct hs_serve *serve)
{
    if (serve->readable)
        event_free(serve->readable);
    serve->readable = NULL;
    serve->watched = -1;
}

/* Waits for the descriptor of the present connection, unless it is not read now: while a ring is
 * made the timer calls. */
static void watch(struct hs_serve *serve)
{
    bool reads = !hs_mirror_busy(serve->outlook.mirror);
    int fd = reads ? hs_link_fd(&serve->outlook.link) : -1;

    if (fd == serve->watched)
        return;
    unwatch(serve);
    serve->watched = fd;
    if (fd >= 0)
        serve->readable = event_new(serve->base, fd, EV_READ | EV_PERSIST, on_agent, serve);
    if (serve->readable)
        event_add(serve->readable, NULL);
}

/* "n1: 5 alive, 1 suspect", or why there is nothing to say. */
static void say_status(struct hs_serve *serve, const struct hs_worth *worth, uint64_t now)
{
    const struct hs_mirror *mirror = serve->outlook.mirror;
    char text[HS_STATUS_TEXT_MAX];

    hs_notify_alive(&serve->notify, now);
    if (!hs_notify_is_due(&serve->notify, now))
        return;
    if (worth->gone && serve->outlook.link.fault[0] != '\0')
        snprintf(text, sizeof(text), "%.150s", serve->outlook.link.fault);
    else if (worth->gone)
        snprintf(text, sizeof(text), "no agent at %.120s", serve->control);
    else
        snprintf(text, sizeof(text), "%.100s: %zu alive, %zu suspect%s%s", hs_mirror_node(mirror),
                 hs_mirror_count(mirror, HEARSAY_STATUS_ALIVE),
                 hs_mirror_count(mirror, HEARSAY_STATUS_SUSPECT),
                 worth->ready ? "" : "; not joined", worth->isolated ? "; isolated" : "");
    hs_notify_status(&serve->notify, text, now);
}

/* Reads what the agent has said. A connection that was lost may have left its number to the next
 * one, so the old event goes first. */
static void look(struct hs_serve *serve)
{
    uint64_t now = hearsay_host_now().boot, connections = serve->outlook.link.connections;
    struct hs_worth worth;
    struct timeval delay;
    int ms;

    hs_outlook_work(&serve->outlook, now);
    worth = hs_outlook_worth(&serve->outlook, now);
    if (hs_news_take(&serve->news, serve->outlook.mirror, &worth))
        hs_streams_wake(&serve->streams);
    if (connections != serve->outlook.link.connections)
        unwatch(serve);
    watch(serve);
    hs_diary_look(&serve->diary, &serve->outlook, &worth, now);
    say_status(serve, &worth, now);
    ms = hs_outlook_timeout_ms(&serve->outlook, now);
    delay = (struct timeval){ms / 1000, ms % 1000 * 1000};
    event_add(serve->timer, &delay);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct hs_serve *serve = context;

    (void)number;
    (void)what;
    event_base_loopbreak(serve->base);
}

static int make_events(struct hs_serve *serve)
{
    bool good = (serve->timer = evtimer_new(serve->base, on_agent, serve));

    for (size_t i = 0; i < sizeof(signal_numbers) / sizeof(signal_numbers[0]); i++) {
        serve->signals[i] = evsignal_new(serve->base, signal_numbers[i], on_signal, serve);
        good = good && serve->signals[i] && event_add(serve->signals[i], NULL) == 0;
    }
    return good ? 0 : HEARSAY_ERR_NOMEM;
}

/* The names under which browsers may ask for us. */
static void gather_names(struct hs_serve *serve, const struct hs_serve_options *options)
{
    struct hs_site *site = &serve->site;

    if (gethostname(serve->host, sizeof(serve->host) - 1) < 0)
        serve->host[0] = '\0';
    snprintf(serve->label, sizeof(serve->label), "%.*s", (int)strcspn(serve->host, "."),
             serve->host);
    site->names[site->name_count++] = serve->host;
    site->names[site->name_count++] = serve->label;
    for (size_t i = 0; i < options->name_count; i++)
        site->names[site->name_count++] = options->names[i];
}

/* Every endpoint is shown in /metrics, also before anybody has asked for it. */
static void make_tally(struct hs_tally *tally)
{
    hs_tally_init(tally, hearsay_host_now().wall);
    for (size_t i = 0; i < hs_endpoint_count; i++)
        hs_tally_add_handler(tally, hs_endpoints[i].path);
}

/* Returns 0 or HEARSAY_ERR_NOMEM. */
static int make_parts(struct hs_serve *serve)
{
    serve->base = hs_event_base_new();
    if (!serve->base || hs_outlook_init(&serve->outlook, serve->control) < 0 ||
        hs_ask_init(&serve->ask, serve->base, serve->control) < 0 || hs_news_init(&serve->news) < 0)
        return HEARSAY_ERR_NOMEM;
    hs_streams_init(&serve->streams, serve->base, &serve->news);
    serve->site = (struct hs_site){
        .outlook = &serve->outlook,
        .ask = &serve->ask,
        .streams = &serve->streams,
        .dns = &serve->dns.desk.counts,
    };
    make_tally(&serve->site.tally);
    return hs_http_init(&serve->http, serve->base, &serve->site);
}

static int open_all(struct hs_serve *serve, const struct hs_serve_options *options,
                    char error[HS_ERROR_TEXT_MAX])
{
    int err = make_parts(serve);

    hs_error_text(error, "out of memory");
    if (err == 0)
        err = make_events(serve);
    if (err == 0)
        gather_names(serve, options);
    for (size_t i = 0; err == 0 && i < options->http_count; i++)
        err = hs_http_listen(&serve->http, &options->http[i], error);
    if (err == 0)
        err = hs_dns_server_init(&serve->dns, &options->dns, serve->base, &serve->outlook, error);
    return err;
}

int hs_serve_init(struct hs_serve *serve, const struct hs_serve_options *options,
                  char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *serve = (struct hs_serve){.watched = -1};
    err = hs_ctl_default_path(options->control, serve->control);
    if (err < 0) {
        hs_error_text(error, "--control %s: %s", options->control ? options->control : "",
                      hearsay_strerror(err));
        return HS_ERR_SETTING;
    }
    return open_all(serve, options, error);
}

int hs_serve_run(struct hs_serve *serve)
{
    hs_diary_start();
    hs_notify_init(&serve->notify);
    hs_notify_ready(&serve->notify, hearsay_host_now().boot);
    look(serve);
    event_base_dispatch(serve->base);
    hs_notify_send(&serve->notify, "STOPPING=1");
    hs_diary_stop();
    return HS_EXIT_OK;
}

void hs_serve_fini(struct hs_serve *serve)
{
    hs_dns_server_fini(&serve->dns);
    hs_http_fini(&serve->http);
    unwatch(serve);
    if (serve->timer)
        event_free(serve->timer);
    for (size_t i = 0; i < sizeof(signal_numbers) / sizeof(signal_numbers[0]); i++)
        if (serve->signals[i])
            event_free(serve->signals[i]);
    hs_bodies_fini(&serve->site.bodies);
    hs_news_fini(&serve->news);
    hs_ask_fini(&serve->ask);
    hs_outlook_fini(&serve->outlook);
    if (serve->base)
        event_base_free(serve->base);
}
