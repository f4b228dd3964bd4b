/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From top to bottom: whose view this is and what it is worth; how many members; the members; what
 * changed lately; what the keys do. On a narrow screen columns are left out, on a low one lines,
 * and the first two lines never: a list that looks well while its agent is gone would be worse than
 * none.
 */
#include "top_frame.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/addr.h>
#include <hearsay/ring.h>

#include "format.h"
#include "tags.h"
#include "why.h"

#define STALE_US   1000000 /* an agent that lives is never silent for so long */
#define GAP        2       /* blanks between columns */
#define NAME_MIN   8
#define WIDE       100 /* columns: then tags get more of them */
#define MARK       1   /* column of the cursor */
#define BAR_WIDTH  10
#define NEWS_SHOWN 12 /* lines */

/* ---- the agent --------------------------------------------------------------------------- */

struct words {
    enum cli_color color;
    char text[256];
};

__attribute__((format(printf, 3, 4))) static bool say_words(struct words *words,
                                                            enum cli_color color,
                                                            const char *format, ...)
{
    va_list args;

    words->color = color;
    va_start(args, format);
    vsnprintf(words->text, sizeof(words->text), format, args);
    va_end(args);
    return true;
}

/* The agent cannot be asked now. Returns false if it can. */
static bool say_absence(const struct cli_top_scene *scene, struct words *words)
{
    const struct cli_top_agent *agent = &scene->agent;
    char ago[CLI_WORD_MAX];

    cli_format_span(ago, agent->silence_us);
    if (!agent->connected && agent->silence_us == UINT64_MAX)
        return say_words(words, CLI_RED, "%s",
                         agent->fault[0] != '\0' ? agent->fault : "connecting");
    if (!agent->connected)
        return say_words(words, CLI_RED, "the agent is gone, this was %s ago: %s", ago,
                         agent->fault);
    if (agent->silence_us != UINT64_MAX && agent->silence_us >= STALE_US)
        return say_words(words, CLI_RED,
                         "the agent has been silent for %s: is it stopped, or does it "
                         "hang?",
                         ago);
    return false;
}

/* In one sentence what the view is worth (R40). Returns false if it is good. */
static bool say_trouble(const struct cli_top_scene *scene, struct words *words)
{
    struct hs_mirror_state state = hs_mirror_state(scene->mirror);

    if (say_absence(scene, words))
        return true;
    if (hs_mirror_waits(scene->mirror))
        return say_words(words, CLI_YELLOW,
                         "the agent was started anew and has not joined yet: this is "
                         "what it knew before");
    if (!hs_mirror_current(scene->mirror))
        return say_words(words, CLI_YELLOW, "reading the agent's view");
    if (state.isolated)
        return say_words(words, CLI_RED, "isolated: it hears nobody, and shows what was before");
    if (!state.ready)
        return say_words(words, CLI_YELLOW, "not joined yet: it knows no more than itself");
    if (state.leaving)
        return say_words(words, CLI_YELLOW, "it says goodbye and ends");
    return false;
}

/* One word for the first line. */
static const char *state_word(const struct cli_top_scene *scene)
{
    struct hs_mirror_state state = hs_mirror_state(scene->mirror);

    if (!scene->agent.connected)
        return scene->agent.silence_us == UINT64_MAX ? "no agent" : "gone";
    if (scene->agent.silence_us != UINT64_MAX && scene->agent.silence_us >= STALE_US)
        return "stale";
    if (hs_mirror_waits(scene->mirror) || !hs_mirror_current(scene->mirror))
        return "starting";
    if (state.isolated)
        return "isolated";
    return state.leaving ? "leaving" : state.ready ? "ready" : "not joined";
}

static void add_clock(struct cli_frame *frame, uint64_t wall)
{
    char time[HS_CTL_TIME_MAX], clock[CLI_WORD_MAX];

    hs_ctl_format_time(wall, time);
    snprintf(clock, sizeof(clock), "%.8s UTC", time + strlen("2026-01-31T"));
    if (frame->width == 0)
        cli_frame_add(frame, CLI_PLAIN, "  ");
    else if (frame->width > frame->column + strlen(clock))
        cli_frame_move(frame, frame->width - (unsigned)strlen(clock));
    else
        return;
    cli_frame_add(frame, CLI_DIM, clock);
}

