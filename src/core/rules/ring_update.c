/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the view to the ring (R29, R30): alive and suspect members own tokens. A change is only
 * marked when it happens. The owner's pull of events makes one new ring of all marked changes, in
 * one merge.
 *
 * A ring of a thousand members takes one or two milliseconds; a ring of twenty thousand takes
 * hundreds, in which no datagram would be answered. So a large ring is made in steps, one per pull.
 * While there is more to do, the node's deadline is now, so that the owner's loop comes back after
 * it has polled its sockets:
 *
 *     gather   goes over the members and notes which leave the ring and which enter it
 *     make     struct hearsay_ring_work
 *     compare  what moves from the old ring to the new one
 *     ready    the owner's next pull gets it, and only then it replaces the old one
 *     release  frees the memory of the old one
 *
 * Once a member has been gathered, its flags describe the ring that is being made. A later change
 * is marked again, and goes into the ring after that.
 */
#include "rules/ring_update.h"

#include <string.h>

#include <hearsay/error.h>

#include "view/zone.h"

/* A ring of up to this many tokens (1,024 members) is made within one pull. That takes far fewer
 * than AT_ONCE_UNITS, a bound that matters only for members with more tokens than ours. After a
 * larger ring there is a rest, and later changes wait for the next ring: so at most a hundredth of
 * the time is spent on rings. */
#define LARGE_RING    131072u
#define AT_ONCE_UNITS (32u * LARGE_RING)
#define REST_A_TOKEN  1u /* microseconds; making a token of a new ring takes about 0.01 */

/* The cost of gathering, in units of a ring's work: reading a slot, and adding a member. */
#define SLOT_UNITS  1u
#define ENTER_UNITS 32u

/* The zone, terminated, or NULL if there is none. */
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

/* Drops a ring that is being made. The members' flags already describe it, so they are valid for no
 * ring now, and the next one is made from nothing. */
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

/* Notes how one member changes the ring. Returns the cost in units, or an error. */
static int ring_update_gather(struct hs_ring_making *making, struct hs_member *member)
{
    unsigned flags = member->flags;
    bool was = (flags & HS_MEMBER_IN_RING) && !making->from_nothing;
    bool is = hs_member_present(member) && member->meta->tokens > 0; /* else it is drained */
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
    member->flags = (uint16_t)(flags | (is ? HS_MEMBER_IN_RING : 0u));
    return changed ? ENTER_UNITS : SLOT_UNITS;
}

static void ring_update_spend(size_t *units, size_t cost)
{
    *units -= cost < *units ? cost : *units;
}

/* Returns false if there is more to do, or no memory. */
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

/* The members are the same as before, so the owner's pointer stays valid and there is no event. */
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
    /* an error does not say what the work has cost */
    *units = err == HEARSAY_RING_MORE ? 0 : all / 2;
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

/* Returns true if the work under way is too much for one pull. */
static bool is_large(const struct hs_ring_update *update)
{
    uint64_t tokens =
        (uint64_t)update->core->config.tokens * hs_table_present(&update->core->view.table);
    uint64_t old = update->ring ? hearsay_ring_tokens(update->ring) : 0;
    return tokens > LARGE_RING || old > LARGE_RING;
}

/* Does one stage's part of a step. */
static void ring_update_step(struct hs_ring_update *update, size_t *units)
{
    switch (update->making.stage) {
    case HS_RING_IDLE:
    case HS_RING_READY:
        break;
    case HS_RING_RELEASE: /* the owner has taken the event, so it no longer uses the old ring */
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

/* Returns false if there is nothing to do now. */
static bool may_step(struct hs_ring_update *update)
{
    if (update->making.stage != HS_RING_IDLE)
        return update->making.stage != HS_RING_READY;
    if (!update->stale)
        return false;
    if (update->core->now.boot < ring_due(update)) { /* the timer only wakes the owner */
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
