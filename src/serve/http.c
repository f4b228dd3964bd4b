/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <microhttpd.h>

#include <hearsay/addr.h>
#include <hearsay/error.h>
#include <hearsay/host.h>

#include "service/loopback.h"
#include "service/timer.h"

/* A listener with its daemon of the library. */
struct hs_http_port {
    struct hs_http *http;
    struct hs_listen where;
    struct hs_unix_socket socket; /* or one of TCP: then it has no file */
    struct MHD_Daemon *daemon;
    struct event *acceptable; /* not added while nothing can be accepted */
    struct event *workable;   /* the daemon's epoll descriptor, and its timer */
};

/* A connection: the library's `socket_context`. */
struct hs_http_connection {
    struct hs_exchange exchange;
    struct hs_http_port *port;
    struct hs_http_connection *next, **link; /* `link` points to what points to this one */
    struct hearsay_addr peer;                /* of TCP */
    int fd;                                  /* the library's */
};

/* ---- connections ------------------------------------------------------------------------- */

static struct hs_http_connection *connection_of(struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static struct hs_http_connection *open_connection(struct hs_http_port *port,
                                                  struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct hs_http_connection *connection = calloc(1, sizeof(*connection));
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if (!connection)
        return NULL;
    connection->port = port;
    connection->fd = info ? info->connect_fd : -1;
    connection->exchange.site = port->http->site;
    connection->exchange.handle = handle;
    connection->exchange.what = port->where.what;
    connection->exchange.checks_host = port->where.tcp && port->where.what != HS_WHAT_METRICS;
    connection->exchange.since = hearsay_host_now().boot;
    if (port->where.tcp && getpeername(connection->fd, (struct sockaddr *)&address, &len) == 0)
        hearsay_host_from_sockaddr((struct sockaddr *)&address, &connection->peer);
    connection->link = &port->http->first;
    connection->next = port->http->first;
    if (connection->next)
        connection->next->link = &connection->next;
    port->http->first = connection;
    return connection;
}

static void close_connection(struct hs_http_connection *connection)
{
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    hs_exchange_end(&connection->exchange);
    free(connection);
}

/* The library sees the end of the socket, and ends the connection. */
static void cut(struct hs_http_connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
}

/* Ends those that take too long. The agent's answer has a limit of its own, and so has a stream. */
static void cut_slow(struct hs_http *http, uint64_t now)
{
    for (struct hs_http_connection *at = http->first; at; at = at->next) {
        enum hs_exchange_phase phase = at->exchange.phase;
        uint64_t age = now - at->exchange.since;

        if ((phase == HS_EXCHANGE_READING && age >= HS_HTTP_HEAD_US) ||
            (phase == HS_EXCHANGE_ANSWERING && age >= HS_HTTP_READ_US))
            cut(at);
    }
}

/* Ends the one that has been without a request for the longest time, to make room for another. */
static void cut_idle(struct hs_http *http)
{
    uint64_t now = hearsay_host_now().boot;
    struct hs_http_connection *found = NULL;

    for (struct hs_http_connection *at = http->first; at; at = at->next)
        if (at->exchange.phase == HS_EXCHANGE_READING &&
            now - at->exchange.since >= HS_HTTP_YIELD_US &&
            (!found || at->exchange.since < found->exchange.since))
            found = at;
    if (found)
        cut(found);
}

/* One machine of the network must not take all places. A proxy of this machine may. */
static bool has_too_many(const struct hs_http *http, const struct hearsay_addr *peer)
{
    size_t count = 0;

    if (hs_addr_is_loopback(peer))
        return false;
    for (const struct hs_http_connection *at = http->first; at; at = at->next)
        count += at->port->where.tcp && at->peer.family == peer->family &&
                 memcmp(at->peer.bytes, peer->bytes, sizeof(peer->bytes)) == 0;
    return count >= HS_HTTP_ADDRESS_MAX;
}

/* ---- the library's callbacks ------------------------------------------------------------- */

static void on_connection(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct hs_http_port *port = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        port->http->site->tally.connections = ++port->http->connections;
        *socket_context = open_connection(port, handle);
        return;
    }
    port->http->site->tally.connections = --port->http->connections;
    if (*socket_context)
        close_connection(*socket_context);
    *socket_context = NULL;
}

/* The target as the client wrote it: the library's own decoding lets too much pass. */
static void *on_target(void *context, const char *target, struct MHD_Connection *handle)
{
    struct hs_http_connection *connection = connection_of(handle);

    (void)context;
    if (connection)
        hs_exchange_target(&connection->exchange, target);
    return NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *handle, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    struct hs_http_connection *connection = connection_of(handle);

    (void)context;
    (void)url;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!connection || !connection->exchange.target)
        return MHD_NO;
    if (*request)
        return hs_exchange_answer(&connection->exchange);
    *request = connection;
    return hs_exchange_head(&connection->exchange, method);
}

static void on_completed(void *context, struct MHD_Connection *handle, void **request,
                         enum MHD_RequestTerminationCode code)
{
    struct hs_http_connection *connection = connection_of(handle);

    (void)context;
    (void)code;
    *request = NULL;
    if (connection)
        hs_exchange_end(&connection->exchange);
}

/* ---- the loop ---------------------------------------------------------------------------- */

/* Lets the library do what it can, and waits for what it waits for. */
static void run(struct hs_http_port *port)
{
    struct hs_http *http = port->http;
    struct timeval delay = {0, 0};
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool timed;

    MHD_run(port->daemon);
    timed = MHD_get_timeout(port->daemon, &ms) == MHD_YES;
    delay.tv_sec = (time_t)(ms / 1000);
    delay.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    if (!timed)
        event_del(port->workable); /* its timer, too */
    event_add(port->workable, timed ? &delay : NULL);
    for (size_t i = 0; http->connections < HS_HTTP_CONNECTIONS_MAX && i < http->port_count; i++)
        event_add(http->ports[i]->acceptable, NULL);
}

