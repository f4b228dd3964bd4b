/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The creation times are in an array of their own because they are searched for each ack: they fit
 * in eight cache lines. When the ring is full, the oldest datagram is forgotten, and its rumors are
 * sent once more.
 */
#include "rules/in_flight.h"

#include <hearsay/error.h>

#include "base/assert.h"
#include "base/memory.h"

int hs_in_flight_init(struct hs_in_flight *in_flight, struct hs_core *core)
{
    const struct hearsay_allocator *allocator = &core->allocator;
    *in_flight = (struct hs_in_flight){.core = core};
    in_flight->gossips = hs_alloc_zeroed(allocator, HS_IN_FLIGHT_MAX * sizeof(*in_flight->gossips));
    in_flight->answers = hs_alloc_zeroed(allocator, HS_ANSWERS_MAX * sizeof(*in_flight->answers));
    return in_flight->gossips && in_flight->answers ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_in_flight_fini(struct hs_in_flight *in_flight)
{
    if (!in_flight->core)
        return;
    hs_release(&in_flight->core->allocator, in_flight->answers);
    hs_release(&in_flight->core->allocator, in_flight->gossips);
}

void hs_in_flight_gossip(struct hs_in_flight *in_flight, const struct hs_load *load, uint32_t to,
                         uint64_t created)
{
    HS_ASSERT(created && load->count <= HS_LOAD_MAX);
    uint32_t at = in_flight->next++ % HS_IN_FLIGHT_MAX;
    struct hs_in_flight_gossip *gossip = &in_flight->gossips[at];
    in_flight->created[at] = created;
    gossip->to = to;
    gossip->count = load->count;
    gossip->goodbye = load->count && in_flight->core->leaving != HS_LEAVE_NO;
    for (uint32_t i = 0; i < load->count; i++)
        gossip->rumors[i] = load->rumors[i];
}

void hs_in_flight_answer(struct hs_in_flight *in_flight, const struct hs_load *load,
                         uint64_t created)
{
    if (!load->count)
        return;
    HS_ASSERT(created && load->count <= HS_LOAD_MAX);
    struct hs_in_flight_answer *answer =
        &in_flight->answers[in_flight->answer_next++ % HS_ANSWERS_MAX];
    answer->created = created;
    answer->count = load->count;
    memcpy(answer->rumors, load->rumors, load->count * sizeof(*load->rumors));
    hs_load_credit(in_flight->core, load->rumors, load->count);
}

/* The place of the gossip with this creation time, or HS_IN_FLIGHT_MAX if it is not remembered. */
static uint32_t find_gossip(const struct hs_in_flight *in_flight, uint64_t created)
{
    uint32_t at = 0;
    while (at < HS_IN_FLIGHT_MAX && (!created || in_flight->created[at] != created))
        at++;
    return at;
}

struct hs_in_flight_ack hs_in_flight_acked(struct hs_in_flight *in_flight, uint32_t slot,
                                           uint64_t acked)
{
    uint32_t at = find_gossip(in_flight, acked);
    const struct hs_in_flight_gossip *gossip = &in_flight->gossips[at];
    if (at == HS_IN_FLIGHT_MAX || gossip->to != slot)
        return (struct hs_in_flight_ack){0};
    hs_load_credit(in_flight->core, gossip->rumors, gossip->count);
    in_flight->created[at] = 0;
    return (struct hs_in_flight_ack){.known = true, .goodbye = gossip->goodbye};
}

void hs_in_flight_unsent(struct hs_in_flight *in_flight, uint64_t created)
{
    for (uint32_t at = 0; at < HS_ANSWERS_MAX; at++) {
        struct hs_in_flight_answer *answer = &in_flight->answers[at];
        if (answer->created != created)
            continue;
        hs_load_take_back(in_flight->core, answer->rumors, answer->count);
        answer->created = 0;
        return;
    }
}

uint32_t hs_in_flight_addressee(const struct hs_in_flight *in_flight, uint64_t created)
{
    uint32_t at = find_gossip(in_flight, created);
    return at == HS_IN_FLIGHT_MAX ? HS_NO_SLOT : in_flight->gossips[at].to;
}
