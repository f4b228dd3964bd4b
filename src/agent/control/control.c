/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients come and go, are slow, send half a line or leave without a word; none of it may hold up a
 * period. So everything is non-blocking and bounded: the number of clients, the bytes of a request,
 * the answers that wait (a client whose answers pile up is not read from, and an answer that is made
 * piece by piece stands still), the lines of `monitor` (dropped, counted and said). Requests of one client are answered in order: while one is being
 * carried out the next ones wait in its line buffer.
 */
#include "agent/control/control.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "agent/agent.h"
#include "agent/control/socket.h"

#define SHARE_DIGITS 9 /* significant digits of a real number, as hs_ctl_dump writes them */

struct hs_client {
    struct hs_client *next;
    struct hs_control *control;
    int fd;
    struct event *readable, *writable;
    struct hs_ctl_lines lines;
    struct evbuffer *out;
    struct hs_stream *stream; /* the answer that is under way, NULL: none */
    uint64_t serial;
    unsigned mask;   /* events that are monitored; 0: none */
    uint64_t lost;   /* lines of monitor dropped and not yet said */
    bool busy;       /* a request is being carried out */
    bool eof;        /* it will send no more */
    bool closing;    /* close as soon as everything is written */
    bool in_process; /* process() is at work: answers must not start it again */
};

/* ---- coming and going -------------------------------------------------------------------- */

/* Frees a client that is in no list, complete or not; its descriptor stays open. */
static void client_release(struct hs_client *client)
{
    if (client->readable != NULL)
        event_free(client->readable);
    if (client->writable != NULL)
        event_free(client->writable);
    if (client->out != NULL)
        evbuffer_free(client->out);
    if (client->stream != NULL)
        client->stream->free(client->stream);
    hs_ctl_lines_fini(&client->lines);
    free(client);
}

static void client_free(struct hs_client *client)
{
    struct hs_client **at = &client->control->first;
    int fd = client->fd;

    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    client->control->count--;
    client->control->monitors -= client->mask != 0;
    client_release(client);
    (void)close(fd);
    (void)malloc_trim(0); /* a long answer is no reason to stay big */
}

static size_t backlog(const struct hs_client *client)
{
    return evbuffer_get_length(client->out);
}

/* Writes what it takes. Returns false when the client is gone. */
static bool push(struct hs_client *client)
{
    while (backlog(client) > 0) {
        int n = evbuffer_write(client->out, client->fd);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n <= 0)
            break;
    }
    if (backlog(client) > 0)
        (void)event_add(client->writable, NULL);
    return true;
}

/* ---- requests ---------------------------------------------------------------------------- */

static bool field_allowed(const char *fields, const char *key)
{
    size_t len = strlen(key);

    for (const char *at = fields; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");

        if (word == len && memcmp(at, key, len) == 0)
            return true;
        at += word;
    }
    return false;
}

/* A misspelt field must not pass for one that was left out. */
static const char *find_stray(const json_t *request, const char *fields)
{
    void *iter = json_object_iter((json_t *)(uintptr_t)request);

    for (; iter != NULL; iter = json_object_iter_next((json_t *)(uintptr_t)request, iter)) {
        const char *key = json_object_iter_key(iter);

        if (strcmp(key, "cmd") != 0 && !field_allowed(fields, key))
            return key;
    }
    return NULL;
}

static void handle(struct hs_client *client, const char *line, size_t len)
{
    struct hs_agent *agent = client->control->agent;
    json_t *request = NULL, *error = NULL;
    enum hs_ctl_command command;
    const char *stray;
    int r;

    client->busy = true;
    r = hs_ctl_parse_request(line, len, &command, &request, &error);
    if (r < 0) {
        client->closing = r != HEARSAY_ERR_INVALID;
        hs_client_answer(client, error);
        return;
    }
    stray = find_stray(request, hs_commands[command].fields);
    if (stray != NULL)
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "%s has no field \"%.64s\"",
                       hs_ctl_command_name(command), stray);
    else
        hs_commands[command].run(agent, client, request);
    json_decref(request);
}

/* Lets the answer that is under way go on, until enough of it waits to be read or its time in this
 * turn is over. */
