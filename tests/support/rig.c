/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every datagram of a peer has a later creation time than the one before, as with a real peer, so
 * that datagrams are duplicates only in tests of duplicates.
 */
#include "rig.h"
#include "codec/decode.h"
#include "codec/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PEER 11u

/* ---- memory ------------------------------------------------------------------------------ */

static void *counting_resize(void *context, void *ptr, size_t size)
{
    struct rig_memory *memory = context;
    memory->calls++;
    if (memory->fail && --memory->fail == 0) {
        memory->failed = true;
        return NULL;
    }
    void *grown = realloc(ptr, size);
    if (!ptr && grown)
        memory->live++;
    return grown;
}

static void counting_release(void *context, void *ptr)
{
    struct rig_memory *memory = context;
    if (ptr)
        memory->live--;
    free(ptr);
}

struct hearsay_allocator rig_allocator(struct rig_memory *memory)
{
    return (struct hearsay_allocator){counting_resize, counting_release, memory};
}

/* ---- peers ------------------------------------------------------------------------------- */

struct hearsay_addr rig_addr(unsigned last)
{
    return (struct hearsay_addr){
        .family = 4, .port = 7847, .bytes = {10, 0, (uint8_t)(last >> 8), (uint8_t)last}};
}

void rig_peer_init(struct rig_peer *peer, const char *name, unsigned last, uint64_t instance)
{
    *peer = (struct rig_peer){.timestamp = RIG_WALL};
    snprintf(peer->name, sizeof peer->name, "%s", name);
    peer->blob = (struct hs_blob){
        .name = peer->name,
        .name_len = strlen(name),
        .addr = rig_addr(last),
        .instance = instance,
        .start = RIG_WALL,
        .tokens = 4,
        .version_min = 1,
        .version_max = 1,
    };
    peer->wire = (struct hs_wire){
        .seal = &hearsay_seal_none,
        .cluster = hs_cluster_tag("hearsay"),
        .self_id = hs_member_id(name, strlen(name), instance),
        .self_binding = hs_hash(name, strlen(name)),
    };
    int len = hs_blob_encode(peer->bytes, sizeof peer->bytes, &peer->blob, NULL, 0);
    ck_assert_int_gt(len, 0);
    peer->len = (size_t)len;
}

uint64_t rig_peer_id(const struct rig_peer *peer)
{
    return peer->wire.self_id;
}

struct hs_rumor rig_rumor(const struct rig_peer *peer, enum hearsay_status status,
                          uint64_t timestamp)
{
    struct hs_rumor rumor = {
        .blob = peer->bytes,
        .blob_len = peer->len,
        .id = rig_peer_id(peer),
        .timestamp = timestamp,
        .status = status,
        .cause = status == HEARSAY_STATUS_DEAD ? HEARSAY_CAUSE_FAILED : HEARSAY_CAUSE_NONE,
    };
    hs_blob_decode(&rumor.decoded, rumor.blob, rumor.blob_len);
    return rumor;
}

/* ---- making ------------------------------------------------------------------------------ */

void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->now = (struct hearsay_now){RIG_BOOT, RIG_WALL};
    hearsay_config_init(&rig->config, HEARSAY_PROFILE_LAN);
    rig->config.name = "n1";
    rig->config.advertise = rig_addr(1);
    rig->config.tokens = 4;
    rig->config.seed = 7;
    memset(rig->config.entropy, 0x5a, sizeof rig->config.entropy);
    rig->config.allocator = rig_allocator(&rig->memory);
}

void rig_start(struct rig *rig)
{
    ck_assert_int_eq(hearsay_node_new(&rig->node, &rig->config, rig->now), 0);
    rig_forget_events(rig);
}

void rig_fini(struct rig *rig)
{
    hearsay_node_free(rig->node);
    rig->node = NULL;
    ck_assert_uint_eq(rig->memory.live, 0);
}

struct rig_peer *rig_stranger(struct rig *rig, const char *name)
{
    ck_assert_uint_lt(rig->peer_count, RIG_PEERS);
    struct rig_peer *peer = &rig->peers[rig->peer_count++];
    rig_peer_init(peer, name, FIRST_PEER + rig->peer_count - 1, rig->peer_count);
    return peer;
}

struct rig_peer *rig_meet(struct rig *rig, const char *name)
{
    struct rig_peer *peer = rig_stranger(rig, name);
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, peer->timestamp);
    rig->node->core.now = rig->now;
    hs_merge_rumor(&rig->node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    hs_table_at(&rig->node->core.view.table, rig_slot(rig, peer))->flags |= HS_MEMBER_PROVEN;
    return peer;
}

