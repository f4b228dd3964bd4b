/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/members.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mirror/hold.h"
#include "serve/write.h"

/* A list that is being written. NULL filters match everything. */
struct list {
    struct hs_mirror_hold held;
    struct hearsay_ring *ring; /* a reference of our own; NULL: there is none */
    size_t next;               /* of those held */
    bool any;                  /* was written */
    bool opened;
    struct hs_worth worth; /* when it was asked for, as `wall` */
    uint64_t wall;
    enum hearsay_status status; /* NONE: any */
    char *name;                 /* a pattern */
    char *tag;                  /* "key" or "key=value" */
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

static bool matches(const struct list *list, const struct hs_mirror_member *member)
{
    if (list->status != HEARSAY_STATUS_NONE && member->status != list->status)
        return false;
    if (list->name && fnmatch(list->name, member->name, 0) != 0)
        return false;
    return !list->tag || hs_members_tag(member, list->tag);
}

/* {"ready":…,"isolated":…,"settling":…,"members":[: the object of the worth, and the list
 * opened. */
static bool open_list(struct list *list, FILE *out)
{
    bool good = hs_write_open(out, hs_worth_json(&list->worth));

    fputs(",\"members\":[", out);
    list->opened = true;
    return good;
}

static bool write_member(struct list *list, FILE *out, const struct hs_mirror_member *member)
{
    if (list->any)
        fputc(',', out);
    list->any = true;
    return hs_write_json(out, hs_mirror_member_json(member, list->wall, list->ring));
}

static enum hs_draft_progress write_piece(void *state, FILE *out)
{
    struct list *list = state;
    const struct hs_mirror_member *member;

    if (!list->opened)
        return open_list(list, out) ? HS_DRAFT_MORE : HS_DRAFT_FAILED;
    if (list->next == list->held.count) {
        fputs("]}\n", out);
        return HS_DRAFT_DONE;
    }
    member = list->held.members[list->next++];
    if (matches(list, member) && !write_member(list, out, member))
        return HS_DRAFT_FAILED;
    return HS_DRAFT_MORE;
}

static void list_free(void *state)
{
    struct list *list = state;

    if (!list)
        return;
    hs_mirror_release(&list->held);
    hearsay_ring_unref(list->ring);
    free(list->name);
    free(list->tag);
    free(list);
}

/* NULL: no memory. */
static struct list *list_new(const struct hs_request *request, enum hearsay_status status)
{
    struct list *list = calloc(1, sizeof(*list));

    if (!list)
        return NULL;
    *list = (struct list){.worth = request->worth, .wall = request->wall, .status = status};
    if (hs_mirror_ring(request->mirror))
        list->ring = hearsay_ring_ref(hs_mirror_ring(request->mirror));
    if (hs_args_copy(request->args, "name", &list->name) == 0 &&
        hs_args_copy(request->args, "tag", &list->tag) == 0 &&
        hs_mirror_hold(&list->held, request->mirror) == 0)
        return list;
    list_free(list);
    return NULL;
}

void hs_members(const struct hs_request *request, struct hs_reply *reply)
{
    static const struct hs_draft_kind kind = {write_piece, list_free};
    const char *text = hs_args_get(request->args, "status");
    enum hearsay_status status = HEARSAY_STATUS_NONE;

    if (text && !hs_members_status(text, &status))
        hs_reply_usage(reply, "status must be alive, suspect or dead");
    else
        hs_reply_draft(reply, hs_draft_new(&kind, list_new(request, status), HS_TYPE_JSON));
}
