/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the view to the ring (R29, R30): alive, suspect and held members own tokens. A change is
 * only marked when it happens. The owner's pull of events makes one new ring of all marked changes,
 * in one merge.
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
 *
 * Who is held depends on the record, on the age of the death and on the settings alone, so that
 * agents whose views are equal hold the same members (R62: ring hold). A timer looks for deaths
 * that have come of age, and for the times near to it in which other agents may still hold a member
 * that this one does not.
 */
#include "rules/ring_update.h"

#include <string.h>

#include <hearsay/error.h>

#include "view/probe_list.h"
#include "view/zone.h"

/* A ring of up to this many tokens (1,024 members) is made within one pull. That takes far fewer
 * than AT_ONCE_UNITS, a bound that matters only for members with more tokens than ours. After a
 * larger ring there is a rest, and later changes wait for the next ring: so at most a hundredth of
 * the time is spent on rings. */
#define LARGE_RING    131072u
#define AT_ONCE_UNITS (32u * LARGE_RING)
#define REST_A_TOKEN  1u /* microseconds; making a token of a new ring takes about 0.01 */

/* The timer looks at all dead members, so deaths that follow each other this closely share a look,
 * microseconds. */
#define HOLD_STEP_US 10000u

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
    *update = (struct hs_ring_update){
        .core = core, .rest.kind = HS_TIMER_RING, .hold.kind = HS_TIMER_HOLD};
}

/* ---- times ------------------------------------------------------------------------------- */

/* How long to rest after the present ring was made. */
static uint64_t ring_rest(const struct hs_ring_update *update)
{
    uint64_t tokens = update->ring ? hearsay_ring_tokens(update->ring) : 0;
    return tokens > LARGE_RING ? tokens * REST_A_TOKEN : 0;
}

/* When the next ring may be begun. */
static uint64_t ring_due(const struct hs_ring_update *update)
{
    uint64_t rest = ring_rest(update), rested = rest > 0 ? update->made_at + rest : 0;
    bool waits = update->ring && update->exchanged && !update->urgent;
    uint64_t settled = waits ? update->changed_at + update->core->config.ring_settle : 0;
    return rested > settled ? rested : settled;
}

/* Arms the timer, so that the owner is woken when the ring has settled. */
static void settle_until(struct hs_ring_update *update, uint64_t boot)
{
    if (boot <= update->settled_at)
        return;
    update->settled_at = boot;
    hs_heap_arm_by(&update->core->timers, &update->hold, boot);
}

/* Something has changed on which the ring depends: all agents must hear of it and make their
 * rings. */
static void unsettle(struct hs_ring_update *update)
{
    settle_until(update, update->core->now.boot + update->core->config.ring_settle +
                             HS_RING_QUIET_US + ring_rest(update));
}

/* ---- marking ----------------------------------------------------------------------------- */

/* The ring lacks a change. */
static void note_change(struct hs_ring_update *update)
{
    if (!update->core->config.ring)
        return;
    if (!update->stale)
        update->changed_at = update->core->now.boot;
    update->stale = true;
    unsettle(update);
}

/* Returns true if the member belongs into the ring. A drained one has no tokens. */
static bool is_placed(const struct hs_member *member)
{
    return member->meta->tokens > 0 &&
           (hs_member_present(member) || (member->flags & HS_MEMBER_HELD));
}

/* Marks a change if the ring has the member and should not, or the other way round. */
static void compare_place(struct hs_ring_update *update, const struct hs_member *member)
{
    if (is_placed(member) != ((member->flags & HS_MEMBER_IN_RING) != 0))
        note_change(update);
}

/* ---- held members (R62) ------------------------------------------------------------------ */

static bool is_failed(const struct hs_member *member)
{
    return member->status == HEARSAY_STATUS_DEAD && member->cause == HEARSAY_CAUSE_FAILED &&
           member->meta->tokens > 0;
}

static void set_held(struct hs_ring_update *update, struct hs_member *member, bool held)
{
    if (held == ((member->flags & HS_MEMBER_HELD) != 0))
        return;
    member->flags ^= HS_MEMBER_HELD;
    update->held += held ? 1u : UINT32_MAX;
}

static bool is_younger(const struct hs_ring_update *update, const struct hs_member *member,
                       uint64_t age)
{
    return hs_member_age_us(member, update->core->now.boot) < age;
}

/* Held deaths of at least this age go when the oldest one does, so that deaths that follow each
 * other make few rings. */
static uint64_t batch_age(const struct hs_ring_update *update)
{
    uint64_t hold = update->core->config.ring_hold, settle = update->core->config.ring_settle;
    return hold - (settle < hold / 2 ? settle : hold / 2);
}

static void arm_hold(struct hs_ring_update *update, uint64_t boot)
{
    uint64_t steps = (boot + HOLD_STEP_US - 1) / HOLD_STEP_US;
    hs_heap_arm_by(&update->core->timers, &update->hold, steps * HOLD_STEP_US);
}

/* Near the age at which it loses its tokens, other agents may still hold a member that this one
 * does not, or the other way round. Arms the timer for the next time at which something changes. */
