/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and tags come from other machines. They get to a script as values of variables and as lines
 * of its input, never as text of a command, so the shell reads nothing into them.
 */
#include "handle/words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/addr.h>

#include "handle/need.h"

#define ROLE "role" /* the tag that Serf shows in a column of its own */

/* ---- standard input ---------------------------------------------------------------------- */

/* As Serf does: only what would break a line. */
static void put_clean(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\t')
            fputs("\\t", out);
        else if (*text == '\n')
            fputs("\\n", out);
        else
            putc(*text, out);
    }
}

/* The address without its port, and an IPv6 one without brackets. */
static void format_host(const struct hearsay_addr *addr, char text[HEARSAY_ADDR_TEXT_MAX])
{
    char whole[HEARSAY_ADDR_TEXT_MAX];

    hearsay_addr_format(addr, whole);
    *strrchr(whole, ':') = '\0';
    size_t len = strlen(whole);
    bool bracketed = whole[0] == '[';
    memcpy(text, whole + bracketed, len + 1 - bracketed);
    if (bracketed)
        text[len - 2] = '\0';
}

static void put_member(FILE *out, const struct hs_mirror_member *member)
{
    const char *role = hs_mirror_member_tag(member, ROLE);
    char host[HEARSAY_ADDR_TEXT_MAX];

    format_host(&member->addr, host);
    put_clean(out, member->name);
    fprintf(out, "\t%s\t", host);
    put_clean(out, role ? role : "");
    putc('\t', out);
    for (size_t i = 0; i < member->tag_count; i++) {
        if (i > 0)
            putc(',', out);
        put_clean(out, member->tags[i].key);
        putc('=', out);
        put_clean(out, member->tags[i].value);
    }
    putc('\n', out);
}

char *hs_words_input(const struct hs_item *item, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = hs_need(open_memstream(&text, ret_len));

    for (size_t i = 0; i < item->count; i++)
        put_member(out, hs_item_member(item, i));
    if (fclose(out) != 0)
        hs_need(NULL);
    return text;
}

/* ---- environment ------------------------------------------------------------------------- */

struct list {
    char **texts; /* ends with NULL */
    size_t count, room;
};

static void list_add(struct list *list, char *text)
{
    if (list->count + 2 > list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->texts = hs_need(reallocarray(list->texts, list->room, sizeof(*list->texts)));
    }
    list->texts[list->count++] = hs_need(text);
    list->texts[list->count] = NULL;
}

__attribute__((format(printf, 2, 3))) static void put(struct list *list, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    list_add(list, text);
}

