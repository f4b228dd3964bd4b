/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that is pasted from a page or written by an editor of another system can hold characters
 * that look like nothing or like a blank. "unknown key 'name'" is then no help, because the reader
 * sees the right key. So messages show them as escapes. The ranges are those of Unicode's
 * categories Zs, Zl, Zp and Cf that occur in such text, and of the fillers of Hangul.
 */
#include "service/visible.h"

#include <stdio.h>
#include <string.h>

struct range {
    uint32_t first, last;
    enum hs_glyph glyph;
};

static const struct range ranges[] = {
    {0x00, 0x1f, HS_GLYPH_CONTROL},      {0x7f, 0x9f, HS_GLYPH_CONTROL},
    {0xa0, 0xa0, HS_GLYPH_BLANK},        {0xad, 0xad, HS_GLYPH_HIDDEN},
    {0x34f, 0x34f, HS_GLYPH_HIDDEN},     {0x61c, 0x61c, HS_GLYPH_HIDDEN},
    {0x115f, 0x1160, HS_GLYPH_HIDDEN},   {0x1680, 0x1680, HS_GLYPH_BLANK},
    {0x17b4, 0x17b5, HS_GLYPH_HIDDEN},   {0x180b, 0x180f, HS_GLYPH_HIDDEN},
    {0x2000, 0x200a, HS_GLYPH_BLANK},    {0x200b, 0x200f, HS_GLYPH_HIDDEN},
    {0x2028, 0x202e, HS_GLYPH_HIDDEN},   {0x202f, 0x202f, HS_GLYPH_BLANK},
    {0x205f, 0x205f, HS_GLYPH_BLANK},    {0x2060, 0x206f, HS_GLYPH_HIDDEN},
    {0x2800, 0x2800, HS_GLYPH_BLANK},    {0x3000, 0x3000, HS_GLYPH_BLANK},
    {0x3164, 0x3164, HS_GLYPH_HIDDEN},   {0xfeff, 0xfeff, HS_GLYPH_HIDDEN},
    {0xffa0, 0xffa0, HS_GLYPH_HIDDEN},   {0xfff9, 0xfffb, HS_GLYPH_HIDDEN},
    {0xe0000, 0xe007f, HS_GLYPH_HIDDEN},
};

/* The length that the first byte of a UTF-8 sequence announces, or 0 if none begins so. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if ((first & 0xf0) == 0xe0)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Reads one code point as RFC 3629 allows it. Returns its bytes, or 0. */
static size_t read_point(const char *text, uint32_t *ret_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t size = announced(first);
    uint32_t point = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        unsigned char next = (unsigned char)text[i]; /* the terminator is no such byte either */
        if ((next & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (next & 0x3f);
    }
    if (size == 0 || point < least[size] || point > 0x10ffff ||
        (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return size;
}

size_t hs_glyph_next(const char *text, enum hs_glyph *ret_glyph, uint32_t *ret_point)
{
    size_t size = read_point(text, ret_point);
    *ret_glyph = size == 0 ? HS_GLYPH_BROKEN : HS_GLYPH_SHOWN;
    if (size == 0) {
        *ret_point = (unsigned char)text[0];
        return 1;
    }
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (*ret_point >= ranges[i].first && *ret_point <= ranges[i].last)
            *ret_glyph = ranges[i].glyph;
    return size;
}

static void write_escape(uint32_t point, enum hs_glyph glyph, char escape[HS_ESCAPE_MAX])
{
    static const char letters[] = "\a\b\t\n\v\f\r", names[] = "abtnvfr";
    const char *letter = point != 0 && point < 0x80 ? strchr(letters, (int)point) : NULL;
    if (letter)
        snprintf(escape, HS_ESCAPE_MAX, "\\%c", names[letter - letters]);
    else if (glyph == HS_GLYPH_BROKEN || point < 0x80)
        snprintf(escape, HS_ESCAPE_MAX, "\\x%02x", (unsigned)point);
    else if (point <= 0xffff)
        snprintf(escape, HS_ESCAPE_MAX, "\\u%04x", (unsigned)point);
    else
        snprintf(escape, HS_ESCAPE_MAX, "\\U%08x", (unsigned)point);
}

void hs_visible(const char *text, char *shown, size_t size)
{
    size_t used = 0;
    while (*text != '\0') {
        char escape[HS_ESCAPE_MAX];
        enum hs_glyph glyph;
        uint32_t point;
        size_t taken = hs_glyph_next(text, &glyph, &point), len = taken;
        const char *bytes = text;
        if (glyph != HS_GLYPH_SHOWN) {
            write_escape(point, glyph, escape);
            bytes = escape;
            len = strlen(escape);
        }
        if (used + len >= size)
            break;
        memcpy(shown + used, bytes, len);
        used += len;
        text += taken;
    }
    shown[used] = '\0';
}
