/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients may be slow, send half a line or disconnect at any time, and none of this may delay the
 * protocol. So everything is non-blocking and bounded. A request has a limit in bytes. While too
 * many answers wait, nothing more is read from the client, and an answer that is made in steps is
 * paused. Lines of `monitor` that do not fit are dropped and counted, and the client is told.
 * Requests of one client are answered in order: while one is being carried out the next ones wait
 * in its line buffer.
 *
 * The callbacks of libevent only read bytes and put the client into a queue. hs_clients_work takes
 * the first client of the queue, does one step for it (a request, or a slice of a long answer) and
 * puts it at the end of the queue. So a client waits for at most one step of each other client. A
 * client that has changed the node is not served again in the same turn, because the queues of the
 * node are bounded and are emptied once per turn.
 */
#include "agent/control/client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "service/error_text.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(HS_CTL_REAL_DIGITS))

enum client_state {
    IDLE,       /* waits for a request */
    ANSWERING,  /* a request is being carried out, and may be answered later */
    STREAMING,  /* an answer is made in steps */
    WAITING,    /* an answer is made in steps, and there is nothing to write now */
    MONITORING, /* follows events */
    DRAINING,   /* no further requests; closed once everything is written */
    GONE,       /* cannot be written to */
};

struct hs_client {
    struct hs_queued place; /* in a queue; first */
    struct hs_client *next;
    struct hs_clients *clients;
    enum client_state state;
    bool eof;    /* it has closed its sending half */
    bool unread; /* the line buffer may hold a complete request */
    bool queued; /* in a queue, or being served */
    bool broken; /* there was no memory for a part of its answer */
    bool lasts;  /* its answer has no end: it counts as one of clients->monitors */
    struct hs_peer peer;
    int fd;
    uint64_t since; /* boot time at which it last sent or took something */
    uint64_t serial;
    struct event *readable, *writable;
    struct hs_ctl_lines in;
    struct evbuffer *out;
    struct hs_stream *stream; /* of STREAMING */
    uint64_t answered;        /* bytes of the present answer */
    unsigned mask;            /* events that are followed */
    uint64_t lost;            /* lines of monitor dropped and not yet reported */
};

/* ---- coming and going -------------------------------------------------------------------- */

/* Something has happened to the client: queues it for hs_clients_work. */
static void client_wake(struct hs_client *client)
{
    if (client->queued)
        return;
    client->queued = true;
    hs_queue_append(&client->clients->ready, &client->place);
    hs_turn_touch(client->clients->turn);
}

/* Frees a client that is in no list, complete or not; its descriptor stays open. */
static void client_release(struct hs_client *client)
{
    if (client->readable)
        event_free(client->readable);
    if (client->writable)
        event_free(client->writable);
    if (client->out)
        evbuffer_free(client->out);
    if (client->stream)
        client->stream->free(client->stream);
    hs_ctl_lines_fini(&client->in);
    free(client);
}

static void client_free(struct hs_client *client)
{
    struct hs_clients *clients = client->clients;
    struct hs_client **at = &clients->first;
    int fd = client->fd;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    if (client->queued) {
        hs_queue_remove(&clients->ready, &client->place);
        hs_queue_remove(&clients->later, &client->place);
    }
    clients->count--;
    clients->count_of[client->peer.kind]--;
    clients->monitors -= client->lasts;
    hs_trim_after(&clients->trim, client->answered);
    client_release(client);
    close(fd);
}

static size_t backlog(const struct hs_client *client)
{
    return evbuffer_get_length(client->out);
}

/* Writes as much as the client's socket takes. */
static void client_push(struct hs_client *client)
{
    while (backlog(client) > 0 && client->state != GONE) {
        int n = evbuffer_write(client->out, client->fd);

        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0)
            client->since = client->clients->turn->clock->now.boot;
        if (n < 0 && errno != EAGAIN)
            client->state = GONE;
        if (n <= 0)
            break;
    }
    if (backlog(client) > 0 && client->state != GONE)
        event_add(client->writable, NULL);
}

/* ---- steps ------------------------------------------------------------------------------- */

static bool is_held_up(const struct hs_client *client)
{
    return backlog(client) >= HS_CTL_BACKLOG_MAX;
}

