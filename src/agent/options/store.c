/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Below flags and file, because both note texts, and above the table alone: no text is judged here.
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

int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    unsigned line)
{
    size_t row = hs_option_row(option);
    char *old = options->text[row], *copy = NULL;
    if (old && hs_option_is_list(option)) {
        if (asprintf(&copy, "%s\n%s", old, text) < 0)
            return HEARSAY_ERR_NOMEM;
    } else {
        copy = strdup(text);
        if (!copy)
            return HEARSAY_ERR_NOMEM;
        options->line[row] = line;
    }
    free(old);
    options->text[row] = copy;
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
