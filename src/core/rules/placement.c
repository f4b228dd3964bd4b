/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From view to ring (R29, R30): alive and suspect members own tokens. Changes are only marked when
 * they happen; the owner's pull of events turns all of them into one new ring, by one merge.
 *
 * The ring of a thousand members is made in a millisecond or two, that of twenty thousand in some
 * hundreds, in which nobody would be answered. So a large ring is made in steps, one a pull, and as
 * long as there is more to do the node's deadline is now, so that the owner's loop comes back after a
 * look at its sockets:
 *
 *     gather   goes over the members and notes who leaves the ring and who enters it
 *     make     struct hearsay_ring_work
 *     compare  what moves from the old ring to the new one
 *     ready    the owner's next pull gets it, and only then it takes the old one's place
 *     release  gives back the memory of the old one
 *
 * A member's flags say what the ring will hold that is being made, from the moment on at which it was
 * gathered. What changes later is marked again, and is for the ring after that.
 */
#include "rules/rules.h"

#include <string.h>

#include <hearsay/error.h>

#define ZONE_TAG "zone"

/* Rings of up to so many tokens (1,024 members) are made within one pull, which takes far less than
 * AT_ONCE_UNITS; that is for members with more tokens than we have ourselves. After a larger one there is
 * a rest, and what changes meanwhile comes with the next: a hundredth of the time is spent on rings at
 * most. */
#define LARGE_RING    131072u
#define AT_ONCE_UNITS (32u * LARGE_RING)
#define REST_A_TOKEN  1u /* microseconds; a token of a new ring takes about 0.01 */

/* What gathering costs, in units of a ring's work: a look at a slot, and taking a member in. */
#define SLOT_UNITS  1u
#define ENTER_UNITS 32u

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

/* The same, terminated; NULL: none. */
static const char *copy_zone(const struct hs_card *card, char zone[HEARSAY_ZONE_MAX + 1])
{
    size_t len;
    const char *found = zone_of(card, &len);
    memcpy(zone, found, len);
    zone[len] = '\0';
    return len > 0 ? zone : NULL;
}

/* ---- marking ----------------------------------------------------------------------------- */

void hs_placement_mark(struct hearsay_node *node, uint32_t slot, bool placed_anew)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    if (placed_anew && (member->flags & HS_MEMBER_IN_RING))
        member->flags |= HS_MEMBER_RING_STALE;
    node->ring_stale = node->config.ring;
}

/* Drops a ring that is being made. What has been gathered of it is in the members' flags: from now on
 * they hold for no ring, and the next one is made from nothing. */
static void abandon(struct hearsay_node *node)
{
    struct hs_ring_making *making = &node->making;
    hearsay_ring_work_free(making->work);
    hearsay_ring_unref(making->ring);
    making->work = NULL;
    making->ring = NULL;
    if (making->stage != HS_RING_RELEASE)
        making->stage = HS_RING_IDLE;
    node->ring_anew = true;
    node->ring_stale = node->config.ring;
}

void hs_placement_anew(struct hearsay_node *node)
{
    abandon(node);
}

void hs_placement_fini(struct hearsay_node *node)
{
    abandon(node);
    while (hearsay_ring_unref_step(&node->making.retired))
        continue;
    hearsay_ring_unref(node->ring);
}

/* ---- gathering --------------------------------------------------------------------------- */

static bool begin_gathering(struct hearsay_node *node)
{
    struct hs_ring_making *making = &node->making;
    making->from_nothing = node->ring_anew || !node->ring;
    const struct hearsay_ring *old = making->from_nothing ? NULL : node->ring;
    if (hearsay_ring_work_begin(&making->work, &node->allocator, old))
        return false;
    making->slot = 0;
    making->changes = 0;
    making->stage = HS_RING_GATHER;
    node->ring_stale = node->ring_anew = false;
    return true;
}

static int enter_ring(struct hs_ring_making *making, const struct hs_member *member)
{
    char zone[HEARSAY_ZONE_MAX + 1];
    const struct hearsay_ring_member entry = {
        .name = hs_member_name(member),
        .zone = copy_zone(member->card, zone),
        .tokens = member->card->tokens,
    };
    making->changes++;
    return hearsay_ring_work_add(making->work, &entry);
}

