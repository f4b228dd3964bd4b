/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes (SWIM 3.1, R17). A probe is a gossip that is repeated to its target until it is answered
 * or the evidence is enough for a verdict: with 20 % loss a single retry yields thousands of false
 * suspicions. After the first unanswered try other members are asked to probe the target, too; if
 * one of them reaches it, there is no suspicion. If the target's port is closed the probe does not
 * wait for further tries, but it does wait for the helpers.
 *
 * The life of a probe of our own:
 *
 *     periodic, verify --- answered ---------------------------> end
 *            |         --- evidence too weak for too long -----> end (void)
 *            +-- convinced or refused, and helpers heard ------> accuse, then re-probe
 *     re-probe, confirm --- answered ----------------> the probe has told it of its suspicion
 *     confirm           --- convinced or refused ----> declared dead
 *                       --- evidence too weak -------> asked again later
 */
#include "rules/probe.h"

#include "base/memory.h"
#include "rules/send.h"
#include "view/damping.h"
#include "view/probe_list.h"
#include "view/tell.h"

/* ---- tries ------------------------------------------------------------------------------- */

/* R19: timeouts grow with the local health multiplier. */
static uint64_t stretch_factor(const struct hs_prober *prober)
{
    return 1u + prober->health->multiplier;
}

static uint64_t timeout_to(const struct hs_prober *prober, uint32_t slot)
{
    return stretch_factor(prober) * hs_member_timeout(hs_member_at(prober->core, slot),
                                                      prober->core->now.boot,
                                                      prober->core->config.probe_timeout_min,
                                                      prober->core->config.probe_timeout_max,
                                                      hs_health_patience(prober->health));
}

/* R17: retries. The first one follows the first try, not its timeout: where round trips are not
 * known yet, one lost datagram would otherwise cost half a second. The shortest interval is the
 * floor of the timeouts. */
static uint64_t repeat_after(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return probe->purpose == HS_PROBE_REPROBE
               ? HS_REPROBE_INTERVAL
               : stretch_factor(prober) * prober->core->config.probe_timeout_min;
}

static void send_try(struct hs_prober *prober, const struct hs_probe *probe)
{
    hs_send_gossip(prober->core, probe->slot, hs_probes_place(prober, probe), probe->started);
}

static void try_again(struct hs_prober *prober, struct hs_probe *probe)
{
    bool done = probe->purpose == HS_PROBE_HELP && probe->try_count >= HS_HELPER_TRIES;
    if (!done)
        send_try(prober, probe);
    hs_heap_arm(&prober->core->timers, &probe->timer,
                prober->core->now.boot + repeat_after(prober, probe));
}

bool hs_probe_start(struct hs_prober *prober, uint32_t slot, enum hs_probe_purpose purpose)
{
    if (hs_probe_purposes[purpose].is_own &&
        (hs_member_at(prober->core, slot)->flags & HS_MEMBER_DISPLACED))
        return true; /* another member has its address: nothing of it can answer there */
    struct hs_probe *probe =
        hs_probe_purposes[purpose].is_own ? hs_probes_find_own(prober, slot) : NULL;
    if (probe && purpose == HS_PROBE_PERIODIC) {
        send_try(prober, probe); /* the round still reaches `fanout` peers */
        return true;
    }
    if (probe && purpose == HS_PROBE_VERIFY) {
        if (probe->purpose == HS_PROBE_PERIODIC)
            probe->purpose = HS_PROBE_VERIFY;
        return true;
    }
    if (probe)
        hs_probes_end(prober, probe, HEARSAY_TRACE_END_MOOT);
    probe = hs_probes_take(prober, slot, purpose);
    if (!probe)
        return false;
    try_again(prober, probe);
    return true;
}

/* Tries that have been unanswered for longer than an answer takes. */
static uint32_t lost_tries(const struct hs_prober *prober, const struct hs_probe *probe)
{
    uint64_t timeout = timeout_to(prober, probe->slot);
    uint32_t kept = hs_probe_tries_kept(probe), lost = probe->try_count - kept - probe->unsent_gone;
    for (uint32_t i = 0; i < kept; i++) {
        uint64_t sent = probe->tries[i].sent;
        lost += sent != HEARSAY_NEVER && sent + timeout <= prober->core->now.boot;
    }
    return lost;
}

