/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame: the lines of a screen as a value, none wider than the screen. It is made from left to
 * right and from top to bottom:
 *
 *     cli_frame_init(&frame, 80, 24);
 *     cli_frame_add(&frame, CLI_BOLD, "n1");
 *     cli_frame_move(&frame, 20);
 *     cli_frame_add(&frame, CLI_GREEN, "alive");
 *     cli_frame_end_line(&frame);
 *     ... frame.lines[0] ...
 *     cli_frame_fini(&frame);
 */
#ifndef HEARSAY_CLI_FRAME_H
#define HEARSAY_CLI_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "out.h"

struct cli_frame {
    unsigned width, height; /* 0: as much as is needed */
    char **lines;           /* with colours, where the tool uses them, and without newlines */
    size_t count, room;
    /* the line that is being made */
    FILE *out;
    char *text;
    size_t len;
    unsigned column;
    bool cut;      /* it is full, and ends with a mark */
    bool selected; /* it stands out as a whole, in place of its colours */
};

void cli_frame_init(struct cli_frame *frame, unsigned width, unsigned height);
void cli_frame_fini(struct cli_frame *frame);

/* Lines that still fit; SIZE_MAX without a height. */
size_t cli_frame_room(const struct cli_frame *frame);

/* Appends anybody's text, made safe, to the line. */
void cli_frame_add(struct cli_frame *frame, enum cli_color color, const char *text);

/* Appends a text that is safe already and may have colours. */
void cli_frame_add_safe(struct cli_frame *frame, const char *safe);

/* Blanks up to this column; none if it is passed. */
void cli_frame_move(struct cli_frame *frame, unsigned column);

/* Ends the line; a line for which there is no room is dropped. */
void cli_frame_end_line(struct cli_frame *frame);

/* `count` lines of a text that is safe, without its first `skip` ones; behind its end empty
 * ones. */
void cli_frame_add_lines(struct cli_frame *frame, const char *safe, size_t skip, size_t count);

#endif
