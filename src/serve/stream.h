/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of server-sent events. A stream is pulled by the library when its client can take more.
 * With nothing to send it is suspended, and resumed by the next event. It copies nothing but what
 * it writes, so that a slow client costs no memory; one that is too far behind is closed, and comes
 * back with the id of the last event that it has seen.
 */
#ifndef HS_SERVE_STREAM_H
#define HS_SERVE_STREAM_H

#include <stdint.h>

#include <microhttpd.h>

#include "serve/news.h"

struct event_base;
struct event;

#define HS_STREAMS_MAX       48
#define HS_STREAM_UNREAD_MAX (256 * 1024) /* bytes of events that a client has not taken */
#define HS_STREAM_BEAT_US    15000000     /* a comment goes out when nothing else has for so long */
#define HS_STREAM_BUFFER     (64 * 1024)  /* bytes of the socket's buffer */
#define HS_STREAM_LOST_MS    60000        /* TCP gives a client up that acknowledges nothing */

struct hs_stream;

struct hs_streams {
    struct event_base *base;
    struct event *wake; /* to be made active after a connection was resumed */
    struct hs_news *news;
    struct hs_stream *first;
    size_t count;
};

/* Both are borrowed. */
void hs_streams_init(struct hs_streams *ret_streams, struct event_base *base, struct hs_news *news);

/* Makes the response of a stream that goes on after the event `since`; NULL: it begins now. The
 * result is NULL if there is no memory. The stream ends with the response. */
struct MHD_Response *hs_stream_new(struct hs_streams *streams, struct MHD_Connection *handle,
                                   const char *since, const struct hs_worth *worth);

/* There are new events. */
void hs_streams_wake(struct hs_streams *streams);

/* Time has passed. `now` is in microseconds of a clock that only goes forward. */
void hs_streams_tick(struct hs_streams *streams, uint64_t now);

/* Ends all streams. */
void hs_streams_end(struct hs_streams *streams);

#endif
