/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own record. Only its subject gives it a timestamp, from the wall clock but always later than
 * any heard for our name (R2). So clocks may differ by years and step back without harm. Refutation
 * (R4), catching up after a restart (R5), a conflict about our name (R8) and the goodbye (R23) all
 * do the same: they make a newer record.
 */
#include "rules/self.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "codec/bitmap.h"
#include "codec/form.h"
#include "codec/wire.h"
#include "rules/send.h"
#include "view/probe_list.h"

#define KEYS_SPREAD_US     10000u    /* R33: for each member, and at most */
#define KEYS_SPREAD_MAX_US 10000000u /* … the time in which a record with new settings is told */

#define MARKS_SIZE_MAX (HEARSAY_KEYS_MAX * HS_MARK_SIZE)

static uint64_t next_timestamp(struct hs_own *own)
{
    uint64_t timestamp = own->heard_timestamp + 1;
    if (own->core->now.wall > timestamp)
        timestamp = own->core->now.wall;
    own->heard_timestamp = timestamp;
    return timestamp;
}

static void hear_timestamp(struct hs_own *own, uint64_t timestamp)
{
    if (timestamp > own->heard_timestamp)
        own->heard_timestamp = timestamp;
}

/* The marks of our keys as they are in our blob (R33: keys). */
static void write_marks(const struct hs_wire *wire, uint8_t bytes[MARKS_SIZE_MAX])
{
    for (uint32_t i = 0; i < wire->key_count; i++)
        hs_put_u32(bytes + (size_t)i * HS_MARK_SIZE, wire->keys[i]);
}

/* A ring setting as records have it: in whole milliseconds. */
static uint64_t as_told(uint64_t us)
{
    return us / 1000 * 1000;
}

static bool has_our_timing(const struct hs_own *own, const struct hs_blob *blob)
{
    const struct hearsay_config *config = &own->core->config;
    return blob->ring_hold == as_told(config->ring_hold) &&
           blob->ring_settle == as_told(config->ring_settle);
}

/* Encodes our blob. Returns its length or a negative code. */
static int encode_blob(const struct hs_own *own, uint8_t bytes[HS_BLOB_MAX], uint64_t instance,
                       uint64_t start, const struct hearsay_tag *tags, size_t tag_count)
{
    uint8_t marks[MARKS_SIZE_MAX];
    write_marks(&own->core->wire, marks);
    struct hs_blob blob = {
        .name = own->core->name,
        .name_len = strlen(own->core->name),
        .addr = own->core->config.advertise,
        .instance = instance,
        .start = start,
        .tokens = own->core->config.tokens,
        .version_min = HS_VERSION_MIN,
        .version_max = HS_VERSION_MAX,
        .marks = marks,
        .mark_count = own->core->wire.key_count,
        .ring_hold = own->core->config.ring_hold,
        .ring_settle = own->core->config.ring_settle,
    };
    return hs_blob_encode(bytes, HS_BLOB_MAX, &blob, tags, tag_count);
}

