/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receive path: decode and open, drop repeats, look up the sender, dispatch by kind. A datagram
 * with any fault raises one counter and changes nothing. An unknown sender is challenged, and its
 * message is ignored (R11). What it gets is never longer than what it sent (R28: no amplification).
 */
#include "node/admit.h"
#include "node/fresh.h"
#include "node/impl.h"
#include "node/outcome.h"
#include "node/wake.h"
#include "rules/send.h"

#include "base/trace.h"
#include "codec/decode.h"

#define UNPROVEN_GAP_US 60000000u /* between two UNPROVEN events, microseconds */

struct arrival {
    const struct hearsay_addr *from;
    struct hs_message *message;
    uint32_t slot; /* slot of the sender; HS_NO_SLOT: a stranger */
    size_t len;
};

/* R38: a member that answers from another address than the one in its record never proves it, so
 * it gets no exchange and no long datagram. One such answer may be of the time before its record
 * changed; the second one is told to the owner. */
static void note_elsewhere(struct hearsay_node *node, const struct arrival *arrival,
                           struct hs_member *member)
{
    node->core.stats.answers_elsewhere++;
    bool is_first = !(member->flags & HS_MEMBER_ELSEWHERE);
    member->flags |= HS_MEMBER_ELSEWHERE;
    bool is_told =
        node->unproven_told_at && node->core.now.boot - node->unproven_told_at < UNPROVEN_GAP_US;
    if (is_first || is_told || (member->flags & HS_MEMBER_PROVEN) || !hs_member_present(member))
        return;
    node->unproven_told_at = node->core.now.boot;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_UNPROVEN, .id = member->meta->id, .addr = *arrival->from};
    hs_event_name(event.name, hs_member_name(member), member->meta->name_len);
    hs_events_push(&node->core.view.events, &event);
}

static void mark_proven(struct hearsay_node *node, const struct arrival *arrival)
{
    struct hs_member *member = hs_member_at(&node->core, arrival->slot);
    member->flags &= (uint16_t)~HS_MEMBER_AGAIN;
    if (hearsay_addr_equal(&member->meta->addr, arrival->from)) {
        hs_member_prove(member, arrival->message->key != HS_KEY_PLAIN);
        member->flags &= (uint16_t) ~(HS_MEMBER_ELSEWHERE | HS_MEMBER_TOLD);
    } else {
        note_elsewhere(node, arrival, member);
    }
}

/* R39: isolation. A member that we hold dead speaks, and does not know of it. In the ack to an idle
 * gossip there is no room for its record, unless its address is proven (R28: no amplification). A
 * challenge is as short as the gossip. The member answers it with a join, and the answer to a join
 * has room to say what is known of the sender. If it does not speak from its own address, once is
 * enough (node/admit.c). */
static bool is_to_be_told(const struct hs_member *sender, const struct hearsay_addr *from,
                          uint64_t timestamp)
{
    bool is_told =
        (sender->flags & HS_MEMBER_TOLD) && !hearsay_addr_equal(&sender->meta->addr, from);
    bool is_moved = hs_member_is_moved(sender, from, timestamp);
    return !is_told && (is_moved || hs_member_is_unaware(sender, timestamp));
}

static struct hs_source source_of(const struct hearsay_node *node, const struct arrival *arrival)
{
    const struct hs_member *sender = hs_member_at(&node->core, arrival->slot);
    return (struct hs_source){
        .from = arrival->slot,
        .own_addr = hearsay_addr_equal(&sender->meta->addr, arrival->from),
    };
}

static void on_gossip(struct hearsay_node *node, const struct arrival *arrival)
{
    struct hs_message *message = arrival->message;
    const struct hs_source source = source_of(node, arrival);
    const struct hs_heard heard = hs_merge_rumors(&node->merger, &message->rumors, &source);
    /* R60: last words. Nobody is there to hear an answer or for an exchange. */
    if (heard.last_words || node->core.leaving == HS_LEAVE_DONE)
        return;
    const struct hs_member *sender = hs_member_at(&node->core, arrival->slot);
    struct hs_send ack = {
        .kind = HEARSAY_KIND_ACK,
        .slot = arrival->slot,
        .to = *arrival->from,
        .cap = hs_reply_cap(&node->core, arrival->slot, arrival->from, arrival->len),
        .keyed = true,
        .key = message->key,
        .id = sender->meta->id,
        .as.ack = {.acked = message->created,
                   .told = heard.told,
                   .tell_it = message->timestamp < sender->timestamp}, /* R5: catching up */
    };
    /* Every second gossip still gets its ack: a sender that cannot refute must not suspect us. */
    if (ack.cap < node->core.config.mtu &&
        is_to_be_told(sender, arrival->from, message->timestamp) &&
        hs_random_chance(&node->core.random, 1, 2))
        hs_contacts_challenge(&node->contacts, arrival->from, message->sender, message->created, 0,
                              arrival->len, false, message->key);
    else
        hs_send_push(&node->core, &ack);
    hs_sync_heard(&node->sync, arrival->slot, message->digest);
}

