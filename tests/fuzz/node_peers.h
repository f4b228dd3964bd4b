/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers of fuzz_node: who they are, which keys they have, what they have heard from the node,
 * and how they say what a step asks for. They take numbers from what the node has said (nonces,
 * creation times, exchanges), because a fuzzer cannot guess 64 bits.
 */
#ifndef HS_TESTS_FUZZ_NODE_PEERS_H
#define HS_TESTS_FUZZ_NODE_PEERS_H

#include <stdio.h>

#include <hearsay-tree/many.h>
#include <hearsay/error.h>
#include <hearsay/keyring.h>

#include "arena.h"
#include "codec/bitmap.h"
#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/form.h"
#include "demand.h"
#include "inspect.h"
#include "rules/send.h"
#include "steps.h"

#define PEERS   8
#define MEMBERS 4 /* peers that the node knows at the start; the last one's address is not proven */
#define SAID    32 /* datagrams of the node that are remembered */
#define DRAIN   (HS_SEND_QUEUE_MAX + HS_SYNC_RESPONSES_MAX * HS_SYNC_RESPONSE_RECORDS)

struct peer {
    char name[8];
    struct hs_wire wire;
    struct hearsay_addr addr;
    uint8_t blob[HS_BLOB_MAX];
    size_t len;
    uint64_t instance, timestamp;
};

/* What the node has said. */
struct said {
    struct hearsay_addr to;
    unsigned kind;
    uint64_t created, nonce, exchange;
    unsigned bits;
    uint8_t head[HS_HEAD_SIZE];
};

/* All that changes in a run, except the node. */
struct scene {
    struct hearsay_now now;
    struct peer peers[PEERS], own; /* own: our name and record, so that others can speak of us */
    struct said said[SAID];
    unsigned said_count;
    uint64_t created;  /* of the last datagram that a peer made */
    uint64_t was_sent; /* creation time of the node's last datagram */
    bool proven[256];  /* addresses that have echoed a number of ours, by their last byte */
};

struct setup {
    struct arena arena;
    struct hearsay_config config;
    struct hearsay_node *node;
    struct scene scene;
};

struct run {
    struct steps input;
    struct setup *setup;
    struct hearsay_node *node;
    struct scene s;
};

static inline bool is_proven(const struct run *run, const struct hearsay_addr *addr)
{
    return run->s.proven[addr->bytes[3]];
}

/* ---- keys -------------------------------------------------------------------------------- */

#define KEY_A   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B   "//////////////////////////////////////////8="
#define KEY_C   "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEYSETS 5u

/* Keys that a node may have. Its peers have the second set, if they have any. */
static inline const struct hearsay_keyring *keyset(unsigned choice)
{
    static const char *const texts[KEYSETS] = {KEY_A, KEY_A "\n" KEY_B, KEY_B "\n" KEY_A, KEY_B,
                                               KEY_C};
    static struct hearsay_keyring *keyrings[KEYSETS];
    struct hearsay_keyring **keyring = &keyrings[choice % KEYSETS];
    const char *text = texts[choice % KEYSETS];
    if (!*keyring && hearsay_keyring_parse(keyring, "hearsay", text, strlen(text), NULL) != 0)
        abort();
    return *keyring;
}

/* In which form a peer says something, by bits 3 to 5 of a byte: as the node does, plain, or under
 * one of its keys. */
static inline uint32_t form_of(const struct run *run, const struct peer *peer, uint8_t choice)
{
    unsigned form = choice / 8 % 8;
    if (peer->wire.key_count == 0 || form == 1)
        return HS_KEY_PLAIN;
    if (form == 0)
        return run->setup->config.seal_mode < HEARSAY_SEAL_ON ? HS_KEY_PLAIN : peer->wire.keys[0];
    return peer->wire.keys[form % peer->wire.key_count];
}

/* ---- peers ------------------------------------------------------------------------------- */

