/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Oldest first in a short array: eight entries are moved faster than a ring of places is explained.
 */
#include "agent/rings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/member.h>

/* ---- a roster ---------------------------------------------------------------------------- */

/* One allocation. It is only ever read from its beginning to its end, so it needs no offsets:
 *
 *     bytes | tokens of each member | name \0 zone \0 of each member
 */
struct hs_roster {
    size_t bytes; /* all of it */
    uint16_t tokens[];
};

_Static_assert(HEARSAY_TOKENS_MAX <= UINT16_MAX, "a member's tokens fit a roster");

static char *text_of(struct hs_roster *roster, size_t members)
{
    return (char *)(roster->tokens + members);
}

static const char *zone_of(const struct hearsay_ring_member *member)
{
    return member->zone != NULL ? member->zone : "";
}

static size_t roster_bytes(const struct hearsay_ring *ring, size_t members)
{
    size_t bytes = sizeof(struct hs_roster) + members * sizeof(uint16_t);

    for (uint32_t i = 0; i < members; i++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(ring, i);

        bytes += strlen(member.name) + 1 + strlen(zone_of(&member)) + 1;
    }
    return bytes;
}

static char *put_text(char *at, const char *text)
{
    size_t size = strlen(text) + 1;

    memcpy(at, text, size);
    return at + size;
}

/* NULL when memory is out. */
static struct hs_roster *roster_new(const struct hearsay_allocator *allocator,
                                    const struct hearsay_ring *ring)
{
    size_t members = hearsay_ring_members(ring), bytes = roster_bytes(ring, members);
    struct hs_roster *roster = allocator->resize(allocator->context, NULL, bytes);
    char *text;

    if (roster == NULL)
        return NULL;
    roster->bytes = bytes;
    text = text_of(roster, members);
    for (uint32_t i = 0; i < members; i++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(ring, i);

        roster->tokens[i] = (uint16_t)member.tokens;
        text = put_text(put_text(text, member.name), zone_of(&member));
    }
    return roster;
}

/* The members borrow from the roster. */
static void read_roster(struct hs_roster *roster, struct hearsay_ring_member *members, size_t count)
{
    const char *text = text_of(roster, count);

    for (size_t i = 0; i < count; i++) {
        const char *zone = text + strlen(text) + 1;

        members[i] = (struct hearsay_ring_member){text, zone, roster->tokens[i]};
        text = zone + strlen(zone) + 1;
    }
}

/* ---- the versions ------------------------------------------------------------------------ */

struct hs_ring_version hs_rings_describe(const struct hearsay_ring *ring, uint64_t version,
                                         uint64_t wall)
{
    return (struct hs_ring_version){.version = version,
                                    .wall = wall,
                                    .checksum = hearsay_ring_checksum(ring),
                                    .tokens = hearsay_ring_tokens(ring),
                                    .members = hearsay_ring_members(ring)};
}

static void version_fini(struct hs_rings *rings, struct hs_ring_version *kept)
{
    hearsay_ring_unref(kept->ring);
    rings->allocator.release(rings->allocator.context, kept->roster);
}

static void forget_oldest(struct hs_rings *rings)
{
    version_fini(rings, &rings->kept[0]);
    rings->count--;
    memmove(rings->kept, rings->kept + 1, rings->count * sizeof(rings->kept[0]));
}

static struct hs_ring_version *newest(struct hs_rings *rings)
{
    return rings->count > 0 ? &rings->kept[rings->count - 1] : NULL;
}

/* The newest ring is about to be no longer the node's: from then on it would cost all of its
 * tokens. Without memory for its roster it is forgotten: what is remembered can be built. */
static void keep_roster(struct hs_rings *rings)
{
    struct hs_ring_version *last = newest(rings);

    if (last == NULL)
        return;
    last->roster = roster_new(&rings->allocator, last->ring);
    hearsay_ring_unref(last->ring);
    last->ring = NULL;
    if (last->roster == NULL)
        rings->count--;
}

static size_t bytes_of(const struct hs_rings *rings)
{
    size_t bytes = 0;

    for (size_t i = 0; i < rings->count; i++)
        if (rings->kept[i].roster != NULL)
            bytes += rings->kept[i].roster->bytes;
    return bytes;
}

void hs_rings_add(struct hs_rings *rings, const struct hearsay_ring *ring,
                  const struct hearsay_event *event, uint64_t wall)
{
    struct hs_ring_version *last;

    keep_roster(rings);
    if (rings->count == HS_RINGS_MAX)
        forget_oldest(rings);
    last = &rings->kept[rings->count++];
    *last = hs_rings_describe(ring, event->ring_version, wall);
    last->ring = hearsay_ring_ref(ring);
    last->moved = event->ring_moved;
    while (rings->count > HS_RINGS_KEPT && bytes_of(rings) > HS_RINGS_BYTES_MAX)
        forget_oldest(rings);
}

void hs_rings_refresh(struct hs_rings *rings, const struct hearsay_ring *ring)
{
    struct hs_ring_version *last = newest(rings);

    if (last == NULL || last->ring == ring)
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

int hs_rings_build(const struct hs_rings *rings, const struct hs_ring_version *kept,
                   struct hearsay_ring **ret_ring)
{
    const struct hearsay_allocator *allocator = &rings->allocator;
    struct hearsay_ring_member *members;
    struct hearsay_ring *ring;
    int r;

    if (kept->ring != NULL) {
        *ret_ring = hearsay_ring_ref(kept->ring);
        return 0;
    }
    members = allocator->resize(allocator->context, NULL, (kept->members + 1) * sizeof(*members));
    if (members == NULL)
        return HEARSAY_ERR_NOMEM;
    read_roster(kept->roster, members, kept->members);
    r = hearsay_ring_new(&ring, allocator, members, kept->members);
    allocator->release(allocator->context, members);
    if (r < 0)
        return r;
    if (hearsay_ring_checksum(ring) != kept->checksum) {
        hearsay_ring_unref(ring);
        return HEARSAY_ERR_INVALID;
    }
    *ret_ring = ring;
    return 0;
}

void hs_rings_list(const struct hs_rings *rings, char text[HS_ERROR_TEXT_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < rings->count && used < HS_ERROR_TEXT_MAX; i++)
        used += (size_t)snprintf(text + used, HS_ERROR_TEXT_MAX - used, "%s%" PRIu64,
                                 i > 0 ? ", " : "", rings->kept[i].version);
}

void hs_rings_fini(struct hs_rings *rings)
{
    while (rings->count > 0)
        forget_oldest(rings);
}
