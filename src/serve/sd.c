/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prometheus keeps its old list when it gets an error, and believes an empty one. So an agent that
 * has not joined answers 503, and a question that cannot be meant is a mistake.
 *
 * It rejects the whole list for one label whose name is not valid, so the keys of tags are mapped.
 */
#include "serve/sd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/hearsay.h>

#include "ctl/ctl.h"
#include "mirror/hold.h"
#include "serve/members.h"
#include "serve/write.h"

#define LABEL         "__meta_hearsay_"
#define LABEL_MAX     (sizeof(LABEL "tag_") + HEARSAY_TAG_KEY_MAX)
#define RETRY_S       5 /* an agent that starts has joined by then, or asks the operator for help */
#define STATUS_BIT(s) (1u << (s))

/* What was asked for. */
struct question {
    const char *cluster;
    const char *tag; /* "key" or "key=value"; NULL: any */
    uint16_t ports[HS_SD_PORTS_MAX];
    char tags[HS_SD_PORTS_MAX][HEARSAY_TAG_KEY_MAX + 1]; /* that have ports */
    size_t port_count, tag_count;
    unsigned statuses; /* a bit for each */
};

/* ---- reading the question ---------------------------------------------------------------- */

/* Takes the next item of a list, which ends at a comma. Returns false at the end, or if an item is
 * empty or does not fit; *ret_fault tells which. */
static bool next_item(const char **list, char *item, size_t room, bool *ret_fault)
{
    size_t len = *list ? strcspn(*list, ",") : 0;

    if (!*list)
        return false;
    if (len == 0 || len >= room) {
        *ret_fault = true;
        return false;
    }
    memcpy(item, *list, len);
    item[len] = '\0';
    *list = (*list)[len] == ',' ? *list + len + 1 : NULL;
    return true;
}

/* Reads the number at the start of a text; *ret_rest is what follows. */
static bool read_port(const char *text, uint16_t *ret_port, const char **ret_rest)
{
    uint32_t port = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5)
        return false;
    for (size_t i = 0; i < digits; i++)
        port = port * 10 + (uint32_t)(text[i] - '0');
    *ret_port = (uint16_t)port;
    *ret_rest = text + digits;
    return port > 0 && port <= UINT16_MAX;
}

static bool read_ports(struct question *question, const char *list)
{
    char item[8];
    const char *rest;
    bool fault = false;

    while (next_item(&list, item, sizeof(item), &fault)) {
        if (question->port_count == HS_SD_PORTS_MAX ||
            !read_port(item, &question->ports[question->port_count++], &rest) || *rest != '\0')
            return false;
    }
    return !fault;
}

static bool read_port_tags(struct question *question, const char *list)
{
    char item[HEARSAY_TAG_KEY_MAX + 1];
    bool fault = false;

    while (next_item(&list, item, sizeof(item), &fault)) {
        if (question->tag_count == HS_SD_PORTS_MAX)
            return false;
        memcpy(question->tags[question->tag_count++], item, sizeof(item));
    }
    return !fault;
}

static bool read_statuses(struct question *question, const char *list)
{
    char item[8];
    enum hearsay_status status;
    bool fault = false;

    while (next_item(&list, item, sizeof(item), &fault)) {
        if (!hs_members_status(item, &status))
            return false;
        question->statuses |= STATUS_BIT(status);
    }
    return !fault;
}

/* NULL, or what is wrong in one sentence. */
static const char *read_question(struct question *question, const struct hs_args *args)
{
    const char *port = hs_args_get(args, "port");
    const char *port_tag = hs_args_get(args, "port_tag");
    const char *status = hs_args_get(args, "status");

    if (!port == !port_tag)
        return "say where to scrape: port=9100, or port_tag=NAME for a tag that has the port";
    if (port && !read_ports(question, port))
        return "port must be 1 to 65535, at most eight by comma";
    if (port_tag && !read_port_tags(question, port_tag))
        return "port_tag must be the key of a tag, at most eight by comma";
    if (!read_statuses(question, status ? status : "alive,suspect,dead"))
        return "status must be some of alive, suspect and dead, by comma";
    return NULL;
}

/* ---- choosing members -------------------------------------------------------------------- */

static bool is_wanted(const struct question *question, const struct hs_mirror_member *member)
{
    if (!(question->statuses & STATUS_BIT(member->status)) ||
        (member->status == HEARSAY_STATUS_DEAD && member->cause != HEARSAY_CAUSE_FAILED))
        return false;
    return !question->tag || hs_members_tag(member, question->tag);
}

/* ---- labels ------------------------------------------------------------------------------ */

/* Without memory all labels are given up: some of them must not pass for all. */
static void put_label(json_t **labels, const char *label, const char *value)
{
    if (*labels && json_object_set_new(*labels, label, json_string(value)) == 0)
        return;
    json_decref(*labels);
    *labels = NULL;
}

static void put_text(json_t **labels, const char *name, const char *value)
{
    char label[LABEL_MAX];

    snprintf(label, sizeof(label), LABEL "%s", name);
    put_label(labels, label, value);
}

static void format_label(const char *key, char label[LABEL_MAX])
{
    size_t at = sizeof(LABEL "tag_") - 1;

    memcpy(label, LABEL "tag_", sizeof(LABEL "tag_"));
    for (; *key != '\0' && at + 1 < LABEL_MAX; key++)
        label[at++] = *key;
    label[at] = '\0';
    for (char *byte = label; (byte = strpbrk(byte, ".-"));)
        *byte = '_';
}

