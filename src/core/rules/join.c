/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining (R25): a handshake that proves both addresses, then the exchange of views of sync.c.
 *
 *     newcomer                          member
 *        | --- join (nonce) ------------> |   nothing is kept for it
 *        | <-- challenge (its nonce,      |   sent to the address that the newcomer ADVERTISES,
 *        |      echo, known stamp) ------ |   with what is known of its name, which it must outbid
 *        | --- join (nonce, echo) ------> |   the address is proven: its record is merged and told
 *        | <-- join (echo) -------------- |   the member's own record
 *        | --- sync --------------------> |
 *
 * The member's nonce is a keyed code over address and sender, so strangers cost it no memory. The
 * same handshake keeps clusters from falling apart for good: seeds and failed members get a join
 * now and then (R26).
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"

#define ECHO_FRESH_US   10000000u /* a challenge to a gossip must come within this */
#define REJOINS_AT_ONCE 4u        /* attempts that one agent begins in one rejoin interval */
#define JITTER_PERCENT  10u

/* A record in a join comes from its subject, which may not be known yet. */
static const struct hs_source nobody = {.from = HS_NO_SLOT};

/* ---- nonces ------------------------------------------------------------------------------ */

/* What a nonce is for: one that was given for one thing proves nothing for another. */
enum nonce_use {
    NONCE_CHALLENGE, /* R25: in a challenge, to a newcomer; and the salt of an attempt's own */
    NONCE_RETURN,    /* in a join that answers a challenge to something other than a join */
};

static uint64_t nonce_for(const struct hearsay_node *node, enum nonce_use use,
                          const struct hearsay_addr *addr, uint64_t peer, uint64_t slot)
{
    struct {
        struct hearsay_addr addr;
        uint32_t use;
        uint64_t peer, slot;
    } text = {.addr = *addr, .use = use, .peer = peer, .slot = slot};
    uint64_t nonce =
        node->wire.seal->mac(node->wire.seal_context, node->config.entropy, &text, sizeof(text));
    return nonce ? nonce : 1; /* 0 means "none" on the wire */
}

static uint64_t current_nonce(const struct hearsay_node *node, enum nonce_use use,
                              const struct hearsay_addr *addr, uint64_t peer)
{
    return nonce_for(node, use, addr, peer, node->now.boot / HS_NONCE_SLOT);
}

static bool nonce_is_ours(const struct hearsay_node *node, enum nonce_use use,
                          const struct hearsay_addr *addr, uint64_t peer, uint64_t echo)
{
    uint64_t slot = node->now.boot / HS_NONCE_SLOT;
    return echo == nonce_for(node, use, addr, peer, slot) ||
           (slot > 0 && echo == nonce_for(node, use, addr, peer, slot - 1));
}

/* It answers a join of ours that answered a challenge to something other than a join. */
static bool is_return(const struct hearsay_node *node, const struct hearsay_addr *from,
                      const struct hs_message *message)
{
    return nonce_is_ours(node, NONCE_RETURN, from, message->sender, message->echo);
}

void hs_join_challenge(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t sender,
                       uint64_t echo, uint64_t name_hash, size_t question)
{
    struct hs_intent challenge = {
        .kind = HEARSAY_KIND_CHALLENGE,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)(question < node->config.mtu ? question : node->config.mtu),
        .a = current_nonce(node, NONCE_CHALLENGE, to, sender),
        .b = echo,
        .c = name_hash,
    };
    hs_intent_push(node, &challenge);
}

/* ---- contacts ---------------------------------------------------------------------------- */

static struct hs_contact *contact_at(struct hearsay_node *node, const struct hearsay_addr *addr)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++)
        if (node->contacts[i].addr.family && hearsay_addr_equal(&node->contacts[i].addr, addr))
            return &node->contacts[i];
    return NULL;
}

static struct hs_contact *contact_with_nonce(struct hearsay_node *node, uint64_t nonce)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && nonce; i++)
        if ((node->contacts[i].flags & HS_CONTACT_ACTIVE) && node->contacts[i].nonce == nonce)
            return &node->contacts[i];
    return NULL;
}

static struct hs_contact *new_contact(struct hearsay_node *node, const struct hearsay_addr *addr)
{
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &node->contacts[i];
        if (contact->addr.family)
            continue;
        *contact = (struct hs_contact){.timer.kind = HS_TIMER_CONTACT, .addr = *addr};
        return contact;
    }
    return NULL;
}

static void send_join(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t nonce,
                      uint64_t echo)
{
    struct hs_intent join = {
        .kind = HEARSAY_KIND_JOIN,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)node->config.mtu,
        .a = nonce,
        .b = echo,
    };
    hs_intent_push(node, &join);
}

