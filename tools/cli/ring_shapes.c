/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer circles are the ring, sampled at 4,096 points, which is finer than the eye sees: so a
 * ring of a hundred thousand tokens makes no larger file than one of a thousand. Everything that
 * belongs to one member in one circle is one path. The inner circle has a sector for each member;
 * those of a zone stand side by side within one outline. For a change, ribbons go there from the
 * members that lose to those that gain.
 *
 * Angles are parts of the circle, clockwise from the top, as the hashes are.
 */
#include "ring_shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CENTRE      360.0
#define TURN        6.283185307179586
#define ZONE_GAP    0.008  /* between two zones, of the circle */
#define MEMBER_GAP  0.0012 /* between two members */
#define GAPS_MAX    0.1    /* all of a kind together, of the circle */
#define LABEL_MIN   0.035  /* of a sector, for its name to fit */
#define LABEL_ROOM  30     /* of a circle between its radii, for the same */
#define LABEL_CHARS 8
#define RIBBONS_MAX 400 /* drawn, the widest */

struct point {
    double x, y;
};

static struct point point_at(double radius, double angle)
{
    return (struct point){CENTRE + radius * sin(angle * TURN), CENTRE - radius * cos(angle * TURN)};
}

struct svg_colour picture_colour(size_t number)
{
    /* The last of the palette is black: text and outlines have that. */
    return svg_colour((unsigned)number + (number + 1 >= SVG_PALETTE));
}

/* ---- pieces of a circle ------------------------------------------------------------------ */

static void put_arc(FILE *file, double radius, double from, double to, bool back)
{
    struct point end = point_at(radius, to);
    fprintf(file, "A%.0f %.0f 0 %d %d %.2f %.2f", radius, radius, fabs(to - from) > 0.5, !back,
            end.x, end.y);
}

/* The part of a ring between two radii. All of the circle is drawn as two halves, because an arc
 * from a point to itself is none. */
static void put_sector(FILE *file, double inner, double outer, double from, double to)
{
    struct point start = point_at(outer, from), turn = point_at(inner, to);
    if (to - from > 0.999) {
        put_sector(file, inner, outer, from, from + 0.5);
        put_sector(file, inner, outer, from + 0.5, from + 1);
        return;
    }
    fprintf(file, "M%.2f %.2f", start.x, start.y);
    put_arc(file, outer, from, to, false);
    fprintf(file, "L%.2f %.2f", turn.x, turn.y);
    put_arc(file, inner, to, from, true);
    fputs("Z", file);
}

static void put_title(const struct svg *svg, const char *name, double share)
{
    fputs("<title>", svg->file);
    svg_put_text(svg, name, UINT32_MAX);
    fprintf(svg->file, ": %.2f %%</title>", share * 100);
}

/* ---- the outer circles ------------------------------------------------------------------- */

static int owner_at(const struct picture_step *step, int side)
{
    return side == BEFORE ? step->from : step->to;
}

/* Whether a step is this member's in a path of steps that move, or of those that don't. */
static bool step_belongs(const struct picture_step *step, int side, int number, bool moves)
{
    return owner_at(step, side) == number && step->moves == moves;
}

static void draw_owned(const struct picture *picture, int side, size_t number, bool moves,
                       const double radii[2])
{
    const struct picture_step *steps = picture->steps;
    FILE *file = picture->svg.file;
    bool begun = false;
    for (size_t i = 0, end; i < PICTURE_STEPS; i = end) {
        bool mine = step_belongs(&steps[i], side, (int)number, moves);
        end = i + 1;
        while (end < PICTURE_STEPS && step_belongs(&steps[end], side, (int)number, moves) == mine)
            end++;
        if (!mine)
            continue;
        if (!begun)
            fprintf(file, "<path fill='%s' d='", picture_colour(number).text);
        begun = true;
        put_sector(file, radii[0], radii[1], (double)i / PICTURE_STEPS,
                   (double)end / PICTURE_STEPS);
    }
    if (!begun)
        return;
    fputs("'>", file);
    put_title(&picture->svg, picture->members[number].name, picture->members[number].share[side]);
    fputs("</path>\n", file);
}

