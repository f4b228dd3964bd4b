/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining (R25): a handshake that proves both addresses, then an exchange (rules/sync.c). The
 * handshake is first so that neither side sends records to a forged address.
 *
 *     newcomer                          member
 *        | --- join (nonce) ------------> |   nothing is stored for it
 *        | <-- challenge (its nonce,      |   sent to the address that the newcomer ADVERTISES,
 *        |      echo, known timestamp) -- |   with what is known of its name, which it must exceed
 *        | --- join (nonce, echo) ------> |   the address is proven: its record is merged
 *        | <-- join (echo) -------------- |   the member's own record
 *        | --- sync --------------------> |
 *
 * The member's nonce is a keyed code over address and sender, so a stranger costs no memory. The
 * same handshake joins the parts of a divided cluster again: seeds and failed members get a join
 * now and then (R26).
 */
#include "node/admit.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "rules/send.h"

#define ECHO_FRESH_US 10000000u /* a challenge to a gossip must come within this time */

/* A record in a join comes from its subject, which may not be a member yet. */
static const struct hs_source nobody = {.from = HS_NO_SLOT};

/* The slot to which the datagram with this creation time went, or HS_NO_SLOT if it is not
 * remembered. */
static uint32_t addressee(const struct hearsay_node *node, uint64_t created)
{
    if (node->sync.phase != HS_SYNC_IDLE && node->sync.created == created)
        return node->sync.peer;
    uint32_t slot = hs_in_flight_addressee(&node->in_flight, created);
    return slot != HS_NO_SLOT ? slot : hs_probe_addressee(&node->prober, created);
}

/* Returns true if this is a challenge to one of our gossips: a peer that has been restarted does
 * not know us. */
static bool is_answer_to_gossip(const struct hearsay_node *node, const struct hearsay_addr *from,
                                const struct hs_message *message)
{
    uint32_t slot = addressee(node, message->echo);
    if (slot == HS_NO_SLOT || message->echo + ECHO_FRESH_US <= node->core.created)
        return false;
    /* merging may have replaced it */
    const struct hs_meta *meta = hs_member_at(&node->core, slot)->meta;
    return meta && hearsay_addr_equal(&meta->addr, from);
}

