/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns send queue entries into datagrams, with one row of a table for each kind: the mirror of
 * node/receive.c. Nothing is encoded before the owner asks for it, so that every datagram carries
 * the newest rumors.
 */
#include "node/impl.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "codec/encode.h"
#include "codec/form.h"
#include "codec/wire.h"
#include "rules/send.h"
#include "view/record.h"

/* One send queue entry that is becoming a datagram. */
struct departure {
    const struct hs_send *send;
    struct hs_encoder *encoder;
    uint64_t created;
};

struct sender {
    /* Returns XXH3 of the receiver's name, or 0 for kinds whose sender may not know it: see
     * hs_message_decode. */
    uint64_t (*binding)(const struct hearsay_node *node, const struct hs_send *send);
    /* Sets the fields of this kind. */
    void (*fill)(struct hearsay_node *node, const struct hs_send *send, struct hs_message *message,
                 struct hs_sync_scratch *scratch);
    /* Appends what the kind carries, and notes that the datagram has been encoded. Returns true if
     * the entry is done. May be NULL: nothing is appended, and the entry is done. */
    bool (*load)(struct hearsay_node *node, const struct departure *departure);
    /* The entry will not be sent, because its receiver has gone. May be NULL. */
    void (*abandon)(struct hearsay_node *node, const struct hs_send *send);
};

/* ---- binding ----------------------------------------------------------------------------- */

static uint64_t bind_receiver(const struct hearsay_node *node, const struct hs_send *send)
{
    return hs_member_at(&node->core, send->slot)->meta->name_hash;
}

static uint64_t bind_nobody(const struct hearsay_node *node, const struct hs_send *send)
{
    (void)node;
    (void)send;
    return 0;
}

static uint64_t bind_refused(const struct hearsay_node *node, const struct hs_send *send)
{
    (void)node;
    return send->as.refusal.name_hash;
}

/* ---- gossip ------------------------------------------------------------------------------ */

static void fill_gossip(struct hearsay_node *node, const struct hs_send *send,
                        struct hs_message *message, struct hs_sync_scratch *scratch)
{
    (void)send;
    (void)scratch;
    message->timestamp = hs_self(&node->core)->timestamp;
}

static bool load_gossip(struct hearsay_node *node, const struct departure *departure)
{
    const struct hs_send *send = departure->send;
    struct hs_load load = {.encoder = departure->encoder};
    hs_load_rumors(&node->core, &load, send->slot, false);
    hs_in_flight_gossip(&node->in_flight, &load, send->slot, departure->created);
    hs_probe_sent(&node->prober, send->as.gossip.probe, send->id, send->as.gossip.started,
                  departure->created);
    return true;
}

/* ---- ack and nack ------------------------------------------------------------------------ */

static void fill_ack(struct hearsay_node *node, const struct hs_send *send,
                     struct hs_message *message, struct hs_sync_scratch *scratch)
{
    (void)node;
    (void)scratch;
    message->acked = send->as.ack.acked;
}

static bool load_ack(struct hearsay_node *node, const struct departure *departure)
{
    const struct hs_send *send = departure->send;
    struct hs_load load = {.encoder = departure->encoder, .told = send->as.ack.told};
    hs_load_rumors(&node->core, &load, send->slot, send->as.ack.tell_it);
    hs_in_flight_answer(&node->in_flight, &load, departure->created);
    return true;
}

static void fill_nack(struct hearsay_node *node, const struct hs_send *send,
                      struct hs_message *message, struct hs_sync_scratch *scratch)
{
    (void)node;
    (void)scratch;
    message->acked = send->as.nack.asked;
    message->finding = (enum hs_finding)send->as.nack.finding;
}

static bool load_nack(struct hearsay_node *node, const struct departure *departure)
{
    struct hs_load load = {.encoder = departure->encoder};
    hs_load_rumors(&node->core, &load, departure->send->slot, false);
    hs_in_flight_answer(&node->in_flight, &load, departure->created);
    return true;
}

/* ---- probe-request ----------------------------------------------------------------------- */

static void fill_probe_request(struct hearsay_node *node, const struct hs_send *send,
                               struct hs_message *message, struct hs_sync_scratch *scratch)
{
    (void)node;
    (void)scratch;
    message->target = send->as.probe_request.target;
}

/* R28: no amplification. The question is at least as long as a nack. */
static bool load_probe_request(struct hearsay_node *node, const struct departure *departure)
{
    const struct hs_send *send = departure->send;
    struct hs_load load = {.encoder = departure->encoder};
    hs_load_rumors(&node->core, &load, send->slot, false);
    hs_encode_pad(departure->encoder, HS_NACK_BODY);
    hs_probe_requested(&node->prober, send->as.probe_request.probe, send->as.probe_request.target,
                       send->as.probe_request.helper, departure->created);
    return true;
}

/* ---- the handshake ----------------------------------------------------------------------- */

