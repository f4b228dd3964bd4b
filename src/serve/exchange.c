/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/exchange.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/host.h>

/* ---- what is refused --------------------------------------------------------------------- */

static bool is_one_of(const char *method, const char *const *methods, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

/* Nothing here can be changed, so there are two methods. Returns false if it is another one. */
static bool check_method(const char *method, struct hs_reply *reply)
{
    static const char *const known[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"};

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    if (is_one_of(method, known, sizeof(known) / sizeof(known[0]))) {
        hs_reply_error(reply, 405, "usage", "only GET and HEAD are answered here");
        reply->allow = "GET, HEAD";
    } else {
        hs_reply_error(reply, 501, "usage", "there is no such method: only GET and HEAD");
    }
    return false;
}

/* ---- the answer -------------------------------------------------------------------------- */

static void fill_request(struct hs_request *request, struct hs_outlook *outlook,
                         const struct hs_args *args)
{
    struct hearsay_now now = hearsay_host_now();

    *request = (struct hs_request){.mirror = outlook->mirror,
                                   .worth = hs_outlook_worth(outlook, now.boot),
                                   .silence_us = hs_outlook_silence_us(outlook, now.boot),
                                   .args = args,
                                   .rest = "",
                                   .now = now.boot,
                                   .wall = now.wall};
}

static void make_reply(struct hs_outlook *outlook, enum hs_what what, const char *method,
                       const char *target, struct hs_reply *reply)
{
    const struct hs_endpoint *endpoint;
    struct hs_request request;
    struct hs_args args;
    char sentence[HS_ARGS_FAULT_MAX];

    if (!check_method(method, reply))
        return;
    if (hs_args_read(&args, target, "remove add set", sentence) < 0) {
        hs_reply_usage(reply, sentence);
        return;
    }
    fill_request(&request, outlook, &args);
    endpoint = hs_endpoint_find(args.path, what, &request.rest);
    if (endpoint)
        hs_endpoint_answer(endpoint, &request, reply);
    else
        hs_reply_error(reply, 404, "not-found", "there is nothing at %.128s", args.path);
}

static void add_headers(struct MHD_Response *response, const struct hs_reply *reply)
{
    char seconds[16];

    MHD_add_response_header(response, "Content-Type", reply->type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; frame-ancestors 'none'");
    MHD_add_response_header(response, "Cache-Control", reply->fixed ? "no-cache" : "no-store");
    if (reply->allow)
        MHD_add_response_header(response, "Allow", reply->allow);
    snprintf(seconds, sizeof(seconds), "%u", reply->retry_s);
    if (reply->retry_s > 0)
        MHD_add_response_header(response, "Retry-After", seconds);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct hs_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response) {
        hs_reply_fini(reply);
        return MHD_NO;
    }
    reply->body = NULL; /* the response has it */
    add_headers(response, reply);
    result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    hs_reply_fini(reply);
    return result;
}

enum MHD_Result hs_exchange(struct MHD_Connection *connection, struct hs_outlook *outlook,
                            enum hs_what what, const char *method, const char *target)
{
    struct hs_reply reply = {.status = 0};

    make_reply(outlook, what, method, target, &reply);
    return send_reply(connection, &reply);
}
