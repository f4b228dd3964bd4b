/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tool prints. All text comes from the network, so all of it goes through these functions,
 * which let no control character reach a terminal. Memory is asked for in small pieces; running out
 * of it ends the run with a message.
 */
#ifndef HEARSAY_CLI_OUT_H
#define HEARSAY_CLI_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#define CLI_WIDTH     80 /* columns, unless the terminal says otherwise */
#define CLI_WIDTH_MIN 60 /* a narrower terminal gets tables of this width */

enum cli_color { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_REVERSE, CLI_RED, CLI_GREEN, CLI_YELLOW };

struct cli_screen {
    bool terminal; /* stdout is one: tables are shortened to `width` */
    bool color;
    bool utf8;
    unsigned width;
    void (*give_back)(
        void); /* a terminal that was taken over, before a sudden end; NULL: none was */
};

extern struct cli_screen cli_screen;

/* Looks at stdout, the locale and the environment. Before anything else is called. */
void cli_screen_init(void);

/* "hearsay: ..." on stderr, made safe. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_out_of_memory(void) __attribute__((noreturn));

/* vasprintf that does not fail; freed by the caller. */
char *cli_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Ends the output: returns `code`, or HS_CTL_EXIT_REFUSED, after saying so, when it could not be
 * written. A reader that has gone away (`| head -1`) is no error. */
int cli_finish(int code);

/* A line on stdout, made safe. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints text that is safe already. */
void cli_put(const char *text);
void cli_put_colored(enum cli_color color, const char *text);

/* Prints text made safe. */
void cli_put_safe(enum cli_color color, const char *text);

/* The same two into any stream. */
void cli_write_colored(FILE *out, enum cli_color color, const char *text);
void cli_write_safe(FILE *out, enum cli_color color, const char *text);

/* "name       value", made safe; an empty value shows as "-". */
void cli_put_field(const char *name, const char *value);

/* The same with a value of several parts. */
void cli_put_formatted(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with a list "a, b, c", broken into lines that fit. */
void cli_put_list(const char *name, const char *list);

/* An object as one line of JSON, without `ok`. */
void cli_put_json(const json_t *object);

/* A copy of the text in which no control character is left; freed by the caller. *ret_columns (may
 * be NULL) is how wide it shows. */
char *cli_safe(const char *text, unsigned *ret_columns);

/* The bytes of the next character of such a text, which must not be at its end, and how wide it
 * shows. A change of colour counts as a character without width. */
size_t cli_next_character(const char *safe, unsigned *ret_columns);

/* How wide a text made by cli_safe shows. */
unsigned cli_columns(const char *safe);

/* A copy of such a text, cut in the middle so that at most `columns` remain; NULL when memory is
 * out. */
char *cli_shorten(const char *safe, unsigned columns);

/* A text that grows item by item. */
struct cli_list {
    FILE *out;
    char *text;
    size_t len;
    const char *separator;
};

void cli_list_begin(struct cli_list *list, const char *separator);
void cli_list_add(struct cli_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole text, "" without items; freed by the caller. */
char *cli_list_end(struct cli_list *list);

#endif