int hs_join_start(struct hearsay_node *node, const struct hearsay_addr *addr, uint8_t flags)
{
    struct hs_contact *contact = contact_at(node, addr);
    if (!contact)
        contact = new_contact(node, addr);
    if (!contact)
        return HEARSAY_ERR_FULL;
    contact->flags |= flags;
    if (contact->flags & HS_CONTACT_ACTIVE)
        return 0;
    contact->flags = (uint8_t)((contact->flags & HS_CONTACT_KEPT) | flags | HS_CONTACT_ACTIVE);
    contact->tries = 0;
    contact->nonce = hs_random_next(&node->random) ^
                     nonce_for(node, NONCE_CHALLENGE, addr, node->wire.self_id, node->now.boot);
    hs_join_contact_timer(node, contact);
    return 0;
}

/* The attempt is over: the owner hears of it, and all but those to be kept are forgotten. */
static void finish(struct hearsay_node *node, struct hs_contact *contact,
                   enum hearsay_join_result result, uint32_t slot)
{
    uint32_t at = (uint32_t)(contact - node->contacts) + 1;
    hs_heap_disarm(&node->timers, &contact->timer);
    if (node->sync.contact == at) /* its exchange goes on, for its own sake */
        node->sync.contact = 0;
    if (contact->flags & HS_CONTACT_REPORT) {
        struct hearsay_event event = {
            .kind = HEARSAY_EVENT_JOIN,
            .addr = contact->addr,
            .result = result,
        };
        if (slot != HS_NO_SLOT) {
            const struct hs_member *member = hs_table_at(&node->table, slot);
            hs_event_name(event.name, hs_member_name(member), member->card->name_len);
            event.id = member->card->id;
        }
        hs_events_push(&node->events, &event);
    }
    contact->flags &= HS_CONTACT_KEPT;
    contact->nonce = 0;
    if (!contact->flags)
        contact->addr.family = 0;
}

void hs_join_contact_timer(struct hearsay_node *node, struct hs_contact *contact)
{
    uint32_t tries = contact->flags & HS_CONTACT_HEARD ? HS_JOIN_TRIES_HEARD : HS_JOIN_TRIES;
    if (contact->tries >= tries || node->leaving) {
        finish(node, contact,
               contact->flags & HS_CONTACT_CLOSED ? HEARSAY_JOIN_CLOSED : HEARSAY_JOIN_TIMEOUT,
               HS_NO_SLOT);
        return;
    }
    contact->tries++;
    send_join(node, &contact->addr, contact->nonce, 0);
    hs_heap_arm(&node->timers, &contact->timer,
                node->now.boot + hs_random_jitter(&node->random, HS_JOIN_RETRY, JITTER_PERCENT));
}

void hs_join_sent(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created)
{
    struct hs_contact *contact = contact_at(node, to);
    if (contact)
        contact->created = created;
}

void hs_join_closed(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created)
{
    struct hs_contact *contact = contact_at(node, to);
    if (contact && contact->created == created)
        contact->flags |= HS_CONTACT_CLOSED;
}

void hs_join_on_self(struct hearsay_node *node, const struct hs_message *message)
{
    struct hs_contact *contact =
        message->kind == HEARSAY_KIND_JOIN ? contact_with_nonce(node, message->nonce) : NULL;
    if (contact)
        finish(node, contact, HEARSAY_JOIN_SELF, HS_NO_SLOT);
}

void hs_join_done(struct hearsay_node *node, uint32_t contact, enum hearsay_join_result result,
                  uint32_t slot)
{
    node->joined = node->joined || result == HEARSAY_JOIN_OK;
    finish(node, &node->contacts[contact], result, slot);
}

/* ---- what comes in ----------------------------------------------------------------------- */

/* A challenge to one of our gossips: a peer that has been restarted does not know us. */
static bool is_answer_to_gossip(const struct hearsay_node *node, const struct hearsay_addr *from,
                                const struct hs_message *message)
{
    uint32_t slot = hs_addressee(node, message->echo);
    if (slot == HS_NO_SLOT || message->echo + ECHO_FRESH_US <= node->created)
        return false;
    const struct hs_card *card = hs_table_at(&node->table, slot)->card; /* it may have gone */
    return card && hearsay_addr_equal(&card->addr, from);
}

