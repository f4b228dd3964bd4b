/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of `follow`, and what each does to a mirror. All functions return 0, or an error with a
 * sentence in mirror->fault. */
#ifndef HS_MIRROR_TAKE_H
#define HS_MIRROR_TAKE_H

#include <jansson.h>

#include "mirror/impl.h"

/* Takes a line: the greeting, if there was none on this connection. */
int hs_take(struct hs_mirror *mirror, json_t *line);

/* Goes on with the ring that is being made, for about `units` units. Returns HEARSAY_RING_MORE or
 * HEARSAY_RING_DONE, also if there is none. */
int hs_take_step(struct hs_mirror *mirror, size_t units);

/* Makes the ring that has been begun, if one has. */
int hs_take_finish(struct hs_mirror *mirror);

/* Sets the sentence and returns `err`. */
int hs_take_fail(struct hs_mirror *mirror, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Gives up a snapshot that is not complete, and a ring that is being made. */
void hs_take_give_up(struct hs_mirror *mirror);

#endif
