/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags and file both store their texts here. No text is checked here, so this file depends only on
 * the table.
 */
#include "agent/options/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

bool hs_option_given(const struct hs_options *options, const char *key)
{
    const struct hs_option *option = hs_option_find(key);
    return option && options->text[hs_option_row(option)];
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

int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    struct hs_text_place place)
{
    size_t row = hs_option_row(option);
    struct hs_text_places *places = &options->places[row];
    char *old = options->text[row];
    bool extends = old && hs_option_is_list(option);
    if (!reserve_place(places))
        return HEARSAY_ERR_NOMEM;
    char *joined = join_texts(extends ? old : NULL, text);
    if (!joined)
        return HEARSAY_ERR_NOMEM;
    if (!extends)
        places->count = 0;
    places->items[places->count++] = place;
    free(old);
    options->text[row] = joined;
    /* The row owns it; the analyser loses the index: */
    return 0; /* NOLINT(clang-analyzer-unix.Malloc) */
}

int hs_options_note_file(struct hs_options *options, const char *path, unsigned *ret_file)
{
    if (options->file_count == HS_OPTION_FILES_MAX)
        return HEARSAY_ERR_FULL;
    char **files = realloc(options->files, (options->file_count + 1) * sizeof(files[0]));
    if (!files)
        return HEARSAY_ERR_NOMEM;
    options->files = files;
    char *copy = strdup(path);
    if (!copy)
        return HEARSAY_ERR_NOMEM;
    options->files[options->file_count++] = copy;
    *ret_file = (unsigned)options->file_count;
    return 0;
}

struct hs_text_place hs_options_place(const struct hs_options *options,
                                      const struct hs_option *option)
{
    return options->places[hs_option_row(option)].items[0];
}

const char *hs_options_path(const struct hs_options *options, struct hs_text_place place)
{
    return options->files[place.file - 1];
}

void hs_options_fini(struct hs_options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < HS_OPTIONS_MAX; i++) {
        free(options->text[i]);
        free(options->places[i].items);
    }
    for (size_t i = 0; i < options->file_count; i++)
        free(options->files[i]);
    free(options->files);
    for (size_t i = 0; i < options->join.count; i++)
        free(options->join.items[i]);
    free(options->join.items);
    free(options->tag_text);
    free(options->host_name);
    memset(options, 0, sizeof(*options));
}
