/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame leaves room for numbers at its left and below, and for the legend at its right. Ticks
 * are 1, 2 or 5 times a power of ten, some five of them.
 */
#include "plot.h"

#define WIDTH     860
#define HEIGHT    420
#define LEFT      70
#define TOP       40
#define PLOT_W    520
#define PLOT_H    320
#define TICKS     5.0
#define LEGEND_X  (LEFT + PLOT_W + 20)
#define LEGEND_DY 22

static double tick_of(double max)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = 1;
    while (power * 10 <= max / TICKS)
        power *= 10;
    while (power > max / TICKS)
        power /= 10;
    for (size_t i = 0; i < 3; i++)
        if (steps[i] * power >= max / TICKS)
            return steps[i] * power;
    return steps[3] * power;
}

/* How many ticks reach this far. */
static int ticks_to(double max, double tick)
{
    int ticks = (int)(max / tick);
    return ticks * tick < max ? ticks + 1 : ticks;
}

static double at_x(const struct sim_plot *plot, double x)
{
    return LEFT + PLOT_W * x / plot->x_max;
}

static double at_y(const struct sim_plot *plot, double y)
{
    return TOP + PLOT_H - PLOT_H * y / plot->y_max;
}

static void draw_x_tick(struct sim_plot *plot, double x)
{
    fprintf(plot->svg.file,
            "<path d='M%.1f %dv5' stroke='#333'/>"
            "<text x='%.1f' y='%d' text-anchor='middle'>%g</text>\n",
            at_x(plot, x), TOP + PLOT_H, at_x(plot, x), TOP + PLOT_H + 20, x);
}

static void draw_y_tick(struct sim_plot *plot, double y)
{
    fprintf(plot->svg.file,
            "<path d='M%d %.1fh%d' stroke='#ddd'/>"
            "<text x='%d' y='%.1f' text-anchor='end'>%g</text>\n",
            LEFT, at_y(plot, y), PLOT_W, LEFT - 8, at_y(plot, y) + 4, y);
}

static void draw_frame(struct sim_plot *plot, double x_max, double y_max)
{
    double x_tick = tick_of(x_max > 0 ? x_max : 1), y_tick = tick_of(y_max > 0 ? y_max : 1);
    int x_ticks = ticks_to(x_max > 0 ? x_max : 1, x_tick);
    int y_ticks = ticks_to(y_max > 0 ? y_max : 1, y_tick);
    plot->x_max = x_ticks * x_tick;
    plot->y_max = y_ticks * y_tick;
    for (int i = 0; i <= x_ticks; i++)
        draw_x_tick(plot, i * x_tick);
    for (int i = 0; i <= y_ticks; i++)
        draw_y_tick(plot, i * y_tick);
    fprintf(plot->svg.file, "<path d='M%d %dv%dh%d' fill='none' stroke='#333'/>\n", LEFT, TOP,
            PLOT_H, PLOT_W);
}

bool sim_plot_begin(struct sim_plot *ret_plot, const char *path, const char *title, const char *x,
                    const char *y, double x_max, double y_max)
{
    struct sim_plot plot = {.legends = 0};
    if (!svg_open(&plot.svg, path, WIDTH, HEIGHT))
        return false;
    fprintf(plot.svg.file, "<text x='%d' y='24' font-size='16'>%s</text>\n", LEFT, title);
    fprintf(plot.svg.file,
            "<text x='%d' y='%d' text-anchor='middle'>%s</text>\n"
            "<text transform='translate(18 %d) rotate(-90)' text-anchor='middle'>%s</text>\n",
            LEFT + PLOT_W / 2, HEIGHT - 12, x, TOP + PLOT_H / 2, y);
    draw_frame(&plot, x_max, y_max);
    *ret_plot = plot;
    return true;
}

void sim_plot_line_begin(struct sim_plot *plot, unsigned colour)
{
    fprintf(plot->svg.file, "<polyline fill='none' stroke-width='2' stroke='%s' points='",
            svg_colour(colour).text);
}

void sim_plot_line_point(struct sim_plot *plot, double x, double y)
{
    fprintf(plot->svg.file, "%.1f,%.1f ", at_x(plot, x), at_y(plot, y));
}

void sim_plot_line_end(struct sim_plot *plot)
{
    fputs("'/>\n", plot->svg.file);
}

void sim_plot_point(struct sim_plot *plot, unsigned colour, double x, double y)
{
    fprintf(plot->svg.file, "<circle cx='%.1f' cy='%.1f' r='2.5' fill='%s' fill-opacity='0.6'/>\n",
            at_x(plot, x), at_y(plot, y), svg_colour(colour).text);
}

void sim_plot_bar(struct sim_plot *plot, unsigned colour, double x, double width, double y)
{
    fprintf(plot->svg.file, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>\n",
            at_x(plot, x), at_y(plot, y), PLOT_W * width / plot->x_max, PLOT_H * y / plot->y_max,
            svg_colour(colour).text);
}

void sim_plot_legend(struct sim_plot *plot, unsigned colour, const char *text)
{
    int y = TOP + 10 + (int)plot->legends++ * LEGEND_DY;
    fprintf(plot->svg.file,
            "<rect x='%d' y='%d' width='12' height='12' fill='%s'/>"
            "<text x='%d' y='%d'>%s</text>\n",
            LEGEND_X, y - 10, svg_colour(colour).text, LEGEND_X + 18, y, text);
}

bool sim_plot_end(struct sim_plot *plot)
{
    return svg_close(&plot->svg);
}
