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
 * now and then (R26). Such a join says whom it means. The challenge then says who answers, the
 * caller judges (rules/meant.c), and only a join that says so is admitted.
 */
#include "node/admit.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "codec/decode.h"
#include "node/fresh.h"
#include "node/outcome.h"
#include "rules/send.h"

#define ECHO_FRESH_US 10000000u /* a challenge to a gossip must come within this time */

/* A record in a join comes from its subject, which may not be a member yet. */
static const struct hs_source nobody = {.from = HS_NO_SLOT};

/* How far a timestamp is ahead of our clock. */
static int64_t ahead(uint64_t timestamp, struct hearsay_now now)
{
    return (int64_t)(timestamp - now.wall);
}

/* The slot to which the datagram with this creation time went, or HS_NO_SLOT if it is not
 * remembered. */
static uint32_t addressee(const struct hearsay_node *node, uint64_t created)
{
    if (node->sync.phase != HS_SYNC_IDLE && node->sync.created == created)
        return node->sync.peer;
    uint32_t slot = hs_in_flight_addressee(&node->in_flight, created);
    return slot != HS_NO_SLOT ? slot : hs_probe_addressee(&node->prober, created);
}

/* The member whose gossip of ours this challenges, or HS_NO_SLOT: a peer that has been restarted
 * does not know us. */
static uint32_t asked_by_gossip(const struct hearsay_node *node, const struct hearsay_addr *from,
                                const struct hs_message *message)
{
    uint32_t slot = addressee(node, message->echo);
    uint32_t helper = hs_table_find_id(&node->core.view.table, message->sender);
    if (slot == HS_NO_SLOT && message->key != HS_KEY_PLAIN && helper != HS_NO_SLOT &&
        hs_probes_await(&node->prober, helper, message->echo))
        slot = helper;
    if (slot == HS_NO_SLOT || message->echo + ECHO_FRESH_US <= node->core.created)
        return HS_NO_SLOT;
    /* merging may have replaced it */
    const struct hs_meta *meta = hs_member_at(&node->core, slot)->meta;
    return meta && hearsay_addr_equal(&meta->addr, from) ? slot : HS_NO_SLOT;
}

/* The owner is told that somebody else answers at an address. */
static void say_foreign(struct hearsay_node *node, const struct hearsay_addr *addr,
                        const struct hs_meant *meant, const struct hs_message *message)
{
    struct hs_core *core = &node->core;
    if (!hs_meant_may_tell(&node->foreigners, core->now.boot, addr, message->sender))
        return;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_FOREIGN, .addr = *addr, .id = message->sender};
    uint32_t slot = hs_table_find_name_hash(&core->view.table, meant->name_hash);
    if (slot != HS_NO_SLOT)
        hs_event_name(event.name, hs_member_name(hs_member_at(core, slot)),
                      hs_member_at(core, slot)->meta->name_len);
    if (message->name)
        hs_event_name(event.accuser, message->name, message->name_len);
    hs_events_push(&core->view.events, &event);
}

/* R26: who is meant. Returns true if this challenge comes from whom the attempt means. A release
 * before challenges in full shows only its id. To ask for a rival (R8) is to ask for a name. */
static bool is_meant(const struct hearsay_node *node, const struct hs_contact *contact,
                     const struct hs_message *message)
{
    struct hs_meant meant = hs_contacts_meant(contact);
    bool rival = contact->flags & HS_CONTACT_RIVAL;
    if (!meant.name_hash)
        return true;
    if (!message->name)
        return rival || hs_meant_is_known(&node->core, &meant, message->sender);
    if (rival && hs_hash(message->name, message->name_len) == meant.name_hash)
        return true;
    return hs_meant_judge(&node->core, &meant, &contact->addr, message);
}

/* An attempt has reached somebody else. A release before challenges in full may be the member that
 * was meant, restarted: a gossip opens only under its name (R9), and then it challenges us. */
static void end_with_foreign(struct hearsay_node *node, struct hs_contact *contact,
                             const struct hs_message *message)
{
    struct hs_core *core = &node->core;
    struct hs_meant meant = hs_contacts_meant(contact);
    uint32_t slot = hs_table_find_name_hash(&core->view.table, meant.name_hash);
    if (message->name)
        say_foreign(node, &contact->addr, &meant, message);
    else if (slot != HS_NO_SLOT && slot != core->view.self &&
             hearsay_addr_equal(&hs_member_at(core, slot)->meta->addr, &contact->addr))
        hs_send_gossip(core, slot, 0, 0);
    hs_contacts_finish(&node->contacts, contact, HEARSAY_JOIN_FOREIGN, HS_NO_SLOT);
}

