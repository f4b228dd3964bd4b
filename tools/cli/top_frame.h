/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of `hearsay top` as a value. */
#ifndef HEARSAY_CLI_TOP_FRAME_H
#define HEARSAY_CLI_TOP_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "frame.h"
#include "mirror/mirror.h"
#include "top_news.h"
#include "top_view.h"

/* How the agent is, beside what the mirror says. */
struct cli_top_agent {
    bool connected;
    uint64_t silence_us; /* since it was heard; UINT64_MAX: never */
    const char *fault;   /* why there is no connection; "": there was none yet */
};

/* All that a frame is made from. */
struct cli_top_scene {
    struct hs_mirror *mirror; /* is only asked */
    struct cli_top_agent agent;
    const struct cli_top_news *news;
    const json_t *why;     /* the agent's answer about the selected member, or NULL */
    const char *why_fault; /* why there is none */
    uint64_t wall;         /* now, microseconds since 1970 */
};

/* Makes the frame, to be freed with cli_frame_fini. Cursor and scroll of the view are brought onto
 * the screen; nothing else is changed. Without a height it has all members, and no cursor. */
void cli_top_frame(struct cli_frame *ret_frame, const struct cli_top_scene *scene,
                   struct cli_top_view *view, unsigned width, unsigned height);

#endif
