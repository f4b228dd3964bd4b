/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's ids have no gap, but the mirror finds some differences by itself, between an old view
 * and a new snapshot. These get ids of their own: that of the view, and a number that no other has.
 *
 * An event shows the member as it is when the event is made. That may be newer than the change: who
 * applies all events in order ends with what is.
 */
#include "serve/news.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "serve/write.h"

static struct hs_news_item *place_of(const struct hs_news *news, uint64_t number)
{
    return &news->items[number % HS_NEWS_MAX];
}

static void forget_oldest(struct hs_news *news)
{
    struct hs_news_item *oldest = place_of(news, news->first++);

    news->bytes -= oldest->len;
    free(oldest->text);
    oldest->text = NULL;
}

/* Takes over the text. */
static void add_item(struct hs_news *news, const char *id, char *text, size_t len)
{
    struct hs_news_item *item;

    while (news->first < news->next &&
           (news->next - news->first == HS_NEWS_MAX || news->bytes + len > HS_NEWS_BYTES_MAX))
        forget_oldest(news);
    item = place_of(news, news->next++);
    news->bytes += len;
    news->end += len;
    *item = (struct hs_news_item){.text = text, .len = len, .end = news->end};
    snprintf(item->id, sizeof(item->id), "%s", id);
}

/* ---- the text of an event ---------------------------------------------------------------- */

/* Takes over the object. */
static bool write_field(FILE *out, const char *before, json_t *object)
{
    fputs(before, out);
    return hs_write_json(out, object);
}

static json_t *ring_json(const struct hs_mirror *mirror)
{
    const struct hearsay_ring *ring = hs_mirror_ring(mirror);

    return json_pack("{s:I, s:o, s:o, s:I}", "version",
                     (json_int_t)hs_mirror_state(mirror).ring_version, "checksum",
                     hs_ctl_hex64(ring ? hearsay_ring_checksum(ring) : 0), "zones_checksum",
                     hs_ctl_hex64(ring ? hearsay_ring_zones_checksum(ring) : 0), "tokens",
                     (json_int_t)(ring ? hearsay_ring_tokens(ring) : 0));
}

static json_t *state_json(const struct hs_worth *worth)
{
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "ready", (int)worth->ready, "isolated",
                     (int)worth->isolated, "leaving", (int)worth->leaving, "settling",
                     (int)worth->settling, "stale", (int)(worth->stale_us > 0), "gone",
                     (int)worth->gone);
}

static const char *kind_name(enum hs_mirror_kind kind)
{
    static const char *const names[] = {
        [HS_MIRROR_ALL] = "resync", [HS_MIRROR_MEMBER] = "member", [HS_MIRROR_GONE] = "gone",
        [HS_MIRROR_RING] = "ring",  [HS_MIRROR_STATE] = "state",   [HS_MIRROR_EVENT] = "event",
    };

    return names[kind];
}

/* What changed, as fields of the data; the line of the agent's log follows them. */
static bool write_what(FILE *out, const struct hs_mirror_entry *entry,
                       const struct hs_mirror *mirror, const struct hs_worth *worth)
{
    const struct hs_mirror_member *member = NULL;

    switch (entry->kind) {
    case HS_MIRROR_MEMBER:
        member = hs_mirror_find(mirror, entry->name);
        if (member && !write_field(out, "\"member\":", hs_mirror_member_since_json(member)))
            return false;
        return fprintf(out, "%s\"name\":\"%s\"", member ? "," : "", entry->name) > 0;
    case HS_MIRROR_GONE:
        return fprintf(out, "\"name\":\"%s\"", entry->name) > 0;
    case HS_MIRROR_RING:
        return write_field(out, "\"ring\":", ring_json(mirror));
    case HS_MIRROR_ALL:
    case HS_MIRROR_STATE:
        return write_field(out, "\"state\":", state_json(worth));
    case HS_MIRROR_EVENT:
        break;
    }
    return true;
}

static bool write_event(FILE *out, const char *id, const struct hs_mirror_entry *entry,
                        const struct hs_mirror *mirror, const struct hs_worth *worth)
{
    bool alone = entry->kind == HS_MIRROR_EVENT;
    bool good;

    if (id[0] != '\0')
        fprintf(out, "id: %s\n", id);
    fprintf(out, "event: %s\ndata: {", kind_name(entry->kind));
    good = write_what(out, entry, mirror, worth);
    if (entry->event)
        fprintf(out, "%s\"event\":%s", alone ? "" : ",", entry->event);
    fputs("}\n\n", out);
    return good;
}

