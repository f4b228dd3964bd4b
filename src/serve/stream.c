/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library does not look at the socket of a stream that is suspended, so that it would see only
 * with the second comment that its client has gone. We look ourselves, at a copy of the descriptor:
 * when the library closes its own is its business.
 */
#include "serve/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/host.h>

#define BLOCK 4096 /* what the library asks for at a time, at most */

static const char beat_text[] = ":\n\n";

struct hs_stream {
    struct hs_streams *streams;
    struct hs_stream *next, **link; /* `link` points to what points to this one */
    struct MHD_Connection *handle;
    int fd;               /* a copy */
    struct event *closed; /* the client has gone */
    char *head;           /* what goes out before the next event; NULL: nothing */
    size_t head_len, head_at;
    uint64_t number; /* of the next event */
    size_t at;       /* bytes of it that are sent */
    uint64_t behind; /* bytes of all events before it */
    uint64_t sent_at;
    bool suspended, ended;
};

/* ---- writing ----------------------------------------------------------------------------- */

static size_t copy(char *buffer, size_t room, const char *text, size_t len, size_t *at)
{
    size_t size = len - *at < room ? len - *at : room;

    memcpy(buffer, text + *at, size);
    *at += size;
    return size;
}

static size_t write_head(struct hs_stream *stream, char *buffer, size_t room)
{
    size_t size;

    if (!stream->head)
        return 0;
    size = copy(buffer, room, stream->head, stream->head_len, &stream->head_at);
    if (stream->head_at == stream->head_len) {
        free(stream->head);
        stream->head = NULL;
    }
    return size;
}

/* Some of the next event. Returns 0 if there is none. */
static size_t write_item(struct hs_stream *stream, char *buffer, size_t room)
{
    const struct hs_news_item *item = hs_news_at(stream->streams->news, stream->number);
    size_t size;

    if (!item)
        return 0;
    size = copy(buffer, room, item->text, item->len, &stream->at);
    if (stream->at == item->len) {
        stream->number++;
        stream->at = 0;
        stream->behind = item->end;
    }
    return size;
}

/* The stream has been overtaken: what it has not sent is not kept any more. */
static bool is_overtaken(const struct hs_stream *stream)
{
    return stream->number < stream->streams->news->first;
}

/* Returns how many bytes were written; 0: there are none, and the stream is suspended. */
static ssize_t on_pull(void *context, uint64_t pos, char *buffer, size_t room)
{
    struct hs_stream *stream = context;
    size_t len = 0, size;

    (void)pos;
    if (stream->ended || is_overtaken(stream))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    while (len < room && ((size = write_head(stream, buffer + len, room - len)) > 0 ||
                          (size = write_item(stream, buffer + len, room - len)) > 0))
        len += size;
    if (len == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->handle);
        return 0;
    }
    stream->sent_at = hearsay_host_now().boot;
    return (ssize_t)len;
}

/* ---- waking ------------------------------------------------------------------------------ */

static void resume(struct hs_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->handle);
    event_active(stream->streams->wake, 0, 0);
}

/* Ends it, also while its client reads nothing. */
static void end(struct hs_stream *stream)
{
    stream->ended = true;
    shutdown(stream->fd, SHUT_RDWR);
    resume(stream);
}

/* A connection that was reset is told to us as one that can be read, and so is one whose client
 * says more, of which we want nothing. */
static void on_closed(evutil_socket_t fd, short what, void *context)
{
    struct pollfd client = {.fd = fd, .events = POLLRDHUP};

    (void)what;
    if (poll(&client, 1, 0) == 1)
        end(context);
}

void hs_streams_wake(struct hs_streams *streams)
{
    for (struct hs_stream *stream = streams->first; stream; stream = stream->next) {
        if (is_overtaken(stream) || streams->news->end - stream->behind > HS_STREAM_UNREAD_MAX)
            end(stream);
        else
            resume(stream);
    }
}

void hs_streams_tick(struct hs_streams *streams, uint64_t now)
{
    for (struct hs_stream *stream = streams->first; stream; stream = stream->next) {
        if (!stream->suspended || now - stream->sent_at < HS_STREAM_BEAT_US)
            continue;
        stream->head = strdup(beat_text);
        stream->head_len = strlen(beat_text);
        stream->head_at = 0;
        resume(stream);
    }
}

void hs_streams_end(struct hs_streams *streams)
{
    for (struct hs_stream *stream = streams->first; stream; stream = stream->next)
        end(stream);
}

/* ---- coming and going -------------------------------------------------------------------- */

static void on_free(void *context)
{
    struct hs_stream *stream = context;

    if (stream->link) {
        *stream->link = stream->next;
        if (stream->next)
            stream->next->link = stream->link;
        stream->streams->count--;
    }
    if (stream->closed)
        event_free(stream->closed);
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream->head);
    free(stream);
}

/* The kernel's buffer would hold megabytes for a client that does not read. */
static bool watch_socket(struct hs_stream *stream)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(stream->handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    int size = HS_STREAM_BUFFER, lost = HS_STREAM_LOST_MS;

    stream->fd = info ? dup(info->connect_fd) : -1;
    if (stream->fd < 0)
        return false;
    setsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    setsockopt(stream->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost, sizeof(lost));
    stream->closed = event_new(stream->streams->base, stream->fd,
                               EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_closed, stream);
    return stream->closed && event_add(stream->closed, NULL) == 0;
}

/* Where it begins, and what it says first. Returns false if there is no memory. */
static bool greet(struct hs_stream *stream, const char *since, const struct hs_worth *worth)
{
    const struct hs_news *news = stream->streams->news;
    const struct hs_news_item *before;
    bool found;

    stream->number = news->next;
    found = since && hs_news_find(news, since, &stream->number);
    before = hs_news_at(news, stream->number);
    stream->behind = before ? before->end - before->len : news->end;
    hs_news_greet(news, worth, found, since && !found, &stream->head, &stream->head_len);
    return stream->head;
}

static void put_in(struct hs_streams *streams, struct hs_stream *stream)
{
    stream->link = &streams->first;
    stream->next = streams->first;
    if (stream->next)
        stream->next->link = &stream->next;
    streams->first = stream;
    streams->count++;
}

struct MHD_Response *hs_stream_new(struct hs_streams *streams, struct MHD_Connection *handle,
                                   const char *since, const struct hs_worth *worth)
{
    struct hs_stream *stream = calloc(1, sizeof(*stream));
    struct MHD_Response *response;

    if (!stream)
        return NULL;
    *stream = (struct hs_stream){.streams = streams, .handle = handle, .fd = -1};
    stream->sent_at = hearsay_host_now().boot;
    if (!watch_socket(stream) || !greet(stream, since, worth)) {
        on_free(stream);
        return NULL;
    }
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_pull, stream, on_free);
    if (!response) {
        on_free(stream);
        return NULL;
    }
    put_in(streams, stream);
    return response;
}

void hs_streams_init(struct hs_streams *ret_streams, struct event_base *base, struct hs_news *news)
{
    *ret_streams = (struct hs_streams){.base = base, .news = news};
}
