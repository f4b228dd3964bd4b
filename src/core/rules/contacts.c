/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contacts are the addresses that this node joins through, or once did: seeds, which are kept for
 * ever (R26), addresses of failed members, which are kept for a week, and those that an earlier
 * process has left behind (R37: state). An attempt repeats its join until a process there answers.
 * node/admit.c decides what the answers mean.
 *
 * The nonces of the handshake are here, too. A member's nonce is a keyed code over address, peer
 * and time. So a stranger costs no memory, and a nonce that was overheard is soon useless.
 */
#include "rules/contacts.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"
#include "codec/form.h"
#include "rules/send.h"
#include "view/probe_list.h"

#define REJOINS_AT_ONCE 4u /* attempts that one agent begins per rejoin interval */
#define JITTER_PERCENT  10u
#define REJOIN_JITTER   50u /* percent of the interval, for the first attempt */

void hs_contacts_init(struct hs_contacts *contacts, struct hs_core *core)
{
    *contacts = (struct hs_contacts){.core = core, .rejoin.kind = HS_TIMER_REJOIN};
    hs_heap_arm(&core->timers, &contacts->rejoin,
                core->now.boot +
                    hs_random_jitter(&core->random, core->config.rejoin_interval, REJOIN_JITTER));
}

void hs_contacts_stop(struct hs_contacts *contacts)
{
    hs_heap_disarm(&contacts->core->timers, &contacts->rejoin);
}

/* ---- nonces ------------------------------------------------------------------------------ */

/* The purpose of a nonce. A nonce that was given for one purpose proves nothing for another. */
enum nonce_use {
    NONCE_CHALLENGE, /* R25: challenge to a newcomer; also the salt of an attempt's own nonce */
    NONCE_RETURN,    /* in a join that answers a challenge to something other than a join */
};

static uint64_t nonce_for(const struct hs_contacts *contacts, enum nonce_use use,
                          const struct hearsay_addr *addr, uint64_t peer, uint64_t slot)
{
    struct {
        struct hearsay_addr addr;
        uint32_t use;
        uint64_t peer, slot;
    } text = {.addr = *addr, .use = use, .peer = peer, .slot = slot};
    const struct hs_wire *wire = &contacts->core->wire;
    const uint8_t *secret = contacts->core->config.entropy;
    uint64_t nonce = wire->cipher
                         ? wire->cipher->mac(wire->cipher_context, secret, &text, sizeof(text))
                         : wire->seal->mac(wire->seal_context, secret, &text, sizeof(text));
    return nonce ? nonce : 1; /* 0 means "none" on the wire */
}

static uint64_t current_nonce(const struct hs_contacts *contacts, enum nonce_use use,
                              const struct hearsay_addr *addr, uint64_t peer)
{
    return nonce_for(contacts, use, addr, peer, contacts->core->now.boot / HS_NONCE_SLOT);
}

static bool nonce_is_ours(const struct hs_contacts *contacts, enum nonce_use use,
                          const struct hearsay_addr *addr, uint64_t peer, uint64_t echo)
{
    uint64_t slot = contacts->core->now.boot / HS_NONCE_SLOT;
    return echo == nonce_for(contacts, use, addr, peer, slot) ||
           (slot > 0 && echo == nonce_for(contacts, use, addr, peer, slot - 1));
}

bool hs_contacts_is_return(const struct hs_contacts *contacts, const struct hearsay_addr *from,
                           const struct hs_message *message)
{
    return nonce_is_ours(contacts, NONCE_RETURN, from, message->sender, message->echo);
}

bool hs_contacts_is_echo(const struct hs_contacts *contacts, const struct hearsay_addr *addr,
                         uint64_t peer, uint64_t echo)
{
    return nonce_is_ours(contacts, NONCE_CHALLENGE, addr, peer, echo);
}

static struct hs_send challenge_to(const struct hs_contacts *contacts,
                                   const struct hearsay_addr *to, uint64_t sender, uint64_t echo,
                                   uint64_t name_hash, uint32_t key)
{
    return (struct hs_send){
        .kind = HEARSAY_KIND_CHALLENGE,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)contacts->core->config.mtu,
        .keyed = true,
        .key = key,
        .as.challenge = {.nonce = current_nonce(contacts, NONCE_CHALLENGE, to, sender),
                         .echo = echo,
                         .name_hash = name_hash},
    };
}

