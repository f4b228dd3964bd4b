/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has changed in a mirror lately, numbered. Each reader has a cursor, the number of the
 * last entry that it has seen. A reader that has missed entries is told so by one entry ALL.
 */
#ifndef HS_MIRROR_LOG_H
#define HS_MIRROR_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/member.h>

#include "ctl/ctl.h"

#define HS_MIRROR_LOG_MAX       1024
#define HS_MIRROR_LOG_BYTES_MAX 1048576 /* of all lines */
#define HS_MIRROR_ID_MAX        HS_CTL_ID_MAX

enum hs_mirror_kind {
    HS_MIRROR_ALL,    /* look at everything anew */
    HS_MIRROR_MEMBER, /* a member is new or different: name */
    HS_MIRROR_GONE,   /* a member is not there any more: name */
    HS_MIRROR_RING,   /* the ring is another one */
    HS_MIRROR_STATE,  /* ready, isolated, leaving or settling */
    HS_MIRROR_EVENT,  /* nothing that is shown: only a line of the agent's log */
};

struct hs_mirror_entry {
    enum hs_mirror_kind kind;
    uint64_t number;
    char id[HS_MIRROR_ID_MAX];       /* "" if the mirror itself has found the difference */
    char name[HEARSAY_NAME_MAX + 1]; /* "": none */
    const char *event;               /* the line of the agent's log, JSON; NULL: none */
};

struct hs_mirror_log {
    struct hs_mirror_entry *entries; /* HS_MIRROR_LOG_MAX, by number */
    uint64_t first, next;            /* entries that are kept: from `first` to next - 1 */
    size_t bytes;
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_mirror_log_init(struct hs_mirror_log *ret_log);
void hs_mirror_log_fini(struct hs_mirror_log *log);

/* Adds an entry; its number is set. Takes over `event`, which is to be freed with free(). */
void hs_mirror_log_add(struct hs_mirror_log *log, const struct hs_mirror_entry *entry, char *event);

/* The entry behind the cursor, which goes on. A cursor of 0 begins with the oldest that is kept.
 * Returns false if there is none. The event is valid until the mirror gets its next line. */
bool hs_mirror_log_next(const struct hs_mirror_log *log, uint64_t *cursor,
                        struct hs_mirror_entry *ret_entry);

/* The cursor of a reader that has seen all. */
uint64_t hs_mirror_log_newest(const struct hs_mirror_log *log);

#endif
