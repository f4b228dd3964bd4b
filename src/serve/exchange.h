/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer, and what all of them share. */
#ifndef HS_SERVE_EXCHANGE_H
#define HS_SERVE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "serve/ask.h"
#include "serve/bodies.h"
#include "serve/endpoints.h"
#include "serve/etag.h"
#include "serve/outlook.h"
#include "serve/stream.h"
#include "serve/tally.h"

#define HS_SITE_NAMES_MAX 18 /* by which we are asked: those of --http-host, and this machine's */

/* What requests are answered from. */
struct hs_site {
    struct hs_outlook *outlook;
    struct hs_ask *ask;
    struct hs_streams *streams;
    const struct hs_dns_counts *dns;
    struct event *wake; /* to be made active after a connection was resumed */
    struct event *work; /* the next step of the bodies; a timer that is to be set to 0 */
    bool closing;       /* nothing may wait any more */
    struct hs_bodies bodies;
    struct hs_tally tally;
    const char *names[HS_SITE_NAMES_MAX]; /* besides that of the agent */
    size_t name_count;
};

enum hs_exchange_phase {
    HS_EXCHANGE_READING,   /* the head of a request, or the wait for one */
    HS_EXCHANGE_WAITING,   /* for the agent or a body; the connection is suspended */
    HS_EXCHANGE_ANSWERING, /* the client reads */
    HS_EXCHANGE_STREAMING, /* it reads events */
};

/* A connection with the request that it has at the moment. All zeroes: none yet. */
struct hs_exchange {
    struct hs_site *site;
    struct MHD_Connection *handle;
    enum hs_what what;
    bool checks_host; /* the listener is TCP, and not for metrics alone */
    enum hs_exchange_phase phase;
    uint64_t since;                     /* in this phase */
    uint64_t began;                     /* the request */
    const struct hs_endpoint *endpoint; /* that answers it; NULL: not known, or none */
    char *target;   /* path and query as the client wrote them; NULL: no request */
    bool head_only; /* the method is HEAD */
    struct hs_ask_waiter waiter;
    bool asked;
    struct hs_ask_answer answer; /* of the agent; it holds a reference */
    struct hs_bodies_waiter place;
    bool made;              /* what was waited for is `body`; NULL: there was no memory for it */
    struct hs_body *body;   /* a reference */
    char etag[HS_ETAG_MAX]; /* of what is waited for */
};

/* The line of a request has come. */
void hs_exchange_target(struct hs_exchange *exchange, const char *target);

/* The head of a request has come. MHD_NO ends the connection. */
enum MHD_Result hs_exchange_head(struct hs_exchange *exchange, const char *method);

/* Answers, or suspends the connection until the agent or a body is there. */
enum MHD_Result hs_exchange_answer(struct hs_exchange *exchange);

/* Waits no more. The site is closing. */
void hs_exchange_give_up(struct hs_exchange *exchange);

/* The answer has been read, or the connection has ended. */
void hs_exchange_end(struct hs_exchange *exchange);

#endif