void hs_admit_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                           const struct hs_message *message)
{
    struct hs_contact *contact = hs_contacts_with_nonce(&node->contacts, message->echo);
    bool solicited = contact || hs_contacts_is_return(&node->contacts, from, message) ||
                     is_answer_to_gossip(node, from, message);
    if (!solicited) {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    if (!contact && !hs_self_may_revive(&node->own, message))
        return;
    /* A record of ours that lies in our future would be answered in turn, again and again. */
    if (message->state &&
        !hs_self_catch_up(&node->own, message->timestamp, message->start, message->state) &&
        !contact)
        return;
    if (contact) {
        contact->flags |= HS_CONTACT_HEARD;
        if (message->state && hs_self_began_after(&node->own, message->start))
            contact->flags |= HS_CONTACT_EARLIER;
        hs_contacts_send_join(&node->contacts, &contact->addr, contact->nonce, message->nonce);
    } else {
        hs_contacts_return(&node->contacts, from, message->sender, message->nonce);
    }
}

/* The member that we joined through has sent its record. */
static void on_welcome(struct hearsay_node *node, const struct hs_message *message,
                       const struct hs_rumor *rumor)
{
    hs_merge_rumor(&node->merger, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    struct hs_contact *contact = hs_contacts_with_nonce(&node->contacts, message->echo);
    if (slot == HS_NO_SLOT) {
        hs_contacts_finish(&node->contacts, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
        return;
    }
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (hearsay_addr_equal(&member->meta->addr, &contact->addr))
        member->flags |= HS_MEMBER_PROVEN;
    contact->flags |= HS_CONTACT_HEARD;
    hs_sync_start(&node->sync, slot, contact->nonce);
    if (node->sync.contact == contact->nonce) /* the exchange has its own timer and end */
        hs_heap_disarm(&node->core.timers, &contact->timer);
}

/* R39: isolation. Returns true if a member says in its join that it is alive and we hold a death of
 * it that its record does not outdo. It does not know, or it would have said more. */
static bool is_unaware(const struct hearsay_node *node, const struct hs_rumor *rumor, uint32_t slot)
{
    if (slot == HS_NO_SLOT || rumor->status != HEARSAY_STATUS_ALIVE)
        return false;
    const struct hs_member *member = hs_member_at(&node->core, slot);
    return member->status == HEARSAY_STATUS_DEAD && rumor->timestamp <= member->timestamp;
}

/* The newcomer's address is proven: admits it, unless another process holds its name. */
static void admit_newcomer(struct hearsay_node *node, const struct hs_message *message,
                           const struct hs_rumor *rumor)
{
    const struct hs_blob *blob = &rumor->decoded;
    uint64_t name_hash = hs_hash(blob->name, blob->name_len);
    switch (hs_name_conflict_ask(&node->conflicts, blob, message->nonce)) {
    case HS_NAME_CONFLICT_PENDING:
        return;
    case HS_NAME_CONFLICT_HELD:
        hs_name_conflict_refuse(&node->conflicts, &blob->addr, name_hash, message->nonce,
                                HS_REFUSAL_NAME);
        return;
    case HS_NAME_CONFLICT_FREE:
        break;
    }
    node->core.joined = true;
    hs_merge_rumor(&node->merger, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    if (is_unaware(node, rumor, slot)) {
        hs_send_gossip_at(&node->core, slot, &blob->addr); /* carries the death; it refutes (R4) */
        return;
    }
    if (slot == HS_NO_SLOT) {
        bool known = hs_table_find_name_hash(&node->core.view.table, name_hash) != HS_NO_SLOT;
        if (known) /* R5: catching up. Its record is older than what is known of its name. */
            hs_contacts_challenge(&node->contacts, &blob->addr, message->sender, message->nonce,
                                  name_hash, HEARSAY_DATAGRAM_MAX);
        else if (node->core.view.table.count >= node->core.view.table.max)
            hs_name_conflict_refuse(&node->conflicts, &blob->addr, name_hash, message->nonce,
                                    HS_REFUSAL_FULL);
        /* Otherwise memory is out: there is no answer, and the newcomer asks again. */
        return;
    }
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (hearsay_addr_equal(&member->meta->addr, &blob->addr)) /* not if its record lost to ours */
        member->flags |= HS_MEMBER_PROVEN;
    if (message->nonce)
        hs_contacts_send_join(&node->contacts, &blob->addr, 0, message->nonce);
}

/* For what the nonce that a join echoes was given. */
enum join_echo {
    ECHO_NONE,         /* no nonce: it asks for a challenge */
    ECHO_OF_ATTEMPT,   /* with our join: this answers an attempt of ours */
    ECHO_OF_CHALLENGE, /* with our challenge: the sender's address is proven */
    ECHO_OF_RETURN,    /* with our answer to a challenge */
    ECHO_WRONG,        /* not given by us, or too long ago */
};

static enum join_echo classify_echo(struct hearsay_node *node, const struct hearsay_addr *from,
                                    const struct hs_message *message, const struct hs_blob *blob)
{
    struct hs_contacts *contacts = &node->contacts;
    if (hs_contacts_with_nonce(contacts, message->echo))
        return ECHO_OF_ATTEMPT;
    if (message->echo == 0 && message->nonce)
        return ECHO_NONE;
    if (hs_contacts_is_echo(contacts, &blob->addr, message->sender, message->echo))
        return ECHO_OF_CHALLENGE;
    return hs_contacts_is_return(contacts, from, message) ? ECHO_OF_RETURN : ECHO_WRONG;
}

/* R39: isolation. The sender echoes a nonce that was given to the address from which it sends, and
 * not to the one in its record. Perhaps it is reached there no more. It hears of its death in an
 * answer that is shorter than its join. Each member says so once, because an earlier release would
 * come back each time, only to be declared dead again. */
static void tell_of_death_elsewhere(struct hearsay_node *node, const struct hearsay_addr *from,
                                    const struct hs_message *message, const struct hs_rumor *rumor,
                                    size_t len)
{
    const struct hs_blob *blob = &rumor->decoded;
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    if (message->nonce == 0 || !is_unaware(node, rumor, slot) ||
        (hs_member_at(&node->core, slot)->flags & HS_MEMBER_TOLD) ||
        !hs_contacts_is_echo(&node->contacts, from, message->sender, message->echo))
        return;
    hs_member_at(&node->core, slot)->flags |= HS_MEMBER_TOLD;
    hs_contacts_challenge(&node->contacts, from, message->sender, message->nonce,
                          hs_hash(blob->name, blob->name_len), len);
}

void hs_admit_on_join(struct hearsay_node *node, const struct hearsay_addr *from,
                      struct hs_message *message, size_t len)
{
    struct hs_rumor rumor;
    if (hs_rumors_next(&message->rumors, &rumor) != HS_RUMOR_OK || !rumor.blob ||
        rumor.id != message->sender) {
        hs_drop(&node->core, HEARSAY_DROP_VALUE);
        return;
    }
    const struct hs_blob *blob = &rumor.decoded;
    switch (classify_echo(node, from, message, blob)) {
    case ECHO_NONE:
        hs_contacts_challenge(&node->contacts, &blob->addr, message->sender, message->nonce,
                              hs_hash(blob->name, blob->name_len), len);
        break;
    case ECHO_OF_ATTEMPT:
        on_welcome(node, message, &rumor);
        break;
    case ECHO_OF_CHALLENGE:
        admit_newcomer(node, message, &rumor);
        break;
    case ECHO_OF_RETURN: /* a peer that had forgotten us knows us again */
        hs_merge_rumor(&node->merger, &rumor, &nobody);
        break;
    case ECHO_WRONG:
        hs_drop(&node->core, HEARSAY_DROP_NONCE);
        tell_of_death_elsewhere(node, from, message, &rumor, len);
        break;
    }
}

static void say_conflict(struct hearsay_node *node, enum hearsay_event_kind kind,
                         const struct hearsay_addr *holder)
{
    struct hearsay_event event = {.kind = kind, .addr = *holder};
    hs_event_name(event.name, node->core.name, strlen(node->core.name));
    hs_events_push(&node->core.view.events, &event);
}

/* A refused newcomer stops. An established member first contacts the other process (R8: name
 * conflict). It stops only after a direct answer from it, and only if it is the earlier of the two;
 * the later one continues, and the earlier one learns of it in the same way. */
void hs_admit_on_refusal(struct hearsay_node *node, const struct hearsay_addr *from,
                         const struct hs_message *message)
{
    struct hs_contact *contact = hs_contacts_with_nonce(&node->contacts, message->echo);
    if (!contact && !hs_contacts_is_return(&node->contacts, from, message)) {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    if (message->reason == HS_REFUSAL_FULL) {
        if (contact)
            hs_contacts_finish(&node->contacts, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
        return;
    }
    bool itself = contact && (contact->flags & HS_CONTACT_RIVAL) &&
                  hearsay_addr_equal(&message->holder, from);
    if (itself && !(contact->flags & HS_CONTACT_EARLIER))
        say_conflict(node, HEARSAY_EVENT_REPLACED, from);
    else if (!node->core.joined)
        say_conflict(node, HEARSAY_EVENT_REFUSED, &message->holder);
    if (contact)
        hs_contacts_finish(&node->contacts, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
    if (!itself && node->core.joined)
        hs_contacts_call(&node->contacts, &message->holder, HS_CONTACT_RIVAL);
}
