/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plot as an SVG file: a frame with two axes, and lines, points or bars in it. No more than
 * hearsay-sim draws.
 */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "svg/svg.h"

/* The last one is of no verdict, and is seldom drawn: it need not be of the palette. */
#define SIM_PLOT_COLOURS (SVG_PALETTE + 2)

struct sim_plot {
    struct svg svg;
    double x_max, y_max;
    unsigned legends;
};

/* Draws the frame. Both axes begin at 0; the maxima are rounded up to whole ticks. False: the file
 * can't be written, errno says why. */
bool sim_plot_begin(struct sim_plot *ret_plot, const char *path, const char *title, const char *x,
                    const char *y, double x_max, double y_max);

/* Each colour is a number below SIM_PLOT_COLOURS, the same in lines, points, bars and legend. */
void sim_plot_line_begin(struct sim_plot *plot, unsigned colour);
void sim_plot_line_point(struct sim_plot *plot, double x, double y);
void sim_plot_line_end(struct sim_plot *plot);
void sim_plot_point(struct sim_plot *plot, unsigned colour, double x, double y);
void sim_plot_bar(struct sim_plot *plot, unsigned colour, double x, double width, double y);
void sim_plot_legend(struct sim_plot *plot, unsigned colour, const char *text);

/* False: not all of it was written. */
bool sim_plot_end(struct sim_plot *plot);

#endif
