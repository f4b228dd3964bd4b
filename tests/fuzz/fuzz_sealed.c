/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: one datagram to a node that may have keys. The input (struct shape) says which keys
 * and mode the node has, under which key the rest of the input is sealed as a body, and what is
 * altered afterwards. So the fuzzer gets behind the seal, and in front of it too.
 *
 * What must hold: only what has a key of the node, is bound to it and was not altered opens, and
 * what opens is in range and can be encoded again. A datagram that does not open raises one counter
 * and changes nothing else.
 */
#include <stdio.h>

#include <hearsay-tree/many.h>
#include <hearsay/keyring.h>

#include "arena.h"
#include "codec/decode.h"
#include "codec/form.h"
#include "inspect.h"
#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECOND  UINT64_C(1000000)
#define WALL    (UINT64_C(1772323200) * SECOND)
#define BOOT    (1000 * SECOND)
#define ROOM    (2u << 20)
#define KEYSETS 4u

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//////////////////////////////////////////8="
#define KEY_C "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

/* The head of an input. What it leaves out is 0. */
struct shape {
    uint8_t keyset, mode; /* of the node */
    uint8_t how;          /* how it is sealed: enum how */
    uint8_t kind;
    uint8_t flags;  /* enum flag */
    uint8_t at[2];  /* the byte that is altered, or the length to which it is cut */
    uint8_t change; /* the bits of it that are altered */
};

enum how {
    BY_FIRST,   /* key of the node */
    BY_SECOND,  /* … if it has two */
    BY_OTHER,   /* a key that the node does not have */
    BY_FOREIGN, /* its key, but that of another cluster */
    BY_NONE,    /* plain */
    AS_IT_IS,   /* the body is the whole datagram */
    HOWS
};

enum flag { TO_ANOTHER = 1, CUT = 2, OF_OURSELVES = 4 };

static const char *const key_texts[KEYSETS] = {KEY_A, KEY_A "\n" KEY_B, KEY_B "\n" KEY_A, KEY_B};

struct scene {
    struct arena arena;
    struct hearsay_node *node;
    struct hearsay_now now;
};

static void demand(const char *wrong)
{
    if (!wrong)
        return;
    fprintf(stderr, "%s\n", wrong);
    abort();
}

static struct hearsay_keyring *keyring_of(const char *cluster, const char *text)
{
    struct hearsay_keyring *keyring = NULL;
    if (hearsay_keyring_parse(&keyring, cluster, text, strlen(text), NULL) != 0)
        abort();
    return keyring;
}

/* ---- the node ---------------------------------------------------------------------------- */

static struct hearsay_config config_of(struct arena *arena, const char *name, unsigned last)
{
    struct hearsay_config config;
    arena_init(arena, ROOM);
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = name;
    config.ring = false;
    config.max_members = 8;
    config.allocator = arena_allocator(arena);
    config.advertise =
        (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, (uint8_t)last}};
    memset(config.entropy, (int)last, sizeof(config.entropy));
    return config;
}

/* Bob, who knows Alice. */
static void make_scene(struct scene *scene, const struct hearsay_keyring *keyring,
                       enum hearsay_seal_mode mode)
{
    static struct arena hers;
    static struct hearsay_node *alice;
    struct hearsay_config config;
    scene->now = (struct hearsay_now){BOOT, WALL};
    if (!alice) {
        config = config_of(&hers, "alice", 2);
        if (hearsay_node_new(&alice, &config, scene->now) != 0)
            abort();
    }
    config = config_of(&scene->arena, "bob", 1);
    config.cipher = &hearsay_cipher_siv;
    config.cipher_context = keyring;
    config.seal_mode = mode;
    if (hearsay_node_new(&scene->node, &config, scene->now) != 0 ||
        hs_node_introduce(scene->node, scene->now, alice) != 0)
        abort();
    arena_save(&scene->arena);
}

static struct scene *scene_of(unsigned keyset, unsigned mode)
{
    static struct scene scenes[KEYSETS][HEARSAY_SEAL_MODES];
    static struct hearsay_keyring *keyrings[KEYSETS];
    struct scene *scene = &scenes[keyset][mode];
    if (!keyrings[keyset])
        keyrings[keyset] = keyring_of("hearsay", key_texts[keyset]);
    if (!scene->node)
        make_scene(scene, keyrings[keyset], (enum hearsay_seal_mode)mode);
    return scene;
}

/* ---- the datagram ------------------------------------------------------------------------ */

/* The keys under which a datagram may be sealed, first the one that is used. */
static const struct hearsay_keyring *sealer(const struct hs_wire *wire, enum how how)
{
    static struct hearsay_keyring *other, *foreign[KEYSETS];
    if (!other)
        other = keyring_of("hearsay", KEY_C);
    for (unsigned i = 0; i < KEYSETS && how == BY_FOREIGN; i++)
        if (!foreign[i])
            foreign[i] = keyring_of("abroad", key_texts[i]);
    return how == BY_OTHER ? other : how == BY_FOREIGN ? foreign[0] : wire->cipher_context;
}

