/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node as its owner sees it: making and freeing, time, events, commands and queries. Nothing is
 * decided here: each rule is in a file of its own, receiving is in receive.c and sending in
 * transmit.c.
 */
#include <hearsay-tree/many.h>
#include <hearsay/node.h>

#include <hearsay/error.h>

#include "base/config.h"
#include "base/memory.h"
#include "base/sized.h"
#include "base/trace.h"
#include "codec/bitmap.h"
#include "codec/form.h"
#include "node/follow.h"
#include "node/impl.h"
#include "node/outcome.h"
#include "node/wake.h"
#include "rules/recall.h"
#include "view/record.h"

HS_SIZED_ASSERT(struct hearsay_event, ring_settling);
HS_SIZED_ASSERT(struct hearsay_member, in_ring);
HS_SIZED_ASSERT(struct hearsay_stats, ring_held);
HS_SIZED_ASSERT(struct hearsay_history_step, timestamp);

/* ---- making and freeing ------------------------------------------------------------------ */

static void copy_config(struct hearsay_node *node, const struct hearsay_config *config)
{
    node->core.config = *config;
    node->core.allocator = config->allocator;
    memcpy(node->core.name, config->name, strlen(config->name) + 1);
    memcpy(node->core.cluster, config->cluster, strlen(config->cluster) + 1);
    node->core.config.name = node->core.name;
    node->core.config.cluster = node->core.cluster;
    node->core.random.state = config->seed;
}

static void init_wire(struct hearsay_node *node)
{
    const struct hearsay_config *config = &node->core.config;
    uint64_t instance = hs_hash(config->entropy, sizeof(config->entropy));
    size_t name_len = strlen(node->core.name);
    node->core.wire = (struct hs_wire){
        .seal = config->seal ? config->seal : &hearsay_seal_none,
        .seal_context = config->seal_context,
        .cluster = hs_cluster_tag(node->core.cluster),
        .self_id = hs_member_id(node->core.name, name_len, instance),
        .self_binding = hs_hash(node->core.name, name_len),
    };
    hs_wire_set_cipher(&node->core.wire, config->cipher, config->cipher_context,
                       (enum hearsay_seal_mode)config->seal_mode);
}

static int init_view(struct hearsay_node *node, struct hs_meta_pool *meta_pool)
{
    const struct hearsay_allocator *allocator = &node->core.allocator;
    struct hs_view *view = &node->core.view;
    view->self = HS_NO_SLOT;
    view->hooks = &hs_follow_hooks;
    view->context = node;
    hs_rumor_queue_init(&view->rumor_queue);
    hs_suspicion_pool_init(&view->suspicions, allocator, &node->core.timers, HS_TIMERS_FIXED);
    int err = hs_table_init(&view->table, allocator, meta_pool, node->core.config.max_members);
    if (!err)
        err = hs_events_init(&view->events, allocator);
    return err ? err : hs_history_init(&view->history, allocator);
}

/* Gives each rule the lower rules that it may call. */
static int wire_rules(struct hearsay_node *node)
{
    struct hs_core *core = &node->core;
    hs_news_init(&node->news, core);
    hs_last_words_init(&node->last_words, core);
    hs_health_init(&node->health, core);
    hs_ring_update_init(&node->ring_update, core);
    int err = hs_prober_init(&node->prober, core, &node->health);
    if (!err)
        err = hs_in_flight_init(&node->in_flight, core);
    if (!err)
        err = hs_responses_init(&node->responses, core);
    if (err)
        return err;
    hs_gossip_init(&node->gossip, core, &node->prober, &node->news);
    hs_contacts_init(&node->contacts, core);
    hs_isolation_init(&node->isolation, core, &node->health, &node->contacts);
    hs_tombstones_init(&node->tombstones, core, &node->contacts, &node->news, &node->ring_update);
    hs_suspicions_init(&node->suspicions, core, &node->health, &node->prober, &node->news);
    hs_conflicts_init(&node->conflicts, core, &node->prober);
    hs_merger_init(&node->merger, core, &node->own, &node->suspicions, &node->tombstones,
                   &node->news);
    hs_sync_init(&node->sync, core, &node->contacts, &node->merger, &node->responses);
    return hs_self_init(&node->own, core, &node->health, &node->contacts);
}

