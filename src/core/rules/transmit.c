/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what waits to be said to datagrams. Nothing is encoded before the owner asks for it: the
 * newest news rides along, and no queue of bytes has to be bounded, aged or thrown away. What a
 * datagram carried is remembered until it is acked, for a rumor counts as passed on when somebody
 * says so (R16).
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "base/trace.h"

#define PICK_MISSES 4u  /* rumors that do not fit, before a datagram is taken to be full */
#define BRIEF_MIN   24u /* no rumor is shorter */

/* ---- the queue --------------------------------------------------------------------------- */

bool hs_intent_push(struct hearsay_node *node, const struct hs_intent *intent)
{
    struct hs_intents *intents = &node->intents;
    if (intents->count == HS_INTENTS_MAX) {
        hs_drop(node, HEARSAY_DROP_QUEUE_FULL);
        return false;
    }
    intents->items[(intents->first + intents->count++) % HS_INTENTS_MAX] = *intent;
    return true;
}

/* An empty queue starts over at its first place, so that an idle node touches little memory. */
static void intent_pop(struct hs_intents *intents)
{
    intents->first = (intents->first + 1) % HS_INTENTS_MAX;
    if (--intents->count == 0)
        intents->first = 0;
}

bool hs_intent_gossip(struct hearsay_node *node, uint32_t slot, const struct hs_probe *probe)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    bool proven = member->flags & HS_MEMBER_ECHOED;
    struct hs_intent intent = {
        .kind = HEARSAY_KIND_GOSSIP,
        .slot = slot,
        .to = member->card->addr,
        .cap = (uint16_t)(proven ? node->config.mtu : HS_UNPROVEN_MAX),
        .ref = probe ? node->probe_order[probe->order_at] + 1u : 0,
        .b = probe ? probe->started : 0,
        .id = member->card->id,
    };
    return hs_intent_push(node, &intent);
}

/* R28. */
uint16_t hs_reply_cap(const struct hearsay_node *node, uint32_t slot,
                      const struct hearsay_addr *from, size_t question)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    bool proven =
        (member->flags & HS_MEMBER_ECHOED) && hearsay_addr_equal(&member->card->addr, from);
    return (uint16_t)(proven || question > node->config.mtu ? node->config.mtu : question);
}

/* ---- what datagrams carried -------------------------------------------------------------- */

static struct hs_carriage *find_carriage(const struct hearsay_node *node, uint64_t created)
{
    for (uint32_t i = 0; i < HS_CARRIAGES_MAX && created; i++)
        if (node->carriage_created[i] == created)
            return &node->carriages[i];
    return NULL;
}

bool hs_carriage_acked(struct hearsay_node *node, uint32_t slot, uint64_t acked)
{
    struct hs_carriage *carriage = find_carriage(node, acked);
    if (!carriage || carriage->to != slot)
        return false;
    uint32_t limit = hs_transmit_limit(hs_table_present(&node->table));
    /* Backwards, so that what was first in the datagram ends up first in its new list. */
    for (uint32_t i = carriage->count; i-- > 0;)
        hs_outbox_credit(&node->outbox, &node->table, carriage->rumors[i].slot,
                         carriage->rumors[i].version, limit);
    if (carriage->goodbye)
        hs_self_goodbye_acked(node, slot);
    node->carriage_created[carriage - node->carriages] = 0;
    return true;
}

uint32_t hs_addressee(const struct hearsay_node *node, uint64_t created)
{
    const struct hs_carriage *carriage = find_carriage(node, created);
    if (node->sync.phase != HS_SYNC_IDLE && node->sync.created == created)
        return node->sync.peer;
    return carriage ? carriage->to : hs_probe_addressee(node, created);
}

/* ---- rumors ------------------------------------------------------------------------------ */

void hs_rumor_of(const struct hearsay_node *node, uint32_t slot, bool with_blob,
                 struct hs_rumor *ret_rumor)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    /* Field by field: to clear `decoded`, which only readers want, would double the cost. */
    ret_rumor->blob = with_blob ? member->card->blob : NULL;
    ret_rumor->blob_len = with_blob ? member->card->len : 0;
    ret_rumor->id = member->card->id;
    ret_rumor->blob_check = (uint32_t)member->card->hash;
    ret_rumor->stamp = member->stamp;
    ret_rumor->status = (enum hearsay_status)member->status;
    ret_rumor->cause = (enum hearsay_cause)member->cause;
    ret_rumor->age = member->status == HEARSAY_DEAD ? hs_tombstone_age(node, member) : 0;
    ret_rumor->accuser_count = ret_rumor->refused_mask = 0;
    const struct hs_suspicion *suspicion = hs_member_suspicion(member);
    if (!suspicion)
        return;
    ret_rumor->age = (uint32_t)((node->now.boot - suspicion->since) / 1000);
    ret_rumor->accuser_count = suspicion->accuser_count;
    ret_rumor->refused_mask = suspicion->refused_mask;
    for (uint32_t i = 0; i < HS_ACCUSERS_MAX; i++)
        ret_rumor->accusers[i] = suspicion->accusers[i];
}

