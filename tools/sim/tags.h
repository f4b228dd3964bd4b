/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags that a statement gives to members: see tags.c.
 */
#ifndef SIM_TAGS_H
#define SIM_TAGS_H

#include <hearsay/member.h>

#include "words.h"

/* Tags as they were written, "zone=a": text, so that an action can be copied. */
struct sim_tags {
    char text[SIM_TEXT_MAX]; /* one behind the other, each with its terminating zero */
    size_t count;
};

/* The same as the library takes them; they borrow from `text`. */
struct sim_tag_list {
    char text[SIM_TEXT_MAX];
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
};

/* Reads one KEY=VALUE. False: none, or too many. */
bool sim_tags_add(struct sim_tags *tags, const char *word);
void sim_tags_list(struct sim_tag_list *ret_list, const struct sim_tags *tags);

#endif
