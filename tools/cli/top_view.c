/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once a member was chosen the cursor follows it, and not its place: the list is sorted anew while
 * somebody reads it, and `w` must ask about the one that was looked at. Before that it stays at the
 * top, where trouble comes up.
 */
#include "top_view.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/addr.h>
#include <hearsay/config.h>
#include <hearsay/ring.h>

#include "out.h"

/* ---- words ------------------------------------------------------------------------------- */

static const char *const sort_names[CLI_TOP_SORT_COUNT] = {"trouble", "name", "newest", "rtt",
                                                           "share"};
static const char *const show_names[CLI_TOP_SHOW_COUNT] = {"all", "not alive", "alive", "suspect",
                                                           "dead"};

const char *cli_top_sort_name(enum cli_top_sort sort)
{
    return sort_names[sort];
}

bool cli_top_sort_parse(const char *text, enum cli_top_sort *ret_sort)
{
    for (int i = 0; i < CLI_TOP_SORT_COUNT; i++) {
        if (strcmp(sort_names[i], text) != 0)
            continue;
        *ret_sort = (enum cli_top_sort)i;
        return true;
    }
    return false;
}

const char *cli_top_show_name(enum cli_top_show show)
{
    return show_names[show];
}

/* ---- which members ----------------------------------------------------------------------- */

static bool has_status(const struct hs_mirror_member *member, enum cli_top_show show)
{
    if (show == CLI_TOP_ALL)
        return true;
    if (show == CLI_TOP_UNWELL)
        return member->status != HEARSAY_STATUS_ALIVE;
    return strcmp(hearsay_status_name(member->status), show_names[show]) == 0;
}

static bool has_text(const struct hs_mirror_member *member, const char *text)
{
    char addr[HEARSAY_ADDR_TEXT_MAX];

    if (text[0] == '\0' || strcasestr(member->name, text))
        return true;
    hearsay_addr_format(&member->addr, addr);
    if (strcasestr(addr, text) || strcasestr(hearsay_cause_name(member->cause), text))
        return true;
    for (size_t i = 0; i < member->tag_count; i++) {
        char tag[HEARSAY_TAGS_MAX + 2];

        snprintf(tag, sizeof(tag), "%s=%s", member->tags[i].key, member->tags[i].value);
        if (strcasestr(tag, text))
            return true;
    }
    return false;
}

static double share_of(const struct hearsay_ring *ring, const char *name)
{
    uint32_t index;

    if (!ring || hearsay_ring_find(ring, name, &index) != 0)
        return 0;
    return hearsay_ring_fraction(hearsay_ring_share(ring, index));
}

/* ---- their order ------------------------------------------------------------------------- */

static int trouble_of(const struct hs_mirror_member *member)
{
    if (member->status == HEARSAY_STATUS_SUSPECT)
        return 0;
    if (member->status == HEARSAY_STATUS_DEAD)
        return member->cause == HEARSAY_CAUSE_FAILED ? 1 : 2;
    return 3;
}

static int compare_names(const void *a, const void *b)
{
    const struct cli_top_row *x = a, *y = b;

    return strcmp(x->member->name, y->member->name);
}

/* -1 if the first number goes first; the other way around if the greater one does. */
static int order(double x, double y)
{
    return (x > y) - (x < y);
}

static int compare_trouble(const void *a, const void *b)
{
    const struct cli_top_row *x = a, *y = b;
    int by = trouble_of(x->member) - trouble_of(y->member);

    return by != 0 ? by : compare_names(a, b);
}

static int compare_newest(const void *a, const void *b)
{
    const struct cli_top_row *x = a, *y = b;
    int by = order((double)y->member->since, (double)x->member->since);

    return by != 0 ? by : compare_names(a, b);
}

static uint32_t rtt_of(const struct hs_mirror_member *member)
{
    return member->status != HEARSAY_STATUS_DEAD ? member->rtt_us : 0;
}

static int compare_rtt(const void *a, const void *b)
{
    const struct cli_top_row *x = a, *y = b;
    int by = order(rtt_of(y->member), rtt_of(x->member));

    return by != 0 ? by : compare_names(a, b);
}

static int compare_share(const void *a, const void *b)
{
    const struct cli_top_row *x = a, *y = b;
    int by = order(y->share, x->share);

    return by != 0 ? by : compare_names(a, b);
}

void cli_top_rows_init(struct cli_top_rows *rows, struct hs_mirror *mirror,
                       const struct cli_top_view *view)
{
    static int (*const compare[CLI_TOP_SORT_COUNT])(const void *, const void *) = {
        compare_trouble, compare_names, compare_newest, compare_rtt, compare_share};
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror);
    const struct hearsay_ring *ring = hs_mirror_ring(mirror);

    *rows = (struct cli_top_rows){.all = hs_mirror_count(mirror, HEARSAY_STATUS_NONE)};
    if (rows->all == 0)
        return;
    rows->row = calloc(rows->all, sizeof(*rows->row));
    if (!rows->row || !members)
        cli_out_of_memory();
    for (size_t i = 0; i < rows->all; i++) {
        double share = share_of(ring, members[i]->name);
        size_t width = strlen(members[i]->name); /* a name is ASCII */
        bool held = hs_mirror_member_held(members[i], ring);

        rows->held += held;
        rows->greatest = share > rows->greatest ? share : rows->greatest;
        if (!has_status(members[i], view->show) || !has_text(members[i], view->filter))
            continue;
        rows->row[rows->count++] = (struct cli_top_row){members[i], share, held};
        rows->name_width = width > rows->name_width ? (unsigned)width : rows->name_width;
    }
    qsort(rows->row, rows->count, sizeof(*rows->row), compare[view->sort]);
}

