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

int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    unsigned line)
{
    size_t row = hs_option_row(option);
    char *old = options->text[row];
    bool extends = old && hs_option_is_list(option);
    char *joined = join_texts(extends ? old : NULL, text);
    if (!joined)
        return HEARSAY_ERR_NOMEM;
    if (!extends)
        options->line[row] = line;
    free(old);
    options->text[row] = joined;
    /* The row owns it; the analyser loses the index: */
    return 0; /* NOLINT(clang-analyzer-unix.Malloc) */
}

void hs_options_fini(struct hs_options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < HS_OPTIONS_MAX; i++)
        free(options->text[i]);
    for (size_t i = 0; i < options->join.count; i++)
        free(options->join.items[i]);
    free(options->join.items);
    free(options->tag_text);
    free(options->host_name);
    memset(options, 0, sizeof(*options));
}
