/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed lately, as server-sent events: text that is made once and read by all streams.
 * It follows the log of the mirror (mirror/log.h). An event has the id of the agent's line, so that
 * a stream can be resumed, also after a restart of this program if nothing has happened since.
 */
#ifndef HS_SERVE_NEWS_H
#define HS_SERVE_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mirror/mirror.h"
#include "serve/worth.h"

#define HS_NEWS_MAX       1024
#define HS_NEWS_BYTES_MAX 2097152 /* of all texts */
#define HS_NEWS_ID_MAX    64      /* "instance-n" or "instance-n.k", terminated */

struct hs_news_item {
    char id[HS_NEWS_ID_MAX]; /* "": nothing can be resumed after it */
    char *text;
    size_t len;
    uint64_t end; /* bytes of all items up to this one, since the beginning */
};

/* Items have numbers from 0; those from `first` to `next` - 1 are kept. */
struct hs_news {
    struct hs_news_item *items; /* HS_NEWS_MAX, by number */
    uint64_t first, next;
    size_t bytes;     /* of those that are kept */
    uint64_t end;     /* of the newest */
    uint64_t cursor;  /* of the mirror's log */
    bool stale, gone; /* as told last */
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_news_init(struct hs_news *ret_news);

/* All zeroes are a no-op. */
void hs_news_fini(struct hs_news *news);

/* Adds what is new in the mirror and in its worth. Returns true if there is anything. An event for
 * which there is no memory becomes a `resync` of all streams. */
bool hs_news_take(struct hs_news *news, struct hs_mirror *mirror, const struct hs_worth *worth);

/* The item of this number, or NULL if it is not kept. */
const struct hs_news_item *hs_news_at(const struct hs_news *news, uint64_t number);

/* Finds where to go on after the event with this id. Returns false if it is not known any more. */
bool hs_news_find(const struct hs_news *news, const char *id, uint64_t *ret_number);

/* What a stream begins with: how things are, as a `resync` if it has missed something. It has the
 * id of the newest event, unless the stream goes on after one that it knows (`resumed`). *ret_text
 * is to be freed; NULL: no memory. */
void hs_news_greet(const struct hs_news *news, const struct hs_worth *worth, bool resumed,
                   bool resync, char **ret_text, size_t *ret_len);

#endif
