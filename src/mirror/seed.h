/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mirror shows, kept for the mirror of another process. That one asks the agent for what
 * came since, as after a connection that was cut. What is kept are lines as `follow` sends them, so
 * the same function reads them. The members are the caller's to keep: whoever needs this has them.
 */
#ifndef HS_MIRROR_SEED_H
#define HS_MIRROR_SEED_H

#include "mirror/mirror.h"

/* An array of lines, those of members left out. NULL: what is shown cannot be resumed, or there is
 * no memory. */
json_t *hs_mirror_seed_json(const struct hs_mirror *mirror);

/* Lets a mirror that is new show what was kept; `members` is an array of what `follow` tells of
 * each. If the agent is another instance by then, the mirror shows nothing as soon as it knows, as
 * if it were new. Returns 0, or an error, and the mirror is as it was. Errors: those of
 * hs_mirror_feed. */
int hs_mirror_seed(struct hs_mirror *mirror, const json_t *seed, const json_t *members);

#endif
