/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes (SWIM 3.1, R17). A probe is a gossip that is repeated to its target until it is answered
 * or the verdict is passed: a single retry condemns the innocent by the thousand where every fifth
 * datagram is lost. After the first unanswered try others are asked for a second opinion; if anyone
 * reached it, there is no suspicion. A closed port skips the waiting, not the second opinions.
 *
 * The life of a probe of our own:
 *
 *     periodic, verify --- answered ---------------------------> end
 *            |         --- evidence too weak for too long -----> end (void)
 *            +-- convinced or refused, and helpers heard ------> accuse, then watch
 *     watch, burial    --- answered -----------------> the suspect hears of its suspicion by it
 *     burial           --- convinced or refused -----> declared dead
 *                      --- evidence too weak --------> asked again later
 */
#include "rules/rules.h"

#include <hearsay/error.h>

#include "base/memory.h"
#include "rules/trace.h"

int hs_probe_init(struct hearsay_node *node)
{
    node->probes = hs_alloc(&node->allocator, HS_PROBES_MAX * sizeof(*node->probes));
    node->probe_order = hs_alloc(&node->allocator, HS_PROBES_MAX * sizeof(*node->probe_order));
    if (!node->probes || !node->probe_order)
        return HEARSAY_ERR_NOMEM;
    for (uint32_t i = 0; i < HS_PROBES_MAX; i++)
        node->probe_order[i] = (uint16_t)i;
    return 0;
}

void hs_probe_fini(struct hearsay_node *node)
{
    hs_release(&node->allocator, node->probes);
    hs_release(&node->allocator, node->probe_order);
}

/* ---- which are under way ----------------------------------------------------------------- */

static struct hs_probe *active(const struct hearsay_node *node, uint32_t at)
{
    return &node->probes[node->probe_order[at]];
}

static void swap_places(struct hearsay_node *node, uint32_t a, uint32_t b)
{
    uint16_t place = node->probe_order[a];
    node->probe_order[a] = node->probe_order[b];
    node->probe_order[b] = place;
    node->probes[node->probe_order[a]].order_at = (uint16_t)a;
    node->probes[node->probe_order[b]].order_at = (uint16_t)b;
}

static struct hs_probe *take_probe(struct hearsay_node *node, uint32_t slot,
                                   enum hs_probe_purpose purpose)
{
    if (node->probes_active == HS_PROBES_MAX) {
        node->stats.probes_refused++;
        return NULL;
    }
    uint32_t at = node->probes_active++;
    struct hs_probe *probe = active(node, at);
    *probe = (struct hs_probe){
        .timer.kind = HS_TIMER_PROBE,
        .slot = slot,
        .id = hs_table_at(&node->table, slot)->card->id,
        .started = node->now.boot,
        .purpose = (uint8_t)purpose,
        .order_at = (uint16_t)at,
    };
    hs_trace_probe_begun(node, probe);
    return probe;
}

static void end_probe(struct hearsay_node *node, struct hs_probe *probe, enum hearsay_trace_end how)
{
    hs_trace_probe_ended(node, probe, how);
    hs_heap_disarm(&node->timers, &probe->timer);
    swap_places(node, probe->order_at, --node->probes_active);
}

static bool is_own(const struct hs_probe *probe)
{
    return probe->purpose <= HS_PROBE_BURIAL;
}

static struct hs_probe *find_own(const struct hearsay_node *node, uint32_t slot)
{
    for (uint32_t at = 0; at < node->probes_active; at++)
        if (active(node, at)->slot == slot && is_own(active(node, at)))
            return active(node, at);
    return NULL;
}

void hs_probe_end_all(struct hearsay_node *node, uint32_t slot)
{
    for (uint32_t at = node->probes_active; at-- > 0;)
        if (active(node, at)->slot == slot)
            end_probe(node, active(node, at), HEARSAY_TRACE_END_MOOT);
}

