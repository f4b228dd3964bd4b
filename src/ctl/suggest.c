/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mistyped word is usually one slip of the fingers away from the right one: a letter too many or
 * too few, a wrong letter, two letters swapped. More than two such edits make it another word, and
 * a wrong suggestion is worse than none.
 */
#include "ctl/suggest.h"

#include <stdbool.h>
#include <string.h>

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits that turn one word into the other; two neighbours swapped are one edit (optimal string
 * alignment). */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned d[HS_CTL_WORD_MAX + 1][HS_CTL_WORD_MAX + 1];
    for (unsigned i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (unsigned j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            unsigned changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = least_of(changed, least_of(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least_of(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a_len][b_len];
}

const char *hs_ctl_nearest(const char *word, const char *const *words, size_t count)
{
    size_t len = strlen(word);
    unsigned bound = len < 4 ? 1 : 2, best = bound + 1;
    const char *nearest = NULL;
    if (len == 0 || len > HS_CTL_WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other_len = words[i] ? strlen(words[i]) : HS_CTL_WORD_MAX + 1;
        if (other_len > HS_CTL_WORD_MAX)
            continue;
        bool begins = len >= 3 && strncmp(word, words[i], len) == 0;
        unsigned distance = begins ? 1 : edit_distance(word, len, words[i], other_len);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
