/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring` and `lookup`. Both read the ring of the last RING event, so their answers agree with it.
 * The members and pieces of a ring are written one by one while the client reads. The answer holds
 * a reference, so that all of it is about one ring.
 */
#include "agent/control/ring.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "agent/parts/ring_tally.h"
#include "agent/parts/rings.h"
#include "ctl/ctl.h"
#include "ctl/ring_json.h"

bool hs_ring_view_parse(struct hs_client *client, const json_t *request, struct hs_ring_view *view)
{
    json_int_t n = 0;
    int zones = 0, ranges = 0;

    if (json_unpack(hs_json_mutable(request), "{s?I, s?b, s?b}", "n", &n, "zones", &zones, "ranges",
                    &ranges) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "n must be a number, zones and ranges must be true or false");
        return false;
    }
    if (json_object_get(request, "n") && (n < 1 || n > HEARSAY_REPLICAS_MAX)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "n must be 1 to %d", HEARSAY_REPLICAS_MAX);
        return false;
    }
    *view = (struct hs_ring_view){.n = (uint32_t)n, .zones = zones != 0, .ranges = ranges != 0};
    return true;
}

/* ---- ring -------------------------------------------------------------------------------- */

struct ring_answer {
    struct hs_stream stream; /* first field, because client.c passes a pointer to it */
    struct hearsay_ring *ring;
    struct hs_tally *tally; /* of replicas; NULL: not requested */
    const struct hs_context *context;
    struct hearsay_ring *empty;    /* the pieces are the difference from it; NULL: not requested */
    struct hearsay_ring_diff walk; /* over the pieces */
    size_t at;                     /* of members, then of pieces */
    uint64_t version;
    enum { COUNT, HEAD, MEMBERS, RANGES } next;
};

static json_t *ring_member(const struct ring_answer *answer, uint32_t index)
{
    double replicas = 0;

    if (answer->tally)
        replicas = hearsay_ring_fraction(answer->tally->members[index].share[HS_BEFORE]);
    return hs_ctl_ring_member(
        answer->ring, index, answer->tally ? &replicas : NULL,
        hs_answer_is_held(answer->context, hearsay_ring_member_at(answer->ring, index).name));
}

static void write_head(struct ring_answer *answer, struct hs_client *client)
{
    json_t *fields = hs_ctl_ring_head(answer->ring, answer->version);

    if (answer->tally) {
        hs_ctl_put(&fields, "n", json_integer(answer->tally->n));
        hs_ctl_put(&fields, "zones", json_boolean(answer->tally->zones));
    }
    hs_client_open(client, hs_answer_view(answer->context, fields), "members");
}

static void write_next(struct ring_answer *answer, struct hs_client *client, json_t *object)
{
    if (answer->at++ > 0)
        hs_client_write(client, ",");
    hs_client_write_json(client, object);
    json_decref(object);
}

/* After the members come the pieces, if they were requested. */
static bool begin_ranges(struct ring_answer *answer, struct hs_client *client)
{
    answer->next = RANGES;
    answer->at = 0;
    hs_client_write(client, answer->empty ? "],\"ranges\":[" : "]}");
    if (answer->empty)
        hearsay_ring_diff_begin(&answer->walk, answer->empty, answer->ring, 1, false);
    return answer->empty;
}

/* The pieces of a ring are its difference from an empty ring. */
static bool write_range(struct ring_answer *answer, struct hs_client *client)
{
    struct hearsay_ring_move move;

    switch (hearsay_ring_diff_step(&answer->walk, HS_RING_ANSWER_UNITS, &move)) {
    case HEARSAY_RING_MORE:
        return true;
    case HEARSAY_RING_PIECE:
        write_next(answer, client,
                   json_pack("{s:o, s:o, s:s}", "first", hs_ctl_hex64(move.first), "last",
                             hs_ctl_hex64(move.last), "owner",
                             hearsay_ring_member_at(answer->ring, move.after[0]).name));
        return true;
    case HEARSAY_RING_DONE:
        break;
    }
    hs_client_write(client, "]}");
    return false;
}

static bool ring_more(struct hs_stream *stream, struct hs_client *client)
{
    struct ring_answer *answer = (struct ring_answer *)stream;

    switch (answer->next) {
    case COUNT:
        if (!answer->tally || !hs_tally_step(answer->tally))
            answer->next = HEAD;
        return true;
    case HEAD:
        write_head(answer, client);
        answer->next = MEMBERS;
        return true;
    case MEMBERS:
        if (answer->at == hearsay_ring_members(answer->ring))
            return begin_ranges(answer, client);
        write_next(answer, client, ring_member(answer, (uint32_t)answer->at));
        return true;
    case RANGES:
        break;
    }
    return write_range(answer, client);
}

static void ring_free(struct hs_stream *stream)
{
    struct ring_answer *answer = (struct ring_answer *)stream;

    hs_tally_free(answer->tally);
    hearsay_ring_unref(answer->empty);
    hs_rings_drop(answer->context->rings, answer->ring);
    free(answer);
}

void hs_command_ring(const struct hs_context *context, struct hs_client *client,
                     const json_t *request)
{
    const struct hearsay_ring *ring = hearsay_node_ring(context->node);
    struct hs_ring_view view;
    struct ring_answer *answer;
    bool made = true;

    if (!hs_ring_view_parse(client, request, &view))
        return;
    answer = calloc(1, sizeof(*answer));
    if (!answer) {
        hs_client_answer(client, NULL);
        return;
    }
    answer->stream = (struct hs_stream){.more = ring_more, .free = ring_free};
    answer->context = context;
    answer->ring = hearsay_ring_ref(ring);
    answer->version = hearsay_node_ring_version(context->node);
    if (view.n > 0)
        answer->tally = hs_tally_new(ring, ring, view.n, view.zones);
    if (view.ranges)
        made = hearsay_ring_new(&answer->empty, &context->rings->allocator, NULL, 0) == 0;
    if (!made || (view.n > 0 && !answer->tally)) {
        ring_free(&answer->stream);
        hs_client_answer(client, NULL);
        return;
    }
    hs_client_stream(client, &answer->stream);
}

/* ---- lookup ------------------------------------------------------------------------------ */

static json_t *owner_json(const void *data, const char *name)
{
    const struct hs_context *context = data;
    struct hearsay_member member;

    /* A member that has died since the ring was made still owns its keys until the next ring. */
    if (hearsay_node_member(context->node, context->clock->now, name, &member) < 0)
        return hs_ctl_owner(name, NULL, HEARSAY_STATUS_NONE);
    return hs_ctl_owner(name, &member.addr, member.status);
}

/* The bytes of the key that a request names, as text or in hex. */
struct key {
    char *bytes; /* to be freed */
    size_t len;
};

static bool parse_hex_key(struct hs_client *client, const char *hex, size_t len, struct key *key)
{
    key->len = len / 2;
    key->bytes = malloc(key->len + 1);
    if (!key->bytes) {
        hs_client_answer(client, NULL);
        return false;
    }
    if (hs_ctl_parse_hex(hex, len, key->bytes) == 0)
        return true;
    hs_client_fail(client, HS_CTL_ERROR_USAGE, "key_hex must be pairs of hex digits");
    free(key->bytes);
    return false;
}

/* Returns false if it has answered with an error. */
static bool parse_key(struct hs_client *client, const json_t *request, struct key *key)
{
    const json_t *text = json_object_get(request, "key"),
                 *hex = json_object_get(request, "key_hex");

    if (!!text == !!hex || !json_is_string(text ? text : hex)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "the key is needed, once: key (text) or key_hex (its bytes)");
        return false;
    }
    if (hex)
        return parse_hex_key(client, json_string_value(hex), json_string_length(hex), key);
    key->len = json_string_length(text);
    key->bytes = malloc(key->len + 1);
    if (!key->bytes) {
        hs_client_answer(client, NULL);
        return false;
    }
    memcpy(key->bytes, json_string_value(text), key->len);
    return true;
}

void hs_command_lookup(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    json_int_t n = 1;
    int zones = 0;
    struct key key;

    if (json_unpack(hs_json_mutable(request), "{s?I, s?b}", "n", &n, "zones", &zones) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "n must be a number, zones true or false");
        return;
    }
    if (n < 1) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "n must be 1 or more");
        return;
    }
    if (hearsay_ring_members(hearsay_node_ring(context->node)) == 0) {
        hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND, "%s", HS_CTL_NO_OWNER);
        return;
    }
    if (!parse_key(client, request, &key))
        return;
    hs_client_answer(
        client,
        hs_answer_view(context, hs_ctl_lookup(hearsay_node_ring(context->node), key.bytes, key.len,
                                              (size_t)n, zones != 0, owner_json, context)));
    free(key.bytes);
}
