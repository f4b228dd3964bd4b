/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring starts again at its first place whenever it is empty, so that an idle agent touches only
 * one page of it.
 */
#include "view/event.h"

#include <hearsay/error.h>

#include "base/memory.h"

int hs_events_init(struct hs_events *events, const struct hearsay_allocator *allocator)
{
    *events = (struct hs_events){0};
    events->items = hs_alloc(allocator, HS_EVENTS_MAX * sizeof(*events->items));
    return events->items ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_events_fini(struct hs_events *events, const struct hearsay_allocator *allocator)
{
    hs_release(allocator, events->items);
    *events = (struct hs_events){0};
}

/* The resync is delivered at the place where events were lost. If it came before older events, an
 * owner that has just read the member list would then apply older states to it. */
void hs_events_resync(struct hs_events *events)
{
    if (!events->overflowed)
        events->ahead = events->count;
    events->overflowed = true;
}

void hs_events_push(struct hs_events *events, const struct hearsay_event *event)
{
    uint32_t room = HS_EVENTS_MAX - (event->kind == HEARSAY_EVENT_MEMBER ? HS_EVENTS_KEPT : 0);
    if (events->count >= room) {
        events->lost++;
        hs_events_resync(events);
        events->others_lost |= event->kind != HEARSAY_EVENT_MEMBER;
        return;
    }
    events->items[(events->first + events->count++) % HS_EVENTS_MAX] = *event;
}

bool hs_events_take(struct hs_events *events, struct hearsay_event *ret_event)
{
    if (events->overflowed && events->ahead == 0) {
        *ret_event = (struct hearsay_event){
            .kind = HEARSAY_EVENT_RESYNC,
            .lost = events->lost - events->lost_reported,
            .others_lost = events->others_lost,
        };
        events->lost_reported = events->lost;
        events->overflowed = events->others_lost = false;
        return true;
    }
    if (events->count == 0)
        return false;
    *ret_event = events->items[events->first];
    events->first = (events->first + 1) % HS_EVENTS_MAX;
    if (--events->count == 0)
        events->first = 0;
    if (events->overflowed)
        events->ahead--;
    return true;
}

void hs_event_name(char target[HEARSAY_NAME_MAX + 1], const char *name, size_t len)
{
    if (len > HEARSAY_NAME_MAX)
        len = HEARSAY_NAME_MAX;
    memcpy(target, name, len);
    target[len] = '\0';
}
