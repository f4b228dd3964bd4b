/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `members` and `why`. The list is written member by member into the client's buffer instead of
 * being built as one JSON value first: at 20,000 members that value would be the largest thing in
 * the process.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/control/json.h"

#define TRAIL_MAX 64 /* steps of one member that are told */

/* What `members` selects by; NULL: everything. */
struct filter {
    enum hearsay_status status; /* NONE: any */
    const char *name;
    const char *tag_key;
    size_t tag_key_len;
    const char *tag_value; /* NULL: any */
    bool all;
};

static json_t *tags_json(const struct hearsay_member *member)
{
    json_t *tags = json_object();
    const char *key, *value;
    size_t cursor = 0, key_len, value_len;

    while (hearsay_member_next_tag(member, &cursor, &key, &key_len, &value, &value_len)) {
        char name[HEARSAY_TAG_KEY_MAX + 1];

        if (key_len >= sizeof(name))
            continue;
        memcpy(name, key, key_len);
        name[key_len] = '\0';
        (void)json_object_set_new(tags, name, hs_json_text(value, value_len));
    }
    return tags;
}

json_t *hs_json_member(const struct hearsay_member *member)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:I, s:I, s:i, s:o, s:b, s:I, s:i, s:i, s:i}",
                     "name", member->name, "addr", hs_json_addr(&member->addr), "status",
                     hearsay_status_name(member->status), "cause",
                     hearsay_cause_name(member->cause), "id", hs_ctl_hex64(member->id), "instance",
                     hs_ctl_hex64(member->instance), "timestamp", (json_int_t)member->timestamp,
                     "start", (json_int_t)member->start, "tokens", (int)member->tokens, "tags",
                     tags_json(member), "self", (int)member->self, "in_state_us",
                     (json_int_t)member->in_state_us, "rtt_us", (int)member->rtt_us, "version_min",
                     (int)member->version_min, "version_max", (int)member->version_max);
}

/* ---- members ----------------------------------------------------------------------------- */

static bool parse_status(const char *text, enum hearsay_status *ret_status)
{
    for (int status = HEARSAY_SUSPECT; status <= HEARSAY_DEAD; status++)
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
    if (status != NULL && !parse_status(status, &filter->status)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "status must be alive, suspect or dead");
        return false;
    }
    if (tag != NULL) {
        const char *equals = strchr(tag, '=');

        filter->tag_key = tag;
        filter->tag_key_len = equals != NULL ? (size_t)(equals - tag) : strlen(tag);
        filter->tag_value = equals != NULL ? equals + 1 : NULL;
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
        return filter->tag_value == NULL || (strlen(filter->tag_value) == value_len &&
                                             memcmp(value, filter->tag_value, value_len) == 0);
    }
    return false;
}

static bool matches(const struct filter *filter, const struct hearsay_member *member)
{
    if (member->hidden && !filter->all)
        return false;
    if (filter->status != HEARSAY_NONE && member->status != filter->status)
        return false;
    if (filter->name != NULL && fnmatch(filter->name, member->name, 0) != 0)
        return false;
    return filter->tag_key == NULL || tag_matches(filter, member);
}

/* Collects the members that match; the array is the caller's to free. */
static bool collect(struct hs_agent *agent, const struct filter *filter,
                    struct hearsay_member **ret_members, size_t *ret_count)
{
    struct hearsay_member *members = NULL, member;
    size_t count = 0, room = 0;
    uint32_t cursor = 0;

    while (hearsay_node_next_member(agent->node, agent->now, &cursor, &member)) {
        if (!matches(filter, &member))
            continue;
        if (count == room) {
            void *more;

            room = room > 0 ? room * 2 : 16;
            more = reallocarray(members, room, sizeof(*members));
            if (more == NULL) {
                free(members);
                return false;
            }
            members = more;
        }
        members[count++] = member;
    }
    *ret_members = members;
    *ret_count = count;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hearsay_member *)a)->name,
                  ((const struct hearsay_member *)b)->name);
}

void hs_command_members(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    struct filter filter = {.status = HEARSAY_NONE};
    struct hearsay_member *members;
    size_t count;

    if (!parse_filter(client, request, &filter))
        return;
    if (!collect(agent, &filter, &members, &count)) {
        hs_client_answer(client, NULL);
        return;
    }
    if (count > 0)
        qsort(members, count, sizeof(*members), by_name);
    hs_client_write(client, "{\"ok\":true,\"members\":[");
    for (size_t i = 0; i < count; i++) {
        json_t *object = hs_json_member(&members[i]);

        if (i > 0)
            hs_client_write(client, ",");
        hs_client_write_json(client, object);
        json_decref(object);
    }
    hs_client_write(client, "]}");
    hs_client_end(client);
    free(members);
}

/* ---- why --------------------------------------------------------------------------------- */

static json_t *step_json(const struct hearsay_trail *step)
{
    char time[HS_CTL_TIME_MAX];
    json_t *object;

    hs_ctl_format_time(step->when.wall, time);
    object = json_pack("{s:s, s:s}", "time", time, "step", hearsay_step_name(step->step));
    if (step->result != HEARSAY_REASON_NONE)
        (void)json_object_set_new(object, "result", json_string(hearsay_reason_name(step->result)));
    if (step->actor[0] != '\0')
        (void)json_object_set_new(object, "actor", json_string(step->actor));
    if (step->tries > 0)
        (void)json_object_set_new(object, "tries", json_integer(step->tries));
    if (step->rtt_us > 0)
        (void)json_object_set_new(object, "rtt_us", json_integer(step->rtt_us));
    if (step->timestamp > 0)
        (void)json_object_set_new(object, "timestamp", json_integer((json_int_t)step->timestamp));
    return object;
}

void hs_command_why(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    struct hearsay_trail *trail;
    struct hearsay_member member;
    const char *name;
    json_t *steps;
    size_t count;

    if (json_unpack(hs_json_mutable(request), "{s:s}", "name", &name) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "name is needed and must be text");
        return;
    }
    if (hearsay_node_member(agent->node, agent->now, name, &member) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND, "no member named %.128s", name);
        return;
    }
    trail = calloc(TRAIL_MAX, sizeof(*trail));
    if (trail == NULL) {
        hs_client_answer(client, NULL);
        return;
    }
    steps = json_array();
    count = hearsay_node_trail(agent->node, name, trail, TRAIL_MAX);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(steps, step_json(&trail[i]));
    free(trail);
    hs_client_answer(client, json_pack("{s:b, s:o, s:o}", "ok", 1, "member",
                                       hs_json_member(&member), "trail", steps));
}