static int init_parts(struct hearsay_node *node, struct hs_meta_pool *meta_pool)
{
    struct hs_core *core = &node->core;
    int err = hs_heap_reserve(&core->timers, &core->allocator, HS_TIMERS_FIXED);
    if (!err)
        err = init_view(node, meta_pool);
    if (!err)
        err = hs_send_queue_init(&core->queue, &core->allocator);
    if (!err)
        err = hs_dedup_init(&node->dedup, &core->allocator);
    return err ? err : wire_rules(node);
}

int hs_node_new_sharing(struct hearsay_node **ret_node, const struct hearsay_config *config,
                        struct hearsay_now now, struct hs_meta_pool *meta_pool)
{
    struct hearsay_config ours;
    int err = hearsay_config_check(config, NULL);
    if (err)
        return err;
    hs_config_load(&ours, config);
    struct hearsay_node *node = hs_alloc_zeroed(&ours.allocator, sizeof(*node));
    if (!node)
        return HEARSAY_ERR_NOMEM;
    copy_config(node, &ours);
    node->core.now = now;
    init_wire(node);
    err = init_parts(node, meta_pool);
    if (err) {
        hearsay_node_free(node);
        return err;
    }
    node->core.config.tags = NULL; /* these are the caller's; our blob now has a copy */
    node->core.config.tag_count = 0;
    *ret_node = node;
    return 0;
}

int hearsay_node_new(struct hearsay_node **ret_node, const struct hearsay_config *config,
                     struct hearsay_now now)
{
    return hs_node_new_sharing(ret_node, config, now, NULL);
}

void hearsay_node_free(struct hearsay_node *node)
{
    if (!node)
        return;
    struct hearsay_allocator allocator = node->core.allocator;
    struct hs_view *view = &node->core.view;
    hs_ring_update_fini(&node->ring_update);
    hs_responses_fini(&node->responses);
    hs_in_flight_fini(&node->in_flight);
    hs_prober_fini(&node->prober);
    hs_dedup_fini(&node->dedup, &allocator);
    hs_send_queue_fini(&node->core.queue, &allocator);
    hs_suspicion_pool_fini(&view->suspicions);
    hs_history_fini(&view->history, &allocator);
    hs_events_fini(&view->events, &allocator);
    hs_table_fini(&view->table);
    hs_heap_fini(&node->core.timers, &allocator);
    hs_release(&allocator, node);
}

/* ---- time and events --------------------------------------------------------------------- */

uint64_t hearsay_node_deadline(const struct hearsay_node *node)
{
    return hs_heap_deadline(&node->core.timers);
}

_Static_assert((int)HEARSAY_TRACE_TIMER_HOLD == (int)HS_TIMER_HOLD,
               "timers have the same order in the trace");

static void fire_probe(struct hearsay_node *node, struct hs_probe *probe)
{
    struct hs_probe_outcome outcome = hs_probe_timer(&node->prober, probe);
    hs_outcome_handle(node, &outcome);
}