static void write_head(const struct hs_wire *wire, const struct shape *shape, size_t body_len,
                       uint8_t *bytes)
{
    uint64_t sender = shape->flags & OF_OURSELVES ? wire->self_id : sample_wire("alice").self_id;
    const uint8_t head[HS_HEAD_SIZE] = {0x96, [2] = 0xce, [7] = 0xcf, [16] = 0xcf, [25] = 0xc5};
    memcpy(bytes, head, sizeof(head));
    bytes[1] = (uint8_t)(HS_WIRE_VERSION << 4 | (shape->kind & 15u));
    for (unsigned i = 0; i < 4; i++)
        bytes[3 + i] = (uint8_t)(wire->cluster >> (24 - 8 * i));
    for (unsigned i = 0; i < 8; i++) {
        bytes[8 + i] = (uint8_t)(sender >> (56 - 8 * i));
        bytes[17 + i] = (uint8_t)((WALL + 1) >> (56 - 8 * i));
    }
    bytes[26] = (uint8_t)(body_len >> 8);
    bytes[27] = (uint8_t)body_len;
}

/* Seals the body that is in its place. Returns the length of all, 0 if it cannot be made. */
static size_t seal(const struct hs_wire *wire, const struct shape *shape, size_t body_len,
                   uint8_t *bytes)
{
    enum how how = (enum how)(shape->how % HOWS);
    uint8_t *body = bytes + HS_HEAD_SIZE, *trailer = body + body_len;
    uint64_t binding = hs_wire_binding(shape->kind & 15u, wire->self_binding) +
                       (shape->flags & TO_ANOTHER ? 1 : 0);
    uint32_t marks[HEARSAY_KEYS_MAX];
    write_head(wire, shape, body_len, bytes);
    if (how == BY_NONE) {
        hearsay_seal_none.seal(NULL, binding, bytes, HS_HEAD_SIZE, body, body_len, trailer);
        return HS_HEAD_SIZE + body_len + HEARSAY_SEAL_NONE_TRAILER;
    }
    const struct hearsay_keyring *keyring = sealer(wire, how);
    size_t count = hearsay_cipher_siv.keys(keyring, marks);
    uint32_t mark = marks[how == BY_SECOND && count > 1];
    if (!hearsay_cipher_siv.seal(keyring, mark, binding, bytes, HS_HEAD_SIZE, body, body_len,
                                 trailer))
        return 0;
    return HS_HEAD_SIZE + body_len + HS_SEALED_TRAILER;
}

/* Changes some bits, or cuts the end off. Returns the length. */
static size_t alter(const struct shape *shape, uint8_t *bytes, size_t len)
{
    size_t at = (shape->at[0] * 256u + shape->at[1]) % (len ? len : 1);
    if (shape->flags & CUT)
        return at;
    if (len)
        bytes[at] ^= shape->change;
    return len;
}

/* ---- what must hold ---------------------------------------------------------------------- */

static bool may_open(const struct hs_wire *wire, const struct shape *shape)
{
    enum how how = (enum how)(shape->how % HOWS);
    if (shape->change || shape->flags & (CUT | TO_ANOTHER) || how == BY_OTHER || how == BY_FOREIGN)
        return false;
    return how == BY_NONE ? wire->mode != HEARSAY_SEAL_REQUIRE : wire->mode != HEARSAY_SEAL_OFF;
}

/* Encodes what was decoded. Returns the length; 0 if not all of it fits, since numbers may have
 * been shorter. */
static size_t encode(const struct hs_wire *wire, const struct hs_message *message, uint8_t *bytes)
{
    struct hs_rumors rumors = message->rumors;
    struct hs_encoder encoder;
    struct hs_rumor rumor;
    enum hs_rumor_result result;
    struct hs_wire theirs = *wire;
    theirs.self_id = message->sender;
    if (!hs_encode_begin(&encoder, &theirs, bytes, HEARSAY_DATAGRAM_MAX, wire->self_binding,
                         message))
        return 0;
    while ((result = hs_rumors_next(&rumors, &rumor)) != HS_RUMOR_END)
        if (result == HS_RUMOR_OK && !hs_encode_rumor(&encoder, &rumor))
            return 0;
    return hs_encode_end(&encoder);
}

static const char *difference(const struct hs_message *a, const struct hs_message *b)
{
    SAMPLE_HOLDS(a->kind == b->kind && a->sender == b->sender && a->created == b->created);
    SAMPLE_HOLDS(a->key == b->key && a->digest == b->digest && a->timestamp == b->timestamp);
    SAMPLE_HOLDS(a->acked == b->acked && a->target == b->target && a->finding == b->finding);
    SAMPLE_HOLDS(a->nonce == b->nonce && a->echo == b->echo && a->start == b->start);
    SAMPLE_HOLDS(a->state == b->state && a->name_len == b->name_len && a->reason == b->reason);
    SAMPLE_HOLDS(a->exchange == b->exchange && a->step == b->step && a->bits == b->bits);
    SAMPLE_HOLDS(a->entry_count == b->entry_count && a->mask_count == b->mask_count);
    return NULL;
}