void hs_probe_end_doubts(struct hearsay_node *node, uint32_t slot)
{
    struct hs_probe *probe = find_own(node, slot);
    if (probe && probe->purpose != HS_PROBE_PERIODIC)
        end_probe(node, probe, HEARSAY_TRACE_END_MOOT);
}

/* ---- tries ------------------------------------------------------------------------------- */

/* R19: who is slow is patient. */
static uint64_t stretch(const struct hearsay_node *node)
{
    return 1u + node->health.strain;
}

static uint64_t timeout_to(const struct hearsay_node *node, uint32_t slot)
{
    return stretch(node) * hs_member_timeout(hs_table_at(&node->table, slot), node->now.boot,
                                             node->config.probe_timeout_min,
                                             node->config.probe_timeout_max,
                                             hs_health_patience(node));
}

/* R17: from the first try on, and not only after its timeout: by then one lost datagram would have
 * cost half a second where round trips are not known yet. The floor of the timeouts is the shortest
 * one. */
static uint64_t repeat_after(const struct hearsay_node *node, const struct hs_probe *probe)
{
    return probe->purpose == HS_PROBE_WATCH ? HS_WATCH_INTERVAL
                                            : stretch(node) * node->config.probe_timeout_min;
}

static void try_again(struct hearsay_node *node, struct hs_probe *probe)
{
    bool done = probe->purpose == HS_PROBE_HELP && probe->try_count >= HS_HELPER_TRIES;
    if (!done)
        hs_intent_gossip(node, probe->slot, probe);
    hs_heap_arm(&node->timers, &probe->timer, node->now.boot + repeat_after(node, probe));
}

bool hs_probe_start(struct hearsay_node *node, uint32_t slot, enum hs_probe_purpose purpose)
{
    struct hs_probe *probe = purpose <= HS_PROBE_BURIAL ? find_own(node, slot) : NULL;
    if (probe && purpose == HS_PROBE_PERIODIC) {
        hs_intent_gossip(node, slot, probe); /* the round keeps its fan-out */
        return true;
    }
    if (probe && purpose == HS_PROBE_VERIFY) {
        if (probe->purpose == HS_PROBE_PERIODIC)
            probe->purpose = HS_PROBE_VERIFY;
        return true;
    }
    if (probe)
        end_probe(node, probe, HEARSAY_TRACE_END_MOOT);
    probe = take_probe(node, slot, purpose);
    if (!probe)
        return false;
    try_again(node, probe);
    return true;
}

void hs_probe_sent(const struct hearsay_node *node, struct hs_probe *probe, uint64_t created)
{
    struct hs_try *try = &probe->tries[probe->try_count % HS_TRIES_KEPT];
    if (probe->try_count++ >= HS_TRIES_KEPT && try->sent == HEARSAY_NEVER)
        probe->unsent_gone++;
    *try = (struct hs_try){created, node->now.boot};
}

static uint32_t tries_kept(const struct hs_probe *probe)
{
    return probe->try_count < HS_TRIES_KEPT ? probe->try_count : HS_TRIES_KEPT;
}

static struct hs_try *find_try(struct hs_probe *probe, uint64_t created)
{
    for (uint32_t i = 0; i < tries_kept(probe); i++)
        if (probe->tries[i].created == created)
            return &probe->tries[i];
    return NULL;
}

/* A try that never left this machine is no evidence (R21). */
void hs_probe_unsent(struct hearsay_node *node, uint64_t created)
{
    for (uint32_t at = 0; at < node->probes_active; at++) {
        struct hs_try *try = find_try(active(node, at), created);
        if (try)
            try->sent = HEARSAY_NEVER;
    }
}

/* Tries that have been out for longer than an answer takes. */
static uint32_t lost_tries(const struct hearsay_node *node, const struct hs_probe *probe)
{
    uint64_t timeout = timeout_to(node, probe->slot);
    uint32_t kept = tries_kept(probe), lost = probe->try_count - kept - probe->unsent_gone;
    for (uint32_t i = 0; i < kept; i++) {
        uint64_t sent = probe->tries[i].sent;
        lost += sent != HEARSAY_NEVER && sent + timeout <= node->now.boot;
    }
    return lost;
}

