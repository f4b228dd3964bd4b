/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints one datagram as text. The library's codec decodes a copy of it, because a seal may open in
 * place. A refused datagram is shown with the drop reason that an agent would count.
 *
 * A checksum is bound to the receiver's name, which is not in the datagram. Without the name only
 * the checksums of join and challenge can be checked. So the seal that is used here accepts the
 * others, and the output says that they were not checked.
 */
#include "codec/bitmap.h"
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/stats.h>

#include "codec/decode.h"
#include "codec/message.h"
#include "codec/wire.h"

static bool open_if_known(const void *context, uint64_t binding, const uint8_t *head,
                          size_t head_len, uint8_t *body, size_t body_len, const uint8_t *trailer)
{
    const struct dump_options *options = context;
    bool unbound = hs_wire_binding(head[HS_AT_VERSION_KIND] & HS_KIND_MASK, 1) == 0;
    if (!unbound && !options->to)
        return true;
    return hearsay_seal_none.open(NULL, binding, head, head_len, body, body_len, trailer);
}

/* ---- fields ------------------------------------------------------------------------------ */

static void show_u64(const char *name, uint64_t value)
{
    printf("  %s %016" PRIx64 "\n", name, value);
}

static void show_number(const char *name, uint64_t value)
{
    printf("  %s %" PRIu64 "\n", name, value);
}

static void show_addr(const char *name, const struct hearsay_addr *addr)
{
    char text[HEARSAY_ADDR_TEXT_MAX];
    hearsay_addr_format(addr, text);
    printf("  %s %s\n", name, text);
}

/* Entries of `size` bytes each. */
static void show_hex(const char *name, const uint8_t *bytes, size_t count, size_t size)
{
    printf("  %s %zu:", name, count);
    for (size_t i = 0; i < count * size; i++)
        printf("%s%02x", i % size == 0 ? " " : "", bytes[i]);
    printf("\n");
}

static void show_state(unsigned state)
{
    printf("  state %s", hearsay_status_name((enum hearsay_status)(state & 3)));
    if (state >> 2)
        printf(" (%s)", hearsay_cause_name((enum hearsay_cause)(state >> 2)));
    printf("\n");
}

static void show_origin(const struct hs_origin *origin)
{
    char addr[HEARSAY_ADDR_TEXT_MAX];
    hearsay_addr_format(&origin->addr, addr);
    printf("  origin %016" PRIx64 ", name %016" PRIx64 " at %s\n", origin->id, origin->name_hash,
           addr);
}

static void show_call(const struct hs_message *message)
{
    struct hs_call call;
    hs_call_find((struct hs_cursor){message->rumors.at, message->rumors.end}, &call);
    if (!call.origin.addr.family)
        return;
    show_origin(&call.origin);
    if (call.meant)
        printf("  means name %016" PRIx64 "%s\n", call.meant, call.judged ? ", judged" : "");
}

static void show_refusal(const struct hs_message *message)
{
    static const char *const reasons[] = {"name", "full", "clock", "cluster", "other"};
    show_u64("echo", message->echo);
    printf("  reason %s\n", reasons[message->reason]);
    if (message->holder.family)
        show_addr("holder", &message->holder);
    if (message->refuser_len > 0)
        printf("  refuser %.*s\n", (int)message->refuser_len, message->refuser);
    if (message->table_max > 0)
        show_number("max-members", message->table_max);
    if (message->clock > 0)
        show_number("clock", message->clock);
}

static void show_sync(const struct hs_message *message)
{
    static const char *const steps[] = {"buckets", "differ", "list", "records", "fine", "finer"};
    show_u64("digest", message->digest);
    show_u64("exchange", message->exchange);
    printf("  step %s, %u buckets\n", steps[message->step], 1u << message->bits);
    if (message->step == HS_SYNC_BUCKETS) {
        show_hex("sums", message->buckets, (size_t)1 << message->bits, 4);
        if (message->origin.addr.family)
            show_origin(&message->origin);
        return;
    }
    size_t bytes = message->bits < 3 ? 1 : (size_t)1 << (message->bits - 3);
    printf("  marked %zu:", hs_bitmap_count(message->bitmap, message->bits));
    for (size_t i = 0; i < bytes; i++)
        printf("%s%02x", i == 0 ? " " : "", message->bitmap[i]);
    printf("\n");
    size_t size = hs_sync_entry_size(message->step);
    if (size > 0)
        show_hex(message->step == HS_SYNC_RECORDS ? "wanted" : "entries", message->entries,
                 message->entry_count, size);
    if (message->step == HS_SYNC_LIST)
        show_hex("masks", message->masks, message->mask_count, 1);
    if (message->origin.addr.family)
        show_origin(&message->origin);
}

static void show_challenge(const struct hs_message *message)
{
    show_u64("nonce", message->nonce);
    show_u64("echo", message->echo);
    if (message->state) {
        show_number("known timestamp", message->timestamp);
        show_number("known start", message->start);
        show_state(message->state);
    }
    if (message->name) {
        printf("  from %.*s\n", (int)message->name_len, message->name);
        show_origin(&message->origin);
    }
}

