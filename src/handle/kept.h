/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept for the next start, as the bytes of a file: the roster that was handed out, up to
 * which line of `follow`, and what waits for each handler, the run that is under way included. So
 * after a crash an event is run again rather than not at all.
 *
 * If the roster is the agent's view at that line, the rest of that view is kept, too, and the next
 * start goes on with the line that follows. Without it, as in files of older builds, or if it
 * cannot be read, the next start compares.
 */
#ifndef HS_HANDLE_KEPT_H
#define HS_HANDLE_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/config.h>

#include "handle/feed.h"
#include "handle/handler.h"
#include "service/error_text.h"

#define HS_KEPT_FORMAT 1
#define HS_KEPT_MAX    67108864 /* bytes of a file; a larger one is not written, and not read */

enum hs_kept_found {
    HS_KEPT_NOTHING, /* no file */
    HS_KEPT_GOOD,
    HS_KEPT_DAMAGED, /* torn, or no such file at all */
    HS_KEPT_LATER,   /* of a later release */
};

/* A file that was read. All zeroes: none. */
struct hs_kept {
    char cluster[HEARSAY_CLUSTER_MAX + 1];
    json_t *handlers; /* {label: array of items}; owned */
};

/* Frees what it holds. */
void hs_kept_fini(struct hs_kept *kept);

/* Makes the bytes, to be freed. What waits for a handler is kept under its label. */
char *hs_kept_make(const char *cluster, const struct hs_feed *feed,
                   struct hs_handler *const *handlers, size_t count, size_t *ret_len);

/* Reads them into a feed that is empty, and its mirror, which is new. Unless the result is
 * HS_KEPT_GOOD, nothing is set and `words` says why: a phrase that follows the path of the file. */
enum hs_kept_found hs_kept_read(const char *bytes, size_t len, struct hs_feed *feed,
                                struct hs_kept *ret_kept, char words[HS_ERROR_TEXT_MAX]);

/* Gives a handler what waited for it. Returns false if it was not there then. */
bool hs_kept_restore(const struct hs_kept *kept, struct hs_handler *handler);

#endif