uint32_t hs_probe_addressee(const struct hearsay_node *node, uint64_t created)
{
    for (uint32_t at = 0; at < node->probes_active; at++)
        if (find_try(active(node, at), created))
            return active(node, at)->slot;
    return HS_NO_SLOT;
}

/* ---- second opinions --------------------------------------------------------------------- */

static void ask_helper(struct hearsay_node *node, struct hs_probe *probe, uint32_t helper)
{
    uint8_t at = probe->helpers_asked++;
    probe->helper_ids[at] = hs_table_at(&node->table, helper)->card->id;
    struct hs_intent intent = {
        .kind = HEARSAY_KIND_PROBE_REQUEST,
        .slot = helper,
        .to = hs_table_at(&node->table, helper)->card->addr,
        .cap = (uint16_t)node->config.mtu,
        .ref = node->probe_order[probe->order_at] + 1u,
        .a = probe->id,
        .b = at,
        .id = probe->helper_ids[at],
    };
    hs_intent_push(node, &intent);
    struct hs_trail_note note = {.step = HEARSAY_STEP_ASKED, .actor = helper};
    hs_trail_note(node, probe->slot, &note);
}

static bool may_help(const struct hearsay_node *node, const struct hs_probe *probe, uint32_t slot)
{
    const struct hs_member *member = hs_table_at(&node->table, slot);
    if (slot == probe->slot || member->status != HEARSAY_ALIVE)
        return false;
    for (uint32_t i = 0; i < probe->helpers_asked; i++)
        if (probe->helper_ids[i] == member->card->id)
            return false;
    return true;
}

static void ask_helpers(struct hearsay_node *node, struct hs_probe *probe)
{
    bool asks = probe->purpose == HS_PROBE_PERIODIC || probe->purpose == HS_PROBE_VERIFY;
    if (!asks || probe->helpers_asked)
        return;
    /* A few draws more than helpers: in a small cluster the target and repeats are drawn too. */
    for (uint32_t draws = 0; draws < 4 * HS_HELPERS && probe->helpers_asked < HS_HELPERS; draws++) {
        uint32_t slot = hs_order_random(&node->table, &node->random);
        if (slot != HS_NO_SLOT && may_help(node, probe, slot))
            ask_helper(node, probe, slot);
    }
    uint64_t timeout = timeout_to(node, probe->slot);
    probe->helpers_until =
        node->now.boot + HS_HELPER_TRIES * timeout + node->config.probe_timeout_min;
}

void hs_probe_requested(struct hs_probe *probe, uint32_t helper_at, uint64_t created)
{
    probe->requests[helper_at] = created;
}

