/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame leaves room for numbers at its left and below, and for the legend at its right. Ticks
 * are 1, 2 or 5 times a power of ten, some five of them.
 */
#include "svg.h"

#define WIDTH     860
#define HEIGHT    420
#define LEFT      70
#define TOP       40
#define PLOT_W    520
#define PLOT_H    320
#define TICKS     5.0
#define LEGEND_X  (LEFT + PLOT_W + 20)
#define LEGEND_DY 22

/* Told apart by those who see colours otherwise, too (Okabe, Ito 2008). */
static const char *const colours[SIM_SVG_COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#56b4e9", "#e69f00", "#000000"};

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

static double at_x(const struct sim_svg *svg, double x)
{
    return LEFT + PLOT_W * x / svg->x_max;
}

static double at_y(const struct sim_svg *svg, double y)
{
    return TOP + PLOT_H - PLOT_H * y / svg->y_max;
}

static void draw_x_tick(struct sim_svg *svg, double x)
{
    fprintf(svg->file,
            "<path d='M%.1f %dv5' stroke='#333'/>"
            "<text x='%.1f' y='%d' text-anchor='middle'>%g</text>\n",
            at_x(svg, x), TOP + PLOT_H, at_x(svg, x), TOP + PLOT_H + 20, x);
}

static void draw_y_tick(struct sim_svg *svg, double y)
{
    fprintf(svg->file,
            "<path d='M%d %.1fh%d' stroke='#ddd'/>"
            "<text x='%d' y='%.1f' text-anchor='end'>%g</text>\n",
            LEFT, at_y(svg, y), PLOT_W, LEFT - 8, at_y(svg, y) + 4, y);
}

static void draw_frame(struct sim_svg *svg, double x_max, double y_max)
{
    double x_tick = tick_of(x_max > 0 ? x_max : 1), y_tick = tick_of(y_max > 0 ? y_max : 1);
    int x_ticks = ticks_to(x_max > 0 ? x_max : 1, x_tick);
    int y_ticks = ticks_to(y_max > 0 ? y_max : 1, y_tick);
    svg->x_max = x_ticks * x_tick;
    svg->y_max = y_ticks * y_tick;
    for (int i = 0; i <= x_ticks; i++)
        draw_x_tick(svg, i * x_tick);
    for (int i = 0; i <= y_ticks; i++)
        draw_y_tick(svg, i * y_tick);
    fprintf(svg->file, "<path d='M%d %dv%dh%d' fill='none' stroke='#333'/>\n", LEFT, TOP, PLOT_H,
            PLOT_W);
}

bool sim_svg_begin(struct sim_svg *ret_svg, const char *path, const char *title, const char *x,
                   const char *y, double x_max, double y_max)
{
    struct sim_svg svg = {.file = fopen(path, "w")};
    if (svg.file == NULL)
        return false;
    fprintf(svg.file,
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' "
            "font-family='sans-serif' font-size='13'>\n"
            "<rect width='100%%' height='100%%' fill='#fff'/>\n"
            "<text x='%d' y='24' font-size='16'>%s</text>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, title);
    fprintf(svg.file,
            "<text x='%d' y='%d' text-anchor='middle'>%s</text>\n"
            "<text transform='translate(18 %d) rotate(-90)' text-anchor='middle'>%s</text>\n",
            LEFT + PLOT_W / 2, HEIGHT - 12, x, TOP + PLOT_H / 2, y);
    draw_frame(&svg, x_max, y_max);
    *ret_svg = svg;
    return true;
}

void sim_svg_line_begin(struct sim_svg *svg, unsigned colour)
{
    fprintf(svg->file, "<polyline fill='none' stroke-width='2' stroke='%s' points='",
            colours[colour]);
}

void sim_svg_line_point(struct sim_svg *svg, double x, double y)
{
    fprintf(svg->file, "%.1f,%.1f ", at_x(svg, x), at_y(svg, y));
}

void sim_svg_line_end(struct sim_svg *svg)
{
    fputs("'/>\n", svg->file);
}

void sim_svg_point(struct sim_svg *svg, unsigned colour, double x, double y)
{
    fprintf(svg->file, "<circle cx='%.1f' cy='%.1f' r='2.5' fill='%s' fill-opacity='0.6'/>\n",
            at_x(svg, x), at_y(svg, y), colours[colour]);
}

void sim_svg_bar(struct sim_svg *svg, unsigned colour, double x, double width, double y)
{
    fprintf(svg->file, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s'/>\n",
            at_x(svg, x), at_y(svg, y), PLOT_W * width / svg->x_max, PLOT_H * y / svg->y_max,
            colours[colour]);
}

void sim_svg_legend(struct sim_svg *svg, unsigned colour, const char *text)
{
    int y = TOP + 10 + (int)svg->legends++ * LEGEND_DY;
    fprintf(svg->file,
            "<rect x='%d' y='%d' width='12' height='12' fill='%s'/>"
            "<text x='%d' y='%d'>%s</text>\n",
            LEGEND_X, y - 10, colours[colour], LEGEND_X + 18, y, text);
}

bool sim_svg_end(struct sim_svg *svg)
{
    fputs("</svg>\n", svg->file);
    bool ok = !ferror(svg->file);
    return fclose(svg->file) == 0 && ok;
}