static inline void make_blob(struct peer *peer, struct hearsay_addr addr, uint64_t instance,
                             uint64_t start)
{
    struct hearsay_tag tags[] = {{"zone", addr.bytes[3] & 1u ? "x" : "y"}, {"role", "z"}};
    uint8_t marks[HEARSAY_KEYS_MAX * HS_MARK_SIZE];
    for (uint32_t i = 0; i < peer->wire.key_count * HS_MARK_SIZE; i++)
        marks[i] = (uint8_t)(peer->wire.keys[i / HS_MARK_SIZE] >> (24 - i % HS_MARK_SIZE * 8));
    struct hs_blob blob = {
        .name = peer->name,
        .name_len = strlen(peer->name),
        .addr = addr,
        .instance = instance,
        .start = start,
        .tokens = 1 + addr.bytes[3] % 3,
        .version_min = 1,
        .version_max = 1,
        .marks = marks,
        .mark_count = peer->wire.key_count,
    };
    int len = hs_blob_encode(peer->blob, sizeof(peer->blob), &blob, tags, addr.bytes[3] % 3);
    if (len < 0)
        abort();
    peer->len = (size_t)len;
    peer->addr = addr;
    peer->instance = instance;
    peer->wire.self_id = hs_member_id(peer->name, blob.name_len, instance);
    peer->wire.self_binding = hs_hash(peer->name, blob.name_len);
}

static inline struct peer make_peer(const struct setup *setup, const char *name, unsigned last,
                                    uint64_t start)
{
    struct peer peer = {.timestamp = start};
    snprintf(peer.name, sizeof(peer.name), "%s", name);
    peer.wire.seal = setup->config.seal;
    peer.wire.cluster = hs_cluster_tag("hearsay");
    if (setup->config.seal_mode != HEARSAY_SEAL_OFF)
        hs_wire_set_cipher(&peer.wire, &hearsay_cipher_siv, keyset(1), HEARSAY_SEAL_ON);
    make_blob(&peer, addr_of(last), last, start);
    return peer;
}

static const char *const peer_names[PEERS] = {"a", "b", "c", "d", "e", "f", "a", "me"};

/* ---- what the node says ------------------------------------------------------------------ */

/* What only the receiver of a datagram can read; of the other kinds nothing is needed. */
static inline void read_as(struct run *run, struct peer *peer, struct said *said, uint8_t *bytes,
                           size_t len)
{
    struct hs_message message;
    struct hs_rumor rumor;
    enum hearsay_drop reason;
    if (!hs_message_decode(&message, &reason, &peer->wire, bytes, len))
        return;
    said->nonce = message.nonce ? message.nonce : message.echo;
    said->exchange = message.exchange;
    said->bits = message.bits;
    if (message.kind != HEARSAY_KIND_JOIN || !hs_rumors_next(&message.rumors, &rumor))
        return;
    memcpy(run->s.own.blob, rumor.blob, rumor.blob_len);
    run->s.own.len = rumor.blob_len;
}

static inline void remember(struct run *run, const struct hearsay_addr *to, uint8_t *bytes,
                            size_t len)
{
    struct said *said = &run->s.said[run->s.said_count++ % SAID];
    struct hs_head head;
    demand(hs_head_decode(&head, bytes, len) ? NULL : "a datagram without head");
    demand(head.created > run->s.was_sent ? NULL : "creation times that do not grow");
    run->s.was_sent = head.created;
    *said = (struct said){.to = *to, .kind = head.kind, .created = head.created};
    memcpy(said->head, bytes, sizeof(said->head));
    bool read = head.kind == HEARSAY_KIND_JOIN || head.kind == HEARSAY_KIND_CHALLENGE ||
                head.kind == HEARSAY_KIND_SYNC;
    for (unsigned i = 0; i < PEERS && read; i++)
        if (hearsay_addr_equal(&run->s.peers[i].addr, to)) {
            read_as(run, &run->s.peers[i], said, bytes, len);
            return;
        }
}

/* What to measure of the datagrams that leave. */
struct sum {
    size_t answers; /* bytes of answers to addresses that are not proven */
};

static inline bool is_answer(unsigned kind)
{
    return kind == HEARSAY_KIND_ACK || kind == HEARSAY_KIND_NACK ||
           kind == HEARSAY_KIND_CHALLENGE || kind == HEARSAY_KIND_REFUSAL ||
           kind == HEARSAY_KIND_SYNC;
}

/* Sends up to `count`; of eight `fail` do not leave. */
static inline void send_some(struct run *run, unsigned count, unsigned fail, struct sum *sum)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len;
    unsigned sent = 0;
    while (sent < count && (len = hearsay_node_transmit(run->node, run->s.now, &to, &ticket, bytes,
                                                        sizeof(bytes))) > 0) {
        demand(++sent > DRAIN ? "more datagrams than the queue holds" : NULL);
        demand(len > run->setup->config.mtu ? "a datagram beyond the mtu" : NULL);
        remember(run, &to, bytes, len);
        unsigned kind = run->s.said[(run->s.said_count - 1) % SAID].kind;
        demand(kind == HEARSAY_KIND_GOSSIP && !is_proven(run, &to) && len > HS_UNPROVEN_MAX
                   ? "a long gossip to an address that is not proven"
                   : NULL);
        if (sent % 8 < fail)
            hearsay_node_sent(run->node, run->s.now, ticket, HEARSAY_ERR_UNSENT);
        if (sum && is_answer(kind) && !is_proven(run, &to))
            sum->answers += len;
    }
}

