/* SPDX-License-Identifier: Apache-2.0 */
/* The list is written member by member, so that the objects of 10,000 are not in memory at once. */
#include "serve/members.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

/* NULL fields match everything. */
struct filter {
    enum hearsay_status status; /* NONE: any */
    const char *name;
    const char *tag; /* "key" or "key=value" */
};

bool hs_members_status(const char *text, enum hearsay_status *ret_status)
{
    for (int status = HEARSAY_STATUS_SUSPECT; status <= HEARSAY_STATUS_DEAD; status++)
        if (strcmp(text, hearsay_status_name((enum hearsay_status)status)) == 0) {
            *ret_status = (enum hearsay_status)status;
            return true;
        }
    return false;
}

bool hs_members_tag(const struct hs_mirror_member *member, const char *wanted)
{
    size_t len = strcspn(wanted, "=");

    for (size_t i = 0; i < member->tag_count; i++) {
        const struct hearsay_tag *tag = &member->tags[i];

        if (strlen(tag->key) == len && memcmp(tag->key, wanted, len) == 0)
            return wanted[len] == '\0' || strcmp(tag->value, wanted + len + 1) == 0;
    }
    return false;
}

static bool matches(const struct filter *filter, const struct hs_mirror_member *member)
{
    if (filter->status != HEARSAY_STATUS_NONE && member->status != filter->status)
        return false;
    if (filter->name && fnmatch(filter->name, member->name, 0) != 0)
        return false;
    return !filter->tag || hs_members_tag(member, filter->tag);
}

static bool write_member(FILE *out, const struct hs_mirror_member *member, uint64_t wall,
                         bool first)
{
    json_t *object = hs_mirror_member_json(member, wall);
    int err = object ? 0 : -1;

    if (!first)
        fputc(',', out);
    if (object)
        err = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(HS_CTL_REAL_DIGITS));
    json_decref(object);
    return err == 0;
}

static bool write_members(FILE *out, const struct hs_request *request, const struct filter *filter)
{
    size_t count = hs_mirror_count(request->mirror, HEARSAY_STATUS_NONE);
    const struct hs_mirror_member *const *members = hs_mirror_members(request->mirror);
    bool first = true;

    if (count > 0 && !members)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!matches(filter, members[i]))
            continue;
        if (!write_member(out, members[i], request->wall, first))
            return false;
        first = false;
    }
    return true;
}

/* {"ready":…,"isolated":…,"members":[…]}: the object of the worth, opened again. */
static bool write_answer(FILE *out, const struct hs_request *request, const struct filter *filter)
{
    json_t *worth = hs_worth_json(&request->worth);
    char *head = worth ? json_dumps(worth, JSON_COMPACT) : NULL;
    bool good = head;

    json_decref(worth);
    if (good) {
        fprintf(out, "%.*s,\"members\":[", (int)strlen(head) - 1, head);
        good = write_members(out, request, filter);
        fputs("]}\n", out);
    }
    free(head);
    return good;
}

void hs_members(const struct hs_request *request, struct hs_reply *reply)
{
    const char *status = hs_args_get(request->args, "status");
    struct filter filter = {.name = hs_args_get(request->args, "name"),
                            .tag = hs_args_get(request->args, "tag")};
    char *body = NULL;
    size_t len = 0;
    FILE *out;
    bool good;

    if (status && !hs_members_status(status, &filter.status)) {
        hs_reply_usage(reply, "status must be alive, suspect or dead");
        return;
    }
    out = open_memstream(&body, &len);
    good = out && write_answer(out, request, &filter);
    if (out && fclose(out) != 0)
        good = false;
    if (!good) {
        free(body);
        body = NULL;
    }
    hs_reply_bytes(reply, HS_TYPE_JSON, body, len);
}