void hs_contacts_challenge(struct hs_contacts *contacts, const struct hearsay_addr *to,
                           uint64_t sender, uint64_t echo, uint64_t name_hash, size_t question,
                           bool in_full, uint32_t key)
{
    struct hs_send challenge = challenge_to(contacts, to, sender, echo, name_hash, key);
    if (question < challenge.cap)
        challenge.cap = (uint16_t)question;
    challenge.in_full = in_full;
    hs_send_push(contacts->core, &challenge);
}

void hs_contacts_outbid(struct hs_contacts *contacts, const struct hearsay_addr *to,
                        uint64_t sender, uint64_t echo, uint64_t name_hash, bool in_full, bool tied,
                        uint32_t key)
{
    struct hs_send challenge = challenge_to(contacts, to, sender, echo, name_hash, key);
    challenge.in_full = in_full;
    challenge.tied = tied;
    hs_send_push(contacts->core, &challenge);
}

/* ---- attempts ---------------------------------------------------------------------------- */

static struct hs_contact *contact_at(struct hs_contacts *contacts, const struct hearsay_addr *addr)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++)
        if (contacts->items[i].addr.family && hearsay_addr_equal(&contacts->items[i].addr, addr))
            return &contacts->items[i];
    return NULL;
}

struct hs_contact *hs_contacts_with_nonce(struct hs_contacts *contacts, uint64_t nonce)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && nonce; i++)
        if ((contacts->items[i].flags & HS_CONTACT_ACTIVE) && contacts->items[i].nonce == nonce)
            return &contacts->items[i];
    return NULL;
}

/* R37: state. Of the remembered contacts that are not being called, the one that was last known the
 * longest ago; NULL if there is none. */
static struct hs_contact *least_remembered(struct hs_contacts *contacts)
{
    struct hs_contact *least = NULL;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &contacts->items[i];
        if ((contact->flags & ~HS_CONTACT_UNCALLED) == HS_CONTACT_REMEMBERED &&
            (!least || contact->until <= least->until))
            least = contact;
    }
    return least;
}

static struct hs_contact *new_contact(struct hs_contacts *contacts, const struct hearsay_addr *addr)
{
    struct hs_contact *place = NULL;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && !place; i++)
        if (!contacts->items[i].addr.family)
            place = &contacts->items[i];
    if (!place)
        place = least_remembered(contacts);
    if (place)
        *place = (struct hs_contact){.timer.kind = HS_TIMER_CONTACT, .addr = *addr};
    return place;
}

struct hs_contact *hs_contacts_place(struct hs_contacts *contacts, const struct hearsay_addr *addr)
{
    struct hs_contact *contact = contact_at(contacts, addr);
    return contact ? contact : new_contact(contacts, addr);
}

static struct hs_send join_to(const struct hs_contacts *contacts, const struct hearsay_addr *to,
                              uint64_t nonce, uint64_t echo, uint32_t key)
{
    return (struct hs_send){
        .kind = HEARSAY_KIND_JOIN,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)contacts->core->config.mtu,
        .keyed = true,
        .key = key,
        .as.join = {.nonce = nonce, .echo = echo},
    };
}

struct hs_meant hs_contacts_meant(const struct hs_contact *contact)
{
    if (contact->flags & HS_CONTACT_ANYBODY)
        return (struct hs_meant){0};
    return contact->meant;
}

bool hs_contacts_joining(const struct hs_contacts *contacts)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++)
        if ((contacts->items[i].flags & HS_CONTACT_ACTIVE) &&
            !hs_contacts_meant(&contacts->items[i]).name_hash)
            return true;
    return false;
}

