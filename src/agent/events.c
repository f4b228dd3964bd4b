/* SPDX-License-Identifier: Apache-2.0 */
/* What the node tells, and what the daemon does about it. */
#include "agent/agent.h"
#include "agent/control/commands.h"

/* R8: the message names both addresses, because the fix is to rename one of the two. */
static void stop_for_name(struct hs_agent *agent, const struct hearsay_event *event)
{
    char theirs[HEARSAY_ADDR_TEXT_MAX], ours[HEARSAY_ADDR_TEXT_MAX], words[HS_WHY_MAX];
    bool refused = event->kind == HEARSAY_EVENT_REFUSED;

    (void)hearsay_addr_format(&event->addr, theirs);
    (void)hearsay_addr_format(&agent->advertise, ours);
    hs_why(words,
           refused ? "the name %s is held by a live member at %s, and this agent is at %s: give "
                     "one of them another --name"
                   : "the name %s was taken over by a later start at %s; this agent at %s ends",
           agent->options.name, theirs, ours);
    hs_agent_stop(agent, 1, refused ? "refused" : "replaced", words);
}

static void act(struct hs_agent *agent, const struct hearsay_event *event)
{
    switch (event->kind) {
    case HEARSAY_EVENT_JOIN:
        hs_seeds_ended(agent, event);
        break;
    case HEARSAY_EVENT_REFUSED:
    case HEARSAY_EVENT_REPLACED:
        stop_for_name(agent, event);
        break;
    case HEARSAY_EVENT_LEFT:
        hs_command_left(agent);
        hs_agent_stop(agent, 0, "left", NULL);
        break;
    case HEARSAY_EVENT_RESYNC:
        if (event->others_lost)
            hs_seeds_resync(agent);
        break;
    case HEARSAY_EVENT_RING:
        hs_rings_add(&agent->rings, hearsay_node_ring(agent->node), event, agent->clock.now.wall);
        break;
    case HEARSAY_EVENT_MEMBER:
    case HEARSAY_EVENT_REFUTE:
    case HEARSAY_EVENT_FULL:
    case HEARSAY_EVENT_AWAY:
        break;
    }
}

static bool take(struct hs_agent *agent)
{
    struct hearsay_event event;

    if (agent->stopping || !hearsay_node_next_event(agent->node, agent->clock.now, &event))
        return false;
    hs_report_event(agent, &event);
    act(agent, &event);
    return true;
}

void hs_agent_take_waiting(struct hs_agent *agent)
{
    for (size_t left = hearsay_node_events(agent->node); left > 0 && take(agent); left--) {
    }
}

void hs_agent_take_events(struct hs_agent *agent)
{
    while (take(agent)) {
    }
    hs_rings_refresh(&agent->rings, hearsay_node_ring(agent->node));
}
