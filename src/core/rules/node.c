/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node as its owner sees it: making and freeing, time, events, commands and looking. Receiving
 * is in receive.c, sending in transmit.c; the rules are each in a file of their own.
 */
#include <hearsay/node.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "rules/rules.h"

/* ---- making and freeing ------------------------------------------------------------------ */

static void copy_config(struct hearsay_node *node, const struct hearsay_config *config)
{
    node->config = *config;
    node->allocator = config->allocator;
    memcpy(node->name, config->name, strlen(config->name) + 1);
    memcpy(node->cluster, config->cluster, strlen(config->cluster) + 1);
    node->config.name = node->name;
    node->config.cluster = node->cluster;
    node->random.state = config->seed;
}

static void init_wire(struct hearsay_node *node)
{
    const struct hearsay_config *config = &node->config;
    uint64_t instance = hs_hash(config->entropy, sizeof(config->entropy));
    size_t name_len = strlen(node->name);
    node->wire = (struct hs_wire){
        .seal = config->seal ? config->seal : &hearsay_seal_none,
        .seal_context = config->seal_context,
        .cluster = hs_cluster_tag(node->cluster),
        .self_id = hs_member_id(node->name, name_len, instance),
        .self_binding = hs_hash(node->name, name_len),
    };
    node->stranger_nonce =
        node->wire.seal->mac(node->wire.seal_context, config->entropy, node->name, name_len);
}

static int init_parts(struct hearsay_node *node)
{
    const struct hearsay_allocator *allocator = &node->allocator;
    int err = hs_heap_reserve(&node->timers, allocator, HS_TIMERS_FIXED);
    if (!err)
        err = hs_table_init(&node->table, allocator, node->config.cards, node->config.max_members);
    if (!err)
        err = hs_dedup_init(&node->dedup, allocator);
    if (!err)
        err = hs_events_init(&node->events, allocator);
    if (!err)
        err = hs_trail_init(&node->trail, allocator);
    if (!err)
        err = hs_probe_init(node);
    if (err)
        return err;
    node->intents.items = hs_alloc(allocator, HS_INTENTS_MAX * sizeof(*node->intents.items));
    node->carriages = hs_alloc_zeroed(allocator, HS_CARRIAGES_MAX * sizeof(*node->carriages));
    node->serves = hs_alloc_zeroed(allocator, HS_SERVES_MAX * sizeof(*node->serves));
    bool made = node->intents.items && node->carriages && node->serves;
    return made ? 0 : HEARSAY_ERR_NOMEM;
}

static void init_timers(struct hearsay_node *node)
{
    uint64_t boot = node->now.boot;
    node->period.kind = HS_TIMER_PERIOD;
    node->burst.kind = HS_TIMER_BURST;
    node->reap.kind = HS_TIMER_REAP;
    node->rejoin.kind = HS_TIMER_REJOIN;
    node->leave.kind = HS_TIMER_LEAVE;
    node->ring_rest.kind = HS_TIMER_RING;
    node->sync.timer.kind = HS_TIMER_SYNC;
    node->sync.backoff = HS_SYNC_GAP;
    /* R14: a random phase, so that agents which are started together do not fire in step. */
    hs_heap_arm(&node->timers, &node->period,
                boot + hs_random_next(&node->random) % node->config.interval);
    hs_heap_arm(&node->timers, &node->rejoin,
                boot + hs_random_jitter(&node->random, node->config.rejoin_interval, 50));
}

int hearsay_node_new(struct hearsay_node **ret_node, const struct hearsay_config *config,
                     struct hearsay_now now)
{
    int err = hearsay_config_check(config, NULL);
    if (err)
        return err;
    struct hearsay_node *node = hs_alloc_zeroed(&config->allocator, sizeof(*node));
    if (!node)
        return HEARSAY_ERR_NOMEM;
    copy_config(node, config);
    node->now = now;
    node->self = HS_NO_SLOT;
    hs_outbox_init(&node->outbox);
    hs_health_init(node);
    init_wire(node);
    err = init_parts(node);
    if (!err) {
        init_timers(node);
        err = hs_self_init(node);
    }
    if (err) {
        hearsay_node_free(node);
        return err;
    }
    node->config.tags = NULL; /* the caller's; from here on they live in our blob */
    node->config.tag_count = 0;
    *ret_node = node;
    return 0;
}

void hearsay_node_free(struct hearsay_node *node)
{
    if (!node)
        return;
    struct hearsay_allocator allocator = node->allocator;
    hs_placement_fini(node);
    hs_release(&allocator, node->serves);
    hs_release(&allocator, node->carriages);
    hs_release(&allocator, node->intents.items);
    hs_suspect_fini(node);
    hs_probe_fini(node);
    hs_trail_fini(&node->trail, &allocator);
    hs_events_fini(&node->events, &allocator);
    hs_dedup_fini(&node->dedup, &allocator);
    hs_table_fini(&node->table);
    hs_heap_fini(&node->timers, &allocator);
    hs_release(&allocator, node);
}