static void fire_timer(struct hearsay_node *node, struct hs_timer *timer)
{
    HS_TRACE(&node->core, .kind = HEARSAY_TRACE_TIMER,
             .timer = (enum hearsay_trace_timer)timer->kind);
    switch ((enum hs_timer_kind)timer->kind) {
    case HS_TIMER_PERIOD:
        hs_gossip_period(&node->gossip);
        hs_last_words_outdate(&node->last_words);
        hs_isolation_check(&node->isolation);
        hs_recall_step(&node->contacts);
        break;
    case HS_TIMER_BURST:
        hs_gossip_burst(&node->gossip);
        break;
    case HS_TIMER_PROBE:
        fire_probe(node, HS_CONTAINER_OF(timer, struct hs_probe, timer));
        break;
    case HS_TIMER_SUSPICION:
        hs_suspect_timer(&node->suspicions, HS_CONTAINER_OF(timer, struct hs_suspicion, timer));
        break;
    case HS_TIMER_CONTACT:
        hs_contacts_timer(&node->contacts, HS_CONTAINER_OF(timer, struct hs_contact, timer));
        break;
    case HS_TIMER_SYNC:
        hs_sync_timer(&node->sync);
        break;
    case HS_TIMER_REAP:
        hs_tombstone_reap(&node->tombstones);
        break;
    case HS_TIMER_REJOIN:
        hs_contacts_rejoin(&node->contacts);
        break;
    case HS_TIMER_LEAVE:
        hs_self_leave_timer(&node->own);
        break;
    case HS_TIMER_KEYS:
        hs_self_tell_settings(&node->own);
        break;
    case HS_TIMER_HOLD:
        hs_ring_update_hold_timer(&node->ring_update);
        break;
    case HS_TIMER_RING: /* the owner's pull of events does the work */
    case HS_TIMER_KINDS:
        break;
    }
}

void hearsay_node_tick(struct hearsay_node *node, struct hearsay_now now)
{
    hs_node_enter(node, now);
    struct hs_timer *timer;
    while ((timer = hs_heap_take(&node->core.timers, now.boot)) != NULL)
        fire_timer(node, timer);
}

bool hearsay_node_next_event_sized(struct hearsay_node *node, struct hearsay_now now,
                                   struct hearsay_event *ret_event, size_t size)
{
    struct hearsay_event event;
    node->core.now = now;
    if (!hs_events_take(&node->core.view.events, &event) &&
        !hs_ring_update_settle(&node->ring_update, &event))
        return false;
    hs_sized_copy(ret_event, size, &event, sizeof(event));
    return true;
}

bool hearsay_node_ring_step(struct hearsay_node *node, struct hearsay_now now, size_t units)
{
    node->core.now = now;
    return hs_ring_update_step(&node->ring_update, units);
}

size_t hearsay_node_events(const struct hearsay_node *node)
{
    return node->core.view.events.count + (node->core.view.events.overflowed ? 1u : 0u);
}

uint32_t hearsay_node_contacts_open(const struct hearsay_node *node)
{
    return hs_contacts_open(&node->contacts);
}

uint64_t hearsay_node_drops(const struct hearsay_node *node)
{
    return node->core.dropped;
}

/* ---- commands ---------------------------------------------------------------------------- */

static int call_for_owner(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *addr, uint16_t flags)
{
    node->core.now = now;
    if (node->core.leaving)
        return HEARSAY_ERR_STOPPED;
    if (addr->port == 0 || hearsay_addr_fault(addr))
        return HEARSAY_ERR_INVALID;
    return hs_contacts_call(&node->contacts, addr, flags, NULL);
}

int hearsay_node_join(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr)
{
    return call_for_owner(node, now, addr,
                          HS_CONTACT_SEED | HS_CONTACT_REPORT | HS_CONTACT_ANYBODY);
}

int hearsay_node_join_once(struct hearsay_node *node, struct hearsay_now now,
                           const struct hearsay_addr *addr)
{
    return call_for_owner(node, now, addr, HS_CONTACT_REPORT | HS_CONTACT_ANYBODY);
}

int hearsay_node_seed(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_addr *addr)
{
    return call_for_owner(node, now, addr, HS_CONTACT_SEED | HS_CONTACT_REPORT);
}

int hearsay_node_seed_once(struct hearsay_node *node, struct hearsay_now now,
                           const struct hearsay_addr *addr)
{
    return call_for_owner(node, now, addr, HS_CONTACT_REPORT);
}

