/* SPDX-License-Identifier: Apache-2.0 */
/* The log also has lines for programs: counters, what is told at level debug. They are left out. */
#include "top_news.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "event.h"
#include "message.h"
#include "out.h"

#define CLOCK_AT  11 /* of "2026-01-31T23:59:59.123456Z" */
#define CLOCK_LEN 8

void cli_top_news_fini(struct cli_top_news *news)
{
    for (size_t i = 0; i < CLI_TOP_NEWS_MAX; i++)
        free(news->sentences[i]);
}

static bool is_news(const json_t *event)
{
    const char *name = cli_text(event, "event");

    return strcmp(cli_text(event, "level"), "debug") != 0 && strcmp(name, "status") != 0 &&
           name[0] != '\0';
}

static char *sentence_of(const json_t *event)
{
    const char *time = cli_text(event, "time");
    char *text = NULL, clock[CLOCK_LEN + 1] = "";
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        cli_out_of_memory();
    if (strlen(time) >= CLOCK_AT + CLOCK_LEN)
        snprintf(clock, sizeof(clock), "%.*s", CLOCK_LEN, time + CLOCK_AT);
    cli_write_safe(out, CLI_DIM, clock);
    fputs(" ", out);
    cli_write_event(out, event, true);
    if (fclose(out) != 0)
        cli_out_of_memory();
    return text;
}

static void keep_sentence(struct cli_top_news *news, const json_t *event)
{
    char **place = &news->sentences[news->count++ % CLI_TOP_NEWS_MAX];

    free(*place);
    *place = sentence_of(event);
}

static void add_news(struct cli_top_news *news, const char *line)
{
    json_t *event = json_loads(line, 0, NULL);

    if (event && is_news(event))
        keep_sentence(news, event);
    json_decref(event);
}

/* The member whose status is the newest of those that are older than `limit`. */
static const struct hs_mirror_member *newest_before(struct hs_mirror *mirror, uint64_t limit)
{
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror), *newest = NULL;

    for (size_t i = 0; i < hs_mirror_count(mirror, HEARSAY_STATUS_NONE); i++)
        if (members[i]->since < limit && (!newest || members[i]->since > newest->since))
            newest = members[i];
    return newest;
}

/* The log begins when somebody follows. What came before is in the members: since when each is as
 * it is. The newest of them come last. */
static void begin_with_members(struct cli_top_news *news, struct hs_mirror *mirror)
{
    const struct hs_mirror_member *found[CLI_TOP_NEWS_FIRST];
    size_t count = 0;

    if (!hs_mirror_members(mirror))
        return;
    while (count < CLI_TOP_NEWS_FIRST &&
           (found[count] =
                newest_before(mirror, count > 0 ? found[count - 1]->since : UINT64_MAX)) != NULL)
        count++;
    while (count-- > 0) {
        char time[HS_CTL_TIME_MAX];
        json_t *event;

        hs_ctl_format_time(found[count]->since, time);
        event = json_pack("{s:s, s:s, s:s, s:s, s:s}", "time", time, "event", "member", "name",
                          found[count]->name, "to", hearsay_status_name(found[count]->status),
                          "reason", hearsay_cause_name(found[count]->cause));
        keep_sentence(news, event);
        json_decref(event);
    }
}

void cli_top_news_read(struct cli_top_news *news, struct hs_mirror *mirror)
{
    struct hs_mirror_entry entry;

    while (hs_mirror_log_next(hs_mirror_log(mirror), &news->cursor, &entry)) {
        if (entry.event)
            add_news(news, entry.event);
        else if (entry.kind == HS_MIRROR_ALL && news->count == 0)
            begin_with_members(news, mirror);
    }
}

const char *cli_top_news_at(const struct cli_top_news *news, size_t back)
{
    if (back >= news->count || back >= CLI_TOP_NEWS_MAX)
        return NULL;
    return news->sentences[(news->count - 1 - back) % CLI_TOP_NEWS_MAX];
}