static void on_workable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    run(context);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    struct hs_http *http = context;

    (void)fd;
    (void)what;
    for (size_t i = 0; i < http->port_count; i++)
        run(http->ports[i]);
}

/* The next one waits in the kernel's queue until there is a place. The kernel would tell us of it
 * again and again. */
static void rest(struct hs_http_port *port)
{
    event_del(port->acceptable);
    cut_idle(port->http);
}

static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
    struct hs_http_port *port = context;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    struct hearsay_addr peer;
    int client;

    (void)what;
    if (port->http->connections >= HS_HTTP_CONNECTIONS_MAX) {
        rest(port);
        return;
    }
    client = accept4(fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0 && hs_listen_is_starved(errno))
        rest(port);
    if (client < 0)
        return;
    if (port->where.tcp && hearsay_host_from_sockaddr((struct sockaddr *)&address, &peer) == 0 &&
        has_too_many(port->http, &peer)) {
        close(client);
        return;
    }
    /* It closes the socket if it fails. */
    MHD_add_connection(port->daemon, client, (const struct sockaddr *)&address, len);
    run(port);
}

/* Who waits in a queue is seen only when it is looked at. */
static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct hs_http *http = context;
    uint64_t now = hearsay_host_now().boot;

    (void)fd;
    (void)what;
    cut_slow(http, now);
    hs_streams_tick(http->site->streams, now);
    hs_bodies_trim(&http->site->bodies, now);
    for (size_t i = 0; i < http->port_count; i++)
        event_add(http->ports[i]->acceptable, NULL);
}

/* A timer of 0 is due after the next poll, and that is after all that waits by then. */
static void on_work(evutil_socket_t fd, short what, void *context)
{
    struct hs_http *http = context;
    uint64_t now = hearsay_host_now().boot;

    (void)fd;
    (void)what;
    if (hs_bodies_work(&http->site->bodies, now, now + HS_DRAFT_STEP_US))
        hs_timer_set(http->work, 0);
}

/* ---- listeners --------------------------------------------------------------------------- */

static struct MHD_Daemon *start_daemon(struct hs_http_port *port)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, port, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HS_HTTP_MEMORY_MAX,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HS_HTTP_CONNECTIONS_MAX,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, port,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, port, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, port, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static int add_events(struct hs_http_port *port, struct event_base *base)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(port->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (!info)
        return HEARSAY_ERR_NOMEM;
    port->workable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_workable, port);
    port->acceptable = event_new(base, port->socket.fd, EV_READ | EV_PERSIST, on_acceptable, port);
    if (!port->workable || !port->acceptable || event_add(port->workable, NULL) < 0 ||
        event_add(port->acceptable, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

/* The library must not be stopped while a connection is suspended. */
static void stop_daemon(struct hs_http_port *port)
{
    for (struct hs_http_connection *at = port->http->first; at; at = at->next)
        if (at->port == port)
            hs_exchange_give_up(&at->exchange);
    MHD_run(port->daemon);
    MHD_stop_daemon(port->daemon);
}

static void close_port(struct hs_http_port *port)
{
    if (port->acceptable)
        event_free(port->acceptable);
    if (port->workable)
        event_free(port->workable);
    if (port->daemon)
        stop_daemon(port);
    hs_unix_socket_close(&port->socket, port->where.path);
    free(port);
}

int hs_http_listen(struct hs_http *http, const struct hs_listen *where,
                   char error[HS_ERROR_TEXT_MAX])
{
    struct hs_http_port *port = NULL;
    int err = HEARSAY_ERR_NOMEM;

    hs_error_text(error, "out of memory for HTTP");
    if (http->port_count < HS_HTTP_PORTS_MAX)
        port = calloc(1, sizeof(*port));
    if (!port)
        return err;
    *port = (struct hs_http_port){.http = http, .where = *where, .socket = {.fd = -1}};
    port->daemon = start_daemon(port);
    if (port->daemon)
        err = hs_listen_open(where, &port->socket, error);
    if (err == 0)
        err = add_events(port, http->base);
    if (err == 0)
        http->ports[http->port_count++] = port;
    else
        close_port(port);
    return err;
}

int hs_http_init(struct hs_http *ret_http, struct event_base *base, struct hs_site *site)
{
    static const struct timeval period = {HS_HTTP_TICK_US / 1000000, HS_HTTP_TICK_US % 1000000};

    *ret_http = (struct hs_http){.base = base, .site = site};
    ret_http->tick = event_new(base, -1, EV_PERSIST, on_tick, ret_http);
    ret_http->wake = event_new(base, -1, 0, on_wake, ret_http);
    ret_http->work = evtimer_new(base, on_work, ret_http);
    site->wake = site->streams->wake = ret_http->wake;
    site->work = ret_http->work;
    if (!ret_http->tick || !ret_http->wake || !ret_http->work ||
        event_add(ret_http->tick, &period) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

void hs_http_fini(struct hs_http *http)
{
    if (!http->base)
        return;
    http->site->closing = true;
    hs_streams_end(http->site->streams);
    while (http->port_count > 0)
        close_port(http->ports[--http->port_count]);
    if (http->tick)
        event_free(http->tick);
    if (http->wake)
        event_free(http->wake);
    if (http->work)
        event_free(http->work);
    http->base = NULL;
}
