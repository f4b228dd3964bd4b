/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address outlives the member that had it: another machine may get it, with an agent of another
 * cluster that has the same name. So a call that this node makes by itself, to a lost member or to
 * a seed that has answered before, means somebody. It is believed only if the answer shows one of
 * these:
 *
 *     the very process that was meant, or another one that this view has a record of
 *     the same origin: both clusters grew from one founder, as the halves of a divided one did
 *     the name that was meant, of a process that has met nobody: the member was restarted
 *     the name that was meant, in a cluster that a lost member of ours has founded: several members
 *     were restarted, and found each other before they found us
 *
 * The origin is drawn once, when two processes meet of which neither has met anybody. Each later
 * one takes it over as it joins, and a restarted one takes it from its cluster. So it needs no
 * file, and no record carries it. Clusters that an operator joins may have two origins for a while;
 * the lesser one spreads with the exchanges.
 *
 * An owner may keep the origin (R37: state). A process that has it and has met nobody recognises
 * its cluster by it, also after all whom it knew were restarted, and is recognised by it. It does
 * not bring it into a cluster: whoever joins takes over what is there.
 */
#include "rules/meant.h"

struct hs_meant hs_meant_of(const struct hs_member *member)
{
    return (struct hs_meant){.name_hash = member->meta->name_hash, .id = member->meta->id};
}

static struct hs_origin own_origin(const struct hs_core *core, uint64_t id)
{
    return (struct hs_origin){
        .id = id,
        .name_hash = core->wire.self_binding,
        .addr = core->config.advertise,
    };
}

struct hs_origin hs_meant_origin(const struct hs_core *core)
{
    return core->origin.id ? core->origin : own_origin(core, 0);
}

struct hs_origin hs_meant_home(const struct hs_core *core)
{
    return !core->origin.id && core->remembered.id ? core->remembered : hs_meant_origin(core);
}

bool hs_meant_is_elsewhere(const struct hs_core *core)
{
    return core->origin.id && core->remembered.id && core->origin.id != core->remembered.id;
}

void hs_meant_met(struct hs_core *core, const struct hs_origin *theirs)
{
    bool given = theirs->addr.family && theirs->id;
    if (!core->origin.id && given)
        core->origin = *theirs;
    else if (!core->origin.id)
        core->origin =
            core->remembered.id ? core->remembered : own_origin(core, core->wire.self_id);
    else if (given && theirs->id < core->origin.id)
        core->origin = *theirs;
}

bool hs_meant_is_known(const struct hs_core *core, const struct hs_meant *meant, uint64_t id)
{
    return (meant->id && id == meant->id) || hs_table_find_id(&core->view.table, id) != HS_NO_SLOT;
}

/* Returns true if the founder of that cluster is the member that was meant, or another one of which
 * this view has a record at the same address. */
static bool is_founder_ours(const struct hs_core *core, const struct hs_meant *meant,
                            const struct hearsay_addr *addr, const struct hs_origin *origin)
{
    if (origin->name_hash == meant->name_hash && hearsay_addr_equal(&origin->addr, addr))
        return true;
    uint32_t slot = hs_table_find_name_hash(&core->view.table, origin->name_hash);
    return slot != HS_NO_SLOT &&
           hearsay_addr_equal(&hs_member_at(core, slot)->meta->addr, &origin->addr);
}

bool hs_meant_judge(const struct hs_core *core, const struct hs_meant *meant,
                    const struct hearsay_addr *addr, const struct hs_message *challenge)
{
    const struct hs_origin *origin = &challenge->origin;
    if (hs_meant_is_known(core, meant, challenge->sender))
        return true;
    if (origin->id && origin->id == hs_meant_home(core).id)
        return true;
    if (!challenge->name || hs_hash(challenge->name, challenge->name_len) != meant->name_hash)
        return false;
    return !origin->id || is_founder_ours(core, meant, addr, origin);
}

bool hs_meant_may_tell(struct hs_foreigners *foreigners, uint64_t boot,
                       const struct hearsay_addr *addr, uint64_t id)
{
    uint64_t key = hs_hash(addr->bytes, sizeof(addr->bytes)) + addr->port + id;
    uint32_t place = HS_FOREIGN_MAX;
    for (uint32_t i = 0; i < HS_FOREIGN_MAX; i++) {
        bool over = boot >= foreigners->items[i].until;
        if (!over && foreigners->items[i].key == key)
            return false;
        if (over)
            place = i;
    }
    if (place == HS_FOREIGN_MAX)
        return false;
    foreigners->items[place].key = key;
    foreigners->items[place].until = boot + HS_FOREIGN_TOLD_US;
    return true;
}