/* What is not handed on: it would tell of another event, or let the handler speak for us. */
static bool is_ours(const char *text)
{
    static const char *const names[] = {
        "HEARSAY_ACCUSER=", "HEARSAY_ADDR=",    "HEARSAY_CAUSE=",
        "HEARSAY_CLUSTER=", "HEARSAY_CONTROL=", "HEARSAY_COUNT=",
        "HEARSAY_EVENT=",   "HEARSAY_FROM=",    "HEARSAY_ID=",
        "HEARSAY_JSON=",    "HEARSAY_MEMBER=",  "HEARSAY_MOVED=",
        "HEARSAY_NODE=",    "HEARSAY_REASON=",  "HEARSAY_RING_VERSION=",
        "HEARSAY_STATUS=",  "HEARSAY_TIME=",    "HEARSAY_RING_CHECKSUM=",
        "NOTIFY_SOCKET=",   "JOURNAL_STREAM=",  "SERF_EVENT=",
        "SERF_SELF_",       "SERF_TAG_",        "LISTEN_",
        "WATCHDOG_"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool has_name(const struct list *list, size_t from, const char *name, size_t len)
{
    for (size_t i = from; i < list->count; i++)
        if (strncmp(list->texts[i], name, len) == 0 && list->texts[i][len] == '=')
            return true;
    return false;
}

/* SERF_TAG_X of each of the agent's own tags. Of two keys that become one name the first counts. */
static void put_own_tags(struct list *list, const struct hs_mirror_member *self)
{
    size_t first = list->count;

    for (size_t i = 0; i < self->tag_count; i++) {
        char name[sizeof("SERF_TAG_") + HEARSAY_TAG_KEY_MAX] = "SERF_TAG_";
        size_t len = strlen(name);

        for (const char *key = self->tags[i].key; *key != '\0'; key++, len++)
            name[len] = isalnum((unsigned char)*key) ? (char)toupper((unsigned char)*key) : '_';
        name[len] = '\0';
        if (!has_name(list, first, name, len))
            put(list, "%s=%s", name, self->tags[i].value);
    }
}

static void put_serf(struct list *list, const struct hs_item *item, const struct hs_teller *teller)
{
    const char *role = teller->self ? hs_mirror_member_tag(teller->self, ROLE) : NULL;

    if (HS_KIND_BIT(item->kind) & HS_KINDS_SERF)
        put(list, "SERF_EVENT=%s", hs_kind_name(item->kind));
    put(list, "SERF_SELF_NAME=%s", teller->node);
    put(list, "SERF_SELF_ROLE=%s", role ? role : "");
    if (teller->self)
        put_own_tags(list, teller->self);
}

/* A field of the log's line, if it is a text. */
static void put_field(struct list *list, const char *name, const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    if (text)
        put(list, "%s=%s", name, text);
}

static void put_line(struct list *list, const struct hs_item *item)
{
    json_t *line = item->event ? json_loads(item->event, 0, NULL) : NULL;
    const json_t *moved = json_object_get(line, "moved");

    if (!item->event)
        return;
    put(list, "HEARSAY_JSON=%s", item->event);
    put_field(list, "HEARSAY_FROM", line, "from");
    put_field(list, "HEARSAY_REASON", line, "reason");
    put_field(list, "HEARSAY_ACCUSER", line, "accuser");
    if (json_is_number(moved))
        put(list, "HEARSAY_MOVED=%.*g", HS_CTL_REAL_DIGITS, json_number_value(moved));
    json_decref(line);
}

/* Of one member alone: of many, the input has the lines. */
static void put_one(struct list *list, const struct hs_item *item)
{
    const struct hs_mirror_member *member = hs_item_member(item, 0);
    char addr[HEARSAY_ADDR_TEXT_MAX];

    hearsay_addr_format(&member->addr, addr);
    put(list, "HEARSAY_MEMBER=%s", member->name);
    put(list, "HEARSAY_ADDR=%s", addr);
    put(list, "HEARSAY_STATUS=%s", hearsay_status_name(member->status));
    put(list, "HEARSAY_CAUSE=%s", hearsay_cause_name(member->cause));
}

char **hs_words_environ(const struct hs_item *item, const struct hs_teller *teller,
                        char *const *outer)
{
    struct list list = {.texts = NULL};

    for (; outer && *outer; outer++)
        if (!is_ours(*outer))
            list_add(&list, strdup(*outer));
    put_serf(&list, item, teller);
    put(&list, "HEARSAY_EVENT=%s", hs_kind_name(item->kind));
    put(&list, "HEARSAY_ID=%s", item->id);
    put(&list, "HEARSAY_TIME=%s", item->time);
    put(&list, "HEARSAY_NODE=%s", teller->node);
    put(&list, "HEARSAY_CLUSTER=%s", teller->cluster);
    put(&list, "HEARSAY_CONTROL=%s", teller->control);
    put(&list, "HEARSAY_COUNT=%zu", item->count);
    if (item->ring_version > 0)
        put(&list, "HEARSAY_RING_VERSION=%" PRIu64, item->ring_version);
    if (item->ring_checksum > 0)
        put(&list, "HEARSAY_RING_CHECKSUM=%016" PRIx64, item->ring_checksum);
    if (item->count == 1)
        put_one(&list, item);
    put_line(&list, item);
    return list.texts;
}

void hs_words_free(char **environ_text)
{
    for (size_t i = 0; environ_text && environ_text[i]; i++)
        free(environ_text[i]);
    free(environ_text);
}
