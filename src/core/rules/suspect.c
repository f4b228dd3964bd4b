/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicion (SWIM 4.2, Lifeguard, R18). A suspicion carries its evidence. The more members have
 * found out for themselves, the less time the subject has to refute. It has the least when its port
 * is closed, because a slow process still has its port open. No member is declared dead on reports
 * alone: the node whose timer expires must have its own failed probe, or makes a confirming probe.
 * Nor is a member declared dead on the word of one agent: a suspicion that no other member shares
 * in all that time is evidence against the accuser's link.
 *
 * A member whose link loses most datagrams would be suspected and refute every second, and every
 * change would be a rumor for the whole cluster. So a member that refutes again and again is damped
 * (view/damping.h): for a time that doubles with each refutation, silence alone is no reason to
 * suspect it.
 */
#include "rules/suspect.h"

#include "base/assert.h"
#include "base/memory.h"

#define ACCUSERS_WANTED 3u /* R18: accusers for the short timeout, at most */
#define REFUSALS_WANTED 2u /* R18: accusers that found the port closed, for the shortest one */
/* R18: how many of those that hear of a suspicion probe the suspect, on average */
#define VERIFIERS 4u

void hs_suspicions_init(struct hs_suspicions *suspicions, struct hs_core *core,
                        struct hs_health *health, struct hs_prober *prober, struct hs_news *news)
{
    *suspicions =
        (struct hs_suspicions){.core = core, .health = health, .prober = prober, .news = news};
}

/* ---- duration ---------------------------------------------------------------------------- */

/* R18: only known, alive accusers count. */
static bool is_valid_accuser(const struct hs_suspicions *suspicions, uint64_t accuser)
{
    uint32_t slot = hs_table_find_id(&suspicions->core->view.table, accuser);
    return slot != HS_NO_SLOT &&
           hs_member_at(suspicions->core, slot)->status == HEARSAY_STATUS_ALIVE;
}

static uint32_t at_most(uint32_t value, uint32_t bound)
{
    return value < bound ? value : bound;
}

static uint64_t timeout_of(const struct hs_suspicions *suspicions,
                           const struct hs_suspicion *suspicion)
{
    const struct hearsay_config *config = &suspicions->core->config;
    uint32_t agreed = 0, refused = 0;
    for (uint32_t i = 0; i < suspicion->accuser_count; i++) {
        if (!is_valid_accuser(suspicions, suspicion->accusers[i]))
            continue;
        agreed++;
        refused += suspicion->refused_mask >> i & 1u;
    }
    /* All members but the suspect and its first accuser may agree. Among two or three members one
     * accuser is enough. */
    uint32_t present = hs_table_present(&suspicions->core->view.table);
    uint32_t wanted = present > 3 ? at_most(present - 2, ACCUSERS_WANTED) : 1;
    uint32_t others = suspicions->core->view.table.status_count[HEARSAY_STATUS_ALIVE];
    if (refused && refused >= at_most(others, REFUSALS_WANTED))
        return config->suspect_timeout_refused;
    if (agreed >= wanted)
        return config->suspect_timeout_min;
    uint64_t span = config->suspect_timeout - config->suspect_timeout_min;
    return config->suspect_timeout - (agreed ? span * (agreed - 1) / (wanted - 1) : 0);
}

static void rearm_suspicion(struct hs_suspicions *suspicions, struct hs_suspicion *suspicion)
{
    hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                suspicion->since + timeout_of(suspicions, suspicion));
}

/* ---- begin, grow, end -------------------------------------------------------------------- */

/* R18: verification. About VERIFIERS of the members that hear of a suspicion probe the suspect. */
static void maybe_verify(struct hs_suspicions *suspicions, uint32_t slot)
{
    uint32_t present = hs_table_present(&suspicions->core->view.table);
    if (present <= VERIFIERS || hs_random_chance(&suspicions->core->random, VERIFIERS, present))
        hs_probe_start(suspicions->prober, slot, HS_PROBE_VERIFY);
}

/* A suspect whose address another member has needs no probe: what is sent there reaches the other
 * one, which cannot open it (R9). */
static void note_displaced(struct hs_suspicions *suspicions, uint32_t slot)
{
    struct hs_member *member = hs_member_at(suspicions->core, slot);
    if (!hs_member_suspicion(member)) /* no memory for it */
        return;
    member->flags |= HS_MEMBER_DISPLACED;
    struct hs_probe *probe = hs_probes_find_own(suspicions->prober, slot);
    if (probe)
        hs_probes_end(suspicions->prober, probe, HEARSAY_TRACE_END_MOOT);
}