int hs_node_introduce(struct hearsay_node *node, struct hearsay_now now,
                      const struct hearsay_node *other)
{
    struct hs_rumor rumor;
    node->core.now = now;
    hs_rumor_of(&other->core.view, other->core.now.boot, other->core.view.self, true, &rumor);
    if (other->core.wire.cluster != node->core.wire.cluster ||
        !hs_blob_decode(&rumor.decoded, rumor.blob, rumor.blob_len))
        return HEARSAY_ERR_INVALID;
    enum hs_merged merged = hs_merge_rumor(
        &node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT, .known_to_all = true});
    if (hs_table_find_id(&node->core.view.table, rumor.id) != HS_NO_SLOT) {
        struct hs_origin theirs = hs_meant_origin(&other->core);
        node->core.joined = node->core.exchanged = true;
        if (!theirs.id)
            theirs.id = other->core.wire.self_id;
        hs_meant_met(&node->core, &theirs);
        return 0;
    }
    return merged == HS_MERGE_FULL ? HEARSAY_ERR_FULL : HEARSAY_ERR_INVALID;
}

int hearsay_node_leave(struct hearsay_node *node, struct hearsay_now now)
{
    node->core.now = now;
    if (node->core.leaving)
        return 0;
    hs_gossip_stop(&node->gossip);
    hs_contacts_stop(&node->contacts);
    hs_self_leave(&node->own);
    return 0;
}

int hearsay_node_force_leave(struct hearsay_node *node, struct hearsay_now now, const char *name,
                             bool prune)
{
    node->core.now = now;
    if (node->core.leaving)
        return HEARSAY_ERR_STOPPED;
    uint32_t slot = hs_table_find_name(&node->core.view.table, name, strlen(name));
    if (slot == HS_NO_SLOT)
        return HEARSAY_ERR_NOTFOUND;
    const struct hs_member *member = hs_member_at(&node->core, slot);
    if (member->status == HEARSAY_STATUS_ALIVE || slot == node->core.view.self)
        return HEARSAY_ERR_ALIVE;
    struct hs_record record = {.version = hs_member_version(member), .from = HS_NO_SLOT};
    /* R3: order of records. A forced death has the timestamp plus one. */
    record.version.timestamp++;
    record.version.status = HEARSAY_STATUS_DEAD;
    record.version.cause = HEARSAY_CAUSE_FORCED;
    if (member->status == HEARSAY_STATUS_DEAD)
        record.age = hs_member_age_us(member, now.boot) / 1000;
    uint64_t ttl = (node->core.config.tombstone_ttl + 999) / 1000;
    if (prune && record.age < ttl)
        record.age = ttl;
    return hs_view_apply(&node->core.view, now, &slot, &record);
}

int hearsay_node_set_tags(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_tag *tags, size_t count)
{
    node->core.now = now;
    return node->core.leaving ? HEARSAY_ERR_STOPPED : hs_self_set_tags(&node->own, tags, count);
}

int hearsay_node_set_tokens(struct hearsay_node *node, struct hearsay_now now, uint32_t tokens)
{
    node->core.now = now;
    if (tokens > HEARSAY_TOKENS_MAX)
        return HEARSAY_ERR_INVALID;
    return node->core.leaving ? HEARSAY_ERR_STOPPED : hs_self_set_tokens(&node->own, tokens);
}

int hearsay_node_set_addr(struct hearsay_node *node, struct hearsay_now now,
                          const struct hearsay_addr *addr)
{
    node->core.now = now;
    if (node->core.leaving)
        return HEARSAY_ERR_STOPPED;
    if (addr->port == 0 || hearsay_addr_fault(addr))
        return HEARSAY_ERR_INVALID;
    return hs_self_set_addr(&node->own, addr);
}

/* R35: switching on. Whoever sees a plain datagram can echo what is in it. So in `require` it
 * counts no more that an address has done so. */
static void forget_plain_proofs(struct hs_table *table)
{
    for (uint32_t slot = 0; slot < table->used; slot++) {
        struct hs_member *member = hs_table_at(table, slot);
        if (!(member->flags & HS_MEMBER_PROVEN_SEALED))
            member->flags &= (uint16_t)~HS_MEMBER_PROVEN;
    }
}

