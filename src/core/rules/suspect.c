/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicion (SWIM 4.2, Lifeguard, R18): a doubt carries its evidence with it. The more members have
 * found out for themselves, the shorter the subject has to answer; the shortest when its port is
 * closed, for a killed process is not a slow one. And nobody is buried on hearsay alone: whoever
 * lets the time run out has evidence of its own or gets it by a last probe. Nor on one agent's
 * word: a doubt that nobody else shares in all that time is about the doubter's link.
 *
 * A member that most datagrams don't reach is doubted, refutes and is doubted again, every second,
 * and the whole cluster carries each word of it. So who refutes again and again has a reprieve from
 * the last time on, twice as long each time, in which silence alone is no reason to doubt it.
 */
#include "rules/rules.h"

#include "base/memory.h"
#include "base/trace.h"

#define ACCUSERS_WANTED  3u /* R18: that many agree, at most, for the short timeout */
#define REFUSALS_WANTED  2u /* R18: that many found the port closed */
#define VERIFIERS        4u /* R18: about so many of those who hear it probe the suspect */
#define CHUNK_SUSPICIONS 32u
#define REFUTALS_FREE    2u        /* so many refutations in a row give no reprieve */
#define REFUTALS_MAX     6u        /* … and more than this are not counted */
#define REPRIEVE         1000000u  /* the shortest one; the longest is 8 s */
#define CALM             10000000u /* for each such time without a refutation one is forgotten */
#define REFUTED_SHIFT    18        /* steps of 262 ms in two bytes */

struct hs_suspicion_chunk {
    struct hs_suspicion_chunk *next;
    struct hs_suspicion items[CHUNK_SUSPICIONS];
};

bool hs_suspect_prepare(struct hearsay_node *node)
{
    if (node->free_suspicion)
        return true;
    uint32_t made = node->suspicions_made + CHUNK_SUSPICIONS;
    if (hs_heap_reserve(&node->timers, &node->allocator, HS_TIMERS_FIXED + made))
        return false;
    struct hs_suspicion_chunk *chunk = hs_alloc_zeroed(&node->allocator, sizeof(*chunk));
    if (!chunk)
        return false;
    node->suspicions_made = made;
    chunk->next = node->suspicion_chunks;
    node->suspicion_chunks = chunk;
    for (uint32_t i = 0; i < CHUNK_SUSPICIONS; i++) {
        chunk->items[i].next_free = node->free_suspicion;
        node->free_suspicion = &chunk->items[i];
    }
    return true;
}

void hs_suspect_fini(struct hearsay_node *node)
{
    while (node->suspicion_chunks) {
        struct hs_suspicion_chunk *chunk = node->suspicion_chunks;
        node->suspicion_chunks = chunk->next;
        hs_release(&node->allocator, chunk);
    }
    node->free_suspicion = NULL;
}

/* ---- how long ---------------------------------------------------------------------------- */

/* Only known, alive accusers count (R18). */
static bool counts(const struct hearsay_node *node, uint64_t accuser)
{
    uint32_t slot = hs_table_find_id(&node->table, accuser);
    return slot != HS_NO_SLOT && hs_table_at(&node->table, slot)->status == HEARSAY_ALIVE;
}

static uint32_t at_most(uint32_t value, uint32_t bound)
{
    return value < bound ? value : bound;
}

static uint64_t timeout_of(const struct hearsay_node *node, const struct hs_suspicion *suspicion)
{
    const struct hearsay_config *config = &node->config;
    uint32_t agreed = 0, refused = 0;
    for (uint32_t i = 0; i < suspicion->accuser_count; i++) {
        if (!counts(node, suspicion->accusers[i]))
            continue;
        agreed++;
        refused += suspicion->refused_mask >> i & 1u;
    }
    /* All but the suspect and the first to doubt it; of two and three members that is one. */
    uint32_t present = hs_table_present(&node->table);
    uint32_t wanted = present > 3 ? at_most(present - 2, ACCUSERS_WANTED) : 1;
    uint32_t others = node->table.status_count[HEARSAY_ALIVE];
    if (refused && refused >= at_most(others, REFUSALS_WANTED))
        return config->suspect_timeout_refused;
    if (agreed >= wanted)
        return config->suspect_timeout_min;
    uint64_t span = config->suspect_timeout - config->suspect_timeout_min;
    return config->suspect_timeout - (agreed ? span * (agreed - 1) / (wanted - 1) : 0);
}

