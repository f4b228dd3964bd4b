/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own record. It alone is stamped by our wall clock, and always later than anything heard of
 * ourselves (R2), so that clocks may differ by years and step back without anybody noticing.
 * Refutation (R4), catching up after a restart (R5), a rival for our name (R8) and the goodbye
 * (R23) are all the same act: saying our record anew.
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"

static uint64_t next_stamp(struct hearsay_node *node)
{
    uint64_t stamp = node->heard_stamp + 1;
    if (node->now.wall > stamp)
        stamp = node->now.wall;
    node->heard_stamp = stamp;
    return stamp;
}

static void hear_stamp(struct hearsay_node *node, uint64_t stamp)
{
    if (stamp > node->heard_stamp)
        node->heard_stamp = stamp;
}

/* Encodes our blob; returns its length or a negative code. */
static int encode_blob(const struct hearsay_node *node, uint8_t bytes[HS_BLOB_MAX],
                       uint64_t instance, uint64_t start, const struct hearsay_tag *tags,
                       size_t tag_count)
{
    struct hs_blob blob = {
        .name = node->name,
        .name_len = strlen(node->name),
        .addr = node->config.advertise,
        .instance = instance,
        .start = start,
        .tokens = node->config.tokens,
        .version_min = HS_VERSION_MIN,
        .version_max = HS_VERSION_MAX,
    };
    return hs_blob_encode(bytes, HS_BLOB_MAX, &blob, tags, tag_count);
}

/* Applies our record with this blob; NULL: the blob as it is. */
static int say(struct hearsay_node *node, const uint8_t *blob, size_t len)
{
    bool leaving = node->leaving != HS_LEAVE_NO;
    struct hs_blob decoded;
    struct hs_record record = {
        .version = {.stamp = next_stamp(node),
                    .status = leaving ? HEARSAY_DEAD : HEARSAY_ALIVE,
                    .cause = leaving ? HEARSAY_CAUSE_LEFT : HEARSAY_CAUSE_NONE},
        .from = HS_NO_SLOT,
    };
    if (blob) {
        record.blob = blob;
        record.blob_len = len;
        record.version.blob_hash = hs_hash(blob, len);
        record.decoded = &decoded;
        if (!hs_blob_decode(&decoded, blob, len))
            return HEARSAY_ERR_INVALID;
    } else {
        record.version.blob_hash = hs_table_at(&node->table, node->self)->card->hash;
    }
    uint32_t slot = hs_merge_apply(node, node->self, &record);
    if (slot == HS_NO_SLOT)
        return HEARSAY_ERR_NOMEM;
    node->self = slot;
    return 0;
}

int hs_self_init(struct hearsay_node *node)
{
    uint8_t blob[HS_BLOB_MAX];
    uint64_t instance = hs_hash(node->config.entropy, sizeof(node->config.entropy));
    hear_stamp(node, node->config.last_stamp);
    uint64_t start = node->now.wall > node->heard_stamp ? node->now.wall : node->heard_stamp + 1;
    int len = encode_blob(node, blob, instance, start, node->config.tags, node->config.tag_count);
    if (len < 0)
        return len;
    return say(node, blob, (size_t)len);
}

void hs_self_assert(struct hearsay_node *node)
{
    say(node, NULL, 0); /* cannot fail: no new blob, no new member, never suspect */
}

/* ---- hearing of ourselves ---------------------------------------------------------------- */

static struct hs_blob own_blob(const struct hearsay_node *node)
{
    const struct hs_member *self = hs_table_at(&node->table, node->self);
    struct hs_blob blob = {0};
    hs_blob_decode(&blob, self->card->blob, self->card->len);
    return blob;
}

