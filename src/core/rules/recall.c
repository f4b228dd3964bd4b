/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster that has lost its power has no seeds but what its members wrote down. Each calls some
 * of the others, by name (R26: who is meant), and by the origin of the cluster, so that nobody is
 * taken for a member who has only got an address.
 *
 * What was remembered has the least priority. Its calls begin when the owner says so, because it
 * knows when all seeds have failed; they end with the first success; and its places among the
 * contacts are given to others. What is left is called now and then like lost members (R26:
 * rejoining), because a cluster may have been divided when it lost its power.
 */
#include "rules/recall.h"

#include <hearsay/error.h>

#include "base/memory.h"

/* The cursor of hs_recall_next counts members, then, from here on, contacts. */
#define CURSOR_CONTACTS 0x80000000u
#define SECOND_US       UINT64_C(1000000)

_Static_assert(HEARSAY_MEMBERS_LIMIT < CURSOR_CONTACTS, "no member has the number of a contact");
_Static_assert(HS_REMEMBERED_MAX <= HS_CONTACTS_MAX, "each has a place while there is no other");

/* ---- what is worth keeping --------------------------------------------------------------- */

/* A member that is present, or one that this node calls because it has failed. */
static bool show_member(const struct hs_core *core, uint64_t boot, uint32_t slot,
                        struct hearsay_contact *ret_contact)
{
    const struct hs_member *member = hs_member_at(core, slot);
    if (!member->meta || slot == core->view.self)
        return false;
    bool present = hs_member_present(member);
    uint64_t age_us = present ? 0 : hs_member_age_us(member, boot);
    if ((!present && member->cause != HEARSAY_CAUSE_FAILED) || age_us >= HS_LOST_LIFE)
        return false;
    *ret_contact = (struct hearsay_contact){
        .addr = member->meta->addr,
        .age_s = (uint32_t)(age_us / SECOND_US),
        .name_hash = member->meta->name_hash,
        .id = member->meta->id,
        .name = hs_member_name(member),
    };
    return true;
}

/* One at which somebody was known to be. */
static bool show_contact(const struct hs_contacts *contacts, uint64_t boot,
                         const struct hs_contact *contact, struct hearsay_contact *ret_contact)
{
    if (!contact->addr.family || !(contact->flags & HS_CONTACT_KEPT) || contact->is_self ||
        !contact->meant.name_hash || contact->until <= boot ||
        hs_contacts_is_over(contacts, contact))
        return false;
    *ret_contact = (struct hearsay_contact){
        .addr = contact->addr,
        .age_s = (uint32_t)((HS_LOST_LIFE - (contact->until - boot)) / SECOND_US),
        .name_hash = contact->meant.name_hash,
        .id = contact->meant.id,
    };
    return true;
}

bool hs_recall_next(const struct hs_contacts *contacts, uint64_t boot, uint32_t *cursor,
                    struct hearsay_contact *ret_contact)
{
    const struct hs_core *core = contacts->core;
    while (*cursor < core->view.table.used)
        if (show_member(core, boot, (*cursor)++, ret_contact))
            return true;
    if (*cursor < CURSOR_CONTACTS)
        *cursor = CURSOR_CONTACTS;
    while (*cursor - CURSOR_CONTACTS < HS_CONTACTS_MAX) {
        uint32_t at = (*cursor)++ - CURSOR_CONTACTS;
        if (show_contact(contacts, boot, &contacts->items[at], ret_contact))
            return true;
    }
    return false;
}

/* ---- what was left behind ---------------------------------------------------------------- */

static uint32_t count_remembered(const struct hs_contacts *contacts, uint16_t flags)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++)
        count += contacts->items[i].addr.family && (contacts->items[i].flags & flags) == flags;
    return count;
}

int hs_recall_remember(struct hs_contacts *contacts, const struct hearsay_contact *remembered)
{
    uint64_t age_us = remembered->age_s * SECOND_US;
    if (age_us >= HS_LOST_LIFE ||
        hearsay_addr_equal(&remembered->addr, &contacts->core->config.advertise))
        return 0;
    if (count_remembered(contacts, HS_CONTACT_REMEMBERED) >= HS_REMEMBERED_MAX)
        return HEARSAY_ERR_FULL;
    struct hs_contact *contact = hs_contacts_place(contacts, &remembered->addr);
    if (!contact)
        return HEARSAY_ERR_FULL;
    if (contact->flags) /* this process knows more of it, or it was given twice */
        return 0;
    contact->flags = HS_CONTACT_REMEMBERED | HS_CONTACT_UNCALLED;
    contact->meant = (struct hs_meant){.name_hash = remembered->name_hash, .id = remembered->id};
    contact->until = contacts->core->now.boot + HS_LOST_LIFE - age_us;
    return 0;
}

void hs_recall_begin(struct hs_contacts *contacts)
{
    contacts->recalls = true;
    hs_recall_step(contacts);
}

void hs_recall_step(struct hs_contacts *contacts)
{
    const struct hs_core *core = contacts->core;
    if (!contacts->recalls)
        return;
    contacts->recalls = !core->joined && !core->leaving;
    uint32_t calls = count_remembered(contacts, HS_CONTACT_REMEMBERED | HS_CONTACT_ACTIVE);
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && contacts->recalls; i++) {
        struct hs_contact *contact = &contacts->items[i];
        if (!contact->addr.family || !(contact->flags & HS_CONTACT_UNCALLED))
            continue;
        if (calls++ >= HS_RECALL_AT_ONCE)
            return; /* the others later */
        hs_contacts_call(contacts, &contact->addr, HS_CONTACT_REMEMBERED, NULL);
    }
    contacts->recalls = false;
}

void hs_recall_forget(struct hs_contacts *contacts)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &contacts->items[i];
        contact->flags &=
            (uint16_t) ~(HS_CONTACT_LOST | HS_CONTACT_REMEMBERED | HS_CONTACT_UNCALLED);
        if (!contact->flags)
            contact->addr.family = 0;
    }
    contacts->recalls = false;
    contacts->core->remembered = (struct hs_origin){0};
}

int hs_recall_founder(const struct hs_core *core, struct hearsay_contact *ret_founder)
{
    struct hs_origin home = hs_meant_home(core);
    if (!home.id)
        return HEARSAY_ERR_NOTFOUND;
    *ret_founder =
        (struct hearsay_contact){.addr = home.addr, .name_hash = home.name_hash, .id = home.id};
    return 0;
}

void hs_recall_remember_founder(struct hs_core *core, const struct hearsay_contact *founder)
{
    core->remembered = (struct hs_origin){
        .id = founder->id, .name_hash = founder->name_hash, .addr = founder->addr};
}