static void draw_circle(const struct picture *picture, int side, bool moves, double inner,
                        double outer, const char *opacity)
{
    const double radii[2] = {inner, outer};
    fprintf(picture->svg.file, "<g opacity='%s'>\n", opacity);
    for (size_t i = 0; i < picture->count; i++)
        draw_owned(picture, side, i, moves, radii);
    fputs("</g>\n", picture->svg.file);
}

/* What lies under a circle: seen where nobody owns anything. */
static void draw_ground(const struct picture *picture, double inner, double outer)
{
    fputs("<path fill='#eee' d='", picture->svg.file);
    put_sector(picture->svg.file, inner, outer, 0, 1);
    fputs("'/>\n", picture->svg.file);
}

/* ---- the inner circle -------------------------------------------------------------------- */

static bool same_zone(const struct picture *picture, size_t a, size_t b)
{
    return strcmp(picture->members[picture->order[a]].zone,
                  picture->members[picture->order[b]].zone) == 0;
}

/* The end of the zone that begins at this place of the order, and what it weighs. */
static size_t zone_end(const struct picture *picture, size_t begin, double *ret_weight)
{
    size_t end = begin;
    *ret_weight = 0;
    do
        *ret_weight += picture->members[picture->order[end++]].weight;
    while (end < picture->count && same_zone(picture, begin, end));
    return end;
}

/* How wide the gaps between `count` things are, when all of them together have a bound. */
static double gap_between(double wanted, size_t count)
{
    double all = wanted * (double)count;

    if (count < 2)
        return 0;
    return all > GAPS_MAX ? wanted * GAPS_MAX / all : wanted;
}

/* Gaps lie behind those who have a sector, and behind zones that have one. */
void picture_lay_out(struct picture *picture)
{
    size_t zones = 0, sectors = 0;
    double sum = 0, where, room, zone_gap, member_gap, weight;

    for (size_t begin = 0; begin < picture->count;) {
        begin = zone_end(picture, begin, &weight);
        zones += weight > 0;
        sum += weight;
    }
    for (size_t i = 0; i < picture->count; i++)
        sectors += picture->members[i].weight > 0;
    zone_gap = picture->zones > 0 ? gap_between(ZONE_GAP, zones) : 0;
    member_gap = gap_between(MEMBER_GAP, sectors);
    room = 1 - zone_gap * (double)zones - member_gap * (double)sectors;
    where = zone_gap / 2;
    for (size_t begin = 0, end; begin < picture->count; begin = end) {
        end = zone_end(picture, begin, &weight);
        for (size_t i = begin; i < end; i++) {
            struct picture_member *member = &picture->members[picture->order[i]];
            member->start = where;
            member->end = where + (sum > 0 ? member->weight / sum * room : 0);
            where = member->end + (member->weight > 0 ? member_gap : 0);
        }
        where += weight > 0 ? zone_gap : 0;
    }
}

/* Black or white, whichever is read better on a colour (weights of ITU-R BT.601). */
static const char *ink_on(struct svg_colour colour)
{
    unsigned long rgb = strtoul(colour.text + 1, NULL, 16);
    double light = 0.299 * (double)(rgb >> 16) + 0.587 * (double)(rgb >> 8 & 255) +
                   0.114 * (double)(rgb & 255);

    return light > 150 ? "#222" : "#fff";
}

