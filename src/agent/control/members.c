/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `members`. A list of 20,000 members takes a quarter of a second to make, so it is made in steps
 * (R20a: turn budget). The view may change between steps. So the names are collected and sorted
 * first, and each member is looked up again when it is written. The list has each name at most
 * once, in order, and each entry was correct when it was written.
 */
#include "agent/control/members.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "agent/control/names.h"

/* The filter of `members`. NULL fields match everything. It borrows from the request. */
struct filter {
    enum hearsay_status status; /* NONE: any */
    const char *name;
    const char *tag_key;
    size_t tag_key_len;
    const char *tag_value; /* NULL: any */
    bool all;
};

static bool parse_status(const char *text, enum hearsay_status *ret_status)
{
    for (int status = HEARSAY_STATUS_SUSPECT; status <= HEARSAY_STATUS_DEAD; status++)
        if (strcmp(text, hearsay_status_name((enum hearsay_status)status)) == 0) {
            *ret_status = (enum hearsay_status)status;
            return true;
        }
    return false;
}

static bool parse_filter(struct hs_client *client, const json_t *request, struct filter *filter)
{
    const char *status = NULL, *tag = NULL;
    int all = 0;

    if (json_unpack(hs_json_mutable(request), "{s?s, s?s, s?s, s?b}", "status", &status, "tag",
                    &tag, "name", &filter->name, "all", &all) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "status, tag and name must be text, all must be true or false");
        return false;
    }
    if (status && !parse_status(status, &filter->status)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "status must be alive, suspect or dead");
        return false;
    }
    if (tag) {
        const char *equals = strchr(tag, '=');

        filter->tag_key = tag;
        filter->tag_key_len = equals ? (size_t)(equals - tag) : strlen(tag);
        filter->tag_value = equals ? equals + 1 : NULL;
    }
    filter->all = all != 0;
    return true;
}

static bool tag_matches(const struct filter *filter, const struct hearsay_member *member)
{
    const char *key, *value;
    size_t cursor = 0, key_len, value_len;

    while (hearsay_member_next_tag(member, &cursor, &key, &key_len, &value, &value_len)) {
        if (key_len != filter->tag_key_len || memcmp(key, filter->tag_key, key_len) != 0)
            continue;
        return !filter->tag_value || (strlen(filter->tag_value) == value_len &&
                                      memcmp(value, filter->tag_value, value_len) == 0);
    }
    return false;
}

static bool matches(const void *context, const struct hearsay_member *member)
{
    const struct filter *filter = context;

    if (member->hidden && !filter->all)
        return false;
    if (filter->status != HEARSAY_STATUS_NONE && member->status != filter->status)
        return false;
    if (filter->name && fnmatch(filter->name, member->name, 0) != 0)
        return false;
    return !filter->tag_key || tag_matches(filter, member);
}

struct members_answer {
    struct hs_stream stream; /* first field, because client.c passes a pointer to it */
    const struct hs_context *context;
    json_t *request; /* the filter borrows from it */
    struct filter filter;
    struct hs_names names;
    uint32_t cursor; /* of hearsay_node_next_member */
    bool collected;
    const char *last; /* the last name written, or NULL */
};

/* Writes the member of this name if it still matches. A name can occur twice if its member was
 * forgotten and came back during the collection. */
static void write_member(struct members_answer *answer, struct hs_client *client, const char *name)
{
    const struct hs_context *context = answer->context;
    struct hearsay_member member;
    json_t *object;

    if ((answer->last && strcmp(answer->last, name) == 0) ||
        hearsay_node_member(context->node, context->clock->now, name, &member) < 0 ||
        !matches(&answer->filter, &member))
        return;
    if (answer->last)
        hs_client_write(client, ",");
    answer->last = name;
    object = hs_json_member(&member);
    hs_client_write_json(client, object);
    json_decref(object);
}

static bool members_more(struct hs_stream *stream, struct hs_client *client)
{
    struct members_answer *answer = (struct members_answer *)stream;
    const char *name;

    if (!answer->collected) {
        if (!hs_names_collect(&answer->names, answer->context->node, answer->context->clock->now,
                              &answer->cursor, matches, &answer->filter, &answer->collected)) {
            hs_client_answer(client, NULL);
            return false;
        }
        if (answer->collected)
            hs_client_open(client, hs_answer_view(answer->context, json_object()), "members");
        return true;
    }
    name = hs_names_take(&answer->names);
    if (name)
        write_member(answer, client, name);
    else
        hs_client_write(client, "]}");
    return name != NULL;
}

static void members_free(struct hs_stream *stream)
{
    struct members_answer *answer = (struct members_answer *)stream;

    hs_names_fini(&answer->names);
    json_decref(answer->request);
    free(answer);
}

void hs_command_members(const struct hs_context *context, struct hs_client *client,
                        const json_t *request)
{
    struct filter filter = {.status = HEARSAY_STATUS_NONE};
    struct members_answer *answer;

    if (!parse_filter(client, request, &filter))
        return;
    answer = calloc(1, sizeof(*answer));
    if (!answer) {
        hs_client_answer(client, NULL);
        return;
    }
    answer->stream = (struct hs_stream){.more = members_more, .free = members_free};
    answer->context = context;
    answer->request = json_incref(hs_json_mutable(request));
    answer->filter = filter;
    hs_client_stream(client, &answer->stream);
}
