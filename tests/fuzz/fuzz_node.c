/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a whole node, fed with what the input encodes: datagrams of a few senders, sealed as
 * they should be so that the checksum does not hide the rules; ticks, clock jumps, ICMP quotes,
 * commands. Fields come from what the node itself has said (its nonces, the ids of its datagrams),
 * or the fuzzer would never get past the first question. After each step the node's inside must
 * tell one story (inspect.h) and its outside keep the bounds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECOND  UINT64_C(1000000)
#define WALL    (UINT64_C(1772323200) * SECOND)
#define BOOT    (1000 * SECOND)
#define SENDERS 8
#define HEARD   16 /* datagrams of the node that are remembered */
#define STEPS   600

struct sender {
    char name[8];
    struct hs_wire wire;
    struct hearsay_addr addr;
    uint8_t blob[HS_BLOB_MAX];
    size_t len;
    uint64_t instance, created;
};

/* What the node has said: its id, and the nonce or echo in it. */
struct said {
    struct hearsay_addr to;
    uint64_t created, nonce, exchange;
    uint8_t head[HS_HEAD_SIZE];
};

struct stage {
    const uint8_t *at, *end; /* the input */
    struct hearsay_node *node;
    struct hearsay_config config;
    struct hearsay_now now;
    struct sender senders[SENDERS];
    struct said said[HEARD];
    unsigned said_next;
    bool left;
};

static void demand(const char *wrong)
{
    if (wrong == NULL)
        return;
    fprintf(stderr, "%s\n", wrong);
    abort();
}

static uint8_t take(struct stage *stage)
{
    return stage->at < stage->end ? *stage->at++ : 0;
}

static struct hearsay_addr addr_of(unsigned last)
{
    return (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, (uint8_t)last}};
}

/* ---- the cast ---------------------------------------------------------------------------- */

static void make_blob(struct sender *sender, unsigned address, uint64_t instance, uint64_t start)
{
    struct hs_blob blob = {
        .name = sender->name,
        .name_len = strlen(sender->name),
        .addr = addr_of(address),
        .instance = instance,
        .start = start,
        .tokens = 1 + address % 3,
        .version_min = 1,
        .version_max = 1,
    };
    int len = hs_blob_encode(sender->blob, sizeof sender->blob, &blob, NULL, 0);
    sender->len = len > 0 ? (size_t)len : 0;
    sender->addr = blob.addr;
    sender->instance = instance;
    sender->wire.self_id = hs_member_id(sender->name, blob.name_len, instance);
    sender->wire.self_binding = hs_hash(sender->name, blob.name_len);
}

/* Four members, two strangers, a second "a" elsewhere, and a second one of us. */
static void make_cast(struct stage *stage)
{
    static const char *const names[SENDERS] = {"a", "b", "c", "d", "e", "f", "a", "me"};
    for (unsigned i = 0; i < SENDERS; i++) {
        struct sender *sender = &stage->senders[i];
        snprintf(sender->name, sizeof sender->name, "%s", names[i]);
        sender->wire.seal = &hearsay_seal_none;
        sender->wire.cluster = hs_cluster_tag("hearsay");
        make_blob(sender, 2 + i, 1 + i, WALL + i);
        struct hs_rumor alive = {.blob = sender->blob,
                                 .blob_len = sender->len,
                                 .id = sender->wire.self_id,
                                 .stamp = WALL,
                                 .status = HEARSAY_ALIVE};
        if (i < 4 && hs_blob_decode(&alive.decoded, alive.blob, alive.blob_len))
            hs_merge_rumor(stage->node, &alive, &(struct hs_source){.from = HS_NO_SLOT});
    }
    for (uint32_t slot = 1; slot < 3; slot++)
        hs_table_at(&stage->node->table, slot)->flags |= HS_MEMBER_ECHOED;
}

static void make_node(struct stage *stage)
{
    uint8_t choice = take(stage);
    stage->now = (struct hearsay_now){BOOT, WALL};
    hearsay_config_init(&stage->config, HEARSAY_PROFILE_LAN);
    stage->config.name = "me";
    stage->config.advertise = addr_of(1);
    stage->config.allocator = hearsay_host_allocator();
    stage->config.tokens = 2;
    stage->config.seed = choice;
    stage->config.ring = choice & 1u;
    stage->config.mtu = choice & 2u ? HEARSAY_MTU_MIN : HEARSAY_DATAGRAM_MAX;
    stage->config.max_members = choice & 4u ? 5 : 100;
    stage->config.tombstone_ttl = 3600 * SECOND;
    if (hearsay_node_new(&stage->node, &stage->config, stage->now) != 0)
        abort();
    make_cast(stage);
}