/* Applies our record with this blob; NULL: the blob is unchanged. 0 or a negative code. */
static int assert_record(struct hs_own *own, const uint8_t *blob, size_t len)
{
    bool leaving = own->core->leaving != HS_LEAVE_NO;
    struct hs_blob decoded;
    struct hs_record record = {
        .version = {.timestamp = next_timestamp(own),
                    .status = leaving ? HEARSAY_STATUS_DEAD : HEARSAY_STATUS_ALIVE,
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
        record.version.blob_hash = hs_self(own->core)->meta->hash;
    }
    uint32_t slot = own->core->view.self;
    return hs_view_apply(&own->core->view, own->core->now, &slot, &record);
}

int hs_self_init(struct hs_own *own, struct hs_core *core, struct hs_health *health,
                 struct hs_contacts *contacts)
{
    *own = (struct hs_own){
        .core = core,
        .health = health,
        .contacts = contacts,
        .leave.kind = HS_TIMER_LEAVE,
        .keys.kind = HS_TIMER_KEYS,
    };
    uint8_t blob[HS_BLOB_MAX];
    uint64_t instance = hs_hash(own->core->config.entropy, sizeof(own->core->config.entropy));
    /* R6: limit of future timestamps. R60: last words have the one after it. */
    if (core->config.last_timestamp && !hs_is_future(core, core->config.last_timestamp))
        hear_timestamp(own, core->config.last_timestamp + 1);
    uint64_t start =
        own->core->now.wall > own->heard_timestamp ? own->core->now.wall : own->heard_timestamp + 1;
    int len = encode_blob(own, blob, instance, start, own->core->config.tags,
                          own->core->config.tag_count);
    if (len < 0)
        return len;
    return assert_record(own, blob, (size_t)len);
}

void hs_self_assert(struct hs_own *own)
{
    assert_record(own, NULL, 0); /* cannot fail: no new blob, no new member, never suspect */
}

/* ---- hearing of ourselves ---------------------------------------------------------------- */

static struct hs_blob own_blob(const struct hs_own *own)
{
    const struct hs_member *self = hs_self(own->core);
    struct hs_blob blob = {0};
    hs_blob_decode(&blob, self->meta->blob, self->meta->len);
    return blob;
}

/* Writes a newer record than one that we have heard. Who holds another blob of ours could not use a
 * brief: the record goes whole. */
static void contradict(struct hs_own *own, const struct hs_record *record)
{
    struct hs_view *view = &own->core->view;
    bool same = record->version.blob_hash == hs_self(own->core)->meta->hash;
    hear_timestamp(own, record->version.timestamp);
    hs_self_assert(own);
    if (!same)
        hs_rumor_queue_push(&view->rumor_queue, &view->table, view->self, true);
}

/* R4: refutation. It goes straight to the sender and to the accusers, and to all as a rumor. */
static void self_refute(struct hs_own *own, const struct hs_record *record, uint32_t from)
{
    contradict(own, record);
    own->core->stats.refutations++;
    hs_health_adjust_multiplier(own->health, true);
    if (from != HS_NO_SLOT)
        hs_send_gossip(own->core, from, 0, 0);
    struct hearsay_event event = {.kind = HEARSAY_EVENT_REFUTE, .timestamp = own->heard_timestamp};
    for (uint8_t i = 0; i < record->accuser_count; i++) {
        uint32_t slot = hs_table_find_id(&own->core->view.table, record->accusers[i]);
        if (slot == HS_NO_SLOT || slot == own->core->view.self)
            continue;
        const struct hs_member *accuser = hs_member_at(own->core, slot);
        if (!event.accuser[0])
            hs_event_name(event.accuser, hs_member_name(accuser), accuser->meta->name_len);
        if (slot != from && hs_member_present(accuser))
            hs_send_gossip(own->core, slot, 0, 0);
    }
    event.from = record->version.status;
    hs_events_push(&own->core->view.events, &event);
}

/* R8: of two processes the one with the later (start, instance) stays. Returns true if theirs is
 * later. */
static bool is_later(const struct hs_blob *theirs, const struct hs_blob *ours)
{
    return theirs->start != ours->start ? theirs->start > ours->start
                                        : theirs->instance > ours->instance;
}

static void meet_rival(struct hs_own *own, const struct hs_record *record, uint64_t id)
{
    struct hs_blob ours = own_blob(own);
    bool gone = record->version.status == HEARSAY_STATUS_DEAD;
    if (!gone && is_later(record->decoded, &ours)) {
        /* The earlier process stops, but only after it has heard the other one itself. */
        struct hs_meant rival = {.name_hash = own->core->wire.self_binding, .id = id};
        hs_contacts_call(own->contacts, &record->decoded->addr, HS_CONTACT_RIVAL, &rival);
        return;
    }
    contradict(own, record);
}

/* We have contradicted a record of this very process, and nobody is known who said it: a challenge
 * has told us of it (R39: isolation), or it calls us alive. */
static void note_refutation(struct hs_own *own, enum hearsay_status held)
{
    if (own->core->leaving)
        return;
    own->core->stats.refutations++;
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_REFUTE, .timestamp = own->heard_timestamp, .from = held};
    hs_events_push(&own->core->view.events, &event);
}

void hs_self_hear(struct hs_own *own, const struct hs_record *record, uint64_t id, uint32_t from)
{
    const struct hs_member *self = hs_self(own->core);
    struct hs_version held = hs_member_version(self);
    if (hs_version_compare(&record->version, &held) <= 0)
        return;
    if (record->blob && id != self->meta->id) {
        meet_rival(own, record, id);
        return;
    }
    if (!own->core->leaving && record->version.status != HEARSAY_STATUS_ALIVE) {
        self_refute(own, record, from);
        return;
    }
    contradict(own, record);
    note_refutation(own, HEARSAY_STATUS_ALIVE); /* somebody else has written what it says of us */
}

/* ---- tags and start ---------------------------------------------------------------------- */