int hearsay_node_set_cipher(struct hearsay_node *node, struct hearsay_now now,
                            const struct hearsay_cipher *cipher, const void *context,
                            enum hearsay_seal_mode mode)
{
    struct hs_core *core = &node->core;
    struct hearsay_config wanted = core->config;
    wanted.tags = NULL; /* they were borrowed */
    wanted.tag_count = 0;
    wanted.cipher = cipher;
    wanted.cipher_context = context;
    wanted.seal_mode = mode;
    if (hearsay_config_check(&wanted, NULL) != 0)
        return HEARSAY_ERR_INVALID;
    core->now = now;
    if (mode == HEARSAY_SEAL_REQUIRE && core->wire.mode != HEARSAY_SEAL_REQUIRE)
        forget_plain_proofs(&core->view.table);
    core->config.cipher = cipher;
    core->config.cipher_context = context;
    core->config.seal_mode = mode;
    hs_wire_set_cipher(&core->wire, cipher, context, mode);
    hs_self_settings_changed(&node->own);
    hs_last_words_outdate(&node->last_words);
    return 0;
}

int hearsay_node_set_ring_timing(struct hearsay_node *node, struct hearsay_now now, uint64_t hold,
                                 uint64_t settle)
{
    struct hs_core *core = &node->core;
    struct hearsay_config wanted = core->config;
    wanted.ring_hold = hold;
    wanted.ring_settle = settle;
    if (hearsay_config_check(&wanted, NULL) != 0)
        return HEARSAY_ERR_INVALID;
    struct hearsay_config ours;
    hs_config_load(&ours, &wanted);
    core->now = now;
    core->config.ring_hold = ours.ring_hold;
    core->config.ring_settle = ours.ring_settle;
    hs_self_note_all_timings(&node->own);
    hs_ring_update_retimed(&node->ring_update);
    hs_self_settings_changed(&node->own);
    return 0;
}

/* ---- queries ----------------------------------------------------------------------------- */

static void show_member(const struct hearsay_node *node, uint64_t boot, uint32_t slot,
                        struct hearsay_member *ret_member, size_t size)
{
    const struct hs_member *member = hs_member_at(&node->core, slot);
    struct hs_blob blob = {0};
    hs_blob_decode(&blob, member->meta->blob, member->meta->len);
    struct hearsay_member shown = {
        .name = hs_member_name(member),
        .addr = member->meta->addr,
        .status = (enum hearsay_status)member->status,
        .cause = (enum hearsay_cause)member->cause,
        .id = member->meta->id,
        .instance = blob.instance,
        .timestamp = member->timestamp,
        .start = blob.start,
        .tokens = member->meta->tokens,
        .version_min = blob.version_min,
        .version_max = blob.version_max,
        .self = slot == node->core.view.self,
        .hidden = !hs_member_in_digest(member),
        .in_state_us = hs_coarse_since(boot, member->since),
        .rtt_us = member->rtt_samples ? member->srtt_us : 0,
        .tags = blob.tags,
        .tags_len = blob.tags_len,
        .key_count = blob.mark_count,
        .ring_hold_us = blob.ring_hold,
        .ring_settle_us = blob.ring_settle,
        .in_ring = hs_ring_update_has(&node->ring_update, member),
    };
    for (size_t i = 0; i < blob.mark_count; i++)
        shown.keys[i] = hs_get_u32(blob.marks + i * HS_MARK_SIZE);
    hs_sized_copy(ret_member, size, &shown, sizeof(shown));
}

bool hearsay_node_next_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                                    uint32_t *cursor, struct hearsay_member *ret_member,
                                    size_t size)
{
    while (*cursor < node->core.view.table.used) {
        uint32_t slot = (*cursor)++;
        if (!hs_member_at(&node->core, slot)->meta)
            continue;
        show_member(node, now.boot, slot, ret_member, size);
        return true;
    }
    return false;
}

