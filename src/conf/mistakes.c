/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes are found flag by flag, then line by line, then value by value. A person mends a file
 * from its top, so they are kept in that order. */
#include "conf/mistakes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_behind(struct hs_text_place a, struct hs_text_place b)
{
    return a.file != b.file ? a.file > b.file : a.line > b.line;
}

void hs_mistakes_add(struct hs_mistakes *mistakes, struct hs_text_place place, int err,
                     const char *line)
{
    if (mistakes->count++ == 0) {
        mistakes->err = err;
        hs_error_text(mistakes->first, "%s", line);
    }
    char *copy = mistakes->kept < HS_MISTAKES_MAX ? strdup(line) : NULL;
    if (!copy)
        return;
    size_t at = mistakes->kept++;
    for (; at > 0 && is_behind(mistakes->items[at - 1].place, place); at--)
        mistakes->items[at] = mistakes->items[at - 1];
    mistakes->items[at] = (struct hs_mistake){place, copy};
}

const char *hs_mistakes_first(const struct hs_mistakes *mistakes)
{
    return mistakes->kept > 0 ? mistakes->items[0].line : mistakes->first;
}

void hs_mistakes_sum_up(const struct hs_mistakes *mistakes, const char *program,
                        char ret_line[HS_MISTAKES_LINE_MAX])
{
    char more[80] = "";

    if (mistakes->count > 1)
        snprintf(more, sizeof(more), " (and %zu more: %s --check shows all)", mistakes->count - 1,
                 program);
    snprintf(ret_line, HS_MISTAKES_LINE_MAX, "%s%s", hs_mistakes_first(mistakes), more);
}

bool hs_mistakes_check(const struct hs_mistakes *mistakes, const struct hs_conf_store *store,
                       const char *program)
{
    for (size_t i = 0; i < mistakes->kept; i++)
        fprintf(stderr, "%s\n", mistakes->items[i].line);
    if (mistakes->count > mistakes->kept)
        fprintf(stderr, "%s: %zu more\n", program, mistakes->count - mistakes->kept);
    if (mistakes->count > 0)
        return false;
    printf("%s: all settings are right", program);
    for (size_t i = 0; i < store->file_count; i++)
        printf("%s%s", i == 0 ? ": " : ", ", store->files[i]);
    return printf("\n") > 0 && fflush(stdout) == 0;
}

void hs_mistakes_fini(struct hs_mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->kept; i++)
        free(mistakes->items[i].line);
    memset(mistakes, 0, sizeof(*mistakes));
}
