/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of events that the owner pulls. Bounded: when the owner does not pull, events are lost,
 * counted, and one `resync` tells it to read the member list again. Events about members leave room
 * for the others, which cannot be read again.
 */
#ifndef HS_VIEW_EVENT_H
#define HS_VIEW_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/event.h>

#define HS_EVENTS_MAX  128u /* more than one datagram can cause */
#define HS_EVENTS_KEPT 24u  /* of them for what no member list tells: joined, refused, left */

struct hs_events {
    struct hearsay_event *items;
    uint32_t first, count;
    uint64_t lost, lost_reported; /* in all, and when the last resync was taken */
    bool overflowed;              /* a resync waits */
    uint32_t ahead;   /* … behind so many events, which are older than what was lost */
    bool others_lost; /* of those, some were about no member */
};

int hs_events_init(struct hs_events *events, const struct hearsay_allocator *allocator);
void hs_events_fini(struct hs_events *events, const struct hearsay_allocator *allocator);
void hs_events_push(struct hs_events *events, const struct hearsay_event *event);
/* The owner shall read the member list anew. */
void hs_events_resync(struct hs_events *events);

bool hs_events_take(struct hs_events *events, struct hearsay_event *ret_event);

/* Copies a name that may not be terminated; too long a one is cut. */
void hs_event_name(char target[HEARSAY_NAME_MAX + 1], const char *name, size_t len);

#endif
