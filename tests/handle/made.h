/* SPDX-License-Identifier: Apache-2.0 */
/* Members and events as tests need them, and a random history of many. */
#ifndef HS_TESTS_HANDLE_MADE_H
#define HS_TESTS_HANDLE_MADE_H

#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "handle/change.h"
#include "handle/item.h"

#define MADE_TAGS_MAX 8

/* A member without tags. `status` "alive", "suspect", "failed", "left" or "forced". */
static inline struct hs_mirror_member made_member(const char *name, const char *status)
{
    struct hs_mirror_member member = {.name = name,
                                      .addr = {.family = 4, .port = 7847, .bytes = {10, 0, 0, 1}},
                                      .status = HEARSAY_STATUS_DEAD,
                                      .id = 0xff,
                                      .instance = 1,
                                      .tokens = 128};
    if (strcmp(status, "alive") == 0)
        member.status = HEARSAY_STATUS_ALIVE;
    else if (strcmp(status, "suspect") == 0)
        member.status = HEARSAY_STATUS_SUSPECT;
    else if (strcmp(status, "left") == 0)
        member.cause = HEARSAY_CAUSE_LEFT;
    else if (strcmp(status, "forced") == 0)
        member.cause = HEARSAY_CAUSE_FORCED;
    else
        member.cause = HEARSAY_CAUSE_FAILED;
    return member;
}

/* NULL for the status "none". */
static inline struct hs_subject *made_subject(const char *name, const char *status)
{
    if (strcmp(status, "none") == 0)
        return NULL;
    struct hs_mirror_member member = made_member(name, status);
    return hs_subject_new(&member);
}

/* An event of one member. */
static inline struct hs_item *made_item(enum hs_kind kind, const char *name, const char *before,
                                        const char *after)
{
    struct hs_item *item = hs_item_new(kind);
    struct hs_subject *was = made_subject(name, before), *is = made_subject(name, after);

    hs_item_add(item, was, is);
    snprintf(item->id, sizeof(item->id), "00000000000000a1-7");
    snprintf(item->time, sizeof(item->time), "2026-01-31T23:59:59.000000Z");
    hs_subject_unref(was);
    hs_subject_unref(is);
    return item;
}

#endif
