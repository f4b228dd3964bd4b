/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `hearsay` tool from inside. One run does one command: parse the arguments, ask the agent one
 * thing, show the answer, end. So memory that lives as long as the run is not given back piece by
 * piece, and running out of it ends the run with a message (cli_out_of_memory).
 *
 * What the tool prints comes from the network: every text goes through the functions of out.c,
 * which let no control character reach a terminal.
 */
#ifndef HEARSAY_CLI_CLI_H
#define HEARSAY_CLI_CLI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "ctl/ctl.h"

#define CLI_TIMEOUT_S       10   /* silence of the agent after which we give up */
#define CLI_TIMEOUT_LEAVE_S 60   /* the same where the agent itself waits for others */
#define CLI_TIMEOUT_MAX_S   3600 /* the longest --timeout */
#define CLI_WIDTH           80   /* columns, unless the terminal says otherwise */
#define CLI_WIDTH_MIN       60   /* a narrower terminal gets tables of this width */

/* ---- options and commands (args.c, commands.c, help.c) ----------------------------------- */

enum cli_option {
    CLI_CONTROL,
    CLI_JSON,
    CLI_NO_COLOR,
    CLI_TIMEOUT,
    CLI_HELP,
    CLI_VERSION,
    CLI_STATUS,
    CLI_TAG,
    CLI_NAME,
    CLI_ALL,
    CLI_RANGES,
    CLI_COUNT,
    CLI_PRUNE,
    CLI_REPLICAS,
    CLI_ZONES,
    CLI_SVG,
    CLI_ADD,
    CLI_REMOVE,
    CLI_SET,
    CLI_OPTION_COUNT
};

#define CLI_BIT(option) (1U << (option))
#define CLI_GLOBAL                                                                                 \
    (CLI_BIT(CLI_CONTROL) | CLI_BIT(CLI_JSON) | CLI_BIT(CLI_NO_COLOR) | CLI_BIT(CLI_TIMEOUT) |     \
     CLI_BIT(CLI_HELP))

struct cli_option_spec {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* what it takes; NULL: nothing */
    const char *help;
    bool many; /* may be given more than once */
};

/* An option that may be given more than once, in the order in which it was. */
struct cli_given {
    enum cli_option option;
    const char *value;
};

extern const struct cli_option_spec cli_options[CLI_OPTION_COUNT];

struct cli;

/* A command either asks one thing (request, show, and judge where a good answer can still be bad
 * news) or has a way of its own (run). */
struct cli_command {
    const char *name;
    const char *synopsis; /* what follows the name */
    const char *help;     /* one line */
    const char *details;  /* more lines for `help COMMAND`; may be NULL */
    uint32_t options;     /* CLI_BITs besides CLI_GLOBAL */
    int args_min, args_max;
    int timeout_s;
    json_t *(*request)(const struct cli *cli); /* NULL: the arguments are wrong, and that is said */
    int (*judge)(const json_t *answer);        /* an exit code; NULL: 0 */
    void (*show)(const struct cli *cli, const json_t *answer);
    int (*run)(struct cli *cli); /* an exit code */
};

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

struct cli_client {
    int fd; /* -1: not connected */
    int timeout_s;
    bool following; /* past the answer of monitor */
    char path[HS_CTL_PATH_MAX];
    struct hs_ctl_lines lines;
};

struct cli {
    const struct cli_command *command;   /* NULL: none was named */
    const char *value[CLI_OPTION_COUNT]; /* NULL: not given; "" for an option without argument */
    struct cli_given given[HS_CTL_PLAN_MAX];
    int given_count;
    char **args;
    int arg_count;
    struct cli_client client;
};

/* Parses the arguments in place. Returns 0, or HS_CTL_EXIT_USAGE after saying what is wrong. */
int cli_parse(struct cli *cli, int argc, char **argv);

/* The command of that name, or NULL. */
const struct cli_command *cli_find_command(const char *name);

/* The word nearest to `word` among `words` (NULLs are skipped), or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *words, size_t count);

/* A whole decimal number within bounds; false for anything else. */
bool cli_parse_number(const char *text, long min, long max, long *ret_value);

void cli_help(FILE *out);
void cli_help_command(FILE *out, const struct cli_command *command);

/* ---- the agent (client.c) ---------------------------------------------------------------- */

/* Sends a request (taking the reference) and reads its answer, an object with `ok` true. Connects
 * if need be. Returns 0, or an exit code after saying what is wrong. */
int cli_ask(struct cli *cli, json_t *request, json_t **ret_answer);

/* Waits, for ever, for the next line of `monitor`. Returns 0, or an exit code: 0 < code after
 * saying that the agent is gone, -1 when the reader of our output is gone. */
int cli_next_line(struct cli *cli, json_t **ret_line);

/* The next line of an answer of several lines. Returns 0 or an exit code. */
int cli_next_part(struct cli *cli, json_t **ret_line);

void cli_disconnect(struct cli *cli);

/* A request of that command, to be added to; never NULL. */
json_t *cli_new_request(enum hs_ctl_command command);

/* Sets a field to an argument. Returns false, after saying so, when it is not UTF-8. */
bool cli_set_text(json_t *object, const char *key, const char *text);

