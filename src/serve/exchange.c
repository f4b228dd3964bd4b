/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library calls twice for a request: for its head, and when it is all there. Who answers at the
 * first call ends the connection, which is what a request with a body gets.
 */
#include "serve/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/event.h>

#include <hearsay/host.h>

#include "serve/etag.h"
#include "serve/exposition.h"
#include "serve/host.h"
#include "service/timer.h"

#define KEY_MAX (HS_TARGET_MAX + HS_ETAG_MAX)

/* ---- sending ----------------------------------------------------------------------------- */

static const char *header_of(const struct hs_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->handle, MHD_HEADER_KIND, name);
}

static void enter(struct hs_exchange *exchange, enum hs_exchange_phase phase)
{
    exchange->phase = phase;
    exchange->since = hearsay_host_now().boot;
}

static void add_headers(struct MHD_Response *response, const struct hs_reply *reply,
                        const char *etag)
{
    char seconds[16];

    MHD_add_response_header(response, "Content-Type", reply->type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy",
                            reply->policy ? reply->policy
                                          : "default-src 'none'; frame-ancestors 'none'");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cache-Control", etag[0] != '\0' ? "no-cache" : "no-store");
    if (etag[0] != '\0')
        MHD_add_response_header(response, "ETag", etag);
    if (reply->allow)
        MHD_add_response_header(response, "Allow", reply->allow);
    snprintf(seconds, sizeof(seconds), "%u", reply->retry_s);
    if (reply->retry_s > 0)
        MHD_add_response_header(response, "Retry-After", seconds);
}

static enum MHD_Result queue(struct hs_exchange *exchange, unsigned status,
                             struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(exchange->handle, status, response);
    const char *handler = exchange->endpoint ? exchange->endpoint->path : NULL;

    hs_tally_request(&exchange->site->tally, handler, status,
                     hearsay_host_now().boot - exchange->began);
    MHD_destroy_response(response);
    if (exchange->phase != HS_EXCHANGE_STREAMING)
        enter(exchange, HS_EXCHANGE_ANSWERING);
    return result;
}

static void free_body(void *body)
{
    hs_body_unref(body);
}

/* Takes over the reference to the body. */
static enum MHD_Result send_body(struct hs_exchange *exchange, const struct hs_reply *reply,
                                 struct hs_body *body, const char *etag)
{
    struct MHD_Response *response;

    if (!body)
        return MHD_NO;
    response = MHD_create_response_from_buffer_with_free_callback_cls(body->len, body->bytes,
                                                                      free_body, body);
    if (!response) {
        hs_body_unref(body);
        return MHD_NO;
    }
    add_headers(response, reply, etag);
    return queue(exchange, reply->status, response);
}

static enum MHD_Result send_not_modified(struct hs_exchange *exchange, const char *etag)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "ETag", etag);
    return queue(exchange, MHD_HTTP_NOT_MODIFIED, response);
}

/* Takes over the reference to the body, which the client perhaps has already. */
static enum MHD_Result send_unless_seen(struct hs_exchange *exchange, const struct hs_reply *reply,
                                        struct hs_body *body, const char *etag)
{
    const char *seen = header_of(exchange, MHD_HTTP_HEADER_IF_NONE_MATCH);

    if (!body || !seen || !hs_etag_matches(seen, etag))
        return send_body(exchange, reply, body, etag);
    hs_body_unref(body);
    return send_not_modified(exchange, etag);
}

/* Sends what the reply holds, and frees it. */
static enum MHD_Result send_reply(struct hs_exchange *exchange, struct hs_reply *reply)
{
    struct hs_body *body = hs_body_new(reply->body, reply->len);

    reply->body = NULL;
    hs_reply_fini(reply);
    return send_body(exchange, reply, body, "");
}

/* ---- what is refused --------------------------------------------------------------------- */

