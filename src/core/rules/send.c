/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address that has not echoed anything of ours may be forged, so that we send to a victim. Until
 * it is proven it gets little, and no answer longer than its question (R28: no amplification).
 */
#include "rules/send.h"

#include "base/assert.h"

bool hs_send_push(struct hs_core *core, const struct hs_send *send)
{
    if (hs_send_queue_push(&core->queue, send))
        return true;
    hs_drop(core, HEARSAY_DROP_QUEUE_FULL);
    return false;
}

uint16_t hs_question_cap(const struct hs_core *core, const struct hs_member *member)
{
    bool proven = member->flags & HS_MEMBER_PROVEN;
    return (uint16_t)(proven ? core->config.mtu : HS_UNPROVEN_MAX);
}

static struct hs_send gossip_to(const struct hs_core *core, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(core, slot);
    HS_ASSERT(member->meta);
    return (struct hs_send){
        .kind = HEARSAY_KIND_GOSSIP,
        .slot = slot,
        .to = member->meta->addr,
        .cap = hs_question_cap(core, member),
        .id = member->meta->id,
    };
}

bool hs_send_gossip(struct hs_core *core, uint32_t slot, uint32_t probe, uint64_t started)
{
    struct hs_send gossip = gossip_to(core, slot);
    gossip.as.gossip.started = started;
    gossip.as.gossip.probe = probe;
    return hs_send_push(core, &gossip);
}

bool hs_send_gossip_at(struct hs_core *core, uint32_t slot, const struct hearsay_addr *to)
{
    struct hs_send gossip = gossip_to(core, slot);
    gossip.to = *to;
    gossip.cap = (uint16_t)core->config.mtu;
    return hs_send_push(core, &gossip);
}

bool hs_send_gossip_answer(struct hs_core *core, uint32_t slot, size_t question, uint32_t key)
{
    struct hs_send gossip = gossip_to(core, slot);
    gossip.keyed = true;
    gossip.key = key;
    bool proven = hs_member_at(core, slot)->flags & HS_MEMBER_PROVEN;
    if (!proven && question < gossip.cap)
        gossip.cap = (uint16_t)question;
    return hs_send_push(core, &gossip);
}

uint16_t hs_reply_cap(const struct hs_core *core, uint32_t slot, const struct hearsay_addr *from,
                      size_t question)
{
    const struct hs_member *member = hs_member_at(core, slot);
    HS_ASSERT(member->meta);
    bool proven =
        (member->flags & HS_MEMBER_PROVEN) && hearsay_addr_equal(&member->meta->addr, from);
    return (uint16_t)(proven || question > core->config.mtu ? core->config.mtu : question);
}