static void show_fields(const struct hs_message *message)
{
    switch ((enum hearsay_kind)message->kind) {
    case HEARSAY_KIND_GOSSIP:
        show_u64("digest", message->digest);
        show_number("own timestamp", message->timestamp);
        break;
    case HEARSAY_KIND_ACK:
        show_u64("digest", message->digest);
        show_number("acked", message->acked);
        break;
    case HEARSAY_KIND_PROBE_REQUEST:
        show_u64("digest", message->digest);
        show_u64("target", message->target);
        break;
    case HEARSAY_KIND_NACK:
        show_u64("digest", message->digest);
        show_number("asked", message->acked);
        printf("  finding %s\n", message->finding == HS_FINDING_REFUSED ? "refused" : "silent");
        break;
    case HEARSAY_KIND_CHALLENGE:
        show_challenge(message);
        break;
    case HEARSAY_KIND_JOIN:
        show_u64("nonce", message->nonce);
        show_u64("echo", message->echo);
        show_call(message);
        break;
    case HEARSAY_KIND_REFUSAL:
        show_refusal(message);
        break;
    case HEARSAY_KIND_SYNC:
        show_sync(message);
        break;
    case HEARSAY_KIND_COUNT:
        break;
    }
}

/* ---- rumors ------------------------------------------------------------------------------ */

static void show_blob(const struct hs_rumor *rumor)
{
    const struct hs_blob *blob = &rumor->decoded;
    const char *key, *value;
    size_t key_len, value_len, cursor = 0;
    char addr[HEARSAY_ADDR_TEXT_MAX];
    hearsay_addr_format(&blob->addr, addr);
    printf("  record %.*s at %s, instance %016" PRIx64 ", start %" PRIu64 ", %" PRIu32
           " tokens, versions %u to %u",
           (int)blob->name_len, blob->name, addr, blob->instance, blob->start, blob->tokens,
           blob->version_min, blob->version_max);
    while (hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len))
        printf(", %.*s=%.*s", (int)key_len, key, (int)value_len, value);
}

static void show_rumor(const struct hs_rumor *rumor)
{
    if (rumor->blob)
        show_blob(rumor);
    else
        printf("  brief %016" PRIx64 ", blob check %08" PRIx32, rumor->id, rumor->blob_check);
    printf(": %s", hearsay_status_name(rumor->status));
    if (rumor->cause)
        printf(" (%s)", hearsay_cause_name(rumor->cause));
    printf(", timestamp %" PRIu64, rumor->timestamp);
    if (rumor->status != HEARSAY_STATUS_ALIVE)
        printf(", age %" PRIu64 " ms", rumor->age);
    if (rumor->ended)
        printf(", by its own last words");
    for (unsigned i = 0; i < rumor->accuser_count; i++)
        printf(", accuser %016" PRIx64 " (%s)", rumor->accusers[i],
               rumor->refused_mask >> i & 1u ? "refused" : "silent");
    printf("\n");
}

/* Returns false if a rumor has a field out of range. */
static bool show_rumors(struct hs_rumors *rumors)
{
    struct hs_rumor rumor;
    bool fine = true;
    for (;;) {
        switch (hs_rumors_next(rumors, &rumor)) {
        case HS_RUMOR_END:
            return fine;
        case HS_RUMOR_OK:
            show_rumor(&rumor);
            break;
        case HS_RUMOR_SKIP:
            printf("  skipped: padding, or a rumor of a later release\n");
            break;
        case HS_RUMOR_VALUE:
            printf("  rumor refused: %s\n", hearsay_drop_name(HEARSAY_DROP_VALUE));
            fine = false;
            break;
        }
    }
}

/* ---- the datagram ------------------------------------------------------------------------ */

static void show_head(const struct hs_head *head)
{
    printf("  %s, version %u, cluster %08" PRIx32 ", sender %016" PRIx64 ", created %" PRIu64
           ", body %zu\n",
           hearsay_kind_name(head->kind), head->version, head->cluster, head->sender, head->created,
           head->body_len);
}

static void show_line(unsigned long number, const struct dump_datagram *datagram)
{
    char from[HEARSAY_ADDR_TEXT_MAX], to[HEARSAY_ADDR_TEXT_MAX];
    printf("%lu: %zu bytes", number, datagram->len);
    if (datagram->from.family) {
        hearsay_addr_format(&datagram->from, from);
        hearsay_addr_format(&datagram->to, to);
        printf(", %s to %s", from, to);
    }
    printf("\n");
}

bool dump_show(const struct dump_options *options, unsigned long number,
               const struct dump_datagram *datagram)
{
    struct hearsay_seal seal = hearsay_seal_none;
    struct hs_wire wire = {.seal = &seal, .seal_context = options};
    uint8_t copy[HEARSAY_DATAGRAM_MAX + 1];
    size_t len = datagram->len < sizeof(copy) ? datagram->len : sizeof(copy);
    struct hs_head head;
    struct hs_message message;
    enum hearsay_drop reason;
    seal.open = open_if_known;
    show_line(number, datagram);
    bool has_head = hs_head_decode(&head, datagram->bytes, datagram->len);
    if (has_head)
        show_head(&head);
    wire.self_binding = options->to ? hs_hash(options->to, strlen(options->to)) : 0;
    wire.self_id = has_head ? ~head.sender : 0; /* so that no datagram counts as our own */
    wire.cluster = options->cluster ? hs_cluster_tag(options->cluster)
                   : has_head       ? head.cluster
                                    : 0;
    memcpy(copy, datagram->bytes, len);
    if (!hs_message_decode(&message, &reason, &wire, copy, len)) {
        printf("  refused: %s\n", hearsay_drop_name(reason));
        return false;
    }
    if (hs_wire_binding(head.kind, 1) != 0 && !options->to)
        printf("  checksum not checked: give the receiver's name (--to)\n");
    show_fields(&message);
    return show_rumors(&message.rumors);
}