/* Nothing here can be changed, so there are two methods. */
static bool check_method(const char *method, struct hs_reply *reply)
{
    static const char *const known[] = {"POST",    "PUT",   "DELETE", "PATCH",
                                        "OPTIONS", "TRACE", "CONNECT"};

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(method, known[i]) == 0) {
            hs_reply_error(reply, 405, "usage", "only GET and HEAD are answered here");
            reply->allow = "GET, HEAD";
            return false;
        }
    hs_reply_error(reply, 501, "usage", "%.32s is no method that is known here: GET and HEAD are",
                   method);
    return false;
}

static enum MHD_Result count_host(void *context, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    unsigned *hosts = context;

    (void)kind;
    (void)value;
    *hosts += strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0;
    return MHD_YES;
}

static bool check_host(const struct hs_exchange *exchange, struct hs_reply *reply)
{
    const struct hs_site *site = exchange->site;
    const char *host = header_of(exchange, MHD_HTTP_HEADER_HOST);
    const char *names[HS_SITE_NAMES_MAX + 1];
    unsigned hosts = 0;

    MHD_get_connection_values(exchange->handle, MHD_HEADER_KIND, count_host, &hosts);
    if (hosts > 1) {
        hs_reply_usage(reply, "there is more than one Host");
        return false;
    }
    if (!host || !exchange->checks_host) /* a browser always sends one */
        return true;
    memcpy(names, site->names, sizeof(site->names));
    names[site->name_count] = hs_mirror_node(site->outlook->mirror);
    if (hs_host_is_ours(host, names, site->name_count + 1))
        return true;
    hs_reply_error(reply, 421, "usage",
                   "%.128s is no name of this server: ask by address, as localhost, or allow the "
                   "name with --http-host",
                   host);
    return false;
}

static bool check_body(const struct hs_exchange *exchange, struct hs_reply *reply)
{
    const char *length = header_of(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (!header_of(exchange, MHD_HTTP_HEADER_TRANSFER_ENCODING) &&
        (!length || strcmp(length, "0") == 0))
        return true;
    hs_reply_error(reply, 413, "usage", "a request here has no body");
    return false;
}

enum MHD_Result hs_exchange_head(struct hs_exchange *exchange, const char *method)
{
    struct hs_reply reply = {.status = 0};

    exchange->head_only = strcmp(method, "HEAD") == 0;
    if (check_host(exchange, &reply) && check_method(method, &reply) &&
        check_body(exchange, &reply))
        return MHD_YES;
    return send_reply(exchange, &reply);
}

/* ---- waiting ----------------------------------------------------------------------------- */

static void suspend(struct hs_exchange *exchange)
{
    enter(exchange, HS_EXCHANGE_WAITING);
    MHD_suspend_connection(exchange->handle);
}

/* The library will ask for the answer once more. */
static void resume(struct hs_exchange *exchange)
{
    MHD_resume_connection(exchange->handle);
    event_active(exchange->site->wake, 0, 0);
}

/* ---- the agent's answer ------------------------------------------------------------------ */

static void on_answered(struct hs_ask_waiter *waiter, const struct hs_ask_answer *answer)
{
    struct hs_exchange *exchange =
        (struct hs_exchange *)((char *)waiter - offsetof(struct hs_exchange, waiter));

    exchange->asked = true;
    exchange->answer = *answer;
    if (answer->line)
        hs_body_ref(answer->line);
    resume(exchange);
}

/* Returns true if the connection is suspended until the agent has answered. */
static bool ask(struct hs_exchange *exchange, struct hs_reply *reply)
{
    bool waits;

    exchange->waiter.answered = on_answered;
    waits = !hs_ask_put(exchange->site->ask, reply->ask, &exchange->waiter, &exchange->answer);
    hs_reply_fini(reply);
    *reply = (struct hs_reply){.status = 0};
    exchange->asked = !waits;
    if (!waits && exchange->answer.line)
        hs_body_ref(exchange->answer.line);
    if (waits)
        suspend(exchange);
    return waits;
}

/* ---- large answers ----------------------------------------------------------------------- */

/* What an answer depends on, but for the time. */
static void make_key(char key[KEY_MAX], const char *target, const struct hs_request *request)
{
    struct hs_mirror_state state = hs_mirror_state(request->mirror);
    const struct hs_worth *worth = &request->worth;

    snprintf(key, KEY_MAX, "%s %s %d%d%d%d%d", target, state.id, (int)worth->ready,
             (int)worth->isolated, (int)(worth->stale_us > 0), (int)worth->gone,
             (int)hs_form_accepted(request->accept));
}

/* Sends bytes of the program itself, of which nobody needs a copy. */
static enum MHD_Result send_constant(struct hs_exchange *exchange, const struct hs_reply *reply)
{
    void *bytes = (void *)(uintptr_t)reply->constant; /* the library only reads them */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->len, bytes, MHD_RESPMEM_PERSISTENT);

    if (!response)
        return MHD_NO;
    add_headers(response, reply, "");
    return queue(exchange, reply->status, response);
}