void hs_contacts_send_join(struct hs_contacts *contacts, const struct hs_contact *contact,
                           uint64_t echo)
{
    const struct hs_wire *wire = &contacts->core->wire;
    struct hs_send join = join_to(contacts, &contact->addr, contact->nonce, echo, contact->key);
    join.judged = contact->judged != 0;
    join.as.join.meant = hs_contacts_meant(contact).name_hash;
    if ((contact->flags & HS_CONTACT_HEARD) && hs_wire_speaks(wire, contact->key)) {
        hs_send_push(contacts->core, &join);
        return;
    }
    uint32_t keys = wire->mode == HEARSAY_SEAL_ACCEPT ? 0 : wire->key_count;
    for (uint32_t i = 0; i < keys; i++) {
        join.key = wire->keys[i];
        hs_send_push(contacts->core, &join);
    }
    join.key = HS_KEY_PLAIN;
    if (hs_wire_speaks(wire, HS_KEY_PLAIN))
        hs_send_push(contacts->core, &join);
}

void hs_contacts_welcome(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t echo,
                         uint32_t key)
{
    struct hs_send join = join_to(contacts, to, 0, echo, key);
    hs_send_push(contacts->core, &join);
}

void hs_contacts_return(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t peer,
                        uint64_t echo, uint64_t meant, bool judged, uint32_t key)
{
    uint64_t nonce = current_nonce(contacts, NONCE_RETURN, to, peer);
    struct hs_send join = join_to(contacts, to, nonce, echo, key);
    join.judged = judged;
    join.as.join.meant = meant;
    hs_send_push(contacts->core, &join);
}

/* Whoever is, or was last, known at an address. */
static struct hs_meant last_known_at(const struct hs_core *core, const struct hearsay_addr *addr)
{
    const struct hs_table *table = &core->view.table;
    const struct hs_member *last = NULL;
    uint32_t slot = hs_table_next_at(table, addr, HS_NO_SLOT);
    for (; slot != HS_NO_SLOT; slot = hs_table_next_at(table, addr, slot)) {
        const struct hs_member *member = hs_member_at(core, slot);
        if (slot == core->view.self)
            continue;
        if (hs_member_present(member))
            return hs_meant_of(member);
        if (!last || member->age_base > last->age_base)
            last = member;
    }
    return last ? hs_meant_of(last) : (struct hs_meant){0};
}

/* Of an attempt. Whoever echoes it answers this attempt. */
static uint64_t fresh_nonce(struct hs_contacts *contacts, const struct hearsay_addr *addr)
{
    return hs_random_next(&contacts->core->random) ^ nonce_for(contacts, NONCE_CHALLENGE, addr,
                                                               contacts->core->wire.self_id,
                                                               contacts->core->now.boot);
}

int hs_contacts_call(struct hs_contacts *contacts, const struct hearsay_addr *addr, uint16_t flags,
                     const struct hs_meant *meant)
{
    struct hs_contact *contact = hs_contacts_place(contacts, addr);
    if (!contact)
        return HEARSAY_ERR_FULL;
    if ((flags & HS_CONTACT_REPORT) && (contact->flags & HS_CONTACT_REMEMBERED)) {
        /* R37: state. What the owner says now counts, and not who was there in an earlier life. */
        contact->flags &= (uint16_t) ~(HS_CONTACT_REMEMBERED | HS_CONTACT_UNCALLED);
        contact->meant = (struct hs_meant){0};
    }
    contact->flags |= flags;
    if (meant)
        contact->meant = *meant;
    else if (!contact->meant.name_hash && !(flags & HS_CONTACT_ANYBODY))
        contact->meant = last_known_at(contacts->core, addr);
    if (contact->flags & HS_CONTACT_ACTIVE)
        return 0;
    contact->flags = (uint16_t)((contact->flags & HS_CONTACT_KEPT) | flags | HS_CONTACT_ACTIVE);
    contact->tries = 0;
    contact->judged = 0;
    contact->nonce = fresh_nonce(contacts, addr);
    hs_contacts_timer(contacts, contact);
    return 0;
}

/* Ends an attempt: the owner gets the event if it waits for one, and a contact that need not be
 * kept is removed. */