/* The rumors of one datagram under construction. */
struct load {
    struct hs_encoder *encoder;
    uint64_t told; /* what the receiver has just told us, see hs_merge_rumors */
    uint32_t count, misses;
    struct hs_carried rumors[HS_CARRIED_MAX];
};

static bool is_loaded(const struct load *load, uint32_t slot)
{
    for (uint32_t i = 0; i < load->count; i++)
        if (load->rumors[i].slot == slot)
            return true;
    return false;
}

/* One that does not fit does not count as sent (R16). */
static void load_rumor(struct hearsay_node *node, struct load *load, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    struct hs_rumor rumor;
    hs_rumor_of(node, slot, member->flags & HS_MEMBER_BLOB_NEWS, &rumor);
    if (!hs_encode_rumor(load->encoder, &rumor)) {
        load->misses++;
        return;
    }
    load->rumors[load->count++] =
        (struct hs_carried){slot, member->out_version, member->flags & HS_MEMBER_BLOB_NEWS};
    node->stats.rumors_sent++;
}

/* That a member is alive is no news to itself: to tell it would spend one of a rumor's few
 * transmissions, which in a small cluster are a third of them. Of two, there is nobody else. */
static bool knows_itself(const struct hearsay_node *node, const struct hs_member *peer, bool tell)
{
    return peer->status == HEARSAY_ALIVE && !tell && hs_table_present(&node->table) > 2;
}

/* R16: news about oneself and about the member that is addressed go first: the suspect must hear of
 * it. */
static void load_rumors(struct hearsay_node *node, struct load *load, uint32_t to, bool tell)
{
    const struct hs_member *self = hs_table_at(&node->table, node->self);
    const struct hs_member *peer = hs_table_at(&node->table, to);
    if (self->out_list || node->leaving)
        load_rumor(node, load, node->self);
    bool spare = knows_itself(node, peer, tell);
    if (!spare && (peer->out_list || peer->status != HEARSAY_ALIVE || tell))
        load_rumor(node, load, to);
    struct hs_outbox_walk walk;
    hs_outbox_walk_init(&walk, &node->outbox);
    while (load->count < HS_CARRIED_MAX && load->misses < PICK_MISSES &&
           hs_encode_room(load->encoder) >= BRIEF_MIN) {
        uint32_t slot = hs_outbox_walk_next(&walk, &node->outbox, &node->table);
        if (slot == HS_NO_SLOT)
            return;
        bool stale = (spare && slot == to) || (load->told >> slot % 64 & 1u);
        if (!stale && !is_loaded(load, slot))
            load_rumor(node, load, slot);
    }
}

/* Also when it is empty: its ack is not unsolicited. */
static void remember_load(struct hearsay_node *node, const struct load *load, uint32_t to,
                          uint64_t created)
{
    uint32_t at = node->carriage_next++ % HS_CARRIAGES_MAX;
    struct hs_carriage *carriage = &node->carriages[at];
    node->carriage_created[at] = created;
    carriage->to = to;
    carriage->count = load->count;
    carriage->goodbye = load->count && node->leaving != HS_LEAVE_NO;
    for (uint32_t i = 0; i < load->count; i++)
        carriage->rumors[i] = load->rumors[i];
}

/* An answer is not acked in turn; it goes to somebody who has just been heard, so its rumors count
 * now, unless the socket does not take it. */
static void credit_load(struct hearsay_node *node, const struct load *load, uint64_t created)
{
    uint32_t limit = hs_transmit_limit(hs_table_present(&node->table));
    if (!load->count)
        return;
    struct hs_answer *answer = &node->answers[node->answer_next++ % HS_ANSWERS_MAX];
    answer->created = created;
    answer->count = load->count;
    memcpy(answer->rumors, load->rumors, load->count * sizeof(*load->rumors));
    for (uint32_t i = load->count; i-- > 0;)
        hs_outbox_credit(&node->outbox, &node->table, load->rumors[i].slot, load->rumors[i].version,
                         limit);
}

