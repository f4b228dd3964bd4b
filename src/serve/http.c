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

#include "serve/exchange.h"
#include "service/service.h"

#define BACKLOG 128

/* A listener with its daemon of the library. */
struct hs_http_port {
    struct hs_http *http;
    enum hs_what what;
    int fd;
    struct MHD_Daemon *daemon;
    struct event *acceptable; /* not added while there are as many connections as may be */
    struct event *workable;   /* the daemon's epoll descriptor, and its timer */
};

/* A connection: the library's `socket_context`. */
struct connection {
    struct hs_http_port *port;
    char *target; /* of the request that is being read or answered; NULL: none */
};

/* ---- the library's callbacks ------------------------------------------------------------- */

static struct connection *connection_of(struct MHD_Connection *handle)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct hs_http_port *port = context;
    struct connection *connection = *socket_context;

    (void)handle;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection = calloc(1, sizeof(*connection));
        if (connection)
            connection->port = port;
        *socket_context = connection;
        port->http->connections++;
        return;
    }
    port->http->connections--;
    if (connection)
        free(connection->target);
    free(connection);
    *socket_context = NULL;
}

/* The target as the client wrote it: the library's own decoding lets too much pass. */
static void *on_target(void *context, const char *target, struct MHD_Connection *handle)
{
    struct connection *connection = connection_of(handle);

    (void)context;
    if (!connection)
        return NULL;
    free(connection->target);
    connection->target = strdup(target);
    return NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *handle, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request)
{
    struct hs_http_port *port = context;
    struct connection *connection = connection_of(handle);

    (void)url;
    (void)version;
    (void)upload;
    (void)upload_size;
    if (!connection || !connection->target)
        return MHD_NO;
    /* The first call is for the headers. Who answers it ends the connection. */
    if (!*request) {
        *request = connection;
        return MHD_YES;
    }
    return hs_exchange(handle, port->http->outlook, port->what, method, connection->target);
}

/* ---- the loop ---------------------------------------------------------------------------- */

/* Lets the library do what it can, and waits for what it waits for. */
static void run(struct hs_http_port *port)
{
    struct timeval delay = {0, 0};
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool timed;

    MHD_run(port->daemon);
    timed = MHD_get_timeout(port->daemon, &ms) == MHD_YES;
    delay.tv_sec = (time_t)(ms / 1000);
    delay.tv_usec = (suseconds_t)(ms % 1000 * 1000);
    event_add(port->workable, timed ? &delay : NULL);
    for (size_t i = 0; i < port->http->port_count; i++)
        if (port->http->connections < HS_HTTP_CONNECTIONS_MAX)
            event_add(port->http->ports[i]->acceptable, NULL);
}

static void on_workable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    run(context);
}

/* What is not accepted waits in the kernel's queue until another connection has ended. */
static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
    struct hs_http_port *port = context;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    int client;

    (void)what;
    if (port->http->connections >= HS_HTTP_CONNECTIONS_MAX) {
        event_del(port->acceptable);
        return;
    }
    client = accept4(fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return;
    /* It closes the socket if it fails. */
    MHD_add_connection(port->daemon, client, (const struct sockaddr *)&address, len);
    run(port);
}

/* ---- listeners --------------------------------------------------------------------------- */

static int open_socket(const char *text, int *ret_fd, char error[HS_ERROR_TEXT_MAX])
{
    struct sockaddr_storage address;
    struct hearsay_addr addr;
    socklen_t len;
    int one = 1, fd;

    if (hearsay_addr_parse(&addr, text, 0) < 0) {
        hs_error_text(error, "--http %s: must be ADDRESS:PORT", text);
        return HS_ERR_SETTING;
    }
    len = hearsay_host_to_sockaddr(&addr, false, &address);
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, (const struct sockaddr *)&address, len) < 0 || listen(fd, BACKLOG) < 0) {
        hs_error_text(error, "--http %s: %s", text, strerror(errno));
        if (fd >= 0)
            close(fd);
        return errno == EADDRNOTAVAIL || errno == EACCES ? HS_ERR_SETTING : HEARSAY_ERR_INVALID;
    }
    *ret_fd = fd;
    return 0;
}

static struct MHD_Daemon *start_daemon(struct hs_http_port *port)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, port, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HS_HTTP_MEMORY_MAX,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HS_HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HS_HTTP_QUIET_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, port, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        port, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static int add_events(struct hs_http_port *port, struct event_base *base)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(port->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (!info)
        return HEARSAY_ERR_NOMEM;
    port->workable = event_new(base, info->epoll_fd, EV_READ | EV_PERSIST, on_workable, port);
    port->acceptable = event_new(base, port->fd, EV_READ | EV_PERSIST, on_acceptable, port);
    if (!port->workable || !port->acceptable || event_add(port->workable, NULL) < 0 ||
        event_add(port->acceptable, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

static void close_port(struct hs_http_port *port)
{
    if (port->acceptable)
        event_free(port->acceptable);
    if (port->workable)
        event_free(port->workable);
    if (port->daemon)
        MHD_stop_daemon(port->daemon);
    if (port->fd >= 0)
        close(port->fd);
    free(port);
}

int hs_http_listen(struct hs_http *http, const char *address, enum hs_what what,
                   char error[HS_ERROR_TEXT_MAX])
{
    struct hs_http_port *port;
    int err, fd;

    if (http->port_count == HS_HTTP_PORTS_MAX) {
        hs_error_text(error, "--http %s: at most %d listeners", address, HS_HTTP_PORTS_MAX);
        return HS_ERR_SETTING;
    }
    err = open_socket(address, &fd, error);
    if (err < 0)
        return err;
    port = calloc(1, sizeof(*port));
    if (!port) {
        close(fd);
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    *port = (struct hs_http_port){.http = http, .what = what, .fd = fd};
    port->daemon = start_daemon(port);
    if (!port->daemon || add_events(port, http->base) < 0) {
        close_port(port);
        hs_error_text(error, "--http %s: the library does not start", address);
        return HEARSAY_ERR_NOMEM;
    }
    http->ports[http->port_count++] = port;
    return 0;
}

void hs_http_init(struct hs_http *http, struct event_base *base, struct hs_outlook *outlook)
{
    *http = (struct hs_http){.base = base, .outlook = outlook};
}

void hs_http_fini(struct hs_http *http)
{
    while (http->port_count > 0)
        close_port(http->ports[--http->port_count]);
}