static void on_body(struct hs_bodies_waiter *waiter, enum hs_bodies_outcome outcome,
                    struct hs_body *body)
{
    struct hs_exchange *exchange =
        (struct hs_exchange *)((char *)waiter - offsetof(struct hs_exchange, place));

    exchange->made = outcome != HS_BODIES_AGAIN;
    if (body)
        exchange->body = hs_body_ref(body);
    resume(exchange);
}

/* Waits for what was begun, with this validator, or for a place. */
static enum MHD_Result await_body(struct hs_exchange *exchange, const char *etag)
{
    snprintf(exchange->etag, sizeof(exchange->etag), "%s", etag);
    hs_timer_set(exchange->site->work, 0);
    suspend(exchange);
    return MHD_YES;
}

/* Sends what was waited for. */
static enum MHD_Result send_made(struct hs_exchange *exchange)
{
    struct hs_body *body = exchange->body;
    struct hs_reply reply = {.status = 200};

    exchange->body = NULL;
    exchange->made = false;
    if (!body) {
        hs_reply_json(&reply, NULL);
        return send_reply(exchange, &reply);
    }
    reply.type = body->type;
    return send_unless_seen(exchange, &reply, body, body->fixed ? exchange->etag : "");
}

/* There is no place for an answer. It is made anew when there is one, if that can be soon. */
static enum MHD_Result do_without_place(struct hs_exchange *exchange, struct hs_reply *reply)
{
    hs_reply_fini(reply);
    if (hs_bodies_line_up(&exchange->site->bodies, &exchange->place))
        return await_body(exchange, "");
    hs_reply_error(reply, 503, "unavailable", "too many large answers are being read");
    reply->retry_s = 1;
    return send_reply(exchange, reply);
}

/* Sends the body that a reply has become, and keeps it if it is large. */
static enum MHD_Result share_body(struct hs_exchange *exchange, struct hs_reply *reply,
                                  struct hs_body *body, const char *key, const char *etag,
                                  uint64_t now)
{
    struct hs_bodies *bodies = &exchange->site->bodies;

    if (!body || body->len <= HS_BODIES_LARGE)
        return send_unless_seen(exchange, reply, body, etag);
    if (!hs_bodies_has_room(bodies)) {
        hs_body_unref(body);
        return do_without_place(exchange, reply);
    }
    body->type = reply->type;
    body->fixed = etag[0] != '\0';
    hs_bodies_add(bodies, key, body, now);
    return send_unless_seen(exchange, reply, body, etag);
}

static enum MHD_Result share_reply(struct hs_exchange *exchange, struct hs_reply *reply,
                                   const char *key, const char *etag, uint64_t now)
{
    struct hs_body *body;

    if (reply->constant)
        return send_constant(exchange, reply);
    if (reply->status != 200)
        return send_reply(exchange, reply);
    body = hs_body_new(reply->body, reply->len);
    reply->body = NULL;
    return share_body(exchange, reply, body, key, etag, now);
}

