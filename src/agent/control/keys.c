/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `keys`: which member has which key and seals with which, for whoever rotates them (R34:
 * rotation). It looks at all members, so it is made in steps (R20a: turn budget), as `members` is:
 * the names are collected and sorted, then each member is looked up and counted, then each key is
 * written. The view may change between steps. Each member is counted once, as it was then, and all
 * figures and lists come from that one count.
 */
#include "agent/control/keys.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/seal.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "agent/control/key_tally.h"
#include "agent/control/names.h"
#include "ctl/ctl.h"

#define MEMBERS_STEP 64 /* members per step */

struct keys_answer {
    struct hs_stream stream; /* first field, because client.c passes a pointer to it */
    const struct hs_context *context;
    struct hs_names names; /* the tally borrows from them */
    uint32_t cursor;       /* of hearsay_node_next_member */
    bool collected, counted;
    const char *last; /* the last name counted, or NULL */
    struct hs_key_tally tally;
    size_t written; /* rows */
};

/* ---- counting ---------------------------------------------------------------------------- */

/* Counts the next members. A name can occur twice if its member was forgotten and came back during
 * the collection. */
static void count_members(struct keys_answer *answer)
{
    const struct hs_context *context = answer->context;

    for (int i = 0; i < MEMBERS_STEP; i++) {
        const char *name = hs_names_take(&answer->names);
        struct hearsay_member member;

        if (!name) {
            answer->counted = true;
            return;
        }
        if (answer->last && strcmp(answer->last, name) == 0)
            continue;
        answer->last = name;
        if (hearsay_node_member(context->node, context->clock->now, name, &member) == 0)
            hs_key_tally_add(&answer->tally, &member, name);
    }
}

/* ---- writing ----------------------------------------------------------------------------- */

static json_t *list_json(const struct hs_key_list *list)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < list->named_count; i++) {
        const struct hs_key_named *named = &list->named[i];

        hs_ctl_append(&array, json_pack("{s:s, s:s, s:s}", "name", named->name, "status",
                                        hearsay_status_name(named->status), "cause",
                                        hearsay_cause_name(named->cause)));
    }
    return array;
}

static json_t *head_json(const struct keys_answer *answer)
{
    const struct hs_key_tally *tally = &answer->tally;
    struct hearsay_stats stats;
    json_t *fields;

    hearsay_node_stats(answer->context->node, &stats);
    fields = json_pack("{s:s, s:I, s:I, s:b, s:I, s:I, s:o, s:I, s:I, s:o}", "seal",
                       hearsay_seal_mode_name((enum hearsay_seal_mode)stats.seal_mode), "present",
                       (json_int_t)tally->all.present, "failed", (json_int_t)tally->all.failed,
                       "more_keys", (int)tally->has_more, "plain_present",
                       (json_int_t)tally->plain.present, "plain_failed",
                       (json_int_t)tally->plain.failed, "plain", list_json(&tally->plain),
                       "apart_present", (json_int_t)tally->apart.present, "apart_failed",
                       (json_int_t)tally->apart.failed, "apart", list_json(&tally->apart));

    return hs_answer_view(answer->context, fields);
}

static json_t *row_json(const struct hs_key_row *row, bool ours)
{
    return json_pack(
        "{s:o, s:b, s:I, s:I, s:o, s:I, s:I, s:o, s:I, s:I, s:o}", "key", hs_json_mark(row->mark),
        "ours", (int)ours, "has", (json_int_t)row->holders.present, "has_failed",
        (json_int_t)row->holders.failed, "holders", list_json(&row->holders), "seals",
        (json_int_t)row->sealers.present, "seals_failed", (json_int_t)row->sealers.failed,
        "sealers", list_json(&row->sealers), "lacking", (json_int_t)row->lacks.present,
        "lacking_failed", (json_int_t)row->lacks.failed, "lacks", list_json(&row->lacks));
}

/* Writes the next key. Returns false if there is none. */
static bool write_row(struct keys_answer *answer, struct hs_client *client)
{
    const struct hs_key_tally *tally = &answer->tally;
    size_t at = answer->written;
    json_t *row;

    if (at == tally->count)
        return false;
    if (at > 0)
        hs_client_write(client, ",");
    row = row_json(&tally->rows[at], at < tally->ours);
    hs_client_write_json(client, row);
    json_decref(row);
    answer->written++;
    return true;
}

/* ---- the stream -------------------------------------------------------------------------- */

static bool keys_more(struct hs_stream *stream, struct hs_client *client)
{
    struct keys_answer *answer = (struct keys_answer *)stream;

    if (!answer->collected) {
        if (hs_names_collect(&answer->names, answer->context->node, answer->context->clock->now,
                             &answer->cursor, NULL, NULL, &answer->collected))
            return true;
        hs_client_answer(client, NULL);
        return false;
    }
    if (!answer->counted) {
        count_members(answer);
        if (answer->counted)
            hs_client_open(client, head_json(answer), "keys");
        return true;
    }
    if (write_row(answer, client))
        return true;
    hs_client_write(client, "]}");
    return false;
}

static void keys_free(struct hs_stream *stream)
{
    struct keys_answer *answer = (struct keys_answer *)stream;

    hs_names_fini(&answer->names);
    free(answer);
}

void hs_command_keys(const struct hs_context *context, struct hs_client *client,
                     const json_t *request)
{
    struct keys_answer *answer = calloc(1, sizeof(*answer));
    struct hearsay_member self;

    (void)request;
    if (!answer) {
        hs_client_answer(client, NULL);
        return;
    }
    hearsay_node_self(context->node, context->clock->now, &self);
    hs_key_tally_init(&answer->tally, &self);
    answer->stream = (struct hs_stream){.more = keys_more, .free = keys_free};
    answer->context = context;
    hs_client_stream(client, &answer->stream);
}