/* Notes what becomes of one member. Returns an error, or what it cost in units. */
static int gather(struct hs_ring_making *making, struct hs_member *member)
{
    unsigned flags = member->flags;
    bool was = (flags & HS_MEMBER_IN_RING) && !making->from_nothing;
    bool is = hs_member_present(member);
    bool changed = was != is || (is && (flags & HS_MEMBER_RING_STALE));
    int err = 0;
    if (was && changed) {
        making->changes++;
        err = hearsay_ring_work_remove(making->work, hs_member_name(member));
    }
    if (is && changed && !err)
        err = enter_ring(making, member);
    if (err)
        return err;
    flags &= ~(unsigned)(HS_MEMBER_IN_RING | HS_MEMBER_RING_STALE);
    member->flags = (uint8_t)(flags | (is ? HS_MEMBER_IN_RING : 0u));
    return changed ? ENTER_UNITS : SLOT_UNITS;
}

static void spend(size_t *units, size_t cost)
{
    *units -= cost < *units ? cost : *units;
}

/* False: there is more, or no memory. */
static bool gather_all(struct hearsay_node *node, size_t *units)
{
    struct hs_ring_making *making = &node->making;
    for (; making->slot<node->table.used && * units> 0; making->slot++) {
        struct hs_member *member = hs_table_at(&node->table, making->slot);
        int cost = member->card ? gather(making, member) : (int)SLOT_UNITS;
        if (cost < 0) {
            abandon(node); /* the old ring stays, and a later pull tries again */
            *units = 0;
            return false;
        }
        spend(units, (size_t)cost);
    }
    return making->slot >= node->table.used;
}

/* ---- making ------------------------------------------------------------------------------ */

static bool same_ring(const struct hearsay_ring *old, const struct hearsay_ring *ring)
{
    return old && hearsay_ring_checksum(old) == hearsay_ring_checksum(ring) &&
           hearsay_ring_zones_checksum(old) == hearsay_ring_zones_checksum(ring);
}

/* Who had gone is back as it was: the owner's pointer stays good, and there is nothing to tell. */
static void end_without_ring(struct hearsay_node *node)
{
    node->ring_made_at = node->making.ring ? node->now.boot : node->ring_made_at;
    node->making.retired = node->making.ring;
    node->making.ring = NULL;
    node->making.stage = node->making.retired ? HS_RING_RELEASE : HS_RING_IDLE;
}

static void after_gathering(struct hearsay_node *node)
{
    struct hs_ring_making *making = &node->making;
    if (making->changes > 0 || making->from_nothing) {
        making->stage = HS_RING_MAKE;
        return;
    }
    hearsay_ring_work_free(making->work);
    making->work = NULL;
    end_without_ring(node);
}

static void make(struct hearsay_node *node, size_t *units)
{
    struct hs_ring_making *making = &node->making;
    size_t all = *units;
    int err = hearsay_ring_work_step(making->work, all);
    *units = err == HEARSAY_RING_MORE ? 0 : all / 2; /* it does not say what it took */
    if (err == HEARSAY_RING_MORE)
        return;
    if (err) {
        abandon(node);
        *units = 0;
        return;
    }
    making->ring = hearsay_ring_work_end(making->work);
    making->work = NULL;
    if (same_ring(node->ring, making->ring)) {
        end_without_ring(node);
        return;
    }
    if (node->ring)
        hearsay_ring_moved_begin(&making->moved, node->ring, making->ring);
    making->stage = HS_RING_COMPARE;
}

static bool zones_alone(const struct hearsay_node *node)
{
    return hearsay_ring_checksum(node->ring) == hearsay_ring_checksum(node->making.ring);
}