/* Returns false if R6 does not let us believe what the challenge says of our name. */
static bool catch_up(struct hearsay_node *node, const struct hs_message *message)
{
    return !message->state ||
           hs_self_catch_up(&node->own, message->timestamp, message->start, message->state);
}

static void attempt_challenged(struct hearsay_node *node, struct hs_contact *contact,
                               const struct hs_message *message)
{
    if (!is_meant(node, contact, message)) {
        end_with_foreign(node, contact, message);
        return;
    }
    if (!catch_up(node, message)) {
        uint64_t known = message->timestamp > message->start ? message->timestamp : message->start;
        hs_contacts_refused(&node->contacts, contact,
                            &(struct hs_refused){.refusal = HEARSAY_REFUSAL_CLOCK,
                                                 .clock_ahead_us = ahead(known, node->core.now)});
        return;
    }
    hs_fresh_proven(node, message);
    contact->judged = message->sender;
    contact->key = message->key;
    contact->flags |= HS_CONTACT_HEARD;
    if (message->state && hs_self_began_after(&node->own, message->start))
        contact->flags |= HS_CONTACT_EARLIER;
    hs_contacts_send_join(&node->contacts, contact, message->nonce);
}

/* R39: isolation. A challenge in full has come to the address of our record, so we are reached
 * there. A record of ours that lies in our future would be answered in turn, again and again. */
static bool may_return(struct hearsay_node *node, const struct hs_message *message)
{
    return (message->name || hs_self_may_revive(&node->own, message)) && catch_up(node, message);
}

/* The member that we know by the name of this challenge, if it is at this address. */
static struct hs_meant known_at(const struct hearsay_node *node, const struct hearsay_addr *from,
                                const struct hs_message *message)
{
    uint64_t name_hash = hs_hash(message->name, message->name_len);
    uint32_t slot = hs_table_find_name_hash(&node->core.view.table, name_hash);
    if (slot == HS_NO_SLOT ||
        !hearsay_addr_equal(&hs_member_at(&node->core, slot)->meta->addr, from))
        return (struct hs_meant){0};
    return hs_meant_of(hs_member_at(&node->core, slot));
}

/* A peer that had forgotten us has got our join, and challenges it. In full: who it is decides. */
static void return_challenged(struct hearsay_node *node, const struct hearsay_addr *from,
                              const struct hs_message *message)
{
    struct hs_meant meant = {0};
    if (message->name) {
        meant = known_at(node, from, message);
        if (!hs_meant_judge(&node->core, &meant, from, message)) {
            say_foreign(node, from, &meant, message);
            return;
        }
    }
    if (!may_return(node, message))
        return;
    hs_contacts_return(&node->contacts, from, message->sender, message->nonce, meant.name_hash,
                       true, message->key);
    hs_sync_challenged(&node->sync, hs_table_find_id(&node->core.view.table, message->sender));
}

/* A member has challenged what we sent: it has not heard it, and hears us from the join on that
 * answers the challenge. A helper is asked again, and news is told again. Otherwise no news would
 * pass in the first gossip between two members, and after a restart of all each is the first. */
static void say_again(struct hearsay_node *node, uint32_t slot, uint64_t created)
{
    hs_probe_ask_again(&node->prober, slot, created);
    if (hs_in_flight_addressee(&node->in_flight, created) == slot &&
        node->core.view.rumor_queue.count > 0)
        hs_send_gossip(&node->core, slot, 0, 0);
}

/* A peer does not know us, or does not know whether our gossip is new (R11a: freshness). The latter
 * is the very process that we know there: it has answered, so it is alive and meant. */
static void gossip_challenged(struct hearsay_node *node, uint32_t slot,
                              const struct hearsay_addr *from, const struct hs_message *message)
{
    const struct hs_meta *meta = hs_member_at(&node->core, slot)->meta;
    bool is_itself = message->key != HS_KEY_PLAIN && meta->id == message->sender;
    uint64_t meant = meta->name_hash;
    struct hs_probe_outcome outcome = {0};
    hs_fresh_proven(node, message);
    bool is_try = hs_probe_addressee(&node->prober, message->echo) == slot;
    if (is_itself && is_try && hs_probe_acked(&node->prober, slot, message->echo, &outcome))
        hs_outcome_handle(node, &outcome);
    if (!may_return(node, message))
        return;
    hs_contacts_return(&node->contacts, from, message->sender, message->nonce, meant, is_itself,
                       message->key);
    if (is_itself)
        hs_sync_challenged(&node->sync, slot);
    /* Once, until it answers: a member that does not take us in would challenge that, too, and so
     * on without end. */
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (is_itself && !(member->flags & HS_MEMBER_AGAIN)) {
        member->flags |= HS_MEMBER_AGAIN;
        say_again(node, slot, message->echo);
    }
}