/* A step is made at once, so that a short answer waits for nothing; but only a piece of it while
 * others wait for their turn. */
static enum MHD_Result share_draft(struct hs_exchange *exchange, struct hs_reply *reply,
                                   const char *key, const char *etag, uint64_t now)
{
    struct hs_bodies *bodies = &exchange->site->bodies;
    struct hs_draft *draft = reply->draft;

    switch (hs_draft_write(draft, hs_bodies_drafting(bodies) ? 0 : now + HS_DRAFT_STEP_US)) {
    case HS_DRAFT_FAILED:
        break;
    case HS_DRAFT_DONE:
        reply->draft = NULL;
        reply->type = hs_draft_type(draft);
        return share_body(exchange, reply, hs_draft_finish(draft), key, etag, now);
    case HS_DRAFT_MORE:
        if (!hs_bodies_begin(bodies, key, draft, etag[0] != '\0', &exchange->place, now))
            return do_without_place(exchange, reply);
        reply->draft = NULL;
        return await_body(exchange, etag);
    }
    hs_reply_json(reply, NULL);
    return send_reply(exchange, reply);
}

/* ---- answering --------------------------------------------------------------------------- */

static ssize_t end_at_once(void *context, uint64_t pos, char *buffer, size_t room)
{
    (void)context;
    (void)pos;
    (void)buffer;
    (void)room;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* A stream of which only the head is wanted takes no place. The library would end a body in chunks
 * that it has not begun, so there are none. */
static struct MHD_Response *bodiless_stream(void)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, end_at_once, NULL, NULL);

    if (response)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

static enum MHD_Result send_stream(struct hs_exchange *exchange, const struct hs_request *request,
                                   struct hs_reply *reply)
{
    struct hs_streams *streams = exchange->site->streams;
    const char *since = header_of(exchange, "Last-Event-ID");
    struct MHD_Response *response;

    if (hs_args_get(request->args, "since"))
        since = hs_args_get(request->args, "since");
    if (streams->count >= HS_STREAMS_MAX) {
        hs_reply_error(reply, 503, "unavailable", "there are %d streams already", HS_STREAMS_MAX);
        reply->retry_s = 5;
        return send_reply(exchange, reply);
    }
    if (exchange->head_only)
        response = bodiless_stream();
    else
        response = hs_stream_new(streams, exchange->handle, since, &request->worth);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Accel-Buffering", "no");
    MHD_set_connection_option(exchange->handle, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
    if (!exchange->head_only)
        enter(exchange, HS_EXCHANGE_STREAMING);
    return queue(exchange, MHD_HTTP_OK, response);
}

/* Answers from what is known, from an answer that is made or being made, or asks the agent. */
static enum MHD_Result answer_endpoint(struct hs_exchange *exchange,
                                       const struct hs_endpoint *endpoint,
                                       struct hs_request *request, struct hs_reply *reply)
{
    struct hs_mirror_state state = hs_mirror_state(request->mirror);
    struct hs_bodies *bodies = &exchange->site->bodies;
    char etag[HS_ETAG_MAX] = "", key[KEY_MAX];
    struct hs_body *body;

