/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/parse.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

/* "FILE:LINE: KEY = TEXT" or "--KEY TEXT". */
static void say_where(const struct hs_conf_store *store, size_t row, const char *text,
                      struct hs_text_place place, char where[HS_ERROR_TEXT_MAX])
{
    const char *key = store->table->at(row).key;
    bool empty = text[0] == '\0';

    if (place.file > 0)
        hs_error_text(where, "%.200s:%u: %s%s%.100s", hs_conf_path(store, place), place.line, key,
                      empty ? "" : " = ", text);
    else
        hs_error_text(where, "--%s%s%.100s", key, empty ? "" : " ", text);
}

/* Who knows quotes from other files puts a whole value between two. */
static bool is_quoted(const char *text)
{
    size_t len = strlen(text);
    return len >= 2 && strchr("\"'`", text[0]) && text[len - 1] == text[0];
}

#define QUOTES "has quotes, which would be part of the value: leave them out"

/* What is being parsed, and what is wrong with it. */
struct parsing {
    struct hs_conf_store *store;
    hs_conf_parse_fn *parse;
    void *owner;
    struct hs_mistakes *mistakes;
};

/* Parses one text. A path or a name may hold quotes, but hardly as its first and its last
 * character; nor is it repeated then, because it may be a key in the place of the name of its file.
 */
static int parse_one(const struct parsing *parsing, size_t row, char *text,
                     struct hs_text_place place)
{
    char where[HS_ERROR_TEXT_MAX], reason[HS_ERROR_TEXT_MAX], line[HS_ERROR_TEXT_MAX];
    struct hs_conf_row said = parsing->store->table->at(row);
    bool empty = text[0] == '\0' && said.arg;
    bool quoted = is_quoted(text);

    say_where(parsing->store, row, text, place, where);
    int err = parsing->parse(parsing->owner, row, text, place, reason);
    if (err == 0 && quoted && !(said.traits & HS_CONF_TAG)) {
        err = HEARSAY_ERR_INVALID;
        say_where(parsing->store, row, "", place, where);
        hs_error_text(reason, QUOTES);
    }
    if (err == 0 || err == HEARSAY_ERR_NOMEM)
        return err;
    hs_error_text(line, "%s: %s%s", where,
                  empty ? "has no value (is a variable empty?): "
                  : quoted && !strstr(reason, "has quotes") ? QUOTES "; "
                                                            : "",
                  reason);
    hs_mistakes_add(parsing->mistakes, place, err, line);
    parsing->store->wrong[row] = true;
    return 0;
}

/* Cuts the text of a list at its newlines. */
static int parse_list(const struct parsing *parsing, size_t row)
{
    struct hs_conf_store *store = parsing->store;
    const struct hs_text_places *places = &store->places[row];
    char *rest;
    int err = 0;

    free(store->items[row]);
    store->items[row] = rest = strdup(store->text[row]);
    if (!rest)
        return HEARSAY_ERR_NOMEM;
    for (size_t i = 0; err == 0 && i < places->count; i++)
        err = parse_one(parsing, row, strsep(&rest, "\n"), places->items[i]);
    return err;
}

int hs_conf_parse(struct hs_conf_store *store, bool of_files, hs_conf_parse_fn *parse, void *owner,
                  struct hs_mistakes *mistakes)
{
    const struct parsing parsing = {store, parse, owner, mistakes};

    for (size_t row = 0; row < store->table->count; row++) {
        if (!store->text[row] || (hs_conf_place(store, row).file > 0) != of_files)
            continue;
        int err = store->table->at(row).traits & HS_CONF_LIST
                      ? parse_list(&parsing, row)
                      : parse_one(&parsing, row, store->text[row], hs_conf_place(store, row));
        if (err < 0)
            return err;
    }
    return 0;
}

void hs_conf_blame(const struct hs_conf_store *store, size_t row, const char *reason, bool named,
                   struct hs_mistakes *mistakes)
{
    char line[HS_ERROR_TEXT_MAX], where[HS_ERROR_TEXT_MAX];
    struct hs_text_place place = hs_conf_place(store, row);

    if (!named) {
        say_where(store, row, store->text[row], place, where);
        hs_error_text(line, "%s: %s", where, reason);
    } else if (place.file > 0) {
        hs_error_text(line, "%.200s:%u: %s", hs_conf_path(store, place), place.line, reason);
    } else {
        hs_error_text(line, "%s", reason);
    }
    hs_mistakes_add(mistakes, place, HEARSAY_ERR_INVALID, line);
}