/* Returns true if there is work for the client that need not wait for it or for an outcome. */
static bool has_work(const struct hs_client *client)
{
    if (client->state == GONE)
        return true;
    if (is_held_up(client))
        return false;
    return client->state == STREAMING || (client->state == IDLE && client->unread);
}

static bool is_finished(const struct hs_client *client)
{
    if (client->state == GONE)
        return true;
    if (backlog(client) > 0)
        return false;
    /* A monitor that has closed its sending half may still read, until a write fails. */
    return client->state == DRAINING || (client->state == IDLE && client->eof && !client->unread);
}

/* Carries out the next request, if one is complete. Returns true if it has changed the node. */
static bool client_request(struct hs_client *client)
{
    struct hs_clients *clients = client->clients;
    size_t len;
    char *line;
    int r = hs_ctl_lines_next(&client->in, &line, &len);

    if (r == 0) {
        client->unread = false;
        return false;
    }
    client->state = ANSWERING;
    client->answered = 0;
    if (r > 0)
        return clients->handle(clients->context, client, line, len);
    hs_client_fail(client, HS_CTL_ERROR_USAGE, "a request is at most %d bytes long",
                   HS_CTL_REQUEST_MAX);
    hs_client_drain(client);
    return false;
}

/* Continues the present answer until enough of it waits to be read or the time of the slice is
 * over. */
static void client_feed(struct hs_client *client)
{
    struct hs_turn *turn = client->clients->turn;
    uint64_t until = turn->used + HS_CLIENT_SLICE_US;

    while (client->state == STREAMING && !is_held_up(client)) {
        struct hs_stream *stream = client->stream;
        bool more = stream->more(stream, client);

        if (more && client->state == WAITING)
            return;
        if (!more || client->state != STREAMING) {
            client->stream = NULL;
            stream->free(stream);
            if (client->state == STREAMING)
                hs_client_end(client);
        } else if (hs_turn_left(turn) == 0 || turn->used >= until) {
            return;
        }
    }
}

/* Reads from the client what it may send now. */
static void client_listen(struct hs_client *client)
{
    bool wanted = client->state == MONITORING || client->state == WAITING ||
                  (client->state == IDLE && !client->unread && !is_held_up(client));

    if (wanted && !client->eof)
        event_add(client->readable, NULL);
    else
        event_del(client->readable);
}

/* Does one step for a client. It may be gone afterwards. */
static void client_step(struct hs_client *client)
{
    struct hs_clients *clients = client->clients;
    bool changed = false;

    if (client->state == IDLE && client->unread && !is_held_up(client))
        changed = client_request(client);
    if (client->state == STREAMING)
        client_feed(client);
    client_push(client);
    if (is_finished(client)) {
        client_free(client);
        return;
    }
    client_listen(client);
    client->queued = has_work(client);
    if (client->queued)
        hs_queue_append(changed ? &clients->later : &clients->ready, &client->place);
}

bool hs_clients_work(struct hs_clients *clients)
{
    struct hs_turn *turn = clients->turn;

    if (!clients->ready.first)
        return false;
    hs_turn_begin_work(turn);
    do
        client_step((struct hs_client *)hs_queue_take(&clients->ready));
    while (clients->ready.first && hs_turn_left(turn) > 0);
    hs_turn_end_work(turn);
    while (clients->later.first)
        hs_queue_append(&clients->ready, hs_queue_take(&clients->later));
    if (clients->ready.first)
        hs_turn_again(turn);
    return true;
}

/* ---- what libevent calls ----------------------------------------------------------------- */

/* Who has closed its sending half may still read; who has hung up does not. */
static bool has_hung_up(const struct hs_client *client)
{
    struct pollfd hangup = {.fd = client->fd};

    return poll(&hangup, 1, 0) > 0;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_client *client = context;
    char chunk[HS_CTL_CHUNK];
    ssize_t n;

    (void)what;
    hs_clock_read(client->clients->turn->clock);
    hs_turn_touch(client->clients->turn);
    if (client->queued) { /* the turn ended before its step; it is read again after it */
        event_del(client->readable);
        return;
    }
    n = read(fd, chunk, sizeof(chunk));
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        client->state = GONE;
    if (n > 0)
        client->since = client->clients->turn->clock->now.boot;
    if (n == 0) {
        client->eof = true;
        if (client->lasts && has_hung_up(client))
            client->state = GONE;
    }
    if (n > 0 && client->state == IDLE) {
        client->unread = true;
        if (hs_ctl_lines_feed(&client->in, chunk, (size_t)n) < 0)
            client->state = GONE;
    }
    client_wake(client);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct hs_client *client = context;

    (void)fd;
    (void)what;
    hs_clock_read(client->clients->turn->clock);
    client_wake(client);
}

