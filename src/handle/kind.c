/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/kind.h"

#include <stdbool.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/suggest.h"

#define WORD_MAX 32 /* bytes of a name in a filter with its terminator */

static const char *const names[HS_KIND_COUNT] = {
#define HS_KIND_TEXT(name, text) [HS_KIND_##name] = (text),
    HS_KINDS(HS_KIND_TEXT)
#undef HS_KIND_TEXT
};

#define LISTED(name, text) " " text ","
#define LIST               HS_KINDS(LISTED) /* " member-leave, ... connected," */

const char *hs_kind_name(enum hs_kind kind)
{
    return names[kind];
}

int hs_kind_find(const char *name, enum hs_kind *ret_kind)
{
    for (int i = 0; i < HS_KIND_COUNT; i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *ret_kind = (enum hs_kind)i;
        return 0;
    }
    return HEARSAY_ERR_NOTFOUND;
}

/* Serf's other events, which a moved script may name. */
static bool is_of_serf(const char *word)
{
    return strncmp(word, "user", 4) == 0 || strncmp(word, "query", 5) == 0;
}

static int read_word(const char *word, uint32_t *kinds, char error[HS_ERROR_TEXT_MAX])
{
    enum hs_kind kind;
    const char *nearest;

    if (strcmp(word, "*") == 0) {
        *kinds |= HS_KINDS_ALL;
        return 0;
    }
    if (hs_kind_find(word, &kind) == 0) {
        *kinds |= HS_KIND_BIT(kind);
        return 0;
    }
    nearest = hs_ctl_nearest(word, names, HS_KIND_COUNT);
    if (is_of_serf(word))
        hs_error_text(error, "'%s': hearsay has no user events and no queries", word);
    else if (nearest)
        hs_error_text(error, "no event is called '%s' (did you mean %s?)", word, nearest);
    else
        hs_error_text(error, "no event is called '%s'; there are" LIST " and * for all", word);
    return HEARSAY_ERR_INVALID;
}

int hs_kind_read_filter(const char *text, uint32_t *ret_kinds, char error[HS_ERROR_TEXT_MAX])
{
    uint32_t kinds = 0;

    for (;;) {
        char word[WORD_MAX];
        size_t blanks = strspn(text, " \t"), len = strcspn(text + blanks, " \t,");

        if (len == 0 || len >= sizeof(word)) {
            hs_error_text(error, len == 0 ? "the name of an event is missing"
                                          : "no event has so long a name");
            return HEARSAY_ERR_INVALID;
        }
        memcpy(word, text + blanks, len);
        word[len] = '\0';
        if (read_word(word, &kinds, error) < 0)
            return HEARSAY_ERR_INVALID;
        text += blanks + len;
        text += strspn(text, " \t");
        if (*text == '\0')
            break;
        if (*text++ != ',') {
            hs_error_text(error, "a comma is missing behind '%s'", word);
            return HEARSAY_ERR_INVALID;
        }
    }
    *ret_kinds = kinds;
    return 0;
}