/* ---- time and events --------------------------------------------------------------------- */

uint64_t hearsay_node_deadline(const struct hearsay_node *node)
{
    return hs_heap_deadline(&node->timers);
}

static void fire(struct hearsay_node *node, struct hs_timer *timer)
{
    switch ((enum hs_timer_kind)timer->kind) {
    case HS_TIMER_PERIOD:
        hs_gossip_period(node);
        break;
    case HS_TIMER_BURST:
        hs_gossip_burst(node);
        break;
    case HS_TIMER_PROBE:
        hs_probe_timer(node, HS_CONTAINER_OF(timer, struct hs_probe, timer));
        break;
    case HS_TIMER_SUSPICION:
        hs_suspect_timer(node, HS_CONTAINER_OF(timer, struct hs_suspicion, timer));
        break;
    case HS_TIMER_CONTACT:
        hs_join_contact_timer(node, HS_CONTAINER_OF(timer, struct hs_contact, timer));
        break;
    case HS_TIMER_SYNC:
        hs_sync_timer(node);
        break;
    case HS_TIMER_REAP:
        hs_tombstone_reap(node);
        break;
    case HS_TIMER_REJOIN:
        hs_join_rejoin_timer(node);
        break;
    case HS_TIMER_LEAVE:
        hs_self_leave_timer(node);
        break;
    case HS_TIMER_RING: /* the owner's pull of events makes it */
    case HS_TIMER_KINDS:
        break;
    }
}

void hearsay_node_tick(struct hearsay_node *node, struct hearsay_now now)
{
    hs_health_enter(node, now);
    struct hs_timer *timer;
    while ((timer = hs_heap_take(&node->timers, now.boot)) != NULL)
        fire(node, timer);
}

bool hearsay_node_next_event(struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_event *ret_event)
{
    node->now = now;
    return hs_events_take(&node->events, ret_event) || hs_placement_settle(node, ret_event);
}

bool hearsay_node_ring_step(struct hearsay_node *node, struct hearsay_now now, size_t units)
{
    node->now = now;
    return hs_placement_step(node, units);
}

size_t hearsay_node_events(const struct hearsay_node *node)
{
    return node->events.count + (node->events.overflowed ? 1u : 0u);
}

/* ---- commands ---------------------------------------------------------------------------- */

int hearsay_node_join(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr)
{
    node->now = now;
    if (node->leaving)
        return HEARSAY_ERR_STOPPED;
    if ((addr->family != 4 && addr->family != 6) || addr->port == 0 || hearsay_addr_is_any(addr))
        return HEARSAY_ERR_INVALID;
    return hs_join_start(node, addr, HS_CONTACT_SEED | HS_CONTACT_REPORT);
}

int hearsay_node_introduce(struct hearsay_node *node, struct hearsay_now now,
                           const struct hearsay_node *other)
{
    struct hs_rumor rumor;
    node->now = now;
    hs_rumor_of(other, other->self, true, &rumor);
    if (other->wire.cluster != node->wire.cluster ||
        !hs_blob_decode(&rumor.decoded, rumor.blob, rumor.blob_len))
        return HEARSAY_ERR_INVALID;
    bool full = node->table.count >= node->table.max;
    node->told_all = true;
    hs_merge_rumor(node, &rumor, HS_NO_SLOT);
    node->told_all = false;
    if (hs_table_find_id(&node->table, rumor.id) != HS_NO_SLOT) {
        node->joined = true;
        return 0;
    }
    return full ? HEARSAY_ERR_FULL : HEARSAY_ERR_INVALID;
}

int hearsay_node_leave(struct hearsay_node *node, struct hearsay_now now)
{
    node->now = now;
    if (!node->leaving)
        hs_self_leave(node);
    return 0;
}

int hearsay_node_force_leave(struct hearsay_node *node, struct hearsay_now now, const char *name,
                             bool prune)
{
    node->now = now;
    if (node->leaving)
        return HEARSAY_ERR_STOPPED;
    uint32_t slot = hs_table_find_name(&node->table, name, strlen(name));
    if (slot == HS_NO_SLOT)
        return HEARSAY_ERR_NOTFOUND;
    const struct hs_member *member = hs_table_at(&node->table, slot);
    if (member->status == HEARSAY_ALIVE || slot == node->self)
        return HEARSAY_ERR_ALIVE;
    struct hs_record record = {.version = hs_member_version(member), .from = HS_NO_SLOT};
    record.version.stamp++; /* R3: a forced death is T + 1 */
    record.version.status = HEARSAY_DEAD;
    record.version.cause = HEARSAY_CAUSE_FORCED;
    if (member->status == HEARSAY_DEAD)
        record.age = hs_tombstone_age(node, member);
    uint32_t ttl = (uint32_t)((node->config.tombstone_ttl + 999999) / 1000000);
    if (prune && record.age < ttl)
        record.age = ttl;
    hs_merge_apply(node, slot, &record);
    return 0;
}

