/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tombstones (R7). A dead record is kept so that older rumors about the member do not bring it
 * back. Its age travels with it. Every holder keeps the greatest age it has heard and counts on
 * from there. So all members forget it at about the same time, even if their clocks differ, and a
 * record that arrives late does not begin to age anew.
 *
 * A full table must not keep the living out for the sake of the dead. When more members count than
 * there is room for, the oldest tombstones are hidden before their time: their age becomes that of
 * a hidden one, which is news for all members. So all members hide them, and views stay equal: what
 * is shown is everything that is known, less what anybody has hidden. Only hidden tombstones are
 * forgotten to free a place, the oldest first. They are in no digest, so forgetting them makes no
 * two views differ.
 */
#include "rules/tombstone.h"

#include "base/assert.h"
#include "base/memory.h"
#include "view/probe_list.h"

#define REAP_GAP_US 100000u /* interval of the timer, microseconds, at least */
/* Ages of one death differ between members by a second or two. What differs by more is news. */
#define AGE_SLACK_US UINT64_C(10000000)
/* Deaths this close to each other count as equally old, so that members whose ages differ a little
 * choose the same one. */
#define AGE_STEP_US UINT64_C(8000000)

void hs_tombstones_init(struct hs_tombstones *tombstones, struct hs_core *core,
                        struct hs_contacts *contacts, struct hs_news *news,
                        struct hs_ring_update *ring_update)
{
    *tombstones = (struct hs_tombstones){.core = core,
                                         .contacts = contacts,
                                         .news = news,
                                         .ring_update = ring_update,
                                         .reap.kind = HS_TIMER_REAP};
}

/* ---- the oldest -------------------------------------------------------------------------- */

static bool is_older(const struct hs_tombstones *tombstones, const struct hs_old *one,
                     const struct hs_old *other)
{
    int64_t boot = (int64_t)tombstones->core->now.boot;
    uint64_t age = (uint64_t)(boot - one->age_base) / AGE_STEP_US,
             than = (uint64_t)(boot - other->age_base) / AGE_STEP_US;
    if (age != than)
        return age > than;
    return one->timestamp != other->timestamp ? one->timestamp < other->timestamp
                                              : one->id < other->id;
}

static struct hs_old old_of(const struct hs_tombstones *tombstones, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(tombstones->core, slot);
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    return (struct hs_old){member->meta->id, member->timestamp, member->age_base, slot};
}

/* Notes a tombstone in its place among the oldest, if it is one of them. */
static void note_old(const struct hs_tombstones *tombstones, struct hs_oldest *oldest,
                     const struct hs_old *old)
{
    uint32_t at = 0;
    while (at < oldest->count && is_older(tombstones, old, &oldest->items[at]))
        at++;
    if (oldest->count < HS_OLDEST_MAX) {
        memmove(oldest->items + at + 1, oldest->items + at,
                (oldest->count++ - at) * sizeof(oldest->items[0]));
    } else if (at > 0) { /* the youngest, which is first, leaves */
        at--;
        memmove(oldest->items, oldest->items + 1, at * sizeof(oldest->items[0]));
    } else {
        return;
    }
    oldest->items[at] = *old;
}

/* A tombstone is new, or older than it was: what is noted stays the oldest. */
static void note_changed(struct hs_tombstones *tombstones, uint32_t slot)
{
    bool shown = hs_member_in_digest(hs_member_at(tombstones->core, slot));
    struct hs_oldest *oldest = shown ? &tombstones->shown : &tombstones->hidden;
    struct hs_old old = old_of(tombstones, slot);
    for (uint32_t i = 0; i < oldest->count; i++)
        if (oldest->items[i].slot == slot && oldest->items[i].age_base == old.age_base)
            return;
    if (oldest->count > 0 && is_older(tombstones, &old, &oldest->items[0]))
        note_old(tombstones, oldest, &old);
}

/* ---- age --------------------------------------------------------------------------------- */

static void arm_reaper(struct hs_tombstones *tombstones, const struct hs_member *member)
{
    uint64_t ttl = tombstones->core->config.tombstone_ttl,
             age = hs_member_age_us(member, tombstones->core->now.boot);
    uint64_t life = hs_member_in_digest(member) ? ttl : 2 * ttl;
    uint64_t left = age < life ? life - age : 0;
    hs_heap_arm_by(&tombstones->core->timers, &tombstones->reap,
                   tombstones->core->now.boot + (left > REAP_GAP_US ? left : REAP_GAP_US));
}

void hs_tombstone_hide(struct hs_tombstones *tombstones, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(tombstones->core, slot);
    if (hs_member_age_us(member, tombstones->core->now.boot) >=
        tombstones->core->config.tombstone_ttl)
        hs_view_hide(&tombstones->core->view, slot);
    note_changed(tombstones, slot);
    arm_reaper(tombstones, member);
}

void hs_tombstone_set_age(struct hs_tombstones *tombstones, uint32_t slot, uint64_t age)
{
    struct hs_member *member = hs_member_at(tombstones->core, slot);
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    int64_t base = (int64_t)tombstones->core->now.boot - (int64_t)age * 1000;
    if (base >= member->age_base)
        return;
    member->age_base = base;
    hs_ring_update_aged(tombstones->ring_update, slot);
}

static void tombstone_forget(struct hs_tombstones *tombstones, uint32_t slot)
{
    struct hs_core *core = tombstones->core;
    const struct hs_member *member = hs_member_at(core, slot);
    HS_ASSERT(member->status == HEARSAY_STATUS_DEAD);
    if (member->cause == HEARSAY_CAUSE_FAILED)
        hs_contacts_remember(tombstones->contacts, member);
    hs_view_forget(&core->view, slot);
}

