/* SPDX-License-Identifier: Apache-2.0 */
/* One table has the action for each event. Every event is first reported to the log. */
#include "agent/events.h"

#include "service/service.h"

/* R8: name conflict. The message has both addresses, because the operator must rename one of the
 * two agents. */
static void stop_for_name(struct hs_agent *agent, const struct hearsay_event *event)
{
    char theirs[HEARSAY_ADDR_TEXT_MAX], ours[HEARSAY_ADDR_TEXT_MAX], words[HS_ERROR_TEXT_MAX];
    bool refused = event->kind == HEARSAY_EVENT_REFUSED;

    hearsay_addr_format(&event->addr, theirs);
    hearsay_addr_format(&agent->identity.advertise, ours);
    hs_error_text(
        words,
        refused ? "the name %s is held by a live member at %s, and this agent is at %s: give "
                  "one of them another --name"
                : "the name %s was taken over by a later process at %s, so this agent at %s ends",
        agent->identity.name, theirs, ours);
    hs_life_stop(&agent->life, HS_EXIT_NAME_HELD, refused ? "refused" : "replaced", words);
}

static void on_join(struct hs_agent *agent, const struct hearsay_event *event)
{
    hs_refusals_note(&agent->refusals, event, &agent->identity, agent->clock.now.boot);
    hs_seeds_ended(&agent->seeds, event);
}

static void on_left(struct hs_agent *agent, const struct hearsay_event *event)
{
    (void)event;
    hs_life_stop(&agent->life, HS_EXIT_OK, "left", NULL);
}

static void on_away(struct hs_agent *agent, const struct hearsay_event *event)
{
    if (event->view_dropped)
        hs_life_unready(&agent->life);
}

static void on_resync(struct hs_agent *agent, const struct hearsay_event *event)
{
    hs_journal_take(&agent->journal, event);
    if (event->others_lost)
        hs_seeds_resync(&agent->seeds);
}

static void on_member(struct hs_agent *agent, const struct hearsay_event *event)
{
    hs_journal_take(&agent->journal, event);
    hs_state_touch(&agent->state);
}

static void on_ring(struct hs_agent *agent, const struct hearsay_event *event)
{
    hs_journal_take(&agent->journal, event);
    hs_rings_add(&agent->rings, hearsay_node_ring(agent->node), event, agent->clock.now.wall);
}

/* Events without an entry are only reported. */
static void (*const actions[])(struct hs_agent *agent, const struct hearsay_event *event) = {
    [HEARSAY_EVENT_JOIN] = on_join,          [HEARSAY_EVENT_LEFT] = on_left,
    [HEARSAY_EVENT_REFUSED] = stop_for_name, [HEARSAY_EVENT_REPLACED] = stop_for_name,
    [HEARSAY_EVENT_RESYNC] = on_resync,      [HEARSAY_EVENT_RING] = on_ring,
    [HEARSAY_EVENT_AWAY] = on_away,          [HEARSAY_EVENT_MEMBER] = on_member,
    [HEARSAY_EVENT_REFUTE] = on_member,
};

static bool take_one(struct hs_agent *agent)
{
    struct hearsay_event event;

    if (agent->life.stopping || !hearsay_node_next_event(agent->node, agent->clock.now, &event))
        return false;
    if (event.kind == HEARSAY_EVENT_FOREIGN)
        hs_state_add_name(&agent->state, &event);
    hs_report_event(&agent->report, &event);
    if (event.kind < sizeof(actions) / sizeof(actions[0]) && actions[event.kind])
        actions[event.kind](agent, &event);
    return true;
}

void hs_agent_take_waiting(struct hs_agent *agent)
{
    for (size_t left = hearsay_node_events(agent->node); left > 0 && take_one(agent); left--) {
    }
}

bool hs_agent_take_events(struct hs_agent *agent)
{
    bool any = false;

    while (take_one(agent))
        any = true;
    hs_rings_release(&agent->rings);
    return any;
}
