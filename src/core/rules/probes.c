/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes are places in an array, the active ones first, so that ending one costs a swap. There are
 * few, so a search is cheaper than an index.
 */
#include "rules/probes.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

/* ---- the trace --------------------------------------------------------------------------- */

_Static_assert((int)HEARSAY_TRACE_PURPOSE_NAME_CONFLICT == (int)HS_PROBE_NAME_CONFLICT,
               "purposes have the same order in the trace");

void hs_probe_trace_begun(const struct hs_core *core, const struct hs_probe *probe)
{
    HS_TRACE(core, .kind = HEARSAY_TRACE_PROBE_BEGUN,
             .purpose = (enum hearsay_trace_purpose)probe->purpose,
             .name = hs_member_name(hs_member_at(core, probe->slot)));
}

void hs_probe_trace_ended(const struct hs_core *core, const struct hs_probe *probe,
                          enum hearsay_trace_end how)
{
    HS_TRACE(core, .kind = HEARSAY_TRACE_PROBE_ENDED, .end = how, .tries = probe->try_count,
             .purpose = (enum hearsay_trace_purpose)probe->purpose,
             .name = hs_member_name(hs_member_at(core, probe->slot)));
}

/* The two ends of a probe that did not reach its target: the port is closed, or there was no
 * answer. */
enum hearsay_trace_end hs_probe_not_reached(const struct hs_probe *probe)
{
    return probe->refused ? HEARSAY_TRACE_END_REFUSED : HEARSAY_TRACE_END_SILENT;
}

/* ---- making and freeing ------------------------------------------------------------------ */

int hs_prober_init(struct hs_prober *prober, struct hs_core *core, struct hs_health *health)
{
    *prober = (struct hs_prober){.core = core, .health = health};
    prober->probes = hs_alloc(&core->allocator, HS_PROBES_MAX * sizeof(*prober->probes));
    prober->order = hs_alloc(&core->allocator, HS_PROBES_MAX * sizeof(*prober->order));
    if (!prober->probes || !prober->order)
        return HEARSAY_ERR_NOMEM;
    for (uint32_t i = 0; i < HS_PROBES_MAX; i++)
        prober->order[i] = (uint16_t)i;
    return 0;
}

void hs_prober_fini(struct hs_prober *prober)
{
    if (!prober->core)
        return;
    hs_release(&prober->core->allocator, prober->probes);
    hs_release(&prober->core->allocator, prober->order);
}

/* ---- which are under way ----------------------------------------------------------------- */

struct hs_probe *hs_probes_active(const struct hs_prober *prober, uint32_t at)
{
    HS_ASSERT(at < prober->active);
    return &prober->probes[prober->order[at]];
}

static void swap_places(struct hs_prober *prober, uint32_t a, uint32_t b)
{
    uint16_t place = prober->order[a];
    prober->order[a] = prober->order[b];
    prober->order[b] = place;
    prober->probes[prober->order[a]].order_at = (uint16_t)a;
    prober->probes[prober->order[b]].order_at = (uint16_t)b;
}

struct hs_probe *hs_probes_take(struct hs_prober *prober, uint32_t slot,
                                enum hs_probe_purpose purpose)
{
    if (prober->active == HS_PROBES_MAX) {
        prober->core->stats.probes_refused++;
        return NULL;
    }
    HS_ASSERT(slot != prober->core->view.self && hs_member_at(prober->core, slot)->meta);
    uint32_t at = prober->active++;
    struct hs_probe *probe = hs_probes_active(prober, at);
    *probe = (struct hs_probe){
        .timer.kind = HS_TIMER_PROBE,
        .slot = slot,
        .id = hs_member_at(prober->core, slot)->meta->id,
        .started = prober->core->now.boot,
        .purpose = (uint8_t)purpose,
        .order_at = (uint16_t)at,
    };
    hs_probe_trace_begun(prober->core, probe);
    return probe;
}

void hs_probes_end(struct hs_prober *prober, struct hs_probe *probe, enum hearsay_trace_end how)
{
    HS_ASSERT(probe->order_at < prober->active);
    hs_probe_trace_ended(prober->core, probe, how);
    hs_heap_disarm(&prober->core->timers, &probe->timer);
    swap_places(prober, probe->order_at, --prober->active);
}

const struct hs_probe_meaning hs_probe_purposes[] = {
    [HS_PROBE_PERIODIC] = {.is_own = true, .asks = true, .is_void = true},
    [HS_PROBE_VERIFY] = {.is_own = true, .asks = true, .is_void = true},
    [HS_PROBE_REPROBE] = {.is_own = true},
    [HS_PROBE_CONFIRM] = {.is_own = true},
    [HS_PROBE_HELP] = {.is_void = true},
    [HS_PROBE_NAME_CONFLICT] = {0},
};