/* ---- encoding ---------------------------------------------------------------------------- */

static struct hs_probe *probe_of(const struct hearsay_node *node, const struct hs_intent *intent)
{
    if (!intent->ref)
        return NULL;
    struct hs_probe *probe = &node->probes[intent->ref - 1];
    return probe->order_at < node->probes_active ? probe : NULL;
}

static void fill_challenge(const struct hearsay_node *node, const struct hs_intent *intent,
                           struct hs_message *message)
{
    message->nonce = intent->a;
    message->echo = intent->b;
    uint32_t slot = intent->c ? hs_table_find_name_hash(&node->table, intent->c) : HS_NO_SLOT;
    if (slot == HS_NO_SLOT)
        return;
    const struct hs_member *member = hs_table_at(&node->table, slot);
    struct hs_blob blob;
    message->stamp = member->stamp;
    message->state =
        hs_wire_state((enum hearsay_status)member->status, (enum hearsay_cause)member->cause);
    if (hs_blob_decode(&blob, member->card->blob, member->card->len))
        message->start = blob.start;
}

static void fill_refusal(const struct hearsay_node *node, const struct hs_intent *intent,
                         struct hs_message *message)
{
    uint32_t slot = hs_table_find_name_hash(&node->table, intent->b);
    message->echo = intent->a;
    message->reason = (enum hs_refusal_reason)intent->arg;
    message->holder = hs_table_at(&node->table, slot == HS_NO_SLOT ? node->self : slot)->card->addr;
}

static void fill(struct hearsay_node *node, const struct hs_intent *intent,
                 struct hs_message *message, struct hs_sync_scratch *scratch)
{
    message->digest = node->table.digest;
    switch ((enum hearsay_kind)intent->kind) {
    case HEARSAY_KIND_GOSSIP:
        message->stamp = hs_table_at(&node->table, node->self)->stamp;
        break;
    case HEARSAY_KIND_ACK:
    case HEARSAY_KIND_NACK:
        message->acked = intent->a;
        message->finding = (enum hs_finding)(intent->kind == HEARSAY_KIND_NACK ? intent->arg : 0);
        break;
    case HEARSAY_KIND_PROBE_REQUEST:
        message->target = intent->a;
        break;
    case HEARSAY_KIND_CHALLENGE:
        fill_challenge(node, intent, message);
        break;
    case HEARSAY_KIND_JOIN:
        message->nonce = intent->a;
        message->echo = intent->b;
        break;
    case HEARSAY_KIND_REFUSAL:
        fill_refusal(node, intent, message);
        break;
    case HEARSAY_KIND_SYNC:
        hs_sync_fill(node, intent, message, scratch);
        break;
    case HEARSAY_KIND_LIMIT:
        break;
    }
}

/* XXH3 of the receiver's name: 0 for the kinds that may not know it, see hs_message_decode. */
static uint64_t binding_of(const struct hearsay_node *node, const struct hs_intent *intent)
{
    if (intent->kind == HEARSAY_KIND_REFUSAL)
        return intent->b;
    if (intent->kind == HEARSAY_KIND_JOIN || intent->kind == HEARSAY_KIND_CHALLENGE)
        return 0;
    return hs_table_at(&node->table, intent->slot)->card->name_hash;
}

/* Appends what the kind carries. True: the intent is done with. */
static bool load_datagram(struct hearsay_node *node, const struct hs_intent *intent,
                          struct hs_encoder *encoder, uint64_t created)
{
    struct load load = {.encoder = encoder};
    struct hs_probe *probe = probe_of(node, intent);
    struct hs_rumor own;
    switch ((enum hearsay_kind)intent->kind) {
    case HEARSAY_KIND_GOSSIP:
        load_rumors(node, &load, intent->slot, false);
        remember_load(node, &load, intent->slot, created);
        if (probe && probe->id == intent->id && probe->started == intent->b)
            hs_probe_sent(node, probe, created);
        break;
    case HEARSAY_KIND_PROBE_REQUEST:
        load_rumors(node, &load, intent->slot, false);
        hs_encode_pad(encoder, HS_HEAD_SIZE + HS_NACK_BODY + node->wire.seal->trailer_size);
        if (probe && probe->id == intent->a)
            hs_probe_requested(probe, (uint32_t)intent->b, created);
        break;
    case HEARSAY_KIND_ACK:
    case HEARSAY_KIND_NACK:
        load.told = intent->kind == HEARSAY_KIND_ACK ? intent->c : 0;
        load_rumors(node, &load, intent->slot, intent->kind == HEARSAY_KIND_ACK && intent->arg);
        credit_load(node, &load, created);
        break;
    case HEARSAY_KIND_JOIN:
        hs_rumor_of(node, node->self, true, &own);
        hs_encode_rumor(encoder, &own); /* fits: see the assertion in codec/message.h */
        hs_join_sent(node, &intent->to, created);
        break;
    case HEARSAY_KIND_SYNC:
        if (!intent->ref)
            node->sync.created = created;
        return hs_sync_append(node, intent, encoder);
    case HEARSAY_KIND_CHALLENGE:
    case HEARSAY_KIND_REFUSAL:
    case HEARSAY_KIND_LIMIT:
        break;
    }
    return true;
}