/* ---- what the node says ------------------------------------------------------------------ */

static void remember(struct stage *stage, const struct hearsay_addr *to, uint8_t *bytes, size_t len)
{
    struct said *said = &stage->said[stage->said_next++ % HEARD];
    struct hs_head head;
    struct hs_message message;
    enum hearsay_drop why;
    if (!hs_head_decode(&head, bytes, len))
        abort();
    *said = (struct said){.to = *to, .created = head.created};
    memcpy(said->head, bytes, sizeof said->head);
    for (unsigned i = 0; i < SENDERS; i++)
        if (hearsay_addr_equal(&stage->senders[i].addr, to) &&
            hs_message_decode(&message, &why, &stage->senders[i].wire, bytes, len)) {
            said->nonce = message.nonce ? message.nonce : message.echo;
            said->exchange = message.exchange;
            return;
        }
}

/* Sends up to `count`; `fail` in eight of them do not leave. Returns the bytes that were sent. */
static size_t send_some(struct stage *stage, unsigned count, unsigned fail)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len, sum = 0;
    while (count-- && (len = hearsay_node_transmit(stage->node, stage->now, &to, &ticket, bytes,
                                                   sizeof bytes)) > 0) {
        demand(len > stage->config.mtu ? "a datagram beyond the mtu" : NULL);
        remember(stage, &to, bytes, len);
        hearsay_node_sent(stage->node, stage->now, ticket,
                          count % 8 < fail ? HEARSAY_ERR_UNSENT : 0);
        sum += len;
    }
    return sum;
}

static const struct said *recall(struct stage *stage)
{
    return &stage->said[take(stage) % HEARD];
}

/* ---- datagrams --------------------------------------------------------------------------- */

static void append_rumor(struct stage *stage, struct hs_encoder *encoder,
                         const struct sender *about)
{
    static const uint32_t ages[] = {0, 1, 2000, 3599, 3600, 7200, 100000, UINT32_MAX};
    uint8_t shape = take(stage), more = take(stage);
    struct hs_rumor rumor = {
        .blob = shape & 4u ? about->blob : NULL,
        .blob_len = about->len,
        .id = about->wire.self_id,
        .blob_check = (uint32_t)hs_hash(about->blob, about->len),
        .stamp = WALL + more % 32,
        .status = (enum hearsay_status)(1 + shape % 4 % 3),
        .age = ages[shape >> 3 & 7u],
        .accuser_count = more >> 5 & 3u,
    };
    if (more == 255)
        rumor.stamp = UINT64_MAX;
    if (rumor.status == HEARSAY_DEAD)
        rumor.cause = (enum hearsay_cause)(1 + (shape >> 6) % 3);
    for (uint8_t i = 0; i < rumor.accuser_count; i++)
        rumor.accusers[i] = stage->senders[(more + i) % SENDERS].wire.self_id;
    rumor.refused_mask = (uint8_t)((shape >> 6) & ((1u << rumor.accuser_count) - 1));
    hs_encode_rumor(encoder, &rumor);
}

/* Our own id as accused, or one of the cast. */
static struct sender whom(struct stage *stage)
{
    uint8_t choice = take(stage);
    struct sender self = {.len = 0};
    if (choice % 16 != 15)
        return stage->senders[choice % SENDERS];
    const struct hs_member *own = hs_table_at(&stage->node->table, stage->node->self);
    self.wire.self_id = own->card->id;
    self.len = own->card->len;
    memcpy(self.blob, own->card->blob, own->card->len);
    return self;
}