static void on_ack(struct hearsay_node *node, const struct arrival *arrival)
{
    struct hs_message *message = arrival->message;
    const struct hs_source source = source_of(node, arrival);
    struct hs_in_flight_ack ack =
        hs_in_flight_acked(&node->in_flight, arrival->slot, message->acked);
    struct hs_probe_outcome outcome = {0};
    if (ack.goodbye)
        hs_self_goodbye_acked(&node->own, arrival->slot);
    bool probed = hs_probe_acked(&node->prober, arrival->slot, message->acked, &outcome);
    hs_outcome_handle(node, &outcome);
    if (!probed && !ack.known) {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    mark_proven(node, arrival);
    hs_last_words_acked(&node->last_words, arrival->slot);
    hs_merge_rumors(&node->merger, &message->rumors, &source);
    hs_sync_heard(&node->sync, arrival->slot, message->digest);
}

/* The asker has missed a death or a goodbye. It is told at once; otherwise it would raise a
 * suspicion. */
static void tell_of_death(struct hearsay_node *node, const struct arrival *request)
{
    uint64_t target = request->message->target;
    hs_news_push(&node->news, hs_table_find_id(&node->core.view.table, target), false);
    hs_send_gossip_answer(&node->core, request->slot, request->len, request->message->key);
}

static void on_probe_request(struct hearsay_node *node, const struct arrival *arrival)
{
    struct hs_message *message = arrival->message;
    const struct hs_source source = source_of(node, arrival);
    hs_merge_rumors(&node->merger, &message->rumors, &source);
    const struct hs_request request = {
        .asker = arrival->slot,
        .asker_id = hs_member_at(&node->core, arrival->slot)->meta->id,
        .asked = message->created,
        .cap = hs_reply_cap(&node->core, arrival->slot, arrival->from, arrival->len),
        .key = message->key,
    };
    if (node->core.leaving != HS_LEAVE_DONE &&
        !hs_probe_help(&node->prober, &request, message->target))
        tell_of_death(node, arrival);
}

static void on_nack(struct hearsay_node *node, const struct arrival *arrival)
{
    struct hs_message *message = arrival->message;
    const struct hs_source source = source_of(node, arrival);
    struct hs_probe_outcome outcome = {0};
    bool asked =
        hs_probe_nacked(&node->prober, arrival->slot, message->acked, message->finding, &outcome);
    hs_outcome_handle(node, &outcome);
    if (!asked) {
        hs_drop(&node->core, HEARSAY_DROP_UNSOLICITED);
        return;
    }
    mark_proven(node, arrival);
    hs_merge_rumors(&node->merger, &message->rumors, &source);
}

static void on_challenge(struct hearsay_node *node, const struct arrival *arrival)
{
    hs_admit_on_challenge(node, arrival->from, arrival->message);
}

static void on_join(struct hearsay_node *node, const struct arrival *arrival)
{
    hs_admit_on_join(node, arrival->from, arrival->message, arrival->len);
}

static void on_refusal(struct hearsay_node *node, const struct arrival *arrival)
{
    hs_admit_on_refusal(node, arrival->from, arrival->message);
}

/* Returns true if this answers our own exchange: then it echoes the random number of the
 * exchange. */
static bool is_answer(const struct hearsay_node *node, const struct arrival *arrival)
{
    const struct hs_message *message = arrival->message;
    return hs_sync_is_answer(&node->sync, arrival->slot, message) &&
           (message->step == HS_SYNC_DIFFER || message->step == HS_SYNC_FINER ||
            message->step == HS_SYNC_RECORDS);
}

/* An exchange sends many records, so it needs a proven address (R28: no amplification). */
static void on_sync(struct hearsay_node *node, const struct arrival *arrival)
{
    if (is_answer(node, arrival))
        mark_proven(node, arrival);
    if (!(hs_member_at(&node->core, arrival->slot)->flags & HS_MEMBER_PROVEN))
        hs_contacts_challenge(&node->contacts, arrival->from, arrival->message->sender,
                              arrival->message->created, 0, arrival->len, false,
                              arrival->message->key);
    else
        hs_sync_on_message(&node->sync, arrival->slot, arrival->message);
}

struct handler {
    void (*handle)(struct hearsay_node *node, const struct arrival *arrival);
    bool from_anyone; /* a stranger may send it */
};

static const struct handler handlers[HEARSAY_KIND_COUNT] = {
    [HEARSAY_KIND_GOSSIP] = {on_gossip, false},
    [HEARSAY_KIND_ACK] = {on_ack, false},
    [HEARSAY_KIND_PROBE_REQUEST] = {on_probe_request, false},
    [HEARSAY_KIND_NACK] = {on_nack, false},
    [HEARSAY_KIND_CHALLENGE] = {on_challenge, true},
    [HEARSAY_KIND_JOIN] = {on_join, true},
    [HEARSAY_KIND_SYNC] = {on_sync, false},
    [HEARSAY_KIND_REFUSAL] = {on_refusal, true},
};

static void dispatch(struct hearsay_node *node, const struct arrival *arrival)
{
    const struct handler *handler = &handlers[arrival->message->kind];
    if (arrival->slot == HS_NO_SLOT && !handler->from_anyone) {
        hs_drop(&node->core, HEARSAY_DROP_STRANGER);
        hs_contacts_challenge(&node->contacts, arrival->from, arrival->message->sender,
                              arrival->message->created, 0, arrival->len, false,
                              arrival->message->key);
        return;
    }
    bool hears = arrival->slot == HS_NO_SLOT ? hs_fresh_is_first(node, arrival->message)
                                             : hs_fresh_hears(node, arrival->slot, arrival->from,
                                                              arrival->message, arrival->len);
    if (!hears)
        return;
    node->core.stats.received[arrival->message->kind]++;
    /* R11a: freshness. Until its echo is seen, a sealed datagram of the handshake may be old. */
    if (!handler->from_anyone || arrival->message->key == HS_KEY_PLAIN)
        hs_health_heard(&node->health);
    handler->handle(node, arrival);
}

static const char *name_of(const struct hearsay_node *node, uint64_t id)
{
    uint32_t slot = hs_table_find_id(&node->core.view.table, id);
    return slot == HS_NO_SLOT ? NULL : hs_member_name(hs_member_at(&node->core, slot));
}

/* This is called before decoding, so that the rest of the trace, drops included, is about this
 * datagram. */
static void trace_arrival(const struct hearsay_node *node, const struct hearsay_addr *from,
                          const void *bytes, size_t len)
{
    struct hs_head head = {0};
    bool known = hs_head_decode(&head, bytes, len);
    HS_TRACE(&node->core, .kind = HEARSAY_TRACE_RECEIVED, .addr = from, .length = len,
             .message = (enum hearsay_kind)head.kind, .timestamp = head.created,
             .name = known ? name_of(node, head.sender) : NULL);
}

/* R32, R35: the owner is told from where such a datagram came, because its operator has to mend
 * something there or here. */
static void note_unopened(struct hearsay_node *node, enum hearsay_drop reason,
                          const struct hearsay_addr *from)
{
    if (reason >= HEARSAY_DROP_PLAIN && reason <= HEARSAY_DROP_FORGED)
        node->core.stats.unopened_from[reason - HEARSAY_DROP_PLAIN] = *from;
}

_Static_assert(HEARSAY_DROP_FORGED - HEARSAY_DROP_PLAIN + 1 == HEARSAY_UNOPENED,
               "each of these reasons has its place");

void hearsay_node_receive(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *from, void *bytes, size_t len)
{
    struct hs_message message;
    enum hearsay_drop reason;
    hs_node_enter(node, now);
    node->core.stats.bytes_received += len;
    if (node->core.config.trace)
        trace_arrival(node, from, bytes, len);
    if (!hs_message_decode(&message, &reason, &node->core.wire, bytes, len)) {
        hs_drop(&node->core, reason);
        note_unopened(node, reason, from);
        if (reason == HEARSAY_DROP_SELF && message.kind == HEARSAY_KIND_JOIN)
            hs_contacts_met_self(&node->contacts, message.nonce, message.key);
        if (reason == HEARSAY_DROP_CLUSTER)
            hs_admit_foreign(node, from, bytes, len);
        return;
    }
    struct arrival arrival = {
        .from = from,
        .message = &message,
        .slot = hs_table_find_id(&node->core.view.table, message.sender),
        .len = len,
    };
    dispatch(node, &arrival);
}

void hearsay_node_unreachable(struct hearsay_node *node, struct hearsay_now now,
                              const struct hearsay_addr *to, enum hearsay_unreachable what,
                              const void *quoted, size_t len)
{
    struct hs_head head;
    hs_node_enter(node, now);
    HS_TRACE(&node->core, .kind = HEARSAY_TRACE_UNREACHABLE, .addr = to, .length = len);
    if (what != HEARSAY_UNREACHABLE_PORT || !hs_head_decode(&head, quoted, len) ||
        head.sender != node->core.wire.self_id || head.cluster != node->core.wire.cluster)
        return;
    hs_health_heard(&node->health);
    struct hs_probe_outcome outcome = {0};
    hs_probe_closed(&node->prober, to, head.created, &outcome);
    hs_outcome_handle(node, &outcome);
    hs_contacts_closed(&node->contacts, to, head.created);
}
