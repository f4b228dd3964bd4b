/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes are found flag by flag, then line by line, then value by value. A person mends a file
 * from its top, so they are kept in that order. */
#include "conf/mistakes.h"

#include <stdbool.h>
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

void hs_mistakes_fini(struct hs_mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->kept; i++)
        free(mistakes->items[i].line);
    memset(mistakes, 0, sizeof(*mistakes));
}
