/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of a program as texts, with the place where each was given. Flags and files both
 * store their texts here; what they mean is parsed later (conf/parse.h). So a flag can replace a
 * key of the file before the file's value is checked, and a reload can compare texts.
 *
 * The keys are those of a table of the program's, which is told by a function: each program has
 * rows with more in them.
 */
#ifndef HS_CONF_STORE_H
#define HS_CONF_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define HS_CONF_ROWS_MAX    40   /* of a table */
#define HS_OPTION_LINE_MAX  4095 /* bytes of a line of a file */
#define HS_OPTION_TEXT_MAX  (HS_OPTION_LINE_MAX + 1)
#define HS_OPTION_FILES_MAX 128 /* the file of --config and those of its directory */

enum hs_conf_trait {
    HS_CONF_LIST = 1,      /* may be given more than once */
    HS_CONF_FLAG_ONLY = 2, /* cannot stand in a file */
    HS_CONF_NUMBER = 4,    /* a value that begins with - is a wrong number, and no flag */
    HS_CONF_TABS = 8,      /* its value may hold tabs */
    HS_CONF_TAG = 16,      /* key=value, the value in any language */
};

struct hs_conf_row {
    const char *key;
    const char *arg; /* name of its value; NULL: it has none */
    unsigned traits;
};

struct hs_conf_table {
    size_t count;
    struct hs_conf_row (*at)(size_t row);
    const char *manual; /* the page that has all keys */
};

/* Where a text was given: a line of a file, or the command line. */
struct hs_text_place {
    unsigned file; /* 1 for the first of `files`; 0: a flag */
    unsigned line; /* of a flag: its place in argv */
};

/* A place for each text of a row, in the order of the texts. */
struct hs_text_places {
    struct hs_text_place *items;
    size_t count;
};

struct hs_conf_store {
    const struct hs_conf_table *table;
    /* As written, by row; NULL where the key was not given. The texts of a list are separated by
     * newlines, which no text holds. */
    char *text[HS_CONF_ROWS_MAX];
    char *items[HS_CONF_ROWS_MAX]; /* the texts of a list cut apart: what was parsed may borrow */
    struct hs_text_places places[HS_CONF_ROWS_MAX];
    char **files; /* paths of the files that were read */
    size_t file_count;
    bool wrong[HS_CONF_ROWS_MAX]; /* what is meant for this row is not known: there is a mistake */
    bool unread;                  /* something was not understood, which may be about any row */
};

/* The row of a key. Returns false if there is none. */
bool hs_conf_find(const struct hs_conf_table *table, const char *key, size_t *ret_row);

/* True for a key that can stand in a file. */
bool hs_conf_of_files(const struct hs_conf_row *row);

/* The most similar key, or NULL if none is similar; `of_files`: of those that can stand in a file.
 */
const char *hs_conf_similar(const struct hs_conf_table *table, const char *key, bool of_files);

/* Notes the text of a key: appends it to a list, else replaces what was there. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_conf_note(struct hs_conf_store *store, size_t row, const char *text,
                 struct hs_text_place place);

/* Notes the path of a file that is read, and gives its number for struct hs_text_place. Returns 0,
 * HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. */
int hs_conf_note_file(struct hs_conf_store *store, const char *path, unsigned *ret_file);

/* The place of a row's first text, which must be given. */
struct hs_text_place hs_conf_place(const struct hs_conf_store *store, size_t row);

/* The path of a place that is not a flag. */
const char *hs_conf_path(const struct hs_conf_store *store, struct hs_text_place place);

/* True when this key was given. */
bool hs_conf_given(const struct hs_conf_store *store, const char *key);

/* Frees what it holds. All zeroes are a no-op. */
void hs_conf_fini(struct hs_conf_store *store);

#endif