/* Fields of an answer, with a default for what is missing or of another type. */
const char *cli_text(const json_t *object, const char *key); /* "" */
uint64_t cli_number(const json_t *object, const char *key);  /* 0; negative: 0 */
double cli_real(const json_t *object, const char *key);      /* 0 */
bool cli_flag(const json_t *object, const char *key);        /* false */

/* ---- the output (out.c) ------------------------------------------------------------------ */

enum cli_color { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_GREEN, CLI_YELLOW };

struct cli_screen {
    bool terminal; /* stdout is one: tables are shortened to `width` */
    bool color;
    bool utf8;
    unsigned width;
};

extern struct cli_screen cli_screen;

/* Looks at stdout, the locale and the environment. Before anything else is called. */
void cli_screen_init(void);

/* "hearsay: …" on stderr, made safe. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_out_of_memory(void) __attribute__((noreturn));

/* vasprintf that does not fail; freed by the caller. */
char *cli_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Ends the output: returns `code`, or HS_CTL_EXIT_REFUSED, after saying so, when it could not be
 * written. A reader that has gone away (`| head -1`) is no error. */
int cli_finish(int code);

/* Prints text made safe. */
void cli_put(const char *text);
void cli_put_colored(enum cli_color color, const char *text);

/* "name       value", made safe; an empty value shows as "-". */
void cli_put_field(const char *name, const char *value);

/* The same with a value of several parts. */
void cli_put_formatted(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with a list "a, b, c", broken into lines that fit. */
void cli_put_list(const char *name, const char *list);

/* An object as one line of JSON, without `ok`. */
void cli_put_json(const json_t *object);

/* A copy of the text in which no control character is left; freed by the caller. *ret_columns is
 * how wide it shows. */
char *cli_safe(const char *text, unsigned *ret_columns);

/* How wide a text made by cli_safe shows. */
unsigned cli_columns(const char *safe);

/* A copy of such a text, cut in the middle so that at most `columns` remain; NULL when memory is
 * out. */
char *cli_shorten(const char *safe, unsigned columns);

/* ---- numbers as words (format.c) --------------------------------------------------------- */

#define CLI_WORD_MAX 40

void cli_format_span(char text[CLI_WORD_MAX], uint64_t us); /* "0.4s", "12s", "3m12s", "2d04h" */
void cli_format_rtt(char text[CLI_WORD_MAX], uint64_t us);  /* "340us", "1.2ms", "45ms" */
void cli_format_count(char text[CLI_WORD_MAX], uint64_t value); /* "1,234,567" */
void cli_format_bytes(char text[CLI_WORD_MAX], uint64_t bytes); /* "512 B", "56.1 KiB" */
void cli_format_share(char text[CLI_WORD_MAX], double share);   /* "19.53%" */

/* RFC 3339 as a person reads it: "2026-01-31 23:59:59.123"; other text as it is. */
void cli_format_time(char text[CLI_WORD_MAX], const char *time);

/* The colour of a status; plain for other words. */
enum cli_color cli_status_color(const char *status);

/* ---- tables (table.c) -------------------------------------------------------------------- */

struct cli_column {
    const char *title;
    bool right;
    unsigned min; /* may be shortened to this on a terminal; 0: never */
};

struct cli_cell {
    char *text;
    unsigned width;
    enum cli_color color;
};

struct cli_table {
    const struct cli_column *columns;
    size_t column_count;
    struct cli_cell *cells;
    size_t count, room;
    size_t next; /* column of the next cell */
};

void cli_table_init(struct cli_table *table, const struct cli_column *columns, size_t count);
void cli_table_fini(struct cli_table *table);

/* The next cell, left to right, row after row; "" shows as "-" in a column with a title. */
void cli_table_add(struct cli_table *table, const char *text, enum cli_color color);

/* Prints header and rows. */
void cli_table_print(struct cli_table *table);

/* ---- the commands ------------------------------------------------------------------------ */

json_t *cli_members_request(const struct cli *cli);
void cli_members_show(const struct cli *cli, const json_t *answer);

/* "k=v,k2=v2" of a tags object; freed by the caller. */
char *cli_join_tags(const json_t *tags, const char *separator);

int cli_ring_run(struct cli *cli);
json_t *cli_lookup_request(const struct cli *cli);
int cli_lookup_judge(const json_t *answer);
void cli_lookup_show(const struct cli *cli, const json_t *answer);

json_t *cli_status_request(const struct cli *cli);
void cli_status_show(const struct cli *cli, const json_t *answer);
int cli_version_run(struct cli *cli);

int cli_monitor_run(struct cli *cli);

json_t *cli_why_request(const struct cli *cli);
void cli_why_show(const struct cli *cli, const json_t *answer);

json_t *cli_join_request(const struct cli *cli);
int cli_join_judge(const json_t *answer);
void cli_join_show(const struct cli *cli, const json_t *answer);
json_t *cli_leave_request(const struct cli *cli);
void cli_leave_show(const struct cli *cli, const json_t *answer);
json_t *cli_force_leave_request(const struct cli *cli);
void cli_force_leave_show(const struct cli *cli, const json_t *answer);
json_t *cli_reload_request(const struct cli *cli);
void cli_reload_show(const struct cli *cli, const json_t *answer);
int cli_tags_run(struct cli *cli);

int cli_help_run(struct cli *cli);

/* What every command with `request` runs; for those with `run` it is a part. */
int cli_show_answer(struct cli *cli, const json_t *answer);

#endif
