/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From view to ring (R29, R30): alive and suspect members own tokens. Changes are only marked when
 * they happen; the owner's pull of events turns all of them into one new ring, by one merge.
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"

#define ZONE_TAG "zone"

/* The ring of a thousand members is made in a millisecond and that of ten thousand in tens of them,
 * in which nobody is answered. So after a large one there is a rest, and what changes meanwhile comes
 * with the next: a hundredth of the time is spent on rings at most. */
#define LARGE_RING   131072u /* tokens: 1,024 members */
#define REST_A_TOKEN 1u      /* microseconds; a token of a new ring takes about 0.01 */

static uint64_t ring_due(const struct hearsay_node *node)
{
    uint64_t tokens = node->ring ? hearsay_ring_tokens(node->ring) : 0;
    return tokens > LARGE_RING ? node->ring_made_at + tokens * REST_A_TOKEN : 0;
}

/* The zone that a member gives itself, if a ring takes it; "" else. Borrowed from the card. */
static const char *zone_of(const struct hs_card *card, size_t *ret_len)
{
    struct hs_blob blob;
    *ret_len = 0;
    if (!hs_blob_decode(&blob, card->blob, card->len))
        return "";
    struct hearsay_member member = {.tags = blob.tags, .tags_len = blob.tags_len};
    size_t len;
    const char *zone = hearsay_member_tag(&member, ZONE_TAG, &len);
    if (!zone || len > HEARSAY_ZONE_MAX)
        return "";
    *ret_len = len;
    return zone;
}

bool hs_placement_differs(const struct hs_card *a, const struct hs_card *b)
{
    size_t len_a, len_b;
    const char *zone_a = zone_of(a, &len_a), *zone_b = zone_of(b, &len_b);
    return a->tokens != b->tokens || len_a != len_b || memcmp(zone_a, zone_b, len_a) != 0;
}

void hs_placement_mark(struct hearsay_node *node, uint32_t slot, bool placed_anew)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    if (placed_anew && (member->flags & HS_MEMBER_IN_RING))
        member->flags |= HS_MEMBER_RING_STALE;
    node->ring_stale = node->config.ring;
}

void hs_placement_anew(struct hearsay_node *node)
{
    hs_table_at(&node->table, node->self)->flags &=
        (uint8_t) ~(HS_MEMBER_IN_RING | HS_MEMBER_RING_STALE);
    node->ring_anew = true;
    node->ring_stale = node->config.ring;
}

struct changes {
    struct hearsay_ring_member *add;
    const char **remove;
    char (*zones)[HEARSAY_ZONE_MAX + 1];
    uint32_t add_count, remove_count;
};

static bool leaves_ring(const struct hs_member *member)
{
    return (member->flags & HS_MEMBER_IN_RING) &&
           (!hs_member_present(member) || (member->flags & HS_MEMBER_RING_STALE));
}

static bool enters_ring(const struct hs_member *member)
{
    return hs_member_present(member) &&
           (!(member->flags & HS_MEMBER_IN_RING) || (member->flags & HS_MEMBER_RING_STALE));
}

static void count_changes(const struct hearsay_node *node, struct changes *changes)
{
    for (uint32_t slot = 0; slot < node->table.used; slot++) {
        const struct hs_member *member = hs_table_at(&node->table, slot);
        if (!member->card)
            continue;
        changes->remove_count += leaves_ring(member);
        changes->add_count += enters_ring(member);
    }
}

/* The same, terminated; NULL: none. */
static const char *copy_zone(const struct hs_card *card, char zone[HEARSAY_ZONE_MAX + 1])
{
    size_t len;
    const char *found = zone_of(card, &len);
    memcpy(zone, found, len);
    zone[len] = '\0';
    return len > 0 ? zone : NULL;
}