/* R20. A watch, a burial and a contest begin anew; the others' cause is gone. */
void hs_probe_void_all(struct hearsay_node *node)
{
    for (uint32_t at = node->probes_active; at-- > 0;) {
        struct hs_probe *probe = active(node, at);
        if (probe->purpose == HS_PROBE_PERIODIC || probe->purpose == HS_PROBE_VERIFY ||
            probe->purpose == HS_PROBE_HELP) {
            end_probe(node, probe, HEARSAY_TRACE_END_VOID);
            continue;
        }
        probe->started = node->now.boot;
        probe->try_count = probe->unsent_gone = 0;
        probe->refused = false;
    }
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static bool helpers_heard(const struct hearsay_node *node, const struct hs_probe *probe)
{
    return probe->nacks == probe->helpers_asked || node->now.boot >= probe->helpers_until;
}

static bool is_proven(const struct hearsay_node *node, const struct hs_probe *probe)
{
    if (probe->refused && (probe->nacks || !probe->helpers_asked))
        return true;
    return hs_health_convinced(node, lost_tries(node, probe) + HS_HELPER_TRIES * probe->nacks);
}

bool hs_probe_has_evidence(const struct hearsay_node *node, uint32_t slot, uint64_t since)
{
    const struct hs_probe *probe = find_own(node, slot);
    return probe && probe->purpose == HS_PROBE_WATCH && is_proven(node, probe) &&
           hs_health_is_heard(node, since);
}

/* R18: helpers' nacks are accusations. */
static void accuse(struct hearsay_node *node, struct hs_probe *probe)
{
    uint64_t accusers[1 + HS_HELPERS];
    uint8_t count = 1, refused = probe->refused;
    accusers[0] = node->wire.self_id;
    for (uint32_t i = 0; i < probe->helpers_asked; i++) {
        if (!(probe->nack_from >> i & 1u))
            continue;
        if (probe->nack_refused >> i & 1u)
            refused |= (uint8_t)(1u << count);
        accusers[count++] = probe->helper_ids[i];
    }
    struct hs_trail_note note = {
        .step = HEARSAY_STEP_PROBE_FAILED,
        .result = probe->refused ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT,
        .actor = node->self,
        .tries = probe->try_count,
    };
    hs_trail_note(node, probe->slot, &note);
    node->stats.probes_failed++;
    if (probe->helpers_asked && !probe->nacks)
        hs_health_strain(node, true); /* R19: nobody whom we asked could be heard either */
    hs_trace_probe_ended(node, probe, hs_trace_not_reached(probe));
    probe->purpose = HS_PROBE_WATCH;
    hs_trace_probe_begun(node, probe);
    hs_heap_arm(&node->timers, &probe->timer, node->now.boot + HS_WATCH_INTERVAL);
    hs_suspect_accuse(node, probe->slot, accusers, count, refused);
    if (!hs_member_suspicion(hs_table_at(&node->table, probe->slot)))
        end_probe(node, probe,
                  HEARSAY_TRACE_END_MOOT); /* no memory for it: the next period tries again */
}

static void give_up(struct hearsay_node *node, struct hs_probe *probe)
{
    struct hs_trail_note note = {
        .step = HEARSAY_STEP_PROBE_VOID,
        .actor = node->self,
        .tries = probe->try_count,
    };
    hs_trail_note(node, probe->slot, &note);
    end_probe(node, probe, HEARSAY_TRACE_END_VOID);
}

static void answer_asker(struct hearsay_node *node, const struct hs_probe *probe,
                         enum hearsay_kind kind)
{
    const struct hs_member *asker = hs_table_at(&node->table, probe->asker);
    if (!hs_table_holds(&node->table, probe->asker, probe->asker_id))
        return;
    struct hs_intent intent = {
        .kind = (uint8_t)kind,
        .arg = probe->refused ? HS_FINDING_REFUSED : HS_FINDING_SILENT,
        .slot = probe->asker,
        .to = asker->card->addr,
        .cap = probe->cap,
        .a = probe->asked,
        .id = asker->card->id,
    };
    hs_intent_push(node, &intent);
}

static bool is_old(const struct hearsay_node *node, const struct hs_probe *probe)
{
    return node->now.boot >=
           probe->started + HS_PROBE_LIVES * node->config.probe_timeout_max * stretch(node);
}

/* Probes with an end of their own. True: it has come. */
static bool errand_over(struct hearsay_node *node, struct hs_probe *probe)
{
    struct hs_probe done = *probe;
    bool proven;
    switch ((enum hs_probe_purpose)probe->purpose) {
    case HS_PROBE_HELP:
        if (!probe->refused && lost_tries(node, probe) < HS_HELPER_TRIES)
            return false;
        end_probe(node, probe, hs_trace_not_reached(probe));
        answer_asker(node, &done, HEARSAY_KIND_NACK);
        return true;
    case HS_PROBE_CONTEST:
        if (!probe->refused &&
            node->now.boot < probe->started + HS_CONTEST_LIVES * node->config.probe_timeout_max)
            return false;
        end_probe(node, probe, hs_trace_not_reached(probe));
        hs_contest_over(node, done.slot, false);
        return true;
    case HS_PROBE_BURIAL:
        proven = is_proven(node, probe) && hs_health_is_heard(node, probe->started);
        if (!proven && !is_old(node, probe))
            return false;
        end_probe(node, probe, proven ? hs_trace_not_reached(probe) : HEARSAY_TRACE_END_VOID);
        hs_suspect_probed(node, done.slot, proven ? HS_PROBED_SILENT : HS_PROBED_VOID);
        return true;
    case HS_PROBE_PERIODIC:
    case HS_PROBE_VERIFY:
    case HS_PROBE_WATCH:
        break;
    }
    return false;
}

/* R18: who refutes again and again is badly reached, not dead. That we found its port closed is no
 * matter of its link. */
static bool is_reprieved(const struct hearsay_node *node, const struct hs_probe *probe)
{
    const struct hs_member *member = hs_table_at(&node->table, probe->slot);
    return member->status == HEARSAY_ALIVE && !probe->refused &&
           hs_suspect_reprieves(member, node->now.boot);
}

/* True: it is no more what it was. */
static bool decide(struct hearsay_node *node, struct hs_probe *probe)
{
    bool may_judge = hs_health_may_judge(node, probe->started);
    bool accuses = probe->purpose == HS_PROBE_PERIODIC || probe->purpose == HS_PROBE_VERIFY;
    if (may_judge && errand_over(node, probe))
        return true;
    if (may_judge && accuses && helpers_heard(node, probe) && is_proven(node, probe) &&
        hs_health_is_heard(node, probe->started) && !is_reprieved(node, probe)) {
        accuse(node, probe);
        return true;
    }
    bool voidable = accuses || probe->purpose == HS_PROBE_HELP;
    if (!voidable || !is_old(node, probe))
        return false;
    give_up(node, probe);
    return true;
}

void hs_probe_timer(struct hearsay_node *node, struct hs_probe *probe)
{
    if (node->now.boot >= probe->started + timeout_to(node, probe->slot))
        ask_helpers(node, probe);
    if (!decide(node, probe))
        try_again(node, probe);
}

/* ---- answers ----------------------------------------------------------------------------- */

static void reached(struct hearsay_node *node, struct hs_probe *probe, uint32_t by, uint32_t rtt_us)
{
    struct hs_probe done = *probe;
    end_probe(node, probe, HEARSAY_TRACE_END_REACHED);
    if (done.purpose != HS_PROBE_PERIODIC || done.helpers_asked) {
        struct hs_trail_note note = {
            .step = HEARSAY_STEP_REACHED,
            .actor = by,
            .tries = done.try_count,
            .rtt_us = rtt_us,
        };
        hs_trail_note(node, done.slot, &note);
    }
    if (done.purpose == HS_PROBE_HELP)
        answer_asker(node, &done, HEARSAY_KIND_ACK);
    else if (done.purpose == HS_PROBE_CONTEST)
        hs_contest_over(node, done.slot, true);
    else
        hs_suspect_probed(node, done.slot, HS_PROBED_REACHED);
}

/* Tries that were sent before this one: all but itself, later ones and those that never were. */
static uint32_t tries_before(const struct hs_probe *probe, const struct hs_try *try)
{
    uint32_t before = probe->try_count - tries_kept(probe) - probe->unsent_gone;
    for (uint32_t i = 0; i < tries_kept(probe); i++)
        before += probe->tries[i].sent < try->sent;
    return before;
}

/* R17: own loss is measured by periodic probes of members held alive. */
static bool tells_of_link(const struct hearsay_node *node, const struct hs_probe *probe)
{
    return probe->purpose == HS_PROBE_PERIODIC &&
           hs_table_at(&node->table, probe->slot)->status == HEARSAY_ALIVE;
}

static void answered(struct hearsay_node *node, struct hs_probe *probe, const struct hs_try *try)
{
    uint32_t rtt_us = 0;
    if (try->sent != HEARSAY_NEVER) {
        rtt_us = (uint32_t)(node->now.boot - try->sent);
        hs_member_rtt_sample(hs_table_at(&node->table, probe->slot), rtt_us, node->now.boot);
        hs_health_round_trip(node, rtt_us);
        if (tells_of_link(node, probe))
            hs_health_answered(node, tries_before(probe, try));
    }
    reached(node, probe, node->self, rtt_us);
}

static int helper_index(const struct hs_probe *probe, uint64_t id, uint64_t asked)
{
    for (int i = 0; i < probe->helpers_asked; i++)
        if (probe->helper_ids[i] == id && probe->requests[i] == asked)
            return i;
    return -1;
}

bool hs_probe_acked(struct hearsay_node *node, uint32_t slot, uint64_t acked)
{
    uint64_t id = hs_table_at(&node->table, slot)->card->id;
    for (uint32_t at = 0; at < node->probes_active; at++) {
        struct hs_probe *probe = active(node, at);
        struct hs_try *try = probe->slot == slot ? find_try(probe, acked) : NULL;
        if (try) {
            answered(node, probe, try);
            return true;
        }
        if (helper_index(probe, id, acked) >= 0) {
            /* R17: if anyone asked reached it, no suspicion; it was our link, then. */
            if (tells_of_link(node, probe))
                hs_health_lost(node, lost_tries(node, probe));
            reached(node, probe, slot, 0);
            return true;
        }
    }
    return false;
}

bool hs_probe_nacked(struct hearsay_node *node, uint32_t slot, uint64_t asked,
                     enum hs_finding finding)
{
    uint64_t id = hs_table_at(&node->table, slot)->card->id;
    for (uint32_t at = 0; at < node->probes_active; at++) {
        struct hs_probe *probe = active(node, at);
        int helper = helper_index(probe, id, asked);
        if (helper < 0 || probe->nack_from >> helper & 1u)
            continue;
        probe->nacks++;
        probe->nack_from |= (uint8_t)(1u << helper);
        if (finding == HS_FINDING_REFUSED)
            probe->nack_refused |= (uint8_t)(1u << helper);
        struct hs_trail_note note = {
            .step = HEARSAY_STEP_NACKED,
            .result =
                finding == HS_FINDING_REFUSED ? HEARSAY_REASON_REFUSED : HEARSAY_REASON_SILENT,
            .actor = slot,
        };
        hs_trail_note(node, probe->slot, &note);
        decide(node, probe);
        return true;
    }
    return false;
}

/* R17: believed only because the quote holds the id of a datagram that is outstanding. */
void hs_probe_closed(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created)
{
    for (uint32_t at = 0; at < node->probes_active; at++) {
        struct hs_probe *probe = active(node, at);
        if (!find_try(probe, created) ||
            !hearsay_addr_equal(&hs_table_at(&node->table, probe->slot)->card->addr, to))
            continue;
        probe->refused = true;
        ask_helpers(node, probe);
        decide(node, probe);
        return;
    }
}

/* The asker has missed a death or a goodbye. It is told at once, or it would raise a suspicion. */
static void tell_of_death(struct hearsay_node *node, uint32_t asker, uint32_t slot)
{
    hs_gossip_news(node, slot, false);
    hs_intent_gossip(node, asker, NULL);
}

void hs_probe_help(struct hearsay_node *node, uint32_t asker, uint64_t target, uint64_t asked,
                   uint16_t cap)
{
    uint32_t slot = hs_table_find_id(&node->table, target);
    if (slot != HS_NO_SLOT && slot != node->self &&
        hs_table_at(&node->table, slot)->status == HEARSAY_DEAD) {
        tell_of_death(node, asker, slot);
        return;
    }
    if (slot == HS_NO_SLOT || slot == node->self || slot == asker ||
        !hs_member_present(hs_table_at(&node->table, slot))) {
        hs_drop(node, HEARSAY_DROP_UNKNOWN);
        return;
    }
    struct hs_probe *probe = take_probe(node, slot, HS_PROBE_HELP);
    if (!probe)
        return;
    probe->asker = asker;
    probe->asker_id = hs_table_at(&node->table, asker)->card->id;
    probe->asked = asked;
    probe->cap = cap;
    try_again(node, probe);
}