void rig_meet_some(struct rig *rig, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        rig_meet(rig, name)->answers = true;
    }
    rig_forget_events(rig);
    rig_drain(rig);
}

/* ---- in ---------------------------------------------------------------------------------- */

size_t rig_encode(struct rig *rig, struct rig_peer *peer, struct hs_message message,
                  const struct hs_rumor *rumors, size_t count, uint8_t *bytes)
{
    struct hs_encoder encoder;
    peer->created = rig->now.wall > peer->created ? rig->now.wall : peer->created + 1;
    message.sender = rig_peer_id(peer);
    message.created = peer->created;
    if (message.kind == HEARSAY_KIND_GOSSIP && !message.timestamp)
        message.timestamp = peer->timestamp;
    if (!message.digest)
        message.digest = rig->node->core.view.table.digest;
    ck_assert(hs_encode_begin(&encoder, &peer->wire, bytes, HEARSAY_DATAGRAM_MAX,
                              rig->node->core.wire.self_binding, &message));
    for (size_t i = 0; i < count; i++)
        ck_assert(hs_encode_rumor(&encoder, &rumors[i]));
    return hs_encode_end(&encoder);
}

size_t rig_send(struct rig *rig, struct rig_peer *peer, struct hs_message message,
                const struct hs_rumor *rumors, size_t count)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    size_t len = rig_encode(rig, peer, message, rumors, count, bytes);
    hearsay_node_receive(rig->node, rig->now, &peer->blob.addr, bytes, len);
    return len;
}

void rig_tell(struct rig *rig, struct rig_peer *peer, const struct hs_rumor *rumor)
{
    rig_send(rig, peer, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, rumor, 1);
}

/* ---- out --------------------------------------------------------------------------------- */

static struct rig_peer *peer_at(struct rig *rig, const struct hearsay_addr *addr)
{
    for (unsigned i = rig->peer_count; i-- > 0;)
        if (hearsay_addr_equal(&rig->peers[i].blob.addr, addr))
            return &rig->peers[i];
    return NULL;
}

/* Finds the latest peer at that address that can open the datagram, because in some tests a name
 * moves to another address. */
static void decode_out(struct rig *rig, struct rig_out *out)
{
    for (unsigned i = rig->peer_count; i-- > 0 && !out->decoded;) {
        uint8_t copy[HEARSAY_DATAGRAM_MAX];
        enum hearsay_drop reason;
        struct hs_message probe;
        if (!hearsay_addr_equal(&rig->peers[i].blob.addr, &out->to))
            continue;
        memcpy(copy, out->bytes, out->len);
        if (hs_message_decode(&probe, &reason, &rig->peers[i].wire, copy, out->len))
            out->decoded = hs_message_decode(&out->message, &reason, &rig->peers[i].wire,
                                             out->bytes, out->len);
    }
}

bool rig_next(struct rig *rig, struct rig_out *ret_out)
{
    ret_out->decoded = false;
    ret_out->len = hearsay_node_transmit(rig->node, rig->now, &ret_out->to, &ret_out->ticket,
                                         ret_out->bytes, sizeof ret_out->bytes);
    if (ret_out->len == 0)
        return false;
    ck_assert_uint_le(ret_out->len, rig->config.mtu); /* R10: size */
    decode_out(rig, ret_out);
    return true;
}

bool rig_expect(struct rig *rig, enum hearsay_kind kind, struct rig_out *ret_out)
{
    while (rig_next(rig, ret_out))
        if (ret_out->decoded && ret_out->message.kind == kind)
            return true;
    return false;
}

bool rig_expect_to(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer,
                   struct rig_out *ret_out)
{
    while (rig_expect(rig, kind, ret_out))
        if (hearsay_addr_equal(&ret_out->to, &peer->blob.addr))
            return true;
    return false;
}

size_t rig_drain(struct rig *rig)
{
    struct rig_out out;
    size_t count = 0;
    while (rig_next(rig, &out))
        count++;
    return count;
}

bool rig_carries(const struct rig_out *out, uint64_t id, struct hs_rumor *ret_rumor)
{
    struct hs_rumors rumors = out->message.rumors;
    while (out->decoded && hs_rumors_next(&rumors, ret_rumor) == HS_RUMOR_OK)
        if (ret_rumor->id == id)
            return true;
    return false;
}

/* ---- time -------------------------------------------------------------------------------- */

static bool target_answers(const struct rig *rig, uint64_t target)
{
    for (unsigned i = 0; i < rig->peer_count; i++)
        if (rig_peer_id(&rig->peers[i]) == target)
            return rig->peers[i].answers;
    return false;
}

