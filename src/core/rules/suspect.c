/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suspicion (SWIM 4.2, Lifeguard, R18): a doubt carries its evidence with it. The more members have
 * found out for themselves, the shorter the subject has to answer; the shortest when its port is
 * closed, for a killed process is not a slow one. And no member is declared dead on reports alone:
 * whoever lets the time run out has evidence of its own or gets it by a last probe. Nor on one
 * agent's word: a doubt that nobody else shares in all that time is about the doubter's link.
 *
 * A member that most datagrams don't reach is doubted, refutes and is doubted again, every second,
 * and the whole cluster carries each word of it. So a member that refutes again and again is damped
 * (flap damping) from the last time on, twice as long each time: silence alone is then no reason to
 * doubt it.
 */
#include "rules/suspect.h"

#include "base/memory.h"

#define ACCUSERS_WANTED 3u /* R18: that many agree, at most, for the short timeout */
#define REFUSALS_WANTED 2u /* R18: that many found the port closed */
#define VERIFIERS       4u /* R18: about so many of those who hear it probe the suspect */

void hs_suspicions_init(struct hs_suspicions *suspicions, struct hs_core *core,
                        struct hs_health *health, struct hs_prober *prober, struct hs_news *news)
{
    *suspicions =
        (struct hs_suspicions){.core = core, .health = health, .prober = prober, .news = news};
}

/* ---- how long ---------------------------------------------------------------------------- */

/* Only known, alive accusers count (R18). */
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
    /* All but the suspect and the first to doubt it; of two and three members that is one. */
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

/* R18: about four of those who hear of a suspicion look for themselves. */
static void maybe_verify(struct hs_suspicions *suspicions, uint32_t slot)
{
    uint32_t present = hs_table_present(&suspicions->core->view.table);
    if (present <= VERIFIERS || hs_random_chance(&suspicions->core->random, VERIFIERS, present))
        hs_probe_start(suspicions->prober, slot, HS_PROBE_VERIFY);
}

void hs_suspect_begin(struct hs_suspicions *suspicions, uint32_t slot,
                      const struct hs_record *record)
{
    struct hs_core *core = suspicions->core;
    struct hs_suspicion *suspicion = hs_suspicion_take(&core->view.suspicions);
    uint64_t age = (uint64_t)record->age * 1000;
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
    if (record->from != HS_NO_SLOT)
        maybe_verify(suspicions, slot);
}

bool hs_suspect_add(struct hs_suspicions *suspicions, uint32_t slot, const struct hs_record *record)
{
    struct hs_suspicion *suspicion = hs_member_suspicion(hs_member_at(suspicions->core, slot));
    if (!hs_suspicion_add(suspicion, record->accusers, record->accuser_count, record->refused_mask))
        return false;
    rearm_suspicion(suspicions, suspicion);
    return true;
}

void hs_suspect_end(struct hs_suspicions *suspicions, uint32_t slot)
{
    struct hs_core *core = suspicions->core;
    struct hs_member *member = hs_member_at(core, slot);
    struct hs_suspicion *suspicion = member->suspicion; /* its status may be another one already */
    member->suspicion = NULL;
    hs_suspicion_give_back(&core->view.suspicions, suspicion);
    HS_TRACE(core, .kind = HEARSAY_TRACE_SUSPICION_ENDED, .name = hs_member_name(member),
             .to = (enum hearsay_status)member->status);
}

/* ---- accusing ---------------------------------------------------------------------------- */

/* Applies a record of our own. Out of memory it comes again: a probe, or the suspicion's timer, asks
 * for it. */
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
    memcpy(record.accusers, accusers, accuser_count * sizeof(*accusers));
    if (member->status == HEARSAY_STATUS_ALIVE) {
        /* R3: the timestamp plus one of the alive record it doubts, whoever accuses. */
        record.version.timestamp++;
        record.version.status = HEARSAY_STATUS_SUSPECT;
        core->stats.suspicions++;
        suspicion_apply(suspicions, slot, &record);
    } else if (member->status == HEARSAY_STATUS_SUSPECT &&
               hs_suspect_add(suspicions, slot, &record)) {
        hs_news_push(suspicions->news, slot, false);
    }
}

/* ---- the end of its time ----------------------------------------------------------------- */

/* R22. Dead keeps the timestamp of its suspicion (R3). */
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

/* A doubt that nobody else shares after all this time is about our own link: whoever heard of it
 * has looked, too. Where nobody else is left there is nobody to wait for. */
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

/* Confirm before you declare. */
void hs_suspect_timer(struct hs_suspicions *suspicions, struct hs_suspicion *suspicion)
{
    if (!hs_health_may_judge(suspicions->health, suspicion->since)) {
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + HS_REPROBE_INTERVAL);
        return;
    }
    if (!is_shared(suspicions, suspicion)) { /* it may not have got through */
        hs_news_push(suspicions->news, suspicion->slot, false);
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + suspicions->core->config.suspect_timeout_min);
        return;
    }
    if (hs_probe_has_evidence(suspicions->prober, suspicion->slot, suspicion->since))
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
    else /* it has heard of the suspicion with the probe, and may refute; or others will know */
        hs_heap_arm(&suspicions->core->timers, &suspicion->timer,
                    suspicions->core->now.boot + suspicions->core->config.suspect_timeout_min);
}
