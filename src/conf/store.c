/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/suggest.h"

bool hs_conf_find(const struct hs_conf_table *table, const char *key, size_t *ret_row)
{
    for (size_t row = 0; row < table->count; row++)
        if (strcmp(table->at(row).key, key) == 0) {
            *ret_row = row;
            return true;
        }
    return false;
}

bool hs_conf_of_files(const struct hs_conf_row *row)
{
    return row->arg && !(row->traits & HS_CONF_FLAG_ONLY);
}

const char *hs_conf_similar(const struct hs_conf_table *table, const char *key, bool of_files)
{
    const char *keys[HS_CONF_ROWS_MAX] = {NULL};

    for (size_t i = 0; i < table->count; i++) {
        struct hs_conf_row row = table->at(i);

        keys[i] = of_files && !hs_conf_of_files(&row) ? NULL : row.key;
    }
    return hs_ctl_nearest(key, keys, table->count);
}

bool hs_conf_given(const struct hs_conf_store *store, const char *key)
{
    size_t row;

    return hs_conf_find(store->table, key, &row) && store->text[row];
}

/* "old\ntext", or a copy of the text alone. */
static char *join_texts(const char *old, const char *text)
{
    size_t size = (old ? strlen(old) + 1 : 0) + strlen(text) + 1;
    char *joined = malloc(size);

    if (joined)
        snprintf(joined, size, "%s%s%s", old ? old : "", old ? "\n" : "", text);
    return joined;
}

/* Room for one more place of the row. */
static bool reserve_place(struct hs_text_places *places)
{
    struct hs_text_place *items = realloc(places->items, (places->count + 1) * sizeof(items[0]));

    if (items)
        places->items = items;
    return items;
}

int hs_conf_note(struct hs_conf_store *store, size_t row, const char *text,
                 struct hs_text_place place)
{
    struct hs_text_places *places = &store->places[row];
    char *old = store->text[row];
    bool extends = old && (store->table->at(row).traits & HS_CONF_LIST);

    if (!reserve_place(places))
        return HEARSAY_ERR_NOMEM;
    char *joined = join_texts(extends ? old : NULL, text);
    if (!joined)
        return HEARSAY_ERR_NOMEM;
    if (!extends)
        places->count = 0;
    places->items[places->count++] = place;
    free(old);
    store->text[row] = joined;
    /* The row owns it; the analyser loses the index: */
    return 0; /* NOLINT(clang-analyzer-unix.Malloc) */
}

int hs_conf_note_file(struct hs_conf_store *store, const char *path, unsigned *ret_file)
{
    if (store->file_count == HS_OPTION_FILES_MAX)
        return HEARSAY_ERR_FULL;
    char **files = realloc(store->files, (store->file_count + 1) * sizeof(files[0]));
    if (!files)
        return HEARSAY_ERR_NOMEM;
    store->files = files;
    char *copy = strdup(path);
    if (!copy)
        return HEARSAY_ERR_NOMEM;
    store->files[store->file_count++] = copy;
    *ret_file = (unsigned)store->file_count;
    return 0;
}

struct hs_text_place hs_conf_place(const struct hs_conf_store *store, size_t row)
{
    return store->places[row].items[0];
}

const char *hs_conf_path(const struct hs_conf_store *store, struct hs_text_place place)
{
    return store->files[place.file - 1];
}

void hs_conf_fini(struct hs_conf_store *store)
{
    for (size_t row = 0; row < HS_CONF_ROWS_MAX; row++) {
        free(store->text[row]);
        free(store->items[row]);
        free(store->places[row].items);
    }
    for (size_t i = 0; i < store->file_count; i++)
        free(store->files[i]);
    free(store->files);
    memset(store, 0, sizeof(*store));
}