static void add_head(struct cli_frame *frame, const struct cli_top_scene *scene)
{
    struct words trouble = {.text = ""};
    bool bad = say_trouble(scene, &trouble);
    const char *node = hs_mirror_node(scene->mirror);
    char *safe = cli_safe(node[0] != '\0' ? node : "hearsay", NULL);
    char *name = frame->width > 0 ? cli_shorten(safe, frame->width / 3) : strdup(safe);

    if (!name)
        cli_out_of_memory();
    cli_frame_add(frame, CLI_BOLD, name);
    if (node[0] != '\0' && (frame->width == 0 || frame->width >= 60)) {
        cli_frame_add(frame, CLI_PLAIN, " in ");
        cli_frame_add(frame, CLI_PLAIN, hs_mirror_cluster(scene->mirror));
    }
    cli_frame_add(frame, CLI_PLAIN, "  ");
    cli_frame_add(frame, bad ? trouble.color : CLI_GREEN, state_word(scene));
    add_clock(frame, scene->wall);
    cli_frame_end_line(frame);
    free(name);
    free(safe);
}

static void add_count(struct cli_frame *frame, size_t count, enum hearsay_status status)
{
    char word[CLI_WORD_MAX];
    const char *name = hearsay_status_name(status);

    cli_format_count(word, count);
    cli_frame_add(frame, count > 0 ? cli_status_color(name) : CLI_PLAIN, word);
    cli_frame_add(frame, CLI_PLAIN, " ");
    cli_frame_add(frame, CLI_PLAIN, name);
}

static void add_counts(struct cli_frame *frame, const struct cli_top_scene *scene, size_t held)
{
    static const enum hearsay_status statuses[] = {HEARSAY_STATUS_ALIVE, HEARSAY_STATUS_SUSPECT,
                                                   HEARSAY_STATUS_DEAD};
    const struct hearsay_ring *ring = hs_mirror_ring(scene->mirror);
    char sum[HS_CTL_HEX64_MAX], tokens[CLI_WORD_MAX], word[CLI_WORD_MAX], text[128];

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        cli_frame_add(frame, CLI_PLAIN, i > 0 ? ", " : "");
        add_count(frame, hs_mirror_count(scene->mirror, statuses[i]), statuses[i]);
    }
    if (held > 0) {
        cli_format_count(word, held);
        snprintf(text, sizeof(text), ", %s held", word);
        cli_frame_add(frame, CLI_YELLOW, text);
    }
    if (ring) {
        hs_ctl_format_hex64(hearsay_ring_checksum(ring), sum);
        cli_format_count(tokens, hearsay_ring_tokens(ring));
        snprintf(text, sizeof(text), "  ring %s, %s tokens", sum, tokens);
        cli_frame_add(frame, CLI_PLAIN, text);
    }
    cli_frame_end_line(frame);
}

/* What the star behind a status means: nobody looks for it in the help at night. */
static void add_held(struct cli_frame *frame, const struct cli_top_scene *scene)
{
    const char *node = hs_mirror_node(scene->mirror);
    const struct hs_mirror_member *self = hs_mirror_find(scene->mirror, node);
    char hold[CLI_WORD_MAX], text[128];

    cli_format_span(hold, self ? self->ring_hold_us : 0);
    snprintf(text, sizeof(text), "* keeps its keys until its death is %s old (ring-hold)", hold);
    cli_frame_add(frame, CLI_YELLOW, text);
    cli_frame_end_line(frame);
}

/* ---- members ----------------------------------------------------------------------------- */

enum column { NAME, STATUS, CAUSE, SPAN, RTT, SHARE, BAR, ADDRESS, TAGS, COLUMN_COUNT };