static void compare(struct hearsay_node *node, size_t *units)
{
    struct hs_ring_making *making = &node->making;
    making->share = node->ring ? 0.0 : 1.0;
    if (node->ring && !zones_alone(node)) {
        if (hearsay_ring_moved_step(&making->moved, *units)) {
            *units = 0;
            return;
        }
        making->share = hearsay_ring_fraction(hearsay_ring_moved_end(&making->moved));
    }
    making->stage = HS_RING_READY;
}

static void replace_ring(struct hearsay_node *node, struct hearsay_event *ret_event)
{
    struct hs_ring_making *making = &node->making;
    struct hearsay_ring *ring = making->ring;
    making->retired = node->ring;
    making->ring = NULL;
    making->stage = making->retired ? HS_RING_RELEASE : HS_RING_IDLE;
    node->ring = ring;
    node->ring_made_at = node->now.boot;
    node->ring_version++;
    *ret_event = (struct hearsay_event){
        .kind = HEARSAY_EVENT_RING,
        .ring_version = node->ring_version,
        .ring_checksum = hearsay_ring_checksum(ring),
        .ring_zones = hearsay_ring_zones_checksum(ring),
        .ring_tokens = hearsay_ring_tokens(ring),
        .ring_moved = making->share,
    };
}

/* ---- pulled ------------------------------------------------------------------------------ */

static uint64_t ring_due(const struct hearsay_node *node)
{
    uint64_t tokens = node->ring ? hearsay_ring_tokens(node->ring) : 0;
    return tokens > LARGE_RING ? node->ring_made_at + tokens * REST_A_TOKEN : 0;
}

bool hs_placement_waits(const struct hearsay_node *node)
{
    return node->ring_stale ||
           (node->making.stage != HS_RING_IDLE && node->making.stage != HS_RING_RELEASE);
}

/* Whether the work that is under way is too much for one pull. */
static bool is_large(const struct hearsay_node *node)
{
    uint64_t tokens = (uint64_t)node->config.tokens * hs_table_present(&node->table);
    uint64_t old = node->ring ? hearsay_ring_tokens(node->ring) : 0;
    return tokens > LARGE_RING || old > LARGE_RING;
}

/* One stage's part of a step. */
static void step(struct hearsay_node *node, size_t *units)
{
    switch (node->making.stage) {
    case HS_RING_IDLE:
    case HS_RING_READY:
        break;
    case HS_RING_RELEASE: /* the owner has taken the event, and so dropped what it had */
        if (!hearsay_ring_unref_step(&node->making.retired))
            node->making.stage = HS_RING_IDLE;
        spend(units, HEARSAY_RING_UNITS);
        break;
    case HS_RING_GATHER:
        if (gather_all(node, units))
            after_gathering(node);
        break;
    case HS_RING_MAKE:
        make(node, units);
        break;
    case HS_RING_COMPARE:
        compare(node, units);
        break;
    }
}

/* False: nothing is to be done now. */
static bool may_step(struct hearsay_node *node)
{
    if (node->making.stage != HS_RING_IDLE)
        return node->making.stage != HS_RING_READY;
    if (!node->ring_stale)
        return false;
    if (node->now.boot < ring_due(node)) { /* the timer's only work is to wake the owner */
        hs_heap_arm_by(&node->timers, &node->ring_rest, ring_due(node));
        return false;
    }
    return begin_gathering(node); /* without memory a later pull tries again */
}

bool hs_placement_step(struct hearsay_node *node, size_t units)
{
    units = units > 0 ? units : 1;
    while (units > 0 && may_step(node))
        step(node, &units);
    bool more = node->making.stage != HS_RING_IDLE && node->making.stage != HS_RING_READY;
    if (more)
        hs_heap_arm_by(&node->timers, &node->ring_rest, node->now.boot);
    return more;
}

bool hs_placement_settle(struct hearsay_node *node, struct hearsay_event *ret_event)
{
    if (node->making.stage == HS_RING_IDLE && !node->ring_stale)
        return false;
    hs_placement_step(node, is_large(node) ? HEARSAY_RING_UNITS : AT_ONCE_UNITS);
    if (node->making.stage != HS_RING_READY)
        return false;
    replace_ring(node, ret_event);
    return true;
}
