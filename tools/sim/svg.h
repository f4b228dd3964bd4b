/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plot as an SVG file: a frame with two axes, and lines, points or bars in it. No more than
 * hearsay-sim draws, and nothing to install.
 */
#ifndef SIM_SVG_H
#define SIM_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SIM_SVG_COLOURS 7u

struct sim_svg {
    FILE *file;
    double x_max, y_max;
    unsigned legends;
};

/* Draws the frame. Both axes begin at 0; the maxima are rounded up to whole ticks. False: the file
 * can't be written, errno says why. */
bool sim_svg_begin(struct sim_svg *ret_svg, const char *path, const char *title, const char *x,
                   const char *y, double x_max, double y_max);

/* Each colour is a number below SIM_SVG_COLOURS, the same in lines, points, bars and legend. */
void sim_svg_line_begin(struct sim_svg *svg, unsigned colour);
void sim_svg_line_point(struct sim_svg *svg, double x, double y);
void sim_svg_line_end(struct sim_svg *svg);
void sim_svg_point(struct sim_svg *svg, unsigned colour, double x, double y);
void sim_svg_bar(struct sim_svg *svg, unsigned colour, double x, double width, double y);
void sim_svg_legend(struct sim_svg *svg, unsigned colour, const char *text);

/* False: not all of it was written. */
bool sim_svg_end(struct sim_svg *svg);

#endif