static void watch_death(struct hs_ring_update *update, const struct hs_member *member)
{
    const struct hs_core *core = update->core;
    int64_t now = (int64_t)core->now.boot, died = member->age_base,
            from = died + (int64_t)batch_age(update) - (int64_t)HS_RING_SLACK_US,
            hold = (int64_t)core->config.ring_hold,
            to = died + hold + (int64_t)(HS_RING_SLACK_US + ring_rest(update));
    if (now < from)
        arm_hold(update, (uint64_t)from);
    else if (now < to)
        settle_until(update, (uint64_t)to);
    if (member->flags & HS_MEMBER_HELD)
        arm_hold(update, (uint64_t)(now < died + hold ? died + hold : now));
}

static void hold_if_young(struct hs_ring_update *update, struct hs_member *member)
{
    bool young = is_failed(member) && is_younger(update, member, update->core->config.ring_hold);
    set_held(update, member, young);
    if (!is_failed(member))
        return;
    unsettle(update);
    watch_death(update, member);
}

void hs_ring_update_changed(struct hs_ring_update *update, uint32_t slot, bool placed_anew)
{
    struct hs_member *member = hs_member_at(update->core, slot);
    if (!update->core->config.ring)
        return;
    hold_if_young(update, member);
    if (placed_anew && (member->flags & HS_MEMBER_IN_RING)) {
        member->flags |= HS_MEMBER_RING_STALE;
        note_change(update);
    }
    compare_place(update, member);
}

void hs_ring_update_aged(struct hs_ring_update *update, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(update->core, slot);
    if (!update->core->config.ring || !is_failed(member))
        return;
    if (member->flags & HS_MEMBER_HELD)
        unsettle(update);
    watch_death(update, member);
}

void hs_ring_update_forgotten(struct hs_ring_update *update, uint32_t slot)
{
    set_held(update, hs_member_at(update->core, slot), false);
}

/* The settings say anew who is held, as they do at an agent that starts with them now. */
void hs_ring_update_retimed(struct hs_ring_update *update)
{
    const struct hs_table *table = &update->core->view.table;
    if (!update->core->config.ring)
        return;
    unsettle(update);
    for (uint32_t at = 0; at < table->gone_count; at++) {
        struct hs_member *member = hs_member_at(update->core, hs_probe_list_gone(table, at));
        hold_if_young(update, member);
        compare_place(update, member);
    }
}

/* Lets go of the held deaths of at least this age. */
static void let_go(struct hs_ring_update *update, uint64_t age)
{
    const struct hs_table *table = &update->core->view.table;
    for (uint32_t at = 0; at < table->gone_count; at++) {
        struct hs_member *member = hs_member_at(update->core, hs_probe_list_gone(table, at));
        if (!(member->flags & HS_MEMBER_HELD) || is_younger(update, member, age))
            continue;
        set_held(update, member, false);
        if (member->flags & HS_MEMBER_IN_RING) {
            note_change(update);
            update->urgent = true; /* what was held for so long does not wait once more */
        }
    }
}

void hs_ring_update_hold_timer(struct hs_ring_update *update)
{
    const struct hs_core *core = update->core;
    const struct hs_table *table = &core->view.table;
    bool of_age = false;
    for (uint32_t at = 0; at < table->gone_count; at++) {
        const struct hs_member *member = hs_member_at(core, hs_probe_list_gone(table, at));
        if (!is_failed(member))
            continue;
        bool held = member->flags & HS_MEMBER_HELD;
        if (held && !is_younger(update, member, core->config.ring_hold))
            of_age = true;
        else
            watch_death(update, member);
    }
    if (of_age)
        let_go(update, batch_age(update));
    if (core->now.boot < update->settled_at)
        hs_heap_arm_by(&update->core->timers, &update->hold, update->settled_at);
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
    update->stale = update->anew = update->urgent = false;
    update->exchanged = update->core->exchanged;
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
    bool is = is_placed(member);
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
        .ring_held = update->held,
        .ring_settling = hs_ring_update_settling(update),
    };
}

/* ---- pulled ------------------------------------------------------------------------------ */

bool hs_ring_update_waits(const struct hs_ring_update *update)
{
    return update->stale ||
           (update->making.stage != HS_RING_IDLE && update->making.stage != HS_RING_RELEASE);
}

/* While a ring is made, the flags of some members describe that one already. */
bool hs_ring_update_has(const struct hs_ring_update *update, const struct hs_member *member)
{
    bool flags_valid = !update->anew && (update->making.stage == HS_RING_IDLE ||
                                         update->making.stage == HS_RING_RELEASE);
    uint32_t index;
    if (!update->ring)
        return false;
    if (flags_valid)
        return member->flags & HS_MEMBER_IN_RING;
    return hearsay_ring_find(update->ring, hs_member_name(member), &index) == 0;
}

bool hs_ring_update_settling(const struct hs_ring_update *update)
{
    return hs_ring_update_waits(update) || update->core->now.boot < update->settled_at;
}

/* Returns true if the work under way is too much for one pull. */
static bool is_large(const struct hs_ring_update *update)
{
    uint64_t tokens = (uint64_t)update->core->config.tokens *
                      (hs_table_present(&update->core->view.table) + update->held);
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
