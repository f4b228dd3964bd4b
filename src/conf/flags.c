/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags are not read with getopt, because they come from the table of settings and a mistyped
 * flag is answered with the most similar one. The only short form is -h, because people try it
 * first.
 *
 * A variable of a script that is empty and not quoted leaves its flag without a value. The next
 * flag must not become that value, because the agent would then run with settings that nobody has
 * chosen. So a value that begins with a dash has to be written with an equals sign.
 */
#include "conf/flags.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#include "conf/legible.h"

#define KEY_MAX 64 /* bytes with the terminator; a longer word is not a key */

/* A parsed flag: "--key=value", or "--key" with its value in the next argument. */
struct flag {
    char key[KEY_MAX];
    const char *value; /* NULL: not in this argument */
};

static int split_flag(const char *word, struct flag *ret_flag, char error[HS_ERROR_TEXT_MAX])
{
    const char *equals = strchr(word, '=');
    if (strcmp(word, "-h") == 0)
        word = "--help";
    if (strncmp(word, "--", 2) != 0) {
        hs_error_text(error, "unexpected argument '%.100s': settings are --key value, see --help",
                      word);
        return HEARSAY_ERR_INVALID;
    }
    word += 2;
    ret_flag->value = equals ? equals + 1 : NULL;
    snprintf(ret_flag->key, KEY_MAX, "%.*s", equals ? (int)(equals - word) : KEY_MAX, word);
    return 0;
}

static int find_or_suggest(const struct hs_conf_table *table, const char *key, size_t *ret_row,
                           char error[HS_ERROR_TEXT_MAX])
{
    const char *similar;
    if (hs_conf_find(table, key, ret_row))
        return 0;
    similar = hs_conf_similar(table, key, false);
    if (similar)
        hs_error_text(error, "unknown option --%s; did you mean --%s?", key, similar);
    else
        hs_error_text(error, "unknown option --%s; see --help", key);
    return HEARSAY_ERR_INVALID;
}

/* True for a next argument that can be a flag's value. "-" is a value, and "-3" is a wrong number
 * and no flag. */
static bool can_be_value(const struct hs_conf_row *row, const char *next)
{
    if (next[0] != '-' || next[1] == '\0')
        return true;
    return (row->traits & HS_CONF_NUMBER) && next[1] >= '0' && next[1] <= '9';
}

/* Finds the value of a flag; `next` (may be NULL) has it if the flag itself does not. Returns how
 * many arguments the flag takes, or a negative error. */
static int take_value(const struct hs_conf_row *row, struct flag *flag, const char *next,
                      char error[HS_ERROR_TEXT_MAX])
{
    if (!row->arg && flag->value) {
        hs_error_text(error, "--%s takes no value", flag->key);
        return HEARSAY_ERR_INVALID;
    }
    if (!row->arg)
        flag->value = "";
    if (flag->value)
        return 1;
    if (!next) {
        hs_error_text(error, "--%s needs a value: --%s %s", flag->key, flag->key, row->arg);
        return HEARSAY_ERR_INVALID;
    }
    if (!can_be_value(row, next)) {
        hs_error_text(error,
                      "--%s needs a value, and %.64s follows it: is a variable empty? A value that "
                      "begins with a dash is written --%s=%.64s",
                      flag->key, next, flag->key, next);
        return HEARSAY_ERR_INVALID;
    }
    flag->value = next;
    return 2;
}

/* Only one of two values would count, and the reader could not see which. Neither is repeated: one
 * may be a key, in the place of the name of its file. */
static int check_first(const struct hs_conf_store *store, const struct hs_conf_row *row,
                       size_t number, char error[HS_ERROR_TEXT_MAX])
{
    if (!row->arg || (row->traits & HS_CONF_LIST) || !store->text[number])
        return 0;
    hs_error_text(error, "--%s is given twice; must be given once", row->key);
    return HEARSAY_ERR_INVALID;
}

/* The flag of this word, split and found. Returns how many arguments it takes, or a negative
 * error. */
static int read_flag(const struct hs_conf_store *store, const char *word, const char *next,
                     struct flag *ret_flag, size_t *ret_row, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_conf_table *table = store->table;
    char reason[HS_ERROR_TEXT_MAX];
    int err = split_flag(word, ret_flag, error);
    if (err == 0)
        err = find_or_suggest(table, ret_flag->key, ret_row, error);
    if (err < 0)
        return err;
    struct hs_conf_row row = table->at(*ret_row);
    int used = take_value(&row, ret_flag, next, error);
    if (used < 0)
        return used;
    err = check_first(store, &row, *ret_row, error);
    if (err < 0)
        return err;
    err = hs_legible(&row, ret_flag->value, reason);
    if (err == 0)
        return used;
    hs_error_text(error, "--%s %.100s: %s", ret_flag->key, ret_flag->value, reason);
    return err;
}

/* How many arguments a flag had that was wrong. A value behind it would be told as a second
 * mistake. */
static int skip_wrong(const char *word, const char *next)
{
    bool flag = strncmp(word, "--", 2) == 0 && !strchr(word, '=');
    return flag && next && next[0] != '-' ? 2 : 1;
}

/* `row` is HS_CONF_ROWS_MAX if there is none of that name. */
static void note_doubt(struct hs_conf_store *store, size_t row)
{
    if (row < HS_CONF_ROWS_MAX)
        store->wrong[row] = true;
    else
        store->unread = true;
}

int hs_conf_read_flags(struct hs_conf_store *store, int argc, char *const *argv,
                       struct hs_mistakes *mistakes)
{
    for (int i = 1; i < argc;) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        struct hs_text_place place = {0, (unsigned)i};
        size_t row = HS_CONF_ROWS_MAX;
        char error[HS_ERROR_TEXT_MAX];
        struct flag flag;
        int used = read_flag(store, argv[i], next, &flag, &row, error);
        if (used < 0) {
            hs_mistakes_add(mistakes, place, used, error);
            note_doubt(store, row);
            used = skip_wrong(argv[i], next);
        } else if (hs_conf_note(store, row, flag.value, place) < 0) {
            return HEARSAY_ERR_NOMEM;
        }
        i += used;
    }
    return 0;
}
