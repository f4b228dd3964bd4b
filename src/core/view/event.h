/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of events that the owner pulls. It is bounded: when the owner does not pull, events are
 * lost and counted, and one `resync` event tells the owner to read the member list again. Events
 * about members leave room for the other events, because those cannot be read again.
 */
#ifndef HS_VIEW_EVENT_H
#define HS_VIEW_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/event.h>

#define HS_EVENTS_MAX 128u /* more than one datagram can cause */
/* of these, places for events that no member list shows: joined, refused, left */
#define HS_EVENTS_KEPT 24u

struct hs_events {
    struct hearsay_event *items;
    uint32_t first, count;
    uint64_t lost, lost_reported; /* total, and the total at the last resync that was taken */
    bool overflowed;              /* a resync is waiting */
    uint32_t ahead;   /* events that the resync waits for: they are older than the loss */
    bool others_lost; /* some of the lost events were not about members */
};

/* Allocates the queue, HS_EVENTS_MAX events. 0 or NOMEM. */
int hs_events_init(struct hs_events *events, const struct hearsay_allocator *allocator);
/* Frees what the queue holds. */
void hs_events_fini(struct hs_events *events, const struct hearsay_allocator *allocator);
/* Queues a copy of an event. When there is no room the event is lost and a resync is queued. */
void hs_events_push(struct hs_events *events, const struct hearsay_event *event);
/* Adds a resync event: the owner shall read the member list again. */
void hs_events_resync(struct hs_events *events);

/* Takes the oldest event. Returns false when there is none. */
bool hs_events_take(struct hs_events *events, struct hearsay_event *ret_event);

/* Copies a name of `len` bytes, which need not be terminated. A name that is too long is cut. */
void hs_event_name(char target[HEARSAY_NAME_MAX + 1], const char *name, size_t len);

#endif