static void fill_sync(struct stage *stage, struct hs_message *message,
                      uint8_t scratch[HEARSAY_DATAGRAM_MAX])
{
    message->step = (enum hs_sync_step)(take(stage) % 6);
    message->bits = message->step == HS_SYNC_BUCKETS ? take(stage) % (HS_BUCKET_BITS + 1)
                                                     : stage->node->sync.bits;
    message->exchange = recall(stage)->exchange;
    message->buckets = message->bitmap = scratch;
    message->entries = scratch + HS_BITMAP_SIZE;
    memset(scratch, take(stage), HEARSAY_DATAGRAM_MAX);
    message->entry_count = take(stage) % 8;
    if (message->step == HS_SYNC_FINE || message->step == HS_SYNC_FINER) {
        message->entry_count = hs_bitmap_count(message->bitmap, message->bits);
        return;
    }
    for (size_t i = 0; i < 8 * message->entry_count; i += 4) {
        struct sender sender = whom(stage);
        for (unsigned k = 0; k < 4; k++)
            scratch[HS_BITMAP_SIZE + i + k] = (uint8_t)(sender.wire.self_binding >> (24 - 8 * k));
    }
}

static void fill(struct stage *stage, struct hs_message *message,
                 uint8_t scratch[HEARSAY_DATAGRAM_MAX])
{
    message->digest = take(stage) % 2 ? stage->node->table.digest : take(stage);
    message->stamp = WALL + take(stage) % 32;
    message->acked = message->echo = recall(stage)->created;
    message->target = whom(stage).wire.self_id;
    message->finding = (enum hs_finding)(take(stage) % 2);
    if (message->kind == HEARSAY_KIND_SYNC)
        fill_sync(stage, message, scratch);
    if (message->kind != HEARSAY_KIND_CHALLENGE && message->kind != HEARSAY_KIND_JOIN &&
        message->kind != HEARSAY_KIND_REFUSAL)
        return;
    uint8_t choice = take(stage);
    message->nonce = choice & 1u ? choice : 0;
    message->echo = choice & 2u ? recall(stage)->nonce : choice & 4u ? recall(stage)->created : 0;
    message->state = choice & 8u ? hs_wire_state(HEARSAY_ALIVE, HEARSAY_CAUSE_NONE) : 0;
    message->start = WALL + choice % 16;
    message->reason = (enum hs_refusal_reason)(choice >> 4 & 1u);
    message->holder = addr_of(1 + (choice >> 5));
}

static size_t craft(struct stage *stage, struct sender *sender, unsigned kind,
                    uint8_t bytes[HEARSAY_DATAGRAM_MAX])
{
    uint8_t scratch[HEARSAY_DATAGRAM_MAX];
    struct hs_encoder encoder;
    struct hs_message message = {.kind = kind, .sender = sender->wire.self_id};
    sender->created += take(stage) % 8 ? 1 : 0; /* else a repeat */
    message.created = WALL + sender->created;
    fill(stage, &message, scratch);
    if (!hs_encode_begin(&encoder, &sender->wire, bytes, HEARSAY_DATAGRAM_MAX,
                         stage->node->wire.self_binding, &message))
        return 0;
    if (kind == HEARSAY_KIND_JOIN)
        append_rumor(stage, &encoder, sender);
    for (unsigned count = take(stage) % 4; count > 0; count--) {
        struct sender about = whom(stage);
        append_rumor(stage, &encoder, &about);
    }
    return hs_encode_end(&encoder);
}

/* A body as it stands in the input. */
static size_t raw(struct stage *stage, struct sender *sender, unsigned kind,
                  uint8_t bytes[HEARSAY_DATAGRAM_MAX])
{
    struct hs_encoder encoder;
    struct hs_message message = {.kind = kind, .created = WALL + ++sender->created};
    uint8_t bucket[4] = {0};
    message.buckets = message.bitmap = message.entries = bucket;
    if (!hs_encode_begin(&encoder, &sender->wire, bytes, HEARSAY_DATAGRAM_MAX,
                         stage->node->wire.self_binding, &message))
        return 0;
    size_t wanted = take(stage), left = (size_t)(stage->end - stage->at);
    size_t len = wanted < left ? wanted : left;
    memcpy(bytes + HS_HEAD_SIZE, stage->at, len);
    stage->at += len;
    encoder.at = HS_HEAD_SIZE + len;
    return hs_encode_end(&encoder);
}