/* Answers as a member would: with an ack, and as a helper with its finding, at once. */
static void answer(struct rig *rig, const struct rig_out *out)
{
    struct rig_peer *peer = peer_at(rig, &out->to);
    if (!peer || !peer->answers || !out->decoded)
        return;
    struct hs_message reply = {.kind = HEARSAY_KIND_ACK, .acked = out->message.created};
    if (out->message.kind == HEARSAY_KIND_PROBE_REQUEST && !rig->no_help) {
        if (!target_answers(rig, out->message.target))
            reply.kind = HEARSAY_KIND_NACK;
    } else if (out->message.kind != HEARSAY_KIND_GOSSIP) {
        return;
    }
    rig_send(rig, peer, reply, NULL, 0);
}

static void answer_all(struct rig *rig)
{
    struct rig_out out;
    while (rig_next(rig, &out))
        answer(rig, &out);
}

static bool is_awaited(const struct rig_out *out, enum hearsay_kind kind,
                       const struct rig_peer *peer)
{
    return out->decoded && out->message.kind == kind &&
           (!peer || hearsay_addr_equal(&out->to, &peer->blob.addr));
}

static void advance_to(struct rig *rig, uint64_t boot)
{
    if (boot <= rig->now.boot)
        return;
    rig->now.wall += boot - rig->now.boot;
    rig->now.boot = boot;
}

static void pass_time(struct rig *rig, uint64_t span, bool take)
{
    uint64_t end = rig->now.boot + span;
    if (take)
        answer_all(rig);
    while (hearsay_node_deadline(rig->node) <= end) {
        advance_to(rig, hearsay_node_deadline(rig->node));
        hearsay_node_tick(rig->node, rig->now);
        ck_assert_uint_gt(hearsay_node_deadline(rig->node), rig->now.boot);
        if (take)
            answer_all(rig);
    }
    advance_to(rig, end);
}

void rig_run(struct rig *rig, uint64_t span)
{
    pass_time(rig, span, true);
}

void rig_tick(struct rig *rig, uint64_t span)
{
    pass_time(rig, span, false);
}

bool rig_wait(struct rig *rig, enum hearsay_kind kind, const struct rig_peer *peer, uint64_t span,
              struct rig_out *ret_out)
{
    uint64_t end = rig->now.boot + span;
    for (;;) {
        while (rig_next(rig, ret_out)) {
            if (is_awaited(ret_out, kind, peer))
                return true;
            answer(rig, ret_out);
        }
        if (hearsay_node_deadline(rig->node) > end)
            break;
        advance_to(rig, hearsay_node_deadline(rig->node));
        hearsay_node_tick(rig->node, rig->now);
    }
    advance_to(rig, end);
    return false;
}

/* ---- events and state -------------------------------------------------------------------- */

bool rig_event(struct rig *rig, enum hearsay_event_kind kind, struct hearsay_event *ret_event)
{
    while (hearsay_node_next_event(rig->node, rig->now, ret_event))
        if (ret_event->kind == kind)
            return true;
    return false;
}

bool rig_event_to(struct rig *rig, const char *name, enum hearsay_status to,
                  struct hearsay_event *ret_event)
{
    while (rig_event(rig, HEARSAY_EVENT_MEMBER, ret_event))
        if (strcmp(ret_event->name, name) == 0 && ret_event->to == to)
            return true;
    return false;
}

void rig_forget_events(struct rig *rig)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(rig->node, rig->now, &event))
        continue;
}

struct hearsay_stats rig_stats(const struct rig *rig)
{
    struct hearsay_stats stats;
    hearsay_node_stats(rig->node, &stats);
    return stats;
}

uint64_t rig_drops(const struct rig *rig, enum hearsay_drop reason)
{
    return rig_stats(rig).drops[reason];
}

struct hearsay_member rig_member(const struct rig *rig, const char *name)
{
    struct hearsay_member member = {.status = HEARSAY_STATUS_NONE};
    hearsay_node_member(rig->node, rig->now, name, &member);
    return member;
}

uint32_t rig_slot(const struct rig *rig, const struct rig_peer *peer)
{
    uint32_t slot = hs_table_find_name(&rig->node->core.view.table, peer->name, strlen(peer->name));
    ck_assert_uint_ne(slot, HS_NO_SLOT);
    return slot;
}

uint64_t rig_left(const struct rig *rig, const struct hs_timer *timer)
{
    ck_assert(hs_timer_armed(timer));
    return rig->node->core.timers.items[timer->position - 1].deadline - rig->now.boot;
}
