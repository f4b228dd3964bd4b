/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of a ring, or of two, from inside: ring_picture.c makes the rings and writes the
 * words, ring_shapes.c draws the circles.
 */
#ifndef HEARSAY_CLI_RING_SHAPES_H
#define HEARSAY_CLI_RING_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/ring.h>

#include "svg/svg.h"

#define PICTURE_WIDTH  1080
#define PICTURE_HEIGHT 720
#define PICTURE_STEPS  4096 /* round the circle: half a point of its rim each */

enum { BEFORE, AFTER, SIDES };

/* A member of either ring. Its place in the answer is the number of its colour. */
struct picture_member {
    const char *name, *zone;
    double share[SIDES]; /* 0 to 1 */
    double gained, lost;
    double replicas;   /* where asked for */
    double weight;     /* of its sector of the inner circle */
    double start, end; /* of that sector, as parts of the circle */
};

/* Whose a point is, as a member's number or -1; with replicas: who drops it and who gets it. */
struct picture_step {
    int from, to;
    bool moves;
};

struct picture {
    struct svg svg;
    struct hearsay_ring *rings[SIDES]; /* one ring: both the same */
    int *numbers[SIDES];               /* of a ring's members */
    struct picture_member *members;
    size_t *order; /* of sectors and legend: by zone, then name */
    size_t count, zones;
    uint32_t n;
    bool apart; /* replicas in distinct zones */
    struct picture_step steps[PICTURE_STEPS];
};

/* The colour of a member. */
struct svg_colour picture_colour(size_t number);

/* Fills in start and end of the members by their weights, with room between zones. */
void picture_lay_out(struct picture *picture);

/* One ring: whose each point is, and within it everybody's share, by zone. */
void picture_draw_ring(const struct picture *picture);

/* Two: before, after, and within them what goes from whom to whom. */
void picture_draw_change(const struct picture *picture);

#endif