static void fill_challenge(struct hearsay_node *node, const struct hs_send *send,
                           struct hs_message *message, struct hs_sync_scratch *scratch)
{
    const struct hs_table *table = &node->core.view.table;
    uint64_t name_hash = send->as.challenge.name_hash;
    (void)scratch;
    message->nonce = send->as.challenge.nonce;
    message->echo = send->as.challenge.echo;
    if (send->in_full) {
        message->name = node->core.name;
        message->name_len = hs_self(&node->core)->meta->name_len;
        message->origin = hs_meant_home(&node->core);
    }
    uint32_t slot = name_hash ? hs_table_find_name_hash(table, name_hash) : HS_NO_SLOT;
    if (slot == HS_NO_SLOT)
        return;
    const struct hs_member *member = hs_table_at(table, slot);
    struct hs_blob blob;
    /* A subject does not outbid its own timestamp. But of two records of one timestamp, which a
     * restored process may have written, only one is taken: both must be outbid. */
    message->timestamp = member->timestamp + (send->tied ? 1 : 0);
    message->state =
        hs_wire_state((enum hearsay_status)member->status, (enum hearsay_cause)member->cause);
    if (hs_blob_decode(&blob, member->meta->blob, member->meta->len))
        message->start = blob.start;
}

static void fill_join(struct hearsay_node *node, const struct hs_send *send,
                      struct hs_message *message, struct hs_sync_scratch *scratch)
{
    (void)node;
    (void)scratch;
    message->nonce = send->as.join.nonce;
    message->echo = send->as.join.echo;
}

static bool load_join(struct hearsay_node *node, const struct departure *departure)
{
    struct hs_core *core = &node->core;
    struct hs_rumor own;
    hs_rumor_of(&core->view, core->now.boot, core->view.self, true, &own);
    hs_encode_rumor(departure->encoder, &own); /* fits: see the assertion in codec/wire.h */
    bool is_ours = departure->send->judged && departure->send->as.join.meant;
    const struct hs_call call = {
        .origin = is_ours ? hs_meant_home(core) : hs_meant_origin(core),
        .meant = departure->send->as.join.meant,
        .judged = departure->send->judged,
    };
    hs_encode_call(departure->encoder, &call);
    if (call.meant) /* R28: no amplification. The question is as long as a challenge in full. */
        hs_encode_pad(departure->encoder, HS_CHALLENGE_MAX);
    hs_contacts_sent(&node->contacts, &departure->send->to, departure->created);
    return true;
}

static void fill_refusal(struct hearsay_node *node, const struct hs_send *send,
                         struct hs_message *message, struct hs_sync_scratch *scratch)
{
    struct hs_core *core = &node->core;
    uint32_t slot = hs_table_find_name_hash(&core->view.table, send->as.refusal.name_hash);
    (void)scratch;
    message->echo = send->as.refusal.echo;
    message->reason = (enum hs_refusal_reason)send->as.refusal.reason;
    if (message->reason == HS_REFUSAL_CLUSTER) /* a stranger learns nothing else of us */
        return;
    message->holder = hs_member_at(core, slot == HS_NO_SLOT ? core->view.self : slot)->meta->addr;
    message->refuser = core->name;
    message->refuser_len = strlen(core->name);
    message->table_max = core->config.max_members;
    message->clock = core->now.wall;
}

/* ---- sync -------------------------------------------------------------------------------- */

static void fill_sync(struct hearsay_node *node, const struct hs_send *send,
                      struct hs_message *message, struct hs_sync_scratch *scratch)
{
    message->exchange = send->as.sync.exchange;
    message->step = (enum hs_sync_step)send->as.sync.step;
    message->origin = hs_meant_origin(&node->core);
    if (send->as.sync.response)
        hs_sync_response_fill(&node->responses, send->as.sync.response, message, scratch);
    else
        hs_sync_fill(&node->sync, message, scratch);
}

static bool load_sync(struct hearsay_node *node, const struct departure *departure)
{
    const struct hs_send *send = departure->send;
    if (send->as.sync.response)
        return hs_sync_response_append(&node->responses, send->as.sync.response,
                                       (enum hs_sync_step)send->as.sync.step, departure->encoder);
    node->sync.created = departure->created;
    return true;
}

static void abandon_sync(struct hearsay_node *node, const struct hs_send *send)
{
    if (send->as.sync.response)
        hs_sync_response_abandon(&node->responses, send->as.sync.response);
}

/* ---- the table --------------------------------------------------------------------------- */

static const struct sender senders[HEARSAY_KIND_COUNT] = {
    [HEARSAY_KIND_GOSSIP] = {bind_receiver, fill_gossip, load_gossip, NULL},
    [HEARSAY_KIND_ACK] = {bind_receiver, fill_ack, load_ack, NULL},
    [HEARSAY_KIND_PROBE_REQUEST] = {bind_receiver, fill_probe_request, load_probe_request, NULL},
    [HEARSAY_KIND_NACK] = {bind_receiver, fill_nack, load_nack, NULL},
    [HEARSAY_KIND_CHALLENGE] = {bind_nobody, fill_challenge, NULL, NULL},
    [HEARSAY_KIND_JOIN] = {bind_nobody, fill_join, load_join, NULL},
    [HEARSAY_KIND_SYNC] = {bind_receiver, fill_sync, load_sync, abandon_sync},
    [HEARSAY_KIND_REFUSAL] = {bind_refused, fill_refusal, NULL, NULL},
};

