/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that change something. `join` and `leave` are answered when their outcome is known, so
 * that a script can rely on the exit code. The client may be gone by then, so it is identified by
 * its serial and not by a pointer.
 */
#include "agent/control/change.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/options/values.h"
#include "agent/parts/reload.h"
#include "ctl/ctl.h"

#define JOIN_ADDRS_MAX 64 /* per command */

/* ---- join -------------------------------------------------------------------------------- */

struct joining {
    struct hs_join_request request; /* first field, because seeds.c returns a pointer to it */
    const struct hs_context *context;
    uint64_t client;
};

static void join_done(struct hs_join_request *request)
{
    struct joining *joining = request->context;
    struct hs_client *client = hs_client_find(joining->context->clients, joining->client);

    if (client)
        hs_client_answer(client, json_pack("{s:b, s:O}", "ok", 1, "results", request->results));
    json_decref(request->results);
    free(joining);
}

/* An address of `join`; what cannot be one is said in the words that the settings have for it. */
static bool addr_valid(struct hs_client *client, const char *text)
{
    char host[HS_HOST_MAX], fault[HS_ERROR_TEXT_MAX];
    uint16_t port;

    if (hs_value_seed(text, host, &port, fault) == 0)
        return true;
    hs_client_fail(client, HS_CTL_ERROR_USAGE, "%s", fault);
    return false;
}

static bool addrs_valid(struct hs_client *client, const json_t *addrs)
{
    size_t count = json_array_size(addrs);

    if (!json_is_array(addrs) || count == 0 || count > JOIN_ADDRS_MAX) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "addrs is needed: an array of 1 to %d \"host:port\"", JOIN_ADDRS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(addrs, i));

        if (!addr_valid(client, text ? text : ""))
            return false;
    }
    return true;
}

void hs_command_join(const struct hs_context *context, struct hs_client *client,
                     const json_t *request)
{
    const json_t *addrs = json_object_get(request, "addrs");
    struct joining *joining;

    if (!addrs_valid(client, addrs))
        return;
    if (context->life->leaving) {
        hs_client_fail(client, HS_CTL_ERROR_REFUSED, "this agent is leaving");
        return;
    }
    joining = calloc(1, sizeof(*joining));
    if (!joining) {
        hs_client_answer(client, NULL);
        return;
    }
    joining->context = context;
    joining->client = hs_client_serial(client);
    joining->request = (struct hs_join_request){
        .done = join_done, .context = joining, .results = json_array(), .left = 1};
    for (size_t i = 0; i < json_array_size(addrs); i++) {
        const char *text = json_string_value(json_array_get(addrs, i));
        int r = hs_seeds_try(context->seeds, text, &joining->request);

        if (r < 0)
            hs_ctl_append(&joining->request.results,
                          json_pack("{s:s, s:s, s:s}", "seed", text, "result", "failed", "message",
                                    hearsay_strerror(r)));
    }
    if (--joining->request.left == 0)
        join_done(&joining->request);
}

/* ---- leaving ----------------------------------------------------------------------------- */

void hs_command_leave(const struct hs_context *context, struct hs_client *client,
                      const json_t *request)
{
    struct hs_leavers *leavers = context->leavers;

    (void)request;
    if (leavers->count == HS_CTL_CLIENTS_MAX) {
        hs_client_fail(client, HS_CTL_ERROR_REFUSED, "this agent is leaving already");
        return;
    }
    leavers->serials[leavers->count++] = hs_client_serial(client);
    if (!context->life->leaving)
        hs_life_leave(context->life);
}

void hs_leavers_answer(struct hs_leavers *leavers, const struct hs_clients *clients)
{
    for (size_t i = 0; i < leavers->count; i++) {
        struct hs_client *client = hs_client_find(clients, leavers->serials[i]);

        if (client)
            hs_client_answer(client, hs_ctl_ok());
    }
    leavers->count = 0;
}

void hs_command_force_leave(const struct hs_context *context, struct hs_client *client,
                            const json_t *request)
{
    const char *name;
    int prune = 0, r;

    if (json_unpack(hs_json_mutable(request), "{s:s, s?b}", "name", &name, "prune", &prune) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "name is needed and must be text, prune true or false");
        return;
    }
    r = hearsay_node_force_leave(context->node, context->clock->now, name, prune != 0);
    if (r == 0)
        hs_client_answer(client, hs_ctl_ok());
    else if (r == HEARSAY_ERR_NOTFOUND)
        hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND, "no member named %.128s", name);
    else if (r == HEARSAY_ERR_ALIVE)
        hs_client_fail(client, HS_CTL_ERROR_REFUSED,
                       "%.128s is alive: only suspect and dead members can be forced out", name);
    else
        hs_client_fail(client, hs_ctl_error_from(r), "%s", hearsay_strerror(r));
}

/* ---- tags -------------------------------------------------------------------------------- */

/* NULL: no memory. */
static json_t *own_tags(const struct hs_context *context)
{
    struct hearsay_member self;
    json_t *member, *tags;

    hearsay_node_self(context->node, context->clock->now, &self);
    member = hs_json_member(&self);
    tags = json_incref(json_object_get(member, "tags"));
    json_decref(member);
    return tags;
}