static void receive(struct stage *stage, bool is_raw)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX], choice = take(stage);
    struct sender *sender = &stage->senders[choice % SENDERS];
    unsigned kind = 1 + (choice >> 3) % 8;
    size_t len = is_raw ? raw(stage, sender, kind, bytes) : craft(stage, sender, kind, bytes);
    struct hearsay_addr from = choice & 0x40u ? addr_of(200) : sender->addr;
    bool stranger = hs_table_find_id(&stage->node->table, sender->wire.self_id) == HS_NO_SLOT;
    bool asks = stranger && kind != HEARSAY_KIND_CHALLENGE && kind != HEARSAY_KIND_JOIN &&
                kind != HEARSAY_KIND_REFUSAL;
    if (asks) /* only the answer is to be measured */
        send_some(stage, UINT32_MAX, 0);
    hearsay_node_receive(stage->node, stage->now, &from, bytes, len);
    if (asks) /* R28 */
        demand(send_some(stage, UINT32_MAX, 0) > len ? "more than a stranger sent" : NULL);
}

/* ---- everything else --------------------------------------------------------------------- */

static void pass_time(struct stage *stage)
{
    uint8_t choice = take(stage);
    uint64_t span = (uint64_t)(1 + choice % 16) << (choice / 16 * 2);
    stage->now.boot += span * 1000;
    stage->now.wall += span * 1000;
    hearsay_node_tick(stage->node, stage->now);
    demand(hearsay_node_deadline(stage->node) <= stage->now.boot ? "a deadline of the past" : NULL);
}

/* To the next deadlines, sending what is made. */
static void run(struct stage *stage)
{
    for (unsigned count = 1 + take(stage) % 32; count > 0; count--) {
        uint64_t due = hearsay_node_deadline(stage->node);
        stage->now.wall += due - stage->now.boot;
        stage->now.boot = due;
        hearsay_node_tick(stage->node, stage->now);
        send_some(stage, 8, 0);
    }
}

static void quote(struct stage *stage)
{
    const struct said *said = recall(stage);
    uint8_t choice = take(stage);
    hearsay_node_unreachable(stage->node, stage->now, &said->to,
                             choice & 1u ? HEARSAY_UNREACHABLE_HOST : HEARSAY_UNREACHABLE_PORT,
                             said->head, choice & 2u ? choice % HS_HEAD_SIZE : HS_HEAD_SIZE);
}

static void command(struct stage *stage)
{
    uint8_t choice = take(stage);
    struct hearsay_addr addr = addr_of(choice >> 3);
    struct hearsay_tag tags[] = {{"zone", choice & 8u ? "x" : "y"}, {"role", "z"}};
    switch (choice % 8) {
    case 0:
    case 1:
    case 2:
        hearsay_node_join(stage->node, stage->now, &addr);
        break;
    case 3:
    case 4:
        hearsay_node_force_leave(stage->node, stage->now,
                                 stage->senders[(choice >> 3) % SENDERS].name, choice & 64u);
        break;
    case 5:
    case 6:
        hearsay_node_set_tags(stage->node, stage->now, tags, choice >> 3 & 1u ? 2 : 1);
        break;
    default:
        if (choice == 255)
            hearsay_node_leave(stage->node, stage->now);
    }
}

static void pull_events(struct stage *stage)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(stage->node, stage->now, &event))
        demand(event.kind < HEARSAY_EVENT_MEMBER || event.kind > HEARSAY_EVENT_RESYNC
                   ? "an event of no kind"
                   : NULL);
}

/* One of the cast is started anew, perhaps elsewhere. */
static void restart(struct stage *stage)
{
    uint8_t choice = take(stage);
    struct sender *sender = &stage->senders[choice % SENDERS];
    make_blob(sender, choice & 8u ? 20 + choice % SENDERS : 2 + choice % SENDERS,
              sender->instance + 10, WALL + choice);
}

static void step(struct stage *stage)
{
    uint8_t choice = take(stage) % 16;
    if (choice < 6)
        receive(stage, false);
    else if (choice == 6)
        receive(stage, true);
    else if (choice == 7)
        pass_time(stage);
    else if (choice < 10)
        run(stage);
    else if (choice == 10)
        quote(stage);
    else if (choice == 11)
        command(stage);
    else if (choice == 12)
        send_some(stage, take(stage) % 16, take(stage) % 8);
    else if (choice == 13)
        pull_events(stage);
    else if (choice == 14)
        stage->now.wall = WALL + take(stage) * SECOND; /* it may step back */
    else
        restart(stage);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stage stage = {.at = data, .end = data + size};
    make_node(&stage);
    for (unsigned count = 0; stage.at < stage.end && count < STEPS; count++) {
        step(&stage);
        demand(inspect_node(stage.node));
    }
    hearsay_node_free(stage.node);
    return 0;
}