/* ---- the public calls -------------------------------------------------------------------- */

static const char *receiver_name(const struct hearsay_node *node, const struct hs_send *send)
{
    return send->slot == HS_NO_SLOT ? NULL : hs_member_name(hs_member_at(&node->core, send->slot));
}

/* The receiver may have gone or have been replaced while the entry waited. */
static bool is_stale(const struct hearsay_node *node, const struct hs_send *send)
{
    return send->slot != HS_NO_SLOT &&
           !hs_table_holds(&node->core.view.table, send->slot, send->id);
}

/* R33, R35: an answer has the form of its question, all else the form that the receiver's record
 * asks for, and the tries of a probe all forms that it allows, one after the other. Returns false
 * if that is not ours any more: the keys or the mode have changed meanwhile. */
static bool choose_form(const struct hearsay_node *node, const struct hs_send *send,
                        uint32_t *ret_key)
{
    const struct hs_wire *wire = &node->core.wire;
    if (send->keyed) {
        *ret_key = send->key;
        return hs_wire_speaks(wire, send->key);
    }
    const struct hs_meta *meta = hs_member_at(&node->core, send->slot)->meta;
    uint32_t tries = 0;
    if (send->kind == HEARSAY_KIND_GOSSIP)
        tries =
            hs_probe_tries(&node->prober, send->as.gossip.probe, send->id, send->as.gossip.started);
    *ret_key = hs_wire_form_for(wire, hs_meta_marks(meta), meta->mark_count, tries);
    return true;
}

static size_t encode_datagram(struct hearsay_node *node, const struct hs_send *send, uint8_t *bytes,
                              size_t room, uint64_t created, bool *ret_done)
{
    const struct sender *sender = &senders[send->kind];
    struct hs_sync_scratch scratch;
    struct hs_encoder encoder;
    struct hs_message message = {
        .kind = send->kind,
        .sender = node->core.wire.self_id,
        .created = created,
        .digest = node->core.view.table.digest,
    };
    const struct departure departure = {.send = send, .encoder = &encoder, .created = created};
    size_t max = send->cap < room ? send->cap : room;
    struct hs_wire foreign;
    const struct hs_wire *wire = &node->core.wire;
    if (send->kind == HEARSAY_KIND_REFUSAL && send->as.refusal.reason == HS_REFUSAL_CLUSTER) {
        foreign = *wire; /* a newcomer of another cluster reads nothing but its own tag */
        foreign.cluster = send->as.refusal.cluster;
        wire = &foreign;
    }
    *ret_done = true;
    if (!choose_form(node, send, &message.key))
        return 0;
    sender->fill(node, send, &message, &scratch);
    if (!hs_encode_begin(&encoder, wire, bytes, max, sender->binding(node, send), &message))
        return 0;
    if (sender->load)
        *ret_done = sender->load(node, &departure);
    return hs_encode_end(&encoder);
}

size_t hearsay_node_transmit(struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_addr *ret_to, uint64_t *ret_ticket, void *bytes,
                             size_t room)
{
    struct hs_core *core = &node->core;
    const struct hs_send *first;
    core->now = now;
    if (room < core->config.mtu)
        return 0;
    while ((first = hs_send_queue_first(&core->queue)) != NULL) {
        struct hs_send send = *first;
        uint64_t created = now.wall > core->created ? now.wall : core->created + 1;
        bool done = true;
        size_t len =
            is_stale(node, &send) ? 0 : encode_datagram(node, &send, bytes, room, created, &done);
        if (done)
            hs_send_queue_pop(&core->queue);
        if (len == 0) {
            if (senders[send.kind].abandon)
                senders[send.kind].abandon(node, &send);
            continue;
        }
        core->created = created;
        core->stats.sent[send.kind]++;
        core->stats.bytes_sent += len;
        *ret_to = send.to;
        *ret_ticket = created;
        HS_TRACE(core, .kind = HEARSAY_TRACE_SENT, .addr = ret_to, .length = len,
                 .message = (enum hearsay_kind)send.kind, .timestamp = created,
                 .name = receiver_name(node, &send));
        return len;
    }
    return 0;
}

size_t hearsay_node_last_words(struct hearsay_node *node, struct hearsay_now now, unsigned index,
                               struct hearsay_addr *ret_to, void *bytes, size_t room)
{
    node->core.now = now;
    return hs_last_words_make(&node->last_words, index, ret_to, bytes, room);
}

uint64_t hearsay_node_last_words_version(const struct hearsay_node *node)
{
    return node->last_words.version;
}

void hearsay_node_sent(struct hearsay_node *node, struct hearsay_now now, uint64_t ticket,
                       int result)
{
    struct hs_core *core = &node->core;
    core->now = now;
    if (result == 0)
        return;
    core->stats.unsent++;
    HS_TRACE(core, .kind = HEARSAY_TRACE_UNSENT, .timestamp = ticket);
    hs_probe_unsent(&node->prober, ticket);
    hs_in_flight_unsent(&node->in_flight, ticket);
}