/* True if another tag has this label: that with the lower key. */
static bool is_taken(const struct hs_mirror_member *member, const struct hearsay_tag *tag,
                     const char label[LABEL_MAX])
{
    char other[LABEL_MAX];

    for (size_t i = 0; i < member->tag_count; i++) {
        format_label(member->tags[i].key, other);
        if (strcmp(other, label) == 0 && strcmp(member->tags[i].key, tag->key) < 0)
            return true;
    }
    return false;
}

static void put_tags(json_t **labels, const struct hs_mirror_member *member)
{
    char label[LABEL_MAX];

    for (size_t i = 0; i < member->tag_count; i++) {
        format_label(member->tags[i].key, label);
        if (!is_taken(member, &member->tags[i], label))
            put_label(labels, label, member->tags[i].value);
    }
}

static json_t *labels_of(const struct question *question, const struct hs_mirror_member *member)
{
    char addr[HEARSAY_ADDR_TEXT_MAX], id[HS_CTL_HEX64_MAX], tokens[16];
    const char *zone = hs_mirror_member_tag(member, "zone");
    json_t *labels = json_object();

    hearsay_addr_format(&member->addr, addr);
    hs_ctl_format_hex64(member->id, id);
    snprintf(tokens, sizeof(tokens), "%u", (unsigned)member->tokens);
    put_text(&labels, "name", member->name);
    put_text(&labels, "address", addr);
    put_text(&labels, "status", hearsay_status_name(member->status));
    put_text(&labels, "cause", hearsay_cause_name(member->cause));
    put_text(&labels, "cluster", question->cluster);
    put_text(&labels, "id", id);
    put_text(&labels, "tokens", tokens);
    put_text(&labels, "zone", zone ? zone : "");
    put_tags(&labels, member);
    return labels;
}

/* ---- groups ------------------------------------------------------------------------------ */

static void put_target(json_t **targets, const struct hs_mirror_member *member, uint16_t port)
{
    char text[HEARSAY_ADDR_TEXT_MAX];
    struct hearsay_addr addr = member->addr;

    addr.port = port;
    hearsay_addr_format(&addr, text);
    if (*targets && json_array_append_new(*targets, json_string(text)) == 0)
        return;
    json_decref(*targets);
    *targets = NULL;
}

static bool write_group(FILE *out, json_t *targets, json_t *labels, bool *any)
{
    if (*any)
        fputs(",\n", out);
    *any = true;
    return hs_write_json(out, json_pack("{s:o, s:o}", "targets", targets, "labels", labels));
}

static bool write_ports(FILE *out, const struct question *question,
                        const struct hs_mirror_member *member, bool *any)
{
    json_t *targets = json_array();

    for (size_t i = 0; i < question->port_count; i++)
        put_target(&targets, member, question->ports[i]);
    return write_group(out, targets, labels_of(question, member), any);
}

/* A target of its own for each tag, because the paths may differ. A tag that has no port makes
 * none. */
static bool write_port_tags(FILE *out, const struct question *question,
                            const struct hs_mirror_member *member, bool *any)
{
    for (size_t i = 0; i < question->tag_count; i++) {
        const char *value = hs_mirror_member_tag(member, question->tags[i]), *path;
        json_t *labels, *targets;
        uint16_t port;

        if (!value || !read_port(value, &port, &path) || (*path != '\0' && *path != '/'))
            continue;
        targets = json_array();
        put_target(&targets, member, port);
        labels = labels_of(question, member);
        if (*path == '/')
            put_label(&labels, "__metrics_path__", path);
        if (!write_group(out, targets, labels, any))
            return false;
    }
    return true;
}

/* ---- the list ---------------------------------------------------------------------------- */

struct list {
    struct question question; /* its texts are those of the list */
    char *cluster, *tag;
    struct hs_mirror_hold held;
    size_t next; /* of those held */
    bool opened;
    bool any; /* group was written */
};

static enum hs_draft_progress write_piece(void *state, FILE *out)
{
    struct list *list = state;
    const struct hs_mirror_member *member;

    if (!list->opened)
        fputc('[', out);
    list->opened = true;
    if (list->next == list->held.count) {
        fputs("]\n", out);
        return HS_DRAFT_DONE;
    }
    member = list->held.members[list->next++];
    if (!is_wanted(&list->question, member))
        return HS_DRAFT_MORE;
    return (list->question.port_count > 0 ? write_ports : write_port_tags)(out, &list->question,
                                                                           member, &list->any)
               ? HS_DRAFT_MORE
               : HS_DRAFT_FAILED;
}

static void list_free(void *state)
{
    struct list *list = state;

    if (!list)
        return;
    hs_mirror_release(&list->held);
    free(list->cluster);
    free(list->tag);
    free(list);
}

/* NULL: no memory. */
static struct list *list_new(const struct hs_request *request, const struct question *question)
{
    struct list *list = calloc(1, sizeof(*list));

    if (!list)
        return NULL;
    list->question = *question;
    list->question.cluster = list->cluster = strdup(hs_mirror_cluster(request->mirror));
    if (list->cluster && hs_args_copy(request->args, "tag", &list->tag) == 0 &&
        hs_mirror_hold(&list->held, request->mirror) == 0) {
        list->question.tag = list->tag;
        return list;
    }
    list_free(list);
    return NULL;
}

void hs_sd(const struct hs_request *request, struct hs_reply *reply)
{
    static const struct hs_draft_kind kind = {write_piece, list_free};
    struct question question = {.port_count = 0};
    const char *mistake = read_question(&question, request->args);

    if (mistake) {
        hs_reply_usage(reply, mistake);
    } else if (!request->worth.ready) {
        hs_reply_error(reply, 503, "unavailable", "the agent has not joined yet");
        reply->retry_s = RETRY_S;
    } else {
        hs_reply_draft(reply, hs_draft_new(&kind, list_new(request, &question), HS_TYPE_JSON));
    }
}