/* Copies the tags of a blob as terminated pairs into `text`. Returns their number. */
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

/* Tells the cluster a new start, address or number of tokens; the tags stay. Returns 0 or a
 * negative code. */
static int rewrite_blob(struct hs_own *own, uint64_t start)
{
    struct hs_blob ours = own_blob(own);
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    char text[HEARSAY_TAGS_MAX + 2 * HEARSAY_TAGS_COUNT];
    uint8_t bytes[HS_BLOB_MAX];
    size_t count = copy_tags(&ours, tags, text);
    int len = encode_blob(own, bytes, ours.instance, start, tags, count);
    return len < 0 ? len : assert_record(own, bytes, (size_t)len);
}

int hs_self_set_addr(struct hs_own *own, const struct hearsay_addr *addr)
{
    struct hearsay_addr old = own->core->config.advertise;
    if (hearsay_addr_equal(addr, &old))
        return 0;
    own->core->config.advertise = *addr;
    own->revived_at = 0;
    int err = rewrite_blob(own, own_blob(own).start);
    if (err)
        own->core->config.advertise = old;
    return err;
}

/* ---- keys (R33) and ring settings (R62) -------------------------------------------------- */

/* All agents of a cluster may reload at the same moment. Their records do not change at once. */
void hs_self_settings_changed(struct hs_own *own)
{
    uint64_t spread = (uint64_t)own->core->view.table.count * KEYS_SPREAD_US;
    uint64_t wait =
        hs_random_below(&own->core->random,
                        (uint32_t)(spread < KEYS_SPREAD_MAX_US ? spread + 1 : KEYS_SPREAD_MAX_US));
    hs_heap_arm(&own->core->timers, &own->keys, own->core->now.boot + wait);
}

void hs_self_tell_settings(struct hs_own *own)
{
    const struct hs_blob ours = own_blob(own);
    uint8_t marks[MARKS_SIZE_MAX];
    hs_heap_disarm(&own->core->timers, &own->keys);
    write_marks(&own->core->wire, marks);
    if (!has_our_timing(own, &ours) || ours.mark_count != own->core->wire.key_count ||
        (ours.mark_count && memcmp(ours.marks, marks, ours.mark_count * HS_MARK_SIZE) != 0))
        rewrite_blob(own, ours.start);
}

void hs_self_note_timing(struct hs_own *own, uint32_t slot, const struct hs_blob *blob)
{
    struct hs_member *member = hs_member_at(own->core, slot);
    member->flags &= (uint16_t)~HS_MEMBER_OTHER_TIMING;
    if (!has_our_timing(own, blob))
        member->flags |= HS_MEMBER_OTHER_TIMING;
}

void hs_self_note_all_timings(struct hs_own *own)
{
    const struct hs_table *table = &own->core->view.table;
    for (uint32_t slot = 0; slot < table->used; slot++) {
        const struct hs_meta *meta = hs_table_at(table, slot)->meta;
        struct hs_blob blob;
        if (meta && hs_blob_decode(&blob, meta->blob, meta->len))
            hs_self_note_timing(own, slot, &blob);
    }
}

/* Returns true if the competing record, which has this status, belongs to another live process of
 * our name, and not to our own previous run. We are past our own restart once we have joined. */
static bool is_rival(const struct hs_own *own, enum hearsay_status status)
{
    return own->core->joined && status != HEARSAY_STATUS_DEAD;
}

bool hs_self_may_revive(struct hs_own *own, const struct hs_message *challenge)
{
    uint64_t boot = own->core->now.boot;
    if (!challenge->state || hs_wire_status(challenge->state) != HEARSAY_STATUS_DEAD ||
        challenge->start != own_blob(own).start ||
        challenge->timestamp < hs_self(own->core)->timestamp)
        return true;
    if (own->revived_at && boot - own->revived_at < HS_REVIVAL_GAP)
        return false;
    own->revived_at = boot;
    return true;
}

/* R5, R8: catching up. A process that restarts after its clock was set back learns here, in one
 * round trip, which timestamp and start it must exceed. Two live processes of one name never raise
 * their start against each other; otherwise the earlier one would become the later one. */
