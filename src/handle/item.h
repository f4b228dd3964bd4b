/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event, as handlers are run for it: usually of one member, by a line of the agent's log; or of
 * many members, when what was missed is made up for or what waits was merged. Then there is no
 * line. Shared by the handlers that it waits for.
 */
#ifndef HS_HANDLE_ITEM_H
#define HS_HANDLE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"
#include "handle/kind.h"
#include "handle/subject.h"
#include "mirror/log.h"

struct hs_item_line {
    struct hs_subject *before, *after; /* NULL: not listed; not both */
};

struct hs_item {
    unsigned refs;
    enum hs_kind kind;
    char id[HS_MIRROR_ID_MAX];  /* of the line of `follow`, or of the view that was compared */
    char time[HS_CTL_TIME_MAX]; /* of the agent's clock */
    char *event;                /* the line of the agent's log, JSON; NULL: none */
    uint64_t ring_version;      /* the ring as it was then; 0: not known */
    uint64_t ring_checksum;
    size_t count; /* members */
    struct hs_item_line *lines;
    size_t room; /* of `lines` */
};

/* With one reference and nothing in it but the kind. */
struct hs_item *hs_item_new(enum hs_kind kind);
struct hs_item *hs_item_ref(struct hs_item *item);

/* NULL is a no-op. */
void hs_item_unref(struct hs_item *item);

/* Adds a member; takes references of its own. */
void hs_item_add(struct hs_item *item, struct hs_subject *before, struct hs_subject *after);

/* What to say of a member: as it is now, or if it is not listed any more as it was. */
const struct hs_mirror_member *hs_item_member(const struct hs_item *item, size_t index);

/* As JSON, and back; NULL if it is none. */
json_t *hs_item_json(const struct hs_item *item);
struct hs_item *hs_item_read(const json_t *object);

#endif