void hs_admit_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                           const struct hs_message *message)
{
    struct hs_contact *contact = hs_contacts_with_nonce(&node->contacts, message->echo);
    uint32_t slot;
    if (node->core.leaving == HS_LEAVE_DONE) { /* R23: it says nothing more */
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
    } else if (contact) {
        attempt_challenged(node, contact, message);
    } else if (hs_contacts_is_return(&node->contacts, from, message)) {
        hs_fresh_proven(node, message);
        return_challenged(node, from, message);
    } else if ((slot = asked_by_gossip(node, from, message)) != HS_NO_SLOT) {
        gossip_challenged(node, slot, from, message);
    } else {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
    }
}

/* We cannot take in the member that would take us in. Without memory, or if its record is older
 * than what we know of its name, the attempt goes on: both pass. */
static void refuse_host(struct hearsay_node *node, struct hs_contact *contact,
                        const struct hs_rumor *rumor, enum hs_merged merged)
{
    struct hs_refused refused = {.name = rumor->decoded.name, .name_len = rumor->decoded.name_len};
    if (merged == HS_MERGE_FUTURE) {
        refused.refusal = HEARSAY_REFUSAL_CLOCK;
        refused.clock_ahead_us = ahead(rumor->timestamp, node->core.now);
    } else if (merged == HS_MERGE_FULL) {
        refused = (struct hs_refused){.refusal = HEARSAY_REFUSAL_FULL,
                                      .name = node->core.name,
                                      .name_len = strlen(node->core.name),
                                      .table_max = node->core.config.max_members};
    } else {
        contact->flags |= HS_CONTACT_HEARD;
        return;
    }
    hs_contacts_refused(&node->contacts, contact, &refused);
}

/* The member that we joined through has sent its record. */
static void on_welcome(struct hearsay_node *node, const struct hs_message *message,
                       const struct hs_rumor *rumor, const struct hs_call *call)
{
    struct hs_contact *contact = hs_contacts_with_nonce(&node->contacts, message->echo);
    if (hs_contacts_meant(contact).name_hash && contact->judged != message->sender) {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED); /* R26: who is meant */
        return;
    }
    enum hs_merged merged = hs_merge_rumor(&node->merger, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    if (slot == HS_NO_SLOT) {
        refuse_host(node, contact, rumor, merged);
        return;
    }
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (hearsay_addr_equal(&member->meta->addr, &contact->addr))
        hs_member_prove(member, message->key != HS_KEY_PLAIN);
    hs_fresh_proven(node, message);
    contact->flags |= HS_CONTACT_HEARD;
    hs_meant_met(&node->core, &call->origin);
    hs_sync_start(&node->sync, slot, contact->nonce);
    if (node->sync.contact == contact->nonce) /* the exchange has its own timer and end */
        hs_heap_disarm(&node->core.timers, &contact->timer);
}

/* Returns true if this process is known to be at its address already. */
static bool is_here(const struct hearsay_node *node, uint64_t id)
{
    uint32_t slot = hs_table_find_id(&node->core.view.table, id);
    return slot != HS_NO_SLOT && hs_member_present(hs_member_at(&node->core, slot)) &&
           (hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN);
}

/* A member has just answered from its address. No other member can be there any more. */
static void displace_others(struct hearsay_node *node, uint32_t slot)
{
    const struct hs_table *table = &node->core.view.table;
    const struct hearsay_addr *addr = &hs_member_at(&node->core, slot)->meta->addr;
    uint32_t at = hs_table_next_at(table, addr, HS_NO_SLOT);
    for (; at != HS_NO_SLOT; at = hs_table_next_at(table, addr, at))
        if (at != slot && at != node->core.view.self)
            hs_suspect_displaced(&node->suspicions, at, slot);
}