/* The newest datagram of this kind to this address, or an older one; without any, any. */
static inline const struct said *recall(const struct run *run, unsigned kind,
                                        const struct hearsay_addr *to, unsigned choice)
{
    unsigned skip = choice % 4;
    for (unsigned i = 1; i <= SAID; i++) {
        const struct said *said = &run->s.said[(run->s.said_count - i) % SAID];
        if (said->kind == kind && hearsay_addr_equal(&said->to, to) && skip-- == 0)
            return said;
    }
    return &run->s.said[choice % SAID];
}

/* ---- rumors ------------------------------------------------------------------------------ */

/* One of the peers, ourselves, or somebody of the crowd, who may be unknown. */
static inline struct peer whom(const struct run *run, unsigned choice)
{
    if (choice % 16 == 15)
        return run->s.own;
    if (choice % 16 < 12)
        return run->s.peers[choice % PEERS];
    char name[8];
    snprintf(name, sizeof(name), "x%u", choice / 16 * 140 + choice % 4);
    return make_peer(run->setup, name, 100 + choice / 16, WALL);
}

static inline uint64_t held_timestamp(const struct run *run, const struct peer *about)
{
    struct hearsay_member member;
    if (hearsay_node_member(run->node, run->s.now, about->name, &member) != 0)
        return about->timestamp;
    return member.timestamp;
}

/* Bytes: whom, status and form, timestamp, age, accusers. */
static inline void append_rumor(struct run *run, struct hs_encoder *encoder, const uint8_t *step)
{
    static const uint64_t ages[] = {0, 999, 1000, 3599999, 3600000, 7200000, 100000000, UINT32_MAX};
    struct peer about = whom(run, step[0]);
    struct hs_rumor rumor = {
        .blob = step[1] & 4u ? about.blob : NULL,
        .blob_len = about.len,
        .id = about.wire.self_id,
        .blob_check = (uint32_t)hs_hash(about.blob, about.len),
        .timestamp = held_timestamp(run, &about) + step[2] % 32 - (step[2] & 32u ? 32 : 0),
        .status = (enum hearsay_status)(1 + step[1] % 4 % 3),
        .age = ages[step[3] % 8],
        .accuser_count = step[4] % (HS_ACCUSERS_MAX + 1),
    };
    if (step[2] == 255)
        rumor.timestamp = UINT64_MAX;
    if (rumor.status == HEARSAY_STATUS_DEAD)
        rumor.cause = (enum hearsay_cause)(1 + step[1] / 8 % 3);
    rumor.ended = rumor.cause == HEARSAY_CAUSE_FAILED && (step[6] & 64u) != 0;
    for (uint8_t i = 0; i < rumor.accuser_count; i++)
        rumor.accusers[i] = step[5] % 16 == 15 && i == 0
                                ? run->s.own.wire.self_id
                                : run->s.peers[(step[5] + i) % PEERS].wire.self_id;
    rumor.refused_mask = (uint8_t)(step[6] & ((1u << rumor.accuser_count) - 1));
    hs_encode_rumor(encoder, &rumor);
}

/* ---- datagrams --------------------------------------------------------------------------- */

