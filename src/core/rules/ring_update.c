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
#include "rules/ring_update.h"

#include <string.h>

#include <hearsay/error.h>

#include "view/zone.h"

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

/* The zone, terminated; NULL: none. */
static const char *copy_zone(const struct hs_meta *meta, char zone[HEARSAY_ZONE_MAX + 1])
{
    size_t len;
    const char *found = hs_zone_of(meta, &len);
    memcpy(zone, found, len);
    zone[len] = '\0';
    return len > 0 ? zone : NULL;
}

void hs_ring_update_init(struct hs_ring_update *update, struct hs_core *core)
{
    *update = (struct hs_ring_update){.core = core, .rest.kind = HS_TIMER_RING};
}

/* ---- marking ----------------------------------------------------------------------------- */

void hs_ring_update_mark(struct hs_ring_update *update, uint32_t slot, bool placed_anew)
{
    struct hs_member *member = hs_member_at(update->core, slot);
    if (placed_anew && (member->flags & HS_MEMBER_IN_RING))
        member->flags |= HS_MEMBER_RING_STALE;
    update->stale = update->core->config.ring;
}

/* Drops a ring that is being made. What has been gathered of it is in the members' flags: from now on
 * they hold for no ring, and the next one is made from nothing. */
static void ring_update_abandon(struct hs_ring_update *update)
{
    struct hs_ring_making *making = &update->making;
    hearsay_ring_work_free(making->work);
    hearsay_ring_unref(making->ring);
    making->work = NULL;
    making->ring = NULL;
    if (making->stage != HS_RING_RELEASE)
        making->stage = HS_RING_IDLE;
    update->anew = true;
    update->stale = update->core->config.ring;
}

void hs_ring_update_reset(struct hs_ring_update *update)
{
    ring_update_abandon(update);
}

void hs_ring_update_fini(struct hs_ring_update *update)
{
    if (!update->core)
        return;
    ring_update_abandon(update);
    while (hearsay_ring_unref_step(&update->making.retired))
        continue;
    hearsay_ring_unref(update->ring);
}

/* ---- gathering --------------------------------------------------------------------------- */

static bool begin_gathering(struct hs_ring_update *update)
{
    struct hs_ring_making *making = &update->making;
    making->from_nothing = update->anew || !update->ring;
    const struct hearsay_ring *old = making->from_nothing ? NULL : update->ring;
    if (hearsay_ring_work_begin(&making->work, &update->core->allocator, old))
        return false;
    making->slot = 0;
    making->changes = 0;
    making->stage = HS_RING_GATHER;
    update->stale = update->anew = false;
    return true;
}

static int enter_ring(struct hs_ring_making *making, const struct hs_member *member)
{
    char zone[HEARSAY_ZONE_MAX + 1];
    const struct hearsay_ring_member entry = {
        .name = hs_member_name(member),
        .zone = copy_zone(member->meta, zone),
        .tokens = member->meta->tokens,
    };
    making->changes++;
    return hearsay_ring_work_add(making->work, &entry);
}

/* Notes what becomes of one member. Returns an error, or what it cost in units. */
static int ring_update_gather(struct hs_ring_making *making, struct hs_member *member)
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

static void ring_update_spend(size_t *units, size_t cost)
{
    *units -= cost < *units ? cost : *units;
}

/* False: there is more, or no memory. */
static bool gather_all(struct hs_ring_update *update, size_t *units)
{
    struct hs_ring_making *making = &update->making;
    for (; making->slot<update->core->view.table.used && * units> 0; making->slot++) {
        struct hs_member *member = hs_member_at(update->core, making->slot);
        int cost = member->meta ? ring_update_gather(making, member) : (int)SLOT_UNITS;
        if (cost < 0) {
            ring_update_abandon(update); /* the old ring stays, and a later pull tries again */
            *units = 0;
            return false;
        }
        ring_update_spend(units, (size_t)cost);
    }
    return making->slot >= update->core->view.table.used;
}

/* ---- making ------------------------------------------------------------------------------ */

static bool same_ring(const struct hearsay_ring *old, const struct hearsay_ring *ring)
{
    return old && hearsay_ring_checksum(old) == hearsay_ring_checksum(ring) &&
           hearsay_ring_zones_checksum(old) == hearsay_ring_zones_checksum(ring);
}

/* Who had gone is back as it was: the owner's pointer stays good, and there is nothing to tell. */
static void end_without_ring(struct hs_ring_update *update)
{
    update->made_at = update->making.ring ? update->core->now.boot : update->made_at;
    update->making.retired = update->making.ring;
    update->making.ring = NULL;
    update->making.stage = update->making.retired ? HS_RING_RELEASE : HS_RING_IDLE;
}

static void after_gathering(struct hs_ring_update *update)
{
    struct hs_ring_making *making = &update->making;
    if (making->changes > 0 || making->from_nothing) {
        making->stage = HS_RING_MAKE;
        return;
    }
    hearsay_ring_work_free(making->work);
    making->work = NULL;
    end_without_ring(update);
}