/* `from`: the narrowest screen that has it. Name and tags share what the others leave. */
static const struct {
    const char *title;
    unsigned width, from;
    bool right;
} columns[COLUMN_COUNT] = {
    [NAME] = {"NAME", 0, 0, false},     [STATUS] = {"STATUS", 7, 0, false},
    [CAUSE] = {"CAUSE", 6, 72, false},  [SPAN] = {"FOR", 6, 0, true},
    [RTT] = {"RTT", 6, 0, true},        [SHARE] = {"SHARE", 7, 52, true},
    [BAR] = {"", BAR_WIDTH, 80, false}, [ADDRESS] = {"ADDRESS", 21, 110, false},
    [TAGS] = {"TAGS", 0, 72, false},
};

/* Where the columns are. */
struct layout {
    unsigned width;                 /* of the screen; 0: nothing is shortened */
    unsigned columns[COLUMN_COUNT]; /* the width of each; 0: it is not shown, TAGS: all the rest */
};

static struct layout lay_out(unsigned width, const struct cli_top_rows *rows)
{
    struct layout layout = {.width = width};
    unsigned used = MARK, wanted = rows->name_width > 4 ? rows->name_width : 4; /* "NAME" */
    /* for the tags */
    unsigned least = width < columns[TAGS].from ? 0 : width < WIDE ? 8 : 16;

    for (int i = STATUS; i < TAGS; i++) {
        if (width > 0 && width < columns[i].from)
            continue;
        layout.columns[i] = columns[i].width;
        used += columns[i].width + GAP;
    }
    if (width > 0 && wanted + used + least > width)
        wanted = width > used + least + NAME_MIN ? width - used - least : NAME_MIN;
    layout.columns[NAME] = wanted;
    layout.columns[TAGS] = width == 0 || width >= columns[TAGS].from;
    return layout;
}

/* Adds a cell, and the gap behind it. The column of the frame is its left edge. */
static void add_cell(struct cli_frame *frame, const struct layout *layout, enum column column,
                     enum cli_color color, const char *text)
{
    unsigned width = layout->columns[column], columns_used, start = frame->column;
    char *safe, *fit;

    if (width == 0)
        return;
    if (column == TAGS) {
        cli_frame_add(frame, color, text);
        return;
    }
    safe = cli_safe(text, &columns_used);
    fit = layout->width > 0 ? cli_shorten(safe, width) : strdup(safe);
    if (!fit)
        cli_out_of_memory();
    if (columns[column].right && columns_used < width)
        cli_frame_move(frame, start + width - columns_used);
    cli_frame_add(frame, color, fit);
    cli_frame_move(frame, start + width + GAP);
    free(fit);
    free(safe);
}

static void add_titles(struct cli_frame *frame, const struct layout *layout)
{
    if (layout->width > 0)
        cli_frame_move(frame, MARK);
    for (int i = 0; i < COLUMN_COUNT; i++)
        add_cell(frame, layout, (enum column)i, CLI_BOLD, columns[i].title);
    cli_frame_end_line(frame);
}

static void add_rtt(struct cli_frame *frame, const struct layout *layout,
                    const struct hs_mirror_member *member)
{
    char word[CLI_WORD_MAX] = "-";

    if (member->self)
        snprintf(word, sizeof(word), "self");
    else if (member->status != HEARSAY_STATUS_DEAD && member->rtt_us > 0)
        cli_format_rtt(word, member->rtt_us);
    add_cell(frame, layout, RTT, CLI_PLAIN, word);
}