    if (endpoint->traits & HS_TRAIT_FIXED)
        hs_etag_make(etag, &state, &request->worth);
    make_key(key, exchange->target, request);
    exchange->place.called = on_body;
    body = hs_bodies_find(bodies, key, request->now);
    if (body) {
        *reply = (struct hs_reply){.status = 200, .type = body->type};
        return send_unless_seen(exchange, reply, body, body->fixed ? etag : "");
    }
    if (hs_bodies_join(bodies, key, &exchange->place))
        return await_body(exchange, etag);
    hs_endpoint_answer(endpoint, request, reply);
    if (reply->ask) {
        if (ask(exchange, reply))
            return MHD_YES;
        request->asked = &exchange->answer;
        hs_endpoint_answer(endpoint, request, reply);
    }
    /* The agent's answer may be of a view before or behind that of the mirror. */
    if (request->asked)
        etag[0] = '\0';
    enum MHD_Result result =
        (reply->draft ? share_draft : share_reply)(exchange, reply, key, etag, request->now);
    hs_reply_fini(reply);
    return result;
}

static void fill_request(struct hs_request *request, const struct hs_exchange *exchange,
                         const struct hs_args *args)
{
    struct hs_outlook *outlook = exchange->site->outlook;
    struct hearsay_now now = hearsay_host_now();

    *request = (struct hs_request){.mirror = outlook->mirror,
                                   .worth = hs_outlook_worth(outlook, now.boot),
                                   .silence_us = hs_outlook_silence_us(outlook, now.boot),
                                   .args = args,
                                   .rest = "",
                                   .asked = exchange->asked ? &exchange->answer : NULL,
                                   .accept = header_of(exchange, MHD_HTTP_HEADER_ACCEPT),
                                   .streams = exchange->site->streams->count,
                                   .tally = &exchange->site->tally,
                                   .dns = exchange->site->dns,
                                   .now = now.boot,
                                   .wall = now.wall};
}

static enum MHD_Result send_closing(struct hs_exchange *exchange)
{
    struct hs_reply reply = {.status = 0};

    hs_reply_error(&reply, 503, "unavailable", "this server is being stopped");
    reply.retry_s = 1;
    return send_reply(exchange, &reply);
}

enum MHD_Result hs_exchange_answer(struct hs_exchange *exchange)
{
    struct hs_reply reply = {.status = 0};
    const struct hs_endpoint *endpoint;
    struct hs_request request;
    struct hs_args args;
    char sentence[HS_ARGS_FAULT_MAX];

    if (exchange->made)
        return send_made(exchange);
    if (exchange->site->closing)
        return send_closing(exchange);
    if (hs_args_read(&args, exchange->target, "add remove set", sentence) < 0) {
        hs_reply_usage(&reply, sentence);
        return send_reply(exchange, &reply);
    }
    fill_request(&request, exchange, &args);
    endpoint = hs_endpoint_find(args.path, exchange->what, &request.rest);
    exchange->endpoint = endpoint;
    if (!endpoint) {
        hs_reply_error(&reply, 404, "not-found", "there is nothing at %.128s%s", args.path,
                       exchange->what == HS_WHAT_METRICS ? ": this listener is for metrics alone"
                                                         : "");
        return send_reply(exchange, &reply);
    }
    if (!(endpoint->traits & HS_TRAIT_STREAM))
        return answer_endpoint(exchange, endpoint, &request, &reply);
    if (hs_args_only(&args, endpoint->args, sentence) == 0)
        return send_stream(exchange, &request, &reply);
    hs_reply_usage(&reply, sentence);
    return send_reply(exchange, &reply);
}

/* ---- coming and going -------------------------------------------------------------------- */

void hs_exchange_target(struct hs_exchange *exchange, const char *target)
{
    free(exchange->target);
    exchange->target = strdup(target);
    exchange->began = hearsay_host_now().boot;
    exchange->endpoint = NULL;
}

void hs_exchange_give_up(struct hs_exchange *exchange)
{
    if (!exchange->waiter.question && !exchange->place.link)
        return;
    hs_ask_cancel(&exchange->waiter);
    hs_bodies_leave(&exchange->place);
    resume(exchange);
}

void hs_exchange_end(struct hs_exchange *exchange)
{
    hs_ask_cancel(&exchange->waiter);
    hs_bodies_leave(&exchange->place);
    hs_body_unref(exchange->answer.line);
    hs_body_unref(exchange->body);
    exchange->answer = (struct hs_ask_answer){.line = NULL};
    exchange->body = NULL;
    exchange->asked = exchange->made = false;
    free(exchange->target);
    exchange->target = NULL;
    enter(exchange, HS_EXCHANGE_READING);
}
