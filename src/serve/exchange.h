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
    struct hs_bodies bodies;
    struct hs_tally tally;
    const char *names[HS_SITE_NAMES_MAX]; /* besides that of the agent */
    size_t name_count;
};

enum hs_exchange_phase {
    HS_EXCHANGE_READING,   /* the head of a request, or the wait for one */
    HS_EXCHANGE_ASKING,    /* the agent; the connection is suspended */
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
};

/* The line of a request has come. */
void hs_exchange_target(struct hs_exchange *exchange, const char *target);

/* The head of a request has come. MHD_NO ends the connection. */
enum MHD_Result hs_exchange_head(struct hs_exchange *exchange, const char *method);

/* Answers, or suspends the connection until the agent has. */
enum MHD_Result hs_exchange_answer(struct hs_exchange *exchange);

/* Waits for the agent no more: what it would have said is not there. */
void hs_exchange_give_up(struct hs_exchange *exchange);

/* The answer has been read, or the connection has ended. */
void hs_exchange_end(struct hs_exchange *exchange);

#endif
