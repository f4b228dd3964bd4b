/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invariants of a node's internal state, which must hold after any input: table, indices, digest,
 * probe list, rumor queue, timers and suspicions must agree with each other. Every function returns
 * NULL, or a text about the first invariant that does not hold.
 */
#ifndef HS_TESTS_INSPECT_H
#define HS_TESTS_INSPECT_H

#include <string.h>

#include "node/impl.h"

/* Number of times that the walk over the members of a member's address finds it. */
static inline unsigned inspect_found_at(const struct hs_table *table, uint32_t slot)
{
    const struct hearsay_addr *addr = &hs_table_at(table, slot)->meta->addr;
    unsigned found = 0;
    uint32_t at = hs_table_next_at(table, addr, HS_NO_SLOT);
    for (; at != HS_NO_SLOT; at = hs_table_next_at(table, addr, at))
        found += at == slot;
    return found;
}

static inline const char *inspect_member(const struct hearsay_node *node, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->core.view.table, slot);
    struct hs_blob blob;
    if (!hs_blob_decode(&blob, member->meta->blob, member->meta->len))
        return "a blob that does not decode";
    if (blob.name_len != member->meta->name_len ||
        memcmp(blob.name, hs_member_name(member), blob.name_len) != 0 ||
        hs_member_name(member)[blob.name_len] != '\0')
        return "a name that is not the blob's";
    if (member->meta->hash != hs_hash(member->meta->blob, member->meta->len) ||
        member->meta->id != hs_member_id(blob.name, blob.name_len, blob.instance))
        return "a hash that is not the blob's";
    if (hs_table_find_name(&node->core.view.table, blob.name, blob.name_len) != slot ||
        hs_table_find_id(&node->core.view.table, member->meta->id) != slot)
        return "a member that its index does not find";
    const struct hs_table *table = &node->core.view.table;
    if (inspect_found_at(table, slot) != 1)
        return "a member that is not found once at its address";
    if ((slot == node->core.view.self) != (member->probe_list_at == HS_NO_SLOT) ||
        (slot != node->core.view.self &&
         (member->probe_list_at >= table->probe_list_count + table->gone_count ||
          table->probe_list[member->probe_list_at] != slot ||
          hs_member_present(member) != (member->probe_list_at < table->probe_list_count))))
        return "a wrong place in the probe order";
    if ((member->status == HEARSAY_STATUS_DEAD) != (member->cause != HEARSAY_CAUSE_NONE))
        return "a cause without death, or death without cause";
    return NULL;
}

/* Every suspicion ends: by its timer, or by the confirming probe that its timer has begun. */
static inline const char *inspect_suspicion(const struct hearsay_node *node, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->core.view.table, slot);
    const struct hs_suspicion *suspicion = hs_member_suspicion(member);
    if ((member->status == HEARSAY_STATUS_SUSPECT) != (suspicion != NULL))
        return "a suspicion without suspect, or a suspect without suspicion";
    if (!suspicion)
        return NULL;
    if (suspicion->slot != slot || suspicion->accuser_count > HS_ACCUSERS_MAX ||
        suspicion->refused_mask >> suspicion->accuser_count != 0)
        return "a suspicion out of its bounds";
    if (hs_timer_armed(&suspicion->timer))
        return NULL;
    for (uint32_t at = 0; at < node->prober.active; at++) {
        const struct hs_probe *probe = &node->prober.probes[node->prober.order[at]];
        if (probe->slot == slot && probe->purpose == HS_PROBE_CONFIRM)
            return NULL;
    }
    return "a suspicion that never ends";
}

static inline const char *inspect_table(const struct hearsay_node *node)
{
    const struct hs_table *table = &node->core.view.table;
    uint64_t digest = 0;
    uint32_t buckets[HS_BUCKETS] = {0};
    uint32_t count = 0, status[4] = {0}, ordered = 0, queued = 0;
    for (uint32_t slot = 0; slot < table->used; slot++) {
        const struct hs_member *member = hs_table_at(table, slot);
        if (!member->meta)
            continue;
        const char *wrong = inspect_member(node, slot);
        wrong = wrong ? wrong : inspect_suspicion(node, slot);
        if (wrong)
            return wrong;
        struct hs_version version = hs_member_version(member);
        uint64_t hash = hs_member_in_digest(member) ? hs_version_hash(&version) : 0;
        digest += hash;
        buckets[hs_bucket_of(member->meta->name_hash)] += (uint32_t)hash;
        status[hs_member_in_digest(member) ? member->status : 0]++;
        ordered += member->probe_list_at != HS_NO_SLOT;
        queued += member->rumor_list != 0;
        count++;
    }
    if (count != table->count || count > hs_table_places(table) ||
        hs_table_counted(table) > table->max)
        return "a wrong number of members";
    if (digest != table->digest || memcmp(buckets, table->bucket_sum, sizeof buckets) != 0)
        return "a digest that is not the members'";
    if (memcmp(status, table->status_count, sizeof status) != 0)
        return "wrong counts of statuses";
    if (ordered != table->probe_list_count + table->gone_count ||
        table->probe_list_next > table->probe_list_count)
        return "a wrong probe order";
    return queued == node->core.view.rumor_queue.count ? NULL : "a wrong number of rumors";
}