static void draw_sector(const struct picture *picture, size_t number, double inner, double outer)
{
    const struct picture_member *member = &picture->members[number];
    FILE *file = picture->svg.file;
    struct point middle = point_at((inner + outer) / 2, (member->start + member->end) / 2);
    if (member->end <= member->start)
        return;
    fprintf(file, "<path fill='%s' d='", picture_colour(number).text);
    put_sector(file, inner, outer, member->start, member->end);
    fputs("'>", file);
    put_title(&picture->svg, member->name, member->share[AFTER]);
    fputs("</path>\n", file);
    if (member->end - member->start < LABEL_MIN || outer - inner < LABEL_ROOM)
        return;
    fprintf(file, "<text x='%.1f' y='%.1f' text-anchor='middle' font-size='12' fill='%s'>",
            middle.x, middle.y + 4, ink_on(picture_colour(number)));
    svg_put_text(&picture->svg, member->name, LABEL_CHARS);
    fputs("</text>\n", file);
}

/* A label within the inner circle: it begins or ends at the circle where that is upright. */
static void label_zone(const struct picture *picture, const char *zone, double radius, double angle)
{
    struct point where = point_at(radius, angle);
    double side = sin(angle * TURN);
    const char *anchor = side > 0.4 ? "end" : side < -0.4 ? "start" : "middle";

    fprintf(picture->svg.file,
            "<text x='%.1f' y='%.1f' text-anchor='%s' font-weight='bold' fill='#444'>", where.x,
            where.y + 4, anchor);
    svg_put_text(&picture->svg, zone[0] != '\0' ? zone : "no zone", LABEL_CHARS * 2);
    fputs("</text>\n", picture->svg.file);
}

static void outline_zone(const struct picture *picture, size_t begin, size_t end, double inner,
                         double outer)
{
    const struct picture_member *first = &picture->members[picture->order[begin]];
    const struct picture_member *last = &picture->members[picture->order[end - 1]];
    fputs("<path fill='none' stroke='#444' stroke-width='1.5' stroke-linejoin='round' d='",
          picture->svg.file);
    put_sector(picture->svg.file, inner - 5, outer + 5, first->start - 0.001, last->end + 0.001);
    fputs("'/>\n", picture->svg.file);
    if (last->end - first->start >= LABEL_MIN && outer - inner >= LABEL_ROOM)
        label_zone(picture, first->zone, inner - 18, (first->start + last->end) / 2);
}

static void draw_sectors(const struct picture *picture, double inner, double outer)
{
    for (size_t i = 0; i < picture->count; i++)
        draw_sector(picture, i, inner, outer);
    for (size_t begin = 0, end; picture->zones > 0 && begin < picture->count; begin = end) {
        double weight;

        end = zone_end(picture, begin, &weight);
        if (weight > 0)
            outline_zone(picture, begin, end, inner, outer);
    }
}

void picture_draw_ring(const struct picture *picture)
{
    draw_ground(picture, 290, 330);
    draw_circle(picture, AFTER, false, 290, 330, "1");
    draw_sectors(picture, 216, 274);
    fprintf(picture->svg.file,
            "<text x='360' y='372' text-anchor='middle' font-size='52' fill='#222'>%zu</text>\n"
            "<text x='360' y='398' text-anchor='middle' font-size='15' fill='#777'>member%s"
            "</text>\n",
            picture->count, picture->count == 1 ? "" : "s");
}

/* ---- ribbons ----------------------------------------------------------------------------- */

struct ribbon {
    int from, to;
    size_t steps;
};

