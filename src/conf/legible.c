/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value with a no-break space at its end is another value, and looks the same in every listing. A
 * line end would make two tags of one. So such characters are refused where a person writes them.
 * Only tags are text in any language: there a blank of another script may stand between words, and
 * joiners, which some scripts need, anywhere.
 */
#include "conf/legible.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#include "service/visible.h"

#define ZERO_WIDTH_NON_JOINER 0x200c
#define ZERO_WIDTH_JOINER     0x200d

/* A character and what is around it. */
struct spot {
    enum hs_glyph glyph;
    uint32_t point;
    bool outer; /* the first or the last of the value */
};

static bool is_tag(const struct hs_conf_row *row)
{
    return row && (row->traits & HS_CONF_TAG);
}

/* A tab may separate items of a list as a blank does, and be in a path, as any byte but NUL may. */
static bool may_stand(const struct hs_conf_row *row, const struct spot *spot)
{
    bool tag = is_tag(row);
    switch (spot->glyph) {
    case HS_GLYPH_SHOWN:
    case HS_GLYPH_BROKEN: /* a path may hold any bytes; the core checks tags */
        return true;
    case HS_GLYPH_CONTROL:
        return spot->point == '\t' && row && (row->traits & HS_CONF_TABS);
    case HS_GLYPH_BLANK:
        return tag && !spot->outer;
    case HS_GLYPH_HIDDEN:
        return tag && (spot->point == ZERO_WIDTH_NON_JOINER || spot->point == ZERO_WIDTH_JOINER);
    }
    return false;
}

/* Where the value of a tag begins; of another setting, its text. */
static const char *value_of(const struct hs_conf_row *row, const char *text)
{
    const char *equals = is_tag(row) ? strchr(text, '=') : NULL;
    return equals ? equals + 1 : text;
}

int hs_legible(const struct hs_conf_row *row, const char *text, char error[HS_ERROR_TEXT_MAX])
{
    const char *value = value_of(row, text);
    for (const char *at = text; *at != '\0';) {
        struct spot spot = {.outer = at <= value};
        size_t size = hs_glyph_next(at, &spot.glyph, &spot.point);
        spot.outer = spot.outer || at[size] == '\0';
        if (!may_stand(row, &spot)) {
            /* hs_error_text makes it an escape. */
            hs_error_text(error, "must be without %s, and here is %.*s%s",
                          spot.glyph == HS_GLYPH_CONTROL ? "control characters"
                                                         : "characters that cannot be seen",
                          (int)size, at,
                          is_tag(row) && *at == '\n' ? "; each tag has a key of its own" : "");
            return HEARSAY_ERR_INVALID;
        }
        at += size;
    }
    return 0;
}
