/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define MESSAGE_MAX 512

static const char out_of_memory[] =
    "{\"ok\":false,\"error\":\"internal\",\"message\":\"out of memory\"}\n";

/* The body is empty if even the sentence about it has no room. */
static void fail_internal(struct hs_reply *reply)
{
    hs_reply_fini(reply);
    *reply = (struct hs_reply){.status = 500, .type = HS_TYPE_JSON};
    reply->body = malloc(sizeof(out_of_memory));
    if (!reply->body)
        return;
    for (size_t i = 0; i < sizeof(out_of_memory); i++)
        reply->body[i] = out_of_memory[i];
    reply->len = sizeof(out_of_memory) - 1;
}

void hs_reply_bytes(struct hs_reply *reply, const char *type, char *bytes, size_t len)
{
    if (!bytes) {
        fail_internal(reply);
        return;
    }
    free(reply->body);
    reply->status = 200;
    reply->type = type;
    reply->body = bytes;
    reply->len = len;
}

void hs_reply_constant(struct hs_reply *reply, const char *type, const void *bytes, size_t len)
{
    reply->status = 200;
    reply->type = type;
    reply->constant = bytes;
    reply->len = len;
}

void hs_reply_json(struct hs_reply *reply, json_t *object)
{
    size_t len = 0;
    char *text = object ? hs_ctl_dump(object, &len) : NULL;

    json_decref(object);
    hs_reply_bytes(reply, HS_TYPE_JSON, text, len);
}

void hs_reply_draft(struct hs_reply *reply, struct hs_draft *draft)
{
    if (!draft) {
        fail_internal(reply);
        return;
    }
    reply->status = 200;
    reply->draft = draft;
}

/* What a client has sent may be cut within a character. */
static void clean(char *message)
{
    if (hs_ctl_is_utf8(message, strlen(message)))
        return;
    for (; *message != '\0'; message++)
        if ((unsigned char)*message >= 0x80)
            *message = '?';
}

void hs_reply_error(struct hs_reply *reply, unsigned status, const char *error, const char *format,
                    ...)
{
    char message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    clean(message);
    hs_reply_json(reply, json_pack("{s:b, s:s, s:o}", "ok", 0, "error", error, "message",
                                   json_string(message)));
    if (reply->status == 200)
        reply->status = status;
}

void hs_reply_usage(struct hs_reply *reply, const char *sentence)
{
    hs_reply_error(reply, 400, "usage", "%s", sentence);
}

void hs_reply_gone(struct hs_reply *reply)
{
    hs_reply_error(reply, 503, "unavailable",
                   "the agent does not answer: nothing is known that is not too old");
    reply->retry_s = 1;
}

void hs_reply_fini(struct hs_reply *reply)
{
    free(reply->body);
    hs_draft_free(reply->draft);
    json_decref(reply->ask);
    reply->body = NULL;
    reply->draft = NULL;
    reply->ask = NULL;
}
