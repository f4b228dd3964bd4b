/* SPDX-License-Identifier: Apache-2.0 */
/* What a person has chosen to see in `hearsay top`, and the members in that order. */
#ifndef HEARSAY_CLI_TOP_VIEW_H
#define HEARSAY_CLI_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/member.h>

#include "mirror/mirror.h"

#define CLI_TOP_FILTER_MAX 64 /* bytes of a filter, its terminator included */

enum cli_top_sort {
    CLI_TOP_TROUBLE, /* suspects, then those that failed, then others that are dead */
    CLI_TOP_NAME,
    CLI_TOP_NEWEST, /* the shortest time in its status first */
    CLI_TOP_RTT,    /* the slowest first */
    CLI_TOP_SHARE,  /* the greatest first */
    CLI_TOP_SORT_COUNT
};

enum cli_top_show {
    CLI_TOP_ALL,
    CLI_TOP_UNWELL,
    CLI_TOP_ALIVE,
    CLI_TOP_SUSPECT,
    CLI_TOP_DEAD,
    CLI_TOP_SHOW_COUNT
};

enum cli_top_pane { CLI_TOP_LIST, CLI_TOP_WHY, CLI_TOP_HELP };

/* What a key asks for, beside a change of the view. */
enum cli_top_wish { CLI_TOP_NOTHING, CLI_TOP_QUIT, CLI_TOP_ASK_WHY };

/* Keys that are no characters; characters are their bytes. */
enum cli_key {
    CLI_KEY_UP = 256,
    CLI_KEY_DOWN,
    CLI_KEY_PAGE_UP,
    CLI_KEY_PAGE_DOWN,
    CLI_KEY_HOME,
    CLI_KEY_END,
    CLI_KEY_ESCAPE,
    CLI_KEY_UNKNOWN,
};

struct cli_top_row {
    const struct hs_mirror_member *member; /* borrowed from the mirror */
    double share;                          /* of all keys */
    bool held;                             /* R62: it is dead, and owns its keys still */
};

/* The members that are shown, in their order. */
struct cli_top_rows {
    struct cli_top_row *row;
    size_t count;
    size_t all;          /* members, shown or not */
    size_t held;         /* of all of them */
    double greatest;     /* share of all of them */
    unsigned name_width; /* of the longest name that is shown */
};

/* All zeroes: everything, trouble first. */
struct cli_top_view {
    enum cli_top_sort sort;
    enum cli_top_show show;
    char filter[CLI_TOP_FILTER_MAX]; /* "": none */
    bool typing;                     /* the filter is being typed */
    enum cli_top_pane pane;
    size_t scroll;                       /* lines of the pane that are above the screen */
    bool chosen;                         /* a member was; else the cursor stays on the first row */
    char selected[HEARSAY_NAME_MAX + 1]; /* "": whoever stands at the cursor */
    size_t cursor, top;                  /* rows: the selected one, the first on the screen */
    size_t page;                         /* rows that fit the screen */
};

/* "trouble", "name", ...; never NULL. */
const char *cli_top_sort_name(enum cli_top_sort sort);

/* Returns false if there is no such order. */
bool cli_top_sort_parse(const char *text, enum cli_top_sort *ret_sort);

/* "all", "not alive", "alive", ...; never NULL. */
const char *cli_top_show_name(enum cli_top_show show);

/* Collects and sorts the members that the view shows. They borrow from the mirror until it gets its
 * next line. Freed with cli_top_rows_fini. */
void cli_top_rows_init(struct cli_top_rows *rows, struct hs_mirror *mirror,
                       const struct cli_top_view *view);
void cli_top_rows_fini(struct cli_top_rows *rows);

/* Keeps the cursor on the selected member, wherever it is now, and both on a screen of so many
 * rows. */
void cli_top_settle(struct cli_top_view *view, const struct cli_top_rows *rows, size_t page);

/* A key was pressed. */
enum cli_top_wish cli_top_press(struct cli_top_view *view, int key);

#endif
