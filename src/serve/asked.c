/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/asked.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/ring.h>

#include "ctl/plan.h"

/* ---- what the agent has said ------------------------------------------------------------- */

static unsigned status_of(enum hs_ctl_error error)
{
    switch (error) {
    case HS_CTL_ERROR_USAGE:
        return 400;
    case HS_CTL_ERROR_NOT_FOUND:
        return 404;
    case HS_CTL_ERROR_REFUSED:
    case HS_CTL_ERROR_DENIED:
        return 503;
    case HS_CTL_ERROR_INTERNAL:
    case HS_CTL_ERROR_COUNT:
        break;
    }
    return 500;
}

static enum hs_ctl_error error_of(const char *name)
{
    enum hs_ctl_error error = HS_CTL_ERROR_USAGE;

    while (name && error < HS_CTL_ERROR_COUNT && strcmp(hs_ctl_error_name(error), name) != 0)
        error++;
    return name ? error : HS_CTL_ERROR_INTERNAL;
}

/* {"ok":false,"error":…,"message":…}, or something else that was not expected. */
static void reply_error(const struct hs_body *line, struct hs_reply *reply)
{
    json_t *object = NULL;
    const char *error, *message;

    hs_ctl_parse(line->bytes, line->len, &object);
    error = json_string_value(json_object_get(object, "error"));
    message = json_string_value(json_object_get(object, "message"));
    hs_reply_error(reply, status_of(error_of(error)), error ? error : "internal", "%s",
                   message ? message : "the agent's answer cannot be read");
    if (reply->status == 503)
        reply->retry_s = 1;
    json_decref(object);
}

/* The line without its `ok`, and with `stale_us` if the agent has become silent since. */
static void reply_line(const struct hs_request *request, const char *fields, struct hs_reply *reply)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out) {
        fputc('{', out);
        if (request->worth.stale_us > 0)
            fprintf(out, "\"stale_us\":%" PRIu64 "%s", request->worth.stale_us,
                    fields[0] == '}' ? "" : ",");
        fprintf(out, "%s\n", fields);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    hs_reply_bytes(reply, HS_TYPE_JSON, text, len);
}

void hs_asked_reply(const struct hs_request *request, struct hs_reply *reply)
{
    static const char good[] = "{\"ok\":true";
    const struct hs_body *line = request->asked->line;
    size_t len = sizeof(good) - 1;

    switch (request->asked->outcome) {
    case HS_ASK_ANSWERED:
        if (strncmp(line->bytes, good, len) == 0)
            reply_line(request, line->bytes + len + (line->bytes[len] == ','), reply);
        else
            reply_error(line, reply);
        return;
    case HS_ASK_SILENT:
        hs_reply_error(reply, 504, "unavailable", "the agent has not answered within %d s",
                       HS_ASK_WAIT_US / 1000000);
        return;
    case HS_ASK_GONE:
        hs_reply_gone(reply);
        return;
    case HS_ASK_FULL:
        hs_reply_error(reply, 503, "unavailable", "too many questions wait for the agent");
        reply->retry_s = 1;
        return;
    }
}

/* Asks, or answers if the agent has. Takes over the request. */
static void pass_on(const struct hs_request *request, json_t *question, struct hs_reply *reply)
{
    if (request->asked) {
        json_decref(question);
        hs_asked_reply(request, reply);
    } else if (question) {
        reply->ask = question;
    } else {
        hs_reply_json(reply, NULL);
    }
}

void hs_asked_status(const struct hs_request *request, struct hs_reply *reply)
{
    pass_on(request, json_pack("{s:s}", "cmd", "status"), reply);
}

void hs_asked_keys(const struct hs_request *request, struct hs_reply *reply)
{
    pass_on(request, json_pack("{s:s}", "cmd", "keys"), reply);
}

void hs_asked_version(const struct hs_request *request, struct hs_reply *reply)
{
    pass_on(request, json_pack("{s:s}", "cmd", "version"), reply);
}

void hs_asked_history(const struct hs_request *request, struct hs_reply *reply)
{
    pass_on(request, json_pack("{s:s}", "cmd", "ring-history"), reply);
}

void hs_asked_why(const struct hs_request *request, struct hs_reply *reply)
{
    pass_on(request, json_pack("{s:s, s:s}", "cmd", "why", "name", request->rest), reply);
}