/* R4: straight to whom it came from and to its accusers, and as a rumor. */
static void refute(struct hearsay_node *node, const struct hs_record *record, uint32_t from)
{
    hs_self_assert(node);
    node->stats.refutations++;
    hs_health_strain(node, true);
    if (from != HS_NO_SLOT)
        hs_intent_gossip(node, from, NULL);
    struct hearsay_event event = {.kind = HEARSAY_EVENT_REFUTE, .timestamp = node->heard_stamp};
    for (uint8_t i = 0; i < record->accuser_count; i++) {
        uint32_t slot = hs_table_find_id(&node->table, record->accusers[i]);
        if (slot == HS_NO_SLOT || slot == node->self)
            continue;
        const struct hs_member *accuser = hs_table_at(&node->table, slot);
        if (!event.accuser[0])
            hs_event_name(event.accuser, hs_member_name(accuser), accuser->card->name_len);
        if (slot != from && hs_member_present(accuser))
            hs_intent_gossip(node, slot, NULL);
    }
    event.from = record->version.status;
    hs_events_push(&node->events, &event);
}

/* R8: the later (start, instance) stays. True when theirs is the later one. */
static bool is_later(const struct hs_blob *theirs, const struct hs_blob *ours)
{
    return theirs->start != ours->start ? theirs->start > ours->start
                                        : theirs->instance > ours->instance;
}

static void meet_rival(struct hearsay_node *node, const struct hs_record *record)
{
    struct hs_blob ours = own_blob(node);
    bool gone = record->version.status == HEARSAY_DEAD;
    if (!gone && is_later(record->decoded, &ours)) {
        /* The earlier one exits, but only once it has heard the other itself. */
        hs_join_start(node, &record->decoded->addr, HS_CONTACT_RIVAL);
        return;
    }
    hear_stamp(node, record->version.stamp);
    hs_self_assert(node);
}

void hs_self_hear(struct hearsay_node *node, const struct hs_record *record, uint64_t id,
                  uint32_t from)
{
    const struct hs_member *self = hs_table_at(&node->table, node->self);
    struct hs_version held = hs_member_version(self);
    if (hs_version_compare(&record->version, &held) <= 0)
        return;
    if (record->blob && id != self->card->id) {
        meet_rival(node, record);
        return;
    }
    hear_stamp(node, record->version.stamp);
    if (node->leaving || record->version.status == HEARSAY_ALIVE)
        hs_self_assert(node);
    else
        refute(node, record, from);
}

/* ---- tags and start ---------------------------------------------------------------------- */

/* The tags of a blob as terminated pairs in `text`. */
static size_t copy_tags(const struct hs_blob *blob, struct hearsay_tag *tags, char *text)
{
    size_t cursor = 0, count = 0, key_len, value_len;
    const char *key, *value;
    while (count < HEARSAY_TAGS_COUNT &&
           hs_tags_next(blob->tags, blob->tags_len, &cursor, &key, &key_len, &value, &value_len)) {
        tags[count++] = (struct hearsay_tag){text, text + key_len + 1};
        memcpy(text, key, key_len);
        text[key_len] = '\0';
        memcpy(text + key_len + 1, value, value_len);
        text[key_len + 1 + value_len] = '\0';
        text += key_len + value_len + 2;
    }
    return count;
}

static void set_start(struct hearsay_node *node, uint64_t start)
{
    struct hs_blob ours = own_blob(node);
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    char text[HEARSAY_TAGS_MAX + 2 * HEARSAY_TAGS_COUNT];
    uint8_t bytes[HS_BLOB_MAX];
    size_t count = copy_tags(&ours, tags, text);
    int len = encode_blob(node, bytes, ours.instance, start, tags, count);
    if (len > 0)
        say(node, bytes, (size_t)len);
}

/* Is it a life that another of our name leads now, and not one of ours that is over? A restart asks
 * to be let in, and one who is in has been let in. */
static bool is_rivals(const struct hearsay_node *node, uint8_t state)
{
    return node->joined && state < hs_wire_state(HEARSAY_DEAD, HEARSAY_CAUSE_NONE);
}

/* R5, R8: a restart whose clock was set back learns here, in one round trip, what it must outbid.
 * Of two who live a start is not raised, or the earlier would become the later. */
