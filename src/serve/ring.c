/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ring_json.h"
#include "mirror/hold.h"
#include "serve/asked.h"
#include "serve/write.h"

/* ---- ring -------------------------------------------------------------------------------- */

/* A ring that is being written. */
struct ring_text {
    struct hearsay_ring *ring;   /* a reference of our own */
    struct hs_mirror_hold known; /* members, by name like those of the ring */
    size_t known_at;
    struct hs_worth worth;
    uint64_t version;
    bool opened;
    uint32_t next; /* of the members, then of the ranges */
    bool in_ranges;
    struct hearsay_ring_range *ranges; /* NULL: they are not told */
    size_t range_count;
};

static json_t *range_json(const struct hearsay_ring *ring, const struct hearsay_ring_range *range)
{
    return json_pack("{s:o, s:o, s:s}", "first", hs_ctl_hex64(range->first), "last",
                     hs_ctl_hex64(range->last), "owner",
                     hearsay_ring_member_at(ring, range->owner).name);
}

/* {"ready":…,"isolated":…,"settling":…,"version":…,"members":[ */
static bool open_text(struct ring_text *text, FILE *out)
{
    json_t *worth = hs_worth_json(&text->worth);
    json_t *head = hs_ctl_ring_head(text->ring, text->version);
    bool good = worth && head && json_object_update(worth, head) == 0;

    text->opened = true;
    json_decref(head);
    if (good)
        good = hs_write_open(out, worth);
    else
        json_decref(worth);
    fputs(",\"members\":[", out);
    return good;
}

/* Behind the last item of a list. */
static enum hs_draft_progress close_list(struct ring_text *text, FILE *out)
{
    if (text->in_ranges || !text->ranges) {
        fputs("]}\n", out);
        return HS_DRAFT_DONE;
    }
    fputs("],\"ranges\":[", out);
    text->in_ranges = true;
    text->next = 0;
    return HS_DRAFT_MORE;
}

/* Members are asked for in order. */
static bool is_held(struct ring_text *text, const char *name)
{
    const struct hs_mirror_hold *known = &text->known;

    while (text->known_at < known->count && strcmp(known->members[text->known_at]->name, name) < 0)
        text->known_at++;
    return text->known_at < known->count &&
           strcmp(known->members[text->known_at]->name, name) == 0 &&
           hs_mirror_member_held(known->members[text->known_at], text->ring);
}

static json_t *member_json(struct ring_text *text, uint32_t index)
{
    return hs_ctl_ring_member(text->ring, index, NULL,
                              is_held(text, hearsay_ring_member_at(text->ring, index).name));
}

static enum hs_draft_progress write_piece(void *state, FILE *out)
{
    struct ring_text *text = state;
    size_t count = text->in_ranges ? text->range_count : hearsay_ring_members(text->ring);
    json_t *item;

    if (!text->opened)
        return open_text(text, out) ? HS_DRAFT_MORE : HS_DRAFT_FAILED;
    if (text->next == count)
        return close_list(text, out);
    if (text->next > 0)
        fputc(',', out);
    item = text->in_ranges ? range_json(text->ring, &text->ranges[text->next])
                           : member_json(text, text->next);
    text->next++;
    return hs_write_json(out, item) ? HS_DRAFT_MORE : HS_DRAFT_FAILED;
}

static void text_free(void *state)
{
    struct ring_text *text = state;

    if (!text)
        return;
    hearsay_ring_unref(text->ring);
    hs_mirror_release(&text->known);
    free(text->ranges);
    free(text);
}

/* All pieces of the circle with their owners. Returns false if there is no memory. */
static bool find_ranges(struct ring_text *text)
{
    text->range_count = hearsay_ring_ranges(text->ring, UINT32_MAX, NULL, 0);
    text->ranges = calloc(text->range_count + 1, sizeof(*text->ranges));
    if (text->ranges)
        hearsay_ring_ranges(text->ring, UINT32_MAX, text->ranges, text->range_count);
    return text->ranges;
}

static void reply_with_ring(const struct hs_request *request, bool ranges, struct hs_reply *reply)
{
    static const struct hs_draft_kind kind = {write_piece, text_free};
    struct ring_text *text = calloc(1, sizeof(*text));

    if (text) {
        text->worth = request->worth;
        text->version = hs_mirror_state(request->mirror).ring_version;
        text->ring = hearsay_ring_ref(hs_mirror_ring(request->mirror));
        if (hs_mirror_hold(&text->known, request->mirror) < 0 || (ranges && !find_ranges(text))) {
            text_free(text);
            text = NULL;
        }
    }
    hs_reply_draft(reply, hs_draft_new(&kind, text, HS_TYPE_JSON));
}

static void reply_with_ranges(const struct hs_request *request, struct hs_reply *reply)
{
    if (hs_args_get(request->args, "n"))
        hs_reply_usage(reply, "ranges goes without n: they are those of the owners");
    else if (hearsay_ring_tokens(hs_mirror_ring(request->mirror)) > HS_RING_RANGES_MAX)
        hs_reply_usage(reply, "the ring has too many tokens for its ranges to be told here");
    else
        reply_with_ring(request, true, reply);
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
        reply_with_ring(request, false, reply);
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