/* ---- rings ------------------------------------------------------------------------------- */

/* Takes over the value. Without memory the object is NULL, and stays so. */
static void put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

static int put_number(json_t **question, const struct hs_args *args, const char *name, uint64_t max,
                      char sentence[HS_ARGS_FAULT_MAX])
{
    uint64_t number = 0;
    int err = hs_args_number(args, name, 1, max, &number, sentence);

    if (err == 0 && number > 0)
        put(question, name, json_integer((json_int_t)number));
    return err;
}

/* `n` and `zones`. */
static int put_view(json_t **question, const struct hs_args *args, char sentence[HS_ARGS_FAULT_MAX])
{
    bool zones = false;
    int err = put_number(question, args, "n", HEARSAY_REPLICAS_MAX, sentence);

    if (err == 0)
        err = hs_args_flag(args, "zones", &zones, sentence);
    if (err == 0 && zones)
        put(question, "zones", json_true());
    return err;
}

void hs_asked_ring(const struct hs_request *request, struct hs_reply *reply)
{
    char sentence[HS_ARGS_FAULT_MAX];
    json_t *question = json_pack("{s:s}", "cmd", "ring");

    if (put_view(&question, request->args, sentence) == 0) {
        pass_on(request, question, reply);
        return;
    }
    json_decref(question);
    hs_reply_usage(reply, sentence);
}

void hs_asked_diff(const struct hs_request *request, struct hs_reply *reply)
{
    char sentence[HS_ARGS_FAULT_MAX];
    json_t *question = json_pack("{s:s}", "cmd", "ring-diff");

    if (put_view(&question, request->args, sentence) == 0 &&
        put_number(&question, request->args, "from", INT64_MAX, sentence) == 0 &&
        put_number(&question, request->args, "to", INT64_MAX, sentence) == 0) {
        pass_on(request, question, reply);
        return;
    }
    json_decref(question);
    hs_reply_usage(reply, sentence);
}

/* ---- plans ------------------------------------------------------------------------------- */

static void append(json_t **question, const char *list, json_t *item)
{
    if (!json_object_get(*question, list))
        put(question, list, json_array());
    if (json_array_append_new(json_object_get(*question, list), item) < 0) {
        json_decref(*question);
        *question = NULL;
    }
}

/* Adds a member that comes (`add`), goes (`remove`) or changes (`set`). */
static int put_change(json_t **question, const struct hs_arg *arg, char sentence[HS_ARGS_FAULT_MAX])
{
    char fault[HS_CTL_PLAN_FAULT_MAX];
    json_t *item;

    if (strcmp(arg->name, "remove") == 0) {
        append(question, arg->name, json_string(arg->value));
        return 0;
    }
    item = hs_ctl_plan_member(arg->value, fault);
    if (!item && fault[0] != '\0') {
        snprintf(sentence, HS_ARGS_FAULT_MAX, "%.8s=%.240s", arg->name, fault);
        return HEARSAY_ERR_INVALID;
    }
    append(question, arg->name, item);
    return 0;
}

static int put_changes(json_t **question, const struct hs_args *args,
                       char sentence[HS_ARGS_FAULT_MAX])
{
    size_t changes = 0;

    for (size_t i = 0; i < args->count; i++) {
        const char *name = args->items[i].name;

        if (strcmp(name, "n") == 0 || strcmp(name, "zones") == 0)
            continue;
        if (put_change(question, &args->items[i], sentence) < 0)
            return HEARSAY_ERR_INVALID;
        changes++;
    }
    if (changes > 0)
        return 0;
    snprintf(sentence, HS_ARGS_FAULT_MAX,
             "say what is to change: add=NAME[:weight=W,zone=Z], remove=NAME or set=NAME:weight=W");
    return HEARSAY_ERR_INVALID;
}

void hs_asked_plan(const struct hs_request *request, struct hs_reply *reply)
{
    char sentence[HS_ARGS_FAULT_MAX];
    json_t *question = json_pack("{s:s}", "cmd", "ring-plan");

    if (put_view(&question, request->args, sentence) == 0 &&
        put_changes(&question, request->args, sentence) == 0) {
        pass_on(request, question, reply);
        return;
    }
    json_decref(question);
    hs_reply_usage(reply, sentence);
}