static void list_changes(const struct hearsay_node *node, struct changes *changes)
{
    uint32_t adds = 0, removes = 0;
    for (uint32_t slot = 0; slot < node->table.used; slot++) {
        const struct hs_member *member = hs_table_at(&node->table, slot);
        if (!member->card)
            continue;
        if (leaves_ring(member))
            changes->remove[removes++] = hs_member_name(member);
        if (!enters_ring(member))
            continue;
        changes->add[adds] = (struct hearsay_ring_member){
            .name = hs_member_name(member),
            .zone = copy_zone(member->card, changes->zones[adds]),
            .tokens = member->card->tokens,
        };
        adds++;
    }
}

static void mark_taken(struct hearsay_node *node)
{
    for (uint32_t slot = 0; slot < node->table.used; slot++) {
        struct hs_member *member = hs_table_at(&node->table, slot);
        if (!member->card)
            continue;
        unsigned flags = member->flags & ~(unsigned)(HS_MEMBER_IN_RING | HS_MEMBER_RING_STALE);
        member->flags = (uint8_t)(flags | (hs_member_present(member) ? HS_MEMBER_IN_RING : 0u));
    }
}

static int make_ring(struct hearsay_node *node, struct hearsay_ring **ret_ring)
{
    const struct hearsay_allocator *allocator = &node->allocator;
    struct changes changes = {0};
    int err = HEARSAY_ERR_NOMEM;
    count_changes(node, &changes);
    changes.add = hs_alloc(allocator, (changes.add_count + 1) * sizeof(*changes.add));
    changes.remove = hs_alloc(allocator, (changes.remove_count + 1) * sizeof(*changes.remove));
    changes.zones = hs_alloc(allocator, (changes.add_count + 1) * sizeof(*changes.zones));
    if (changes.add && changes.remove && changes.zones) {
        list_changes(node, &changes);
        bool changes_old = node->ring && !node->ring_anew;
        err = changes_old
                  ? hearsay_ring_change(ret_ring, node->ring, changes.remove, changes.remove_count,
                                        changes.add, changes.add_count)
                  : hearsay_ring_new(ret_ring, allocator, changes.add, changes.add_count);
    }
    hs_release(allocator, changes.add);
    hs_release(allocator, changes.remove);
    hs_release(allocator, changes.zones);
    return err;
}

static bool same_ring(const struct hearsay_ring *old, const struct hearsay_ring *ring)
{
    return old && hearsay_ring_checksum(old) == hearsay_ring_checksum(ring) &&
           hearsay_ring_zones_checksum(old) == hearsay_ring_zones_checksum(ring);
}

/* 2^64 as a double. */
#define CIRCLE 18446744073709551616.0

bool hs_placement_settle(struct hearsay_node *node, struct hearsay_event *ret_event)
{
    struct hearsay_ring *ring;
    if (!node->ring_stale)
        return false;
    if (node->now.boot < ring_due(node)) { /* the timer's only work is to wake the owner */
        hs_heap_arm_by(&node->timers, &node->ring_rest, ring_due(node));
        return false;
    }
    if (make_ring(node, &ring))
        return false; /* without memory: the old ring stays, and the next event tries again */
    node->ring_made_at = node->now.boot;
    node->ring_stale = node->ring_anew = false;
    mark_taken(node);
    if (same_ring(node->ring,
                  ring)) { /* who had gone is back as it was: the owner's pointer stays */
        hearsay_ring_unref(ring);
        return false;
    }
    uint64_t moved = node->ring ? hearsay_ring_moved(node->ring, ring) : UINT64_MAX;
    hearsay_ring_unref(node->ring);
    node->ring = ring;
    node->ring_version++;
    *ret_event = (struct hearsay_event){
        .kind = HEARSAY_EVENT_RING,
        .ring_version = node->ring_version,
        .ring_checksum = hearsay_ring_checksum(ring),
        .ring_zones = hearsay_ring_zones_checksum(ring),
        .ring_tokens = hearsay_ring_tokens(ring),
        .ring_moved = moved == UINT64_MAX ? 1.0 : (double)moved / CIRCLE,
    };
    return true;
}