/* The newcomer's record was not taken. It is told why, if it can do something about it. */
static void refuse_newcomer(struct hearsay_node *node, const struct hs_message *message,
                            const struct hs_rumor *rumor, const struct hs_call *call,
                            enum hs_merged merged)
{
    const struct hs_blob *blob = &rumor->decoded;
    uint64_t name_hash = hs_hash(blob->name, blob->name_len);
    uint32_t held = hs_table_find_name_hash(&node->core.view.table, name_hash);
    if (merged == HS_MERGE_FUTURE)
        hs_name_conflict_refuse(&node->conflicts, &blob->addr, name_hash, message->nonce,
                                message->key, HS_REFUSAL_CLOCK);
    else if (merged == HS_MERGE_FULL)
        hs_name_conflict_refuse(&node->conflicts, &blob->addr, name_hash, message->nonce,
                                message->key, HS_REFUSAL_FULL);
    else if (merged == HS_MERGE_STALE && held != HS_NO_SLOT) /* R5: catching up */
        hs_contacts_outbid(
            &node->contacts, &blob->addr, message->sender, message->nonce, name_hash, call->meant,
            hs_member_at(&node->core, held)->timestamp == rumor->timestamp, message->key);
    /* Otherwise memory is out: there is no answer, and the newcomer asks again. Or it says of
     * itself that it left longer ago than a tombstone lasts, so there is nothing to catch up with:
     * a challenge would be answered with the same again, without end. */
}

/* Returns true if a member says in its join that it is alive, and we hold it dead. */
static bool is_unaware(const struct hearsay_node *node, const struct hs_rumor *rumor, uint32_t slot)
{
    return slot != HS_NO_SLOT && rumor->status == HEARSAY_STATUS_ALIVE &&
           hs_member_is_unaware(hs_member_at(&node->core, slot), rumor->timestamp);
}

/* The newcomer's address is proven: admits it, unless another process holds its name. */
static void admit_newcomer(struct hearsay_node *node, const struct hs_message *message,
                           const struct hs_rumor *rumor, const struct hs_call *call)
{
    const struct hs_blob *blob = &rumor->decoded;
    uint64_t name_hash = hs_hash(blob->name, blob->name_len);
    switch (hs_name_conflict_ask(&node->conflicts, blob, message->nonce, message->key)) {
    case HS_NAME_CONFLICT_PENDING:
        return;
    case HS_NAME_CONFLICT_HELD:
        hs_name_conflict_refuse(&node->conflicts, &blob->addr, name_hash, message->nonce,
                                message->key, HS_REFUSAL_NAME);
        return;
    case HS_NAME_CONFLICT_FREE:
        break;
    }
    bool was_here = is_here(node, message->sender);
    enum hs_merged merged = hs_merge_rumor(&node->merger, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->core.view.table, message->sender);
    hs_fresh_proven(node, message);
    if (is_unaware(node, rumor, slot)) {
        hs_send_gossip_at(&node->core, slot, &blob->addr); /* carries the death; it refutes (R4) */
        return;
    }
    if (slot == HS_NO_SLOT) {
        refuse_newcomer(node, message, rumor, call, merged);
        return;
    }
    /* R5: catching up. It hears of the record that we hold, and writes a newer one. */
    if (message->nonce &&
        hs_member_is_moved(hs_member_at(&node->core, slot), &blob->addr, rumor->timestamp)) {
        refuse_newcomer(node, message, rumor, call, HS_MERGE_STALE);
        return;
    }
    node->core.joined = true;
    hs_meant_met(&node->core, &call->origin);
    struct hs_member *member = hs_member_at(&node->core, slot);
    if (hearsay_addr_equal(&member->meta->addr, &blob->addr)) { /* not if its record lost to ours */
        hs_member_prove(member, message->key != HS_KEY_PLAIN);
        if (!was_here)
            displace_others(node, slot);
    }
    if (message->nonce)
        hs_contacts_welcome(&node->contacts, &blob->addr, message->nonce, message->key);
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

/* `question`: the length that the answer may have (R28: no amplification). */
static void ask_for_echo(struct hearsay_node *node, const struct hs_message *message,
                         const struct hs_blob *blob, const struct hs_call *call, size_t question)
{
    hs_contacts_challenge(&node->contacts, &blob->addr, message->sender, message->nonce,
                          hs_hash(blob->name, blob->name_len), question, call->meant, message->key);
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
                          hs_hash(blob->name, blob->name_len), len, false, message->key);
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
    struct hs_call call;
    hs_call_find((struct hs_cursor){message->rumors.at, message->rumors.end}, &call);
    /* R26: who is meant. Where this process belongs is not known before its own attempt has ended:
     * to answer as if it had met nobody would make one cluster of two. The caller asks again. */
    if (call.meant && !node->core.origin.id && hs_contacts_joining(&node->contacts))
        return;
    switch (classify_echo(node, from, message, blob)) {
    case ECHO_NONE:
        ask_for_echo(node, message, blob, &call, len);
        break;
    case ECHO_OF_ATTEMPT:
        on_welcome(node, message, &rumor, &call);
        break;
    case ECHO_OF_CHALLENGE:
        if (call.meant && !call.judged) /* R26: it has not heard yet who we are */
            ask_for_echo(node, message, blob, &call, HEARSAY_DATAGRAM_MAX);
        else
            admit_newcomer(node, message, &rumor, &call);
        break;
    case ECHO_OF_RETURN: /* a peer that had forgotten us knows us again */
        hs_merge_rumor(&node->merger, &rumor, &nobody);
        hs_fresh_proven(node, message);
        hs_meant_met(&node->core, &call.origin);
        break;
    case ECHO_WRONG:
        hs_drop(&node->core, HEARSAY_DROP_NONCE);
        tell_of_death_elsewhere(node, from, message, &rumor, len);
        break;
    }
}