static char *event_text(const char *id, const struct hs_mirror_entry *entry,
                        const struct hs_mirror *mirror, const struct hs_worth *worth,
                        size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    bool good = out && write_event(out, id, entry, mirror, worth);

    if (out && fclose(out) != 0)
        good = false;
    if (good)
        return text;
    free(text);
    return NULL;
}

/* ---- what is new ------------------------------------------------------------------------- */

/* Streams that miss an event look at everything: a number that is not kept tells them so. */
static void skip_item(struct hs_news *news)
{
    while (news->first < news->next)
        forget_oldest(news);
    news->first = ++news->next;
}

static void add_event(struct hs_news *news, const char *id, const struct hs_mirror_entry *entry,
                      const struct hs_mirror *mirror, const struct hs_worth *worth)
{
    size_t len = 0;
    char *text = event_text(id, entry, mirror, worth, &len);

    if (text)
        add_item(news, id, text, len);
    else
        skip_item(news);
}

/* The view as a whole has the id of the mirror only if nothing has come behind it already, since
 * then that id would be another event's. */
static void make_id(const struct hs_news *news, const struct hs_mirror *mirror,
                    const struct hs_mirror_entry *entry, char id[HS_NEWS_ID_MAX])
{
    struct hs_mirror_state state = hs_mirror_state(mirror);
    bool newest = entry->number == hs_mirror_log_newest(hs_mirror_log(mirror));

    if (entry->id[0] != '\0')
        snprintf(id, HS_NEWS_ID_MAX, "%s", entry->id);
    else if (entry->kind == HS_MIRROR_ALL && newest)
        snprintf(id, HS_NEWS_ID_MAX, "%s", state.id);
    else
        snprintf(id, HS_NEWS_ID_MAX, "%s.%" PRIu64, state.id, news->next);
}

static bool take_worth(struct hs_news *news, const struct hs_mirror *mirror,
                       const struct hs_worth *worth)
{
    const struct hs_mirror_entry entry = {.kind = HS_MIRROR_STATE};
    bool stale = worth->stale_us > 0;

    if (stale == news->stale && worth->gone == news->gone)
        return false;
    news->stale = stale;
    news->gone = worth->gone;
    add_event(news, "", &entry, mirror, worth);
    return true;
}

bool hs_news_take(struct hs_news *news, struct hs_mirror *mirror, const struct hs_worth *worth)
{
    struct hs_mirror_entry entry;
    char id[HS_NEWS_ID_MAX];
    bool any = false;

    while (hs_mirror_log_next(hs_mirror_log(mirror), &news->cursor, &entry)) {
        make_id(news, mirror, &entry, id);
        add_event(news, id, &entry, mirror, worth);
        any = true;
    }
    return take_worth(news, mirror, worth) || any;
}

/* ---- reading ----------------------------------------------------------------------------- */

const struct hs_news_item *hs_news_at(const struct hs_news *news, uint64_t number)
{
    return number >= news->first && number < news->next ? place_of(news, number) : NULL;
}

bool hs_news_find(const struct hs_news *news, const char *id, uint64_t *ret_number)
{
    for (uint64_t number = news->next; number > news->first; number--)
        if (id[0] != '\0' && strcmp(place_of(news, number - 1)->id, id) == 0) {
            *ret_number = number;
            return true;
        }
    return false;
}

/* The id after which nothing has come; "": nothing has one. */
static const char *newest_id(const struct hs_news *news)
{
    uint64_t number = news->next;

    while (number > news->first && place_of(news, number - 1)->id[0] == '\0')
        number--;
    return number > news->first ? place_of(news, number - 1)->id : "";
}

void hs_news_greet(const struct hs_news *news, const struct hs_worth *worth, bool resumed,
                   bool resync, char **ret_text, size_t *ret_len)
{
    const char *id = resumed ? "" : newest_id(news);
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    bool good = out;

    *ret_text = NULL;
    if (out) {
        fputs("retry: 2000\n\n", out);
        if (id[0] != '\0')
            fprintf(out, "id: %s\n", id);
        fprintf(out, "event: %s\n", resync ? "resync" : "state");
        good = write_field(out, "data: {\"state\":", state_json(worth));
        fputs("}\n\n", out);
        good = fclose(out) == 0 && good;
    }
    if (good)
        *ret_text = text;
    else
        free(text);
}

int hs_news_init(struct hs_news *ret_news)
{
    *ret_news = (struct hs_news){.gone = true};
    ret_news->items = calloc(HS_NEWS_MAX, sizeof(ret_news->items[0]));
    return ret_news->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_news_fini(struct hs_news *news)
{
    while (news->items && news->first < news->next)
        forget_oldest(news);
    free(news->items);
    news->items = NULL;
}
