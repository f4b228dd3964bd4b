/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ring_json.h"
#include "serve/asked.h"

/* ---- ring -------------------------------------------------------------------------------- */

static json_t *range_json(const struct hearsay_ring *ring, const struct hearsay_ring_range *range)
{
    return json_pack("{s:o, s:o, s:s}", "first", hs_ctl_hex64(range->first), "last",
                     hs_ctl_hex64(range->last), "owner",
                     hearsay_ring_member_at(ring, range->owner).name);
}

/* All pieces of the circle with their owners. NULL: no memory. */
static json_t *ranges_json(const struct hearsay_ring *ring)
{
    size_t count = hearsay_ring_ranges(ring, UINT32_MAX, NULL, 0);
    struct hearsay_ring_range *ranges = calloc(count + 1, sizeof(*ranges));
    json_t *array = json_array();
    bool good = ranges && array;

    if (good)
        hearsay_ring_ranges(ring, UINT32_MAX, ranges, count);
    for (size_t i = 0; good && i < count; i++)
        good = json_array_append_new(array, range_json(ring, &ranges[i])) == 0;
    free(ranges);
    if (good)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *ring_json(const struct hs_request *request, const struct hearsay_ring *ring)
{
    json_t *answer = hs_worth_json(&request->worth);
    json_t *head = hs_ctl_ring_head(ring, hs_mirror_state(request->mirror).ring_version);
    json_t *members = json_array();
    bool good = answer && head && members && json_object_update(answer, head) == 0;

    for (uint32_t i = 0; good && i < hearsay_ring_members(ring); i++)
        good = json_array_append_new(members, hs_ctl_ring_member(ring, i, NULL)) == 0;
    json_decref(head);
    if (good && json_object_set(answer, "members", members) == 0) {
        json_decref(members);
        return answer;
    }
    json_decref(members);
    json_decref(answer);
    return NULL;
}

static void reply_with_ranges(const struct hs_request *request, struct hs_reply *reply)
{
    const struct hearsay_ring *ring = hs_mirror_ring(request->mirror);
    json_t *answer;

    if (hs_args_get(request->args, "n")) {
        hs_reply_usage(reply, "ranges goes without n: they are those of the owners");
    } else if (hearsay_ring_tokens(ring) > HS_RING_RANGES_MAX) {
        hs_reply_usage(reply, "the ring has too many tokens for its ranges to be told here");
    } else {
        answer = ring_json(request, ring);
        if (answer && json_object_set_new(answer, "ranges", ranges_json(ring)) < 0) {
            json_decref(answer);
            answer = NULL;
        }
        hs_reply_json(reply, answer);
    }
}

void hs_ring_present(const struct hs_request *request, struct hs_reply *reply)
{
    char sentence[HS_ARGS_FAULT_MAX];
    bool ranges = false;

    if (hs_args_flag(request->args, "ranges", &ranges, sentence) < 0)
        hs_reply_usage(reply, sentence);
    else if (ranges)
        reply_with_ranges(request, reply);
    else if (request->asked || hs_args_get(request->args, "n"))
        hs_asked_ring(request, reply);
    else if (hs_args_get(request->args, "zones"))
        hs_reply_usage(reply, "zones goes with n, the number of replicas");
    else
        hs_reply_json(reply, ring_json(request, hs_mirror_ring(request->mirror)));
}

/* ---- lookup ------------------------------------------------------------------------------ */

/* The bytes of a key: those of `key`, or in hex. To be freed; NULL: it was answered. */
static char *read_key(const struct hs_request *request, size_t *ret_len, struct hs_reply *reply)
{
    const char *text = hs_args_get(request->args, "key"),
               *hex = hs_args_get(request->args, "key_hex");
    size_t len;
    char *key;

    if (!!text == !!hex) {
        hs_reply_usage(reply, "the key is needed, once: key (text) or key_hex (its bytes)");
        return NULL;
    }
    len = strlen(text ? text : hex);
    key = malloc(len + 1);
    if (!key) {
        hs_reply_json(reply, NULL);
        return NULL;
    }
    memcpy(key, text ? text : hex, len);
    *ret_len = text ? len : len / 2;
    if (text || hs_ctl_parse_hex(hex, len, key) == 0)
        return key;
    free(key);
    hs_reply_usage(reply, "key_hex must be pairs of hex digits");
    return NULL;
}

static json_t *owner_json(const void *context, const char *name)
{
    const struct hs_mirror_member *member = hs_mirror_find(context, name);

    return hs_ctl_owner(name, member ? &member->addr : NULL,
                        member ? member->status : HEARSAY_STATUS_NONE);
}

void hs_ring_lookup(const struct hs_request *request, struct hs_reply *reply)
{
    const struct hearsay_ring *ring = hs_mirror_ring(request->mirror);
    char sentence[HS_ARGS_FAULT_MAX];
    json_t *answer, *fields;
    uint64_t n = 1;
    bool zones = false;
    size_t len = 0;
    char *key;

    if (hs_args_number(request->args, "n", 1, UINT32_MAX, &n, sentence) < 0 ||
        hs_args_flag(request->args, "zones", &zones, sentence) < 0) {
        hs_reply_usage(reply, sentence);
        return;
    }
    key = read_key(request, &len, reply);
    if (!key)
        return;
    if (hearsay_ring_members(ring) == 0) {
        hs_reply_error(reply, 404, "not-found", "%s", HS_CTL_NO_OWNER);
    } else {
        answer = hs_worth_json(&request->worth);
        fields = hs_ctl_lookup(ring, key, len, (size_t)n, zones, owner_json, request->mirror);
        if (fields && json_object_update(answer, fields) < 0) {
            json_decref(answer);
            answer = NULL;
        }
        hs_reply_json(reply, fields ? answer : NULL);
        if (!fields)
            json_decref(answer);
        json_decref(fields);
    }
    free(key);
}
