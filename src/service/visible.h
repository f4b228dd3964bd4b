/* SPDX-License-Identifier: Apache-2.0 */
/* Characters that a person cannot see: which they are, and how a message shows them. */
#ifndef HS_SERVICE_VISIBLE_H
#define HS_SERVICE_VISIBLE_H

#include <stddef.h>
#include <stdint.h>

enum hs_glyph {
    HS_GLYPH_SHOWN,   /* it can be seen, or it is the blank of ASCII */
    HS_GLYPH_CONTROL, /* of C0 (tab and line ends too), DEL or C1 */
    HS_GLYPH_BLANK,   /* another blank, such as the no-break space */
    HS_GLYPH_HIDDEN,  /* it has no width: a byte order mark, a zero width space */
    HS_GLYPH_BROKEN,  /* a byte that is no UTF-8 here */
};

/* What the character at the beginning of `text` is, which must not be empty. Returns its bytes. */
size_t hs_glyph_next(const char *text, enum hs_glyph *ret_glyph, uint32_t *ret_point);

/* The longest escape of one character, such as "\U000e0001". */
#define HS_ESCAPE_MAX 11

/* The text with every character that cannot be seen as an escape: \n, \x1b, \u00a0. What does not
 * fit is left out; `shown` is always terminated. */
void hs_visible(const char *text, char *shown, size_t size);

#endif
