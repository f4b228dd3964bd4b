/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oldest first in a short array: eight entries are moved faster than a ring of places is explained.
 */
#include "agent/rings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void forget_oldest(struct hs_rings *rings)
{
    hearsay_ring_unref(rings->kept[0].ring);
    rings->count--;
    memmove(rings->kept, rings->kept + 1, rings->count * sizeof(rings->kept[0]));
}

static size_t tokens_of(const struct hs_rings *rings)
{
    size_t tokens = 0;

    for (size_t i = 0; i < rings->count; i++)
        tokens += hearsay_ring_tokens(rings->kept[i].ring);
    return tokens;
}

void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall)
{
    if (rings->count == HS_RINGS_MAX)
        forget_oldest(rings);
    rings->kept[rings->count++] = (struct hs_ring_version){.ring = hearsay_ring_ref(ring),
                                                           .version = event->ring_version,
                                                           .wall = wall,
                                                           .moved = event->ring_moved};
    while (rings->count > HS_RINGS_KEPT && tokens_of(rings) > HS_RINGS_TOKENS_MAX)
        forget_oldest(rings);
}

void hs_rings_refresh(struct hs_rings *rings, const struct hearsay_ring *ring)
{
    struct hs_ring_version *last = &rings->kept[rings->count > 0 ? rings->count - 1 : 0];

    if (rings->count == 0 || last->ring == ring)
        return;
    hearsay_ring_unref(last->ring);
    last->ring = hearsay_ring_ref(ring);
}

const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version)
{
    for (size_t i = 0; i < rings->count; i++)
        if (rings->kept[i].version == version)
            return &rings->kept[i];
    return NULL;
}

void hs_rings_list(const struct hs_rings *rings, char text[HS_WHY_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < rings->count && used < HS_WHY_MAX; i++)
        used += (size_t)snprintf(text + used, HS_WHY_MAX - used, "%s%" PRIu64, i > 0 ? ", " : "",
                                 rings->kept[i].version);
}

void hs_rings_fini(struct hs_rings *rings)
{
    while (rings->count > 0)
        forget_oldest(rings);
}