/* Returns true if one of these accusers has the suspect's address itself: it is displaced. */
static bool is_displaced(const struct hs_suspicions *suspicions, uint32_t slot,
                         const struct hs_record *record)
{
    const struct hs_core *core = suspicions->core;
    for (uint32_t i = 0; i < record->accuser_count; i++) {
        uint32_t accuser = hs_table_find_id(&core->view.table, record->accusers[i]);
        if ((record->refused_mask >> i & 1u) && accuser != HS_NO_SLOT && accuser != slot &&
            hs_member_at(core, accuser)->status == HEARSAY_STATUS_ALIVE &&
            hearsay_addr_equal(&hs_member_at(core, accuser)->meta->addr,
                               &hs_member_at(core, slot)->meta->addr))
            return true;
    }
    return false;
}

void hs_suspect_begin(struct hs_suspicions *suspicions, uint32_t slot,
                      const struct hs_record *record)
{
    struct hs_core *core = suspicions->core;
    HS_ASSERT(hs_member_at(core, slot)->status == HEARSAY_STATUS_SUSPECT);
    struct hs_suspicion *suspicion = hs_suspicion_take(&core->view.suspicions);
    uint64_t age = record->age * 1000;
    if (age > core->config.suspect_timeout)
        age = core->config.suspect_timeout;
    *suspicion = (struct hs_suspicion){
        .timer.kind = HS_TIMER_SUSPICION,
        .slot = slot,
        .since = core->now.boot > age ? core->now.boot - age : 0,
    };
    hs_suspicion_add(suspicion, record->accusers, record->accuser_count, record->refused_mask);
    hs_member_at(core, slot)->suspicion = suspicion;
    rearm_suspicion(suspicions, suspicion);
    HS_TRACE(core, .kind = HEARSAY_TRACE_SUSPICION_BEGUN,
             .name = hs_member_name(hs_member_at(core, slot)));
    if (record->from == HS_NO_SLOT)
        return;
    if (is_displaced(suspicions, slot, record))
        note_displaced(suspicions, slot);
    else
        maybe_verify(suspicions, slot);
}

bool hs_suspect_add(struct hs_suspicions *suspicions, uint32_t slot, const struct hs_record *record)
{
    struct hs_suspicion *suspicion = hs_member_suspicion(hs_member_at(suspicions->core, slot));
    HS_ASSERT(suspicion);
    if (!hs_suspicion_add(suspicion, record->accusers, record->accuser_count, record->refused_mask))
        return false;
    rearm_suspicion(suspicions, suspicion);
    if (is_displaced(suspicions, slot, record))
        note_displaced(suspicions, slot);
    return true;
}

void hs_suspect_end(struct hs_suspicions *suspicions, uint32_t slot)
{
    struct hs_core *core = suspicions->core;
    struct hs_member *member = hs_member_at(core, slot);
    /* not hs_member_suspicion: the status may have changed already */
    struct hs_suspicion *suspicion = member->suspicion;
    HS_ASSERT(suspicion);
    member->suspicion = NULL;
    member->flags &= (uint16_t)~HS_MEMBER_DISPLACED;
    hs_suspicion_give_back(&core->view.suspicions, suspicion);
    HS_TRACE(core, .kind = HEARSAY_TRACE_SUSPICION_ENDED, .name = hs_member_name(member),
             .to = (enum hearsay_status)member->status);
}

/* ---- accusing ---------------------------------------------------------------------------- */

/* Applies a record of this node. When memory is out it is tried again: by a probe, or by the
 * suspicion's timer. */
static void suspicion_apply(struct hs_suspicions *suspicions, uint32_t slot,
                            const struct hs_record *record)
{
    struct hs_core *core = suspicions->core;
    if (hs_view_apply(&core->view, core->now, &slot, record))
        hs_drop(core, HEARSAY_DROP_NO_MEMORY);
}

