/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture as an SVG file, for hearsay and hearsay-sim: nothing to install, and every browser
 * shows it. Here is what both need: the file, text that may come from other machines, colours.
 * Shapes are their own affair: they print them to `file`.
 */
#ifndef SVG_SVG_H
#define SVG_SVG_H

#include <stdbool.h>
#include <stdio.h>

#define SVG_PALETTE 7u /* colours that are told apart by everybody */

struct svg {
    FILE *file;
    char *path;      /* where the picture is to be */
    char *temporary; /* where it grows; NULL: in its place (a device, a pipe) */
};

/* Begins a picture of this size on a white ground. What was at `path` before stays until the
 * picture is complete. False: errno says why, and nothing needs to be closed. */
bool svg_open(struct svg *ret_svg, const char *path, unsigned width, unsigned height);

/* Completes it and puts it in its place. False: not all of it could be written, errno says why;
 * then what was there before still is. */
bool svg_close(struct svg *svg);

/* Prints text between tags or in an attribute: escaped, without control characters, and with an
 * ellipsis for its middle if it has more than `max` characters: names of machines differ at their
 * ends. */
void svg_put_text(const struct svg *svg, const char *text, unsigned max);

struct svg_colour {
    char text[8]; /* "#rrggbb" */
};

/* The colour with this number. The first SVG_PALETTE are the palette; there is no last. */
struct svg_colour svg_colour(unsigned number);

#endif