/* ---- helpers (R17) ----------------------------------------------------------------------- */

/* Asks the probe's helper with this index, which is the member at `helper`. */
static void send_request(struct hs_prober *prober, const struct hs_probe *probe, uint8_t at,
                         uint32_t helper)
{
    struct hs_send request = {
        .kind = HEARSAY_KIND_PROBE_REQUEST,
        .slot = helper,
        .to = hs_member_at(prober->core, helper)->meta->addr,
        .cap = hs_question_cap(prober->core, hs_member_at(prober->core, helper)),
        .id = probe->helper_ids[at],
        .as.probe_request = {.target = probe->id,
                             .probe = hs_probes_place(prober, probe),
                             .helper = at},
    };
    hs_send_push(prober->core, &request);
}

void hs_probe_ask_again(struct hs_prober *prober, uint32_t helper, uint64_t created)
{
    uint64_t id = hs_member_at(prober->core, helper)->meta->id;
    for (uint32_t i = 0; i < prober->active; i++) {
        const struct hs_probe *probe = hs_probes_active(prober, i);
        int at = hs_probe_find_helper(probe, id, created);
        if (at >= 0)
            send_request(prober, probe, (uint8_t)at, helper);
    }
}

static void ask_helper(struct hs_prober *prober, struct hs_probe *probe, uint32_t helper)
{
    uint8_t at = probe->helpers_asked++;
    probe->helper_ids[at] = hs_member_at(prober->core, helper)->meta->id;
    send_request(prober, probe, at, helper);
    struct hs_history_note note = {.step = HEARSAY_STEP_ASKED, .actor = helper};
    hs_history_note(&prober->core->view, prober->core->now, probe->slot, &note);
}

static bool may_help(const struct hs_prober *prober, const struct hs_probe *probe, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(prober->core, slot);
    if (slot == probe->slot || member->status != HEARSAY_STATUS_ALIVE)
        return false;
    for (uint32_t i = 0; i < probe->helpers_asked; i++)
        if (probe->helper_ids[i] == member->meta->id)
            return false;
    return true;
}

static void ask_helpers(struct hs_prober *prober, struct hs_probe *probe)
{
    if (!hs_probe_purposes[probe->purpose].asks || probe->helpers_asked)
        return;
    /* More draws than helpers, because in a small cluster the target and repeats are drawn, too. */
    for (uint32_t draws = 0; draws < 4 * HS_HELPERS && probe->helpers_asked < HS_HELPERS; draws++) {
        uint32_t slot = hs_probe_list_random(&prober->core->view.table, &prober->core->random);
        if (slot != HS_NO_SLOT && may_help(prober, probe, slot))
            ask_helper(prober, probe, slot);
    }
    uint64_t timeout = timeout_to(prober, probe->slot);
    probe->helpers_until =
        prober->core->now.boot + HS_HELPER_TRIES * timeout + prober->core->config.probe_timeout_min;
}

/* R20: absence. A re-probe, a confirming probe and a name conflict's probe start again. The others
 * end, because what they were started for is no longer certain. */