void hs_suspect_accuse(struct hs_suspicions *suspicions, uint32_t slot, const uint64_t *accusers,
                       uint8_t accuser_count, uint8_t refused_mask)
{
    struct hs_core *core = suspicions->core;
    const struct hs_member *member = hs_member_at(core, slot);
    struct hs_record record = {
        .version = hs_member_version(member),
        .accuser_count = accuser_count,
        .refused_mask = refused_mask,
        .from = HS_NO_SLOT,
    };
    HS_ASSERT(accuser_count <= HS_ACCUSERS_MAX);
    memcpy(record.accusers, accusers, accuser_count * sizeof(*accusers));
    if (member->status == HEARSAY_STATUS_ALIVE) {
        /* R3: order of records. The timestamp of the alive record plus one, whichever member
         * accuses. */
        record.version.timestamp++;
        record.version.status = HEARSAY_STATUS_SUSPECT;
        core->stats.suspicions++;
        suspicion_apply(suspicions, slot, &record);
    } else if (member->status == HEARSAY_STATUS_SUSPECT &&
               hs_suspect_add(suspicions, slot, &record)) {
        hs_news_push(suspicions->news, slot, false);
    }
}

void hs_suspect_displaced(struct hs_suspicions *suspicions, uint32_t slot, uint32_t by)
{
    const struct hs_core *core = suspicions->core;
    const uint64_t accusers[] = {hs_member_at(core, by)->meta->id, core->wire.self_id};
    bool ourselves = by == core->view.self;
    if (!hs_member_present(hs_member_at(core, slot)))
        return;
    hs_suspect_accuse(suspicions, slot, accusers, ourselves ? 1 : 2, ourselves ? 1 : 3);
    note_displaced(suspicions, slot);
}

/* ---- expiry ------------------------------------------------------------------------------ */

/* R22: death. The record keeps the timestamp of its suspicion (R3: order of records). */
static void declare_dead(struct hs_suspicions *suspicions, uint32_t slot)
{
    struct hs_record record = {
        .version = hs_member_version(hs_member_at(suspicions->core, slot)),
        .from = HS_NO_SLOT,
    };
    record.version.status = HEARSAY_STATUS_DEAD;
    record.version.cause = HEARSAY_CAUSE_FAILED;
    suspicion_apply(suspicions, slot, &record);
}

/* Returns true if another member shares the suspicion. One that no other shares after all this time
 * is about our own link, because every member that heard of it could probe, too. Where no other
 * member is left, none can share it. */
static bool is_shared(const struct hs_suspicions *suspicions, const struct hs_suspicion *suspicion)
{
    if (suspicions->core->view.table.status_count[HEARSAY_STATUS_ALIVE] <= 1)
        return true;
    for (uint32_t i = 0; i < suspicion->accuser_count; i++)
        if (suspicion->accusers[i] != suspicions->core->wire.self_id &&
            is_valid_accuser(suspicions, suspicion->accusers[i]))
            return true;
    return false;
}

/* A member is not declared dead before a confirming probe, unless this node has evidence
 * already. */
void hs_suspect_timer(struct hs_suspicions *suspicions, struct hs_suspicion *suspicion)
{
    if (!hs_health_may_judge(suspicions->health, suspicion->since)) {
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + HS_REPROBE_INTERVAL);
        return;
    }
    /* the rumor of the suspicion may not have got through */
    if (!is_shared(suspicions, suspicion)) {
        hs_news_push(suspicions->news, suspicion->slot, false);
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + suspicions->core->config.suspect_timeout_min);
        return;
    }
    if ((hs_member_at(suspicions->core, suspicion->slot)->flags & HS_MEMBER_DISPLACED) ||
        hs_probe_has_evidence(suspicions->prober, suspicion->slot, suspicion->since))
        declare_dead(suspicions, suspicion->slot);
    else if (!hs_probe_start(suspicions->prober, suspicion->slot, HS_PROBE_CONFIRM))
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + HS_REPROBE_INTERVAL);
}

void hs_suspect_excuse(struct hs_suspicions *suspicions, uint64_t lost)
{
    for (uint32_t slot = 0; slot < suspicions->core->view.table.used; slot++) {
        struct hs_suspicion *suspicion = hs_member_suspicion(hs_member_at(suspicions->core, slot));
        if (!suspicion)
            continue;
        suspicion->since += lost;
        if (hs_timer_armed(&suspicion->timer))
            rearm_suspicion(suspicions, suspicion);
    }
}

void hs_suspect_probed(struct hs_suspicions *suspicions, uint32_t slot, enum hs_probed result)
{
    struct hs_suspicion *suspicion = hs_member_suspicion(hs_member_at(suspicions->core, slot));
    if (!suspicion || hs_timer_armed(&suspicion->timer))
        return;
    if (result == HS_PROBED_SILENT)
        declare_dead(suspicions, slot);
    else /* the probe has told it of the suspicion: it may refute, or other members will decide */
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + suspicions->core->config.suspect_timeout_min);
}