/* The receiver may have gone or been replaced while the intent waited. */
static bool is_stale(const struct hearsay_node *node, const struct hs_intent *intent)
{
    return intent->slot != HS_NO_SLOT && !hs_table_holds(&node->table, intent->slot, intent->id);
}

static size_t encode(struct hearsay_node *node, const struct hs_intent *intent, uint8_t *bytes,
                     size_t room, uint64_t created, bool *ret_done)
{
    struct hs_sync_scratch scratch;
    struct hs_encoder encoder;
    struct hs_message message = {
        .kind = intent->kind,
        .sender = node->wire.self_id,
        .created = created,
    };
    *ret_done = true;
    fill(node, intent, &message, &scratch);
    size_t max = intent->cap < room ? intent->cap : room;
    if (!hs_encode_begin(&encoder, &node->wire, bytes, max, binding_of(node, intent), &message))
        return 0;
    *ret_done = load_datagram(node, intent, &encoder, created);
    return hs_encode_end(&encoder);
}

static const char *receiver_name(const struct hearsay_node *node, const struct hs_intent *intent)
{
    return intent->slot == HS_NO_SLOT ? NULL
                                      : hs_member_name(hs_table_at(&node->table, intent->slot));
}

size_t hearsay_node_transmit(struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_addr *ret_to, uint64_t *ret_ticket, void *bytes,
                             size_t room)
{
    struct hs_intents *intents = &node->intents;
    node->now = now;
    if (room < node->config.mtu)
        return 0;
    while (intents->count) {
        struct hs_intent intent = intents->items[intents->first];
        uint64_t created = now.wall > node->created ? now.wall : node->created + 1;
        bool done = true;
        size_t len =
            is_stale(node, &intent) ? 0 : encode(node, &intent, bytes, room, created, &done);
        if (done)
            intent_pop(intents);
        if (len == 0) {
            hs_sync_abandon(node, &intent);
            continue;
        }
        node->created = created;
        node->stats.sent[intent.kind]++;
        node->stats.bytes_sent += len;
        *ret_to = intent.to;
        *ret_ticket = created;
        HS_TRACE(node, .kind = HEARSAY_TRACE_SENT, .addr = ret_to, .length = len,
                 .message = (enum hearsay_kind)intent.kind, .timestamp = created,
                 .name = receiver_name(node, &intent));
        return len;
    }
    return 0;
}

/* R21: what was in an answer that never left has been told to nobody. Backwards, see
 * hs_carriage_acked. */
static void take_back_answer(struct hearsay_node *node, uint64_t created)
{
    uint32_t limit = hs_transmit_limit(hs_table_present(&node->table));
    for (uint32_t at = 0; at < HS_ANSWERS_MAX; at++) {
        struct hs_answer *answer = &node->answers[at];
        if (answer->created != created)
            continue;
        for (uint32_t i = answer->count; i-- > 0;) {
            const struct hs_carried *rumor = &answer->rumors[i];
            if (hs_table_at(&node->table, rumor->slot)->card)
                hs_outbox_take_back(&node->outbox, &node->table, rumor->slot, rumor->version, limit,
                                    rumor->with_blob);
        }
        answer->created = 0;
        return;
    }
}

void hearsay_node_sent(struct hearsay_node *node, struct hearsay_now now, uint64_t ticket,
                       int result)
{
    node->now = now;
    if (result == 0)
        return;
    node->stats.unsent++;
    HS_TRACE(node, .kind = HEARSAY_TRACE_UNSENT, .timestamp = ticket);
    hs_probe_unsent(node, ticket);
    take_back_answer(node, ticket);
}
