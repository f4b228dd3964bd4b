/* SPDX-License-Identifier: Apache-2.0 */
/* What has changed lately, as sentences: the last lines of the agent's log that say something to a
 * person. */
#ifndef HEARSAY_CLI_TOP_NEWS_H
#define HEARSAY_CLI_TOP_NEWS_H

#include <stddef.h>
#include <stdint.h>

#include "mirror/mirror.h"

#define CLI_TOP_NEWS_MAX   64 /* sentences that are kept */
#define CLI_TOP_NEWS_FIRST 12 /* of them, at most so many about what was before */

/* All zeroes: nothing yet. */
struct cli_top_news {
    uint64_t cursor;                   /* of the mirror's log */
    char *sentences[CLI_TOP_NEWS_MAX]; /* safe, with colours; by number modulo their count */
    uint64_t count;                    /* ever */
};

void cli_top_news_fini(struct cli_top_news *news);

/* Reads what is new in the mirror's log. The first news are who has got its status last. */
void cli_top_news_read(struct cli_top_news *news, struct hs_mirror *mirror);

/* The sentence that is `back` places before the newest; NULL if it is not kept. */
const char *cli_top_news_at(const struct cli_top_news *news, size_t back);

#endif