static inline const char *inspect_chains(const struct hs_table *table)
{
    uint32_t in_buckets = 0, in_addrs = 0;
    for (uint32_t bucket = 0; bucket < HS_BUCKETS; bucket++) {
        uint32_t at = table->bucket_head[bucket];
        for (; at != HS_NO_SLOT; at = hs_table_at(table, at)->bucket_next)
            in_buckets++;
    }
    for (uint32_t chain = 0; chain < HS_ADDR_CHAINS; chain++)
        for (uint32_t at = table->addr_head[chain]; at != HS_NO_SLOT; at = table->addr_next[at])
            in_addrs++;
    if (in_buckets != table->count)
        return "a wrong chain of a bucket";
    return in_addrs == table->count ? NULL : "a wrong chain of addresses";
}

static inline const char *inspect_queues(const struct hearsay_node *node)
{
    uint32_t walked = 0;
    struct hs_rumor_queue_walk walk;
    hs_rumor_queue_walk_init(&walk, &node->core.view.rumor_queue);
    while (hs_rumor_queue_walk_next(&walk, &node->core.view.rumor_queue, &node->core.view.table) !=
           HS_NO_SLOT)
        walked++;
    if (walked != node->core.view.rumor_queue.count)
        return "rumors that the walk does not find";
    if (node->core.queue.count > HS_SEND_QUEUE_MAX || node->core.view.events.count > HS_EVENTS_MAX)
        return "a queue beyond its bound";
    return NULL;
}

static inline const char *inspect_timers(const struct hearsay_node *node)
{
    const struct hs_heap *heap = &node->core.timers;
    if (heap->count > heap->room)
        return "more timers than room";
    for (uint32_t at = 0; at < heap->count; at++) {
        if (heap->items[at].timer->position != at + 1)
            return "a timer that does not know its place";
        if (at > 0 && heap->items[(at - 1) / 2].deadline > heap->items[at].deadline)
            return "timers out of order";
    }
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &node->contacts.items[i];
        bool waits = hs_timer_armed(&contact->timer) ||
                     (node->sync.phase != HS_SYNC_IDLE && contact->nonce &&
                      node->sync.contact == contact->nonce);
        if (((contact->flags & HS_CONTACT_ACTIVE) != 0) != waits)
            return "an attempt to join that never ends, or a timer without attempt";
    }
    if (node->sync.phase != HS_SYNC_IDLE && !hs_timer_armed(&node->sync.timer))
        return "an exchange that never ends";
    if (node->sync.phase == HS_SYNC_IDLE && hs_timer_armed(&node->sync.timer) && !node->sync.early)
        return "an early exchange that nothing has granted";
    return NULL;
}

static inline const char *inspect_probes(const struct hearsay_node *node)
{
    if (node->prober.active > HS_PROBES_MAX)
        return "more probes than allowed";
    for (uint32_t at = 0; at < node->prober.active; at++) {
        const struct hs_probe *probe = &node->prober.probes[node->prober.order[at]];
        const struct hs_member *member = hs_table_at(&node->core.view.table, probe->slot);
        if (!member->meta || member->meta->id != probe->id || !hs_member_present(member))
            return "a probe of nobody";
        if (probe->order_at != at || !hs_timer_armed(&probe->timer))
            return "a probe that never ends";
        if (probe->purpose == HS_PROBE_REPROBE && member->status != HEARSAY_STATUS_SUSPECT)
            return "a re-probe of somebody who is not suspected";
    }
    return NULL;
}

/* Every sync response must be in the send queue, because otherwise its place would never be
 * freed. */
static inline const char *inspect_responses(const struct hearsay_node *node)
{
    for (uint32_t i = 0; i < HS_SYNC_RESPONSES_MAX; i++) {
        bool waits = node->responses.peer_ids[i] == 0;
        for (uint32_t k = 0; k < node->core.queue.count && !waits; k++) {
            uint32_t at = (node->core.queue.first + k) % HS_SEND_QUEUE_MAX;
            const struct hs_send *send = &node->core.queue.items[at];
            waits = send->kind == HEARSAY_KIND_SYNC && send->as.sync.response == i + 1;
        }
        if (!waits)
            return "an answer to an exchange that nobody sends";
    }
    return NULL;
}

static inline const char *inspect_node(const struct hearsay_node *node)
{
    const struct hs_member *self = hs_table_at(&node->core.view.table, node->core.view.self);
    if (!self->meta || self->meta->id != node->core.wire.self_id)
        return "a node that is not itself";
    if (self->status != (node->core.leaving ? HEARSAY_STATUS_DEAD : HEARSAY_STATUS_ALIVE))
        return "a node that is neither alive nor has left";
    const char *wrong = inspect_table(node);
    wrong = wrong ? wrong : inspect_chains(&node->core.view.table);
    wrong = wrong ? wrong : inspect_queues(node);
    wrong = wrong ? wrong : inspect_timers(node);
    wrong = wrong ? wrong : inspect_probes(node);
    return wrong ? wrong : inspect_responses(node);
}

#endif
