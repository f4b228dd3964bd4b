/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits for one handler, oldest first. It is bounded: when it is full, all that waits is
 * merged into at most one event of each kind, which tell how far the members have come meanwhile. A
 * member that went and came back as it was is then not told at all.
 */
#ifndef HS_HANDLE_BACKLOG_H
#define HS_HANDLE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handle/item.h"

#define HS_BACKLOG_MAX 256

/* All zeroes: nothing waits. */
struct hs_backlog {
    struct hs_item *items[HS_BACKLOG_MAX];
    size_t count;
};

/* Drops all. */
void hs_backlog_fini(struct hs_backlog *backlog);

/* Takes a reference of its own. `kinds` are those of the handler: a merged event is of one of them.
 * `running`: the first one is being handled, and stays as it is. Returns how many events were
 * merged, 0 if there was room; then *ret_left is how many they have become. */
size_t hs_backlog_push(struct hs_backlog *backlog, struct hs_item *item, uint32_t kinds,
                       bool running, size_t *ret_left);

/* Drops the first one, which there must be. */
void hs_backlog_shift(struct hs_backlog *backlog);

#endif