static bool is_own(const struct hs_probe *probe)
{
    return hs_probe_purposes[probe->purpose].is_own;
}

struct hs_probe *hs_probes_find_own(const struct hs_prober *prober, uint32_t slot)
{
    for (uint32_t at = 0; at < prober->active; at++)
        if (hs_probes_active(prober, at)->slot == slot && is_own(hs_probes_active(prober, at)))
            return hs_probes_active(prober, at);
    return NULL;
}

void hs_probe_end_all(struct hs_prober *prober, uint32_t slot)
{
    for (uint32_t at = prober->active; at-- > 0;)
        if (hs_probes_active(prober, at)->slot == slot)
            hs_probes_end(prober, hs_probes_active(prober, at), HEARSAY_TRACE_END_MOOT);
}

void hs_probe_end_doubts(struct hs_prober *prober, uint32_t slot)
{
    struct hs_probe *probe = hs_probes_find_own(prober, slot);
    if (probe && probe->purpose != HS_PROBE_PERIODIC)
        hs_probes_end(prober, probe, HEARSAY_TRACE_END_MOOT);
}

/* ---- tries ------------------------------------------------------------------------------- */

uint32_t hs_probes_place(const struct hs_prober *prober, const struct hs_probe *probe)
{
    return prober->order[probe->order_at] + 1u;
}

/* The probe at `place` minus one, or NULL if it is not the one that was meant. */
static struct hs_probe *probe_at(const struct hs_prober *prober, uint32_t place, uint64_t target)
{
    HS_ASSERT(place <= HS_PROBES_MAX);
    struct hs_probe *probe = place ? &prober->probes[place - 1] : NULL;
    return probe && probe->order_at < prober->active && probe->id == target ? probe : NULL;
}

uint32_t hs_probe_tries(const struct hs_prober *prober, uint32_t place, uint64_t target,
                        uint64_t started)
{
    const struct hs_probe *probe = probe_at(prober, place, target);
    return probe && probe->started == started ? probe->try_count : 0;
}

void hs_probe_sent(struct hs_prober *prober, uint32_t place, uint64_t target, uint64_t started,
                   uint64_t created)
{
    struct hs_probe *probe = probe_at(prober, place, target);
    if (!probe || probe->started != started)
        return;
    struct hs_try *try = &probe->tries[probe->try_count % HS_TRIES_KEPT];
    if (probe->try_count++ >= HS_TRIES_KEPT && try->sent == HEARSAY_NEVER)
        probe->unsent_gone++;
    *try = (struct hs_try){created, prober->core->now.boot};
}

uint32_t hs_probe_tries_kept(const struct hs_probe *probe)
{
    return probe->try_count < HS_TRIES_KEPT ? probe->try_count : HS_TRIES_KEPT;
}

struct hs_try *hs_probe_find_try(struct hs_probe *probe, uint64_t created)
{
    for (uint32_t i = 0; i < hs_probe_tries_kept(probe); i++)
        if (probe->tries[i].created == created)
            return &probe->tries[i];
    return NULL;
}

/* R21: unsent datagrams. A try that never left this machine is no evidence. */
void hs_probe_unsent(struct hs_prober *prober, uint64_t created)
{
    for (uint32_t at = 0; at < prober->active; at++) {
        struct hs_try *try = hs_probe_find_try(hs_probes_active(prober, at), created);
        if (try)
            try->sent = HEARSAY_NEVER;
    }
}

void hs_probe_requested(struct hs_prober *prober, uint32_t place, uint64_t target, uint8_t helper,
                        uint64_t created)
{
    struct hs_probe *probe = probe_at(prober, place, target);
    HS_ASSERT(helper < HS_HELPERS);
    if (probe)
        probe->requests[helper] = created;
}

int hs_probe_find_helper(const struct hs_probe *probe, uint64_t id, uint64_t created)
{
    for (int i = 0; i < probe->helpers_asked; i++)
        if (probe->helper_ids[i] == id && probe->requests[i] == created)
            return i;
    return -1;
}

bool hs_probes_await(const struct hs_prober *prober, uint32_t slot, uint64_t created)
{
    uint64_t id = hs_member_at(prober->core, slot)->meta->id;
    for (uint32_t at = 0; at < prober->active; at++) {
        struct hs_probe *probe = hs_probes_active(prober, at);
        if (probe->slot == slot && hs_probe_find_try(probe, created))
            return true;
        if (hs_probe_find_helper(probe, id, created) >= 0)
            return true;
    }
    return false;
}

uint32_t hs_probe_addressee(const struct hs_prober *prober, uint64_t created)
{
    for (uint32_t at = 0; at < prober->active; at++)
        if (hs_probe_find_try(hs_probes_active(prober, at), created))
            return hs_probes_active(prober, at)->slot;
    return HS_NO_SLOT;
}