static void ring_update_make(struct hs_ring_update *update, size_t *units)
{
    struct hs_ring_making *making = &update->making;
    size_t all = *units;
    int err = hearsay_ring_work_step(making->work, all);
    *units = err == HEARSAY_RING_MORE ? 0 : all / 2; /* it does not say what it took */
    if (err == HEARSAY_RING_MORE)
        return;
    if (err) {
        ring_update_abandon(update);
        *units = 0;
        return;
    }
    making->ring = hearsay_ring_work_end(making->work);
    making->work = NULL;
    if (same_ring(update->ring, making->ring)) {
        end_without_ring(update);
        return;
    }
    if (update->ring)
        hearsay_ring_moved_begin(&making->moved, update->ring, making->ring);
    making->stage = HS_RING_COMPARE;
}

static bool zones_alone(const struct hs_ring_update *update)
{
    return hearsay_ring_checksum(update->ring) == hearsay_ring_checksum(update->making.ring);
}

static void ring_update_compare(struct hs_ring_update *update, size_t *units)
{
    struct hs_ring_making *making = &update->making;
    making->share = update->ring ? 0.0 : 1.0;
    if (update->ring && !zones_alone(update)) {
        if (hearsay_ring_moved_step(&making->moved, *units)) {
            *units = 0;
            return;
        }
        making->share = hearsay_ring_fraction(hearsay_ring_moved_end(&making->moved));
    }
    making->stage = HS_RING_READY;
}

static void replace_ring(struct hs_ring_update *update, struct hearsay_event *ret_event)
{
    struct hs_ring_making *making = &update->making;
    struct hearsay_ring *ring = making->ring;
    making->retired = update->ring;
    making->ring = NULL;
    making->stage = making->retired ? HS_RING_RELEASE : HS_RING_IDLE;
    update->ring = ring;
    update->made_at = update->core->now.boot;
    update->version++;
    *ret_event = (struct hearsay_event){
        .kind = HEARSAY_EVENT_RING,
        .ring_version = update->version,
        .ring_checksum = hearsay_ring_checksum(ring),
        .ring_zones = hearsay_ring_zones_checksum(ring),
        .ring_tokens = hearsay_ring_tokens(ring),
        .ring_moved = making->share,
    };
}

/* ---- pulled ------------------------------------------------------------------------------ */

static uint64_t ring_due(const struct hs_ring_update *update)
{
    uint64_t tokens = update->ring ? hearsay_ring_tokens(update->ring) : 0;
    return tokens > LARGE_RING ? update->made_at + tokens * REST_A_TOKEN : 0;
}

bool hs_ring_update_waits(const struct hs_ring_update *update)
{
    return update->stale ||
           (update->making.stage != HS_RING_IDLE && update->making.stage != HS_RING_RELEASE);
}

/* Whether the work that is under way is too much for one pull. */
static bool is_large(const struct hs_ring_update *update)
{
    uint64_t tokens =
        (uint64_t)update->core->config.tokens * hs_table_present(&update->core->view.table);
    uint64_t old = update->ring ? hearsay_ring_tokens(update->ring) : 0;
    return tokens > LARGE_RING || old > LARGE_RING;
}

/* One stage's part of a step. */
static void ring_update_step(struct hs_ring_update *update, size_t *units)
{
    switch (update->making.stage) {
    case HS_RING_IDLE:
    case HS_RING_READY:
        break;
    case HS_RING_RELEASE: /* the owner has taken the event, and so dropped what it had */
        if (!hearsay_ring_unref_step(&update->making.retired))
            update->making.stage = HS_RING_IDLE;
        ring_update_spend(units, HEARSAY_RING_UNITS);
        break;
    case HS_RING_GATHER:
        if (gather_all(update, units))
            after_gathering(update);
        break;
    case HS_RING_MAKE:
        ring_update_make(update, units);
        break;
    case HS_RING_COMPARE:
        ring_update_compare(update, units);
        break;
    }
}

/* False: nothing is to be done now. */
static bool may_step(struct hs_ring_update *update)
{
    if (update->making.stage != HS_RING_IDLE)
        return update->making.stage != HS_RING_READY;
    if (!update->stale)
        return false;
    if (update->core->now.boot <
        ring_due(update)) { /* the timer's only work is to wake the owner */
        hs_heap_arm_by(&update->core->timers, &update->rest, ring_due(update));
        return false;
    }
    return begin_gathering(update); /* without memory a later pull tries again */
}

bool hs_ring_update_step(struct hs_ring_update *update, size_t units)
{
    units = units > 0 ? units : 1;
    while (units > 0 && may_step(update))
        ring_update_step(update, &units);
    bool more = update->making.stage != HS_RING_IDLE && update->making.stage != HS_RING_READY;
    if (more)
        hs_heap_arm_by(&update->core->timers, &update->rest, update->core->now.boot);
    return more;
}

bool hs_ring_update_settle(struct hs_ring_update *update, struct hearsay_event *ret_event)
{
    if (update->making.stage == HS_RING_IDLE && !update->stale)
        return false;
    hs_ring_update_step(update, is_large(update) ? HEARSAY_RING_UNITS : AT_ONCE_UNITS);
    if (update->making.stage != HS_RING_READY)
        return false;
    replace_ring(update, ret_event);
    return true;
}