static void contact_end(struct hs_contacts *contacts, struct hs_contact *contact,
                        struct hearsay_event *event)
{
    HS_ASSERT(contact->flags & HS_CONTACT_ACTIVE);
    hs_heap_disarm(&contacts->core->timers, &contact->timer);
    event->kind = HEARSAY_EVENT_JOIN;
    event->addr = contact->addr;
    if (contact->flags & HS_CONTACT_REPORT)
        hs_events_push(&contacts->core->view.events, event);
    contact->flags &= HS_CONTACT_KEPT;
    contact->nonce = 0;
    if (!contact->flags)
        contact->addr.family = 0;
}

void hs_contacts_finish(struct hs_contacts *contacts, struct hs_contact *contact,
                        enum hearsay_join_result result, uint32_t slot)
{
    struct hearsay_event event = {.result = result};
    if (slot != HS_NO_SLOT) {
        const struct hs_member *member = hs_member_at(contacts->core, slot);
        hs_event_name(event.name, hs_member_name(member), member->meta->name_len);
        event.id = member->meta->id;
    }
    contact->silent = (result == HEARSAY_JOIN_TIMEOUT || result == HEARSAY_JOIN_CLOSED) &&
                      !(contact->flags & HS_CONTACT_HEARD);
    contact->is_self = result == HEARSAY_JOIN_SELF;
    if (result == HEARSAY_JOIN_OK && slot != HS_NO_SLOT) {
        contact->meant = hs_meant_of(hs_member_at(contacts->core, slot));
        contact->until = contacts->core->now.boot + HS_LOST_LIFE;
    }
    contact_end(contacts, contact, &event);
}

void hs_contacts_refused(struct hs_contacts *contacts, struct hs_contact *contact,
                         const struct hs_refused *refused)
{
    struct hearsay_event event = {
        .result = HEARSAY_JOIN_REFUSED,
        .refusal = refused->refusal,
        .clock_ahead_us = refused->clock_ahead_us,
        .table_max = refused->table_max,
    };
    if (refused->name)
        hs_event_name(event.name, refused->name, refused->name_len);
    contact->silent = contact->is_self = false;
    contact_end(contacts, contact, &event);
}

/* What a process that did not join has found at the address. */
static enum hearsay_join_result result_in_vain(const struct hs_contact *contact)
{
    if ((contact->flags & HS_CONTACT_OURSELVES) && !(contact->flags & HS_CONTACT_HEARD))
        return HEARSAY_JOIN_SELF;
    return contact->flags & HS_CONTACT_CLOSED ? HEARSAY_JOIN_CLOSED : HEARSAY_JOIN_TIMEOUT;
}

void hs_contacts_timer(struct hs_contacts *contacts, struct hs_contact *contact)
{
    uint32_t tries = contact->flags & HS_CONTACT_HEARD ? HS_JOIN_TRIES_HEARD : HS_JOIN_TRIES;
    if (contact->tries >= tries || contacts->core->leaving) {
        hs_contacts_finish(contacts, contact, result_in_vain(contact), HS_NO_SLOT);
        return;
    }
    contact->tries++;
    hs_contacts_send_join(contacts, contact, 0);
    hs_heap_arm(&contacts->core->timers, &contact->timer,
                contacts->core->now.boot +
                    hs_random_jitter(&contacts->core->random, HS_JOIN_RETRY, JITTER_PERCENT));
}

void hs_contacts_sent(struct hs_contacts *contacts, const struct hearsay_addr *to, uint64_t created)
{
    struct hs_contact *contact = contact_at(contacts, to);
    if (contact)
        contact->created = created;
}

void hs_contacts_closed(struct hs_contacts *contacts, const struct hearsay_addr *to,
                        uint64_t created)
{
    struct hs_contact *contact = contact_at(contacts, to);
    if (contact && contact->created == created)
        contact->flags |= HS_CONTACT_CLOSED;
}

/* Without a key nobody can answer a sealed join, but anybody can send it back. So such a join says
 * only what is there if nobody else answers. */
void hs_contacts_met_self(struct hs_contacts *contacts, uint64_t nonce, uint32_t key)
{
    struct hs_contact *contact = hs_contacts_with_nonce(contacts, nonce);
    if (contact && key != HS_KEY_PLAIN)
        contact->flags |= HS_CONTACT_OURSELVES;
    else if (contact)
        hs_contacts_finish(contacts, contact, HEARSAY_JOIN_SELF, HS_NO_SLOT);
}