/* What the fields of a sync message borrow. */
struct borrowed {
    uint8_t bitmap[HS_BITMAP_SIZE];
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

/* Bytes 3 to 5: step, pattern of the bitmap, entries. */
static inline void fill_sync(struct run *run, struct hs_message *message, const uint8_t *step,
                             const struct said *said, struct borrowed *borrowed)
{
    message->step = (enum hs_sync_step)(step[3] / 2 % 6);
    message->bits = step[3] & 128u ? step[4] % (HS_BUCKET_BITS + 1) : said->bits;
    message->exchange = said->exchange;
    message->buckets = message->entries = borrowed->bytes;
    message->bitmap = borrowed->bitmap;
    memset(borrowed->bytes, step[5], sizeof(borrowed->bytes));
    memset(borrowed->bitmap, step[4], sizeof(borrowed->bitmap));
    message->entry_count = step[5] % 32;
    size_t buckets = hs_bitmap_count(message->bitmap, message->bits);
    if (message->step == HS_SYNC_FINE || message->step == HS_SYNC_FINER) {
        if (buckets > HS_FINE_MAX) { /* as many as fit */
            memset(borrowed->bitmap + 4, 0, sizeof(borrowed->bitmap) - 4);
            buckets = hs_bitmap_count(message->bitmap, message->bits);
        }
        message->entry_count = buckets;
        return;
    }
    if (message->step == HS_SYNC_LIST && step[3] & 64u) {
        message->masks = borrowed->bytes + 8 * message->entry_count;
        message->mask_count = buckets;
    }
    size_t width = hs_sync_entry_size(message->step);
    for (size_t i = 0; i < message->entry_count; i++) {
        struct peer about = whom(run, step[5] + (unsigned)i);
        for (unsigned k = 0; k < 4; k++)
            borrowed->bytes[width * i + k] = (uint8_t)(about.wire.self_binding >> (24 - 8 * k));
    }
}

/* Where the cluster of a peer comes from: nowhere yet, from us, from another peer or from a
 * stranger, by the lowest bits of a byte. */
static inline struct hs_origin origin_of(struct run *run, uint8_t which)
{
    struct peer founder = whom(run, which / 4u);
    struct hs_origin origin = {
        .id = which % 4 == 3   ? 77
              : which % 4 == 2 ? founder.wire.self_id
                               : 0,
        .name_hash = which % 4 == 3 ? 77 : founder.wire.self_binding,
        .addr = founder.addr.family ? founder.addr : addr_of(1),
    };
    if (which % 4 == 1)
        origin = hs_meant_origin(&run->node->core);
    return origin;
}

/* A challenge, a join or a refusal. Bytes 3 to 5: what is echoed, our state, in full (128); the
 * holder or the origin. */
static inline void fill_join(struct run *run, struct hs_message *message, const uint8_t *step,
                             const struct said *said)
{
    message->nonce = step[3] & 2u ? step[4] : 0;
    message->echo = step[3] & 4u ? said->created : step[3] & 8u ? 0 : said->nonce;
    message->state = step[3] & 16u   ? hs_wire_state(HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE)
                     : step[3] & 32u ? hs_wire_state(HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED)
                                     : 0;
    message->timestamp = run->s.own.timestamp + step[4];
    message->start = WALL + step[5] - 128u;
    if (step[3] & 64u && message->state)
        message->start = UINT64_MAX;
    message->reason = (enum hs_refusal_reason)(step[4] & 3u);
    message->clock = step[4] & 4u ? UINT64_MAX - step[5] : step[5];
    message->refuser = "p0";
    message->refuser_len = step[4] & 8u ? 2 : 0;
    message->holder = addr_of(1 + step[5] % 16);
    message->origin = origin_of(run, step[5]);
}

/* What a datagram of this kind answers. */
static inline unsigned answers_what(unsigned kind, unsigned choice)
{
    static const unsigned kinds[HEARSAY_KIND_COUNT] = {
        [HEARSAY_KIND_ACK] = HEARSAY_KIND_GOSSIP,
        [HEARSAY_KIND_NACK] = HEARSAY_KIND_PROBE_REQUEST,
        [HEARSAY_KIND_CHALLENGE] = HEARSAY_KIND_JOIN,
        [HEARSAY_KIND_JOIN] = HEARSAY_KIND_CHALLENGE,
        [HEARSAY_KIND_REFUSAL] = HEARSAY_KIND_JOIN,
        [HEARSAY_KIND_SYNC] = HEARSAY_KIND_SYNC,
    };
    if (choice & 128u) /* the welcome to a join; a challenge to a gossip */
        return kind == HEARSAY_KIND_JOIN ? HEARSAY_KIND_JOIN : HEARSAY_KIND_GOSSIP;
    return kinds[kind];
}

static inline size_t craft(struct run *run, struct peer *peer, unsigned kind, const uint8_t *step,
                           const struct said *said, uint8_t bytes[HEARSAY_DATAGRAM_MAX])
{
    struct borrowed borrowed;
    struct hs_encoder encoder;
    struct hs_message message = {
        .kind = kind,
        .key = form_of(run, peer, step[1]),
        .sender = peer->wire.self_id,
        .created = step[2] & 64u ? run->s.created : ++run->s.created, /* 64: a repeat */
        .acked = said->created,
        .finding = (enum hs_finding)(step[4] & 1u),
        .target = whom(run, step[5]).wire.self_id,
    };
    struct hearsay_stats stats;
    if (kind == HEARSAY_KIND_GOSSIP)
        message.timestamp = held_timestamp(run, peer) - (step[3] & 2u ? 1 : 0);
    hearsay_node_stats(run->node, &stats);
    message.digest = stats.digest + (step[3] & 1u ? step[4] : 0);
    if (kind == HEARSAY_KIND_SYNC)
        fill_sync(run, &message, step, said, &borrowed);
    if (kind == HEARSAY_KIND_CHALLENGE || kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_REFUSAL)
        fill_join(run, &message, step, said);
    if (kind == HEARSAY_KIND_CHALLENGE && step[3] & 128u) {
        message.name = peer->name;
        message.name_len = strlen(peer->name);
    }
    if (!hs_encode_begin(&encoder, &peer->wire, bytes, HEARSAY_DATAGRAM_MAX,
                         run->s.own.wire.self_binding, &message))
        return 0;
    if (kind == HEARSAY_KIND_JOIN) {
        struct hs_rumor alive = {.blob = peer->blob,
                                 .blob_len = peer->len,
                                 .timestamp = ++peer->timestamp,
                                 .status = HEARSAY_STATUS_ALIVE};
        hs_encode_rumor(&encoder, &alive);
        struct hs_call call = {
            .origin = message.origin,
            .meant = step[3] & 128u ? run->s.own.wire.self_binding : 0,
            .judged = step[3] & 64u,
        };
        if (step[3] & 192u)
            hs_encode_call(&encoder, &call);
        if (call.meant)
            hs_encode_pad(&encoder, 267);
    }
    for (unsigned count = step[6] % 4; count > 0; count--)
        append_rumor(run, &encoder, next_step(&run->input));
    return hs_encode_end(&encoder);
}

/* R28: an address that has proven nothing gets no answer that is longer than its question. */
static inline void deliver(struct run *run, const struct hearsay_addr *from, uint8_t *bytes,
                           size_t len)
{
    struct sum sum = {0};
    bool measured = !is_proven(run, from);
    if (measured)
        send_some(run, UINT32_MAX, 0, NULL); /* so that only answers are left */
    hearsay_node_receive(run->node, run->s.now, from, bytes, len);
    if (!measured)
        return;
    send_some(run, UINT32_MAX, 0, &sum);
    demand(sum.answers > len ? "an answer that is longer than its question" : NULL);
}

/* Bytes: who (bits 0 to 2), form (3 to 5), from elsewhere (64); what it answers, a repeat (64); of
 * the kind, 3 to 5; rumors (bits 0, 1), which are the next steps; damage. */
static inline void receive(struct run *run, unsigned kind, const uint8_t *step)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct peer *peer = &run->s.peers[step[1] % PEERS];
    struct hearsay_addr from = step[1] & 64u ? addr_of(200) : peer->addr;
    const struct said *said = recall(run, answers_what(kind, step[2]), &peer->addr, step[2]);
    if (said->to.family && kind != HEARSAY_KIND_GOSSIP && kind != HEARSAY_KIND_PROBE_REQUEST)
        run->s.proven[from.bytes[3]] = run->s.proven[peer->addr.bytes[3]] = true;
    size_t len = craft(run, peer, kind, step, said, bytes);
    if (step[7] && len)
        bytes[(step[7] * 7u) % len] ^= (uint8_t)(1u << step[7] % 8);
    deliver(run, &from, bytes, len);
}

/* A body that stands in the input, sealed as it should be. Bytes: who, form, kind, steps of
 * body. */
static inline void receive_raw(struct run *run, const uint8_t *step)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX], nothing[HS_BITMAP_SIZE] = {0};
    struct peer *peer = &run->s.peers[step[1] % PEERS];
    struct hs_encoder encoder;
    struct hs_message message = {
        .kind = 1 + step[3] % (HEARSAY_KIND_COUNT - 1),
        .key = form_of(run, peer, step[2]),
        .created = ++run->s.created,
        .buckets = nothing,
        .bitmap = nothing,
    };
    if (!hs_encode_begin(&encoder, &peer->wire, bytes, HEARSAY_DATAGRAM_MAX,
                         run->s.own.wire.self_binding, &message))
        return;
    encoder.at = HS_HEAD_SIZE;
    for (unsigned count = step[4] % 16; count > 0; count--) {
        memcpy(bytes + encoder.at, next_step(&run->input), STEP_SIZE);
        encoder.at += STEP_SIZE;
    }
    deliver(run, &peer->addr, bytes, hs_encode_end(&encoder));
}

#endif