/* What was encoded again decodes to the same, and is then encoded to the same bytes. */
static void check_encoding(const struct hs_wire *wire, const struct hs_message *message)
{
    uint8_t once[HEARSAY_DATAGRAM_MAX], copy[HEARSAY_DATAGRAM_MAX], twice[HEARSAY_DATAGRAM_MAX];
    struct hs_message again;
    enum hearsay_drop reason;
    size_t len = encode(wire, message, once);
    if (len == 0)
        return;
    memcpy(copy, once, len);
    demand(hs_message_decode(&again, &reason, wire, copy, len)
               ? NULL
               : "an encoded message that does not decode");
    demand(difference(message, &again));
    demand(encode(wire, &again, twice) == len && memcmp(once, twice, len) == 0
               ? NULL
               : "a message that is encoded in two ways");
}

/* What a datagram may change. */
struct mark {
    uint64_t digest, drops, received, of_reason;
    uint32_t waiting;
};

static struct mark mark_of(const struct hearsay_node *node, enum hearsay_drop reason)
{
    struct mark mark = {
        .digest = node->core.view.table.digest,
        .drops = hearsay_node_drops(node),
        .waiting = node->core.queue.count,
    };
    if (reason < HEARSAY_DROP_COUNT)
        mark.of_reason = node->core.stats.drops[reason];
    for (unsigned kind = 0; kind < HEARSAY_KIND_COUNT; kind++)
        mark.received += node->core.stats.received[kind];
    return mark;
}

static void check_refused(const struct mark *before, const struct mark *after,
                          enum hearsay_drop reason)
{
    bool has_answer = reason == HEARSAY_DROP_CLUSTER; /* a newcomer there is told (R28) */
    demand(after->drops != before->drops + 1 || after->of_reason != before->of_reason + 1
               ? "a refused datagram that is not counted once, for its reason"
               : NULL);
    demand(after->received != before->received ? "a refused datagram that is heard" : NULL);
    demand(after->digest != before->digest ? "a refused datagram that changes the view" : NULL);
    demand(after->waiting != before->waiting && !has_answer ? "a refused datagram that is answered"
                                                            : NULL);
}

static void receive(struct scene *scene, uint8_t *bytes, size_t len, bool opens,
                    enum hearsay_drop reason)
{
    struct hearsay_node *node = scene->node;
    const struct hearsay_addr from = {.family = 4, .port = 7847, .bytes = {10, 0, 0, 2}};
    struct mark before = mark_of(node, reason);
    hearsay_node_receive(node, scene->now, &from, bytes, len);
    struct mark after = mark_of(node, reason);
    if (!opens) {
        check_refused(&before, &after, reason);
        return;
    }
    demand(after.received == before.received && after.drops == before.drops
               ? "a datagram that is neither heard nor counted"
               : NULL);
    demand(inspect_node(node));
}

/* ---- the run ----------------------------------------------------------------------------- */

static void run(struct scene *scene, const struct shape *shape, uint8_t *bytes, size_t len)
{
    const struct hs_wire *wire = &scene->node->core.wire;
    uint8_t *copy = malloc(len ? len : 1); /* its own block: reads past its end are seen */
    struct hs_message message;
    enum hearsay_drop reason = HEARSAY_DROP_COUNT;
    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    bool opens = hs_message_decode(&message, &reason, wire, copy, len);
    demand(opens && shape->how % HOWS != AS_IT_IS && !may_open(wire, shape)
               ? "a datagram that must not open"
               : NULL);
    demand(!opens && shape->how % HOWS != AS_IT_IS && !may_open(wire, shape) &&
                   (reason == HEARSAY_DROP_VALUE || reason == HEARSAY_DROP_SELF)
               ? "a datagram that was read before it opened"
               : NULL);
    if (opens) {
        demand(sample_fault(&message));
        check_encoding(wire, &message);
    }
    free(copy);
    receive(scene, bytes, len, opens, reason);
    if (opens || reason == HEARSAY_DROP_CLUSTER)
        arena_restore(&scene->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shape shape = {0};
    uint8_t bytes[HEARSAY_DATAGRAM_MAX + HEARSAY_SEAL_TRAILER_MAX + 64];
    size_t head = size < sizeof(shape) ? size : sizeof(shape), body_len = size - head;
    memcpy(&shape, data, head);
    struct scene *scene = scene_of(shape.keyset % KEYSETS, shape.mode % HEARSAY_SEAL_MODES);
    bool is_whole = shape.how % HOWS == AS_IT_IS;
    if (body_len > HEARSAY_DATAGRAM_MAX)
        body_len = HEARSAY_DATAGRAM_MAX;
    memcpy(bytes + (is_whole ? 0 : HS_HEAD_SIZE), data + head, body_len);
    size_t len = is_whole ? body_len : seal(&scene->node->core.wire, &shape, body_len, bytes);
    if (!is_whole && (shape.change || shape.flags & CUT))
        len = alter(&shape, bytes, len);
    run(scene, &shape, bytes, len);
    return 0;
}