/* ---- all clients ------------------------------------------------------------------------- */

int hs_clients_init(struct hs_clients *ret_clients, struct event_base *base, struct hs_turn *turn,
                    hs_request_fn *handle, void *context)
{
    *ret_clients =
        (struct hs_clients){.base = base, .turn = turn, .handle = handle, .context = context};
    ret_clients->monitors_max = HS_CTL_CLIENTS_MAX;
    return hs_trim_init(&ret_clients->trim, base, turn);
}

void hs_clients_fini(struct hs_clients *clients)
{
    struct hs_client *next;

    for (struct hs_client *client = clients->first; client; client = next) {
        int fd = client->fd;

        next = client->next;
        client_push(client);
        client_release(client);
        close(fd);
    }
    hs_trim_fini(&clients->trim);
    *clients = (struct hs_clients){.first = NULL};
}

int hs_clients_add(struct hs_clients *clients, int fd, const struct hs_peer *peer)
{
    struct hs_client *client = calloc(1, sizeof(*client));

    if (!client)
        return HEARSAY_ERR_NOMEM;
    client->clients = clients;
    client->fd = fd;
    client->peer = *peer;
    client->since = clients->turn->clock->now.boot;
    client->serial = ++clients->serials;
    hs_ctl_lines_init(&client->in, HS_CTL_REQUEST_MAX);
    client->out = evbuffer_new();
    client->readable = event_new(clients->base, fd, EV_READ | EV_PERSIST, on_readable, client);
    client->writable = event_new(clients->base, fd, EV_WRITE, on_writable, client);
    if (!client->out || !client->readable || !client->writable ||
        event_add(client->readable, NULL) < 0) {
        client_release(client);
        return HEARSAY_ERR_NOMEM;
    }
    client->next = clients->first;
    clients->first = client;
    clients->count++;
    clients->count_of[peer->kind]++;
    return 0;
}

void hs_clients_reap(struct hs_clients *clients)
{
    struct hs_client *next;

    for (struct hs_client *client = clients->first; client; client = next) {
        next = client->next;
        if (client->eof && has_hung_up(client))
            client_free(client);
    }
}

/* Returns true if the client waits for nothing of ours, since `since`. */
static bool is_quiet(const struct hs_client *client, uint64_t now, uint64_t idle_us,
                     uint64_t stuck_us)
{
    uint64_t quiet = now > client->since ? now - client->since : 0;

    if (client->state == MONITORING || client->state == WAITING || client->state == ANSWERING ||
        client->queued)
        return false;
    return quiet >= (backlog(client) > 0 ? stuck_us : idle_us);
}

bool hs_clients_end_quiet(struct hs_clients *clients, enum hs_peer_kind kind, uint64_t idle_us,
                          uint64_t stuck_us)
{
    uint64_t now = clients->turn->clock->now.boot;
    struct hs_client *longest = NULL;

    for (struct hs_client *client = clients->first; client; client = client->next)
        if ((kind == HS_PEER_KINDS || client->peer.kind == kind) &&
            is_quiet(client, now, idle_us, stuck_us) &&
            (!longest || client->since < longest->since))
            longest = client;
    if (longest)
        client_free(longest);
    return longest;
}

struct hs_client *hs_client_find(const struct hs_clients *clients, uint64_t serial)
{
    for (struct hs_client *client = clients->first; client; client = client->next)
        if (client->serial == serial)
            return client;
    return NULL;
}

const struct hs_peer *hs_client_peer(const struct hs_client *client)
{
    return &client->peer;
}

uint64_t hs_client_serial(const struct hs_client *client)
{
    return client->serial;
}

/* ---- answers ----------------------------------------------------------------------------- */

void hs_client_drain(struct hs_client *client)
{
    if (client->state != GONE)
        client->state = DRAINING;
}