void hs_join_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                          const struct hs_message *message)
{
    struct hs_contact *contact = contact_with_nonce(node, message->echo);
    bool solicited =
        contact || is_return(node, from, message) || is_answer_to_gossip(node, from, message);
    if (!solicited) {
        hs_drop(node, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    if (message->state)
        hs_self_catch_up(node, message->stamp, message->start, message->state);
    if (contact) {
        contact->flags |= HS_CONTACT_HEARD;
        if (message->state && hs_self_began_after(node, message->start))
            contact->flags |= HS_CONTACT_EARLIER;
        send_join(node, &contact->addr, contact->nonce, message->nonce);
    } else {
        send_join(node, from, current_nonce(node, NONCE_RETURN, from, message->sender),
                  message->nonce);
    }
}

/* The member that we joined through says who it is. */
static void on_welcome(struct hearsay_node *node, struct hs_contact *contact,
                       const struct hs_message *message, const struct hs_rumor *rumor)
{
    hs_merge_rumor(node, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->table, message->sender);
    if (slot == HS_NO_SLOT) {
        finish(node, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
        return;
    }
    struct hs_member *member = hs_table_at(&node->table, slot);
    if (hearsay_addr_equal(&member->card->addr, &contact->addr))
        member->flags |= HS_MEMBER_ECHOED;
    contact->flags |= HS_CONTACT_HEARD;
    uint32_t at = (uint32_t)(contact - node->contacts) + 1;
    hs_sync_start(node, slot, at);
    if (node->sync.contact == at) /* the exchange has a timer and an end of its own */
        hs_heap_disarm(&node->timers, &contact->timer);
}

/* Its address is proven: take it in, unless somebody else holds its name. */
static void admit(struct hearsay_node *node, const struct hs_message *message,
                  const struct hs_rumor *rumor)
{
    const struct hs_blob *blob = &rumor->decoded;
    uint64_t name_hash = hs_hash(blob->name, blob->name_len);
    switch (hs_contest_ask(node, blob, message->nonce)) {
    case HS_CONTEST_PENDING:
        return;
    case HS_CONTEST_HELD:
        hs_contest_refuse(node, &blob->addr, name_hash, message->nonce, HS_REFUSAL_NAME);
        return;
    case HS_CONTEST_FREE:
        break;
    }
    node->joined = true;
    hs_merge_rumor(node, rumor, &nobody);
    uint32_t slot = hs_table_find_id(&node->table, message->sender);
    if (slot == HS_NO_SLOT) {
        bool known = hs_table_find_name_hash(&node->table, name_hash) != HS_NO_SLOT;
        if (known) /* R5: its record is older than what is known of its name */
            hs_join_challenge(node, &blob->addr, message->sender, message->nonce, name_hash,
                              HEARSAY_DATAGRAM_MAX);
        else if (node->table.count >= node->table.max)
            hs_contest_refuse(node, &blob->addr, name_hash, message->nonce, HS_REFUSAL_FULL);
        /* Else memory is out: not answered, it will ask again. */
        return;
    }
    hs_table_at(&node->table, slot)->flags |= HS_MEMBER_ECHOED;
    if (message->nonce)
        send_join(node, &blob->addr, 0, message->nonce);
}

void hs_join_on_join(struct hearsay_node *node, const struct hearsay_addr *from,
                     struct hs_message *message, size_t len)
{
    struct hs_rumor rumor;
    if (hs_rumors_next(&message->rumors, &rumor) != HS_RUMOR_OK || !rumor.blob ||
        rumor.id != message->sender) {
        hs_drop(node, HEARSAY_DROP_VALUE);
        return;
    }
    const struct hs_blob *blob = &rumor.decoded;
    struct hs_contact *contact = contact_with_nonce(node, message->echo);
    if (contact)
        on_welcome(node, contact, message, &rumor);
    else if (message->echo == 0 && message->nonce)
        hs_join_challenge(node, &blob->addr, message->sender, message->nonce,
                          hs_hash(blob->name, blob->name_len), len);
    else if (nonce_is_ours(node, NONCE_CHALLENGE, &blob->addr, message->sender, message->echo))
        admit(node, message, &rumor);
    else if (is_return(node, from, message)) /* the peer that had forgotten us knows us */
        hs_merge_rumor(node, &rumor, &nobody);
    else
        hs_drop(node, HEARSAY_DROP_NONCE);
}

static void say_conflict(struct hearsay_node *node, enum hearsay_event_kind kind,
                         const struct hearsay_addr *holder)
{
    struct hearsay_event event = {.kind = kind, .addr = *holder};
    hs_event_name(event.name, node->name, strlen(node->name));
    hs_events_push(&node->events, &event);
}

/* A newcomer that is refused stops. A member of long standing looks for its rival first (R8): it
 * stops when it hears it itself, and not on another's word; nor when it is the later of the two:
 * the other hears of it, too. */
void hs_join_on_refusal(struct hearsay_node *node, const struct hearsay_addr *from,
                        const struct hs_message *message)
{
    struct hs_contact *contact = contact_with_nonce(node, message->echo);
    if (!contact && !is_return(node, from, message)) {
        hs_drop(node, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    if (message->reason == HS_REFUSAL_FULL) {
        if (contact)
            finish(node, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
        return;
    }
    bool itself = contact && (contact->flags & HS_CONTACT_RIVAL) &&
                  hearsay_addr_equal(&message->holder, from);
    if (itself && !(contact->flags & HS_CONTACT_EARLIER))
        say_conflict(node, HEARSAY_EVENT_REPLACED, from);
    else if (!node->joined)
        say_conflict(node, HEARSAY_EVENT_REFUSED, &message->holder);
    if (contact)
        finish(node, contact, HEARSAY_JOIN_REFUSED, HS_NO_SLOT);
    if (!itself && node->joined)
        hs_join_start(node, &message->holder, HS_CONTACT_RIVAL);
}

/* ---- never alone for good (R26) ---------------------------------------------------------- */

static bool is_member_at(const struct hearsay_node *node, const struct hearsay_addr *addr)
{
    for (uint32_t slot = 0; slot < node->table.used; slot++) {
        const struct hs_member *member = hs_table_at(&node->table, slot);
        if (member->card && hs_member_present(member) &&
            hearsay_addr_equal(&member->card->addr, addr))
            return true;
    }
    return false;
}

/* A chance of one in `alive` each: the cluster together asks each about once an interval. */
static bool is_our_turn(struct hearsay_node *node)
{
    uint32_t alive = node->table.status_count[HEARSAY_ALIVE];
    return hs_random_chance(&node->random, 1, alive ? alive : 1);
}

/* Also when its tombstone is hidden: it is still there, and so may be the member. */
static bool is_lost(const struct hs_member *member)
{
    return member->cause == HEARSAY_CAUSE_FAILED;
}

/* The place for another one: a free one, or that of whoever was lost first. */
static struct hs_contact *lost_place(struct hearsay_node *node, const struct hearsay_addr *addr)
{
    struct hs_contact *first = NULL;
    uint32_t lost = 0;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        struct hs_contact *contact = &node->contacts[i];
        if (!contact->addr.family || !(contact->flags & HS_CONTACT_LOST))
            continue;
        lost++;
        if (contact->flags == HS_CONTACT_LOST && (!first || contact->until < first->until))
            first = contact;
    }
    if (lost < HS_LOST_MAX)
        return new_contact(node, addr);
    if (first)
        *first = (struct hs_contact){.timer.kind = HS_TIMER_CONTACT, .addr = *addr};
    return first;
}

void hs_join_remember(struct hearsay_node *node, const struct hearsay_addr *addr, uint64_t age_us)
{
    struct hs_contact *contact = contact_at(node, addr);
    if (age_us >= HS_LOST_LIFE || (contact && (contact->flags & HS_CONTACT_SEED)))
        return;
    if (!contact)
        contact = lost_place(node, addr);
    if (!contact)
        return;
    contact->flags |= HS_CONTACT_LOST;
    contact->until = node->now.boot + HS_LOST_LIFE - age_us;
}

/* A lost one whose time is over is forgotten; one who is a member again is left alone. */
static bool is_to_be_called(struct hearsay_node *node, struct hs_contact *contact)
{
    bool lost = contact->flags & HS_CONTACT_LOST;
    if (!contact->addr.family || !(contact->flags & HS_CONTACT_KEPT))
        return false;
    if (lost && node->now.boot >= contact->until) {
        contact->flags &= (uint8_t)~HS_CONTACT_LOST;
        if (!contact->flags)
            contact->addr.family = 0;
        return false;
    }
    return is_our_turn(node) && !is_member_at(node, &contact->addr);
}

void hs_join_rejoin_timer(struct hearsay_node *node)
{
    uint32_t begun = 0, gone = node->table.gone_count;
    hs_heap_arm(&node->timers, &node->rejoin,
                node->now.boot +
                    hs_random_jitter(&node->random, node->config.rejoin_interval, JITTER_PERCENT));
    for (uint32_t i = 0; i < HS_CONTACTS_MAX && begun < REJOINS_AT_ONCE; i++) {
        struct hs_contact *contact = &node->contacts[i];
        if (!is_to_be_called(node, contact))
            continue;
        hs_join_start(node, &contact->addr, contact->flags & HS_CONTACT_KEPT);
        begun++;
    }
    uint32_t first = gone ? hs_random_below(&node->random, gone) : 0;
    for (uint32_t i = 0; i < gone && begun < REJOINS_AT_ONCE; i++) {
        if (!is_our_turn(node)) /* first, for it costs no look at the member */
            continue;
        uint32_t slot = hs_order_gone(&node->table, (first + i) % gone);
        const struct hs_member *member = hs_table_at(&node->table, slot);
        if (!is_lost(member))
            continue;
        hs_join_start(node, &member->card->addr, 0);
        begun++;
    }
}
