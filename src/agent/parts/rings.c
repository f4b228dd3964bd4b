/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions are in a short array, oldest first. With eight entries a memmove is simpler than a ring
 * buffer.
 */
#include "agent/parts/rings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/member.h>

/* The cost of adding a member to a ring, in units of ring work. */
#define ADD_UNITS 16

/* ---- a roster ---------------------------------------------------------------------------- */

/* One allocation. It is only ever read from its beginning to its end, so it needs no offsets:
 *
 *     bytes | tokens of each member | name \0 zone \0 of each member
 */
struct hs_roster {
    size_t bytes; /* all of it */
    size_t refs;  /* of the version, and of answers for which its ring is made again */
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

/* Returns NULL if there is no memory. */
static struct hs_roster *roster_new(const struct hearsay_allocator *allocator,
                                    const struct hearsay_ring *ring)
{
    size_t members = hearsay_ring_members(ring), bytes = roster_bytes(ring, members);
    struct hs_roster *roster = allocator->resize(allocator->context, NULL, bytes);
    char *text;

    if (roster == NULL)
        return NULL;
    roster->bytes = bytes;
    roster->refs = 1;
    text = text_of(roster, members);
    for (uint32_t i = 0; i < members; i++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(ring, i);

        roster->tokens[i] = (uint16_t)member.tokens;
        text = put_text(put_text(text, member.name), zone_of(&member));
    }
    return roster;
}

/* NULL is a no-op. */
static void roster_unref(const struct hearsay_allocator *allocator, struct hs_roster *roster)
{
    if (roster != NULL && --roster->refs == 0)
        allocator->release(allocator->context, roster);
}

/* ---- the versions ------------------------------------------------------------------------ */

struct hs_ring_version hs_rings_describe(const struct hearsay_ring *ring, uint64_t version,
                                         uint64_t wall)
{
    return (struct hs_ring_version){.version = version,
                                    .wall = wall,
                                    .checksum = hearsay_ring_checksum(ring),
                                    .zones_checksum = hearsay_ring_zones_checksum(ring),
                                    .tokens = hearsay_ring_tokens(ring),
                                    .members = hearsay_ring_members(ring)};
}

static void version_fini(struct hs_rings *rings, struct hs_ring_version *kept)
{
    hearsay_ring_unref(kept->ring);
    roster_unref(&rings->allocator, kept->roster);
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

/* The newest ring is about to be replaced in the node, and to keep it would then cost the memory of
 * all its tokens. So it is replaced by its roster. Without memory for the roster the version is
 * forgotten, so that every remembered version can be made again. */
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
    if (rings->changes++ > 0)
        rings->moved += event->ring_moved;
    while (rings->count > HS_RINGS_KEPT && bytes_of(rings) > HS_RINGS_BYTES_MAX)
        forget_oldest(rings);
}

const struct hs_ring_version *hs_rings_find(const struct hs_rings *rings, uint64_t version)
{
    for (size_t i = 0; i < rings->count; i++)
        if (rings->kept[i].version == version)
            return &rings->kept[i];
    return NULL;
}

/* ---- made again -------------------------------------------------------------------------- */

int hs_ring_again_begin(struct hs_ring_again *again, const struct hs_rings *rings,
                        const struct hs_ring_version *kept)
{
    *again = (struct hs_ring_again){.about = *kept, .allocator = rings->allocator};
    if (kept->ring != NULL) {
        again->ring = hearsay_ring_ref(kept->ring);
        return 0;
    }
    again->roster = kept->roster;
    again->roster->refs++;
    again->text = text_of(again->roster, kept->members);
    return hearsay_ring_work_begin(&again->work, &rings->allocator, NULL);
}

/* Adds members of the roster to the work, for about `units` units. */
static int add_members(struct hs_ring_again *again, size_t units)
{
    for (size_t n = units / ADD_UNITS + 1; n > 0 && again->at < again->about.members; n--) {
        const char *zone = again->text + strlen(again->text) + 1;
        const struct hearsay_ring_member member = {again->text, zone,
                                                   again->roster->tokens[again->at++]};
        int err = hearsay_ring_work_add(again->work, &member);
        if (err)
            return err;
        again->text = zone + strlen(zone) + 1;
    }
    return HEARSAY_RING_MORE;
}

static bool as_remembered(const struct hs_ring_again *again)
{
    return hearsay_ring_checksum(again->ring) == again->about.checksum &&
           hearsay_ring_zones_checksum(again->ring) == again->about.zones_checksum;
}

int hs_ring_again_step(struct hs_ring_again *again, size_t units)
{
    if (again->ring != NULL)
        return HEARSAY_RING_DONE;
    if (again->roster != NULL && again->at < again->about.members)
        return add_members(again, units);
    int err = hearsay_ring_work_step(again->work, units);
    if (err)
        return err; /* or HEARSAY_RING_MORE */
    again->ring = hearsay_ring_work_end(again->work);
    again->work = NULL;
    if (again->roster != NULL && !as_remembered(again))
        return HEARSAY_ERR_INVALID;
    return HEARSAY_RING_DONE;
}

void hs_ring_again_fini(struct hs_ring_again *again, struct hs_rings *rings)
{
    hs_rings_drop(rings, again->ring);
    hearsay_ring_work_free(again->work);
    roster_unref(&again->allocator, again->roster);
    *again = (struct hs_ring_again){0};
}

void hs_rings_drop(struct hs_rings *rings, struct hearsay_ring *ring)
{
    for (size_t i = 0; i < HS_RINGS_DROPPED && ring != NULL; i++) {
        if (rings->dropped[i] != NULL)
            continue;
        rings->dropped[i] = ring;
        hearsay_ring_unref_step(&rings->dropped[i]);
        return;
    }
    hearsay_ring_unref(ring);
}

void hs_rings_release(struct hs_rings *rings)
{
    for (size_t i = 0; i < HS_RINGS_DROPPED; i++) {
        if (rings->dropped[i] == NULL)
            continue;
        hearsay_ring_unref_step(&rings->dropped[i]);
        return;
    }
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
    for (size_t i = 0; i < HS_RINGS_DROPPED; i++)
        while (hearsay_ring_unref_step(&rings->dropped[i])) {
        }
}
