/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/dns_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "serve/listen.h"

#define LENGTH_SIZE 2 /* RFC 1035, 4.2.2: before each message */

struct hs_dns_client {
    struct hs_dns_tcp *tcp;
    struct bufferevent *stream; /* owns the socket */
    struct event *timer;        /* its end */
    struct hearsay_addr source;
    uint64_t asked; /* when its last whole question came, or it itself */
    bool ends;      /* it says no more, but reads answers still */
};

static void client_free(struct hs_dns_client *client)
{
    for (size_t i = 0; i < HS_DNS_CLIENTS_MAX; i++)
        if (client->tcp->clients[i] == client)
            client->tcp->clients[i] = NULL;
    if (client->timer)
        event_free(client->timer);
    if (client->stream)
        bufferevent_free(client->stream);
    free(client);
}

/* ---- questions --------------------------------------------------------------------------- */

static void touch(struct hs_dns_client *client)
{
    const struct timeval idle = {HS_DNS_IDLE_US / 1000000, HS_DNS_IDLE_US % 1000000};

    client->asked = hearsay_host_now().boot;
    event_add(client->timer, &idle);
}

static size_t unread_by(const struct hs_dns_client *client)
{
    return evbuffer_get_length(bufferevent_get_output(client->stream));
}

/* Returns true if the first question is complete, or will never be, because it is too long. */
static bool first_question(struct evbuffer *input, size_t *ret_size)
{
    uint8_t length[LENGTH_SIZE];

    if (evbuffer_copyout(input, length, LENGTH_SIZE) < LENGTH_SIZE)
        return false;
    *ret_size = (size_t)length[0] << 8 | length[1];
    return *ret_size > HS_DNS_QUESTION_MAX || evbuffer_get_length(input) >= LENGTH_SIZE + *ret_size;
}

/* Answers a question. Returns false if the client is not worth another one: there is no telling
 * where in the stream we are. */
static bool answer(struct hs_dns_client *client, struct evbuffer *input, size_t size)
{
    const uint8_t *bytes;
    struct hs_dns_reply reply;
    uint8_t length[LENGTH_SIZE];

    bytes = size > HS_DNS_QUESTION_MAX ? NULL
                                       : evbuffer_pullup(input, (ev_ssize_t)(LENGTH_SIZE + size));
    if (!bytes) {
        hs_dns_desk_ignore(client->tcp->desk, HS_DNS_BY_TCP);
        return false;
    }
    reply = hs_dns_desk_answer(client->tcp->desk, HS_DNS_BY_TCP, &client->source,
                               bytes + LENGTH_SIZE, size);
    evbuffer_drain(input, LENGTH_SIZE + size);
    length[0] = (uint8_t)(reply.size >> 8);
    length[1] = (uint8_t)reply.size;
    touch(client);
    return reply.size > 0 && bufferevent_write(client->stream, length, LENGTH_SIZE) == 0 &&
           bufferevent_write(client->stream, reply.bytes, reply.size) == 0;
}

/* Answers what is there. Whoever does not read answers is not asked for more questions. Frees the
 * client when it is done. */
static void serve_client(struct hs_dns_client *client)
{
    struct evbuffer *input = bufferevent_get_input(client->stream);
    size_t size;

    while (unread_by(client) < HS_DNS_UNREAD_MAX && first_question(input, &size)) {
        if (!answer(client, input, size)) {
            client_free(client);
            return;
        }
    }
    if (unread_by(client) >= HS_DNS_UNREAD_MAX)
        bufferevent_disable(client->stream, EV_READ);
    else if (!client->ends)
        bufferevent_enable(client->stream, EV_READ);
    else if (unread_by(client) == 0)
        client_free(client);
}

static void on_read(struct bufferevent *stream, void *context)
{
    (void)stream;
    serve_client(context);
}

/* The end of what it says is not the end of what it reads. */
static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct hs_dns_client *client = context;

    (void)stream;
    if ((what & BEV_EVENT_EOF) == 0 || (what & BEV_EVENT_ERROR) != 0) {
        client_free(client);
        return;
    }
    client->ends = true;
    serve_client(client);
}

static void on_idle(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    client_free(context);
}