static void add_row(struct cli_frame *frame, const struct layout *layout,
                    const struct cli_top_row *row, double greatest, uint64_t wall)
{
    const struct hs_mirror_member *member = row->member;
    const char *status = hearsay_status_name(member->status);
    char word[CLI_WORD_MAX], addr[HEARSAY_ADDR_TEXT_MAX], bar[CLI_BAR_MAX(BAR_WIDTH)];
    char *tags = cli_join_member_tags(member->tags, member->tag_count);

    if (layout->width > 0)
        cli_frame_add(frame, CLI_PLAIN, frame->selected ? ">" : " ");
    add_cell(frame, layout, NAME, CLI_PLAIN, member->name);
    snprintf(word, sizeof(word), "%s%s", status, row->held ? "*" : "");
    add_cell(frame, layout, STATUS, cli_status_color(status), word);
    add_cell(frame, layout, CAUSE, CLI_PLAIN,
             member->cause == HEARSAY_CAUSE_NONE ? "-" : hearsay_cause_name(member->cause));
    cli_format_span(word, wall > member->since ? wall - member->since : 0);
    add_cell(frame, layout, SPAN, CLI_PLAIN, word);
    add_rtt(frame, layout, member);
    cli_format_share(word, row->share);
    add_cell(frame, layout, SHARE, CLI_PLAIN, word);
    cli_format_bar(bar, BAR_WIDTH, row->share, greatest);
    add_cell(frame, layout, BAR, CLI_PLAIN, bar);
    hearsay_addr_format(&member->addr, addr);
    add_cell(frame, layout, ADDRESS, CLI_PLAIN, addr);
    add_cell(frame, layout, TAGS, CLI_PLAIN, tags[0] != '\0' ? tags : "-");
    cli_frame_end_line(frame);
    free(tags);
}

static void add_rows(struct cli_frame *frame, const struct cli_top_scene *scene,
                     struct cli_top_view *view, const struct cli_top_rows *rows, size_t page)
{
    struct layout layout = lay_out(frame->width, rows);
    size_t first = 0, count = rows->count;
    bool cursor = frame->height > 0;

    if (cursor) {
        cli_top_settle(view, rows, page);
        first = view->top;
        count = rows->count - first < page ? rows->count - first : page;
    }
    add_titles(frame, &layout);
    for (size_t i = first; i < first + count; i++) {
        frame->selected = cursor && i == view->cursor;
        add_row(frame, &layout, &rows->row[i], rows->greatest, scene->wall);
    }
    for (size_t i = count; cursor && i < page; i++)
        cli_frame_end_line(frame);
}

/* ---- below the members ------------------------------------------------------------------- */

/* A low screen has two lines of news, a high one a dozen; one of them is their title if there is
 * room for it. */
static size_t news_lines(unsigned height)
{
    size_t lines = height / 5;

    return lines < NEWS_SHOWN ? lines : NEWS_SHOWN;
}

static void add_news(struct cli_frame *frame, const struct cli_top_news *news, size_t lines)
{
    if (lines > 3 && (frame->height > 0 || news->count > 0)) {
        cli_frame_add(frame, CLI_BOLD, "LATELY");
        cli_frame_end_line(frame);
        lines--;
    }
    for (size_t i = lines; i-- > 0;) {
        const char *sentence = cli_top_news_at(news, i);

        if (sentence)
            cli_frame_add_safe(frame, sentence);
        if (sentence || frame->height > 0)
            cli_frame_end_line(frame);
    }
}

/* "1-20 of 1,000 by trouble, dead, /web". */
static void add_place(struct cli_frame *frame, const struct cli_top_view *view,
                      const struct cli_top_rows *rows)
{
    char first[CLI_WORD_MAX], last[CLI_WORD_MAX], count[CLI_WORD_MAX], text[4 * CLI_WORD_MAX];
    size_t end = view->top + view->page < rows->count ? view->top + view->page : rows->count;

    cli_format_count(first, rows->count > 0 ? view->top + 1 : 0);
    cli_format_count(last, end);
    cli_format_count(count, rows->count);
    snprintf(text, sizeof(text), "%s-%s of %s by %s", first, last, count,
             cli_top_sort_name(view->sort));
    cli_frame_add(frame, CLI_PLAIN, text);
    if (view->show != CLI_TOP_ALL) {
        cli_frame_add(frame, CLI_PLAIN, ", ");
        cli_frame_add(frame, CLI_YELLOW, cli_top_show_name(view->show));
    }
    if (view->filter[0] != '\0') {
        cli_frame_add(frame, CLI_PLAIN, ", /");
        cli_frame_add(frame, CLI_YELLOW, view->filter);
    }
}