int hearsay_node_set_tags(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_tag *tags, size_t count)
{
    node->now = now;
    return node->leaving ? HEARSAY_ERR_STOPPED : hs_self_set_tags(node, tags, count);
}

/* ---- looking ----------------------------------------------------------------------------- */

static void show(const struct hearsay_node *node, uint64_t boot, uint32_t slot,
                 struct hearsay_member *ret_member)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    struct hs_blob blob = {0};
    hs_blob_decode(&blob, member->card->blob, member->card->len);
    *ret_member = (struct hearsay_member){
        .name = hs_member_name(member),
        .addr = member->card->addr,
        .status = (enum hearsay_status)member->status,
        .cause = (enum hearsay_cause)member->cause,
        .id = member->card->id,
        .instance = blob.instance,
        .timestamp = member->stamp,
        .start = blob.start,
        .tokens = member->card->tokens,
        .version_min = blob.version_min,
        .version_max = blob.version_max,
        .self = slot == node->self,
        .hidden = !hs_member_counts(member),
        .in_state_us = hs_coarse_since(boot, member->since),
        .rtt_us = member->rtt_samples ? member->srtt_us : 0,
        .tags = blob.tags,
        .tags_len = blob.tags_len,
    };
}

bool hearsay_node_next_member(const struct hearsay_node *node, struct hearsay_now now,
                              uint32_t *cursor, struct hearsay_member *ret_member)
{
    while (*cursor < node->table.used) {
        uint32_t slot = (*cursor)++;
        if (!hs_table_at(&node->table, slot)->card)
            continue;
        show(node, now.boot, slot, ret_member);
        return true;
    }
    return false;
}

int hearsay_node_member(const struct hearsay_node *node, struct hearsay_now now, const char *name,
                        struct hearsay_member *ret_member)
{
    uint32_t slot = hs_table_find_name(&node->table, name, strlen(name));
    if (slot == HS_NO_SLOT)
        return HEARSAY_ERR_NOTFOUND;
    show(node, now.boot, slot, ret_member);
    return 0;
}

void hearsay_node_self(const struct hearsay_node *node, struct hearsay_now now,
                       struct hearsay_member *ret_member)
{
    show(node, now.boot, node->self, ret_member);
}

const struct hearsay_ring *hearsay_node_ring(const struct hearsay_node *node)
{
    return node->ring;
}

uint64_t hearsay_node_ring_version(const struct hearsay_node *node)
{
    return node->ring_version;
}

void hearsay_node_stats(const struct hearsay_node *node, struct hearsay_stats *ret_stats)
{
    *ret_stats = node->stats;
    memcpy(ret_stats->members, node->table.status_count, sizeof(ret_stats->members));
    ret_stats->rumors_waiting = node->outbox.count;
    ret_stats->digest = node->table.digest;
    ret_stats->loss_permille = (uint32_t)(node->health.loss * 1000);
    ret_stats->events_lost = node->events.lost;
    ret_stats->ring_waits = hs_placement_waits(node);
}

/* ---- why? -------------------------------------------------------------------------------- */

static void show_step(const struct hearsay_node *node, const struct hs_trail_item *item,
                      struct hearsay_trail *ret_step)
{
    *ret_step = (struct hearsay_trail){
        .when = item->when,
        .step = (enum hearsay_step)item->step,
        .result = (enum hearsay_reason)item->result,
        .tries = item->tries,
        .rtt_us = item->rtt_us,
        .timestamp = item->stamp,
    };
    uint32_t actor = item->actor ? hs_table_find_name_hash(&node->table, item->actor) : HS_NO_SLOT;
    if (actor == HS_NO_SLOT)
        return;
    const struct hs_member *member = hs_table_at(&node->table, actor);
    hs_event_name(ret_step->actor, hs_member_name(member), member->card->name_len);
}

size_t hearsay_node_trail(const struct hearsay_node *node, const char *name,
                          struct hearsay_trail *ret_trail, size_t room)
{
    uint64_t subject = hs_hash(name, strlen(name)), cursor = 0;
    size_t count = 0;
    while (count < room && hs_trail_previous(&node->trail, subject, &cursor))
        count++;
    cursor = 0;
    for (size_t at = count; at-- > 0;)
        show_step(node, hs_trail_previous(&node->trail, subject, &cursor), &ret_trail[at]);
    return count;
}