bool hs_self_catch_up(struct hs_own *own, uint64_t timestamp, uint64_t start, uint8_t state)
{
    if (hs_is_future(own->core, timestamp) || hs_is_future(own->core, start)) {
        hs_drop(own->core, HEARSAY_DROP_FUTURE);
        return false;
    }
    enum hearsay_status status = hs_wire_status(state);
    const struct hs_member *self = hs_self(own->core);
    struct hs_blob ours = own_blob(own);
    bool must_raise_start = start > ours.start && !is_rival(own, status);
    /* R60: last words. Those of our own previous run, which have the timestamp after that of its
     * record, may not have come to whoever says this. */
    bool unsaid = start != ours.start && status != HEARSAY_STATUS_DEAD && !own->core->joined;
    timestamp += unsaid;
    bool must_reassert =
        timestamp > self->timestamp ||
        (timestamp == self->timestamp && (unsaid || status != HEARSAY_STATUS_ALIVE));
    hear_timestamp(own, timestamp);
    if (must_raise_start)
        rewrite_blob(own, start + 1);
    else if (must_reassert)
        hs_self_assert(own);
    if (must_reassert && start == ours.start)
        note_refutation(own, status);
    return true;
}

bool hs_self_began_after(const struct hs_own *own, uint64_t start)
{
    return own_blob(own).start > start;
}

int hs_self_set_tokens(struct hs_own *own, uint32_t tokens)
{
    uint32_t before = own->core->config.tokens;
    if (own_blob(own).tokens == tokens)
        return 0;
    own->core->config.tokens = tokens;
    int err = rewrite_blob(own, own_blob(own).start);
    if (err)
        own->core->config.tokens = before;
    return err;
}

int hs_self_set_tags(struct hs_own *own, const struct hearsay_tag *tags, size_t count)
{
    struct hs_blob ours = own_blob(own);
    uint8_t bytes[HS_BLOB_MAX];
    int len = encode_blob(own, bytes, ours.instance, ours.start, tags, count);
    if (len < 0)
        return len;
    return assert_record(own, bytes, (size_t)len);
}

/* ---- leaving (R23) ----------------------------------------------------------------------- */

static void leave_done(struct hs_own *own)
{
    own->core->leaving = HS_LEAVE_DONE;
    hs_heap_disarm(&own->core->timers, &own->leave);
    struct hearsay_event event = {.kind = HEARSAY_EVENT_LEFT};
    hs_events_push(&own->core->view.events, &event);
}

static uint32_t goodbyes_needed(const struct hs_own *own)
{
    uint32_t peers = own->core->view.table.probe_list_count;
    return peers < HS_LEAVE_ACKS ? peers : HS_LEAVE_ACKS;
}

static void say_goodbye(struct hs_own *own)
{
    for (uint32_t i = 0; i < HS_LEAVE_ACKS; i++) {
        uint32_t slot = hs_probe_list_next(&own->core->view.table, &own->core->random);
        if (slot != HS_NO_SLOT)
            hs_send_gossip(own->core, slot, 0, 0);
    }
}

void hs_self_leave(struct hs_own *own)
{
    own->core->leaving = HS_LEAVE_SAYING;
    hs_self_assert(own);
    own->leave_until = own->core->now.boot + own->core->config.leave_timeout;
    if (goodbyes_needed(own) == 0) {
        leave_done(own);
        return;
    }
    say_goodbye(own);
    hs_heap_arm(&own->core->timers, &own->leave, own->core->now.boot + HS_LEAVE_REPEAT);
}

void hs_self_leave_timer(struct hs_own *own)
{
    if (own->core->now.boot >= own->leave_until || goodbyes_needed(own) <= own->goodbye_count) {
        leave_done(own);
        return;
    }
    say_goodbye(own);
    hs_heap_arm(&own->core->timers, &own->leave, own->core->now.boot + HS_LEAVE_REPEAT);
}

/* Enough peers know; the rest hear it from them within a few bursts. A member that probes us before
 * that must get our goodbye and not find a closed port: otherwise one leave in a hundred looks like
 * a crash to some member. */
static void self_linger(struct hs_own *own)
{
    uint64_t end = own->core->now.boot + HS_LEAVE_LINGER;
    hs_heap_arm(&own->core->timers, &own->leave, end < own->leave_until ? end : own->leave_until);
}

void hs_self_goodbye_acked(struct hs_own *own, uint32_t slot)
{
    uint32_t needed = goodbyes_needed(own);
    if (own->core->leaving != HS_LEAVE_SAYING || own->goodbye_count >= needed)
        return;
    for (uint32_t i = 0; i < own->goodbye_count; i++)
        if (own->goodbye_acks[i] == slot)
            return;
    own->goodbye_acks[own->goodbye_count++] = slot;
    if (own->goodbye_count == needed)
        self_linger(own);
}