/* There is no memory for a part of the answer. Nothing may follow, not even a newline. */
static void client_break(struct hs_client *client)
{
    client->broken = true;
    hs_client_drain(client);
}

/* The failure is remembered here, because jansson passes over one that meets the key of a field. */
static int client_put(struct hs_client *client, const char *bytes, size_t len)
{
    if (!client->broken && evbuffer_add(client->out, bytes, len) < 0)
        client_break(client);
    if (client->broken)
        return -1;
    client->answered += len;
    return 0;
}

void hs_client_write(struct hs_client *client, const char *text)
{
    client_put(client, text, strlen(text));
}

static int dump_piece(const char *bytes, size_t len, void *context)
{
    return client_put(context, bytes, len);
}

void hs_client_write_json(struct hs_client *client, const json_t *object)
{
    if (!object || json_dump_callback(object, dump_piece, client, DUMP_FLAGS) < 0)
        client_break(client);
}

void hs_client_open(struct hs_client *client, json_t *head, const char *list)
{
    size_t len = 0;
    char *text = head ? hs_ctl_dump(head, &len) : NULL;

    json_decref(head);
    if (!text) {
        hs_client_answer(client, NULL);
        return;
    }
    text[len - 2] = '\0'; /* its closing brace, before the newline */
    hs_client_write(client, text);
    free(text);
    hs_client_write(client, ",\"");
    hs_client_write(client, list);
    hs_client_write(client, "\":[");
}

void hs_client_end(struct hs_client *client)
{
    hs_client_write(client, "\n");
    if (client->state == ANSWERING || client->state == STREAMING)
        client->state = IDLE;
    hs_trim_after(&client->clients->trim, client->answered);
    client->answered = 0;
    client_wake(client);
}

void hs_client_stream(struct hs_client *client, struct hs_stream *stream)
{
    client->stream = stream;
    client->state = STREAMING;
}

void hs_client_wait(struct hs_client *client)
{
    if (client->state == STREAMING)
        client->state = WAITING;
}

void hs_clients_resume(struct hs_clients *clients)
{
    for (struct hs_client *client = clients->first; client; client = client->next) {
        if (client->state != WAITING)
            continue;
        client->state = STREAMING;
        client_wake(client);
    }
}

void hs_client_answer(struct hs_client *client, json_t *answer)
{
    if (!answer)
        hs_client_write(client,
                        "{\"ok\":false,\"error\":\"internal\",\"message\":\"out of memory\"}");
    else
        hs_client_write_json(client, answer);
    json_decref(answer);
    hs_client_end(client);
}

void hs_client_fail(struct hs_client *client, enum hs_ctl_error error, const char *format, ...)
{
    char message[HS_ERROR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    hs_client_answer(client, hs_ctl_error(error, "%s", message));
}

/* ---- answers without an end --------------------------------------------------------------- */

static void client_last(struct hs_client *client)
{
    client->lasts = true;
    client->clients->monitors++;
}

void hs_client_follow(struct hs_client *client, struct hs_stream *stream)
{
    client_last(client);
    hs_client_stream(client, stream);
}

void hs_client_monitor(struct hs_client *client, unsigned mask)
{
    if (client->state != IDLE)
        return; /* its answer could not be written */
    client->state = MONITORING;
    client->mask = mask;
    client_last(client);
}

static void client_publish(struct hs_client *client, const char *text, size_t len)
{
    char lost[64];
    int n = 0;

    if (client->lost > 0)
        n = snprintf(lost, sizeof(lost), "{\"event\":\"lost\",\"count\":%" PRIu64 "}\n",
                     client->lost);
    if (backlog(client) + len + (size_t)n > HS_CTL_BACKLOG_MAX) {
        client->lost++;
        return;
    }
    evbuffer_add(client->out, lost, (size_t)n);
    evbuffer_add(client->out, text, len);
    client->lost = 0;
    client_push(client);
    if (client->state == GONE)
        client_wake(client); /* it is freed there, because this is a walk over clients */
}

void hs_clients_publish(struct hs_clients *clients, unsigned bit, const char *text, size_t len)
{
    if (clients->monitors == 0)
        return;
    for (struct hs_client *client = clients->first; client; client = client->next)
        if (client->state == MONITORING && (client->mask & 1u << bit) != 0)
            client_publish(client, text, len);
}
