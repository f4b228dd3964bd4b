/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `key = value`, one per line, with the keys of the flags. A '#' at the start of a line or after a
 * blank begins a comment. There is no nesting, quoting or inclusion, so anybody who can write the
 * command line can write the file. A key that is given twice in a file is an error unless it is a
 * list, because only one of the values would count and the reader could not see which.
 */
#include "conf/file.h"

#include <stdbool.h>
#include <string.h>

#include <hearsay/error.h>

#include "conf/legible.h"
#include "service/text_file.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

_Static_assert(HS_OPTION_LINE_MAX == HS_TEXT_LINE_MAX, "a value may be as long as its line");

/* A file that is being read. */
struct source {
    struct hs_text_file file;
    const char *path;
    struct hs_text_place place;
    struct hs_conf_store *store;
    struct hs_mistakes *mistakes;
};

static void add_mistake(const struct source *source, const char *reason)
{
    char line[HS_ERROR_TEXT_MAX];
    hs_error_text(line, "%.200s:%u: %s", source->path, source->place.line, reason);
    hs_mistakes_add(source->mistakes, source->place, HEARSAY_ERR_INVALID, line);
}

/* ---- a line ------------------------------------------------------------------------------ */

static int find_key(const struct hs_conf_table *table, const char *key, size_t *ret_row,
                    char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX];
    bool known = hs_conf_find(table, key, ret_row);
    if (known) {
        struct hs_conf_row row = table->at(*ret_row);
        if (hs_conf_of_files(&row))
            return 0;
    }
    const char *similar = hs_conf_similar(table, key, true);
    if (known)
        hs_error_text(error, "'%s' can only be a flag", key);
    else if (hs_legible(NULL, key, reason) < 0)
        hs_error_text(error, "key '%.64s' %s", key, reason);
    else if (similar)
        hs_error_text(error, "unknown key '%.64s'; did you mean '%s'?", key, similar);
    else
        hs_error_text(error, "unknown key '%.64s'; see %s", key, table->manual);
    return HEARSAY_ERR_INVALID;
}

/* Whether this line's text counts: 1, or 0 if it does not, or a negative error. */
static int may_note(const struct source *source, size_t number, const char *value,
                    char error[HS_ERROR_TEXT_MAX])
{
    struct hs_conf_row row = source->store->table->at(number);
    char reason[HS_ERROR_TEXT_MAX];
    if (hs_legible(&row, value, reason) < 0) {
        hs_error_text(error, "%s = %.100s: %s", row.key, value, reason);
        source->store->wrong[number] = true;
        return HEARSAY_ERR_INVALID;
    }
    if (!source->store->text[number])
        return 1;
    struct hs_text_place before = hs_conf_place(source->store, number);
    if (before.file == 0) /* a flag has precedence */
        return 0;
    if (before.file != source->place.file || (row.traits & HS_CONF_LIST))
        return 1;
    hs_error_text(error, "'%s' is given twice, first in line %u", row.key, before.line);
    source->store->wrong[number] = true;
    return HEARSAY_ERR_INVALID;
}

/* One line, without its comment and without blanks at its ends. Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_line(const struct source *source, char *line)
{
    char error[HS_ERROR_TEXT_MAX];
    char *equals = strchr(line, '=');
    if (!equals) {
        hs_error_text(error, "'%.64s' must be: key = value", line);
        add_mistake(source, error);
        source->store->unread = true;
        return 0;
    }
    *equals = '\0';
    const char *key = hs_text_trim(line), *value = hs_text_trim(equals + 1);
    size_t row;
    int counts = find_key(source->store->table, key, &row, error);
    if (counts < 0)
        source->store->unread = true;
    else
        counts = may_note(source, row, value, error);
    if (counts < 0)
        add_mistake(source, error);
    return counts > 0 ? hs_conf_note(source->store, row, value, source->place) : 0;
}

/* ---- a file ------------------------------------------------------------------------------ */

/* Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_lines(struct source *source)
{
    char fault[HS_ERROR_TEXT_MAX];
    for (;;) {
        char *line;
        int more = hs_text_file_next(&source->file, &line, fault), err = 0;
        source->place.line = source->file.line;
        if (more == 0)
            return 0;
        if (more < 0) {
            add_mistake(source, fault);
            source->store->unread = true;
        }
        if (more == HEARSAY_ERR_SYNTAX)
            return 0; /* every further line would be wrong too */
        if (more < 0)
            continue;
        hs_text_cut_comment(line);
        line = hs_text_trim(line);
        if (*line != '\0')
            err = read_line(source, line);
        if (err < 0)
            return err;
    }
}

static void add_file_mistake(const struct source *source, const char *reason)
{
    char line[HS_ERROR_TEXT_MAX];
    source->store->unread = true;
    hs_error_text(line, "config file %.200s: %s", source->path, reason);
    hs_mistakes_add(source->mistakes, source->place, HEARSAY_ERR_INVALID, line);
}

int hs_conf_read_file(struct hs_conf_store *store, const char *path, bool only_files,
                      struct hs_mistakes *mistakes)
{
    struct source source = {.path = path, .store = store, .mistakes = mistakes};
    const char *reason = NULL;
    char words[HS_ERROR_TEXT_MAX];
    int err = hs_conf_note_file(store, path, &source.place.file);
    if (err == HEARSAY_ERR_FULL) {
        source.place.file = HS_OPTION_FILES_MAX;
        add_file_mistake(&source,
                         "is one more than the " TEXT(
                             HS_OPTION_FILES_MAX) " files that are read: merge some of them");
        return 0;
    }
    if (err < 0)
        return err;
    if (hs_text_file_open(&source.file, path, only_files, &reason) < 0) {
        hs_error_text(words, "%s; must be a text file that can be read", reason);
        add_file_mistake(&source, words);
        return 0;
    }
    err = read_lines(&source);
    int number = hs_text_file_close(&source.file);
    if (number)
        add_file_mistake(&source, strerror(number));
    return err;
}