static void rearm(struct hearsay_node *node, struct hs_suspicion *suspicion)
{
    hs_heap_arm(&node->timers, &suspicion->timer, suspicion->since + timeout_of(node, suspicion));
}

/* ---- begin, grow, end -------------------------------------------------------------------- */

static bool add_accuser(struct hs_suspicion *suspicion, uint64_t id, bool refused)
{
    uint8_t bit = 0;
    for (; bit < suspicion->accuser_count; bit++)
        if (suspicion->accusers[bit] == id)
            break;
    bool known = bit < suspicion->accuser_count;
    if (!known && bit == HS_ACCUSERS_MAX)
        return false;
    bool said = known && (suspicion->refused_mask >> bit & 1u);
    suspicion->accusers[bit] = id;
    if (!known)
        suspicion->accuser_count++;
    if (refused)
        suspicion->refused_mask |= (uint8_t)(1u << bit);
    return !known || (refused && !said);
}

static bool add_all(struct hs_suspicion *suspicion, const uint64_t *accusers, uint8_t count,
                    uint8_t refused_mask)
{
    bool grown = false;
    for (uint8_t i = 0; i < count; i++)
        grown |= add_accuser(suspicion, accusers[i], refused_mask >> i & 1u);
    return grown;
}

/* R18: about four of those who hear of a suspicion look for themselves. */
static void maybe_verify(struct hearsay_node *node, uint32_t slot)
{
    uint32_t present = hs_table_present(&node->table);
    if (present <= VERIFIERS || hs_random_chance(&node->random, VERIFIERS, present))
        hs_probe_start(node, slot, HS_PROBE_VERIFY);
}

void hs_suspect_begin(struct hearsay_node *node, uint32_t slot, const struct hs_record *record)
{
    struct hs_suspicion *suspicion = node->free_suspicion;
    node->free_suspicion = suspicion->next_free;
    uint64_t age = (uint64_t)record->age * 1000;
    if (age > node->config.suspect_timeout)
        age = node->config.suspect_timeout;
    *suspicion = (struct hs_suspicion){
        .timer.kind = HS_TIMER_SUSPICION,
        .slot = slot,
        .since = node->now.boot > age ? node->now.boot - age : 0,
    };
    add_all(suspicion, record->accusers, record->accuser_count, record->refused_mask);
    hs_table_at(&node->table, slot)->suspicion = suspicion;
    HS_TRACE(node, .kind = HEARSAY_TRACE_SUSPICION_BEGUN,
             .name = hs_member_name(hs_table_at(&node->table, slot)));
    rearm(node, suspicion);
    if (record->from != HS_NO_SLOT)
        maybe_verify(node, slot);
}

bool hs_suspect_add(struct hearsay_node *node, uint32_t slot, const struct hs_record *record)
{
    struct hs_suspicion *suspicion = hs_member_suspicion(hs_table_at(&node->table, slot));
    if (!add_all(suspicion, record->accusers, record->accuser_count, record->refused_mask))
        return false;
    rearm(node, suspicion);
    return true;
}

void hs_suspect_end(struct hearsay_node *node, uint32_t slot)
{
    struct hs_member *member = hs_table_at(&node->table, slot);
    struct hs_suspicion *suspicion = member->suspicion; /* its status is another one already */
    member->suspicion = NULL;
    hs_heap_disarm(&node->timers, &suspicion->timer);
    HS_TRACE(node, .kind = HEARSAY_TRACE_SUSPICION_ENDED, .name = hs_member_name(member),
             .to = (enum hearsay_status)member->status);
    suspicion->next_free = node->free_suspicion;
    node->free_suspicion = suspicion;
    hs_probe_end_doubts(node, slot);
}

/* ---- accusing ---------------------------------------------------------------------------- */

void hs_suspect_accuse(struct hearsay_node *node, uint32_t slot, const uint64_t *accusers,
                       uint8_t accuser_count, uint8_t refused_mask)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    struct hs_record record = {
        .version = hs_member_version(member),
        .accuser_count = accuser_count,
        .refused_mask = refused_mask,
        .from = HS_NO_SLOT,
    };
    memcpy(record.accusers, accusers, accuser_count * sizeof(*accusers));
    if (member->status == HEARSAY_ALIVE) {
        /* R3: T + 1 of the alive record it doubts, whoever accuses. */
        record.version.stamp++;
        record.version.status = HEARSAY_SUSPECT;
        node->stats.suspicions++;
        hs_merge_apply(node, slot, &record);
    } else if (member->status == HEARSAY_SUSPECT && hs_suspect_add(node, slot, &record)) {
        hs_gossip_news(node, slot, false);
    }
}