static void feed(struct hs_client *client)
{
    uint64_t end = hearsay_host_now().boot + HS_CTL_STREAM_US;

    while (client->stream != NULL && backlog(client) < HS_CTL_BACKLOG_MAX) {
        struct hs_stream *stream = client->stream;
        bool more = stream->more(stream, client) && !client->closing;

        if (!more) {
            client->stream = NULL;
            stream->free(stream);
            hs_client_end(client);
        } else if (hearsay_host_now().boot >= end) {
            return;
        }
    }
}

/* Carries out the requests that are complete, until one has to wait or its answers pile up. */
static void handle_lines(struct hs_client *client)
{
    while (!client->busy && !client->closing && client->mask == 0 &&
           backlog(client) < HS_CTL_BACKLOG_MAX) {
        size_t len;
        char *line;
        int r = hs_ctl_lines_next(&client->lines, &line, &len);

        if (r == 0)
            return;
        if (r > 0) {
            handle(client, line, len);
            feed(client);
        } else {
            client->closing = client->busy = true;
            hs_client_fail(client, HS_CTL_ERROR_USAGE, "a request is at most %d bytes long",
                           HS_CTL_REQUEST_MAX);
        }
        (void)push(client);
        /* Its events and datagrams now, not after a thousand requests: the node's queues are
         * bounded. */
        hs_loop_pump(client->control->agent);
    }
}

static bool finished(const struct hs_client *client)
{
    if (backlog(client) > 0 || client->busy)
        return false;
    /* One that monitors and has closed its sending half still listens, until a write fails. */
    return client->closing || (client->eof && client->mask == 0);
}

/* Goes on with a client after anything has happened to it. It may be gone afterwards. */
static void process(struct hs_client *client)
{
    bool held_up;

    client->in_process = true;
    feed(client);
    handle_lines(client);
    client->in_process = false;
    if (!push(client) || finished(client)) {
        client_free(client);
        return;
    }
    /* Through the poll, even where there is room: so that datagrams and timers come first. */
    if (client->stream != NULL)
        (void)event_add(client->writable, NULL);
    held_up = client->busy || client->closing || client->eof ||
              (client->mask == 0 && backlog(client) >= HS_CTL_BACKLOG_MAX);
    if (held_up)
        (void)event_del(client->readable);
    else
        (void)event_add(client->readable, NULL);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_client *client = context;
    struct hs_agent *agent = client->control->agent;
    char chunk[HS_CTL_CHUNK];
    ssize_t n;

    (void)what;
    hs_loop_clock(agent);
    n = read(fd, chunk, sizeof(chunk));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        client_free(client);
        return;
    }
    if (n == 0) {
        struct pollfd hangup = {.fd = fd};

        client->eof = true;
        if (client->mask != 0 && poll(&hangup, 1, 0) > 0) {
            client_free(client);
            return;
        }
    } else if (client->mask == 0 && hs_ctl_lines_feed(&client->lines, chunk, (size_t)n) < 0) {
        client_free(client);
        return;
    }
    process(client);
    hs_loop_pump(agent);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct hs_client *client = context;
    struct hs_agent *agent = client->control->agent;

    (void)fd;
    (void)what;
    hs_loop_clock(agent);
    process(client);
    hs_loop_pump(agent);
}

/* ---- accepting --------------------------------------------------------------------------- */

static void turn_away(int fd)
{
    json_t *error =
        hs_ctl_error(HS_CTL_ERROR_REFUSED, "%d clients are served already", HS_CTL_CLIENTS_MAX);
    size_t len;
    char *text = hs_ctl_dump(error, &len);

    if (text != NULL)
        (void)send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(text);
    json_decref(error);
    (void)close(fd);
}

static struct hs_client *client_new(struct hs_control *control, int fd)
{
    struct event_base *base = control->agent->base;
    struct hs_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    client->control = control;
    client->fd = fd;
    client->serial = ++control->serials;
    hs_ctl_lines_init(&client->lines, HS_CTL_REQUEST_MAX);
    client->out = evbuffer_new();
    client->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, client);
    client->writable = event_new(base, fd, EV_WRITE, on_writable, client);
    if (client->out == NULL || client->readable == NULL || client->writable == NULL ||
        event_add(client->readable, NULL) < 0) {
        client_release(client);
        return NULL;
    }
    client->next = control->first;
    control->first = client;
    control->count++;
    return client;
}

/* Frees the places of monitors that have hung up after closing their sending half: nothing but a
 * line written to them would tell. */