void hs_probe_void_all(struct hs_prober *prober)
{
    for (uint32_t at = prober->active; at-- > 0;) {
        struct hs_probe *probe = hs_probes_active(prober, at);
        if (hs_probe_purposes[probe->purpose].is_void) {
            hs_probes_end(prober, probe, HEARSAY_TRACE_END_VOID);
            continue;
        }
        probe->started = prober->core->now.boot;
        probe->try_count = probe->unsent_gone = 0;
        probe->refused = false;
    }
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static bool helpers_heard(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return probe->nacks == probe->helpers_asked || prober->core->now.boot >= probe->helpers_until;
}

static bool is_proven(const struct hs_prober *prober, const struct hs_probe *probe)
{
    if (probe->refused && (probe->nacks || !probe->helpers_asked))
        return true;
    return hs_health_convinced(prober->health,
                               lost_tries(prober, probe) + HS_HELPER_TRIES * probe->nacks);
}

bool hs_probe_has_evidence(const struct hs_prober *prober, uint32_t slot, uint64_t since)
{
    const struct hs_probe *probe = hs_probes_find_own(prober, slot);
    return probe && probe->purpose == HS_PROBE_REPROBE && is_proven(prober, probe) &&
           hs_health_is_heard(prober->health, since);
}

/* The outcome of a probe. It copies what it needs, so it must be made before the probe ends. */
static struct hs_probe_outcome outcome_of(const struct hs_probe *probe, enum hs_probe_result result)
{
    return (struct hs_probe_outcome){
        .result = result,
        .purpose = (enum hs_probe_purpose)probe->purpose,
        .slot = probe->slot,
        .refused = probe->refused,
        .request = probe->request,
    };
}

/* R18: accusers. A helper's nack is an accusation. */
static void list_accusers(const struct hs_prober *prober, const struct hs_probe *probe,
                          struct hs_probe_outcome *outcome)
{
    outcome->accuser_count = 1;
    outcome->accusers[0] = prober->core->wire.self_id;
    outcome->refused_mask = probe->refused;
    for (uint32_t i = 0; i < probe->helpers_asked; i++) {
        if (!(probe->nack_from >> i & 1u))
            continue;
        if (probe->nack_refused >> i & 1u)
            outcome->refused_mask |= (uint8_t)(1u << outcome->accuser_count);
        outcome->accusers[outcome->accuser_count++] = probe->helper_ids[i];
    }
}

/* The probe goes on as a re-probe of the suspect. */
static struct hs_probe_outcome probe_accuse(struct hs_prober *prober, struct hs_probe *probe)
{
    struct hs_core *core = prober->core;
    struct hs_probe_outcome outcome = outcome_of(probe, HS_PROBE_ACCUSES);
    list_accusers(prober, probe, &outcome);
    struct hs_history_note note = {
        .step = HEARSAY_STEP_PROBE_FAILED,
        .result = probe->refused ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT,
        .actor = core->view.self,
        .tries = probe->try_count,
    };
    hs_history_note(&core->view, core->now, probe->slot, &note);
    core->stats.probes_failed++;
    if (probe->helpers_asked && !probe->nacks)
        /* R19: no helper was heard either, so the fault may be ours */
        hs_health_adjust_multiplier(prober->health, true);
    hs_probe_trace_ended(core, probe, hs_probe_not_reached(probe));
    probe->purpose = HS_PROBE_REPROBE;
    hs_probe_trace_begun(core, probe);
    hs_heap_arm(&core->timers, &probe->timer, core->now.boot + HS_REPROBE_INTERVAL);
    return outcome;
}

static void give_up(struct hs_prober *prober, struct hs_probe *probe)
{
    struct hs_history_note note = {
        .step = HEARSAY_STEP_PROBE_VOID,
        .actor = prober->core->view.self,
        .tries = probe->try_count,
    };
    hs_history_note(&prober->core->view, prober->core->now, probe->slot, &note);
    hs_probes_end(prober, probe, HEARSAY_TRACE_END_VOID);
}

static bool is_old(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return prober->core->now.boot >= probe->started + HS_PROBE_LIVES *
                                                          prober->core->config.probe_timeout_max *
                                                          stretch_factor(prober);
}

/* The result of a probe that does not accuse: its purpose has an end of its own. */
static enum hs_probe_result errand_result(const struct hs_prober *prober,
                                          const struct hs_probe *probe)
{
    bool over = false;
    switch ((enum hs_probe_purpose)probe->purpose) {
    case HS_PROBE_HELP:
        over = probe->refused || lost_tries(prober, probe) >= HS_HELPER_TRIES;
        break;
    case HS_PROBE_NAME_CONFLICT:
        over = probe->refused ||
               prober->core->now.boot >=
                   probe->started + HS_NAME_CONFLICT_LIVES * prober->core->config.probe_timeout_max;
        break;
    case HS_PROBE_CONFIRM:
        over = is_proven(prober, probe) && hs_health_is_heard(prober->health, probe->started);
        if (!over && is_old(prober, probe))
            return HS_PROBE_UNPROVEN;
        break;
    case HS_PROBE_PERIODIC:
    case HS_PROBE_VERIFY:
    case HS_PROBE_REPROBE:
        break;
    }
    return over ? HS_PROBE_UNREACHED : HS_PROBE_PENDING;
}

/* R18: flap damping. A member that refutes again and again has a bad link but is alive. A port that
 * we found closed is evidence whatever the link is. */
static bool is_damped(const struct hs_prober *prober, const struct hs_probe *probe)
{
    const struct hs_member *member = hs_member_at(prober->core, probe->slot);
    return member->status == HEARSAY_STATUS_ALIVE && !probe->refused &&
           hs_damping_applies(member, prober->core->now.boot);
}

static bool may_accuse(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return hs_probe_purposes[probe->purpose].asks && helpers_heard(prober, probe) &&
           is_proven(prober, probe) && hs_health_is_heard(prober->health, probe->started) &&
           !is_damped(prober, probe);
}

/* Decides by the evidence so far. *ret_over: the probe has ended or changed its purpose, and the
 * caller must not use it. */
static struct hs_probe_outcome probe_decide(struct hs_prober *prober, struct hs_probe *probe,
                                            bool *ret_over)
{
    bool may_judge = hs_health_may_judge(prober->health, probe->started);
    enum hs_probe_result result = may_judge ? errand_result(prober, probe) : HS_PROBE_PENDING;
    struct hs_probe_outcome outcome = outcome_of(probe, result);
    *ret_over = true;
    if (result != HS_PROBE_PENDING) {
        hs_probes_end(prober, probe,
                      result == HS_PROBE_UNPROVEN ? HEARSAY_TRACE_END_VOID
                                                  : hs_probe_not_reached(probe));
        return outcome;
    }
    if (may_judge && may_accuse(prober, probe))
        return probe_accuse(prober, probe);
    *ret_over = hs_probe_purposes[probe->purpose].is_void && is_old(prober, probe);
    if (*ret_over)
        give_up(prober, probe);
    return outcome;
}

struct hs_probe_outcome hs_probe_timer(struct hs_prober *prober, struct hs_probe *probe)
{
    bool over;
    if (prober->core->now.boot >= probe->started + timeout_to(prober, probe->slot))
        ask_helpers(prober, probe);
    struct hs_probe_outcome outcome = probe_decide(prober, probe, &over);
    if (!over)
        try_again(prober, probe);
    return outcome;
}

/* ---- answers ----------------------------------------------------------------------------- */

static struct hs_probe_outcome probe_reached(struct hs_prober *prober, struct hs_probe *probe,
                                             uint32_t by, uint32_t rtt_us)
{
    struct hs_probe_outcome outcome = outcome_of(probe, HS_PROBE_REACHED);
    struct hs_history_note note = {
        .step = HEARSAY_STEP_REACHED,
        .actor = by,
        .tries = probe->try_count,
        .rtt_us = rtt_us,
    };
    bool is_told = probe->purpose != HS_PROBE_PERIODIC || probe->helpers_asked;
    hs_probes_end(prober, probe, HEARSAY_TRACE_END_REACHED);
    if (is_told)
        hs_history_note(&prober->core->view, prober->core->now, outcome.slot, &note);
    return outcome;
}

/* Number of tries that were sent before this one. Tries that were never sent do not count. */
static uint32_t tries_before(const struct hs_probe *probe, const struct hs_try *try)
{
    uint32_t before = probe->try_count - hs_probe_tries_kept(probe) - probe->unsent_gone;
    for (uint32_t i = 0; i < hs_probe_tries_kept(probe); i++)
        before += probe->tries[i].sent < try->sent;
    return before;
}

/* R17: loss of our link. It is measured by periodic probes of members held alive. */
static bool tells_of_link(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return probe->purpose == HS_PROBE_PERIODIC &&
           hs_member_at(prober->core, probe->slot)->status == HEARSAY_STATUS_ALIVE;
}

static struct hs_probe_outcome answered(struct hs_prober *prober, struct hs_probe *probe,
                                        const struct hs_try *try)
{
    uint32_t rtt_us = 0;
    if (try->sent != HEARSAY_NEVER) {
        rtt_us = (uint32_t)(prober->core->now.boot - try->sent);
        hs_member_rtt_sample(hs_member_at(prober->core, probe->slot), rtt_us,
                             prober->core->now.boot);
        hs_health_round_trip(prober->health, rtt_us);
        if (tells_of_link(prober, probe))
            hs_health_answered(prober->health, tries_before(probe, try));
    }
    return probe_reached(prober, probe, prober->core->view.self, rtt_us);
}

bool hs_probe_acked(struct hs_prober *prober, uint32_t slot, uint64_t acked,
                    struct hs_probe_outcome *ret_outcome)
{
    uint64_t id = hs_member_at(prober->core, slot)->meta->id;
    for (uint32_t at = 0; at < prober->active; at++) {
        struct hs_probe *probe = hs_probes_active(prober, at);
        struct hs_try *try = probe->slot == slot ? hs_probe_find_try(probe, acked) : NULL;
        if (try) {
            *ret_outcome = answered(prober, probe, try);
            return true;
        }
        if (hs_probe_find_helper(probe, id, acked) >= 0) {
            /* R17: a helper reached it, so there is no suspicion: the fault was on our link. */
            if (tells_of_link(prober, probe))
                hs_health_lost(prober->health, lost_tries(prober, probe));
            *ret_outcome = probe_reached(prober, probe, slot, 0);
            return true;
        }
    }
    return false;
}

bool hs_probe_nacked(struct hs_prober *prober, uint32_t slot, uint64_t asked,
                     enum hs_finding finding, struct hs_probe_outcome *ret_outcome)
{
    bool over;
    uint64_t id = hs_member_at(prober->core, slot)->meta->id;
    for (uint32_t at = 0; at < prober->active; at++) {
        struct hs_probe *probe = hs_probes_active(prober, at);
        int helper = hs_probe_find_helper(probe, id, asked);
        if (helper < 0 || probe->nack_from >> helper & 1u)
            continue;
        probe->nacks++;
        probe->nack_from |= (uint8_t)(1u << helper);
        if (finding == HS_FINDING_REFUSED)
            probe->nack_refused |= (uint8_t)(1u << helper);
        struct hs_history_note note = {
            .step = HEARSAY_STEP_NACKED,
            .result =
                finding == HS_FINDING_REFUSED ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT,
            .actor = slot,
        };
        hs_history_note(&prober->core->view, prober->core->now, probe->slot, &note);
        *ret_outcome = probe_decide(prober, probe, &over);
        return true;
    }
    return false;
}

/* R17: closed ports. An ICMP error is believed only if its quote holds the creation time of an
 * outstanding datagram. */
bool hs_probe_closed(struct hs_prober *prober, const struct hearsay_addr *to, uint64_t created,
                     struct hs_probe_outcome *ret_outcome)
{
    bool over;
    for (uint32_t at = 0; at < prober->active; at++) {
        struct hs_probe *probe = hs_probes_active(prober, at);
        if (!hs_probe_find_try(probe, created) ||
            !hearsay_addr_equal(&hs_member_at(prober->core, probe->slot)->meta->addr, to))
            continue;
        probe->refused = true;
        ask_helpers(prober, probe);
        *ret_outcome = probe_decide(prober, probe, &over);
        return true;
    }
    return false;
}

bool hs_probe_help(struct hs_prober *prober, const struct hs_request *request, uint64_t target)
{
    uint32_t slot = hs_table_find_id(&prober->core->view.table, target);
    if (slot != HS_NO_SLOT && slot != prober->core->view.self &&
        hs_member_at(prober->core, slot)->status == HEARSAY_STATUS_DEAD) {
        return false;
    }
    if (slot == HS_NO_SLOT || slot == prober->core->view.self || slot == request->asker ||
        !hs_member_present(hs_member_at(prober->core, slot))) {
        hs_drop(prober->core, HEARSAY_DROP_UNKNOWN);
        return true;
    }
    struct hs_probe *probe = hs_probes_take(prober, slot, HS_PROBE_HELP);
    if (!probe)
        return true;
    probe->request = *request;
    try_again(prober, probe);
    return true;
}