/* ---- refuted again and again ------------------------------------------------------------- */

/* Times that come round: an age is mistaken only if it is a multiple of 4.8 hours, and then costs a
 * verdict a few seconds. */
static uint64_t since_refuted(const struct hs_member *member, uint64_t boot)
{
    return (uint64_t)(uint16_t)((boot >> REFUTED_SHIFT) - member->refuted_at) << REFUTED_SHIFT;
}

void hs_suspect_refuted(struct hs_member *member, uint64_t boot)
{
    uint64_t calm = since_refuted(member, boot) / CALM;
    uint64_t left = member->refutals > calm ? member->refutals - calm : 0;
    member->refutals = (uint8_t)(left < REFUTALS_MAX ? left + 1 : REFUTALS_MAX);
    member->refuted_at = (uint16_t)(boot >> REFUTED_SHIFT);
}

bool hs_suspect_reprieves(const struct hs_member *member, uint64_t boot)
{
    if (member->refutals <= REFUTALS_FREE)
        return false;
    uint64_t reprieve = (uint64_t)REPRIEVE << (member->refutals - REFUTALS_FREE - 1);
    return since_refuted(member, boot) < reprieve;
}

/* ---- the end of its time ----------------------------------------------------------------- */

/* R22. Dead keeps the stamp of its suspicion (R3). */
static void declare_dead(struct hearsay_node *node, uint32_t slot)
{
    struct hs_record record = {
        .version = hs_member_version(hs_table_at(&node->table, slot)),
        .from = HS_NO_SLOT,
    };
    record.version.status = HEARSAY_DEAD;
    record.version.cause = HEARSAY_CAUSE_FAILED;
    hs_merge_apply(node, slot, &record);
}

/* A doubt that nobody else shares after all this time is about our own link: whoever heard of it
 * has looked, too. Where nobody else is left there is nobody to wait for. */
static bool is_shared(const struct hearsay_node *node, const struct hs_suspicion *suspicion)
{
    if (node->table.status_count[HEARSAY_ALIVE] <= 1)
        return true;
    for (uint32_t i = 0; i < suspicion->accuser_count; i++)
        if (suspicion->accusers[i] != node->wire.self_id && counts(node, suspicion->accusers[i]))
            return true;
    return false;
}

/* Ask before you bury. */
void hs_suspect_timer(struct hearsay_node *node, struct hs_suspicion *suspicion)
{
    if (!hs_health_may_judge(node, suspicion->since)) {
        hs_heap_arm(&node->timers, &suspicion->timer, node->now.boot + HS_WATCH_INTERVAL);
        return;
    }
    if (!is_shared(node, suspicion)) { /* it may not have got through */
        hs_gossip_news(node, suspicion->slot, false);
        hs_heap_arm(&node->timers, &suspicion->timer,
                    node->now.boot + node->config.suspect_timeout_min);
        return;
    }
    if (hs_probe_has_evidence(node, suspicion->slot, suspicion->since))
        declare_dead(node, suspicion->slot);
    else if (!hs_probe_start(node, suspicion->slot, HS_PROBE_BURIAL))
        hs_heap_arm(&node->timers, &suspicion->timer, node->now.boot + HS_WATCH_INTERVAL);
}

void hs_suspect_excuse(struct hearsay_node *node, uint64_t lost)
{
    for (uint32_t slot = 0; slot < node->table.used; slot++) {
        struct hs_suspicion *suspicion = hs_member_suspicion(hs_table_at(&node->table, slot));
        if (!suspicion)
            continue;
        suspicion->since += lost;
        if (hs_timer_armed(&suspicion->timer))
            rearm(node, suspicion);
    }
}

void hs_suspect_probed(struct hearsay_node *node, uint32_t slot, enum hs_probed result)
{
    struct hs_suspicion *suspicion = hs_member_suspicion(hs_table_at(&node->table, slot));
    if (!suspicion || hs_timer_armed(&suspicion->timer))
        return;
    if (result == HS_PROBED_SILENT)
        declare_dead(node, slot);
    else /* it has heard of the suspicion with the probe, and may refute; or others will know */
        hs_heap_arm(&node->timers, &suspicion->timer,
                    node->now.boot + node->config.suspect_timeout_min);
}
