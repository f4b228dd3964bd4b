/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of HTTP as an endpoint makes it: status, type and bytes. */
#ifndef HS_SERVE_REPLY_H
#define HS_SERVE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "serve/draft.h"

#define HS_TYPE_JSON "application/json"
#define HS_TYPE_HTML "text/html; charset=utf-8"

struct hs_reply {
    unsigned status;      /* of HTTP */
    const char *type;     /* of the content; a constant */
    char *body;           /* to be freed with free() */
    const void *constant; /* instead of `body`: bytes that stay for as long as the program */
    size_t len;
    const char *policy;     /* Content-Security-Policy; NULL: nothing may be loaded */
    const char *allow;      /* for 405: the methods that are allowed; NULL: none */
    unsigned retry_s;       /* for 503: when to come again; 0: not said */
    struct hs_draft *draft; /* instead of a body: 200 with what it will be; NULL: none */
    json_t *ask;            /* the request for the agent that is to be answered first; NULL: none */
};

/* 200 with these bytes, which are taken over; they are from malloc. NULL: 500. */
void hs_reply_bytes(struct hs_reply *reply, const char *type, char *bytes, size_t len);

/* 200 with bytes that stay for as long as the program. */
void hs_reply_constant(struct hs_reply *reply, const char *type, const void *bytes, size_t len);

/* 200 with an object, which is taken over. NULL, because memory was out: 500. */
void hs_reply_json(struct hs_reply *reply, json_t *object);

/* 200 with a draft, which is taken over. NULL, because memory was out: 500. */
void hs_reply_draft(struct hs_reply *reply, struct hs_draft *draft);

/* An error in the control protocol's form, {"ok":false,"error":…,"message":…}. `error` is usage,
 * not-found, refused, denied, internal or unavailable. */
void hs_reply_error(struct hs_reply *reply, unsigned status, const char *error, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));

/* 400. */
void hs_reply_usage(struct hs_reply *reply, const char *sentence);

/* 503 because the agent is not there, with Retry-After. */
void hs_reply_gone(struct hs_reply *reply);

/* Frees what it holds. */
void hs_reply_fini(struct hs_reply *reply);

#endif