/* ---- connections ------------------------------------------------------------------------- */

/* Ends the connection that has been quiet for longest. Returns its place; NULL: there is none. */
static struct hs_dns_client **end_quietest(struct hs_dns_tcp *tcp)
{
    struct hs_dns_client **quietest = NULL;

    for (size_t i = 0; i < HS_DNS_CLIENTS_MAX; i++)
        if (tcp->clients[i] && (!quietest || tcp->clients[i]->asked < (*quietest)->asked))
            quietest = &tcp->clients[i];
    if (!quietest)
        return NULL;
    tcp->desk->counts.refused++;
    client_free(*quietest);
    return quietest;
}

/* The place of a new connection. */
static struct hs_dns_client **make_place(struct hs_dns_tcp *tcp)
{
    for (size_t i = 0; i < HS_DNS_CLIENTS_MAX; i++)
        if (!tcp->clients[i])
            return &tcp->clients[i];
    return end_quietest(tcp);
}

/* Takes over the descriptor. */
static struct hs_dns_client *client_new(struct hs_dns_tcp *tcp, int fd)
{
    struct hs_dns_client *client = calloc(1, sizeof(*client));

    if (client) {
        client->tcp = tcp;
        client->stream = bufferevent_socket_new(tcp->base, fd, BEV_OPT_CLOSE_ON_FREE);
        client->timer = evtimer_new(tcp->base, on_idle, client);
    }
    if (!client || !client->stream)
        close(fd);
    if (client && client->stream && client->timer)
        return client;
    if (client)
        client_free(client);
    return NULL;
}

static void on_rested(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    event_add(context, NULL);
}

/* There is no descriptor for another connection, not even one of ours. The kernel would tell us of
 * it again and again. */
static void rest(struct hs_dns_tcp *tcp, int fd)
{
    static const struct timeval pause = {HS_DNS_REST_US / 1000000, HS_DNS_REST_US % 1000000};

    for (size_t i = 0; i < tcp->listener_count; i++)
        if (event_get_fd(tcp->listeners[i]) == fd &&
            event_base_once(tcp->base, -1, EV_TIMEOUT, on_rested, tcp->listeners[i], &pause) == 0)
            event_del(tcp->listeners[i]);
}

static void on_acceptable(evutil_socket_t fd, short what, void *context)
{
    struct hs_dns_tcp *tcp = context;
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    int accepted = accept4(fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct hs_dns_client *client;

    (void)what;
    if (accepted < 0 && hs_listen_is_starved(errno) && !end_quietest(tcp))
        rest(tcp, fd);
    if (accepted < 0)
        return;
    client = client_new(tcp, accepted);
    if (!client)
        return;
    hearsay_host_from_sockaddr((const struct sockaddr *)&address, &client->source);
    *make_place(tcp) = client;
    bufferevent_setcb(client->stream, on_read, on_read, on_event, client);
    bufferevent_setwatermark(client->stream, EV_READ, 0, LENGTH_SIZE + HS_DNS_QUESTION_MAX);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
    touch(client);
}

void hs_dns_tcp_init(struct hs_dns_tcp *tcp, struct event_base *base, struct hs_dns_desk *desk)
{
    *tcp = (struct hs_dns_tcp){.base = base, .desk = desk};
}

void hs_dns_tcp_fini(struct hs_dns_tcp *tcp)
{
    for (size_t i = 0; i < HS_DNS_CLIENTS_MAX; i++)
        if (tcp->clients[i])
            client_free(tcp->clients[i]);
    while (tcp->listener_count > 0) {
        struct event *listener = tcp->listeners[--tcp->listener_count];

        close(event_get_fd(listener));
        event_free(listener);
    }
}

int hs_dns_tcp_listen(struct hs_dns_tcp *tcp, int fd)
{
    struct event *listener = event_new(tcp->base, fd, EV_READ | EV_PERSIST, on_acceptable, tcp);

    if (!listener || event_add(listener, NULL) < 0) {
        if (listener)
            event_free(listener);
        return HEARSAY_ERR_NOMEM;
    }
    tcp->listeners[tcp->listener_count++] = listener;
    return 0;
}