static int by_ends(const void *a, const void *b)
{
    const struct ribbon *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

static int by_width(const void *a, const void *b)
{
    const struct ribbon *x = a, *y = b;
    return x->steps != y->steps ? (x->steps < y->steps) - (x->steps > y->steps) : by_ends(a, b);
}

/* What moves between any two members. Returns how many pairs. */
static size_t collect_ribbons(const struct picture *picture, struct ribbon *ribbons)
{
    size_t count = 0, pairs = 0;
    for (size_t i = 0; i < PICTURE_STEPS; i++) {
        const struct picture_step *step = &picture->steps[i];
        if (step->moves && step->from >= 0 && step->to >= 0)
            ribbons[count++] = (struct ribbon){step->from, step->to, 1};
    }
    qsort(ribbons, count, sizeof(*ribbons), by_ends);
    for (size_t i = 0; i < count; i++) {
        if (pairs > 0 && by_ends(&ribbons[pairs - 1], &ribbons[i]) == 0)
            ribbons[pairs - 1].steps++;
        else
            ribbons[pairs++] = ribbons[i];
    }
    return pairs;
}

static void draw_ribbon(const struct picture *picture, const struct ribbon *ribbon, double radius,
                        double *from, double *to, double width)
{
    struct point a = point_at(radius, *from), b = point_at(radius, *to);
    FILE *file = picture->svg.file;
    fprintf(file, "<path fill='%s' d='M%.2f %.2f", picture_colour((size_t)ribbon->to).text, a.x,
            a.y);
    put_arc(file, radius, *from, *from + width, false);
    fprintf(file, "Q%.0f %.0f %.2f %.2f", CENTRE, CENTRE, b.x, b.y);
    put_arc(file, radius, *to, *to + width, false);
    fprintf(file, "Q%.0f %.0f %.2f %.2fZ'><title>", CENTRE, CENTRE, a.x, a.y);
    svg_put_text(&picture->svg, picture->members[ribbon->from].name, UINT32_MAX);
    fputs(" to ", file);
    svg_put_text(&picture->svg, picture->members[ribbon->to].name, UINT32_MAX);
    fprintf(file, ": %.2f %%</title></path>\n", 100.0 * (double)ribbon->steps / PICTURE_STEPS);
    *from += width;
    *to += width;
}

/* Where the next ribbon of each member begins: first what it loses, then what it gains. */
static double *begin_ends(const struct picture *picture)
{
    double *ends = calloc(picture->count * 2 + 1, sizeof(*ends));

    for (size_t i = 0; ends && i < picture->count; i++) {
        const struct picture_member *member = &picture->members[i];
        double part = member->weight > 0 ? member->lost / member->weight : 0;

        ends[2 * i] = member->start;
        ends[2 * i + 1] = member->start + part * (member->end - member->start);
    }
    return ends;
}

/* How much of the inner circle a share of 1 takes. */
static double scale_of(const struct picture *picture)
{
    for (size_t i = 0; i < picture->count; i++) {
        const struct picture_member *member = &picture->members[i];
        if (member->weight > 0)
            return (member->end - member->start) / member->weight;
    }
    return 0;
}

static void draw_ribbons(const struct picture *picture, double radius)
{
    struct ribbon *ribbons = calloc(PICTURE_STEPS, sizeof(*ribbons));
    double *ends = begin_ends(picture), step = scale_of(picture) / PICTURE_STEPS;

    if (ribbons && ends) {
        size_t count = collect_ribbons(picture, ribbons);
        qsort(ribbons, count, sizeof(*ribbons), by_width);
        fputs("<g fill-opacity='0.55'>\n", picture->svg.file);
        for (size_t i = 0; i < count && i < RIBBONS_MAX; i++)
            draw_ribbon(picture, &ribbons[i], radius, &ends[2 * ribbons[i].from],
                        &ends[2 * ribbons[i].to + 1], step * (double)ribbons[i].steps);
        fputs("</g>\n", picture->svg.file);
    }
    free(ribbons);
    free(ends);
}

void picture_draw_change(const struct picture *picture)
{
    draw_ground(picture, 294, 330);
    draw_ground(picture, 250, 286);
    for (int moves = 0; moves < 2; moves++) {
        draw_circle(picture, BEFORE, moves != 0, 294, 330, moves != 0 ? "1" : "0.2");
        draw_circle(picture, AFTER, moves != 0, 250, 286, moves != 0 ? "1" : "0.2");
    }
    draw_sectors(picture, 214, 232);
    draw_ribbons(picture, 206);
}