/* Hides tombstones that are past their time and forgets those past twice that. A member that still
 * has tokens in the ring stays until a new ring has been made. */
void hs_tombstone_reap(struct hs_tombstones *tombstones)
{
    for (uint32_t at = tombstones->core->view.table.gone_count;
         at-- > 0;) { /* backwards: see hs_probe_list_gone */
        uint32_t slot = hs_probe_list_gone(&tombstones->core->view.table, at);
        const struct hs_member *member = hs_member_at(tombstones->core, slot);
        uint64_t age = hs_member_age_us(member, tombstones->core->now.boot),
                 ttl = tombstones->core->config.tombstone_ttl;
        if (age >= 2 * ttl && !(member->flags & HS_MEMBER_IN_RING)) {
            tombstone_forget(tombstones, slot);
            continue;
        }
        hs_tombstone_hide(tombstones, slot);
    }
}

/* R62: ring hold. Returns true if the death is still held by whoever knows the lesser of the two
 * ages, and they differ by so much that rings would differ for longer than they may. */
static bool is_held_by_one(const struct hs_tombstones *tombstones, const struct hs_member *member,
                           uint64_t age, uint64_t other)
{
    uint64_t lesser = age < other ? age : other, greater = age < other ? other : age;
    return member->cause == HEARSAY_CAUSE_FAILED && member->meta->tokens > 0 &&
           lesser < tombstones->core->config.ring_hold && greater - lesser > HS_AGE_NEWS_US;
}

bool hs_tombstone_heard(struct hs_tombstones *tombstones, uint32_t slot, uint64_t age)
{
    struct hs_core *core = tombstones->core;
    const struct hs_member *member = hs_member_at(core, slot);
    uint64_t ttl = core->config.tombstone_ttl, held = hs_member_age_us(member, core->now.boot);
    if (is_held_by_one(tombstones, member, age * 1000, held))
        hs_news_push(tombstones->news, slot, false);
    hs_tombstone_set_age(tombstones, slot, age);
    hs_tombstone_hide(tombstones, slot);
    if (hs_member_in_digest(member))
        return true;
    bool sender_knows = age * 1000 + AGE_SLACK_US >= ttl;
    if (!sender_knows || held + AGE_SLACK_US < ttl)
        hs_news_push(tombstones->news, slot, false);
    return sender_knows;
}

/* ---- the oldest give way ----------------------------------------------------------------- */

/* A member that still has tokens in the ring is not forgotten. */
static bool gives_way(const struct hs_member *member, bool hidden)
{
    return member->status == HEARSAY_STATUS_DEAD && hs_member_in_digest(member) != hidden &&
           !(hidden && (member->flags & HS_MEMBER_IN_RING));
}

static void search_oldest(const struct hs_tombstones *tombstones, struct hs_oldest *oldest,
                          bool hidden)
{
    const struct hs_table *table = &tombstones->core->view.table;
    oldest->count = 0;
    for (uint32_t at = 0; at < table->gone_count; at++) {
        uint32_t slot = hs_probe_list_gone(table, at);
        if (!gives_way(hs_table_at(table, slot), hidden))
            continue;
        struct hs_old old = old_of(tombstones, slot);
        note_old(tombstones, oldest, &old);
    }
}

/* Returns the oldest tombstone that may give way, or HS_NO_SLOT. `keep`: not this one. */
static uint32_t take_oldest(struct hs_tombstones *tombstones, bool hidden, uint32_t keep)
{
    const struct hs_table *table = &tombstones->core->view.table;
    struct hs_oldest *oldest = hidden ? &tombstones->hidden : &tombstones->shown;
    for (unsigned pass = 0; pass < 2; pass++) {
        while (oldest->count > 0) {
            const struct hs_old *old = &oldest->items[--oldest->count];
            const struct hs_member *member = hs_table_at(table, old->slot);
            if (old->slot != keep && hs_table_holds(table, old->slot, old->id) &&
                gives_way(member, hidden) && member->age_base == old->age_base)
                return old->slot;
        }
        if (pass == 0)
            search_oldest(tombstones, oldest, hidden);
    }
    return HS_NO_SLOT;
}

bool hs_tombstone_make_room(struct hs_tombstones *tombstones, uint32_t slot, bool living,
                            uint32_t keep)
{
    const struct hs_table *table = &tombstones->core->view.table;
    if (slot != HS_NO_SLOT && hs_member_in_digest(hs_table_at(table, slot)))
        return true;
    /* R23: leaving. Our own tombstone gives way to nobody. */
    uint32_t staying = hs_table_present(table) + (tombstones->core->leaving ? 1 : 0);
    if (living && staying >= table->max)
        return false;
    if (slot != HS_NO_SLOT || table->count < hs_table_places(table))
        return true;
    uint32_t oldest = take_oldest(tombstones, true, keep);
    if (oldest != HS_NO_SLOT)
        tombstone_forget(tombstones, oldest);
    return oldest != HS_NO_SLOT;
}

void hs_tombstone_give_way(struct hs_tombstones *tombstones)
{
    struct hs_core *core = tombstones->core;
    uint64_t ttl = (core->config.tombstone_ttl + 999) / 1000;
    while (hs_table_counted(&core->view.table) > core->view.table.max) {
        uint32_t slot = take_oldest(tombstones, false, HS_NO_SLOT);
        if (slot == HS_NO_SLOT)
            return;
        hs_tombstone_set_age(tombstones, slot, ttl);
        hs_tombstone_hide(tombstones, slot);
        hs_news_push(tombstones->news, slot, false);
    }
}