void hs_self_catch_up(struct hearsay_node *node, uint64_t stamp, uint64_t start, uint8_t state)
{
    if (hs_merge_is_future(node, stamp) || hs_merge_is_future(node, start)) {
        hs_drop(node, HEARSAY_DROP_FUTURE);
        return;
    }
    const struct hs_member *self = hs_table_at(&node->table, node->self);
    struct hs_blob ours = own_blob(node);
    bool outbid =
        stamp > self->stamp || (stamp == self->stamp && state != hs_wire_state(HEARSAY_ALIVE, 0));
    hear_stamp(node, stamp);
    if (start > ours.start && !is_rivals(node, state))
        set_start(node, start + 1);
    else if (outbid)
        hs_self_assert(node);
}

bool hs_self_began_after(const struct hearsay_node *node, uint64_t start)
{
    return own_blob(node).start > start;
}

int hs_self_set_tags(struct hearsay_node *node, const struct hearsay_tag *tags, size_t count)
{
    struct hs_blob ours = own_blob(node);
    uint8_t bytes[HS_BLOB_MAX];
    int len = encode_blob(node, bytes, ours.instance, ours.start, tags, count);
    if (len < 0)
        return len;
    return say(node, bytes, (size_t)len);
}

/* ---- leaving (R23) ----------------------------------------------------------------------- */

static void leave_done(struct hearsay_node *node)
{
    node->leaving = HS_LEAVE_DONE;
    hs_heap_disarm(&node->timers, &node->leave);
    struct hearsay_event event = {.kind = HEARSAY_EVENT_LEFT};
    hs_events_push(&node->events, &event);
}

static uint32_t goodbyes_needed(const struct hearsay_node *node)
{
    uint32_t peers = node->table.order_count;
    return peers < HS_LEAVE_ACKS ? peers : HS_LEAVE_ACKS;
}

static void say_goodbye(struct hearsay_node *node)
{
    for (uint32_t i = 0; i < HS_LEAVE_ACKS; i++) {
        uint32_t slot = hs_order_next(&node->table, &node->random);
        if (slot != HS_NO_SLOT)
            hs_intent_gossip(node, slot, NULL);
    }
}

void hs_self_leave(struct hearsay_node *node)
{
    node->leaving = HS_LEAVE_SAYING;
    hs_self_assert(node);
    hs_heap_disarm(&node->timers, &node->period);
    hs_heap_disarm(&node->timers, &node->rejoin);
    node->leave_until = node->now.boot + node->config.leave_timeout;
    if (goodbyes_needed(node) == 0) {
        leave_done(node);
        return;
    }
    say_goodbye(node);
    hs_heap_arm(&node->timers, &node->leave, node->now.boot + HS_LEAVE_REPEAT);
}

void hs_self_leave_timer(struct hearsay_node *node)
{
    if (node->now.boot >= node->leave_until || goodbyes_needed(node) <= node->goodbye_count) {
        leave_done(node);
        return;
    }
    say_goodbye(node);
    hs_heap_arm(&node->timers, &node->leave, node->now.boot + HS_LEAVE_REPEAT);
}

/* Enough peers know, the rest hear it from them within a few bursts. Whoever probes us before that
 * shall meet our goodbye and not a closed port, or one leave in a hundred looks like a crash to
 * somebody. */
static void linger(struct hearsay_node *node)
{
    uint64_t end = node->now.boot + HS_LEAVE_LINGER;
    hs_heap_arm(&node->timers, &node->leave, end < node->leave_until ? end : node->leave_until);
}

void hs_self_goodbye_acked(struct hearsay_node *node, uint32_t slot)
{
    uint32_t needed = goodbyes_needed(node);
    if (node->leaving != HS_LEAVE_SAYING || node->goodbye_count >= needed)
        return;
    for (uint32_t i = 0; i < node->goodbye_count; i++)
        if (node->goodbye_acks[i] == slot)
            return;
    node->goodbye_acks[node->goodbye_count++] = slot;
    if (node->goodbye_count == needed)
        linger(node);
}