static void add_foot(struct cli_frame *frame, const struct cli_top_view *view,
                     const struct cli_top_rows *rows)
{
    if (view->typing) {
        cli_frame_add(frame, CLI_BOLD, "/");
        cli_frame_add(frame, CLI_BOLD, view->filter);
        cli_frame_add(frame, CLI_BOLD, "_");
        cli_frame_add(frame, CLI_DIM, "  Enter: keep  Esc: all");
    } else {
        add_place(frame, view, rows);
        cli_frame_add(frame, CLI_DIM, "  ? help  q quit  w why  / text  s status  o order");
    }
    cli_frame_end_line(frame);
}

/* ---- panes ------------------------------------------------------------------------------- */

/* No line is wider than the narrowest screen. */
static const char help_text[] = "q, Ctrl-C   end\n"
                                "Up, Down    another member (k, j)\n"
                                "PgUp, PgDn  a screen further (Space)\n"
                                "Home, End   the first, the last (g, G)\n"
                                "w, Enter    why a member is as it is\n"
                                "s           which: all, not alive, alive,\n"
                                "            suspect, dead\n"
                                "/           only those with a text in\n"
                                "            name, address, tags, cause\n"
                                "Esc         all members again\n"
                                "o           order: trouble, name, newest,\n"
                                "            rtt, share\n"
                                "?           this help\n"
                                "\n"
                                "dead*    held: it keeps its keys until\n"
                                "         its death is ring-hold old\n"
                                "trouble  suspects, then who failed, then\n"
                                "         other dead ones, then the rest\n"
                                "FOR      how long it has its status\n"
                                "RTT      round trip of a probe\n"
                                "SHARE    part of all keys that it owns\n";

static void add_pane_text(struct cli_frame *frame, struct cli_top_view *view, const char *safe,
                          size_t room)
{
    size_t lines = 0;

    for (const char *at = safe; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    view->page = room > 0 ? room : 1;
    if (view->scroll + room > lines)
        view->scroll = lines > room ? lines - room : 0;
    cli_frame_add_lines(frame, safe, view->scroll, room);
    cli_frame_add(frame, CLI_DIM,
                  view->pane == CLI_TOP_WHY ? "r: ask again  any other key: back"
                                            : "any other key: back");
    cli_frame_end_line(frame);
}

static char *why_text(const struct cli_top_scene *scene, unsigned width)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        cli_out_of_memory();
    if (scene->why) {
        cli_why_write(out, scene->why, width);
    } else {
        cli_write_safe(out, CLI_RED, scene->why_fault);
        fputs("\n", out);
    }
    if (fclose(out) != 0)
        cli_out_of_memory();
    return text;
}

static void add_pane(struct cli_frame *frame, const struct cli_top_scene *scene,
                     struct cli_top_view *view)
{
    size_t room = cli_frame_room(frame);
    char *why = NULL;

    room -= room > 0; /* the foot's */
    if (view->pane == CLI_TOP_WHY)
        why = why_text(scene, frame->width);
    add_pane_text(frame, view, why ? why : help_text, room);
    free(why);
}

/* ---- the frame --------------------------------------------------------------------------- */

void cli_top_frame(struct cli_frame *ret_frame, const struct cli_top_scene *scene,
                   struct cli_top_view *view, unsigned width, unsigned height)
{
    struct words trouble;
    struct cli_top_rows rows;
    size_t news = height > 0 ? news_lines(height) : NEWS_SHOWN, room;

    cli_frame_init(ret_frame, width, height);
    cli_top_rows_init(&rows, scene->mirror, view);
    add_head(ret_frame, scene);
    add_counts(ret_frame, scene, rows.held);
    if (rows.held > 0)
        add_held(ret_frame, scene);
    if (say_trouble(scene, &trouble)) {
        cli_frame_add(ret_frame, trouble.color, trouble.text);
        cli_frame_end_line(ret_frame);
    }
    if (height > 0 && view->pane != CLI_TOP_LIST) {
        add_pane(ret_frame, scene, view);
    } else {
        room = cli_frame_room(ret_frame);
        add_rows(ret_frame, scene, view, &rows, room > news + 2 ? room - news - 2 : 0);
        add_news(ret_frame, scene->news, news);
        if (height > 0)
            add_foot(ret_frame, view, &rows);
    }
    cli_top_rows_fini(&rows);
}