/* Sets this member's tags, and answers. Takes over the reference to `tags`. */
static void apply_tags(const struct hs_context *context, struct hs_client *client, json_t *tags)
{
    struct hearsay_tag pairs[HEARSAY_TAGS_COUNT];
    const char *key;
    json_t *value;
    size_t count = 0;
    int r;

    if (json_object_size(tags) > HEARSAY_TAGS_COUNT) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "at most %d tags", HEARSAY_TAGS_COUNT);
        json_decref(tags);
        return;
    }
    json_object_foreach(tags, key, value) pairs[count++] =
        (struct hearsay_tag){key, json_string_value(value)};
    r = hearsay_node_set_tags(context->node, context->clock->now, pairs, count);
    if (r == 0) {
        hs_client_answer(client, json_pack("{s:b, s:o}", "ok", 1, "tags", tags));
        return;
    }
    hs_client_fail(client, hs_ctl_error_from(r), "tags: %s (at most %d bytes in all)",
                   hearsay_strerror(r), HEARSAY_TAGS_MAX);
    json_decref(tags);
}

void hs_command_tags_set(const struct hs_context *context, struct hs_client *client,
                         const json_t *request)
{
    json_t *given = json_object_get(request, "tags"), *tags, *value;
    const char *key;

    if (!json_is_object(given) || json_object_size(given) == 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "tags is needed: an object of text by key");
        return;
    }
    json_object_foreach(given, key, value) if (!hs_value_tag_key(key) || !json_is_string(value) ||
                                               !hs_value_tag_value(json_string_value(value)))
    {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "tag \"%.64s\": the key must be 1 to %d letters, digits and . _ -, the "
                       "value text without control characters",
                       key, HEARSAY_TAG_KEY_MAX);
        return;
    }
    tags = own_tags(context);
    if (!tags || json_object_update(tags, given) < 0) { /* some of them must not pass for all */
        json_decref(tags);
        hs_client_answer(client, NULL);
        return;
    }
    apply_tags(context, client, tags);
}

void hs_command_tags_delete(const struct hs_context *context, struct hs_client *client,
                            const json_t *request)
{
    json_t *keys = json_object_get(request, "keys"), *tags;

    if (!json_is_array(keys) || json_array_size(keys) == 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "keys is needed: an array of tag keys");
        return;
    }
    tags = own_tags(context);
    if (!tags) {
        hs_client_answer(client, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *key = json_string_value(json_array_get(keys, i));

        if (key && json_object_del(tags, key) == 0)
            continue;
        hs_client_fail(client, key ? HS_CTL_ERROR_NOT_FOUND : HS_CTL_ERROR_USAGE,
                       "no tag \"%.64s\"", key ? key : "");
        json_decref(tags);
        return;
    }
    apply_tags(context, client, tags);
}

/* ---- weight ------------------------------------------------------------------------------ */

void hs_command_weight(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    const json_t *given = json_object_get(request, "weight");
    double weight = json_number_value(given);
    struct hearsay_member self;
    uint32_t tokens;
    int r = 0;

    if (given) {
        bool fits = json_is_number(given) && weight >= 0 && weight <= HEARSAY_TOKENS_MAX;
        uint64_t milli = fits ? (uint64_t)(weight * 1000 + 0.5) : 0;

        if (!fits || (milli == 0 && weight > 0) || hs_value_tokens(milli, &tokens) < 0) {
            hs_client_fail(client, HS_CTL_ERROR_USAGE,
                           "weight must be 0, which owns no keys, or a number from 0.01 to %d",
                           HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT);
            return;
        }
        r = hearsay_node_set_tokens(context->node, context->clock->now, tokens);
    }
    hearsay_node_self(context->node, context->clock->now, &self);
    if (r < 0)
        hs_client_fail(client, hs_ctl_error_from(r), "weight: %s", hearsay_strerror(r));
    else
        hs_client_answer(client, json_pack("{s:b, s:f, s:i}", "ok", 1, "weight",
                                           (double)self.tokens / HEARSAY_TOKENS_DEFAULT, "tokens",
                                           (int)self.tokens));
}

/* ---- reload ------------------------------------------------------------------------------ */

void hs_command_reload(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    json_t *changed, *ignored, *answer;
    char error[HS_ERROR_TEXT_MAX];

    (void)request;
    if (hs_reload(context, &changed, &ignored, error) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_REFUSED, "%s", error);
        return;
    }
    answer = json_pack("{s:b, s:o, s:o}", "ok", 1, "changed", changed, "ignored", ignored);
    if (context->keys->is_credential)
        hs_ctl_put(&answer, "credential", json_true());
    hs_client_answer(client, answer);
}

/* ---- forget ------------------------------------------------------------------------------ */

struct forgetting {
    struct hs_state_wish wish; /* first field, because state.c returns a pointer to it */
    const struct hs_context *context;
    uint64_t client;
};

static void forgotten(struct hs_state_wish *wish, const char *error)
{
    struct forgetting *forgetting = (struct forgetting *)wish;
    struct hs_client *client = hs_client_find(forgetting->context->clients, forgetting->client);

    if (client && error)
        hs_client_fail(client, HS_CTL_ERROR_REFUSED, "%s", error);
    else if (client)
        hs_client_answer(client, hs_ctl_ok());
    free(forgetting);
}

void hs_command_forget(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    struct forgetting *forgetting = calloc(1, sizeof(*forgetting));
    char error[HS_ERROR_TEXT_MAX];

    (void)request;
    if (!forgetting) {
        hs_client_answer(client, NULL);
        return;
    }
    *forgetting = (struct forgetting){
        .wish.done = forgotten, .context = context, .client = hs_client_serial(client)};
    if (hs_state_forget(context->state, &forgetting->wish, error) == 0)
        return;
    hs_client_fail(client, HS_CTL_ERROR_REFUSED, "%s", error);
    free(forgetting);
}