void hs_contacts_synced(struct hs_contacts *contacts, uint64_t nonce,
                        enum hearsay_join_result result, uint32_t slot)
{
    struct hs_contact *contact = hs_contacts_with_nonce(contacts, nonce);
    if (!contact)
        return;
    contacts->core->joined = contacts->core->joined || result == HEARSAY_JOIN_OK;
    hs_contacts_finish(contacts, contact, result, slot);
}

uint32_t hs_contacts_open(const struct hs_contacts *contacts)
{
    uint32_t open = 0;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &contacts->items[i];
        open += contact->addr.family && !contact->silent && !contact->is_self;
    }
    return open;
}

void hs_contacts_reopen(struct hs_contacts *contacts)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &contacts->items[i];
        contact->silent = false;
        if (contact->flags & HS_CONTACT_ACTIVE) /* R11a: what answers the old one is no news */
            contact->nonce = fresh_nonce(contacts, &contact->addr);
    }
}

/* ---- rejoin (R26) ------------------------------------------------------------------------ */

/* The present member at an address, or NULL. */
static const struct hs_member *member_at(const struct hs_contacts *contacts,
                                         const struct hearsay_addr *addr)
{
    const struct hs_table *table = &contacts->core->view.table;
    uint32_t slot = hs_table_next_at(table, addr, HS_NO_SLOT);
    while (slot != HS_NO_SLOT && !hs_member_present(hs_member_at(contacts->core, slot)))
        slot = hs_table_next_at(table, addr, slot);
    return slot == HS_NO_SLOT ? NULL : hs_member_at(contacts->core, slot);
}

/* A member whose tombstone is hidden counts, too: the record is still here, and the member may
 * still run. */
static bool is_lost(const struct hs_member *member)
{
    return member->cause == HEARSAY_CAUSE_FAILED;
}

bool hs_contacts_any(const struct hs_contacts *contacts)
{
    const struct hs_core *core = contacts->core;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &contacts->items[i];
        if (contact->addr.family && (contact->flags & HS_CONTACT_KEPT) && !contact->is_self &&
            !hs_contacts_is_over(contacts, contact) &&
            !hearsay_addr_equal(&contact->addr, &core->config.advertise))
            return true;
    }
    for (uint32_t i = 0; i < core->view.table.gone_count; i++)
        if (is_lost(hs_member_at(core, hs_probe_list_gone(&core->view.table, i))))
            return true;
    return false;
}

/* Each agent calls with a chance of one in `alive`, so that the whole cluster together calls each
 * address about once per interval. */
static bool is_our_turn(struct hs_contacts *contacts)
{
    uint32_t alive = contacts->core->view.table.status_count[HEARSAY_STATUS_ALIVE];
    return hs_random_chance(&contacts->core->random, 1, alive ? alive : 1);
}

/* The place for another address: a free one, or that of the address that was lost first. */
static struct hs_contact *lost_place(struct hs_contacts *contacts, const struct hearsay_addr *addr)
{
    struct hs_contact *first = NULL;
    uint32_t lost = 0;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &contacts->items[i];
        if (!contact->addr.family || !(contact->flags & HS_CONTACT_LOST))
            continue;
        lost++;
        if (contact->flags == HS_CONTACT_LOST && (!first || contact->until < first->until))
            first = contact;
    }
    if (lost < HS_LOST_MAX)
        return new_contact(contacts, addr);
    if (first)
        *first = (struct hs_contact){.timer.kind = HS_TIMER_CONTACT, .addr = *addr};
    return first;
}

void hs_contacts_remember(struct hs_contacts *contacts, const struct hs_member *member)
{
    const struct hearsay_addr *addr = &member->meta->addr;
    uint64_t age_us = hs_member_age_us(member, contacts->core->now.boot);
    struct hs_contact *contact = contact_at(contacts, addr);
    if (age_us >= HS_LOST_LIFE)
        return;
    if (contact && (contact->flags & HS_CONTACT_SEED)) {
        contact->until = contacts->core->now.boot + HS_LOST_LIFE - age_us;
        return;
    }
    if (!contact)
        contact = lost_place(contacts, addr);
    if (!contact)
        return;
    contact->flags &= (uint16_t) ~(HS_CONTACT_REMEMBERED | HS_CONTACT_UNCALLED);
    contact->flags |= HS_CONTACT_LOST;
    contact->meant = hs_meant_of(member);
    contact->until = contacts->core->now.boot + HS_LOST_LIFE - age_us;
}