void hs_admit_foreign(struct hearsay_node *node, const struct hearsay_addr *from, void *bytes,
                      size_t len)
{
    struct hs_wire theirs = node->core.wire;
    struct hs_message message;
    struct hs_rumor rumor;
    struct hs_head head;
    enum hearsay_drop reason;
    if (!hs_head_decode(&head, bytes, len) || head.kind != HEARSAY_KIND_JOIN || node->core.leaving)
        return;
    theirs.cluster = head.cluster;
    if (!hs_message_decode(&message, &reason, &theirs, bytes, len) || !message.nonce ||
        message.echo || hs_rumors_next(&message.rumors, &rumor) != HS_RUMOR_OK || !rumor.blob)
        return;
    const struct hs_send refusal = {
        .kind = HEARSAY_KIND_REFUSAL,
        .slot = HS_NO_SLOT,
        .to = *from,
        .cap = (uint16_t)(len < node->core.config.mtu ? len : node->core.config.mtu),
        .keyed = true,
        .key = message.key,
        .as.refusal = {.echo = message.nonce,
                       .name_hash = hs_hash(rumor.decoded.name, rumor.decoded.name_len),
                       .cluster = head.cluster,
                       .reason = HS_REFUSAL_CLUSTER},
    };
    hs_send_push(&node->core, &refusal);
}

static void say_conflict(struct hearsay_node *node, enum hearsay_event_kind kind,
                         const struct hearsay_addr *holder)
{
    struct hearsay_event event = {.kind = kind, .addr = *holder};
    hs_event_name(event.name, node->core.name, strlen(node->core.name));
    hs_events_push(&node->core.view.events, &event);
}

static enum hearsay_refusal refusal_of(enum hs_refusal_reason reason)
{
    switch (reason) {
    case HS_REFUSAL_NAME:
        return HEARSAY_REFUSAL_NAME;
    case HS_REFUSAL_FULL:
        return HEARSAY_REFUSAL_FULL;
    case HS_REFUSAL_CLOCK:
        return HEARSAY_REFUSAL_CLOCK;
    case HS_REFUSAL_CLUSTER:
        return HEARSAY_REFUSAL_CLUSTER;
    case HS_REFUSAL_OTHER:
        break;
    }
    return HEARSAY_REFUSAL_OTHER;
}

static struct hs_refused refused_by(const struct hearsay_node *node,
                                    const struct hs_message *message)
{
    struct hs_refused refused = {
        .refusal = refusal_of(message->reason),
        .name = message->refuser,
        .name_len = message->refuser_len,
        .table_max = message->table_max,
    };
    if (message->clock && refused.refusal == HEARSAY_REFUSAL_CLOCK)
        refused.clock_ahead_us = (int64_t)(message->clock - hs_self(&node->core)->timestamp);
    return refused;
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
    const struct hs_refused refused = refused_by(node, message);
    if (message->reason != HS_REFUSAL_NAME) {
        if (contact)
            hs_contacts_refused(&node->contacts, contact, &refused);
        return;
    }
    bool itself = contact && (contact->flags & HS_CONTACT_RIVAL) &&
                  hearsay_addr_equal(&message->holder, from);
    if (itself && !(contact->flags & HS_CONTACT_EARLIER))
        say_conflict(node, HEARSAY_EVENT_REPLACED, from);
    else if (!node->core.joined)
        say_conflict(node, HEARSAY_EVENT_REFUSED, &message->holder);
    if (contact)
        hs_contacts_refused(&node->contacts, contact, &refused);
    struct hs_meant rival = {.name_hash = node->core.wire.self_binding};
    if (!itself && node->core.joined)
        hs_contacts_call(&node->contacts, &message->holder, HS_CONTACT_RIVAL, &rival);
}