void cli_top_rows_fini(struct cli_top_rows *rows)
{
    free(rows->row);
}

/* ---- the cursor -------------------------------------------------------------------------- */

void cli_top_settle(struct cli_top_view *view, const struct cli_top_rows *rows, size_t page)
{
    view->page = page > 0 ? page : 1;
    if (!view->chosen) {
        view->cursor = 0;
        view->selected[0] = '\0';
    }
    for (size_t i = 0; i < rows->count && view->selected[0] != '\0'; i++) {
        if (strcmp(rows->row[i].member->name, view->selected) != 0)
            continue;
        view->cursor = i;
        break;
    }
    if (view->cursor >= rows->count)
        view->cursor = rows->count > 0 ? rows->count - 1 : 0;
    if (rows->count > 0)
        snprintf(view->selected, sizeof(view->selected), "%s",
                 rows->row[view->cursor].member->name);
    if (view->top + view->page > rows->count)
        view->top = rows->count > view->page ? rows->count - view->page : 0;
    if (view->cursor < view->top)
        view->top = view->cursor;
    if (view->cursor >= view->top + view->page)
        view->top = view->cursor - view->page + 1;
}

/* ---- keys -------------------------------------------------------------------------------- */

static size_t moved(size_t place, int key, size_t page)
{
    switch (key) {
    case CLI_KEY_UP:
    case 'k':
        return place > 0 ? place - 1 : 0;
    case CLI_KEY_DOWN:
    case 'j':
        return place + 1;
    case CLI_KEY_PAGE_UP:
        return place > page ? place - page : 0;
    case CLI_KEY_PAGE_DOWN:
    case ' ':
        return place + page;
    case CLI_KEY_HOME:
    case 'g':
        return 0;
    case CLI_KEY_END:
    case 'G':
        return HEARSAY_MEMBERS_LIMIT;
    default:
        return place;
    }
}

static bool moves(int key)
{
    return (key >= CLI_KEY_UP && key <= CLI_KEY_END) ||
           (key > 0 && key < 256 && strchr("kj gG", key));
}

static void type_filter(struct cli_top_view *view, int key)
{
    size_t len = strlen(view->filter);

    if (key == '\r' || key == '\n' || key == CLI_KEY_ESCAPE) {
        view->typing = false;
        if (key == CLI_KEY_ESCAPE)
            view->filter[0] = '\0';
    } else if ((key == '\b' || key == 0x7f) && len > 0) {
        /* a whole character: the bytes that continue one, and the one that begins it */
        while (len > 1 && ((unsigned char)view->filter[len - 1] & 0xc0) == 0x80)
            len--;
        view->filter[len - 1] = '\0';
    } else if (key == 0x15) { /* Control-U, as at a prompt */
        view->filter[0] = '\0';
    } else if (key >= ' ' && key < 256 && key != 0x7f && len + 1 < sizeof(view->filter)) {
        view->filter[len] = (char)key;
        view->filter[len + 1] = '\0';
    }
}

static enum cli_top_wish press_in_pane(struct cli_top_view *view, int key)
{
    if (moves(key)) {
        view->scroll = moved(view->scroll, key, view->page);
    } else if (key == 'r' && view->pane == CLI_TOP_WHY) {
        return CLI_TOP_ASK_WHY;
    } else {
        view->pane = CLI_TOP_LIST;
    }
    return CLI_TOP_NOTHING;
}

enum cli_top_wish cli_top_press(struct cli_top_view *view, int key)
{
    if (view->typing) {
        type_filter(view, key);
        return CLI_TOP_NOTHING;
    }
    if (view->pane != CLI_TOP_LIST)
        return press_in_pane(view, key);
    view->scroll = 0;
    if (moves(key)) {
        view->cursor = moved(view->cursor, key, view->page);
        view->selected[0] = '\0';
        view->chosen = view->cursor > 0;
    } else if (key == '/') {
        view->typing = true;
    } else if (key == CLI_KEY_ESCAPE) {
        view->filter[0] = '\0';
        view->show = CLI_TOP_ALL;
    } else if (key == 's') {
        view->show = (view->show + 1) % CLI_TOP_SHOW_COUNT;
    } else if (key == 'o') {
        view->sort = (view->sort + 1) % CLI_TOP_SORT_COUNT;
    } else if (key == '?' || key == 'h') {
        view->pane = CLI_TOP_HELP;
    } else if (key == 'w' || key == '\r' || key == '\n') {
        view->chosen = view->selected[0] != '\0';
        return view->chosen ? CLI_TOP_ASK_WHY : CLI_TOP_NOTHING;
    }
    return key == 'q' ? CLI_TOP_QUIT : CLI_TOP_NOTHING;
}