bool hearsay_node_next_other_timing_sized(const struct hearsay_node *node, struct hearsay_now now,
                                          uint32_t *cursor, struct hearsay_member *ret_member,
                                          size_t size)
{
    while (*cursor < node->core.view.table.used) {
        uint32_t slot = (*cursor)++;
        const struct hs_member *member = hs_member_at(&node->core, slot);
        if (!(member->flags & HS_MEMBER_OTHER_TIMING) || !member->meta ||
            slot == node->core.view.self || !hs_member_present(member))
            continue;
        show_member(node, now.boot, slot, ret_member, size);
        return true;
    }
    return false;
}

int hearsay_node_member_sized(const struct hearsay_node *node, struct hearsay_now now,
                              const char *name, struct hearsay_member *ret_member, size_t size)
{
    uint32_t slot = hs_table_find_name(&node->core.view.table, name, strlen(name));
    if (slot == HS_NO_SLOT)
        return HEARSAY_ERR_NOTFOUND;
    show_member(node, now.boot, slot, ret_member, size);
    return 0;
}

void hearsay_node_self_sized(const struct hearsay_node *node, struct hearsay_now now,
                             struct hearsay_member *ret_member, size_t size)
{
    show_member(node, now.boot, node->core.view.self, ret_member, size);
}

const struct hearsay_ring *hearsay_node_ring(const struct hearsay_node *node)
{
    return node->ring_update.ring;
}

uint64_t hearsay_node_ring_version(const struct hearsay_node *node)
{
    return node->ring_update.version;
}

void hearsay_node_stats_sized(const struct hearsay_node *node, struct hearsay_stats *ret_stats,
                              size_t size)
{
    struct hearsay_stats stats = node->core.stats;
    stats.records_merged = node->core.view.changes;
    memcpy(stats.members, node->core.view.table.status_count, sizeof(stats.members));
    stats.rumors_waiting = node->core.view.rumor_queue.count;
    stats.digest = node->core.view.table.digest;
    stats.loss_permille = (uint32_t)(node->health.loss * 1000);
    stats.exchanged = node->core.exchanged;
    stats.events_lost = node->core.view.events.lost;
    stats.drained = node->core.view.table.drained_count;
    stats.isolated = (uint64_t)node->isolation.now;
    stats.members_max = node->core.config.max_members;
    stats.seal_mode = node->core.wire.mode;
    stats.ring_waits = hs_ring_update_waits(&node->ring_update);
    stats.ring_settling = hs_ring_update_settling(&node->ring_update);
    stats.ring_held = node->ring_update.held;
    hs_sized_copy(ret_stats, size, &stats, sizeof(stats));
}

/* ---- history ----------------------------------------------------------------------------- */

static void show_step(const struct hearsay_node *node, const struct hs_history_item *item,
                      struct hearsay_history_step *ret_step)
{
    *ret_step = (struct hearsay_history_step){
        .when = item->when,
        .step = (enum hearsay_step)item->step,
        .result = (enum hearsay_reason)item->result,
        .tries = item->tries,
        .rtt_us = item->rtt_us,
        .timestamp = item->timestamp,
    };
    uint32_t actor =
        item->actor ? hs_table_find_name_hash(&node->core.view.table, item->actor) : HS_NO_SLOT;
    if (actor == HS_NO_SLOT)
        return;
    const struct hs_member *member = hs_member_at(&node->core, actor);
    hs_event_name(ret_step->actor, hs_member_name(member), member->meta->name_len);
}

size_t hearsay_node_history_sized(const struct hearsay_node *node, const char *name,
                                  struct hearsay_history_step *ret_steps, size_t size, size_t room)
{
    struct hearsay_history_step step;
    uint64_t subject = hs_hash(name, strlen(name)), cursor = 0;
    size_t count = 0;
    while (count < room && hs_history_previous(&node->core.view.history, subject, &cursor))
        count++;
    cursor = 0;
    for (size_t at = count; at-- > 0;) {
        show_step(node, hs_history_previous(&node->core.view.history, subject, &cursor), &step);
        hs_sized_copy((char *)ret_steps + at * size, size, &step, sizeof(step));
    }
    return count;
}