static void reap(struct hs_control *control)
{
    struct hs_client *next;

    for (struct hs_client *client = control->first; client != NULL; client = next) {
        struct pollfd hangup = {.fd = client->fd};

        next = client->next;
        if (client->eof && poll(&hangup, 1, 0) > 0)
            client_free(client);
    }
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct hs_control *control = context;
    int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    if (client_fd < 0)
        return;
    if (control->count >= HS_CTL_CLIENTS_MAX)
        reap(control);
    if (control->count >= HS_CTL_CLIENTS_MAX)
        turn_away(client_fd);
    else if (client_new(control, client_fd) == NULL)
        (void)close(client_fd);
}

int hs_control_open(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    struct hs_control *control = &agent->control;
    int r;

    *control = (struct hs_control){.agent = agent, .fd = -1};
    r = hs_control_listen(control, agent->control_path, agent->options.control_group, why);
    if (r < 0)
        return r;
    control->accept = event_new(agent->base, control->fd, EV_READ | EV_PERSIST, on_accept, control);
    if (control->accept == NULL || event_add(control->accept, NULL) < 0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_control_close(struct hs_control *control)
{
    struct hs_client *client, *next;

    if (control == NULL || control->agent == NULL)
        return;
    for (client = control->first; client != NULL; client = next) {
        int fd = client->fd;

        next = client->next;
        (void)push(client);
        client_release(client);
        (void)close(fd);
    }
    if (control->accept != NULL)
        event_free(control->accept);
    hs_control_unlisten(control, control->agent->control_path);
    memset(control, 0, sizeof(*control));
    control->fd = -1;
}

/* ---- answers ----------------------------------------------------------------------------- */

/* The request is answered. One that was answered later than at once is taken up again from the
 * loop, where the client may be freed. */
static void answered(struct hs_client *client)
{
    client->busy = false;
    if (!client->in_process)
        event_active(client->writable, EV_WRITE, 0);
}

void hs_client_write(struct hs_client *client, const char *text)
{
    if (evbuffer_add(client->out, text, strlen(text)) < 0)
        client->closing = true;
}

static int dump_piece(const char *bytes, size_t len, void *context)
{
    return evbuffer_add(context, bytes, len);
}

void hs_client_write_json(struct hs_client *client, const json_t *object)
{
    if (object == NULL || json_dump_callback(object, dump_piece, client->out,
                                             JSON_COMPACT | JSON_REAL_PRECISION(SHARE_DIGITS)) < 0)
        client->closing = true; /* out of memory: half an answer is followed by nothing */
}

void hs_client_end(struct hs_client *client)
{
    hs_client_write(client, "\n");
    answered(client);
}

void hs_client_stream(struct hs_client *client, struct hs_stream *stream)
{
    client->stream = stream;
}

void hs_client_answer(struct hs_client *client, json_t *answer)
{
    if (answer == NULL)
        hs_client_write(client,
                        "{\"ok\":false,\"error\":\"internal\",\"message\":\"out of memory\"}");
    else
        hs_client_write_json(client, answer);
    json_decref(answer);
    hs_client_end(client);
}

void hs_client_fail(struct hs_client *client, enum hs_ctl_error error, const char *format, ...)
{
    char message[HS_WHY_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    hs_client_answer(client, hs_ctl_error(error, "%s", message));
}

uint64_t hs_client_serial(const struct hs_client *client)
{
    return client->serial;
}

struct hs_client *hs_client_find(const struct hs_control *control, uint64_t serial)
{
    for (struct hs_client *client = control->first; client != NULL; client = client->next)
        if (client->serial == serial)
            return client;
    return NULL;
}

/* ---- monitor ----------------------------------------------------------------------------- */

void hs_client_monitor(struct hs_client *client, unsigned mask)
{
    client->mask = mask;
    client->control->monitors++;
}

static void publish(struct hs_client *client, const char *text, size_t len)
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
    (void)evbuffer_add(client->out, lost, (size_t)n);
    (void)evbuffer_add(client->out, text, len);
    client->lost = 0;
    if (!push(client))
        event_active(client->writable, EV_WRITE,
                     0); /* freed there: we may be in a walk of clients */
}

void hs_control_publish(struct hs_control *control, enum hs_line line, const char *text, size_t len)
{
    if (control->monitors == 0)
        return;
    for (struct hs_client *client = control->first; client != NULL; client = client->next)
        if ((client->mask & 1u << line) != 0)
            publish(client, text, len);
}