/* Returns true if a present member has the contact's address. From now on that one is meant. */
static bool is_taken(const struct hs_contacts *contacts, struct hs_contact *contact)
{
    const struct hs_member *member = member_at(contacts, &contact->addr);
    if (member && member != hs_self(contacts->core)) {
        contact->meant = hs_meant_of(member);
        contact->until = contacts->core->now.boot + HS_LOST_LIFE;
    }
    return member;
}

/* R37: state. As soon as there is a record of a remembered member, that says whether it is called:
 * if it has left, it is not. And a node that has come into another cluster than the one that it
 * remembers was moved there: to call its former cluster would make one of the two. */
static bool is_memory_over(const struct hs_core *core, const struct hs_contact *contact)
{
    return hs_meant_is_elsewhere(core) ||
           hs_table_find_name_hash(&core->view.table, contact->meant.name_hash) != HS_NO_SLOT;
}

bool hs_contacts_is_over(const struct hs_contacts *contacts, const struct hs_contact *contact)
{
    if ((contact->flags & HS_CONTACT_REMEMBERED) && is_memory_over(contacts->core, contact))
        return true;
    return (contact->flags & (HS_CONTACT_LOST | HS_CONTACT_REMEMBERED)) &&
           contacts->core->now.boot >= contact->until;
}

/* Removes a lost address whose time is over, and passes over one that is a member again. */
static bool is_to_be_called(struct hs_contacts *contacts, struct hs_contact *contact)
{
    if (!contact->addr.family || !(contact->flags & HS_CONTACT_KEPT))
        return false;
    if (hs_contacts_is_over(contacts, contact)) {
        contact->flags &=
            (uint16_t) ~(HS_CONTACT_LOST | HS_CONTACT_REMEMBERED | HS_CONTACT_UNCALLED);
        if (!contact->flags)
            contact->addr.family = 0;
        return false;
    }
    if ((contact->flags & HS_CONTACT_UNCALLED) && !contacts->core->joined)
        return false;
    return is_our_turn(contacts) && !is_taken(contacts, contact);
}

void hs_contacts_rejoin(struct hs_contacts *contacts)
{
    uint32_t begun = 0, gone = contacts->core->view.table.gone_count;
    hs_heap_arm(&contacts->core->timers, &contacts->rejoin,
                contacts->core->now.boot + hs_random_jitter(&contacts->core->random,
                                                            contacts->core->config.rejoin_interval,
                                                            JITTER_PERCENT));
    uint32_t at = contacts->resume;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && begun < REJOINS_AT_ONCE; i++) {
        struct hs_contact *contact = &contacts->items[at];
        at = (at + 1) % HS_CONTACTS_MAX;
        if (!is_to_be_called(contacts, contact))
            continue;
        hs_contacts_call(contacts, &contact->addr, contact->flags & HS_CONTACT_KEPT, NULL);
        begun++;
    }
    contacts->resume = begun < REJOINS_AT_ONCE ? 0 : at; /* nobody is passed over for ever */
    uint32_t first = gone ? hs_random_below(&contacts->core->random, gone) : 0;
    for (uint32_t i = 0; i < gone && begun < REJOINS_AT_ONCE; i++) {
        if (!is_our_turn(contacts)) /* this test is first because it need not read the member */
            continue;
        uint32_t slot = hs_probe_list_gone(&contacts->core->view.table, (first + i) % gone);
        const struct hs_member *member = hs_member_at(contacts->core, slot);
        if (!is_lost(member) || member_at(contacts, &member->meta->addr))
            continue;
        struct hs_meant meant = hs_meant_of(member);
        hs_contacts_call(contacts, &member->meta->addr, 0, &meant);
        begun++;
    }
}
